/* SPDX-License-Identifier: Apache-2.0 */
/* Docker has no drop-in directory: daemon.json gets a member, in its text, and
 * keeps every other byte.
 * https://docs.docker.com/reference/cli/dockerd/#daemon-configuration-file */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "configure_parts.h"
#include "json.h"

static const char outer[] = "runtimes", inner[] = "oci-hostnet";

static bool
is_blank (const char *text)
{
  return text[strspn (text, " \t\r\n")] == '\0';
}

/* A value in one line, whatever white space it was written with. */
static char *
in_one_line (const struct json_doc *doc, json_node node)
{
  const struct json_member *member = &doc->members[node];
  char *line = xmalloc (2 * (member->end - member->start) + 1), *to = line;
  bool inside = false;

  for (uint32_t i = member->start; i < member->end; i++)
    {
      char c = doc->text[i];

      if (inside && c == '\\')
        *to++ = doc->text[i++];
      else if (c == '"')
        inside = !inside;
      else if (!inside && strchr (" \t\r\n", c) != NULL)
        continue;
      *to++ = doc->text[i];
      if (!inside && (c == ':' || c == ','))
        *to++ = ' ';
    }
  *to = '\0';
  return line;
}

/* A null is taken for absent, but a second member of the name cannot be added.
 */
static int
find_member (const struct json_doc *doc, json_node object, const char *key,
             json_node *node, struct error *err)
{
  int found = json_get (doc, object, key, JSON_OBJECT, node, err);

  for (json_node n = json_first (doc, object); found == 0 && n != JSON_NONE;
       n = json_next (doc, n))
    if (json_key_is (doc, n, key))
      return error_refuse (err, SENTENCE_json_type, escape (key).text, "null",
                           "an object");
  return found;
}

/* Our member and the one around it; JSON_NONE where there is none. */
static int
find_ours (struct json_doc *doc, const char *text, json_node *runtimes,
           json_node *ours, struct error *err)
{
  *runtimes = *ours = JSON_NONE;
  if (json_index (doc, text, strlen (text), false, err) < 0)
    return -1;
  if (json_kind (doc, 0) != JSON_OBJECT)
    return error_refuse (err, SENTENCE_json_type, "/", "something else",
                         "an object");
  return find_member (doc, 0, outer, runtimes, err) < 0
                 || find_member (doc, *runtimes, inner, ours, err) < 0
             ? -1
             : 0;
}

/* TEXT with MEMBER ("KEY": VALUE) as the last one of OBJECT, spaced as the
 * first one is. */
static char *
with_member (const struct json_doc *doc, json_node object, const char *member)
{
  const struct json_member *around = &doc->members[object];
  size_t at = around->start + 1, space = 0;
  json_node first = json_first (doc, object);

  for (json_node n = first; n != JSON_NONE; n = json_next (doc, n))
    at = doc->members[n].end;
  if (first != JSON_NONE)
    space = doc->members[first].key_start - 1 - (around->start + 1);
  return xasprintf ("%.*s%s%.*s%s%s", (int) at, doc->text,
                    first != JSON_NONE ? "," : "", (int) space,
                    doc->text + around->start + 1, member, doc->text + at);
}

/* TEXT with what TEMPLATE has; a copy where it has it already. */
static int
merge (const char *template, const char *text, const char *shown,
       char **merged, struct error *err)
{
  cleanup_json struct json_doc doc = JSON_DOC_INIT;
  cleanup_json struct json_doc wanted = JSON_DOC_INIT;
  json_node runtimes, ours, wanted_runtimes, wanted_ours;
  cleanup_free char *value = NULL;
  cleanup_free char *there = NULL;
  cleanup_free char *member = NULL;

  if (find_ours (&wanted, template, &wanted_runtimes, &wanted_ours, err) < 0)
    return -1;
  if (find_ours (&doc, text, &runtimes, &ours, err) < 0)
    return error_wrap (err, "%s", shown);
  value = in_one_line (&wanted, wanted_ours);
  if (ours != JSON_NONE)
    {
      there = in_one_line (&doc, ours);
      if (strcmp (there, value) != 0)
        return error_refuse (err, SENTENCE_configure_part, shown);
      *merged = xstrndup (text, strlen (text));
      return 0;
    }
  if (runtimes == JSON_NONE)
    member = xasprintf ("\"%s\": {\"%s\": %s}", outer, inner, value);
  else
    member = xasprintf ("\"%s\": %s", inner, value);
  *merged = with_member (&doc, runtimes == JSON_NONE ? 0 : runtimes, member);
  return 0;
}

/* TEXT without our member, and without the one around it where that was ours
 * too: KEPT is what was there before us, or NULL. */
static char *
without_ours (const struct json_doc *doc, json_node runtimes, json_node ours,
              const char *kept)
{
  struct json_edits edits = JSON_EDITS_INIT;
  cleanup_json struct json_doc before = JSON_DOC_INIT;
  json_node had = JSON_NONE, unused, object = runtimes, gone = ours;
  cleanup_free bool *picked = NULL;
  size_t count = 0, length;
  char *text;

  if (kept != NULL)
    find_ours (&before, kept, &had, &unused, NULL);
  if (json_first (doc, runtimes) == ours && json_next (doc, ours) == JSON_NONE
      && had == JSON_NONE)
    {
      object = 0;
      gone = runtimes;
    }
  picked = xcalloc (doc->count, sizeof *picked);
  for (json_node n = json_first (doc, object); n != JSON_NONE;
       n = json_next (doc, n))
    picked[count++] = n == gone;
  json_remove_children (&edits, doc, object, picked, NULL);
  text = json_apply (doc, &edits, &length);
  json_edits_clear (&edits);
  return text;
}

/* What has our member already was never there before us. */
static bool
is_original (const char *text)
{
  cleanup_json struct json_doc doc = JSON_DOC_INIT;
  json_node runtimes, ours;

  return is_blank (text)
         || (find_ours (&doc, text, &runtimes, &ours, NULL) == 0
             && ours == JSON_NONE);
}

static int
undo_json (const char *template, const struct file_view *view,
           struct file_plan *plan, struct error *err)
{
  cleanup_json struct json_doc doc = JSON_DOC_INIT;
  cleanup_free char *again = NULL;
  const char *kept = view->kept;
  json_node runtimes, ours;

  if (view->now == NULL || is_blank (view->now))
    return plan_kept_alone (view, plan, err);
  if (find_ours (&doc, view->now, &runtimes, &ours, err) < 0)
    return error_wrap (err, "%s", view->shown);
  if (ours == JSON_NONE)
    return plan_kept_alone (view, plan, err);
  /* Refused where it is not what we write. */
  if (merge (template, view->now, view->shown, &again, err) < 0)
    return -1;
  if (kept != NULL && !is_original (kept))
    kept = NULL;
  plan->drop_kept = kept != NULL;
  if (kept == NULL && strcmp (view->now, template) == 0)
    {
      plan->action = ACTION_REMOVE;
      return 0;
    }
  free (again);
  again = NULL;
  if (kept != NULL)
    {
      if (is_blank (kept))
        again = xstrndup (template, strlen (template));
      else
        merge (template, kept, view->shown, &again, NULL);
    }
  if (again != NULL && strcmp (again, view->now) == 0)
    {
      plan->action = ACTION_RESTORE;
      plan->drop_kept = false;
      plan->text = xstrndup (kept, strlen (kept));
      return 0;
    }
  plan->action = ACTION_REPLACE;
  plan->text = without_ours (&doc, runtimes, ours, kept);
  return 0;
}

int
plan_json (const char *template, const struct file_view *view, bool undo,
           struct file_plan *plan, struct error *err)
{
  if (undo)
    return undo_json (template, view, plan, err);
  if (view->now == NULL || is_blank (view->now))
    {
      plan->action
          = view->now == NULL ? ACTION_CREATE : ACTION_REPLACE_KEEPING;
      plan->text = xstrndup (template, strlen (template));
      return plan_kept_alone (view, plan, err);
    }
  if (merge (template, view->now, view->shown, &plan->text, err) < 0)
    return -1;
  if (strcmp (plan->text, view->now) == 0)
    return 0;
  plan->action = ACTION_REPLACE_KEEPING;
  return plan_kept_alone (view, plan, err);
}
