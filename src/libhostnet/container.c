/* SPDX-License-Identifier: Apache-2.0 */
/* The init process of a container, and what it was given. */
#include <config.h>

#include "container_parts.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "bundle.h"
#include "capabilities.h"
#include "io.h"
#include "json.h"
#include "nsfs.h"
#include "processes.h"

/* ---- the init process ---- */

struct init
{
  int pidfd;
  int pid;
};
#define INIT_INIT { -1, 0 }
#define cleanup_init __attribute__ ((cleanup (init_clear)))

static void
init_clear (struct init *init)
{
  cleanup_closep (&init->pidfd);
}

/* proc(5): starttime is field 22 of /proc/PID/stat, behind the name, which
 * the process chooses. */
static int
start_time (const struct init *init, uint64_t *time)
{
  char text[1024];
  char *field, *end;

  if (process_head (init->pid, "stat", text, sizeof text) <= 0)
    return -1;
  field = strrchr (text, ')');
  for (int i = 2; field != NULL && i < 22; i++)
    field = strchr (field + 1, ' ');
  if (field == NULL)
    return -1;
  *time = strtoull (field, &end, 10);
  return end == field + 1 || end == field ? -1 : 0;
}

enum { STATUS_BYTES = 1024 * 1024 };

/* proc(5): CapBnd of /proc/PID/status, 16 hexadecimal digits. */
static int
bounding_set (const struct init *init, uint64_t *set)
{
  static const char key[] = "\nCapBnd:\t";
  char path[64];
  cleanup_close int fd = -1;
  cleanup_free char *text = NULL;
  size_t length;
  char *at, *end;

  snprintf (path, sizeof path, "/proc/%d/status", init->pid);
  fd = open (path, O_RDONLY | O_CLOEXEC);
  /* behind `Groups:`, of which setgroups(2) takes 65536 */
  if (fd < 0 || read_all (fd, STATUS_BYTES, &text, &length) != 0)
    return -1;
  at = strstr (text, key);
  if (at == NULL)
    return -1;
  at += strlen (key);
  *set = strtoull (at, &end, 16);
  return end - at == 16 ? 0 : -1;
}

static int
is_own_namespace (const struct init *init, const char *type, bool *own)
{
  char path[64];

  snprintf (path, sizeof path, "/proc/%d/ns/%s", init->pid, type);
  return nsfs_is_own (type, path, own);
}

/* pidfd_open(2): as long as the descriptor says that the process lives, what
 * /proc/PID showed was that process. */
static bool
is_alive (const struct init *init)
{
  struct pollfd descriptor = { .fd = init->pidfd, .events = POLLIN };

  return poll (&descriptor, 1, 0) == 0;
}

static int
pin_init (const struct layout *layout, const struct json_doc *state,
          struct init *init, struct error *err)
{
  json_node pid, start;
  uint64_t number = 0, recorded = 0, found = 0;

  if (json_get (state, 0, layout->pid, JSON_NUMBER, &pid, err) < 0
      || json_get (state, 0, layout->start_time, JSON_NUMBER, &start, err) < 0)
    return -1;
  if (pid == JSON_NONE || start == JSON_NONE
      || json_uint64 (state, pid, &number) < 0
      || json_uint64 (state, start, &recorded) < 0 || number == 0
      || number > INT_MAX)
    return error_refuse (err, SENTENCE_container_no_init);
  init->pid = (int) number;
  init->pidfd = (int) syscall (SYS_pidfd_open, init->pid, 0U);
  if (init->pidfd < 0)
    return error_system (err, errno, SENTENCE_system, "pidfd_open");
  if (start_time (init, &found) < 0 || found != recorded)
    return error_refuse (err, SENTENCE_container_no_init);
  return 0;
}

int
container_init_pid (const struct layout *layout, const struct json_doc *state)
{
  cleanup_init struct init init = INIT_INIT;

  return pin_init (layout, state, &init, NULL) == 0 && is_alive (&init)
             ? init.pid
             : 0;
}

/* ---- what was configured ---- */

static uint64_t
configured_bounding (const struct json_doc *doc, json_node set)
{
  uint64_t mask = 0;

  for (json_node n = json_first (doc, set); n != JSON_NONE;
       n = json_next (doc, n))
    {
      cleanup_free char *name
          = json_kind (doc, n) == JSON_STRING ? json_string (doc, n) : NULL;
      int number = name ? capability_number (name) : -1;

      if (number >= 0)
        mask |= UINT64_C (1) << number;
    }
  return mask;
}

/* Whether the namespaces of the configuration leave the container on our
 * network: no entry, or one whose path is our own. */
static int
configured_network (const struct layout *layout, const struct json_doc *doc,
                    json_node namespaces, bool *host, struct error *err)
{
  json_node type, path;

  *host = true;
  for (json_node n = json_first (doc, namespaces); n != JSON_NONE;
       n = json_next (doc, n))
    {
      cleanup_free char *where = NULL;

      if (json_get (doc, n, "type", JSON_STRING, &type, err) < 0
          || json_get (doc, n, "path", JSON_STRING, &path, err) < 0)
        return -1;
      if (type == JSON_NONE
          || !json_string_is (doc, type, layout->network_type))
        continue;
      where = path == JSON_NONE ? NULL : json_string (doc, path);
      if (where == NULL || where[0] == '\0')
        *host = false;
      else if (nsfs_is_own ("net", where, host) < 0)
        return error_system (err, errno, SENTENCE_namespace_unreadable,
                             escape (where).text);
    }
  return 0;
}

/* What the runtime was told, from its own copy; of the network only where
 * HOST_NETWORK wants to know. */
static int
read_configured (const struct layout *layout, int directory,
                 const struct state_file *state, struct container *container,
                 bool *host_network, struct error *err)
{
  cleanup_state_file struct state_file file = STATE_FILE_INIT;
  const struct json_doc *doc = &state->doc;
  json_node top = 0, parent, namespaces, capabilities, set;

  if (layout->config != NULL)
    {
      if (state_file_read (directory, layout->config, &file, err) < 0
          || json_get (&file.doc, 0, "linux", JSON_OBJECT, &parent, err) < 0
          || json_get (&file.doc, 0, "process", JSON_OBJECT, &top, err) < 0)
        return -1;
      doc = &file.doc;
    }
  else
    {
      if (json_get (doc, 0, "config", JSON_OBJECT, &top, err) < 0)
        return -1;
      if (top == JSON_NONE)
        return error_refuse (err, SENTENCE_container_no_init);
      parent = top;
    }
  if (json_get (doc, parent, "namespaces", JSON_ARRAY, &namespaces, err) < 0
      || json_get (doc, top, "capabilities", JSON_OBJECT, &capabilities, err)
             < 0
      || json_get (doc, capabilities, layout->bounding, JSON_ARRAY, &set, err)
             < 0
      || (host_network != NULL
          && configured_network (layout, doc, namespaces, host_network, err)
                 < 0))
    return -1;
  container->configured = configured_bounding (doc, set);
  return 0;
}

/* Whether the container is on the host's network though its caller is not: a
 * unit with PrivateNetwork=, `ip netns exec`.  /proc/1 has the host's network,
 * if that is the host's process 1; who is locked has our annotation. */
static bool
is_elsewhere (enum runtime_dialect dialect, const struct runtime_cli *cli,
              const struct init *init)
{
  cleanup_container_config struct container_config config
      = CONTAINER_CONFIG_INIT;
  json_node applied;
  char path[64];
  bool same = false;

  snprintf (path, sizeof path, "/proc/%d/ns/net", init->pid);
  if (nsfs_is_same ("/proc/1/ns/net", path, &same) == 0 && same)
    return true;
  /* what cannot be told is guarded */
  return container_own_config (dialect, cli, &config, NULL) < 0
         || json_get (&config.doc, config.annotations,
                      "io.oci-hostnet.applied", JSON_STRING, &applied, NULL)
                != 0;
}

void
container_clear (struct container *container)
{
  cleanup_freep (&container->bundle);
}

/* What runc will read, and whether it is the bundle: an annotation may stand in
 * front of runc's own label. */
static void
read_bundle_label (const struct json_doc *state, struct container *container)
{
  cleanup_free char *own = container_bundle_label (state, true);

  container->bundle = container_bundle_label (state, false);
  container->bundle_forged
      = own != NULL && strcmp (own, container->bundle) != 0;
}

int
container_find (enum runtime_dialect dialect, const struct runtime_cli *cli,
                struct container *container, struct error *err)
{
  const struct layout *layout = &container_layouts[dialect];
  cleanup_close int directory = -1;
  cleanup_state_file struct state_file state = STATE_FILE_INIT;
  cleanup_init struct init init = INIT_INIT;
  bool own_user = false, elsewhere = false;

  if (container_find_state (layout, cli, &directory, err) < 0
      || state_file_read (directory, layout->state, &state, err) < 0)
    return -1;
  if (dialect == DIALECT_RUNC)
    read_bundle_label (&state.doc, container);
  if (pin_init (layout, &state.doc, &init, err) < 0)
    return -1;
  /* Before it is started, runc's init may still have all capabilities. */
  if (faccessat (directory, "exec.fifo", F_OK, AT_SYMLINK_NOFOLLOW) == 0)
    return error_refuse (err, SENTENCE_container_not_started);
  if (bounding_set (&init, &container->bounding) < 0
      || is_own_namespace (&init, "net", &container->host_network) < 0
      /* after the others: who has left our user namespace cannot return */
      || is_own_namespace (&init, "user", &own_user) < 0 || !is_alive (&init))
    return error_refuse (err, SENTENCE_container_no_init);
  elsewhere = !container->host_network && is_elsewhere (dialect, cli, &init);
  container->host_network |= elsewhere;
  if (own_user && (!container->host_network || dialect == DIALECT_CRUN))
    return 0;
  /* user_namespaces(7): a new one gives a full bounding set, and leave to
   * make a network namespace.  A hostile init enters one by itself, but exec
   * does not follow it there: then what was configured decides. */
  if (read_configured (layout, directory, &state, container,
                       own_user ? NULL : &container->host_network, err)
      < 0)
    return -1;
  container->host_network |= elsewhere;
  if (!own_user)
    container->bounding &= container->configured;
  return 0;
}
