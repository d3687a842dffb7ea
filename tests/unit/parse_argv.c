/* SPDX-License-Identifier: Apache-2.0 */
/* parse_argv <LINES: what runtime_cli_parse() makes of command lines.  A line
 * is the dialect and the words behind argv[0], with \x1f between; the answer
 * `refused ID`, or the command and the values of bundle, config, root and id,
 * as `=VALUE`, or `-` for what is not set. */
#include <config.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "libhostnet/runtime_cli.h"

enum { MAX_WORDS = 64 };

static void
answer (char *line)
{
  static const char *const commands[]
      = { "pass", "create", "run", "restore", "exec", "checkpoint" };
  cleanup_error struct error err = ERROR_INIT;
  cleanup_runtime_cli struct runtime_cli cli = { .command = COMMAND_PASS };
  char *argv[MAX_WORDS];
  int argc = 0;
  enum runtime_dialect dialect;

  for (char *word = line; word != NULL && argc < MAX_WORDS - 1;)
    argv[argc++] = strsep (&word, "\x1f");
  argv[argc] = NULL;
  dialect = strcmp (argv[0], "runc") == 0 ? DIALECT_RUNC : DIALECT_CRUN;
  if (runtime_cli_parse (dialect, argc, argv, &cli, &err) < 0)
    {
      printf ("refused %s\n", refusal_name (err.id));
      return;
    }
  printf ("%s", commands[cli.command]);
  for (size_t i = 0; i < 4; i++)
    {
      const char *value = (const char *[]){ cli.bundle, cli.config, cli.root,
                                            cli.id }[i];

      printf ("\x1f%s%s", value ? "=" : "-", value ? value : "");
    }
  printf ("\n");
}

int
main (void)
{
  char *line = NULL;
  size_t size = 0;
  ssize_t length;

  while ((length = getline (&line, &size, stdin)) > 0)
    {
      line[length - 1] = '\0';
      answer (line);
    }
  free (line);
  return 0;
}
