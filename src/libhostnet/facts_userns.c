/* SPDX-License-Identifier: Apache-2.0 */
/* What the lock userns has to know: whether our user namespace reaches our
 * network, which ids we can map, and whose the joined namespaces are. */
#include <config.h>

#include "facts.h"

#include <errno.h>
#include <inttypes.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include "nsfs.h"
#include "userns.h"

/* linux.uidMappings (or gidMappings) that leave each id as it is, from the
 * ids of a uid_map file (user_namespaces(7)): "inside outside count". */
static int
identity_of (const char *path, char **mappings, struct error *err)
{
  struct json_buffer text = JSON_BUFFER_INIT;
  FILE *file = fopen (path, "re");
  uint32_t inside, outside, count;
  int fields = 0;

  if (file == NULL)
    return error_system (err, errno, SENTENCE_system, path);
  json_buffer_text (&text, "[");
  while ((fields = fscanf (file, "%" SCNu32 " %" SCNu32 " %" SCNu32, &inside,
                           &outside, &count))
         == 3)
    json_buffer_add (&text,
                     "%s{\"containerID\":%" PRIu32 ",\"hostID\":%" PRIu32
                     ",\"size\":%" PRIu32 "}",
                     text.length > 1 ? "," : "", inside, inside, count);
  json_buffer_text (&text, "]");
  fclose (file);
  if (fields != EOF || text.length == 2)
    {
      free (text.text);
      return error_system (err, EINVAL, SENTENCE_system, path);
    }
  *mappings = text.text;
  return 0;
}

/* ipc/mqueue.c; <linux/magic.h> lacks it. */
enum { MQUEUE_MAGIC = 0x19800202 };

static bool
is_file_system (const char *path, unsigned long magic)
{
  struct statfs found;

  return statfs (path, &found) == 0
         && (unsigned long) found.f_type == magic;
}

/* ---- namespaces that are joined ---- */

static int
stat_namespace (const char *path, ino_t *inode, struct error *err)
{
  if (userns_inode (path, inode) == 0)
    return 0;
  if (errno == EINVAL)
    return error_refuse (err, SENTENCE_userns_type, escape (path).text);
  return error_system (err, errno, SENTENCE_userns_unreadable,
                       escape (path).text);
}

/* Whether an id of the joined namespace is the host's root, by the uid_map (or
 * gid_map) beside PATH (/proc/PID/ns/user): "inside outside count".  Of a pin
 * nobody can tell. */
static bool
maps_host_root (const char *path, const char *name)
{
  static const char end[] = "/ns/user";
  size_t length = strlen (path);
  cleanup_free char *map = NULL;
  FILE *file;
  uint32_t inside, outside, count;
  bool found = false;

  if (length <= strlen (end)
      || strcmp (path + length - strlen (end), end) != 0)
    return true;
  map = xasprintf ("%.*s/%s", (int) (length - strlen (end)), path, name);
  file = fopen (map, "re");
  if (file == NULL)
    return true;
  while (fscanf (file, "%" SCNu32 " %" SCNu32 " %" SCNu32, &inside, &outside,
                 &count)
         == 3)
    found |= outside == 0;
  fclose (file);
  return found;
}

/* The user namespace of a pod's first container, beside the joined PATH
 * (/proc/PID/ns/TYPE), when it is the one that owns that; else NULL. */
static char *
pod_user_namespace (const char *path, ino_t owner)
{
  const char *slash = strrchr (path, '/');
  cleanup_free char *user
      = slash == NULL ? NULL
                      : xasprintf ("%.*s/user", (int) (slash - path), path);
  struct stat st;

  if (user == NULL || stat (user, &st) < 0 || st.st_ino != owner)
    return NULL;
  return xstrndup (user, strlen (user));
}

/* The entry joins the namespace of its type that we are in: a pod on the
 * host's network has the host's UTS namespace in containerd's CRI plugin. */
static int
joins_own (const struct json_doc *config, json_node type, const char *path,
           bool *own, struct error *err)
{
  /* namespaces(7); runtime-spec, config-linux.md, has the same words */
  static const char *const names[] = { "cgroup", "ipc", "pid", "time", "uts" };

  *own = false;
  for (size_t i = 0; i < sizeof names / sizeof *names; i++)
    if (json_string_is (config, type, names[i])
        && nsfs_is_own (names[i], path, own) < 0)
      return error_system (err, errno, SENTENCE_userns_unreadable,
                           escape (path).text);
  return 0;
}

/* One that is joined, and neither a user, network nor mount namespace. */
static int
look_at_joined (const char *path, const struct userns_reach *reach,
                struct userns_facts *facts, struct error *err)
{
  ino_t owner;
  cleanup_free char *user = NULL;

  if (userns_owner (path, &owner) < 0)
    return error_system (err, errno, SENTENCE_userns_unreadable,
                         escape (path).text);
  user = userns_reaches (reach, owner) || owner == 0
             ? NULL
             : pod_user_namespace (path, owner);
  if (user != NULL
      && (facts->pod == NULL || facts->pod_owner == owner))
    {
      if (facts->pod == NULL)
        {
          facts->pod = user;
          user = NULL;
        }
      facts->pod_owner = owner;
    }
  else if (facts->foreign == NULL)
    facts->foreign = xstrndup (path, strlen (path));
  return 0;
}

static int
look_at_entry (const struct json_doc *config, json_node entry,
               const struct userns_reach *reach, struct userns_facts *facts,
               struct error *err)
{
  cleanup_free char *path = NULL;
  json_node type, node;
  ino_t inode = 0;
  bool own;

  if (json_get (config, entry, "type", JSON_STRING, &type, err) < 0
      || json_get (config, entry, "path", JSON_STRING, &node, err) < 0)
    return -1;
  facts->has_entry |= type != JSON_NONE
                      && json_string_is (config, type, "user");
  if (type == JSON_NONE || node == JSON_NONE
      || json_string_is (config, type, "network")
      || json_string_is (config, type, "mount"))
    return 0;
  path = json_string (config, node);
  if (!json_string_is (config, type, "user"))
    {
      if (joins_own (config, type, path, &own, err) < 0)
        return -1;
      if (!own)
        return look_at_joined (path, reach, facts, err);
      facts->own = xrealloc (facts->own,
                             (facts->own_count + 1) * sizeof *facts->own);
      facts->own[facts->own_count++] = entry;
      return 0;
    }
  if (stat_namespace (path, &inode, err) < 0)
    return -1;
  facts->joined_reaches |= userns_reaches (reach, inode);
  facts->joined_maps_root |= maps_host_root (path, "uid_map")
                             || maps_host_root (path, "gid_map");
  return 0;
}

int
facts_collect_userns (const struct json_doc *config, struct facts *all,
                      struct error *err)
{
  struct userns_facts *facts = &all->userns;
  struct userns_reach reach;
  json_node linux_object, namespaces;
  ino_t own = 0;

  facts->wanted = true;
  if (userns_reach (&reach) < 0)
    return error_system (err, errno, SENTENCE_system,
                         "reading /proc/self/ns/net");
  if (stat_namespace ("/proc/self/ns/user", &own, err) < 0
      || json_get (config, 0, "linux", JSON_OBJECT, &linux_object, err) < 0
      || json_get (config, linux_object, "namespaces", JSON_ARRAY, &namespaces,
                   err)
             < 0)
    return -1;
  facts->own_reaches = !all->rootless && userns_reaches (&reach, own);
  facts->first_port = facts_first_unprivileged_port ();
  facts->has_mqueue = is_file_system ("/dev/mqueue", MQUEUE_MAGIC);
  facts->unified_cgroups
      = is_file_system ("/sys/fs/cgroup", CGROUP2_SUPER_MAGIC);
  if (facts_collect_devices (config, facts, err) < 0)
    return -1;
  for (json_node n = json_first (config, namespaces); n != JSON_NONE;
       n = json_next (config, n))
    if (look_at_entry (config, n, &reach, facts, err) < 0)
      return -1;
  return identity_of ("/proc/self/uid_map", &facts->uid_mappings, err) < 0
                 || identity_of ("/proc/self/gid_map", &facts->gid_mappings,
                                 err)
                        < 0
             ? -1
             : 0;
}

void
userns_facts_clear (struct userns_facts *facts)
{
  device_facts_clear (facts);
  free (facts->uid_mappings);
  free (facts->gid_mappings);
  free (facts->pod);
  free (facts->foreign);
  free (facts->own);
}
