/* SPDX-License-Identifier: Apache-2.0 */
/* The rules of a policy that would let run what was observed. */
#ifndef HOSTNET_SUGGESTION_H
#define HOSTNET_SUGGESTION_H

#include <stdio.h>

#include "observed.h"

struct suggestion;

struct suggestion *suggestion_new (void);
void suggestion_free (struct suggestion *suggestion);

/* Records of other kinds are passed over. */
void suggestion_add (struct suggestion *suggestion,
                     const struct observed *observed);

/* The rules as JSON, an array (the caller frees). */
char *suggestion_rules (struct suggestion *suggestion);

/* A drop-in with comments. */
void suggestion_write (struct suggestion *suggestion, FILE *to);

#endif
