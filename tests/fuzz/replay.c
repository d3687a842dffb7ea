/* SPDX-License-Identifier: Apache-2.0 */
/* replay [TARGET [FILE...]]: the corpus once more, without libFuzzer: every
 * file of top_srcdir's tests/fuzz/corpus/TARGET, of all targets, or those that
 * are named.  TAP. */
#include <config.h>

#include "fuzz.h"

#include <dirent.h>
#include <fcntl.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "libhostnet/io.h"
#include "libhostnet/json.h"
#include "unit/tap.h"

static const struct target
{
  const char *name;
  int (*run) (const uint8_t *data, size_t size);
  int least; /* files */
} targets[] = {
  { "argv", fuzz_argv, 50 },
  { "edit", fuzz_edit, 50 },
  { "hook_state", fuzz_hook_state, 50 },
  { "policy", fuzz_policy, 50 },
  { "ports", fuzz_ports, 50 },
  { "process", fuzz_process, 50 },
};

/* 0 when the target is content with the file. */
static int
run_file (const struct target *target, const char *path)
{
  cleanup_free char *text = NULL;
  cleanup_free uint8_t *data = NULL;
  cleanup_close int fd = open (path, O_RDONLY | O_CLOEXEC);
  size_t length = 0;

  if (fd < 0 || read_all (fd, JSON_MAX_BYTES, &text, &length) != 0)
    return -1;
  /* of its size exactly, for a sanitizer */
  data = xmalloc (length + (length == 0));
  memcpy (data, text, length);
  return target->run (data, length);
}

/* In a process of its own, which may die: writes a byte for each file that is
 * good. */
static pid_t
start (const struct target *target, char *paths[], int count, int *results)
{
  int ends[2];
  pid_t child;

  fflush (stdout);
  MUST (pipe2 (ends, O_CLOEXEC) == 0);
  child = fork ();
  MUST (child >= 0);
  if (child == 0)
    {
      bool good = true;

      close (ends[0]);
      for (int i = 0; i < count && good; i++)
        good = run_file (target, paths[i]) == 0 && write (ends[1], "", 1) == 1;
      exit (!good);
    }
  close (ends[1]);
  *results = ends[0];
  return child;
}

static void
replay (const struct target *target, char *paths[], int count)
{
  cleanup_free char *end = xasprintf ("%s: the end", target->name);
  int done = 0, status = 0;

  while (done < count)
    {
      int results = -1;
      pid_t child = start (target, paths + done, count - done, &results);
      char byte;
      bool more = true;

      while (more && done < count)
        {
          const char *slash = strrchr (paths[done], '/');
          cleanup_free char *name
              = xasprintf ("%s: %s", target->name,
                           slash ? slash + 1 : paths[done]);

          more = read (results, &byte, 1) == 1;
          tap_ok (more, name);
          done++;
        }
      close (results);
      MUST (waitpid (child, &status, 0) == child);
    }
  /* of the last: a sanitizer may have found something lost */
  tap_ok (status == 0, end);
}

static int
no_hidden (const struct dirent *entry)
{
  return entry->d_name[0] != '.';
}

static void
replay_all (const struct target *target)
{
  const char *top = getenv ("top_srcdir");
  cleanup_free char *directory = xasprintf ("%s/tests/fuzz/corpus/%s",
                                            top ? top : ".", target->name);
  cleanup_free char *name = xasprintf ("%s: there is a corpus", target->name);
  struct dirent **entries;
  int count = scandir (directory, &entries, no_hidden, alphasort);
  cleanup_free char **paths
      = xcalloc (count > 0 ? (size_t) count : 1, sizeof *paths);

  for (int i = 0; i < count; i++)
    {
      paths[i] = xasprintf ("%s/%s", directory, entries[i]->d_name);
      free (entries[i]);
    }
  if (count >= 0)
    free (entries);
  replay (target, paths, count);
  tap_ok (count >= target->least, name);
  for (int i = 0; i < count; i++)
    free (paths[i]);
}

int
main (int argc, char *argv[])
{
  bool known = argc < 2;

  for (size_t t = 0; t < sizeof targets / sizeof *targets; t++)
    {
      if (argc > 1 && strcmp (argv[1], targets[t].name) != 0)
        continue;
      known = true;
      if (argc < 3)
        replay_all (&targets[t]);
      else
        replay (&targets[t], argv + 2, argc - 2);
    }
  if (!known)
    tap_ok (false, argv[1]);
  return tap_end ();
}
