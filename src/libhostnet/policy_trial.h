/* SPDX-License-Identifier: Apache-2.0 */
/* What would become of a configuration, for the commands that only ask. */
#ifndef HOSTNET_POLICY_TRIAL_H
#define HOSTNET_POLICY_TRIAL_H

#include "judge.h"

enum outcome_kind
{
  OUTCOME_UNTOUCHED,
  OUTCOME_EDITED,
  OUTCOME_REPORTED, /* left as it is, and told */
  OUTCOME_REFUSED
};

struct outcome
{
  enum outcome_kind kind;
  bool observed;   /* only observed: what would have been */
  enum refusal id; /* of what is refused or told */
  char *reason;    /* owned, or NULL */
};
#define OUTCOME_INIT { OUTCOME_UNTOUCHED, false, REFUSAL_NONE, NULL }
#define cleanup_outcome __attribute__ ((cleanup (outcome_clear)))

void outcome_clear (struct outcome *outcome);
const char *outcome_name (const struct outcome *outcome);
/* For a person; the caller frees. */
char *outcome_words (const struct outcome *outcome);
bool outcome_same (const struct outcome *a, const struct outcome *b);

/* What is tried.  All is borrowed. */
struct trial
{
  char *text;      /* of the configuration, owned */
  size_t length;
  char *directory; /* where it lies, owned */
  enum caller caller;
  bool elsewhere;  /* on another machine, by root */
  bool engine_given;
  struct engine_verdict engine;
  struct policy *policy;
  const struct policy_settings *settings; /* instead of the policy's, or NULL */
};
#define TRIAL_INIT { .caller = CALLER_CREATE }
#define cleanup_trial __attribute__ ((cleanup (trial_clear)))

/* PATH is a configuration or the directory of a bundle, whoever wrote it:
 * nothing will be run from it. */
int trial_read (struct trial *trial, const char *path, struct error *err);
/* NAME is one of trial_engines: the verdict that the runtime would reach when
 * that one called it with this configuration.  Negative: it is none. */
int trial_set_engine (struct trial *trial, const char *name);
int trial_set_caller (struct trial *trial, const char *name);
extern const char trial_engines[], trial_callers[]; /* for a person */
void trial_clear (struct trial *trial);

/* JUDGEMENT is to be cleared before the policy is. */
void trial_judge (const struct trial *trial, struct judgement *judgement,
                  struct outcome *outcome);

/* A draft, or the policy when it is NULL, complete. */
int trial_policy (const char *draft, struct policy **policy,
                  struct error *err);

#endif
