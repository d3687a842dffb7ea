/* SPDX-License-Identifier: Apache-2.0 */
/* The corpus once more, without libFuzzer: every file of top_srcdir's
 * tests/fuzz/corpus/policy, or those that are named.  TAP. */
#include <config.h>

#include "fuzz.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "libhostnet/bundle.h"
#include "libhostnet/json.h"
#include "unit/tap.h"

static void
replay (const char *path)
{
  cleanup_free char *text = NULL;
  cleanup_free uint8_t *data = NULL;
  cleanup_close int fd = open (path, O_RDONLY | O_CLOEXEC);
  const char *name = strrchr (path, '/');
  size_t length = 0;

  if (fd < 0 || read_all (fd, JSON_MAX_BYTES, &text, &length) != 0)
    {
      tap_ok (false, path);
      return;
    }
  /* of its size exactly, for a sanitizer */
  data = xmalloc (length + (length == 0));
  memcpy (data, text, length);
  tap_ok (LLVMFuzzerTestOneInput (data, length) == 0, name ? name + 1 : path);
  fflush (stdout);
}

static int
no_hidden (const struct dirent *entry)
{
  return entry->d_name[0] != '.';
}

int
main (int argc, char *argv[])
{
  const char *top = getenv ("top_srcdir");
  cleanup_free char *directory
      = xasprintf ("%s/tests/fuzz/corpus/policy", top ? top : ".");
  struct dirent **entries;
  int count;

  for (int i = 1; i < argc; i++)
    replay (argv[i]);
  if (argc > 1)
    return tap_end ();
  count = scandir (directory, &entries, no_hidden, alphasort);
  for (int i = 0; i < count; i++)
    {
      cleanup_free char *path
          = xasprintf ("%s/%s", directory, entries[i]->d_name);

      replay (path);
      free (entries[i]);
    }
  tap_ok (count >= 50, "there is a corpus");
  if (count >= 0)
    free (entries);
  return tap_end ();
}
