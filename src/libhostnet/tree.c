/* SPDX-License-Identifier: Apache-2.0 */
/* Finding and reading; tree_change.c writes. */
#include <config.h>

#include "tree.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "io.h"
#include "tree_parts.h"

int
tree_open (const char *root, bool (*ours) (const char *path),
           struct tree *tree, struct error *err)
{
  size_t length = strlen (root);

  while (length > 0 && root[length - 1] == '/')
    length--;
  tree->name = xstrndup (root, length);
  tree->ours = ours;
  tree->root = open (root, O_PATH | O_DIRECTORY | O_CLOEXEC);
  if (tree->root < 0)
    return error_system (err, errno, SENTENCE_configure_root,
                         escape (root).text);
  return 0;
}

/* The directory itself is locked, so that no lock file is left behind. */
int
tree_lock (struct tree *tree, struct error *err)
{
  int failed = -1;

  tree->lock = openat (tree->root, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (tree->lock >= 0)
    do
      failed = flock (tree->lock, LOCK_EX);
    while (failed < 0 && errno == EINTR);
  return failed < 0 ? error_system (err, errno, SENTENCE_configure_lock,
                                    tree_name_part (tree, "/", 1).text)
                    : 0;
}

void
tree_clear (struct tree *tree)
{
  for (size_t i = 0; i < tree->count; i++)
    {
      cleanup_closep (&tree->steps[i].directory);
      free (tree->steps[i].path);
      free (tree->steps[i].text);
      free (tree->steps[i].kept);
      free (tree->steps[i].aside);
    }
  free (tree->steps);
  free (tree->name);
  cleanup_closep (&tree->lock);
  cleanup_closep (&tree->root);
  *tree = (struct tree)TREE_INIT;
}

void
tree_file_clear (struct tree_file *file)
{
  free (file->text);
  *file = (struct tree_file)TREE_FILE_INIT;
}

/* Each component is escaped by itself, so that none is cut because the others
 * are long. */
struct tree_name
tree_name_part (const struct tree *tree, const char *path, size_t length)
{
  int saved = errno;
  cleanup_free char *whole
      = xasprintf ("%s%.*s", tree->name, (int) length, path);
  struct tree_name name = { "" };
  size_t filled = 0;

  for (const char *at = whole; *at != '\0';)
    {
      size_t slashes = strspn (at, "/");
      size_t part = strcspn (at + slashes, "/");

      filled += (size_t)snprintf (
          name.text + filled, sizeof name.text - filled, "%.*s%s",
          (int) slashes, at, escape_n (at + slashes, part).text);
      if (filled >= sizeof name.text)
        break;
      at += slashes + part;
    }
  errno = saved;
  return name;
}

struct tree_name
tree_name (const struct tree *tree, const char *path)
{
  return tree_name_part (tree, path, strlen (path));
}

char *
tree_shown (const struct tree *tree, const char *path)
{
  struct tree_name name = tree_name (tree, path);

  return xstrndup (name.text, strlen (name.text));
}

/* The mode is not left to the umask: rootless engines must read it. */
static int
make_directory (int parent, const char *name)
{
  static const char mark[]
      = "# `oci-hostnet configure` made this directory; --undo removes it.\n";
  cleanup_close int directory = -1;
  cleanup_close int fd = -1;

  if (mkdirat (parent, name, 0755) < 0)
    return -1;
  directory
      = openat (parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  if (directory >= 0)
    fd = openat (directory, TREE_MARK,
                 O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);
  if (fd >= 0 && fchmod (directory, 0755) == 0
      && write_all (fd, mark, sizeof mark - 1) == 0 && fchmod (fd, 0644) == 0)
    return 0;
  if (fd >= 0)
    unlinkat (directory, TREE_MARK, 0);
  unlinkat (parent, name, AT_REMOVEDIR);
  return -1;
}

static bool
is_link (int directory, const char *name)
{
  struct stat status;

  return fstatat (directory, name, &status, AT_SYMLINK_NOFOLLOW) == 0
         && S_ISLNK (status.st_mode);
}

int
tree_directory (const struct tree *tree, const char *path, bool make,
                int *directory, const char **name, struct error *err)
{
  static const int flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
  const char *at = path + 1, *slash;
  cleanup_close int next = openat (tree->root, ".", flags);

  if (next < 0)
    return error_system (err, errno, SENTENCE_configure_unreadable,
                         tree_name_part (tree, path, 1).text);
  for (; (slash = strchr (at, '/')) != NULL; at = slash + 1)
    {
      cleanup_free char *part = xstrndup (at, (size_t) (slash - at));
      cleanup_close int parent = next;
      size_t length = (size_t) (slash - path);

      next = openat (parent, part, flags);
      if (next < 0 && errno == ENOENT && make)
        {
          if (make_directory (parent, part) < 0)
            return error_system (err, errno, SENTENCE_configure_unwritable,
                                 tree_name_part (tree, path, length).text);
          next = openat (parent, part, flags);
        }
      if (next < 0 && errno == ENOENT)
        return 0;
      if (next < 0 && is_link (parent, part))
        return error_refuse (err, SENTENCE_configure_link,
                             tree_name_part (tree, path, length).text);
      if (next < 0)
        return error_system (err, errno, SENTENCE_configure_unreadable,
                             tree_name_part (tree, path, length).text);
    }
  *name = at;
  *directory = next;
  next = -1;
  return 1;
}

/* FD is consumed. */
static int
read_fd (const struct tree *tree, const char *path, int fd,
         struct tree_file *file, struct error *err)
{
  cleanup_close int own = fd;
  int failed;

  if (fstat (fd, &file->status) < 0)
    return error_system (err, errno, SENTENCE_configure_unreadable,
                         tree_name (tree, path).text);
  if (!S_ISREG (file->status.st_mode))
    return error_refuse (err, SENTENCE_configure_not_regular,
                         tree_name (tree, path).text);
  failed = read_all (own, TREE_MAX_BYTES, &file->text, &file->length);
  if (failed > 0)
    return error_refuse (err, SENTENCE_config_big, tree_name (tree, path).text,
                         TREE_MAX_BYTES);
  if (failed < 0)
    return error_system (err, errno, SENTENCE_configure_unreadable,
                         tree_name (tree, path).text);
  /* Nothing here can handle a NUL, and no configuration has one. */
  if (memchr (file->text, '\0', file->length) != NULL)
    return error_refuse (err, SENTENCE_configure_not_regular,
                         tree_name (tree, path).text);
  return 1;
}

int
tree_read (const struct tree *tree, const char *path, struct tree_file *file,
           struct error *err)
{
  const char *name;
  cleanup_close int directory = -1;
  int fd, there = tree_directory (tree, path, false, &directory, &name, err);

  if (there <= 0)
    return there;
  fd = openat (directory, name,
               O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
  if (fd < 0 && errno == ENOENT)
    return 0;
  if (fd < 0 && errno == ELOOP)
    return error_refuse (err, SENTENCE_configure_link,
                         tree_name (tree, path).text);
  if (fd < 0)
    return error_system (err, errno, SENTENCE_configure_unreadable,
                         tree_name (tree, path).text);
  return read_fd (tree, path, fd, file, err);
}

/* Links mean what they mean to the engine, whose root this is. */
static int
open_below (const struct tree *tree, const char *path, int flags)
{
  struct open_how how = { .flags = (unsigned long long)(flags | O_CLOEXEC),
                          .resolve = RESOLVE_IN_ROOT };

  return (int) syscall (SYS_openat2, tree->root, path, &how, sizeof how);
}

int
tree_look (const struct tree *tree, const char *path, struct tree_file *file,
           struct error *err)
{
  int fd = open_below (tree, path, O_RDONLY | O_NONBLOCK | O_NOCTTY);

  if (fd < 0 && (errno == ENOENT || errno == ENOTDIR))
    return 0;
  if (fd < 0)
    return error_system (err, errno, SENTENCE_configure_unreadable,
                         tree_name (tree, path).text);
  return read_fd (tree, path, fd, file, err);
}

static int
compare_names (const void *a, const void *b)
{
  return strcmp (*(char *const *)a, *(char *const *)b);
}

int
tree_list (const struct tree *tree, const char *path, const char *suffix,
           char ***names, size_t *count, struct error *err)
{
  int fd = open_below (tree, path, O_RDONLY | O_DIRECTORY);
  size_t tail = strlen (suffix);
  struct dirent *entry;
  DIR *directory;

  *names = NULL;
  *count = 0;
  if (fd < 0 && (errno == ENOENT || errno == ENOTDIR))
    return 0;
  directory = fd < 0 ? NULL : fdopendir (fd);
  if (directory == NULL)
    {
      int result = error_system (err, errno, SENTENCE_configure_unreadable,
                                 tree_name (tree, path).text);

      cleanup_closep (&fd);
      return result;
    }
  while ((entry = readdir (directory)) != NULL)
    {
      size_t length = strlen (entry->d_name);

      if (entry->d_type == DT_DIR || length < tail
          || strcmp (entry->d_name + length - tail, suffix) != 0)
        continue;
      *names = xrealloc (*names, (*count + 1) * sizeof **names);
      (*names)[(*count)++] = xstrndup (entry->d_name, length);
    }
  closedir (directory);
  if (*count > 0)
    qsort (*names, *count, sizeof **names, compare_names);
  return 0;
}

/* `.NAME.oci-hostnet-PID-N` of store_temporary(), and `-old` of tree_change.c.
 */
static bool
is_temporary (const char *entry, const char *name)
{
  cleanup_free char *start = xasprintf (".%s.oci-hostnet-", name);
  size_t length = strlen (start), digits;

  if (strncmp (entry, start, length) != 0)
    return false;
  entry += length;
  digits = strspn (entry, "0123456789");
  if (digits == 0 || entry[digits] != '-')
    return false;
  entry += digits + 1;
  digits = strspn (entry, "0123456789");
  return strcmp (entry, "old") == 0 || (digits > 0 && entry[digits] == '\0');
}

/* What cannot be removed is tried again the next time. */
static void
sweep (DIR *entries, const char *name)
{
  struct dirent *entry;
  struct stat status;

  while ((entry = readdir (entries)) != NULL)
    if (is_temporary (entry->d_name, name)
        && fstatat (dirfd (entries), entry->d_name, &status,
                    AT_SYMLINK_NOFOLLOW)
               == 0
        && S_ISREG (status.st_mode) && status.st_uid == geteuid ())
      unlinkat (dirfd (entries), entry->d_name, 0);
}

int
tree_sweep (const struct tree *tree, const char *path, struct error *err)
{
  const char *name;
  cleanup_close int directory = -1;
  int there = tree_directory (tree, path, false, &directory, &name, err);
  DIR *entries = there > 0 ? fdopendir (directory) : NULL;

  if (entries == NULL)
    return there < 0 ? -1 : 0;
  directory = -1;
  sweep (entries, name);
  closedir (entries);
  return 0;
}
