/* SPDX-License-Identifier: Apache-2.0 */
/* Reads the trail back, from what journalctl(1) writes and from what syslog
 * has in its files. */
#ifndef HOSTNET_TRAIL_READ_H
#define HOSTNET_TRAIL_READ_H

#include <stdint.h>
#include <stdio.h>

#include "error.h"
#include "record.h"

/* Lives until the function that it is given to returns.  The text is what was
 * written, and still to be escaped where it is shown. */
struct trail_entry
{
  struct record record; /* a field that is not there is NULL */
  uint64_t suppressed;  /* how many were not written before it */
  uint64_t time;        /* microseconds since 1970, 0: not known (syslog) */
  int64_t uid;          /* whose process wrote it, as the journal saw it, or
                           -1: syslog does not tell, and anybody can have */
};

/* Negative to stop, with ERR filled. */
typedef int trail_each (const struct trail_entry *entry, void *arg,
                        struct error *err);

/* Calls EACH for every record in IN, whose lines are `journalctl -o json`'s or
 * those of a syslog file, in any mixture; lines of others are passed over, and
 * with them what looks like ours in the words of another program.
 * *UNREADABLE counts those that are ours and cannot be read, since syslogd cut
 * them off.  Negative: what EACH returned, or IN cannot be read. */
int trail_read (FILE *in, trail_each *each, void *arg, unsigned *unreadable,
                struct error *err);

#endif
