/* SPDX-License-Identifier: Apache-2.0 */
/* Subordinate ids instead of the host's own under the lock userns, where the
 * policy names a user for them: what leaves the container, or breaks out of
 * it, is nobody on the host. */
#include <config.h>

#include "plan.h"

#include <stdlib.h>
#include <string.h>

#include "subordinate.h"

/* ---- process.user ---- */

static int
check_id (const struct plan *plan, json_node node, struct error *err)
{
  uint64_t id;

  if (node == JSON_NONE
      || (json_kind (plan->config, node) == JSON_NUMBER
          && json_uint64 (plan->config, node, &id) == 0
          && id < SUBORDINATE_IDS))
    return 0;
  return error_refuse (err, SENTENCE_subordinate_user, SUBORDINATE_IDS - 1);
}

static int
check_user (const struct plan *plan, struct error *err)
{
  json_node user, uid, gid, groups;

  if (json_get (plan->config, plan->process, "user", JSON_OBJECT, &user, err)
          < 0
      || json_get (plan->config, user, "uid", JSON_NUMBER, &uid, err) < 0
      || json_get (plan->config, user, "gid", JSON_NUMBER, &gid, err) < 0
      || json_get (plan->config, user, "additionalGids", JSON_ARRAY, &groups,
                   err)
             < 0
      || check_id (plan, uid, err) < 0 || check_id (plan, gid, err) < 0)
    return -1;
  for (json_node n = json_first (plan->config, groups); n != JSON_NONE;
       n = json_next (plan->config, n))
    if (check_id (plan, n, err) < 0)
      return -1;
  return 0;
}

int
subordinate_plan (const struct plan *plan, struct error *err)
{
  const struct facts *facts = plan->facts;

  if (!facts->subordinate.wanted)
    return 0;
  if (facts->subordinate.refused.id != REFUSAL_NONE)
    return error_refuse (err, facts->subordinate.refused.id, "%s",
                         facts->subordinate.refused.message);
  if (facts->userns.pod != NULL)
    return error_refuse (err, SENTENCE_subordinate_pod,
                         escape (facts->userns.pod).text);
  return check_user (plan, err);
}

/* ---- mappings that are there ---- */

static uint64_t
number (const struct json_doc *config, json_node object, const char *key)
{
  json_node node;
  uint64_t value;

  return json_get (config, object, key, JSON_NUMBER, &node, NULL) > 0
                 && json_uint64 (config, node, &value) == 0
             ? value
             : UINT64_MAX;
}

/* Whether OBJECT's member KEY is the mapping that starts at FIRST, alone. */
static bool
maps_to (const struct json_doc *config, json_node object, const char *key,
         uint32_t first)
{
  json_node mappings, mapping;

  json_get (config, object, key, JSON_ARRAY, &mappings, NULL);
  mapping = json_first (config, mappings);
  return mapping != JSON_NONE && json_next (config, mapping) == JSON_NONE
         && number (config, mapping, "containerID") == 0
         && number (config, mapping, "hostID") == first
         && number (config, mapping, "size") == SUBORDINATE_IDS;
}

/* The overflow of hostID and size is refused by the kernel. */
static bool
maps_root (const struct json_doc *config, json_node object, const char *key)
{
  json_node mappings;

  json_get (config, object, key, JSON_ARRAY, &mappings, NULL);
  if (json_first (config, mappings) == JSON_NONE)
    return true;
  for (json_node n = json_first (config, mappings); n != JSON_NONE;
       n = json_next (config, n))
    {
      uint64_t host = number (config, n, "hostID");

      if (host == 0 || host > UINT32_MAX)
        return true;
    }
  return false;
}

int
subordinate_check_mappings (const struct plan *plan, unsigned joined,
                            struct error *err)
{
  static const char *const names[] = { "uidMappings", "gidMappings" };

  /* Rootless, the host's root is out of reach, and 0 of our own namespace is
   * not it. */
  if (plan->settings->subordinate == NULL || plan->facts->own_user_namespace
      || plan->facts->rootless)
    return 0;
  if (joined > 0)
    return plan->facts->userns.joined_maps_root
               ? error_refuse (err, SENTENCE_subordinate_joined,
                               escape (plan->settings->subordinate).text)
               : 0;
  /* Without mappings crun maps the host's root alone (measured, 1.8.1). */
  for (size_t i = 0; i < sizeof names / sizeof *names; i++)
    if (maps_root (plan->config, plan->linux_object, names[i]))
      return error_refuse (err, SENTENCE_subordinate_own, names[i],
                           escape (plan->settings->subordinate).text);
  return 0;
}

/* ---- verify ---- */

static bool
is_mapped (const struct plan *plan, json_node mount)
{
  const struct subordinate_facts *ids = &plan->facts->subordinate;
  bool option = false;
  json_node options;

  json_get (plan->config, mount, "options", JSON_ARRAY, &options, NULL);
  for (json_node n = json_first (plan->config, options); n != JSON_NONE;
       n = json_next (plan->config, n))
    option |= json_string_is (plan->config, n, "idmap");
  return option && maps_to (plan->config, mount, "uidMappings", ids->uid)
         && maps_to (plan->config, mount, "gidMappings", ids->gid);
}

static int
verify_mounts (const struct plan *plan, struct error *err)
{
  json_node mounts, destination;
  size_t i = 0;

  json_get (plan->config, 0, "mounts", JSON_ARRAY, &mounts, NULL);
  for (json_node n = json_first (plan->config, mounts); n != JSON_NONE;
       n = json_next (plan->config, n), i++)
    if (plan->facts->mounts[i].idmap.needed && !is_mapped (plan, n))
      {
        cleanup_free char *where
            = json_get (plan->config, n, "destination", JSON_STRING,
                        &destination, NULL)
                      > 0
                  ? json_string (plan->config, destination)
                  : xstrndup ("?", 1);

        return error_refuse (err, SENTENCE_subordinate_unmapped,
                             escape (where).text);
      }
  return 0;
}

int
subordinate_verify (struct plan *plan, struct error *err)
{
  const struct subordinate_facts *ids = &plan->facts->subordinate;

  if (ids->refused.id != REFUSAL_NONE)
    return error_refuse (err, ids->refused.id, "%s", ids->refused.message);
  /* Those of an engine's own namespace are its own affair. */
  if (!maps_to (plan->config, plan->linux_object, "uidMappings", ids->uid)
      || !maps_to (plan->config, plan->linux_object, "gidMappings", ids->gid))
    return 0;
  return verify_mounts (plan, err);
}
