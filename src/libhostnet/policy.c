/* SPDX-License-Identifier: Apache-2.0 */
/* The policy as a whole: policy.json, its drop-ins, what is built in. */
#include <config.h>

#include "policy.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "policy_parts.h"

struct policy *
policy_new (void)
{
  struct policy *policy = xmalloc (sizeof *policy);

  *policy = (struct policy) { .broken = ERROR_INIT };
  return policy;
}

static void
globs_clear (struct globs *globs)
{
  for (size_t i = 0; i < globs->count; i++)
    free (globs->list[i]);
  free (globs->list);
}

static void
rule_clear (struct rule *rule)
{
  for (size_t i = 0; i < rule->glob_count; i++)
    {
      free (rule->globs[i].key);
      free (rule->globs[i].value);
    }
  free (rule->globs);
  globs_clear (&rule->args);
  globs_clear (&rule->namespaces);
  globs_clear (&rule->service_accounts);
  free (rule->subordinate);
  port_list_clear (&rule->listen);
}

static void
names_clear (char **names, size_t count)
{
  for (size_t i = 0; i < count; i++)
    free (names[i]);
  free (names);
}

void
policy_free (struct policy *policy)
{
  if (policy == NULL)
    return;
  for (size_t i = 0; i < policy->rule_count; i++)
    rule_clear (&policy->rules[i]);
  rule_clear (&policy->fallback);
  free (policy->rules);
  names_clear (policy->files, policy->file_count);
  free (policy->runtime);
  free (policy->path);
  error_clear (&policy->broken);
  free (policy);
}

void
cleanup_policyp (struct policy **policy)
{
  policy_free (*policy);
}

const char *
policy_runtime (const struct policy *policy)
{
  return policy->runtime;
}

void
mistakes_add (struct mistakes *mistakes, struct error *mistake)
{
  mistakes->list
      = xrealloc (mistakes->list,
                  (mistakes->count + 1) * sizeof *mistakes->list);
  mistakes->list[mistakes->count++] = *mistake;
  *mistake = (struct error) ERROR_INIT;
}

void
mistakes_clear (struct mistakes *mistakes)
{
  for (size_t i = 0; i < mistakes->count; i++)
    error_clear (&mistakes->list[i]);
  free (mistakes->list);
  *mistakes = (struct mistakes) MISTAKES_INIT;
}

/* A policy that does not exist is the built-in one. */
static int
load (const char *path, enum policy_file kind, struct mistakes *mistakes,
      struct policy **policy, struct error *err)
{
  cleanup_policy struct policy *result = policy_new ();
  cleanup_free char *text = NULL;
  size_t length = 0;
  bool trusted = kind == POLICY_TRUSTED;
  int there = trusted ? policy_file_read (path, &text, &length, err)
                      : policy_file_read_any (path, &text, &length, err);

  result->mistakes = mistakes;
  if (there < 0
      || (there > 0
          && policy_read (text, length, path, kind == POLICY_DROP_IN, result,
                          &result->broken, err)
                 < 0))
    return -1;
  result->path = xstrndup (path, strlen (path));
  if (there == 0 && !trusted)
    return error_system (err, ENOENT, SENTENCE_policy_unreadable,
                         escape (path).text);
  *policy = result;
  result = NULL;
  return 0;
}

int
policy_load (const char *path, struct policy **policy, struct error *err)
{
  return load (path, POLICY_TRUSTED, NULL, policy, err);
}

int
policy_draft (const char *path, struct policy **policy, struct error *err)
{
  if (load (path, POLICY_DRAFT, NULL, policy, err) < 0)
    return -1;
  free ((*policy)->path);
  (*policy)->path = NULL;
  return 0;
}

/* The rules of drop-ins come first, in order of name, so that a rule for
 * everybody in policy.json stays the last word. */
static int
read_drop_ins (struct policy *policy, char *const *names, size_t count,
               struct error *err)
{
  size_t own = policy->rule_count, added;

  for (size_t i = 0; i < count; i++)
    {
      cleanup_free char *text = NULL;
      size_t length = 0;
      int there = policy_file_read (names[i], &text, &length, err);

      /* one that went since the directory was read is one that is not there */
      if (there > 0)
        policy_read (text, length, names[i], true, policy, err, err);
      if (err->id == REFUSAL_NONE)
        continue;
      if (policy->mistakes == NULL)
        return -1;
      mistakes_add (policy->mistakes, err);
    }
  added = policy->rule_count - own;
  if (added > 0 && own > 0)
    {
      struct rule *rules = xmalloc (policy->rule_count * sizeof *rules);

      memcpy (rules, policy->rules + own, added * sizeof *rules);
      memcpy (rules + added, policy->rules, own * sizeof *rules);
      free (policy->rules);
      policy->rules = rules;
    }
  return 0;
}

int
policy_complete (struct policy *policy, struct error *err)
{
  static const char suffix[] = ".json";
  cleanup_free char *directory = NULL;
  char **names = NULL;
  size_t count = 0, stem;
  int result;

  if (policy->broken.id != REFUSAL_NONE)
    return error_refuse (err, policy->broken.id, "%s", policy->broken.message);
  if (policy->complete || policy->path == NULL)
    return 0;
  stem = strlen (policy->path);
  if (stem > strlen (suffix)
      && strcmp (policy->path + stem - strlen (suffix), suffix) == 0)
    stem -= strlen (suffix);
  directory = xasprintf ("%.*s.d", (int) stem, policy->path);
  result = policy_file_list (directory, &names, &count, &policy->broken);
  if (result == 0)
    result = read_drop_ins (policy, names, count, &policy->broken);
  names_clear (names, count);
  if (result < 0) /* and once more when asked again */
    return error_refuse (err, policy->broken.id, "%s", policy->broken.message);
  policy->complete = true;
  return 0;
}

void
policy_examine (const char *path, enum policy_file kind,
                struct policy **policy, struct mistakes *mistakes)
{
  cleanup_policy struct policy *result = NULL;
  cleanup_error struct error err = ERROR_INIT;

  if (load (path, kind, mistakes, &result, &err) < 0
      || (kind == POLICY_TRUSTED && policy_complete (result, &err) < 0))
    mistakes_add (mistakes, &err);
  if (mistakes->count > 0)
    return;
  result->mistakes = NULL;
  *policy = result;
  result = NULL;
}

int
policy_parse (const char *text, size_t length, const char *name_for_messages,
              struct policy **policy, struct error *err)
{
  cleanup_policy struct policy *result = policy_new ();

  if (policy_read (text, length, name_for_messages, false, result,
                   &result->broken, err)
          < 0
      || policy_complete (result, err) < 0)
    return -1;
  *policy = result;
  result = NULL;
  return 0;
}

static enum policy_mode
mode_of (const struct policy *policy, const struct rule *rule)
{
  return (enum policy_mode) (rule->set[SETTING_MODE]
                                 ? rule->value[SETTING_MODE]
                                 : policy->fallback.value[SETTING_MODE]);
}

bool
policy_observes_all (const struct policy *policy)
{
  bool all = mode_of (policy, &policy->fallback) == MODE_OBSERVE;

  for (size_t i = 0; i < policy->rule_count; i++)
    all &= mode_of (policy, &policy->rules[i]) == MODE_OBSERVE;
  return all;
}

bool
policy_observes (const struct policy *policy)
{
  bool any = mode_of (policy, &policy->fallback) == MODE_OBSERVE;

  for (size_t i = 0; i < policy->rule_count; i++)
    any |= mode_of (policy, &policy->rules[i]) == MODE_OBSERVE;
  return any;
}

char *
policy_rule_name (const struct policy_settings *settings)
{
  const struct rule *rule = settings->rule;

  if (rule == NULL)
    return xasprintf ("built in");
  if (rule->number == 0)
    return xasprintf ("%s: default", escape (rule->file).text);
  return xasprintf ("%s: rule %u, line %u", escape (rule->file).text,
                    rule->number, rule->line);
}
