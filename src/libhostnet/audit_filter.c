/* SPDX-License-Identifier: Apache-2.0 */
/* The seccomp filters of a running thread, run over every denied command. */
#include <config.h>

#include "audit_parts.h"

#include <errno.h>
#include <linux/audit.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <time.h>

#include "bpf.h"
#include "ioctl_blocks.h"

enum
{
  STACKS_MAX = 64,  /* different stacks of filters that are judged */
  FILTERS_MAX = 256, /* of one thread; the kernel allows 32768 instructions */
  QUICK_STEPS = 50, /* of 0.1 ms, then */
  STOP_STEPS = 250, /* of 10 ms, until a thread must have stopped */
};

struct filter
{
  struct sock_filter *program;
  size_t length;
};

/* All filters of a thread, the oldest first. */
struct stack
{
  struct filter filters[FILTERS_MAX];
  size_t count;
};

struct judged
{
  struct stack stack;
  char *why; /* NULL: it denies */
};

struct filter_cache
{
  struct judged list[STACKS_MAX];
  size_t count;
};

/* The ranges in which something is denied: linux/sockios.h, linux/wireless.h,
 * linux/if_tun.h. */
static const struct
{
  uint32_t first, last;
} ranges[] = {
  { 0x8900, 0x89FF },
  { 0x8B00, 0x8BFF },
  { 0x400454C0, 0x400454FF },
};

/* The kernel drops the upper half of the command. */
static const uint64_t upper_halves[] = { 0, 0xFFFFFFFF, 0xDEADBEEF };

/* arch/x86/entry/syscalls/syscall_64.tbl and syscall_32.tbl */
static const struct
{
  const char *name;
  uint32_t arch;
  int number;
} entries[] = {
  { "x86-64", AUDIT_ARCH_X86_64, 16 },
  { "x32", AUDIT_ARCH_X86_64, 514 | 0x40000000 },
  { "i386", AUDIT_ARCH_I386, 54 },
};

/* What the other arguments and the caller's address may be. */
static const uint64_t others[] = { 3, 0x7FFFFFFFEFF8 };

struct filter_cache *
filter_cache_new (void)
{
  struct filter_cache *cache = xmalloc (sizeof *cache);

  cache->count = 0;
  return cache;
}

static void
stack_clear (struct stack *stack)
{
  for (size_t i = 0; i < stack->count; i++)
    free (stack->filters[i].program);
  stack->count = 0;
}

void
filter_cache_free (struct filter_cache *cache)
{
  for (size_t i = 0; i < cache->count; i++)
    {
      stack_clear (&cache->list[i].stack);
      free (cache->list[i].why);
    }
  free (cache);
}

static bool
is_denied (uint32_t command)
{
  for (size_t i = 0; i < sizeof ioctl_denied / sizeof *ioctl_denied; i++)
    if ((command & ioctl_denied[i].mask) == ioctl_denied[i].datum)
      return true;
  return false;
}

unsigned
filter_commands (void)
{
  unsigned count = 0;

  for (size_t r = 0; r < sizeof ranges / sizeof *ranges; r++)
    for (uint32_t c = ranges[r].first; c <= ranges[r].last; c++)
      count += is_denied (c);
  return count;
}

/* seccomp(2): every filter runs, the newest first, and the most restrictive
 * action wins: the smallest, read as a signed number. */
static uint32_t
stack_action (const struct stack *stack, const struct seccomp_data *data)
{
  uint32_t result = SECCOMP_RET_ALLOW;

  for (size_t i = stack->count; i-- > 0;)
    {
      uint32_t action = bpf_execute (stack->filters[i].program, data);

      if ((int32_t) (action & SECCOMP_RET_ACTION_FULL)
          < (int32_t) (result & SECCOMP_RET_ACTION_FULL))
        result = action;
    }
  return result;
}

/* Whether the call is not made, whatever another process says of it. */
static bool
action_denies (uint32_t action)
{
  switch (action & SECCOMP_RET_ACTION_FULL)
    {
    case SECCOMP_RET_ALLOW:
    case SECCOMP_RET_LOG:
    case SECCOMP_RET_TRACE:
    case SECCOMP_RET_USER_NOTIF:
      return false;
    default: /* the kernel kills for an action that it does not know */
      return true;
    }
}

static bool
command_is_denied (const struct stack *stack, size_t entry, uint32_t command)
{
  for (size_t u = 0; u < sizeof upper_halves / sizeof *upper_halves; u++)
    for (size_t o = 0; o < sizeof others / sizeof *others; o++)
      {
        struct seccomp_data data = {
          .nr = entries[entry].number,
          .arch = entries[entry].arch,
          .instruction_pointer = others[o],
          .args = { others[o], upper_halves[u] << 32 | command, others[o],
                    others[o], others[o], others[o] },
        };

        if (!action_denies (stack_action (stack, &data)))
          return false;
      }
  return true;
}

/* NULL when the stack denies every command. */
static char *
judge_stack (const struct stack *stack)
{
  for (size_t e = 0; e < sizeof entries / sizeof *entries; e++)
    {
      unsigned open = 0;
      uint32_t first = 0;

      for (size_t r = 0; r < sizeof ranges / sizeof *ranges; r++)
        for (uint32_t c = ranges[r].first; c <= ranges[r].last; c++)
          if (is_denied (c) && !command_is_denied (stack, e, c)
              && open++ == 0)
            first = c;
      if (open > 0)
        return xasprintf ("its filters let %u of %u commands through on %s, "
                          "the first is 0x%04X",
                          open, filter_commands (), entries[e].name, first);
    }
  return NULL;
}

/* Waits until the thread has stopped, with the signal that it has to be given
 * back.  A parent in vfork(2) does not stop: hence the limit. */
static int
wait_stopped (pid_t tid, int *signal)
{
  for (int i = 0; i < STOP_STEPS; i++)
    {
      const struct timespec step
          = { 0, i < QUICK_STEPS ? 100 * 1000 : 10 * 1000 * 1000 };
      int status;
      pid_t got = waitpid (tid, &status, __WALL | WNOHANG);

      if (got == tid && WIFSTOPPED (status))
        {
          *signal = status >> 16 == PTRACE_EVENT_STOP ? 0 : WSTOPSIG (status);
          return 0;
        }
      if (got != 0)
        {
          errno = ESRCH;
          return -1;
        }
      nanosleep (&step, NULL);
    }
  errno = ETIMEDOUT;
  return -1;
}

static int
copy_filters (pid_t tid, struct stack *stack)
{
  for (stack->count = 0; stack->count < FILTERS_MAX; stack->count++)
    {
      struct filter *filter = &stack->filters[stack->count];
      long length = ptrace (PTRACE_SECCOMP_GET_FILTER, tid, stack->count, NULL);

      if (length < 0 && errno == ENOENT && stack->count > 0)
        return 0;
      if (length <= 0)
        return -1;
      filter->length = (size_t) length;
      filter->program = xmalloc (filter->length * sizeof *filter->program);
      if (ptrace (PTRACE_SECCOMP_GET_FILTER, tid, stack->count,
                  filter->program)
              != length
          || bpf_check (filter->program, filter->length) < 0)
        {
          free (filter->program);
          errno = EINVAL;
          return -1;
        }
    }
  errno = E2BIG;
  return -1;
}

/* Whatever happens, the thread runs on: here, or when this process, which is
 * a child made for it, ends. */
static int
read_stack (const struct task *task, struct stack *stack)
{
  int signal = 0, result, saved;
  cleanup_close int dir = -1;

  stack->count = 0;
  if (ptrace (PTRACE_SEIZE, task->tid, NULL, NULL) < 0)
    return -1;
  /* Its number cannot be given again while it is traced. */
  dir = task_open (task, false);
  if (dir < 0)
    errno = ESRCH;
  result = dir < 0 || ptrace (PTRACE_INTERRUPT, task->tid, NULL, NULL) < 0
                   || wait_stopped (task->tid, &signal) < 0
               ? -1
               : copy_filters (task->tid, stack);
  saved = errno;
  ptrace (PTRACE_DETACH, task->tid, NULL, signal);
  errno = saved;
  return result;
}

static bool
same_stack (const struct stack *a, const struct stack *b)
{
  if (a->count != b->count)
    return false;
  for (size_t i = 0; i < a->count; i++)
    if (a->filters[i].length != b->filters[i].length
        || memcmp (a->filters[i].program, b->filters[i].program,
                   a->filters[i].length * sizeof *a->filters[i].program)
               != 0)
      return false;
  return true;
}

static enum filter_verdict
verdict_of (const struct judged *judged, char **why)
{
  if (judged->why == NULL)
    return FILTER_DENIES;
  *why = xasprintf ("%s", judged->why);
  return FILTER_LETS_THROUGH;
}

enum filter_verdict
filter_judge (struct filter_cache *cache, const struct task *task, char **why)
{
  struct judged fresh;
  int saved;

  if (read_stack (task, &fresh.stack) < 0)
    {
      saved = errno;
      stack_clear (&fresh.stack);
      if (saved == ESRCH || task_has_ended (task))
        return FILTER_GONE;
      *why = xasprintf ("they cannot be read: %s", strerror (saved));
      return FILTER_UNSEEN;
    }
  for (size_t i = 0; i < cache->count; i++)
    if (same_stack (&cache->list[i].stack, &fresh.stack))
      {
        stack_clear (&fresh.stack);
        return verdict_of (&cache->list[i], why);
      }
  if (cache->count == STACKS_MAX)
    {
      stack_clear (&fresh.stack);
      *why = xasprintf ("the container has more than %d different ones",
                        STACKS_MAX);
      return FILTER_UNSEEN;
    }
  fresh.why = judge_stack (&fresh.stack);
  cache->list[cache->count] = fresh;
  return verdict_of (&cache->list[cache->count++], why);
}
