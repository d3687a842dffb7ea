/* SPDX-License-Identifier: Apache-2.0 */
/* The policy's `when`: which containers a rule is for. */
#include <config.h>

#include "policy_reader.h"

/* An empty object or array says nothing, and must not come to mean everything:
 * refused in all of these. */
static bool
is_filled (const struct reader *r, json_node node, enum json_kind kind)
{
  return json_kind (r->doc, node) == kind
         && json_first (r->doc, node) != JSON_NONE;
}

int
policy_read_when (struct reader *r, const struct member *member,
                  json_node node)
{
  if (!is_filled (r, node, JSON_OBJECT))
    return policy_wrong_value (r, member, node);
  return policy_read_object (r, node, IN_WHEN);
}

int
policy_read_always (struct reader *r, const struct member *member,
                    json_node node)
{
  if (json_kind (r->doc, node) != JSON_BOOLEAN || !json_is_true (r->doc, node))
    return policy_wrong_value (r, member, node);
  return 0;
}

int
policy_read_annotations (struct reader *r, const struct member *member,
                         json_node node)
{
  struct rule *rule = r->rule;

  if (!is_filled (r, node, JSON_OBJECT))
    return policy_wrong_value (r, member, node);
  for (json_node n = json_first (r->doc, node); n != JSON_NONE;
       n = json_next (r->doc, n))
    {
      if (json_kind (r->doc, n) != JSON_STRING)
        return policy_wrong_value (r, member, n);
      rule->globs = xrealloc (rule->globs,
                              (rule->glob_count + 1) * sizeof *rule->globs);
      rule->globs[rule->glob_count++]
          = (struct annotation_glob){ json_key (r->doc, n),
                                      json_string (r->doc, n) };
    }
  return 0;
}

/* An array of patterns, at least one. */
static int
read_globs (struct reader *r, const struct member *member, json_node node,
            struct globs *globs)
{
  if (!is_filled (r, node, JSON_ARRAY))
    return policy_wrong_value (r, member, node);
  for (json_node n = json_first (r->doc, node); n != JSON_NONE;
       n = json_next (r->doc, n))
    {
      if (json_kind (r->doc, n) != JSON_STRING)
        return policy_wrong_value (r, member, n);
      globs->list
          = xrealloc (globs->list, (globs->count + 1) * sizeof *globs->list);
      globs->list[globs->count++] = json_string (r->doc, n);
    }
  return 0;
}

int
policy_read_args (struct reader *r, const struct member *member,
                  json_node node)
{
  return read_globs (r, member, node, &r->rule->args);
}

int
policy_read_kubernetes (struct reader *r, const struct member *member,
                        json_node node)
{
  if (json_kind (r->doc, node) == JSON_BOOLEAN && !json_is_true (r->doc, node))
    {
      r->rule->outside = true;
      return 0;
    }
  if (!is_filled (r, node, JSON_OBJECT))
    return policy_wrong_value (r, member, node);
  r->rule->kubernetes = true;
  return policy_read_object (r, node, IN_KUBERNETES);
}

int
policy_read_namespaces (struct reader *r, const struct member *member,
                        json_node node)
{
  return read_globs (r, member, node, &r->rule->namespaces);
}

int
policy_read_service_accounts (struct reader *r, const struct member *member,
                              json_node node)
{
  return read_globs (r, member, node, &r->rule->service_accounts);
}
