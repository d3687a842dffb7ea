/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "judge.h"

#include <errno.h>

#include "dns.h"

/* A mount source that nobody can tell, here or on this kernel, or not this
 * user, refuses a lock, which is for decide(): who does not ask for one lives
 * without.  A call that failed this time is passed up, as is everything else. */
static int
keep_unknown (struct facts *facts, struct error *err)
{
  if (err->id != REFUSAL_mount_door
      && !(err->id == REFUSAL_mount_source
           && (err->system_errno == ENOSYS || err->system_errno == EACCES)))
    return -1;
  facts->unknown = *err;
  *err = (struct error)ERROR_INIT;
  return 0;
}

/* Only a namespace that we add has the ids that the policy wants. */
static void
collect_subordinate (struct judgement *j, const char *bundle)
{
  const struct userns_facts *userns = &j->facts.userns;
  struct policy_settings settings = policy_settings_for (
      j->policy, &j->config, j->request.annotations);
  struct lowlevel chosen;
  const struct lowlevel *lowlevel = j->lowlevel;

  if (settings.subordinate == NULL || !userns->own_reaches
      || userns->has_entry)
    return;
  if (lowlevel == NULL && j->facts.caller == CALLER_APPLY
      && lowlevel_choose ("", j->policy, &chosen, NULL) == 0)
    lowlevel = &chosen;
  facts_collect_subordinate (&j->config, bundle, settings.subordinate,
                             lowlevel, &j->facts);
}

static void
want_dns (struct judgement *j)
{
  struct policy_settings settings = policy_settings_for (
      j->policy, &j->config, j->request.annotations);

  j->facts.dns_wanted = dns_wanted (&j->request, &j->facts, &settings);
}

static int
collect_mounts (struct judgement *j, const char *bundle, enum lock lock,
                struct error *err)
{
  if (facts_collect_mounts (&j->config, bundle, &j->facts, err) < 0)
    return -1;
  if ((lock & LOCK_USERNS) != 0)
    collect_subordinate (j, bundle);
  /* Only strict refuses ways; they cost what a create need not pay. */
  if ((lock & LOCK_STRICT) == 0 && j->facts.caller != CALLER_APPLY)
    return 0;
  return ways_collect (&j->config, bundle, lock, j->facts.subordinate.wanted,
                       &j->facts.ways, err);
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
      if (facts_collect_engine (caller, bundle, &j->facts.engine, err) < 0)
        return -1;
      lock = decide_lock (j->policy, &j->config, &j->request);
      want_dns (j);
      if ((lock & LOCK_USERNS) != 0
          && facts_collect_userns (&j->config, &j->facts, err) < 0)
        return -1;
      if (collect_mounts (j, bundle, lock, err) < 0
          && keep_unknown (&j->facts, err) < 0)
        return -1;
      if (facts_collect_ports (&j->config, j->request.annotations,
                               preserve_fds, &j->facts, err)
          < 0)
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
