/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "ioctl_filter_commands.h"

#include "error.h"
#include "ioctl_blocks.h"
#include "random.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COUNT(array) (sizeof (array) / sizeof ((array)[0]))

enum
{
  RANDOM_COMMANDS = 20000
};

struct command *commands;
size_t command_count;
static size_t command_capacity;

static void
add_command (uint32_t number, enum side side, bool is_row)
{
  if (command_count == command_capacity)
    {
      command_capacity = command_capacity * 2 + 1024;
      commands = xrealloc (commands, command_capacity * sizeof (*commands));
    }
  commands[command_count++] = (struct command){ number, 0, side, is_row, false };
}

/* What may be expected of a number that has no row. */
static enum side
side_without_row (uint32_t number)
{
  if ((number & 0xFFFFFF00U) == 0x8B00U)
    return DENY;
  if ((number & 0xFD00U) == 0x8900U || (number & 0xFFC0U) == 0x54C0U)
    return EITHER;
  return ALLOW;
}

static void
add_number (uint32_t number)
{
  add_command (number, side_without_row (number), false);
}

static bool
add_rows (const char *path)
{
  char text[512];
  FILE *file = fopen (path, "r");

  if (file == NULL)
    return false;
  while (fgets (text, sizeof (text), file) != NULL)
    {
      unsigned long first, last;
      char verdict[8], number[32], *end;

      if (text[0] == '#'
          || sscanf (text, "%*[^\t]\t%31[^\t]\t%7[^\t]", number, verdict) != 2)
        continue;
      first = last = strtoul (number, &end, 16);
      if (*end == '-')
        last = strtoul (end + 1, &end, 16);
      for (; first <= last; first++)
        add_command ((uint32_t) first,
                     strcmp (verdict, "deny") == 0 ? DENY : ALLOW, true);
    }
  fclose (file);
  return true;
}

static void
add_corners (const struct ioctl_block *block)
{
  unsigned bit;

  add_number (block->datum);
  add_number (block->datum | ~block->mask);
  for (bit = 0; bit < 32; bit++)
    {
      add_number (block->datum ^ 1U << bit);
      add_number ((block->datum | ~block->mask) ^ 1U << bit);
    }
}

static int
compare_commands (const void *a, const void *b)
{
  const struct command *left = a, *right = b;

  if (left->number != right->number)
    return left->number < right->number ? -1 : 1;
  return right->is_row - left->is_row;
}

bool
commands_make (const char *path)
{
  size_t i, kept = 0;
  uint32_t number;

  if (!add_rows (path))
    return false;
  for (number = 0x8800; number <= 0x8CFF; number++)
    add_number (number);
  for (number = 0x40045480; number <= 0x4004551F; number++)
    add_number (number);
  for (i = 0; i < COUNT (ioctl_denied); i++)
    add_corners (&ioctl_denied[i]);
  for (i = 0; i < COUNT (ioctl_allowed); i++)
    add_corners (&ioctl_allowed[i]);
  for (i = 0; i < RANDOM_COMMANDS; i++)
    {
      add_number (random_number ());
      commands[command_count - 1].is_random = true;
    }
  qsort (commands, command_count, sizeof (*commands), compare_commands);
  for (i = 0; i < command_count; i++)
    if (kept == 0 || commands[kept - 1].number != commands[i].number)
      {
        commands[kept] = commands[i];
        commands[kept++].upper = random_number ();
      }
  command_count = kept;
  return true;
}
