/* SPDX-License-Identifier: Apache-2.0 */
/* Which files can only be root's.  The owners are root and one that nobody's
 * overflow user is, so that the namespace this runs in does not matter. */
#include <config.h>

#include <sys/stat.h>

#include "libhostnet/trust.h"
#include "tap.h"

static const struct
{
  const char *what;
  mode_t mode;
  uid_t owner;
  bool others;
} files[] = {
  { "a program of root's", S_IFREG | 0755, 0, false },
  { "one with set-user-ID", S_IFREG | 04755, 0, false },
  { "one that its group can write", S_IFREG | 0775, 0, true },
  { "one that everybody can write", S_IFREG | 0757, 0, true },
  { "a sticky bit protects no file", S_IFREG | 01777, 0, true },
  { "one of somebody else", S_IFREG | 0755, 1000, true },
  { "one that its owner, somebody else, cannot write", S_IFREG | 0555, 1000,
    true },
  { "a directory of root's", S_IFDIR | 0755, 0, false },
  { "a directory that everybody can write", S_IFDIR | 0777, 0, true },
  { "one that a group can write", S_IFDIR | 0775, 0, true },
  { "a sticky one, as /tmp", S_IFDIR | 01777, 0, false },
  { "a sticky one of somebody else", S_IFDIR | 01777, 1000, true },
};

int
main (void)
{
  for (size_t i = 0; i < sizeof files / sizeof *files; i++)
    {
      struct stat status
          = { .st_mode = files[i].mode, .st_uid = files[i].owner };

      tap_ok (others_can_write (&status) == files[i].others, files[i].what);
    }
  return tap_end ();
}
