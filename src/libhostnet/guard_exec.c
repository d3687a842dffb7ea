/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "guard_exec.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "io.h"
#include "processes.h"

static bool
is_conmon (pid_t pid)
{
  char name[32];

  return process_head (pid, "comm", name, sizeof name) > 0
         && strcmp (name, "conmon\n") == 0;
}

enum { ARGUMENTS_MAX = 1024 * 1024 };

/* The word behind `-r` (conmon(8)). */
static char *
runtime_of (pid_t pid)
{
  cleanup_free char *path = xasprintf ("/proc/%d/cmdline", (int) pid);
  cleanup_free char *words = NULL;
  cleanup_close int fd = open (path, O_RDONLY | O_CLOEXEC);
  size_t length;

  if (fd < 0 || read_all (fd, ARGUMENTS_MAX, &words, &length) != 0)
    return NULL;
  for (const char *word = words; word < words + length;
       word += strlen (word) + 1)
    if (strcmp (word, "-r") == 0 && word + 3 < words + length)
      return xstrndup (word + 3, strlen (word + 3));
  return NULL;
}

void
guard_exec_report (const char *container, struct error *report)
{
  cleanup_free char *runtime = NULL;
  const char *name;
  pid_t conmon;

  if (process_parent (getppid (), &conmon) <= 0 || conmon <= 0
      || !is_conmon (conmon))
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
