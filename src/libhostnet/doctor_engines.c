/* SPDX-License-Identifier: Apache-2.0 */
/* Engines at their usual places, and whether they know us. */
#include <config.h>

#include "doctor_facts.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "configure_parts.h"
#include "toml.h"
#include "tree.h"

enum { PLACES = 3 };
#define OWN SYSCONFDIR "/oci-hostnet"

/* Where distributions and the projects' own archives put them. */
static const struct engine_words
{
  const char *name;
  bool registers;
  const char *takes;  /* how a container takes the runtime */
  const char *reload; /* what is run behind `configure`, with "&&" */
  const char *places[PLACES];
} engines[DOCTOR_ENGINES] = {
  { "podman", true, "a container takes it by --runtime oci-hostnet-runtime",
    "", { "/usr/bin/podman", "/usr/local/bin/podman" } },
  { "docker", true, "a container takes it by --runtime oci-hostnet",
    " && systemctl reload docker",
    { "/usr/bin/dockerd", "/usr/sbin/dockerd", "/usr/local/bin/dockerd" } },
  { "containerd", true, "a pod takes it by runtimeClassName: oci-hostnet",
    " && systemctl restart containerd",
    { "/usr/bin/containerd", "/usr/local/bin/containerd" } },
  { "crio", true, "a pod takes it by runtimeClassName: oci-hostnet",
    " && systemctl restart crio", { "/usr/bin/crio", "/usr/local/bin/crio" } },
  { "kubernetes", true, "", " && kubectl apply -f " OWN "/kubernetes",
    { "/usr/bin/kubelet", "/usr/local/bin/kubelet" } },
  { "nerdctl", false, "", "",
    { "/usr/bin/nerdctl", "/usr/local/bin/nerdctl" } },
};

enum { PODMAN, DOCKER, CONTAINERD, CRIO, KUBERNETES };

/* oci-hooks(5), and CRI-O's hooks_dir */
static const char shared_hooks[] = "/usr/share/containers/oci/hooks.d/";
static const char *const hook_directories[]
    = { OWN "/podman-hooks.d/", shared_hooks, "/etc/containers/oci/hooks.d/",
        NULL };

/* ---- looking ---- */

typedef bool is_it (const char *text);

static bool
names_hook (const char *text)
{
  return strstr (text, "oci-hostnet-hook") != NULL;
}

static bool
has_precreate (const char *text)
{
  return strstr (text, "\"precreate\"") != NULL;
}

static bool
names_runtime (const char *text)
{
  static const char key[] = "engine.runtimes.oci-hostnet-runtime";
  cleanup_toml struct toml toml;
  bool found = false;

  toml_start (&toml, text);
  while (!found && toml_next (&toml) > 0)
    found = !toml.header && strcmp (toml.key, key) == 0;
  return found;
}

/* Makes our handler a runtime that is not ours. */
static const char crio_handler[] = "crio.runtime.runtimes.oci-hostnet";
static bool
names_handler (const char *text)
{
  size_t length = sizeof crio_handler - 1;
  cleanup_toml struct toml toml;
  bool found = false;

  toml_start (&toml, text);
  while (!found && toml_next (&toml) > 0)
    found = strncmp (toml.key, crio_handler, length) == 0
            && (toml.key[length] == '\0' || toml.key[length] == '.');
  return found && strstr (text, "/oci-hostnet-runtime\"") == NULL;
}

static bool
is_in (const struct tree *tree, const char *path, is_it *is)
{
  cleanup_tree_file struct tree_file file = TREE_FILE_INIT;

  return tree_look (tree, path, &file, NULL) > 0 && is (file.text);
}

/* Whether it is so of a file that PATTERN means, as in default_rule. */
static bool
is_among (const struct tree *tree, const char *pattern, is_it *is)
{
  const char *star = strchr (pattern, '*');
  cleanup_free char *directory
      = xstrndup (pattern, star ? (size_t) (star - pattern) : 0);
  bool found = false;
  char **names;
  size_t count;

  if (star == NULL)
    return is_in (tree, pattern, is);
  if (tree_list (tree, directory, star + 1, &names, &count, NULL) < 0)
    return false;
  for (size_t i = 0; i < count; i++)
    {
      cleanup_free char *path = xasprintf ("%s%s", directory, names[i]);

      found = found || is_in (tree, path, is);
      free (names[i]);
    }
  free (names);
  return found;
}

/* Of the files that CRI-O reads behind ours, by name. */
static char *
find_override (const struct tree *tree)
{
  static const char directory[] = "/etc/crio/crio.conf.d/";
  char **names, *found = NULL;
  size_t count;

  if (tree_list (tree, directory, "", &names, &count, NULL) < 0)
    return NULL;
  for (size_t i = 0; i < count; i++)
    {
      cleanup_free char *path = xasprintf ("%s%s", directory, names[i]);

      if (found == NULL && strcmp (names[i], "oci-hostnet.conf") > 0
          && is_in (tree, path, names_handler))
        found = xasprintf ("%s", path);
      free (names[i]);
    }
  free (names);
  return found;
}

static void
look_at_hooks (const struct doctor_facts *facts, struct doctor_engine *list)
{
  cleanup_tree struct tree tree = TREE_INIT;
  cleanup_free char *shared = xasprintf ("%s*.json", shared_hooks);

  if (tree_open (facts->root, NULL, &tree, NULL) < 0)
    return;
  for (const char *const *at = hook_directories; *at != NULL; at++)
    {
      cleanup_free char *pattern = xasprintf ("%s*.json", *at);

      list[PODMAN].hooks |= is_among (&tree, pattern, names_hook);
    }
  for (const char *const *at = podman_files; *at != NULL; at++)
    list[PODMAN].runtime |= is_among (&tree, *at, names_runtime);
  if (is_among (&tree, shared, has_precreate))
    list[CRIO].bad_hook = shared_hooks;
  list[CRIO].override = find_override (&tree);
}

void
doctor_read_engines (struct doctor_facts *facts)
{
  for (size_t e = 0; e < DOCTOR_ENGINES; e++)
    {
      struct doctor_engine *engine = &facts->engines[e];

      engine->name = engines[e].name;
      engine->registers = engines[e].registers;
      engine->there = SEEN_NO;
      for (size_t p = 0; p < PLACES && engines[e].places[p] != NULL; p++)
        if (engine->there != SEEN_YES
            && doctor_there (facts, engines[e].places[p]) != SEEN_NO)
          {
            engine->program = engines[e].places[p];
            engine->there = doctor_there (facts, engine->program);
          }
      if (engine->there != SEEN_NO && engine->registers)
        configure_look (engine->name, facts->root, &engine->state,
                        &engine->refused);
    }
  look_at_hooks (facts, facts->engines);
}

/* ---- judging ---- */

static void
mend_configure (const struct doctor_facts *facts,
                const struct engine_words *words, const char *before,
                struct checks *checks)
{
  cleanup_free char *root = doctor_shell_word (facts, "");

  if (facts->elsewhere)
    checks_mend (checks, "%soci-hostnet configure %s --root %s", before,
                 words->name, root ? root : "DIR");
  else
    checks_mend (checks, "%soci-hostnet configure %s%s", before, words->name,
                 words->reload);
}

/* How FILE comes out of an engine's way.  What is in a directory NAME.d goes
 * out of it: CRI-O reads each file there, whatever its name (crio.conf.d(5)). */
static char *
move_away (const struct doctor_facts *facts, const char *file)
{
  const char *name = strrchr (file, '/'), *up = name;
  cleanup_free char *from = doctor_shell_word (facts, file), *there = NULL;
  cleanup_free char *to = NULL;

  if (name - file > 2 && memcmp (name - 2, ".d", 2) == 0)
    do
      up--;
    while (up > file && *up != '/');
  there = xasprintf ("%.*s%s.old", (int) (up - file), file, name);
  to = doctor_shell_word (facts, there);
  return from != NULL && to != NULL ? xasprintf ("mv %s %s && ", from, to)
                                    : NULL;
}

/* configure would refuse. */
static void
check_refused (const struct doctor_facts *facts,
               const struct engine_words *words,
               const struct doctor_engine *engine, struct checks *checks)
{
  const struct error *refused = &engine->refused;
  cleanup_free char *away = NULL;

  if (refused->system_errno == EACCES)
    {
      checks_add (checks, words->name, CHECK_UNKNOWN, "%s", refused->message);
      doctor_mend_unseen (checks, facts);
      return;
    }
  checks_add (checks, words->name, CHECK_WARN,
              "`%s` is here, and cannot be registered with: %s",
              engine->program, refused->message);
  if (refused->id == REFUSAL_configure_file)
    away = move_away (facts, engine->state.at);
  mend_configure (facts, words, away ? away : "mend that, then: ", checks);
}

static void
check_unregistered (const struct doctor_facts *facts,
                    const struct engine_words *words,
                    const struct doctor_engine *engine, struct checks *checks)
{
  bool dockers = strcmp (words->name, "containerd") == 0
                 && facts->engines[DOCKER].there == SEEN_YES
                 && facts->engines[KUBERNETES].there == SEEN_NO;

  if (dockers)
    {
      checks_add (checks, words->name, CHECK_NOTE,
                  "`%s` does not know oci-hostnet; Docker does not ask it to",
                  engine->program);
      return;
    }
  if (engine->hooks && !engine->runtime)
    checks_add (checks, words->name, CHECK_WARN,
                "`%s` has the hooks alone (create-only): `exec` in a locked "
                "container is not guarded",
                engine->program);
  else if (engine->state.partly)
    checks_add (checks, words->name, CHECK_WARN,
                "`%s` has a part of what `configure` writes", engine->program);
  else
    checks_add (checks, words->name, CHECK_WARN,
                "`%s` does not know oci-hostnet: its containers are not locked",
                engine->program);
  mend_configure (facts, words, "", checks);
}

/* What a cluster has is not seen from a node. */
static void
check_kubernetes (const struct doctor_facts *facts, struct checks *checks)
{
  const struct doctor_engine *engine = &facts->engines[KUBERNETES];

  checks_add (checks, "kubernetes", CHECK_NOTE,
              "`%s` is here; whether the cluster has the RuntimeClass "
              "oci-hostnet is not seen from here",
              engine->program);
  if (engine->state.complete)
    checks_mend (checks, "kubectl get runtimeclass oci-hostnet");
  else
    mend_configure (facts, &engines[KUBERNETES],
                    "kubectl get runtimeclass oci-hostnet, or: ", checks);
}

static void
check_one (const struct doctor_facts *facts, const struct engine_words *words,
           const struct doctor_engine *engine, struct checks *checks)
{
  if (!words->registers)
    checks_add (checks, words->name, CHECK_NOTE,
                "`%s` is here; it is containerd's, and there is nothing to "
                "register",
                engine->program);
  else if (engine->refused.id != REFUSAL_NONE)
    check_refused (facts, words, engine, checks);
  else if (words == &engines[KUBERNETES])
    check_kubernetes (facts, checks);
  else if (!engine->state.complete)
    check_unregistered (facts, words, engine, checks);
  else
    checks_add (checks, words->name, CHECK_OK, "`%s` knows oci-hostnet; %s",
                engine->program,
                engine->state.is_default ? "it is its default runtime"
                                         : words->takes);
  if (engine->override != NULL)
    {
      checks_add (checks, words->name, CHECK_FAIL,
                  "%s, which it reads behind ours, makes the handler "
                  "oci-hostnet another runtime: its pods are not locked",
                  escape (engine->override).text);
      checks_mend (checks, "take [%s] out of that file%s", crio_handler,
                   words->reload);
    }
  if (engine->bad_hook != NULL)
    {
      checks_add (checks, words->name, CHECK_WARN,
                  "it does not start: %s has a hook for podman's stage "
                  "`precreate`",
                  engine->bad_hook);
      checks_mend (checks, "move that hook away (grep -l precreate %s*.json)",
                   engine->bad_hook);
    }
}

void
doctor_check_engines (const struct doctor_facts *facts, struct checks *checks)
{
  size_t found = 0;

  for (size_t e = 0; e < DOCTOR_ENGINES; e++)
    if (facts->engines[e].there != SEEN_NO)
      {
        check_one (facts, &engines[e], &facts->engines[e], checks);
        found++;
      }
  if (found == 0)
    checks_add (checks, "engines", CHECK_NOTE,
                "none at the usual places: " SBINDIR "/oci-hostnet-crun and "
                "-runc run bundles by hand");
}
