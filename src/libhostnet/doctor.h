/* SPDX-License-Identifier: Apache-2.0 */
/* Whether this host can keep the promise, and what is missing for it.  Changes
 * nothing and starts nothing but `crun --version` and `runc --version`. */
#ifndef HOSTNET_DOCTOR_H
#define HOSTNET_DOCTOR_H

#include <stdbool.h>
#include <stdio.h>

#include "error.h"

struct doctor_options
{
  const char *root; /* the system below it, or NULL: the one that runs */
  bool json;
  bool colour; /* of text */
};

/* 0: it can; 1: it cannot; negative: ERR is filled. */
int doctor (FILE *to, const struct doctor_options *options,
            struct error *err);

#endif
