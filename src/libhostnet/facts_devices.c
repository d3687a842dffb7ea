/* SPDX-License-Identifier: Apache-2.0 */
/* Which nodes of the host the entries of linux.devices stand for. */
#include <config.h>

#include "facts.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "devices.h"
#include "paths.h"

/* runtime-spec, config-linux.md "Default Devices": the runtime supplies them. */
static const struct
{
  const char *path;
  unsigned major_number, minor_number;
} defaults[] = {
  { "/dev/null", 1, 3 },   { "/dev/zero", 1, 5 },    { "/dev/full", 1, 7 },
  { "/dev/random", 1, 8 }, { "/dev/urandom", 1, 9 }, { "/dev/tty", 5, 0 },
  { "/dev/console", 5, 1 }, { "/dev/ptmx", 5, 2 },
};

struct number
{
  bool block;
  unsigned major_number, minor_number;
};

static bool
is_default (const char *path, const struct number *number)
{
  for (size_t i = 0; i < sizeof defaults / sizeof *defaults; i++)
    if (!number->block && strcmp (defaults[i].path, path) == 0
        && defaults[i].major_number == number->major_number
        && defaults[i].minor_number == number->minor_number)
      return true;
  return false;
}

/* Whether the host has the device at PATH: the node itself, no link to it. */
static bool
is_node (const char *path, const struct number *number,
         struct device_facts *facts)
{
  struct stat st;

  if (lstat (path, &st) < 0
      || (number->block ? !S_ISBLK (st.st_mode) : !S_ISCHR (st.st_mode))
      || major (st.st_rdev) != number->major_number
      || minor (st.st_rdev) != number->minor_number)
    return false;
  facts->mode = st.st_mode;
  if (!path_is_utf8 (path))
    return false;
  facts->uid = st.st_uid;
  facts->gid = st.st_gid;
  facts->source = xstrndup (path, strlen (path));
  return true;
}

/* Its name in devtmpfs: DEVNAME of uevent (Documentation/driver-api/driver-model
 * of the kernel, sysfs(5)). */
static void
find_node (const struct number *number, struct device_facts *facts)
{
  cleanup_free char *uevent
      = xasprintf ("/sys/dev/%s/%u:%u/uevent",
                   number->block ? "block" : "char", number->major_number,
                   number->minor_number);
  cleanup_free char *line = NULL;
  static const char key[] = "DEVNAME=";
  size_t size = 0;
  FILE *file = fopen (uevent, "re");

  if (file == NULL)
    return;
  while (facts->source == NULL && getline (&line, &size, file) > 0)
    if (strncmp (line, key, strlen (key)) == 0)
      {
        cleanup_free char *path = NULL;

        line[strcspn (line, "\n")] = '\0';
        path = xasprintf ("/dev/%s", line + strlen (key));
        is_node (path, number, facts);
      }
  fclose (file);
}

static int
look_at_device (const struct json_doc *config, json_node device,
                struct device_facts *facts, struct error *err)
{
  json_node path, type, major_node, minor_node;
  uint64_t major_number = 0, minor_number = 0;
  struct number number;

  if (json_kind (config, device) != JSON_OBJECT)
    return error_refuse (err, SENTENCE_json_type, "/linux/devices",
                         "something else", "objects");
  if (json_get (config, device, "path", JSON_STRING, &path, err) < 0
      || json_get (config, device, "type", JSON_STRING, &type, err) < 0
      || json_get (config, device, "major", JSON_NUMBER, &major_node, err) < 0
      || json_get (config, device, "minor", JSON_NUMBER, &minor_node, err) < 0)
    return -1;
  facts->path = path == JSON_NONE ? xstrndup ("?", 1)
                                  : json_string (config, path);
  if (path == JSON_NONE || type == JSON_NONE || major_node == JSON_NONE
      || minor_node == JSON_NONE
      || json_uint64 (config, major_node, &major_number) < 0
      || json_uint64 (config, minor_node, &minor_number) < 0
      || major_number > UINT32_MAX || minor_number > UINT32_MAX
      || !(json_string_is (config, type, "b")
           || json_string_is (config, type, "c")
           || json_string_is (config, type, "u")))
    return 0; /* none that could be told: refused */
  number = (struct number){ json_string_is (config, type, "b"),
                            (unsigned) major_number, (unsigned) minor_number };
  facts->is_default = is_default (facts->path, &number);
  facts->is_network = !number.block
                      && devices_is_network (number.major_number,
                                             number.minor_number);
  if (!is_node (facts->path, &number, facts))
    find_node (&number, facts);
  return 0;
}

int
facts_collect_devices (const struct json_doc *config,
                       struct userns_facts *facts, struct error *err)
{
  json_node linux_object, devices;
  size_t i = 0;

  if (json_get (config, 0, "linux", JSON_OBJECT, &linux_object, err) < 0
      || json_get (config, linux_object, "devices", JSON_ARRAY, &devices, err)
             < 0)
    return -1;
  for (json_node n = json_first (config, devices); n != JSON_NONE;
       n = json_next (config, n))
    facts->device_count++;
  facts->devices = xcalloc (facts->device_count, sizeof *facts->devices);
  for (json_node n = json_first (config, devices); n != JSON_NONE;
       n = json_next (config, n), i++)
    if (look_at_device (config, n, &facts->devices[i], err) < 0)
      return -1;
  return 0;
}

void
device_facts_clear (struct userns_facts *facts)
{
  for (size_t i = 0; i < facts->device_count; i++)
    {
      free (facts->devices[i].path);
      free (facts->devices[i].source);
    }
  free (facts->devices);
}
