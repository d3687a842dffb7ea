/* SPDX-License-Identifier: Apache-2.0 */
/* What was recorded of a container under `mode: observe`, read back. */
#ifndef HOSTNET_OBSERVED_H
#define HOSTNET_OBSERVED_H

#include <stdio.h>

#include "error.h"

/* NULL: not known. */
struct observed
{
  const char *kind;      /* "observed", or the record is another's */
  const char *time;      /* for a person */
  const char *container; /* id */
  const char *engine, *pod;
  const char *pod_namespace;   /* where the container surely is of Kubernetes */
  const char *service_account; /* as the annotation says */
  const char *args;      /* JSON: the array process.args */
  const char *reason_id; /* of what would have been refused; edited otherwise */
  const char *message;
  const char *settings;  /* struct observation */
};

/* Negative to stop, with ERR filled.  What it is given lives until it returns. */
typedef int observed_each (const struct observed *observed, void *arg,
                           struct error *err);

/* Calls EACH for every record in IN, an object of JSON on each line; *UNREADABLE
 * counts the lines that are none. */
int observed_read (FILE *in, observed_each *each, void *arg,
                   unsigned *unreadable, struct error *err);

#endif
