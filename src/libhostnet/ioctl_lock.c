/* SPDX-License-Identifier: Apache-2.0 */
/* linux.seccomp: deny the ioctls that change interfaces, with EACCES, and
 * leave every other verdict as it was.
 *
 * libseccomp lets a rule without a condition win over rules with one, in any
 * order (FACTS 4), so an ERRNO rule behind the profile's ALLOW is void.  What
 * holds: take ioctl out of every rule that permits it without a condition,
 * and write its verdict as disjoint blocks over the lower 32 bits of the
 * command (the kernel truncates it, the filter does not): one rule for each
 * block that stays permitted and one for each that is denied. */
#include <config.h>

#include "ioctl_lock.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "ioctl_blocks.h"
#include "seccomp_rules.h"

#define COUNT(array) (sizeof (array) / sizeof *(array))

struct lock
{
  const struct json_doc *config;
  struct json_edits *edits;
  struct seccomp_profile profile;
  struct json_buffer added;   /* new rules, with commas between */
  bool *gone;                 /* rules that are removed */
  size_t gone_count;
  bool present[COUNT (ioctl_denied)]; /* our own rules, already there */
};

static void
add_rule (struct lock *lock, enum seccomp_action action, uint64_t errno_ret,
          uint64_t mask, uint64_t datum)
{
  struct json_buffer *out = &lock->added;

  if (out->length > 0)
    json_buffer_text (out, ",");
  json_buffer_text (out, "{\"names\":[\"ioctl\"],\"action\":\"");
  json_buffer_text (out, seccomp_action_name (action));
  if (action == SECCOMP_ERRNO)
    {
      json_buffer_text (out, "\",\"errnoRet\":");
      json_buffer_number (out, errno_ret);
    }
  else
    json_buffer_text (out, "\"");
  /* runtime-spec: for SCMP_CMP_MASKED_EQ `value` is the mask and `valueTwo`
   * the datum; swapped, the rule fails open. */
  json_buffer_text (out, ",\"args\":[{\"index\":1,\"value\":");
  json_buffer_number (out, mask);
  json_buffer_text (out, ",\"valueTwo\":");
  json_buffer_number (out, datum);
  json_buffer_text (out, ",\"op\":\"SCMP_CMP_MASKED_EQ\"}]}");
}

/* Whether some command matches both. */
static bool
meets (const struct seccomp_rule *rule, const struct ioctl_block *block)
{
  return ((rule->datum ^ block->datum) & rule->mask & block->mask) == 0;
}

static bool
meets_denied (const struct seccomp_rule *rule)
{
  for (size_t i = 0; i < COUNT (ioctl_denied); i++)
    if (meets (rule, &ioctl_denied[i]))
      return true;
  return false;
}

/* Our own rule from an earlier edit. */
static bool
is_ours (struct lock *lock, const struct seccomp_rule *rule)
{
  if (rule->action != SECCOMP_ERRNO || rule->errno_ret != EACCES)
    return false;
  for (size_t i = 0; i < COUNT (ioctl_denied); i++)
    if (rule->mask == ioctl_denied[i].mask
        && rule->datum == ioctl_denied[i].datum)
      {
        lock->present[i] = true;
        return true;
      }
  return false;
}

/* Takes ioctl out of a rule, or the rule away when it names nothing else. */
static void
drop_ioctl (struct lock *lock, const struct seccomp_rule *rule,
            const char *why)
{
  const struct json_doc *config = lock->config;
  size_t i = 0, others = 0;
  /* More than the names, which cannot outnumber the nodes of the text. */
  cleanup_free bool *picked = xmalloc (config->count);

  for (json_node n = json_first (config, rule->names); n != JSON_NONE;
       n = json_next (config, n), i++)
    {
      picked[i] = json_string_is (config, n, "ioctl");
      others += !picked[i];
    }
  if (others > 0)
    json_remove_children (lock->edits, config, rule->names, picked, why);
  else
    {
      lock->gone[rule->place] = true;
      lock->gone_count++;
    }
}

/* The part of a conditional rule that lies in the allowed blocks. */
static void
cut_rule (struct lock *lock, const struct seccomp_rule *rule)
{
  drop_ioctl (lock, rule, "it decided on ioctls that change interfaces");
  for (size_t i = 0; i < COUNT (ioctl_allowed); i++)
    if (meets (rule, &ioctl_allowed[i]))
      add_rule (lock, rule->action, rule->errno_ret,
                rule->mask | ioctl_allowed[i].mask,
                rule->datum | ioctl_allowed[i].datum);
}

/* Whether a rule with another verdict decides on some of the same commands:
 * which one wins is up to libseccomp's tree, which a cut would change. */
static bool
is_disputed (const struct seccomp_profile *profile,
             const struct seccomp_rule *rule)
{
  for (size_t i = 0; i < profile->count; i++)
    {
      const struct seccomp_rule *other = &profile->rules[i];

      if (other->conditional
          && (other->action != rule->action
              || other->errno_ret != rule->errno_ret)
          && ((rule->datum ^ other->datum) & rule->mask & other->mask) == 0)
        return true;
    }
  return false;
}

/* Refuses or cuts what reaches into the denied blocks; *REACHABLE becomes true
 * when the profile lets some ioctl through, or seems to (errnoRet 0). */
static int
plan_conditional (struct lock *lock, const struct seccomp_rule *rule,
                  bool is_void, bool *reachable, struct error *err)
{
  if (is_void)
    {
      drop_ioctl (lock, rule,
                  "void beside the rule that permitted ioctl, not beside "
                  "blocks");
      return 0;
    }
  *reachable |= seccomp_permits (rule->action);
  if (is_ours (lock, rule) || !meets_denied (rule))
    return 0;
  if (is_disputed (&lock->profile, rule))
    return error_refuse (err, SENTENCE_seccomp_disputed,
                         (unsigned) rule->place);
  *reachable = true;
  cut_rule (lock, rule);
  return 0;
}

/* The rules that stay in force, then what the base verdict becomes. */
static int
plan_rules (struct lock *lock, struct error *err)
{
  const struct seccomp_profile *profile = &lock->profile;
  bool permitted_by_rule
      = profile->has_unconditional && seccomp_permits (profile->unconditional);
  /* A rule with the default's action is skipped by both runtimes. */
  bool wins = permitted_by_rule
              && profile->unconditional != profile->default_action;
  bool reachable = profile->has_unconditional
                       ? permitted_by_rule
                       : seccomp_permits (profile->default_action);

  for (size_t i = 0; i < profile->count; i++)
    {
      const struct seccomp_rule *rule = &profile->rules[i];

      if (!rule->conditional && seccomp_permits (rule->action))
        drop_ioctl (lock, rule,
                    "permits every ioctl and wins over every rule with a "
                    "condition");
      else if (rule->conditional
               && plan_conditional (lock, rule, wins, &reachable, err) < 0)
        return -1;
    }
  if (wins)
    for (size_t i = 0; i < COUNT (ioctl_allowed); i++)
      add_rule (lock, profile->unconditional, 0, ioctl_allowed[i].mask,
                ioctl_allowed[i].datum);
  for (size_t i = 0; reachable && i < COUNT (ioctl_denied); i++)
    if (!lock->present[i])
      add_rule (lock, SECCOMP_ERRNO, EACCES, ioctl_denied[i].mask,
                ioctl_denied[i].datum);
  return 0;
}

static const char why_rules[]
    = "denies the ioctls that change interfaces, routes and ARP";

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

static void
add_profile (struct lock *lock, json_node linux_object)
{
  cleanup_free char *text = NULL;

  for (size_t i = 0; i < COUNT (ioctl_denied); i++)
    add_rule (lock, SECCOMP_ERRNO, EACCES, ioctl_denied[i].mask,
              ioctl_denied[i].datum);
  text = xasprintf ("{\"defaultAction\":\"SCMP_ACT_ALLOW\","
                    "\"architectures\":[%s],\"syscalls\":[%s]}",
                    architectures, lock->added.text);
  json_add_member (lock->edits, lock->config, linux_object, "seccomp", text,
                   why_rules);
}

static void
store_rules (struct lock *lock)
{
  const struct seccomp_profile *profile = &lock->profile;
  cleanup_free char *text = NULL;

  if (lock->gone_count > 0)
    json_remove_children (lock->edits, lock->config, profile->syscalls,
                          lock->gone, "it named nothing but ioctl");
  if (lock->added.length == 0)
    return;
  if (profile->syscalls != JSON_NONE)
    json_append (lock->edits, lock->config, profile->syscalls, lock->gone,
                 lock->added.text, why_rules);
  else
    {
      text = xasprintf ("[%s]", lock->added.text);
      json_add_member (lock->edits, lock->config, profile->seccomp, "syscalls",
                       text, why_rules);
    }
}

int
ioctl_lock_plan (const struct json_doc *config, json_node linux_object,
                 struct json_edits *edits, struct error *err)
{
  struct lock lock = { .config = config, .edits = edits };
  int found = seccomp_read (config, linux_object, &lock.profile, err);

  if (found == 0)
    add_profile (&lock, linux_object);
  else if (found > 0)
    {
      lock.gone = xmalloc (lock.profile.rule_total * sizeof (bool));
      memset (lock.gone, 0, lock.profile.rule_total * sizeof (bool));
      found = plan_rules (&lock, err);
      if (found == 0)
        store_rules (&lock);
    }
  free (lock.gone);
  free (lock.added.text);
  seccomp_clear (&lock.profile);
  return found < 0 ? -1 : 0;
}
