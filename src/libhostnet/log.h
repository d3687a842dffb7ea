/* SPDX-License-Identifier: Apache-2.0 */
/* `oci-hostnet log`: the trail of root's programs, and of the caller's own,
 * from the journal. */
#ifndef HOSTNET_LOG_H
#define HOSTNET_LOG_H

#include <stdio.h>

#include "error.h"
#include "trail_read.h"

struct log_options
{
  const char *since; /* as in systemd.time(7), or NULL: from the first */
  bool json;
};

int log_show (FILE *to, const struct log_options *options, struct error *err);

/* What it shows, for who looks for something else in it; as in trail_read().
 */
int log_read (const char *since, trail_each *each, void *arg,
              unsigned *unreadable, struct error *err);

#endif
