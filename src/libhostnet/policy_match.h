/* SPDX-License-Identifier: Apache-2.0 */
/* Which rule of the policy is a container's. */
#ifndef HOSTNET_POLICY_MATCH_H
#define HOSTNET_POLICY_MATCH_H

#include "engine.h"
#include "policy.h"

/* What rules look at.  Owned but for what is borrowed from the arguments of
 * policy_subject_read(). */
struct policy_subject
{
  size_t annotation_count;
  char **keys, **values; /* of the annotations that are strings */
  char **args;           /* process.args */
  size_t arg_count;
  bool args_known;       /* false: of the process nothing is known */
  bool kubernetes;       /* something says so, */
  bool sure;             /* and its author had no hand in it: */
  enum engine engine;    /* then one of Kubernetes' */
  const char *pod_namespace, *pod, *service_account; /* or NULL */
};

#define POLICY_SUBJECT_INIT { 0 }
#define cleanup_subject __attribute__ ((cleanup (policy_subject_clear)))

/* PROCESS is the process object of CONFIG or JSON_NONE: nothing is known of
 * it; ANNOTATIONS is the annotations object or JSON_NONE. */
void policy_subject_read (const struct json_doc *config, json_node annotations,
                          json_node process,
                          const struct engine_verdict *engine,
                          struct policy_subject *subject);
void policy_subject_clear (struct policy_subject *subject);

enum rule_match
{
  RULE_NO,
  RULE_YES,
  RULE_UNSURE /* only what a container's author may have forged says so */
};

/* WHY, unless NULL, gets what decided, for a person; the caller frees. */
enum rule_match policy_rule_match (const struct policy *policy,
                                   const struct rule *rule,
                                   const struct policy_subject *subject,
                                   char **why);

/* Whether an annotation whose key KEY_PATTERN fits can be somebody's word that
 * counts: false where only engines should write it and none writes it last, as
 * none does OUTSIDE of Kubernetes. */
bool policy_key_can_be_sure (const char *key_pattern, bool outside);

/* What the first matching rule says, else the default, else what is built in,
 * member by member.  A rule of which it is unsure whether it matches counts
 * together with the first behind it that does: of both, the stricter value of
 * each member. */
struct policy_settings policy_settings_for (const struct policy *policy,
                                            const struct policy_subject *subject);

#endif
