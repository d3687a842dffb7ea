/* SPDX-License-Identifier: Apache-2.0 */
/* What the system shows of the engine that called us: a process, the
 * environment, the place of the bundle. */
#include <config.h>

#include "facts.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "processes.h"

/* A hook's parent is the low-level runtime, which crun may have forked once
 * more; the engine's process is above. */
enum { GUARD_LEVELS = 4 };

/* The next process above that is an engine's; for a guard there may be some
 * between. */
static int
find_parent (enum caller caller, struct engine_facts *facts)
{
  pid_t pid = getppid ();
  int found = 1;

  for (int level = 0;
       level < (caller == CALLER_GUARD ? GUARD_LEVELS : 1) && pid > 0; level++)
    {
      cleanup_free char *program = NULL;

      found = process_program (pid, &program);
      if (found <= 0)
        return found;
      if (engine_is_program (program))
        {
          facts->parent = program;
          facts->pid = pid;
          program = NULL;
          return 0;
        }
      if (caller == CALLER_GUARD && process_parent (pid, &pid) < 0)
        return -1;
    }
  return 0;
}

/* As the engine names it: its words are not those of a container's author. */
static char *
absolute (const char *path)
{
  cleanup_free char *directory = NULL;
  size_t length;

  if (path[0] != '/')
    directory = getcwd (NULL, 0);
  if (path[0] != '/' && directory == NULL)
    return NULL;
  while (path[0] == '.' && path[1] == '/')
    path += 2;
  length = strlen (path);
  while (length > 1 && path[length - 1] == '/')
    length--;
  if (directory == NULL)
    return xstrndup (path, length);
  if (length == 1 && path[0] == '.')
    return xstrndup (directory, strlen (directory));
  return xasprintf ("%s/%.*s", directory, (int) length, path);
}

int
facts_collect_engine (enum caller caller, const char *bundle,
                      struct engine_facts *facts, struct error *err)
{
  if (bundle != NULL)
    facts->bundle = absolute (bundle);
  /* Whoever runs the command line program is no engine. */
  if (caller == CALLER_APPLY)
    return 0;
  facts->conmon_pipes = getenv ("_OCI_SYNCPIPE") != NULL;
  facts->bare = getenv ("PATH") == NULL && getenv ("XDG_RUNTIME_DIR") == NULL;
  if (find_parent (caller, facts) < 0)
    return error_system (err, errno, SENTENCE_system,
                         "reading the name of the parent process");
  return 0;
}

void
engine_facts_clear (struct engine_facts *facts)
{
  free (facts->parent);
  free (facts->bundle);
}
