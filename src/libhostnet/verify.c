/* SPDX-License-Identifier: Apache-2.0 */
/* The parts of the decision run one by one over a finished configuration:
 * one that refuses, or still has something to edit, is not in force. */
#include <config.h>

#include "verify.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bundle.h"
#include "decide.h"
#include "plan.h"
#include "policy_match.h"
#include "seccomp_proof.h"
#include "subordinate.h"
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

/* What decide() would refuse is a check that fails; broken input is not. */
static int
fail_if_refused (const char *id, const struct error *refused,
                 struct checks *checks, struct error *err)
{
  if (refusal_exit_status (refused->id) != 1)
    return error_refuse (err, refused->id, "%s", refused->message);
  checks_add (checks, id, CHECK_FAILS, "%s", refused->message);
  return 0;
}

/* ---- the parts ---- */
static size_t
count_of (const struct plan *plan, json_node object, const char *key,
          enum json_kind kind)
{
  json_node node;

  json_get (plan->config, object, key, kind, &node, NULL);
  return plan_count (plan->config, node);
}

static char *
found_namespaces (const struct plan *plan)
{
  return xasprintf ("%zu, among them a mount namespace of its own; no network "
                    "device is moved",
                    count_of (plan, plan->linux_object, "namespaces",
                              JSON_ARRAY));
}

static char *
found_user (const struct plan *plan)
{
  return xasprintf ("%s; ports below %u cannot be bound "
                    "(net.ipv4.ip_unprivileged_port_start)",
                    plan->has_user
                        ? "one of its own, in which no capability counts in "
                          "the host's network namespace"
                        : "not needed: no capability that our runtime could "
                          "give counts in the host's network namespace",
                    plan->facts->userns.first_port);
}

static char *
found_subordinate (const struct plan *plan)
{
  return xasprintf ("no id of the container is root of the host; the policy "
                    "gives ids of `%s`, %u to %u and the groups %u to %u",
                    escape (plan->settings->subordinate).text,
                    (unsigned) plan->facts->subordinate.uid,
                    (unsigned) plan->facts->subordinate.uid
                        + SUBORDINATE_IDS - 1,
                    (unsigned) plan->facts->subordinate.gid,
                    (unsigned) plan->facts->subordinate.gid
                        + SUBORDINATE_IDS - 1);
}

static char *
found_sysctls (const struct plan *plan)
{
  return xasprintf ("%zu, none of the network",
                    count_of (plan, plan->linux_object, "sysctl",
                              JSON_OBJECT));
}

static char *
found_capabilities (const struct plan *plan)
{
  json_node sets;

  json_get (plan->config, plan->process, "capabilities", JSON_OBJECT, &sets,
            NULL);
  return xasprintf ("%zu in the bounding set, in none of the five sets one "
                    "that may not stay",
                    count_of (plan, sets, "bounding", JSON_ARRAY));
}

static char *
found_process (const struct plan *plan)
{
  (void) plan;
  return xasprintf ("no program of the image gains privileges");
}

static char *
found_mounts (const struct plan *plan)
{
  return xasprintf ("%zu, with proc and sysfs read-only in all of them, and "
                    "/proc/sys",
                    count_of (plan, 0, "mounts", JSON_ARRAY));
}

static char *
found_devices (const struct plan *plan)
{
  return xasprintf ("%zu, none that makes network interfaces, and not all "
                    "devices are open",
                    count_of (plan, plan->linux_object, "devices",
                              JSON_ARRAY));
}

static char *
found_annotations (const struct plan *plan)
{
  return xasprintf ("%zu, none by which a low-level runtime replaces a part",
                    plan_count (plan->config, plan->annotations));
}

static char *
found_ports (const struct plan *plan)
{
  (void) plan;
  return xasprintf ("no port is published");
}

static char *
found_isolated (const struct plan *plan)
{
  cleanup_free char *listen = NULL, *connect = NULL;
  bool required = plan->settings->isolated == ISOLATED_REQUIRE;

  if (plan->request->listen != JSON_NONE)
    listen = json_string (plan->config, plan->request->listen);
  if (plan->request->connect != JSON_NONE)
    connect = json_string (plan->config, plan->request->connect);
  return xasprintf ("%s; of the host's ports it may bind %s, of its services "
                    "reach %s",
                    required ? "the hook of the lock fails the start unless "
                               "all its programs are on the cgroup"
                             : "best effort: audit tells what is in force when "
                               "it runs",
                    listen != NULL ? escape (listen).text : "none",
                    connect != NULL ? escape (connect).text : "none");
}

static int
check_mounts (struct plan *plan, struct error *err)
{
  return mounts_plan (plan, err) < 0 ? -1 : readonly_paths_plan (plan, err);
}

static int
check_annotations (struct plan *plan, struct error *err)
{
  return runtime_annotations_check (plan, err);
}

static int
check_ports (struct plan *plan, struct error *err)
{
  return ports_check (plan, err);
}

static const struct part
{
  const char *id;
  int (*run) (struct plan *plan, struct error *err);
  char *(*found) (const struct plan *plan);
  enum check_verdict holds;
} parts[] = {
  { "namespaces", netns_plan, found_namespaces, CHECK_HOLDS },
  { "user", userns_plan, found_user, CHECK_CONSTRUCTION },
  { "subordinate", subordinate_verify, found_subordinate, CHECK_HOLDS },
  { "sysctls", sysctl_plan, found_sysctls, CHECK_HOLDS },
  { "capabilities", capabilities_plan, found_capabilities, CHECK_HOLDS },
  { "process", process_plan, found_process, CHECK_HOLDS },
  { "mounts", check_mounts, found_mounts, CHECK_HOLDS },
  { "devices", devices_plan, found_devices, CHECK_HOLDS },
  { "isolated", isolated_plan, found_isolated, CHECK_HOLDS },
  { "annotations", check_annotations, found_annotations, CHECK_HOLDS },
  { "ports", check_ports, found_ports, CHECK_HOLDS },
};

static int
check_part (const struct part *part, const struct plan *all,
            struct checks *checks, struct error *err)
{
  cleanup_error struct error refused = ERROR_INIT;
  cleanup_free char *text = NULL;
  struct plan plan = *all;
  int result = 0;

  if (part->run (&plan, &refused) < 0)
    {
      /* The policy lets a published port pass with a warning. */
      if (part->run == check_ports
          && plan.settings->published_ports == PORTS_WARN)
        checks_add (checks, part->id, CHECK_NOTE, "%s", refused.message);
      else
        result = fail_if_refused (part->id, &refused, checks, err);
    }
  else if (plan.edits.count > 0)
    {
      const struct json_edit *edit = &plan.edits.list[0];

      text = json_pointer (plan.config, edit->node, edit->key);
      checks_add (checks, part->id, CHECK_FAILS, "%s: %s", escape (text).text,
                  edit->why != NULL ? edit->why : "");
    }
  else
    {
      text = part->found (&plan);
      checks_add (checks, part->id,
                  part->run == isolated_plan
                          && plan.settings->isolated == ISOLATED_BEST_EFFORT
                      ? CHECK_NOTE
                      : part->holds,
                  "%s", text);
    }
  json_edits_clear (&plan.edits);
  return result;
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
    result = fail_if_refused ("ways", &refused, checks, err);
  else if (ways.count == 0)
    checks_add (checks, "ways", CHECK_HOLDS,
                "no control socket, disk, system directory or process of the "
                "host is handed in");
  for (size_t i = 0; result == 0 && i < ways.count; i++)
    checks_add (checks, "ways", CHECK_WAY_OUT, "%s", ways.list[i].sentence);
  ways_clear (&ways);
  return result;
}

/* Whether the lock asks for the part, or the engine has done it anyway. */
static bool
is_wanted (const struct part *part, const struct plan *plan)
{
  const struct userns_facts *facts = &plan->facts->userns;
  unsigned joined;

  if (part->run == process_plan)
    return (plan->lock & LOCK_STRICT) != 0;
  if (part->run == isolated_plan)
    return (plan->lock & LOCK_ISOLATED) != 0;
  if (part->run == subordinate_verify)
    return plan->facts->subordinate.wanted
           && plan_namespaces (plan, "user", &joined) == 1 && joined == 0;
  if (part->run == userns_plan)
    return (plan->lock & LOCK_USERNS) != 0 || !facts->own_reaches
           || (plan_namespaces (plan, "user", &joined) == 1
               && !facts->joined_reaches);
  return true;
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
  for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
    {
      if (!is_wanted (&parts[i], &plan))
        continue;
      if (check_part (&parts[i], &plan, checks, err) < 0)
        return -1;
      /* Between capabilities and mounts, as in the lock. */
      if (parts[i].run == capabilities_plan)
        seccomp_prove (plan.config, plan.linux_object,
                       (plan.lock & LOCK_STRICT) != 0, checks);
    }
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
    return fail_if_refused ("annotations", &refused, checks, err);
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
    return fail_if_refused ("annotations", &refused, checks, err);
  if (facts_collect (&subject->config, CALLER_APPLY, &subject->facts, &refused)
      < 0)
    return fail_if_refused ("namespaces", &refused, checks, err);
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
    return fail_if_refused ("user", &refused, checks, err);
  if (facts_collect_mounts (&subject->config, subject->bundle.directory_path,
                            &subject->facts, &refused)
      < 0)
    return fail_if_refused ("mounts", &refused, checks, err);
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
  struct json_buffer out = JSON_BUFFER_INIT;

  json_buffer_add (&out,
                   "{\"schema\":1,\"verdict\":\"%s\",\"reason_id\":\"\","
                   "\"reason\":\"\",\"edits\":[],\"checks\":",
                   verify_word (checks, private));
  checks_add_json (&out, checks);
  json_buffer_text (&out, "}\n");
  fputs (out.text, to);
  free (out.text);
}
