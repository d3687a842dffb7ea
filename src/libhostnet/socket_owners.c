/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "socket_owners.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "error.h"
#include "processes.h"

static int
compare (const void *a, const void *b)
{
  const struct socket_owner *x = a, *y = b;

  return x->inode < y->inode ? -1 : x->inode > y->inode;
}

static void
note (struct socket_owner *owners, size_t count, unsigned long inode,
      pid_t pid)
{
  const struct socket_owner key = { .inode = inode };
  struct socket_owner *at
      = bsearch (&key, owners, count, sizeof *owners, compare);

  if (at == NULL)
    return;
  while (at > owners && at[-1].inode == inode)
    at--;
  /* Process 1 hands sockets on (systemd.socket(5)): who works with it says
   * more. */
  for (; at < owners + count && at->inode == inode; at++)
    if (at->pid <= 1)
      at->pid = pid;
}

static void
look_at (int proc, const char *pid, struct socket_owner *owners, size_t count)
{
  cleanup_free char *path = xasprintf ("%s/fd", pid);
  int fd = openat (proc, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  DIR *fds = fd < 0 ? NULL : fdopendir (fd);
  struct dirent *entry;

  if (fds == NULL)
    {
      cleanup_closep (&fd);
      return;
    }
  while ((entry = readdir (fds)) != NULL)
    {
      char target[64];
      ssize_t length
          = readlinkat (fd, entry->d_name, target, sizeof target - 1);
      unsigned long inode;

      target[length < 0 ? 0 : length] = '\0';
      if (sscanf (target, "socket:[%lu]", &inode) == 1 && inode != 0)
        note (owners, count, inode, (pid_t) atoi (pid));
    }
  closedir (fds);
}

void
socket_owners_find (struct socket_owner *owners, size_t count)
{
  DIR *proc = count == 0 ? NULL : opendir ("/proc");
  struct dirent *entry;

  if (proc == NULL)
    return;
  qsort (owners, count, sizeof *owners, compare);
  while ((entry = readdir (proc)) != NULL)
    if (entry->d_name[0] >= '1' && entry->d_name[0] <= '9')
      look_at (dirfd (proc), entry->d_name, owners, count);
  closedir (proc);
}

char *
process_name (pid_t pid)
{
  char name[64];

  if (process_head (pid, "comm", name, sizeof name) <= 0)
    return NULL;
  /* any other line feed is the process's own */
  return xstrndup (name, strlen (name) - (strlen (name) > 0));
}

char *
process_container (pid_t pid)
{
  static const char digits[] = "0123456789abcdef";
  char text[4096];

  if (process_head (pid, "cgroup", text, sizeof text) <= 0)
    return NULL;
  for (const char *at = text; *at != '\0';)
    {
      size_t length = strspn (at, digits);

      if (length == 64)
        return xstrndup (at, length);
      at += length + (at[length] != '\0');
    }
  return NULL;
}

char *
process_text (pid_t pid)
{
  cleanup_free char *name = process_name (pid);
  cleanup_free char *container = process_container (pid);

  return xasprintf ("%s (pid %d%s%.12s)", escape (name ? name : "?").text,
                    (int) pid, container ? ", container " : "",
                    container ? container : "");
}
