/* SPDX-License-Identifier: Apache-2.0 */
/* What the parts of the lock share.  Each part looks at its own members of
 * the configuration and appends the edits that put its rule in force; a part
 * whose rule is in force already appends none.  All return 0, or -1 with ERR
 * filled: refused. */
#ifndef HOSTNET_PLAN_H
#define HOSTNET_PLAN_H

#include <stdbool.h>

#include "engine.h"
#include "facts.h"
#include "json.h"
#include "policy.h"
#include "request.h"

struct plan
{
  /* given */
  const struct json_doc *config;
  json_node linux_object, process, annotations;
  const struct request *request;
  const struct facts *facts;
  const struct policy_settings *settings;
  enum lock lock;
  struct engine_verdict engine;
  /* found */
  bool has_user;  /* the configuration has a user namespace */
  bool adds_user; /* lock userns: the configuration has no user namespace and
                     needs one */
  struct json_edits edits;
  bool loses_capability;
};

/* Finds /linux and /process for the members above that stand under "given". */
int plan_init (struct plan *plan, struct error *err);

int netns_plan (struct plan *plan, struct error *err);
/* The user namespace of the lock userns; its entry is netns_plan()'s. */
int userns_plan (struct plan *plan, struct error *err);
/* Whether the container can have the subordinate ids that the policy wants for
 * it; their mappings are userns_plan()'s. */
int subordinate_plan (const struct plan *plan, struct error *err);
/* A user namespace that the configuration has is kept, but for one that maps
 * the host's root where the policy wants subordinate ids. */
int subordinate_check_mappings (const struct plan *plan, unsigned joined,
                                struct error *err);
/* Whether the finished configuration has them, with mapped ids for each mount
 * that needs them. */
int subordinate_verify (struct plan *plan, struct error *err);
int sysctl_plan (struct plan *plan, struct error *err);
int capabilities_plan (struct plan *plan, struct error *err);
int mounts_plan (struct plan *plan, struct error *err);
int readonly_paths_plan (struct plan *plan, struct error *err);
int devices_plan (struct plan *plan, struct error *err);
/* Under plan->adds_user: the entries of linux.devices as elements of /mounts, appended
 * to TEXT. */
int devices_as_mounts (const struct plan *plan, struct json_buffer *text,
                       struct error *err);
/* process, beside its capabilities. */
int process_plan (struct plan *plan, struct error *err);
/* The hook of the lock isolated. */
int isolated_plan (struct plan *plan, struct error *err);
/* Annotations and environment by which crun replaces a part of the lock. */
int runtime_annotations_check (const struct plan *plan, struct error *err);
/* Published ports, in every form that can be seen. */
int ports_check (const struct plan *plan, struct error *err);
/* Ports that the container says it binds, and cannot in a user namespace. */
int ports_check_privileged (const struct plan *plan, struct error *err);

/* Ports that the container says it binds; LOCKED: the plan is going to be put in
 * force.  What is only told goes to REPORT, with DATA. */
typedef void listen_report (void *data, enum refusal id, const char *sentence);
int listen_check (struct plan *plan, bool locked, listen_report *report,
                  void *data, struct error *err);

/* Whether the container gets a namespace of TYPE of its own: one that is
 * joined may be the host's. */
bool plan_makes_namespace (const struct plan *plan, const char *type);
/* Whether it stays in the one of TYPE that we are in. */
bool plan_inherits_namespace (const struct plan *plan, const char *type);
/* Whether ENTRY joins what we are in ourselves, under plan->adds_user: from
 * inside a user namespace it cannot be joined, and whoever joins nothing is in
 * it too. */
bool plan_joins_own (const struct plan *plan, json_node entry);
/* Whether the container is in a user namespace beside the initial one: the
 * configuration has it or gets it, or we are in one. */
bool plan_has_user_namespace (const struct plan *plan);
/* How many namespaces of TYPE the configuration has; how many of them with a
 * path in *JOINED. */
unsigned plan_namespaces (const struct plan *plan, const char *type,
                          unsigned *joined);

/* The number of children of a container. */
size_t plan_count (const struct json_doc *config, json_node container);

#endif
