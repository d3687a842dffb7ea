/* SPDX-License-Identifier: Apache-2.0 */
/* linux.readonlyPaths: /proc/sys, and under strict all of /proc; under userns
 * the devices that are the host's. */
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

/* runtime-spec, config-linux.md "Default Devices", but for those that are a
 * terminal of the container's own.  In a user namespace crun and runc bind the
 * host's nodes, and where ids stay as they are, the container's root owns them:
 * it could change their mode and owner, which are the host's, and crun gives
 * the one that is standard input to the process's user (measured, crun 1.8.1
 * and runc 1.1.5).  A read-only mount keeps both, and does not keep anybody
 * from reading and writing the device.  Whatever links the image has, the
 * runtimes have bound the devices there before. */
static const char *const device_paths[]
    = { "/dev/null",   "/dev/zero",    "/dev/full",
        "/dev/random", "/dev/urandom", "/dev/tty", NULL };

/* Appends PATH to the list TEXT, unless it stands in PATHS. */
static void
add_path (struct json_buffer *text, const struct json_doc *config,
          json_node paths, const char *path)
{
  for (json_node n = json_first (config, paths); n != JSON_NONE;
       n = json_next (config, n))
    if (json_string_is (config, n, path))
      return;
  if (text->length > 0)
    json_buffer_text (text, ",");
  json_buffer_string (text, path);
}

static void
add_devices (const struct plan *plan, struct json_buffer *text,
             json_node paths)
{
  if ((plan->lock & LOCK_USERNS) != 0 && plan->facts->userns.own_reaches)
    for (size_t i = 0; device_paths[i] != NULL; i++)
      add_path (text, plan->config, paths, device_paths[i]);
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
  size_t below = 0, before;
  bool complete;

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
  before = text.length;
  add_devices (plan, &text, paths);
  complete = text.length == before;
  json_buffer_text (&text, "]");
  if (paths == JSON_NONE)
    json_add_member (&plan->edits, config, plan->linux_object, "readonlyPaths",
                     text.text, why);
  else if (!complete || below != 1
           || !json_string_is (config, json_first (config, paths), "/proc"))
    json_replace (&plan->edits, config, paths, text.text, why);
  cleanup_freep (&text.text);
  return 0;
}

/* Without a mount there, /sys/firmware may be a link of the image to /proc. */
static bool
has_sys (const struct json_doc *config)
{
  json_node mounts, destination;

  json_get (config, 0, "mounts", JSON_ARRAY, &mounts, NULL);
  for (json_node n = json_first (config, mounts); n != JSON_NONE;
       n = json_next (config, n))
    if (json_get (config, n, "destination", JSON_STRING, &destination, NULL)
            > 0
        && json_string_is (config, destination, "/sys"))
      return true;
  return false;
}

/* Refuses what is not known.  /proc itself stands there after strict only. */
static int
check_readonly_paths (const struct plan *plan, json_node paths,
                      struct error *err)
{
  const struct json_doc *config = plan->config;

  for (json_node n = json_first (config, paths); n != JSON_NONE;
       n = json_next (config, n))
    {
      cleanup_free char *path = NULL;

      if ((json_string_is_one_of (config, n, known_paths)
           && (!json_string_is (config, n, "/sys/firmware")
               || has_sys (config)))
          || ((plan->lock & LOCK_STRICT) != 0
              && json_string_is (config, n, "/proc"))
          || ((plan->lock & LOCK_USERNS) != 0
              && json_string_is_one_of (config, n, device_paths)))
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
  static const char why[] = "/proc/sys/net can be written by uid 0",
                    why_devices[] = "lock userns: the devices are the host's, "
                                    "and so are their modes and owners";
  struct json_buffer text = JSON_BUFFER_INIT;
  cleanup_free char *list = NULL;
  bool there;
  json_node paths;

  if (json_get (plan->config, plan->linux_object, "readonlyPaths", JSON_ARRAY,
                &paths, err)
          < 0
      || check_readonly_paths (plan, paths, err) < 0)
    return -1;
  if ((plan->lock & LOCK_STRICT) != 0)
    return plan_whole_proc (plan, paths);
  add_path (&text, plan->config, paths, "/proc/sys");
  there = text.length == 0;
  add_devices (plan, &text, paths);
  if (text.length == 0)
    return 0;
  list = xasprintf (paths == JSON_NONE ? "[%s]" : "%s", text.text);
  cleanup_freep (&text.text);
  if (paths != JSON_NONE)
    json_append (&plan->edits, plan->config, paths, NULL, list,
                 there ? why_devices : why);
  else
    json_add_member (&plan->edits, plan->config, plan->linux_object,
                     "readonlyPaths", list, why);
  return 0;
}
