/* SPDX-License-Identifier: Apache-2.0 */
/* Which containers a suggested rule is for. */
#include <config.h>

#include "suggestion_parts.h"

#include <stdlib.h>
#include <string.h>

/* The Unicode character of LENGTH bytes. */
static unsigned
code_of (const unsigned char *text, size_t length)
{
  unsigned code = length == 1   ? text[0]
                  : length == 2 ? text[0] & 0x1Fu
                  : length == 3 ? text[0] & 0x0Fu
                                : text[0] & 0x07u;

  for (size_t i = 1; i < length; i++)
    code = code << 6 | (text[i] & 0x3Fu);
  return code;
}

/* TEXT as a JSON string that may be shown: what would turn the text or control
 * a terminal has a backslash and its number. */
static void
add_string (struct json_buffer *out, const char *text)
{
  size_t left = strlen (text);

  json_buffer_text (out, "\"");
  while (left > 0)
    {
      bool plain;
      size_t step = escape_next (text, left, &plain);
      unsigned code = code_of ((const unsigned char *) text, step);

      if (plain && (*text == '"' || *text == '\\'))
        json_buffer_text (out, "\\");
      if (plain)
        json_buffer_bytes (out, text, step);
      else if (code > 0xFFFF)
        json_buffer_add (out, "\\u%04x\\u%04x",
                         0xD800 + ((code - 0x10000) >> 10),
                         0xDC00 + ((code - 0x10000) & 0x3FF));
      else
        json_buffer_add (out, "\\u%04x", code);
      text += step;
      left -= step;
    }
  json_buffer_text (out, "\"");
}

/* A pattern that TEXT alone matches. */
static void
add_pattern (struct json_buffer *out, const char *text)
{
  struct json_buffer pattern = JSON_BUFFER_INIT;

  json_buffer_text (&pattern, "");
  for (; *text != '\0'; text++)
    {
      if (strchr ("*?[\\", *text) != NULL)
        json_buffer_text (&pattern, "\\");
      json_buffer_bytes (&pattern, text, 1);
    }
  add_string (out, pattern.text);
  free (pattern.text);
}

/* Negative: nobody can tell which args it has, or there are none. */
static int
add_args (struct json_buffer *out, const char *args)
{
  cleanup_json struct json_doc doc = JSON_DOC_INIT;

  if (args == NULL
      || json_index (&doc, args, strlen (args), false, NULL) < 0
      || json_kind (&doc, 0) != JSON_ARRAY || json_first (&doc, 0) == JSON_NONE)
    return -1;
  json_buffer_text (out, "\"args\": [");
  for (json_node n = json_first (&doc, 0); n != JSON_NONE;
       n = json_next (&doc, n))
    {
      cleanup_free char *arg = NULL;

      if (json_kind (&doc, n) != JSON_STRING)
        return -1;
      arg = json_string (&doc, n);
      json_buffer_text (out, n == json_first (&doc, 0) ? "" : ", ");
      add_pattern (out, arg);
    }
  json_buffer_text (out, "]");
  return 0;
}

/* The engine's name may be the word of the container's author. */
bool
suggestion_is_of_pod (const struct record *observed)
{
  return observed->pod_namespace != NULL && observed->sure != NULL
         && strcmp (observed->sure, "yes") == 0;
}

bool
suggestion_may_be_of_pod (const struct record *observed)
{
  return observed->sure != NULL && !suggestion_is_of_pod (observed);
}

char *
suggestion_when (const struct record *observed)
{
  struct json_buffer out = JSON_BUFFER_INIT;

  json_buffer_text (&out, "{ ");
  if (suggestion_is_of_pod (observed))
    {
      json_buffer_text (&out, "\"kubernetes\": { \"namespaces\": [");
      add_pattern (&out, observed->pod_namespace);
      json_buffer_text (&out, "] }, ");
    }
  else
    json_buffer_text (&out, "\"kubernetes\": false, ");
  if (add_args (&out, observed->args) < 0)
    {
      free (out.text);
      return NULL;
    }
  json_buffer_text (&out, " }");
  return out.text;
}

