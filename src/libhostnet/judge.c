/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "judge.h"

#include <errno.h>
#include <stdlib.h>

#include "dns.h"

/* A mount source that nobody can tell, here or on this kernel, or not this
 * user, refuses a lock, which is for decide(): who does not ask for one lives
 * without.  A call that failed this time is passed up, as is everything else. */
static int
keep_unknown (struct facts *facts, struct error *err)
{
  if (err->id != REFUSAL_mount_door && err->id != REFUSAL_mount_dangling
      && err->id != REFUSAL_mount_parent
      && err->id != REFUSAL_mount_without_source
      && err->id != REFUSAL_root_without_path
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
  struct lowlevel chosen;
  const struct lowlevel *lowlevel = j->lowlevel;

  if (j->settings.subordinate == NULL || !userns->own_reaches
      || userns->has_entry)
    return;
  if (lowlevel == NULL && j->facts.caller == CALLER_APPLY
      && lowlevel_choose ("", j->policy, &chosen, NULL) == 0)
    lowlevel = &chosen;
  facts_collect_subordinate (&j->config, bundle, j->settings.subordinate,
                             lowlevel, &j->facts);
}

static int
collect_mounts (struct judgement *j, const char *bundle, enum lock lock,
                struct error *err)
{
  if (facts_collect_mounts (&j->config, bundle, &j->facts, err) < 0)
    return -1;
  if ((lock & LOCK_USERNS) != 0)
    collect_subordinate (j, bundle);
  /* They cost what a create need not pay. */
  if ((lock & LOCK_STRICT) == 0 && j->facts.caller != CALLER_APPLY
      && j->settings.host_objects == HOST_OBJECTS_SHOW)
    return 0;
  return ways_collect (&j->config, bundle, lock, j->facts.subordinate.wanted,
                       &j->facts.ways, err);
}

/* A broken policy refuses what needs a decision; ordinary containers live. */
static int
ask_policy (struct judgement *j, const char *bundle, struct error *err)
{
  json_node process;

  if ((j->policy == NULL && policy_load (POLICY_PATH, &j->policy, err) < 0)
      || policy_complete (j->policy, err) < 0
      || facts_collect_engine (j->facts.caller, bundle, &j->facts.engine, err)
             < 0)
    return -1;
  /* one of a wrong type is nobody's, and decide()'s to refuse */
  json_get (&j->config, 0, "process", JSON_OBJECT, &process, NULL);
  j->engine = j->engine_given != NULL
                  ? *j->engine_given
                  : engine_tell (&j->facts.engine, &j->config,
                                 j->request.annotations);
  policy_subject_read (&j->config, j->request.annotations, process,
                       &j->engine, &j->subject);
  j->settings = j->settings_given != NULL
                    ? *j->settings_given
                    : policy_settings_for (j->policy, &j->subject);
  j->needs_policy = true;
  return 0;
}

/* A guard runs when the container may be about to bind itself, and what is
 * restored is refused. */
static int
collect_listen (struct judgement *j, struct error *err)
{
  enum caller caller = j->facts.caller;

  if (j->request.listen == JSON_NONE)
    return 0;
  /* another machine, of which nothing is known */
  if (j->facts.elsewhere)
    {
      j->facts.listen.first_port = PORT_FIRST_UNPRIVILEGED;
      j->facts.listen.own_reaches = true;
      return 0;
    }
  if (facts_collect_low_ports (&j->facts.listen, err) < 0)
    return -1;
  if (caller != CALLER_GUARD && caller != CALLER_RESTORE
      && j->settings.port_conflicts != PORT_CONFLICTS_IGNORE)
    facts_collect_listen (&j->config, j->request.listen, j->engine.kubernetes,
                          &j->facts.listen);
  return 0;
}

/* What decide() has to know where the host's network is concerned. */
static int
collect (struct judgement *j, const char *bundle, unsigned preserve_fds,
         struct error *err)
{
  enum lock lock = decide_lock (&j->settings, &j->request);

  j->facts.dns_wanted = dns_wanted (&j->request, &j->facts, &j->settings);
  if ((lock & LOCK_USERNS) != 0
      && facts_collect_userns (&j->config, &j->facts, err) < 0)
    return -1;
  if ((lock & LOCK_ISOLATED) != 0)
    facts_collect_isolated (&j->facts);
  if (collect_mounts (j, bundle, lock, err) < 0
      && keep_unknown (&j->facts, err) < 0)
    return -1;
  if (collect_listen (j, err) < 0)
    return -1;
  return facts_collect_ports (&j->config, j->request.annotations,
                              preserve_fds, &j->facts, err);
}

/* What `policy suggest` wants to know beside the settings. */
static void
look_at_strict (struct judgement *j, const char *bundle)
{
  struct facts facts = j->facts;

  facts.ways = (struct ways) WAYS_INIT;
  if (j->observation.runs
      && (!decide_concerns (&j->request, &j->facts)
          || ways_collect (&j->config, bundle, LOCK_STRICT,
                           facts.subordinate.wanted, &facts.ways, NULL)
                 == 0))
    observe_strict (&j->engine, &j->config, &j->request, &facts,
                    &j->observation);
  ways_clear (&facts.ways);
}

static int
collect_and_decide (struct judgement *j, const char *bundle,
                    unsigned preserve_fds, struct error *err)
{
  bool observes = j->settings.mode == MODE_OBSERVE;
  int result;

  if (decide_concerns (&j->request, &j->facts)
      && collect (j, bundle, preserve_fds, err) < 0)
    {
      /* decide() must not be tried with half of the facts */
      if (!observes)
        return -1;
      observe_unknown (&j->settings, &j->observation, err);
      return 0;
    }
  result = decide (&j->settings, &j->engine, &j->config, &j->request,
                   &j->facts, &j->decision, err);
  if (!observes)
    return result;
  observe (&j->settings, &j->engine, &j->config, &j->request, &j->facts,
           result, &j->decision, &j->observation, err);
  look_at_strict (j, bundle);
  return 0;
}

/* Where a policy observes everything, that is so too for what is refused before
 * it could say which of its rules is the container's. */
static int
refuse_early (struct judgement *j, struct error *err)
{
  cleanup_error struct error none = ERROR_INIT;

  if ((j->policy == NULL && policy_load (POLICY_PATH, &j->policy, &none) < 0)
      || policy_complete (j->policy, &none) < 0
      || !policy_observes_all (j->policy))
    return -1;
  observe_refusal (&j->observation, err);
  return 0;
}

static int
read_request (struct judgement *j, enum caller caller, struct error *err)
{
  return request_read (&j->config, &j->request, err) < 0
                 || facts_collect (&j->config, caller, &j->facts, err) < 0
             ? -1
             : 0;
}

int
judge (const char *text, size_t length, const char *bundle,
       enum caller caller, unsigned preserve_fds, struct judgement *j,
       struct error *err)
{
  int result;

  if (json_index (&j->config, text, length, false, err) < 0)
    return -1;
  if (json_kind (&j->config, 0) != JSON_OBJECT)
    return error_refuse (err, SENTENCE_json_root);
  if (read_request (j, caller, err) < 0)
    return refuse_early (j, err);
  if (decide_needs_policy (&j->request, &j->facts)
      && ask_policy (j, bundle, err) < 0)
    return -1;
  result = collect_and_decide (j, bundle, preserve_fds, err);
  return !j->needs_policy && result < 0 ? refuse_early (j, err) : result;
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
  policy_subject_clear (&j->subject);
  observation_clear (&j->observation);
  json_clear (&j->config);
  policy_free (j->policy);
  j->policy = NULL;
}
