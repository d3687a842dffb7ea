/* SPDX-License-Identifier: Apache-2.0 */
/* What a suggested rule says. */
#include <config.h>

#include "suggestion_parts.h"

#include <stdlib.h>
#include <string.h>

struct policy *
suggestion_settings (const char *settings)
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

/* ---- what is known of a container ---- */

/* An asker's edits begin with the network. */
enum matter
suggestion_matter (const struct record *observed)
{
  const char *reason = observed->reason_id, *edits = observed->edits;

  if (reason != NULL
      && (strcmp (reason, refusal_name (REFUSAL_request_refused)) == 0
          || strcmp (reason, refusal_name (REFUSAL_request_kubernetes)) == 0))
    return MATTER_REQUEST;
  if (reason != NULL
      && (strcmp (reason, refusal_name (REFUSAL_inherit_refused)) == 0
          || strcmp (reason, refusal_name (REFUSAL_inherit_left)) == 0))
    return MATTER_INHERIT;
  if (reason != NULL
      && (strcmp (reason, refusal_name (REFUSAL_net_admin_refused)) == 0
          || strcmp (reason, refusal_name (REFUSAL_net_admin_reported)) == 0))
    return MATTER_PRIVATE;
  if (edits != NULL)
    return strstr (edits, "\"network\"") != NULL ? MATTER_REQUEST
                                                 : MATTER_INHERIT;
  return MATTER_UNKNOWN;
}

bool
suggestion_bears_strict (const struct record *observed)
{
  return observed->bears != NULL && strcmp (observed->bears, "strict") == 0;
}

/* Who does not say it has what is built in, which is 0. */
static unsigned
value_of (const struct seen *seen, enum setting setting)
{
  return seen->policy->rules[0].value[setting];
}

/* Whether it counts for the container what is said of SETTING: nothing does for
 * one that stays observed. */
static bool
concerns (const struct seen *seen, enum setting setting)
{
  enum matter matter = seen->matter;

  if (setting == SETTING_MODE)
    return true;
  if (value_of (seen, SETTING_MODE) == MODE_OBSERVE)
    return false;
  if (matter == MATTER_UNKNOWN)
    return true;
  switch (setting)
    {
    case SETTING_REQUEST:
    case SETTING_PATHLESS:
    case SETTING_DNS:
      return matter == MATTER_REQUEST;
    case SETTING_INHERIT:
      return matter == MATTER_INHERIT;
    case SETTING_NET_ADMIN:
      return matter == MATTER_PRIVATE;
    default:
      return matter != MATTER_PRIVATE;
    }
}

/* ---- of several ---- */

static unsigned
laxer (enum setting setting, unsigned a, unsigned b)
{
  if (setting == SETTING_LOCK)
    return a & b;
  if (setting == SETTING_CAPABILITIES)
    return a | b;
  return setting_stricter (setting, a, b) == a ? b : a;
}

/* The stricter of both never keeps a container from being started. */
static bool
never_refuses (enum setting setting)
{
  return setting == SETTING_CAPABILITIES || setting == SETTING_DNS;
}

/* The strictest lock that all of them surely bear. */
static unsigned
merge_locks (const struct seen *seen, size_t count)
{
  unsigned all = LOCKS - 1, any = 0;

  for (size_t i = 0; i < count; i++)
    if (concerns (&seen[i], SETTING_LOCK))
      {
        unsigned lock = value_of (&seen[i], SETTING_LOCK);

        any |= lock;
        all &= lock | (seen[i].bears_strict ? LOCK_STRICT : 0);
      }
  return any & all;
}

static unsigned
merge_values (const struct seen *seen, size_t count, enum setting setting)
{
  unsigned among[2] = { 0, 0 }; /* all, and those that it counts for */
  bool some[2] = { false, false };

  if (setting == SETTING_LOCK)
    return merge_locks (seen, count);
  for (size_t i = 0; i < count; i++)
    {
      unsigned value = value_of (&seen[i], setting);
      bool counts = concerns (&seen[i], setting);

      among[0] = some[0] ? setting_stricter (setting, among[0], value) : value;
      some[0] = true;
      if (!counts)
        continue;
      among[1] = !some[1] ? value
                 : never_refuses (setting)
                     ? setting_stricter (setting, among[1], value)
                     : laxer (setting, among[1], value);
      some[1] = true;
    }
  return among[some[1]];
}

static bool
is_said (const struct seen *seen, size_t count, enum setting setting)
{
  for (size_t i = 0; i < count; i++)
    if (seen[i].policy->rules[0].set[setting])
      return true;
  return false;
}

/* Adds what RANGE has and LIST has not. */
static bool
add_missing (struct port_list *list, struct port_range range)
{
  const unsigned last = range.last;

  while (range.first <= last)
    {
      struct port_range one = range;

      one.last = last;
      one.first = port_list_lacks (list, &one);
      if (one.first == 0)
        return true;
      for (one.last = one.first; one.last < last; one.last++)
        {
          struct port_range next = one;

          next.first = next.last = one.last + 1;
          if (port_list_lacks (list, &next) == 0)
            break;
        }
      if (port_list_add (list, &one) != NULL)
        return false;
      range.first = one.last + 1;
    }
  return true;
}

/* The ports that any of them may declare; who does not say it may all. */
static void
merge_listen (struct rule *rule, const struct seen *seen, size_t count)
{
  rule->listen_set = count > 0;
  for (size_t i = 0; rule->listen_set && i < count; i++)
    {
      const struct rule *own = &seen[i].policy->rules[0];

      rule->listen_set = own->listen_set;
      for (size_t p = 0; rule->listen_set && p < own->listen.count; p++)
        rule->listen_set = add_missing (&rule->listen, own->listen.list[p]);
    }
}

struct policy *
suggestion_merge (const struct seen *seen, size_t count)
{
  struct policy *policy = suggestion_settings ("{}");
  struct rule *rule = &policy->rules[0];
  const char *user = count > 0 ? seen[0].policy->rules[0].subordinate : NULL;

  for (unsigned s = 0; s < SETTINGS; s++)
    if (is_said (seen, count, (enum setting) s))
      {
        rule->value[s] = merge_values (seen, count, (enum setting) s);
        rule->set[s] = setting_has_word ((enum setting) s, rule->value[s]);
      }
  for (size_t i = 1; user != NULL && i < count; i++)
    {
      const char *other = seen[i].policy->rules[0].subordinate;

      if (other == NULL || strcmp (other, user) != 0)
        user = NULL;
    }
  if (user != NULL)
    rule->subordinate = xstrndup (user, strlen (user));
  merge_listen (rule, seen, count);
  return policy;
}

/* ---- what is lost ---- */

static bool
is_laxer (enum setting setting, unsigned value, unsigned than)
{
  return setting_stricter (setting, value, than) != value;
}

static void
add_value (struct json_buffer *out, enum setting setting, unsigned value)
{
  if (setting_has_word (setting, value))
    setting_value (setting, value, out);
  else
    json_buffer_text (out, "what is built in");
}

/* What is said beside the settings. */
static void
add_other_losses (struct json_buffer *out, const struct rule *rule,
                  const struct seen *seen)
{
  const struct rule *own = &seen->policy->rules[0];
  bool more = own->listen_set && !rule->listen_set;

  if (own->subordinate != NULL && rule->subordinate == NULL
      && concerns (seen, SETTING_LOCK))
    json_buffer_add (out, "%sno \"subordinate\" is less than \"%s\"",
                     out->length > 0 ? ", " : "", own->subordinate);
  for (size_t i = 0; own->listen_set && i < rule->listen.count; i++)
    more |= port_list_lacks (&own->listen, &rule->listen.list[i]) != 0;
  if (!more || !concerns (seen, SETTING_LOCK))
    return;
  json_buffer_add (out, "%smore of \"listen\" is less than ",
                   out->length > 0 ? ", " : "");
  listen_value (&own->listen, out);
}

char *
suggestion_loss (const struct rule *rule, const struct seen *seen)
{
  struct json_buffer out = JSON_BUFFER_INIT;

  for (unsigned s = 0; s < SETTINGS; s++)
    {
      enum setting setting = (enum setting) s;
      unsigned own = value_of (seen, setting);

      /* who asks and runs was allowed to */
      if (setting == SETTING_REQUEST || !concerns (seen, setting)
          || !is_laxer (setting, rule->value[s], own))
        continue;
      json_buffer_add (&out, "%s\"%s\": ", out.length > 0 ? ", " : "",
                       setting_words[s].name);
      add_value (&out, setting, rule->value[s]);
      json_buffer_text (&out, " is less than ");
      add_value (&out, setting, own);
    }
  add_other_losses (&out, rule, seen);
  return out.text;
}
