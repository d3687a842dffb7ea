/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "answer.h"

#include <stdlib.h>

void
answer_begin (struct json_buffer *out, const char *verdict,
              const char *reason_id, const char *reason)
{
  json_buffer_add (out, "{\"schema\":1,\"verdict\":\"%s\",\"reason_id\":\"%s\","
                        "\"reason\":",
                   verdict, reason_id ? reason_id : "");
  json_buffer_string (out, reason ? reason : "");
  json_buffer_text (out, ",\"edits\":[");
}

void
answer_checks (struct json_buffer *out, const struct checks *checks)
{
  json_buffer_text (out, "],\"checks\":");
  checks_add_json (out, checks ? checks : &(struct checks)CHECKS_INIT);
}

void
answer_end (struct json_buffer *out, FILE *to)
{
  json_buffer_text (out, "}\n");
  fputs (out->text, to);
  free (out->text);
}

void
answer_of_checks (FILE *to, const char *verdict, const struct checks *checks)
{
  struct json_buffer out = JSON_BUFFER_INIT;

  answer_begin (&out, verdict, NULL, NULL);
  answer_checks (&out, checks);
  answer_end (&out, to);
}
