/* SPDX-License-Identifier: Apache-2.0 */
/* Sockets that rootful podman reserves for published ports: conmon holds them,
 * and the runtime inherits them at `create`, behind conmon's two pipes (FACTS
 * 7).  A hook inherits none, and looks at conmon's. */
#include <config.h>

#include "facts_ports.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "compat.h"
#include "io.h"
#include "processes.h"

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
  } address = { .v6 = { .sin6_family = AF_UNSPEC } };
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

int
ports_find_socket (DIR *directory, int pidfd, unsigned first,
                   struct port_facts *facts)
{
  struct dirent *entry;

  while (facts->reserved == NULL
         && (errno = 0, entry = readdir (directory)) != NULL)
    {
      int fd = atoi (entry->d_name), port;
      cleanup_close int copy = -1;
      const char *protocol;

      if (fd < 3 || (unsigned) fd < first)
        continue;
      if (pidfd >= 0)
        copy = process_copy (pidfd, fd);
      if (pidfd >= 0 && copy < 0 && errno != EBADF)
        return -1;
      port = reserved_port (pidfd < 0 ? fd : copy, &protocol);
      if (port < 0)
        return -1;
      if (port > 0)
        facts->reserved = xasprintf ("%d/%s", port, protocol);
    }
  return facts->reserved != NULL || errno == 0 ? 0 : -1;
}

static int
look_at_own (unsigned preserve_fds, struct port_facts *facts)
{
  unsigned kept = listen_fds ();
  DIR *directory = opendir ("/proc/self/fd");
  int result;

  if (directory == NULL)
    return -1;
  result = ports_find_socket (
      directory, -1, 3 + (preserve_fds > kept ? preserve_fds : kept), facts);
  closedir (directory);
  return result;
}

/* podman numbers conmon's pipes behind the descriptors that it hands on for
 * somebody else (libpod/oci_conmon_common.go, createOCIContainer): as many as
 * the environment that conmon was started with tells, or none. */
static int
handed_on (pid_t conmon, unsigned *kept)
{
  static const char key[] = "_OCI_SYNCPIPE=";
  cleanup_free char *path = xasprintf ("/proc/%d/environ", (int) conmon);
  cleanup_free char *text = NULL;
  cleanup_close int fd = open (path, O_RDONLY | O_CLOEXEC);
  size_t length;
  unsigned number;

  *kept = 0;
  if (fd < 0 || read_all (fd, JSON_MAX_BYTES, &text, &length) != 0)
    return -1;
  for (size_t at = 0; at < length; at += strlen (text + at) + 1)
    if (strncmp (text + at, key, strlen (key)) == 0
        && sscanf (text + at + strlen (key), "%u", &number) == 1 && number > 3)
      *kept = number - 3;
  return 0;
}

static int
look_at_conmon (pid_t conmon, struct port_facts *facts)
{
  cleanup_free char *path = xasprintf ("/proc/%d/fd", (int) conmon);
  cleanup_close int process = pidfd_open (conmon, 0);
  DIR *directory = process < 0 ? NULL : opendir (path);
  unsigned kept;
  int result;

  if (directory == NULL)
    return -1;
  result = handed_on (conmon, &kept) < 0
               ? -1
               : ports_find_socket (directory, process, 3 + kept, facts);
  closedir (directory);
  return result;
}

static int
look_at_rules (const struct engine_facts *engine, struct port_facts *facts)
{
  cleanup_free char *containers = NULL, *id = NULL;

  if (engine->bundle == NULL
      || !ports_split_bundle (engine->bundle, &containers, &id))
    return 0;
  return ports_find_rule (id, facts);
}

static bool
is_program (const struct engine_facts *engine, const char *name)
{
  return engine->parent != NULL
         && strcmp (strrchr (engine->parent, '/') + 1, name) == 0;
}

/* The first step that failed, in words, or NULL. */
static const char *
look_at_podman (const struct json_doc *config, unsigned preserve_fds,
                struct facts *facts)
{
  bool conmon = is_program (&facts->engine, "conmon");

  if (conmon && facts->caller == CALLER_CREATE
      && look_at_own (preserve_fds, &facts->ports) < 0)
    return "looking for reserved ports in /proc/self/fd";
  if (conmon && facts->caller == CALLER_GUARD
      && look_at_conmon (facts->engine.pid, &facts->ports) < 0)
    return "looking for reserved ports among conmon's descriptors";
  if (((conmon && facts->caller == CALLER_CREATE)
       || facts->caller == CALLER_PRECREATE)
      && ports_find_forwarder (config, facts, &facts->ports) < 0)
    return "looking for processes that forward ports";
  if (conmon && !facts->own_user_namespace
      && (facts->caller == CALLER_CREATE || facts->caller == CALLER_GUARD)
      && look_at_rules (&facts->engine, &facts->ports) < 0)
    return "looking for rules that map ports";
  return NULL;
}

int
facts_collect_ports (const struct json_doc *config, json_node annotations,
                     unsigned preserve_fds, struct facts *facts,
                     struct error *err)
{
  const char *failed;

  ports_read_files (config, annotations, facts);
  failed = look_at_podman (config, preserve_fds, facts);
  return failed == NULL ? 0
                        : error_system (err, errno, SENTENCE_system, failed);
}

void
port_facts_clear (struct port_facts *facts)
{
  free (facts->reserved);
  free (facts->sandbox);
  free (facts->nerdctl);
  error_clear (&facts->unknown);
}
