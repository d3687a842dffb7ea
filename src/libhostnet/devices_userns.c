/* SPDX-License-Identifier: Apache-2.0 */
/* linux.devices in the user namespace that the lock userns adds.  mknod(2) is
 * denied there; crun makes a node with another mode, and runc binds whatever
 * the host has at that path, with any number (measured, crun 1.8.1 and runc
 * 1.1.5).  So each becomes a bind mount of the host's node of its number.  The
 * container's root owns it, as every id is mapped to itself: a read-only mount
 * keeps mode and owner, and nobody from writing to the device. */
#include <config.h>

#include "devices.h"

#include <stdlib.h>
#include <sys/stat.h>

#include "plan.h"

/* Engines copy mode and owner from the host's node; what somebody wants
 * otherwise would be lost. */
static int
check_owner (const struct plan *plan, json_node device,
             const struct device_facts *facts, struct error *err)
{
  const struct
  {
    const char *name;
    uint64_t host;
  } members[] = { { "fileMode", facts->mode & 07777 },
                  { "uid", facts->uid },
                  { "gid", facts->gid } };

  for (size_t i = 0; i < sizeof members / sizeof *members; i++)
    {
      uint64_t wanted = 0;
      int found
          = devices_number (plan->config, device, members[i].name, &wanted,
                            err);

      if (found < 0)
        return -1;
      /* containerd and docker leave the bits of the type in it */
      if (found > 0
          && (i == 0 ? wanted & 07777 : wanted) != members[i].host)
        return error_refuse (err, SENTENCE_userns_device_owner,
                             escape (facts->path).text, members[i].name);
    }
  return 0;
}

static void
add_mount (struct json_buffer *text, const struct device_facts *facts)
{
  json_buffer_text (text, text->length > 0 ? ",{\"destination\":"
                                           : "{\"destination\":");
  json_buffer_string (text, facts->path);
  json_buffer_text (text, ",\"type\":\"bind\",\"source\":");
  json_buffer_string (text, facts->source);
  json_buffer_text (text, ",\"options\":[\"bind\",\"ro\",\"nosuid\","
                          "\"noexec\",\"rprivate\"]}");
}

int
devices_as_mounts (const struct plan *plan, struct json_buffer *text,
                   struct error *err)
{
  json_node devices;
  size_t i = 0;

  if (json_get (plan->config, plan->linux_object, "devices", JSON_ARRAY,
                &devices, err)
      < 0)
    return -1;
  for (json_node n = json_first (plan->config, devices); n != JSON_NONE;
       n = json_next (plan->config, n), i++)
    {
      const struct device_facts *facts = &plan->facts->userns.devices[i];

      /* The runtimes make those themselves. */
      if (facts->is_default || facts->is_network)
        continue;
      if (facts->source == NULL)
        return error_refuse (err, SENTENCE_userns_device,
                             escape (facts->path).text);
      if (check_owner (plan, n, facts, err) < 0)
        return -1;
      add_mount (text, facts);
    }
  return 0;
}
