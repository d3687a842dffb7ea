/* SPDX-License-Identifier: Apache-2.0 */
/* Files below a root directory (an engine's configuration), changed all
 * together or not at all, and made so that it can be undone: a directory that
 * is made for them carries a mark, and goes when nothing else is in it. */
#ifndef HOSTNET_TREE_H
#define HOSTNET_TREE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>

#include "error.h"

/* In every directory that was made here.  CRI-O reads every file of its
 * directory: as TOML it is a comment. */
#define TREE_MARK ".made-by-oci-hostnet"

enum
{
  TREE_MAX_BYTES = 4 * 1024 * 1024
};

struct tree_file
{
  char *text; /* owned; NULL: not there */
  size_t length;
  struct stat status;
};
#define TREE_FILE_INIT                                                        \
  {                                                                           \
    NULL, 0, { 0 }                                                            \
  }
#define cleanup_tree_file __attribute__ ((cleanup (tree_file_clear)))

struct tree
{
  int root, lock;                  /* LOCK: -1 while it is not taken */
  char *name;                      /* for messages: "" for "/", owned */
  bool (*ours) (const char *path); /* whether it is a file of ours */
  struct tree_step *steps;
  size_t count, capacity;
};
#define TREE_INIT                                                             \
  {                                                                           \
    -1, -1, NULL, NULL, NULL, 0, 0                                            \
  }
#define cleanup_tree __attribute__ ((cleanup (tree_clear)))

int tree_open (const char *root, bool (*ours) (const char *path),
               struct tree *tree, struct error *err);
/* Waits until no other process has the root, and keeps it until
 * tree_clear(): what is read from now on is what tree_commit() finds. */
int tree_lock (struct tree *tree, struct error *err);
void tree_clear (struct tree *tree);
void tree_file_clear (struct tree_file *file);

/* PATH (absolute, taken below the root) as a person finds it. */
char *tree_shown (const struct tree *tree, const char *path);

/* What a killed process has left beside PATH of its unfinished steps goes.
 * Under the lock only: nobody else's steps are unfinished then. */
int tree_sweep (const struct tree *tree, const char *path, struct error *err);

/* > 0: there; 0: not; negative: refused, a symbolic link on the way too, since
 * what it leads to is not what was asked for. */
int tree_read (const struct tree *tree, const char *path,
               struct tree_file *file, struct error *err);

/* The same for what is only looked at: links are followed below the root. */
int tree_look (const struct tree *tree, const char *path,
               struct tree_file *file, struct error *err);

/* The names in the directory PATH that end in SUFFIX, sorted, without the
 * directories; none when it is
 * not there.  The caller frees each and the list. */
int tree_list (const struct tree *tree, const char *path, const char *suffix,
               char ***names, size_t *count, struct error *err);

/* What tree_commit() is to do, in this order.  OLD is what was read of the
 * file: when somebody writes it meanwhile, it is left to him. */
void tree_create (struct tree *tree, const char *path, const char *text);
/* The old file itself stays as KEPT, beside the new one, or goes (NULL). */
void tree_replace (struct tree *tree, const char *path,
                   const struct tree_file *old, const char *text,
                   const char *kept);
/* KEPT takes the place of PATH again. */
void tree_restore (struct tree *tree, const char *path,
                   const struct tree_file *old, const char *kept);
void tree_remove (struct tree *tree, const char *path,
                  const struct tree_file *old);
/* The marked directories on the way to PATH go, when nothing else is there. */
void tree_tidy (struct tree *tree, const char *path);

/* On failure everything is as it was. */
int tree_commit (struct tree *tree, struct error *err);

#endif
