/* SPDX-License-Identifier: Apache-2.0 */
/* What the policy's files may say, and the refusal of all else. */
#include <config.h>

#include "policy.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "policy_reader.h"

/* RESULT, unless somebody collects mistakes: then the next is looked for. */
static int
next_mistake (struct reader *r, int result)
{
  if (result >= 0 || r->policy->mistakes == NULL)
    return result;
  mistakes_add (r->policy->mistakes, r->err);
  return 0;
}

int
policy_wrong_value (struct reader *r, const struct member *member,
                    json_node node)
{
  unsigned line, column;

  json_position (r->doc, node, &line, &column);
  return error_refuse (r->err, SENTENCE_policy_value, escape (r->name).text,
                       line, column, member->name, member->expected);
}

/* ---- the members at the top ---- */

static int
read_version (struct reader *r, const struct member *member, json_node node)
{
  uint64_t version;

  if (json_kind (r->doc, node) != JSON_NUMBER
      || json_uint64 (r->doc, node, &version) < 0 || version != 1)
    return policy_wrong_value (r, member, node);
  return 0;
}

static int
read_runtime (struct reader *r, const struct member *member, json_node node)
{
  cleanup_free char *path = NULL;
  const char *last;

  if (json_kind (r->doc, node) != JSON_STRING)
    return policy_wrong_value (r, member, node);
  path = json_string (r->doc, node);
  last = strrchr (path, '/');
  if (path[0] != '/'
      || (strcmp (last, "/crun") != 0 && strcmp (last, "/runc") != 0))
    return policy_wrong_value (r, member, node);
  r->policy->runtime = xstrndup (path, strlen (path));
  return 0;
}

static int
read_admission (struct reader *r, const struct member *member, json_node node)
{
  if (json_kind (r->doc, node) != JSON_BOOLEAN)
    return policy_wrong_value (r, member, node);
  r->policy->admission = json_is_true (r->doc, node);
  return 0;
}

static int
read_default (struct reader *r, const struct member *member, json_node node)
{
  if (json_kind (r->doc, node) != JSON_OBJECT)
    return policy_wrong_value (r, member, node);
  r->rule = &r->policy->fallback;
  r->rule->file = r->policy->files[r->policy->file_count - 1];
  return policy_read_object (r, node, IN_DEFAULT);
}

/* How many lines begin in TEXT from FROM up to TO. */
static unsigned
lines_between (const char *text, size_t from, size_t to)
{
  unsigned lines = 0;
  const char *at = text + from, *end = text + to;

  while (at < end && (at = memchr (at, '\n', (size_t) (end - at))) != NULL)
    {
      lines++;
      at++;
    }
  return lines;
}

static int
read_rules (struct reader *r, const struct member *member, json_node node)
{
  struct policy *policy = r->policy;
  size_t count = 0, at = 0;
  unsigned line = 1, number = 0;

  if (json_kind (r->doc, node) != JSON_ARRAY)
    return policy_wrong_value (r, member, node);
  for (json_node n = json_first (r->doc, node); n != JSON_NONE;
       n = json_next (r->doc, n))
    count++;
  policy->rules = xrealloc (policy->rules, (policy->rule_count + count + 1)
                                               * sizeof *policy->rules);
  for (json_node n = json_first (r->doc, node); n != JSON_NONE;
       n = json_next (r->doc, n))
    {
      size_t start = r->doc->members[n].start;

      if (json_kind (r->doc, n) != JSON_OBJECT)
        {
          if (next_mistake (r, policy_wrong_value (r, member, n)) < 0)
            return -1;
          continue;
        }
      /* json_position() counts from the top for each */
      line += lines_between (r->doc->text, at, start);
      at = start;
      r->rule = &policy->rules[policy->rule_count++];
      *r->rule = (struct rule){ .file = policy->files[policy->file_count - 1],
                                .number = ++number,
                                .line = line };
      if (policy_read_object (r, n, IN_RULE) < 0)
        return -1;
    }
  return 0;
}

/* ---- the settings ---- */

/* The words of each are in setting_words. */
static int
wrong_setting (struct reader *r, enum setting setting, json_node node)
{
  const struct setting_words *words = &setting_words[setting];
  const char *names[8];
  cleanup_free char *given = NULL, *hint = NULL;
  const char *nearest;
  size_t count = 0;
  unsigned line, column;

  json_position (r->doc, node, &line, &column);
  if (json_kind (r->doc, node) == JSON_STRING)
    {
      while (words->choices[count].name != NULL)
        {
          names[count] = words->choices[count].name;
          count++;
        }
      given = json_string (r->doc, node);
      nearest = nearest_name (given, names, count);
      if (nearest != NULL)
        hint = xasprintf ("%s (did you mean `%s`?)", words->expected, nearest);
    }
  return error_refuse (r->err, SENTENCE_policy_value, escape (r->name).text,
                       line, column, words->name,
                       hint ? hint : words->expected);
}

static const struct choice *
find_choice (const struct reader *r, json_node node,
             const struct choice *choices)
{
  if (json_kind (r->doc, node) != JSON_STRING)
    return NULL;
  for (; choices->name != NULL; choices++)
    if (json_string_is (r->doc, node, choices->name))
      return choices;
  return NULL;
}

static int
read_capabilities (struct reader *r, json_node node)
{
  unsigned kept = 0;

  if (json_kind (r->doc, node) != JSON_ARRAY)
    return wrong_setting (r, SETTING_CAPABILITIES, node);
  for (json_node n = json_first (r->doc, node); n != JSON_NONE;
       n = json_next (r->doc, n))
    {
      const struct choice *choice = find_choice (
          r, n, setting_words[SETTING_CAPABILITIES].choices);

      if (json_kind (r->doc, n) != JSON_STRING)
        return wrong_setting (r, SETTING_CAPABILITIES, n);
      if (choice == NULL)
        {
          cleanup_free char *name = json_string (r->doc, n);
          unsigned line, column;

          json_position (r->doc, n, &line, &column);
          return error_refuse (r->err, SENTENCE_policy_capability,
                               escape (r->name).text, line, column,
                               escape (name).text);
        }
      kept |= choice->value;
    }
  r->rule->set[SETTING_CAPABILITIES] = true;
  r->rule->value[SETTING_CAPABILITIES] = kept;
  return 0;
}

static int
read_setting (struct reader *r, enum setting setting, json_node node)
{
  const struct choice *choice;

  if (setting == SETTING_CAPABILITIES)
    return read_capabilities (r, node);
  choice = find_choice (r, node, setting_words[setting].choices);
  if (choice == NULL)
    return wrong_setting (r, setting, node);
  r->rule->set[setting] = true;
  r->rule->value[setting] = choice->value;
  return 0;
}

/* As useradd(8) takes them, and a number for a user without a name.  podman
 * allots from the ids of `containers`. */
static bool
is_user_name (const char *name)
{
  static const char first[] = "abcdefghijklmnopqrstuvwxyz"
                              "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_",
                    others[] = "-.";
  size_t length = strlen (name), good = 0;

  while (good < length
         && (strchr (first, name[good]) != NULL
             || (good > 0 && strchr (others, name[good]) != NULL)))
    good++;
  return length > 0 && length <= 32 && good == length
         && strcmp (name, "containers") != 0;
}

static int
read_subordinate (struct reader *r, const struct member *member,
                  json_node node)
{
  cleanup_free char *name = NULL;

  if (json_kind (r->doc, node) != JSON_STRING)
    return policy_wrong_value (r, member, node);
  name = json_string (r->doc, node);
  if (!is_user_name (name))
    return policy_wrong_value (r, member, node);
  r->rule->subordinate = name;
  name = NULL;
  return 0;
}

/* What is wrong with an element is said of it, and not of the array. */
static int
wrong_port (struct reader *r, const struct member *member, json_node node,
            const char *wrong)
{
  cleanup_free char *text = json_kind (r->doc, node) == JSON_STRING
                                ? json_string (r->doc, node)
                                : NULL;
  cleanup_free char *expected
      = text == NULL ? NULL
                     : xasprintf ("%s, and not `%s`, %s", member->expected,
                                  escape (text).text, wrong);
  const struct member told = { .name = member->name,
                               .expected = expected ? expected
                                                    : member->expected };

  return policy_wrong_value (r, &told, node);
}

static int
read_listen (struct reader *r, const struct member *member, json_node node)
{
  if (json_kind (r->doc, node) != JSON_ARRAY)
    return policy_wrong_value (r, member, node);
  r->rule->listen_set = true;
  for (json_node n = json_first (r->doc, node); n != JSON_NONE;
       n = json_next (r->doc, n))
    {
      cleanup_free char *text = NULL;
      struct port_range range;
      const char *wrong;

      if (json_kind (r->doc, n) != JSON_STRING)
        return wrong_port (r, member, n, NULL);
      text = json_string (r->doc, n);
      wrong = port_range_parse (text, strlen (text), &range);
      if (wrong == NULL)
        wrong = port_list_add (&r->rule->listen, &range);
      if (wrong != NULL)
        return wrong_port (r, member, n, wrong);
    }
  return 0;
}

/* ---- objects ---- */

static const struct member members[] = {
  { "version", IN_TOP | IN_DROP_IN, read_version, "1", true },
  { "runtime", IN_TOP, read_runtime,
    "an absolute path whose last component is crun or runc", false },
  { "admission", IN_TOP, read_admission, "true or false", false },
  { "default", IN_TOP, read_default, "an object of settings", false },
  { "rules", IN_TOP | IN_DROP_IN, read_rules, "an array of objects", false },
  { "when", IN_RULE, policy_read_when,
    "an object with at least one of `always`, `annotations`, `args` and "
    "`kubernetes`",
    true },
  { "always", IN_WHEN, policy_read_always, "true", false },
  { "annotations", IN_WHEN, policy_read_annotations,
    "an object of key patterns and their value patterns, at least one",
    false },
  { "args", IN_WHEN, policy_read_args,
    "an array of patterns, one for each of process.args, at least one",
    false },
  { "kubernetes", IN_WHEN, policy_read_kubernetes,
    "false, or an object with `namespaces`, `serviceAccounts` or both",
    false },
  { "namespaces", IN_KUBERNETES, policy_read_namespaces,
    "an array of patterns, at least one", false },
  { "serviceAccounts", IN_KUBERNETES, policy_read_service_accounts,
    "an array of patterns, at least one", false },
  { "subordinate", IN_SETTINGS, read_subordinate,
    "a user of /etc/subuid and /etc/subgid other than `containers`", false },
  { "listen", IN_SETTINGS, read_listen,
    "an array of ports such as `80/tcp`, `8000-8010/tcp` and "
    "`127.0.0.1:9000/tcp`",
    false },
};
enum { MEMBERS = sizeof members / sizeof members[0] };

/* The names that an object of kind WHICH may have; how many. */
static size_t
known_names (unsigned which, const char *names[MEMBERS + SETTINGS])
{
  size_t count = 0;

  for (size_t i = 0; i < MEMBERS; i++)
    if (members[i].objects & which)
      names[count++] = members[i].name;
  for (unsigned s = 0; (which & IN_SETTINGS) && s < SETTINGS; s++)
    names[count++] = setting_words[s].name;
  return count;
}

static int
unknown_member (struct reader *r, json_node node, unsigned which)
{
  const char *names[MEMBERS + SETTINGS], *nearest;
  size_t count = known_names (which, names);
  cleanup_free char *key = json_key (r->doc, node);
  cleanup_free char *hint = NULL;
  unsigned line, column;

  nearest = nearest_name (key, names, count);
  hint = nearest ? xasprintf ("did you mean `%s`?", nearest)
                 : xasprintf ("known here are %s", names[0]);
  for (size_t i = 1; nearest == NULL && i < count; i++)
    {
      cleanup_free char *before = hint;

      hint = xasprintf ("%s, %s", before, names[i]);
    }
  json_position (r->doc, node, &line, &column);
  return error_refuse (r->err, SENTENCE_policy_unknown_member,
                       escape (r->name).text, line, column, escape (key).text,
                       hint);
}

static int
missing_member (struct reader *r, json_node object,
                const struct member *member)
{
  cleanup_free char *pointer = json_pointer (r->doc, object, member->name);
  unsigned line, column;

  json_position (r->doc, object, &line, &column);
  return error_refuse (r->err, SENTENCE_policy_missing, escape (r->name).text,
                       line, column, pointer[0] == '/' ? pointer + 1 : pointer,
                       member->expected);
}

/* What is wrong with `default` and `rules` concerns who needs a decision. */
static int
read_member (struct reader *r, const struct member *member, json_node node)
{
  struct error *err = r->err;
  bool later
      = r->policy->mistakes == NULL
        && (member->read == read_default || member->read == read_rules);
  int result;

  if (later)
    r->err = r->broken->id == REFUSAL_NONE ? r->broken : NULL;
  result = member->read (r, member, node);
  r->err = err;
  return later ? 0 : result;
}

int
policy_read_object (struct reader *r, json_node object, unsigned which)
{
  bool seen[MEMBERS] = { false };

  for (json_node n = json_first (r->doc, object); n != JSON_NONE;
       n = json_next (r->doc, n))
    {
      size_t i = 0;
      unsigned s = (which & IN_SETTINGS) ? 0 : SETTINGS;

      while (s < SETTINGS && !json_key_is (r->doc, n, setting_words[s].name))
        s++;
      if (s < SETTINGS)
        {
          if (next_mistake (r, read_setting (r, (enum setting) s, n)) < 0)
            return -1;
          continue;
        }
      while (i < MEMBERS
             && !((members[i].objects & which)
                  && json_key_is (r->doc, n, members[i].name)))
        i++;
      if (i < MEMBERS)
        seen[i] = true;
      if (next_mistake (r, i < MEMBERS ? read_member (r, &members[i], n)
                                       : unknown_member (r, n, which))
          < 0)
        return -1;
    }
  for (size_t i = 0; i < MEMBERS; i++)
    if (members[i].needed && (members[i].objects & which) && !seen[i]
        && next_mistake (r, missing_member (r, object, &members[i])) < 0)
      return -1;
  return 0;
}

int
policy_read (const char *text, size_t length, const char *name, bool drop_in,
             struct policy *policy, struct error *broken, struct error *err)
{
  cleanup_json struct json_doc doc = JSON_DOC_INIT;
  cleanup_error struct error json_err = ERROR_INIT;
  struct reader r = { &doc, name, policy, NULL, broken, err };

  policy->files = xrealloc (policy->files, (policy->file_count + 1)
                                               * sizeof *policy->files);
  policy->files[policy->file_count++] = xstrndup (name, strlen (name));
  if (json_index (&doc, text, length, true, &json_err) == 0
      && json_kind (&doc, 0) != JSON_OBJECT)
    error_refuse (&json_err, SENTENCE_json_root);
  if (json_err.id != REFUSAL_NONE)
    {
      error_refuse (err, SENTENCE_policy_syntax, escape (name).text,
                    json_err.id == REFUSAL_json_root
                        ? "it is no JSON object: write one"
                        : json_err.message);
      return next_mistake (&r, -1);
    }
  return policy_read_object (&r, 0, drop_in ? IN_DROP_IN : IN_TOP);
}
