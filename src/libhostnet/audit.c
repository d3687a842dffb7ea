/* SPDX-License-Identifier: Apache-2.0 */
/* Which containers are looked at, what is asked of them, and how it is told. */
#include <config.h>

#include "audit.h"

#include <errno.h>
#include <linux/capability.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "answer.h"
#include "audit_parts.h"
#include "compat.h"

enum { ROUNDS = 16 }; /* of looking for containers */

/* One container of the answer. */
struct entry
{
  struct task lead;
  char *title;
  const char *word;
  struct checks checks;
};

struct entries
{
  struct entry *list;
  size_t count;
};
#define cleanup_entries __attribute__ ((cleanup (entries_clear)))

static void
entries_clear (struct entries *entries)
{
  for (size_t i = 0; i < entries->count; i++)
    {
      free (entries->list[i].title);
      checks_clear (&entries->list[i].checks);
    }
  free (entries->list);
}

/* Not ours to prove: it has a network of its own. */
static const char private_word[] = "private";

/* What nobody can tell from here; said with every answer. */
static void
add_limits (struct checks *checks)
{
  checks_add (checks, "unseen", CHECK_NOTE,
              "cannot be seen: the device cgroup, who listens behind abstract "
              "sockets, what open descriptors of files lead to, and processes "
              "outside our PID namespace");
}

/* ---- one container ---- */

static void
check_namespaces (const struct subject *subject, struct checks *checks)
{
  const ino_t *its = subject->lead.ns, *own = subject->host->ns;
  size_t before = checks->count;

  if (its[NS_MNT] == own[NS_MNT])
    checks_add (checks, "namespaces", CHECK_FAILS,
                "the mount namespace is the host's: nothing is read-only");
  if (its[NS_PID] == own[NS_PID])
    checks_add (checks, "namespaces", CHECK_WAY_OUT,
                "the PID namespace is the host's: any process of the same "
                "uid can be signalled and replaced");
  if (its[NS_IPC] == own[NS_IPC])
    checks_add (checks, "namespaces", CHECK_WAY_OUT,
                "the IPC namespace is the host's: shared memory and message "
                "queues of its services can be written");
  if (checks->count == before)
    checks_add (checks, "namespaces", CHECK_HOLDS,
                "mount, PID and IPC namespace are not the host's");
  if (its[NS_USER] != own[NS_USER])
    checks_add (checks, "namespaces", CHECK_NOTE,
                "it has a user namespace of its own");
}

static void
examine (const struct subject *subject, struct checks *checks)
{
  cleanup_tasks struct tasks members = TASKS_INIT;

  if (!subject->elsewhere)
    {
      checks_add (checks, "network", CHECK_NOTE,
                  "it is on the host's network");
      check_namespaces (subject, checks);
    }
  audit_tasks (subject, &members, checks);
  if (!subject->elsewhere)
    {
      audit_roots (subject, &members, checks);
      audit_ports (&members, checks);
      audit_isolated (subject, &members, checks);
    }
  audit_foreign_sockets (subject, &members, checks);
}

static void
examine_entry (struct entries *entries, const struct subject *subject)
{
  struct entry entry = { subject->lead, task_title (&subject->lead),
                         private_word, CHECKS_INIT };

  if (subject->lead.ns[NS_NET] != subject->host->ns[NS_NET])
    {
      if (!subject->elsewhere)
        checks_add (&entry.checks, "network", CHECK_NOTE,
                    "has a network of its own: nothing to prove");
      else
        checks_add (&entry.checks, "capabilities", CHECK_NOTE,
                    "not on the host's network, and has CAP_NET_ADMIN in the "
                    "initial user namespace: a socket of the host's network "
                    "that is passed to it would change the host");
    }
  if (subject->elsewhere
      || subject->lead.ns[NS_NET] == subject->host->ns[NS_NET])
    audit_in_child (subject, examine, &entry.checks);
  if (subject->lead.ns[NS_NET] == subject->host->ns[NS_NET]
      || !checks_hold (&entry.checks))
    entry.word = checks_word (&entry.checks);
  entries->list = xrealloc (entries->list,
                            (entries->count + 1) * sizeof *entries->list);
  entries->list[entries->count++] = entry;
}

/* ---- the answer ---- */

static void
show_entry (FILE *to, const struct entry *entry, bool colour)
{
  fprintf (to, "%s\n", entry->title);
  checks_show (to, &entry->checks, colour);
  fprintf (to, "%s\n", entry->word);
}

static void
add_json_entry (struct json_buffer *out, const struct entry *entry)
{
  json_buffer_add (out, "{\"pid\":%d,\"name\":", entry->lead.pid);
  json_buffer_string (out, entry->title);
  json_buffer_add (out, ",\"verdict\":\"%s\",\"checks\":", entry->word);
  checks_add_json (out, &entry->checks);
  json_buffer_text (out, "}");
}

/* ---- audit PID ---- */

static int
read_pid (const char *text, pid_t *pid, struct error *err)
{
  char *end;
  long number;

  errno = 0;
  number = strtol (text, &end, 10);
  if (strspn (text, "0123456789") != strlen (text) || *text == '\0'
      || errno != 0 || number < 1 || number > 0x7FFFFFFF)
    return error_refuse (err, SENTENCE_usage, "a process id is a number",
                         "oci-hostnet");
  *pid = (pid_t) number;
  return 0;
}

/* The thread that stands for the process: its first, unless that has ended. */
static int
find_lead (pid_t pid, struct task *lead, struct error *err)
{
  cleanup_tasks struct tasks tasks = TASKS_INIT;

  if (tasks_scan (&tasks, pid) < 0)
    return error_system (err, errno, SENTENCE_audit_process, pid);
  if (tasks.count == 0)
    return error_system (err, tasks.unseen > 0 ? EACCES : ESRCH,
                         SENTENCE_audit_process, pid);
  *lead = tasks.list[0];
  for (size_t i = 1; i < tasks.count; i++)
    if (tasks.list[i].tid == pid)
      *lead = tasks.list[i];
  return 0;
}

/* A process that went into a network of its own says nothing of those that it
 * left behind: user_namespaces(7) lets every process do that. */
static int
lead_on_host (struct subject *subject, struct error *err)
{
  cleanup_tasks struct tasks all = TASKS_INIT;
  ino_t own = subject->host->ns[NS_NET];

  if (subject->lead.ns[NS_NET] == own)
    return 0;
  if (tasks_scan (&all, 0) < 0)
    return error_system (err, errno, SENTENCE_system, "reading /proc");
  for (size_t i = 0; i < all.count; i++)
    if (all.list[i].ns[NS_NET] == own
        && subject_has (subject, &all.list[i]))
      {
        subject->lead = all.list[i];
        return 0;
      }
  return 0;
}

int
audit_one (FILE *to, const char *text, const struct audit_options *options,
           struct error *err)
{
  struct host host;
  struct subject subject = { .host = &host, .filter = options->filter };
  cleanup_entries struct entries entries = { NULL, 0 };
  cleanup_close int pidfd = -1;
  struct pollfd ended = { .events = POLLIN };
  pid_t pid = 0;

  if (read_pid (text, &pid, err) < 0 || host_read (&host, err) < 0)
    return -1;
  /* Held open, the number means this process and no later one. */
  ended.fd = pidfd = pidfd_open (pid, 0);
  if (pidfd < 0)
    return error_system (err, errno == EINVAL ? ESRCH : errno,
                         SENTENCE_audit_process, pid);
  if (find_lead (pid, &subject.lead, err) < 0
      || lead_on_host (&subject, err) < 0)
    return -1;
  examine_entry (&entries, &subject);
  if (poll (&ended, 1, 0) != 0)
    return error_refuse (err, SENTENCE_audit_vanished, pid);
  if (entries.list[0].word != private_word)
    add_limits (&entries.list[0].checks);
  if (options->json)
    answer_of_checks (to, entries.list[0].word, &entries.list[0].checks);
  else
    show_entry (to, &entries.list[0], options->colour);
  return !checks_hold (&entries.list[0].checks);
}

/* ---- audit --all ---- */

/* Whether there is an entry for the container that the thread is of. */
static bool
is_known (const struct entries *entries, const struct host *host,
          const struct task *task)
{
  bool apart = task->ns[NS_MNT] != host->ns[NS_MNT]
               || task->ns[NS_PID] != host->ns[NS_PID];

  for (size_t i = 0; i < entries->count; i++)
    {
      const struct task *lead = &entries->list[i].lead;

      if (lead->ns[NS_NET] != task->ns[NS_NET])
        continue;
      if (lead->pid == task->pid
          || (apart && lead->ns[NS_MNT] == task->ns[NS_MNT]
              && lead->ns[NS_PID] == task->ns[NS_PID]))
        return true;
    }
  return false;
}

static bool
has_net_admin (const struct host *host, const struct task *task)
{
  uint64_t has;

  return userns_reaches (&host->reach, task->ns[NS_USER])
         && task_capabilities (task, &has) == 0
         && (has >> CAP_NET_ADMIN & 1) != 0;
}

/* Whether an entry was taken back, since the thread that led to it has ended:
 * the container may live on in others. */
static bool
examine_all (struct entries *entries, const struct host *host,
             const struct tasks *all, bool filter)
{
  bool again = false;

  for (size_t i = 0; i < all->count; i++)
    {
      const struct task *task = &all->list[i];
      struct subject subject
          = { .host = host, .lead = *task, .filter = filter };
      bool apart = task->ns[NS_MNT] != host->ns[NS_MNT]
                   || task->ns[NS_PID] != host->ns[NS_PID];

      subject.elsewhere = task->ns[NS_NET] != host->ns[NS_NET];
      if (is_known (entries, host, task)
          || (subject.elsewhere ? !has_net_admin (host, task) : !apart))
        continue;
      examine_entry (entries, &subject);
      if (task_has_ended (task))
        {
          struct entry *last = &entries->list[--entries->count];

          free (last->title);
          checks_clear (&last->checks);
          again = true;
        }
    }
  return again;
}

static void
show_all (FILE *to, const struct entries *entries, const struct checks *whole,
          const char *word, const struct audit_options *options)
{
  struct json_buffer out = JSON_BUFFER_INIT;

  if (!options->json)
    {
      for (size_t i = 0; i < entries->count; i++)
        {
          show_entry (to, &entries->list[i], options->colour);
          fputc ('\n', to);
        }
      checks_show (to, whole, options->colour);
      return;
    }
  answer_begin (&out, word, NULL, NULL);
  answer_checks (&out, whole);
  json_buffer_text (&out, ",\"processes\":[");
  for (size_t i = 0; i < entries->count; i++)
    {
      if (i > 0)
        json_buffer_text (&out, ",");
      add_json_entry (&out, &entries->list[i]);
    }
  json_buffer_text (&out, "]");
  answer_end (&out, to);
}

int
audit_all (FILE *to, const struct audit_options *options, struct error *err)
{
  struct host host;
  cleanup_tasks struct tasks all = TASKS_INIT;
  cleanup_entries struct entries entries = { NULL, 0 };
  cleanup_checks struct checks whole = CHECKS_INIT;
  const char *word = private_word;
  bool open, again = true;

  if (host_read (&host, err) < 0)
    return -1;
  for (int round = 0; again && round < ROUNDS; round++)
    {
      tasks_clear (&all);
      if (tasks_scan (&all, 0) < 0)
        return error_system (err, errno, SENTENCE_system, "reading /proc");
      again = examine_all (&entries, &host, &all, options->filter);
    }
  if (again)
    checks_add (&whole, "processes", CHECK_UNSEEN,
                "a container ends and comes up faster than it can be looked "
                "at");
  if (all.unseen > 0)
    checks_add (&whole, "processes", CHECK_UNSEEN,
                "%zu threads cannot be read: run this as root", all.unseen);
  add_limits (&whole);
  open = !checks_hold (&whole);
  for (size_t i = 0; i < entries.count; i++)
    {
      const struct entry *entry = &entries.list[i];

      open |= !checks_hold (&entry->checks);
      if (entry->word != private_word)
        word = entry->word;
    }
  if (open)
    word = "open";
  show_all (to, &entries, &whole, word, options);
  return open;
}
