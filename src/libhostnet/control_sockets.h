/* SPDX-License-Identifier: Apache-2.0 */
/* Sockets and directories of the host through which it does the work for
 * whoever may talk to them or write there. */
#ifndef HOSTNET_CONTROL_SOCKETS_H
#define HOSTNET_CONTROL_SOCKETS_H

#include <stddef.h>

struct control_socket
{
  const char *path; /* on the host, absolute; may go through a symbolic link */
  const char *reason;
};

/* The INDEXth, or NULL behind the last. */
const struct control_socket *control_socket (size_t index);

#endif
