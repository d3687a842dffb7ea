/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "suggestion.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "observe.h"
#include "policy_parts.h"
#include "suggestion_parts.h"

/* Lines of comment, each once. */
struct lines
{
  char **list;
  size_t count;
};

/* One for each `when`. */
struct suggested_rule
{
  char *when;            /* JSON; the key */
  bool of_pods;          /* these come first: the others are for any args */
  struct policy *policy; /* has one rule: the settings */
  struct lines who;
};

struct suggestion
{
  struct suggested_rule *rules;
  size_t count;
  struct lines edited, unhelped, notes;
};

struct suggestion *
suggestion_new (void)
{
  return xcalloc (1, sizeof (struct suggestion));
}

static void
lines_clear (struct lines *lines)
{
  for (size_t i = 0; i < lines->count; i++)
    free (lines->list[i]);
  free (lines->list);
}

void
suggestion_free (struct suggestion *suggestion)
{
  if (suggestion == NULL)
    return;
  for (size_t i = 0; i < suggestion->count; i++)
    {
      free (suggestion->rules[i].when);
      policy_free (suggestion->rules[i].policy);
      lines_clear (&suggestion->rules[i].who);
    }
  free (suggestion->rules);
  lines_clear (&suggestion->edited);
  lines_clear (&suggestion->unhelped);
  lines_clear (&suggestion->notes);
  free (suggestion);
}

/* ---- comments ---- */

/* All of TEXT, and not only the first ESCAPE_CHARACTERS of it. */
static void
add_shown (struct json_buffer *out, const char *text)
{
  size_t left = strlen (text);

  while (left > 0)
    {
      size_t piece = left < ESCAPE_CHARACTERS ? left : ESCAPE_CHARACTERS;

      /* not through the middle of a character */
      while (piece < left && piece > 1 && (text[piece] & 0xC0) == 0x80)
        piece--;
      json_buffer_text (out, escape_n (text, piece).text);
      text += piece;
      left -= piece;
    }
}

static void
add_part (struct json_buffer *out, const char *before, const char *text,
          const char *after)
{
  if (text == NULL || text[0] == '\0')
    return;
  json_buffer_text (out, before);
  add_shown (out, text);
  json_buffer_text (out, after);
}

/* The caller frees. */
static char *
describe (const struct record *observed, const char *time, const char *more)
{
  struct json_buffer out = JSON_BUFFER_INIT;
  const char *container = observed->container;

  add_part (&out, "", time, " ");
  add_part (&out, "container `", container ? container : "?", "`");
  add_part (&out, " of ", observed->engine, "");
  add_part (&out, ", pod `", observed->pod, "`");
  add_part (&out, " in the namespace `", observed->pod_namespace, "`");
  add_part (&out, ", service account `", observed->service_account, "`");
  add_part (&out, ", ", observed->command, "");
  add_part (&out, ": ", observed->message, "");
  add_part (&out, " (", observed->reason_id, ")");
  add_part (&out, "; ", more, "");
  return out.text;
}

/* LINE is taken over. */
static void
lines_add (struct lines *lines, char *line)
{
  for (size_t i = 0; i < lines->count; i++)
    if (strcmp (lines->list[i], line) == 0)
      {
        free (line);
        return;
      }
  lines->list
      = xrealloc (lines->list, (lines->count + 1) * sizeof *lines->list);
  lines->list[lines->count++] = line;
}

static int
by_text (const void *a, const void *b)
{
  return strcmp (*(char *const *) a, *(char *const *) b);
}

static void
lines_write (struct lines *lines, const char *indent, size_t most, FILE *to)
{
  size_t shown = lines->count > most ? most : lines->count;

  if (lines->count > 0)
    qsort (lines->list, lines->count, sizeof *lines->list, by_text);
  for (size_t i = 0; i < shown; i++)
    fprintf (to, "%s// %s\n", indent, lines->list[i]);
  if (shown < lines->count)
    fprintf (to, "%s// and %zu more\n", indent, lines->count - shown);
}

/* ---- settings ---- */

/* A policy with one rule, whose settings are SETTINGS; NULL: they are none. */
static struct policy *
read_settings (const char *settings)
{
  struct policy *policy = NULL;
  cleanup_free char *text = NULL;
  size_t length = settings != NULL ? strlen (settings) : 0;

  if (length < 2 || settings[0] != '{' || settings[length - 1] != '}')
    return NULL;
  text = xasprintf ("{\"version\":1,\"rules\":["
                    "{\"when\":{\"always\":true}%s%.*s}]}",
                    length > 2 ? "," : "", (int) length - 2, settings + 1);
  if (policy_parse (text, strlen (text), "settings", &policy, NULL) < 0)
    return NULL;
  if (policy->rule_count != 1)
    {
      policy_free (policy);
      return NULL;
    }
  return policy;
}

static unsigned
laxer (enum setting setting, unsigned a, unsigned b)
{
  if (setting == SETTING_LOCK)
    return a & b;
  if (setting == SETTING_CAPABILITIES)
    return a | b;
  return setting_stricter (setting, a, b) == a ? b : a;
}

/* Of two containers that nothing tells apart both have to run. */
static void
loosen (struct rule *rule, const struct rule *other)
{
  for (unsigned s = 0; s < SETTINGS; s++)
    {
      enum setting setting = (enum setting) s;

      if (!rule->set[s] && !other->set[s])
        continue;
      /* who does not say it has what is built in, which is 0 */
      rule->value[s] = laxer (setting, rule->value[s], other->value[s]);
      rule->set[s] = setting_has_word (setting, rule->value[s]);
    }
  if (rule->subordinate != NULL
      && (other->subordinate == NULL
          || strcmp (rule->subordinate, other->subordinate) != 0))
    {
      free (rule->subordinate);
      rule->subordinate = NULL;
    }
}

static void
add_settings (struct json_buffer *out, const struct rule *rule,
              const char *separator)
{
  for (unsigned s = 0; s < SETTINGS; s++)
    if (rule->set[s])
      {
        json_buffer_add (out, "%s\"%s\": ", separator, setting_words[s].name);
        setting_value ((enum setting) s, rule->value[s], out);
      }
  if (rule->subordinate != NULL)
    {
      json_buffer_add (out, "%s\"subordinate\": ", separator);
      json_buffer_string (out, rule->subordinate);
    }
}

/* ---- the whole ---- */

static struct suggested_rule *
find_rule (struct suggestion *suggestion, const char *when)
{
  for (size_t i = 0; i < suggestion->count; i++)
    if (strcmp (suggestion->rules[i].when, when) == 0)
      return &suggestion->rules[i];
  return NULL;
}

static void
add_rule (struct suggestion *suggestion, const struct record *observed,
          const char *time, const char *when, struct policy *policy)
{
  struct suggested_rule *rule = find_rule (suggestion, when);

  if (rule == NULL)
    {
      suggestion->rules
          = xrealloc (suggestion->rules,
                      (suggestion->count + 1) * sizeof *suggestion->rules);
      rule = &suggestion->rules[suggestion->count++];
      *rule = (struct suggested_rule){
        .when = xstrndup (when, strlen (when)),
        .of_pods = suggestion_is_of_pod (observed),
        .policy = policy,
      };
    }
  else
    {
      loosen (&rule->policy->rules[0], &policy->rules[0]);
      policy_free (policy);
    }
  lines_add (&rule->who, describe (observed, time, NULL));
}

/* A reason alone may be that of a report; exec has none of these. */
static bool
is_refused (const struct record *observed)
{
  static const char refused[] = OBSERVED_REFUSED;

  return observed->settings != NULL
         || (observed->reason_id != NULL && observed->command != NULL
             && strcmp (observed->command, "exec") == 0)
         || (observed->message != NULL
             && strncmp (observed->message, refused, strlen (refused)) == 0);
}

/* NULL: a rule with WHEN and POLICY's settings helps. */
static const char *
why_unhelped (const struct record *observed, const char *when,
              const struct policy *policy)
{
  if (policy == NULL)
    return "no rule changes that";
  if (suggestion_may_be_of_pod (observed))
    return "it may be a pod's, and of which namespace is not sure: write a "
           "rule by hand";
  return when != NULL ? NULL
                      : "its args are not known, or were cut: write a rule by "
                        "hand";
}

void
suggestion_add (struct suggestion *suggestion, const struct record *observed,
                const char *time)
{
  cleanup_free char *when = NULL;
  struct policy *policy;
  const char *why;

  if (observed->kind != RECORD_OBSERVED)
    return;
  if (!is_refused (observed))
    {
      lines_add (&suggestion->edited, describe (observed, time, NULL));
      return;
    }
  when = suggestion_when (observed);
  policy = read_settings (observed->settings);
  why = why_unhelped (observed, when, policy);
  if (why == NULL)
    {
      add_rule (suggestion, observed, time, when, policy);
      return;
    }
  lines_add (&suggestion->unhelped, describe (observed, time, why));
  policy_free (policy);
}

void
suggestion_note (struct suggestion *suggestion, const char *sentence)
{
  lines_add (&suggestion->notes, xstrndup (sentence, strlen (sentence)));
}

static int
by_when (const void *a, const void *b)
{
  const struct suggested_rule *x = a, *y = b;

  return x->of_pods != y->of_pods ? y->of_pods - x->of_pods
                                  : strcmp (x->when, y->when);
}

static void
sort (struct suggestion *suggestion)
{
  if (suggestion->count > 0)
    qsort (suggestion->rules, suggestion->count, sizeof *suggestion->rules,
           by_when);
}

char *
suggestion_rules (struct suggestion *suggestion)
{
  struct json_buffer out = JSON_BUFFER_INIT;

  sort (suggestion);
  json_buffer_text (&out, "[");
  for (size_t i = 0; i < suggestion->count; i++)
    {
      json_buffer_add (&out, "%s{\"when\": ", i > 0 ? "," : "");
      json_buffer_text (&out, suggestion->rules[i].when);
      add_settings (&out, &suggestion->rules[i].policy->rules[0], ", ");
      json_buffer_text (&out, "}");
    }
  json_buffer_text (&out, "]");
  return out.text;
}

enum { MOST_LINES = 8 };

static void
write_rule (struct suggested_rule *rule, bool last, FILE *to)
{
  struct json_buffer out = JSON_BUFFER_INIT;
  const struct rule *settings = &rule->policy->rules[0];

  lines_write (&rule->who, "    ", MOST_LINES, to);
  if (settings->set[SETTING_MODE]
      && settings->value[SETTING_MODE] == MODE_OBSERVE)
    fputs ("    // No setting lets it run: it stays observed, and unlocked, as "
           "long as this rule is here.\n",
           to);
  json_buffer_add (&out, "    {\n      \"when\": ");
  json_buffer_text (&out, rule->when);
  add_settings (&out, settings, ",\n      ");
  json_buffer_add (&out, "\n    }%s\n", last ? "" : ",");
  fputs (out.text, to);
  free (out.text);
}

void
suggestion_write (struct suggestion *suggestion, FILE *to)
{
  fputs ("// Made by `oci-hostnet policy suggest`: what was observed would "
         "run under these rules, and nothing else.\n"
         "// Read each before it goes to policy.d: whoever starts containers "
         "elsewhere than in Kubernetes chooses their args.\n",
         to);
  lines_write (&suggestion->notes, "", SIZE_MAX, to);
  if (suggestion->edited.count > 0)
    fputs ("// Needs no rule:\n", to);
  lines_write (&suggestion->edited, "", SIZE_MAX, to);
  if (suggestion->unhelped.count > 0)
    fputs ("// Would be REFUSED all the same:\n", to);
  lines_write (&suggestion->unhelped, "", SIZE_MAX, to);
  sort (suggestion);
  fputs ("{\n  \"version\": 1,\n  \"rules\": [\n", to);
  for (size_t i = 0; i < suggestion->count; i++)
    write_rule (&suggestion->rules[i], i + 1 == suggestion->count, to);
  fputs ("  ]\n}\n", to);
}
