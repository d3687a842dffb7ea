/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "occasion.h"

#include <stdlib.h>
#include <string.h>

#include "trail.h"

static char *
copy (const char *text)
{
  return text == NULL ? NULL : xstrndup (text, strlen (text));
}

static char *
args_of (const struct policy_subject *subject)
{
  struct json_buffer text = JSON_BUFFER_INIT;

  if (!subject->args_known)
    return NULL;
  json_buffer_add (&text, "[");
  for (size_t i = 0; i < subject->arg_count; i++)
    {
      if (i > 0)
        json_buffer_add (&text, ",");
      json_buffer_string (&text, subject->args[i]);
    }
  json_buffer_add (&text, "]");
  return text.text;
}

static void
note (struct occasion *occasion, const struct engine_verdict *engine,
      const struct policy_subject *subject)
{
  occasion->known = true;
  occasion->kubernetes = engine->kubernetes;
  occasion->engine = engine_name (engine->engine);
  if (engine->kubernetes)
    occasion->sure = engine_surely_kubernetes (engine) ? "yes" : "no";
  occasion->pod = copy (subject->pod);
  occasion->pod_namespace = copy (subject->pod_namespace);
  occasion->service_account = copy (subject->service_account);
  occasion->args = args_of (subject);
}

void
occasion_note_container (struct occasion *occasion,
                         const struct json_doc *config, json_node annotations,
                         json_node process)
{
  cleanup_subject struct policy_subject subject = POLICY_SUBJECT_INIT;
  struct engine_facts facts = { 0 };
  struct engine_verdict engine;

  /* exec names no bundle; containerd's shim works in it */
  facts_collect_engine (CALLER_CREATE,
                        occasion->bundle != NULL ? occasion->bundle : ".",
                        &facts, NULL);
  engine = engine_tell (&facts, config, annotations);
  policy_subject_read (config, annotations, process, &engine, &subject);
  note (occasion, &engine, &subject);
  engine_facts_clear (&facts);
}

void
occasion_look (struct occasion *occasion)
{
  static const char nothing[] = "{}";
  cleanup_json struct json_doc config = JSON_DOC_INIT;

  if (!occasion->known
      && json_index (&config, nothing, strlen (nothing), false, NULL) == 0)
    occasion_note_container (occasion, &config, JSON_NONE, JSON_NONE);
}

void
occasion_note (struct occasion *occasion, const struct judgement *j)
{
  enum lock lock = decide_lock (&j->settings, &j->request);

  if (j->config.count == 0 || json_kind (&j->config, 0) != JSON_OBJECT)
    return; /* it is no configuration */
  if (!j->needs_policy)
    {
      json_node annotations, process;

      json_get (&j->config, 0, "annotations", JSON_OBJECT, &annotations, NULL);
      json_get (&j->config, 0, "process", JSON_OBJECT, &process, NULL);
      occasion_note_container (occasion, &j->config, annotations, process);
      return;
    }
  note (occasion, &j->engine, &j->subject);
  occasion->rule = policy_rule_name (&j->settings);
  occasion->settings = copy (j->observation.settings);
  occasion->bears = j->observation.bears_strict ? "strict" : NULL;
  if (!decide_concerns (&j->request, &j->facts))
    return;
  occasion->lock = lock_names[lock];
  if (j->decision.verdict == VERDICT_EDIT || j->observation.would_edit)
    occasion->edits = decide_applied (lock, j->request.network);
}

void
occasion_tell (const struct occasion *occasion, enum record_kind kind,
               enum refusal reason, const char *message)
{
  const struct record record = {
    .kind = kind,
    .message = message,
    .program = occasion->program,
    .command = occasion->command,
    .container = occasion->container,
    .bundle = occasion->bundle,
    .engine = occasion->engine,
    .pod = occasion->pod,
    .pod_namespace = occasion->pod_namespace,
    .service_account = occasion->service_account,
    .rule = occasion->rule,
    .lock = occasion->lock,
    .edits = occasion->edits,
    .reason_id = reason == REFUSAL_NONE ? NULL : refusal_name (reason),
    .args = occasion->args,
    .settings = occasion->settings,
    .sure = occasion->sure,
    .bears = occasion->bears,
  };

  trail_write (&record);
}

static void
tell_observed (struct occasion *occasion, const struct judgement *j)
{
  const struct error *refused = &j->observation.refused;
  cleanup_free char *message
      = observation_sentence (&j->observation, &j->decision);

  if (message == NULL)
    return;
  occasion_note (occasion, j);
  occasion_tell (occasion, RECORD_OBSERVED,
                 refused->message != NULL ? refused->id
                                          : j->decision.report.id,
                 message);
}

void
occasion_decided (struct occasion *occasion, const struct judgement *j)
{
  const struct error *report = &j->decision.report;

  if (j->observation.observed)
    tell_observed (occasion, j);
  else if (report->message != NULL)
    {
      occasion_note (occasion, j);
      occasion_tell (occasion, RECORD_REPORTED, report->id, report->message);
    }
  else if (j->decision.verdict == VERDICT_EDIT)
    {
      occasion_note (occasion, j);
      occasion_tell (occasion, RECORD_CHANGED, REFUSAL_NONE,
                     j->decision.asks
                         ? "a container got the host's network, locked"
                         : "a container that has the host's network was "
                           "locked");
    }
}

const char *
occasion_sentence (const struct occasion *occasion, const struct error *err)
{
  return occasion->kubernetes ? refusal_for_author (err) : err->message;
}

void
occasion_clear (struct occasion *occasion)
{
  free (occasion->container);
  free (occasion->bundle);
  free (occasion->pod);
  free (occasion->pod_namespace);
  free (occasion->service_account);
  free (occasion->rule);
  free (occasion->args);
  free (occasion->settings);
  *occasion = (struct occasion) OCCASION_INIT;
}
