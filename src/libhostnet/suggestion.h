/* SPDX-License-Identifier: Apache-2.0 */
/* The rules of a policy that would let run what was observed. */
#ifndef HOSTNET_SUGGESTION_H
#define HOSTNET_SUGGESTION_H

#include <stdio.h>

#include "record.h"

struct suggestion;

struct suggestion *suggestion_new (void);
void suggestion_free (struct suggestion *suggestion);

/* TIME is for a person, or NULL.  Records of other kinds are passed over. */
void suggestion_add (struct suggestion *suggestion,
                     const struct record *record, const char *time);

/* The rules as JSON, an array (the caller frees). */
char *suggestion_rules (struct suggestion *suggestion);

/* A sentence for the comments. */
void suggestion_note (struct suggestion *suggestion, const char *sentence);

/* A drop-in with comments. */
void suggestion_write (struct suggestion *suggestion, FILE *to);

#endif
