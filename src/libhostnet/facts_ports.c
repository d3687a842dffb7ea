/* SPDX-License-Identifier: Apache-2.0 */
/* Sockets that rootful podman reserves for published ports: the runtime
 * inherits them at `create` from conmon, behind conmon's two pipes (FACTS 7). */
#include <config.h>

#include "facts.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* A parent outside of our PID namespace has no directory: not conmon. */
static int
parent_is_conmon (bool *is, struct error *err)
{
  char path[64], name[32] = "";
  cleanup_close int fd = -1;
  ssize_t length;

  snprintf (path, sizeof path, "/proc/%d/comm", (int) getppid ());
  fd = open (path, O_RDONLY | O_CLOEXEC);
  *is = false;
  if (fd < 0 && errno == ENOENT)
    return 0;
  length = fd < 0 ? -1 : read (fd, name, sizeof name - 1);
  if (length < 0)
    return error_system (err, errno, SENTENCE_system,
                         "reading the name of the parent process");
  *is = strcmp (name, "conmon\n") == 0;
  return 0;
}

/* sd_listen_fds(3): valid when LISTEN_PID is our own. */
static unsigned
listen_fds (void)
{
  const char *pid = getenv ("LISTEN_PID"), *count = getenv ("LISTEN_FDS");
  char *end;
  unsigned long value;

  if (pid == NULL || count == NULL || atol (pid) != getpid ())
    return 0;
  value = strtoul (count, &end, 10);
  return *end == '\0' && end != count && value < 65536 ? (unsigned) value : 0;
}

/* The port that FD reserves, or 0 when it is none; -1 with errno when that
 * cannot be told. */
static int
reserved_port (int fd, const char **protocol)
{
  union
  {
    struct sockaddr any;
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
  } address;
  socklen_t length = sizeof address, size = sizeof (int);
  int type = 0, listening = 0;

  if (getsockopt (fd, SOL_SOCKET, SO_TYPE, &type, &size) < 0)
    return errno == ENOTSOCK || errno == EBADF ? 0 : -1; /* EBADF: O_PATH */
  size = sizeof listening;
  if (getsockopt (fd, SOL_SOCKET, SO_ACCEPTCONN, &listening, &size) < 0)
    return -1;
  if (!(type == SOCK_STREAM && listening) && type != SOCK_DGRAM)
    return 0;
  if (getsockname (fd, &address.any, &length) < 0)
    return -1;
  *protocol = type == SOCK_STREAM ? "tcp" : "udp";
  if (address.any.sa_family == AF_INET)
    return ntohs (address.v4.sin_port);
  if (address.any.sa_family == AF_INET6)
    return ntohs (address.v6.sin6_port);
  return 0;
}

/* Looks at the descriptors from 3 + KEPT on. */
static int
find_reserved_port (DIR *directory, unsigned kept, struct facts *facts)
{
  struct dirent *entry;

  while (facts->inherited_port == NULL
         && (errno = 0, entry = readdir (directory)) != NULL)
    {
      int fd = atoi (entry->d_name);
      const char *protocol;
      int port;

      if (fd < 3 || (unsigned) fd - 3 < kept)
        continue;
      port = reserved_port (fd, &protocol);
      if (port < 0)
        return -1;
      if (port > 0)
        facts->inherited_port = xasprintf ("%d/%s", port, protocol);
    }
  return facts->inherited_port != NULL || errno == 0 ? 0 : -1;
}

int
facts_collect_ports (unsigned preserve_fds, struct facts *facts,
                     struct error *err)
{
  bool conmon;
  unsigned kept = listen_fds ();
  DIR *directory;
  int failure = 0;

  if (parent_is_conmon (&conmon, err) < 0)
    return -1;
  if (!conmon)
    return 0;
  if (preserve_fds > kept)
    kept = preserve_fds;
  directory = opendir ("/proc/self/fd");
  if (directory == NULL || find_reserved_port (directory, kept, facts) < 0)
    failure = errno;
  if (directory != NULL)
    closedir (directory);
  return failure == 0 ? 0
                      : error_system (err, failure, SENTENCE_system,
                                      "looking for reserved ports in "
                                      "/proc/self/fd");
}
