/* SPDX-License-Identifier: Apache-2.0 */
/* What the low-level runtime can do, by the version that it says it has: crun
 * and runc ignore what they do not know in a configuration. */
#include <config.h>

#include "lowlevel.h"
#include "deadline.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { DEADLINE_MS = 10 * 1000 };

/* Since when uidMappings and gidMappings of a mount are those of the
 * container, as the specification says; tried: crun 1.8.1 maps, runc 1.1.5
 * ignores them. */
static const struct
{
  const char *name;
  unsigned version[3];
} idmaps_since[] = {
  { "crun", { 1, 8, 1 } }, /* crun's NEWS, 1.8.1: inverted before */
  { "runc", { 1, 2, 0 } }, /* runc's CHANGELOG.md, 1.2.0 */
};

static void
become_version (const struct lowlevel *lowlevel, int to)
{
  char *argv[] = { (char *) lowlevel->path, (char *) "--version", NULL };
  char *environment[] = { NULL };
  int null = open ("/dev/null", O_RDWR | O_CLOEXEC);

  if (null < 0 || dup2 (null, 0) < 0 || dup2 (null, 2) < 0
      || dup2 (to, 1) < 0)
    _exit (127);
  execve (lowlevel->path, argv, environment);
  _exit (127);
}

/* The first line of what comes from FD, as much of it as there is room. */
static void
read_line (int fd, char *line, size_t size)
{
  struct pollfd ready = { .fd = fd, .events = POLLIN };
  struct timespec start;
  size_t length = 0;

  clock_gettime (CLOCK_MONOTONIC, &start);
  while (length < size - 1 && memchr (line, '\n', length) == NULL)
    {
      int found = poll (&ready, 1, deadline_left (&start, DEADLINE_MS));
      ssize_t got;

      if (found < 0 && errno == EINTR)
        continue;
      got = found <= 0 ? 0 : read (fd, line + length, size - 1 - length);
      if (got <= 0)
        break;
      length += (size_t) got;
    }
  line[length] = '\0';
  line[strcspn (line, "\n")] = '\0';
}

static void
ask_version (const struct lowlevel *lowlevel, char *line, size_t size)
{
  int ends[2];
  pid_t child;

  line[0] = '\0';
  if (pipe2 (ends, O_CLOEXEC) < 0)
    return;
  child = fork ();
  if (child == 0)
    become_version (lowlevel, ends[1]);
  close (ends[1]);
  if (child > 0)
    read_line (ends[0], line, size);
  close (ends[0]);
  if (child > 0)
    {
      kill (child, SIGKILL); /* it has said what we want, or hangs */
      while (waitpid (child, NULL, 0) < 0 && errno == EINTR)
        ;
    }
}

/* A release candidate comes before the version that it is named after. */
static bool
is_since (const unsigned *version, const char *suffix, const unsigned *since)
{
  for (int i = 0; i < 3; i++)
    if (version[i] != since[i])
      return version[i] > since[i];
  return suffix[0] != '-';
}

/* What follows the number at AT, or NULL. */
static const char *
read_number (const char *at, unsigned *number)
{
  size_t length = strspn (at, "0123456789");

  *number = (unsigned) strtoul (at, NULL, 10);
  return length > 0 && length < 6 ? at + length : NULL;
}

/* "crun version 1.8.1", "runc version 1.1.5+ds1"; the number starts at *AT,
 * and the suffix is what follows it. */
static bool
read_version (const char *line, const char *name, const char **at,
              unsigned version[3], const char **suffix)
{
  static const char word[] = " version ";
  size_t length = strlen (name);

  if (strncmp (line, name, length) != 0
      || strncmp (line + length, word, sizeof word - 1) != 0)
    return false;
  *at = line + length + sizeof word - 1;
  *suffix = read_number (*at, &version[0]);
  if (*suffix == NULL || **suffix != '.')
    return false;
  *suffix = read_number (*suffix + 1, &version[1]);
  if (*suffix == NULL)
    return false;
  version[2] = 0;
  if (**suffix == '.')
    *suffix = read_number (*suffix + 1, &version[2]);
  return *suffix != NULL;
}

char *
lowlevel_lacks_idmaps (const struct lowlevel *lowlevel)
{
  cleanup_error struct error err = ERROR_INIT;
  char line[128];
  const char *at, *suffix;
  unsigned version[3];

  if (lowlevel_check (lowlevel, "", &err) < 0)
    return xstrndup (err.message, strcspn (err.message, ":"));
  ask_version (lowlevel, line, sizeof line);
  for (size_t i = 0; i < sizeof idmaps_since / sizeof *idmaps_since; i++)
    if (read_version (line, idmaps_since[i].name, &at, version, &suffix))
      return is_since (version, suffix, idmaps_since[i].version)
                 ? NULL
                 : xasprintf ("`%s` is %s %s, which maps none",
                              escape (lowlevel->path).text,
                              idmaps_since[i].name, escape (at).text);
  return xasprintf ("the version of `%s` cannot be told",
                    escape (lowlevel->path).text);
}
