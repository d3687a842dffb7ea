/* SPDX-License-Identifier: Apache-2.0 */
/* exec gives a process capabilities of its own choice (--process FILE, --cap),
 * whatever its container was locked to.  In a container on the host's network
 * they are cut to those that its init was given. */
#ifndef HOSTNET_EXEC_GUARD_H
#define HOSTNET_EXEC_GUARD_H

#include <stdbool.h>

#include "runtime_cli.h"

/* The arguments to hand to the low-level runtime: *GUARDED, NULL when ARGV
 * needs no change; the caller frees it (not the strings).  *OPTION is owned by
 * the caller too and must outlive it.  A changed process file is a sealed
 * memory file that stays open across execve(2); the engine's is never
 * written.  *CUT: something was taken away.  Refuses a capability that a lock takes when it cannot be told
 * whether the container has one. */
int exec_guard (enum runtime_dialect dialect, const struct runtime_cli *cli,
                int argc, char *argv[], char ***guarded, char **option,
                bool *cut, struct error *err);

#endif
