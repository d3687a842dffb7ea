/* SPDX-License-Identifier: Apache-2.0 */
/* The containers that declare ports: crun and runc keep what they were made of
 * in directories of their own. */
#include <config.h>

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "container.h"
#include "nsfs.h"
#include "port_table_parts.h"
#include "request.h"

/* Where engines have them keep it. */
static const struct
{
  const char *path;
  bool spaces; /* one directory for each of the engine's namespaces */
} roots[] = {
  { "/run/crun", false }, /* crun(1) --root; podman, CRI-O */
  { "/run/runc", false }, /* runc(8) --root; podman, CRI-O */
  /* containerd cmd/containerd-shim-runc-v2/process, RuncRoot */
  { "/run/containerd/runc", true },
  /* moby daemon/runtime_unix.go, defaultRuntimesPath */
  { "/run/docker/runtime-runc", true },
};

/* 0: it cannot be seen */
static ino_t
namespace_of (pid_t pid, const char *type)
{
  char path[64];
  struct stat status;

  snprintf (path, sizeof path, "/proc/%d/ns/%s", (int) pid, type);
  return stat (path, &status) < 0 ? 0 : status.st_ino;
}

static bool
is_on_our_network (pid_t pid)
{
  char path[64];
  bool same;

  snprintf (path, sizeof path, "/proc/%d/ns/net", (int) pid);
  return nsfs_is_own ("net", path, &same) == 0 && same;
}

static void
add_container (const char *root, const char *id, enum runtime_dialect dialect,
               struct declarers *declarers)
{
  const struct runtime_cli cli = { .root = root, .id = id };
  cleanup_container_config struct container_config config
      = CONTAINER_CONFIG_INIT;
  cleanup_free char *text = NULL;
  struct declarer found = { .ports = PORT_LIST_INIT };
  json_node listen;

  if (container_own_config (dialect, &cli, &config, NULL) < 0
      || config.pid == 0 || !is_on_our_network (config.pid)
      || json_get (&config.doc, config.annotations, REQUEST_PREFIX "listen",
                   JSON_STRING, &listen, NULL)
             <= 0)
    return;
  text = json_string (&config.doc, listen);
  if (port_list_parse (text, "listen", &found.ports, NULL) < 0)
    return;
  found.id = xstrndup (id, strlen (id));
  found.pid = config.pid;
  found.mount_namespace = namespace_of (config.pid, "mnt");
  found.ipc_namespace = namespace_of (config.pid, "ipc");
  declarers->list
      = xrealloc (declarers->list,
                  (declarers->count + 1) * sizeof *declarers->list);
  declarers->list[declarers->count++] = found;
}

static void
look_into (const char *root, bool spaces, struct declarers *declarers)
{
  DIR *directory = opendir (root);
  struct dirent *entry;

  while (directory != NULL && (entry = readdir (directory)) != NULL)
    {
      if (entry->d_name[0] == '.')
        continue;
      if (spaces)
        {
          cleanup_free char *below = xasprintf ("%s/%s", root, entry->d_name);

          look_into (below, false, declarers);
          continue;
        }
      add_container (root, entry->d_name, DIALECT_CRUN, declarers);
      add_container (root, entry->d_name, DIALECT_RUNC, declarers);
    }
  if (directory != NULL)
    closedir (directory);
}

void
declarers_find (struct declarers *declarers)
{
  static const char *const names[] = { "crun", "runc" };
  const char *own = getenv ("XDG_RUNTIME_DIR");

  for (size_t r = 0; r < sizeof roots / sizeof *roots; r++)
    look_into (roots[r].path, roots[r].spaces, declarers);
  for (size_t i = 0; own != NULL && i < sizeof names / sizeof *names; i++)
    {
      cleanup_free char *path = xasprintf ("%s/%s", own, names[i]);

      look_into (path, false, declarers);
    }
}

void
declarers_clear (struct declarers *declarers)
{
  for (size_t i = 0; i < declarers->count; i++)
    {
      free (declarers->list[i].id);
      port_list_clear (&declarers->list[i].ports);
    }
  free (declarers->list);
}

/* A container has a mount namespace of its own, and without CAP_SYS_ADMIN no
 * process leaves it but into a user namespace of its own. */
const struct declarer *
declarer_of (const struct declarers *declarers, pid_t pid)
{
  ino_t own = pid > 0 ? namespace_of (pid, "mnt") : 0;

  for (size_t i = 0; own != 0 && i < declarers->count; i++)
    if (declarers->list[i].mount_namespace == own)
      return &declarers->list[i];
  return NULL;
}

bool
declarer_knows (const struct declarer *declarer, pid_t pid)
{
  ino_t ipc;

  if (pid <= 0)
    return false;
  if (declarer->mount_namespace != 0
      && namespace_of (pid, "mnt") == declarer->mount_namespace)
    return true;
  ipc = namespace_of (pid, "ipc");
  return ipc != 0 && ipc == declarer->ipc_namespace
         && ipc != namespace_of (getpid (), "ipc");
}
