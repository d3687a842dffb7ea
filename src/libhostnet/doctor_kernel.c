/* SPDX-License-Identifier: Apache-2.0 */
/* The kernel that runs, whatever root is examined. */
#include <config.h>

#include "doctor_facts.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <linux/seccomp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <sys/vfs.h>
#include <unistd.h>

/* ---- looking ---- */

static enum seen
seen_by_call (long result)
{
  if (result >= 0)
    return SEEN_YES;
  /* EPERM: a filter of the container that we are in, perhaps */
  return errno == ENOSYS  ? SEEN_NO
         : errno == EPERM ? SEEN_UNKNOWN
                          : SEEN_YES;
}

/* seccomp(2): before Linux 4.14 nothing tells of single actions, and EFAULT
 * says that there are filters. */
static enum seen
look_for_seccomp (void)
{
  uint32_t action = SECCOMP_RET_ERRNO;

  if (syscall (SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &action) == 0)
    return SEEN_YES;
  if (errno == EPERM)
    return SEEN_UNKNOWN;
  if (prctl (PR_SET_SECCOMP, SECCOMP_MODE_FILTER, NULL, 0, 0) < 0
      && errno == EFAULT)
    return SEEN_YES;
  return SEEN_NO;
}

/* Asked with arguments that no kernel takes. */
static void
look_for_calls (struct doctor_kernel *kernel)
{
  cleanup_close int self = (int) syscall (SYS_pidfd_open, getpid (), 0U);

  kernel->pidfd = seen_by_call (self);
  kernel->openat2 = seen_by_call (syscall (SYS_openat2, -1, "", NULL, 0));
  kernel->mount_setattr
      = seen_by_call (syscall (SYS_mount_setattr, -1, "", 0U, NULL, 0));
}

static long
read_number (const char *path)
{
  FILE *file = fopen (path, "re");
  long number;

  if (file == NULL)
    return -1;
  if (fscanf (file, "%ld", &number) != 1)
    number = -1;
  fclose (file);
  return number;
}

static void
look_for_user_namespaces (struct doctor_kernel *kernel)
{
  kernel->user_namespaces
      = access ("/proc/self/ns/user", F_OK) == 0 ? SEEN_YES
        : errno == ENOENT                        ? SEEN_NO
                                                 : SEEN_UNKNOWN;
  kernel->max_user_namespaces
      = read_number ("/proc/sys/user/max_user_namespaces");
  /* Debian's, before 12 by default; no other kernel has it */
  if (read_number ("/proc/sys/kernel/unprivileged_userns_clone") == 0)
    kernel->userns_lifted_by = "kernel.unprivileged_userns_clone=1";
}

static void
look_for_cgroups (struct doctor_kernel *kernel)
{
  cleanup_close int controllers = -1;
  struct statfs root, unified, devices;
  char byte;

  kernel->cgroups = CGROUPS_NONE;
  if (statfs ("/sys/fs/cgroup", &root) < 0)
    return;
  if (root.f_type == CGROUP2_SUPER_MAGIC)
    kernel->cgroups = CGROUPS_V2;
  else if (statfs ("/sys/fs/cgroup/unified", &unified) == 0
           && unified.f_type == CGROUP2_SUPER_MAGIC)
    kernel->cgroups = CGROUPS_HYBRID;
  else if (statfs ("/sys/fs/cgroup/devices", &devices) == 0
           && devices.f_type == CGROUP_SUPER_MAGIC)
    kernel->cgroups = CGROUPS_V1;
  controllers = open ("/sys/fs/cgroup/unified/cgroup.controllers",
                      O_RDONLY | O_CLOEXEC);
  kernel->unified_controllers
      = controllers >= 0 && read (controllers, &byte, 1) == 1 && byte != '\n';
}

void
doctor_read_kernel (struct doctor_facts *facts)
{
  struct doctor_kernel *kernel = &facts->kernel;
  struct utsname name;

  if (uname (&name) == 0)
    {
      snprintf (kernel->release, sizeof kernel->release, "%s", name.release);
      sscanf (name.release, "%u.%u", &kernel->version[0],
              &kernel->version[1]);
    }
  kernel->seccomp = look_for_seccomp ();
  look_for_calls (kernel);
  look_for_user_namespaces (kernel);
  look_for_cgroups (kernel);
  kernel->btf = access ("/sys/kernel/btf/vmlinux", F_OK) == 0 ? SEEN_YES
                : errno == ENOENT                             ? SEEN_NO
                                                              : SEEN_UNKNOWN;
}

/* ---- judging ---- */

static void
check_calls (const struct doctor_facts *facts, struct checks *checks)
{
  const struct doctor_kernel *kernel = &facts->kernel;
  cleanup_free char *release = xasprintf ("%s", escape (kernel->release).text);

  if (kernel->pidfd == SEEN_NO)
    checks_add (checks, "kernel", CHECK_WARN,
                "Linux %s has no pidfd_open(2): `exec` in a locked container "
                "is refused, and `audit` cannot look",
                release);
  else if (kernel->openat2 == SEEN_NO)
    checks_add (checks, "kernel", CHECK_WARN,
                "Linux %s has no openat2(2): a mount whose source leads "
                "through symbolic links is refused, `audit` and `configure` "
                "cannot look",
                release);
  else
    {
      checks_add (checks, "kernel", CHECK_OK, "Linux %s%s", release,
                  facts->elsewhere
                      ? " of this machine; what is said of kernel, cgroups "
                        "and locks is about it"
                      : "");
      return;
    }
  checks_mend (checks, "use Linux 5.12 or newer");
}

static void
check_seccomp (const struct doctor_facts *facts, struct checks *checks)
{
  switch (facts->kernel.seccomp)
    {
    case SEEN_YES:
      checks_add (checks, "seccomp", CHECK_OK,
                  "the kernel has filters that deny system calls");
      break;
    case SEEN_NO:
      checks_add (checks, "seccomp", CHECK_FAIL,
                  "the kernel has no seccomp filters, by which every lock "
                  "denies the ioctls that change interfaces");
      checks_mend (checks, "use a kernel with CONFIG_SECCOMP_FILTER=y");
      break;
    case SEEN_UNKNOWN:
      checks_add (checks, "seccomp", CHECK_UNKNOWN,
                  "something keeps us from asking the kernel for filters");
      checks_mend (checks, "run it on the host, outside of containers");
    }
}

/* crun, src/libcrun/cgroup.c: "cgroups in hybrid mode not supported, drop all
 * controllers from cgroupv2". */
/* How crun is avoided. */
static char *
take_runc (const struct doctor_facts *facts)
{
  for (size_t i = 0; i < facts->runtime_count; i++)
    {
      const struct doctor_runtime *runtime = &facts->runtimes[i];

      if (runtime->lowlevel.dialect == DIALECT_RUNC && !runtime->ours
          && runtime->file.there == SEEN_YES)
        return xasprintf ("say \"runtime\": \"%s\" in " POLICY_PATH ", or ",
                          escape (runtime->lowlevel.path).text);
    }
  return xasprintf ("install runc and name it as \"runtime\" in " POLICY_PATH
                    ", or ");
}

static void
check_hybrid (const struct doctor_facts *facts, struct checks *checks)
{
  cleanup_free char *runc = take_runc (facts);
  bool crun = facts->chosen >= 0
              && facts->runtimes[facts->chosen].lowlevel.dialect
                     == DIALECT_CRUN;

  if (!facts->kernel.unified_controllers)
    {
      checks_add (checks, "cgroups", CHECK_OK,
                  "version 1, beside a version 2 without controllers");
      return;
    }
  checks_add (checks, "cgroups", crun ? CHECK_FAIL : CHECK_WARN,
              "versions 1 and 2 side by side, and version 2 has controllers: "
              "crun starts no container%s",
              crun ? "" : ", runc does");
  checks_mend (checks,
               "%sadd systemd.unified_cgroup_hierarchy=1 to the kernel's "
               "command line and boot",
               crun ? runc : "");
}

static void
check_cgroups (const struct doctor_facts *facts, struct checks *checks)
{
  switch (facts->kernel.cgroups)
    {
    case CGROUPS_V2:
      checks_add (checks, "cgroups", CHECK_OK, "version 2 alone");
      break;
    case CGROUPS_HYBRID:
      check_hybrid (facts, checks);
      break;
    case CGROUPS_V1:
      checks_add (checks, "cgroups", CHECK_OK, "version 1");
      break;
    case CGROUPS_NONE:
      checks_add (checks, "cgroups", CHECK_WARN,
                  "none at /sys/fs/cgroup, where crun and runc look for them");
      checks_mend (checks, "mount -t cgroup2 cgroup2 /sys/fs/cgroup");
    }
}

void
doctor_check_kernel (const struct doctor_facts *facts, struct checks *checks)
{
  check_calls (facts, checks);
  check_seccomp (facts, checks);
  check_cgroups (facts, checks);
}
