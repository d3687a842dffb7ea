/* SPDX-License-Identifier: Apache-2.0 */
/* System calls that a C library has no function for yet (musl before 1.2.5). */
#ifndef HOSTNET_COMPAT_H
#define HOSTNET_COMPAT_H

#include <config.h>

#include <stdio.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifdef HAVE_SYS_PIDFD_H
#include <sys/pidfd.h>
#else
static inline int
pidfd_open (pid_t pid, unsigned flags)
{
  return (int) syscall (SYS_pidfd_open, pid, flags);
}

static inline int
pidfd_getfd (int pidfd, int fd, unsigned flags)
{
  return (int) syscall (SYS_pidfd_getfd, pidfd, fd, flags);
}
#endif

#ifndef HAVE_RENAMEAT2
#define RENAME_NOREPLACE 1U /* linux/fs.h, which does not go with sys/mount.h */

static inline int
renameat2 (int from_directory, const char *from, int to_directory,
           const char *to, unsigned flags)
{
  return (int) syscall (SYS_renameat2, from_directory, from, to_directory, to,
                        flags);
}
#endif

#ifndef HAVE_STATX
#include <linux/stat.h>

static inline int
statx (int directory, const char *path, int flags, unsigned mask,
       struct statx *found)
{
  return (int) syscall (SYS_statx, directory, path, flags, mask, found);
}
#endif

#endif
