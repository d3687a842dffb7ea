/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "nsfs.h"

#include <stdio.h>
#include <sys/stat.h>

int
nsfs_is_same (const char *one, const char *other, bool *same)
{
  struct stat ours, theirs;

  if (stat (one, &ours) < 0 || stat (other, &theirs) < 0)
    return -1;
  *same = ours.st_dev == theirs.st_dev && ours.st_ino == theirs.st_ino;
  return 0;
}

int
nsfs_is_own (const char *type, const char *path, bool *own)
{
  char self[64];

  snprintf (self, sizeof self, "/proc/self/ns/%s", type);
  return nsfs_is_same (self, path, own);
}
