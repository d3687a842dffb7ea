/* SPDX-License-Identifier: Apache-2.0 */
/* execonly COMMAND...: the least that a program in front of another costs. */
#include <unistd.h>

int
main (int argc, char *argv[])
{
  return argc > 1 ? execv (argv[1], argv + 1) : 1;
}
