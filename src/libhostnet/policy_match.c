/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "policy_match.h"

#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

#include "policy_parts.h"
#include "request.h"

/* ---- the container ---- */

/* Where an engine's part of Kubernetes writes what it knows of the pod, behind
 * all that the pod says itself (FACTS 8; containerd
 * internal/cri/annotations/annotations.go). */
static const struct
{
  enum engine engine;
  const char *pod_namespace, *pod;
} pod_keys[] = {
  { ENGINE_CRIO, "io.kubernetes.pod.namespace", "io.kubernetes.pod.name" },
  { ENGINE_CONTAINERD_CRI, "io.kubernetes.cri.sandbox-namespace",
    "io.kubernetes.cri.sandbox-name" },
};

/* The annotations that the engine of a sure verdict writes last; whatever else
 * begins alike may be the pod's own word: CRI-O passes all of its annotations
 * on, containerd what it is told to. */
static const struct
{
  enum engine engine;
  const char *key;
} engine_keys[] = {
  { ENGINE_CRIO, "io.kubernetes.pod.namespace" },
  { ENGINE_CRIO, "io.kubernetes.pod.name" },
  { ENGINE_CRIO, "io.kubernetes.pod.uid" },
  { ENGINE_CRIO, "io.kubernetes.container.name" },
  { ENGINE_CONTAINERD_CRI, "io.kubernetes.cri.sandbox-namespace" },
  { ENGINE_CONTAINERD_CRI, "io.kubernetes.cri.sandbox-name" },
  { ENGINE_CONTAINERD_CRI, "io.kubernetes.cri.sandbox-uid" },
  { ENGINE_CONTAINERD_CRI, "io.kubernetes.cri.sandbox-id" },
  { ENGINE_CONTAINERD_CRI, "io.kubernetes.cri.container-type" },
  { ENGINE_CONTAINERD_CRI, "io.kubernetes.cri.container-name" },
};

static const char *
value_of (const struct policy_subject *subject, const char *key)
{
  for (size_t i = 0; i < subject->annotation_count; i++)
    if (strcmp (subject->keys[i], key) == 0)
      return subject->values[i];
  return NULL;
}

static void
read_annotations (const struct json_doc *config, json_node annotations,
                  struct policy_subject *subject)
{
  size_t count = 0;

  for (json_node n = json_first (config, annotations); n != JSON_NONE;
       n = json_next (config, n))
    count++;
  subject->keys = xcalloc (count + 1, sizeof *subject->keys);
  subject->values = xcalloc (count + 1, sizeof *subject->values);
  for (json_node n = json_first (config, annotations); n != JSON_NONE;
       n = json_next (config, n))
    if (json_kind (config, n) == JSON_STRING) /* no runtime takes another */
      {
        subject->keys[subject->annotation_count] = json_key (config, n);
        subject->values[subject->annotation_count++]
            = json_string (config, n);
      }
}

static void
read_args (const struct json_doc *config, json_node process,
           struct policy_subject *subject)
{
  json_node args;
  size_t count = 0;

  if (json_get (config, process, "args", JSON_ARRAY, &args, NULL) <= 0)
    return;
  for (json_node n = json_first (config, args); n != JSON_NONE;
       n = json_next (config, n))
    count++;
  subject->args = xcalloc (count + 1, sizeof *subject->args);
  subject->args_known = true;
  for (json_node n = json_first (config, args); n != JSON_NONE;
       n = json_next (config, n))
    if (json_kind (config, n) == JSON_STRING)
      subject->args[subject->arg_count++] = json_string (config, n);
    else
      subject->args_known = false;
}

void
policy_subject_read (const struct json_doc *config, json_node annotations,
                     json_node process, const struct engine_verdict *engine,
                     struct policy_subject *subject)
{
  *subject = (struct policy_subject){
    .kubernetes = engine->kubernetes,
    .sure = engine_surely_kubernetes (engine),
    .engine = engine->engine,
  };
  read_annotations (config, annotations, subject);
  read_args (config, process, subject);
  for (size_t i = 0; i < sizeof pod_keys / sizeof *pod_keys; i++)
    if ((!subject->sure || pod_keys[i].engine == engine->engine)
        && subject->pod_namespace == NULL)
      {
        subject->pod_namespace
            = value_of (subject, pod_keys[i].pod_namespace);
        subject->pod = value_of (subject, pod_keys[i].pod);
      }
  subject->service_account = value_of (subject, REQUEST_SERVICE_ACCOUNT);
}

void
policy_subject_clear (struct policy_subject *subject)
{
  for (size_t i = 0; i < subject->annotation_count; i++)
    {
      free (subject->keys[i]);
      free (subject->values[i]);
    }
  for (size_t i = 0; i < subject->arg_count; i++)
    free (subject->args[i]);
  free (subject->keys);
  free (subject->values);
  free (subject->args);
  *subject = (struct policy_subject) POLICY_SUBJECT_INIT;
}

/* ---- the rule ---- */

/* fnmatch() fails otherwise only when out of memory; most patterns are plain
 * words, which cost a tenth that way. */
static bool
glob_matches (const char *pattern, const char *text)
{
  int result;

  if (strpbrk (pattern, "*?[\\") == NULL)
    return strcmp (pattern, text) == 0;
  result = fnmatch (pattern, text, 0);
  if (result != 0 && result != FNM_NOMATCH)
    abort ();
  return result == 0;
}

static bool
one_matches (const struct globs *globs, const char *text)
{
  for (size_t i = 0; i < globs->count; i++)
    if (glob_matches (globs->list[i], text))
      return true;
  return false;
}

/* Only engines should write what begins so. */
static const char engines[] = "io.kubernetes.";

bool
policy_key_can_be_sure (const char *key_pattern, bool outside)
{
  size_t literal = strcspn (key_pattern, "*?[\\");

  if (literal < strlen (engines)
      || strncmp (key_pattern, engines, strlen (engines)) != 0)
    return true;
  for (size_t i = 0;
       !outside && i < sizeof engine_keys / sizeof *engine_keys; i++)
    if (glob_matches (key_pattern, engine_keys[i].key))
      return true;
  return false;
}

/* What only an engine should write, and everybody can where no engine of
 * Kubernetes overwrites it. */
static bool
may_be_forged (const struct policy_subject *subject, const char *key)
{
  if (strncmp (key, engines, strlen (engines)) != 0)
    return false;
  for (size_t i = 0; i < sizeof engine_keys / sizeof *engine_keys; i++)
    if (subject->sure && engine_keys[i].engine == subject->engine
        && strcmp (engine_keys[i].key, key) == 0)
      return false;
  return true;
}

static enum rule_match
match_annotation (const struct annotation_glob *glob,
                  const struct policy_subject *subject)
{
  enum rule_match best = RULE_NO;

  for (size_t i = 0; i < subject->annotation_count; i++)
    if (glob_matches (glob->key, subject->keys[i])
        && glob_matches (glob->value, subject->values[i]))
      {
        if (!may_be_forged (subject, subject->keys[i]))
          return RULE_YES;
        best = RULE_UNSURE;
      }
  return best;
}

static enum rule_match
match_args (const struct globs *args, const struct policy_subject *subject)
{
  if (!subject->args_known)
    return RULE_UNSURE;
  if (args->count != subject->arg_count)
    return RULE_NO;
  for (size_t i = 0; i < args->count; i++)
    if (!glob_matches (args->list[i], subject->args[i]))
      return RULE_NO;
  return RULE_YES;
}

/* Where it is not sure who wrote them, a label of one engine must not hide that
 * of another. */
static bool
namespace_matches (const struct globs *globs,
                   const struct policy_subject *subject)
{
  if (subject->sure)
    return subject->pod_namespace != NULL
           && one_matches (globs, subject->pod_namespace);
  for (size_t i = 0; i < sizeof pod_keys / sizeof *pod_keys; i++)
    {
      const char *value = value_of (subject, pod_keys[i].pod_namespace);

      if (value != NULL && one_matches (globs, value))
        return true;
    }
  return false;
}

static const char maybe_kubernetes[]
    = "whether it is of Kubernetes, which annotations alone say";

/* The kubelet tells a runtime no service account; where the policy says that
 * admission checks the annotation, it is as good as one that it tells. */
static enum rule_match
match_kubernetes (const struct policy *policy, const struct rule *rule,
                  const struct policy_subject *subject, const char **what)
{
  *what = "the container is not known to be of Kubernetes";
  if (!subject->kubernetes)
    return RULE_NO;
  *what = "the pod's namespace";
  if (rule->namespaces.count > 0
      && !namespace_matches (&rule->namespaces, subject))
    return RULE_NO;
  *what = "the pod's service account, which the annotation "
          "`" REQUEST_SERVICE_ACCOUNT "` tells";
  if (rule->service_accounts.count > 0
      && (subject->service_account == NULL
          || !one_matches (&rule->service_accounts,
                           subject->service_account)))
    return RULE_NO;
  if (rule->service_accounts.count > 0 && !policy->admission)
    return RULE_UNSURE;
  *what = maybe_kubernetes;
  return subject->sure ? RULE_YES : RULE_UNSURE;
}

/* A pod's author cannot take the engine's own marks away, so that none is sure;
 * but who writes one gets out of nothing that is stricter. */
static enum rule_match
match_outside (const struct policy_subject *subject, const char **what)
{
  *what = subject->sure ? "the container is of Kubernetes" : maybe_kubernetes;
  if (!subject->kubernetes)
    return RULE_YES;
  return subject->sure ? RULE_NO : RULE_UNSURE;
}

/* Takes in what one condition said. */
static void
add_condition (enum rule_match *match, enum rule_match one, const char *what,
               char **why)
{
  if (*match == RULE_NO || one == RULE_YES
      || (*match == RULE_UNSURE && one == RULE_UNSURE))
    return;
  *match = one;
  if (why != NULL)
    {
      free (*why);
      *why = xstrndup (what, strlen (what));
    }
}

enum rule_match
policy_rule_match (const struct policy *policy, const struct rule *rule,
                   const struct policy_subject *subject, char **why)
{
  enum rule_match match = RULE_YES;
  const char *what;

  if (why != NULL)
    *why = NULL;
  if (rule->kubernetes || rule->outside)
    {
      enum rule_match one
          = rule->outside ? match_outside (subject, &what)
                          : match_kubernetes (policy, rule, subject, &what);

      add_condition (&match, one, what, why);
    }
  for (size_t i = 0; match != RULE_NO && i < rule->glob_count; i++)
    {
      enum rule_match one = match_annotation (&rule->globs[i], subject);
      cleanup_free char *name
          = one == RULE_YES || why == NULL
                ? NULL
                : xasprintf ("the annotation `%s`",
                             escape (rule->globs[i].key).text);

      add_condition (&match, one, name ? name : "", why);
    }
  if (match != RULE_NO && rule->args.count > 0)
    add_condition (&match, match_args (&rule->args, subject), "the args", why);
  return match;
}

/* ---- what it says ---- */

static struct policy_settings
settings_of (const struct policy *policy, const struct rule *rule)
{
  const struct rule *fallback = &policy->fallback;
  struct policy_settings settings = { 0 };

  for (unsigned s = 0; s < SETTINGS; s++) /* built in is 0 for each */
    {
      policy_set (&settings, (enum setting) s,
                  rule->set[s] ? rule->value[s] : fallback->value[s]);
      if (rule->set[s] || fallback->set[s])
        settings.said |= 1U << s;
    }
  settings.subordinate = rule->subordinate != NULL ? rule->subordinate
                                                   : fallback->subordinate;
  if (rule->listen_set || fallback->listen_set)
    settings.listen[settings.listen_count++]
        = rule->listen_set ? &rule->listen : &fallback->listen;
  if (rule != fallback || fallback->file != NULL)
    settings.rule = rule;
  return settings;
}

/* What both may, and nothing where that would be more lists than there is
 * room for. */
static void
restrict_listen (struct policy_settings *settings,
                 const struct policy_settings *other)
{
  static const struct port_list none = PORT_LIST_INIT;

  if (other->listen_count == 0)
    return;
  for (size_t i = 0; i < settings->listen_count; i++)
    if (settings->listen[i] == other->listen[0])
      return;
  if (settings->listen_count < LISTEN_LISTS)
    settings->listen[settings->listen_count++] = other->listen[0];
  else
    settings->listen[0] = &none;
}

static void
make_stricter (struct policy_settings *settings,
               const struct policy_settings *other)
{
  for (unsigned s = 0; s < SETTINGS; s++)
    policy_set (settings, (enum setting) s,
                setting_stricter ((enum setting) s,
                                  policy_get (settings, (enum setting) s),
                                  policy_get (other, (enum setting) s)));
  settings->said |= other->said;
  if (settings->subordinate == NULL)
    settings->subordinate = other->subordinate;
  restrict_listen (settings, other);
}

struct policy_settings
policy_settings_for (const struct policy *policy,
                     const struct policy_subject *subject)
{
  const struct rule *rule = &policy->fallback;
  struct policy_settings settings;
  cleanup_free size_t *unsure = NULL;
  size_t unsure_count = 0;

  for (size_t i = 0; i < policy->rule_count; i++)
    {
      enum rule_match match
          = policy_rule_match (policy, &policy->rules[i], subject, NULL);

      if (match == RULE_UNSURE)
        {
          unsure = xrealloc (unsure, (unsure_count + 1) * sizeof *unsure);
          unsure[unsure_count++] = i;
        }
      else if (match == RULE_YES)
        {
          rule = &policy->rules[i];
          break;
        }
    }
  settings = settings_of (policy, rule);
  for (size_t i = 0; i < unsure_count; i++)
    {
      struct policy_settings other
          = settings_of (policy, &policy->rules[unsure[i]]);

      make_stricter (&settings, &other);
    }
  return settings;
}
