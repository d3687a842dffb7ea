/* SPDX-License-Identifier: Apache-2.0 */
/* The block table against ioctls.tsv (argv[1]), without seccomp. */
#include <config.h>

#include "ioctl_blocks.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COUNT(array) (sizeof (array) / sizeof ((array)[0]))

/* The lock that is looked at. */
static bool strict;
static const struct ioctl_block *denied_blocks = ioctl_denied;
static const struct ioctl_block *allowed_blocks = ioctl_allowed;
static unsigned denied_count = COUNT (ioctl_denied);
static unsigned block_count = COUNT (ioctl_denied) + COUNT (ioctl_allowed);

/* What reads, and must go on working: FACTS 4. */
static const uint32_t readers[] = {
  0x8901, 0x8902, 0x8903, 0x8904, 0x8905, 0x8906, 0x8907, 0x8910, 0x8912,
  0x8913, 0x8915, 0x8917, 0x8919, 0x891B, 0x891D, 0x891F, 0x8921, 0x8925,
  0x8927, 0x8929, 0x8933, 0x8935, 0x8938, 0x8942, 0x8946, 0x8947, 0x8948,
  0x894B, 0x8954, 0x8961, 0x8970, 0x8993, 0x8994, 0x89B1
};

static unsigned tests, failures;

static void
report (bool good, const char *what)
{
  tests++;
  failures += !good;
  printf ("%s %u - %s\n", good ? "ok" : "not ok", tests, what);
}

static const struct ioctl_block *
block_at (unsigned i)
{
  return i < denied_count ? &denied_blocks[i] : &allowed_blocks[i - denied_count];
}

/* How many blocks of each side hold COMMAND. */
static unsigned
holders (uint32_t command, bool denied)
{
  unsigned i, count = 0;

  for (i = denied ? 0 : denied_count; i < (denied ? denied_count : block_count); i++)
    count += (command & block_at (i)->mask) == block_at (i)->datum;
  return count;
}

static bool
is_on_side (uint32_t command, bool denied)
{
  if (holders (command, denied) > 0 && holders (command, !denied) == 0)
    return true;
  printf ("# %08X: %u denied and %u allowed blocks, should be %s\n",
          (unsigned) command, holders (command, true),
          holders (command, false), denied ? "denied" : "allowed");
  return false;
}

static bool
are_on_side (uint32_t first, uint32_t last, bool denied)
{
  bool good = true;
  uint64_t command;

  for (command = first; command <= last; command++)
    good &= is_on_side ((uint32_t) command, denied);
  return good;
}

/* The bits that some block looks at: a command is where the one is that has
 * these bits alone. */
static uint32_t
seen_bits (void)
{
  uint32_t seen = 0;
  unsigned i;

  for (i = 0; i < block_count; i++)
    seen |= block_at (i)->mask;
  return seen;
}

/* Calls GOOD for every combination of the bits SEEN. */
static bool
all_commands (uint32_t seen, bool (*good) (uint32_t command))
{
  uint32_t command = 0;

  do
    {
      if (!good (command))
        {
          printf ("# %08X\n", (unsigned) command);
          return false;
        }
      command = (command - seen) & seen;
    }
  while (command != 0);
  return true;
}

static bool
is_on_one_side (uint32_t command)
{
  return (holders (command, true) > 0) != (holders (command, false) > 0);
}

/* ioctls.tsv: what may be denied besides its rows. */
static bool
is_allowed_outside (uint32_t command)
{
  uint32_t type = command >> 8 & 0xFF;

  return type == 0x89 || type == 0x8B
         || (type == 0x54 && (command & 0xC0) == 0xC0)
         || holders (command, true) == 0;
}

static bool
no_bit_beside_a_mask (void)
{
  unsigned i;
  bool good = true;

  for (i = 0; i < block_count; i++)
    good &= (block_at (i)->datum & ~block_at (i)->mask) == 0;
  return good;
}

/* A denied command, and those that differ from it in one bit that the lock
 * looks at, and are allowed: a block with two of them would hold the denied
 * one.  So there are at least as many allowed blocks. */
static unsigned
neighbours (uint32_t denied, uint32_t bits)
{
  unsigned count = 0;

  for (uint32_t bit = 1; bit != 0; bit <<= 1)
    count += (bits & bit) != 0 && holders (denied ^ bit, false) > 0;
  return count;
}

/* How many blocks are there that hold something outside of 89xx and 8Bxx. */
static unsigned
outer_blocks (void)
{
  unsigned i, count = 0;

  for (i = denied_count; i < block_count; i++)
    count += (block_at (i)->mask & 0xFD00) != 0xFD00
             || (block_at (i)->datum & 0xFD00) != 0x8900;
  return count;
}

/* Returns < 0 when TEXT is no row. */
static int
check_row (char *text, unsigned *readers_seen)
{
  const char *name = strtok (text, "\t"), *number = strtok (NULL, "\t");
  const char *verdict = strtok (NULL, "\t");
  unsigned long first, last;
  bool denied;
  char *end;

  if (name == NULL || number == NULL || verdict == NULL
      || strtok (NULL, "\t") == NULL)
    return -1;
  first = last = strtoul (number, &end, 16);
  if (*end == '-')
    last = strtoul (end + 1, &end, 16);
  denied = strcmp (verdict, "deny") == 0
           || (strict && strcmp (verdict, "strict") == 0);
  if (*end != '\0' || last < first || last > UINT32_MAX
      || (!denied && strcmp (verdict, "allow") != 0
          && strcmp (verdict, "strict") != 0))
    return -1;
  *readers_seen += strcmp (verdict, "deny") != 0
                   && (first & 0xFFFFFF00U) == 0x8900;
  return are_on_side ((uint32_t) first, (uint32_t) last, denied);
}

static void
check_table (const char *path)
{
  char text[512], what[600];
  unsigned readers_seen = 0;
  FILE *file = fopen (path, "r");

  if (file == NULL)
    {
      report (false, "ioctls.tsv can be read");
      return;
    }
  while (fgets (text, sizeof (text), file) != NULL)
    {
      text[strcspn (text, "\n")] = '\0';
      if (text[0] == '#' || text[0] == '\0')
        continue;
      snprintf (what, sizeof (what), "row %s", text);
      what[strcspn (what, "<")] = '\0';
      report (check_row (text, &readers_seen) > 0, what);
    }
  fclose (file);
  report (readers_seen == COUNT (readers),
          "the rows allow as many of 89xx as FACTS 4");
}

int
main (int argc, char **argv)
{
  unsigned i;
  bool good = true;

  if (argc != 2 && argc != 3)
    {
      fputs ("usage: test_ioctl_blocks ioctls.tsv [strict]\n", stderr);
      return 2;
    }
  if (argc == 3)
    {
      strict = true;
      denied_blocks = ioctl_denied_strict;
      allowed_blocks = ioctl_allowed_strict;
      denied_count = COUNT (ioctl_denied_strict);
      block_count = denied_count + COUNT (ioctl_allowed_strict);
    }
  report (no_bit_beside_a_mask (), "no datum has a bit beside its mask");
  report (all_commands (seen_bits (), is_on_one_side),
          "each of the 2^32 commands is in denied blocks or in allowed ones");
  report (all_commands (seen_bits () | 0xFFFF, is_allowed_outside),
          "nothing outside the types 89, 8B, and 54 from C0, is denied");
  report (neighbours (0x400454CA, seen_bits () & ~0x3FU) == outer_blocks (),
          "outside of 89xx and 8Bxx there is no allowed block to spare");
  report (are_on_side (0, 0x88FF, false), "0000-88FF is allowed");
  report (are_on_side (0x8A00, 0x8AFF, false), "8A00-8AFF is allowed");
  report (are_on_side (0x8B00, 0x8BFF, true), "8B00-8BFF is denied");
  report (are_on_side (0x8C00, 0xFFFF, false), "8C00-FFFF is allowed");
  report (is_on_side (0x400454CA, true), "TUNSETIFF is denied");
  report (is_on_side (0x400454CB, true), "TUNSETPERSIST is denied");
  for (i = 0; i < COUNT (readers); i++)
    good &= is_on_side (readers[i], strict && readers[i] == 0x8946);
  report (good, "the readers of 89xx are allowed, under strict all but SIOCETHTOOL");
  check_table (argv[1]);
  printf ("1..%u\n", tests);
  return failures > 0;
}
