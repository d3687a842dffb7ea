/* SPDX-License-Identifier: Apache-2.0 */
/* A look at a container, in a child with a deadline: a FUSE mount, a process
 * that cannot be stopped, a socket that lingers make it hang at most. */
#include <config.h>

#include "audit_parts.h"
#include "deadline.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum
{
  DEADLINE_MS = 60 * 1000,
  REPORT_LIMIT = 4 << 20
};

/* The ids that a child may report; checks hold constants. */
static const char *const ids[]
    = { "network",   "namespaces", "capabilities", "seccomp",
        "mounts",    "proc-net",   "sockets",      "devices",
        "ports",     "processes",  "foreign sockets",
        "isolated" };

/* Each check as "V" "ID" NUL "REASON" NUL, V the verdict as a digit, and a
 * last "." to tell that the child came to its end. */
static void
write_checks (int fd, const struct checks *checks)
{
  FILE *to = fdopen (fd, "w");

  if (to == NULL)
    return;
  for (size_t i = 0; i < checks->count; i++)
    fprintf (to, "%c%s%c%s%c", '0' + (int) checks->list[i].verdict,
             checks->list[i].id, '\0', checks->list[i].reason, '\0');
  fputc ('.', to);
  fclose (to);
}

static int
read_check (const char **at, const char *end, struct checks *checks)
{
  const char *id = *at + 1, *reason;
  int verdict = **at - '0';

  reason = memchr (id, '\0', (size_t) (end - id));
  if (reason++ == NULL || memchr (reason, '\0', (size_t) (end - reason)) == NULL
      || verdict < CHECK_HOLDS || verdict > CHECK_NOTE)
    return -1;
  *at = reason + strlen (reason) + 1;
  for (size_t i = 0; i < sizeof ids / sizeof *ids; i++)
    if (strcmp (ids[i], id) == 0)
      {
        checks_add (checks, ids[i], (enum check_verdict) verdict, "%s",
                    reason);
        return 0;
      }
  return -1;
}

static int
read_checks (const char *text, size_t length, struct checks *checks)
{
  const char *at = text, *end = text + length;

  if (length == 0 || end[-1] != '.')
    return -1;
  while (at < end - 1)
    if (read_check (&at, end, checks) < 0)
      return -1;
  return 0;
}

/* What the child wrote until it closed its end; NULL when it did not. */
static char *
read_report (int fd, size_t *length)
{
  char *text = xmalloc (REPORT_LIMIT);
  struct pollfd wait = { .fd = fd, .events = POLLIN };
  struct timespec start;
  ssize_t n = 1;

  *length = 0;
  clock_gettime (CLOCK_MONOTONIC, &start);
  while (n > 0 && *length < REPORT_LIMIT
         && poll (&wait, 1, deadline_left (&start, DEADLINE_MS)) > 0)
    {
      n = read (fd, text + *length, REPORT_LIMIT - *length);
      *length += n > 0 ? (size_t) n : 0;
    }
  if (n == 0)
    return text;
  free (text);
  return NULL;
}

static void
be_child (const struct subject *subject,
          void (*examine) (const struct subject *, struct checks *), int fd)
{
  struct checks checks = CHECKS_INIT;

  /* Ends with its parent, and lets go of what it traces. */
  prctl (PR_SET_PDEATHSIG, SIGKILL);
  signal (SIGPIPE, SIG_DFL);
  examine (subject, &checks);
  write_checks (fd, &checks);
  _exit (0);
}

void
audit_in_child (const struct subject *subject,
                void (*examine) (const struct subject *, struct checks *),
                struct checks *checks)
{
  int ends[2] = { -1, -1 };
  cleanup_free char *report = NULL;
  cleanup_checks struct checks found = CHECKS_INIT;
  size_t length = 0;
  pid_t child = pipe2 (ends, O_CLOEXEC) < 0 ? -1 : fork ();

  if (child == 0)
    be_child (subject, examine, ends[1]);
  cleanup_closep (&ends[1]);
  if (child > 0)
    {
      report = read_report (ends[0], &length);
      kill (child, SIGKILL);
      /* It may hang where no signal reaches it: then init waits for it. */
      for (int i = 0; i < 100 && waitpid (child, NULL, WNOHANG) == 0; i++)
        poll (NULL, 0, 10);
    }
  cleanup_closep (&ends[0]);
  if (report == NULL || read_checks (report, length, &found) < 0)
    {
      checks_add (checks, "processes", CHECK_UNSEEN,
                  "looking at it came to no end");
      return;
    }
  for (size_t i = 0; i < found.count; i++)
    checks_add (checks, found.list[i].id, found.list[i].verdict, "%s",
                found.list[i].reason);
}
