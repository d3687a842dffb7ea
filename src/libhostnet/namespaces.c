/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "namespaces.h"

#include "plan.h"

/* N, or the first behind it that is of TYPE. */
static json_node
find (const struct json_doc *config, json_node n, const char *type)
{
  json_node its_type;

  for (; n != JSON_NONE; n = json_next (config, n))
    if (json_get (config, n, "type", JSON_STRING, &its_type, NULL) > 0
        && json_string_is (config, its_type, type))
      break;
  return n;
}

json_node
namespaces_first (const struct json_doc *config, json_node linux_object,
                  const char *type)
{
  json_node namespaces;

  json_get (config, linux_object, "namespaces", JSON_ARRAY, &namespaces, NULL);
  return find (config, json_first (config, namespaces), type);
}

json_node
namespaces_next (const struct json_doc *config, json_node entry,
                 const char *type)
{
  return find (config, json_next (config, entry), type);
}

int
namespaces_path (const struct json_doc *config, json_node entry, char **path)
{
  json_node node;
  int joins = json_get (config, entry, "path", JSON_STRING, &node, NULL);

  *path = joins > 0 ? json_string (config, node) : NULL;
  return joins;
}

/* ---- what a plan asks of them ---- */

unsigned
plan_namespaces (const struct plan *plan, const char *type, unsigned *joined)
{
  json_node path;
  unsigned count = 0;

  *joined = 0;
  for (json_node n
       = namespaces_first (plan->config, plan->linux_object, type);
       n != JSON_NONE; n = namespaces_next (plan->config, n, type))
    {
      count++;
      *joined
          += json_get (plan->config, n, "path", JSON_STRING, &path, NULL) != 0;
    }
  return count;
}

bool
plan_makes_namespace (const struct plan *plan, const char *type)
{
  unsigned joined;

  return plan_namespaces (plan, type, &joined) > 0 && joined == 0;
}

bool
plan_joins_own (const struct plan *plan, json_node entry)
{
  const struct userns_facts *facts = &plan->facts->userns;

  for (size_t i = 0; plan->adds_user && i < facts->own_count; i++)
    if (facts->own[i] == entry)
      return true;
  return false;
}

bool
plan_inherits_namespace (const struct plan *plan, const char *type)
{
  for (json_node n
       = namespaces_first (plan->config, plan->linux_object, type);
       n != JSON_NONE; n = namespaces_next (plan->config, n, type))
    if (!plan_joins_own (plan, n))
      return false;
  return true;
}

bool
plan_has_user_namespace (const struct plan *plan)
{
  return plan->has_user || plan->adds_user
         || plan->facts->own_user_namespace || plan->facts->rootless;
}
