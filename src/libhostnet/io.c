/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "io.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "error.h"

int
read_all (int fd, size_t limit, char **text, size_t *length)
{
  size_t capacity = 64 * 1024, filled = 0;
  char *buffer = xmalloc (capacity + 1);

  for (;;)
    {
      ssize_t got = read (fd, buffer + filled, capacity - filled);

      if (got < 0 && errno == EINTR)
        continue;
      if (got < 0)
        {
          free (buffer);
          return -1;
        }
      if (got == 0)
        break;
      filled += (size_t) got;
      if (filled > limit)
        {
          free (buffer);
          return 1;
        }
      if (filled == capacity)
        {
          capacity *= 2;
          buffer = xrealloc (buffer, capacity + 1);
        }
    }
  buffer[filled] = '\0';
  *text = buffer;
  *length = filled;
  return 0;
}

int
write_all (int fd, const char *text, size_t length)
{
  while (length > 0)
    {
      ssize_t written = write (fd, text, length);

      if (written < 0 && errno == EINTR)
        continue;
      if (written < 0)
        return -1;
      text += written;
      length -= (size_t)written;
    }
  return 0;
}
