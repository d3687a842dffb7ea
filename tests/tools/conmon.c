/* SPDX-License-Identifier: Apache-2.0 */
/* conmon FD tcp|tcp6|udp|unix|unbound PID|no COMMAND...: plays conmon with a
 * reserved socket: COMMAND inherits it as descriptor FD; PID: LISTEN_PID is
 * COMMAND's own. */
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

int
main (int argc, char *argv[])
{
  const char *kind = argc > 4 ? argv[2] : "";
  int six = strcmp (kind, "tcp6") == 0, wanted = atoi (argv[1]), status;
  int stream = strncmp (kind, "tcp", 3) == 0;
  struct sockaddr_in6 v6 = { .sin6_family = AF_INET6, .sin6_port = htons (8080) };
  struct sockaddr_in v4 = { .sin_family = AF_INET, .sin_port = htons (8080) };
  int fd = socket (strcmp (kind, "unix") == 0 ? AF_UNIX : six ? AF_INET6 : AF_INET,
                   stream ? SOCK_STREAM : SOCK_DGRAM, 0);

  if (strcmp (kind, "unix") != 0 && strcmp (kind, "unbound") != 0
      && bind (fd, six ? (struct sockaddr *) &v6 : (struct sockaddr *) &v4,
               six ? sizeof v6 : sizeof v4) < 0)
    return 2;
  if ((stream && listen (fd, 1) < 0) || dup2 (fd, wanted) < 0)
    return 2;
  if (fork () == 0)
    {
      char pid[16];

      snprintf (pid, sizeof pid, "%d", (int) getpid ());
      if (strcmp (argv[3], "PID") == 0)
        setenv ("LISTEN_PID", pid, 1);
      execv (argv[4], argv + 4);
      _exit (127);
    }
  wait (&status);
  return WIFEXITED (status) ? WEXITSTATUS (status) : 128;
}
