/* SPDX-License-Identifier: Apache-2.0 */
/* judge_file CALLER [POLICY [BUNDLE]]: a configuration on standard input; what becomes of
 * it on standard output: the text (exit 0), or `refused ID` (exit 1). */
#include <config.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "libhostnet/bundle.h"
#include "libhostnet/judge.h"

static const char *const callers[]
    = { "apply", "run", "create", "restore", "precreate", "guard" };

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
  edited = judgement_apply (&judgement, &length);
  return fwrite (edited, 1, length, stdout) != length;
}
