/* SPDX-License-Identifier: Apache-2.0 */
/* A finished configuration, judged as decide() would judge it: what it is, the
 * parts of its lock (verify_parts.c), and what lies beside them. */
#include <config.h>

#include "verify.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "answer.h"
#include "bundle.h"
#include "decide.h"
#include "plan.h"
#include "policy_match.h"
#include "verify_parts.h"
#include "ways.h"

/* Everything that is read once. */
struct subject
{
  struct bundle bundle;
  struct json_doc config;
  struct request request;
  struct facts facts;
  struct policy *policy;
  struct policy_settings settings;
  struct engine_verdict engine;
};

static void
subject_clear (struct subject *subject)
{
  facts_clear (&subject->facts);
  json_clear (&subject->config);
  policy_free (subject->policy);
  bundle_clear (&subject->bundle);
}

static void
check_network (const struct facts *facts, struct checks *checks)
{
  if (facts->relation == NETNS_HOST)
    checks_add (checks, "network", CHECK_HOLDS,
                "the host's, there is no entry of its own");
  else if (facts->relation == NETNS_HOST_PATH)
    checks_add (checks, "network", CHECK_HOLDS,
                "the host's, which is what the entry names");
  else
    checks_add (checks, "network", CHECK_FAILS,
                "asked for and not applied yet: oci-hostnet apply BUNDLE");
}

static size_t
count_hooks (const struct json_doc *config)
{
  json_node hooks;
  size_t count = 0;

  json_get (config, 0, "hooks", JSON_OBJECT, &hooks, NULL);
  for (json_node stage = json_first (config, hooks); stage != JSON_NONE;
       stage = json_next (config, stage))
    if (json_kind (config, stage) == JSON_ARRAY)
      count += plan_count (config, stage);
  return count;
}

static void
add_notes (const struct plan *plan, struct checks *checks)
{
  const struct request *request = plan->request;

  checks_add (checks, "lock", CHECK_NOTE, "%s",
              lock_names[plan->lock]);
  if (count_hooks (plan->config) > 0)
    checks_add (checks, "hooks", CHECK_NOTE,
                "%zu, which run on the host with all its capabilities",
                count_hooks (plan->config));
  checks_add (checks, "applied", CHECK_NOTE,
              request->applied != JSON_NONE
                  ? "the configuration says that oci-hostnet edited it"
                  : "the configuration does not say that oci-hostnet edited "
                    "it");
}

/* What lies beside a lock in force.  Without it nothing is proved. */
static int
check_ways (const struct subject *subject, const struct plan *plan,
            struct checks *checks, struct error *err)
{
  cleanup_error struct error refused = ERROR_INIT;
  struct ways ways = WAYS_INIT;
  int result = 0;

  if (ways_collect (plan->config, subject->bundle.directory_path, plan->lock,
                    false, &ways, &refused)
      < 0)
    result = verify_refused ("ways", &refused, checks, err);
  else if (ways.count == 0)
    checks_add (checks, "ways", CHECK_HOLDS,
                "no control socket, disk, system directory or process of the "
                "host is handed in");
  for (size_t i = 0; result == 0 && i < ways.count; i++)
    checks_add (checks, "ways", CHECK_WAY_OUT, "%s", ways.list[i].sentence);
  ways_clear (&ways);
  return result;
}

static int
check_parts (struct subject *subject, struct checks *checks,
             struct error *err)
{
  struct facts facts = subject->facts;
  struct plan plan = { .config = &subject->config,
                       .annotations = subject->request.annotations,
                       .request = &subject->request,
                       .facts = &facts,
                       .settings = &subject->settings,
                       .lock = decide_lock (&subject->settings, &subject->request),
                       .engine = subject->engine,
                       .edits = JSON_EDITS_INIT };

  if (plan_init (&plan, err) < 0)
    return -1;
  check_network (&facts, checks);
  /* The entry has been told of: the rest is judged as if it were gone. */
  facts.relation = NETNS_HOST;
  if (verify_parts (&plan, checks, err) < 0)
    return -1;
  if (check_ways (subject, &plan, checks, err) < 0)
    return -1;
  add_notes (&plan, checks);
  return 0;
}

/* ---- the whole ---- */
static int
read_subject (const char *path, struct subject *subject, struct error *err)
{
  struct stat status;
  bool is_directory = stat (path, &status) == 0 && S_ISDIR (status.st_mode);

  if ((is_directory ? bundle_read (path, &subject->bundle, err)
                    : bundle_read_file (path, &subject->bundle, err))
          < 0
      || json_index (&subject->config, subject->bundle.text,
                     subject->bundle.length, false, err)
             < 0)
    return -1;
  if (json_kind (&subject->config, 0) != JSON_OBJECT)
    return error_refuse (err, SENTENCE_json_root);
  return 0;
}

static int
check_private (const struct subject *subject, struct checks *checks,
               bool *private, struct error *err)
{
  cleanup_error struct error refused = ERROR_INIT;

  if (decide_pointless (&subject->config, &subject->request, &refused) < 0)
    return verify_refused ("annotations", &refused, checks, err);
  *private = true;
  checks_add (checks, "network", CHECK_NOTE,
              "a network of its own, and the host's is not asked for");
  return 0;
}

/* Of a configuration of somebody else's we cannot tell who runs it: root,
 * maybe. */
static bool
is_ours (const struct subject *subject)
{
  return subject->bundle.status.st_uid == geteuid ();
}

/* Another lock lives without what it finds. */
static int
look_at_user_namespace (struct subject *subject, struct error *err)
{
  if (facts_collect_userns (&subject->config, &subject->facts, err) == 0)
    {
      subject->facts.userns.own_reaches |= !is_ours (subject);
      return 0;
    }
  if ((decide_lock (&subject->settings, &subject->request)
       & LOCK_USERNS)
      != 0)
    return -1;
  error_clear (err);
  subject->facts.userns.own_reaches = true;
  subject->facts.userns.joined_reaches = true;
  return 0;
}

static int
read_settings (struct subject *subject, struct error *err)
{
  cleanup_subject struct policy_subject container = POLICY_SUBJECT_INIT;
  json_node process;

  if (json_get (&subject->config, 0, "process", JSON_OBJECT, &process, err)
      < 0)
    return -1;
  subject->engine = engine_tell (&subject->facts.engine, &subject->config,
                                 subject->request.annotations);
  policy_subject_read (&subject->config, subject->request.annotations, process,
                       &subject->engine, &container);
  subject->settings = policy_settings_for (subject->policy, &container);
  return 0;
}

static int
verify_subject (struct subject *subject, struct checks *checks, bool *private,
                struct error *err)
{
  cleanup_error struct error refused = ERROR_INIT;

  if (request_read (&subject->config, &subject->request, &refused) < 0)
    return verify_refused ("annotations", &refused, checks, err);
  if (facts_collect (&subject->config, CALLER_APPLY, &subject->facts, &refused)
      < 0)
    return verify_refused ("namespaces", &refused, checks, err);
  if (!is_ours (subject))
    subject->facts.rootless = false;
  if (!decide_concerns (&subject->request, &subject->facts))
    return check_private (subject, checks, private, err);
  if (policy_load (POLICY_PATH, &subject->policy, err) < 0
      || policy_complete (subject->policy, err) < 0
      || facts_collect_engine (CALLER_APPLY, subject->bundle.directory_path,
                               &subject->facts.engine, err)
             < 0
      || facts_collect_ports (&subject->config, subject->request.annotations,
                              0, &subject->facts, err)
             < 0)
    return -1;
  if (read_settings (subject, err) < 0)
    return -1;
  if (look_at_user_namespace (subject, &refused) < 0)
    return verify_refused ("user", &refused, checks, err);
  if (facts_collect_mounts (&subject->config, subject->bundle.directory_path,
                            &subject->facts, &refused)
      < 0)
    return verify_refused ("mounts", &refused, checks, err);
  if (subject->settings.subordinate != NULL
      && subject->facts.userns.own_reaches
      && (decide_lock (&subject->settings, &subject->request)
          & LOCK_USERNS)
             != 0)
    facts_collect_subordinate (&subject->config,
                               subject->bundle.directory_path,
                               subject->settings.subordinate, NULL,
                               &subject->facts);
  if ((decide_lock (&subject->settings, &subject->request) & LOCK_ISOLATED)
      != 0)
    facts_collect_isolated (&subject->facts);
  return check_parts (subject, checks, err);
}

int
verify (const char *config, struct checks *checks, bool *private,
        struct error *err)
{
  struct subject subject = { .bundle = BUNDLE_INIT,
                             .config = JSON_DOC_INIT,
                             .facts = FACTS_INIT };
  int result;

  *private = false;
  result = read_subject (config, &subject, err);
  if (result == 0)
    result = verify_subject (&subject, checks, private, err);
  subject_clear (&subject);
  checks_mask (checks);
  return result;
}

const char *
verify_word (const struct checks *checks, bool private)
{
  return private ? "private" : checks_word (checks);
}

void
verify_show_json (FILE *to, const struct checks *checks, bool private)
{
  answer_of_checks (to, verify_word (checks, private), checks);
}
