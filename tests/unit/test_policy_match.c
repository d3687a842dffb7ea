/* SPDX-License-Identifier: Apache-2.0 */
/* Which rule is a container's, and what of it is sure.  TAP. */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "libhostnet/policy_parts.h"
#include "subject.h"
#include "tap.h"

#define NOT_KUBERNETES "the container is not known to be of Kubernetes"
#define IS_KUBERNETES "the container is of Kubernetes"
#define OUTSIDE "\"kubernetes\":false"
#define NAMESPACE "the pod's namespace"
#define THE_ACCOUNT                                                           \
  "the pod's service account, which the annotation "                          \
  "`io.oci-hostnet.service-account` tells"
#define BY_ANNOTATIONS "whether it is of Kubernetes, which annotations alone say"

static const struct match_row
{
  const char *what;
  unsigned caller;
  bool admission;
  const char *when, *annotations, *args; /* without braces; ARGS may be NULL */
  enum rule_match match;
  const char *why; /* NULL for RULE_YES */
} match_rows[] = {
  { "always", NOBODY, false, "\"always\":true", "", NULL, RULE_YES, NULL },

  /* namespaces */
  { "CRI-O's namespace", CRIO, false, NS ("kube-system"),
    CRIO_POD ("kube-system"), NULL, RULE_YES, NULL },
  { "another namespace of CRI-O", CRIO, false, NS ("kube-system"),
    CRIO_POD ("default"), NULL, RULE_NO, NAMESPACE },
  { "a pattern for the namespace", CRIO, false, NS ("kube-*"),
    CRIO_POD ("kube-system"), NULL, RULE_YES, NULL },
  { "one of several namespaces", CRIO, false,
    "\"kubernetes\":{\"namespaces\":[\"a\",\"b?\"]}", CRIO_POD ("bc"), NULL,
    RULE_YES, NULL },
  { "none of several namespaces", CRIO, false,
    "\"kubernetes\":{\"namespaces\":[\"a\",\"b?\"]}", CRIO_POD ("b"), NULL,
    RULE_NO, NAMESPACE },
  { "CRI-O without a namespace", CRIO, false, NS ("*"), "", NULL, RULE_NO,
    NAMESPACE },
  { "containerd's namespace under CRI-O, which a pod may write", CRIO, false,
    NS ("kube-system"), CRI_POD ("kube-system"), NULL, RULE_NO, NAMESPACE },
  { "the same beside the real one", CRIO, false, NS ("kube-system"),
    CRI_POD ("kube-system") "," CRIO_POD ("default"), NULL, RULE_NO,
    NAMESPACE },
  { "containerd's namespace", CONTAINERD, false, NS ("kube-system"),
    CRI_POD ("kube-system"), NULL, RULE_YES, NULL },
  { "another namespace of containerd", CONTAINERD, false, NS ("kube-system"),
    CRI_POD ("default"), NULL, RULE_NO, NAMESPACE },
  { "CRI-O's namespace under containerd, which a pod may write", CONTAINERD,
    false, NS ("kube-system"),
    CRIO_POD ("kube-system") "," CRI_POD ("default"), NULL, RULE_NO,
    NAMESPACE },
  { "podman with forged labels of CRI-O", PODMAN, false, NS ("kube-system"),
    FORGED_CRIO, NULL, RULE_UNSURE, BY_ANNOTATIONS },
  { "podman with forged labels of containerd", PODMAN, false,
    NS ("kube-system"),
    A ("io.kubernetes.cri.sandbox-id", "x") "," CRI_POD ("kube-system"), NULL,
    RULE_UNSURE, BY_ANNOTATIONS },
  { "podman with forged labels of another namespace", PODMAN, false,
    NS ("default"), FORGED_CRIO, NULL, RULE_NO, NAMESPACE },
  { "nobody known, forged labels", NOBODY, false, NS ("kube-system"),
    FORGED_CRIO, NULL, RULE_UNSURE, BY_ANNOTATIONS },
  { "unsure, a label of one kind does not hide that of the other", NOBODY,
    false, NS ("kube-system"),
    CRIO_POD ("default") "," CRI_POD ("kube-system"), NULL, RULE_UNSURE,
    BY_ANNOTATIONS },
  { "CRI-O whose pod says that it is podman", CRIO, false, NS ("kube-system"),
    A ("io.container.manager", "libpod") "," CRIO_POD ("kube-system"), NULL,
    RULE_UNSURE, BY_ANNOTATIONS },
  { "podman alone", PODMAN, false, NS ("*"),
    A ("io.container.manager", "libpod"), NULL, RULE_NO, NOT_KUBERNETES },
  { "nobody", NOBODY, false, NS ("*"), "", NULL, RULE_NO, NOT_KUBERNETES },
  { "a namespace that is no string", CRIO, false, NS ("*"),
    "\"io.kubernetes.pod.namespace\":5", NULL, RULE_NO, NAMESPACE },

  /* outside of Kubernetes */
  { "nobody, outside", NOBODY, false, OUTSIDE, "", NULL, RULE_YES, NULL },
  { "podman, outside", PODMAN, false, OUTSIDE,
    A ("io.container.manager", "libpod"), NULL, RULE_YES, NULL },
  { "podman's pod, outside", PODMAN, false, OUTSIDE,
    A ("io.container.manager", "libpod") "," A (
        "io.kubernetes.cri-o.SandboxID", ID),
    NULL, RULE_YES, NULL },
  { "CRI-O, outside", CRIO, false, OUTSIDE, CRIO_POD ("n"), NULL, RULE_NO,
    IS_KUBERNETES },
  { "containerd, outside", CONTAINERD, false, OUTSIDE, CRI_POD ("n"), NULL,
    RULE_NO, IS_KUBERNETES },
  { "CRI-O without a namespace, outside", CRIO, false, OUTSIDE, "", NULL,
    RULE_NO, IS_KUBERNETES },
  { "CRI-O whose pod says that it is podman, outside", CRIO, false, OUTSIDE,
    A ("io.container.manager", "libpod") "," CRIO_POD ("n"), NULL,
    RULE_UNSURE, BY_ANNOTATIONS },
  { "podman with forged labels does not get out of what is stricter", PODMAN,
    false, OUTSIDE, FORGED_CRIO, NULL, RULE_UNSURE, BY_ANNOTATIONS },
  { "outside, and the args", NOBODY, false, OUTSIDE ",\"args\":[\"a\"]", "",
    "[\"a\"]", RULE_YES, NULL },
  { "outside, and other args", NOBODY, false, OUTSIDE ",\"args\":[\"a\"]", "",
    "[\"b\"]", RULE_NO, "the args" },
  { "a pod with these args, outside", CRIO, false,
    OUTSIDE ",\"args\":[\"a\"]", CRIO_POD ("n"), "[\"a\"]", RULE_NO,
    IS_KUBERNETES },

  /* service accounts */
  { "a service account, which admission checks", CRIO, true, SA ("cni"),
    CRIO_POD ("n") "," ACCOUNT ("cni"), NULL, RULE_YES, NULL },
  { "the same under containerd", CONTAINERD, true, SA ("c*"),
    CRI_POD ("n") "," ACCOUNT ("cni"), NULL, RULE_YES, NULL },
  { "which nobody checks", CRIO, false, SA ("cni"),
    CRIO_POD ("n") "," ACCOUNT ("cni"), NULL, RULE_UNSURE, THE_ACCOUNT },
  { "another one", CRIO, true, SA ("cni"),
    CRIO_POD ("n") "," ACCOUNT ("default"), NULL, RULE_NO, THE_ACCOUNT },
  { "none", CRIO, true, SA ("*"), CRIO_POD ("n"), NULL, RULE_NO, THE_ACCOUNT },
  { "a service account of podman's", PODMAN, true, SA ("cni"),
    FORGED_CRIO "," ACCOUNT ("cni"), NULL, RULE_UNSURE, BY_ANNOTATIONS },
  { "a service account outside of Kubernetes", PODMAN, true, SA ("cni"),
    A ("io.container.manager", "libpod") "," ACCOUNT ("cni"), NULL, RULE_NO,
    NOT_KUBERNETES },
  { "namespace and service account", CRIO, true,
    "\"kubernetes\":{\"namespaces\":[\"n\"],\"serviceAccounts\":[\"cni\"]}",
    CRIO_POD ("n") "," ACCOUNT ("cni"), NULL, RULE_YES, NULL },
  { "the service account of another namespace", CRIO, true,
    "\"kubernetes\":{\"namespaces\":[\"n\"],\"serviceAccounts\":[\"cni\"]}",
    CRIO_POD ("m") "," ACCOUNT ("cni"), NULL, RULE_NO, NAMESPACE },
  { "another service account of the namespace", CRIO, true,
    "\"kubernetes\":{\"namespaces\":[\"n\"],\"serviceAccounts\":[\"cni\"]}",
    CRIO_POD ("n") "," ACCOUNT ("x"), NULL, RULE_NO, THE_ACCOUNT },

  /* annotations that engines write */
  { "an annotation of CRI-O's", CRIO, false,
    GLOB ("io.kubernetes.pod.namespace", "kube-system"),
    CRIO_POD ("kube-system"), NULL, RULE_YES, NULL },
  { "the same from podman", PODMAN, false,
    GLOB ("io.kubernetes.pod.namespace", "kube-system"), FORGED_CRIO, NULL,
    RULE_UNSURE, "the annotation `io.kubernetes.pod.namespace`" },
  { "the same from nobody", NOBODY, false,
    GLOB ("io.kubernetes.pod.namespace", "kube-system"),
    CRIO_POD ("kube-system"), NULL, RULE_UNSURE,
    "the annotation `io.kubernetes.pod.namespace`" },
  { "the same under containerd, which does not write it", CONTAINERD, false,
    GLOB ("io.kubernetes.pod.namespace", "kube-system"),
    CRIO_POD ("kube-system"), NULL, RULE_UNSURE,
    "the annotation `io.kubernetes.pod.namespace`" },
  { "an annotation of containerd's", CONTAINERD, false,
    GLOB ("io.kubernetes.cri.sandbox-namespace", "kube-system"),
    CRI_POD ("kube-system"), NULL, RULE_YES, NULL },
  { "the same under CRI-O, which does not write it", CRIO, false,
    GLOB ("io.kubernetes.cri.sandbox-namespace", "kube-system"),
    CRI_POD ("kube-system"), NULL, RULE_UNSURE,
    "the annotation `io.kubernetes.cri.sandbox-namespace`" },
  { "an annotation that looks like an engine's, and no engine writes", CRIO,
    false, GLOB ("io.kubernetes.pod.owner", "x"),
    A ("io.kubernetes.pod.owner", "x"), NULL, RULE_UNSURE,
    "the annotation `io.kubernetes.pod.owner`" },
  { "a pattern for the key that takes in what an engine writes", CRIO, false,
    GLOB ("io.kubernetes.*namespace", "kube-system"),
    CRI_POD ("kube-system") "," CRIO_POD ("kube-system"), NULL, RULE_YES,
    NULL },
  { "and one that a pod wrote", CRIO, false,
    GLOB ("io.kubernetes.*namespace", "kube-system"),
    CRI_POD ("kube-system") "," CRIO_POD ("default"), NULL, RULE_UNSURE,
    "the annotation `io.kubernetes.*namespace`" },
  { "a pattern for every key", PODMAN, false, GLOB ("*", "kube-system"),
    FORGED_CRIO, NULL, RULE_UNSURE, "the annotation `*`" },
  { "io.kubernetes.cri-o.* under CRI-O", CRIO, false,
    GLOB ("io.kubernetes.cri-o.HostNetwork", "true"),
    A ("io.kubernetes.cri-o.HostNetwork", "true"), NULL, RULE_UNSURE,
    "the annotation `io.kubernetes.cri-o.HostNetwork`" },
  { "io.kubernetes.cri-o.* under containerd", CONTAINERD, false,
    GLOB ("io.kubernetes.cri-o.HostNetwork", "true"),
    A ("io.kubernetes.cri-o.HostNetwork", "true"), NULL, RULE_UNSURE,
    "the annotation `io.kubernetes.cri-o.HostNetwork`" },
  { "an annotation that is nobody's", PODMAN, false, GLOB ("team", "x"),
    A ("team", "x"), NULL, RULE_YES, NULL },
  { "one that only begins alike", PODMAN, false, GLOB ("io.kubernetesx", "x"),
    A ("io.kubernetesx", "x"), NULL, RULE_YES, NULL },
  { "an annotation that is not there", CRIO, false, GLOB ("team", "x"), "",
    NULL, RULE_NO, "the annotation `team`" },
  { "an unsure annotation and one that fails", NOBODY, false,
    "\"annotations\":{\"io.kubernetes.pod.namespace\":\"*\",\"team\":\"x\"}",
    CRIO_POD ("n"), NULL, RULE_NO, "the annotation `team`" },
  { "an unsure annotation and one that matches", NOBODY, false,
    "\"annotations\":{\"team\":\"x\",\"io.kubernetes.pod.namespace\":\"*\"}",
    CRIO_POD ("n") "," A ("team", "x"), NULL, RULE_UNSURE,
    "the annotation `io.kubernetes.pod.namespace`" },

  /* args */
  { "args", NOBODY, false, "\"args\":[\"kube-proxy\",\"--config=*\"]", "",
    "[\"kube-proxy\",\"--config=/a/b\"]", RULE_YES, NULL },
  { "one arg more", NOBODY, false, "\"args\":[\"a\"]", "", "[\"a\",\"b\"]",
    RULE_NO, "the args" },
  { "one arg less", NOBODY, false, "\"args\":[\"a\",\"*\"]", "", "[\"a\"]",
    RULE_NO, "the args" },
  { "no args", NOBODY, false, "\"args\":[\"*\"]", "", "[]", RULE_NO,
    "the args" },
  { "another arg", NOBODY, false, "\"args\":[\"a\",\"b\"]", "",
    "[\"a\",\"c\"]", RULE_NO, "the args" },
  { "args in another order", NOBODY, false, "\"args\":[\"a\",\"b\"]", "",
    "[\"b\",\"a\"]", RULE_NO, "the args" },
  { "an empty arg", NOBODY, false, "\"args\":[\"\"]", "", "[\"\"]", RULE_YES,
    NULL },
  { "an escaped arg", NOBODY, false, "\"args\":[\"\\u0061\"]", "",
    "[\"\\u0061\"]", RULE_YES, NULL },
  { "no process", NOBODY, false, "\"args\":[\"a\"]", "", NULL, RULE_UNSURE,
    "the args" },
  { "args null", NOBODY, false, "\"args\":[\"a\"]", "", "null", RULE_UNSURE,
    "the args" },
  { "args no array", NOBODY, false, "\"args\":[\"a\"]", "", "\"a\"",
    RULE_UNSURE, "the args" },
  { "an arg that is no string", NOBODY, false, "\"args\":[\"a\"]", "", "[1]",
    RULE_UNSURE, "the args" },

  /* several conditions */
  { "all of them", CRIO, false,
    "\"always\":true,\"args\":[\"a\"]," NS ("n") "," GLOB ("team", "x"),
    CRIO_POD ("n") "," A ("team", "x"), "[\"a\"]", RULE_YES, NULL },
  { "all of them but the args", CRIO, false,
    "\"args\":[\"a\"]," NS ("n") "," GLOB ("team", "x"),
    CRIO_POD ("n") "," A ("team", "x"), "[\"b\"]", RULE_NO, "the args" },
  { "all of them but the annotation", CRIO, false,
    "\"args\":[\"a\"]," NS ("n") "," GLOB ("team", "x"),
    CRIO_POD ("n") "," A ("team", "y"), "[\"a\"]", RULE_NO,
    "the annotation `team`" },
  { "unsure twice, the first is named", NOBODY, false,
    "\"args\":[\"a\"]," NS ("n"), CRIO_POD ("n"), NULL, RULE_UNSURE,
    BY_ANNOTATIONS },
  { "unsure, and the args fail", NOBODY, false, "\"args\":[\"a\"]," NS ("n"),
    CRIO_POD ("n"), "[\"b\"]", RULE_NO, "the args" },
};

static void
test_matches (void)
{
  for (size_t i = 0; i < sizeof match_rows / sizeof *match_rows; i++)
    {
      const struct match_row *r = &match_rows[i];
      cleanup_free char *text
          = xasprintf ("{\"version\":1,\"admission\":%s,\"rules\":[{\"when\":"
                       "{%s}}]}",
                       r->admission ? "true" : "false", r->when);
      cleanup_free char *annotations = xasprintf ("{%s}", r->annotations);
      cleanup_free char *why = NULL;
      cleanup_policy struct policy *policy = parse (text);
      cleanup_container struct container c = { .doc = JSON_DOC_INIT };
      enum rule_match match, blind;

      container_read (&c, r->caller, annotations, r->args);
      match = policy_rule_match (policy, &policy->rules[0], &c.subject, &why);
      blind = policy_rule_match (policy, &policy->rules[0], &c.subject, NULL);
      if (!tap_ok (match == r->match && blind == match
                       && (why == NULL) == (r->why == NULL)
                       && (why == NULL || strcmp (why, r->why) == 0),
                   r->what))
        printf ("# %d: %s\n", (int) match, why ? why : "(none)");
    }
}

int
main (void)
{
  test_matches ();
  return tap_end ();
}
