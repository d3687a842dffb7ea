/* SPDX-License-Identifier: Apache-2.0 */
/* `oci-hostnet audit`: whether a running container on the host's network is
 * locked, told by the kernel and not by any configuration.  Nothing is written
 * and nothing of the container is opened but directories and O_PATH. */
#ifndef HOSTNET_AUDIT_H
#define HOSTNET_AUDIT_H

#include <stdbool.h>
#include <stdio.h>

#include "error.h"

struct audit_options
{
  bool filter; /* stop each thread for a moment and read its seccomp filters */
  bool json;
  bool colour; /* with terminal colours, unless it is JSON */
};

/* 0: everything holds, 1: something is open, -1: ERR is filled. */
int audit_one (FILE *to, const char *pid, const struct audit_options *options,
               struct error *err);
int audit_all (FILE *to, const struct audit_options *options,
               struct error *err);

#endif
