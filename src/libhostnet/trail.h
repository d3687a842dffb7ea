/* SPDX-License-Identifier: Apache-2.0 */
/* The trail: a record of each decision that changed, refused or reported
 * something. */
#ifndef HOSTNET_TRAIL_H
#define HOSTNET_TRAIL_H

#include "record.h"

/* To journald when it listens, else to syslog, unless there were too many of
 * its like (trail_limit.h).  Nothing that happens on the way is the caller's
 * concern: it waits 0.1 s at most, no signal comes, errno stays. */
void trail_write (const struct record *record);

/* The path where somebody listens, who would get it; NULL: nobody. */
const char *trail_listener (void);

#endif
