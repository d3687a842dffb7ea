/* SPDX-License-Identifier: Apache-2.0 */
/* Mounts through which the host's network could be written: procfs and sysfs,
 * fresh or bound, and the read-only paths. */
#include <config.h>

#include <string.h>

#include "plan.h"

static bool
option_is (const struct json_doc *config, json_node option,
           const char *const *names)
{
  for (; *names != NULL; names++)
    if (json_string_is (config, option, *names))
      return true;
  return false;
}

/* The last of opposing options wins in crun and runc, so all that oppose are
 * taken out and WANTED is put in. */
static const char *const writable_options[] = { "rw", "rrw", NULL };

static int
want_option (struct plan *plan, json_node mount, const char *wanted,
             const char *why, struct error *err)
{
  struct json_buffer text = JSON_BUFFER_INIT;
  const struct json_doc *config = plan->config;
  json_node options;
  bool there = false, opposed = false, first = true;

  if (json_get (config, mount, "options", JSON_ARRAY, &options, err) < 0)
    return -1;
  json_buffer_add (&text, "[");
  for (json_node n = json_first (config, options); n != JSON_NONE;
       n = json_next (config, n))
    {
      const struct json_member *m = &config->members[n];

      if (json_string_is (config, n, wanted))
        there = true;
      else if (option_is (config, n, writable_options))
        {
          opposed = true;
          continue;
        }
      json_buffer_add (&text, "%s%.*s", first ? "" : ",",
                       (int) (m->end - m->start), config->text + m->start);
      first = false;
    }
  if (!there)
    json_buffer_add (&text, "%s\"%s\"", first ? "" : ",", wanted);
  json_buffer_add (&text, "]");
  if (!there || opposed)
    {
      if (options != JSON_NONE)
        json_replace (&plan->edits, config, options, text.text, why);
      else
        json_add_member (&plan->edits, config, mount, "options", text.text,
                         why);
    }
  cleanup_freep (&text.text);
  return 0;
}

/* runc cannot mount a fresh sysfs in a user namespace that does not own the
 * network namespace, and crun drops `ro` there; this works in both (FACTS 3). */
static int
bind_sysfs (struct plan *plan, json_node mount, struct error *err)
{
  static const char why[]
      = "no fresh sysfs of the host's network in a user namespace";
  json_node type, source, options;

  if (json_get (plan->config, mount, "type", JSON_STRING, &type, err) < 0
      || json_get (plan->config, mount, "source", JSON_STRING, &source, err)
             < 0
      || json_get (plan->config, mount, "options", JSON_ARRAY, &options, err)
             < 0)
    return -1;
  json_replace (&plan->edits, plan->config, type, "\"bind\"", why);
  if (source != JSON_NONE)
    json_replace (&plan->edits, plan->config, source, "\"/sys\"", why);
  else
    json_add_member (&plan->edits, plan->config, mount, "source", "\"/sys\"",
                     why);
  if (options != JSON_NONE)
    json_replace (&plan->edits, plan->config, options,
                  "[\"rbind\",\"rro\",\"nosuid\",\"nodev\",\"noexec\"]", why);
  else
    json_add_member (&plan->edits, plan->config, mount, "options",
                     "[\"rbind\",\"rro\",\"nosuid\",\"nodev\",\"noexec\"]",
                     why);
  return 0;
}

/* Only the plainest spelling is /proc; any other proc mount becomes read-only
 * as a whole. */
static bool
is_plain_proc (const struct json_doc *config, json_node mount)
{
  json_node destination;

  return json_get (config, mount, "destination", JSON_STRING, &destination,
                   NULL)
             > 0
         && (json_string_is (config, destination, "/proc")
             || json_string_is (config, destination, "/proc/"));
}

/* File systems that show nothing of the kernel that this file does not treat;
 * debugfs, tracefs, binfmt_misc, bpf and the like reach the host, and the layers
 * of an overlay are directories of the host. */
static const char *const known_types[]
    = { "bind", "cgroup", "cgroup2", "devpts", "mqueue", "none", "proc", "sysfs", "tmpfs", NULL };

static int
check_mount (const struct plan *plan, json_node mount, struct error *err)
{
  static const char *const remount[] = { "remount", NULL };
  const struct json_doc *config = plan->config;
  cleanup_free char *where = NULL, *name = NULL;
  json_node type, options, destination;

  if (json_get (config, mount, "type", JSON_STRING, &type, err) < 0
      || json_get (config, mount, "options", JSON_ARRAY, &options, err) < 0
      || json_get (config, mount, "destination", JSON_STRING, &destination,
                   err)
             < 0)
    return -1;
  where = destination == JSON_NONE ? xstrndup ("?", 1)
                                   : json_string (config, destination);
  for (json_node n = json_first (config, options); n != JSON_NONE;
       n = json_next (config, n))
    if (option_is (config, n, remount))
      return error_refuse (err, SENTENCE_mount_remount, escape (where).text);
  if (type == JSON_NONE || option_is (config, type, known_types))
    return 0;
  name = json_string (config, type);
  return error_refuse (err, SENTENCE_mount_type, escape (where).text,
                       escape (name).text);
}

/* cgroup_namespaces(7): without one of its own, uid 0 of the container can
 * kill (cgroup.kill) and move the host's processes, and mark their packets
 * (net_cls, net_prio).  One that is joined may be the host's. */
static bool
shows_host_cgroups (const struct plan *plan, json_node type)
{
  return (json_string_is (plan->config, type, "cgroup")
          || json_string_is (plan->config, type, "cgroup2"))
         && !plan_makes_namespace (plan, "cgroup");
}

static int
plan_mount (struct plan *plan, json_node mount, bool covers,
            bool user_namespace, struct error *err)
{
  json_node type;

  if (check_mount (plan, mount, err) < 0
      || json_get (plan->config, mount, "type", JSON_STRING, &type, err) < 0)
    return -1;
  if (covers)
    return want_option (plan, mount, "rro",
                        "the bind mount brings a file system of the host's kernel along",
                        err);
  if (type == JSON_NONE)
    return 0;
  if (shows_host_cgroups (plan, type))
    return want_option (plan, mount, "ro",
                        "the host's processes can be killed and marked through"
                        " their cgroups",
                        err);
  if (json_string_is (plan->config, type, "sysfs"))
    return user_namespace ? bind_sysfs (plan, mount, err)
                          : want_option (plan, mount, "ro",
                                         "/sys/class/net can be written",
                                         err);
  if (json_string_is (plan->config, type, "proc")
      && !is_plain_proc (plan->config, mount))
    return want_option (plan, mount, "ro",
                        "a second proc, where /proc/sys/net can be written",
                        err);
  return 0;
}

/* What engines make read-only.  Others are refused: crun binds each path
 * recursively in turn, and one below /proc/sys before it, or /proc after it,
 * leaves a writable copy on top (measured, crun 1.8.1); through symbolic links
 * of the image any name can be such a path. */
static const char *const known_paths[]
    = { "/proc/acpi", "/proc/asound", "/proc/bus", "/proc/fs", "/proc/irq",
        "/proc/kcore", "/proc/keys", "/proc/latency_stats", "/proc/scsi",
        "/proc/sched_debug", "/proc/sys", "/proc/sysrq-trigger",
        "/proc/timer_list", "/proc/timer_stats", "/sys/firmware", NULL };

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
      if (option_is (config, n, known_paths)
          || ((plan->lock & LOCK_STRICT) != 0 && json_string_is (config, n, "/proc")))
        continue;
      if (json_kind (config, n) == JSON_STRING)
        path = json_string (config, n);
      return error_refuse (err, SENTENCE_readonly_path,
                           escape (path ? path : "?").text);
    }
  return 0;
}

static int
plan_readonly_paths (struct plan *plan, struct error *err)
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

static int
refuse_root (const struct plan *plan, struct error *err)
{
  cleanup_free char *path = NULL;
  json_node root, node;

  json_get (plan->config, 0, "root", JSON_OBJECT, &root, NULL);
  json_get (plan->config, root, "path", JSON_STRING, &node, NULL);
  path = json_string (plan->config, node);
  return error_refuse (err, SENTENCE_mount_root, escape (path).text,
                       "/proc or /sys");
}

int
mounts_plan (struct plan *plan, struct error *err)
{
  bool user_namespace = plan_has_user_namespace (plan);
  cleanup_free bool *picked = NULL;
  json_node mounts;
  size_t i = 0, going = 0;

  if (plan->facts->root_covers)
    return refuse_root (plan, err);
  if (json_get (plan->config, 0, "mounts", JSON_ARRAY, &mounts, err) < 0)
    return -1;
  picked = xmalloc (plan_count (plan->config, mounts));
  for (json_node n = json_first (plan->config, mounts); n != JSON_NONE;
       n = json_next (plan->config, n), i++)
    {
      picked[i] = plan->facts->mount_is_tun[i];
      going += picked[i];
      if (!picked[i]
          && plan_mount (plan, n, plan->facts->mount_covers[i],
                         user_namespace, err)
                 < 0)
        return -1;
    }
  if (going > 0)
    json_remove_children (&plan->edits, plan->config, mounts, picked,
                          "the device makes network interfaces, or takes them down");
  return plan_readonly_paths (plan, err);
}
