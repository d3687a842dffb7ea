/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "guard_exec.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bundle.h"

/* All of /proc/PID/NAME; NULL: not to be read. */
static char *
read_process (int pid, const char *name, size_t *length)
{
  cleanup_free char *path = xasprintf ("/proc/%d/%s", pid, name);
  cleanup_close int fd = open (path, O_RDONLY | O_CLOEXEC);
  char *text = NULL;

  if (fd < 0 || read_all (fd, 1024 * 1024, &text, length) != 0)
    return NULL;
  return text;
}

/* Field 4 of proc_pid_stat(5), behind the name, which may have anything in it. */
static int
parent_of (int pid)
{
  size_t length;
  cleanup_free char *stat = read_process (pid, "stat", &length);
  const char *name_end = stat ? strrchr (stat, ')') : NULL;
  int parent = 0;

  if (name_end == NULL || sscanf (name_end, ") %*c %d", &parent) != 1)
    return 0;
  return parent;
}

static bool
is_conmon (int pid)
{
  size_t length;
  cleanup_free char *name = read_process (pid, "comm", &length);

  return name != NULL && strcmp (name, "conmon\n") == 0;
}

/* The word behind `-r` (conmon(8)). */
static char *
runtime_of (int pid)
{
  size_t length;
  cleanup_free char *words = read_process (pid, "cmdline", &length);
  const char *end = words ? words + length : NULL;

  for (const char *word = words; word != NULL && word < end;
       word += strlen (word) + 1)
    if (strcmp (word, "-r") == 0 && word + 3 < end)
      return xstrndup (word + 3, strlen (word + 3));
  return NULL;
}

void
guard_exec_report (const char *container, struct error *report)
{
  int conmon = parent_of (getppid ());
  cleanup_free char *runtime = NULL;
  const char *name;

  if (conmon <= 0 || !is_conmon (conmon))
    return;
  runtime = runtime_of (conmon);
  if (runtime == NULL)
    return;
  name = strrchr (runtime, '/');
  name = name ? name + 1 : runtime;
  if (strncmp (name, "oci-hostnet-", strlen ("oci-hostnet-")) != 0)
    error_refuse (report, SENTENCE_guard_exec, escape (container).text,
                  escape (runtime).text);
}
