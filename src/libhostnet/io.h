/* SPDX-License-Identifier: Apache-2.0 */
/* Reading to the end and writing all, over interruptions and short calls. */
#ifndef HOSTNET_IO_H
#define HOSTNET_IO_H

#include <stddef.h>

/* All of FD, at most LIMIT bytes, with a NUL behind it in *TEXT, which the
 * caller frees.  Without *TEXT: > 0 when there is more, negative with errno. */
int read_all (int fd, size_t limit, char **text, size_t *length);

/* All of TEXT; negative with errno. */
int write_all (int fd, const char *text, size_t length);

#endif
