/* SPDX-License-Identifier: Apache-2.0 */
/* `policy explain`: which rule decides of a container, with which settings, and
 * which other value of one of them would decide otherwise. */
#include <config.h>

#include "policy_commands.h"

#include <stdlib.h>
#include <string.h>

#include "answer.h"
#include "policy_parts.h"
#include "policy_trial.h"
#include "show.h"

/* A value of one setting that leads to another outcome. */
struct change
{
  enum setting setting;
  unsigned value;
  struct outcome outcome;
};

struct rule_look
{
  enum rule_match match;
  bool reached; /* the rules behind the one that matches are not */
  char *why;    /* owned, or NULL */
};

struct explanation
{
  struct trial trial;
  struct policy *policy;
  struct judgement judgement;
  struct outcome outcome;
  struct rule_look *looks; /* one for each rule of the policy */
  struct change *changes;
  size_t change_count;
};

static void
explanation_clear (struct explanation *e)
{
  for (size_t i = 0; i < e->change_count; i++)
    outcome_clear (&e->changes[i].outcome);
  free (e->changes);
  for (size_t i = 0; e->looks != NULL && i < e->policy->rule_count; i++)
    free (e->looks[i].why);
  free (e->looks);
  outcome_clear (&e->outcome);
  judgement_clear (&e->judgement);
  trial_clear (&e->trial);
  policy_free (e->policy);
}

/* ---- finding out ---- */

static void
look_at_rules (struct explanation *e)
{
  bool decided = false;

  e->looks = xcalloc (e->policy->rule_count + 1, sizeof *e->looks);
  for (size_t i = 0; i < e->policy->rule_count && !decided; i++)
    {
      struct rule_look *look = &e->looks[i];

      look->reached = true;
      look->match = policy_rule_match (e->policy, &e->policy->rules[i],
                                       &e->judgement.subject, &look->why);
      decided = look->match == RULE_YES;
    }
}

static void
try_value (struct explanation *e, enum setting setting, unsigned value)
{
  cleanup_judgement struct judgement judgement = JUDGEMENT_INIT;
  cleanup_outcome struct outcome outcome = OUTCOME_INIT;
  struct policy_settings settings = e->judgement.settings;
  struct trial trial = e->trial;

  policy_set (&settings, setting, value);
  trial.settings = &settings;
  trial_judge (&trial, &judgement, &outcome);
  if (outcome_same (&outcome, &e->outcome))
    return;
  e->changes = xrealloc (e->changes,
                         (e->change_count + 1) * sizeof *e->changes);
  e->changes[e->change_count++] = (struct change){ setting, value, outcome };
  outcome = (struct outcome) OUTCOME_INIT;
}

static void
try_all (struct explanation *e)
{
  for (unsigned s = 0; s < SETTINGS; s++)
    {
      enum setting setting = (enum setting) s;
      unsigned now = policy_get (&e->judgement.settings, setting);

      for (const struct choice *c = setting_words[s].choices; c->name; c++)
        {
          unsigned value
              = setting == SETTING_CAPABILITIES ? now ^ c->value : c->value;

          if (value != now)
            try_value (e, setting, value);
        }
    }
}

/* ---- words ---- */

/* Of what no word of the file spells. */
static const char *
built_in_words (enum setting setting)
{
  switch (setting)
    {
    case SETTING_REQUEST:
      return "allowed outside of Kubernetes, refused inside";
    case SETTING_INHERIT:
      return "locked when it loses no capability by it, reported otherwise";
    case SETTING_HOST_OBJECTS:
      return "shown by diff, verify and audit only";
    default:
      return "";
    }
}

/* The caller frees. */
static char *
value_words (enum setting setting, unsigned value)
{
  struct json_buffer text = JSON_BUFFER_INIT;
  const char *words = built_in_words (setting);

  setting_value (setting, value, &text);
  if (text.text == NULL)
    return xstrndup (words, strlen (words));
  return text.text;
}

/* What RULE, or no rule, gives for SETTING, and *FROM where. */
static unsigned
given_by (const struct explanation *e, const struct rule *rule,
          enum setting setting, const struct rule **from)
{
  const struct rule *fallback = &e->policy->fallback;

  *from = NULL;
  if (rule != NULL && rule->set[setting])
    *from = rule;
  else if (fallback->set[setting])
    *from = fallback;
  return *from != NULL ? (*from)->value[setting] : 0;
}

/* Where the value comes from; the caller frees. */
static char *
origin (const struct explanation *e, enum setting setting)
{
  unsigned value = policy_get (&e->judgement.settings, setting);
  const struct rule *from;
  bool found
      = given_by (e, e->judgement.settings.rule, setting, &from) == value;

  for (size_t i = 0; !found && i < e->policy->rule_count; i++)
    found = e->looks[i].match == RULE_UNSURE
            && given_by (e, &e->policy->rules[i], setting, &from) == value;
  if (!found)
    return xasprintf ("the strictest of several rules");
  return policy_rule_name (&(struct policy_settings){ .rule = from });
}

static const char *
match_word (const struct rule_look *look)
{
  static const char *const words[]
      = { [RULE_NO] = "no", [RULE_YES] = "yes", [RULE_UNSURE] = "unsure" };

  return look->reached ? words[look->match] : "not reached";
}

static const char *
engine_word (enum engine engine)
{
  return engine_name (engine) != NULL ? engine_name (engine) : "unknown";
}

/* ---- as text ---- */

static void
show_engine (FILE *to, const struct explanation *e)
{
  const struct engine_verdict *engine = &e->judgement.engine;

  fprintf (to, "engine: %s%s%s\n", engine_word (engine->engine),
           engine->kubernetes ? ", in Kubernetes" : "",
           engine_surely_kubernetes (engine) || !engine->kubernetes
               ? ""
               : ", as annotations alone say: rules on Kubernetes only make "
                 "things stricter (see --engine)");
}

static void
show_rules (FILE *to, const struct explanation *e)
{
  cleanup_free char *decided = policy_rule_name (&e->judgement.settings);

  for (size_t i = 0; i < e->policy->rule_count; i++)
    {
      const struct rule_look *look = &e->looks[i];
      cleanup_free char *name = policy_rule_name (
          &(struct policy_settings){ .rule = &e->policy->rules[i] });

      fprintf (to, "%s: %s%s%s\n", name,
               look->match == RULE_NO && look->reached ? "does not match"
               : look->match == RULE_YES               ? "matches"
               : look->match == RULE_UNSURE
                   ? "not sure whether it matches, so it only makes things "
                     "stricter"
                   : "not reached",
               look->why != NULL ? ": " : "", look->why ? look->why : "");
    }
  fprintf (to, "decided by: %s\n", decided);
}

/* What each of several rules lets the container declare. */
static void
show_listen (FILE *to, const struct policy_settings *settings)
{
  for (size_t l = 0; l < settings->listen_count; l++)
    {
      const struct port_list *list = settings->listen[l];

      fprintf (to, "  %-16s [", "listen");
      for (size_t i = 0; i < list->count; i++)
        {
          cleanup_free char *one = port_range_text (&list->list[i]);

          fprintf (to, "%s\"%s\"", i > 0 ? ", " : "", one);
        }
      fputs ("]\n", to);
    }
}

static void
show_settings (FILE *to, const struct explanation *e)
{
  const char *user = e->judgement.settings.subordinate;

  fputs ("settings:\n", to);
  for (unsigned s = 0; s < SETTINGS; s++)
    {
      cleanup_free char *value = value_words (
          (enum setting) s,
          policy_get (&e->judgement.settings, (enum setting) s));
      cleanup_free char *from = origin (e, (enum setting) s);

      fprintf (to, "  %-16s %s (%s)\n", setting_words[s].name, value, from);
    }
  if (user != NULL)
    fprintf (to, "  %-16s \"%s\"\n", "subordinate", user);
  show_listen (to, &e->judgement.settings);
}

static void
show_changes (FILE *to, const struct explanation *e)
{
  for (size_t i = 0; i < e->change_count; i++)
    {
      const struct change *change = &e->changes[i];
      cleanup_free char *value = value_words (change->setting, change->value);
      cleanup_free char *words = outcome_words (&change->outcome);

      fprintf (to, "with \"%s\": %s %s\n",
               setting_words[change->setting].name, value, words);
    }
  if (e->change_count == 0)
    fputs ("no other value of a single setting changes that\n", to);
}

static void
explain_text (FILE *to, const struct explanation *e)
{
  cleanup_free char *words = outcome_words (&e->outcome);

  if (e->judgement.needs_policy)
    {
      show_engine (to, e);
      show_rules (to, e);
      show_settings (to, e);
    }
  else if (e->outcome.kind == OUTCOME_REFUSED)
    fputs ("decided by: no rule, this is refused under every policy\n", to);
  else
    fputs ("decided by: no rule, the container neither asks for the host's "
           "network nor has it\n",
           to);
  fprintf (to, "outcome: %s\n", words);
  if (e->judgement.needs_policy)
    show_changes (to, e);
}

/* ---- as JSON ---- */

static void
add_outcome (struct json_buffer *out, const struct outcome *outcome)
{
  json_buffer_add (out,
                   "\"verdict\":\"%s\",\"observed\":%s,\"reason_id\":\"%s\","
                   "\"reason\":",
                   outcome_name (outcome),
                   outcome->observed ? "true" : "false",
                   outcome->id ? refusal_name (outcome->id) : "");
  json_buffer_string (out, outcome->reason ? outcome->reason : "");
}

static void
add_value (struct json_buffer *out, enum setting setting, unsigned value)
{
  size_t before = out->length;

  json_buffer_add (out, "{\"setting\":\"%s\",\"value\":",
                   setting_words[setting].name);
  before = out->length;
  setting_value (setting, value, out);
  if (out->length == before)
    json_buffer_text (out, "null"); /* built in, without a word */
}

static void
add_rules (struct json_buffer *out, const struct explanation *e)
{
  for (size_t i = 0; i < e->policy->rule_count; i++)
    {
      cleanup_free char *name = policy_rule_name (
          &(struct policy_settings){ .rule = &e->policy->rules[i] });

      json_buffer_add (out, "%s{\"rule\":", i > 0 ? "," : "");
      json_buffer_string (out, name);
      json_buffer_add (out, ",\"match\":\"%s\",\"why\":",
                       match_word (&e->looks[i]));
      json_buffer_string (out, e->looks[i].why ? e->looks[i].why : "");
      json_buffer_text (out, "}");
    }
}

static void
add_settings (struct json_buffer *out, const struct explanation *e)
{
  for (unsigned s = 0; s < SETTINGS; s++)
    {
      enum setting setting = (enum setting) s;
      cleanup_free char *from = origin (e, setting);

      json_buffer_text (out, s > 0 ? "," : "");
      add_value (out, setting, policy_get (&e->judgement.settings, setting));
      json_buffer_text (out, ",\"from\":");
      json_buffer_string (out, from);
      json_buffer_text (out, "}");
    }
}

static void
add_changes (struct json_buffer *out, const struct explanation *e)
{
  for (size_t i = 0; i < e->change_count; i++)
    {
      json_buffer_text (out, i > 0 ? "," : "");
      add_value (out, e->changes[i].setting, e->changes[i].value);
      json_buffer_text (out, ",");
      add_outcome (out, &e->changes[i].outcome);
      json_buffer_text (out, "}");
    }
}

static void
explain_json (FILE *to, const struct explanation *e)
{
  const struct judgement *j = &e->judgement;
  cleanup_free char *name = j->needs_policy ? policy_rule_name (&j->settings)
                                            : xstrndup ("", 0);
  struct json_buffer out = JSON_BUFFER_INIT;

  answer_begin (&out, outcome_name (&e->outcome),
                e->outcome.id ? refusal_name (e->outcome.id) : NULL,
                e->outcome.reason);
  if (e->outcome.kind == OUTCOME_EDITED)
    show_add_edits (&out, j);
  answer_checks (&out, NULL);
  json_buffer_add (&out,
                   ",\"observed\":%s,\"engine\":\"%s\",\"kubernetes\":%s,"
                   "\"sure\":%s,\"rule\":",
                   e->outcome.observed ? "true" : "false",
                   engine_word (j->engine.engine),
                   j->engine.kubernetes ? "true" : "false",
                   j->engine.sure ? "true" : "false");
  json_buffer_string (&out, name);
  json_buffer_text (&out, ",\"rules\":[");
  if (j->needs_policy)
    add_rules (&out, e);
  json_buffer_text (&out, "],\"settings\":[");
  if (j->needs_policy)
    add_settings (&out, e);
  json_buffer_text (&out, "],\"changes\":[");
  add_changes (&out, e);
  json_buffer_text (&out, "]");
  answer_end (&out, to);
}

static int
explain (FILE *to, const struct explain_options *options,
         struct explanation *e, struct error *err)
{
  if (options->caller != NULL
      && trial_set_caller (&e->trial, options->caller) < 0)
    return error_refuse (err, SENTENCE_policy_word, "--caller",
                         escape (options->caller).text, trial_callers);
  if (trial_read (&e->trial, options->bundle, err) < 0
      || trial_policy (options->policy, &e->policy, err) < 0)
    return -1;
  if (options->engine != NULL
      && trial_set_engine (&e->trial, options->engine) < 0)
    return error_refuse (err, SENTENCE_policy_word, "--engine",
                         escape (options->engine).text, trial_engines);
  e->trial.policy = e->policy;
  trial_judge (&e->trial, &e->judgement, &e->outcome);
  if (e->judgement.config.count == 0) /* no JSON */
    return error_refuse (err, e->outcome.id, "%s", e->outcome.reason);
  look_at_rules (e);
  if (e->judgement.needs_policy)
    try_all (e);
  (options->json ? explain_json : explain_text) (to, e);
  return 0;
}

int
policy_explain (FILE *to, const struct explain_options *options,
                struct error *err)
{
  struct explanation e = { .trial = TRIAL_INIT,
                           .judgement = JUDGEMENT_INIT,
                           .outcome = OUTCOME_INIT };
  int result = explain (to, options, &e, err);

  explanation_clear (&e);
  return result;
}
