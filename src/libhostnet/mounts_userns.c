/* SPDX-License-Identifier: Apache-2.0 */
/* Mounts in the user namespace that the lock userns adds: what the kernel
 * refuses there, and what crun and runc do there in another way than without
 * (all measured, crun 1.8.1 and runc 1.1.5). */
#include <config.h>

#include "mounts.h"

#include <stddef.h>
#include <sys/mount.h>

/* mount_namespaces(7): the flags of a mount from a more privileged namespace
 * are locked.  runc sets them anew, and without those of the source it gets
 * EPERM; crun sets nosuid, nodev and noexec only beside a recursive flag. */
static const struct
{
  unsigned long flag;
  const char *option, *recursive;
} flags[] = {
  { MS_RDONLY, "ro", "rro" },
  { MS_NOSUID, "nosuid", "rnosuid" },
  { MS_NODEV, "nodev", "rnodev" },
  { MS_NOEXEC, "noexec", "rnoexec" },
};

/* Locked too, and runc gets EPERM where one differs from the source's. */
static const char *const times[]
    = { "atime",         "noatime",    "diratime",      "nodiratime",
        "relatime",      "norelatime", "strictatime",   "nostrictatime",
        NULL };

void
mount_want_flags (const struct plan *plan, struct mount_wish *wish,
                  unsigned long locked)
{
  static const char why[]
      = "lock userns: the flags of the source are locked, or get lost";
  bool sets_flags = false;

  for (size_t i = 0; i < sizeof flags / sizeof *flags; i++)
    sets_flags |= mount_has_option (plan, wish, flags[i].option)
                  || mount_has_option (plan, wish, flags[i].recursive);
  if (!sets_flags && wish->wanted_count == 0)
    return;
  for (size_t i = 0; i < sizeof flags / sizeof *flags; i++)
    {
      bool there = mount_has_option (plan, wish, flags[i].option);
      bool is_locked = (locked & flags[i].flag) != 0;

      if (!there && is_locked)
        mount_want (wish, flags[i].option, why);
      /* `ro` is not to reach what is mounted below */
      if ((there || is_locked) && flags[i].flag != MS_RDONLY && !wish->is_file)
        mount_want (wish, flags[i].recursive, why);
    }
}

static int
check_bind (const struct plan *plan, struct mount_wish *wish,
            struct error *err)
{
  cleanup_free char *where = mount_place (plan, wish);

  if (wish->facts->submount_count > 0
      && !mount_has_option (plan, wish, "rbind"))
    return error_refuse (err, SENTENCE_userns_bind, escape (where).text);
  wish->needs_submounts = wish->facts->submount_count > 0;
  for (size_t i = 0; times[i] != NULL; i++)
    if (mount_has_option (plan, wish, times[i]))
      wish->without = times;
  if (wish->without != NULL && wish->why == NULL)
    wish->why = "lock userns: the source keeps its access times";
  return 0;
}

/* The kernel wants CAP_SYS_ADMIN in the user namespace that owns the PID, IPC
 * or cgroup namespace whose file system it is: not so for the host's. */
static int
wish_kernel_types (const struct plan *plan, struct mount_wish *wish,
                   struct error *err)
{
  const struct userns_facts *facts = &plan->facts->userns;

  if (mount_type_is (plan, wish, "proc")
      && plan_inherits_namespace (plan, "pid"))
    mount_bind (wish, "\"/proc\"",
                "[\"rbind\",\"rro\",\"nosuid\",\"nodev\",\"noexec\",\"rprivate\"]",
                "lock userns: no fresh proc of the host's PID namespace");
  else if (mount_type_is (plan, wish, "mqueue")
           && plan_inherits_namespace (plan, "ipc"))
    {
      if (!facts->has_mqueue)
        return error_refuse (err, SENTENCE_userns_mqueue);
      mount_bind (wish, "\"/dev/mqueue\"",
                  "[\"rbind\",\"nosuid\",\"nodev\",\"noexec\",\"rnosuid\","
                  "\"rnodev\",\"rnoexec\",\"rprivate\"]",
                  "lock userns: no fresh mqueue of the host's IPC namespace");
    }
  else if (mount_type_is (plan, wish, "tmpfs")
           && mount_has_option (plan, wish, "noswap"))
    {
      cleanup_free char *where = mount_place (plan, wish);

      return error_refuse (err, SENTENCE_userns_noswap, escape (where).text);
    }
  else if (mount_type_is (plan, wish, "cgroup2"))
    {
      /* Both runtimes bind the container's part of the unified hierarchy. */
      if (!facts->unified_cgroups)
        return error_refuse (err, SENTENCE_userns_cgroup);
      wish->new_type = "\"cgroup\"";
      wish->why = "lock userns: no fresh cgroup2 of the host";
    }
  return 0;
}

int
mount_in_user_namespace (const struct plan *plan, struct mount_wish *wish,
                         struct error *err)
{
  if (wish->facts->source != NULL)
    return check_bind (plan, wish, err);
  return wish_kernel_types (plan, wish, err);
}
