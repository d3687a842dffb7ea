/* SPDX-License-Identifier: Apache-2.0 */
/* Containers beside the host's network that could still change it: an ioctl
 * acts on the namespace of its socket, and asks for CAP_NET_ADMIN in the user
 * namespace of that (net/core/dev_ioctl.c, ns_capable (net->user_ns)).  A socket
 * of the host's network that is passed to a container with CAP_NET_ADMIN in the
 * initial user namespace is the host's network (FACTS 5).
 *
 * What cannot be told counts as having it: that asks the policy, which leaves
 * such containers alone unless it says something else. */
#include <config.h>

#include <ctype.h>
#include <linux/capability.h>
#include <stdlib.h>
#include <string.h>

#include "capabilities.h"
#include "facts.h"
#include "namespaces.h"
#include "nsfs.h"

/* crun asks libcap's cap_from_name(), which takes names in any case and numbers
 * of any base, and does not look at what follows either. */
static bool
is_net_admin (const struct json_doc *config, json_node node)
{
  static const char name[] = "CAP_NET_ADMIN";
  const struct json_member *member = &config->members[node];
  cleanup_free char *copy = NULL;
  const size_t length = sizeof name - 1;
  const char *text;

  if (json_kind (config, node) != JSON_STRING)
    return false;
  /* most have no escapes, and need no copy: the quote ends them */
  if (member->escaped_value)
    text = copy = json_string (config, node);
  else
    text = config->text + member->start + 1;
  if (isdigit ((unsigned char) text[0]))
    return strtoul (text, NULL, 0) == CAP_NET_ADMIN;
  return strncasecmp (text, name, length) == 0
         && !isalpha ((unsigned char) text[length]) && text[length] != '_';
}

static bool
has_net_admin (const struct json_doc *config)
{
  json_node process, capabilities, set;

  if (json_get (config, 0, "process", JSON_OBJECT, &process, NULL) < 0
      || json_get (config, process, "capabilities", JSON_OBJECT, &capabilities,
                   NULL)
             < 0)
    return true;
  for (size_t s = 0; capability_sets[s] != NULL; s++)
    {
      if (json_get (config, capabilities, capability_sets[s], JSON_ARRAY, &set,
                    NULL)
          < 0)
        return true;
      for (json_node n = json_first (config, set); n != JSON_NONE;
           n = json_next (config, n))
        if (is_net_admin (config, n))
          return true;
    }
  return false;
}

/* One that is joined may be the initial one: as if there was no entry. */
static bool
has_user_namespace (const struct json_doc *config)
{
  json_node linux_object;

  json_get (config, 0, "linux", JSON_OBJECT, &linux_object, NULL);
  for (json_node n = namespaces_first (config, linux_object, "user");
       n != JSON_NONE; n = namespaces_next (config, n, "user"))
    {
      cleanup_free char *path = NULL;
      int joins = namespaces_path (config, n, &path);
      bool own;

      if (joins == 0)
        return true;
      if (path != NULL && nsfs_is_own ("user", path, &own) == 0 && !own)
        return true;
    }
  return false;
}

void
facts_collect_net_admin (const struct json_doc *config, struct facts *facts)
{
  facts->private_net_admin
      = !facts->own_user_namespace && !facts->rootless
        && (facts->relation == NETNS_NEW || facts->relation == NETNS_OTHER)
        && has_net_admin (config) && !has_user_namespace (config);
}
