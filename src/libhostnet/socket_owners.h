/* SPDX-License-Identifier: Apache-2.0 */
/* The processes that hold sockets, as /proc/PID/fd shows them: to root all
 * within our PID namespace, to others their own. */
#ifndef HOSTNET_SOCKET_OWNERS_H
#define HOSTNET_SOCKET_OWNERS_H

#include <stddef.h>
#include <sys/types.h>

struct socket_owner
{
  unsigned long inode; /* given */
  pid_t pid;           /* the first that has it; 0: none was seen */
};

/* Finds COUNT owners; sorts them by inode. */
void socket_owners_find (struct socket_owner *owners, size_t count);

/* "nginx (pid 812)", with the container's id where its cgroup tells one;
 * fit to be shown.  The caller frees. */
char *process_text (pid_t pid);

/* Its name as it is, which it can change (proc(5), comm); NULL when it is gone. */
char *process_name (pid_t pid);

/* The 64 digits by which engines name a cgroup; NULL: there are none. */
char *process_container (pid_t pid);

#endif
