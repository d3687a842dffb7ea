/* SPDX-License-Identifier: Apache-2.0 */
/* Stands in for crun: keeps the configuration it was started with.
 * Built with -DFROM="FILE" -DTO="FILE". */
#include <fcntl.h>
#include <unistd.h>

int
main (void)
{
  char text[64 * 1024];
  int from = open (FROM, O_RDONLY), to = open (TO, O_WRONLY | O_CREAT, 0600);
  ssize_t length;

  while ((length = read (from, text, sizeof text)) > 0)
    if (write (to, text, (size_t) length) != length)
      return 1;
  return length < 0 || to < 0;
}
