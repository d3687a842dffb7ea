/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "engine.h"

#include <string.h>

/* FACTS 8: podman's configurations carry io.kubernetes.cri-o.Created and
 * .TTY, so a prefix would take podman for CRI-O, and those of its pods' members
 * CRI-O's SandboxID (libpod, pkg/specgen/generate/oci.go). */
static const struct
{
  const char *key;
  enum engine engine;
} marks[] = {
  { "io.kubernetes.cri.sandbox-id", ENGINE_KUBERNETES },   /* containerd */
  { "io.kubernetes.cri-o.SandboxID", ENGINE_KUBERNETES },  /* CRI-O */
  { "io.kubernetes.pod.namespace", ENGINE_KUBERNETES },    /* the kubelet */
  { "io.container.manager", ENGINE_PODMAN },               /* libpod; CRI-O too */
};

/* Hooks that set up a network on /proc/PID/ns/net, by a word of their arguments
 * or by the program's name: docker's libnetwork-setkey, nerdctl's `internal
 * oci-hook`, genuinetools/netns, and what calls CNI plugins. */
static const char *const network_hook_words[]
    = { "libnetwork-setkey", "oci-hook", "netns", "cnitool", "oci-cni" };

static bool
is_network_word (const char *word)
{
  const char *slash = strrchr (word, '/');

  if (strncmp (word, "/opt/cni/", 9) == 0)
    return true;
  word = slash ? slash + 1 : word;
  for (size_t i = 0;
       i < sizeof network_hook_words / sizeof *network_hook_words; i++)
    if (strcmp (word, network_hook_words[i]) == 0)
      return true;
  return false;
}

static bool
has_network_word (const struct json_doc *config, json_node hook)
{
  cleanup_free char *program = NULL;
  json_node args, path;

  if (json_get (config, hook, "path", JSON_STRING, &path, NULL) > 0)
    program = json_string (config, path);
  if (program != NULL && is_network_word (program))
    return true;
  json_get (config, hook, "args", JSON_ARRAY, &args, NULL);
  for (json_node n = json_first (config, args); n != JSON_NONE;
       n = json_next (config, n))
    {
      cleanup_free char *word
          = json_kind (config, n) == JSON_STRING ? json_string (config, n)
                                                 : NULL;

      if (word != NULL && is_network_word (word))
        return true;
    }
  return false;
}

char *
engine_network_hook (const struct json_doc *config)
{
  json_node hooks, path;

  if (json_get (config, 0, "hooks", JSON_OBJECT, &hooks, NULL) <= 0)
    return NULL;
  for (json_node stage = json_first (config, hooks); stage != JSON_NONE;
       stage = json_next (config, stage))
    for (json_node hook = json_kind (config, stage) == JSON_ARRAY
                              ? json_first (config, stage)
                              : JSON_NONE;
         hook != JSON_NONE; hook = json_next (config, hook))
      if (json_kind (config, hook) == JSON_OBJECT
          && has_network_word (config, hook))
        {
          if (json_get (config, hook, "path", JSON_STRING, &path, NULL) > 0)
            return json_string (config, path);
          return xstrndup ("?", 1);
        }
  return NULL;
}

static bool
has_annotation (const struct json_doc *config, json_node annotations,
                const char *key, const char *value)
{
  for (json_node n = json_first (config, annotations); n != JSON_NONE;
       n = json_next (config, n))
    if (json_key_is (config, n, key)
        && (value == NULL || json_string_is (config, n, value)))
      return true;
  return false;
}

/* A member of podman's own pods.  In Kubernetes the pod may write annotations,
 * but the namespace is a label, which the kubelet writes last. */
static bool
is_podman_pod (const struct json_doc *config, json_node annotations)
{
  return has_annotation (config, annotations, "io.container.manager", "libpod")
         && !has_annotation (config, annotations,
                             "io.kubernetes.pod.namespace", NULL)
         && !has_annotation (config, annotations,
                             "io.kubernetes.cri.sandbox-id", NULL);
}

enum engine
engine_of (const struct json_doc *config, json_node annotations)
{
  cleanup_free char *hook = NULL;

  if (is_podman_pod (config, annotations))
    return ENGINE_PODMAN;
  for (size_t i = 0; i < sizeof marks / sizeof *marks; i++)
    if (has_annotation (config, annotations, marks[i].key, NULL))
      return marks[i].engine;
  hook = engine_network_hook (config);
  return hook != NULL ? ENGINE_DOCKER : ENGINE_UNKNOWN;
}

const char *
engine_host_option (enum engine engine)
{
  switch (engine)
    {
    case ENGINE_PODMAN:
      return "`podman run --network host`";
    case ENGINE_DOCKER:
      return "`docker run --network host`";
    case ENGINE_KUBERNETES:
      return "`hostNetwork: true` in the pod";
    default:
      return "the engine's own host option (`--network host`, ctr: "
             "`--net-host`)";
    }
}
