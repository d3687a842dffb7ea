/* SPDX-License-Identifier: Apache-2.0 */
/* How many records are written: a container that is started again and again
 * must not fill a disk. */
#ifndef HOSTNET_TRAIL_LIMIT_H
#define HOSTNET_TRAIL_LIMIT_H

#include <stdbool.h>
#include <stdint.h>

#include "record.h"

/* Whether RECORD is to be written, and counts it.  *SUPPRESSED: how many were
 * not since the last that was.  Where nothing can be counted (not root, a
 * read-only /run) every record is: a user who floods the log can do so with
 * logger(1) as well.  Waits 10 ms at most. */
bool trail_limit (const struct record *record, uint64_t *suppressed);

#endif
