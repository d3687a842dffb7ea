/* SPDX-License-Identifier: Apache-2.0 */
/* The mounts that we see (/proc/self/mountinfo, proc(5)), and which of them are
 * the kernel's own file systems. */
#ifndef HOSTNET_MOUNT_TABLE_H
#define HOSTNET_MOUNT_TABLE_H

#include <stdbool.h>
#include <stddef.h>

#include "error.h"

struct mount_point
{
  const char *path;
  const char *line; /* its own, which begins with the mount's number */
  bool kernel; /* a file system of the kernel */
};

struct mount_table
{
  char *text; /* owned, what the list points into */
  struct mount_point *list;
  size_t count, capacity;
};
#define MOUNT_TABLE_INIT { NULL, NULL, 0, 0 }
#define cleanup_mount_table __attribute__ ((cleanup (mount_table_clear)))

int mount_table_read (struct mount_table *table, struct error *err);

/* Whether PATH lies on a file system of the kernel, or, where it EXISTS, has
 * one below it. */
bool mount_table_covers (const struct mount_table *table, const char *path,
                         bool exists);

/* Whether PATH lies on or below a file system of the kernel. */
bool mount_table_within (const struct mount_table *table, const char *path);

/* The paths of the mounts below PATH that can be reached, in the order in which
 * they were made; the caller frees each and the list. */
char **mount_table_below (const struct mount_table *table, const char *path,
                          size_t *count);

void mount_table_clear (struct mount_table *table);

#endif
