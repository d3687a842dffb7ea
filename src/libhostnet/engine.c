/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "engine.h"

#include <fnmatch.h>
#include <string.h>

enum
{
  PODMAN = 1 << ENGINE_PODMAN,
  CRIO = 1 << ENGINE_CRIO,
  CONTAINERD_CRI = 1 << ENGINE_CONTAINERD_CRI,
  CONTAINERD = 1 << ENGINE_CONTAINERD,
  DOCKER = 1 << ENGINE_DOCKER,
  BUILDAH = 1 << ENGINE_BUILDAH,
  KUBERNETES = CRIO | CONTAINERD_CRI,
  ANY = (1 << ENGINES) - 2
};

enum kind
{
  MARK_PARENT,      /* the program that called us */
  MARK_ENVIRONMENT,
  MARK_BUNDLE,      /* where it lies */
  MARK_HOOK,        /* of the configuration, which no annotation makes */
  MARK_ANNOTATION,  /* of the configuration: KEY, or KEY=VALUE */
  MARKS
};

/* Patterns are fnmatch(3)'s over the whole text.  Of each kind the first that
 * fits counts, of the annotations every one. */
static const struct mark
{
  enum kind kind;
  const char *pattern;
  unsigned engines; /* that leave it */
} marks[] = {
  /* CRI-O contrib/bundle: a conmon of its own; internal/oci/runtime_pod.go */
  { MARK_PARENT, "*/crio/conmon", CRIO },
  { MARK_PARENT, "*/conmonrs", CRIO },
  /* captures/argv.txt; a name is cut after 15 characters, proc(5) comm */
  { MARK_PARENT, "*/conmon", PODMAN | CRIO },
  { MARK_PARENT, "*/containerd-shim*", CONTAINERD_CRI | CONTAINERD | DOCKER },
  { MARK_PARENT, "*/podman", PODMAN | BUILDAH }, /* hooks; podman build */
  { MARK_PARENT, "*/buildah", BUILDAH },
  /* FACTS 9; podman always passes XDG_RUNTIME_DIR on to conmon
   * (libpod/oci_conmon_common.go, configureConmonEnv) */
  { MARK_ENVIRONMENT, "bare", CRIO },
  { MARK_ENVIRONMENT, "conmon", PODMAN | CRIO },
  /* containers/storage, DRIVER-containers/ID/userdata: CRI-O runs what it has
   * below the run root (cri-o server/container_create.go, RunDir), podman what
   * it has below the graph root */
  { MARK_BUNDLE, "*/run/containers/storage/*-containers/*/userdata", CRIO },
  { MARK_BUNDLE, "*-containers/*/userdata", PODMAN | CRIO },
  /* containerd's name of its runtimes, then the client's namespace: moby
   * daemon/config, pkg/cri/constants; that of the others is their user's */
  { MARK_BUNDLE, "*/io.containerd.runtime.v2.task/moby/*", DOCKER },
  { MARK_BUNDLE, "*/io.containerd.runtime.v2.task/plugins.moby/*", DOCKER },
  { MARK_BUNDLE, "*/io.containerd.runtime.v2.task/k8s.io/*", CONTAINERD_CRI },
  { MARK_BUNDLE, "*/io.containerd.runtime.v2.task/*", CONTAINERD },
  { MARK_BUNDLE, "*/buildah[0-9]*", BUILDAH }, /* run_common.go, MkdirTemp */
  /* captures/docker; nerdctl pkg/cmd/container/create.go */
  { MARK_HOOK, "libnetwork-setkey", DOCKER },
  { MARK_HOOK, "oci-hook", CONTAINERD },
  /* FACTS 8: podman's configurations carry io.kubernetes.cri-o.Created and
   * .TTY, so a prefix would take podman for CRI-O. */
  { MARK_ANNOTATION, "io.container.manager=libpod", PODMAN },
  { MARK_ANNOTATION, "io.container.manager=cri-o", CRIO },
  /* podman's too, in pods: specgen/generate/container.go, for kata */
  { MARK_ANNOTATION, "io.kubernetes.cri-o.SandboxID", PODMAN | CRIO },
  { MARK_ANNOTATION, "io.kubernetes.cri.sandbox-id", CONTAINERD_CRI },
  { MARK_ANNOTATION, "io.kubernetes.pod.namespace", KUBERNETES }, /* kubelet */
  { MARK_ANNOTATION, "nerdctl/namespace", CONTAINERD }, /* pkg/labels */
};

static const char *const host_options[ENGINES] = {
  [ENGINE_UNKNOWN] = ("the engine's own host option (`--network host`, ctr: "
                      "`--net-host`)"),
  [ENGINE_PODMAN] = "`podman run --network host`",
  [ENGINE_CRIO] = "`hostNetwork: true` in the pod",
  [ENGINE_CONTAINERD_CRI] = "`hostNetwork: true` in the pod",
  [ENGINE_CONTAINERD]
  = "`ctr run --net-host` or `nerdctl run --network host`",
  [ENGINE_DOCKER] = "`docker run --network host`",
  [ENGINE_BUILDAH] = "`buildah run --network host`",
};

/* Hooks that set up a network on /proc/PID/ns/net, by a word of their arguments
 * or by the program's name: docker's libnetwork-setkey, nerdctl's `internal
 * oci-hook`, genuinetools/netns, and what calls CNI plugins. */
static const char *const network_hook_words[]
    = { "libnetwork-setkey", "oci-hook", "netns", "cnitool", "oci-cni" };

static bool
is_network_word (const char *word, const void *unused)
{
  const char *slash = strrchr (word, '/');

  (void) unused;
  if (strncmp (word, "/opt/cni/", 9) == 0)
    return true;
  word = slash ? slash + 1 : word;
  for (size_t i = 0;
       i < sizeof network_hook_words / sizeof *network_hook_words; i++)
    if (strcmp (word, network_hook_words[i]) == 0)
      return true;
  return false;
}

/* Whether one of the words of HOOK, its path or an argument, is what IS looks
 * for with DATA. */
typedef bool is_word (const char *word, const void *data);

static bool
has_word (const struct json_doc *config, json_node hook, is_word *is,
          const void *data)
{
  cleanup_free char *program = NULL;
  json_node args, path;

  if (json_get (config, hook, "path", JSON_STRING, &path, NULL) > 0)
    program = json_string (config, path);
  if (program != NULL && is (program, data))
    return true;
  json_get (config, hook, "args", JSON_ARRAY, &args, NULL);
  for (json_node n = json_first (config, args); n != JSON_NONE;
       n = json_next (config, n))
    {
      cleanup_free char *word
          = json_kind (config, n) == JSON_STRING ? json_string (config, n)
                                                 : NULL;

      if (word != NULL && is (word, data))
        return true;
    }
  return false;
}

static json_node
find_hook (const struct json_doc *config, is_word *is, const void *data)
{
  json_node hooks;

  json_get (config, 0, "hooks", JSON_OBJECT, &hooks, NULL);
  for (json_node stage = json_first (config, hooks); stage != JSON_NONE;
       stage = json_next (config, stage))
    for (json_node hook = json_kind (config, stage) == JSON_ARRAY
                              ? json_first (config, stage)
                              : JSON_NONE;
         hook != JSON_NONE; hook = json_next (config, hook))
      if (json_kind (config, hook) == JSON_OBJECT
          && has_word (config, hook, is, data))
        return hook;
  return JSON_NONE;
}

char *
engine_network_hook (const struct json_doc *config)
{
  json_node path, hook = find_hook (config, is_network_word, NULL);

  if (hook == JSON_NONE)
    return NULL;
  if (json_get (config, hook, "path", JSON_STRING, &path, NULL) > 0)
    return json_string (config, path);
  return xstrndup ("?", 1);
}

/* ---- marks ---- */

static bool
is_mark_word (const char *word, const void *pattern)
{
  return strcmp (word, pattern) == 0;
}

/* PATTERN is KEY or KEY=VALUE. */
static bool
has_annotation (const struct json_doc *config, json_node annotations,
                const char *pattern)
{
  size_t length = strcspn (pattern, "=");
  const char *value = pattern[length] == '=' ? pattern + length + 1 : NULL;
  char key[64];

  memcpy (key, pattern, length);
  key[length] = '\0';
  for (json_node n = json_first (config, annotations); n != JSON_NONE;
       n = json_next (config, n))
    if (json_key_is (config, n, key)
        && (value == NULL
            || (json_kind (config, n) == JSON_STRING
                && json_string_is (config, n, value))))
      return true;
  return false;
}

static bool
fits (const struct mark *mark, const struct engine_facts *facts,
      const struct json_doc *config, json_node annotations)
{
  switch (mark->kind)
    {
    case MARK_PARENT:
      return facts->parent != NULL
             && fnmatch (mark->pattern, facts->parent, 0) == 0;
    case MARK_ENVIRONMENT:
      return facts->conmon_pipes
             && (facts->bare || strcmp (mark->pattern, "conmon") == 0);
    case MARK_BUNDLE:
      return facts->bundle != NULL
             && fnmatch (mark->pattern, facts->bundle, 0) == 0;
    case MARK_HOOK:
      return find_hook (config, is_mark_word, mark->pattern) != JSON_NONE;
    default:
      return has_annotation (config, annotations, mark->pattern);
    }
}

/* The engine when MASK has one only. */
static enum engine
only (unsigned mask)
{
  for (unsigned e = ENGINE_UNKNOWN + 1; e < ENGINES; e++)
    if (mask == 1U << e)
      return (enum engine) e;
  return ENGINE_UNKNOWN;
}

struct engine_verdict
engine_tell (const struct engine_facts *facts, const struct json_doc *config,
             json_node annotations)
{
  struct engine_verdict verdict = { ENGINE_UNKNOWN, false, false };
  unsigned fitting[MARKS], all = ANY, kinds = 0;

  for (size_t k = 0; k < MARKS; k++)
    fitting[k] = ANY;
  for (size_t i = 0; i < sizeof marks / sizeof *marks; i++)
    {
      const struct mark *mark = &marks[i];

      if ((fitting[mark->kind] == ANY || mark->kind == MARK_ANNOTATION)
          && fits (mark, facts, config, annotations))
        {
          fitting[mark->kind] &= mark->engines;
          verdict.kubernetes |= (mark->engines & ~(unsigned) KUBERNETES) == 0;
        }
    }
  for (size_t k = 0; k < MARKS; k++)
    {
      kinds += fitting[k] != ANY;
      /* The annotations come last: without them ALL is what cannot be forged. */
      if (k == MARK_ANNOTATION)
        verdict.sure = only (all) != ENGINE_UNKNOWN;
      all &= fitting[k];
    }
  verdict.engine = only (all);
  verdict.sure &= kinds > 1 && verdict.engine != ENGINE_UNKNOWN;
  return verdict;
}

bool
engine_surely_kubernetes (const struct engine_verdict *verdict)
{
  return verdict->sure && verdict->kubernetes
         && (1U << verdict->engine & KUBERNETES) != 0;
}

/* ---- words ---- */

const char *
engine_name (enum engine engine)
{
  static const char *const names[ENGINES] = {
    [ENGINE_PODMAN] = "podman",         [ENGINE_CRIO] = "cri-o",
    [ENGINE_CONTAINERD_CRI] = "containerd-cri",
    [ENGINE_CONTAINERD] = "containerd", [ENGINE_DOCKER] = "docker",
    [ENGINE_BUILDAH] = "buildah",
  };

  return names[engine];
}

const char *
engine_host_option (enum engine engine)
{
  return host_options[engine];
}

bool
engine_is_program (const char *program)
{
  for (size_t i = 0; i < sizeof marks / sizeof *marks; i++)
    if (marks[i].kind == MARK_PARENT
        && fnmatch (marks[i].pattern, program, 0) == 0)
      return true;
  return false;
}
