/* SPDX-License-Identifier: Apache-2.0 */
/* Whom a file can be trusted to come from. */
#ifndef HOSTNET_TRUST_H
#define HOSTNET_TRUST_H

#include <stdbool.h>
#include <sys/stat.h>

/* Whether others than root can write what STATUS is of.  In a user namespace
 * that does not map root, its files are the overflow user's. */
bool others_can_write (const struct stat *status);

#endif
