/* SPDX-License-Identifier: Apache-2.0 */
/* What subordinate ids need beside the ids: a root filesystem that belongs to
 * them, and mapped ids for the mounts whose files would have other owners. */
#include <config.h>

#include "facts.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "idmap.h"
#include "mount_table.h"
#include "subordinate.h"

static bool
is_shifted (const struct subordinate_facts *ids, const struct stat *st)
{
  return subordinate_has (ids->uid, st->st_uid)
         && subordinate_has (ids->gid, st->st_gid);
}

/* ---- the root filesystem ---- */

/* REAL is resolved: each directory above it stands in it. */
static int
check_above (const struct subordinate_facts *ids, const char *real,
             struct error *err)
{
  cleanup_free char *path = xstrndup (real, strlen (real));
  char *slash;
  struct stat st;

  while ((slash = strrchr (path, '/')) != NULL)
    {
      *slash = '\0';
      if (stat (path[0] == '\0' ? "/" : path, &st) < 0)
        return error_system (err, errno, SENTENCE_subordinate_root_unreadable,
                             escape (real).text);
      if (!is_shifted (ids, &st) && (st.st_mode & S_IXOTH) == 0)
        return error_refuse (err, SENTENCE_subordinate_root_path,
                             escape (real).text,
                             escape (path[0] == '\0' ? "/" : path).text);
    }
  return 0;
}

static int
check_root (const struct json_doc *config, const char *bundle,
            const struct subordinate_facts *ids, struct error *err)
{
  cleanup_free char *real = NULL;
  struct stat st;
  int found = facts_root (config, bundle, &real, err);

  /* One that is not there is the runtime's to complain of. */
  if (found != 1)
    return found < 0 ? -1 : 0;
  if (stat (real, &st) < 0)
    return error_system (err, errno, SENTENCE_subordinate_root_unreadable,
                         escape (real).text);
  if (!is_shifted (ids, &st))
    return error_refuse (err, SENTENCE_subordinate_root, escape (real).text,
                         (unsigned) st.st_uid, (unsigned) st.st_gid,
                         (unsigned) ids->uid, (unsigned) ids->gid,
                         (unsigned) ids->uid, SUBORDINATE_IDS);
  return check_above (ids, real, err);
}

/* ---- mounts ---- */

static bool
is_read_only (const struct json_doc *config, json_node mount)
{
  bool read_only = false, writable = false;
  json_node options;

  json_get (config, mount, "options", JSON_ARRAY, &options, NULL);
  for (json_node n = json_first (config, options); n != JSON_NONE;
       n = json_next (config, n))
    {
      read_only |= json_string_is (config, n, "ro")
                   || json_string_is (config, n, "rro");
      writable |= json_string_is (config, n, "rw")
                  || json_string_is (config, n, "rrw");
    }
  return read_only && !writable;
}

/* A file like /etc/resolv.conf: everybody may do with it what the container
 * may, and nothing that is made in it has an owner. */
static bool
is_plain_file (const struct stat *st, bool read_only)
{
  return S_ISREG (st->st_mode) && (st->st_mode & S_IROTH) != 0
         && (st->st_mode & (S_ISUID | S_ISGID)) == 0
         && ((st->st_mode & (S_IXUSR | S_IXGRP)) == 0
             || (st->st_mode & S_IXOTH) != 0)
         && (read_only
             || (st->st_uid == 0 && (st->st_mode & (S_IWGRP | S_IWOTH)) == 0));
}

struct look
{
  const struct subordinate_facts *ids;
  const struct mount_table *table;
  int idmap; /* of idmap_open(), -1 before, -2 when it failed */
  int why;   /* with that errno */
  bool any_needed;
};

/* The kernel is only asked when something needs it. */
static int
try_source (struct look *look, const char *path)
{
  if (look->idmap == -1)
    {
      look->idmap = idmap_open (look->ids->uid, look->ids->gid,
                                SUBORDINATE_IDS);
      look->why = errno;
      if (look->idmap < 0)
        look->idmap = -2;
    }
  if (look->idmap < 0)
    return look->why;
  return idmap_try (look->idmap, path) < 0 ? errno : 0;
}

static struct idmap_facts
look_at_source (struct look *look, const char *path, bool read_only)
{
  struct idmap_facts found = { true, 0 };
  struct stat st;

  if (stat (path, &st) < 0)
    found.failed = errno;
  else if (S_ISCHR (st.st_mode) || S_ISBLK (st.st_mode)
           || is_shifted (look->ids, &st) || is_plain_file (&st, read_only)
           || mount_table_within (look->table, path))
    found.needed = false;
  else
    found.failed = try_source (look, path);
  look->any_needed |= found.needed;
  return found;
}

static void
look_at_mount (struct look *look, struct mount_facts *facts, bool read_only)
{
  /* Everybody may read a file of the host's that came in for DNS, and nobody
   * write it. */
  if (facts->source == NULL || facts->is_tun || facts->host_file != NULL)
    return;
  facts->submount_idmaps
      = xcalloc (facts->submount_count, sizeof *facts->submount_idmaps);
  /* A file system of the kernel is the same for all ids, and becomes read-only
   * with all that is mounted in it (mounts.c). */
  if (mount_table_within (look->table, facts->source))
    return;
  facts->idmap = look_at_source (look, facts->source, read_only);
  for (size_t i = 0; i < facts->submount_count; i++)
    facts->submount_idmaps[i]
        = look_at_source (look, facts->submounts[i].path, read_only);
}

static int
look_at_mounts (const struct json_doc *config, struct facts *facts,
                bool *needed, struct error *err)
{
  cleanup_mount_table struct mount_table table = MOUNT_TABLE_INIT;
  struct look look = { &facts->subordinate, &table, -1, 0, false };
  json_node mounts;
  size_t i = 0;

  json_get (config, 0, "mounts", JSON_ARRAY, &mounts, NULL);
  if (mount_table_read (&table, err) < 0)
    return -1;
  for (json_node n = json_first (config, mounts); n != JSON_NONE;
       n = json_next (config, n), i++)
    look_at_mount (&look, &facts->mounts[i], is_read_only (config, n));
  cleanup_closep (&look.idmap);
  *needed = look.any_needed;
  return 0;
}

/* ---- all of it ---- */

static char *
mapping_text (uint32_t first)
{
  return xasprintf ("[{\"containerID\":0,\"hostID\":%" PRIu32
                    ",\"size\":%d}]",
                    first, SUBORDINATE_IDS);
}

static int
collect (const struct json_doc *config, const char *bundle, const char *user,
         const struct lowlevel *lowlevel, struct facts *facts,
         struct error *err)
{
  struct subordinate_facts *ids = &facts->subordinate;
  bool needed = false;

  if (facts->own_user_namespace)
    return error_refuse (err, SENTENCE_subordinate_nested);
  if (subordinate_read (&subordinate_uids, user, &ids->uid, err) < 0
      || subordinate_read (&subordinate_gids, user, &ids->gid, err) < 0
      || check_root (config, bundle, ids, err) < 0
      || look_at_mounts (config, facts, &needed, err) < 0)
    return -1;
  if (needed)
    ids->runtime = lowlevel != NULL
                       ? lowlevel_lacks_idmaps (lowlevel)
                       : xasprintf ("a hook cannot tell which runtime runs it");
  free (facts->userns.uid_mappings);
  free (facts->userns.gid_mappings);
  facts->userns.uid_mappings = mapping_text (ids->uid);
  facts->userns.gid_mappings = mapping_text (ids->gid);
  return 0;
}

void
facts_collect_subordinate (const struct json_doc *config, const char *bundle,
                           const char *user, const struct lowlevel *lowlevel,
                           struct facts *facts)
{
  facts->subordinate.wanted = true;
  collect (config, bundle, user, lowlevel, facts,
           &facts->subordinate.refused);
}
