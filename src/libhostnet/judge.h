/* SPDX-License-Identifier: Apache-2.0 */
/* The steps that every program takes between a text and a decision. */
#ifndef HOSTNET_JUDGE_H
#define HOSTNET_JUDGE_H

#include "decide.h"
#include "observe.h"
#include "policy_match.h"

struct judgement
{
  struct policy *policy;
  struct json_doc config;
  struct request request;
  struct facts facts;
  struct decision decision;
  /* Given: what runs the container afterwards, or NULL: what the policy says
   * for `apply`, and not known for hooks. */
  const struct lowlevel *lowlevel;
  /* Given, for who asks what would be, or NULL: instead of what the marks and
   * the policy say. */
  const struct engine_verdict *engine_given;
  const struct policy_settings *settings_given;

  bool needs_policy; /* the rest has been found out: */
  struct policy_subject subject;
  struct engine_verdict engine;
  struct policy_settings settings; /* what the policy says */
  struct observation observation;  /* under `mode: observe` */
};

#define JUDGEMENT_INIT                                                        \
  { .config = JSON_DOC_INIT,                                                  \
    .request                                                                  \
    = { .annotations = JSON_NONE, .publish = JSON_NONE,                       \
        .applied = JSON_NONE, .listen = JSON_NONE, .connect = JSON_NONE },    \
    .facts = FACTS_INIT,                                                      \
    .decision = DECISION_INIT,                                                \
    .subject = POLICY_SUBJECT_INIT,                                           \
    .observation = OBSERVATION_INIT }
#define cleanup_judgement __attribute__ ((cleanup (judgement_clear)))

/* Index, request, facts, decide.  POLICY may be loaded before (else the
 * built-in path is); TEXT must outlive JUDGEMENT; BUNDLE is where relative
 * paths start, or NULL.  What the policy only observes is never refused, and
 * its verdict is VERDICT_LEAVE; then observation tells what would have been. */
int judge (const char *text, size_t length, const char *bundle,
           enum caller caller, unsigned preserve_fds,
           struct judgement *judgement, struct error *err);

/* The edited text (caller frees). */
char *judgement_apply (struct judgement *judgement, size_t *length);

void judgement_clear (struct judgement *judgement);

#endif
