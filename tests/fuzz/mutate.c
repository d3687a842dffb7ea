/* SPDX-License-Identifier: Apache-2.0 */
/* Changes JSON as JSON, for libFuzzer: most changes of single bytes end in
 * the parser.  MUTATE_SKIP bytes in front are none of the text. */
#include <config.h>

#include "fuzz.h"

#include <string.h>

#include "libhostnet/json.h"

size_t LLVMFuzzerMutate (uint8_t *data, size_t size, size_t most);
size_t LLVMFuzzerCustomMutator (uint8_t *data, size_t size, size_t most,
                                unsigned seed);

static const char *const values[] = {
  "null", "true", "false", "0", "1", "-1", "1.0", "1e2", "80", "65536",
  "4294967295", "\"\"", "{}", "[]", "[null]", "\"host\"", "\"network\"",
  "\"mount\"", "\"user\"", "\"pid\"", "\"ipc\"", "\"cgroup\"", "\"bind\"",
  "\"rbind\"", "\"ro\"", "\"rw\"", "\"rro\"", "\"proc\"", "\"sysfs\"",
  "\"/proc\"", "\"/proc/sys\"", "\"/sys\"", "\"/dev\"", "\"/\"",
  "\"/proc/self/ns/net\"", "\"/dev/net/tun\"", "\"/etc/resolv.conf\"",
  "\"CAP_NET_ADMIN\"", "\"CAP_NET_RAW\"", "\"CAP_KILL\"", "\"CAP_CHOWN\"",
  "\"CAP_\\u004bILL\"", "\"ioctl\"", "\"io_uring_setup\"", "\"socket\"",
  "\"SCMP_ACT_ALLOW\"", "\"SCMP_ACT_ERRNO\"", "\"SCMP_ACT_LOG\"",
  "\"SCMP_ACT_NOTIFY\"", "\"SCMP_ARCH_X86_64\"", "\"SCMP_ARCH_X86\"",
  "\"SCMP_CMP_EQ\"", "\"SCMP_CMP_MASKED_EQ\"", "\"standard\"", "\"strict\"",
  "\"userns\"", "\"isolated\"", "\"80/tcp\"", "\"8000-8010/udp\"",
  "\"[{\\\"HostPort\\\":80,\\\"ContainerPort\\\":80}]\"", "\"TRUE\"",
  "{\"type\":\"network\"}", "{\"type\":\"user\"}", "{\"type\":\"pid\"}",
  "{\"allow\":true,\"access\":\"rwm\"}",
  "{\"destination\":\"/x\",\"source\":\"/sys\",\"options\":[\"rbind\"]}",
  "{\"path\":\"/dev/net/tun\",\"type\":\"c\",\"major\":10,\"minor\":200}",
  "{\"names\":[\"ioctl\"],\"action\":\"SCMP_ACT_ALLOW\"}",
  "{\"containerID\":0,\"hostID\":0,\"size\":4294967295}",
};

static const char *const keys[] = {
  "linux", "process", "annotations", "mounts", "hooks", "root", "hostname",
  "namespaces", "type", "path", "sysctl", "net.ipv4.ip_forward",
  "kernel.shmmax", "resources", "devices", "readonlyPaths", "maskedPaths",
  "uidMappings", "gidMappings", "containerID", "hostID", "size", "seccomp",
  "defaultAction", "defaultErrnoRet", "architectures", "syscalls", "names",
  "action", "errnoRet", "args", "index", "value", "valueTwo", "op", "flags",
  "capabilities", "bounding", "effective", "inheritable", "permitted",
  "ambient", "noNewPrivileges", "destination", "source", "options", "allow",
  "access", "major", "minor", "rootfsPropagation", "mountLabel",
  "io.oci-hostnet.network", "io.oci-hostnet.lock", "io.oci-hostnet.listen",
  "io.oci-hostnet.connect", "io.oci-hostnet.applied",
  "io.oci-hostnet.publish", "io.oci-hostnet.nonsense", "nerdctl/ports",
  "io.kubernetes.cri-o.PortMappings", "io.kubernetes.container.ports",
  "io.podman.annotations.publish-all", "run.oci.handler", "Linux",
  "createRuntime", "netDevices", "timens", "id", "pid", "bundle", "status",
};

#define LENGTH(array) (sizeof (array) / sizeof ((array)[0]))

/* Any value: one of the table, or one that stands in the text. */
static char *
any_value (const struct json_doc *doc)
{
  const struct json_member *m
      = &doc->members[(size_t) rand () % doc->count];
  const char *value = values[(size_t) rand () % LENGTH (values)];

  if (rand () % 3 == 0)
    return xstrndup (doc->text + m->start, m->end - m->start);
  return xstrndup (value, strlen (value));
}

static size_t
place_of (const struct json_doc *doc, json_node node)
{
  size_t place = 0;

  for (json_node n = json_first (doc, doc->members[node].parent); n != node;
       n = json_next (doc, n))
    place++;
  return place;
}

static void
grow (const struct json_doc *doc, json_node node, struct json_edits *edits)
{
  cleanup_free char *value = any_value (doc);

  if (json_kind (doc, node) == JSON_ARRAY)
    json_append (edits, doc, node, NULL, value, "");
  else if (json_kind (doc, node) == JSON_OBJECT)
    json_add_member (edits, doc, node,
                     keys[(size_t) rand () % LENGTH (keys)], value, "");
  else
    json_replace (edits, doc, node, value, "");
}

/* A way down from the root: what is few stands as good a chance as the many
 * names of a seccomp profile. */
static json_node
any_node (const struct json_doc *doc)
{
  json_node node = 0;

  while (json_first (doc, node) != JSON_NONE && rand () % 5 != 0)
    {
      size_t count = 0;

      for (json_node n = json_first (doc, node); n != JSON_NONE;
           n = json_next (doc, n))
        count++;
      count = (size_t) rand () % count;
      node = json_first (doc, node);
      for (; count > 0; count--)
        node = json_next (doc, node);
    }
  return node;
}

static void
plan_change (const struct json_doc *doc, struct json_edits *edits)
{
  json_node node = any_node (doc);
  cleanup_free bool *picked = xcalloc (doc->count, sizeof *picked);
  cleanup_free char *value = any_value (doc);

  switch (node == 0 ? 3 : rand () % 5)
    {
    case 0:
      picked[place_of (doc, node)] = true;
      json_remove_children (edits, doc, doc->members[node].parent, picked, "");
      break;
    case 1:
      json_replace (edits, doc, node, value, "");
      break;
    case 2:
      if (json_kind (doc, doc->members[node].parent) == JSON_ARRAY)
        {
          json_insert_after (edits, doc, node, value, "");
          break;
        } /* fall through */
    default:
      grow (doc, node, edits);
    }
}

/* Bytes written, 0 when it does not work out. */
static size_t
change (uint8_t *data, size_t size, size_t most)
{
  cleanup_json struct json_doc doc = JSON_DOC_INIT;
  struct json_edits edits = JSON_EDITS_INIT;
  cleanup_free char *text = NULL;
  size_t length;

  if (json_index (&doc, (const char *) data, size, true, NULL) < 0)
    return 0;
  plan_change (&doc, &edits);
  text = json_apply (&doc, &edits, &length);
  json_edits_clear (&edits);
  if (length > most)
    return 0;
  memcpy (data, text, length);
  return length;
}

size_t
LLVMFuzzerCustomMutator (uint8_t *data, size_t size, size_t most,
                         unsigned seed)
{
  size_t skip = size > MUTATE_SKIP ? MUTATE_SKIP : 0;
  size_t length = size - skip;

  srand (seed);
  if (rand () % 5 == 0)
    return LLVMFuzzerMutate (data, size, most);
  for (int times = 1 + rand () % 3; times > 0; times--)
    {
      size_t changed = change (data + skip, length, most - skip);

      if (changed == 0)
        return LLVMFuzzerMutate (data, skip + length, most);
      length = changed;
    }
  if (skip == MUTATE_SKIP && skip > 0 && rand () % 8 == 0)
    data[rand () % (int) skip] = (uint8_t) ('0' + rand () % 8);
  return skip + length;
}
