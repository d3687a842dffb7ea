/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "deadline.h"

int
deadline_left (const struct timespec *start, int milliseconds)
{
  struct timespec now;
  long long passed;

  clock_gettime (CLOCK_MONOTONIC, &now);
  passed = (now.tv_sec - start->tv_sec) * 1000LL
           + (now.tv_nsec - start->tv_nsec) / 1000000;
  return passed >= milliseconds ? 0 : (int) (milliseconds - passed);
}
