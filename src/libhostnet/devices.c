/* SPDX-License-Identifier: Apache-2.0 */
/* linux.devices and linux.resources.devices. */
#include <config.h>

#include "devices.h"

#include <stdint.h>
#include <string.h>

#include "plan.h"

/* Documentation/admin-guide/devices.txt */
static const struct
{
  unsigned major_number, minor_number;
  const char *name;
} network_devices[] = {
  { 10, 200, "/dev/net/tun" },
  { 10, 238, "/dev/vhost-net" },
  { 10, 242, "/dev/rfkill" }, /* takes radio links down */
  { 108, 0, "/dev/ppp" },
};

bool
devices_is_network (unsigned major_number, unsigned minor_number)
{
  for (size_t i = 0; i < sizeof network_devices / sizeof *network_devices; i++)
    if (network_devices[i].major_number == major_number
        && network_devices[i].minor_number == minor_number)
      return true;
  return false;
}

int
devices_number (const struct json_doc *config, json_node entry,
                const char *name, uint64_t *value, struct error *err)
{
  json_node node;
  int found = json_get (config, entry, name, JSON_NUMBER, &node, err);

  if (found <= 0)
    return found;
  return json_uint64 (config, node, value) < 0 ? 0 : 1;
}

enum judgement
{
  STAYS,
  GOES,
  OPENS_ALL
};

/* runtime-spec, config-linux.md "Allowed Device list": type a, or a missing
 * number, stands for all. */
static int
judge_rule (const struct json_doc *config, json_node rule,
            enum judgement *judgement, struct error *err)
{
  json_node allow, type, access;
  uint64_t major_number = 0, minor_number = 0;
  int has_major, has_minor;
  bool all_types, character;
  cleanup_free char *mode = NULL;

  *judgement = STAYS;
  if (json_get (config, rule, "allow", JSON_BOOLEAN, &allow, err) < 0
      || json_get (config, rule, "type", JSON_STRING, &type, err) < 0
      || json_get (config, rule, "access", JSON_STRING, &access, err) < 0)
    return -1;
  has_major = devices_number (config, rule, "major", &major_number, err);
  has_minor = devices_number (config, rule, "minor", &minor_number, err);
  if (has_major < 0 || has_minor < 0)
    return -1;
  if (allow == JSON_NONE || !json_is_true (config, allow))
    return 0;
  if (access != JSON_NONE)
    mode = json_string (config, access);
  /* mknod alone, which docker allows for all, opens nothing. */
  if (mode != NULL && mode[0] != '\0' && strpbrk (mode, "rw") == NULL)
    return 0;
  all_types = type == JSON_NONE || json_string_is (config, type, "a")
              || json_string_is (config, type, "");
  character = all_types || json_string_is (config, type, "c")
              || json_string_is (config, type, "u");
  if (!has_major)
    *judgement = OPENS_ALL;
  else if (character)
    for (size_t i = 0; i < sizeof network_devices / sizeof *network_devices;
         i++)
      if (network_devices[i].major_number == major_number
          && (!has_minor || network_devices[i].minor_number == minor_number))
        *judgement = GOES;
  return 0;
}

/* The runtimes add their own defaults to the first rule, but runc none for a
 * device that the configuration lists: those that every container has follow
 * (runtime-spec, config-linux.md "Default Devices"; runc, specconv
 * AllowedDevices).  Source of the numbers: devices.txt. */
#define ALLOW(numbers)                                                        \
  ",{\"allow\":true,\"type\":\"c\"," numbers ",\"access\":\"rwm\"}"
#define CLOSED                                                                \
  "[{\"allow\":false,\"access\":\"rwm\"}" ALLOW (                             \
      "\"major\":1,\"minor\":3") /* null */                                   \
  ALLOW ("\"major\":1,\"minor\":5") /* zero */                                \
  ALLOW ("\"major\":1,\"minor\":7") /* full */                                \
  ALLOW ("\"major\":1,\"minor\":8") /* random */                              \
  ALLOW ("\"major\":1,\"minor\":9") /* urandom */                             \
  ALLOW ("\"major\":5,\"minor\":0") /* tty */                                 \
  ALLOW ("\"major\":5,\"minor\":2") /* ptmx */                                \
  ALLOW ("\"major\":136")           /* pts */                                 \
  "]"
static const char closed[] = CLOSED;

/* Without rules a bind mount of /dev brings open devices along.  Rootless the
 * device cgroup cannot be set, and device nodes are worth less. */
static void
plan_closed (struct plan *plan, json_node resources, json_node devices)
{
  static const char why[] = "no rule closes the devices of the host";

  if (plan->facts->own_user_namespace || plan->facts->rootless)
    return;
  if (devices != JSON_NONE)
    json_replace (&plan->edits, plan->config, devices, closed, why);
  else if (resources != JSON_NONE)
    json_add_member (&plan->edits, plan->config, resources, "devices", closed,
                     why);
  else
    json_add_member (&plan->edits, plan->config, plan->linux_object,
                     "resources", "{\"devices\":" CLOSED "}", why);
}

static int
plan_rules (struct plan *plan, struct error *err)
{
  json_node resources, devices;
  size_t i = 0, going = 0;
  cleanup_free bool *picked = NULL;

  if (json_get (plan->config, plan->linux_object, "resources", JSON_OBJECT,
                &resources, err)
          < 0
      || json_get (plan->config, resources, "devices", JSON_ARRAY, &devices,
                   err)
             < 0)
    return -1;
  if (json_first (plan->config, devices) == JSON_NONE)
    {
      plan_closed (plan, resources, devices);
      return 0;
    }
  picked = xmalloc (plan_count (plan->config, devices));
  for (json_node n = json_first (plan->config, devices); n != JSON_NONE;
       n = json_next (plan->config, n), i++)
    {
      enum judgement judgement;

      if (json_kind (plan->config, n) != JSON_OBJECT)
        return error_refuse (err, SENTENCE_json_type,
                             "/linux/resources/devices", "something else",
                             "objects");
      if (judge_rule (plan->config, n, &judgement, err) < 0)
        return -1;
      if (judgement == OPENS_ALL)
        {
          json_replace (&plan->edits, plan->config, devices, closed,
                        "all devices of the host were open");
          return 0;
        }
      picked[i] = judgement == GOES;
      going += picked[i];
    }
  if (going > 0)
    json_remove_children (&plan->edits, plan->config, devices, picked,
                          "the device makes network interfaces, or takes them down");
  return 0;
}

/* Whether a rule lets MAJOR_NUMBER:MINOR_NUMBER be read or written. */
static int
rule_admits (const struct json_doc *config, json_node rule, bool block,
             unsigned major_number, unsigned minor_number, struct error *err)
{
  cleanup_free char *mode = NULL;
  uint64_t rule_major = 0, rule_minor = 0;
  json_node allow, type, access;
  int has_major, has_minor;
  bool type_fits;

  if (json_get (config, rule, "allow", JSON_BOOLEAN, &allow, err) < 0
      || json_get (config, rule, "type", JSON_STRING, &type, err) < 0
      || json_get (config, rule, "access", JSON_STRING, &access, err) < 0)
    return -1;
  has_major = devices_number (config, rule, "major", &rule_major, err);
  has_minor = devices_number (config, rule, "minor", &rule_minor, err);
  if (has_major < 0 || has_minor < 0)
    return -1;
  mode = access == JSON_NONE ? xstrndup ("", 0) : json_string (config, access);
  type_fits = type == JSON_NONE || json_string_is (config, type, "a")
              || json_string_is (config, type, "")
              || json_string_is (config, type, block ? "b" : "c");
  return allow != JSON_NONE && json_is_true (config, allow) && type_fits
         && (mode[0] == '\0' || strpbrk (mode, "rw") != NULL)
         && (!has_major || rule_major == major_number)
         && (!has_minor || rule_minor == minor_number);
}

int
devices_admit (const struct json_doc *config, json_node linux_object,
               bool block, unsigned major_number, unsigned minor_number,
               struct error *err)
{
  json_node resources, rules;
  int admitted = 0;

  if (json_get (config, linux_object, "resources", JSON_OBJECT, &resources,
                err)
          < 0
      || json_get (config, resources, "devices", JSON_ARRAY, &rules, err) < 0)
    return -1;
  for (json_node n = json_first (config, rules); n != JSON_NONE;
       n = json_next (config, n))
    {
      enum judgement judgement;
      int one;

      if (judge_rule (config, n, &judgement, err) < 0)
        return -1;
      /* The lock closes the whole list. */
      if (judgement == OPENS_ALL)
        return 0;
      one = rule_admits (config, n, block, major_number, minor_number, err);
      if (one < 0)
        return -1;
      admitted |= one;
    }
  return admitted;
}

static int
plan_nodes (struct plan *plan, struct error *err)
{
  json_node devices, type;
  size_t i = 0, going = 0;
  cleanup_free bool *picked = NULL;

  if (json_get (plan->config, plan->linux_object, "devices", JSON_ARRAY,
                &devices, err)
      < 0)
    return -1;
  picked = xmalloc (plan_count (plan->config, devices));
  for (json_node n = json_first (plan->config, devices); n != JSON_NONE;
       n = json_next (plan->config, n), i++)
    {
      uint64_t major_number = 0, minor_number = 0;

      if (json_kind (plan->config, n) != JSON_OBJECT)
        return error_refuse (err, SENTENCE_json_type, "/linux/devices",
                             "something else", "objects");
      if (json_get (plan->config, n, "type", JSON_STRING, &type, err) < 0
          || devices_number (plan->config, n, "major", &major_number, err) < 0
          || devices_number (plan->config, n, "minor", &minor_number, err) < 0)
        return -1;
      picked[i] = plan->adds_user
                  || (type != JSON_NONE && !json_string_is (plan->config, type, "b")
                  && major_number <= UINT32_MAX && minor_number <= UINT32_MAX
                  && devices_is_network ((unsigned) major_number,
                                         (unsigned) minor_number));
      going += picked[i];
    }
  if (going > 0)
    json_remove_children (
        &plan->edits, plan->config, devices, picked,
        plan->adds_user
            ? "lock userns: a bind mount takes its place, unless every "
              "container has it or none may"
            : "the device makes network interfaces, or takes them down");
  return 0;
}

int
devices_plan (struct plan *plan, struct error *err)
{
  return plan_nodes (plan, err) < 0 ? -1 : plan_rules (plan, err);
}
