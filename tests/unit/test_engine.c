/* SPDX-License-Identifier: Apache-2.0 */
/* Which engine it is, from what the system and the configuration show.  TAP. */
#include <config.h>

#include "libhostnet/engine.h"

#include <stdlib.h>
#include <string.h>

#include "tap.h"

#define ID "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define CRIO_BUNDLE "/run/containers/storage/overlay-containers/" ID "/userdata"
#define STORAGE_BUNDLE                                                        \
  "/var/lib/containers/storage/overlay-containers/" ID "/userdata"
#define TASK "/run/containerd/io.containerd.runtime.v2.task/"
#define DOCKER_TASK "/run/docker/containerd/daemon/io.containerd.runtime.v2.task/"
#define SHIM "/usr/bin/containerd-shim-runc-v2"
#define LIBPOD "\"io.container.manager\":\"libpod\""
#define CRIO "\"io.container.manager\":\"cri-o\""
#define SANDBOX "\"io.kubernetes.cri-o.SandboxID\":\"" ID "\""
#define CRI "\"io.kubernetes.cri.sandbox-id\":\"x\""
#define KUBELET "\"io.kubernetes.pod.namespace\":\"default\""
#define NERDCTL "\"nerdctl/namespace\":\"default\""
#define SETKEY                                                                \
  "{\"prestart\":[{\"path\":\"/proc/1/exe\",\"args\":[\"libnetwork-setkey\"]}]}"
#define NERDCTL_HOOK                                                          \
  "{\"createRuntime\":[{\"path\":\"/bin/nerdctl\",\"args\":[\"nerdctl\","     \
  "\"internal\",\"oci-hook\",\"createRuntime\"]}]}"

enum environment { NOTHING, PIPES, BARE };

/* Of the captures, FACTS 7 to 9, and what somebody could make up. */
static const struct row
{
  const char *what, *parent;
  enum environment environment;
  const char *bundle, *annotations, *hooks;
  enum engine engine;
  bool kubernetes, sure;
} rows[] = {
  { "nothing", NULL, NOTHING, NULL, "", NULL, ENGINE_UNKNOWN, false, false },
  { "by hand in a shell", "/usr/bin/bash", NOTHING, "/srv/bundle", "", NULL,
    ENGINE_UNKNOWN, false, false },
  { "CRI-O", "/usr/bin/conmon", BARE, CRIO_BUNDLE, CRIO "," SANDBOX, NULL,
    ENGINE_CRIO, true, true },
  { "CRI-O, environment and bundle are enough", NULL, BARE, CRIO_BUNDLE, "",
    NULL, ENGINE_CRIO, true, true },
  { "CRI-O with an environment", "/usr/bin/conmon", PIPES, CRIO_BUNDLE, CRIO,
    NULL, ENGINE_CRIO, true, true },
  { "CRI-O elsewhere", "/usr/bin/conmon", BARE,
    "/srv/overlay-containers/" ID "/userdata", CRIO, NULL, ENGINE_CRIO, true,
    true },
  { "CRI-O elsewhere, by its own conmon", "/usr/libexec/crio/conmon", PIPES,
    "/srv/vfs-containers/" ID "/userdata", "", NULL, ENGINE_CRIO, true, true },
  { "CRI-O with conmon-rs", "/usr/bin/conmonrs", NOTHING,
    "/srv/overlay-containers/" ID "/userdata", "", NULL, ENGINE_CRIO, true,
    true },
  { "CRI-O by its bundle alone", NULL, NOTHING, CRIO_BUNDLE, "", NULL,
    ENGINE_CRIO, true, false },
  { "CRI-O by hand", NULL, NOTHING, CRIO_BUNDLE, CRIO, NULL, ENGINE_CRIO, true,
    true },
  { "CRI-O or podman", "/usr/bin/conmon", PIPES, STORAGE_BUNDLE, "", NULL,
    ENGINE_UNKNOWN, false, false },
  { "podman that says it is CRI-O", "/usr/bin/conmon", PIPES, STORAGE_BUNDLE,
    CRIO "," SANDBOX "," KUBELET, NULL, ENGINE_CRIO, true, false },
  { "podman", "/usr/bin/conmon", PIPES, STORAGE_BUNDLE, LIBPOD, NULL,
    ENGINE_PODMAN, false, false },
  { "podman's pod", "/usr/bin/conmon", PIPES, STORAGE_BUNDLE,
    LIBPOD "," SANDBOX, NULL, ENGINE_PODMAN, false, false },
  { "podman's pod with a kubelet's label", "/usr/bin/conmon", PIPES,
    STORAGE_BUNDLE, LIBPOD "," KUBELET, NULL, ENGINE_UNKNOWN, true, false },
  { "CRI-O that says it is podman", "/usr/bin/conmon", BARE, CRIO_BUNDLE,
    LIBPOD, NULL, ENGINE_UNKNOWN, true, false },
  { "a hook of podman", "/usr/bin/podman", NOTHING, NULL, LIBPOD, NULL,
    ENGINE_PODMAN, false, false },
  { "podman build", "/usr/bin/podman", NOTHING, "/var/tmp/buildah231896641",
    "", NULL, ENGINE_BUILDAH, false, true },
  { "buildah", "/usr/bin/buildah", NOTHING, "/var/tmp/buildah231896641", "",
    NULL, ENGINE_BUILDAH, false, true },
  { "containerd's CRI", SHIM, NOTHING, TASK "k8s.io/" ID, CRI, NULL,
    ENGINE_CONTAINERD_CRI, true, true },
  { "containerd's CRI by a name cut short", "/containerd-shim", NOTHING,
    TASK "k8s.io/" ID, "", NULL, ENGINE_CONTAINERD_CRI, true, true },
  { "containerd's CRI by hand", NULL, NOTHING, TASK "k8s.io/" ID, CRI, NULL,
    ENGINE_CONTAINERD_CRI, true, true },
  { "k3s", SHIM, NOTHING,
    "/run/k3s/containerd/io.containerd.runtime.v2.task/k8s.io/" ID, CRI, NULL,
    ENGINE_CONTAINERD_CRI, true, true },
  { "nerdctl in CRI's namespace", SHIM, NOTHING, TASK "k8s.io/x",
    NERDCTL "," CRI, NULL, ENGINE_UNKNOWN, true, false },
  { "nerdctl's hook in CRI's namespace", SHIM, NOTHING, TASK "k8s.io/x", CRI,
    NERDCTL_HOOK, ENGINE_UNKNOWN, true, false },
  { "ctr", SHIM, NOTHING, TASK "default/t1", "", NULL, ENGINE_CONTAINERD,
    false, true },
  { "ctr that says it is CRI", SHIM, NOTHING, TASK "default/t1", CRI, NULL,
    ENGINE_UNKNOWN, true, false },
  { "ctr with a container called k8s.io", SHIM, NOTHING, TASK "default/k8s.io",
    "", NULL, ENGINE_CONTAINERD, false, true },
  { "nerdctl", SHIM, NOTHING, TASK "default/x", NERDCTL, NERDCTL_HOOK,
    ENGINE_CONTAINERD, false, true },
  { "docker", SHIM, NOTHING, DOCKER_TASK "moby/" ID, "", SETKEY, ENGINE_DOCKER,
    false, true },
  { "docker's plugins", SHIM, NOTHING, DOCKER_TASK "plugins.moby/" ID, "",
    NULL, ENGINE_DOCKER, false, true },
  { "docker by its hook alone", NULL, NOTHING, NULL, "", SETKEY, ENGINE_DOCKER,
    false, false },
  { "docker that says it is in Kubernetes", SHIM, NOTHING,
    DOCKER_TASK "moby/" ID, KUBELET, SETKEY, ENGINE_UNKNOWN, true, false },
  { "annotations alone: CRI-O", NULL, NOTHING, NULL,
    CRIO "," SANDBOX "," KUBELET, NULL, ENGINE_CRIO, true, false },
  { "annotations alone: containerd", NULL, NOTHING, NULL, CRI, NULL,
    ENGINE_CONTAINERD_CRI, true, false },
  { "annotations alone: a kubelet's", NULL, NOTHING, NULL, KUBELET, NULL,
    ENGINE_UNKNOWN, true, false },
  { "annotations that contradict each other", NULL, NOTHING, NULL,
    LIBPOD "," CRI, NULL, ENGINE_UNKNOWN, true, false },
  { "a manager that is none", "/usr/bin/conmon", PIPES, STORAGE_BUNDLE,
    "\"io.container.manager\":\"cri-o2\"", NULL, ENGINE_UNKNOWN, false,
    false },
  { "a manager that is no string", NULL, NOTHING, NULL,
    "\"io.container.manager\":7", NULL, ENGINE_UNKNOWN, false, false },
  { "what only looks like a bundle of CRI-O", NULL, NOTHING,
    "/run/containers/storage/overlay-containers/" ID "/userdata/x", "", NULL,
    ENGINE_UNKNOWN, false, false },
  { "programs that only begin like theirs", "/usr/bin/conmon-helper", NOTHING,
    NULL, "", NULL, ENGINE_UNKNOWN, false, false },
  { "or end so", "/usr/bin/myconmon", NOTHING, NULL, "", NULL, ENGINE_UNKNOWN,
    false, false },
};

static struct engine_verdict
tell (const char *parent, enum environment environment, const char *bundle,
      const char *annotations, const char *hooks)
{
  cleanup_json struct json_doc doc = JSON_DOC_INIT;
  cleanup_free char *text
      = xasprintf ("{\"annotations\":{%s}%s%s}", annotations,
                   hooks ? ",\"hooks\":" : "", hooks ? hooks : "");
  struct engine_facts facts
      = { .parent = (char *) parent,
          .conmon_pipes = environment != NOTHING,
          .bare = environment == BARE,
          .bundle = (char *) bundle };
  json_node node;

  if (json_index (&doc, text, strlen (text), false, NULL) < 0
      || json_get (&doc, 0, "annotations", JSON_OBJECT, &node, NULL) <= 0)
    abort ();
  return engine_tell (&facts, &doc, node);
}

static void
check_row (const struct row *row)
{
  struct engine_verdict verdict
      = tell (row->parent, row->environment, row->bundle, row->annotations,
              row->hooks);
  bool surely = row->sure
                && (row->engine == ENGINE_CRIO
                    || row->engine == ENGINE_CONTAINERD_CRI);

  if (!tap_ok (verdict.engine == row->engine
                   && verdict.kubernetes == row->kubernetes
                   && verdict.sure == row->sure
                   && engine_surely_kubernetes (&verdict) == surely,
               row->what))
    printf ("# engine %d, %sKubernetes, %ssure\n", (int) verdict.engine,
            verdict.kubernetes ? "" : "not ", verdict.sure ? "" : "not ");
}

/* Whatever stands in the annotations: it never makes Kubernetes sure where the
 * rest does not say it by itself, and never takes away what is stricter. */
static void
check_all_annotations (void)
{
  static const char *const words[]
      = { LIBPOD, SANDBOX, CRI, KUBELET, NERDCTL };
  size_t tried = 0, loosened = 0, lost = 0;

  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
    for (unsigned mask = 0; mask < 64; mask++)
      {
        const struct row *row = &rows[i];
        struct engine_verdict without, with;
        cleanup_free char *text = xstrndup ("", 0);

        for (unsigned w = 0; w < 5; w++)
          if (mask & 1U << w)
            {
              /* The manager stands there once. */
              const char *word = w == 0 && mask & 32 ? CRIO : words[w];
              char *longer
                  = xasprintf ("%s%s%s", text, text[0] ? "," : "", word);

              free (text);
              text = longer;
            }
        without = tell (row->parent, row->environment, row->bundle, "",
                        row->hooks);
        with = tell (row->parent, row->environment, row->bundle, text,
                     row->hooks);
        tried++;
        loosened += engine_surely_kubernetes (&with)
                    && without.engine != ENGINE_CRIO
                    && without.engine != ENGINE_CONTAINERD_CRI;
        lost += without.kubernetes && !with.kubernetes;
      }
  printf ("# %zu combinations\n", tried);
  tap_ok (loosened == 0, "annotations alone loosen nothing");
  tap_ok (lost == 0, "annotations take nothing stricter away");
}

int
main (void)
{
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
    check_row (&rows[i]);
  check_all_annotations ();
  return tap_end ();
}
