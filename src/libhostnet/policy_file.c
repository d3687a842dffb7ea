/* SPDX-License-Identifier: Apache-2.0 */
/* The policy's files: who may have written them, and their text. */
#include <config.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "io.h"
#include "policy_parts.h"
#include "userns.h"

/* ---- who may have written it ---- */

/* As many as the kernel follows, path_resolution(7). */
enum { MAX_LINKS = 40 };

/* The path is walked here, one component after the other, and not by the
 * kernel: so every directory is checked that leads to the file, those that
 * only a symbolic link names too, and what is checked is what is used. */
struct walk
{
  int dir;        /* where the walk is, O_PATH */
  char *where;    /* its name for messages, "" for the root */
  char *left;     /* what is still to be walked */
  size_t given;   /* so much at the end of LEFT is not from a symbolic link */
  unsigned links; /* followed so far */
  uid_t root;     /* who must own it all */
  char *unsafe;   /* the first reason not to trust it, or NULL */
};

/* An ACL that lets others write shows in the bits of the group, acl(5). */
static void
check_owner (struct walk *walk, const struct stat *st, const char *name)
{
  bool foreign = st->st_uid != walk->root;
  bool writable
      = !S_ISLNK (st->st_mode) && (st->st_mode & (S_IWGRP | S_IWOTH));
  cleanup_free char *path = NULL;

  if (walk->unsafe != NULL || (!foreign && !writable))
    return;
  path = xasprintf ("%s/%s", walk->where, name);
  if (foreign)
    walk->unsafe = xasprintf ("`%s` is owned by the user %u%s",
                              escape (path).text, (unsigned) st->st_uid,
                              userns_overflow_owner () != 0
                                  ? " of our user namespace"
                                  : "");
  else
    walk->unsafe = xasprintf ("`%s` is writable by %s", escape (path).text,
                              st->st_mode & S_IWOTH ? "others" : "its group");
}

static void
enter (struct walk *walk, int dir, const char *name)
{
  char *where = name ? xasprintf ("%s/%s", walk->where, name)
                     : xstrndup ("", 0);

  cleanup_closep (&walk->dir);
  walk->dir = dir;
  free (walk->where);
  walk->where = where;
}

static int
enter_root (struct walk *walk)
{
  struct stat st;
  cleanup_close int dir = open ("/", O_PATH | O_DIRECTORY | O_CLOEXEC);

  if (dir < 0 || fstat (dir, &st) < 0)
    return -1;
  enter (walk, dir, NULL);
  dir = -1;
  /* In a user namespace the host's root seems to be the overflow user, and 0 a
   * user of the host's; unless it is that of a whole system (LXC), whose root
   * is 0 there.  It is whose the root directory is. */
  walk->root = st.st_uid == userns_overflow_owner () ? st.st_uid : 0;
  check_owner (walk, &st, "");
  return 0;
}

/* Puts the target of the symbolic link LINK in front of REST. */
static int
follow (struct walk *walk, int link, const char *rest)
{
  char target[PATH_MAX];
  ssize_t length = readlinkat (link, "", target, sizeof target);
  char *left;

  if (length < 0)
    return -1;
  if (++walk->links > MAX_LINKS || (size_t) length == sizeof target)
    {
      errno = ELOOP;
      return -1;
    }
  left = xasprintf ("%.*s%s", (int) length, target, rest);
  if (walk->given > strlen (rest))
    walk->given = strlen (rest);
  free (walk->left);
  walk->left = left;
  return target[0] == '/' ? enter_root (walk) : 0;
}

/* One component.  > 0: there is more to walk; 0: *LAST is the file's name in
 * walk->dir; negative: errno, which is ENOENT only for what the path itself
 * names, and not for what a symbolic link does. */
static int
step (struct walk *walk, char **last)
{
  const char *at = walk->left + strspn (walk->left, "/");
  size_t length = strcspn (at, "/");
  cleanup_free char *name = xstrndup (at, length);
  cleanup_close int fd = -1;
  struct stat st;

  if (length == 0)
    {
      errno = EISDIR;
      return -1;
    }
  fd = openat (walk->dir, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
  if (fd < 0 && errno == ENOENT && strlen (at) > walk->given)
    errno = ENOLINK;
  if (fd < 0 || fstat (fd, &st) < 0)
    return -1;
  check_owner (walk, &st, name);
  if (S_ISLNK (st.st_mode))
    return follow (walk, fd, at + length) < 0 ? -1 : 1;
  if (at[length] == '\0')
    {
      *last = name;
      name = NULL;
      return 0;
    }
  if (!S_ISDIR (st.st_mode))
    {
      errno = ENOTDIR;
      return -1;
    }
  enter (walk, fd, name);
  fd = -1;
  memmove (walk->left, at + length, strlen (at + length) + 1);
  return 1;
}

static void
walk_clear (struct walk *walk)
{
  cleanup_closep (&walk->dir);
  free (walk->where);
  free (walk->left);
  free (walk->unsafe);
}

/* The descriptor is checked again, for what was opened: only root can have
 * changed it in between, but nothing here has to rely on that. */
static int
open_last (struct walk *walk, const char *name, const char *path,
           bool directory, struct error *err)
{
  struct stat st;
  cleanup_close int fd = -1;
  int result;

  if (walk->unsafe == NULL)
    {
      fd = openat (walk->dir, name,
                   O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
      if (fd < 0 || fstat (fd, &st) < 0)
        return error_system (err, errno, SENTENCE_policy_unreadable,
                             escape (path).text);
      check_owner (walk, &st, name);
    }
  if (walk->unsafe != NULL)
    return error_refuse (err, SENTENCE_policy_unsafe, escape (path).text,
                         walk->unsafe);
  if (directory ? !S_ISDIR (st.st_mode) : !S_ISREG (st.st_mode))
    return directory ? error_refuse (err, SENTENCE_policy_not_directory,
                                     escape (path).text)
                     : error_refuse (err, SENTENCE_policy_not_regular,
                                     escape (path).text);
  result = fd;
  fd = -1;
  return result;
}

/* > 0: there, open as *FD; 0: absent, whoever may write the directory: a
 * policy there would not have been read either. */
static int
open_trusted (const char *path, bool directory, int *fd, struct error *err)
{
  __attribute__ ((cleanup (walk_clear))) struct walk walk
      = { -1, NULL, NULL, 0, 0, 0, NULL };
  cleanup_free char *name = NULL;
  int more = 1;

  if (path[0] != '/')
    return error_system (err, EINVAL, SENTENCE_policy_unreadable,
                         escape (path).text);
  walk.left = xstrndup (path, strlen (path));
  walk.given = strlen (path);
  if (enter_root (&walk) < 0)
    more = -1;
  while (more > 0)
    more = step (&walk, &name);
  if (more < 0 && errno == ENOENT)
    return 0;
  if (more < 0)
    return error_system (err, errno == ENOLINK ? ENOENT : errno,
                         SENTENCE_policy_unreadable, escape (path).text);
  *fd = open_last (&walk, name, path, directory, err);
  return *fd < 0 ? -1 : 1;
}

/* ---- what they hold ---- */

static int
read_text (int fd, const char *path, char **text, size_t *length,
           struct error *err)
{
  int failed = read_all (fd, POLICY_MAX_BYTES, text, length);

  if (failed < 0)
    return error_system (err, errno, SENTENCE_policy_unreadable,
                         escape (path).text);
  if (failed > 0)
    return error_refuse (err, SENTENCE_policy_too_large, escape (path).text,
                         POLICY_MAX_BYTES);
  return 1;
}

int
policy_file_read (const char *path, char **text, size_t *length,
                  struct error *err)
{
  cleanup_close int fd = -1;
  int there = open_trusted (path, false, &fd, err);

  return there <= 0 ? there : read_text (fd, path, text, length, err);
}

int
policy_file_read_any (const char *path, char **text, size_t *length,
                      struct error *err)
{
  cleanup_close int fd
      = open (path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
  struct stat st;

  if (fd < 0 && errno == ENOENT)
    return 0;
  if (fd < 0 || fstat (fd, &st) < 0)
    return error_system (err, errno, SENTENCE_policy_unreadable,
                         escape (path).text);
  if (S_ISDIR (st.st_mode))
    return error_refuse (err, SENTENCE_policy_not_regular,
                         escape (path).text);
  return read_text (fd, path, text, length, err);
}

static int
by_name (const void *a, const void *b)
{
  return strcmp (*(char *const *) a, *(char *const *) b);
}

static bool
is_drop_in (const char *name)
{
  const char *end = strrchr (name, '.');

  return name[0] != '.' && end != NULL && strcmp (end, ".json") == 0;
}

int
policy_file_list (const char *directory, char ***names, size_t *count,
                  struct error *err)
{
  cleanup_close int fd = -1;
  const struct dirent *entry;
  DIR *dir;
  int failure;

  *names = NULL;
  *count = 0;
  switch (open_trusted (directory, true, &fd, err))
    {
    case 0:
      return 0;
    case 1:
      break;
    default:
      return -1;
    }
  dir = fdopendir (fd);
  if (dir == NULL)
    return error_system (err, errno, SENTENCE_policy_unreadable,
                         escape (directory).text);
  fd = -1; /* the stream's now */
  while ((errno = 0, entry = readdir (dir)) != NULL)
    if (is_drop_in (entry->d_name))
      {
        *names = xrealloc (*names, (*count + 1) * sizeof **names);
        (*names)[(*count)++] = xasprintf ("%s/%s", directory, entry->d_name);
      }
  failure = errno;
  closedir (dir);
  if (*count > 0)
    qsort (*names, *count, sizeof **names, by_name);
  return failure == 0 ? 0
                      : error_system (err, failure, SENTENCE_policy_unreadable,
                                      escape (directory).text);
}
