/* SPDX-License-Identifier: Apache-2.0 */
/* devlog [--journal] [--stream] [--deaf] COMMAND...: plays syslog on /dev/log,
 * or journald, while COMMAND runs, and prints the records that came, one a
 * line.  --deaf: there is no room in its queue, and nothing is read. */
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

static void
fill_queue (const struct sockaddr_un *address)
{
  int fd = socket (AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

  while (sendto (fd, "x", 1, MSG_DONTWAIT, (const struct sockaddr *) address,
                 sizeof *address) == 1)
    ;
}

static void
print_records (int fd)
{
  char record[16384];
  ssize_t length;

  while ((length = recv (fd, record, sizeof record, MSG_DONTWAIT)) > 0)
    printf ("syslog: %.*s\n", (int) length, record);
}

int
main (int argc, char *argv[])
{
  struct sockaddr_un address = { .sun_family = AF_UNIX, .sun_path = "/dev/log" };
  int fd, status, type = SOCK_DGRAM, deaf = 0;

  for (argc--, argv++; argc > 0 && strncmp (*argv, "--", 2) == 0; argc--, argv++)
    if (strcmp (*argv, "--journal") == 0)
      strcpy (address.sun_path, "/run/systemd/journal/socket");
    else if (strcmp (*argv, "--stream") == 0)
      type = SOCK_STREAM;
    else if (strcmp (*argv, "--deaf") == 0)
      deaf = 1;
  fd = socket (AF_UNIX, type | SOCK_CLOEXEC, 0);
  if (argc < 1
      || bind (fd, (struct sockaddr *) &address, sizeof address) < 0
      || (type == SOCK_STREAM && listen (fd, 8) < 0))
    return 2;
  if (deaf)
    fill_queue (&address);
  if (fork () == 0)
    {
      execv (argv[0], argv);
      _exit (127);
    }
  wait (&status);
  if (type == SOCK_STREAM)
    print_records (accept (fd, NULL, NULL));
  else if (!deaf)
    print_records (fd);
  return WEXITSTATUS (status);
}
