/* SPDX-License-Identifier: Apache-2.0 */
/* `oci-hostnet policy check|explain|test|suggest`, one file each.  They return
 * 0; an exit status above 0 when everything has been told; or a negative
 * number with ERR filled. */
#ifndef HOSTNET_POLICY_COMMANDS_H
#define HOSTNET_POLICY_COMMANDS_H

#include <stdbool.h>
#include <stdio.h>

#include "error.h"

/* FILE, or the policy with its drop-ins when it is NULL.  It is read as a
 * drop-in where its directory is one for them (NAME.d), or with DROP_IN.  All
 * that is wrong goes to COMPLAINTS, a sentence on each line. */
int policy_check (FILE *to, FILE *complaints, const char *file, bool drop_in,
                  bool json, struct error *err);

struct explain_options
{
  const char *bundle; /* a bundle, or a configuration */
  const char *policy; /* a draft, or NULL: the policy */
  const char *engine; /* whose it surely is, or NULL: what the marks tell */
  const char *caller; /* NULL: create */
  bool json;
};
int policy_explain (FILE *to, const struct explain_options *options,
                    struct error *err);

/* TABLE's rows against the draft POLICY, or NULL: the policy. */
int policy_test (FILE *to, const char *table, const char *policy, bool json,
                 struct error *err);

/* A drop-in from the records in FILE ("-": standard input), or the journal's
 * since SINCE when it is NULL. */
int policy_suggest (FILE *to, const char *file, const char *since, bool json,
                    struct error *err);

#endif
