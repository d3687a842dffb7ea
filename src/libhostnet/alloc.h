/* SPDX-License-Identifier: Apache-2.0 */
/* Memory that is there or the program aborts, and what goes with its variable.
 * error.h brings this along. */
#ifndef HOSTNET_ALLOC_H
#define HOSTNET_ALLOC_H

#include <stdarg.h>
#include <stddef.h>

/* The caller frees. */
#define returns_memory __attribute__ ((returns_nonnull))
void *xmalloc (size_t size) returns_memory;
void *xcalloc (size_t count, size_t size) returns_memory; /* zeroed */
void *xrealloc (void *old, size_t size) returns_memory;
char *xstrndup (const char *text, size_t length) returns_memory;
char *xasprintf (const char *format, ...) returns_memory
    __attribute__ ((format (printf, 1, 2)));
char *xvasprintf (const char *format, va_list arguments)
    __attribute__ ((format (printf, 1, 0)));

/* For variables: free (3) what it points to, close (2) what is no negative
 * number and keep errno, when it goes out of scope. */
#define cleanup_free __attribute__ ((cleanup (cleanup_freep)))
#define cleanup_close __attribute__ ((cleanup (cleanup_closep)))
void cleanup_freep (void *pointer_to_pointer);
void cleanup_closep (int *fd);

#endif
