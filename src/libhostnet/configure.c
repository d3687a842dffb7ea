/* SPDX-License-Identifier: Apache-2.0 */
/* What is written where, for each engine; what becomes of each file is decided
 * by the plan_file functions, and tree_commit() does all of it or nothing. */
#include <config.h>

#include "configure.h"

#include <stdlib.h>
#include <string.h>

#include "answer.h"
#include "configure_parts.h"
#include "dropins.h"
#include "json.h"
#include "tree.h"
#include "unified_diff.h"

/* What a file was before us, beside it. */
#define KEPT ".oci-hostnet-before"
#define OWN SYSCONFDIR "/oci-hostnet"

/* A file of the engine, and what it is for. */
struct place
{
  const char *path, *template;
  plan_file *plan;
  const char *why;
  const char *const *others; /* other files that are read for it, or NULL */
};

static const struct place podman[] = {
  { OWN "/podman-hooks.d/oci-hostnet-precreate.json",
    dropin_podman_oci_hostnet_precreate_json, plan_whole,
    "edits containers under any runtime", NULL },
  { OWN "/podman-hooks.d/oci-hostnet-guard.json",
    dropin_podman_oci_hostnet_guard_json, plan_whole,
    "stops a container that asks and is not locked", NULL },
  { "/etc/containers/containers.conf.d/oci-hostnet.conf",
    dropin_podman_oci_hostnet_conf, plan_lists,
    "registers the runtimes and the hooks", podman_files },
  { 0 },
};

/* crio.conf.d(5) */
static const struct place crio[] = {
  { "/etc/crio/crio.conf.d/oci-hostnet.conf", dropin_crio_oci_hostnet_conf,
    plan_whole, "registers the handler", NULL },
  { 0 },
};

static const char containerd_config[] = "/etc/containerd/config.toml";
static const char *const containerd_others[] = { containerd_config, NULL };
static const struct place containerd[] = {
  { "/etc/containerd/conf.d/oci-hostnet.toml", NULL, plan_containerd_import,
    "registers the handler", containerd_others },
  { containerd_config, NULL, plan_containerd, "registers the handler", NULL },
  { 0 },
};

static const struct place docker[] = {
  { "/etc/docker/daemon.json", dropin_docker_daemon_json, plan_json,
    "registers the runtime", NULL },
  { 0 },
};

static const struct place kubernetes[] = {
  { OWN "/kubernetes/runtimeclass.yaml", dropin_kubernetes_runtimeclass_yaml,
    plan_whole, "lets pods choose the handler", NULL },
  { OWN "/kubernetes/admission.yaml", dropin_kubernetes_admission_yaml,
    plan_whole, "keeps the annotations to labelled namespaces", NULL },
  { 0 },
};

/* What a person does next.  Nothing is restarted here. */
static const struct engine_row
{
  const char *name;
  const struct place *places;
  const char *next, *next_undone;
} engines[] = {
  { "podman", podman,
    "next: podman --runtime oci-hostnet-runtime, or runtime = "
    "\"oci-hostnet-runtime\" in containers.conf; under another runtime the "
    "hooks lock the start, and `podman exec` stays open",
    "next: remove the containers that were made by oci-hostnet-runtime, "
    "podman "
    "does not know it any more" },
  { "crio", crio,
    "next: systemctl restart crio; pods choose it by runtimeClassName "
    "(oci-hostnet configure kubernetes)",
    "next: systemctl restart crio" },
  { "containerd", containerd,
    "next: systemctl restart containerd; pods choose it by runtimeClassName "
    "(oci-hostnet configure kubernetes)",
    "next: systemctl restart containerd" },
  { "docker", docker,
    "next: systemctl reload docker, then docker run --runtime oci-hostnet",
    "next: systemctl reload docker" },
  { "kubernetes", kubernetes, "next: kubectl apply -f " OWN "/kubernetes",
    "next: take it out of the cluster, if it was applied: kubectl delete "
    "runtimeclass,validatingadmissionpolicy,validatingadmissionpolicybinding "
    "-l app.kubernetes.io/name=oci-hostnet" },
};

struct others
{
  struct other_file *list;
  size_t count;
};

/* A place with what was found there. */
struct item
{
  const struct place *place;
  char *shown, *kept_path, *kept_shown;
  struct tree_file now, kept;
  struct others others;
  struct file_plan plan;
};

struct items
{
  struct item *list;
  size_t count;
};

static void
others_clear (struct others *others)
{
  for (size_t i = 0; i < others->count; i++)
    {
      free (others->list[i].shown);
      free (others->list[i].text);
    }
  free (others->list);
}
#define cleanup_others __attribute__ ((cleanup (others_clear)))

static void
items_clear (struct items *items)
{
  for (size_t i = 0; i < items->count; i++)
    {
      struct item *item = &items->list[i];

      others_clear (&item->others);
      free (item->shown);
      free (item->kept_path);
      free (item->kept_shown);
      free (item->plan.text);
      tree_file_clear (&item->now);
      tree_file_clear (&item->kept);
    }
  free (items->list);
}
#define cleanup_items __attribute__ ((cleanup (items_clear)))

/* A file that is written here, or kept. */
static bool
is_ours (const char *path)
{
  for (size_t e = 0; e < sizeof engines / sizeof *engines; e++)
    for (const struct place *place = engines[e].places; place->path != NULL;
         place++)
      {
        size_t length = strlen (place->path);

        if (strncmp (place->path, path, length) == 0
            && (path[length] == '\0' || strcmp (path + length, KEPT) == 0))
          return true;
      }
  return false;
}

/* ---- looking ---- */

static int
add_other (const struct tree *tree, const char *path, struct others *others,
           struct error *err)
{
  struct tree_file file = TREE_FILE_INIT;
  int there = tree_look (tree, path, &file, err);

  if (there <= 0)
    return there;
  others->list
      = xrealloc (others->list, (others->count + 1) * sizeof *others->list);
  others->list[others->count++]
      = (struct other_file){ tree_shown (tree, path), file.text };
  return 0;
}

/* PATTERN as in default_rule; without the file EXCEPT. */
static int
add_others (const struct tree *tree, const char *pattern, const char *except,
            struct others *others, struct error *err)
{
  const char *star = strchr (pattern, '*');
  size_t count, length = star == NULL ? 0 : (size_t)(star - pattern);
  cleanup_free char *directory = xstrndup (pattern, length);
  char **names;
  int result = 0;

  if (star == NULL)
    return add_other (tree, pattern, others, err);
  if (tree_list (tree, directory, star + 1, &names, &count, err) < 0)
    return -1;
  for (size_t i = 0; i < count; i++)
    {
      cleanup_free char *file = xasprintf ("%s%s", directory, names[i]);

      if (result == 0 && strcmp (file, except) != 0)
        result = add_other (tree, file, others, err);
      free (names[i]);
    }
  free (names);
  return result;
}

/* What is registered as the default is not taken away. */
static int
check_defaults (const struct tree *tree, const struct default_rule *rule,
                struct error *err)
{
  cleanup_others struct others others = { NULL, 0 };

  for (const char *const *file = rule ? rule->files : NULL;
       file != NULL && *file != NULL; file++)
    if (add_others (tree, *file, "", &others, err) < 0)
      return -1;
  for (size_t i = 0; i < others.count; i++)
    if (check_default (rule, &others.list[i], err) < 0)
      return -1;
  return 0;
}

static int
look_and_plan (const struct tree *tree, struct item *item,
               const struct configure_options *options, struct error *err)
{
  struct file_view view;

  item->shown = tree_shown (tree, item->place->path);
  item->kept_path = xasprintf ("%s%s", item->place->path, KEPT);
  item->kept_shown = tree_shown (tree, item->kept_path);
  if (!options->dry_run
      && (tree_sweep (tree, item->place->path, err) < 0
          || tree_sweep (tree, item->kept_path, err) < 0))
    return -1;
  if (tree_read (tree, item->place->path, &item->now, err) < 0
      || tree_read (tree, item->kept_path, &item->kept, err) < 0)
    return -1;
  for (const char *const *other = item->place->others;
       other != NULL && *other != NULL; other++)
    if (add_others (tree, *other, item->place->path, &item->others, err) < 0)
      return -1;
  view = (struct file_view){ item->shown, item->now.text, item->kept.text,
                             item->kept_shown, item->others.list,
                             item->others.count };
  return item->place->plan (item->place->template, &view, options->undo,
                            &item->plan, err);
}

static bool
takes_anything (const struct items *items)
{
  bool anything = false;

  for (size_t i = 0; i < items->count; i++)
    anything = anything || items->list[i].plan.action != ACTION_NONE;
  return anything;
}

static const struct engine_row *
find_engine (const char *name, struct error *err)
{
  for (size_t e = 0; e < sizeof engines / sizeof *engines; e++)
    if (strcmp (engines[e].name, name) == 0)
      return &engines[e];
  error_refuse (err, SENTENCE_usage,
                "the engine is podman, crio, containerd, docker or kubernetes",
                "oci-hostnet");
  return NULL;
}

/* ---- doing ---- */

/* Whether somebody has changed who may read the file, which got all that from
 * the old one. */
static bool
is_guarded_anew (const struct item *item)
{
  const struct stat *now = &item->now.status, *kept = &item->kept.status;

  return now->st_mode != kept->st_mode || now->st_uid != kept->st_uid
         || now->st_gid != kept->st_gid;
}

static void
add_steps (struct tree *tree, const struct item *item)
{
  const char *path = item->place->path, *text = item->plan.text;
  const char *kept_name = strrchr (item->kept_path, '/') + 1;

  bool drop_first = item->plan.action == ACTION_REPLACE_KEEPING;

  /* Its name is needed, or else it goes last: killed on the way, nothing of it
   * is missed. */
  if (item->plan.drop_kept && drop_first)
    tree_remove (tree, item->kept_path, &item->kept);
  switch (item->plan.action)
    {
    case ACTION_CREATE:
      tree_create (tree, path, text);
      break;
    case ACTION_REPLACE:
      tree_replace (tree, path, &item->now, text, NULL);
      break;
    case ACTION_REPLACE_KEEPING:
      tree_replace (tree, path, &item->now, text, kept_name);
      break;
    case ACTION_RESTORE:
      if (is_guarded_anew (item))
        {
          tree_replace (tree, path, &item->now, text, NULL);
          tree_remove (tree, item->kept_path, &item->kept);
        }
      else
        tree_restore (tree, path, &item->now, kept_name);
      break;
    case ACTION_REMOVE:
      tree_remove (tree, path, &item->now);
      break;
    case ACTION_NONE:
      break;
    }
  if (item->plan.drop_kept && !drop_first)
    tree_remove (tree, item->kept_path, &item->kept);
}

/* ---- telling ---- */

/* Nothing but what was kept goes. */
static bool
only_kept_goes (const struct item *item)
{
  return item->plan.action == ACTION_NONE && item->plan.drop_kept;
}

static void
show_diff (FILE *to, const struct items *items)
{
  for (size_t i = 0; i < items->count; i++)
    if (items->list[i].plan.action != ACTION_NONE)
      unified_diff (to, items->list[i].place->path, items->list[i].now.text,
                    items->list[i].plan.text);
    else if (only_kept_goes (&items->list[i]))
      unified_diff (to, items->list[i].kept_path, items->list[i].kept.text,
                    NULL);
}

static void
show_changes (FILE *to, const struct items *items,
              const struct engine_row *engine, bool undo)
{
  size_t shown = 0;

  for (size_t i = 0; i < items->count; i++)
    if (items->list[i].plan.action != ACTION_NONE
        || only_kept_goes (&items->list[i]))
      {
        fputs (shown++ > 0 ? ", " : undo ? "took back " : "wrote ", to);
        fputs (only_kept_goes (&items->list[i]) ? items->list[i].kept_shown
                                                : items->list[i].shown,
               to);
      }
  if (shown == 0)
    fputs ("nothing to do\n", to);
  else
    fprintf (to, "\n%s\n", undo ? engine->next_undone : engine->next);
}

static const char *
op_of (const struct item *item)
{
  return item->plan.action == ACTION_CREATE ? "add"
         : item->plan.action == ACTION_REMOVE || only_kept_goes (item)
             ? "remove"
             : "replace";
}

static void
show_changes_json (FILE *to, const struct items *items)
{
  struct json_buffer edits = JSON_BUFFER_INIT, out = JSON_BUFFER_INIT;

  for (size_t i = 0; i < items->count; i++)
    {
      const struct item *item = &items->list[i];

      if (item->plan.action == ACTION_NONE && !only_kept_goes (item))
        continue;
      json_buffer_text (&edits, edits.length > 0 ? ",{\"path\":"
                                                 : "{\"path\":");
      json_buffer_string (&edits, only_kept_goes (item) ? item->kept_shown
                                                        : item->shown);
      json_buffer_add (&edits, ",\"op\":\"%s\",\"why\":", op_of (item));
      json_buffer_string (&edits, item->place->why);
      json_buffer_text (&edits, "}");
    }
  answer_begin (&out, edits.length > 0 ? "edited" : "untouched", NULL, NULL);
  json_buffer_text (&out, edits.text ? edits.text : "");
  answer_checks (&out, NULL);
  answer_end (&out, to);
  free (edits.text);
}

static int
look_at_all (const struct tree *tree, const struct engine_row *engine,
             const struct configure_options *options, struct items *items,
             struct error *err)
{
  for (const struct place *place = engine->places; place->path != NULL;
       place++)
    {
      items->list
          = xrealloc (items->list, (items->count + 1) * sizeof *items->list);
      items->list[items->count] = (struct item){ .place = place };
      if (look_and_plan (tree, &items->list[items->count++], options, err) < 0)
        return -1;
    }
  return 0;
}

int
configure (FILE *to, const struct configure_options *options,
           struct error *err)
{
  cleanup_tree struct tree tree = TREE_INIT;
  cleanup_items struct items items = { NULL, 0 };
  const struct engine_row *engine = find_engine (options->engine, err);

  if (engine == NULL
      || tree_open (options->root ? options->root : "/", is_ours, &tree, err)
             < 0
      || (!options->dry_run && tree_lock (&tree, err) < 0))
    return -1;
  if (look_at_all (&tree, engine, options, &items, err) < 0)
    return -1;
  if (options->undo && takes_anything (&items)
      && check_defaults (&tree, find_default_rule (engine->name), err) < 0)
    return -1;
  if (!options->dry_run)
    {
      for (size_t i = 0; i < items.count; i++)
        add_steps (&tree, &items.list[i]);
      for (size_t i = 0; options->undo && i < items.count; i++)
        tree_tidy (&tree, items.list[i].place->path);
      if (tree_commit (&tree, err) < 0)
        return -1;
    }
  if (options->json)
    show_changes_json (to, &items);
  else if (options->dry_run)
    show_diff (to, &items);
  else
    show_changes (to, &items, engine, options->undo);
  return 0;
}

int
configure_look (const char *name, const char *root, struct configured *found,
                struct error *err)
{
  struct configure_options options = { .engine = name, .dry_run = true };
  cleanup_tree struct tree tree = TREE_INIT;
  cleanup_items struct items items = { NULL, 0 };
  cleanup_error struct error is_default = ERROR_INIT;
  const struct engine_row *engine = find_engine (name, err);
  int result;

  *found = (struct configured){ 0 };
  if (engine == NULL || tree_open (root, is_ours, &tree, err) < 0)
    return -1;
  result = look_at_all (&tree, engine, &options, &items, err);
  found->at = items.list[items.count - 1].place->path;
  found->complete = result == 0 && !takes_anything (&items);
  for (size_t i = 0; i < items.count; i++)
    found->partly |= items.list[i].now.text != NULL
                     && strstr (items.list[i].place->path, "oci-hostnet")
                            != NULL;
  check_defaults (&tree, find_default_rule (name), &is_default);
  found->is_default = is_default.id == REFUSAL_configure_default;
  return result;
}
