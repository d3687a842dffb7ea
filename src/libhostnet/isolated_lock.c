/* SPDX-License-Identifier: Apache-2.0 */
/* hooks.createRuntime: the hook that puts the lock isolated on the container's
 * cgroup, when its process is in there and its program is not started yet
 * (runtime-spec, config.md "createRuntime Hooks"). */
#include <config.h>

#include "plan.h"

#include <stdlib.h>
#include <string.h>

static const char why[]
    = "isolated: BPF programs on the container's cgroup";

static void
add_list (struct json_buffer *text, const struct plan *plan, json_node list,
          const char *option)
{
  cleanup_free char *value = NULL, *word = NULL;

  if (list == JSON_NONE)
    return;
  value = json_string (plan->config, list);
  word = xasprintf ("%s=%s", option, value);
  json_buffer_string (text, word);
  json_buffer_text (text, ",");
}

/* The words of the hook are all that it is told: what the annotations and the
 * policy come to. */
static char *
make_words (const struct plan *plan)
{
  struct json_buffer text = JSON_BUFFER_INIT;

  json_buffer_text (&text, "[\"oci-hostnet-isolate\",");
  add_list (&text, plan, plan->request->listen, "--listen");
  add_list (&text, plan, plan->request->connect, "--connect");
  if (plan->settings->isolated == ISOLATED_BEST_EFFORT)
    json_buffer_text (&text, "\"--best-effort\",");
  json_buffer_text (&text, "\"createRuntime\"]");
  return text.text;
}

static bool
is_ours (const struct json_doc *config, json_node hook)
{
  json_node path;

  return json_get (config, hook, "path", JSON_STRING, &path, NULL) > 0
         && json_string_is (config, path, ISOLATE_PATH);
}

/* Whether the texts are the same but for white space outside of strings. */
static bool
same_words (const char *text, size_t length, const char *words)
{
  bool string = false;

  for (size_t i = 0; i < length; i++)
    {
      if (!string && strchr (" \t\r\n", text[i]) != NULL)
        continue;
      if (text[i] != *words)
        return false;
      if (text[i] == '\\' && string && i + 1 < length)
        {
          i++;
          if (text[i] != *++words)
            return false;
        }
      else if (text[i] == '"')
        string = !string;
      words++;
    }
  return *words == '\0';
}

/* As we write it: nothing else in it, no environment, which the loader of
 * shared libraries would obey. */
static bool
is_right (const struct json_doc *config, json_node hook, const char *text)
{
  const struct json_member *member = &config->members[hook];

  return same_words (config->text + member->start, member->end - member->start,
                     text);
}

static int
put_into (struct plan *plan, json_node hooks, json_node stage,
          const char *text, struct error *err)
{
  cleanup_free char *list = xasprintf ("[%s]", text);
  cleanup_free char *object = xasprintf ("{\"createRuntime\":[%s]}", text);
  bool found = false;

  if (hooks == JSON_NONE)
    json_add_member (&plan->edits, plan->config, 0, "hooks", object, why);
  else if (stage == JSON_NONE)
    json_add_member (&plan->edits, plan->config, hooks, "createRuntime", list,
                     why);
  for (json_node n = json_first (plan->config, stage); n != JSON_NONE;
       n = json_next (plan->config, n))
    {
      if (json_kind (plan->config, n) != JSON_OBJECT)
        return error_refuse (err, SENTENCE_isolated_hooks,
                             "/hooks/createRuntime");
      if (!is_ours (plan->config, n))
        continue;
      /* each that is there closes more: all of them have to be right */
      found = true;
      if (!is_right (plan->config, n, text))
        json_replace (&plan->edits, plan->config, n, text, why);
    }
  if (stage != JSON_NONE && !found)
    json_append (&plan->edits, plan->config, stage, NULL, text, why);
  return 0;
}

int
isolated_plan (struct plan *plan, struct error *err)
{
  const struct isolated_facts *facts = &plan->facts->isolated;
  cleanup_free char *words = NULL, *text = NULL;
  json_node hooks, stage;

  if ((plan->lock & LOCK_ISOLATED) == 0)
    return 0;
  if (facts->refused.message != NULL
      && plan->settings->isolated == ISOLATED_REQUIRE)
    return error_refuse (err, facts->refused.id, "%s",
                         facts->refused.message);
  /* a hook whose program is not there fails the start */
  if (!facts->program)
    return 0;
  if (json_get (plan->config, 0, "hooks", JSON_OBJECT, &hooks, err) < 0
      || json_get (plan->config, hooks, "createRuntime", JSON_ARRAY, &stage,
                   err)
             < 0)
    return -1;
  words = make_words (plan);
  text = xasprintf ("{\"path\":\"%s\",\"args\":%s,\"timeout\":30}",
                    ISOLATE_PATH, words);
  return put_into (plan, hooks, stage, text, err);
}
