/* SPDX-License-Identifier: Apache-2.0 */
/* Rootless podman reserves no sockets, nor does root's with slirp4netns.  What
 * forwards a port runs before `create`, measured with podman 4.3.1, slirp4netns
 * 1.2.0 and passt 2023-03-09:
 * - rootlessport, for slirp4netns and bridges: it listens, and a child of it is
 *   in the container's network namespace, often with it;
 * - slirp4netns itself under port_handler=slirp4netns: it has the namespace's
 *   path in its arguments, and an API socket for its ports, and only for them
 *   (libpod/networking_slirp4netns.go, setupSlirp4netns);
 * - pasta, which has the namespace's path and the ports in its arguments
 *   (containers/common libnetwork/pasta, createPastaArgs). */
#include <config.h>

#include "facts_ports.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "compat.h"
#include "io.h"
#include "processes.h"

enum { ARGUMENTS_MAX = 1024 * 1024 };

/* The container's network namespace before it asked. */
struct network
{
  char *path;
  struct stat status;
};

/* A process of somebody else is no helper of ours, whatever it is called.  The
 * owner of /proc/PID does not tell: it is root's where dumps are closed. */
static bool
is_ours (pid_t pid)
{
  static const char key[] = "\nUid:";
  char text[4096];
  const char *line;
  unsigned effective;

  if (process_head (pid, "status", text, sizeof text) <= 0)
    return false;
  line = strstr (text, key);
  return line != NULL
         && sscanf (line + strlen (key), "%*u %u", &effective) == 1
         && effective == geteuid ();
}

/* ---- rootlessport ---- */

static const char rootlessport[] = "rootlessport";
static const char slirp4netns[] = "slirp4netns";

static bool
is_called (const char *program, const char *name)
{
  return strcmp (strrchr (program, '/') + 1, name) == 0;
}

static void
name_port (pid_t pid, const char *name, struct port_facts *ports)
{
  char path[64];
  cleanup_free char *program = NULL;
  cleanup_close int process = pidfd_open (pid, 0);
  DIR *directory;

  snprintf (path, sizeof path, "/proc/%d/fd", (int) pid);
  directory = process < 0 ? NULL : opendir (path);
  if (directory == NULL)
    return;
  if (process_program (pid, &program) > 0 && is_called (program, name))
    ports_find_socket (directory, process, 3, ports);
  closedir (directory);
}

static int
look_at_rootlessport (pid_t pid, const struct network *network,
                      struct port_facts *ports, bool *forwards)
{
  char path[64];
  struct stat status;

  snprintf (path, sizeof path, "/proc/%d/ns/net", (int) pid);
  if (stat (path, &status) < 0)
    return errno == ENOENT || errno == ESRCH || !is_ours (pid) ? 0 : -1;
  if (status.st_dev != network->status.st_dev
      || status.st_ino != network->status.st_ino)
    return 0;
  /* That it runs is enough; the port is only for the sentence. */
  *forwards = true;
  name_port (pid, rootlessport, ports);
  if (ports->reserved == NULL && process_parent (pid, &pid) > 0 && pid > 0)
    name_port (pid, rootlessport, ports);
  return 0;
}

/* ---- slirp4netns and pasta ---- */

/* The NUL-terminated words that PID was started with; 1, 0 when it is gone,
 * -1 with errno. */
static int
read_words (pid_t pid, char **words, size_t *length)
{
  cleanup_free char *path = xasprintf ("/proc/%d/cmdline", (int) pid);
  cleanup_close int fd = open (path, O_RDONLY | O_CLOEXEC);

  if (fd < 0)
    return errno == ENOENT ? 0 : -1;
  if (read_all (fd, ARGUMENTS_MAX, words, length) != 0)
    return errno == ESRCH ? 0 : -1;
  return 1;
}

/* The value behind the first OPTION of the NUL-terminated words, or NULL. */
static const char *
value_of (const char *words, size_t length, const char *option)
{
  for (const char *at = words; at < words + length; at += strlen (at) + 1)
    if (strcmp (at, option) == 0)
      {
        at += strlen (at) + 1;
        return at < words + length ? at : NULL;
      }
  return NULL;
}

static int
look_at_slirp4netns (pid_t pid, const struct network *network,
                     struct port_facts *ports, bool *forwards)
{
  cleanup_free char *words = NULL;
  const char *namespace;
  size_t length;
  int found = read_words (pid, &words, &length);

  if (found <= 0)
    return found;
  namespace = value_of (words, length, "--netns-type=path");
  if (namespace == NULL || strcmp (namespace, network->path) != 0
      || value_of (words, length, "--api-socket") == NULL)
    return 0;
  *forwards = true;
  name_port (pid, slirp4netns, ports);
  return 0;
}

static int
look_at_pasta (pid_t pid, const struct network *network,
               struct port_facts *ports)
{
  static const struct
  {
    const char *option, *protocol;
  } options[] = { { "-t", "tcp" }, { "--tcp-ports", "tcp" },
                  { "-u", "udp" }, { "--udp-ports", "udp" } };
  cleanup_free char *words = NULL;
  const char *namespace, *value;
  size_t length;
  int found = read_words (pid, &words, &length);

  if (found <= 0)
    return found;
  namespace = value_of (words, length, "--netns");
  if (namespace == NULL || strcmp (namespace, network->path) != 0)
    return 0;
  for (size_t i = 0;
       i < sizeof options / sizeof *options && ports->reserved == NULL; i++)
    {
      value = value_of (words, length, options[i].option);
      if (value != NULL && strcmp (value, "none") != 0)
        ports->reserved = xasprintf ("%s/%s", escape (value).text,
                                     options[i].protocol);
    }
  return 0;
}

/* ---- all of them ---- */

static int
look_at_process (pid_t pid, const struct network *network,
                 struct port_facts *ports, bool *forwards)
{
  cleanup_free char *program = NULL;
  const char *name;
  int found = process_program (pid, &program);

  if (found <= 0)
    return found;
  name = strrchr (program, '/') + 1;
  if (is_called (program, rootlessport))
    return look_at_rootlessport (pid, network, ports, forwards);
  if (is_called (program, slirp4netns) && is_ours (pid))
    return look_at_slirp4netns (pid, network, ports, forwards);
  /* pasta.avx2 or passt.avx2, since it is one program */
  if ((strncmp (name, "pasta", 5) == 0 || strncmp (name, "passt", 5) == 0)
      && is_ours (pid))
    return look_at_pasta (pid, network, ports);
  return 0;
}

static int
look_at_all (const struct network *network, struct port_facts *ports)
{
  DIR *directory = opendir ("/proc");
  struct dirent *entry;
  bool forwards = false;
  int result = directory == NULL ? -1 : 0;

  while (result == 0 && ports->reserved == NULL
         && (errno = 0, entry = readdir (directory)) != NULL)
    {
      pid_t pid = atoi (entry->d_name);

      if (pid > 0)
        result = look_at_process (pid, network, ports, &forwards);
    }
  if (result == 0 && ports->reserved == NULL && errno != 0)
    result = -1;
  if (directory != NULL)
    closedir (directory);
  if (result == 0 && forwards && ports->reserved == NULL)
    ports->reserved = xstrndup ("a port", 6);
  return result;
}

int
ports_find_forwarder (const struct json_doc *config,
                      const struct facts *facts, struct port_facts *ports)
{
  cleanup_free char *path = NULL;
  struct network network;
  json_node node;

  if (facts->relation != NETNS_OTHER
      || json_get (config, facts->network_entry, "path", JSON_STRING, &node,
                   NULL)
             <= 0)
    return 0;
  path = json_string (config, node);
  network.path = path;
  if (stat (path, &network.status) < 0)
    return errno == ENOENT ? 0 : -1;
  return look_at_all (&network, ports);
}
