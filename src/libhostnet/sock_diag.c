/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "sock_diag.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>

#include "error.h"

/* The kernel keeps the socket when FIRST <= port <= LAST; each operation is
 * followed by one that holds its port, and jumps 4 bytes behind the end when it
 * fails (net/ipv4/inet_diag.c, inet_diag_bc_run and valid_port_comparison). */
struct port_filter
{
  struct inet_diag_bc_op at_least, first, at_most, last;
};

struct question
{
  struct nlmsghdr header;
  struct inet_diag_req_v2 request;
  struct rtattr attribute;
  struct port_filter filter;
};

static int
ask (int fd, bool tcp, int family, unsigned states, unsigned first,
     unsigned last)
{
  enum { OP = sizeof (struct inet_diag_bc_op), ALL = sizeof (struct port_filter) };
  const struct question question = {
    .header = { .nlmsg_len = sizeof question,
                .nlmsg_type = SOCK_DIAG_BY_FAMILY,
                .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP },
    .request = { .sdiag_family = (uint8_t) family,
                 .sdiag_protocol = tcp ? IPPROTO_TCP : IPPROTO_UDP,
                 .idiag_states = states },
    .attribute = { RTA_LENGTH (ALL), INET_DIAG_REQ_BYTECODE },
    .filter = { .at_least = { INET_DIAG_BC_S_GE, 2 * OP, ALL + 4 },
                .first = { .no = (uint16_t) first },
                .at_most = { INET_DIAG_BC_S_LE, 2 * OP, ALL - 2 * OP + 4 },
                .last = { .no = (uint16_t) last } },
  };

  return send (fd, &question, sizeof question, 0) < 0 ? -1 : 0;
}

static bool
is_v6_only (const struct nlmsghdr *header)
{
  const struct inet_diag_msg *message = NLMSG_DATA (header);
  const struct rtattr *attribute = (const struct rtattr *) (message + 1);
  size_t left = header->nlmsg_len - NLMSG_LENGTH (sizeof *message);

  for (; RTA_OK (attribute, left); attribute = RTA_NEXT (attribute, left))
    if (attribute->rta_type == INET_DIAG_SKV6ONLY)
      return *(const uint8_t *) RTA_DATA (attribute) != 0;
  return false;
}

static void
add (struct inet_sockets *sockets, bool tcp, const struct nlmsghdr *header)
{
  const struct inet_diag_msg *message = NLMSG_DATA (header);
  struct inet_socket *socket;

  if (message->id.idiag_sport == 0)
    return;
  if (sockets->count == sockets->capacity)
    {
      sockets->capacity = sockets->capacity * 2 + 16;
      sockets->list = xrealloc (sockets->list,
                                sockets->capacity * sizeof *sockets->list);
    }
  socket = &sockets->list[sockets->count++];
  *socket = (struct inet_socket){
    .tcp = tcp,
    .family = message->idiag_family,
    .port = ntohs (message->id.idiag_sport),
    .state = message->idiag_state,
    .v6_only = is_v6_only (header),
    .device = message->id.idiag_if,
    .inode = message->idiag_inode,
  };
  memcpy (socket->address, message->id.idiag_src,
          socket->family == AF_INET ? 4 : 16);
}

/* 1 when the dump has ended, 0 when more comes, -1 with errno. */
static int
read_part (const char *buffer, size_t length, bool tcp,
           struct inet_sockets *sockets)
{
  const struct nlmsghdr *header = (const struct nlmsghdr *) buffer;

  for (; NLMSG_OK (header, length); header = NLMSG_NEXT (header, length))
    {
      if (header->nlmsg_type == NLMSG_DONE)
        return 1;
      if (header->nlmsg_type == NLMSG_ERROR)
        {
          const struct nlmsgerr *failed = NLMSG_DATA (header);

          errno = header->nlmsg_len < NLMSG_LENGTH (sizeof *failed)
                          || failed->error == 0
                      ? EPROTO
                      : -failed->error;
          return -1;
        }
      if (header->nlmsg_len >= NLMSG_LENGTH (sizeof (struct inet_diag_msg)))
        add (sockets, tcp, header);
    }
  return 0;
}

static int
read_all_parts (int fd, bool tcp, struct inet_sockets *sockets)
{
  _Alignas (struct nlmsghdr) char buffer[32768];
  int result = 0;

  while (result == 0)
    {
      ssize_t n = recv (fd, buffer, sizeof buffer, 0);

      if (n < 0 && errno == EINTR)
        continue;
      if (n == 0)
        errno = EPROTO;
      result = n <= 0 ? -1 : read_part (buffer, (size_t) n, tcp, sockets);
    }
  return result < 0 ? -1 : 0;
}

int
sock_diag_list (bool tcp, unsigned states, unsigned first, unsigned last,
                struct inet_sockets *sockets)
{
  static const int families[] = { AF_INET, AF_INET6 };
  const struct timeval patience = { .tv_sec = 2 };
  cleanup_close int fd = socket (AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC,
                                 NETLINK_SOCK_DIAG);

  if (fd < 0
      || setsockopt (fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience)
             < 0)
    return -1;
  for (size_t f = 0; f < sizeof families / sizeof *families; f++)
    if (ask (fd, tcp, families[f], states, first, last) < 0
        || read_all_parts (fd, tcp, sockets) < 0)
      return -1;
  return 0;
}

void
inet_sockets_clear (struct inet_sockets *sockets)
{
  free (sockets->list);
  *sockets = (struct inet_sockets) INET_SOCKETS_INIT;
}

/* net/ipv4/inet_connection_sock.c, inet_rcv_saddr_equal() */

static const unsigned char any[16];

static bool
v4_meets (const unsigned char *a, const unsigned char *b)
{
  return memcmp (a, any, 4) == 0 || memcmp (b, any, 4) == 0
         || memcmp (a, b, 4) == 0;
}

bool
inet_socket_meets (const struct inet_socket *socket,
                   const struct port_range *range)
{
  const unsigned char *theirs = socket->address;
  bool is_mapped
      = socket->family == AF_INET6
        && memcmp (theirs, "\0\0\0\0\0\0\0\0\0\0\xff\xff", 12) == 0;
  bool is_any = memcmp (theirs, any, sizeof any) == 0;

  if (socket->tcp != range->tcp || socket->port < range->first
      || socket->port > range->last)
    return false;
  if (range->family == AF_UNSPEC)
    return true;
  if (range->family == AF_INET)
    return socket->family == AF_INET ? v4_meets (range->address, theirs)
           : is_mapped               ? v4_meets (range->address, theirs + 12)
                                     : is_any && !socket->v6_only;
  return socket->family == AF_INET6 && !is_mapped
         && (is_any || memcmp (range->address, any, sizeof any) == 0
             || memcmp (range->address, theirs, sizeof any) == 0);
}

char *
inet_socket_text (const struct inet_socket *socket)
{
  char address[INET6_ADDRSTRLEN] = "";
  bool v6 = socket->family == AF_INET6;

  if (v6 && !socket->v6_only && memcmp (socket->address, any, sizeof any) == 0)
    return xasprintf ("*:%u", socket->port);
  inet_ntop (socket->family, socket->address, address, sizeof address);
  return xasprintf ("%s%s%s:%u", v6 ? "[" : "", address, v6 ? "]" : "",
                    socket->port);
}
