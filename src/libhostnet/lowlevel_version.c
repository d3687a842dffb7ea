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
#include <stdio.h>
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

/* What comes from FD until its end or, with ONE_LINE, that of the first line;
 * as much of it as there is room. */
static void
read_output (int fd, bool one_line, char *text, size_t size)
{
  struct pollfd ready = { .fd = fd, .events = POLLIN };
  struct timespec start;
  size_t length = 0;

  clock_gettime (CLOCK_MONOTONIC, &start);
  while (length < size - 1
         && !(one_line && memchr (text, '\n', length) != NULL))
    {
      int found = poll (&ready, 1, deadline_left (&start, DEADLINE_MS));
      ssize_t got;

      if (found < 0 && errno == EINTR)
        continue;
      got = found <= 0 ? 0 : read (fd, text + length, size - 1 - length);
      if (got <= 0)
        break;
      length += (size_t) got;
    }
  text[length] = '\0';
}

static void
ask_version (const struct lowlevel *lowlevel, bool one_line, char *text,
             size_t size)
{
  int ends[2];
  pid_t child;

  text[0] = '\0';
  if (pipe2 (ends, O_CLOEXEC) < 0)
    return;
  child = fork ();
  if (child == 0)
    become_version (lowlevel, ends[1]);
  close (ends[1]);
  if (child > 0)
    read_output (ends[0], one_line, text, size);
  close (ends[0]);
  if (child > 0)
    {
      kill (child, SIGKILL); /* it has said what we want, or hangs */
      while (waitpid (child, NULL, 0) < 0 && errno == EINTR)
        ;
    }
}

/* What follows the number at AT, or NULL. */
static const char *
read_number (const char *at, unsigned *number)
{
  size_t length = strspn (at, "0123456789");

  *number = (unsigned) strtoul (at, NULL, 10);
  return length > 0 && length < 6 ? at + length : NULL;
}

/* "-rc6", "-rc.3", Debian's "~rc93": at what follows the number. */
static unsigned
read_candidate (const char *suffix)
{
  unsigned candidate;

  if ((suffix[0] != '-' && suffix[0] != '~')
      || strncmp (suffix + 1, "rc", 2) != 0)
    return LOWLEVEL_RELEASE;
  suffix += suffix[3] == '.' ? 4 : 3;
  return read_number (suffix, &candidate) != NULL ? candidate : 0;
}

bool
lowlevel_version_read (const char *text, const char *name,
                       struct lowlevel_version *version)
{
  static const char word[] = " version ";
  size_t length = strlen (name);
  const char *at;

  if (strncmp (text, name, length) != 0
      || strncmp (text + length, word, sizeof word - 1) != 0)
    return false;
  text += length + sizeof word - 1;
  snprintf (version->text, sizeof version->text, "%.*s",
            (int) strcspn (text, " \t\r\n"), text);
  at = read_number (text, &version->number[0]);
  if (at == NULL || *at != '.')
    return false;
  at = read_number (at + 1, &version->number[1]);
  if (at == NULL)
    return false;
  version->number[2] = 0;
  if (*at == '.')
    at = read_number (at + 1, &version->number[2]);
  if (at == NULL)
    return false;
  version->candidate = read_candidate (at);
  version->dash = *at == '-';
  return true;
}

bool
lowlevel_version_since (const struct lowlevel_version *version,
                        const unsigned since[3], unsigned candidate)
{
  for (int i = 0; i < 3; i++)
    if (version->number[i] != since[i])
      return version->number[i] > since[i];
  return version->candidate >= candidate;
}

void
lowlevel_says (const struct lowlevel *lowlevel, char *text, size_t size)
{
  ask_version (lowlevel, false, text, size);
}

/* Whatever stands behind a dash may mean that it comes before the version. */
static bool
maps_ids (const struct lowlevel_version *version, const unsigned since[3])
{
  return lowlevel_version_since (version, since, LOWLEVEL_RELEASE)
         && !(version->dash
              && memcmp (version->number, since, sizeof version->number) == 0);
}

char *
lowlevel_lacks_idmaps_of (const char *path, const char *said)
{
  struct lowlevel_version version;

  for (size_t i = 0; i < sizeof idmaps_since / sizeof *idmaps_since; i++)
    if (lowlevel_version_read (said, idmaps_since[i].name, &version))
      return maps_ids (&version, idmaps_since[i].version)
                 ? NULL
                 : xasprintf ("`%s` is %s %s, which maps none",
                              escape (path).text, idmaps_since[i].name,
                              escape (version.text).text);
  return xasprintf ("the version of `%s` cannot be told", escape (path).text);
}

char *
lowlevel_lacks_idmaps (const struct lowlevel *lowlevel)
{
  cleanup_error struct error err = ERROR_INIT;
  char line[128];

  if (lowlevel_check (lowlevel, "", &err) < 0)
    return xstrndup (err.message, strcspn (err.message, ":"));
  ask_version (lowlevel, true, line, sizeof line);
  line[strcspn (line, "\n")] = '\0';
  return lowlevel_lacks_idmaps_of (lowlevel->path, line);
}
