/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "decide.h"

#include <stdlib.h>
#include <string.h>

#include "dns.h"
#include "plan.h"
#include "seccomp_lock.h"

size_t
plan_count (const struct json_doc *config, json_node container)
{
  size_t count = 0;

  for (json_node n = json_first (config, container); n != JSON_NONE;
       n = json_next (config, n))
    count++;
  return count;
}

static bool
has_host_network (const struct facts *facts)
{
  return facts->relation == NETNS_HOST || facts->relation == NETNS_HOST_PATH;
}

bool
decide_concerns (const struct request *request, const struct facts *facts)
{
  return request->network || has_host_network (facts);
}

/* Annotations may tighten, never loosen. */
enum lock
decide_lock (const struct policy_settings *settings,
             const struct request *request)
{
  return request->lock | settings->lock;
}

bool
decide_needs_policy (const struct request *request, const struct facts *facts)
{
  return decide_concerns (request, facts) || facts->private_net_admin;
}

/* It depends on the finished configuration alone, so that a second pass
 * computes the same. */
const char *
decide_applied (enum lock lock, bool network)
{
#define APPLIED(name, first, last)                                            \
  "{\"version\":1,\"lock\":\"" name "\",\"edits\":[" first                    \
  "\"capabilities\",\"seccomp\",\"mounts\",\"devices\"" last "]}"
#define BOTH(name, last)                                                      \
  { APPLIED (name, "", last), APPLIED (name, "\"network\",", last) }
  static const char *const values[LOCKS][2] = {
    [LOCK_STANDARD] = BOTH ("standard", ""),
    [LOCK_STRICT] = BOTH ("strict", ",\"process\""),
    [LOCK_USERNS] = BOTH ("userns", ",\"user\""),
    [LOCK_STRICT | LOCK_USERNS]
    = BOTH ("strict+userns", ",\"process\",\"user\""),
    [LOCK_ISOLATED] = BOTH ("isolated", ",\"isolated\""),
    [LOCK_STRICT | LOCK_ISOLATED]
    = BOTH ("strict+isolated", ",\"process\",\"isolated\""),
    [LOCK_USERNS | LOCK_ISOLATED]
    = BOTH ("userns+isolated", ",\"user\",\"isolated\""),
    [LOCK_STRICT | LOCK_USERNS | LOCK_ISOLATED]
    = BOTH ("strict+userns+isolated",
            ",\"process\",\"user\",\"isolated\""),
  };
#undef APPLIED
#undef BOTH

  return values[lock][network];
}

/* Every part of the lock. */
static int
plan_lock (struct plan *plan, struct error *err)
{
  return runtime_annotations_check (plan, err) < 0
                 || userns_plan (plan, err) < 0
                 || netns_plan (plan, err) < 0 || sysctl_plan (plan, err) < 0
                 || capabilities_plan (plan, err) < 0
                 || process_plan (plan, err) < 0
                 || seccomp_lock_plan (plan->config, plan->linux_object,
                                       plan->lock, &plan->edits, err)
                        < 0
                 || mounts_plan (plan, err) < 0
                 || readonly_paths_plan (plan, err) < 0
                 || devices_plan (plan, err) < 0
                 || isolated_plan (plan, err) < 0
             ? -1
             : 0;
}

/* The annotation comes last: it is only true when nothing else is edited. */
static int
plan_applied (struct plan *plan, struct error *err)
{
  const struct request *request = plan->request;
  const char *value = decide_applied (plan->lock, request->network);
  struct json_buffer text = JSON_BUFFER_INIT;

  if (request->applied != JSON_NONE)
    return plan->edits.count == 0
                   && json_string_is (plan->config, request->applied, value)
               ? 0
               : error_refuse (err, SENTENCE_request_forged);
  if (plan->annotations != JSON_NONE)
    {
      json_buffer_string (&text, value);
      json_add_member (&plan->edits, plan->config, plan->annotations,
                       "io.oci-hostnet.applied", text.text,
                       "tells what was done");
    }
  else
    {
      json_buffer_add (&text, "{\"io.oci-hostnet.applied\":");
      json_buffer_string (&text, value);
      json_buffer_add (&text, "}");
      json_add_member (&plan->edits, plan->config, 0, "annotations", text.text,
                       "tells what was done");
    }
  free (text.text);
  return 0;
}

int
plan_init (struct plan *plan, struct error *err)
{
  unsigned joined;

  if (json_get (plan->config, 0, "linux", JSON_OBJECT, &plan->linux_object,
                err)
          < 0
      || json_get (plan->config, 0, "process", JSON_OBJECT, &plan->process,
                   err)
             < 0)
    return -1;
  /* Without /linux there are no namespaces: runc refuses it, crun joins
   * everything of the host; no place to put a lock in. */
  if (plan->linux_object == JSON_NONE)
    return error_refuse (err, SENTENCE_json_type, "/linux", "nothing",
                         "an object");
  plan->has_user = plan_namespaces (plan, "user", &joined) > 0;
  plan->adds_user = (plan->lock & LOCK_USERNS) != 0
                    && plan->facts->userns.own_reaches && !plan->has_user;
  return 0;
}

/* Puts SENTENCE behind what is reported already. */
static void
add_report (struct decision *decision, enum refusal id, const char *sentence)
{
  struct error *to = &decision->report;
  cleanup_free char *before = to->message;

  if (before == NULL)
    error_refuse (to, id, "%s", sentence);
  else
    to->message = xasprintf ("%s; %s", before, sentence);
}

/* hostObjects: of whoever is on the host's network, locked or not. */
static int
check_host_objects (const struct plan *plan, struct decision *decision,
                    struct error *err)
{
  const struct ways *ways = &plan->facts->ways;

  if (plan->settings->host_objects == HOST_OBJECTS_SHOW)
    return 0;
  if (plan->settings->host_objects == HOST_OBJECTS_REFUSE)
    {
      if (ways->count > 0)
        return error_refuse (err, ways->list[0].id, "%s",
                             ways->list[0].sentence);
      /* then they were not looked at */
      if (plan->facts->unknown.message != NULL)
        return error_refuse (err, plan->facts->unknown.id, "%s",
                             plan->facts->unknown.message);
    }
  else if (plan->facts->unknown.message != NULL)
    add_report (decision, plan->facts->unknown.id,
                plan->facts->unknown.message);
  for (size_t i = 0; i < ways->count; i++)
    add_report (decision, ways->list[i].id, ways->list[i].sentence);
  return 0;
}

static void
report_listen (void *decision, enum refusal id, const char *sentence)
{
  add_report (decision, id, sentence);
}

static int
make_plan (struct plan *plan, struct decision *decision, struct error *err)
{
  cleanup_error struct error ports = ERROR_INIT, dns = ERROR_INIT;

  if (plan_init (plan, err) < 0)
    return -1;
  if (ports_check (plan, &ports) < 0)
    {
      if (plan->settings->published_ports == PORTS_REFUSE)
        return error_refuse (err, ports.id, "%s", ports.message);
      add_report (decision, ports.id, ports.message);
    }
  if (plan->facts->unknown.message != NULL)
    return error_refuse (err, plan->facts->unknown.id, "%s",
                         plan->facts->unknown.message);
  if ((plan->lock & LOCK_STRICT) != 0 && plan->facts->ways.count > 0)
    return error_refuse (err, plan->facts->ways.list[0].id, "%s",
                         plan->facts->ways.list[0].sentence);
  if (plan_lock (plan, err) < 0 || plan_applied (plan, err) < 0)
    return -1;
  /* else isolated_plan() has refused */
  if ((plan->lock & LOCK_ISOLATED) != 0
      && plan->facts->isolated.refused.message != NULL)
    add_report (decision, plan->facts->isolated.refused.id,
                plan->facts->isolated.refused.message);
  dns_report (plan->facts, &dns);
  if (dns.message != NULL)
    add_report (decision, dns.id, dns.message);
  return 0;
}

/* DESIGN.md "When what": a container that asks. */
static int
check_request (const struct plan *plan, struct error *err)
{
  if (plan->settings->request == REQUEST_REFUSE)
    return error_refuse (err, SENTENCE_request_refused);
  if (plan->settings->request == REQUEST_DEFAULT
      && plan->engine.kubernetes)
    return error_refuse (err, SENTENCE_request_kubernetes);
  return 0;
}

static int
report (struct decision *decision, const char *because)
{
  struct error *to = &decision->report;

  if (to->message != NULL)
    {
      cleanup_free char *before = to->message;

      to->message = xasprintf ("%s; the container was left as it is: %s",
                               before, because);
    }
  else
    error_refuse (to, SENTENCE_inherit_left, because);
  return 0;
}

/* A container that has the host's network without asking.  By default what
 * would lose a capability, or cannot be locked, is left running and reported:
 * kube-proxy, CNI and CSI pods must live. */
static int
decide_inherited (struct plan *plan, struct decision *decision,
                  struct error *err)
{
  cleanup_error struct error why = ERROR_INIT;
  bool only_look = plan->settings->inherit == INHERIT_LEAVE
                   || plan->settings->inherit == INHERIT_REPORT;

  if (plan->settings->inherit == INHERIT_REFUSE)
    return error_refuse (err, SENTENCE_inherit_refused, "/linux/namespaces");
  if (check_host_objects (plan, decision, err) < 0
      || listen_check (plan, !only_look, report_listen, decision, err) < 0)
    return -1;
  if (only_look && plan->request->applied == JSON_NONE)
    return plan->settings->inherit == INHERIT_LEAVE
               ? 0
               : report (decision, "the policy says report");
  if (make_plan (plan, decision, &why) < 0)
    {
      if (plan->settings->inherit == INHERIT_HARMLESS
          && plan->request->applied == JSON_NONE
          && why.id != REFUSAL_ports_published)
        return report (decision, why.message);
      return error_refuse (err, why.id, "%s", why.message);
    }
  if (only_look)
    return 0;
  if (plan->loses_capability && plan->settings->inherit == INHERIT_HARMLESS)
    return report (decision, "locking it would take capabilities away");
  decision->verdict = plan->edits.count > 0 ? VERDICT_EDIT : VERDICT_LEAVE;
  decision->must_be_locked = plan->settings->inherit == INHERIT_LOCK;
  return 0;
}

static int
decide_restore (const struct plan *plan, struct decision *decision,
                struct error *err)
{
  if (!decision->asks
      && (plan->settings->inherit == INHERIT_LEAVE
          || plan->settings->inherit == INHERIT_REPORT))
    return check_host_objects (plan, decision, err);
  return error_refuse (err, SENTENCE_restore_refused,
                       decision->asks ? "asks for" : "has");
}

static int
decide_plan (struct plan *plan, struct decision *decision, struct error *err)
{
  if (plan->facts->caller == CALLER_RESTORE)
    return decide_restore (plan, decision, err);
  if (!decision->asks)
    return decide_inherited (plan, decision, err);
  decision->must_be_locked = true;
  if (check_request (plan, err) < 0
      || check_host_objects (plan, decision, err) < 0
      || listen_check (plan, true, report_listen, decision, err) < 0
      || make_plan (plan, decision, err) < 0)
    return -1;
  decision->verdict = plan->edits.count > 0 ? VERDICT_EDIT : VERDICT_LEAVE;
  return 0;
}

int
decide_pointless (const struct json_doc *config, const struct request *request,
                  struct error *err)
{
  for (json_node n = json_first (config, request->annotations);
       request->any && n != JSON_NONE; n = json_next (config, n))
    if (json_key_starts (config, n, REQUEST_PREFIX))
      {
        cleanup_free char *key = json_key (config, n);

        if (strcmp (key, REQUEST_SERVICE_ACCOUNT) != 0)
          return error_refuse (err, SENTENCE_request_pointless,
                               escape (key).text);
      }
  return 0;
}

/* A container with a network of its own. */
static int
decide_private (const struct policy_settings *settings,
                const struct facts *facts, struct decision *decision,
                struct error *err)
{
  if (!facts->private_net_admin
      || settings->private_net_admin == NET_ADMIN_LEAVE)
    return 0;
  if (settings->private_net_admin == NET_ADMIN_REFUSE)
    return error_refuse (err, SENTENCE_net_admin_refused);
  error_refuse (&decision->report, SENTENCE_net_admin_reported);
  return 0;
}

int
decide (const struct policy_settings *given,
        const struct engine_verdict *engine, const struct json_doc *config,
        const struct request *request, const struct facts *facts,
        struct decision *decision, struct error *err)
{
  struct policy_settings settings = *given;
  struct plan plan = { .config = config,
                       .annotations = request->annotations,
                       .request = request,
                       .facts = facts,
                       .settings = &settings,
                       .engine = *engine,
                       .edits = JSON_EDITS_INIT };
  int result;

  decision->asks = request->network;
  decision->has_host_network = has_host_network (facts);
  if (!decide_concerns (request, facts))
    return decide_pointless (config, request, err) < 0
               ? -1
               : decide_private (&settings, facts, decision, err);
  /* Annotations may tighten, never loosen. */
  if (request->wants_lock && settings.inherit != INHERIT_REFUSE)
    settings.inherit = INHERIT_LOCK;
  plan.lock = decide_lock (&settings, request);
  if (request->connect != JSON_NONE && (plan.lock & LOCK_ISOLATED) == 0)
    return error_refuse (err, SENTENCE_request_connect,
                         lock_names[plan.lock]);
  result = decide_plan (&plan, decision, err);
  if (result == 0 && decision->verdict == VERDICT_EDIT)
    decision->edits = plan.edits;
  else
    json_edits_clear (&plan.edits);
  return result;
}

void
decision_clear (struct decision *decision)
{
  json_edits_clear (&decision->edits);
  error_clear (&decision->report);
}
