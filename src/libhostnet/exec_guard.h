/* SPDX-License-Identifier: Apache-2.0 */
/* exec gives a process capabilities of its own choice (--process FILE, --cap),
 * whatever its container was locked to.  In a container on the host's network
 * they are cut to those that its init was given. */
#ifndef HOSTNET_EXEC_GUARD_H
#define HOSTNET_EXEC_GUARD_H

#include <stdbool.h>

#include "runtime_cli.h"

struct guarded_exec
{
  char **argv;  /* what to hand on, or NULL: as it came; the words are not owned
                   but for OPTION */
  char *option; /* owned, and one of these words, or NULL */
  int fd;       /* what OPTION names: a sealed memory file that stays open across
                   execve(2), or -1 */
  bool cut;     /* something was taken away */
};

#define GUARDED_EXEC_INIT { NULL, NULL, -1, false }
#define cleanup_guarded_exec __attribute__ ((cleanup (guarded_exec_clear)))

/* What the low-level runtime is to get for ARGV; GUARDED is filled on success
 * only.  The engine's process file is never written.  Refuses a capability that
 * a lock takes when it cannot be told whether the container has one. */
int exec_guard (enum runtime_dialect dialect, const struct runtime_cli *cli,
                int argc, char *argv[], struct guarded_exec *guarded,
                struct error *err);

void guarded_exec_clear (struct guarded_exec *guarded);

#endif
