/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "userns.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <linux/nsfs.h>
#include <stdlib.h>
#include <sys/ioctl.h>
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

bool
userns_reaches (const struct userns_reach *reach, ino_t user_namespace)
{
  for (size_t i = 0; i < reach->count; i++)
    if (reach->list[i] == user_namespace)
      return true;
  return false;
}

int
userns_inode (const char *path, ino_t *inode)
{
  cleanup_close int ns
      = open (path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
  struct stat st;

  if (ns < 0 || fstat (ns, &st) < 0)
    return -1;
  if (ioctl (ns, NS_GET_NSTYPE) != CLONE_NEWUSER)
    {
      errno = EINVAL;
      return -1;
    }
  *inode = st.st_ino;
  return 0;
}

/* ioctl_nsfs(2): EPERM, the owner is neither ours nor below. */
int
userns_owner (const char *path, ino_t *owner)
{
  cleanup_close int ns = open (path, O_RDONLY | O_CLOEXEC);
  cleanup_close int fd = ns < 0 ? -1 : ioctl (ns, NS_GET_USERNS);
  struct stat st;

  *owner = 0;
  if (ns >= 0 && fd < 0 && errno == EPERM)
    return 0;
  if (fd < 0 || fstat (fd, &st) < 0)
    return -1;
  *owner = st.st_ino;
  return 0;
}

int
userns_reach (struct userns_reach *reach)
{
  cleanup_close int net = open ("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
  struct stat st;
  int fd = net < 0 ? -1 : ioctl (net, NS_GET_USERNS);

  reach->count = 0;
  if (fd < 0 && (net < 0 || errno != EPERM))
    return -1;
  while (fd >= 0 && reach->count < USERNS_LEVELS - 1 && fstat (fd, &st) == 0)
    {
      int above = ioctl (fd, NS_GET_PARENT);

      reach->list[reach->count++] = st.st_ino;
      close (fd);
      fd = above;
    }
  cleanup_closep (&fd);
  reach->list[reach->count++] = INITIAL_USER_NAMESPACE;
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
