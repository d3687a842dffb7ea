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

/* One for each `when`; of use where one of those seen would be refused. */
struct suggested_rule
{
  char *when;            /* JSON; the key */
  bool of_pods;          /* these come first: the others are for any args */
  bool needed;
  struct seen *seen;
  size_t seen_count;
  struct policy *policy; /* made of SEEN, has one rule: the settings */
  struct lines who;
};

struct suggestion
{
  struct suggested_rule *rules;
  size_t count, needed; /* these come first when sorted */
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

static void
rule_clear (struct suggested_rule *rule)
{
  free (rule->when);
  policy_free (rule->policy);
  for (size_t i = 0; i < rule->seen_count; i++)
    {
      policy_free (rule->seen[i].policy);
      free (rule->seen[i].who);
    }
  free (rule->seen);
  lines_clear (&rule->who);
}

void
suggestion_free (struct suggestion *suggestion)
{
  if (suggestion == NULL)
    return;
  for (size_t i = 0; i < suggestion->count; i++)
    rule_clear (&suggestion->rules[i]);
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
  if (rule->listen_set)
    {
      json_buffer_add (out, "%s\"listen\": ", separator);
      listen_value (&rule->listen, out);
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

/* POLICY, what it runs with, is taken over. */
static void
add_rule (struct suggestion *suggestion, const struct record *observed,
          const char *time, const char *when, struct policy *policy,
          bool refused)
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
      };
    }
  rule->needed |= refused;
  rule->seen = xrealloc (rule->seen,
                         (rule->seen_count + 1) * sizeof *rule->seen);
  rule->seen[rule->seen_count++]
      = (struct seen){ policy, suggestion_matter (observed),
                       suggestion_bears_strict (observed),
                       describe (observed, time, NULL) };
  lines_add (&rule->who, describe (observed, time, NULL));
}

/* A reason alone may be that of a report; exec has none of these. */
static bool
is_refused (const struct record *observed)
{
  static const char refused[] = OBSERVED_REFUSED;

  return (observed->reason_id != NULL && observed->command != NULL
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
  bool refused;

  if (observed->kind != RECORD_OBSERVED)
    return;
  refused = is_refused (observed);
  when = suggestion_when (observed);
  policy = suggestion_settings (observed->settings);
  why = why_unhelped (observed, when, policy);
  if (!refused)
    lines_add (&suggestion->edited, describe (observed, time, NULL));
  else if (why != NULL)
    lines_add (&suggestion->unhelped, describe (observed, time, why));
  if (why == NULL)
    add_rule (suggestion, observed, time, when, policy, refused);
  else
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

  if (x->needed != y->needed)
    return y->needed - x->needed;
  return x->of_pods != y->of_pods ? y->of_pods - x->of_pods
                                  : strcmp (x->when, y->when);
}

static int
by_who (const void *a, const void *b)
{
  const struct seen *x = a, *y = b;

  return strcmp (x->who, y->who);
}

static void
finish (struct suggestion *suggestion)
{
  if (suggestion->count > 0)
    qsort (suggestion->rules, suggestion->count, sizeof *suggestion->rules,
           by_when);
  suggestion->needed = 0;
  while (suggestion->needed < suggestion->count
         && suggestion->rules[suggestion->needed].needed)
    {
      struct suggested_rule *rule = &suggestion->rules[suggestion->needed++];

      qsort (rule->seen, rule->seen_count, sizeof *rule->seen, by_who);
      policy_free (rule->policy);
      rule->policy = suggestion_merge (rule->seen, rule->seen_count);
    }
}

char *
suggestion_rules (struct suggestion *suggestion)
{
  struct json_buffer out = JSON_BUFFER_INIT;

  finish (suggestion);
  json_buffer_text (&out, "[");
  for (size_t i = 0; i < suggestion->needed; i++)
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

/* Who would be stricter with the policy as it is. */
static void
write_losses (const struct suggested_rule *rule, FILE *to)
{
  struct lines losses = { NULL, 0 };

  for (size_t i = 0; i < rule->seen_count; i++)
    {
      cleanup_free char *what
          = suggestion_loss (&rule->policy->rules[0], &rule->seen[i]);

      if (what != NULL)
        lines_add (&losses, xasprintf ("Here %s of: %s", what,
                                       rule->seen[i].who));
    }
  lines_write (&losses, "    ", SIZE_MAX, to);
  lines_clear (&losses);
}

static void
write_rule (struct suggested_rule *rule, bool last, FILE *to)
{
  struct json_buffer out = JSON_BUFFER_INIT;
  const struct rule *settings = &rule->policy->rules[0];

  lines_write (&rule->who, "    ", MOST_LINES, to);
  write_losses (rule, to);
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
  finish (suggestion);
  fputs ("{\n  \"version\": 1,\n  \"rules\": [\n", to);
  for (size_t i = 0; i < suggestion->needed; i++)
    write_rule (&suggestion->rules[i], i + 1 == suggestion->needed, to);
  fputs ("  ]\n}\n", to);
}
