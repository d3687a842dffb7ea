/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "checkpoint.h"

#include "bundle.h"
#include "container.h"
#include "judge.h"

int
checkpoint_check (enum runtime_dialect dialect, const struct runtime_cli *cli,
                  struct policy **policy, struct occasion *occasion,
                  struct error *err)
{
  cleanup_error struct error why = ERROR_INIT;
  cleanup_free char *directory = NULL;
  cleanup_bundle struct bundle bundle = BUNDLE_INIT;
  cleanup_judgement struct judgement judgement = JUDGEMENT_INIT;

  judgement.policy = *policy;
  *policy = NULL;
  /* engines restore from the bundle as it stands, or one like it */
  if (container_bundle (dialect, cli, &directory, &why) == 0
      && bundle_read (directory, &bundle, &why) == 0)
    judge (bundle.text, bundle.length, directory, CALLER_RESTORE, 0,
           &judgement, &why);
  /* of what is observed it is that which is to be told */
  if (judgement.observation.refused.id == REFUSAL_restore_refused)
    occasion_decided (occasion, &judgement);
  if (why.id != REFUSAL_restore_refused)
    return 0;
  occasion_note (occasion, &judgement);
  return error_refuse (err, SENTENCE_checkpoint_refused,
                       judgement.decision.asks ? "asks for" : "has");
}
