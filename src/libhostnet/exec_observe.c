/* SPDX-License-Identifier: Apache-2.0 */
/* The runtime's own copy of the configuration is asked, and not the bundle: a
 * container may be able to write that. */
#include <config.h>

#include "exec_observe.h"

#include <stdlib.h>
#include <string.h>

#include "container.h"

bool
exec_is_observed (enum runtime_dialect dialect, const struct runtime_cli *cli,
                  struct policy **policy, struct occasion *occasion)
{
  cleanup_container_config struct container_config own = CONTAINER_CONFIG_INIT;
  cleanup_subject struct policy_subject subject = POLICY_SUBJECT_INIT;
  struct engine_facts facts = { 0 };
  struct engine_verdict engine;
  struct policy_settings settings;

  if (container_own_config (dialect, cli, &own, NULL) < 0)
    return false;
  if (own.bundle != NULL && occasion->bundle == NULL)
    occasion->bundle = xstrndup (own.bundle, strlen (own.bundle));
  occasion_note_container (occasion, &own.doc, own.annotations, own.process);
  if ((*policy == NULL && policy_load (POLICY_PATH, policy, NULL) < 0)
      || policy_complete (*policy, NULL) < 0 || !policy_observes (*policy))
    return false;
  facts_collect_engine (CALLER_CREATE, own.bundle, &facts, NULL);
  engine = engine_tell (&facts, &own.doc, own.annotations);
  engine_facts_clear (&facts);
  policy_subject_read (&own.doc, own.annotations, own.process, &engine,
                       &subject);
  settings = policy_settings_for (*policy, &subject);
  occasion->rule = policy_rule_name (&settings);
  return settings.mode == MODE_OBSERVE;
}
