/* SPDX-License-Identifier: Apache-2.0 */
/* Annotations and environment by which crun changes what locks a container. */
#include <config.h>

#include <string.h>

#include "plan.h"

/* Those that change nothing of the lock: crun.1.md, "Extensions to OCI"; runc
 * libcontainer/specconv (org.systemd.property.*), what CRI-O and the kubelet
 * set of it.
 * Not harmless: hooks.stdout and hooks.stderr (root appends to any file of the
 * host), systemd.force_cgroup_v1 (mounts a writable cgroup behind our back). */
static const char *const harmless[] = {
  "org.systemd.property.After",
  "org.systemd.property.CollectMode",
  "org.systemd.property.DefaultDependencies",
  "org.systemd.property.TimeoutStopUSec",
  "run.oci.delegate-cgroup",
  "run.oci.keep_original_groups",
  "run.oci.mount_context_type",
  "run.oci.pidfd_receiver",
  "run.oci.seccomp_fail_unknown_syscall",
  "run.oci.systemd.subgroup",
  "run.oci.timens_offset",
};

/* `features` of both calls these unsafe.  run.oci.seccomp_bpf_data replaces
 * linux.seccomp, run.oci.seccomp.plugins and .receiver extend it,
 * run.oci.handler and the wasm marks choose another way to run, krun.* a
 * virtual machine; org.criu.config names programs that CRIU runs as root. */
static const char *const replacing_prefixes[]
    = { "run.oci", "module.wasm.image/variant", "krun.", "org.criu.",
        "org.systemd.property.", "bundle=" };

/* runc's exec reads the process of the bundle that this names, as a label; one
 * that begins with `bundle=` becomes such a label too. */
static const char *const replacing_names[] = { "bundle" };

static bool
is_replacing (const struct json_doc *config, json_node node)
{
  for (size_t i = 0;
       i < sizeof replacing_prefixes / sizeof *replacing_prefixes; i++)
    if (json_key_starts (config, node, replacing_prefixes[i]))
      return true;
  for (size_t i = 0; i < sizeof replacing_names / sizeof *replacing_names; i++)
    if (json_key_is (config, node, replacing_names[i]))
      return true;
  return false;
}

static bool
is_harmless (const struct json_doc *config, json_node node)
{
  for (size_t i = 0; i < sizeof harmless / sizeof *harmless; i++)
    if (json_key_is (config, node, harmless[i]))
      return true;
  return false;
}

int
runtime_annotations_check (const struct plan *plan, struct error *err)
{
  if (plan->facts->seccomp_receiver)
    return error_refuse (err, SENTENCE_runtime_environment,
                         "RUN_OCI_SECCOMP_RECEIVER");
  for (json_node n = json_first (plan->config, plan->annotations);
       n != JSON_NONE; n = json_next (plan->config, n))
    if (is_replacing (plan->config, n) && !is_harmless (plan->config, n))
      {
        cleanup_free char *key = json_key (plan->config, n);

        return error_refuse (err, SENTENCE_runtime_annotation,
                             escape (key).text);
      }
  return 0;
}
