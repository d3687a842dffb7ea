/* SPDX-License-Identifier: Apache-2.0 */
/* audit: which programs of the lock isolated run for the container's processes.
 * Whether it is to be isolated a process does not show: nothing of it is no
 * failure, a process that is not where the others are is one. */
#include <config.h>

#include "audit_parts.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#ifdef HAVE_BPF
#include "isolate.h"

/* How many programs run for process PID; MISSING is what is open.  0 where it is
 * in no cgroup that could have any. */
static int
look (pid_t pid, char **missing)
{
  cleanup_error struct error none = ERROR_INIT;
  cleanup_free char *path = NULL;
  cleanup_close int cgroup = isolate_cgroup_find (pid, &path, &none);

  *missing = NULL;
  return cgroup < 0 ? 0 : isolate_look (cgroup, missing);
}

void
audit_isolated (const struct subject *subject, const struct tasks *members,
                struct checks *checks)
{
  cleanup_free char *missing = NULL;
  int count = look (subject->lead.pid, &missing);
  size_t before = checks->count;

  if (count < 0)
    checks_add (checks, "isolated", CHECK_NOTE,
                "which BPF programs its cgroup has cannot be told: run this as "
                "root");
  else if (count == 0)
    checks_add (checks, "isolated", CHECK_NOTE,
                "no program of the lock isolated is on its cgroup: all ports, "
                "the host's services on loopback and abstract sockets are in "
                "reach");
  if (count <= 0)
    return;
  for (size_t i = 0; i < members->count; i++)
    {
      const struct task *task = &members->list[i];
      cleanup_free char *its = NULL, *name = NULL;

      if (task->pid != task->tid || task->pid == subject->lead.pid
          || look (task->pid, &its) >= count || task_has_ended (task))
        continue;
      name = task_name (task);
      checks_add (checks, "isolated", CHECK_FAILS,
                  "%s is in another cgroup, with fewer programs of the lock",
                  name);
    }
  if (missing != NULL)
    checks_add (checks, "isolated", CHECK_NOTE,
                "%d of %d programs are on its cgroup; open: %s", count,
                isolate_count (), missing);
  else if (checks->count == before)
    checks_add (checks, "isolated", CHECK_HOLDS,
                "all %d programs of the lock are on its cgroup", count);
}

#else

void
audit_isolated (const struct subject *subject, const struct tasks *members,
                struct checks *checks)
{
  (void) subject;
  (void) members;
  checks_add (checks, "isolated", CHECK_NOTE,
              "not looked at: oci-hostnet was built without BPF");
}

#endif
