/* SPDX-License-Identifier: Apache-2.0 */
/* How long there is still to wait. */
#ifndef HOSTNET_DEADLINE_H
#define HOSTNET_DEADLINE_H

#include <time.h>

/* Of MILLISECONDS since START (CLOCK_MONOTONIC) those that are left, at least
 * 0: for poll(2). */
int deadline_left (const struct timespec *start, int milliseconds);

#endif
