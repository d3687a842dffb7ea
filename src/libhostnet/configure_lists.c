/* SPDX-License-Identifier: Apache-2.0 */
/* Files that are ours as a whole, and podman's lists. */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "configure_parts.h"
#include "toml.h"

static size_t
line_length (const char *line)
{
  size_t length = strcspn (line, "\n");

  return length + (line[length] == '\n');
}

int
plan_own_file (const struct file_view *view, bool is_ours, const char *text,
               bool undo, struct file_plan *plan, struct error *err)
{
  if (view->now != NULL && !is_ours)
    return error_refuse (err, SENTENCE_configure_file, view->shown);
  if (undo)
    {
      plan->action = view->now != NULL ? ACTION_REMOVE : ACTION_NONE;
      return 0;
    }
  if (view->now != NULL && strcmp (view->now, text) == 0)
    return 0;
  plan->action = view->now != NULL ? ACTION_REPLACE : ACTION_CREATE;
  plan->text = xstrndup (text, strlen (text));
  return 0;
}

int
plan_kept_alone (const struct file_view *view, struct file_plan *plan,
                 struct error *err)
{
  plan->drop_kept = view->kept != NULL;
  if (view->kept != NULL
      && (view->now == NULL || strcmp (view->now, view->kept) != 0))
    return error_refuse (err, SENTENCE_configure_kept, view->kept_shown);
  return 0;
}

int
plan_whole (const char *template, const struct file_view *view, bool undo,
            struct file_plan *plan, struct error *err)
{
  return plan_own_file (view,
                        view->now != NULL && strcmp (view->now, template) == 0,
                        template, undo, plan, err);
}

/* ---- podman ---- */

/* podman puts the files of containers.conf together key by key: what a later
 * file says of a list replaces the list (containers.conf(5)). */
static bool
is_list (const char *line, size_t length)
{
  return line[0] != '#' && memmem (line, length, " = [", 4) != NULL;
}

/* Whether TEXT is TEMPLATE, or would be with some of its lists more. */
static bool
same_but_for_lists (const char *text, const char *template)
{
  for (; *template != '\0'; template += line_length (template))
    {
      size_t length = line_length (template);

      if (strncmp (text, template, length) == 0)
        text += length;
      else if (!is_list (template, length))
        return false;
    }
  return *text == '\0';
}

/* The strings of the list OURS that are about us and that the list THEIRS
 * lacks, for a person; NULL: none. */
static char *
missing_words (const struct toml *ours, const struct toml *theirs)
{
  const char *at = ours->value, *start;
  char *words = NULL;
  size_t length;

  while (toml_value_string (ours, &at, &start, &length))
    {
      cleanup_free char *word = xstrndup (start, length);
      char *longer;

      if (strstr (word, "oci-hostnet") == NULL
          || toml_value_has (theirs, word))
        continue;
      longer = xasprintf ("%s%s\"%s\"", words ? words : "", words ? ", " : "",
                          word);
      free (words);
      words = longer;
    }
  return words;
}

/* What the file OTHER says of the key of OURS: > 0 the same, 0 nothing. */
static int
look_for_list (const struct toml *ours, const struct other_file *other,
               struct error *err)
{
  cleanup_toml struct toml toml;
  int more, result = 0;

  toml_start (&toml, other->text);
  while ((more = toml_next (&toml)) > 0)
    {
      cleanup_free char *words = NULL;
      size_t length = strlen (toml.key);

      /* A table in braces, in which it may be. */
      if (!toml.header && strncmp (ours->key, toml.key, length) == 0
          && ours->key[length] == '.')
        return error_refuse (err, SENTENCE_configure_inline, other->shown,
                             escape (toml.key).text, toml.start_line);
      if (toml.header || strcmp (toml.key, ours->key) != 0)
        continue;
      words = missing_words (ours, &toml);
      if (words != NULL)
        return error_refuse (err, SENTENCE_configure_list, other->shown,
                             escape (toml.key).text, toml.start_line, words);
      result = 1;
    }
  if (more < 0)
    return error_refuse (err, SENTENCE_configure_toml, other->shown,
                         toml.line);
  return result;
}

/* > 0: another file has the list with our words. */
static int
look_everywhere (const struct toml *ours, const struct file_view *view,
                 struct error *err)
{
  int result = 0;

  for (size_t i = 0; i < view->other_count; i++)
    {
      int found = look_for_list (ours, &view->others[i], err);

      if (found < 0)
        return -1;
      result |= found;
    }
  return result;
}

int
plan_lists (const char *template, const struct file_view *view, bool undo,
            struct file_plan *plan, struct error *err)
{
  cleanup_free char *text = xstrndup (template, strlen (template));
  cleanup_toml struct toml ours;
  bool is_ours = view->now != NULL && same_but_for_lists (view->now, template);

  toml_start (&ours, template);
  while (!undo && toml_next (&ours) > 0)
    {
      int found = ours.header ? 0 : look_everywhere (&ours, view, err);
      char *line;

      if (found < 0)
        return -1;
      if (found == 0)
        continue;
      /* Each statement of the template is a line of its own. */
      line = text + strlen (text) - strlen (ours.value);
      while (line > text && line[-1] != '\n')
        line--;
      memmove (line, line + line_length (line),
               strlen (line + line_length (line)) + 1);
    }
  return plan_own_file (view, is_ours, text, undo, plan, err);
}
