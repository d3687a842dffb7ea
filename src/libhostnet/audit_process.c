/* SPDX-License-Identifier: Apache-2.0 */
/* One thread as the kernel shows it. */
#include <config.h>

#include "audit_parts.h"

#include <cap-ng.h>
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/nsfs.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "io.h"

/* Linux, include/linux/sched.h */
#define KERNEL_THREAD_FLAG 0x00200000UL

enum { STATUS_LIMIT = 1 << 16 };

static const char *const namespace_names[NS_KINDS] = {
  [NS_NET] = "ns/net",   [NS_MNT] = "ns/mnt", [NS_PID] = "ns/pid",
  [NS_USER] = "ns/user", [NS_IPC] = "ns/ipc",
};

char *
read_kernel_file (int dir, const char *name, size_t limit)
{
  cleanup_close int fd = openat (dir, name, O_RDONLY | O_CLOEXEC);
  char *text = NULL;
  size_t length;

  return fd >= 0 && read_all (fd, limit, &text, &length) == 0 ? text : NULL;
}

struct escaped
shown (const char *text)
{
  struct escaped result = escape (text);
  char *word;

  /* Four characters for one: what is too long loses its end. */
  for (size_t w = 0; checks_words[w] != NULL; w++)
    while ((word = strcasestr (result.text, checks_words[w])) != NULL)
      {
        char coded[5];
        size_t rest = strlen (word), room;

        snprintf (coded, sizeof coded, "\\x%02x", (unsigned char) *word);
        room = sizeof result.text - 1 - (size_t) (word - result.text) - 4;
        if (rest - 1 > room)
          word[1 + room] = '\0';
        memmove (word + 4, word + 1, strlen (word + 1) + 1);
        memcpy (word, coded, 4);
      }
  return result;
}

static int
read_namespaces (int dir, ino_t ns[NS_KINDS])
{
  struct stat st;

  for (int kind = 0; kind < NS_KINDS; kind++)
    {
      if (fstatat (dir, namespace_names[kind], &st, 0) < 0)
        return -1;
      ns[kind] = st.st_ino;
    }
  return 0;
}

int
host_read (struct host *host, struct error *err)
{
  cleanup_close int self
      = open ("/proc/self", O_PATH | O_DIRECTORY | O_CLOEXEC);

  memset (host, 0, sizeof *host);
  if (self < 0 || read_namespaces (self, host->ns) < 0
      || userns_reach (&host->reach) < 0)
    return error_system (err, errno, SENTENCE_audit_own, "/proc/self/ns");
  return 0;
}

/* proc_pid_stat(5): state, flags and start time stand behind the name, which
 * may hold anything but its own last parenthesis. */
static int
read_stat (int dir, char *state, unsigned long *flags, uint64_t *start)
{
  cleanup_free char *text = read_kernel_file (dir, "stat", STATUS_LIMIT);
  char *at = text != NULL ? strrchr (text, ')') : NULL;

  if (at == NULL || at[1] != ' ')
    return -1;
  *state = at[2];
  for (int field = 2; field < 22; field++)
    {
      at = strchr (at + 1, ' ');
      if (at == NULL)
        return -1;
      if (field == 8)
        *flags = strtoul (at + 1, NULL, 10);
      if (field == 21)
        *start = strtoull (at + 1, NULL, 10);
    }
  return 0;
}

/* 1 when TASK was filled, 0 when it is none that matters, -1 when it lives
 * and cannot be read. */
static int
read_task (int dir, struct task *task)
{
  unsigned long flags = 0;
  char state = 0;

  if (dir < 0 || read_stat (dir, &state, &flags, &task->start) < 0)
    return errno == ENOENT || errno == ESRCH ? 0 : -1;
  if ((flags & KERNEL_THREAD_FLAG) != 0 || strchr ("ZXx", state) != NULL)
    return 0;
  if (read_namespaces (dir, task->ns) == 0)
    return 1;
  /* It may have ended meanwhile. */
  if (read_stat (dir, &state, &flags, &task->start) < 0
      || strchr ("ZXx", state) != NULL)
    return 0;
  return -1;
}

static bool
number_of (const char *name, pid_t *number)
{
  char *end;
  long value = strtol (name, &end, 10);

  *number = (pid_t) value;
  return isdigit ((unsigned char) name[0]) && *end == '\0' && value > 0
         && value <= 0x7FFFFFFF;
}

static int
scan_process (struct tasks *tasks, pid_t pid)
{
  char path[48];
  DIR *dir;
  struct dirent *entry;

  snprintf (path, sizeof path, "/proc/%d/task", pid);
  dir = opendir (path);
  if (dir == NULL)
    return -1;
  while ((entry = readdir (dir)) != NULL)
    {
      struct task task = { .pid = pid };
      int found;
      cleanup_close int fd = -1;

      if (!number_of (entry->d_name, &task.tid))
        continue;
      fd = openat (dirfd (dir), entry->d_name,
                   O_PATH | O_DIRECTORY | O_CLOEXEC);
      found = read_task (fd, &task);
      tasks->unseen += found < 0;
      if (found <= 0)
        continue;
      /* in steps of a power of two */
      if ((tasks->count & (tasks->count - 1)) == 0)
        tasks->list = xrealloc (tasks->list, (tasks->count * 2 + 1)
                                                 * sizeof *tasks->list);
      tasks->list[tasks->count++] = task;
    }
  closedir (dir);
  return 0;
}

int
tasks_scan (struct tasks *tasks, pid_t pid)
{
  DIR *proc;
  struct dirent *entry;

  if (pid != 0)
    return scan_process (tasks, pid);
  proc = opendir ("/proc");
  if (proc == NULL)
    return -1;
  while ((entry = readdir (proc)) != NULL)
    if (number_of (entry->d_name, &pid) && scan_process (tasks, pid) < 0
        && errno != ENOENT && errno != ESRCH)
      tasks->unseen++;
  closedir (proc);
  return 0;
}

void
tasks_clear (struct tasks *tasks)
{
  free (tasks->list);
  *tasks = (struct tasks) TASKS_INIT;
}

int
task_open (const struct task *task, bool leader)
{
  char path[64];
  cleanup_close int dir = -1;
  struct task now = *task;
  unsigned long flags;
  char state;

  snprintf (path, sizeof path, "/proc/%d/task/%d", task->pid, task->tid);
  dir = open (path, O_PATH | O_DIRECTORY | O_CLOEXEC);
  if (dir < 0 || read_stat (dir, &state, &flags, &now.start) < 0
      || now.start != task->start)
    return -1;
  /* While the thread lives, the number of its process cannot be given again. */
  if (leader)
    return openat (dir, "../..", O_PATH | O_DIRECTORY | O_CLOEXEC);
  return fcntl (dir, F_DUPFD_CLOEXEC, 0);
}

bool
task_has_ended (const struct task *task)
{
  cleanup_close int dir = task_open (task, false);
  unsigned long flags;
  uint64_t start;
  char state;

  return dir < 0 || read_stat (dir, &state, &flags, &start) < 0
         || strchr ("ZXx", state) != NULL;
}

bool
task_is_below (const struct task *task, ino_t ancestor)
{
  cleanup_close int dir = -1;
  struct stat st;
  bool found = task->ns[NS_PID] == ancestor;
  int fd;

  if (found || (dir = task_open (task, false)) < 0)
    return found;
  fd = openat (dir, namespace_names[NS_PID], O_RDONLY | O_CLOEXEC);
  while (fd >= 0 && !found && fstat (fd, &st) == 0)
    {
      int above = ioctl (fd, NS_GET_PARENT);

      found = st.st_ino == ancestor;
      close (fd);
      fd = above;
    }
  cleanup_closep (&fd);
  return found;
}

int
task_capabilities (const struct task *task, uint64_t *capabilities)
{
  static const capng_type_t sets[]
      = { CAPNG_EFFECTIVE, CAPNG_PERMITTED, CAPNG_INHERITABLE,
          CAPNG_BOUNDING_SET, CAPNG_AMBIENT };
  cleanup_close int dir = -1;

  capng_clear (CAPNG_SELECT_ALL);
  capng_setpid (task->tid);
  if (capng_get_caps_process () < 0)
    return -1;
  *capabilities = 0;
  for (unsigned number = 0; number < 64; number++)
    for (size_t s = 0; s < sizeof sets / sizeof *sets; s++)
      if (capng_have_capability (sets[s], number) == 1)
        *capabilities |= UINT64_C (1) << number;
  /* libcap-ng knows a number only: was it still that thread? */
  dir = task_open (task, false);
  return dir < 0 ? -1 : 0;
}

bool
task_is_root_of_mounts (const struct task *task)
{
  cleanup_close int dir = task_open (task, false);
  cleanup_free char *map
      = dir < 0 ? NULL : read_kernel_file (dir, "uid_map", STATUS_LIMIT);
  cleanup_free char *path = xasprintf ("/proc/%d/task/%d/ns/mnt", task->pid,
                                       task->tid);
  ino_t owner;
  bool has_root = false;
  char *rest = NULL;

  if (map == NULL || userns_owner (path, &owner) < 0)
    return true;
  for (char *line = strtok_r (map, "\n", &rest); line != NULL;
       line = strtok_r (NULL, "\n", &rest))
    {
      unsigned inside, outside;

      has_root |= sscanf (line, "%u %u", &inside, &outside) != 2
                  || outside == 0;
    }
  return has_root && owner == task->ns[NS_USER];
}

int
task_seccomp (const struct task *task, unsigned *mode, unsigned *filters)
{
  cleanup_close int dir = task_open (task, false);
  cleanup_free char *text
      = dir < 0 ? NULL : read_kernel_file (dir, "status", STATUS_LIMIT);
  /* The kernel escapes newlines in the name of the process. */
  const char *at = text ? strstr (text, "\nSeccomp:\t") : NULL,
             *count = text ? strstr (text, "\nSeccomp_filters:\t") : NULL;

  if (at == NULL)
    return -1;
  *mode = (unsigned) strtoul (at + 10, NULL, 10);
  *filters = count ? (unsigned) strtoul (count + 18, NULL, 10) : 0;
  return 0;
}

char *
task_name (const struct task *task)
{
  cleanup_close int dir = task_open (task, false);
  cleanup_free char *comm
      = dir < 0 ? NULL : read_kernel_file (dir, "comm", STATUS_LIMIT);

  if (comm == NULL)
    return xasprintf ("process %d", task->pid);
  comm[strcspn (comm, "\n")] = '\0';
  return xasprintf ("process %d (`%s`)", task->tid, shown (comm).text);
}

/* The last part of the first path that is not the root: for an engine's
 * container its id. */
static char *
cgroup_of (const struct task *task)
{
  cleanup_close int dir = task_open (task, false);
  cleanup_free char *text
      = dir < 0 ? NULL : read_kernel_file (dir, "cgroup", 1 << 20);
  char *rest = NULL;

  for (char *line = text ? strtok_r (text, "\n", &rest) : NULL; line != NULL;
       line = strtok_r (NULL, "\n", &rest))
    {
      char *last = strrchr (line, '/');

      if (last != NULL && last[1] != '\0')
        return xasprintf ("%s", last + 1);
    }
  return NULL;
}

char *
task_title (const struct task *task)
{
  cleanup_free char *name = task_name (task);
  cleanup_free char *cgroup = cgroup_of (task);

  if (cgroup == NULL)
    return xasprintf ("%s", name);
  return xasprintf ("%s, cgroup `%s`", name, shown (cgroup).text);
}
