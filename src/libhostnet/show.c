/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "show.h"

#include <stdlib.h>

#include "answer.h"
#include "checks.h"

void
show_add_edits (struct json_buffer *out, const struct judgement *j)
{
  for (size_t i = 0; i < j->decision.edits.count; i++)
    {
      const struct json_edit *edit = &j->decision.edits.list[i];
      cleanup_free char *pointer
          = json_pointer (&j->config, edit->node, edit->key);

      json_buffer_add (out, "%s{\"path\":", i > 0 ? "," : "");
      json_buffer_string (out, pointer);
      json_buffer_add (out, ",\"op\":\"%s\",\"why\":", edit->op);
      json_buffer_string (out, edit->why ? edit->why : "");
      json_buffer_add (out, "}");
    }
}

void
show_json (FILE *to, const struct judgement *j, const struct error *err)
{
  struct json_buffer out = JSON_BUFFER_INIT;
  cleanup_checks struct checks ways = CHECKS_INIT;
  const char *reason = err != NULL ? err->message : "";
  const char *id = err != NULL ? refusal_name (err->id) : "";
  const char *verdict = "untouched";
  cleanup_free char *observed
      = err == NULL && j->observation.observed
            ? observation_sentence (&j->observation, &j->decision)
            : NULL;

  if (err != NULL)
    verdict = refusal_exit_status (err->id) == 1 ? "refused" : "error";
  else if (j->observation.observed)
    verdict = "observed";
  else if (j->decision.verdict == VERDICT_EDIT)
    verdict = "edited";
  else if (j->decision.report.message != NULL)
    verdict = "reported";
  if (err == NULL && j->decision.report.message != NULL)
    reason = j->decision.report.message;
  if (observed != NULL)
    {
      reason = observed;
      id = refusal_name (j->observation.refused.message != NULL
                             ? j->observation.refused.id
                             : j->decision.report.id);
    }
  answer_begin (&out, verdict, id, reason);
  if (err == NULL)
    show_add_edits (&out, j);
  for (size_t i = 0; j != NULL && i < j->facts.ways.count; i++)
    checks_add (&ways, refusal_name (j->facts.ways.list[i].id), CHECK_WAY_OUT,
                "%s", j->facts.ways.list[i].sentence);
  answer_checks (&out, &ways);
  answer_end (&out, to);
}

void
show_text (FILE *to, const struct judgement *j, const struct error *err)
{
  cleanup_free char *observed
      = j->observation.observed
            ? observation_sentence (&j->observation, &j->decision)
            : NULL;

  (void) err;
  if (observed != NULL)
    fprintf (to, "observe %s\n", observed);
  for (size_t i = 0; i < j->decision.edits.count; i++)
    {
      const struct json_edit *edit = &j->decision.edits.list[i];
      cleanup_free char *pointer
          = json_pointer (&j->config, edit->node, edit->key);

      fprintf (to, "%-7s %s: %s\n", edit->op, escape (pointer).text,
               edit->why ? edit->why : "");
    }
  for (size_t i = 0; i < j->facts.ways.count; i++)
    fprintf (to, "way out %s\n", j->facts.ways.list[i].sentence);
  if (observed == NULL && j->decision.report.message != NULL)
    fprintf (to, "report  %s\n", j->decision.report.message);
}
