/* SPDX-License-Identifier: Apache-2.0 */
/* What the system shows of the engine that called us: a process, the
 * environment, the place of the bundle. */
#include <config.h>

#include "facts.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A hook's parent is the low-level runtime, which crun may have forked once
 * more; the engine's process is above. */
enum { GUARD_LEVELS = 4 };

/* The head of /proc/PID/NAME. > 0 read, 0 no such process (one outside of our
 * PID namespace has no directory), < 0 errno. */
static int
read_head (pid_t pid, const char *name, char *text, size_t size)
{
  char path[64];
  cleanup_close int fd = -1;
  ssize_t length;

  snprintf (path, sizeof path, "/proc/%d/%s", (int) pid, name);
  fd = open (path, O_RDONLY | O_CLOEXEC);
  if (fd < 0)
    return errno == ENOENT ? 0 : -1;
  length = read (fd, text, size - 1);
  if (length < 0)
    return errno == ESRCH ? 0 : -1;
  text[length] = '\0';
  return 1;
}

/* Only who may trace the process sees the path, and crun runs from a file
 * without one: then it is the name, which the process can change. */
static int
program_of (pid_t pid, char **program)
{
  static const char deleted[] = " (deleted)";
  char path[64], text[PATH_MAX];
  ssize_t length;
  int found;

  snprintf (path, sizeof path, "/proc/%d/exe", (int) pid);
  length = readlink (path, text, sizeof text - 1);
  text[length < 0 ? 0 : length] = '\0';
  /* The engine's package was upgraded while it ran. */
  if (length > (ssize_t) strlen (deleted)
      && strcmp (text + length - strlen (deleted), deleted) == 0)
    text[length - (ssize_t) strlen (deleted)] = '\0';
  if (text[0] == '/' && text[1] != '\0')
    {
      *program = xstrndup (text, strlen (text));
      return 1;
    }
  found = read_head (pid, "comm", text, sizeof text);
  if (found <= 0)
    return found;
  text[strcspn (text, "\n")] = '\0';
  *program = xasprintf ("/%s", text);
  return 1;
}

/* proc(5): the parent is field 4 of stat, behind the name in parentheses. */
static int
parent_of (pid_t pid, pid_t *parent)
{
  char text[512];
  const char *behind;
  int number = 0;
  int found = read_head (pid, "stat", text, sizeof text);

  *parent = 0;
  if (found <= 0)
    return found;
  behind = strrchr (text, ')');
  if (behind != NULL && sscanf (behind + 1, " %*c %d", &number) == 1)
    *parent = number;
  return 1;
}

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

      found = program_of (pid, &program);
      if (found <= 0)
        return found;
      if (engine_is_program (program))
        {
          facts->parent = program;
          facts->pid = pid;
          program = NULL;
          return 0;
        }
      if (caller == CALLER_GUARD && parent_of (pid, &pid) < 0)
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
