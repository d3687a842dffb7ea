/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "scratch.h"

#include <fcntl.h>
#include <ftw.h>
#include <linux/capability.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fuzz.h"
#include "libhostnet/error.h"
#include "libhostnet/io.h"

static char directory[] = "/tmp/oci-hostnet-fuzz-XXXXXX";
static pid_t process;

static int
remove_one (const char *path, const struct stat *status, int type,
            struct FTW *walk)
{
  (void) status, (void) type, (void) walk;
  return remove (path);
}

/* Never returns. */
static void
live_beside (int started, int ended)
{
  char byte;

  for (unsigned long capability = 0; capability < 64; capability++)
    if (capability != CAP_CHOWN && capability != CAP_KILL
        && capability != CAP_NET_BIND_SERVICE)
      prctl (PR_CAPBSET_DROP, capability, 0, 0, 0);
  close (started);
  while (read (ended, &byte, 1) > 0)
    ;
  nftw (directory, remove_one, 8, FTW_DEPTH | FTW_PHYS);
  _exit (0);
}

static void
start (void)
{
  int started[2], ended[2];
  char byte;

  MUST (mkdtemp (directory) != NULL);
  MUST (pipe2 (started, O_CLOEXEC) == 0 && pipe2 (ended, O_CLOEXEC) == 0);
  process = fork ();
  MUST (process >= 0);
  if (process == 0)
    {
      close (started[0]);
      close (ended[1]);
      live_beside (started[1], ended[0]);
    }
  close (started[1]);
  close (ended[0]); /* ended[1] stays open for as long as we live */
  MUST (read (started[0], &byte, 1) == 0);
  close (started[0]);
}

const char *
scratch_directory (void)
{
  if (process == 0)
    start ();
  return directory;
}

pid_t
scratch_process (void)
{
  scratch_directory ();
  return process;
}

void
scratch_write (const char *name, const char *text, size_t length)
{
  cleanup_free char *path = xasprintf ("%s/%s", scratch_directory (), name);
  cleanup_close int fd = -1;

  for (char *slash = path + strlen (directory); slash != NULL;
       slash = strchr (slash + 1, '/'))
    {
      *slash = '\0';
      mkdir (path, 0700);
      *slash = '/';
    }
  fd = open (path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  MUST (fd >= 0 && write_all (fd, text, length) == 0);
}
