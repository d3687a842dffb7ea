/* SPDX-License-Identifier: Apache-2.0 */
/* linux.seccomp: deny the ioctls that change interfaces, with EACCES, and
 * leave every other verdict as it was.
 *
 * libseccomp lets a rule without a condition win over rules with one, in any
 * order (FACTS 4), so an ERRNO rule behind the profile's ALLOW is void.  What
 * holds: take ioctl out of every rule that permits it without a condition,
 * and write its verdict as blocks over the lower 32 bits of the command (the
 * kernel truncates it, the filter does not): one rule for each block that stays
 * permitted and one for each that is denied.  No command is in blocks of both
 * kinds, so the order of the rules does not matter.  Each rule costs the
 * runtime time at every start. */
#include <config.h>

#include "ioctl_lock.h"

#include <errno.h>

#include "ioctl_blocks.h"

#define COUNT(array) (sizeof (array) / sizeof *(array))

/* The blocks of a lock. */
static const struct blocks
{
  const struct ioctl_block *denied, *allowed;
  size_t denied_count, allowed_count;
} all_blocks[] = {
  [LOCK_STANDARD] = { ioctl_denied, ioctl_allowed, COUNT (ioctl_denied),
                      COUNT (ioctl_allowed) },
  [LOCK_STRICT] = { ioctl_denied_strict, ioctl_allowed_strict,
                    COUNT (ioctl_denied_strict),
                    COUNT (ioctl_allowed_strict) },
};

enum
{
  MAX_DENIED = COUNT (ioctl_denied) > COUNT (ioctl_denied_strict)
                   ? COUNT (ioctl_denied)
                   : COUNT (ioctl_denied_strict)
};

struct plan_state
{
  const struct blocks *blocks;
  struct seccomp_edit *edit;
  bool present[MAX_DENIED]; /* our own rules, already there */
};

static void
add_rule (struct plan_state *state, enum seccomp_action action,
          uint64_t errno_ret, uint64_t mask, uint64_t datum)
{
  seccomp_edit_begin (state->edit, "\"ioctl\"", action, errno_ret);
  seccomp_edit_masked (state->edit, 1, mask, datum);
  seccomp_edit_end (state->edit);
}

/* One rule for each block that is not PRESENT (NULL: none is). */
static void
add_blocks (struct plan_state *state, enum seccomp_action action,
            uint64_t errno_ret, const struct ioctl_block *blocks, size_t count,
            const bool *present)
{
  bool begun = false;

  for (size_t i = 0; i < count; i++)
    {
      if (present != NULL && present[i])
        continue;
      if (begun)
        seccomp_edit_again (state->edit);
      else
        seccomp_edit_begin (state->edit, "\"ioctl\"", action, errno_ret);
      begun = true;
      seccomp_edit_masked_text (state->edit, blocks[i].condition);
      seccomp_edit_end (state->edit);
    }
}

/* Whether some command matches both. */
static bool
meets (const struct seccomp_rule *rule, const struct ioctl_block *block)
{
  return ((rule->datum ^ block->datum) & rule->mask & block->mask) == 0;
}

static bool
meets_denied (const struct blocks *blocks, const struct seccomp_rule *rule)
{
  for (size_t i = 0; i < blocks->denied_count; i++)
    if (meets (rule, &blocks->denied[i]))
      return true;
  return false;
}

/* Our own rule from an earlier edit. */
static bool
is_ours (struct plan_state *state, const struct seccomp_rule *rule)
{
  if (rule->action != SECCOMP_ERRNO || rule->errno_ret != EACCES)
    return false;
  for (size_t i = 0; i < state->blocks->denied_count; i++)
    if (rule->mask == state->blocks->denied[i].mask
        && rule->datum == state->blocks->denied[i].datum)
      {
        state->present[i] = true;
        return true;
      }
  return false;
}

static void
drop_ioctl (struct plan_state *state, const struct seccomp_rule *rule,
            const char *why)
{
  seccomp_edit_drop_name (state->edit, rule->place, rule->names, "ioctl", why);
}

/* The part of a conditional rule that lies in the allowed blocks.  Where these
 * overlap two of the new rules may be the same, which libseccomp does not mind
 * (test_ioctl_filter). */
static void
cut_rule (struct plan_state *state, const struct seccomp_rule *rule)
{
  const struct ioctl_block *allowed = state->blocks->allowed;

  drop_ioctl (state, rule, "it decided on ioctls that change interfaces");
  for (size_t i = 0; i < state->blocks->allowed_count; i++)
    if (meets (rule, &allowed[i]))
      add_rule (state, rule->action, rule->errno_ret,
                rule->mask | allowed[i].mask, rule->datum | allowed[i].datum);
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
plan_conditional (struct plan_state *state, const struct seccomp_rule *rule,
                  bool is_void, bool *reachable, struct error *err)
{
  if (is_void)
    {
      drop_ioctl (state, rule,
                  "void beside the rule that permitted ioctl, not beside "
                  "blocks");
      return 0;
    }
  *reachable |= seccomp_permits (rule->action);
  if (is_ours (state, rule) || !meets_denied (state->blocks, rule))
    return 0;
  if (is_disputed (state->edit->profile, rule))
    return error_refuse (err, SENTENCE_seccomp_disputed,
                         (unsigned) rule->place);
  *reachable = true;
  cut_rule (state, rule);
  return 0;
}

/* What is done with an ioctl that no rule with a condition names. */
struct base
{
  bool reaches;
  /* A rule without a condition that wins over those with one. */
  const struct seccomp_rule *rule; /* NULL: the default does it */
};

static int
find_base (const struct seccomp_edit *edit, struct base *base,
           struct error *err)
{
  const struct seccomp_profile *profile = edit->profile;
  uint64_t errno_ret;

  *base = (struct base){ false, NULL };
  if (seccomp_read_default (edit->config, profile, &base->reaches, &errno_ret,
                            err)
      < 0)
    return -1;
  for (size_t i = 0; i < profile->count; i++)
    {
      const struct seccomp_rule *rule = &profile->rules[i];

      if (rule->conditional)
        continue;
      base->reaches = seccomp_reaches (rule->action, rule->errno_ret);
      /* A rule with the default's action is skipped by both runtimes. */
      if (rule->action != profile->default_action
          || (rule->action == SECCOMP_ERRNO && rule->errno_ret != errno_ret))
        base->rule = rule;
    }
  return 0;
}

/* The rules that stay in force, then what the base verdict becomes. */
int
ioctl_lock_plan (enum lock lock, struct seccomp_edit *edit, struct error *err)
{
  const struct seccomp_profile *profile = edit->profile;
  struct plan_state state = { .blocks = &all_blocks[lock & LOCK_STRICT], .edit = edit };
  const struct blocks *blocks = state.blocks;
  struct base base;
  bool reachable, wins;

  if (find_base (edit, &base, err) < 0)
    return -1;
  reachable = base.reaches;
  wins = base.reaches && base.rule != NULL;
  for (size_t i = 0; i < profile->count; i++)
    {
      const struct seccomp_rule *rule = &profile->rules[i];

      if (!rule->conditional && seccomp_reaches (rule->action, rule->errno_ret))
        drop_ioctl (&state, rule,
                    "permits every ioctl and wins over every rule with a "
                    "condition");
      else if (rule->conditional
               && plan_conditional (&state, rule, wins, &reachable, err) < 0)
        return -1;
    }
  if (wins)
    add_blocks (&state, base.rule->action, 0, blocks->allowed,
                blocks->allowed_count, NULL);
  if (reachable)
    add_blocks (&state, SECCOMP_ERRNO, EACCES, blocks->denied,
                blocks->denied_count, state.present);
  return 0;
}
