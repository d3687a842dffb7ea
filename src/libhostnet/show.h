/* SPDX-License-Identifier: Apache-2.0 */
/* A decision for a person, or for a program. */
#ifndef HOSTNET_SHOW_H
#define HOSTNET_SHOW_H

#include <stdio.h>

#include "judge.h"

/* JUDGEMENT may be NULL when ERR says why there is none.  JSON is one object
 * (answer.h); its checks are the ways out. */
void show_json (FILE *to, const struct judgement *judgement,
                const struct error *err);
/* The elements of "edits". */
void show_add_edits (struct json_buffer *out, const struct judgement *judgement);
void show_text (FILE *to, const struct judgement *judgement,
                const struct error *err);

#endif
