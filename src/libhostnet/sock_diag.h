/* SPDX-License-Identifier: Apache-2.0 */
/* The TCP and UDP sockets of our own network namespace, by sock_diag(7). */
#ifndef HOSTNET_SOCK_DIAG_H
#define HOSTNET_SOCK_DIAG_H

#include <stdbool.h>
#include <stddef.h>

#include "port_list.h"

/* include/net/tcp_states.h; UDP uses the first and the fourth of them. */
enum
{
  SOCKET_ESTABLISHED = 1,
  SOCKET_SYN_RECV = 3,
  SOCKET_TIME_WAIT = 6,
  SOCKET_CLOSE = 7, /* TCP: bound, and not listening; UDP: not connected */
  SOCKET_LISTEN = 10,
  SOCKET_NEW_SYN_RECV = 12,
  SOCKET_BOUND_INACTIVE = 13 /* asks for TCP in CLOSE, since Linux 6.8 */
};

struct inet_socket
{
  bool tcp;
  int family;
  unsigned char address[16]; /* it is bound to; in network order */
  unsigned port;
  unsigned state;
  bool v6_only;      /* told of those in LISTEN and CLOSE */
  unsigned device;   /* SO_BINDTODEVICE, or 0 */
  unsigned long inode; /* 0: no process has it any more */
};

struct inet_sockets
{
  struct inet_socket *list;
  size_t count, capacity;
};

#define INET_SOCKETS_INIT { NULL, 0, 0 }
#define cleanup_inet_sockets __attribute__ ((cleanup (inet_sockets_clear)))

/* Adds those of both families that are in STATES (bits) and have a port from
 * FIRST to LAST.  0, or -1 with errno. */
int sock_diag_list (bool tcp, unsigned states, unsigned first, unsigned last,
                    struct inet_sockets *sockets);
void inet_sockets_clear (struct inet_sockets *sockets);

/* Whether it stands in the way of who binds RANGE, as far as address and port
 * go. An entry without an address stands for a dual-stack socket, whose bind
 * fails whenever that of 0.0.0.0 or [::] does; one with an IPv6 address for IPv6
 * alone, [::] too. */
bool inet_socket_meets (const struct inet_socket *socket,
                        const struct port_range *range);

/* "127.0.0.1:80", "[::1]:80"; "*:80" for a dual-stack one. */
char *inet_socket_text (const struct inet_socket *socket);

#endif
