/* SPDX-License-Identifier: Apache-2.0 */
/* The ioctl commands that test_ioctl_filter.c gives each filter. */
#ifndef HOSTNET_IOCTL_FILTER_COMMANDS_H
#define HOSTNET_IOCTL_FILTER_COMMANDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum side
{
  ALLOW,
  DENY,
  EITHER
};

struct command
{
  uint32_t number, upper;
  enum side side;
  bool is_row, is_random;
};

/* In the order of their numbers, each once; free (3) them in the end. */
extern struct command *commands;
extern size_t command_count;

/* The rows of PATH (oci-specs/ioctls.tsv), all numbers around them, the corners
 * of each block, and random ones; false when PATH cannot be read. */
bool commands_make (const char *path);

#endif
