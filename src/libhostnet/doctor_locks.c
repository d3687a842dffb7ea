/* SPDX-License-Identifier: Apache-2.0 */
/* Which locks beside standard can be had, and what is missing for the others.
 * What takes standard away is a failure of its own, in the other files. */
#include <config.h>

#include "doctor_facts.h"

#include <stdlib.h>

/* mount_setattr(2): Linux 5.12 makes mounts read-only with all that is below,
 * and maps ids. */
static bool
lacks_mount_setattr (const struct doctor_facts *facts, const char *id,
                     const char *what, struct checks *checks)
{
  if (facts->kernel.mount_setattr != SEEN_NO)
    return false;
  checks_add (checks, id, CHECK_WARN,
              "the kernel has no mount_setattr(2): %s", what);
  checks_mend (checks, "use Linux 5.12 or newer");
  return true;
}

static void
check_userns (const struct doctor_facts *facts, struct checks *checks)
{
  const struct doctor_kernel *kernel = &facts->kernel;

  if (kernel->user_namespaces == SEEN_NO)
    {
      checks_add (checks, "userns", CHECK_WARN,
                  "the kernel has no user namespaces: the lock userns cannot "
                  "be had");
      checks_mend (checks, "use a kernel with CONFIG_USER_NS=y");
    }
  else if (kernel->max_user_namespaces == 0)
    {
      checks_add (checks, "userns", CHECK_WARN,
                  "no user namespace may be made (user.max_user_namespaces is "
                  "0): the lock userns cannot be had");
      checks_mend (checks, "sysctl -w user.max_user_namespaces=15000");
    }
  else if (lacks_mount_setattr (
               facts, "userns",
               "the lock userns cannot be had, nor a container that binds "
               "proc or sysfs",
               checks))
    ;
  else if (kernel->user_namespaces == SEEN_UNKNOWN
           || kernel->mount_setattr == SEEN_UNKNOWN)
    checks_add (checks, "userns", CHECK_UNKNOWN,
                "something keeps us from asking the kernel");
  else
    checks_add (checks, "userns", CHECK_OK,
                "the kernel has user namespaces and recursive read-only "
                "mounts");
  if (kernel->userns_lifted_by != NULL)
    {
      checks_add (checks, "rootless", CHECK_WARN,
                  "ordinary users may make no user namespace: rootless podman "
                  "starts nothing");
      checks_mend (checks, "sysctl -w %s", kernel->userns_lifted_by);
    }
}

static void
check_subordinate (const struct doctor_facts *facts, struct checks *checks)
{
  const struct doctor_runtime *runtime
      = facts->chosen < 0 ? NULL : &facts->runtimes[facts->chosen];
  cleanup_free char *lacks = NULL;

  if (lacks_mount_setattr (facts, "subordinate",
                           "with the policy's `subordinate`, a mount that "
                           "needs mapped ids is refused",
                           checks))
    return;
  if (runtime == NULL || !runtime->asked)
    {
      checks_add (checks, "subordinate", CHECK_UNKNOWN,
                  "whether the low-level runtime maps ids is not known");
      return;
    }
  if (facts->policy.ids != NULL)
    {
      /* the sentence has the command */
      checks_add (checks, "subordinate", CHECK_WARN, "%s", facts->policy.ids);
      return;
    }
  lacks = lowlevel_lacks_idmaps_of (runtime->lowlevel.path, runtime->said);
  if (lacks == NULL)
    {
      checks_add (checks, "subordinate", CHECK_OK,
                  "kernel and runtime map the ids of mounts");
      return;
    }
  checks_add (checks, "subordinate", CHECK_WARN,
              "with the policy's `subordinate`, a mount that needs mapped ids "
              "is refused: %s",
              lacks);
  checks_mend (checks, "use crun 1.8.1, runc 1.2 or newer");
}

/* What oci-hostnet-isolate(8) needs and is missing first, or NULL. */
static const char *
missing_for_isolated (const struct doctor_facts *facts, const char **mend)
{
#ifdef HAVE_BPF
  const struct doctor_kernel *kernel = &facts->kernel;

  if (kernel->cgroups != CGROUPS_V2)
    {
      *mend = "add systemd.unified_cgroup_hierarchy=1 to the kernel's command "
              "line and boot";
      return "the cgroups are not those of version 2 alone";
    }
  if (kernel->version[0] < 6
      || (kernel->version[0] == 6 && kernel->version[1] < 7))
    {
      *mend = "use Linux 6.7 or newer";
      return "the kernel is older than Linux 6.7";
    }
  if (kernel->btf == SEEN_NO)
    {
      *mend = "use a kernel with CONFIG_DEBUG_INFO_BTF=y";
      return "the kernel tells no types (/sys/kernel/btf/vmlinux)";
    }
  return NULL;
#else
  (void) facts;
  *mend = "build oci-hostnet without --without-bpf";
  return "oci-hostnet was built without it";
#endif
}

static void
check_isolated (const struct doctor_facts *facts, struct checks *checks)
{
  const char *mend, *lacks = missing_for_isolated (facts, &mend);

  if (lacks != NULL)
    {
      checks_add (checks, "isolated", CHECK_WARN,
                  "the lock isolated cannot be had: %s", lacks);
      checks_mend (checks, "%s", mend);
    }
  else if (facts->kernel.btf == SEEN_UNKNOWN)
    {
      checks_add (checks, "isolated", CHECK_UNKNOWN,
                  "/sys/kernel/btf/vmlinux cannot be looked for");
      doctor_mend_unseen (checks, facts);
    }
  else
    checks_add (checks, "isolated", CHECK_OK,
                "cgroup v2 alone, BTF and Linux 6.7 are there");
}

void
doctor_check_locks (const struct doctor_facts *facts, struct checks *checks)
{
  check_userns (facts, checks);
  check_subordinate (facts, checks);
  check_isolated (facts, checks);
}
