/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "seccomp_rules.h"

#include <errno.h>
#include <linux/seccomp.h>
#include <stdlib.h>
#include <string.h>

#define COUNT(array) (sizeof (array) / sizeof *(array))

static const struct
{
  const char *name;
  enum seccomp_action action;
} actions[] = {
  { "SCMP_ACT_ALLOW", SECCOMP_ALLOW },
  { "SCMP_ACT_LOG", SECCOMP_LOG },
  { "SCMP_ACT_ERRNO", SECCOMP_ERRNO },
  { "SCMP_ACT_TRAP", SECCOMP_TRAP },
  { "SCMP_ACT_KILL", SECCOMP_KILL },
  { "SCMP_ACT_KILL_THREAD", SECCOMP_KILL_THREAD },
  { "SCMP_ACT_KILL_PROCESS", SECCOMP_KILL_PROCESS },
  { "SCMP_ACT_TRACE", SECCOMP_TRACE },
  { "SCMP_ACT_NOTIFY", SECCOMP_NOTIFY },
};

const char *
seccomp_action_name (enum seccomp_action action)
{
  for (size_t i = 0; i < COUNT (actions); i++)
    if (actions[i].action == action)
      return actions[i].name;
  abort ();
}

bool
seccomp_permits (enum seccomp_action action)
{
  return action == SECCOMP_ALLOW || action == SECCOMP_LOG;
}

bool
seccomp_reaches (enum seccomp_action action, uint64_t errno_ret)
{
  return seccomp_permits (action)
         || (action == SECCOMP_ERRNO && (errno_ret & SECCOMP_RET_DATA) == 0);
}

int
seccomp_read_action (const struct json_doc *config, json_node object,
                     const char *key, const char *where,
                     enum seccomp_action *action, struct error *err)
{
  cleanup_free char *name = NULL;
  json_node node;
  size_t i = 0;

  if (json_get (config, object, key, JSON_STRING, &node, err) < 0)
    return -1;
  name = node == JSON_NONE ? xstrndup ("", 0) : json_string (config, node);
  while (i < COUNT (actions) && strcmp (actions[i].name, name) != 0)
    i++;
  if (i == COUNT (actions))
    return error_refuse (err, SENTENCE_seccomp_action, escape (name).text);
  *action = actions[i].action;
  if (*action == SECCOMP_TRACE || *action == SECCOMP_NOTIFY)
    return error_refuse (err, SENTENCE_seccomp_trace, name, where);
  return 0;
}

static int
read_number (const struct json_doc *config, json_node object, const char *key,
             uint64_t absent, uint64_t *value, struct error *err)
{
  json_node node;
  int found = json_get (config, object, key, JSON_NUMBER, &node, err);

  *value = absent;
  if (found <= 0)
    return found;
  if (json_uint64 (config, node, value) < 0)
    return error_refuse (err, SENTENCE_json_type, key, "an odd number",
                         "a plain one");
  return 0;
}

int
seccomp_read_errno (const struct json_doc *config, json_node rule,
                    uint64_t *errno_ret, struct error *err)
{
  return read_number (config, rule, "errnoRet", EPERM, errno_ret, err);
}

int
seccomp_read_default_errno (const struct json_doc *config, json_node seccomp,
                            uint64_t *errno_ret, struct error *err)
{
  return read_number (config, seccomp, "defaultErrnoRet", EPERM, errno_ret,
                      err);
}

int
seccomp_read_condition (const struct json_doc *config, json_node argument,
                        struct seccomp_condition *condition, struct error *err)
{
  if (json_kind (config, argument) != JSON_OBJECT)
    return error_refuse (err, SENTENCE_json_type,
                         "/linux/seccomp/syscalls/args", "something else",
                         "objects");
  return read_number (config, argument, "index", 0, &condition->index, err) < 0
                 || read_number (config, argument, "value", 0,
                                 &condition->value, err)
                        < 0
                 || read_number (config, argument, "valueTwo", 0,
                                 &condition->value_two, err)
                        < 0
                 || json_get (config, argument, "op", JSON_STRING,
                              &condition->op, err)
                        < 0
             ? -1
             : 0;
}

static int
refuse_condition (const struct seccomp_rule *rule, struct error *err)
{
  return error_refuse (err, SENTENCE_seccomp_condition,
                       (unsigned) rule->place);
}

/* One condition on argument 1, equal or masked equal, can be cut exactly.
 * crun ignores the 7th condition and those behind it, both runtimes take
 * several of one argument as alternatives: all that is refused. */
static int
read_condition (const struct json_doc *config, json_node args,
                struct seccomp_rule *rule, struct error *err)
{
  json_node arg = json_first (config, args);
  struct seccomp_condition condition;

  if (arg == JSON_NONE)
    return 0;
  if (json_next (config, arg) != JSON_NONE)
    return refuse_condition (rule, err);
  if (seccomp_read_condition (config, arg, &condition, err) < 0)
    return -1;
  if (condition.index != 1 || condition.op == JSON_NONE)
    return refuse_condition (rule, err);
  rule->conditional = true;
  if (json_string_is (config, condition.op, "SCMP_CMP_EQ"))
    {
      rule->mask = UINT64_MAX;
      rule->datum = condition.value;
    }
  else if (json_string_is (config, condition.op, "SCMP_CMP_MASKED_EQ"))
    {
      rule->mask = condition.value;
      rule->datum = condition.value_two & condition.value;
    }
  else
    return refuse_condition (rule, err);
  return 0;
}

static bool
names_ioctl (const struct json_doc *config, json_node names)
{
  for (json_node n = json_first (config, names); n != JSON_NONE;
       n = json_next (config, n))
    if (json_string_is (config, n, "ioctl"))
      return true;
  return false;
}

static int
note_unconditional (struct seccomp_profile *profile,
                    const struct seccomp_rule *rule, struct error *err)
{
  if (profile->has_unconditional && profile->unconditional != rule->action)
    return error_refuse (err, SENTENCE_seccomp_conflict);
  profile->has_unconditional = true;
  profile->unconditional = rule->action;
  return 0;
}

static int
read_rule (const struct json_doc *config, json_node node,
           struct seccomp_profile *profile, struct error *err)
{
  struct seccomp_rule rule = { .place = profile->rule_total - 1 };
  json_node args;

  if (json_kind (config, node) != JSON_OBJECT)
    return error_refuse (err, SENTENCE_json_type, "/linux/seccomp/syscalls",
                         "something else", "objects");
  if (json_get (config, node, "names", JSON_ARRAY, &rule.names, err) < 0)
    return -1;
  if (!names_ioctl (config, rule.names))
    return 0;
  if (seccomp_read_action (config, node, "action", "for ioctl", &rule.action, err) < 0
      || seccomp_read_errno (config, node, &rule.errno_ret, err) < 0
      || json_get (config, node, "args", JSON_ARRAY, &args, err) < 0
      || read_condition (config, args, &rule, err) < 0
      || (!rule.conditional && note_unconditional (profile, &rule, err) < 0))
    return -1;
  profile->rules = xrealloc (profile->rules, (profile->count + 1)
                                                 * sizeof *profile->rules);
  profile->rules[profile->count++] = rule;
  return 0;
}

int
seccomp_read (const struct json_doc *config, json_node linux_object,
              struct seccomp_profile *profile, struct error *err)
{
  int found;

  *profile = (struct seccomp_profile){ .seccomp = JSON_NONE,
                                       .syscalls = JSON_NONE };
  found = json_get (config, linux_object, "seccomp", JSON_OBJECT,
                    &profile->seccomp, err);
  if (found <= 0)
    return found;
  if (seccomp_read_action (config, profile->seccomp, "defaultAction", "as default",
                   &profile->default_action, err)
          < 0
      || json_get (config, profile->seccomp, "syscalls", JSON_ARRAY,
                   &profile->syscalls, err)
             < 0)
    return -1;
  for (json_node n = json_first (config, profile->syscalls); n != JSON_NONE;
       n = json_next (config, n))
    {
      profile->rule_total++;
      if (read_rule (config, n, profile, err) < 0)
        return -1;
    }
  return 1;
}

void
seccomp_clear (struct seccomp_profile *profile)
{
  free (profile->rules);
  *profile = (struct seccomp_profile){ .seccomp = JSON_NONE };
}

int
seccomp_read_default (const struct json_doc *config,
                      const struct seccomp_profile *profile, bool *reaches,
                      uint64_t *errno_ret, struct error *err)
{
  *errno_ret = EPERM;
  if (profile->default_action == SECCOMP_ERRNO
      && seccomp_read_default_errno (config, profile->seccomp, errno_ret, err)
             < 0)
    return -1;
  *reaches = seccomp_reaches (profile->default_action, *errno_ret);
  return 0;
}
