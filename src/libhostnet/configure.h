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

/* What `configure` would find of an engine. */
struct configured
{
  bool complete;   /* it would have nothing to do */
  bool partly;     /* some files of ours are there */
  bool is_default; /* the engine takes a program of ours without being asked */
  const char *at;  /* the file that is looked at, a constant: on failure, the
                      one that is in the way */
};
int configure_look (const char *engine, const char *root,
                    struct configured *found, struct error *err);

#endif
