/* SPDX-License-Identifier: Apache-2.0 */
/* What the policy file may say, and the refusal of all else. */
#include <config.h>

#include "policy.h"

#include <ctype.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

struct reader
{
  const struct json_doc *doc;
  const char *name;
  struct policy *policy;
  struct rule *rule; /* where settings go */
  struct error *err;
};

/* The objects of the file, for struct member. */
enum
{
  IN_TOP = 1,
  IN_DEFAULT = 2,
  IN_RULE = 4,
  IN_WHEN = 8,
  IN_SETTINGS = IN_DEFAULT | IN_RULE
};

struct choice
{
  const char *name;
  unsigned value;
};

struct member
{
  const char *name;
  unsigned objects;
  int (*read) (struct reader *r, const struct member *member, json_node node);
  const char *expected;
  enum setting setting;         /* with read_choice() */
  const struct choice *choices; /* with read_choice(), NULL ends */
};

static int read_object (struct reader *r, json_node object, unsigned which);

static int
wrong_value (struct reader *r, const struct member *member, json_node node)
{
  unsigned line, column;

  json_position (r->doc, node, &line, &column);
  return error_refuse (r->err, SENTENCE_policy_value, escape (r->name).text,
                       line, column, member->name, member->expected);
}

static int
missing_member (struct reader *r, json_node object, const char *key,
                const char *expected)
{
  cleanup_free char *pointer = json_pointer (r->doc, object, key);

  return error_refuse (r->err, SENTENCE_policy_missing, escape (r->name).text,
                       pointer[0] == '/' ? pointer + 1 : pointer, expected);
}

static int
read_version (struct reader *r, const struct member *member, json_node node)
{
  uint64_t version;

  if (json_kind (r->doc, node) != JSON_NUMBER
      || json_uint64 (r->doc, node, &version) < 0 || version != 1)
    return wrong_value (r, member, node);
  return 0;
}

static int
read_runtime (struct reader *r, const struct member *member, json_node node)
{
  cleanup_free char *path = NULL;
  const char *last;

  if (json_kind (r->doc, node) != JSON_STRING)
    return wrong_value (r, member, node);
  path = json_string (r->doc, node);
  last = strrchr (path, '/');
  if (path[0] != '/'
      || (strcmp (last, "/crun") != 0 && strcmp (last, "/runc") != 0))
    return wrong_value (r, member, node);
  r->policy->runtime = xstrndup (path, strlen (path));
  return 0;
}

static int
read_default (struct reader *r, const struct member *member, json_node node)
{
  if (json_kind (r->doc, node) != JSON_OBJECT)
    return wrong_value (r, member, node);
  r->rule = &r->policy->fallback;
  return read_object (r, node, IN_DEFAULT);
}

static int
read_rules (struct reader *r, const struct member *member, json_node node)
{
  struct policy *policy = r->policy;
  size_t count = 0;

  if (json_kind (r->doc, node) != JSON_ARRAY)
    return wrong_value (r, member, node);
  for (json_node n = json_first (r->doc, node); n != JSON_NONE;
       n = json_next (r->doc, n))
    count++;
  policy->rules = xmalloc (count * sizeof *policy->rules);
  for (json_node n = json_first (r->doc, node); n != JSON_NONE;
       n = json_next (r->doc, n))
    {
      if (json_kind (r->doc, n) != JSON_OBJECT)
        return wrong_value (r, member, n);
      r->rule = &policy->rules[policy->rule_count++];
      *r->rule = (struct rule) { 0 };
      if (read_object (r, n, IN_RULE) < 0)
        return -1;
    }
  return 0;
}

/* An empty object is refused here and in read_annotations(): it says nothing,
 * and must not come to mean everything. */
static int
read_when (struct reader *r, const struct member *member, json_node node)
{
  if (json_kind (r->doc, node) != JSON_OBJECT
      || json_first (r->doc, node) == JSON_NONE)
    return wrong_value (r, member, node);
  return read_object (r, node, IN_WHEN);
}

static int
read_always (struct reader *r, const struct member *member, json_node node)
{
  if (json_kind (r->doc, node) != JSON_BOOLEAN || !json_is_true (r->doc, node))
    return wrong_value (r, member, node);
  return 0;
}

static int
read_annotations (struct reader *r, const struct member *member, json_node node)
{
  struct rule *rule = r->rule;

  if (json_kind (r->doc, node) != JSON_OBJECT
      || json_first (r->doc, node) == JSON_NONE)
    return wrong_value (r, member, node);
  for (json_node n = json_first (r->doc, node); n != JSON_NONE;
       n = json_next (r->doc, n))
    {
      if (json_kind (r->doc, n) != JSON_STRING)
        return wrong_value (r, member, n);
      rule->globs = xrealloc (rule->globs,
                              (rule->glob_count + 1) * sizeof *rule->globs);
      rule->globs[rule->glob_count++]
          = (struct annotation_glob) { json_key (r->doc, n),
                                       json_string (r->doc, n) };
    }
  return 0;
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
read_choice (struct reader *r, const struct member *member, json_node node)
{
  const struct choice *choice = find_choice (r, node, member->choices);

  if (choice == NULL)
    return wrong_value (r, member, node);
  r->rule->set[member->setting] = true;
  r->rule->value[member->setting] = choice->value;
  return 0;
}

static int
read_lock (struct reader *r, const struct member *member, json_node node)
{
  static const struct choice later[] = { { "isolated", 0 }, { NULL, 0 } };
  const struct choice *choice = find_choice (r, node, later);
  unsigned line, column;

  if (choice == NULL)
    return read_choice (r, member, node);
  json_position (r->doc, node, &line, &column);
  return error_refuse (r->err, SENTENCE_policy_lock_unavailable,
                       escape (r->name).text, line, column, choice->name);
}

static int
read_capabilities (struct reader *r, const struct member *member,
                   json_node node)
{
  unsigned kept = 0;

  if (json_kind (r->doc, node) != JSON_ARRAY)
    return wrong_value (r, member, node);
  for (json_node n = json_first (r->doc, node); n != JSON_NONE;
       n = json_next (r->doc, n))
    {
      const struct choice *choice = find_choice (r, n, member->choices);

      if (json_kind (r->doc, n) != JSON_STRING)
        return wrong_value (r, member, n);
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
    return wrong_value (r, member, node);
  name = json_string (r->doc, node);
  if (!is_user_name (name))
    return wrong_value (r, member, node);
  r->rule->subordinate = name;
  name = NULL;
  return 0;
}

static const struct choice request_choices[] = { { "allow", REQUEST_ALLOW },
                                                 { "refuse", REQUEST_REFUSE },
                                                 { NULL, 0 } };
static const struct choice inherit_choices[] = { { "lock", INHERIT_LOCK },
                                                 { "report", INHERIT_REPORT },
                                                 { "leave", INHERIT_LEAVE },
                                                 { "refuse", INHERIT_REFUSE },
                                                 { NULL, 0 } };
static const struct choice ports_choices[]
    = { { "refuse", PORTS_REFUSE }, { "warn", PORTS_WARN }, { NULL, 0 } };
static const struct choice lock_choices[] = { { "standard", LOCK_STANDARD },
                                              { "strict", LOCK_STRICT },
                                              { "userns", LOCK_USERNS },
                                              { "strict+userns",
                                                LOCK_STRICT | LOCK_USERNS },
                                              { NULL, 0 } };
static const struct choice pathless_choices[] = { { "refuse", PATHLESS_REFUSE },
                                                  { "remove", PATHLESS_REMOVE },
                                                  { NULL, 0 } };
static const struct choice dns_choices[]
    = { { "host", DNS_HOST }, { "keep", DNS_KEEP }, { NULL, 0 } };
static const struct choice capability_choices[]
    = { { "CAP_NET_RAW", KEEP_NET_RAW },
        { "CAP_MKNOD", KEEP_MKNOD },
        { "CAP_SYS_PTRACE", KEEP_SYS_PTRACE },
        { NULL, 0 } };

static const struct member members[] = {
  { "version", IN_TOP, read_version, "1", 0, NULL },
  { "runtime", IN_TOP, read_runtime,
    "an absolute path whose last component is crun or runc", 0, NULL },
  { "default", IN_TOP, read_default, "an object of settings", 0, NULL },
  { "rules", IN_TOP, read_rules, "an array of objects", 0, NULL },
  { "when", IN_RULE, read_when,
    "an object with `always`, `annotations` or both", 0, NULL },
  { "always", IN_WHEN, read_always, "true", 0, NULL },
  { "annotations", IN_WHEN, read_annotations,
    "an object of key patterns and their value patterns, at least one", 0,
    NULL },
  { "request", IN_SETTINGS, read_choice, "`allow` or `refuse`",
    SETTING_REQUEST, request_choices },
  { "inherit", IN_SETTINGS, read_choice,
    "`lock`, `report`, `leave` or `refuse`", SETTING_INHERIT,
    inherit_choices },
  { "lock", IN_SETTINGS, read_lock,
    "`standard`, `strict`, `userns` or `strict+userns`", SETTING_LOCK,
    lock_choices },
  { "publishedPorts", IN_SETTINGS, read_choice, "`refuse` or `warn`",
    SETTING_PUBLISHED_PORTS, ports_choices },
  { "pathless", IN_SETTINGS, read_choice, "`refuse` or `remove`",
    SETTING_PATHLESS, pathless_choices },
  { "dns", IN_SETTINGS, read_choice, "`host` or `keep`", SETTING_DNS,
    dns_choices },
  { "keepCapabilities", IN_SETTINGS, read_capabilities,
    "an array of capability names", SETTING_CAPABILITIES,
    capability_choices },
  { "subordinate", IN_SETTINGS, read_subordinate,
    "a user of /etc/subuid and /etc/subgid other than `containers`", 0,
    NULL },
};
enum
{
  MEMBERS = sizeof members / sizeof members[0],
  MEMBER_NAME_MAX = 16, /* keepCapabilities */
  NEAR = 3
};

/* Levenshtein, blind to case: how many characters have to be changed, added
 * or taken away. */
static size_t
edit_distance (const char *known, const char *given)
{
  size_t row[MEMBER_NAME_MAX + 1];
  size_t length = strlen (known);

  for (size_t k = 0; k <= length; k++)
    row[k] = k;
  for (size_t g = 0; given[g] != '\0'; g++)
    {
      size_t diagonal = row[0]++;

      for (size_t k = 0; k < length; k++)
        {
          int same = tolower ((unsigned char) known[k])
                     == tolower ((unsigned char) given[g]);
          size_t best = diagonal + !same;

          diagonal = row[k + 1];
          if (best > diagonal + 1)
            best = diagonal + 1;
          if (best > row[k] + 1)
            best = row[k] + 1;
          row[k + 1] = best;
        }
    }
  return row[length];
}

static int
unknown_member (struct reader *r, json_node node, unsigned which)
{
  cleanup_free char *key = json_key (r->doc, node);
  cleanup_free char *hint = NULL;
  size_t nearest = NEAR + 1;
  unsigned line, column;

  for (size_t i = 0; i < MEMBERS; i++)
    if (members[i].objects & which)
      {
        size_t distance = edit_distance (members[i].name, key);

        if (distance < nearest)
          {
            nearest = distance;
            free (hint);
            hint = xasprintf ("did you mean `%s`?", members[i].name);
          }
        else if (nearest > NEAR)
          {
            char *longer = hint ? xasprintf ("%s, %s", hint, members[i].name)
                                : xasprintf ("known here are %s",
                                             members[i].name);

            free (hint);
            hint = longer;
          }
      }
  json_position (r->doc, node, &line, &column);
  return error_refuse (r->err, SENTENCE_policy_unknown_member,
                       escape (r->name).text, line, column, escape (key).text,
                       hint);
}

static int
read_object (struct reader *r, json_node object, unsigned which)
{
  bool seen[MEMBERS] = { false };

  for (json_node n = json_first (r->doc, object); n != JSON_NONE;
       n = json_next (r->doc, n))
    {
      size_t i = 0;

      while (i < MEMBERS
             && !((members[i].objects & which)
                  && json_key_is (r->doc, n, members[i].name)))
        i++;
      if (i == MEMBERS)
        return unknown_member (r, n, which);
      seen[i] = true;
      if (members[i].read (r, &members[i], n) < 0)
        return -1;
    }
  for (size_t i = 0; i < MEMBERS; i++)
    if ((members[i].objects & which) && !seen[i]
        && (members[i].read == read_version || members[i].read == read_when))
      return missing_member (r, object, members[i].name, members[i].expected);
  return 0;
}

int
policy_parse (const char *text, size_t length, const char *name_for_messages,
              struct policy **policy, struct error *err)
{
  cleanup_json struct json_doc doc = JSON_DOC_INIT;
  cleanup_error struct error json_err = ERROR_INIT;
  cleanup_policy struct policy *result = xmalloc (sizeof *result);
  struct reader r = { &doc, name_for_messages, result, NULL, err };

  *result = (struct policy) { 0 };
  if (json_index (&doc, text, length, true, &json_err) == 0
      && json_kind (&doc, 0) != JSON_OBJECT)
    error_refuse (&json_err, SENTENCE_json_root);
  if (json_err.id != REFUSAL_NONE)
    return error_refuse (err, SENTENCE_policy_syntax,
                         escape (name_for_messages).text,
                         json_err.id == REFUSAL_json_root
                             ? "it is no JSON object: write one"
                             : json_err.message);
  if (read_object (&r, 0, IN_TOP) < 0)
    return -1;
  *policy = result;
  result = NULL;
  return 0;
}
