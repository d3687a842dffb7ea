/* SPDX-License-Identifier: Apache-2.0 */
/* `mode: observe` of the policy: what would have been done, and what the policy
 * would have to say for the container to run. */
#ifndef HOSTNET_OBSERVE_H
#define HOSTNET_OBSERVE_H

#include "decide.h"

struct observation
{
  bool observed;        /* the policy says so; all that follows is of that */
  bool would_edit;      /* the edits stay in the decision, for a person */
  struct error refused; /* what would have been refused, or nothing */
  /* The policy's members under which the container runs, as JSON: its own when
   * nothing would have been refused, else those that would let it run, or those
   * and `mode` when none does (owned, or NULL). */
  char *settings;
  bool runs;                      /* under these: */
  struct policy_settings running; /* what they say */
  bool bears_strict; /* the lock strict besides would not refuse it */
};

#define OBSERVATION_INIT { .refused = ERROR_INIT }

/* What decide() came to, from RESULT and ERR, as what would have been: empties
 * ERR, and makes DECISION one that leaves the container alone. */
void observe (const struct policy_settings *settings,
              const struct engine_verdict *engine,
              const struct json_doc *config, const struct request *request,
              const struct facts *facts, int result,
              struct decision *decision, struct observation *observation,
              struct error *err);

/* Looks whether the container would run with the lock strict as well.  FACTS
 * have the ways under that lock. */
void observe_strict (const struct engine_verdict *engine,
                     const struct json_doc *config,
                     const struct request *request, const struct facts *facts,
                     struct observation *observation);

/* As observe() where what decide() needs could not be found out: no setting
 * helps. */
void observe_unknown (const struct policy_settings *settings,
                      struct observation *observation, struct error *err);

/* The same for what was refused before the policy could be asked. */
void observe_refusal (struct observation *observation, struct error *err);

/* How it begins when it is about a refusal. */
#define OBSERVED_REFUSED "observed, and would be refused: "

/* One sentence of it, or NULL when nothing would have been done; the caller
 * frees. */
char *observation_sentence (const struct observation *observation,
                            const struct decision *decision);

void observation_clear (struct observation *observation);

#endif
