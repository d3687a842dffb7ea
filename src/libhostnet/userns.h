/* SPDX-License-Identifier: Apache-2.0 */
/* The user namespace that we run in. */
#ifndef HOSTNET_USERNS_H
#define HOSTNET_USERNS_H

#include <stdbool.h>
#include <sys/types.h>

/* 0, or -1 with errno when it cannot be told. */
int userns_is_initial (bool *initial);

/* Where the namespace does not map root, root's files seem to belong to the
 * overflow user: that uid, or 0 in the initial one, where it is a user like
 * any other. */
uid_t userns_overflow_owner (void);

enum { USERNS_LEVELS = 34 }; /* user_namespaces(7): at most 32 nest */

/* The user namespaces whose capabilities count in our network namespace: the
 * one that owns it, and those above.  Where the owner is out of our sight, as
 * for rootless users, none of ours does: the initial one is in it always. */
struct userns_reach
{
  ino_t list[USERNS_LEVELS];
  size_t count;
};

/* 0, or -1 with errno when it cannot be told. */
int userns_reach (struct userns_reach *reach);
bool userns_reaches (const struct userns_reach *reach, ino_t user_namespace);

/* The inode of the user namespace at PATH; -1 with errno, EINVAL when it is
 * none. */
int userns_inode (const char *path, ino_t *inode);

/* The inode of the user namespace that owns the namespace at PATH, 0 when it is
 * out of our sight; -1 with errno. */
int userns_owner (const char *path, ino_t *owner);

#endif
