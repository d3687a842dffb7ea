/* SPDX-License-Identifier: Apache-2.0 */
/* The members that a rule and `default` may have: their words, and which of two
 * values is the stricter. */
#include <config.h>

#include <ctype.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "policy_parts.h"

#define END { NULL, 0, 0 }
static const struct choice
    request_choices[] = { { "allow", REQUEST_ALLOW, 0 },
                          { "refuse", REQUEST_REFUSE, 2 }, END },
    inherit_choices[] = { { "lock", INHERIT_LOCK, 3 },
                          { "report", INHERIT_REPORT, 1 },
                          { "leave", INHERIT_LEAVE, 0 },
                          { "refuse", INHERIT_REFUSE, 4 }, END },
    ports_choices[] = { { "refuse", PORTS_REFUSE, 1 },
                        { "warn", PORTS_WARN, 0 }, END },
    lock_choices[] = { { "standard", LOCK_STANDARD, 0 },
                       { "strict", LOCK_STRICT, 0 },
                       { "userns", LOCK_USERNS, 0 },
                       { "strict+userns", LOCK_STRICT | LOCK_USERNS, 0 },
                       { "isolated", LOCK_ISOLATED, 0 },
                       { "strict+isolated", LOCK_STRICT | LOCK_ISOLATED, 0 },
                       { "userns+isolated", LOCK_USERNS | LOCK_ISOLATED, 0 },
                       { "strict+userns+isolated",
                         LOCK_STRICT | LOCK_USERNS | LOCK_ISOLATED, 0 },
                       END },
    pathless_choices[] = { { "refuse", PATHLESS_REFUSE, 1 },
                           { "remove", PATHLESS_REMOVE, 0 }, END },
    dns_choices[] = { { "host", DNS_HOST, 1 }, { "keep", DNS_KEEP, 0 }, END },
    mode_choices[] = { { "enforce", MODE_ENFORCE, 1 },
                       { "observe", MODE_OBSERVE, 0 }, END },
    net_admin_choices[] = { { "leave", NET_ADMIN_LEAVE, 0 },
                            { "report", NET_ADMIN_REPORT, 1 },
                            { "refuse", NET_ADMIN_REFUSE, 2 }, END },
    isolated_choices[] = { { "require", ISOLATED_REQUIRE, 1 },
                           { "best-effort", ISOLATED_BEST_EFFORT, 0 }, END },
    host_objects_choices[] = { { "report", HOST_OBJECTS_REPORT, 1 },
                               { "refuse", HOST_OBJECTS_REFUSE, 2 }, END },
    port_conflicts_choices[] = { { "refuse", PORT_CONFLICTS_REFUSE, 2 },
                                 { "warn", PORT_CONFLICTS_WARN, 1 },
                                 { "ignore", PORT_CONFLICTS_IGNORE, 0 }, END },
    capability_choices[] = { { "CAP_NET_RAW", KEEP_NET_RAW, 0 },
                             { "CAP_MKNOD", KEEP_MKNOD, 0 },
                             { "CAP_SYS_PTRACE", KEEP_SYS_PTRACE, 0 }, END };

const struct setting_words setting_words[SETTINGS] = {
  [SETTING_REQUEST] = { "request", "`allow` or `refuse`", request_choices },
  [SETTING_INHERIT] = { "inherit", "`lock`, `report`, `leave` or `refuse`",
                        inherit_choices },
  [SETTING_PUBLISHED_PORTS]
  = { "publishedPorts", "`refuse` or `warn`", ports_choices },
  [SETTING_PATHLESS] = { "pathless", "`refuse` or `remove`",
                         pathless_choices },
  [SETTING_CAPABILITIES] = { "keepCapabilities",
                             "an array of capability names",
                             capability_choices },
  [SETTING_LOCK] = { "lock",
                     "`standard`, or `strict`, `userns` and `isolated` in "
                     "this order with `+` between",
                     lock_choices },
  [SETTING_DNS] = { "dns", "`host` or `keep`", dns_choices },
  [SETTING_MODE] = { "mode", "`enforce` or `observe`", mode_choices },
  [SETTING_NET_ADMIN] = { "privateNetAdmin", "`leave`, `report` or `refuse`",
                          net_admin_choices },
  [SETTING_HOST_OBJECTS] = { "hostObjects", "`report` or `refuse`",
                             host_objects_choices },
  [SETTING_ISOLATED] = { "isolated", "`require` or `best-effort`",
                         isolated_choices },
  [SETTING_PORT_CONFLICTS] = { "portConflicts", "`refuse`, `warn` or `ignore`",
                               port_conflicts_choices },
};

enum setting
setting_find (const char *name)
{
  unsigned s = 0;

  while (s < SETTINGS && strcmp (setting_words[s].name, name) != 0)
    s++;
  return (enum setting) s;
}

/* What no word spells is built in: of `request`, which stands between the two,
 * of `inherit`, between lock and report, and of `hostObjects`, the laxest. */
static unsigned
strictness (enum setting setting, unsigned value)
{
  for (const struct choice *c = setting_words[setting].choices; c->name; c++)
    if (c->value == value)
      return c->strictness;
  return setting == SETTING_REQUEST ? 1 : setting == SETTING_INHERIT ? 2 : 0;
}

unsigned
setting_stricter (enum setting setting, unsigned a, unsigned b)
{
  if (setting == SETTING_LOCK)
    return a | b;
  if (setting == SETTING_CAPABILITIES)
    return a & b;
  return strictness (setting, a) >= strictness (setting, b) ? a : b;
}

unsigned
policy_get (const struct policy_settings *settings, enum setting setting)
{
  const unsigned values[SETTINGS] = {
    [SETTING_REQUEST] = settings->request,
    [SETTING_INHERIT] = settings->inherit,
    [SETTING_PUBLISHED_PORTS] = settings->published_ports,
    [SETTING_PATHLESS] = settings->pathless,
    [SETTING_CAPABILITIES] = settings->keep_capabilities,
    [SETTING_LOCK] = settings->lock,
    [SETTING_DNS] = settings->dns,
    [SETTING_MODE] = settings->mode,
    [SETTING_NET_ADMIN] = settings->private_net_admin,
    [SETTING_HOST_OBJECTS] = settings->host_objects,
    [SETTING_ISOLATED] = settings->isolated,
    [SETTING_PORT_CONFLICTS] = settings->port_conflicts,
  };

  return values[setting];
}

void
policy_set (struct policy_settings *settings, enum setting setting,
            unsigned value)
{
  switch (setting)
    {
    case SETTING_REQUEST:
      settings->request = (enum policy_request) value;
      break;
    case SETTING_INHERIT:
      settings->inherit = (enum policy_inherit) value;
      break;
    case SETTING_PUBLISHED_PORTS:
      settings->published_ports = (enum policy_ports) value;
      break;
    case SETTING_PATHLESS:
      settings->pathless = (enum policy_pathless) value;
      break;
    case SETTING_CAPABILITIES:
      settings->keep_capabilities = value;
      break;
    case SETTING_LOCK:
      settings->lock = (enum lock) value;
      break;
    case SETTING_DNS:
      settings->dns = (enum policy_dns) value;
      break;
    case SETTING_MODE:
      settings->mode = (enum policy_mode) value;
      break;
    case SETTING_NET_ADMIN:
      settings->private_net_admin = (enum policy_net_admin) value;
      break;
    case SETTING_HOST_OBJECTS:
      settings->host_objects = (enum policy_host_objects) value;
      break;
    case SETTING_PORT_CONFLICTS:
      settings->port_conflicts = (enum policy_port_conflicts) value;
      break;
    case SETTING_ISOLATED:
      settings->isolated = (enum policy_isolated) value;
      break;
    default:
      break;
    }
}

bool
setting_has_word (enum setting setting, unsigned value)
{
  if (setting == SETTING_CAPABILITIES)
    return true;
  for (const struct choice *c = setting_words[setting].choices; c->name; c++)
    if (c->value == value)
      return true;
  return false;
}

void
setting_value (enum setting setting, unsigned value, struct json_buffer *text)
{
  const struct choice *c = setting_words[setting].choices;
  bool first = true;

  if (setting == SETTING_CAPABILITIES)
    json_buffer_add (text, "[");
  for (; c->name != NULL; c++)
    if (setting == SETTING_CAPABILITIES ? (value & c->value) != 0
                                        : value == c->value)
      {
        json_buffer_add (text, "%s\"%s\"", first ? "" : ",", c->name);
        first = false;
      }
  if (setting == SETTING_CAPABILITIES)
    json_buffer_add (text, "]");
}

void
listen_value (const struct port_list *list, struct json_buffer *text)
{
  json_buffer_add (text, "[");
  for (size_t i = 0; i < list->count; i++)
    {
      cleanup_free char *one = port_range_text (&list->list[i]);

      json_buffer_add (text, "%s\"%s\"", i > 0 ? "," : "", one);
    }
  json_buffer_add (text, "]");
}

enum
{
  NAME_MAX_LENGTH = 24, /* of those that are given to nearest_name() */
  NEAR = 3              /* and at most half of the known name */
};

/* Levenshtein, blind to case: how many characters have to be changed, added
 * or taken away. */
static size_t
edit_distance (const char *known, const char *given)
{
  size_t row[NAME_MAX_LENGTH + 1];
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

const char *
nearest_name (const char *given, const char *const *names, size_t n)
{
  const char *nearest = NULL;
  size_t least = NEAR + 1;

  for (size_t i = 0; i < n; i++)
    {
      size_t distance = strlen (names[i]) > NAME_MAX_LENGTH
                            ? least
                            : edit_distance (names[i], given);

      if (distance < least && distance * 2 <= strlen (names[i]))
        {
          least = distance;
          nearest = names[i];
        }
    }
  return nearest;
}
