/* SPDX-License-Identifier: Apache-2.0 */
/* A file that takes the place of another only when all of it is on the disk.
 */
#ifndef HOSTNET_STORE_H
#define HOSTNET_STORE_H

#include <stddef.h>
#include <sys/stat.h>

/* A new, empty file in DIRECTORY that only we can read, named after NAME; its
 * name in *TEMPORARY, owned by the caller on failure too.  A descriptor, or
 * negative with errno. */
int store_temporary (int directory, const char *name, char **temporary);

/* TEXT with the mode and the owner of LIKE, and the security label of the file
 * LABELLED (-1: none), on the disk; negative with errno. */
int store_fill (int fd, const char *text, size_t length,
                const struct stat *like, int labelled);

#endif
