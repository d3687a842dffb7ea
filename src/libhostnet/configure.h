/* SPDX-License-Identifier: Apache-2.0 */
/* Registers the programs with an engine, and takes that back. */
#ifndef HOSTNET_CONFIGURE_H
#define HOSTNET_CONFIGURE_H

#include <stdbool.h>
#include <stdio.h>

#include "error.h"

struct configure_options
{
  const char *engine, *root;
  bool dry_run, undo, json;
};

int configure (FILE *to, const struct configure_options *options,
               struct error *err);

#endif
