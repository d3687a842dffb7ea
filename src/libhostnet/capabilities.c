/* SPDX-License-Identifier: Apache-2.0 */
/* process.capabilities: a list of what may stay, since many capabilities
 * reach the host's network by a detour (FACTS 5). */
#include <config.h>

#include "capabilities.h"

#include <linux/capability.h>

#include "plan.h"

/* The name is the number's own. */
#define CAPABILITY(name) #name, name

static const struct
{
  const char *name;
  unsigned number;
  const char *reason; /* capabilities(7) */
} harmless[] = {
  { CAPABILITY (CAP_AUDIT_WRITE), "writes records to the audit log" },
  { CAPABILITY (CAP_BLOCK_SUSPEND), "keeps the machine awake" },
  { CAPABILITY (CAP_CHOWN), "owners of the container's files" },
  { CAPABILITY (CAP_DAC_OVERRIDE), "permission bits of the container's files" },
  { CAPABILITY (CAP_FOWNER), "the same for operations of an owner" },
  { CAPABILITY (CAP_FSETID), "keeps setuid bits" },
  { CAPABILITY (CAP_IPC_LOCK), "locks memory" },
  { CAPABILITY (CAP_KILL), "signals in the container's PID namespace" },
  { CAPABILITY (CAP_LEASE), "leases on files" },
  { CAPABILITY (CAP_NET_BIND_SERVICE), "ports below 1024: what host networking is for" },
  { CAPABILITY (CAP_SETFCAP), "file capabilities, bounded by the bounding set" },
  { CAPABILITY (CAP_SETGID), "groups" },
  { CAPABILITY (CAP_SETPCAP), "can only drop from the bounding set" },
  { CAPABILITY (CAP_SETUID), "users" },
  { CAPABILITY (CAP_SYS_CHROOT), "chroot inside the root filesystem" },
  { CAPABILITY (CAP_SYS_NICE), "priorities" },
  { CAPABILITY (CAP_SYS_RESOURCE), "limits" },
  { CAPABILITY (CAP_WAKE_ALARM), "timers that wake the machine" },
};

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

/* runtime-spec, config.md: all five are edited alike, since a capability that
 * is only inheritable makes both runtimes refuse. */
static const char *const sets[]
    = { "bounding", "effective", "inheritable", "permitted", "ambient" };

/* Only the exact spelling of the specification stays: a name that some
 * runtime reads more kindly goes. */
static bool
may_stay (const struct plan *plan, json_node node)
{
  for (size_t i = 0; i < sizeof harmless / sizeof *harmless; i++)
    if (json_string_is (plan->config, node, harmless[i].name))
      return true;
  for (size_t i = 0; i < sizeof keepable / sizeof *keepable; i++)
    if ((plan->settings->keep_capabilities & keepable[i].bit) != 0
        && json_string_is (plan->config, node, keepable[i].name))
      return true;
  return false;
}

bool
capability_is_harmless (unsigned number)
{
  for (size_t i = 0; i < sizeof harmless / sizeof *harmless; i++)
    if (harmless[i].number == number)
      return true;
  return false;
}

int
capabilities_plan (struct plan *plan, struct error *err)
{
  json_node capabilities, set;

  /* Without the member crun and runc give none (measured, crun 1.8.1 and
   * runc 1.1.5). */
  if (json_get (plan->config, plan->process, "capabilities", JSON_OBJECT,
                &capabilities, err)
      < 0)
    return -1;
  for (size_t s = 0; s < sizeof sets / sizeof *sets; s++)
    {
      cleanup_free bool *picked = NULL;
      size_t i = 0, dropped = 0;

      if (json_get (plan->config, capabilities, sets[s], JSON_ARRAY, &set, err)
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
