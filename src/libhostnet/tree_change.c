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
      tree->steps = xrealloc (tree->steps,
                              tree->capacity * sizeof *tree->steps);
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
tree_replace (struct tree *tree, const char *path,
              const struct tree_file *old, const char *text, const char *kept)
{
  add (tree, TREE_REPLACE, path, old, text, kept);
}

void
tree_restore (struct tree *tree, const char *path,
              const struct tree_file *old, const char *kept)
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
  if (store_fill (fd, step->text, strlen (step->text), &step->status,
                  labelled)
      == 0)
    return 0;
  failure = errno;
  unlinkat (step->directory, *temporary, 0);
  errno = failure;
  return -1;
}

static int
create (struct tree_step *step)
{
  cleanup_free char *temporary = NULL;
  int result, failure;

  if (write_temporary (step, -1, &temporary) < 0)
    return -1;
  /* Not rename: a file that came meanwhile is another's. */
  result = linkat (step->directory, temporary, step->directory, step->name, 0);
  failure = errno;
  unlinkat (step->directory, temporary, 0);
  errno = failure;
  return result;
}

static int
replace (struct tree_step *step)
{
  cleanup_free char *temporary = NULL;
  const char *aside = step->kept ? step->kept : step->aside;
  cleanup_close int old
      = openat (step->directory, step->name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
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
  if (renameat (step->directory, step->kept, step->directory, step->name)
      == 0)
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

/* Empty but for the mark, the mark goes; true when the directory can go too.
 * With something of ours in it the mark stays for its --undo; what others have
 * put there keeps the directory, which is theirs then. */
static bool
unmark (const struct tree *tree, int directory, const char *path)
{
  int copy = openat (directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  DIR *entries = copy < 0 ? NULL : fdopendir (copy);
  bool others = false, of_ours = false;
  struct dirent *entry;

  if (entries == NULL)
    {
      cleanup_closep (&copy);
      return false;
    }
  while ((entry = readdir (entries)) != NULL)
    {
      cleanup_free char *inside = xasprintf ("%s/%s", path, entry->d_name);

      if (strcmp (entry->d_name, ".") == 0 || strcmp (entry->d_name, "..") == 0
          || strcmp (entry->d_name, TREE_MARK) == 0)
        continue;
      if (tree->ours (inside))
        of_ours = true;
      else
        others = true;
    }
  closedir (entries);
  if (!of_ours)
    unlinkat (directory, TREE_MARK, 0);
  return !of_ours && !others;
}

static void
tidy (const struct tree *tree, const char *path)
{
  cleanup_free char *at = xstrndup (path, strlen (path));
  struct stat status;
  char *slash;

  while ((slash = strrchr (at, '/')) != NULL && slash != at)
    {
      cleanup_close int parent = -1;
      cleanup_close int directory = -1;
      const char *name;

      *slash = '\0';
      if (tree_directory (tree, at, false, &parent, &name, NULL) < 0)
        return;
      if (parent < 0)
        continue;
      directory = openat (parent, name,
                          O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
      if (directory >= 0
          && (fstatat (directory, TREE_MARK, &status, AT_SYMLINK_NOFOLLOW) < 0
              || !unmark (tree, directory, at)
              || unlinkat (parent, name, AT_REMOVEDIR) < 0))
        return;
    }
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
        result = tree_failed (tree, step->path, strlen (step->path),
                              SENTENCE_configure_half, err);
      if (step->kind == TREE_CREATE)
        tidy (tree, step->path);
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
      return tree_failed (tree, step->path, strlen (step->path),
                          SENTENCE_configure_unwritable, err);
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
               ? tree_refused (tree, step->path, strlen (step->path),
                               SENTENCE_configure_changed, err)
               : tree_failed (tree, step->path, strlen (step->path),
                              SENTENCE_configure_unwritable, err);
  step->done = true;
  /* The new name on the disk, too. */
  if (fsync (step->directory) < 0)
    return tree_failed (tree, step->path, strlen (step->path),
                        SENTENCE_configure_unwritable, err);
  return 0;
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
  for (size_t i = 0; i < tree->count; i++)
    {
      const struct tree_step *step = &tree->steps[i];

      if (step->kind == TREE_TIDY)
        tidy (tree, step->path);
      else if (step->kind == TREE_RESTORE || step->kind == TREE_REMOVE
               || (step->kind == TREE_REPLACE && step->kept == NULL))
        unlinkat (step->directory, step->aside, 0);
    }
  return 0;
}
