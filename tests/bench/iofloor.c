/* SPDX-License-Identifier: Apache-2.0 */
/* iofloor COMMAND create --bundle BUNDLE ID: the least that any program costs
 * which reads BUNDLE/config.json, stores IOFLOOR_BYTES bytes in its place as
 * oci-hostnet-runtime does (a new file, its mode, fsync, rename) and execs
 * COMMAND.  It looks at nothing of what it reads; linked statically. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static char text[16 << 20];

static int
copy (int directory, size_t bytes)
{
  static const char name[] = "config.json", new_name[] = ".config.json.new";
  int from = openat (directory, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
  int to = openat (directory, new_name,
                   O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  struct stat status;

  return from < 0 || to < 0 || fstat (from, &status) < 0
                 || read (from, text, (size_t) status.st_size)
                        != status.st_size
                 || write (to, text, bytes) != (ssize_t) bytes
                 || fchmod (to, status.st_mode & 07777) < 0 || fsync (to) < 0
                 || renameat (directory, new_name, directory, name) < 0
             ? -1
             : 0;
}

int
main (int argc, char *argv[])
{
  const char *bytes = getenv ("IOFLOOR_BYTES");
  int directory = argc > 4 && bytes != NULL
                      ? open (argv[4], O_RDONLY | O_DIRECTORY | O_CLOEXEC)
                      : -1;

  if (directory < 0 || copy (directory, (size_t) atol (bytes)) < 0)
    return 2;
  execv (argv[1], argv + 1);
  return 2;
}
