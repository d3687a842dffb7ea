/* SPDX-License-Identifier: Apache-2.0 */
/* bench [-m] ROUNDS BUNDLE ORIGINAL -- COMMAND... -- COMMAND... : times fork,
 * exec and wait of each command in turn, ROUNDS times, and prints the median
 * and the 99th percentile of each in microseconds; with -m also the median of
 * the processor time, which other programs on the machine disturb less, and the
 * most memory that it had (KiB).  ORIGINAL is copied to BUNDLE/config.json
 * before every start, untimed. */
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
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

struct sample
{
  double wall, processor; /* microseconds */
};

static double
microseconds (struct timeval time)
{
  return (double) time.tv_sec * 1e6 + (double) time.tv_usec;
}

static struct sample
run (char **command, long *most)
{
  struct timespec start, end;
  struct rusage used;
  int status;
  pid_t child;

  clock_gettime (CLOCK_MONOTONIC, &start);
  child = vfork ();
  if (child == 0)
    {
      execv (command[0], command);
      _exit (127);
    }
  wait4 (child, &status, 0, &used);
  clock_gettime (CLOCK_MONOTONIC, &end);
  if (status != 0)
    {
      fprintf (stderr, "bench: %s failed\n", command[0]);
      exit (2);
    }
  *most = used.ru_maxrss > *most ? used.ru_maxrss : *most;
  return (struct sample){
    (double) (end.tv_sec - start.tv_sec) * 1e6
        + (double) (end.tv_nsec - start.tv_nsec) / 1e3,
    microseconds (used.ru_utime) + microseconds (used.ru_stime)
  };
}

static int
by_wall (const void *a, const void *b)
{
  double x = ((const struct sample *) a)->wall,
         y = ((const struct sample *) b)->wall;

  return (x > y) - (x < y);
}

static int
by_processor (const void *a, const void *b)
{
  double x = ((const struct sample *) a)->processor,
         y = ((const struct sample *) b)->processor;

  return (x > y) - (x < y);
}

static void
print (struct sample *samples, int rounds, bool more, long most)
{
  qsort (samples, (size_t) rounds, sizeof *samples, by_wall);
  printf ("%.0f %.0f", samples[rounds / 2].wall,
          samples[rounds * 99 / 100].wall);
  qsort (samples, (size_t) rounds, sizeof *samples, by_processor);
  if (more)
    printf (" %.0f %ld", samples[rounds / 2].processor, most);
  putchar ('\n');
}

int
main (int argc, char *argv[])
{
  char **commands[MAX_COMMANDS] = { NULL };
  long most[MAX_COMMANDS] = { 0 };
  bool more = argc > 1 && strcmp (argv[1], "-m") == 0;
  int count = 0, rounds;
  struct sample *samples;
  char path[4096];
  ssize_t length;
  int fd;

  argc -= more;
  argv += more;
  rounds = argc > 4 ? atoi (argv[1]) : 0;
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
  samples = malloc (sizeof *samples * (size_t) (count * rounds));
  if (samples == NULL)
    return 2;
  for (int r = 0; r < rounds; r++)
    for (int c = 0; c < count; c++)
      {
        restore (path, (size_t) length);
        samples[c * rounds + r] = run (commands[c], &most[c]);
      }
  for (int c = 0; c < count; c++)
    print (samples + c * rounds, rounds, more, most[c]);
  free (samples);
  return 0;
}
