/* SPDX-License-Identifier: Apache-2.0 */
/* Which bind mounts of a configuration bring procfs, sysfs or the like along:
 * judged by the resolved source and the kernel's mount table, never by the spelling. */
#include <config.h>

#include "facts.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "devices.h"
#include "dns.h"
#include "mount_table.h"
#include "paths.h"

/* proc(5): cwd, root, exe, fd/N and ns/X of a process are no links but doors:
 * behind one the runtime, whose directories are others, finds something else.
 * openat2(2) says ELOOP; a kernel before 5.6 says ENOSYS. */
static int
check_doors (const char *path)
{
  struct open_how how = { .flags = O_PATH | O_CLOEXEC,
                          .resolve = RESOLVE_NO_MAGICLINKS };
  cleanup_close int fd
      = (int) syscall (SYS_openat2, AT_FDCWD, path, &how, sizeof how);

  return fd < 0 ? -1 : 0;
}

/* Cuts PATH, which is not there, down to the nearest directory that is: 1, 0
 * when only the root is left, -1 with errno.  *MISSING becomes the length of
 * what is not there.  stat(2), since realpath(3) asks for each component of
 * the way again. */
static int
cut_to_existing (char *path, bool elsewhere, size_t *missing)
{
  struct stat status;

  do
    {
      char *slash = strrchr (path, '/');

      *missing = strlen (path);
      if (slash == NULL || slash == path)
        return 0;
      if (errno != ENOENT && errno != ENOTDIR
          && !(elsewhere && errno == EACCES))
        return -1;
      *slash = '\0';
    }
  while (stat (path, &status) < 0);
  return 1;
}

/* The first LENGTH bytes of PATH are not there.  If they are a symbolic link
 * nevertheless, the runtime may find something behind it: it resolves the link
 * in another directory, and when proc is mounted in the root filesystem. */
static bool
is_dangling (const char *path, size_t length)
{
  cleanup_free char *first = xstrndup (path, length);
  struct stat status;

  return lstat (first, &status) == 0 && S_ISLNK (status.st_mode);
}

/* The real path of WHOLE, which is not there: that of the nearest directory
 * that is, with the rest behind it. */
static char *
resolve_missing (const char *whole, char *path, bool elsewhere)
{
  cleanup_free char *real = NULL;
  size_t missing = 0;
  int left = 1;

  while (left == 1 && real == NULL)
    {
      left = cut_to_existing (path, elsewhere, &missing);
      real = left == 1 ? realpath (path, NULL) : NULL; /* may have gone */
    }
  if (left < 0)
    return NULL;
  if (is_dangling (whole, missing))
    {
      if (check_doors (whole) < 0 && errno == ELOOP)
        return NULL; /* a namespace, which realpath(3) cannot tell, or cwd */
      errno = ENOLINK;
      if (!elsewhere)
        return NULL;
    }
  if (real == NULL) /* only the root is left */
    return xstrndup (whole, strlen (whole));
  if (strcmp (real, path) != 0 && check_doors (path) < 0)
    return NULL;
  return xasprintf ("%s%s", strcmp (real, "/") == 0 ? "" : real,
                    whole + strlen (path));
}

/* The real path of SOURCE; of what is not there yet, that of the nearest
 * directory that is, with the rest behind it.  ELSEWHERE: what we may not see
 * is not there. */
static char *
resolve (const char *source, const char *bundle, bool elsewhere, bool *exists)
{
  cleanup_free char *path
      = source[0] == '/'
            ? xstrndup (source, strlen (source))
            : xasprintf ("%s/%s", bundle ? bundle : ".", source);
  cleanup_free char *whole = xstrndup (path, strlen (path));
  char *real = NULL;

  /* runc resolves `..` in the text (filepath.Clean), and the working directory
   * by PWD; realpath(3) and crun behind the links */
  if (path_has_parent (source))
    {
      errno = EXDEV;
      return NULL;
    }
  real = realpath (path, NULL);
  *exists = real != NULL;
  if (real == NULL)
    return resolve_missing (whole, path, elsewhere);
  /* without a link on the way there is no door */
  if (strcmp (real, path) != 0 && check_doors (path) < 0)
    {
      free (real);
      return NULL;
    }
  return real;
}

/* resolve() failed. */
static int
refuse_source (const char *source, struct error *err)
{
  if (errno == ELOOP)
    return error_refuse (err, SENTENCE_mount_door, escape (source).text);
  if (errno == EXDEV)
    return error_refuse (err, SENTENCE_mount_parent, escape (source).text);
  if (errno == ENOLINK)
    return error_refuse (err, SENTENCE_mount_dangling, escape (source).text);
  return error_system (err, errno, SENTENCE_mount_source,
                       escape (source).text);
}

/* Notes in FACTS what it finds. */
static bool
is_bind (const struct json_doc *config, json_node mount,
         struct mount_facts *facts)
{
  if (json_get (config, mount, "type", JSON_STRING, &facts->type, NULL) > 0
      && json_string_is (config, facts->type, "bind"))
    return true;
  if (json_get (config, mount, "options", JSON_ARRAY, &facts->options, NULL)
      > 0)
    for (json_node n = json_first (config, facts->options); n != JSON_NONE;
         n = json_next (config, n))
      if (json_string_is (config, n, "bind")
          || json_string_is (config, n, "rbind"))
        return true;
  return false;
}

/* 0, or -1 with errno when it cannot be told. */
static int
look_at_source (const char *path, struct mount_facts *facts)
{
  struct stat found;

  facts->is_tun = strcmp (path, "/dev/net") == 0;
  if (stat (path, &found) < 0)
    return errno == ENOENT || errno == ENOTDIR ? 0 : -1;
  facts->is_file = !S_ISDIR (found.st_mode);
  facts->is_tun |= S_ISCHR (found.st_mode)
                   && devices_is_network (major (found.st_rdev),
                                          minor (found.st_rdev));
  return 0;
}

/* The source of a bind mount as it stands there (the caller frees): 1, or 0
 * for other mounts. */
static int
read_source (const struct json_doc *config, json_node mount,
             struct mount_facts *facts, char **source, struct error *err)
{
  json_node node;
  int found = json_get (config, mount, "source", JSON_STRING, &node, err);

  facts->type = facts->options = JSON_NONE;
  if (found < 0 || !is_bind (config, mount, facts))
    return found < 0 ? -1 : 0;
  if (found == 0) /* runc binds the bundle then */
    {
      error_refuse (err, SENTENCE_mount_without_source);
      return -1;
    }
  *source = json_string (config, node);
  return 1;
}

static int
resolve_source (const char *source, const char *bundle, bool elsewhere,
                char **real, struct error *err)
{
  bool exists;

  *real = resolve (source, bundle, elsewhere, &exists);
  if (*real == NULL)
    return refuse_source (source, err);
  return exists ? 1 : 2;
}

int
facts_bind_source (const struct json_doc *config, json_node mount,
                   const char *bundle, char **real, struct error *err)
{
  cleanup_free char *source = NULL;
  struct mount_facts facts;
  int found = read_source (config, mount, &facts, &source, err);

  return found <= 0 ? found
                    : resolve_source (source, bundle, false, real, err);
}

int
facts_mount_flags (const char *path, unsigned long *flags)
{
  static const struct
  {
    unsigned long seen, flag; /* statvfs(3), mount(2) */
  } table[] = { { ST_RDONLY, MS_RDONLY },
                { ST_NOSUID, MS_NOSUID },
                { ST_NODEV, MS_NODEV },
                { ST_NOEXEC, MS_NOEXEC } };
  struct statvfs found;

  if (statvfs (path, &found) < 0)
    return -1;
  for (size_t i = 0; i < sizeof table / sizeof *table; i++)
    if ((found.f_flag & table[i].seen) != 0)
      *flags |= table[i].flag;
  return 0;
}

static int
mount_flags (const char *path, unsigned long *flags, struct error *err)
{
  if (facts_mount_flags (path, flags) < 0)
    return error_system (err, errno, SENTENCE_mount_source,
                         escape (path).text);
  return 0;
}

/* Under the lock userns crun would leave them out: it opens the source of a
 * bind mount in a new user namespace without AT_RECURSIVE (linux.c,
 * get_bind_mount). */
static int
list_submounts (const struct mount_table *table, struct mount_facts *facts,
                struct error *err)
{
  cleanup_free char **paths = NULL;

  if (mount_flags (facts->source, &facts->flags, err) < 0)
    return -1;
  paths = mount_table_below (table, facts->source, &facts->submount_count);
  facts->submounts
      = xcalloc (facts->submount_count, sizeof *facts->submounts);
  for (size_t i = 0; i < facts->submount_count; i++)
    facts->submounts[i].path = paths[i];
  for (size_t i = 0; i < facts->submount_count; i++)
    {
      struct mount_source *submount = &facts->submounts[i];
      struct stat found;

      if (!path_is_utf8 (submount->path))
        return error_refuse (err, SENTENCE_userns_name,
                             escape (submount->path).text);
      if (mount_flags (submount->path, &submount->flags, err) < 0)
        return -1;
      submount->is_file
          = stat (submount->path, &found) == 0 && !S_ISDIR (found.st_mode);
    }
  return 0;
}

/* The host's file that takes the place of SOURCE, which an engine made, or
 * NULL. */
static const struct host_file *
host_file (const struct json_doc *config, json_node mount, const char *source,
           struct facts *facts)
{
  const struct host_file *file;
  enum dns_file which;

  if (!facts->dns_wanted
      || !dns_is_engine_made (config, mount, source, &which))
    return NULL;
  file = facts_host_file (which, facts);
  return file->path != NULL ? file : NULL;
}

/* A bind of the root filesystem brings along what is mounted in it before: the
 * fresh proc and sysfs. */
static bool
covers (const char *real, bool exists, const char *root,
        const struct mount_table *table)
{
  return mount_table_covers (table, real, exists)
         || (root != NULL
             && (path_is_below (real, root) || path_is_below (root, real)));
}

static int
judge_mount (const struct json_doc *config, json_node mount,
             const char *bundle, const char *root,
             const struct mount_table *table, struct facts *all,
             struct mount_facts *facts, struct error *err)
{
  cleanup_free char *source = NULL;
  int found = read_source (config, mount, facts, &source, err);

  if (found <= 0)
    return found;
  facts->host_file = host_file (config, mount, source, all);
  if (facts->host_file != NULL)
    {
      facts->source = xstrndup (facts->host_file->path,
                                strlen (facts->host_file->path));
      facts->flags = facts->host_file->flags;
      facts->is_file = true;
      return 0;
    }
  found = resolve_source (source, bundle, all->elsewhere, &facts->source,
                          err);
  if (found < 0)
    return -1;
  if (look_at_source (facts->source, facts) < 0
      && !(all->elsewhere && errno == EACCES))
    return error_system (err, errno, SENTENCE_system,
                         "resolving a mount source");
  if (found == 1 && all->userns.wanted
      && list_submounts (table, facts, err) < 0)
    return -1;
  facts->covers = covers (facts->source, found == 1, root, table);
  return 0;
}

static int
find_root (const struct json_doc *config, const char *bundle, bool elsewhere,
           char **real, struct error *err)
{
  cleanup_free char *path = NULL;
  bool exists;
  json_node root, node;

  if (json_get (config, 0, "root", JSON_OBJECT, &root, err) < 0
      || json_get (config, root, "path", JSON_STRING, &node, err) < 0)
    return -1;
  /* runc takes the bundle then, crun refuses it */
  if (node == JSON_NONE)
    return root == JSON_NONE
               ? 0
               : error_refuse (err, SENTENCE_root_without_path);
  path = json_string (config, node);
  if (path[0] == '\0')
    return error_refuse (err, SENTENCE_root_without_path);
  *real = resolve (path, bundle, elsewhere, &exists);
  if (*real == NULL)
    return refuse_source (path, err);
  return exists ? 1 : 2;
}

int
facts_root (const struct json_doc *config, const char *bundle, char **real,
            struct error *err)
{
  return find_root (config, bundle, false, real, err);
}

static int
judge_root (const struct json_doc *config, const char *bundle,
            const struct mount_table *table, char **real,
            struct facts *facts, struct error *err)
{
  int found = find_root (config, bundle, facts->elsewhere, real, err);

  /* One that is not there is the runtime's to complain of. */
  facts->root_covers = found == 1 && mount_table_covers (table, *real, true);
  return found < 0 ? -1 : 0;
}

void
mount_facts_clear (struct facts *facts)
{
  for (size_t i = 0; i < facts->mount_count; i++)
    {
      free (facts->mounts[i].source);
      for (size_t s = 0; s < facts->mounts[i].submount_count; s++)
        free (facts->mounts[i].submounts[s].path);
      free (facts->mounts[i].submounts);
      free (facts->mounts[i].submount_idmaps);
    }
  free (facts->mounts);
}

/* Whether a lock may want it read-only, or where it is counts: what shows the
 * kernel. */
static bool
is_fragile (const struct json_doc *config, json_node mount,
            const struct mount_facts *facts)
{
  static const char *const types[]
      = { "proc", "sysfs", "cgroup", "cgroup2", NULL };
  json_node type = facts->type;

  return facts->covers
         || (type == JSON_NONE
             && json_get (config, mount, "type", JSON_STRING, &type, NULL) < 0)
         || (type != JSON_NONE
             && json_string_is_one_of (config, type, types));
}

int
facts_collect_mounts (const struct json_doc *config, const char *bundle,
                      struct facts *facts, struct error *err)
{
  cleanup_mount_table struct mount_table table = MOUNT_TABLE_INIT;
  cleanup_free char *root = NULL;
  json_node mounts;
  size_t i = 0;

  if (json_get (config, 0, "mounts", JSON_ARRAY, &mounts, err) < 0
      || mount_table_read (&table, err) < 0
      || judge_root (config, bundle, &table, &root, facts, err) < 0)
    return -1;
  for (json_node n = json_first (config, mounts); n != JSON_NONE;
       n = json_next (config, n))
    facts->mount_count++;
  facts->mounts = xcalloc (facts->mount_count, sizeof *facts->mounts);
  for (json_node n = json_first (config, mounts); n != JSON_NONE;
       n = json_next (config, n), i++)
    {
      if (json_kind (config, n) != JSON_OBJECT)
        return error_refuse (err, SENTENCE_json_type, "/mounts",
                             "something else", "objects");
      if (judge_mount (config, n, bundle, root, &table, facts,
                       &facts->mounts[i], err)
          < 0)
        return -1;
      facts->mounts[i].is_moved
          = is_fragile (config, n, &facts->mounts[i])
            && facts_mount_is_moved (config, mounts, i, root, facts);
    }
  return 0;
}
