/* SPDX-License-Identifier: Apache-2.0 */
/* linux.seccomp: all that a lock wants of it. */
#ifndef HOSTNET_SECCOMP_LOCK_H
#define HOSTNET_SECCOMP_LOCK_H

#include "json.h"
#include "lock.h"

/* Appends to EDITS what makes the seccomp section deny what LOCK denies; a
 * section is made when there is none. */
int seccomp_lock_plan (const struct json_doc *config, json_node linux_object,
                       enum lock lock, struct json_edits *edits,
                       struct error *err);

#endif
