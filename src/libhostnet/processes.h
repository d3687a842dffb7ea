/* SPDX-License-Identifier: Apache-2.0 */
/* Other processes, as /proc shows them.  One that is not there, or is outside of
 * our PID namespace, is no failure: these return 1 when found, 0 when there is
 * none, -1 with errno. */
#ifndef HOSTNET_PROCESSES_H
#define HOSTNET_PROCESSES_H

#include <stdbool.h>
#include <sys/types.h>

/* The head of /proc/PID/NAME, a short file. */
int process_head (pid_t pid, const char *name, char *text, size_t size);

/* The path of its program, "/" and its name where no path is shown (owned). */
int process_program (pid_t pid, char **program);

/* Its parent, 0 when that is out of our sight. */
int process_parent (pid_t pid, pid_t *parent);

/* A copy of the descriptor FD of the process that PIDFD is of; -1 with errno,
 * EBADF when it is closed. */
int process_copy (int pidfd, int fd);

#endif
