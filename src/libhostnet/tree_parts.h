/* SPDX-License-Identifier: Apache-2.0 */
/* What tree.c and tree_change.c share. */
#ifndef HOSTNET_TREE_PARTS_H
#define HOSTNET_TREE_PARTS_H

#include "tree.h"

enum tree_kind
{
  TREE_CREATE,
  TREE_REPLACE,
  TREE_RESTORE,
  TREE_REMOVE,
  TREE_TIDY
};

struct tree_step
{
  enum tree_kind kind;
  char *path, *text;
  char *kept;         /* a name in the same directory, or NULL */
  struct stat status; /* of what was read */
  /* while it is done */
  bool done;
  int directory;
  const char *name; /* of the file in it, part of PATH */
  char *aside;      /* where the old file waits until all is done, or NULL */
};

/* The directory of PATH in *DIRECTORY, by names that are no symbolic links;
 * MAKE: what is missing of it is made.  *NAME is the last component.  > 0:
 * there; 0: not; negative: refused. */
int tree_directory (const struct tree *tree, const char *path, bool make,
                    int *directory, const char **name, struct error *err);

/* PATH, or its first LENGTH bytes, as a person finds them; errno stays. */
struct tree_name
{
  char text[4096];
};
struct tree_name tree_name (const struct tree *tree, const char *path);
struct tree_name tree_name_part (const struct tree *tree, const char *path,
                                 size_t length);

#endif
