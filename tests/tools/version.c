/* SPDX-License-Identifier: Apache-2.0 */
/* Stands in for crun or runc: says for --version what is in the file beside it,
 * PROGRAM.says ("hang": nothing, for ever), and that it ran for all else. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

int
main (int argc, char *argv[])
{
  extern char **environ;
  char name[4096], text[256] = "";
  FILE *says;

  if (argc != 2 || strcmp (argv[1], "--version") != 0)
    return puts ("ran") < 0;
  snprintf (name, sizeof name, "%s.says", argv[0]);
  says = fopen (name, "re");
  if (says == NULL || fread (text, 1, sizeof text - 1, says) == 0 || fclose (says) != 0)
    return 1;
  if (strncmp (text, "hang", 4) == 0)
    for (;;)
      pause ();
  fputs (environ[0] == NULL ? text : "an environment\n", stdout);
  return 0;
}
