/* SPDX-License-Identifier: Apache-2.0 */
/* process.capabilities: a list of what may stay, since many capabilities
 * reach the host's network by a detour (FACTS 5). */
#include <config.h>

#include "capabilities.h"

#include <linux/capability.h>
#include <string.h>

#include "plan.h"

/* <linux/capability.h>; the reasons are from capabilities(7).  Those that may
 * stay come first, those that engines give by default before the others. */
static const struct
{
  const char *name;
  unsigned number;
  const char *harmless; /* why it may stay; NULL: it goes */
} capabilities[] = {
  { "CAP_CHOWN", CAP_CHOWN,
    "owners of the container's files" },
  { "CAP_DAC_OVERRIDE", CAP_DAC_OVERRIDE,
    "permission bits of the container's files" },
  { "CAP_FOWNER", CAP_FOWNER,
    "the same for operations of an owner" },
  { "CAP_FSETID", CAP_FSETID,
    "keeps setuid bits" },
  { "CAP_SETGID", CAP_SETGID,
    "groups" },
  { "CAP_SETUID", CAP_SETUID,
    "users" },
  { "CAP_SETFCAP", CAP_SETFCAP,
    "file capabilities, bounded by the bounding set" },
  { "CAP_SETPCAP", CAP_SETPCAP,
    "can only drop from the bounding set" },
  { "CAP_NET_BIND_SERVICE", CAP_NET_BIND_SERVICE,
    "ports below 1024: what host networking is for" },
  { "CAP_SYS_CHROOT", CAP_SYS_CHROOT,
    "chroot inside the root filesystem" },
  { "CAP_KILL", CAP_KILL,
    "signals in the container's PID namespace" },
  { "CAP_AUDIT_WRITE", CAP_AUDIT_WRITE,
    "writes records to the audit log" },
  { "CAP_BLOCK_SUSPEND", CAP_BLOCK_SUSPEND,
    "keeps the machine awake" },
  { "CAP_IPC_LOCK", CAP_IPC_LOCK,
    "locks memory" },
  { "CAP_LEASE", CAP_LEASE,
    "leases on files" },
  { "CAP_SYS_NICE", CAP_SYS_NICE,
    "priorities" },
  { "CAP_SYS_RESOURCE", CAP_SYS_RESOURCE,
    "limits" },
  { "CAP_WAKE_ALARM", CAP_WAKE_ALARM,
    "timers that wake the machine" },
  { "CAP_DAC_READ_SEARCH", CAP_DAC_READ_SEARCH, NULL },
  { "CAP_LINUX_IMMUTABLE", CAP_LINUX_IMMUTABLE, NULL },
  { "CAP_NET_BROADCAST", CAP_NET_BROADCAST, NULL },
  { "CAP_NET_ADMIN", CAP_NET_ADMIN, NULL },
  { "CAP_NET_RAW", CAP_NET_RAW, NULL },
  { "CAP_IPC_OWNER", CAP_IPC_OWNER, NULL },
  { "CAP_SYS_MODULE", CAP_SYS_MODULE, NULL },
  { "CAP_SYS_RAWIO", CAP_SYS_RAWIO, NULL },
  { "CAP_SYS_PTRACE", CAP_SYS_PTRACE, NULL },
  { "CAP_SYS_PACCT", CAP_SYS_PACCT, NULL },
  { "CAP_SYS_ADMIN", CAP_SYS_ADMIN, NULL },
  { "CAP_SYS_BOOT", CAP_SYS_BOOT, NULL },
  { "CAP_SYS_TIME", CAP_SYS_TIME, NULL },
  { "CAP_SYS_TTY_CONFIG", CAP_SYS_TTY_CONFIG, NULL },
  { "CAP_MKNOD", CAP_MKNOD, NULL },
  { "CAP_AUDIT_CONTROL", CAP_AUDIT_CONTROL, NULL },
  { "CAP_MAC_OVERRIDE", CAP_MAC_OVERRIDE, NULL },
  { "CAP_MAC_ADMIN", CAP_MAC_ADMIN, NULL },
  { "CAP_SYSLOG", CAP_SYSLOG, NULL },
  { "CAP_AUDIT_READ", CAP_AUDIT_READ, NULL },
  { "CAP_PERFMON", CAP_PERFMON, NULL },
  { "CAP_BPF", CAP_BPF, NULL },
  { "CAP_CHECKPOINT_RESTORE", CAP_CHECKPOINT_RESTORE, NULL },
};

#define COUNT (sizeof capabilities / sizeof *capabilities)

/* What the policy's keepCapabilities can give back. */
static const struct
{
  const char *name;
  unsigned bit;
} keepable[] = {
  { "CAP_NET_RAW", KEEP_NET_RAW },
  { "CAP_MKNOD", KEEP_MKNOD },
  { "CAP_SYS_PTRACE", KEEP_SYS_PTRACE },
};

/* All five are edited alike, since a capability that is only inheritable
 * makes both runtimes refuse. */
const char *const capability_sets[] = { "bounding",  "effective", "inheritable",
                                        "permitted", "ambient",   NULL };

int
capability_number (const char *name)
{
  for (size_t i = 0; i < COUNT; i++)
    if (strcmp (capabilities[i].name, name) == 0)
      return (int) capabilities[i].number;
  return -1;
}

bool
capability_is_harmless (unsigned number)
{
  for (size_t i = 0; i < COUNT; i++)
    if (capabilities[i].number == number)
      return capabilities[i].harmless != NULL;
  return false;
}

/* Only the exact spelling of the specification stays: a name that some
 * runtime reads more kindly goes. */
static bool
may_stay (const struct plan *plan, json_node node)
{
  for (size_t i = 0; i < COUNT && capabilities[i].harmless != NULL; i++)
    if (json_string_is (plan->config, node, capabilities[i].name))
      return true;
  for (size_t i = 0; i < sizeof keepable / sizeof *keepable; i++)
    /* no BPF program of the lock isolated sees packet sockets */
    if ((plan->settings->keep_capabilities & keepable[i].bit) != 0
        && (keepable[i].bit != KEEP_NET_RAW
            || (plan->lock & LOCK_ISOLATED) == 0)
        && json_string_is (plan->config, node, keepable[i].name))
      return true;
  return false;
}

int
capabilities_plan (struct plan *plan, struct error *err)
{
  json_node object, set;

  /* Without the member crun and runc give none (measured, crun 1.8.1 and
   * runc 1.1.5). */
  if (json_get (plan->config, plan->process, "capabilities", JSON_OBJECT,
                &object, err)
      < 0)
    return -1;
  for (size_t s = 0; capability_sets[s] != NULL; s++)
    {
      cleanup_free bool *picked = NULL;
      size_t i = 0, dropped = 0;

      if (json_get (plan->config, object, capability_sets[s],
                    JSON_ARRAY, &set, err)
          < 0)
        return -1;
      picked = xmalloc (plan_count (plan->config, set));
      for (json_node n = json_first (plan->config, set); n != JSON_NONE;
           n = json_next (plan->config, n), i++)
        {
          picked[i] = !may_stay (plan, n);
          dropped += picked[i];
        }
      if (dropped == 0)
        continue;
      plan->loses_capability = true;
      json_remove_children (
          &plan->edits, plan->config, set, picked,
          "not in the list of capabilities that cannot reach the network");
    }
  return 0;
}
