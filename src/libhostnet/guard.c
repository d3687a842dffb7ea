/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "guard.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>

#include "bundle.h"
#include "guard_exec.h"
#include "judge.h"
#include "nsfs.h"

struct state
{
  struct json_doc doc;
  struct request request;
  bool has_annotations;
  int pid;
  char *bundle, *id;
  struct error refused; /* what is wrong with the annotations, or nothing */
};

static int
read_state (struct state *state, const char *text, size_t length,
            struct error *err)
{
  json_node annotations, pid, bundle, id;
  uint64_t number = 0;
  int found;

  if (json_index (&state->doc, text, length, false, err) < 0)
    return -1;
  if (json_kind (&state->doc, 0) != JSON_OBJECT)
    return error_refuse (err, SENTENCE_guard_state, "object");
  found = json_get (&state->doc, 0, "annotations", JSON_OBJECT, &annotations,
                    err);
  if (found < 0
      || json_get (&state->doc, 0, "pid", JSON_NUMBER, &pid, err) < 0
      || json_get (&state->doc, 0, "bundle", JSON_STRING, &bundle, err) < 0
      || json_get (&state->doc, 0, "id", JSON_STRING, &id, err) < 0)
    return -1;
  state->has_annotations = found > 0;
  if (pid != JSON_NONE && json_uint64 (&state->doc, pid, &number) == 0
      && number <= INT_MAX)
    state->pid = (int) number;
  if (bundle != JSON_NONE)
    state->bundle = json_string (&state->doc, bundle);
  if (id != JSON_NONE)
    state->id = json_string (&state->doc, id);
  /* whether that is refused or observed is the policy's word */
  request_read_annotations (&state->doc, annotations, &state->request,
                            &state->refused);
  return 0;
}

static int
check_network (int pid, struct error *err)
{
  char path[64];
  bool own;

  if (pid <= 0)
    return error_refuse (err, SENTENCE_guard_state, "pid");
  snprintf (path, sizeof path, "/proc/%d/ns/net", pid);
  if (nsfs_is_own ("net", path, &own) < 0)
    return error_system (err, errno, SENTENCE_namespace_unreadable, path);
  if (!own)
    return error_refuse (err, SENTENCE_guard_network, pid);
  return 0;
}

/* The state carries the annotations; in a user namespace the bundle may be
 * closed to us, and old crun passes "/" (FACTS 1). */
static int
check_bundle (const struct state *state, struct occasion *occasion,
              struct error *err)
{
  cleanup_bundle struct bundle bundle = BUNDLE_INIT;
  cleanup_judgement struct judgement judgement = JUDGEMENT_INIT;
  cleanup_error struct error why = ERROR_INIT;
  bool asks = state->request.network;
  cleanup_free char *pointer = NULL;

  if (state->bundle == NULL)
    error_refuse (&why, SENTENCE_guard_state, "bundle");
  else
    bundle_read (state->bundle, &bundle, &why);
  if (why.message != NULL)
    {
      if (!asks && state->has_annotations)
        return state->refused.message == NULL
                   ? 0
                   : error_refuse (err, state->refused.id, "%s",
                                   state->refused.message);
      return error_refuse (err, SENTENCE_guard_bundle,
                           escape (state->bundle ? state->bundle : "").text,
                           why.message);
    }
  if (judge (bundle.text, bundle.length, state->bundle, CALLER_GUARD, 0,
             &judgement, err)
      < 0)
    {
      occasion_note (occasion, &judgement);
      return -1;
    }
  if (judgement.observation.observed)
    {
      occasion_decided (occasion, &judgement);
      return 0;
    }
  occasion_note (occasion, &judgement);
  if (state->refused.message != NULL)
    return error_refuse (err, state->refused.id, "%s",
                         state->refused.message);
  if (asks != judgement.decision.asks)
    return error_refuse (err, SENTENCE_guard_bundle,
                         escape (state->bundle).text,
                         "it does not ask as the state does");
  if (judgement.decision.verdict == VERDICT_LEAVE
      || !judgement.decision.must_be_locked)
    return asks ? check_network (state->pid, err) : 0;
  pointer = json_pointer (&judgement.config,
                          judgement.decision.edits.list[0].node,
                          judgement.decision.edits.list[0].key);
  return error_refuse (err, SENTENCE_guard_unlocked,
                       escape (state->bundle).text, escape (pointer).text);
}

int
guard (const char *text, size_t length, struct occasion *occasion,
       struct error *err)
{
  struct state state = { .doc = JSON_DOC_INIT, .refused = ERROR_INIT };
  cleanup_error struct error report = ERROR_INIT;
  int result = read_state (&state, text, length, err);

  if (result == 0)
    {
      occasion->container = state.id;
      occasion->bundle = state.bundle;
      result = check_bundle (&state, occasion, err);
    }
  else
    {
      cleanup_freep (&state.id);
      cleanup_freep (&state.bundle);
    }
  if (result == 0 && state.request.network)
    guard_exec_report (state.id ? state.id : "", &report);
  if (report.message != NULL)
    occasion_tell (occasion, RECORD_REPORTED, report.id, report.message);
  json_clear (&state.doc);
  error_clear (&state.refused);
  return result;
}
