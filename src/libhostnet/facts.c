/* SPDX-License-Identifier: Apache-2.0 */
/* The network namespace of a configuration, compared by inode with our own. */
#include <config.h>

#include "facts.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "nsfs.h"
#include "userns.h"

/* Of another machine's namespaces only the path tells something. */
static bool
is_of_whoever_runs_it (const char *path)
{
  static const char *const own[]
      = { "/proc/self/ns/net", "/proc/thread-self/ns/net", "/proc/1/ns/net" };

  for (size_t i = 0; i < sizeof own / sizeof *own; i++)
    if (strcmp (path, own[i]) == 0)
      return true;
  return false;
}

static int
relate (const struct json_doc *config, struct facts *facts, struct error *err)
{
  cleanup_free char *path = NULL;
  json_node node;
  bool same;
  int found = json_get (config, facts->network_entry, "path", JSON_STRING,
                        &node, err);

  if (found < 0)
    return -1;
  facts->relation = NETNS_NEW;
  if (found == 0)
    return 0;
  path = json_string (config, node);
  /* runtime-spec, config-linux.md: "This value MUST be an absolute path".
   * An empty one is a new namespace for runc and an error for crun. */
  if (path[0] != '/')
    return error_refuse (err, SENTENCE_namespace_path, escape (path).text);
  if (facts->elsewhere)
    same = is_of_whoever_runs_it (path);
  else if (nsfs_is_own ("net", path, &same) < 0)
    {
      /* What is not there cannot be the host's; the runtime says so itself. */
      if (errno != ENOENT)
        return error_system (err, errno, SENTENCE_namespace_unreadable,
                             escape (path).text);
      same = false;
    }
  facts->relation = same ? NETNS_HOST_PATH : NETNS_OTHER;
  return 0;
}

/* crun's table of names has `net` in no version we saw, and Go compares
 * exactly; a version that is kinder must not make us wrong. */
static bool
looks_like_network (const char *type)
{
  return strncasecmp (type, "net", 3) == 0;
}

static int
find_network_entry (const struct json_doc *config, struct facts *facts,
                    struct error *err)
{
  json_node linux_object, namespaces, type;

  if (json_get (config, 0, "linux", JSON_OBJECT, &linux_object, err) < 0
      || json_get (config, linux_object, "namespaces", JSON_ARRAY, &namespaces,
                   err)
             < 0)
    return -1;
  for (json_node n = json_first (config, namespaces); n != JSON_NONE;
       n = json_next (config, n))
    {
      if (json_kind (config, n) != JSON_OBJECT)
        return error_refuse (err, SENTENCE_json_type, "/linux/namespaces",
                             "something else", "objects");
      if (json_get (config, n, "type", JSON_STRING, &type, err) < 0)
        return -1;
      if (type == JSON_NONE)
        continue;
      if (json_string_is (config, type, "network"))
        {
          if (facts->network_entry != JSON_NONE)
            return error_refuse (err, SENTENCE_namespace_twice);
          facts->network_entry = n;
        }
      else
        {
          cleanup_free char *name = json_string (config, type);

          if (looks_like_network (name))
            return error_refuse (err, SENTENCE_namespace_type,
                                 escape (name).text);
        }
    }
  return 0;
}

int
facts_collect (const struct json_doc *config, enum caller caller,
               struct facts *facts, struct error *err)
{
  const char *receiver = getenv ("RUN_OCI_SECCOMP_RECEIVER");
  bool initial;

  facts->caller = caller;
  facts->network_entry = JSON_NONE;
  facts->seccomp_receiver = receiver != NULL && receiver[0] != '\0';
  if (userns_is_initial (&initial) < 0)
    return error_system (err, errno, SENTENCE_system,
                         "reading /proc/self/ns/user");
  facts->own_user_namespace = !initial;
  facts->rootless = geteuid () != 0;
  if (facts->elsewhere)
    facts->seccomp_receiver = facts->own_user_namespace = facts->rootless
        = false;
  if (find_network_entry (config, facts, err) < 0)
    return -1;
  facts->relation = NETNS_HOST;
  if (facts->network_entry != JSON_NONE && relate (config, facts, err) < 0)
    return -1;
  facts_collect_net_admin (config, facts);
  return 0;
}

void
facts_clear (struct facts *facts)
{
  engine_facts_clear (&facts->engine);
  port_facts_clear (&facts->ports);
  listen_facts_clear (&facts->listen);
  mount_facts_clear (facts);
  host_files_clear (facts);
  userns_facts_clear (&facts->userns);
  ways_clear (&facts->ways);
  error_clear (&facts->unknown);
  error_clear (&facts->isolated.refused);
  error_clear (&facts->subordinate.refused);
  free (facts->subordinate.runtime);
  *facts = (struct facts) FACTS_INIT;
}
