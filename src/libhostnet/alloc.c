/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "alloc.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void *
xcalloc (size_t count, size_t size)
{
  void *memory = calloc (count ? count : 1, size);

  if (memory == NULL)
    abort ();
  return memory;
}

void *
xrealloc (void *old, size_t size)
{
  void *memory = realloc (old, size ? size : 1);

  if (memory == NULL)
    abort ();
  return memory;
}

void *
xmalloc (size_t size)
{
  return xrealloc (NULL, size);
}

char *
xstrndup (const char *text, size_t length)
{
  char *copy = xmalloc (length + 1);

  memcpy (copy, text, length);
  copy[length] = '\0';
  return copy;
}

char *
xvasprintf (const char *format, va_list arguments)
{
  char *message = NULL;

  if (vasprintf (&message, format, arguments) < 0)
    abort ();
  return message;
}

char *
xasprintf (const char *format, ...)
{
  va_list arguments;
  char *message;

  va_start (arguments, format);
  message = xvasprintf (format, arguments);
  va_end (arguments);
  return message;
}

void
cleanup_freep (void *pointer_to_pointer)
{
  free (*(void **) pointer_to_pointer);
}

void
cleanup_closep (int *fd)
{
  int saved = errno;

  if (*fd >= 0)
    close (*fd);
  errno = saved;
}
