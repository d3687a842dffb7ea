/* SPDX-License-Identifier: Apache-2.0 */
/* linux.readonlyPaths: /proc/sys, and under strict all of /proc. */
#include <config.h>

#include <string.h>

#include "plan.h"

/* What engines make read-only.  Others are refused: crun binds each path
 * recursively in turn, and one below /proc/sys before it, or /proc after it,
 * leaves a writable copy on top (measured, crun 1.8.1); through symbolic links
 * of the image any name can be such a path. */
static const char *const known_paths[]
    = { "/proc/acpi", "/proc/asound", "/proc/bus", "/proc/fs", "/proc/irq",
        "/proc/kcore", "/proc/keys", "/proc/latency_stats", "/proc/scsi",
        "/proc/sched_debug", "/proc/sys", "/proc/sysrq-trigger",
        "/proc/timer_list", "/proc/timer_stats", "/sys/firmware", NULL };

static bool
is_known (const struct json_doc *config, json_node path)
{
  for (size_t i = 0; known_paths[i] != NULL; i++)
    if (json_string_is (config, path, known_paths[i]))
      return true;
  return false;
}

/* The paths that strict leaves beside /proc itself: under crun one behind it
 * would put a writable copy on top. */
static bool
is_below_proc (const struct json_doc *config, json_node node)
{
  cleanup_free char *path = json_string (config, node);

  return strncmp (path, "/proc/", 6) == 0 || strcmp (path, "/proc") == 0;
}

/* uid 0 writes /proc/sys/net, and the files of xt_recent below /proc/net,
 * without any capability (FACTS 5). */
static int
plan_whole_proc (struct plan *plan, json_node paths)
{
  static const char why[]
      = "strict: files below /proc can be written by uid 0";
  const struct json_doc *config = plan->config;
  struct json_buffer text = JSON_BUFFER_INIT;
  size_t below = 0;

  json_buffer_text (&text, "[\"/proc\"");
  for (json_node n = json_first (config, paths); n != JSON_NONE;
       n = json_next (config, n))
    {
      const struct json_member *m = &config->members[n];

      if (is_below_proc (config, n))
        below++;
      else
        json_buffer_add (&text, ",%.*s", (int) (m->end - m->start),
                         config->text + m->start);
    }
  json_buffer_text (&text, "]");
  if (paths == JSON_NONE)
    json_add_member (&plan->edits, config, plan->linux_object, "readonlyPaths",
                     text.text, why);
  else if (below != 1
           || !json_string_is (config, json_first (config, paths), "/proc"))
    json_replace (&plan->edits, config, paths, text.text, why);
  cleanup_freep (&text.text);
  return 0;
}

/* Refuses what is not known.  /proc itself stands there after strict only. */
static int
check_readonly_paths (const struct plan *plan, json_node paths,
                      bool *has_proc_sys, struct error *err)
{
  const struct json_doc *config = plan->config;

  *has_proc_sys = false;
  for (json_node n = json_first (config, paths); n != JSON_NONE;
       n = json_next (config, n))
    {
      cleanup_free char *path = NULL;

      *has_proc_sys |= json_string_is (config, n, "/proc/sys");
      if (is_known (config, n)
          || ((plan->lock & LOCK_STRICT) != 0 && json_string_is (config, n, "/proc")))
        continue;
      if (json_kind (config, n) == JSON_STRING)
        path = json_string (config, n);
      return error_refuse (err, SENTENCE_readonly_path,
                           escape (path ? path : "?").text);
    }
  return 0;
}

int
readonly_paths_plan (struct plan *plan, struct error *err)
{
  static const char why[] = "/proc/sys/net can be written by uid 0";
  bool there;
  json_node paths;

  if (json_get (plan->config, plan->linux_object, "readonlyPaths", JSON_ARRAY,
                &paths, err)
          < 0
      || check_readonly_paths (plan, paths, &there, err) < 0)
    return -1;
  if ((plan->lock & LOCK_STRICT) != 0)
    return plan_whole_proc (plan, paths);
  if (there)
    return 0;
  if (paths != JSON_NONE)
    json_append (&plan->edits, plan->config, paths, NULL, "\"/proc/sys\"",
                 why);
  else
    json_add_member (&plan->edits, plan->config, plan->linux_object,
                     "readonlyPaths", "[\"/proc/sys\"]", why);
  return 0;
}
