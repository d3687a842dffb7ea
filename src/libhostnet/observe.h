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
  /* When refused: the policy's members that would let the container run, as
   * JSON; without any that does, `mode` alone (owned, or NULL). */
  char *settings;
};

#define OBSERVATION_INIT { false, false, ERROR_INIT, NULL }

/* What decide() came to, from RESULT and ERR, as what would have been: empties
 * ERR, and makes DECISION one that leaves the container alone. */
void observe (const struct policy_settings *settings,
              const struct engine_verdict *engine,
              const struct json_doc *config, const struct request *request,
              const struct facts *facts, int result,
              struct decision *decision, struct observation *observation,
              struct error *err);

/* The same where what decide() needs could not be found out: no setting
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
