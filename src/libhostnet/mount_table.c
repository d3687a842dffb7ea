/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "mount_table.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "compat.h"
#include "io.h"
#include "paths.h"

void
mount_table_clear (struct mount_table *table)
{
  free (table->text);
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

/* proc(5): ID PARENT MAJOR:MINOR ROOT PATH OPTIONS [FIELD...] - TYPE SOURCE OPTIONS */
static void
add_mount_point (struct mount_table *table, char *line)
{
  char *path = line, *end, *type;

  for (int i = 0; i < 4 && path != NULL; i++)
    {
      path = strchr (path, ' ');
      if (path != NULL)
        path++;
    }
  end = path == NULL ? NULL : strchr (path, ' ');
  type = end == NULL ? NULL : strstr (end, " - ");
  if (type == NULL)
    return;
  *end = '\0';
  if (memchr (path, '\\', (size_t) (end - path)) != NULL)
    path_unescape (path);
  if (table->count == table->capacity)
    {
      table->capacity = table->capacity ? table->capacity * 2 : 64;
      table->list = xrealloc (table->list,
                              table->capacity * sizeof *table->list);
    }
  table->list[table->count++]
      = (struct mount_point){ path, line, is_kernel_type (type + 3) };
}

int
mount_table_read (struct mount_table *table, struct error *err)
{
  cleanup_close int fd = open ("/proc/self/mountinfo", O_RDONLY | O_CLOEXEC);
  size_t length;
  char *end;

  if (fd < 0 || read_all (fd, SSIZE_MAX, &table->text, &length) != 0)
    return error_system (err, errno, SENTENCE_system,
                         "reading /proc/self/mountinfo");
  for (char *line = table->text; (end = strchr (line, '\n')) != NULL;
       line = end + 1)
    {
      *end = '\0';
      add_mount_point (table, line);
    }
  return 0;
}

/* Whether it is the mount that is seen at its path: 1; 0 when another covers it,
 * there or from above, where its path leads elsewhere or nowhere; -1 when it
 * cannot be told. */
static int
is_seen (const struct mount_point *point)
{
  struct statx found;

  if (statx (AT_FDCWD, point->path, AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT,
             STATX_MNT_ID, &found)
      < 0)
    return errno == ENOENT || errno == ENOTDIR ? 0 : -1;
  return (found.stx_mask & STATX_MNT_ID) == 0
         || found.stx_mnt_id == strtoul (point->line, NULL, 10);
}

/* What is not there (EXISTS) holds nothing; what it lies below counts. */
bool
mount_table_covers (const struct mount_table *table, const char *path, bool exists)
{
  const struct mount_point *nearest = NULL;

  for (size_t i = 0; i < table->count; i++)
    {
      const struct mount_point *point = &table->list[i];

      if (exists && point->kernel && path_is_below (point->path, path))
        return true;
      /* The last of several mounts on one place is the one seen, but for
       * those that another covers from above. */
      if (path_is_below (path, point->path)
          && (nearest == NULL
              || strlen (point->path) >= strlen (nearest->path))
          && is_seen (point) != 0)
        nearest = point;
    }
  return nearest != NULL && nearest->kernel;
}

bool
mount_table_within (const struct mount_table *table, const char *path)
{
  for (size_t i = 0; i < table->count; i++)
    if (table->list[i].kernel && path_is_below (path, table->list[i].path))
      return true;
  return false;
}

char **
mount_table_below (const struct mount_table *table, const char *path,
                   size_t *count)
{
  char **paths = NULL;

  *count = 0;
  for (size_t i = 0; i < table->count; i++)
    {
      const struct mount_point *point = &table->list[i];

      if (strcmp (point->path, path) == 0
          || !path_is_below (point->path, path) || is_seen (point) != 1)
        continue;
      paths = xrealloc (paths, (*count + 1) * sizeof *paths);
      paths[(*count)++] = xstrndup (point->path, strlen (point->path));
    }
  return paths;
}
