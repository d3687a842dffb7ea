/* SPDX-License-Identifier: Apache-2.0 */
/* Any text as a policy, and what it says of a few containers.  For libFuzzer
 * (run.sh), and replay.c for the corpus. */
#include <config.h>

#include "fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "libhostnet/policy_match.h"
#include "libhostnet/policy_parts.h"

/* The containers.  The second differs from the first by labels of Kubernetes
 * that nobody vouches for. */
static const struct
{
  const char *config;
  struct engine_verdict engine;
} containers[] = {
#define ARGS "\"process\":{\"args\":[\"a\",\"b\"]}"
#define LABELS                                                                \
  "\"io.kubernetes.pod.namespace\":\"kube-system\","                          \
  "\"io.kubernetes.cri.sandbox-namespace\":\"x\","                            \
  "\"io.kubernetes.cri-o.Name\":\"x\""
#define ACCOUNT "\"io.oci-hostnet.service-account\":\"x\""
  { "{\"annotations\":{}," ARGS "}", { ENGINE_PODMAN, false, true } },
  { "{\"annotations\":{" LABELS "}," ARGS "}", { ENGINE_CRIO, true, false } },
  { "{\"annotations\":{" LABELS "," ACCOUNT "}," ARGS "}",
    { ENGINE_CRIO, true, true } },
  { "{\"annotations\":{" LABELS "," ACCOUNT ",\"a\":\"b\"}}",
    { ENGINE_CONTAINERD_CRI, true, true } },
};
enum { CONTAINERS = sizeof containers / sizeof *containers };

static struct policy_subject subjects[CONTAINERS];

static void
read_subjects (void)
{
  for (size_t i = 0; i < CONTAINERS; i++)
    {
      cleanup_json struct json_doc doc = JSON_DOC_INIT;
      json_node annotations, process;

      MUST (json_index (&doc, containers[i].config,
                        strlen (containers[i].config), false, NULL)
            == 0);
      json_get (&doc, 0, "annotations", JSON_OBJECT, &annotations, NULL);
      json_get (&doc, 0, "process", JSON_OBJECT, &process, NULL);
      policy_subject_read (&doc, annotations, process, &containers[i].engine,
                           &subjects[i]);
    }
}

/* A word, a set of words, or what is built in. */
static bool
is_value (enum setting setting, unsigned value)
{
  unsigned all = 0;

  if (value == 0)
    return true;
  for (const struct choice *c = setting_words[setting].choices; c->name; c++)
    {
      if (c->value == value)
        return true;
      all |= c->value;
    }
  return setting == SETTING_CAPABILITIES && (value & ~all) == 0;
}

static void
check_rules (const struct policy *policy)
{
  for (size_t r = 0; r < policy->rule_count; r++)
    for (size_t i = 0; i < CONTAINERS; i++)
      {
        cleanup_free char *why = NULL;
        enum rule_match match = policy_rule_match (policy, &policy->rules[r],
                                                   &subjects[i], &why);

        MUST (policy->rules[r].number > 0 && policy->rules[r].line > 0);
        MUST ((match == RULE_YES) == (why == NULL));
        /* of the first nothing is unsure */
        MUST (i != 0 || match != RULE_UNSURE);
      }
}

static void
check_settings (const struct policy *policy)
{
  struct policy_settings settings[CONTAINERS];

  for (size_t i = 0; i < CONTAINERS; i++)
    {
      cleanup_free char *name = NULL;

      settings[i] = policy_settings_for (policy, &subjects[i]);
      name = policy_rule_name (&settings[i]);
      MUST (name[0] != '\0');
      MUST (settings[i].said >> SETTINGS == 0);
      for (unsigned s = 0; s < SETTINGS; s++)
        {
          struct json_buffer text = JSON_BUFFER_INIT;
          unsigned value = policy_get (&settings[i], (enum setting) s);

          MUST (is_value ((enum setting) s, value));
          json_buffer_text (&text, "");
          setting_value ((enum setting) s, value, &text);
          free (text.text);
        }
    }
  /* forged labels loosen nothing */
  for (unsigned s = 0; s < SETTINGS; s++)
    {
      unsigned plain = policy_get (&settings[0], (enum setting) s);
      unsigned forged = policy_get (&settings[1], (enum setting) s);

      MUST (setting_stricter ((enum setting) s, forged, plain) == forged);
    }
  MUST (settings[0].rule == settings[1].rule);
  MUST (settings[0].subordinate == NULL
        || settings[0].subordinate == settings[1].subordinate);
}

static void
check (const char *text, size_t length, bool drop_in)
{
  cleanup_policy struct policy *policy = policy_new ();
  cleanup_error struct error err = ERROR_INIT;
  int result
      = policy_read (text, length, "p", drop_in, policy, &policy->broken, &err);

  MUST ((result < 0) == (err.id != REFUSAL_NONE));
  if (result < 0 || policy_complete (policy, &err) < 0)
    {
      MUST (err.id != REFUSAL_NONE && err.message != NULL);
      return;
    }
  MUST (err.id == REFUSAL_NONE);
  MUST (policy_runtime (policy) == NULL || policy_runtime (policy)[0] == '/');
  MUST (policy_observes (policy) || !policy_observes_all (policy));
  check_rules (policy);
  check_settings (policy);
}

int
fuzz_policy (const uint8_t *data, size_t size)
{
  const char *text = (const char *) data;

  if (subjects[0].keys == NULL)
    read_subjects ();
  check (text, size, false);
  check (text, size, true);
  return 0;
}
