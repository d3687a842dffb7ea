/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "trail.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "deadline.h"
#include "error.h"
#include "trail_limit.h"

/* From the beginning on, trail_limit()'s 10 among them. */
enum { WAIT_MS = 100 };

/* Who may listen, the best first.  Not sd_journal_send(3) and syslog(3): the
 * one is a library more, and both wait as long as it takes. */
static const struct listener
{
  const char *path;
  int type;
  void (*put) (const struct record *record, uint64_t suppressed,
               size_t divisor, struct json_buffer *out);
} listeners[] = {
  { "/run/systemd/journal/socket", SOCK_DGRAM, record_journal },
  { "/dev/log", SOCK_DGRAM, record_syslog },
  { "/dev/log", SOCK_STREAM, record_syslog }, /* some syslogds */
};

/* Negative with errno. */
static int
send_all (int fd, const char *text, size_t length,
          const struct timespec *start)
{
  struct pollfd room = { .fd = fd, .events = POLLOUT };

  while (length > 0)
    {
      ssize_t sent = send (fd, text, length, MSG_NOSIGNAL);
      int left;

      if (sent >= 0)
        {
          text += sent;
          length -= (size_t) sent;
          continue;
        }
      if (errno != EAGAIN && errno != EINTR)
        return -1;
      left = deadline_left (start, WAIT_MS);
      if (left == 0)
        return -1;
      if (errno == EAGAIN)
        poll (&room, 1, left);
    }
  return 0;
}

/* A datagram is one or none: the longest that fits the socket's buffer. */
static int
deliver (int fd, const struct listener *listener, const struct record *record,
         uint64_t suppressed, const struct timespec *start)
{
  struct json_buffer out = JSON_BUFFER_INIT;
  int result = -1;

  for (size_t divisor = 1; divisor <= 16; divisor *= 4)
    {
      out.length = 0;
      listener->put (record, suppressed, divisor, &out);
      if (listener->type == SOCK_STREAM)
        json_buffer_bytes (&out, "", 1); /* what ends a record there */
      result = send_all (fd, out.text, out.length, start);
      if (result == 0 || errno != EMSGSIZE)
        break;
    }
  free (out.text);
  return result;
}

static int
connect_to (const struct listener *listener)
{
  struct sockaddr_un address = { .sun_family = AF_UNIX };
  int fd = socket (AF_UNIX, listener->type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

  strcpy (address.sun_path, listener->path);
  if (fd >= 0
      && connect (fd, (struct sockaddr *) &address, sizeof address) < 0)
    {
      close (fd);
      return -1;
    }
  return fd;
}

const char *
trail_listener (void)
{
  for (size_t i = 0; i < sizeof listeners / sizeof *listeners; i++)
    {
      cleanup_close int fd = connect_to (&listeners[i]);

      if (fd >= 0)
        return listeners[i].path;
    }
  return NULL;
}

void
trail_write (const struct record *record)
{
  int saved = errno;
  uint64_t suppressed = 0;
  bool counted = false;
  struct timespec start;

  clock_gettime (CLOCK_MONOTONIC, &start);
  for (size_t i = 0; i < sizeof listeners / sizeof *listeners; i++)
    {
      cleanup_close int fd = connect_to (&listeners[i]);

      if (fd < 0)
        continue;
      /* where nobody listens nothing is counted */
      if (!counted && !trail_limit (record, &suppressed))
        break;
      counted = true;
      if (deliver (fd, &listeners[i], record, suppressed, &start) == 0)
        break;
    }
  errno = saved;
}
