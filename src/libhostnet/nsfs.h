/* SPDX-License-Identifier: Apache-2.0 */
/* Namespaces, told apart as namespaces(7) says: by device and inode. */
#ifndef HOSTNET_NSFS_H
#define HOSTNET_NSFS_H

#include <stdbool.h>

/* Whether PATH is our own namespace of TYPE ("net", "user", ...).  Negative
 * with errno when it cannot be told. */
int nsfs_is_own (const char *type, const char *path, bool *own);

/* The same of two such paths. */
int nsfs_is_same (const char *one, const char *other, bool *same);

#endif
