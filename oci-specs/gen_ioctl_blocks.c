/* SPDX-License-Identifier: Apache-2.0 */
/* Makes src/libhostnet/ioctl_blocks.h from ioctls.tsv: the 32-bit commands in
 * few blocks (mask, datum), each denied or allowed as a whole; no denied block
 * meets an allowed one.
 *
 * libseccomp has no "but not": what is allowed needs rules of its own, none of
 * which may touch a denied command (FACTS 4).  A block fixes any bits, not only
 * the upper ones.  Two targets hold all that is denied: 89xx with 8Bxx, and the
 * numbers of tun.  They fix no bit that tells no two named commands apart: a
 * number that nobody has given away may fall either way (ioctls.tsv), and each
 * fixed bit costs a rule.
 *
 * Outside of the targets blocks of the same side may overlap, and none could be
 * spared: for each of the 12 bits that tun fixes there are commands that differ
 * from a denied one in that bit alone, and a block with two of them would hold
 * the denied one.  What is inside 89xx/8Bxx is settled by dynamic programming
 * over all 3^9 blocks of bits 9 and 7 to 0, as the leaves of a decision tree:
 * 35 blocks.  If unassigned numbers could be both denied and allowed, 32 would
 * do, and not fewer (15 readers, and 17 writers, no two of which one block can
 * hold). */
#include <inttypes.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum
{
  INNER_BITS = 9,
  INNER_VALUES = 1 << INNER_BITS,
  MAX_BLOCKS = 512
};

struct block
{
  uint32_t mask, datum;
};

/* Documentation/userspace-api/ioctl/ioctl-number.rst: the types 89 and 8B are
 * those of sockios.h and wireless.h alone, whatever the direction and the size;
 * of 54, if_tun.h has C0 and above.  There the direction "write" tells the
 * writers from what reads, and a size of 16 from TUNATTACHFILTER. */
static const struct block interfaces = { 0x0000FD00U, 0x00008900U };
static const struct block tun = { 0x4010FFC0U, 0x400054C0U };

/* Bits 9 and 7..0 of 89xx and 8Bxx, as one number. */
static bool must_deny[INNER_VALUES], must_allow[INNER_VALUES];

static bool strict; /* which of the two locks */
static struct block blocks[2][MAX_BLOCKS]; /* [denied] */
static unsigned block_count[2];

static void
fail (const char *what, unsigned line)
{
  fprintf (stderr, "gen_ioctl_blocks: line %u: %s\n", line, what);
  exit (1);
}

static bool
inside (struct block block, uint32_t command)
{
  return (command & block.mask) == block.datum;
}

static uint32_t
inner_of (uint32_t command)
{
  return (command & 0xFF) | (command >> 1 & 0x100);
}

static uint32_t
outer_of (uint32_t inner)
{
  return (inner & 0xFF) | (inner & 0x100) << 1;
}

static void
add_block (bool denied, uint32_t mask, uint32_t datum)
{
  if (block_count[denied] == MAX_BLOCKS)
    fail ("too many blocks", 0);
  blocks[denied][block_count[denied]++] = (struct block){ mask, datum };
}

/* ---- the table ---- */
static void
take_row (char *text, unsigned line)
{
  char *number, *verdict, *end;
  unsigned long first, last, command;
  bool denied;

  (void) strtok (text, "\t");
  number = strtok (NULL, "\t");
  verdict = strtok (NULL, "\t");
  if (number == NULL || verdict == NULL)
    fail ("no number or verdict", line);
  first = last = strtoul (number, &end, 16);
  if (*end == '-')
    last = strtoul (end + 1, &end, 16);
  if (*end != '\0' || end == number || last < first || last > UINT32_MAX)
    fail ("bad number", line);
  denied = strcmp (verdict, "deny") == 0
           || (strict && strcmp (verdict, "strict") == 0);
  if (!denied && strcmp (verdict, "allow") != 0
      && strcmp (verdict, "strict") != 0)
    fail ("neither deny, allow nor strict", line);
  for (command = first; command <= last; command++)
    if (inside (interfaces, (uint32_t) command))
      (denied ? must_deny : must_allow)[inner_of ((uint32_t) command)] = true;
    else if (denied != inside (tun, (uint32_t) command))
      fail ("on the wrong side of the two targets", line);
}

static void
read_table (const char *path)
{
  char text[512];
  unsigned line = 0, i;
  FILE *file = fopen (path, "r");

  if (file == NULL)
    {
      perror (path);
      exit (1);
    }
  while (fgets (text, sizeof (text), file) != NULL)
    {
      line++;
      text[strcspn (text, "\n")] = '\0';
      if (text[0] != '#' && text[0] != '\0')
        take_row (text, line);
    }
  fclose (file);
  for (i = 0; i < INNER_VALUES; i++)
    if (must_deny[i] && must_allow[i])
      fail ("a number is both denied and allowed", 0);
}

/* ---- inside 89xx and 8Bxx ---- */
struct inner_cost
{
  uint32_t cost; /* blocks, then (times 0x10000) commands that are allowed */
  int8_t bit;    /* to split at, or a leaf: */
};
enum
{
  LEAF_ALLOW = -1,
  LEAF_DENY = -2
};

static struct inner_cost *memo; /* by mask and datum; cost 0: not known yet */

static struct inner_cost
inner_best (uint32_t mask, uint32_t datum)
{
  struct inner_cost *best = &memo[mask * INNER_VALUES + datum];
  bool denies = false, allows = false;
  uint32_t i, size = 0;
  int bit;

  if (best->cost != 0)
    return *best;
  for (i = 0; i < INNER_VALUES; i++)
    if ((i & mask) == datum)
      {
        size++;
        denies |= must_deny[i];
        allows |= must_allow[i];
      }
  *best = (struct inner_cost){ allows ? 0x10000 + size : 0x10000,
                               allows ? LEAF_ALLOW : LEAF_DENY };
  if (!denies || !allows)
    return *best;
  best->cost = UINT32_MAX;
  for (bit = INNER_BITS - 1; bit >= 0; bit--)
    if ((mask >> bit & 1) == 0)
      {
        uint32_t cost = inner_best (mask | 1U << bit, datum).cost
                        + inner_best (mask | 1U << bit, datum | 1U << bit).cost;

        if (cost < best->cost)
          *best = (struct inner_cost){ cost, (int8_t) bit };
      }
  return *best;
}

static void
inner_leaves (uint32_t mask, uint32_t datum)
{
  int bit = inner_best (mask, datum).bit;

  if (bit < 0)
    {
      add_block (bit == LEAF_DENY, interfaces.mask | outer_of (mask),
                 interfaces.datum | outer_of (datum));
      return;
    }
  inner_leaves (mask | 1U << bit, datum);
  inner_leaves (mask | 1U << bit, datum | 1U << bit);
}

/* ---- outside ---- */
static uint32_t
highest_bit (uint32_t bits)
{
  uint32_t bit = 0x80000000U;

  while ((bits & bit) == 0)
    bit >>= 1;
  return bit;
}

/* What differs from TARGET in one of BITS, and is like it in the bit LIKE. */
static void
flip_bits (struct block target, uint32_t bits, uint32_t like)
{
  while (bits != 0)
    {
      uint32_t bit = highest_bit (bits);

      bits &= ~bit;
      add_block (false, bit | like, (target.datum & (bit | like)) ^ bit);
    }
}

/* A command outside of both differs from each of them: in a bit that both fix
 * alike; or it is here like the one and there like the other where they differ,
 * so that going round these bits it changes from tun to interfaces somewhere;
 * or it is like one of them in all of these and differs in a bit that this one
 * alone fixes. */
static void
make_blocks (void)
{
  uint32_t both = interfaces.mask & tun.mask;
  uint32_t differ = both & (interfaces.datum ^ tun.datum);
  uint32_t first = highest_bit (differ), bit = first;

  flip_bits (tun, both & ~differ, 0);
  while (bit != 0)
    {
      uint32_t below = differ & (bit - 1);
      uint32_t next = below != 0 ? highest_bit (below) : first;

      add_block (false, bit | next,
                 (tun.datum & bit) | (interfaces.datum & next));
      bit = below != 0 ? next : 0;
    }
  flip_bits (tun, tun.mask & ~both, first);
  flip_bits (interfaces, interfaces.mask & ~both, first);
  add_block (true, tun.mask, tun.datum);
  inner_leaves (0, 0);
}

/* ---- what came out ---- */
static int
compare_blocks (const void *a, const void *b)
{
  const struct block *left = a, *right = b;

  if (left->datum != right->datum)
    return left->datum < right->datum ? -1 : 1;
  return left->mask < right->mask ? -1 : left->mask > right->mask;
}

static void
write_blocks (bool denied)
{
  unsigned i;

  qsort (blocks[denied], block_count[denied], sizeof (struct block),
         compare_blocks);
  printf ("\n/* %u blocks */\n"
          "static const struct ioctl_block ioctl_%s%s[] = {\n",
          block_count[denied], denied ? "denied" : "allowed",
          strict ? "_strict" : "");
  for (i = 0; i < block_count[denied]; i++)
    printf ("  IOCTL_BLOCK (%" PRIu32 ", %" PRIu32 "), /* %08" PRIX32
            " %08" PRIX32 " */\n",
            blocks[denied][i].mask, blocks[denied][i].datum,
            blocks[denied][i].mask, blocks[denied][i].datum);
  puts ("};");
}

static void
write_lock (const char *path, bool is_strict)
{
  strict = is_strict;
  memset (must_deny, 0, sizeof must_deny);
  memset (must_allow, 0, sizeof must_allow);
  block_count[false] = block_count[true] = 0;
  read_table (path);
  memo = calloc ((size_t) INNER_VALUES * INNER_VALUES, sizeof (*memo));
  if (memo == NULL)
    abort ();
  make_blocks ();
  free (memo);
  write_blocks (true);
  write_blocks (false);
}

int
main (int argc, char **argv)
{
  if (argc != 2)
    {
      fputs ("usage: gen_ioctl_blocks ioctls.tsv > ioctl_blocks.h\n", stderr);
      return 2;
    }
  puts ("/* SPDX-License-Identifier: Apache-2.0 */\n"
        "/* Generated, do not edit; from the top directory:\n"
        " *   cc -o gen_ioctl_blocks oci-specs/gen_ioctl_blocks.c\n"
        " *   ./gen_ioctl_blocks oci-specs/ioctls.tsv"
        " > src/libhostnet/ioctl_blocks.h\n"
        " * All 2^32 ioctl commands in blocks, { mask, datum }, as the lock standard\n"
        " * and the lock strict divide them: no denied block meets an allowed one. */\n"
        "#ifndef HOSTNET_IOCTL_BLOCKS_H\n"
        "#define HOSTNET_IOCTL_BLOCKS_H\n"
        "\n"
        "#include \"ioctl_lock.h\"");
  write_lock (argv[1], false);
  write_lock (argv[1], true);
  puts ("\n#endif");
  return fflush (stdout) == 0 && !ferror (stdout) ? 0 : 1;
}
