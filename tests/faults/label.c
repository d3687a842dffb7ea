/* SPDX-License-Identifier: Apache-2.0 */
/* label FILE [LABEL]: prints or sets what SELinux guards a file by.
 * label --all FILE: mode, uid, gid and label. */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>

int
main (int argc, char *argv[])
{
  char label[256] = "";

  if (argc == 3 && strcmp (argv[1], "--all") == 0)
    {
      struct stat s;

      if (stat (argv[2], &s) < 0)
        return 1;
      getxattr (argv[2], "security.selinux", label, sizeof label - 1);
      printf ("%o %u %u %s\n", s.st_mode & 07777, s.st_uid, s.st_gid, label);
      return 0;
    }
  if (argc == 3)
    return setxattr (argv[1], "security.selinux", argv[2], strlen (argv[2]), 0) < 0;
  if (argc != 2 || getxattr (argv[1], "security.selinux", label, sizeof label - 1) < 0)
    return 1;
  puts (label);
  return 0;
}
