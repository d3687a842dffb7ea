/* SPDX-License-Identifier: Apache-2.0 */
/* Writing: every step leaves the old file where it can be brought back, until
 * the last one is done. */
#include <config.h>

#include "tree.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "compat.h"
#include "store.h"
#include "tree_parts.h"

static struct tree_step *
add (struct tree *tree, enum tree_kind kind, const char *path,
     const struct tree_file *old, const char *text, const char *kept)
{
  struct tree_step *step;

  if (tree->count == tree->capacity)
    {
      tree->capacity = tree->capacity ? tree->capacity * 2 : 8;
      tree->steps
          = xrealloc (tree->steps, tree->capacity * sizeof *tree->steps);
    }
  step = &tree->steps[tree->count++];
  *step = (struct tree_step){ .kind = kind, .directory = -1 };
  step->path = xstrndup (path, strlen (path));
  step->text = text ? xstrndup (text, strlen (text)) : NULL;
  step->kept = kept ? xstrndup (kept, strlen (kept)) : NULL;
  if (old != NULL)
    step->status = old->status;
  return step;
}

void
tree_create (struct tree *tree, const char *path, const char *text)
{
  struct tree_step *step = add (tree, TREE_CREATE, path, NULL, text, NULL);

  step->status.st_mode = 0644;
  step->status.st_uid = geteuid ();
  step->status.st_gid = getegid ();
}

void
tree_replace (struct tree *tree, const char *path, const struct tree_file *old,
              const char *text, const char *kept)
{
  add (tree, TREE_REPLACE, path, old, text, kept);
}

void
tree_restore (struct tree *tree, const char *path, const struct tree_file *old,
              const char *kept)
{
  add (tree, TREE_RESTORE, path, old, NULL, kept);
}

void
tree_remove (struct tree *tree, const char *path, const struct tree_file *old)
{
  add (tree, TREE_REMOVE, path, old, NULL, NULL);
}

void
tree_tidy (struct tree *tree, const char *path)
{
  const struct tree_step *last
      = tree->count > 0 ? &tree->steps[tree->count - 1] : NULL;
  size_t directory = (size_t) (strrchr (path, '/') - path);

  if (last != NULL && last->kind == TREE_TIDY
      && strrchr (last->path, '/') == last->path + directory
      && strncmp (last->path, path, directory) == 0)
    return;
  add (tree, TREE_TIDY, path, NULL, NULL, NULL);
}

/* ---- the steps: 0, or -1 with errno and nothing changed ---- */

/* The file that was read, and not what somebody has written since. */
static int
is_as_read (const struct tree_step *step)
{
  struct stat now;

  if (fstatat (step->directory, step->name, &now, AT_SYMLINK_NOFOLLOW) < 0)
    return -1;
  if (now.st_ino == step->status.st_ino && now.st_dev == step->status.st_dev
      && now.st_size == step->status.st_size
      && now.st_mtim.tv_sec == step->status.st_mtim.tv_sec
      && now.st_mtim.tv_nsec == step->status.st_mtim.tv_nsec)
    return 0;
  errno = ESTALE;
  return -1;
}

/* The old file under a second name.  A name of ours that is there already is a
 * killed process's. */
static int
link_aside (struct tree_step *step, const char *aside)
{
  if (linkat (step->directory, step->name, step->directory, aside, 0) == 0)
    return 0;
  if (errno != EEXIST || unlinkat (step->directory, aside, 0) < 0)
    return -1;
  return linkat (step->directory, step->name, step->directory, aside, 0);
}

/* TEXT as a finished file in *TEMPORARY. */
static int
write_temporary (const struct tree_step *step, int labelled, char **temporary)
{
  cleanup_close int fd
      = store_temporary (step->directory, step->name, temporary);
  int failure;

  if (fd < 0)
    return -1;
  if (store_fill (fd, step->text, strlen (step->text), &step->status, labelled)
      == 0)
    return 0;
  failure = errno;
  unlinkat (step->directory, *temporary, 0);
  errno = failure;
  return -1;
}

/* Never over another's file.  Some file systems cannot be asked for that. */
static int
rename_to_new (int directory, const char *from, const char *to)
{
  if (renameat2 (directory, from, directory, to, RENAME_NOREPLACE) == 0)
    return 0;
  return errno == EINVAL ? renameat (directory, from, directory, to) : -1;
}

static int
create (struct tree_step *step)
{
  cleanup_free char *temporary = NULL;
  int failure;

  if (write_temporary (step, -1, &temporary) < 0)
    return -1;
  if (rename_to_new (step->directory, temporary, step->name) == 0)
    return 0;
  failure = errno;
  unlinkat (step->directory, temporary, 0);
  errno = failure;
  return -1;
}

static int
replace (struct tree_step *step)
{
  cleanup_free char *temporary = NULL;
  const char *aside = step->kept ? step->kept : step->aside;
  cleanup_close int old = openat (step->directory, step->name,
                                  O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
  int failure;

  if (old < 0 || is_as_read (step) < 0
      || write_temporary (step, old, &temporary) < 0)
    return -1;
  if (link_aside (step, aside) == 0)
    {
      if (renameat (step->directory, temporary, step->directory, step->name)
          == 0)
        return 0;
      failure = errno;
      unlinkat (step->directory, aside, 0);
      errno = failure;
    }
  failure = errno;
  unlinkat (step->directory, temporary, 0);
  errno = failure;
  return -1;
}

static int
restore (struct tree_step *step)
{
  int failure;

  if (is_as_read (step) < 0 || link_aside (step, step->aside) < 0)
    return -1;
  if (renameat (step->directory, step->kept, step->directory, step->name) == 0)
    return 0;
  failure = errno;
  unlinkat (step->directory, step->aside, 0);
  errno = failure;
  return -1;
}

static int
take_away (struct tree_step *step)
{
  return is_as_read (step) < 0 ? -1
                               : renameat (step->directory, step->name,
                                           step->directory, step->aside);
}

static int
perform (struct tree_step *step)
{
  switch (step->kind)
    {
    case TREE_CREATE:
      return create (step);
    case TREE_REPLACE:
      return replace (step);
    case TREE_RESTORE:
      return restore (step);
    case TREE_REMOVE:
      return take_away (step);
    default:
      return 0;
    }
}

/* ---- the way back ---- */

static int
take_back (const struct tree_step *step)
{
  int d = step->directory;

  switch (step->kind)
    {
    case TREE_CREATE:
      return unlinkat (d, step->name, 0);
    case TREE_REPLACE:
      return renameat (d, step->kept ? step->kept : step->aside, d,
                       step->name);
    case TREE_RESTORE:
      if (renameat (d, step->name, d, step->kept) < 0)
        return -1;
      return renameat (d, step->aside, d, step->name);
    case TREE_REMOVE:
      return renameat (d, step->aside, d, step->name);
    default:
      return 0;
    }
}

/* > 0: it is a directory that was made here; negative: errno. */
static int
is_marked (int directory, const char *name)
{
  cleanup_free char *mark = xasprintf ("%s/%s", name, TREE_MARK);
  struct stat status;

  if (fstatat (directory, mark, &status, AT_SYMLINK_NOFOLLOW) == 0)
    return 1;
  return errno == ENOENT || errno == ENOTDIR ? 0 : -1;
}

enum directory_fate
{
  DIRECTORY_STAYS,
  DIRECTORY_GOES,
  DIRECTORY_FAILED
};

/* Without anything of ours in it the mark goes, or else it stays for the next
 * --undo.  What others have put there keeps the directory, and it is theirs
 * then. */
static enum directory_fate
unmark (const struct tree *tree, int directory, const char *path)
{
  int copy = openat (directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  DIR *entries = copy < 0 ? NULL : fdopendir (copy);
  bool others = false, ours = false;
  struct dirent *entry;

  if (entries == NULL)
    {
      cleanup_closep (&copy);
      return DIRECTORY_FAILED;
    }
  errno = 0;
  while ((entry = readdir (entries)) != NULL)
    {
      const char *name = entry->d_name;
      cleanup_free char *inside = xasprintf ("%s/%s", path, name);

      if (strcmp (name, ".") == 0 || strcmp (name, "..") == 0
          || strcmp (name, TREE_MARK) == 0)
        continue;
      if (tree->ours (inside) || is_marked (directory, name) != 0)
        ours = true;
      else
        others = true;
      errno = 0;
    }
  if (errno != 0)
    {
      int failure = errno;

      closedir (entries);
      errno = failure;
      return DIRECTORY_FAILED;
    }
  closedir (entries);
  if (ours)
    return DIRECTORY_STAYS;
  if (unlinkat (directory, TREE_MARK, 0) < 0)
    return DIRECTORY_FAILED;
  return others ? DIRECTORY_STAYS : DIRECTORY_GOES;
}

/* What has nothing to do any more and cannot be removed is named. */
static int
litter (const struct tree *tree, const char *path, struct error *err)
{
  return error_system (err, errno, SENTENCE_configure_litter,
                       tree_name (tree, path).text);
}

static int
tidy (const struct tree *tree, const char *path, struct error *err)
{
  cleanup_free char *at = xstrndup (path, strlen (path));
  char *slash;

  while ((slash = strrchr (at, '/')) != NULL && slash != at)
    {
      cleanup_close int parent = -1;
      cleanup_close int directory = -1;
      const char *name;
      int there;

      *slash = '\0';
      there = tree_directory (tree, at, false, &parent, &name, NULL);
      if (there > 0)
        there = is_marked (parent, name);
      if (there == 0)
        continue;
      if (there > 0)
        directory = openat (parent, name,
                            O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
      if (directory < 0)
        return litter (tree, at, err);
      switch (unmark (tree, directory, at))
        {
        case DIRECTORY_STAYS:
          break;
        case DIRECTORY_FAILED:
          return litter (tree, at, err);
        case DIRECTORY_GOES:
          if (unlinkat (parent, name, AT_REMOVEDIR) < 0)
            return litter (tree, at, err);
        }
    }
  return 0;
}

/* ---- all of them ---- */

static int
roll_back (struct tree *tree, size_t count, struct error *err)
{
  int result = 0;

  while (count-- > 0)
    {
      struct tree_step *step = &tree->steps[count];

      if (step->done && take_back (step) < 0)
        result = error_system (err, errno, SENTENCE_configure_half,
                               tree_name (tree, step->path).text);
      if (step->kind == TREE_CREATE)
        tidy (tree, step->path, NULL);
    }
  return result;
}

static int
prepare (struct tree *tree, struct tree_step *step, struct error *err)
{
  int there = tree_directory (tree, step->path, step->kind == TREE_CREATE,
                              &step->directory, &step->name, err);

  if (there == 0)
    {
      errno = ENOENT;
      return error_system (err, errno, SENTENCE_configure_unwritable,
                           tree_name (tree, step->path).text);
    }
  step->aside = xasprintf (".%s.oci-hostnet-%d-old",
                           there > 0 ? step->name : "", (int) getpid ());
  return there < 0 ? -1 : 0;
}

static int
do_step (struct tree *tree, struct tree_step *step, struct error *err)
{
  if (step->kind == TREE_TIDY)
    return 0;
  if (prepare (tree, step, err) < 0)
    return -1;
  if (perform (step) < 0)
    return errno == ESTALE
               ? error_refuse (err, SENTENCE_configure_changed,
                               tree_name (tree, step->path).text)
               : error_system (err, errno, SENTENCE_configure_unwritable,
                               tree_name (tree, step->path).text);
  step->done = true;
  /* The new name on the disk, too. */
  if (fsync (step->directory) < 0)
    return error_system (err, errno, SENTENCE_configure_unwritable,
                         tree_name (tree, step->path).text);
  return 0;
}

/* The old files that waited, and the directories. */
static int
finish (struct tree *tree, struct error *err)
{
  int result = 0;

  for (size_t i = 0; i < tree->count; i++)
    {
      const struct tree_step *step = &tree->steps[i];
      cleanup_free char *old = xasprintf (
          "%.*s%s", (int) (step->name ? step->name - step->path : 0),
          step->path, step->aside ? step->aside : "");

      if ((step->kind == TREE_RESTORE || step->kind == TREE_REMOVE
           || (step->kind == TREE_REPLACE && step->kept == NULL))
          && unlinkat (step->directory, step->aside, 0) < 0)
        result = litter (tree, old, err);
    }
  for (size_t i = 0; i < tree->count; i++)
    if (tree->steps[i].kind == TREE_TIDY
        && tidy (tree, tree->steps[i].path, result == 0 ? err : NULL) < 0)
      result = -1;
  return result;
}

int
tree_commit (struct tree *tree, struct error *err)
{
  for (size_t i = 0; i < tree->count; i++)
    if (do_step (tree, &tree->steps[i], err) < 0)
      {
        roll_back (tree, i + 1, err);
        return -1;
      }
  return finish (tree, err);
}
