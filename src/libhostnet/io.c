/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "io.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "error.h"

/* How much to make room for: a file's size, and one byte for its end to be seen
 * without more room; of what has no size nothing is known. */
static size_t
room_for (int fd, size_t limit)
{
  struct stat status;

  if (fstat (fd, &status) < 0 || status.st_size <= 0)
    return 64 * 1024;
  return ((size_t) status.st_size < limit ? (size_t) status.st_size : limit)
         + 1;
}

int
read_all (int fd, size_t limit, char **text, size_t *length)
{
  size_t capacity = room_for (fd, limit), filled = 0;
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
