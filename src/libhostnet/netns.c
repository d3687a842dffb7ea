/* SPDX-License-Identifier: Apache-2.0 */
/* The network namespace entry, and linux.netDevices. */
#include <config.h>

#include "plan.h"

#include <stdlib.h>
#include <string.h>

/* `/proc/PID/ns/net` is how engines join another container's namespace
 * (podman container:X, containerd's workload of a pod), which would be left
 * behind. */
static bool
is_process_path (const char *path)
{
  size_t length = strlen (path);

  return strncmp (path, "/proc/", 6) == 0 && length > 7
         && strcmp (path + length - 7, "/ns/net") == 0;
}

/* FACTS 2, the danger: an engine that sees no path configures the network
 * after create on /proc/PID/ns/net, which would then be the host's; podman's
 * teardown deleted the host's eth0.  Nobody does after a manual run, nor for
 * podman's precreate when no user namespace is involved. */
static bool
pathless_may_go (const struct plan *plan)
{
  switch (plan->facts->caller)
    {
    case CALLER_APPLY:
    case CALLER_RUN:
      return true;
    case CALLER_PRECREATE:
      return !plan_has_user_namespace (plan);
    default:
      return false;
    }
}

/* Without a mount namespace of its own, crun starts the container with the
 * host's mounts one chroot(2) away; a joined one is not ours to judge. */
static int
check_mount_namespace (const struct plan *plan, struct error *err)
{
  json_node namespaces, type, path;
  unsigned entries = 0;
  bool joined = false;

  json_get (plan->config, plan->linux_object, "namespaces", JSON_ARRAY,
            &namespaces, NULL);
  for (json_node n = json_first (plan->config, namespaces); n != JSON_NONE;
       n = json_next (plan->config, n))
    {
      if (json_get (plan->config, n, "type", JSON_STRING, &type, err) < 0
          || json_get (plan->config, n, "path", JSON_STRING, &path, err) < 0)
        return -1;
      if (type == JSON_NONE || !json_string_is (plan->config, type, "mount"))
        continue;
      entries++;
      joined |= path != JSON_NONE;
    }
  if (entries == 1 && !joined)
    return 0;
  return error_refuse (err, SENTENCE_namespace_mount,
                       entries == 0 ? "no mount namespace"
                       : joined     ? "a joined mount namespace"
                                    : "two mount namespaces");
}

static int
check_entry (const struct plan *plan, struct error *err)
{
  const struct facts *facts = plan->facts;
  cleanup_free char *hook = NULL, *path = NULL;
  json_node node;

  hook = engine_network_hook (plan->config);
  if (hook != NULL)
    return error_refuse (err, SENTENCE_namespace_hook, escape (hook).text,
                         engine_host_option (plan->engine.engine));
  if (facts->relation == NETNS_NEW)
    {
      if (!pathless_may_go (plan)
          && plan->settings->pathless != PATHLESS_REMOVE)
        return error_refuse (err, SENTENCE_namespace_pathless,
                             engine_host_option (plan->engine.engine));
      return 0;
    }
  json_get (plan->config, facts->network_entry, "path", JSON_STRING, &node,
            NULL);
  path = json_string (plan->config, node);
  /* In a pod whose sandbox has asked too that one is the host's by now. */
  if (is_process_path (path))
    return error_refuse (err, SENTENCE_namespace_joined, escape (path).text);
  return 0;
}

static int
check_devices (const struct plan *plan, struct error *err)
{
  cleanup_free char *name = NULL;
  json_node devices;

  if (json_get (plan->config, plan->linux_object, "netDevices", JSON_OBJECT,
                &devices, err)
      < 0)
    return -1;
  if (json_first (plan->config, devices) == JSON_NONE)
    return 0;
  name = json_key (plan->config, json_first (plan->config, devices));
  return error_refuse (err, SENTENCE_net_devices, escape (name).text);
}

/* Takes the network entry out, and puts the user namespace in. */
static void
edit_namespaces (struct plan *plan, bool remove)
{
  static const char why[] = "lock userns: no capability in it counts in the "
                            "host's network namespace";
  const struct facts *facts = plan->facts;
  struct json_buffer entry = JSON_BUFFER_INIT;
  cleanup_free bool *picked = NULL;
  json_node namespaces;
  size_t i = 0;

  json_get (plan->config, plan->linux_object, "namespaces", JSON_ARRAY,
            &namespaces, NULL);
  picked = xmalloc (plan_count (plan->config, namespaces));
  for (json_node n = json_first (plan->config, namespaces); n != JSON_NONE;
       n = json_next (plan->config, n))
    picked[i++] = (remove && n == facts->network_entry) || plan_joins_own (plan, n);
  json_remove_children (&plan->edits, plan->config, namespaces, picked,
                        plan->request->network
                            ? "the container asks for the host's network"
                            : "the host's own cannot be joined from a user "
                              "namespace, and stays when nothing is joined");
  if (!plan->adds_user)
    return;
  json_buffer_text (&entry, "{\"type\":\"user\"");
  if (facts->userns.pod != NULL)
    {
      json_buffer_text (&entry, ",\"path\":");
      json_buffer_string (&entry, facts->userns.pod);
    }
  json_buffer_text (&entry, "}");
  json_append (&plan->edits, plan->config, namespaces, picked, entry.text,
               why);
  free (entry.text);
}

int
netns_plan (struct plan *plan, struct error *err)
{
  const struct facts *facts = plan->facts;
  bool remove = facts->relation != NETNS_HOST
                && facts->relation != NETNS_HOST_PATH;

  if (check_devices (plan, err) < 0 || check_mount_namespace (plan, err) < 0
      || (remove && check_entry (plan, err) < 0))
    return -1;
  /* From inside a user namespace the host's could not be joined any more. */
  remove |= facts->relation == NETNS_HOST_PATH
            && (plan->adds_user
                || (plan->request->network && plan_has_user_namespace (plan)));
  if (remove || plan->adds_user)
    edit_namespaces (plan, remove);
  return 0;
}
