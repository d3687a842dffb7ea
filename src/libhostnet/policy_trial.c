/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "policy_trial.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "io.h"

/* ---- outcomes ---- */

void
outcome_clear (struct outcome *outcome)
{
  free (outcome->reason);
  *outcome = (struct outcome) OUTCOME_INIT;
}

static const struct
{
  const char *name, *words;
} kinds[] = {
  [OUTCOME_UNTOUCHED] = { "untouched", "it runs, left as it is" },
  [OUTCOME_EDITED] = { "edited", "it runs, edited" },
  [OUTCOME_REPORTED] = { "reported", "it runs, left as it is and reported" },
  [OUTCOME_REFUSED] = { "refused", "it is refused" },
};

const char *
outcome_name (const struct outcome *outcome)
{
  return kinds[outcome->kind].name;
}

char *
outcome_words (const struct outcome *outcome)
{
  return xasprintf ("%s%s%s%s%s%s%s",
                    outcome->observed ? "it runs, only observed; otherwise "
                                      : "",
                    kinds[outcome->kind].words,
                    outcome->id != REFUSAL_NONE ? " (" : "",
                    outcome->id != REFUSAL_NONE ? refusal_name (outcome->id)
                                                : "",
                    outcome->id != REFUSAL_NONE ? ")" : "",
                    outcome->reason != NULL ? ": " : "",
                    outcome->reason != NULL ? outcome->reason : "");
}

bool
outcome_same (const struct outcome *a, const struct outcome *b)
{
  return a->kind == b->kind && a->observed == b->observed
         && (a->kind != OUTCOME_REFUSED || a->id == b->id);
}

/* ERR is taken over. */
static void
set_refused (struct outcome *outcome, struct error *err)
{
  outcome->kind = OUTCOME_REFUSED;
  outcome->id = err->id;
  outcome->reason = err->message;
  *err = (struct error) ERROR_INIT;
}

static void
find_outcome (int result, const struct judgement *j, struct error *err,
              struct outcome *outcome)
{
  const struct error *told = &j->decision.report;

  outcome->observed = j->observation.observed;
  if (result < 0)
    {
      set_refused (outcome, err);
      return;
    }
  if (j->observation.refused.id != REFUSAL_NONE)
    told = &j->observation.refused;
  if (told == &j->observation.refused)
    outcome->kind = OUTCOME_REFUSED;
  else if (j->decision.verdict == VERDICT_EDIT || j->observation.would_edit)
    outcome->kind = OUTCOME_EDITED;
  else if (told->message != NULL)
    outcome->kind = OUTCOME_REPORTED;
  if (told->message == NULL)
    return;
  outcome->id = told->id;
  outcome->reason = xstrndup (told->message, strlen (told->message));
}

/* ---- trials ---- */

/* As the runtime sees the engine when it is called: engine.c has the marks. */
static const struct
{
  const char *name;
  const char *mark; /* an annotation that has to be there, or NULL */
  const char *parent;
  bool conmon, bare;
  const char *bundle;
} engines[] = {
#define STORAGE "/containers/storage/overlay-containers/x/userdata"
#define TASK "/run/containerd/io.containerd.runtime.v2.task/"
#define SHIM "/usr/bin/containerd-shim-runc-v2"
  { "crio", NULL, "/usr/libexec/crio/conmon", true, true, "/run" STORAGE },
  { "containerd", "io.kubernetes.cri.sandbox-id", SHIM, false, false,
    TASK "k8s.io/x" },
  { "containerd", NULL, SHIM, false, false, TASK "default/x" },
  { "podman", NULL, "/usr/bin/conmon", true, false, "/var/lib" STORAGE },
  { "docker", NULL, SHIM, false, false, TASK "moby/x" },
};
const char trial_engines[] = "crio, containerd, podman or docker";

static const struct
{
  const char *name;
  enum caller caller;
} callers[] = {
  { "create", CALLER_CREATE },       { "run", CALLER_RUN },
  { "restore", CALLER_RESTORE },     { "precreate", CALLER_PRECREATE },
  { "createRuntime", CALLER_GUARD }, { "apply", CALLER_APPLY },
};
const char trial_callers[]
    = "create, run, restore, precreate, createRuntime or apply";

static bool
has_annotation (const struct json_doc *config, json_node annotations,
                const char *key)
{
  json_node node;

  return json_get (config, annotations, key, JSON_STRING, &node, NULL) > 0;
}

int
trial_set_engine (struct trial *trial, const char *name)
{
  cleanup_json struct json_doc config = JSON_DOC_INIT;
  json_node annotations = JSON_NONE;

  if (json_index (&config, trial->text, trial->length, false, NULL) == 0)
    json_get (&config, 0, "annotations", JSON_OBJECT, &annotations, NULL);
  for (size_t i = 0; i < sizeof engines / sizeof *engines; i++)
    {
      struct engine_facts facts
          = { .parent = (char *) engines[i].parent,
              .conmon_pipes = engines[i].conmon,
              .bare = engines[i].bare,
              .bundle = (char *) engines[i].bundle };

      if (strcmp (engines[i].name, name) != 0
          || (engines[i].mark != NULL
              && !has_annotation (&config, annotations, engines[i].mark)))
        continue;
      trial->engine_given = true;
      if (config.count > 0)
        trial->engine = engine_tell (&facts, &config, annotations);
      return 0;
    }
  return -1;
}

int
trial_set_caller (struct trial *trial, const char *name)
{
  for (size_t i = 0; i < sizeof callers / sizeof *callers; i++)
    if (strcmp (callers[i].name, name) == 0)
      {
        trial->caller = callers[i].caller;
        return 0;
      }
  return -1;
}

static int
read_text (int fd, const char *path, struct trial *trial, struct error *err)
{
  struct stat status;
  int failed;

  if (fd < 0 || fstat (fd, &status) < 0)
    return error_system (err, errno, SENTENCE_config_unreadable,
                         escape (path).text);
  if (!S_ISREG (status.st_mode))
    return error_refuse (err, SENTENCE_config_not_regular, escape (path).text);
  failed = read_all (fd, JSON_MAX_BYTES, &trial->text, &trial->length);
  if (failed > 0)
    return error_refuse (err, SENTENCE_config_big, escape (path).text,
                         JSON_MAX_BYTES);
  return failed == 0 ? 0
                     : error_system (err, errno, SENTENCE_config_unreadable,
                                     escape (path).text);
}

int
trial_read (struct trial *trial, const char *path, struct error *err)
{
  /* a FIFO must not hold us */
  const int flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY;
  cleanup_free char *inside = xasprintf ("%s/config.json", path);
  const char *slash = strrchr (path, '/');
  struct stat status;
  bool is_bundle = stat (path, &status) == 0 && S_ISDIR (status.st_mode);
  cleanup_close int fd = open (is_bundle ? inside : path, flags);

  if (is_bundle)
    trial->directory = xstrndup (path, strlen (path));
  else if (slash == NULL)
    trial->directory = xstrndup (".", 1);
  else
    trial->directory
        = xstrndup (path, slash == path ? 1 : (size_t) (slash - path));
  return read_text (fd, is_bundle ? inside : path, trial, err);
}

void
trial_clear (struct trial *trial)
{
  free (trial->text);
  free (trial->directory);
}

void
trial_judge (const struct trial *trial, struct judgement *j,
             struct outcome *outcome)
{
  cleanup_error struct error err = ERROR_INIT;
  int result;

  j->policy = trial->policy;
  j->facts.elsewhere = trial->elsewhere;
  j->engine_given = trial->engine_given ? &trial->engine : NULL;
  j->settings_given = trial->settings;
  result = judge (trial->text, trial->length, trial->directory, trial->caller,
                  0, j, &err);
  j->policy = NULL; /* not its own */
  find_outcome (result, j, &err, outcome);
}

int
trial_policy (const char *draft, struct policy **policy, struct error *err)
{
  if ((draft != NULL ? policy_draft (draft, policy, err)
                     : policy_load (POLICY_PATH, policy, err))
      < 0)
    return -1;
  return policy_complete (*policy, err);
}
