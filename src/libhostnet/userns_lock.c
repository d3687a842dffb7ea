/* SPDX-License-Identifier: Apache-2.0 */
/* The lock userns.  user_namespaces(7): "a process ... has the capability only
 * within the user namespace" and those below; the host's network namespace
 * belongs to the initial one, so that no capability inside of another counts. */
#include <config.h>

#include "plan.h"

/* What is there already: made by the engine, or joined. */
static int
check_entries (const struct plan *plan, unsigned entries, unsigned joined,
               struct error *err)
{
  if (entries > 1)
    return error_refuse (err, SENTENCE_userns_twice);
  if (joined > 0 && plan->facts->userns.joined_reaches)
    return error_refuse (err, SENTENCE_userns_host);
  return 0;
}

static int
check_mappings (const struct plan *plan, const char *name, struct error *err)
{
  json_node mappings;

  if (json_get (plan->config, plan->linux_object, name, JSON_ARRAY, &mappings,
                err)
      < 0)
    return -1;
  if (json_first (plan->config, mappings) != JSON_NONE)
    return error_refuse (err, SENTENCE_userns_mappings, name);
  return 0;
}

static void
add_mappings (struct plan *plan, const char *name, const char *text)
{
  const char *why
      = plan->facts->subordinate.wanted
            ? "lock userns: root of the container is nobody on the host"
            : "lock userns: every id stays as it is, and so do the owners of "
              "files";
  json_node mappings;

  json_get (plan->config, plan->linux_object, name, JSON_ARRAY, &mappings,
            NULL);
  if (mappings != JSON_NONE)
    json_replace (&plan->edits, plan->config, mappings, text, why);
  else
    json_add_member (&plan->edits, plan->config, plan->linux_object, name,
                     text, why);
}

int
userns_plan (struct plan *plan, struct error *err)
{
  const struct userns_facts *facts = &plan->facts->userns;
  unsigned joined, entries;

  if ((plan->lock & LOCK_USERNS) == 0)
    return 0;
  entries = plan_namespaces (plan, "user", &joined);
  if (entries > 0)
    return check_entries (plan, entries, joined, err) < 0
               ? -1
               : subordinate_check_mappings (plan, joined, err);
  /* Rootless: we are in one already, from which the network is out of reach,
   * or the runtime makes one. */
  if (!plan->adds_user)
    return 0;
  if (facts->foreign != NULL)
    return error_refuse (err, SENTENCE_userns_foreign,
                         escape (facts->foreign).text);
  if (subordinate_plan (plan, err) < 0
      || check_mappings (plan, "uidMappings", err) < 0
      || check_mappings (plan, "gidMappings", err) < 0
      || ports_check_privileged (plan, err) < 0)
    return -1;
  add_mappings (plan, "uidMappings", facts->uid_mappings);
  add_mappings (plan, "gidMappings", facts->gid_mappings);
  return 0;
}
