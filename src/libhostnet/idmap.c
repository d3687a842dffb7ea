/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "idmap.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/mount.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "error.h"

static int
write_map (pid_t child, const char *name, uint32_t first, uint32_t count)
{
  cleanup_free char *path = xasprintf ("/proc/%d/%s", (int) child, name);
  cleanup_free char *text
      = xasprintf ("0 %" PRIu32 " %" PRIu32 "\n", first, count);
  cleanup_close int fd = open (path, O_WRONLY | O_CLOEXEC);

  return fd < 0 || write (fd, text, strlen (text)) < 0 ? -1 : 0;
}

/* A child in a new user namespace, which waits to be killed. */
static pid_t
start_child (void)
{
  pid_t parent = getpid ();
  /* As fork(2) does it: without a stack it goes on here, on a copy. */
  pid_t child
      = (pid_t) syscall (SYS_clone, CLONE_NEWUSER | SIGCHLD, 0, 0, 0, 0);

  if (child == 0)
    {
      prctl (PR_SET_PDEATHSIG, SIGKILL);
      if (getppid () != parent)
        _exit (0);
      for (;;)
        pause ();
    }
  return child;
}

int
idmap_open (uint32_t first_uid, uint32_t first_gid, uint32_t count)
{
  cleanup_free char *path = NULL;
  pid_t child = start_child ();
  int fd = -1, why;

  if (child < 0)
    return -1;
  path = xasprintf ("/proc/%d/ns/user", (int) child);
  if (write_map (child, "uid_map", first_uid, count) == 0
      && write_map (child, "gid_map", first_gid, count) == 0)
    fd = open (path, O_RDONLY | O_CLOEXEC);
  why = errno;
  kill (child, SIGKILL);
  while (waitpid (child, NULL, 0) < 0 && errno == EINTR)
    ;
  errno = why;
  return fd;
}

int
idmap_try (int idmap, const char *path)
{
  struct mount_attr attributes
      = { .attr_set = MOUNT_ATTR_IDMAP, .userns_fd = (unsigned) idmap };
  cleanup_close int tree
      = (int) syscall (SYS_open_tree, AT_FDCWD, path,
                       OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);

  return tree < 0
                 || syscall (SYS_mount_setattr, tree, "", AT_EMPTY_PATH,
                             &attributes, sizeof attributes)
                        < 0
             ? -1
             : 0;
}
