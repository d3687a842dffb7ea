/* SPDX-License-Identifier: Apache-2.0 */
/* linux.sysctl: net.* belongs to the network namespace, which is the host's. */
#include <config.h>

#include "plan.h"

#include <string.h>

/* What engines set by themselves for a private network (FACTS 3); with these
 * exact values they are dropped, anything else a user has asked for. */
static const struct
{
  const char *name, *value;
  const char *source;
} engine_defaults[] = {
  { "net.ipv4.ping_group_range", "0 0",
    "containers.conf default_sysctls: podman, buildah" },
  { "net.ipv4.ping_group_range", "0 2147483647",
    "moby daemon/oci_linux.go; containerd enable_unprivileged_icmp" },
  { "net.ipv4.ip_unprivileged_port_start", "0",
    "moby daemon/oci_linux.go; containerd enable_unprivileged_ports" },
};

static bool
is_engine_default (const struct json_doc *config, json_node node)
{
  for (size_t i = 0; i < sizeof engine_defaults / sizeof *engine_defaults;
       i++)
    if (json_key_is (config, node, engine_defaults[i].name)
        && json_string_is (config, node, engine_defaults[i].value))
      return true;
  return false;
}

/* sysctl.d(5): a name may be written with slashes, and then a dot is a dot. */
static int
judge (const struct json_doc *config, json_node node, bool *drop,
       struct error *err)
{
  cleanup_free char *name = json_key (config, node);

  *drop = false;
  if (strstr (name, "..") != NULL || name[0] == '/' || name[0] == '.'
      || strstr (name, "//") != NULL)
    return error_refuse (err, SENTENCE_sysctl_name, escape (name).text);
  if (strncmp (name, "net", 3) != 0
      || (name[3] != '.' && name[3] != '/' && name[3] != '\0'))
    return 0;
  if (!is_engine_default (config, node))
    return error_refuse (err, SENTENCE_sysctl_net, escape (name).text);
  *drop = true;
  return 0;
}

int
sysctl_plan (struct plan *plan, struct error *err)
{
  json_node sysctl;
  size_t i = 0, dropped = 0;

  if (json_get (plan->config, plan->linux_object, "sysctl", JSON_OBJECT,
                &sysctl, err)
      < 0)
    return -1;
  if (sysctl == JSON_NONE)
    return 0;
  {
    cleanup_free bool *picked = xmalloc (plan_count (plan->config, sysctl));

    for (json_node n = json_first (plan->config, sysctl); n != JSON_NONE;
         n = json_next (plan->config, n), i++)
      {
        if (judge (plan->config, n, &picked[i], err) < 0)
          return -1;
        dropped += picked[i];
      }
    if (dropped > 0)
      json_remove_children (&plan->edits, plan->config, sysctl, picked,
                            "a default of the engine for a private network");
  }
  return 0;
}
