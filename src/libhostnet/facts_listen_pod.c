/* SPDX-License-Identifier: Apache-2.0 */
/* In Kubernetes the annotations are the pod's, and each of its containers has
 * them: what another container of the pod has bound already is what it
 * declared.  They share the IPC namespace of the pod, which the engine alone
 * names in the configuration. */
#include <config.h>

#include "facts_listen.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "namespaces.h"
#include "socket_owners.h"

static ino_t
inode_of (const char *path)
{
  struct stat status;

  return stat (path, &status) < 0 ? 0 : status.st_ino;
}

/* The IPC namespace that the container joins; 0: none, or the host's. */
static ino_t
joined_ipc (const struct json_doc *config)
{
  json_node linux_object;

  json_get (config, 0, "linux", JSON_OBJECT, &linux_object, NULL);
  for (json_node n = namespaces_first (config, linux_object, "ipc");
       n != JSON_NONE; n = namespaces_next (config, n, "ipc"))
    {
      cleanup_free char *path = NULL;
      ino_t joined;

      if (namespaces_path (config, n, &path) <= 0)
        continue;
      joined = inode_of (path);
      return joined == inode_of ("/proc/self/ns/ipc") ? 0 : joined;
    }
  return 0;
}

static bool
is_declared (const struct port_list *declared,
             const struct inet_socket *socket)
{
  for (size_t i = 0; i < declared->count; i++)
    if (inet_socket_meets (socket, &declared->list[i]))
      return true;
  return false;
}

static bool
is_in (pid_t pid, ino_t ipc)
{
  char path[64];

  snprintf (path, sizeof path, "/proc/%d/ns/ipc", (int) pid);
  return pid > 0 && inode_of (path) == ipc;
}

static pid_t
pid_of (const struct socket_owner *owners, size_t count, unsigned long inode)
{
  for (size_t i = 0; i < count; i++)
    if (owners[i].inode == inode)
      return owners[i].pid;
  return 0;
}

void
listen_take_pod (const struct json_doc *config,
                 const struct port_list *declared,
                 struct inet_sockets *sockets, struct inet_sockets *pod)
{
  ino_t ipc = joined_ipc (config);
  cleanup_free struct socket_owner *owners
      = xcalloc (sockets->count + 1, sizeof *owners);
  size_t count = 0, left = 0, taken = 0;

  for (size_t i = 0; ipc != 0 && i < sockets->count; i++)
    if (sockets->list[i].inode != 0
        && is_declared (declared, &sockets->list[i]))
      owners[count++].inode = sockets->list[i].inode;
  if (count == 0)
    return;
  socket_owners_find (owners, count);
  pod->list = xcalloc (sockets->count, sizeof *pod->list);
  for (size_t i = 0; i < sockets->count; i++)
    {
      const struct inet_socket one = sockets->list[i];

      if (one.inode != 0 && is_in (pid_of (owners, count, one.inode), ipc))
        pod->list[taken++] = one;
      else
        sockets->list[left++] = one;
    }
  pod->count = pod->capacity = taken;
  sockets->count = left;
}
