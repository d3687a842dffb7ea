/* SPDX-License-Identifier: Apache-2.0 */
/* replay [TARGET [FILE...]]: the corpus once more, without libFuzzer: every
 * file of top_srcdir's tests/fuzz/corpus/TARGET, of all targets, or those that
 * are named.  TAP. */
#include <config.h>

#include "fuzz.h"

#include <dirent.h>
#include <fcntl.h>
#include <string.h>

#include "libhostnet/bundle.h"
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

static void
replay (const struct target *target, const char *path)
{
  cleanup_free char *text = NULL, *name = NULL;
  cleanup_free uint8_t *data = NULL;
  cleanup_close int fd = open (path, O_RDONLY | O_CLOEXEC);
  const char *slash = strrchr (path, '/');
  size_t length = 0;

  name = xasprintf ("%s: %s", target->name, slash ? slash + 1 : path);
  if (fd < 0 || read_all (fd, JSON_MAX_BYTES, &text, &length) != 0)
    {
      tap_ok (false, path);
      return;
    }
  /* which it was, when the target ends us */
  printf ("# %s\n", name);
  fflush (stdout);
  /* of its size exactly, for a sanitizer */
  data = xmalloc (length + (length == 0));
  memcpy (data, text, length);
  tap_ok (target->run (data, length) == 0, name);
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

  for (int i = 0; i < count; i++)
    {
      cleanup_free char *path
          = xasprintf ("%s/%s", directory, entries[i]->d_name);

      replay (target, path);
      free (entries[i]);
    }
  tap_ok (count >= target->least, name);
  if (count >= 0)
    free (entries);
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
      for (int i = 2; i < argc; i++)
        replay (&targets[t], argv[i]);
      if (argc < 3)
        replay_all (&targets[t]);
    }
  if (!known)
    tap_ok (false, argv[1]);
  return tap_end ();
}
