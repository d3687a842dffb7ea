/* SPDX-License-Identifier: Apache-2.0 */
/* Absolute paths as text: nothing here looks at the disk. */
#ifndef HOSTNET_PATHS_H
#define HOSTNET_PATHS_H

#include <stdbool.h>

/* Whether PATH is DIRECTORY or lies below it; both are absolute, without `..`
 * and without a slash at the end but for "/" itself. */
bool path_is_below (const char *path, const char *directory);

/* Whether a component of it is `..`; it need not be absolute. */
bool path_has_parent (const char *path);

/* Takes back, in place, what proc(5) does to names in mountinfo: space, tab,
 * newline and backslash stand there as \ooo. */
void path_unescape (char *text);

/* Whether it is UTF-8 (RFC 3629), as a name of the kernel need not be. */
bool path_is_utf8 (const char *path);

#endif
