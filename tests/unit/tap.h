/* SPDX-License-Identifier: Apache-2.0 */
/* The few lines of TAP that the unit tests share. */
#ifndef HOSTNET_TAP_H
#define HOSTNET_TAP_H

#include <stdbool.h>
#include <stdio.h>

static int tap_count, tap_failed;

static inline bool
tap_ok (bool passed, const char *name)
{
  printf ("%s %d - %s\n", passed ? "ok" : "not ok", ++tap_count, name);
  tap_failed += !passed;
  return passed;
}

static inline int
tap_end (void)
{
  printf ("1..%d\n", tap_count);
  return tap_failed > 0;
}

#endif
