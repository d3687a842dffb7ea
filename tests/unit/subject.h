/* SPDX-License-Identifier: Apache-2.0 */
/* Containers of several engines and policies, for the unit tests of what
 * matches. */
#ifndef HOSTNET_SUBJECT_H
#define HOSTNET_SUBJECT_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "libhostnet/policy_match.h"

#define ID "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define RUN "/run/containers/storage/overlay-containers/" ID "/userdata"
#define LIB "/var/lib/containers/storage/overlay-containers/" ID "/userdata"
#define TASK "/run/containerd/io.containerd.runtime.v2.task/k8s.io/x"

/* What the system shows of who calls us. */
static const struct engine_facts
    callers[] = {
#define NOBODY 0
      [NOBODY] = { .parent = NULL },
#define PODMAN 1
      [PODMAN] = { .parent = (char[]) { "/usr/bin/conmon" },
                   .conmon_pipes = true,
                   .bundle = (char[]) { LIB } },
#define CRIO 2
      [CRIO] = { .parent = (char[]) { "/usr/bin/conmon" },
                 .conmon_pipes = true,
                 .bare = true,
                 .bundle = (char[]) { RUN } },
#define CONTAINERD 3
      [CONTAINERD] = { .parent = (char[]) { "/usr/bin/containerd-shim-runc-v2" },
                       .bundle = (char[]) { TASK } },
    };

struct container
{
  struct json_doc doc;
  char *text;
  struct policy_subject subject;
};

static inline void
container_clear (struct container *container)
{
  policy_subject_clear (&container->subject);
  json_clear (&container->doc);
  free (container->text);
}
#define cleanup_container __attribute__ ((cleanup (container_clear)))

/* ANNOTATIONS and ARGS are JSON; without ARGS there is no process. */
static inline void
container_read (struct container *container, unsigned caller,
                const char *annotations, const char *args)
{
  cleanup_error struct error err = ERROR_INIT;
  struct engine_verdict engine;
  json_node nodes[2] = { JSON_NONE, JSON_NONE };

  container->text
      = args == NULL
            ? xasprintf ("{\"annotations\":%s}", annotations)
            : xasprintf ("{\"annotations\":%s,\"process\":{\"args\":%s}}",
                         annotations, args);
  if (json_index (&container->doc, container->text, strlen (container->text),
                  false, &err)
          < 0
      || json_get (&container->doc, 0, "annotations", JSON_OBJECT, &nodes[0],
                   &err)
             < 0
      || json_get (&container->doc, 0, "process", JSON_OBJECT, &nodes[1], &err)
             < 0)
    {
      printf ("Bail out! %s\n", err.message);
      exit (1);
    }
  engine = engine_tell (&callers[caller], &container->doc, nodes[0]);
  policy_subject_read (&container->doc, nodes[0], nodes[1], &engine,
                       &container->subject);
}

static inline struct policy *
parse (const char *text)
{
  cleanup_error struct error err = ERROR_INIT;
  struct policy *policy = NULL;

  if (policy_parse (text, strlen (text), "p", &policy, &err) < 0)
    {
      printf ("Bail out! %s: %s\n", text, err.message);
      exit (1);
    }
  return policy;
}

/* ---- words of policies and of annotations ---- */

#define NS(pattern) "\"kubernetes\":{\"namespaces\":[\"" pattern "\"]}"
#define SA(pattern) "\"kubernetes\":{\"serviceAccounts\":[\"" pattern "\"]}"
#define GLOB(key, value) "\"annotations\":{\"" key "\":\"" value "\"}"
#define A(key, value) "\"" key "\":\"" value "\""
#define CRIO_POD(name)                                                        \
  A ("io.kubernetes.pod.namespace", name) "," A ("io.kubernetes.pod.name", "p")
#define CRI_POD(name)                                                         \
  A ("io.kubernetes.cri.sandbox-namespace", name) ","                         \
  A ("io.kubernetes.cri.sandbox-name", "p")
#define ACCOUNT(name) A ("io.oci-hostnet.service-account", name)
#define FORGED_CRIO                                                           \
  A ("io.container.manager", "cri-o") "," A ("io.kubernetes.cri-o.SandboxID", \
                                             ID) "," CRIO_POD ("kube-system")

#endif
