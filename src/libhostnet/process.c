/* SPDX-License-Identifier: Apache-2.0 */
/* process: what a lock wants beside capabilities. */
#include <config.h>

#include "plan.h"

/* prctl(2), PR_SET_NO_NEW_PRIVS: setuid programs and file capabilities of the
 * image give nothing. */
int
process_plan (struct plan *plan, struct error *err)
{
  static const char why[] = "strict: no program of the image gains privileges";
  json_node node;

  if ((plan->lock & LOCK_STRICT) == 0)
    return 0;
  if (plan->process == JSON_NONE)
    return error_refuse (err, SENTENCE_json_type, "/process", "nothing",
                         "an object");
  if (json_get (plan->config, plan->process, "noNewPrivileges", JSON_BOOLEAN,
                &node, err)
      < 0)
    return -1;
  if (node == JSON_NONE)
    json_add_member (&plan->edits, plan->config, plan->process,
                     "noNewPrivileges", "true", why);
  else if (!json_is_true (plan->config, node))
    json_replace (&plan->edits, plan->config, node, "true", why);
  return 0;
}
