/* SPDX-License-Identifier: Apache-2.0 */
/* write_record KIND [FIELD=VALUE]... [--print]: gives a record to the trail, as
 * the programs do, or writes both of its forms to standard output.  FIELD is
 * its name in JSON.  Fails when errno changed or a descriptor stayed open. */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "libhostnet/trail.h"

static void
take_field (struct record *record, char *word)
{
  char *value = strchr (word, '=');

  if (value == NULL)
    exit (2);
  *value = '\0';
  for (size_t f = 0; f < RECORD_FIELDS; f++)
    if (strcmp (record_fields[f].key, word) == 0)
      {
        record_set (record, f, value + 1);
        return;
      }
  exit (2);
}

static void
print_forms (const struct record *record)
{
  struct json_buffer out = JSON_BUFFER_INIT;

  record_journal (record, 0, 1, &out);
  json_buffer_literal (&out, "\n");
  record_syslog (record, 0, 1, &out);
  puts (out.text);
  free (out.text);
}

int
main (int argc, char *argv[])
{
  struct record record = { .kind = RECORD_KINDS };
  bool print = argc > 2 && strcmp (argv[argc - 1], "--print") == 0;
  int next;

  for (int kind = 0; argc > 1 && kind < RECORD_KINDS; kind++)
    if (strcmp (record_kinds[kind].name, argv[1]) == 0)
      record.kind = (enum record_kind) kind;
  if (record.kind == RECORD_KINDS)
    return 2;
  for (int i = 2; i < argc - print; i++)
    take_field (&record, argv[i]);
  if (print)
    {
      print_forms (&record);
      return 0;
    }
  next = dup (0);
  close (next);
  errno = EXDEV;
  trail_write (&record);
  return errno != EXDEV || dup (0) != next;
}
