/* SPDX-License-Identifier: Apache-2.0 */
/* The steps that every program takes between a text and a decision. */
#ifndef HOSTNET_JUDGE_H
#define HOSTNET_JUDGE_H

#include "decide.h"

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
};

#define JUDGEMENT_INIT                                                        \
  { NULL, JSON_DOC_INIT, { JSON_NONE, false, false, false, LOCK_STANDARD, JSON_NONE, JSON_NONE },   \
    FACTS_INIT, DECISION_INIT, NULL }
#define cleanup_judgement __attribute__ ((cleanup (judgement_clear)))

/* Index, request, facts, decide.  POLICY may be loaded before (else the
 * built-in path is); TEXT must outlive JUDGEMENT; BUNDLE is where relative
 * paths start, or NULL. */
int judge (const char *text, size_t length, const char *bundle,
           enum caller caller, unsigned preserve_fds,
           struct judgement *judgement, struct error *err);

/* The edited text (caller frees). */
char *judgement_apply (struct judgement *judgement, size_t *length);

void judgement_clear (struct judgement *judgement);

#endif
