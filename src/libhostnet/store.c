/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "store.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "error.h"
#include "io.h"

/* As many as killed processes of one pid may leave. */
#define TEMPORARY_NAMES 1000

/* The label of a file that SELinux guards; other systems have none. */
static int
copy_label (int from, int to)
{
  char label[256];
  ssize_t length = fgetxattr (from, "security.selinux", label, sizeof label);

  if (length < 0)
    return errno == ENODATA || errno == ENOTSUP ? 0 : -1;
  return fsetxattr (to, "security.selinux", label, (size_t)length, 0);
}

int
store_fill (int fd, const char *text, size_t length, const struct stat *like,
            int labelled)
{
  /* fchown first: it clears the setuid bits that fchmod may restore. */
  return write_all (fd, text, length) < 0
                 || ((like->st_uid != geteuid () || like->st_gid != getegid ())
                     && fchown (fd, like->st_uid, like->st_gid) < 0)
                 || fchmod (fd, like->st_mode & 07777) < 0
                 || (labelled >= 0 && copy_label (labelled, fd) < 0)
                 || fsync (fd) < 0
             ? -1
             : 0;
}

/* A name that is taken is a killed process's or one with our pid from another
 * PID namespace, which may still be writing: it stays, and the next number is
 * tried. */
int
store_temporary (int directory, const char *name, char **temporary)
{
  int fd = -1;

  for (int n = 0; n < TEMPORARY_NAMES && fd < 0; n++)
    {
      free (*temporary);
      *temporary
          = xasprintf (".%s.oci-hostnet-%d-%d", name, (int) getpid (), n);
      fd = openat (directory, *temporary,
                   O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
      if (fd < 0 && errno != EEXIST)
        break;
    }
  return fd;
}
