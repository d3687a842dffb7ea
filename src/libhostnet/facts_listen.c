/* SPDX-License-Identifier: Apache-2.0 */
/* Whether the ports that a container declares are taken: what would bind(2)
 * and listen(2) say to it?  Its sockets are not known; what servers do is
 * taken: TCP with SO_REUSEADDR and without SO_REUSEPORT, UDP with neither.
 *
 * sock_diag(7) tells who listens, and of UDP all: that is exact, cheap for any
 * number of ports, and disturbs nobody.  It does not tell SO_REUSEADDR, which
 * decides about TCP sockets that do not listen (bound ones, connections,
 * TIME_WAIT), and walking their tables costs milliseconds, however few there
 * are.  Of these the kernel is asked by bind(2) itself.  Nothing
 * connects to a socket that does not listen, and it is gone after microseconds:
 * who wants the port without SO_REUSEADDR at that very moment would be in the
 * container's way, which is going to bind it. */
#include <config.h>

#include "facts_listen.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "socket_owners.h"
#include "userns.h"

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

/* Who may not bind it at all is not told; nor may the container then. */
static bool
is_taken (const struct port_range *range, unsigned port)
{
  int said = try_to_bind (range->family == AF_INET ? AF_INET : AF_INET6, range,
                          port);

  /* a kernel without IPv6 */
  if (range->family == AF_UNSPEC && said != 0 && said != EADDRINUSE)
    said = try_to_bind (AF_INET, range, port);
  return said == EADDRINUSE;
}

/* ---- who is there ---- */

enum
{
  TRIED_ONE_BY_ONE = 64, /* of a longer range, where somebody is */
  HALF_OPEN = 1U << SOCKET_SYN_RECV | 1U << SOCKET_NEW_SYN_RECV /* bound nowhere */
};

/* A TCP socket of a device may be of another VRF, where ports are others
 * (inet_bind_bucket_match()). */
static bool
is_certain (const struct inet_socket *socket)
{
  return !socket->tcp || (socket->state == SOCKET_LISTEN && socket->device == 0);
}

/* Who is certain to be in the way of RANGE, at the lowest port; or NULL. */
static const struct inet_socket *
find_certain (const struct port_range *range,
              const struct inet_sockets *sockets)
{
  const struct inet_socket *found = NULL;

  for (size_t i = 0; i < sockets->count; i++)
    if (is_certain (&sockets->list[i])
        && inet_socket_meets (&sockets->list[i], range)
        && (found == NULL || sockets->list[i].port < found->port))
      found = &sockets->list[i];
  return found;
}

/* Whether PORT of RANGE is one of the pod's own. */
static bool
is_of_pod (const struct port_range *range, unsigned port,
           const struct inet_sockets *pod)
{
  struct port_range one = *range;

  one.first = one.last = port;
  for (size_t i = 0; i < pod->count; i++)
    if (inet_socket_meets (&pod->list[i], &one))
      return true;
  return false;
}

/* A port of RANGE that nobody listens on and cannot be bound all the same, the
 * lowest; or 0.  -1 with errno. */
static int
find_quiet (const struct port_range *range, const struct inet_sockets *pod)
{
  cleanup_inet_sockets struct inet_sockets quiet = INET_SOCKETS_INIT;
  unsigned found = 0, free_port = 0;

  if (range->last - range->first < TRIED_ONE_BY_ONE)
    {
      for (unsigned port = range->first; port <= range->last; port++)
        if (!is_of_pod (range, port, pod) && is_taken (range, port))
          return (int) port;
      return 0;
    }
  if (sock_diag_list (true, ~(unsigned) HALF_OPEN, range->first, range->last,
                      &quiet)
      < 0)
    return -1;
  for (size_t i = 0; i < quiet.count; i++)
    {
      unsigned port = quiet.list[i].port;

      if (port == free_port || (found != 0 && port >= found)
          || !inet_socket_meets (&quiet.list[i], range)
          || is_of_pod (range, port, pod))
        continue;
      if (is_taken (range, port))
        found = port;
      else
        free_port = port;
    }
  return (int) found;
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

/* Who that may be; several, and not all of them without SO_REUSEADDR. */
static char *
owner_of_quiet (const struct port_range *one)
{
  cleanup_inet_sockets struct inet_sockets quiet = INET_SOCKETS_INIT;
  struct inet_socket found = { .state = SOCKET_CLOSE };

  if (sock_diag_list (true, ~(unsigned) HALF_OPEN, one->first, one->last,
                      &quiet)
      == 0)
    for (size_t i = 0; i < quiet.count; i++)
      if (inet_socket_meets (&quiet.list[i], one)
          && (!found.tcp || found.inode == 0
              || quiet.list[i].state == SOCKET_CLOSE))
        found = quiet.list[i];
  return owner_of (&found);
}

/* TCP sockets that listen and all of UDP, at any port from the lowest to the
 * highest that is declared. */
static int
list_sockets (const struct port_list *declared, bool tcp,
              struct inet_sockets *sockets)
{
  unsigned first = 65536, last = 0;

  for (size_t i = 0; i < declared->count; i++)
    if (declared->list[i].tcp == tcp)
      {
        if (first > declared->list[i].first)
          first = declared->list[i].first;
        if (last < declared->list[i].last)
          last = declared->list[i].last;
      }
  return first > last ? 0
                      : sock_diag_list (tcp, tcp ? 1U << SOCKET_LISTEN : ~0U,
                                        first, last, sockets);
}

/* 1 when a port of RANGE is taken, 0, or -1 with errno. */
static int
look_at (struct port_range range, const struct inet_sockets *sockets,
         const struct inet_sockets *pod, struct listen_facts *facts)
{
  const struct inet_socket *certain = find_certain (&range, sockets);
  struct port_range before = range;
  int quiet = 0;

  if (certain != NULL)
    before.last = certain->port - 1;
  if (range.tcp && before.first <= before.last)
    quiet = find_quiet (&before, pod);
  if (quiet < 0 || (quiet == 0 && certain == NULL))
    return quiet;
  range.first = range.last = quiet > 0 ? (unsigned) quiet : certain->port;
  facts->port = port_range_text (&range);
  facts->owner = quiet > 0 ? owner_of_quiet (&range) : owner_of (certain);
  return 1;
}

/* ---- ports that not everybody may bind ---- */

/* ip-sysctl.rst: a kernel without the file has the port fixed at 1024. */
unsigned
facts_first_unprivileged_port (void)
{
  FILE *file = fopen ("/proc/sys/net/ipv4/ip_unprivileged_port_start", "re");
  unsigned port = PORT_FIRST_UNPRIVILEGED;

  if (file == NULL)
    return port;
  if (fscanf (file, "%u", &port) != 1)
    port = PORT_FIRST_UNPRIVILEGED;
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
                      bool kubernetes, struct listen_facts *facts)
{
  cleanup_port_list struct port_list declared = PORT_LIST_INIT;
  cleanup_inet_sockets struct inet_sockets sockets = INET_SOCKETS_INIT,
                                           pod = INET_SOCKETS_INIT;
  cleanup_free char *text = json_string (config, listen);
  int found = 0;

  if (port_list_parse (text, "listen", &declared, NULL) < 0)
    return; /* request_read() has refused it */
  if (list_sockets (&declared, true, &sockets) < 0
      || list_sockets (&declared, false, &sockets) < 0)
    found = -1;
  else if (kubernetes)
    listen_take_pod (config, &declared, &sockets, &pod);
  for (size_t i = 0; i < declared.count && found == 0; i++)
    found = look_at (declared.list[i], &sockets, &pod, facts);
  if (found < 0)
    error_system (&facts->unknown, errno, SENTENCE_listen_unknown);
}

void
listen_facts_clear (struct listen_facts *facts)
{
  free (facts->port);
  free (facts->owner);
  error_clear (&facts->unknown);
}
