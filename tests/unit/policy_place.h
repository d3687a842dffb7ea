/* SPDX-License-Identifier: Apache-2.0 */
/* A directory of root's with policies in it, for the unit tests. */
#ifndef HOSTNET_POLICY_PLACE_H
#define HOSTNET_POLICY_PLACE_H

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "libhostnet/policy_match.h"
#include "tap.h"

static void
skip (const char *what, const char *why)
{
  printf ("ok %d - %s # SKIP %s\n", ++tap_count, what, why);
}

static char directory[] = "/run/oci-hostnet-test-XXXXXX";

static char *
in_directory (const char *name)
{
  return xasprintf ("%s/%s", directory, name);
}

static void
write_file (const char *path, const char *text, size_t length, mode_t mode)
{
  cleanup_close int fd = open (path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

  if (fd < 0 || write (fd, text, length) != (ssize_t) length
      || fchmod (fd, mode) < 0)
    {
      printf ("Bail out! cannot write %s: %s\n", path, strerror (errno));
      exit (1);
    }
}

/* REFUSAL_NONE: is read, and says CAPABILITIES. */
static void
loads (const char *path, enum refusal id, unsigned capabilities,
       const char *end, const char *what)
{
  cleanup_policy struct policy *policy = NULL;
  cleanup_error struct error err = ERROR_INIT;
  static const struct policy_subject nobody = POLICY_SUBJECT_INIT;
  int result = policy_load (path, &policy, &err) < 0
                       || policy_complete (policy, &err) < 0
                   ? -1
                   : 0;
  bool good = err.id == id && (result == 0) == (id == REFUSAL_NONE);

  if (good && result == 0)
    good = policy_settings_for (policy, &nobody).keep_capabilities
           == capabilities;
  if (good && end != NULL)
    good = strlen (err.message) >= strlen (end)
           && strcmp (err.message + strlen (err.message) - strlen (end), end)
                  == 0;
  if (!good)
    printf ("# %s: %s\n", refusal_name (err.id), err.message);
  tap_ok (good, what);
}

/* POLICY keeps CAP_MKNOD: so it is told from the built-in one. */
static const char keeps_mknod[]
    = "{\"version\": 1, \"default\":{\"keepCapabilities\":[\"CAP_MKNOD\"]}}";

/* As another user, or in a user namespace that maps nobody. */
static void
test_as (bool user_namespace, const char *path, mode_t mode, enum refusal id,
         const char *what)
{
  int status;
  pid_t child;

  if (chmod (path, mode) < 0)
    tap_ok (false, "chmod");
  fflush (stdout);
  child = fork ();
  if (child == 0)
    {
      if (user_namespace ? unshare (CLONE_NEWUSER) < 0 : setuid (65534) < 0)
        {
          skip (what, "cannot change the user");
          fflush (stdout);
          _exit (2);
        }
      tap_failed = 0;
      loads (path, id, KEEP_MKNOD, NULL, what);
      fflush (stdout);
      _exit (tap_failed);
    }
  if (child < 0 || waitpid (child, &status, 0) < 0 || !WIFEXITED (status))
    status = 1 << 8;
  tap_count++;
  tap_failed += WEXITSTATUS (status) == 1;
}

#endif
