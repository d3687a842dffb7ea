/* SPDX-License-Identifier: Apache-2.0 */
/* `policy check`: everything that is wrong, and what can have no effect. */
#include <config.h>

#include "policy_commands.h"

#include <stdlib.h>
#include <string.h>

#include "answer.h"
#include "checks.h"
#include "policy_match.h"
#include "policy_parts.h"

/* ---- what can have no effect ---- */

static bool
is_for_all (const struct rule *rule)
{
  return !rule->kubernetes && !rule->outside && rule->glob_count == 0
         && rule->args.count == 0;
}

static char *
rule_name (const struct rule *rule)
{
  return policy_rule_name (&(struct policy_settings){ .rule = rule });
}

static bool
same_globs (const struct globs *a, const struct globs *b)
{
  if (a->count != b->count)
    return false;
  for (size_t i = 0; i < a->count; i++)
    if (strcmp (a->list[i], b->list[i]) != 0)
      return false;
  return true;
}

static bool
same_when (const struct rule *a, const struct rule *b)
{
  if (a->kubernetes != b->kubernetes || a->outside != b->outside
      || a->glob_count != b->glob_count
      || !same_globs (&a->args, &b->args)
      || !same_globs (&a->namespaces, &b->namespaces)
      || !same_globs (&a->service_accounts, &b->service_accounts))
    return false;
  for (size_t i = 0; i < a->glob_count; i++)
    if (strcmp (a->globs[i].key, b->globs[i].key) != 0
        || strcmp (a->globs[i].value, b->globs[i].value) != 0)
      return false;
  return true;
}

/* Whether there are containers that RULE surely is for.  A drop-in does not say
 * whether admission checks service accounts. */
static bool
can_be_sure (const struct policy *policy, const struct rule *rule)
{
  if (rule->service_accounts.count > 0 && !policy->admission)
    return false;
  for (size_t i = 0; i < rule->glob_count; i++)
    if (!policy_key_can_be_sure (rule->globs[i].key, rule->outside))
      return false;
  return true;
}

/* That a rule before decides of all that RULE is for. */
static void
check_reach (const struct policy *policy, size_t rule, struct checks *checks)
{
  const struct rule *late = &policy->rules[rule];
  cleanup_free char *name = rule_name (late);

  for (size_t i = 0; i < rule; i++)
    {
      const struct rule *early = &policy->rules[i];
      cleanup_free char *before = rule_name (early);

      if (!is_for_all (early)
          && !(same_when (early, late) && can_be_sure (policy, early)))
        continue;
      checks_add (checks, "rule_never", CHECK_NOTE,
                  "%s never decides: %s comes first and is for %s",
                  name, before,
                  is_for_all (early) ? "every container"
                                     : "the same containers");
      return;
    }
}

/* That it is never sure whether RULE matches. */
static void
check_sureness (const struct policy *policy, const struct rule *rule,
                bool is_drop_in, struct checks *checks)
{
  cleanup_free char *name = rule_name (rule);

  if (rule->service_accounts.count > 0 && !policy->admission && !is_drop_in)
    checks_add (checks, "rule_unsure", CHECK_NOTE,
                "%s can only make things stricter: it names "
                "`serviceAccounts`, and without `\"admission\": true` "
                "anybody may have written which one a pod has",
                name);
  for (size_t i = 0; i < rule->glob_count; i++)
    if (!policy_key_can_be_sure (rule->globs[i].key, rule->outside))
      checks_add (checks, "rule_unsure", CHECK_NOTE,
                  "%s can only make things stricter: anybody may have written "
                  "the annotation `%s`",
                  name, escape (rule->globs[i].key).text);
}

/* What a setting is about does not happen where all are refused: those that
 * ask, or those that have the host's network without asking too. */
static const struct
{
  enum setting setting;
  bool of_both;
} after_refusal[] = {
  { SETTING_PATHLESS, false },       { SETTING_DNS, false },
  { SETTING_PUBLISHED_PORTS, true }, { SETTING_CAPABILITIES, true },
  { SETTING_LOCK, true },            { SETTING_HOST_OBJECTS, true },
};

static unsigned
value_of (const struct policy *policy, const struct rule *rule,
          enum setting setting)
{
  return rule->set[setting] ? rule->value[setting]
                            : policy->fallback.value[setting];
}

static bool
is_idle (const struct policy *policy, const struct rule *rule, bool of_both)
{
  return value_of (policy, rule, SETTING_REQUEST) == REQUEST_REFUSE
         && (!of_both
             || value_of (policy, rule, SETTING_INHERIT) == INHERIT_REFUSE);
}

/* What `default` says is also for the rules that do not say it. */
static bool
is_taken (const struct policy *policy, enum setting setting, bool of_both)
{
  for (size_t i = 0; i < policy->rule_count; i++)
    if (!policy->rules[i].set[setting]
        && !is_idle (policy, &policy->rules[i], of_both))
      return true;
  return false;
}

static void
check_refusal (const struct policy *policy, const struct rule *rule,
               struct checks *checks)
{
  for (size_t i = 0; i < sizeof after_refusal / sizeof *after_refusal; i++)
    {
      enum setting setting = after_refusal[i].setting;
      bool of_both = after_refusal[i].of_both;
      cleanup_free char *name = NULL;

      if (!rule->set[setting] || !is_idle (policy, rule, of_both)
          || (rule == &policy->fallback
              && is_taken (policy, setting, of_both)))
        continue;
      name = rule_name (rule);
      checks_add (checks, "setting_idle", CHECK_NOTE,
                  "%s says `%s`, which has no effect where `request`%s refused",
                  name, setting_words[setting].name,
                  of_both ? " and `inherit` are" : " is");
    }
}

/* What `default` says and every rule says itself. */
static void
check_default (const struct policy *policy, struct checks *checks)
{
  const struct rule *fallback = &policy->fallback;
  size_t last = 0;

  while (last < policy->rule_count && !is_for_all (&policy->rules[last]))
    last++;
  if (last == policy->rule_count)
    return;
  for (unsigned s = 0; s < SETTINGS; s++)
    {
      bool taken = !fallback->set[s];
      cleanup_free char *name = NULL, *all = NULL;

      for (size_t i = 0; i <= last; i++)
        taken |= !policy->rules[i].set[s];
      if (taken)
        continue;
      name = rule_name (fallback);
      all = rule_name (&policy->rules[last]);
      checks_add (checks, "setting_idle", CHECK_NOTE,
                  "%s says `%s`, which has no effect: every rule up to %s, "
                  "which is for every container, says it too",
                  name, setting_words[s].name, all);
    }
}

static void
look_for_idle (const struct policy *policy, bool is_drop_in,
               struct checks *checks)
{
  for (size_t i = 0; i < policy->rule_count; i++)
    {
      check_reach (policy, i, checks);
      check_sureness (policy, &policy->rules[i], is_drop_in, checks);
      check_refusal (policy, &policy->rules[i], checks);
    }
  check_refusal (policy, &policy->fallback, checks);
  check_default (policy, checks);
}

/* ---- which file it is ---- */

static bool
ends_in_d (const char *directory)
{
  size_t length = strlen (directory);

  while (length > 1 && directory[length - 1] == '/')
    length--;
  return length > 2 && strncmp (directory + length - 2, ".d", 2) == 0;
}

/* By the name of its directory, as it is given or as it is. */
static bool
is_drop_in (const char *file)
{
  const char *slash = strrchr (file, '/');
  cleanup_free char *directory
      = slash != NULL ? xstrndup (file, (size_t) (slash - file) + 1)
                      : xstrndup (".", 1);
  cleanup_free char *real = realpath (directory, NULL);

  return ends_in_d (directory) || (real != NULL && ends_in_d (real));
}

/* ---- telling it ---- */

static void
show_json_checks (FILE *to, const struct mistakes *mistakes,
                  const struct checks *checks)
{
  const struct error *first = mistakes->count > 0 ? &mistakes->list[0] : NULL;
  struct json_buffer out = JSON_BUFFER_INIT;

  answer_begin (&out, first ? "error" : "valid",
                first ? refusal_name (first->id) : NULL,
                first ? first->message : NULL);
  answer_checks (&out, checks);
  answer_end (&out, to);
}

int
policy_check (FILE *to, FILE *complaints, const char *file, bool drop_in,
              bool json, struct error *err)
{
  enum policy_file kind = file == NULL                    ? POLICY_TRUSTED
                          : drop_in || is_drop_in (file) ? POLICY_DROP_IN
                                                          : POLICY_DRAFT;
  cleanup_policy struct policy *policy = NULL;
  cleanup_mistakes struct mistakes mistakes = MISTAKES_INIT;
  cleanup_checks struct checks checks = CHECKS_INIT;

  (void) err;
  policy_examine (file ? file : POLICY_PATH, kind, &policy, &mistakes);
  for (size_t i = 0; i < mistakes.count; i++)
    {
      checks_add (&checks, refusal_name (mistakes.list[i].id), CHECK_FAILS,
                  "%s", mistakes.list[i].message);
      fprintf (complaints, "oci-hostnet: %s\n", mistakes.list[i].message);
    }
  if (policy != NULL)
    look_for_idle (policy, kind == POLICY_DROP_IN, &checks);
  if (json)
    show_json_checks (to, &mistakes, &checks);
  else if (policy != NULL)
    for (size_t i = 0; i < checks.count; i++)
      fprintf (to, "warning: %s\n", checks.list[i].reason);
  return mistakes.count > 0 ? 3 : 0;
}
