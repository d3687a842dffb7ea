/* SPDX-License-Identifier: Apache-2.0 */
/* Sockets and directories of the host through which it does the work for
 * whoever may talk to them or write there. */
#ifndef HOSTNET_CONTROL_SOCKETS_H
#define HOSTNET_CONTROL_SOCKETS_H

#include <stdbool.h>
#include <stddef.h>

struct control_socket
{
  const char *path; /* on the host, absolute; may go through a symbolic link */
  const char *reason;
};

/* The INDEXth, or NULL behind the last. */
const struct control_socket *control_socket (size_t index);

/* A directory of the host that a container must not have. */
struct host_directory
{
  const char *path;
  bool read_only_is_fine; /* else in no form */
  bool below_too;         /* its parts alike */
  const char *reason;
};

const struct host_directory *host_directory (size_t index);

#endif
