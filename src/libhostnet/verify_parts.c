/* SPDX-License-Identifier: Apache-2.0 */
/* The parts of the decision run one by one over a finished configuration:
 * one that refuses, or still has something to edit, is not in force. */
#include <config.h>

#include "verify_parts.h"

#include <stdlib.h>

#include "seccomp_proof.h"
#include "subordinate.h"

int
verify_refused (const char *id, const struct error *refused,
                struct checks *checks, struct error *err)
{
  if (refusal_exit_status (refused->id) != 1)
    return error_refuse (err, refused->id, "%s", refused->message);
  checks_add (checks, id, CHECK_FAILS, "%s", refused->message);
  return 0;
}

static size_t
count_of (const struct plan *plan, json_node object, const char *key,
          enum json_kind kind)
{
  json_node node;

  json_get (plan->config, object, key, kind, &node, NULL);
  return plan_count (plan->config, node);
}

static char *
found_namespaces (const struct plan *plan)
{
  return xasprintf ("%zu, among them a mount namespace of its own; no network "
                    "device is moved",
                    count_of (plan, plan->linux_object, "namespaces",
                              JSON_ARRAY));
}

static char *
found_user (const struct plan *plan)
{
  return xasprintf ("%s; ports below %u cannot be bound "
                    "(net.ipv4.ip_unprivileged_port_start)",
                    plan->has_user
                        ? "one of its own, in which no capability counts in "
                          "the host's network namespace"
                        : "not needed: no capability that our runtime could "
                          "give counts in the host's network namespace",
                    plan->facts->userns.first_port);
}

static char *
found_subordinate (const struct plan *plan)
{
  return xasprintf ("no id of the container is root of the host; the policy "
                    "gives ids of `%s`, %u to %u and the groups %u to %u",
                    escape (plan->settings->subordinate).text,
                    (unsigned) plan->facts->subordinate.uid,
                    (unsigned) plan->facts->subordinate.uid
                        + SUBORDINATE_IDS - 1,
                    (unsigned) plan->facts->subordinate.gid,
                    (unsigned) plan->facts->subordinate.gid
                        + SUBORDINATE_IDS - 1);
}

static char *
found_sysctls (const struct plan *plan)
{
  return xasprintf ("%zu, none of the network",
                    count_of (plan, plan->linux_object, "sysctl",
                              JSON_OBJECT));
}

static char *
found_capabilities (const struct plan *plan)
{
  json_node sets;

  json_get (plan->config, plan->process, "capabilities", JSON_OBJECT, &sets,
            NULL);
  return xasprintf ("%zu in the bounding set, in none of the five sets one "
                    "that may not stay",
                    count_of (plan, sets, "bounding", JSON_ARRAY));
}

static char *
found_process (const struct plan *plan)
{
  (void) plan;
  return xasprintf ("no program of the image gains privileges");
}

static char *
found_mounts (const struct plan *plan)
{
  return xasprintf ("%zu, with proc and sysfs read-only in all of them, and "
                    "/proc/sys",
                    count_of (plan, 0, "mounts", JSON_ARRAY));
}

static char *
found_devices (const struct plan *plan)
{
  return xasprintf ("%zu, none that makes network interfaces, and not all "
                    "devices are open",
                    count_of (plan, plan->linux_object, "devices",
                              JSON_ARRAY));
}

static char *
found_annotations (const struct plan *plan)
{
  return xasprintf ("%zu, none by which a low-level runtime replaces a part",
                    plan_count (plan->config, plan->annotations));
}

static char *
found_ports (const struct plan *plan)
{
  (void) plan;
  return xasprintf ("no port is published");
}

static char *
found_isolated (const struct plan *plan)
{
  cleanup_free char *listen = NULL, *connect = NULL;
  bool required = plan->settings->isolated == ISOLATED_REQUIRE;

  if (plan->request->listen != JSON_NONE)
    listen = json_string (plan->config, plan->request->listen);
  if (plan->request->connect != JSON_NONE)
    connect = json_string (plan->config, plan->request->connect);
  return xasprintf ("%s; of the host's ports it may bind %s, of its services "
                    "reach %s",
                    required ? "the hook of the lock fails the start unless "
                               "all its programs are on the cgroup"
                             : "best effort: audit tells what is in force when "
                               "it runs",
                    listen != NULL ? escape (listen).text : "none",
                    connect != NULL ? escape (connect).text : "none");
}

static int
check_mounts (struct plan *plan, struct error *err)
{
  return mounts_plan (plan, err) < 0 ? -1 : readonly_paths_plan (plan, err);
}

static int
check_annotations (struct plan *plan, struct error *err)
{
  return runtime_annotations_check (plan, err);
}

static int
check_ports (struct plan *plan, struct error *err)
{
  return ports_check (plan, err);
}

static const struct part
{
  const char *id;
  int (*run) (struct plan *plan, struct error *err);
  char *(*found) (const struct plan *plan);
  enum check_verdict holds;
} parts[] = {
  { "namespaces", netns_plan, found_namespaces, CHECK_HOLDS },
  { "user", userns_plan, found_user, CHECK_CONSTRUCTION },
  { "subordinate", subordinate_verify, found_subordinate, CHECK_HOLDS },
  { "sysctls", sysctl_plan, found_sysctls, CHECK_HOLDS },
  { "capabilities", capabilities_plan, found_capabilities, CHECK_HOLDS },
  { "process", process_plan, found_process, CHECK_HOLDS },
  { "mounts", check_mounts, found_mounts, CHECK_HOLDS },
  { "devices", devices_plan, found_devices, CHECK_HOLDS },
  { "isolated", isolated_plan, found_isolated, CHECK_HOLDS },
  { "annotations", check_annotations, found_annotations, CHECK_HOLDS },
  { "ports", check_ports, found_ports, CHECK_HOLDS },
};

static int
check_part (const struct part *part, const struct plan *all,
            struct checks *checks, struct error *err)
{
  cleanup_error struct error refused = ERROR_INIT;
  cleanup_free char *text = NULL;
  struct plan plan = *all;
  int result = 0;

  if (part->run (&plan, &refused) < 0)
    {
      /* The policy lets a published port pass with a warning. */
      if (part->run == check_ports
          && plan.settings->published_ports == PORTS_WARN)
        checks_add (checks, part->id, CHECK_NOTE, "%s", refused.message);
      else
        result = verify_refused (part->id, &refused, checks, err);
    }
  else if (plan.edits.count > 0)
    {
      const struct json_edit *edit = &plan.edits.list[0];

      text = json_pointer (plan.config, edit->node, edit->key);
      checks_add (checks, part->id, CHECK_FAILS, "%s: %s", escape (text).text,
                  edit->why != NULL ? edit->why : "");
    }
  else
    {
      text = part->found (&plan);
      checks_add (checks, part->id,
                  part->run == isolated_plan
                          && plan.settings->isolated == ISOLATED_BEST_EFFORT
                      ? CHECK_NOTE
                      : part->holds,
                  "%s", text);
    }
  json_edits_clear (&plan.edits);
  return result;
}

/* Whether the lock asks for the part, or the engine has done it anyway. */
static bool
is_wanted (const struct part *part, const struct plan *plan)
{
  const struct userns_facts *facts = &plan->facts->userns;
  unsigned joined;

  if (part->run == process_plan)
    return (plan->lock & LOCK_STRICT) != 0;
  if (part->run == isolated_plan)
    return (plan->lock & LOCK_ISOLATED) != 0;
  if (part->run == subordinate_verify)
    return plan->facts->subordinate.wanted
           && plan_namespaces (plan, "user", &joined) == 1 && joined == 0;
  if (part->run == userns_plan)
    return (plan->lock & LOCK_USERNS) != 0 || !facts->own_reaches
           || (plan_namespaces (plan, "user", &joined) == 1
               && !facts->joined_reaches);
  return true;
}

int
verify_parts (const struct plan *plan, struct checks *checks,
              struct error *err)
{
  for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
    {
      if (!is_wanted (&parts[i], plan))
        continue;
      if (check_part (&parts[i], plan, checks, err) < 0)
        return -1;
      /* Between capabilities and mounts, as in the lock. */
      if (parts[i].run == capabilities_plan)
        seccomp_prove (plan->config, plan->linux_object,
                       (plan->lock & LOCK_STRICT) != 0, checks);
    }
  return 0;
}
