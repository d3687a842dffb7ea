/* SPDX-License-Identifier: Apache-2.0 */
/* bench ROUNDS BUNDLE ORIGINAL -- COMMAND... -- COMMAND... : times fork, exec
 * and wait of each command in turn, ROUNDS times, and prints the median and
 * the 99th percentile of each in microseconds.  ORIGINAL is copied to BUNDLE/config.json before every
 * start, untimed. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum
{
  MAX_COMMANDS = 8
};

static char original[1 << 20];

static void
restore (const char *path, size_t length)
{
  int fd = open (path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

  if (fd < 0 || write (fd, original, length) != (ssize_t) length)
    exit (2);
  close (fd);
}

static double
run (char **command)
{
  struct timespec start, end;
  int status;
  pid_t child;

  clock_gettime (CLOCK_MONOTONIC, &start);
  child = vfork ();
  if (child == 0)
    {
      execv (command[0], command);
      _exit (127);
    }
  waitpid (child, &status, 0);
  clock_gettime (CLOCK_MONOTONIC, &end);
  if (status != 0)
    {
      fprintf (stderr, "bench: %s failed\n", command[0]);
      exit (2);
    }
  return (double) (end.tv_sec - start.tv_sec) * 1e6
         + (double) (end.tv_nsec - start.tv_nsec) / 1e3;
}

static int
compare (const void *a, const void *b)
{
  double x = *(const double *) a, y = *(const double *) b;

  return (x > y) - (x < y);
}

int
main (int argc, char *argv[])
{
  char **commands[MAX_COMMANDS] = { NULL };
  int count = 0, rounds = argc > 4 ? atoi (argv[1]) : 0;
  double *times;
  char path[4096];
  ssize_t length;
  int fd;

  if (rounds < 1)
    return 2;
  snprintf (path, sizeof path, "%s/config.json", argv[2]);
  fd = open (argv[3], O_RDONLY | O_CLOEXEC);
  length = read (fd, original, sizeof original);
  if (length <= 0)
    return 2;
  for (int i = 4; i < argc && count < MAX_COMMANDS; i++)
    if (strcmp (argv[i], "--") == 0)
      {
        argv[i] = NULL;
        commands[count++] = &argv[i + 1];
      }
  times = malloc (sizeof *times * (size_t) (count * rounds));
  if (times == NULL)
    return 2;
  for (int r = 0; r < rounds; r++)
    for (int c = 0; c < count; c++)
      {
        restore (path, (size_t) length);
        times[c * rounds + r] = run (commands[c]);
      }
  for (int c = 0; c < count; c++)
    {
      qsort (times + c * rounds, (size_t) rounds, sizeof *times, compare);
      printf ("%.0f %.0f\n", times[c * rounds + rounds / 2],
              times[c * rounds + rounds * 99 / 100]);
    }
  return 0;
}
