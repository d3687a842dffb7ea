/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "observe.h"

#include <stdlib.h>

#include "policy_parts.h"

/* Which refusals a member of the policy takes back, and its value that does so
 * and gives away the least.  `pathless: remove` is not among them: an engine
 * that configures such a namespace afterwards takes the host's network down
 * (FACTS 2). */
static const struct
{
  enum refusal id;
  enum setting setting;
  unsigned value;
} remedies[] = {
  { REFUSAL_request_refused, SETTING_REQUEST, REQUEST_ALLOW },
  { REFUSAL_request_kubernetes, SETTING_REQUEST, REQUEST_ALLOW },
  { REFUSAL_ports_published, SETTING_PUBLISHED_PORTS, PORTS_WARN },
  { REFUSAL_listen_taken, SETTING_PORT_CONFLICTS, PORT_CONFLICTS_WARN },
  { REFUSAL_listen_unknown, SETTING_PORT_CONFLICTS, PORT_CONFLICTS_WARN },
  { REFUSAL_net_admin_refused, SETTING_NET_ADMIN, NET_ADMIN_REPORT },
};

/* What decide() wants beside the settings. */
struct matter
{
  const struct engine_verdict *engine;
  const struct json_doc *config;
  const struct request *request;
  const struct facts *facts;
};

static bool
is_way (const struct facts *facts, enum refusal id)
{
  for (size_t i = 0; i < facts->ways.count; i++)
    if (facts->ways.list[i].id == id)
      return true;
  return false;
}

/* Whether it is refused under SETTINGS, and by what; EDITS: whether it would be
 * edited. */
static enum refusal
try_settings (const struct policy_settings *settings,
              const struct matter *matter, bool *edits)
{
  cleanup_error struct error why = ERROR_INIT;
  cleanup_decision struct decision decision = DECISION_INIT;

  *edits = decide (settings, matter->engine, matter->config, matter->request,
                   matter->facts, &decision, &why)
               == 0
           && decision.verdict == VERDICT_EDIT;
  return why.id;
}

/* The strictest of `inherit` that takes nothing away from a container that was
 * meant to have it: what is built in locks where that is so. */
static unsigned
harmless_inherit (const struct policy_settings *settings,
                  const struct matter *matter)
{
  struct policy_settings built_in = *settings;
  bool edits;

  built_in.inherit = INHERIT_HARMLESS;
  if (built_in.host_objects == HOST_OBJECTS_REFUSE)
    built_in.host_objects = HOST_OBJECTS_REPORT; /* report needs that too */
  try_settings (&built_in, matter, &edits);
  return edits ? INHERIT_LOCK : INHERIT_REPORT;
}

/* The next thing to try against the refusal ID; false: there is none, or it was
 * tried. */
static bool
loosen (struct policy_settings *settings, const struct matter *matter,
        enum refusal id)
{
  enum setting setting = SETTINGS;
  unsigned value = 0;

  /* spell() has the ports that are declared */
  if (id == REFUSAL_listen_policy && settings->listen_count > 0)
    {
      settings->listen_count = 0;
      return true;
    }
  for (size_t i = 0; i < sizeof remedies / sizeof *remedies; i++)
    if (remedies[i].id == id)
      {
        setting = remedies[i].setting;
        value = remedies[i].value;
      }
  if (id == REFUSAL_inherit_refused)
    {
      setting = SETTING_INHERIT;
      value = harmless_inherit (settings, matter);
    }
  if (setting == SETTINGS && is_way (matter->facts, id)
      && settings->host_objects == HOST_OBJECTS_REFUSE)
    {
      setting = SETTING_HOST_OBJECTS;
      value = HOST_OBJECTS_REPORT;
    }
  /* what inherit says of lock takes the blame for all that cannot be locked */
  if (setting == SETTINGS && settings->inherit == INHERIT_LOCK)
    {
      setting = SETTING_INHERIT;
      value = INHERIT_REPORT;
    }
  if (setting == SETTINGS || policy_get (settings, setting) == value)
    return false;
  policy_set (settings, setting, value);
  settings->said |= 1U << setting;
  return true;
}

/* All members that the policy says something of, but for `mode`: a rule that
 * takes the place of another has to say what that one did.  What has no word is
 * built in, as the stricter of two rules: then `default` does not say it. */
static char *
spell (const struct policy_settings *settings,
       const struct port_list *declared, bool runs)
{
  struct json_buffer text = JSON_BUFFER_INIT;
  const char *comma = "";

  json_buffer_add (&text, "{");
  for (unsigned s = 0; s < SETTINGS; s++)
    {
      enum setting setting = (enum setting) s;
      unsigned value = policy_get (settings, setting);

      if (s == SETTING_MODE || !(settings->said >> s & 1U)
          || !setting_has_word (setting, value))
        continue;
      json_buffer_add (&text, "%s\"%s\":", comma, setting_words[s].name);
      setting_value (setting, value, &text);
      comma = ",";
    }
  if (settings->subordinate != NULL)
    {
      json_buffer_add (&text, "%s\"subordinate\":", comma);
      json_buffer_string (&text, settings->subordinate);
      comma = ",";
    }
  /* several lists can only be said by several rules */
  if (declared != NULL || settings->listen_count > 0)
    {
      json_buffer_add (&text, "%s\"listen\":", comma);
      listen_value (declared ? declared : settings->listen[0], &text);
      comma = ",";
    }
  if (!runs)
    json_buffer_add (&text, "%s\"mode\":\"observe\"", comma);
  json_buffer_add (&text, "}");
  return text.text;
}

/* Fills OBSERVATION with the settings under which the container runs. */
static void
find_settings (const struct policy_settings *given,
               const struct matter *matter, enum refusal id,
               struct observation *observation)
{
  cleanup_port_list struct port_list declared = PORT_LIST_INIT;
  cleanup_free char *text = NULL;
  struct policy_settings *settings = &observation->running;
  bool edits;

  *settings = *given;
  observation->runs = id == REFUSAL_NONE;
  while (!observation->runs && loosen (settings, matter, id))
    {
      id = try_settings (settings, matter, &edits);
      observation->runs = id == REFUSAL_NONE;
    }
  if (!observation->runs || settings->listen_count == given->listen_count)
    {
      observation->settings = spell (observation->runs ? settings : given,
                                     NULL, observation->runs);
      return;
    }
  text = json_string (matter->config, matter->request->listen);
  port_list_parse (text, "listen", &declared, NULL);
  observation->settings = spell (settings, &declared, true);
}

void
observe_refusal (struct observation *observation, struct error *err)
{
  observation->observed = true;
  observation->refused = *err;
  *err = (struct error) ERROR_INIT;
}

void
observe_unknown (const struct policy_settings *settings,
                 struct observation *observation, struct error *err)
{
  observe_refusal (observation, err);
  observation->settings = spell (settings, NULL, false);
}

void
observe (const struct policy_settings *settings,
         const struct engine_verdict *engine, const struct json_doc *config,
         const struct request *request, const struct facts *facts, int result,
         struct decision *decision, struct observation *observation,
         struct error *err)
{
  const struct matter matter = { engine, config, request, facts };

  observation->observed = true;
  observation->would_edit
      = result == 0 && decision->verdict == VERDICT_EDIT;
  decision->verdict = VERDICT_LEAVE;
  decision->must_be_locked = false;
  if (result < 0)
    observe_refusal (observation, err);
  find_settings (settings, &matter, observation->refused.id, observation);
}

void
observe_strict (const struct engine_verdict *engine,
                const struct json_doc *config, const struct request *request,
                const struct facts *facts, struct observation *observation)
{
  const struct matter matter = { engine, config, request, facts };
  struct policy_settings settings = observation->running;
  bool edits;

  settings.lock |= LOCK_STRICT;
  observation->bears_strict
      = observation->runs
        && try_settings (&settings, &matter, &edits) == REFUSAL_NONE;
}

char *
observation_sentence (const struct observation *observation,
                      const struct decision *decision)
{
  const char *report = decision->report.message;

  if (observation->refused.message != NULL)
    return xasprintf (OBSERVED_REFUSED "%s", observation->refused.message);
  if (report != NULL)
    return xasprintf ("observed, and would be %s: %s",
                      observation->would_edit ? "locked and reported"
                                              : "reported",
                      report);
  if (observation->would_edit)
    return xasprintf ("observed, and would be locked");
  return NULL;
}

void
observation_clear (struct observation *observation)
{
  error_clear (&observation->refused);
  free (observation->settings);
  *observation = (struct observation) OBSERVATION_INIT;
}
