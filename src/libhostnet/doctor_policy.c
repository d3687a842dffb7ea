/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "doctor_facts.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "policy_parts.h"
#include "subordinate.h"

static void
look_at_ids (struct doctor_policy *found, const struct rule *rule)
{
  cleanup_error struct error err = ERROR_INIT;
  uint32_t first;

  if (rule->subordinate == NULL || found->ids != NULL)
    return;
  if (subordinate_read (&subordinate_uids, rule->subordinate, &first, &err) < 0
      || subordinate_read (&subordinate_gids, rule->subordinate, &first, &err)
             < 0)
    found->ids = xasprintf ("%s", err.message);
}

static void
take (struct doctor_policy *found, const struct policy *policy,
      const struct mistakes *mistakes)
{
  found->mistakes = mistakes->count;
  if (mistakes->count > 0)
    {
      const struct error *first = &mistakes->list[0];

      found->unreadable = first->id == REFUSAL_policy_unreadable
                          && first->system_errno == EACCES;
      found->mistake = xasprintf ("%s", first->message);
      return;
    }
  found->observes = policy_observes (policy);
  found->observes_all = policy_observes_all (policy);
  if (policy_runtime (policy) != NULL)
    found->runtime = xasprintf ("%s", policy_runtime (policy));
}

/* Why the policy is none, or NULL (the caller frees): what policy_examine()
 * would say, of another root. */
static char *
wrong_with_file (const struct doctor_facts *facts)
{
  struct doctor_program file = { .path = POLICY_PATH };
  char *wrong = NULL;

  if (facts->policy.there == SEEN_NO && doctor_is_link (facts, POLICY_PATH))
    return xasprintf ("`" POLICY_PATH "` is a symbolic link that leads "
                      "nowhere");
  doctor_look (facts, &file);
  if (file.foreign != NULL)
    wrong = xasprintf ("`" POLICY_PATH "` cannot be trusted: others than root "
                       "can write `%s`",
                       escape (file.foreign).text);
  free (file.foreign);
  return wrong;
}

/* Without its drop-ins, which come from several directories of this host. */
static void
read_elsewhere (struct doctor_facts *facts)
{
  struct doctor_policy *found = &facts->policy;
  cleanup_policy struct policy *policy = NULL;
  cleanup_mistakes struct mistakes mistakes = MISTAKES_INIT;
  cleanup_error struct error err = ERROR_INIT;
  cleanup_free char *text = NULL;
  size_t length = 0;

  found->mistake = wrong_with_file (facts);
  found->mistakes = found->mistake != NULL;
  if (found->there == SEEN_NO || found->mistake != NULL)
    return;
  text = doctor_text (facts, POLICY_PATH, POLICY_MAX_BYTES, &length);
  if (text == NULL && errno == EFBIG)
    {
      found->mistake = xasprintf ("`" POLICY_PATH "` is no regular file, or "
                                  "has more than %d bytes",
                                  POLICY_MAX_BYTES);
      found->mistakes = 1;
      return;
    }
  found->unreadable = text == NULL;
  if (text == NULL)
    return;
  if (policy_parse (text, length, POLICY_PATH, &policy, &err) < 0)
    mistakes_add (&mistakes, &err);
  take (&facts->policy, policy, &mistakes);
}

void
doctor_read_policy (struct doctor_facts *facts)
{
  cleanup_policy struct policy *policy = NULL;
  cleanup_mistakes struct mistakes mistakes = MISTAKES_INIT;

  facts->policy.there = doctor_there (facts, POLICY_PATH);
  if (facts->elsewhere)
    {
      read_elsewhere (facts);
      return;
    }
  policy_examine (POLICY_PATH, POLICY_TRUSTED, &policy, &mistakes);
  take (&facts->policy, policy, &mistakes);
  if (policy == NULL)
    return;
  look_at_ids (&facts->policy, &policy->fallback);
  for (size_t i = 0; i < policy->rule_count; i++)
    look_at_ids (&facts->policy, &policy->rules[i]);
}

static void
mend_policy (const struct doctor_facts *facts, struct checks *checks)
{
  cleanup_free char *word = doctor_shell_word (facts, POLICY_PATH);

  if (facts->elsewhere)
    checks_mend (checks, "oci-hostnet policy check %s", word ? word : "FILE");
  else
    checks_mend (checks, "oci-hostnet policy check");
}

void
doctor_check_policy (const struct doctor_facts *facts, struct checks *checks)
{
  const struct doctor_policy *policy = &facts->policy;

  if (policy->unreadable)
    {
      checks_add (checks, "policy", CHECK_UNKNOWN,
                  POLICY_PATH " cannot be read");
      doctor_mend_unseen (checks, facts);
    }
  else if (policy->mistake != NULL)
    {
      checks_add (checks, "policy", CHECK_FAIL, "%s%s", policy->mistake,
                  policy->mistakes > 1 ? " (and there is more)" : "");
      mend_policy (facts, checks);
    }
  else if (policy->observes_all)
    {
      checks_add (checks, "policy", CHECK_FAIL,
                  "it only observes: nothing is locked and nothing refused");
      checks_mend (checks, "take \"mode\": \"observe\" out of " POLICY_PATH
                           " (oci-hostnet policy suggest)");
    }
  else if (policy->observes)
    {
      checks_add (checks, "policy", CHECK_WARN,
                  "some containers are only observed, and not locked");
      checks_mend (checks, "take \"mode\": \"observe\" out of the rules that "
                           "have it");
    }
  else
    checks_add (checks, "policy", CHECK_OK, "%s",
                policy->there == SEEN_NO
                    ? "none at " POLICY_PATH ": what is built in holds"
                    : POLICY_PATH " is right");
}
