/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "userns.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "error.h"

/* USER_NS_INIT_INO of <linux/nsfs.h>, PROC_USER_INIT_INO of the kernel's
 * proc_ns.h before Linux 6.18: the inode of the initial one is fixed. */
#define INITIAL_USER_NAMESPACE 0xEFFFFFFDU

int
userns_is_initial (bool *initial)
{
  struct stat own;

  if (stat ("/proc/self/ns/user", &own) == 0)
    *initial = own.st_ino == INITIAL_USER_NAMESPACE;
  else if (errno == ENOENT)
    *initial = true; /* a kernel without user namespaces */
  else
    return -1;
  return 0;
}

uid_t
userns_overflow_owner (void)
{
  char text[16] = "";
  cleanup_close int fd = -1;
  char *end;
  unsigned long uid;
  bool initial;

  if (userns_is_initial (&initial) < 0 || initial)
    return 0;
  fd = open ("/proc/sys/kernel/overflowuid", O_RDONLY | O_CLOEXEC);
  if (fd < 0 || read (fd, text, sizeof text - 1) <= 0)
    return 0;
  uid = strtoul (text, &end, 10);
  return *end == '\n' && uid < UINT_MAX ? (uid_t) uid : 0;
}
