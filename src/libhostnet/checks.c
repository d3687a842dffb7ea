/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "checks.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* Colours: console_codes(4), "ECMA-48 Select Graphic Rendition". */
static const struct
{
  const char *word, *colour;
} verdicts[] = {
  [CHECK_HOLDS] = { "holds", "\033[32m" },
  [CHECK_CONSTRUCTION] = { "holds", "\033[32m" },
  [CHECK_FAILS] = { "fails", "\033[31m" },
  [CHECK_WAY_OUT] = { "way out", "\033[31m" },
  [CHECK_UNSEEN] = { "not seen", "\033[33m" },
  [CHECK_NOTE] = { "note", "" },
  [CHECK_OK] = { "ok", "\033[32m" },
  [CHECK_WARN] = { "warn", "\033[33m" },
  [CHECK_FAIL] = { "fail", "\033[31m" },
  [CHECK_UNKNOWN] = { "unknown", "\033[33m" },
};

void
checks_add (struct checks *checks, const char *id, enum check_verdict verdict,
            const char *reason, ...)
{
  char *text;
  va_list args;

  va_start (args, reason);
  text = xvasprintf (reason, args);
  va_end (args);
  checks->list
      = xrealloc (checks->list, (checks->count + 1) * sizeof *checks->list);
  checks->list[checks->count++] = (struct check){ id, verdict, text, NULL };
}

void
checks_mend (struct checks *checks, const char *mend, ...)
{
  struct check *last = &checks->list[checks->count - 1];
  va_list args;

  free (last->mend);
  va_start (args, mend);
  last->mend = xvasprintf (mend, args);
  va_end (args);
}

bool
checks_hold (const struct checks *checks)
{
  for (size_t i = 0; i < checks->count; i++)
    if (checks->list[i].verdict != CHECK_HOLDS
        && checks->list[i].verdict != CHECK_CONSTRUCTION
        && checks->list[i].verdict != CHECK_NOTE)
      return false;
  return checks->count > 0;
}

const char *const checks_words[] = { "locked", "by construction", NULL };

static bool
begins_word (const char *text)
{
  for (size_t w = 0; checks_words[w] != NULL; w++)
    if (strncasecmp (text, checks_words[w], strlen (checks_words[w])) == 0)
      return true;
  return false;
}

/* Written as escape() writes what must not be seen. */
void
checks_mask (struct checks *checks)
{
  for (size_t i = 0; !checks_hold (checks) && i < checks->count; i++)
    {
      struct json_buffer text = JSON_BUFFER_INIT;
      const char *at = checks->list[i].reason;

      json_buffer_text (&text, "");
      for (; *at != '\0'; at++)
        if (begins_word (at))
          json_buffer_add (&text, "\\x%02x", (unsigned char) *at);
        else
          json_buffer_bytes (&text, at, 1);
      free (checks->list[i].reason);
      checks->list[i].reason = text.text;
    }
}

const char *
checks_word (const struct checks *checks)
{
  if (!checks_hold (checks))
    return "open";
  for (size_t i = 0; i < checks->count; i++)
    if (checks->list[i].verdict == CHECK_CONSTRUCTION)
      return "by construction";
  return "locked";
}

void
checks_show (FILE *to, const struct checks *checks, bool colour)
{
  for (size_t i = 0; i < checks->count; i++)
    {
      const struct check *check = &checks->list[i];

      fprintf (to, "%-13s %s%-8s%s %s\n", check->id,
               colour ? verdicts[check->verdict].colour : "",
               verdicts[check->verdict].word, colour ? "\033[0m" : "",
               check->reason);
      if (check->mend != NULL)
        fprintf (to, "%-22s -> %s\n", "", check->mend);
    }
}

void
checks_add_json (struct json_buffer *out, const struct checks *checks)
{
  json_buffer_text (out, "[");
  for (size_t i = 0; i < checks->count; i++)
    {
      const struct check *check = &checks->list[i];

      json_buffer_add (out, "%s{\"id\":", i > 0 ? "," : "");
      json_buffer_string (out, check->id);
      json_buffer_add (out, ",\"verdict\":\"%s\",\"reason\":",
                       verdicts[check->verdict].word);
      json_buffer_string (out, check->reason);
      if (check->mend != NULL)
        {
          json_buffer_text (out, ",\"mend\":");
          json_buffer_string (out, check->mend);
        }
      json_buffer_text (out, "}");
    }
  json_buffer_text (out, "]");
}

void
checks_clear (struct checks *checks)
{
  for (size_t i = 0; i < checks->count; i++)
    {
      free (checks->list[i].reason);
      free (checks->list[i].mend);
    }
  free (checks->list);
  *checks = (struct checks)CHECKS_INIT;
}
