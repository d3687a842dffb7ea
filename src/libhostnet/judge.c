/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "judge.h"

#include <errno.h>

/* A mount source that nobody can tell, here or on this kernel, refuses a lock,
 * which is for decide(): who does not ask for one lives without.  A call that
 * failed this time is passed up, as is everything else. */
static int
keep_unknown (struct facts *facts, struct error *err)
{
  if (err->id != REFUSAL_mount_door
      && !(err->id == REFUSAL_mount_source && err->system_errno == ENOSYS))
    return -1;
  facts->unknown = *err;
  *err = (struct error)ERROR_INIT;
  return 0;
}

int
judge (const char *text, size_t length, const char *bundle,
       enum caller caller, unsigned preserve_fds, struct judgement *j,
       struct error *err)
{
  if (json_index (&j->config, text, length, false, err) < 0)
    return -1;
  if (json_kind (&j->config, 0) != JSON_OBJECT)
    return error_refuse (err, SENTENCE_json_root);
  if (request_read (&j->config, &j->request, err) < 0
      || facts_collect (&j->config, caller, &j->facts, err) < 0)
    return -1;
  /* A broken policy refuses what needs a decision; ordinary containers live. */
  if (decide_concerns (&j->request, &j->facts))
    {
      enum lock lock;

      if (j->policy == NULL && policy_load (POLICY_PATH, &j->policy, err) < 0)
        return -1;
      lock = decide_lock (j->policy, &j->config, &j->request);
      /* Only strict refuses ways; they cost what a create need not pay. */
      if ((lock & LOCK_USERNS) != 0
          && facts_collect_userns (&j->config, &j->facts, err) < 0)
        return -1;
      if ((facts_collect_mounts (&j->config, bundle, &j->facts, err) < 0
           || (((lock & LOCK_STRICT) != 0 || caller == CALLER_APPLY)
               && ways_collect (&j->config, bundle, lock, &j->facts.ways, err)
                      < 0))
          && keep_unknown (&j->facts, err) < 0)
        return -1;
      if (caller == CALLER_CREATE
          && facts_collect_ports (preserve_fds, &j->facts, err) < 0)
        return -1;
    }
  return decide (j->policy, &j->config, &j->request, &j->facts, &j->decision,
                 err);
}

char *
judgement_apply (struct judgement *j, size_t *length)
{
  return json_apply (&j->config, &j->decision.edits, length);
}

void
judgement_clear (struct judgement *j)
{
  decision_clear (&j->decision);
  facts_clear (&j->facts);
  json_clear (&j->config);
  policy_free (j->policy);
  j->policy = NULL;
}
