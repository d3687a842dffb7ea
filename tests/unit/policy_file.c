/* SPDX-License-Identifier: Apache-2.0 */
/* policy_file policy|drop-in: policies on standard input, a NUL behind each; for each
 * one line on standard output: `accepted`, or `refused ID`. */
#include <config.h>

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "libhostnet/io.h"
#include "libhostnet/policy_parts.h"

static void
judge_text (const char *text, size_t length, bool drop_in)
{
  cleanup_policy struct policy *policy = policy_new ();
  cleanup_error struct error err = ERROR_INIT;
  int result
      = policy_read (text, length, "p", drop_in, policy, &policy->broken, &err);

  if (result == 0)
    result = policy_complete (policy, &err);
  if (result == 0)
    puts ("accepted");
  else
    printf ("refused %s\n", refusal_name (err.id));
}

int
main (int argc, char *argv[])
{
  cleanup_free char *texts = NULL;
  size_t length = 0, at = 0;

  if (argc != 2 || read_all (STDIN_FILENO, JSON_MAX_BYTES, &texts, &length) != 0)
    return 2;
  while (at < length)
    {
      size_t one = strnlen (texts + at, length - at);

      judge_text (texts + at, one, strcmp (argv[1], "drop-in") == 0);
      at += one + 1;
    }
  return 0;
}
