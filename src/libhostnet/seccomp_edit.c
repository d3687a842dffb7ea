/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "seccomp_edit.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

struct dropped_names
{
  json_node names;
  bool *picked; /* by the place of the name, NULL: none */
  size_t count, left;
  const char *why;
};

void
seccomp_edit_init (struct seccomp_edit *edit, const struct json_doc *config,
                   const struct seccomp_profile *profile)
{
  size_t size = profile->rule_total * sizeof *edit->dropped;

  *edit = (struct seccomp_edit)SECCOMP_EDIT_INIT;
  edit->config = config;
  edit->profile = profile;
  edit->dropped = xmalloc (size);
  memset (edit->dropped, 0, size);
}

static struct dropped_names *
open_rule (struct seccomp_edit *edit, size_t rule, json_node names,
           const char *why)
{
  struct dropped_names *dropped = &edit->dropped[rule];

  if (dropped->picked != NULL)
    return dropped;
  for (json_node n = json_first (edit->config, names); n != JSON_NONE;
       n = json_next (edit->config, n))
    dropped->count++;
  dropped->names = names;
  dropped->left = dropped->count;
  dropped->why = why;
  dropped->picked = xmalloc (dropped->count);
  memset (dropped->picked, 0, dropped->count);
  return dropped;
}

static void
pick (struct dropped_names *dropped, size_t place)
{
  if (!dropped->picked[place])
    dropped->left--;
  dropped->picked[place] = true;
}

void
seccomp_edit_drop (struct seccomp_edit *edit, size_t rule, json_node names,
                   json_node name, const char *why)
{
  struct dropped_names *dropped = open_rule (edit, rule, names, why);
  size_t place = 0;

  for (json_node n = json_first (edit->config, names); n != name;
       n = json_next (edit->config, n))
    place++;
  pick (dropped, place);
}

void
seccomp_edit_drop_name (struct seccomp_edit *edit, size_t rule,
                        json_node names, const char *name, const char *why)
{
  struct dropped_names *dropped = open_rule (edit, rule, names, why);
  size_t place = 0;

  for (json_node n = json_first (edit->config, names); n != JSON_NONE;
       n = json_next (edit->config, n), place++)
    if (json_string_is (edit->config, n, name))
      pick (dropped, place);
}

void
seccomp_edit_begin (struct seccomp_edit *edit, const char *names,
                    enum seccomp_action action, uint64_t errno_ret)
{
  struct json_buffer *out = &edit->added;

  if (out->length > 0)
    json_buffer_literal (out, ",");
  edit->head = out->length;
  json_buffer_literal (out, "{\"names\":[");
  json_buffer_text (out, names);
  json_buffer_literal (out, "],\"action\":\"");
  json_buffer_text (out, seccomp_action_name (action));
  json_buffer_literal (out, "\"");
  if (action == SECCOMP_ERRNO)
    {
      json_buffer_literal (out, ",\"errnoRet\":");
      json_buffer_number (out, errno_ret);
    }
  edit->head_length = out->length - edit->head;
}

void
seccomp_edit_again (struct seccomp_edit *edit)
{
  json_buffer_literal (&edit->added, ",");
  json_buffer_repeat (&edit->added, edit->head, edit->head_length);
}

static void
begin_condition (struct json_buffer *out)
{
  if (out->text[out->length - 1] == '}')
    json_buffer_literal (out, ",");
  else
    json_buffer_literal (out, ",\"args\":[");
}

void
seccomp_edit_masked_text (struct seccomp_edit *edit, const char *text)
{
  begin_condition (&edit->added);
  json_buffer_text (&edit->added, text);
}

void
seccomp_edit_masked (struct seccomp_edit *edit, unsigned index, uint64_t mask,
                     uint64_t datum)
{
  begin_condition (&edit->added);
  json_buffer_add (&edit->added,
                   SECCOMP_MASKED_TEXT ("%u", "%" PRIu64, "%" PRIu64), index,
                   mask, datum);
}

void
seccomp_edit_condition (struct seccomp_edit *edit, json_node argument)
{
  const struct json_member *m = &edit->config->members[argument];

  begin_condition (&edit->added);
  json_buffer_add (&edit->added, "%.*s", (int) (m->end - m->start),
                   edit->config->text + m->start);
}

void
seccomp_edit_end (struct seccomp_edit *edit)
{
  struct json_buffer *out = &edit->added;

  json_buffer_text (out, out->text[out->length - 1] == '}' ? "]}" : "}");
}

void
seccomp_edit_store (struct seccomp_edit *edit, struct json_edits *edits,
                    const char *why_added)
{
  const struct seccomp_profile *profile = edit->profile;
  cleanup_free bool *gone = xmalloc (profile->rule_total);
  cleanup_free char *text = NULL;
  size_t gone_count = 0;

  for (size_t i = 0; i < profile->rule_total; i++)
    {
      const struct dropped_names *dropped = &edit->dropped[i];

      gone[i] = dropped->picked != NULL && dropped->left == 0;
      gone_count += gone[i];
      if (dropped->picked != NULL && dropped->left > 0
          && dropped->left < dropped->count)
        json_remove_children (edits, edit->config, dropped->names,
                              dropped->picked, dropped->why);
    }
  if (gone_count > 0)
    json_remove_children (edits, edit->config, profile->syscalls, gone,
                          "it named nothing else");
  if (edit->added.length == 0)
    return;
  if (profile->syscalls != JSON_NONE)
    json_append (edits, edit->config, profile->syscalls, gone,
                 edit->added.text, why_added);
  else
    {
      text = xasprintf ("[%s]", edit->added.text);
      json_add_member (edits, edit->config, profile->seccomp, "syscalls", text,
                       why_added);
    }
}

void
seccomp_edit_clear (struct seccomp_edit *edit)
{
  for (size_t i = 0; edit->dropped != NULL && i < edit->profile->rule_total;
       i++)
    free (edit->dropped[i].picked);
  free (edit->dropped);
  free (edit->added.text);
  *edit = (struct seccomp_edit)SECCOMP_EDIT_INIT;
}
