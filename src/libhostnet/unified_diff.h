/* SPDX-License-Identifier: Apache-2.0 */
/* Differences as diff -u shows them. */
#ifndef HOSTNET_UNIFIED_DIFF_H
#define HOSTNET_UNIFIED_DIFF_H

#include <stdio.h>

/* Writes what makes NEW of OLD, in one hunk with three lines of context, as
 * patch -p1 takes it.  OLD or NEW may be NULL: the file is not there.  PATH
 * begins with a slash. */
void unified_diff (FILE *to, const char *path, const char *old,
                   const char *new);

#endif
