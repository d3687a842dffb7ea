/* SPDX-License-Identifier: Apache-2.0 */
/* connects serve PORT: accepts connections and closes them, until it is killed.
 * connects to ADDRESS PORT COUNT: opens so many, one after the other, waits for
 * the end of each and prints how many it were in a second. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static int
fail (const char *what)
{
  perror (what);
  return 1;
}

static int
serve (struct sockaddr_in *address)
{
  int yes = 1, client;
  int fd = socket (AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

  if (fd < 0 || setsockopt (fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes) < 0
      || bind (fd, (struct sockaddr *) address, sizeof *address) < 0
      || listen (fd, SOMAXCONN) < 0)
    return fail ("connects: listening");
  while ((client = accept4 (fd, NULL, NULL, SOCK_CLOEXEC)) >= 0)
    close (client);
  return fail ("connects: accepting");
}

/* Reset at the end, or the ports would be in TIME_WAIT. */
static bool
one (const struct sockaddr_in *address)
{
  static const struct linger reset = { .l_onoff = 1, .l_linger = 0 };
  int fd = socket (AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  char byte;
  bool good
      = fd >= 0
        && setsockopt (fd, SOL_SOCKET, SO_LINGER, &reset, sizeof reset) == 0
        && connect (fd, (const struct sockaddr *) address, sizeof *address) == 0
        && read (fd, &byte, 1) == 0;

  if (fd >= 0)
    close (fd);
  return good;
}

static int
connect_to (const struct sockaddr_in *address, long count)
{
  struct timespec start, end;

  clock_gettime (CLOCK_MONOTONIC, &start);
  for (long i = 0; i < count; i++)
    if (!one (address))
      return fail ("connects: connecting");
  clock_gettime (CLOCK_MONOTONIC, &end);
  printf ("%.1f\n", (double) count
                        / ((double) (end.tv_sec - start.tv_sec)
                           + (double) (end.tv_nsec - start.tv_nsec) / 1e9));
  return 0;
}

int
main (int argc, char *argv[])
{
  struct sockaddr_in address = { .sin_family = AF_INET };

  if (argc == 3 && strcmp (argv[1], "serve") == 0)
    {
      address.sin_port = htons ((uint16_t) atoi (argv[2]));
      return serve (&address);
    }
  if (argc == 5 && strcmp (argv[1], "to") == 0
      && inet_pton (AF_INET, argv[2], &address.sin_addr) == 1)
    {
      address.sin_port = htons ((uint16_t) atoi (argv[3]));
      return connect_to (&address, atol (argv[4]));
    }
  fputs ("usage: connects serve PORT | to ADDRESS PORT COUNT\n", stderr);
  return 2;
}
