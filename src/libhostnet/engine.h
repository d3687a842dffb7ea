/* SPDX-License-Identifier: Apache-2.0 */
/* Which engine a container comes from, by marks of several kinds.  Of these the
 * annotations may be the container's author's own words (FACTS 8): one string
 * makes nothing looser, though one is enough for what is stricter. */
#ifndef HOSTNET_ENGINE_H
#define HOSTNET_ENGINE_H

#include <stdbool.h>
#include <sys/types.h>

#include "json.h"

enum engine
{
  ENGINE_UNKNOWN,
  ENGINE_PODMAN,
  ENGINE_CRIO,
  ENGINE_CONTAINERD_CRI, /* Kubernetes' part of containerd */
  ENGINE_CONTAINERD,     /* its other clients: ctr, nerdctl */
  ENGINE_DOCKER,
  ENGINE_BUILDAH,
  ENGINES
};

/* What the system shows of the caller, by facts_collect_engine(); a container's
 * author has no hand in it.  All zero: nothing is known. */
struct engine_facts
{
  char *parent;      /* the path of the engine's program that called us, "/" and
                        its name where no path is shown, or NULL */
  pid_t pid;         /* of that */
  bool conmon_pipes; /* _OCI_SYNCPIPE is in the environment, */
  bool bare;         /* and neither PATH nor XDG_RUNTIME_DIR */
  char *bundle;      /* absolute, or NULL */
};

struct engine_verdict
{
  enum engine engine; /* unknown too where marks contradict each other */
  bool kubernetes;    /* a mark says so: enough for what is stricter there */
  bool sure;          /* two kinds of marks say so, and without annotations
                         there is no other engine that they fit */
};

/* ANNOTATIONS is the annotations object of CONFIG or JSON_NONE. */
struct engine_verdict engine_tell (const struct engine_facts *facts,
                                   const struct json_doc *config,
                                   json_node annotations);

/* Enough for what is looser in Kubernetes. */
bool engine_surely_kubernetes (const struct engine_verdict *verdict);

/* For a person and for records; NULL when it is not known. */
const char *engine_name (enum engine engine);

/* How a user of that engine asks for the host's network. */
const char *engine_host_option (enum engine engine);

/* Whether PROGRAM, a path or a name, is an engine's that starts runtimes. */
bool engine_is_program (const char *program);

/* The path of the first hook that configures the network namespace after it
 * was made, or NULL; the caller frees. */
char *engine_network_hook (const struct json_doc *config);

#endif
