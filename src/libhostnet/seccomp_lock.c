/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "seccomp_lock.h"

#include "ioctl_lock.h"
#include "strict_lock.h"

static const char why_rules[]
    = "denies the ioctls that change interfaces, routes and ARP";
static const char why_strict[]
    = "denies the ioctls that change interfaces, and what strict denies";

/* seccomp(2): a filter sees other architectures too; those not listed are
 * killed by libseccomp, so the native one comes with its compat ones.
 * Source: the table nativeToSeccomp of containers/common. */
static const char architectures[] =
#if defined __x86_64__
    "\"SCMP_ARCH_X86_64\",\"SCMP_ARCH_X86\",\"SCMP_ARCH_X32\"";
#elif defined __i386__
    "\"SCMP_ARCH_X86\"";
#elif defined __aarch64__
    "\"SCMP_ARCH_AARCH64\",\"SCMP_ARCH_ARM\"";
#elif defined __arm__
    "\"SCMP_ARCH_ARM\"";
#elif defined __s390x__
    "\"SCMP_ARCH_S390X\",\"SCMP_ARCH_S390\"";
#elif defined __powerpc64__ && defined __LITTLE_ENDIAN__
    "\"SCMP_ARCH_PPC64LE\"";
#elif defined __riscv && __riscv_xlen == 64
    "\"SCMP_ARCH_RISCV64\"";
#else
#error "name this architecture and its compat ones as runtime-spec spells them"
#endif

static int
plan_rules (enum lock lock, struct seccomp_edit *edit, struct error *err)
{
  if (ioctl_lock_plan (lock, edit, err) < 0)
    return -1;
  return (lock & LOCK_STRICT) != 0 ? strict_lock_plan (edit, err) : 0;
}

/* A profile that permits everything else. */
static int
add_profile (const struct json_doc *config, json_node linux_object,
             enum lock lock, struct seccomp_edit *edit,
             struct json_edits *edits, struct error *err)
{
  cleanup_free char *text = NULL;

  if (plan_rules (lock, edit, err) < 0)
    return -1;
  text = xasprintf ("{\"defaultAction\":\"SCMP_ACT_ALLOW\","
                    "\"architectures\":[%s],\"syscalls\":[%s]}",
                    architectures, edit->added.text);
  json_add_member (edits, config, linux_object, "seccomp", text,
                   (lock & LOCK_STRICT) != 0 ? why_strict : why_rules);
  return 0;
}

int
seccomp_lock_plan (const struct json_doc *config, json_node linux_object,
                   enum lock lock, struct json_edits *edits, struct error *err)
{
  struct seccomp_profile profile;
  struct seccomp_edit edit;
  int found = seccomp_read (config, linux_object, &profile, err);

  seccomp_edit_init (&edit, config, &profile);
  if (found == 0)
    found = add_profile (config, linux_object, lock, &edit, edits, err);
  else if (found > 0)
    {
      found = plan_rules (lock, &edit, err);
      if (found == 0)
        seccomp_edit_store (&edit, edits,
                            (lock & LOCK_STRICT) != 0 ? why_strict : why_rules);
    }
  seccomp_edit_clear (&edit);
  seccomp_clear (&profile);
  return found < 0 ? -1 : 0;
}
