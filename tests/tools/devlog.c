/* SPDX-License-Identifier: Apache-2.0 */
/* devlog COMMAND...: plays syslog on /dev/log while COMMAND runs and prints
 * the records that came, one a line. */
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

int
main (int argc, char *argv[])
{
  struct sockaddr_un address = { .sun_family = AF_UNIX, .sun_path = "/dev/log" };
  int fd = socket (AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  char record[4096];
  ssize_t length;
  int status;

  if (argc < 2
      || bind (fd, (struct sockaddr *) &address, sizeof address) < 0)
    return 2;
  if (fork () == 0)
    {
      execv (argv[1], argv + 1);
      _exit (127);
    }
  wait (&status);
  while ((length = recv (fd, record, sizeof record, MSG_DONTWAIT)) > 0)
    printf ("syslog: %.*s\n", (int) length, record);
  return WEXITSTATUS (status);
}
