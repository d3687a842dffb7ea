/* SPDX-License-Identifier: Apache-2.0 */
/* The configurations of test_observe.c: all captures, as they are and asking for
 * the host's network, each with what is nearly like it. */
#ifndef HOSTNET_OBSERVE_CONFIGS_H
#define HOSTNET_OBSERVE_CONFIGS_H

#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "libhostnet/policy_trial.h"
#include "observe_cases.h"

struct config
{
  const char *path;
  bool asks; /* because we added it */
  struct trial trial;
  char *args;            /* JSON, owned, or NULL */
  struct trial stranger; /* the same but for one more of the args, */
  struct trial elsewhere; /* and but for the namespace of its pod, */
  struct trial pod;       /* and one of Kubernetes with the same args */
};

static struct config *configs;
static size_t config_count;

static struct trial
trial_of (const char *path, char *text, size_t length)
{
  struct trial trial = TRIAL_INIT;

  trial.text = text;
  trial.length = length;
  trial.directory = xstrndup ("/nowhere", 8);
  trial.elsewhere = true;
  for (size_t i = 0; i < sizeof engines / sizeof *engines; i++)
    if (strstr (path, engines[i].directory) != NULL)
      trial_set_engine (&trial, engines[i].engine);
  return trial;
}

/* TEXT with one change. */
enum change
{
  ASK,
  NO_ANNOTATIONS, /* but for what asks */
  MORE_ARGS,
  OTHER_NAMESPACE,
  PATTERN_ARGS,
  MATCHED_ARGS /* by the first, were it a pattern */
};
static const char *const given_args[] = {
  [PATTERN_ARGS] = "[\"sh\",\"-c\",\"ls *.[ch] ?\"]",
  [MATCHED_ARGS] = "[\"sh\",\"-c\",\"ls secret.c x\"]",
};

static void
plan_change (const struct json_doc *doc, enum change change,
             struct json_edits *edits)
{
  json_node node, annotations, process;

  json_get (doc, 0, "annotations", JSON_OBJECT, &annotations, NULL);
  json_get (doc, 0, "process", JSON_OBJECT, &process, NULL);
  if (change == NO_ANNOTATIONS && annotations != JSON_NONE)
    json_replace (edits, doc, annotations,
                  json_get (doc, annotations, "io.oci-hostnet.network",
                            JSON_STRING, &node, NULL)
                          > 0
                      ? "{\"io.oci-hostnet.network\":\"host\"}"
                      : "{}",
                  "");
  if (change == MORE_ARGS
      && json_get (doc, process, "args", JSON_ARRAY, &node, NULL) > 0)
    json_append (edits, doc, node, NULL, "\"--stranger\"", "");
  if ((change == PATTERN_ARGS || change == MATCHED_ARGS)
      && json_get (doc, process, "args", JSON_ARRAY, &node, NULL) > 0)
    json_replace (edits, doc, node, given_args[change], "");
  if (change == OTHER_NAMESPACE)
    for (json_node n = json_first (doc, annotations); n != JSON_NONE;
         n = json_next (doc, n))
      if (json_key_is (doc, n, "io.kubernetes.pod.namespace")
          || json_key_is (doc, n, "io.kubernetes.cri.sandbox-namespace"))
        json_replace (edits, doc, n, "\"strange\"", "");
  if (change != ASK
      || json_get (doc, annotations, "io.oci-hostnet.network", JSON_STRING,
                   &node, NULL)
             > 0)
    return;
  if (annotations != JSON_NONE)
    json_add_member (edits, doc, annotations, "io.oci-hostnet.network",
                     "\"host\"", "");
  else
    json_add_member (edits, doc, 0, "annotations",
                     "{\"io.oci-hostnet.network\":\"host\"}", "");
}

static char *
changed (const char *text, size_t *length, enum change change)
{
  cleanup_json struct json_doc doc = JSON_DOC_INIT;
  struct json_edits edits = JSON_EDITS_INIT;
  char *result;

  if (json_index (&doc, text, *length, false, NULL) < 0)
    {
      puts ("Bail out! a capture is no JSON");
      exit (1);
    }
  plan_change (&doc, change, &edits);
  result = json_apply (&doc, &edits, length);
  json_edits_clear (&edits);
  return result;
}

static char *
args_of (const char *text, size_t length)
{
  cleanup_json struct json_doc doc = JSON_DOC_INIT;
  json_node process, args;

  if (json_index (&doc, text, length, false, NULL) < 0
      || json_get (&doc, 0, "process", JSON_OBJECT, &process, NULL) <= 0
      || json_get (&doc, process, "args", JSON_ARRAY, &args, NULL) <= 0)
    return NULL;
  return xstrndup (text + doc.members[args].start,
                   doc.members[args].end - doc.members[args].start);
}

/* The same from CRI-O, without what another engine wrote. */
static struct trial
pod_of (const char *path, const char *text, size_t length)
{
  char *copy = changed (text, &length, NO_ANNOTATIONS);
  struct trial trial = trial_of (path, copy, length);

  trial_set_engine (&trial, "crio");
  return trial;
}

/* TEXT is taken over; STRANGE is what makes a stranger of it. */
static void
add_config (const char *path, bool asks, char *text, size_t length,
            enum change strange)
{
  size_t more = length, other = length;
  char *stranger = changed (text, &more, strange);
  char *elsewhere = changed (text, &other, OTHER_NAMESPACE);

  configs = xrealloc (configs, (config_count + 1) * sizeof *configs);
  configs[config_count++]
      = (struct config){ path,
                         asks,
                         trial_of (path, text, length),
                         args_of (text, length),
                         trial_of (path, stranger, more),
                         trial_of (path, elsewhere, other),
                         pod_of (path, text, length) };
}

static void
read_captures (glob_t *found)
{
  const char *top = getenv ("top_srcdir");
  cleanup_free char *pattern
      = xasprintf ("%s/oci-specs/captures/*/*.config.json", top ? top : ".");

  if (glob (pattern, 0, NULL, found) != 0)
    {
      puts ("Bail out! no captures");
      exit (1);
    }
  for (size_t i = 0; i < found->gl_pathc; i++)
    {
      struct trial trial = TRIAL_INIT;
      size_t length, with_pattern;
      char *asking, *special;

      if (trial_read (&trial, found->gl_pathv[i], NULL) < 0)
        {
          printf ("Bail out! cannot read %s\n", found->gl_pathv[i]);
          exit (1);
        }
      free (trial.directory);
      length = with_pattern = trial.length;
      asking = changed (trial.text, &length, ASK);
      special = changed (trial.text, &with_pattern, PATTERN_ARGS);
      add_config (found->gl_pathv[i], false, trial.text, trial.length,
                  MORE_ARGS);
      add_config (found->gl_pathv[i], true, asking, length, MORE_ARGS);
      if (strstr (found->gl_pathv[i], "/host.config.json") != NULL)
        add_config (found->gl_pathv[i], false, special, with_pattern,
                    MATCHED_ARGS);
      else
        free (special);
    }
}

#endif
