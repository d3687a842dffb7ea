/* SPDX-License-Identifier: Apache-2.0 */
/* Capabilities and seccomp, of every thread of a container. */
#include <config.h>

#include "audit_parts.h"

#include <cap-ng.h>
#include <ctype.h>
#include <linux/capability.h>
#include <linux/seccomp.h>
#include <stdlib.h>
#include <string.h>

#include "capabilities.h"

enum
{
  ROUNDS = 32,   /* of looking for threads that came up meanwhile */
  LINES_MAX = 16 /* checks that say the same of different processes */
};

struct findings
{
  const struct subject *subject;
  struct checks *checks;
  struct filter_cache *cache;
  size_t gone, unreadable;
  /* capabilities */
  size_t harmless, out_of_reach, dangerous;
  size_t uncovering; /* out of reach, but for files of the host's root */
  uint64_t named[LINES_MAX]; /* the sets of capabilities that have a check */
  size_t named_count;
  /* seccomp */
  size_t filtered, denied, bare, leaking, unjudged;
  unsigned fewest_filters;
};

bool
subject_has (const struct subject *subject, const struct task *task)
{
  const struct task *lead = &subject->lead;
  const ino_t *own = subject->host->ns;

  if (task->pid == lead->pid)
    return true;
  if (lead->ns[NS_MNT] != own[NS_MNT] && task->ns[NS_MNT] == lead->ns[NS_MNT])
    return true;
  return lead->ns[NS_PID] != own[NS_PID] && task->ns[NS_PID] != own[NS_PID]
         && task_is_below (task, lead->ns[NS_PID]);
}

static char *
capability_names (uint64_t capabilities)
{
  char *all = NULL;

  for (unsigned number = 0; number < 64; number++)
    {
      const char *name = capng_capability_to_name (number);
      cleanup_free char *before = all;
      cleanup_free char *one = NULL;

      if ((capabilities >> number & 1) == 0)
        {
          before = NULL;
          continue;
        }
      one = name ? xasprintf ("CAP_%s", name)
                 : xasprintf ("CAP_%u", number);
      for (char *c = one; *c != '\0'; c++)
        *c = (char) toupper ((unsigned char) *c);
      all = xasprintf ("%s%s%s", before ? before : "", before ? ", " : "",
                       one);
    }
  return all;
}

static void
judge_capabilities (struct findings *f, const struct task *task)
{
  uint64_t has, bad = 0;

  if (task_capabilities (task, &has) < 0)
    {
      *(task_has_ended (task) ? &f->gone : &f->unreadable) += 1;
      return;
    }
  if (!userns_reaches (&f->subject->host->reach, task->ns[NS_USER]))
    {
      if ((has >> CAP_SYS_ADMIN & 1) == 0 || !task_is_root_of_mounts (task))
        f->out_of_reach++;
      else if (f->uncovering++ == 0)
        {
          cleanup_free char *name = task_name (task);

          checks_add (f->checks, "capabilities", CHECK_FAILS,
                      "%s has CAP_SYS_ADMIN over its mounts and the host's "
                      "root among its ids: it can make /proc/sys writable",
                      name);
        }
      return;
    }
  for (unsigned number = 0; number < 64; number++)
    if ((has >> number & 1) != 0 && !capability_is_harmless (number))
      bad |= UINT64_C (1) << number;
  if (bad == 0)
    {
      f->harmless++;
      return;
    }
  f->dangerous++;
  for (size_t i = 0; i < f->named_count; i++)
    if (f->named[i] == bad)
      return;
  if (f->named_count < LINES_MAX)
    {
      cleanup_free char *name = task_name (task);
      cleanup_free char *names = capability_names (bad);

      f->named[f->named_count++] = bad;
      checks_add (f->checks, "capabilities", CHECK_FAILS, "%s has %s", name,
                  names);
    }
}

static void
judge_filters (struct findings *f, const struct task *task)
{
  cleanup_free char *why = NULL;
  cleanup_free char *name = NULL;

  switch (filter_judge (f->cache, task, &why))
    {
    case FILTER_DENIES:
      f->denied++;
      return;
    case FILTER_GONE:
      return;
    case FILTER_LETS_THROUGH:
      if (f->leaking++ >= LINES_MAX)
        return;
      name = task_name (task);
      checks_add (f->checks, "seccomp", CHECK_FAILS, "%s: %s", name, why);
      return;
    default:
      if (f->unjudged++ >= LINES_MAX)
        return;
      name = task_name (task);
      checks_add (f->checks, "seccomp", CHECK_UNSEEN,
                  "the filters of %s: %s", name, why);
    }
}

static void
judge_seccomp (struct findings *f, const struct task *task)
{
  unsigned mode, filters;

  /* judge_capabilities() has counted it. */
  if (task_seccomp (task, &mode, &filters) < 0)
    return;
  if (mode == SECCOMP_MODE_DISABLED)
    {
      if (f->bare++ == 0)
        {
          cleanup_free char *name = task_name (task);

          checks_add (f->checks, "seccomp", CHECK_FAILS,
                      "%s has no seccomp filter", name);
        }
      return;
    }
  /* Strict mode leaves read, write and exit. */
  if (mode != SECCOMP_MODE_FILTER)
    return;
  if (f->filtered++ == 0 || filters < f->fewest_filters)
    f->fewest_filters = filters;
  if (f->subject->filter)
    judge_filters (f, task);
}

static void
sum_up (const struct findings *f)
{
  struct checks *checks = f->checks;
  bool sound = f->dangerous + f->uncovering == 0;

  if (f->dangerous > f->named_count)
    checks_add (checks, "capabilities", CHECK_FAILS,
                "the same or others in %zu of all %zu threads", f->dangerous,
                f->dangerous + f->harmless + f->out_of_reach);
  else if (sound && f->out_of_reach > 0)
    checks_add (checks, "capabilities",
                f->harmless + f->unreadable == 0 ? CHECK_CONSTRUCTION
                                                 : CHECK_HOLDS,
                "the host's network is out of reach of the user namespace "
                "of %zu threads; %zu others have harmless ones only",
                f->out_of_reach, f->harmless);
  else if (sound && f->harmless > 0)
    checks_add (checks, "capabilities", CHECK_HOLDS,
                "all five sets of %zu threads hold harmless ones only",
                f->harmless);
  if (f->bare > 1)
    checks_add (checks, "seccomp", CHECK_FAILS,
                "%zu threads have no seccomp filter", f->bare);
  if (f->filtered > 0 && !f->subject->filter && f->bare == 0)
    checks_add (checks, "seccomp", CHECK_HOLDS,
                "%zu threads have filters, at least %u; what is in them was "
                "not asked for (--filter)",
                f->filtered, f->fewest_filters);
  if (f->denied > 0 && f->leaking + f->unjudged + f->bare == 0)
    checks_add (checks, "seccomp", CHECK_HOLDS,
                "the filters of %zu threads deny all %u commands on x86-64, "
                "x32 and i386",
                f->denied, filter_commands ());
  if (f->unreadable > 0)
    checks_add (checks, "processes", CHECK_UNSEEN,
                "%zu threads of the container cannot be read", f->unreadable);
  if (f->gone > 0)
    checks_add (checks, "processes", CHECK_NOTE,
                "%zu threads ended while they were looked at", f->gone);
}

static bool
has_member (const struct tasks *members, const struct task *task)
{
  for (size_t i = 0; i < members->count; i++)
    if (members->list[i].tid == task->tid
        && members->list[i].start == task->start)
      return true;
  return false;
}

/* Takes the new threads of the container over; how many. */
static size_t
add_members (const struct subject *subject, const struct tasks *all,
             struct tasks *members)
{
  size_t before = members->count;

  for (size_t i = 0; i < all->count; i++)
    if (subject_has (subject, &all->list[i])
        && !has_member (members, &all->list[i]))
      {
        members->list
            = xrealloc (members->list,
                        (members->count + 1) * sizeof *members->list);
        members->list[members->count++] = all->list[i];
      }
  return members->count - before;
}

void
audit_tasks (const struct subject *subject, struct tasks *members,
             struct checks *checks)
{
  struct findings f = { .subject = subject, .checks = checks };
  size_t unseen = 0, fresh = 1;

  f.cache = filter_cache_new ();
  for (int round = 0; round < ROUNDS && fresh > 0; round++)
    {
      cleanup_tasks struct tasks all = TASKS_INIT;

      tasks_scan (&all, 0);
      unseen = all.unseen;
      fresh = add_members (subject, &all, members);
      for (size_t i = members->count - fresh; i < members->count; i++)
        if (!subject->elsewhere)
          {
            judge_capabilities (&f, &members->list[i]);
            judge_seccomp (&f, &members->list[i]);
          }
    }
  filter_cache_free (f.cache);
  sum_up (&f);
  if (members->count == 0)
    checks_add (checks, "processes", CHECK_UNSEEN, "no thread of it is left");
  if (fresh > 0)
    checks_add (checks, "processes", CHECK_UNSEEN,
                "new threads come up faster than they can be looked at");
  if (unseen > 0)
    checks_add (checks, "processes", CHECK_NOTE,
                "%zu threads of the machine cannot be read, which may be its",
                unseen);
}
