/* SPDX-License-Identifier: Apache-2.0 */
/* Whether an engine starts a program of ours without being asked: then it
 * would start nothing any more once it does not know it. */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "configure_parts.h"
#include "json.h"
#include "toml.h"

/* containers.conf(5), and containers-config(5) of podman 6; `*.X` as the
 * last name stands for all files there that end in .X. */
const char *const podman_files[] = {
  "/usr/share/containers/containers.conf",
  "/usr/share/containers/containers.conf.d/*.conf",
  "/usr/share/containers/containers.rootful.conf.d/*.conf",
  "/usr/share/containers/containers.rootless.conf.d/*.conf",
  "/etc/containers/containers.conf",
  "/etc/containers/containers.conf.d/*.conf",
  "/etc/containers/containers.rootful.conf.d/*.conf",
  "/etc/containers/containers.rootless.conf.d/*.conf",
  NULL,
};

#define LIST(...) ((const char *const[]){ __VA_ARGS__, NULL })

static const struct default_rule rules[] = {
  { "podman", podman_files, LIST ("engine.runtime"),
    LIST ("oci-hostnet-runtime", "oci-hostnet-crun", "oci-hostnet-runc"),
    false },
  /* crio.conf.d(5): every file, whatever its name */
  { "crio", LIST ("/etc/crio/crio.conf", "/etc/crio/crio.conf.d/*"),
    LIST ("crio.runtime.default_runtime"), LIST ("oci-hostnet"), false },
  /* docs/cri/config.md of containerd */
  { "containerd",
    LIST ("/etc/containerd/config.toml", "/etc/containerd/conf.d/*.toml"),
    LIST (
        "plugins.\"io.containerd.grpc.v1.cri\".containerd."
        "default_runtime_name",
        "plugins.\"io.containerd.cri.v1.runtime\".containerd."
        "default_runtime_name"),
    LIST ("oci-hostnet"), false },
  { "docker", LIST ("/etc/docker/daemon.json"), LIST ("default-runtime"),
    LIST ("oci-hostnet"), true },
};

const struct default_rule *
find_default_rule (const char *engine)
{
  for (size_t r = 0; r < sizeof rules / sizeof *rules; r++)
    if (strcmp (rules[r].engine, engine) == 0)
      return &rules[r];
  return NULL;
}

static int
refuse (const char *shown, const char *name, unsigned line, struct error *err)
{
  return error_refuse (err, SENTENCE_configure_default, shown, name, line);
}

/* KEY itself, or a table in braces above it. */
static bool
may_set (const struct toml *toml, const char *key)
{
  size_t length = strlen (toml->key);

  return !toml->header && strncmp (toml->key, key, length) == 0
         && (key[length] == '\0' || key[length] == '.');
}

/* What stands behind an error is not looked at: the engine does not start with
 * such a file anyway, and it must not be in the way of an undo. */
static int
check_toml (const struct default_rule *rule, const struct other_file *file,
            struct error *err)
{
  cleanup_toml struct toml toml;

  toml_start (&toml, file->text);
  while (toml_next (&toml) > 0)
    for (const char *const *key = rule->keys; *key != NULL; key++)
      {
        const char *at = toml.value, *start;
        size_t length;

        while (may_set (&toml, *key)
               && toml_value_string (&toml, &at, &start, &length))
          for (const char *const *name = rule->names; *name != NULL; name++)
            if (strlen (*name) == length
                && strncmp (*name, start, length) == 0)
              return refuse (file->shown, *name, toml.start_line, err);
      }
  return 0;
}

static int
check_json (const struct default_rule *rule, const struct other_file *file,
            struct error *err)
{
  cleanup_json struct json_doc doc = JSON_DOC_INIT;
  json_node node;
  unsigned line = 1;

  if (json_index (&doc, file->text, strlen (file->text), false, NULL) < 0
      || json_kind (&doc, 0) != JSON_OBJECT
      || json_get (&doc, 0, rule->keys[0], JSON_STRING, &node, NULL) <= 0
      || !json_string_is_one_of (&doc, node, rule->names))
    return 0;
  for (uint32_t i = 0; i < doc.members[node].start; i++)
    line += file->text[i] == '\n';
  return refuse (file->shown, rule->names[0], line, err);
}

int
check_default (const struct default_rule *rule, const struct other_file *file,
               struct error *err)
{
  return rule->json ? check_json (rule, file, err)
                    : check_toml (rule, file, err);
}
