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

#endif
