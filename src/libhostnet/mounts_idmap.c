/* SPDX-License-Identifier: Apache-2.0 */
/* Mapped ids for bind mounts under subordinate ids: what the container writes
 * belongs on the host to whom it would have belonged without us. */
#include <config.h>

#include "mounts.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "subordinate.h"

/* An option or member by which the configuration maps ids itself. */
static bool
maps_itself (const struct plan *plan, const struct mount_wish *wish)
{
  bool found = false;
  json_node members;

  for (json_node n = json_first (plan->config, wish->options);
       n != JSON_NONE && !found; n = json_next (plan->config, n))
    {
      cleanup_free char *option = json_kind (plan->config, n) == JSON_STRING
                                      ? json_string (plan->config, n)
                                      : xstrndup ("", 0);

      found = strncmp (option, "idmap", 5) == 0
              || strncmp (option, "ridmap", 6) == 0;
    }
  return found
         || json_get (plan->config, wish->mount, "uidMappings", JSON_ARRAY,
                      &members, NULL)
                != 0
         || json_get (plan->config, wish->mount, "gidMappings", JSON_ARRAY,
                      &members, NULL)
                != 0;
}

/* crun 1.8.1 falls back to a plain bind mount for a source that is a symbolic
 * link, and for what lies behind another spelling we cannot tell. */
static bool
is_its_real_path (const struct plan *plan, const struct mount_wish *wish)
{
  return json_string_is (plan->config, mount_source (plan, wish),
                         wish->facts->source);
}

static int
refuse_kernel (const char *destination, const char *source, int failed,
               struct error *err)
{
  switch (failed)
    {
    case EINVAL:
      return error_refuse (err, SENTENCE_idmap_file_system,
                           escape (destination).text, escape (source).text);
    case ENOSYS:
      return error_refuse (err, SENTENCE_idmap_kernel,
                           escape (destination).text);
    case EPERM:
      return error_refuse (err, SENTENCE_idmap_mapped,
                           escape (destination).text, escape (source).text);
    default:
      return error_system (err, failed, SENTENCE_idmap_failed,
                           escape (destination).text, escape (source).text);
    }
}

static int
check_one (const struct plan *plan, const char *destination,
           const char *source, const struct idmap_facts *facts,
           struct error *err)
{
  const char *runtime = plan->facts->subordinate.runtime;

  if (!facts->needed)
    return 0;
  if (strcmp (source, "/") == 0)
    return error_refuse (err, SENTENCE_idmap_all, escape (destination).text);
  if (facts->failed != 0)
    return refuse_kernel (destination, source, facts->failed, err);
  if (runtime != NULL)
    return error_refuse (err, SENTENCE_idmap_runtime,
                         escape (destination).text, escape (source).text,
                         runtime);
  return 0;
}

static bool
needs_any (const struct mount_facts *facts)
{
  bool needed = facts->idmap.needed;

  for (size_t i = 0; i < facts->submount_count; i++)
    needed |= facts->submount_idmaps[i].needed;
  return needed;
}

int
mount_idmap (const struct plan *plan, struct mount_wish *wish,
             struct error *err)
{
  const struct mount_facts *facts = wish->facts;
  cleanup_free char *destination = NULL;

  if (!plan->facts->subordinate.wanted || facts->source == NULL
      || wish->new_type != NULL)
    return 0;
  destination = mount_place (plan, wish);
  if (maps_itself (plan, wish))
    return error_refuse (err, SENTENCE_idmap_own, escape (destination).text);
  if (!needs_any (facts))
    return 0;
  if (!is_its_real_path (plan, wish))
    return error_refuse (err, SENTENCE_idmap_source, escape (destination).text,
                         escape (facts->source).text);
  if (check_one (plan, destination, facts->source, &facts->idmap, err) < 0)
    return -1;
  for (size_t i = 0; i < facts->submount_count; i++)
    if (check_one (plan, destination, facts->submounts[i].path,
                   &facts->submount_idmaps[i], err)
        < 0)
      return -1;
  wish->idmapped = facts->idmap.needed;
  return 0;
}

struct mount_wish
mount_with_idmap (const struct mount_wish *wish, bool idmapped)
{
  struct mount_wish mapped = *wish;

  mapped.idmapped = idmapped;
  if (idmapped)
    mount_want (&mapped, "idmap",
                "subordinate ids: the owners of its files stay as they are");
  return mapped;
}
