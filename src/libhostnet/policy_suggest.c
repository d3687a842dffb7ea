/* SPDX-License-Identifier: Apache-2.0 */
/* `policy suggest`: from what was observed to a drop-in. */
#include <config.h>

#include "policy_commands.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "json.h"
#include "suggestion.h"

static int
add (const struct observed *observed, void *arg, struct error *err)
{
  (void) err;
  suggestion_add (arg, observed);
  return 0;
}

static void
show_json_rules (FILE *to, struct suggestion *suggestion)
{
  cleanup_free char *rules = suggestion_rules (suggestion);

  fprintf (to,
           "{\"schema\":1,\"verdict\":\"suggested\",\"reason_id\":\"\","
           "\"reason\":\"\",\"edits\":[],\"checks\":[],\"rules\":%s}\n",
           rules);
}

static int
suggest (FILE *to, FILE *in, const char *name, bool json, struct error *err)
{
  struct suggestion *suggestion = suggestion_new ();
  unsigned unreadable;
  int result = observed_read (in, add, suggestion, &unreadable, err);

  if (result == 0 && unreadable > 0)
    result = error_refuse (err, SENTENCE_policy_observations,
                           escape (name).text, unreadable);
  if (result == 0 && json)
    show_json_rules (to, suggestion);
  else if (result == 0)
    suggestion_write (suggestion, to);
  suggestion_free (suggestion);
  return result;
}

int
policy_suggest (FILE *to, const char *file, bool json, struct error *err)
{
  FILE *in;
  int result;

  if (file == NULL || strcmp (file, "-") == 0)
    return suggest (to, stdin, "standard input", json, err);
  in = fopen (file, "re");
  if (in == NULL)
    return error_system (err, errno, SENTENCE_policy_table_unreadable,
                         escape (file).text);
  result = suggest (to, in, file, json, err);
  fclose (in);
  return result;
}
