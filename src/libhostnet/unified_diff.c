/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "unified_diff.h"

#include <stdbool.h>
#include <string.h>

enum
{
  CONTEXT = 3
};

/* Behind the line at TEXT. */
static const char *
next_line (const char *text)
{
  const char *end = strchr (text, '\n');

  return end ? end + 1 : text + strlen (text);
}

/* The start of the line before AT, which is not START. */
static const char *
line_before (const char *start, const char *at)
{
  for (at--; at > start && at[-1] != '\n'; at--)
    ;
  return at;
}

static size_t
count_lines (const char *from, const char *to)
{
  size_t count = 0;

  for (; from < to; from = next_line (from))
    count++;
  return count;
}

static void
put_lines (FILE *to, char mark, const char *from, const char *end)
{
  while (from < end)
    {
      const char *next = next_line (from);

      fprintf (to, "%c%.*s", mark, (int) (next - from), from);
      if (next[-1] != '\n')
        fputs ("\n\\ No newline at end of file\n", to);
      from = next;
    }
}

/* One of the two texts: what differs, and with the context around it. */
struct side
{
  const char *text, *end;
  const char *from, *to;    /* what differs */
  const char *top, *bottom; /* what is shown */
};

static void
put_range (FILE *to, char mark, const struct side *side)
{
  size_t count = count_lines (side->top, side->bottom);
  size_t first = count_lines (side->text, side->top) + (count > 0 ? 1 : 0);

  fprintf (to, " %c%zu,%zu", mark, first, count);
}

static bool
same_line (const char *a, const char *b)
{
  size_t length = (size_t) (next_line (a) - a);

  return length == (size_t) (next_line (b) - b) && memcmp (a, b, length) == 0;
}

static void
find_difference (struct side *a, struct side *b)
{
  while (*a->from != '\0' && *b->from != '\0' && same_line (a->from, b->from))
    {
      a->from = next_line (a->from);
      b->from = next_line (b->from);
    }
  while (a->to > a->from && b->to > b->from
         && same_line (line_before (a->text, a->to),
                       line_before (b->text, b->to)))
    {
      a->to = line_before (a->text, a->to);
      b->to = line_before (b->text, b->to);
    }
}

static void
add_context (struct side *side)
{
  side->top = side->from;
  side->bottom = side->to;
  for (int i = 0; i < CONTEXT; i++)
    {
      if (side->top > side->text)
        side->top = line_before (side->text, side->top);
      if (side->bottom < side->end)
        side->bottom = next_line (side->bottom);
    }
}

static struct side
whole (const char *text)
{
  const char *end = text + strlen (text);

  return (struct side){ text, end, text, end, text, end };
}

void
unified_diff (FILE *to, const char *path, const char *old, const char *new)
{
  struct side a = whole (old ? old : ""), b = whole (new ? new : "");

  find_difference (&a, &b);
  add_context (&a);
  add_context (&b);
  fprintf (to, "--- %s%s\n", old ? "a" : "/dev/null", old ? path : "");
  fprintf (to, "+++ %s%s\n", new ? "b" : "/dev/null", new ? path : "");
  fputs ("@@", to);
  put_range (to, '-', &a);
  put_range (to, '+', &b);
  fputs (" @@\n", to);
  put_lines (to, ' ', a.top, a.from);
  put_lines (to, '-', a.from, a.to);
  put_lines (to, '+', b.from, b.to);
  put_lines (to, ' ', a.to, a.bottom);
}
