/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "nsfs.h"

#include <stdio.h>
#include <sys/stat.h>

int
nsfs_is_own (const char *type, const char *path, bool *own)
{
  char self[64];
  struct stat ours, theirs;

  snprintf (self, sizeof self, "/proc/self/ns/%s", type);
  if (stat (self, &ours) < 0 || stat (path, &theirs) < 0)
    return -1;
  *own = ours.st_dev == theirs.st_dev && ours.st_ino == theirs.st_ino;
  return 0;
}
