/* SPDX-License-Identifier: Apache-2.0 */
/* Annotations and environment by which crun changes what locks a container. */
#include <config.h>

#include <string.h>

#include "plan.h"

/* crun.1.md, "Extensions to OCI": these change nothing of the lock. */
static const char *const harmless[] = {
  "run.oci.delegate-cgroup",
  "run.oci.hooks.stderr",
  "run.oci.hooks.stdout",
  "run.oci.keep_original_groups",
  "run.oci.mount_context_type",
  "run.oci.pidfd_receiver",
  "run.oci.seccomp_fail_unknown_syscall",
  "run.oci.systemd.force_cgroup_v1",
  "run.oci.systemd.subgroup",
  "run.oci.timens_offset",
};

/* run.oci.seccomp_bpf_data replaces linux.seccomp, run.oci.seccomp.plugins
 * and .receiver extend it, run.oci.handler and the wasm marks choose another
 * way to run, krun.* a virtual machine. */
static const char *const replacing[]
    = { "run.oci", "module.wasm.image/variant", "krun." };

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
    for (size_t i = 0; i < sizeof replacing / sizeof *replacing; i++)
      if (json_key_starts (plan->config, n, replacing[i])
          && !is_harmless (plan->config, n))
        {
          cleanup_free char *key = json_key (plan->config, n);

          return error_refuse (err, SENTENCE_runtime_annotation,
                               escape (key).text);
        }
  return 0;
}
