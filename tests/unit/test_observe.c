/* SPDX-License-Identifier: Apache-2.0 */
/* Observe, suggest, enforce: no surprise, over all captures as they are and
 * asking for the host's network.  TAP. */
#include <config.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "libhostnet/policy_parts.h"
#include "libhostnet/policy_trial.h"
#include "libhostnet/suggestion.h"
#include "observe_configs.h"
#include "tap.h"

/* ---- policies ---- */

/* The policy, with MORE in front of its rules. */
static struct policy *
make_policy (size_t which, bool observe, const char *more)
{
  struct policy *policy = NULL;
  cleanup_error struct error err = ERROR_INIT;
  const char *settings = policies[which].settings;
  const char *rules = policies[which].rules;
  cleanup_free char *text = xasprintf (
      "{\"version\":1,\"default\":{%s%s\"mode\":\"%s\"},\"rules\":[%s%s%s]}",
      settings, settings[0] ? "," : "", observe ? "observe" : "enforce", more,
      more[0] && rules[0] ? "," : "", rules);

  if (policy_parse (text, strlen (text), "test", &policy, &err) < 0)
    printf ("# %s\n", err.message);
  return policy;
}

/* Without the brackets; the caller frees. */
static char *
rules_of (struct suggestion *suggestion)
{
  char *rules = suggestion_rules (suggestion);
  size_t length = strlen (rules);

  memmove (rules, rules + 1, length - 2);
  rules[length - 2] = '\0';
  return rules;
}

static void
judge_under (struct trial *trial, enum caller caller, struct policy *policy,
             struct judgement *judgement, struct outcome *outcome)
{
  trial->caller = caller;
  trial->policy = policy;
  trial_judge (trial, judgement, outcome);
}

static bool
runs (const struct outcome *outcome)
{
  return outcome->kind != OUTCOME_REFUSED || outcome->observed;
}

static bool
complain (bool good, const struct config *config,
          const struct outcome *expected, const struct outcome *got)
{
  cleanup_free char *one = NULL, *other = NULL;

  if (good)
    return true;
  one = outcome_words (expected);
  other = outcome_words (got);
  printf ("# %s%s: enforced, %s; but %s\n", config->path,
          config->asks ? " asking" : "", one, other);
  return false;
}

/* ---- the steps ---- */

/* What happened to all of them, by place in configs. */
static struct outcome *enforced;
static bool *helped; /* a rule was suggested */
static size_t lock_count, report_count; /* by what of inherit */
static size_t lost_count, sure_count;

static void
record (const struct config *config, const struct judgement *j,
        const struct outcome *outcome, struct suggestion *suggestion)
{
  cleanup_free char *sentence
      = observation_sentence (&j->observation, &j->decision);
  const struct record observed = {
    .kind = RECORD_OBSERVED,
    .container = config->path,
    .engine = engine_name (j->engine.engine),
    .pod_namespace = j->subject.pod_namespace,
    .args = config->args,
    .reason_id = outcome->kind == OUTCOME_REFUSED ? refusal_name (outcome->id)
                                                  : NULL,
    .edits = j->observation.would_edit
                 ? decide_applied (LOCK_STANDARD, j->request.network)
                 : NULL,
    .bears = j->observation.bears_strict ? "strict" : NULL,
    .message = sentence,
    .settings = j->observation.settings,
    .sure = j->subject.sure         ? "yes"
            : j->subject.kubernetes ? "no"
                                    : NULL,
  };

  if (sentence != NULL)
    suggestion_add (suggestion, &observed, NULL);
}

/* Refusals that a setting surely takes back, so that nothing has to stay
 * observed. */
static bool
is_easy (enum refusal id)
{
  return id == REFUSAL_inherit_refused || id == REFUSAL_net_admin_refused;
}

/* Where refusing what has the host's network is the matter: that it is locked
 * where it loses nothing by it, and else reported.  SETTINGS refused it. */
static bool
gives_away_least (const struct config *config, enum caller caller,
                  struct policy *policy, const struct policy_settings *given,
                  const char *suggested)
{
  cleanup_judgement struct judgement j = JUDGEMENT_INIT;
  cleanup_outcome struct outcome outcome = OUTCOME_INIT;
  struct policy_settings settings = *given;
  struct trial trial = config->trial;
  bool good;

  settings.inherit = INHERIT_HARMLESS;
  if (settings.host_objects == HOST_OBJECTS_REFUSE)
    settings.host_objects = HOST_OBJECTS_REPORT;
  trial.settings = &settings;
  judge_under (&trial, caller, policy, &j, &outcome);
  good = strstr (suggested, j.decision.verdict == VERDICT_EDIT
                                ? "\"inherit\":\"lock\""
                                : "\"inherit\":\"report\"")
         != NULL;
  lock_count += j.decision.verdict == VERDICT_EDIT;
  report_count += j.decision.verdict != VERDICT_EDIT;
  if (!good)
    printf ("# %s: %s\n", config->path, suggested);
  return good;
}

/* The settings of an observation are what a rule can say. */
static bool
is_settings (const char *settings)
{
  cleanup_policy struct policy *policy = NULL;
  cleanup_error struct error err = ERROR_INIT;
  cleanup_free char *text
      = xasprintf ("{\"version\":1,\"default\":%s}", settings);

  if (policy_parse (text, strlen (text), settings, &policy, &err) == 0)
    return true;
  printf ("# %s\n", err.message);
  return false;
}

/* Under `mode: observe` everything runs as it is, and what is told is what
 * happens without it. */
static bool
observe_all (size_t policy, enum caller caller, struct suggestion *suggestion)
{
  cleanup_policy struct policy *observing = make_policy (policy, true, "");
  cleanup_policy struct policy *enforcing = make_policy (policy, false, "");
  bool good = observing != NULL && enforcing != NULL;

  for (size_t i = 0; good && i < config_count; i++)
    {
      cleanup_judgement struct judgement j = JUDGEMENT_INIT, e = JUDGEMENT_INIT;
      cleanup_outcome struct outcome outcome = OUTCOME_INIT;

      outcome_clear (&enforced[i]);
      judge_under (&configs[i].trial, caller, observing, &j, &outcome);
      judge_under (&configs[i].trial, caller, enforcing, &e, &enforced[i]);
      good &= complain (runs (&outcome) && j.decision.verdict == VERDICT_LEAVE
                            && outcome.kind == enforced[i].kind
                            && outcome.id == enforced[i].id,
                        &configs[i], &enforced[i], &outcome);
      if (j.observation.settings != NULL)
        good &= is_settings (j.observation.settings);
      if (enforced[i].id == REFUSAL_inherit_refused)
        good &= gives_away_least (&configs[i], caller, enforcing, &e.settings,
                                  j.observation.settings);
      if (is_easy (enforced[i].id) && j.observation.settings != NULL)
        good &= complain (strstr (j.observation.settings, "\"mode\"") == NULL,
                          &configs[i], &enforced[i], &outcome);
      helped[i] = j.observation.settings != NULL && configs[i].args != NULL
                  && j.subject.kubernetes == j.subject.sure;
      record (&configs[i], &j, &outcome, suggestion);
    }
  return good;
}

static bool
enforce_all (enum caller caller, struct policy *suggested)
{
  bool good = suggested != NULL;

  for (size_t i = 0; suggested != NULL && i < config_count; i++)
    {
      cleanup_judgement struct judgement j = JUDGEMENT_INIT;
      cleanup_outcome struct outcome outcome = OUTCOME_INIT;

      judge_under (&configs[i].trial, caller, suggested, &j, &outcome);
      good &= complain (runs (&outcome)
                            || (enforced[i].kind == OUTCOME_REFUSED
                                && !helped[i]),
                        &configs[i], &enforced[i], &outcome);
    }
  return good;
}

/* Whether a line says that the container PATH loses of SETTING. */
static bool
is_told (const char *comments, const char *path, enum setting setting)
{
  cleanup_free char *who = xasprintf ("`%s`", path);
  cleanup_free char *what = xasprintf ("\"%s\": ", setting_words[setting].name);

  for (const char *line = comments; *line != '\0';)
    {
      size_t length = strcspn (line, "\n");
      cleanup_free char *one = xstrndup (line, length);

      if (strstr (one, "is less than") != NULL && strstr (one, who) != NULL
          && strstr (one, what) != NULL)
        return true;
      line += length + (line[length] != '\0');
    }
  return false;
}

/* What ran gets nothing that is laxer, or COMMENTS tell of it. */
static bool
nothing_lost (size_t policy, enum caller caller, struct policy *suggested,
              const char *comments)
{
  static const enum setting looked_at[]
      = { SETTING_LOCK, SETTING_HOST_OBJECTS, SETTING_MODE };
  bool good = suggested != NULL;

  for (size_t i = 0; suggested != NULL && i < config_count; i++)
    {
      cleanup_policy struct policy *before = make_policy (policy, false, "");
      cleanup_judgement struct judgement j = JUDGEMENT_INIT, e = JUDGEMENT_INIT;
      cleanup_outcome struct outcome was = OUTCOME_INIT, is = OUTCOME_INIT;

      judge_under (&configs[i].trial, caller, before, &e, &was);
      judge_under (&configs[i].trial, caller, suggested, &j, &is);
      for (size_t s = 0; s < sizeof looked_at / sizeof *looked_at; s++)
        {
          unsigned now = policy_get (&j.settings, looked_at[s]);
          unsigned then = policy_get (&e.settings, looked_at[s]);

          if (was.kind != OUTCOME_EDITED
              || setting_stricter (looked_at[s], now, then) == now)
            continue;
          lost_count++;
          if (is_told (comments, configs[i].path, looked_at[s]))
            continue;
          printf ("# %s loses %s\n", configs[i].path,
                  setting_words[looked_at[s]].name);
          good = false;
        }
    }
  return good;
}

/* Whether TRIAL's outcome is the same as without the suggestion. */
static bool
same_for (struct trial *trial, const struct config *config, size_t policy,
          enum caller caller, struct policy *suggested)
{
  cleanup_policy struct policy *enforcing = make_policy (policy, false, "");
  cleanup_judgement struct judgement j = JUDGEMENT_INIT, e = JUDGEMENT_INIT;
  cleanup_outcome struct outcome before = OUTCOME_INIT, after = OUTCOME_INIT;

  judge_under (trial, caller, enforcing, &e, &before);
  judge_under (trial, caller, suggested, &j, &after);
  return complain (outcome_same (&before, &after), config, &before, &after);
}

static bool
other_args (size_t policy, enum caller caller, struct policy *suggested)
{
  bool good = suggested != NULL;

  for (size_t i = 0; suggested != NULL && i < config_count; i++)
    good &= same_for (&configs[i].stranger, &configs[i], policy, caller,
                      suggested);
  return good;
}

/* A rule for a container outside of Kubernetes is for none inside.  One of which
 * that is not sure it makes stricter at most. */
static bool
pods_too (size_t policy, enum caller caller, struct policy *suggested)
{
  bool good = suggested != NULL;

  for (size_t i = 0; suggested != NULL && i < config_count; i++)
    {
      cleanup_policy struct policy *enforcing = make_policy (policy, false, "");
      cleanup_judgement struct judgement j = JUDGEMENT_INIT, e = JUDGEMENT_INIT;
      cleanup_outcome struct outcome was = OUTCOME_INIT, is = OUTCOME_INIT;

      judge_under (&configs[i].pod, caller, enforcing, &e, &was);
      judge_under (&configs[i].pod, caller, suggested, &j, &is);
      sure_count += j.subject.sure;
      good &= complain (outcome_same (&was, &is)
                            || (!j.subject.sure && !is.observed
                                && is.kind >= was.kind),
                        &configs[i], &was, &is);
    }
  return good;
}

/* For each pod alone: another container's rule may be on the args only. */
static bool
other_namespaces (size_t policy, enum caller caller, size_t *pods)
{
  bool good = true;

  for (size_t i = 0; i < config_count; i++)
    {
      cleanup_policy struct policy *observing = make_policy (policy, true, "");
      cleanup_policy struct policy *suggested = NULL;
      cleanup_judgement struct judgement j = JUDGEMENT_INIT;
      cleanup_outcome struct outcome outcome = OUTCOME_INIT;
      struct suggestion *suggestion;
      cleanup_free char *rules = NULL;

      if (enforced[i].kind != OUTCOME_REFUSED || !helped[i])
        continue;
      judge_under (&configs[i].trial, caller, observing, &j, &outcome);
      if (!j.subject.sure)
        continue;
      suggestion = suggestion_new ();
      record (&configs[i], &j, &outcome, suggestion);
      rules = rules_of (suggestion);
      suggestion_free (suggestion);
      suggested = make_policy (policy, false, rules);
      good &= suggested != NULL
              && same_for (&configs[i].elsewhere, &configs[i], policy, caller,
                           suggested);
      ++*pods;
    }
  return good;
}

/* The drop-in (the caller frees). */
static char *
written (struct suggestion *suggestion)
{
  char *text = NULL;
  size_t length;
  FILE *to = open_memstream (&text, &length);

  suggestion_write (suggestion, to);
  fclose (to);
  return text;
}

/* The drop-in is one, and says what the rules do. */
static bool
is_drop_in (const char *text, const char *rules)
{
  cleanup_policy struct policy *policy = NULL;
  cleanup_error struct error err = ERROR_INIT;
  cleanup_json struct json_doc doc = JSON_DOC_INIT, bare = JSON_DOC_INIT;
  cleanup_free char *expected = xasprintf ("[%s]", rules);
  size_t length = strlen (text);
  json_node array;

  if (policy_parse (text, length, "drop-in", &policy, &err) < 0)
    {
      printf ("# %s\n", err.message);
      return false;
    }
  return json_index (&doc, text, length, true, NULL) == 0
         && json_index (&bare, expected, strlen (expected), false, NULL) == 0
         && json_get (&doc, 0, "rules", JSON_ARRAY, &array, NULL) > 0
         /* the root object and the version go */
         && doc.count == bare.count + 2;
}

static size_t refused_count, pod_count;

static void
test (size_t policy, size_t c)
{
  enum caller caller = callers[c].caller;
  struct suggestion *suggestion = suggestion_new ();
  cleanup_policy struct policy *suggested = NULL;
  cleanup_free char *rules = NULL, *drop_in = NULL;
  cleanup_free char *name
      = xasprintf ("%s, %s", policies[policy].what, callers[c].name);
  const char *const properties[] = {
    "observed, all run as they are and what is told is what would be",
    "the suggestion is a drop-in",
    "enforced with it, all run",
    "other args are treated as before",
    "other namespaces are treated as before",
    "pods with the same args are treated as before",
    "what ran gets nothing laxer, or it is told",
  };
  bool good[7];

  good[0] = observe_all (policy, caller, suggestion);
  rules = rules_of (suggestion);
  drop_in = written (suggestion);
  good[1] = is_drop_in (drop_in, rules);
  suggested = make_policy (policy, false, rules);
  good[2] = enforce_all (caller, suggested);
  good[3] = other_args (policy, caller, suggested);
  good[4] = other_namespaces (policy, caller, &pod_count);
  good[5] = pods_too (policy, caller, suggested);
  good[6] = nothing_lost (policy, caller, suggested, drop_in);
  for (size_t i = 0; i < config_count; i++)
    refused_count += enforced[i].kind == OUTCOME_REFUSED && helped[i];
  for (size_t p = 0; p < 7; p++)
    {
      cleanup_free char *what = xasprintf ("%s: %s", name, properties[p]);

      tap_ok (good[p], what);
    }
  suggestion_free (suggestion);
}

int
main (void)
{
  glob_t found;

  read_captures (&found);
  enforced = xcalloc (config_count, sizeof *enforced);
  helped = xcalloc (config_count, sizeof *helped);
  for (size_t p = 0; p < sizeof policies / sizeof *policies; p++)
    for (size_t c = 0; c < sizeof callers / sizeof *callers; c++)
      test (p, c);
  printf ("# %zu configurations, %zu refusals, %zu of pods\n", config_count,
          refused_count, pod_count);
  tap_ok (refused_count > 0 && pod_count > 0 && lock_count > 0
              && report_count > 0 && lost_count > 0 && sure_count > 0,
          "some were refused, of both kinds, and some lost something");
  return tap_end ();
}
