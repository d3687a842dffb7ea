/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "processes.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "compat.h"
#include "error.h"

int
process_head (pid_t pid, const char *name, char *text, size_t size)
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
int
process_program (pid_t pid, char **program)
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
  found = process_head (pid, "comm", text, sizeof text);
  if (found <= 0)
    return found;
  text[strcspn (text, "\n")] = '\0';
  *program = xasprintf ("/%s", text);
  return 1;
}

/* proc(5): the parent is field 4 of stat, behind the name in parentheses. */
int
process_parent (pid_t pid, pid_t *parent)
{
  char text[512];
  const char *behind;
  int number = 0;
  int found = process_head (pid, "stat", text, sizeof text);

  *parent = 0;
  if (found <= 0)
    return found;
  behind = strrchr (text, ')');
  if (behind != NULL && sscanf (behind + 1, " %*c %d", &number) == 1)
    *parent = number;
  return 1;
}

/* pidfd_getfd(2): for root, or who may trace it. */
int
process_copy (int pidfd, int fd)
{
  return pidfd_getfd (pidfd, fd, 0);
}
