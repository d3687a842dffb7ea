/* SPDX-License-Identifier: Apache-2.0 */
/* Which cgroup a container is in, and that nobody else is. */
#include <config.h>

#include "isolate.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "paths.h"
#include "processes.h"

enum { CGROUP_DEPTH = 32 };

/* The line `0::PATH` of /proc/PID/cgroup (cgroups(7)): PATH, owned, or NULL. */
static char *
cgroup_of (pid_t pid)
{
  cleanup_free char *name = xasprintf ("/proc/%d/cgroup", (int) pid);
  cleanup_free char *line = NULL;
  char *path = NULL;
  FILE *file = fopen (name, "re");
  size_t size = 0;

  while (file != NULL && path == NULL && getline (&line, &size, file) > 0)
    if (strncmp (line, "0::/", 4) == 0)
      path = xstrndup (line + 3, strcspn (line + 3, "\n"));
  if (file != NULL)
    fclose (file);
  return path;
}

/* Where CGROUP is on this line of mountinfo, owned, or NULL: below the mount of
 * a cgroup2 whose root is it or above it. */
static char *
place_on (char *line, const char *cgroup)
{
  char *root = NULL, *point = NULL, *type = strstr (line, " - cgroup2 ");
  size_t length;

  if (type == NULL)
    return NULL;
  strtok_r (line, " ", &point); /* id, parent, device, root, point */
  for (int i = 0; i < 3; i++)
    root = strtok_r (NULL, " ", &point);
  point = strtok_r (NULL, " ", &point);
  if (root == NULL || point == NULL)
    return NULL;
  path_unescape (root);
  path_unescape (point);
  length = strcmp (root, "/") == 0 ? 0 : strlen (root);
  if (strncmp (cgroup, root, length) != 0 || cgroup[length] != '/')
    return NULL;
  return xasprintf ("%s%s", point, cgroup + length);
}

/* Opens CGROUP wherever a cgroup2 is mounted that has it; *PATH: where. */
static int
open_cgroup (const char *cgroup, char **path)
{
  cleanup_free char *line = NULL;
  FILE *file = fopen ("/proc/self/mountinfo", "re");
  size_t size = 0;
  int fd = -1;

  while (file != NULL && fd < 0 && getline (&line, &size, file) > 0)
    {
      cleanup_free char *place = place_on (line, cgroup);
      struct statfs status;

      if (place == NULL)
        continue;
      fd = open (place, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
      /* something else may be mounted above */
      if (fd >= 0
          && (fstatfs (fd, &status) < 0
              || status.f_type != CGROUP2_SUPER_MAGIC))
        {
          close (fd);
          fd = -1;
        }
      if (fd >= 0)
        *path = xasprintf ("%s", place);
    }
  if (file != NULL)
    fclose (file);
  return fd;
}

int
isolate_cgroup_find (pid_t pid, char **path, struct error *err)
{
  cleanup_free char *cgroup = cgroup_of (pid);
  int fd;

  *path = NULL;
  if (cgroup == NULL)
    return error_refuse (err, SENTENCE_isolated_version, (int) pid);
  /* On a machine with version 1 everybody is in the root of version 2; a path
   * with `..` lies outside of our cgroup namespace (cgroup_namespaces(7)). */
  if (strcmp (cgroup, "/") == 0 || strncmp (cgroup, "/..", 3) == 0)
    return error_refuse (err, SENTENCE_isolated_root, (int) pid);
  fd = open_cgroup (cgroup, path);
  if (fd < 0)
    return error_refuse (err, SENTENCE_isolated_unseen, escape (cgroup).text,
                         "it is mounted nowhere in our sight");
  return fd;
}

/* Whether PID is INIT or descends from it. */
static bool
descends (pid_t pid, pid_t init)
{
  for (int depth = 0; depth < 1024 && pid > 0; depth++)
    {
      if (pid == init)
        return true;
      if (process_parent (pid, &pid) <= 0)
        return false;
    }
  return false;
}

static int
check_members (int cgroup, const char *path, pid_t init, struct error *err)
{
  cleanup_free char *line = NULL;
  int fd = openat (cgroup, "cgroup.procs", O_RDONLY | O_CLOEXEC);
  FILE *file = fd < 0 ? NULL : fdopen (fd, "r");
  size_t size = 0;
  int result = 0;

  if (file == NULL)
    return error_system (err, errno, SENTENCE_isolated_unseen,
                         escape (path).text, "its cgroup.procs");
  errno = 0;
  while (result == 0 && getline (&line, &size, file) > 0)
    {
      /* 0: outside of our PID namespace */
      pid_t pid = (pid_t) strtol (line, NULL, 10);

      if (!descends (pid, init))
        result = error_refuse (err, SENTENCE_isolated_shared,
                               escape (path).text, (int) pid, (int) init);
    }
  /* EOPNOTSUPP: threads of one process in several cgroups */
  if (result == 0 && ferror (file))
    result = error_system (err, errno, SENTENCE_isolated_unseen,
                           escape (path).text, "its cgroup.procs");
  fclose (file);
  return result;
}

/* A program runs for the cgroups below as well. */
static int
check_below (int cgroup, const char *path, pid_t init, int depth,
             struct error *err)
{
  int copy = openat (cgroup, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  DIR *directory = copy < 0 ? NULL : fdopendir (copy);
  const struct dirent *entry;
  int result = directory == NULL || depth > CGROUP_DEPTH
                   ? error_refuse (err, SENTENCE_isolated_unseen,
                                   escape (path).text, "it cannot be listed")
                   : check_members (cgroup, path, init, err);

  while (result == 0 && (entry = readdir (directory)) != NULL)
    {
      cleanup_close int below = -1;

      if (entry->d_type != DT_DIR || entry->d_name[0] == '.')
        continue;
      below = openat (cgroup, entry->d_name,
                      O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
      if (below >= 0)
        result = check_below (below, path, init, depth + 1, err);
      else if (errno != ENOENT)
        result = error_system (err, errno, SENTENCE_isolated_unseen,
                               escape (path).text, "what is below");
    }
  if (directory != NULL)
    closedir (directory);
  return result;
}

int
isolate_cgroup_open (pid_t pid, struct error *err)
{
  cleanup_free char *path = NULL;
  int fd = isolate_cgroup_find (pid, &path, err);

  if (fd >= 0 && check_below (fd, path, pid, 0, err) < 0)
    {
      close (fd);
      return -1;
    }
  return fd;
}
