/* SPDX-License-Identifier: Apache-2.0 */
/* verify's check of each part of the lock. */
#ifndef HOSTNET_VERIFY_PARTS_H
#define HOSTNET_VERIFY_PARTS_H

#include "checks.h"
#include "plan.h"

/* Adds a check for each part that the lock of PLAN asks for, or that the engine
 * has put in force anyway; the edits of PLAN stay as they are.  -1: broken
 * input, ERR has the sentence. */
int verify_parts (const struct plan *plan, struct checks *checks,
                  struct error *err);

/* What decide() would refuse is a check that fails, named ID: 0.  Broken input
 * is not: -1, and ERR has the sentence. */
int verify_refused (const char *id, const struct error *refused,
                    struct checks *checks, struct error *err);

#endif
