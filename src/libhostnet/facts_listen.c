/* SPDX-License-Identifier: Apache-2.0 */
/* Whether the ports that a container declares are taken: what would bind(2)
 * and listen(2) say to it?  Its sockets are not known; what servers do is
 * taken: TCP with SO_REUSEADDR and without SO_REUSEPORT, UDP with neither.
 *
 * sock_diag(7) tells all but one thing of who is there, and in one question for
 * any number of ports: it disturbs nobody, and works for ports that only root
 * may bind.  It does not tell SO_REUSEADDR, which matters for TCP sockets that
 * do not listen (bound ones, connections, TIME_WAIT).  Of these the kernel is
 * asked by bind(2) itself.  That disturbs nobody either: somebody is at the
 * port already, so who binds it at that moment and does not get on with ours,
 * which never listens, does not get on with that one. */
#include <config.h>

#include "facts.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "port_list.h"
#include "sock_diag.h"
#include "socket_owners.h"
#include "userns.h"

static const unsigned char any[16];
static const unsigned char mapped[12] = "\0\0\0\0\0\0\0\0\0\0\xff\xff";

/* ---- addresses: net/ipv4/inet_connection_sock.c, inet_rcv_saddr_equal() ---- */

static bool
v4_meets (const unsigned char *a, const unsigned char *b)
{
  return memcmp (a, any, 4) == 0 || memcmp (b, any, 4) == 0
         || memcmp (a, b, 4) == 0;
}

/* An entry without an address stands for a dual-stack socket, whose bind fails
 * whenever that of 0.0.0.0 or [::] does.  One with an IPv6 address stands for
 * IPv6 alone, [::] too. */
static bool
addresses_meet (const struct port_range *range,
                const struct inet_socket *socket)
{
  const unsigned char *theirs = socket->address;
  bool is_mapped = socket->family == AF_INET6
                   && memcmp (theirs, mapped, sizeof mapped) == 0;
  bool is_any = memcmp (theirs, any, sizeof any) == 0;

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

/* ---- bind(2) ---- */

static int
bind_v4 (int fd, const unsigned char *address, unsigned port)
{
  struct sockaddr_in v4
      = { .sin_family = AF_INET, .sin_port = htons ((uint16_t) port) };

  memcpy (&v4.sin_addr, address, sizeof v4.sin_addr);
  return bind (fd, (const struct sockaddr *) &v4, sizeof v4);
}

static int
bind_v6 (int fd, const unsigned char *address, unsigned port, int v6_only)
{
  struct sockaddr_in6 v6
      = { .sin6_family = AF_INET6, .sin6_port = htons ((uint16_t) port) };

  memcpy (&v6.sin6_addr, address, sizeof v6.sin6_addr);
  return setsockopt (fd, IPPROTO_IPV6, IPV6_V6ONLY, &v6_only, sizeof v6_only)
                 < 0
             ? -1
             : bind (fd, (const struct sockaddr *) &v6, sizeof v6);
}

/* TCP alone.  The errno of it, or 0. */
static int
try_to_bind (int family, const struct port_range *range, unsigned port)
{
  cleanup_close int fd = socket (family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const int on = 1;
  int result;

  if (fd < 0 || setsockopt (fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) < 0)
    return errno;
  result = family == AF_INET
               ? bind_v4 (fd, range->address, port)
               : bind_v6 (fd, range->address, port,
                          range->family == AF_INET6);
  return result < 0 ? errno : 0;
}

/* Whether the kernel says that PORT of RANGE is taken; UNKNOWN when it says
 * nothing of that, as to who may not bind it at all. */
static bool
is_taken (const struct port_range *range, unsigned port, bool unknown)
{
  int said = try_to_bind (range->family == AF_INET ? AF_INET : AF_INET6, range,
                          port);

  /* a kernel without IPv6 */
  if (range->family == AF_UNSPEC && said != 0 && said != EADDRINUSE)
    said = try_to_bind (AF_INET, range, port);
  return said == EADDRINUSE || (said != 0 && unknown);
}

/* ---- who is there ---- */

/* Who stands in the way of RANGE at the lowest port, or NULL. */
static const struct inet_socket *
find_conflict (const struct port_range *range,
               const struct inet_sockets *sockets)
{
  const struct inet_socket *found = NULL;
  unsigned tried = 0; /* a port that is free although somebody is there */

  for (size_t i = 0; i < sockets->count; i++)
    {
      const struct inet_socket *one = &sockets->list[i];
      bool listens = one->state == SOCKET_LISTEN;

      if (one->tcp != range->tcp || one->port < range->first
          || one->port > range->last || !addresses_meet (range, one)
          || (found != NULL
              && (one->port > found->port
                  || (one->port == found->port && !listens))))
        continue;
      /* A TCP socket of a device may be of another VRF, where ports are others
       * (inet_bind_bucket_match()). */
      if (range->tcp && (!listens || one->device != 0))
        {
          if (one->port == tried)
            continue;
          if (!is_taken (range, one->port, listens))
            {
              tried = one->port;
              continue;
            }
        }
      found = one;
    }
  return found;
}

static char *
owner_of (const struct inet_socket *socket)
{
  struct socket_owner owner = { .inode = socket->inode };

  if (socket->inode == 0 && socket->tcp && socket->state != SOCKET_LISTEN
      && socket->state != SOCKET_CLOSE)
    return xasprintf ("a connection that has not ended, and that no process "
                      "has any more");
  if (socket->inode != 0)
    socket_owners_find (&owner, 1);
  return owner.pid > 0 ? process_text (owner.pid)
                       : xasprintf ("a process that cannot be seen");
}

/* The sockets of PROTOCOL at any port from the lowest to the highest. */
static int
list_sockets (const struct port_list *declared, bool tcp,
              struct inet_sockets *sockets)
{
  const unsigned half_open
      = 1U << SOCKET_SYN_RECV | 1U << SOCKET_NEW_SYN_RECV; /* bound nowhere */
  unsigned first = 65536, last = 0;

  for (size_t i = 0; i < declared->count; i++)
    if (declared->list[i].tcp == tcp)
      {
        if (first > declared->list[i].first)
          first = declared->list[i].first;
        if (last < declared->list[i].last)
          last = declared->list[i].last;
      }
  return first > last
             ? 0
             : sock_diag_list (tcp, ~half_open, first, last, sockets);
}

/* ---- ports that not everybody may bind ---- */

/* ip-sysctl.rst: a kernel without the file has the port fixed at 1024. */
unsigned
facts_first_unprivileged_port (void)
{
  FILE *file = fopen ("/proc/sys/net/ipv4/ip_unprivileged_port_start", "re");
  unsigned port = 1024;

  if (file == NULL)
    return port;
  if (fscanf (file, "%u", &port) != 1)
    port = 1024;
  fclose (file);
  return port;
}

int
facts_collect_low_ports (struct listen_facts *facts, struct error *err)
{
  struct userns_reach reach;
  ino_t own;

  facts->first_port = facts_first_unprivileged_port ();
  if (userns_reach (&reach) < 0
      || userns_inode ("/proc/self/ns/user", &own) < 0)
    return error_system (err, errno, SENTENCE_system,
                         "looking at our own user namespace");
  facts->own_reaches = userns_reaches (&reach, own);
  return 0;
}

void
facts_collect_listen (const struct json_doc *config, json_node listen,
                      struct listen_facts *facts)
{
  cleanup_port_list struct port_list declared = PORT_LIST_INIT;
  cleanup_inet_sockets struct inet_sockets sockets = INET_SOCKETS_INIT;
  cleanup_free char *text = json_string (config, listen);

  if (port_list_parse (text, "listen", &declared, NULL) < 0)
    return; /* request_read() has refused it */
  if (list_sockets (&declared, true, &sockets) < 0
      || list_sockets (&declared, false, &sockets) < 0)
    {
      error_system (&facts->unknown, errno, SENTENCE_listen_unknown);
      return;
    }
  for (size_t i = 0; i < declared.count && facts->port == NULL; i++)
    {
      const struct inet_socket *found
          = find_conflict (&declared.list[i], &sockets);
      struct port_range one = declared.list[i];

      if (found == NULL)
        continue;
      one.first = one.last = found->port;
      facts->port = port_range_text (&one);
      facts->owner = owner_of (found);
    }
}

void
listen_facts_clear (struct listen_facts *facts)
{
  free (facts->port);
  free (facts->owner);
  error_clear (&facts->unknown);
}
