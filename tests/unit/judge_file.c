/* SPDX-License-Identifier: Apache-2.0 */
/* judge_file CALLER [POLICY [BUNDLE]]: a configuration on standard input; what becomes of
 * it on standard output: the text (exit 0), or `refused ID` (exit 1).  On standard error what
 * is told of it besides: `reported ID`, `observed edited`, `observed ID` or `observed`. */
#include <config.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "libhostnet/io.h"
#include "libhostnet/judge.h"

static const char *const callers[]
    = { "apply", "run", "create", "restore", "precreate", "guard" };

/* The first of several reports has the id. */
static void
tell (const struct judgement *judgement)
{
  const struct observation *observation = &judgement->observation;

  if (judgement->decision.report.id != REFUSAL_NONE)
    fprintf (stderr, "reported %s\n",
             refusal_name (judgement->decision.report.id));
  if (observation->observed)
    fprintf (stderr, "observed%s%s\n",
             observation->would_edit                     ? " edited"
             : observation->refused.id != REFUSAL_NONE ? " "
                                                         : "",
             observation->refused.id != REFUSAL_NONE
                 ? refusal_name (observation->refused.id)
                 : "");
}

int
main (int argc, char *argv[])
{
  cleanup_error struct error err = ERROR_INIT;
  cleanup_judgement struct judgement judgement = JUDGEMENT_INIT;
  cleanup_free char *text = NULL, *edited = NULL;
  size_t length = 0;
  enum caller caller = CALLER_APPLY;

  const char *policy = argc > 2 ? argv[2] : "{\"version\":1}";

  for (unsigned i = 0; argc > 1 && i < sizeof callers / sizeof *callers; i++)
    if (strcmp (argv[1], callers[i]) == 0)
      caller = (enum caller) i;
  if (read_all (STDIN_FILENO, JSON_MAX_BYTES, &text, &length) != 0
      || policy_parse (policy, strlen (policy), "test", &judgement.policy, &err)
             < 0
      || judge (text, length, argc > 3 ? argv[3] : NULL, caller, 0,
                &judgement, &err) < 0)
    {
      printf ("refused %s\n", refusal_name (err.id));
      return 1;
    }
  tell (&judgement);
  if (judgement.decision.verdict == VERDICT_EDIT)
    edited = judgement_apply (&judgement, &length);
  return fwrite (edited ? edited : text, 1, length, stdout) != length;
}
