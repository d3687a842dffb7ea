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
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "devices.h"
#include "paths.h"

struct mount_point
{
  char *path;
  bool kernel; /* a file system of the kernel */
};

struct mount_table
{
  struct mount_point *list;
  size_t count;
};

static void
mount_table_clear (struct mount_table *table)
{
  for (size_t i = 0; i < table->count; i++)
    free (table->list[i].path);
  free (table->list);
}

/* filesystems(5): what root of a container writes there, the host's kernel
 * does: sysctls, interfaces, cgroup.kill and net_cls of other cgroups, kprobes,
 * pinned BPF maps, interpreters of binfmt_misc. */
#define TYPE(name) { name, sizeof name - 1 }
static const struct
{
  const char *name;
  size_t length;
} kernel_types[]
    = { TYPE ("proc"),       TYPE ("sysfs"),    TYPE ("cgroup"),
        TYPE ("cgroup2"),    TYPE ("bpf"),      TYPE ("debugfs"),
        TYPE ("tracefs"),    TYPE ("configfs"), TYPE ("binfmt_misc"),
        TYPE ("securityfs"), TYPE ("pstore"),   TYPE ("efivarfs"),
        TYPE ("fusectl"),    TYPE ("resctrl"),  TYPE ("selinuxfs") };
#undef TYPE

/* TYPE as it stands in mountinfo: with more behind it. */
static bool
is_kernel_type (const char *type)
{
  size_t length = strcspn (type, " ");

  for (size_t i = 0; i < sizeof kernel_types / sizeof *kernel_types; i++)
    if (kernel_types[i].length == length
        && memcmp (kernel_types[i].name, type, length) == 0)
      return true;
  return false;
}

static void
add_mount_point (struct mount_table *table, char *line)
{
  char *field = line, *path = NULL, *type = strstr (line, " - ");

  for (int i = 0; i < 4 && field != NULL; i++)
    {
      field = strchr (field, ' ');
      if (field != NULL)
        field++;
    }
  if (field == NULL || type == NULL)
    return;
  path = xstrndup (field, strcspn (field, " "));
  path_unescape (path);
  type += 3;
  table->list = xrealloc (table->list,
                          (table->count + 1) * sizeof *table->list);
  table->list[table->count++] = (struct mount_point){
    path, is_kernel_type (type)
  };
}

static int
read_mount_table (struct mount_table *table, struct error *err)
{
  FILE *file = fopen ("/proc/self/mountinfo", "re");
  cleanup_free char *line = NULL;
  size_t size = 0;
  int failed;

  if (file == NULL)
    return error_system (err, errno, SENTENCE_system,
                         "reading /proc/self/mountinfo");
  while (getline (&line, &size, file) >= 0)
    add_mount_point (table, line);
  failed = ferror (file);
  fclose (file);
  if (failed)
    return error_system (err, EIO, SENTENCE_system,
                         "reading /proc/self/mountinfo");
  return 0;
}

/* What is not there (EXISTS) holds nothing; what it lies below counts. */
static bool
covers (const struct mount_table *table, const char *path, bool exists)
{
  const struct mount_point *nearest = NULL;

  for (size_t i = 0; i < table->count; i++)
    {
      const struct mount_point *point = &table->list[i];

      if (exists && point->kernel && path_is_below (point->path, path))
        return true;
      /* The last of several mounts on one place is the one seen. */
      if (path_is_below (path, point->path)
          && (nearest == NULL
              || strlen (point->path) >= strlen (nearest->path)))
        nearest = point;
    }
  return nearest != NULL && nearest->kernel;
}

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

/* The real path of SOURCE; of what is not there yet, that of the nearest
 * directory that is, with the rest behind it. */
static char *
resolve (const char *source, const char *bundle, bool *exists)
{
  cleanup_free char *path
      = source[0] == '/'
            ? xstrndup (source, strlen (source))
            : xasprintf ("%s/%s", bundle ? bundle : ".", source);
  size_t whole = strlen (path);
  cleanup_free char *copy = xstrndup (path, whole);

  *exists = true;
  for (;;)
    {
      cleanup_free char *real = realpath (path, NULL);
      char *slash;

      /* without a link on the way there is no door */
      if (real != NULL && strcmp (real, path) != 0 && check_doors (path) < 0)
        return NULL;
      if (real != NULL && *exists)
        return xstrndup (real, strlen (real));
      if (real != NULL)
        return xasprintf ("%s%s", strcmp (real, "/") == 0 ? "" : real,
                          copy + strlen (path));
      *exists = false;
      slash = strrchr (path, '/');
      if (slash == NULL || slash == path)
        return xstrndup (copy, whole);
      if (errno != ENOENT && errno != ENOTDIR)
        return NULL;
      *slash = '\0';
    }
}

/* resolve() failed. */
static int
refuse_source (const char *source, struct error *err)
{
  if (errno == ELOOP)
    return error_refuse (err, SENTENCE_mount_door, escape (source).text);
  return error_system (err, errno, SENTENCE_mount_source,
                       escape (source).text);
}

static bool
is_bind (const struct json_doc *config, json_node mount)
{
  json_node type, options;

  if (json_get (config, mount, "type", JSON_STRING, &type, NULL) > 0
      && json_string_is (config, type, "bind"))
    return true;
  if (json_get (config, mount, "options", JSON_ARRAY, &options, NULL) > 0)
    for (json_node n = json_first (config, options); n != JSON_NONE;
         n = json_next (config, n))
      if (json_string_is (config, n, "bind")
          || json_string_is (config, n, "rbind"))
        return true;
  return false;
}

/* 0, or -1 with errno when it cannot be told. */
static int
is_tun_source (const char *path, bool *is)
{
  struct stat found;

  *is = strcmp (path, "/dev/net") == 0;
  if (*is)
    return 0;
  if (stat (path, &found) < 0)
    return errno == ENOENT || errno == ENOTDIR ? 0 : -1;
  *is = S_ISCHR (found.st_mode)
        && devices_is_network (major (found.st_rdev), minor (found.st_rdev));
  return 0;
}

int
facts_bind_source (const struct json_doc *config, json_node mount,
                   const char *bundle, char **real, struct error *err)
{
  cleanup_free char *source = NULL;
  bool exists;
  json_node node;
  int found = json_get (config, mount, "source", JSON_STRING, &node, err);

  if (found <= 0 || !is_bind (config, mount))
    return found < 0 ? -1 : 0;
  source = json_string (config, node);
  *real = resolve (source, bundle, &exists);
  if (*real == NULL)
    return refuse_source (source, err);
  return exists ? 1 : 2;
}

static int
judge_mount (const struct json_doc *config, json_node mount,
             const char *bundle, const char *root,
             const struct mount_table *table, bool *kernel, bool *tun,
             struct error *err)
{
  cleanup_free char *real = NULL;
  bool exists;
  int found = facts_bind_source (config, mount, bundle, &real, err);

  if (found <= 0)
    return found;
  exists = found == 1;
  if (is_tun_source (real, tun) < 0)
    return error_system (err, errno, SENTENCE_system,
                         "resolving a mount source");
  /* A bind of the root filesystem, of a part of it or of what holds it takes
   * the fresh proc and sysfs along that the runtime mounts there before. */
  *kernel = covers (table, real, exists)
            /* behind what is not there, `..` may lead anywhere */
            || (!exists && strstr (real, "/..") != NULL)
            || (root != NULL
                && (path_is_below (real, root) || path_is_below (root, real)));
  return 0;
}

int
facts_root (const struct json_doc *config, const char *bundle, char **real,
            struct error *err)
{
  cleanup_free char *path = NULL;
  bool exists;
  json_node root, node;

  if (json_get (config, 0, "root", JSON_OBJECT, &root, err) < 0
      || json_get (config, root, "path", JSON_STRING, &node, err) < 0)
    return -1;
  if (node == JSON_NONE)
    return 0;
  path = json_string (config, node);
  *real = resolve (path, bundle, &exists);
  if (*real == NULL)
    return refuse_source (path, err);
  return exists ? 1 : 2;
}

static int
judge_root (const struct json_doc *config, const char *bundle,
            const struct mount_table *table, char **real,
            struct facts *facts, struct error *err)
{
  int found = facts_root (config, bundle, real, err);

  /* One that is not there is the runtime's to complain of. */
  facts->root_covers = found == 1 && covers (table, *real, true);
  return found < 0 ? -1 : 0;
}

int
facts_collect_mounts (const struct json_doc *config, const char *bundle,
                      struct facts *facts, struct error *err)
{
  struct mount_table table = { NULL, 0 };
  cleanup_free char *root = NULL;
  json_node mounts;
  size_t count = 0, i = 0;
  int result = 0;

  if (json_get (config, 0, "mounts", JSON_ARRAY, &mounts, err) < 0
      || read_mount_table (&table, err) < 0
      || judge_root (config, bundle, &table, &root, facts, err) < 0)
    result = -1;
  for (json_node n = json_first (config, mounts); n != JSON_NONE;
       n = json_next (config, n))
    count++;
  facts->mount_covers = xmalloc (count);
  facts->mount_is_tun = xmalloc (count);
  memset (facts->mount_covers, 0, count);
  memset (facts->mount_is_tun, 0, count);
  for (json_node n = json_first (config, mounts);
       n != JSON_NONE && result == 0; n = json_next (config, n), i++)
    if (json_kind (config, n) != JSON_OBJECT)
      result = error_refuse (err, SENTENCE_json_type, "/mounts",
                             "something else", "objects");
    else
      result = judge_mount (config, n, bundle, root, &table,
                            &facts->mount_covers[i], &facts->mount_is_tun[i],
                            err);
  mount_table_clear (&table);
  return result;
}
