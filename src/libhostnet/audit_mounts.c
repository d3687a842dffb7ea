/* SPDX-License-Identifier: Apache-2.0 */
/* The mounts that a container can reach, and whether procfs and sysfs among
 * them can be written: asked of the kernel, through the container's root. */
#include <config.h>

#include "audit_parts.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <linux/openat2.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "compat.h"

enum
{
  MOUNTINFO_LIMIT = 4 << 20,
  ROOTS_MAX = 32, /* different root directories of one container */
  TESTED_MAX = 512
};

int
root_open (const struct root *root, const char *path, uint64_t flags)
{
  struct open_how how = {
    .flags = flags | O_CLOEXEC,
    .resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS,
  };

  return (int) syscall (SYS_openat2, root->fd, path, &how, sizeof how);
}

static bool
is_read_only (const char *options)
{
  return strncmp (options, "ro", 2) == 0
         && (options[2] == ',' || options[2] == '\0');
}

static int
parse_mount (char *line, struct mount *mount)
{
  char *fields[6], *rest = NULL, *dash = strstr (line, " - "), *source,
                   *options;

  if (dash == NULL)
    return -1;
  *dash = '\0';
  fields[0] = strtok_r (line, " ", &rest);
  for (int i = 1; i < 6; i++)
    fields[i] = fields[i - 1] ? strtok_r (NULL, " ", &rest) : NULL;
  mount->type = strtok_r (dash + 3, " ", &rest);
  source = mount->type ? strtok_r (NULL, " ", &rest) : NULL;
  /* an empty source leaves two spaces, and the options in its place */
  options = source ? strtok_r (NULL, " ", &rest) : NULL;
  if (fields[5] == NULL || source == NULL
      || sscanf (fields[2], "%u:%u", &mount->major, &mount->minor) != 2)
    return -1;
  mount->id = atoi (fields[0]);
  mount->parent = atoi (fields[1]);
  mount->root = fields[3];
  mount->point = fields[4];
  path_unescape (mount->root);
  path_unescape (mount->point);
  mount->read_only
      = is_read_only (fields[5]) || is_read_only (options ? options : source);
  return 0;
}

int
mounts_read (int task_dir, struct mounts *mounts)
{
  char *rest = NULL;

  *mounts = (struct mounts) MOUNTS_INIT;
  mounts->text = read_kernel_file (task_dir, "mountinfo", MOUNTINFO_LIMIT);
  if (mounts->text == NULL)
    return -1;
  for (char *line = strtok_r (mounts->text, "\n", &rest); line != NULL;
       line = strtok_r (NULL, "\n", &rest))
    {
      if ((mounts->count & (mounts->count - 1)) == 0)
        mounts->list = xrealloc (mounts->list, (mounts->count * 2 + 1)
                                                   * sizeof *mounts->list);
      if (parse_mount (line, &mounts->list[mounts->count]) < 0)
        return -1;
      mounts->count++;
    }
  /* none is what a process in a chroot sees that is no mount */
  return 0;
}

void
mounts_clear (struct mounts *mounts)
{
  free (mounts->list);
  free (mounts->text);
  *mounts = (struct mounts) MOUNTS_INIT;
}

const struct mount *
find_mount (const struct mounts *mounts, int id)
{
  for (size_t i = 0; i < mounts->count; i++)
    if (mounts->list[i].id == id)
      return &mounts->list[i];
  return NULL;
}

/* Whether another mount hides the mount, or one that it hangs from: then no
 * path leads there. */
static bool
is_covered (const struct mounts *mounts, const struct mount *mount)
{
  const struct mount *child = NULL;

  for (int level = 0; mount != NULL && level < 64; level++)
    {
      for (size_t i = 0; i < mounts->count; i++)
        {
          const struct mount *other = &mounts->list[i];

          if (other->parent != mount->id || other == mount || other == child)
            continue;
          if (strcmp (other->point, mount->point) == 0)
            return true;
          if (child != NULL && strcmp (other->point, child->point) != 0
              && path_is_below (child->point, other->point))
            return true;
        }
      child = mount;
      mount = child->parent == child->id ? NULL
                                         : find_mount (mounts, child->parent);
    }
  return false;
}

/* ---- procfs and sysfs ---- */

enum reach
{
  REACH_READ_ONLY,
  REACH_HIDDEN, /* something else is there, or nothing */
  REACH_WRITABLE,
  REACH_UNSEEN
};

int
mount_id (int fd)
{
  struct statx stx;

  if (statx (fd, "", AT_EMPTY_PATH | AT_NO_AUTOMOUNT, STATX_MNT_ID, &stx) < 0
      || (stx.stx_mask & STATX_MNT_ID) == 0)
    return -1;
  return (int) stx.stx_mnt_id;
}

static enum reach
test_descriptor (int fd, long magic)
{
  struct statfs fs;
  struct statvfs vfs;

  if (fd < 0 || fstatfs (fd, &fs) < 0 || fstatvfs (fd, &vfs) < 0)
    return REACH_UNSEEN;
  if ((long) fs.f_type != magic)
    return REACH_HIDDEN;
  return (vfs.f_flag & ST_RDONLY) != 0 ? REACH_READ_ONLY : REACH_WRITABLE;
}

/* The container may move directories while we look: it must be that mount. */
static int
open_mount (const struct root *root, const struct mount *mount)
{
  cleanup_close int fd = root_open (root, mount->point, O_PATH);

  if (fd < 0 || mount_id (fd) != mount->id)
    return -1;
  return fcntl (fd, F_DUPFD_CLOEXEC, 0);
}

/* What is at `sys` in a procfs, with what may be mounted on it. */
static enum reach
test_sys (int proc)
{
  struct open_how how
      = { .flags = O_PATH | O_CLOEXEC, .resolve = RESOLVE_NO_SYMLINKS };
  cleanup_close int fd
      = (int) syscall (SYS_openat2, proc, "sys", &how, sizeof how);

  /* the mount option subset=pid */
  if (fd < 0 && errno == ENOENT)
    return REACH_HIDDEN;
  return test_descriptor (fd, PROC_SUPER_MAGIC);
}

struct tally
{
  size_t tested, bad;
  bool proc_writable; /* its files outside of sys */
};

static void
add_mount (struct checks *checks, const struct mount *mount, enum reach reach,
           const char *below, struct tally *tally)
{
  tally->tested++;
  if (reach == REACH_READ_ONLY || (reach == REACH_HIDDEN && *below != '\0'))
    return;
  if (tally->bad++ >= 16)
    return;
  if (reach == REACH_WRITABLE)
    checks_add (checks, "mounts", CHECK_FAILS, "%s at `%s%s` can be written",
                mount->type, shown (mount->point).text, below);
  else
    checks_add (checks, "mounts", CHECK_UNSEEN,
                "%s at `%s%s` cannot be tested", mount->type,
                shown (mount->point).text, below);
}

/* /proc/sys is what matters; the rest of it only for /proc/PID/net. */
static void
test_proc (const struct root *root, const struct mount *mount,
           struct tally *tally, struct checks *checks)
{
  cleanup_close int fd = open_mount (root, mount);
  enum reach whole = test_descriptor (fd, PROC_SUPER_MAGIC);
  bool has_sys = strcmp (mount->root, "/") == 0;

  if (whole == REACH_WRITABLE && has_sys)
    {
      tally->proc_writable = true;
      add_mount (checks, mount, test_sys (fd), "/sys", tally);
      return;
    }
  if (whole == REACH_WRITABLE && !path_is_below (mount->root, "/sys"))
    {
      /* a part of it, in which only a process' own files are of interest */
      tally->proc_writable = true;
      whole = REACH_READ_ONLY;
    }
  add_mount (checks, mount, whole, "", tally);
}

/* File systems of the kernel that reach the whole host when written;
 * Documentation/filesystems, bpf(2), and binfmt_misc's flag C. */
static const struct
{
  const char *type, *reason;
} kernel_types[] = {
  { "binfmt_misc", "registers programs that the host runs" },
  { "bpf", "pinned programs of the host" },
  { "configfs", "configures kernel objects" },
  { "debugfs", "switches of drivers" },
  { "efivarfs", "variables of the firmware" },
  { "securityfs", "policies of the security modules" },
  { "tracefs", "traces the kernel" },
  { "cgroup", "release_agent is run by the host, before Linux 5.17" },
};

static void
test_kernel_type (const struct mount *mount, struct checks *checks)
{
  for (size_t i = 0; i < sizeof kernel_types / sizeof *kernel_types; i++)
    if (!mount->read_only && strcmp (mount->type, kernel_types[i].type) == 0)
      checks_add (checks, "mounts", CHECK_WAY_OUT,
                  "%s at `%s` can be written: %s", mount->type,
                  shown (mount->point).text, kernel_types[i].reason);
}

static void
test_mounts (const struct root *root, struct tally *tally,
             struct checks *checks)
{
  for (size_t i = 0; i < root->mounts.count; i++)
    {
      const struct mount *mount = &root->mounts.list[i];
      bool proc = strcmp (mount->type, "proc") == 0,
           sysfs = strcmp (mount->type, "sysfs") == 0;

      if (!proc && !sysfs)
        test_kernel_type (mount, checks);
      else if (tally->tested >= TESTED_MAX)
        {
          checks_add (checks, "mounts", CHECK_UNSEEN,
                      "there are more than %d of procfs and sysfs",
                      TESTED_MAX);
          tally->bad++;
          return;
        }
      else if (is_covered (&root->mounts, mount))
        continue;
      else if (proc)
        test_proc (root, mount, tally, checks);
      else
        {
          cleanup_close int fd = open_mount (root, mount);

          add_mount (checks, mount, test_descriptor (fd, SYSFS_MAGIC), "",
                     tally);
        }
    }
}

/* ---- the roots ---- */

/* Above a root that was only changed to by chroot(2), `..` leads on: what is
 * mounted there is one CAP_SYS_CHROOT away, and not in mountinfo. */
static bool
is_namespace_root (int fd)
{
  struct open_how how
      = { .flags = O_PATH | O_CLOEXEC, .resolve = RESOLVE_NO_SYMLINKS };
  cleanup_close int above
      = (int) syscall (SYS_openat2, fd, "..", &how, sizeof how);
  struct stat its, up;

  return above >= 0 && fstat (fd, &its) == 0 && fstat (above, &up) == 0
         && its.st_dev == up.st_dev && its.st_ino == up.st_ino
         && mount_id (fd) >= 0 && mount_id (fd) == mount_id (above);
}

struct roots
{
  struct root list[ROOTS_MAX];
  bool namespace_root[ROOTS_MAX];
  size_t count;
  bool too_many;
  size_t unseen;
};

static void
add_root (struct roots *roots, const struct task *task)
{
  cleanup_close int dir = task_open (task, false);
  struct root root = { .task = task };
  struct stat its, other;

  if (dir < 0)
    return;
  root.fd = openat (dir, "root", O_PATH | O_DIRECTORY | O_CLOEXEC);
  if (root.fd < 0 || fstat (root.fd, &its) < 0)
    {
      roots->unseen += errno != ENOENT && errno != ESRCH;
      cleanup_closep (&root.fd);
      return;
    }
  for (size_t i = 0; i < roots->count; i++)
    if (roots->list[i].task->ns[NS_MNT] == task->ns[NS_MNT]
        && fstat (roots->list[i].fd, &other) == 0 && its.st_dev == other.st_dev
        && its.st_ino == other.st_ino
        && mount_id (root.fd) == mount_id (roots->list[i].fd))
      {
        close (root.fd);
        return;
      }
  if (roots->count == ROOTS_MAX || mounts_read (dir, &root.mounts) < 0)
    {
      if (roots->count == ROOTS_MAX)
        roots->too_many = true;
      else
        roots->unseen++;
      close (root.fd);
      mounts_clear (&root.mounts);
      return;
    }
  roots->namespace_root[roots->count] = is_namespace_root (root.fd);
  roots->list[roots->count++] = root;
}

/* Each mount namespace must have shown its own root. */
static void
check_chroots (const struct roots *roots, struct tally *tally,
               struct checks *checks)
{
  for (size_t i = 0; i < roots->count; i++)
    {
      bool shown_whole = false;

      for (size_t j = 0; j < roots->count; j++)
        shown_whole |= roots->namespace_root[j]
                       && roots->list[j].task->ns[NS_MNT]
                              == roots->list[i].task->ns[NS_MNT];
      if (shown_whole)
        continue;
      tally->bad++;
      checks_add (checks, "mounts", CHECK_WAY_OUT,
                  "the root of process %d is a chroot: what is mounted above "
                  "it can be reached",
                  roots->list[i].task->pid);
    }
}

void
audit_roots (const struct subject *subject, const struct tasks *members,
             struct checks *checks)
{
  cleanup_free struct roots *roots = xmalloc (sizeof *roots);
  struct tally tally = { 0, 0, false };

  memset (roots, 0, sizeof *roots);
  for (size_t i = 0; i < members->count; i++)
    /* The host's own mounts are no container's: that has failed already. */
    if (members->list[i].ns[NS_MNT] != subject->host->ns[NS_MNT])
      add_root (roots, &members->list[i]);
  for (size_t i = 0; i < roots->count; i++)
    test_mounts (&roots->list[i], &tally, checks);
  check_chroots (roots, &tally, checks);
  if (roots->too_many)
    checks_add (checks, "mounts", CHECK_UNSEEN,
                "it has more than %d root directories", ROOTS_MAX);
  if (roots->unseen > 0)
    checks_add (checks, "mounts", CHECK_UNSEEN,
                "the mounts of %zu threads cannot be read", roots->unseen);
  if (roots->count == 0)
    checks_add (checks, "mounts", CHECK_UNSEEN,
                "no mount namespace of its own could be looked at");
  else if (tally.bad == 0 && !roots->too_many && roots->unseen == 0)
    checks_add (checks, "mounts", CHECK_HOLDS,
                "%zu mounts of procfs and sysfs tested: /proc/sys and /sys "
                "cannot be written",
                tally.tested);
  audit_proc_net (subject, members, tally.proc_writable || roots->count == 0,
                  checks);
  audit_places (roots->list, roots->count, checks);
  audit_devices (roots->list, roots->count, checks);
  for (size_t i = 0; i < roots->count; i++)
    {
      close (roots->list[i].fd);
      mounts_clear (&roots->list[i].mounts);
    }
}
