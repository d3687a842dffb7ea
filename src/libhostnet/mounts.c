/* SPDX-License-Identifier: Apache-2.0 */
/* Mounts through which the host's network could be written: procfs and sysfs,
 * fresh or bound. */
#include <config.h>

#include "mounts.h"

#include <stdlib.h>
#include <string.h>

/* ---- what is wished of one ---- */

bool
mount_type_is (const struct plan *plan, const struct mount_wish *wish,
               const char *type)
{
  return wish->type != JSON_NONE
         && json_string_is (plan->config, wish->type, type);
}

bool
mount_has_option (const struct plan *plan, const struct mount_wish *wish,
                  const char *option)
{
  for (json_node n = json_first (plan->config, wish->options); n != JSON_NONE;
       n = json_next (plan->config, n))
    if (json_string_is (plan->config, n, option))
      return true;
  return false;
}

json_node
mount_source (const struct plan *plan, const struct mount_wish *wish)
{
  json_node source;

  json_get (plan->config, wish->mount, "source", JSON_STRING, &source, NULL);
  return source;
}

void
mount_want (struct mount_wish *wish, const char *option, const char *why)
{
  if (wish->why == NULL)
    wish->why = why;
  for (size_t i = 0; i < wish->wanted_count; i++)
    if (strcmp (wish->wanted[i], option) == 0)
      return;
  if (wish->wanted_count == WANTED_OPTIONS_MAX)
    abort (); /* make it larger */
  wish->wanted[wish->wanted_count++] = option;
}

void
mount_bind (struct mount_wish *wish, const char *source, const char *options,
            const char *why)
{
  wish->new_type = "\"bind\"";
  wish->new_source = source;
  wish->new_options = options;
  wish->why = why;
}

static void
set_member (struct plan *plan, const struct mount_wish *wish, json_node node,
            const char *key, const char *text)
{
  if (node != JSON_NONE)
    json_replace (&plan->edits, plan->config, node, text, wish->why);
  else
    json_add_member (&plan->edits, plan->config, wish->mount, key, text,
                     wish->why);
}

static void
edit_mount (struct plan *plan, const struct mount_wish *wish)
{
  struct json_buffer options = JSON_BUFFER_INIT;

  if (wish->new_type != NULL)
    set_member (plan, wish, wish->type, "type", wish->new_type);
  if (wish->new_source != NULL)
    set_member (plan, wish, mount_source (plan, wish), "source",
                wish->new_source);
  if (wish->new_options != NULL)
    set_member (plan, wish, wish->options, "options", wish->new_options);
  else if ((wish->wanted_count > 0 || wish->without != NULL)
           && mount_write_options (plan->config, wish, &options))
    set_member (plan, wish, wish->options, "options", options.text);
  free (options.text);
  if (wish->idmapped)
    {
      const struct userns_facts *facts = &plan->facts->userns;

      set_member (plan, wish, JSON_NONE, "uidMappings", facts->uid_mappings);
      set_member (plan, wish, JSON_NONE, "gidMappings", facts->gid_mappings);
    }
}

/* ---- submounts ---- */

static void
add_submount (struct plan *plan, const struct mount_wish *parent_wish,
              const struct mount_source *submount, bool idmapped,
              struct json_buffer *text)
{
  static const char why[] = "lock userns: crun leaves out what is mounted "
                            "below a source in a new user namespace";
  const char *parent = parent_wish->facts->source;
  struct mount_wish wish = *parent_wish;
  cleanup_free char *top = json_string (plan->config, wish.destination);
  size_t skip = strcmp (parent, "/") == 0 ? 0 : strlen (parent),
         length = strlen (top);
  cleanup_free char *destination = NULL;

  while (length > 0 && top[length - 1] == '/')
    length--;
  destination = xasprintf ("%.*s%s", (int) length, top, submount->path + skip);
  json_buffer_text (text, "{\"destination\":");
  json_buffer_string (text, destination);
  json_buffer_text (text, ",\"type\":\"bind\",\"source\":");
  json_buffer_string (text, submount->path);
  json_buffer_text (text, ",\"options\":");
  wish.is_file = submount->is_file;
  mount_want_flags (plan, &wish, submount->flags);
  wish = mount_with_idmap (&wish, idmapped);
  mount_write_options (plan->config, &wish, text);
  if (wish.idmapped)
    json_buffer_add (text, ",\"uidMappings\":%s,\"gidMappings\":%s",
                     plan->facts->userns.uid_mappings,
                     plan->facts->userns.gid_mappings);
  json_buffer_text (text, "}");
  json_insert_after (&plan->edits, plan->config, wish.mount, text->text, why);
}

static void
add_submounts (struct plan *plan, const struct mount_wish *wish)
{
  for (size_t i = 0; i < wish->facts->submount_count; i++)
    {
      const struct idmap_facts *idmaps = wish->facts->submount_idmaps;
      struct json_buffer text = JSON_BUFFER_INIT;

      add_submount (plan, wish, &wish->facts->submounts[i],
                    idmaps != NULL && idmaps[i].needed, &text);
      free (text.text);
    }
}

/* ---- what the lock wishes ---- */

/* runc cannot mount a fresh sysfs in a user namespace that does not own the
 * network namespace, and crun drops `ro` there; this works in both (FACTS 3). */
static void
bind_sysfs (struct mount_wish *wish)
{
  mount_bind (wish, "\"/sys\"",
              "[\"rbind\",\"rro\",\"nosuid\",\"nodev\",\"noexec\","
              "\"rprivate\"]",
              "no fresh sysfs of the host's network in a user namespace");
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
    = { "bind", "tmpfs", "cgroup", "cgroup2", "devpts", "mqueue", "none", "proc", "sysfs", NULL };

char *
mount_place (const struct plan *plan, const struct mount_wish *wish)
{
  return wish->destination == JSON_NONE
             ? xstrndup ("?", 1)
             : json_string (plan->config, wish->destination);
}

/* `remount` could undo a read-only mount; what is mounted on a shared one comes
 * out wherever else that is seen, before it is made read-only
 * (mount_namespaces(7), "Shared subtrees"). */
static const char *const refused_options[]
    = { "remount", "shared", "rshared", NULL };

static int
check_options (const struct plan *plan, const struct mount_wish *wish,
               struct error *err)
{
  cleanup_free char *where = NULL;

  for (json_node n = json_first (plan->config, wish->options);
       n != JSON_NONE; n = json_next (plan->config, n))
    if (json_string_is_one_of (plan->config, n, refused_options))
      {
        where = mount_place (plan, wish);
        if (json_string_is (plan->config, n, "remount"))
          return error_refuse (err, SENTENCE_mount_remount,
                               escape (where).text);
        return error_refuse (err, SENTENCE_mount_propagation,
                             escape (where).text);
      }
  return 0;
}

static int
check_mount (const struct plan *plan, const struct mount_wish *wish,
             struct error *err)
{
  cleanup_free char *where = NULL, *name = NULL;

  if (check_options (plan, wish, err) < 0)
    return -1;
  if (wish->facts->is_moved)
    {
      where = mount_place (plan, wish);
      return error_refuse (err, SENTENCE_mount_moved, escape (where).text);
    }
  if (wish->type == JSON_NONE
      || json_string_is_one_of (plan->config, wish->type, known_types))
    return 0;
  where = mount_place (plan, wish);
  name = json_string (plan->config, wish->type);
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

/* In a user namespace crun clones the source in the host's mount namespace,
 * whose peer it stays (measured, 1.8.1): what is mounted on it would be seen on
 * the host, and wherever else the source is bound. */
static void
wish_private (const struct plan *plan, struct mount_wish *wish)
{
  static const char *const propagations[]
      = { "private", "rprivate", "slave", "rslave", "unbindable",
          "runbindable", NULL };

  if (wish->facts->source == NULL || !plan_has_user_namespace (plan))
    return;
  for (json_node n = json_first (plan->config, wish->options);
       n != JSON_NONE; n = json_next (plan->config, n))
    if (json_string_is_one_of (plan->config, n, propagations))
      return;
  mount_want (wish, "rprivate",
              "in a user namespace crun mounts on the host what is mounted "
              "on it");
}

static void
wish_standard (const struct plan *plan, struct mount_wish *wish)
{
  if (wish->facts->covers)
    mount_want (wish, "rro",
                "the bind mount brings a file system of the host's kernel along");
  else if (wish->type == JSON_NONE)
    return;
  else if (shows_host_cgroups (plan, wish->type))
    mount_want (wish, "ro",
                "the host's processes can be killed and marked through"
                " their cgroups");
  else if (mount_type_is (plan, wish, "sysfs"))
    {
      if (plan_has_user_namespace (plan))
        bind_sysfs (wish);
      else
        mount_want (wish, "ro", "/sys/class/net can be written");
    }
  else if (mount_type_is (plan, wish, "proc")
           && !is_plain_proc (plan->config, wish->mount))
    mount_want (wish, "ro",
                "a second proc, where /proc/sys/net can be written");
}

/* What a user namespace wants of it beside. */
static int
plan_in_user_namespace (struct plan *plan, struct mount_wish *wish,
                        struct error *err)
{
  struct mount_wish own;

  if (mount_in_user_namespace (plan, wish, err) < 0
      || mount_idmap (plan, wish, err) < 0)
    return -1;
  own = *wish;
  if (wish->facts->source != NULL)
    mount_want_flags (plan, &own, wish->facts->flags);
  own = mount_with_idmap (&own, own.idmapped);
  edit_mount (plan, &own);
  if (wish->needs_submounts && wish->destination != JSON_NONE)
    add_submounts (plan, wish);
  return 0;
}

static int
plan_mount (struct plan *plan, json_node mount,
            const struct mount_facts *facts, struct error *err)
{
  struct mount_wish wish = { .mount = mount, .facts = facts,
                             .type = facts->type, .options = facts->options,
                             .is_file = facts->is_file };

  if ((wish.type == JSON_NONE
       && json_get (plan->config, mount, "type", JSON_STRING, &wish.type, err)
              < 0)
      || json_get (plan->config, mount, "destination", JSON_STRING,
                   &wish.destination, err)
             < 0
      || (wish.options == JSON_NONE
          && json_get (plan->config, mount, "options", JSON_ARRAY,
                       &wish.options, err)
                 < 0)
      || check_mount (plan, &wish, err) < 0)
    return -1;
  mount_host_file (plan, &wish);
  wish_standard (plan, &wish);
  wish_private (plan, &wish);
  if (plan->adds_user)
    return plan_in_user_namespace (plan, &wish, err);
  edit_mount (plan, &wish);
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

static int
append_devices (struct plan *plan, json_node mounts, const bool *picked,
                struct error *err)
{
  static const char why[] = "lock userns: the host's node of a device, which "
                            "cannot be made in a user namespace";
  struct json_buffer text = JSON_BUFFER_INIT;
  int result = devices_as_mounts (plan, &text, err);

  if (result == 0 && text.length > 0 && mounts == JSON_NONE)
    result = error_refuse (err, SENTENCE_json_type, "/mounts", "nothing",
                           "an array");
  else if (result == 0 && text.length > 0)
    json_append (&plan->edits, plan->config, mounts, picked, text.text, why);
  free (text.text);
  return result;
}

/* The others leave the host's mounts shared, all of them or all but the top
 * one, and with them what is bound from them (measured, crun 1.8.1 and runc
 * 1.1.5). */
static const char *const root_propagations[] = { "rslave", "rprivate", NULL };

static int
check_root_propagation (const struct plan *plan, struct error *err)
{
  json_node node;

  if (json_get (plan->config, plan->linux_object, "rootfsPropagation",
                JSON_STRING, &node, err)
      < 0)
    return -1;
  if (node == JSON_NONE
      || json_string_is_one_of (plan->config, node, root_propagations))
    return 0;
  return error_refuse (err, SENTENCE_root_propagation);
}

int
mounts_plan (struct plan *plan, struct error *err)
{
  cleanup_free bool *picked = NULL;
  json_node mounts;
  size_t i = 0, going = 0;

  if (plan->facts->root_covers)
    return refuse_root (plan, err);
  if (check_root_propagation (plan, err) < 0)
    return -1;
  if (json_get (plan->config, 0, "mounts", JSON_ARRAY, &mounts, err) < 0)
    return -1;
  picked = xmalloc (plan_count (plan->config, mounts));
  for (json_node n = json_first (plan->config, mounts); n != JSON_NONE;
       n = json_next (plan->config, n), i++)
    {
      picked[i] = plan->facts->mounts[i].is_tun;
      going += picked[i];
      if (!picked[i] && plan_mount (plan, n, &plan->facts->mounts[i], err) < 0)
        return -1;
    }
  if (going > 0)
    json_remove_children (&plan->edits, plan->config, mounts, picked,
                          "the device makes network interfaces, or takes them down");
  return plan->adds_user ? append_devices (plan, mounts, picked, err) : 0;
}
