/* SPDX-License-Identifier: Apache-2.0 */
/* Places of the host that a mount brings into a container: control sockets,
 * system directories, devices; and writable files in /proc/PID/net. */
#include <config.h>

#include "audit_parts.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "control_sockets.h"

enum
{
  NAMES_MAX = 16,       /* that one check tells */
  DEVICES_MAX = 4096,   /* files of /dev that are looked at */
  DEVICES_DEPTH = 3,
  NET_FILES_MAX = 65536 /* of /proc/PID/net, which the kernel makes */
};

/* ---- places of the host ---- */

struct place
{
  unsigned major, minor;
  char inner[PATH_MAX * 2]; /* path inside the file system */
};

/* Where PATH of the host lies; -1 when it does not exist. */
static int
find_place (const struct mounts *own, const char *path, struct place *place)
{
  cleanup_free char *real = realpath (path, NULL);
  cleanup_close int fd = real ? open (real, O_PATH | O_CLOEXEC) : -1;
  const struct mount *mount = fd < 0 ? NULL : find_mount (own, mount_id (fd));
  const char *rest;

  if (mount == NULL || !path_is_below (real, mount->point))
    return -1;
  rest = real + (strcmp (mount->point, "/") == 0 ? 0 : strlen (mount->point));
  place->major = mount->major;
  place->minor = mount->minor;
  snprintf (place->inner, sizeof place->inner, "%s%s",
            strcmp (mount->root, "/") == 0 ? "" : mount->root,
            strcmp (rest, "/") == 0 ? "" : rest);
  if (place->inner[0] == '\0')
    strcpy (place->inner, "/");
  return 0;
}

static bool
same_device (const struct mount *mount, const struct place *place)
{
  return mount->major == place->major && mount->minor == place->minor;
}

static bool
mount_brings (const struct mount *mount, const struct place *place)
{
  return same_device (mount, place)
         && path_is_below (place->inner, mount->root);
}

static void
check_directories (const struct root *root, const struct mounts *own,
                   struct checks *checks)
{
  const struct host_directory *directory;

  for (size_t d = 0; (directory = host_directory (d)) != NULL; d++)
    {
      struct place place;

      if (find_place (own, directory->path, &place) < 0)
        continue;
      for (size_t i = 0; i < root->mounts.count; i++)
        {
          const struct mount *mount = &root->mounts.list[i];

          if (mount->read_only && directory->read_only_is_fine)
            continue;
          if (!mount_brings (mount, &place)
              && !(directory->below_too && same_device (mount, &place)
                   && path_is_below (mount->root, place.inner)))
            continue;
          checks_add (checks, "mounts", CHECK_WAY_OUT,
                      "`%s` brings the host's %s along%s: %s",
                      shown (mount->point).text, directory->path,
                      mount->read_only ? "" : ", writable",
                      directory->reason);
          break;
        }
    }
}

/* A socket on a read-only mount can be talked to as well. */
static size_t
check_sockets (const struct root *root, const struct mounts *own,
               struct checks *checks)
{
  const struct control_socket *socket;
  size_t found = 0;

  for (size_t s = 0; (socket = control_socket (s)) != NULL; s++)
    {
      struct place place;

      if (find_place (own, socket->path, &place) < 0)
        continue;
      for (size_t i = 0; i < root->mounts.count; i++)
        if (mount_brings (&root->mounts.list[i], &place))
          {
            checks_add (checks, "sockets", CHECK_WAY_OUT,
                        "`%s` brings the host's %s along: %s",
                        shown (root->mounts.list[i].point).text, socket->path,
                        socket->reason);
            found++;
            break;
          }
    }
  return found;
}

void
audit_places (const struct root *roots, size_t count, struct checks *checks)
{
  cleanup_mounts struct mounts own = MOUNTS_INIT;
  cleanup_close int self
      = open ("/proc/self", O_PATH | O_DIRECTORY | O_CLOEXEC);
  size_t found = 0;

  if (count == 0)
    return;
  if (self < 0 || mounts_read (self, &own) < 0)
    {
      checks_add (checks, "sockets", CHECK_UNSEEN,
                  "our own mounts cannot be read");
      return;
    }
  for (size_t i = 0; i < count; i++)
    {
      check_directories (&roots[i], &own, checks);
      found += check_sockets (&roots[i], &own, checks);
    }
  if (found == 0)
    checks_add (checks, "sockets", CHECK_HOLDS,
                "no known control socket of the host is mounted");
}

/* ---- devices ---- */

struct devices
{
  struct checks *checks;
  size_t looked_at, blocks;
  bool tun, unseen;
};

static void
judge_device (struct devices *devices, const char *path, const struct stat *st)
{
  /* Documentation/admin-guide/devices.txt: 10:200 is net/tun */
  if (S_ISCHR (st->st_mode) && st->st_rdev == makedev (10, 200)
      && !devices->tun)
    {
      devices->tun = true;
      checks_add (devices->checks, "devices", CHECK_NOTE,
                  "`%s` is the TUN device; whether the device cgroup lets it "
                  "be opened cannot be seen",
                  shown (path).text);
    }
  if (S_ISBLK (st->st_mode) && devices->blocks++ < NAMES_MAX)
    checks_add (devices->checks, "devices", CHECK_WAY_OUT,
                "`%s` is the block device %u:%u; whether the device cgroup "
                "lets it be opened cannot be seen",
                shown (path).text, major (st->st_rdev), minor (st->st_rdev));
}

static void
walk_devices (struct devices *devices, int fd, const char *path, int depth)
{
  DIR *dir = fdopendir (fd);
  struct dirent *entry;

  if (dir == NULL)
    {
      close (fd);
      devices->unseen = true;
      return;
    }
  while ((entry = readdir (dir)) != NULL)
    {
      cleanup_free char *name = NULL;
      struct stat st;
      int below;

      if (strcmp (entry->d_name, ".") == 0 || strcmp (entry->d_name, "..") == 0)
        continue;
      if (devices->looked_at++ >= DEVICES_MAX)
        {
          devices->unseen = true;
          break;
        }
      if (fstatat (dirfd (dir), entry->d_name, &st,
                   AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT)
          < 0)
        continue;
      name = xasprintf ("%s/%s", path, entry->d_name);
      judge_device (devices, name, &st);
      if (!S_ISDIR (st.st_mode))
        continue;
      below = depth == 0 ? -1
                         : openat (dirfd (dir), entry->d_name,
                                   O_RDONLY | O_DIRECTORY | O_NOFOLLOW
                                       | O_NONBLOCK | O_CLOEXEC);
      if (below >= 0)
        walk_devices (devices, below, name, depth - 1);
      else
        devices->unseen = true;
    }
  closedir (dir);
}

void
audit_devices (const struct root *roots, size_t count, struct checks *checks)
{
  struct devices devices = { .checks = checks };

  for (size_t i = 0; i < count; i++)
    {
      int fd = root_open (&roots[i], "/dev", O_RDONLY | O_DIRECTORY);

      if (fd >= 0)
        walk_devices (&devices, fd, "/dev", DEVICES_DEPTH);
      else if (errno != ENOENT && errno != ENOTDIR)
        devices.unseen = true;
    }
  if (devices.unseen)
    checks_add (checks, "devices", CHECK_UNSEEN,
                "/dev could not be looked at as a whole");
  else if (devices.blocks == 0 && count > 0)
    checks_add (checks, "devices", CHECK_HOLDS,
                "no block device among the %zu files of /dev",
                devices.looked_at);
}

/* ---- /proc/PID/net ---- */

struct net_files
{
  const struct task *task;
  char *maps; /* uid_map */
  char *names;
  size_t seen, found;
};

/* user_namespaces(7): whether a process of the container can be that uid.  The
 * outer ids are told as we see them. */
static bool
can_be (const char *maps, uid_t uid)
{
  for (const char *line = maps; line != NULL && *line != '\0';
       line = strchr (line, '\n'))
    {
      unsigned inner, outer, length;

      line += *line == '\n';
      if (sscanf (line, "%u %u %u", &inner, &outer, &length) == 3
          && uid >= outer && uid - outer < length)
        return true;
    }
  return false;
}

static void
walk_net (struct net_files *files, int fd, const char *path, int depth)
{
  DIR *dir = fdopendir (fd);
  struct dirent *entry;

  if (dir == NULL)
    close (fd);
  while (dir != NULL && (entry = readdir (dir)) != NULL
         && files->seen++ < NET_FILES_MAX)
    {
      cleanup_free char *name = xasprintf ("%s/%s", path, entry->d_name);
      struct stat st;
      int below;

      if (entry->d_name[0] == '.'
          || fstatat (dirfd (dir), entry->d_name, &st, AT_SYMLINK_NOFOLLOW)
                 < 0)
        continue;
      if (S_ISDIR (st.st_mode) && depth > 0)
        {
          below = openat (dirfd (dir), entry->d_name,
                          O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
          if (below >= 0)
            walk_net (files, below, name, depth - 1);
        }
      if (S_ISREG (st.st_mode)
          && ((st.st_mode & (S_IWGRP | S_IWOTH)) != 0
              || ((st.st_mode & S_IWUSR) != 0
                  && can_be (files->maps, st.st_uid)))
          && files->found++ < NAMES_MAX)
        {
          cleanup_free char *before = files->names;

          files->names = xasprintf ("%s%s%s", before ? before : "",
                                    before ? ", " : "", shown (name).text);
        }
    }
  if (dir != NULL)
    closedir (dir);
}

void
audit_proc_net (const struct subject *subject, const struct tasks *members,
                bool proc_writable, struct checks *checks)
{
  struct net_files all = { NULL, NULL, NULL, 0, 0 };

  if (!proc_writable)
    {
      checks_add (checks, "proc-net", CHECK_HOLDS,
                  "all of /proc is read-only");
      return;
    }
  for (size_t i = 0; i < members->count && all.found == 0; i++)
    {
      const struct task *task = &members->list[i];
      cleanup_close int dir = -1;
      int fd;

      /* Each user namespace once: it decides who can be the owner. */
      if (task->ns[NS_NET] != subject->host->ns[NS_NET]
          || (i > 0 && task->ns[NS_USER] == members->list[i - 1].ns[NS_USER]
              && all.seen > 0)
          || (dir = task_open (task, false)) < 0
          || (fd = openat (dir, "net", O_RDONLY | O_DIRECTORY | O_CLOEXEC))
                 < 0)
        continue;
      all.maps = read_kernel_file (dir, "uid_map", 1 << 16);
      walk_net (&all, fd, "net", 4);
      cleanup_freep (&all.maps);
    }
  if (all.seen == 0)
    checks_add (checks, "proc-net", CHECK_UNSEEN,
                "/proc/PID/net cannot be read");
  else if (all.found == 0)
    checks_add (checks, "proc-net", CHECK_HOLDS,
                "no file below /proc/PID/net can be written by a uid that it "
                "can have");
  else
    checks_add (checks, "proc-net", CHECK_WAY_OUT,
                "%zu files below /proc/PID can be written without any "
                "capability: %s",
                all.found, all.names);
  free (all.names);
}
