/* SPDX-License-Identifier: Apache-2.0 */
/* The object that --json prints, the same for every command that judges:
 * {schema, verdict, reason_id, reason, edits: [{path, op, why}], checks: [{id,
 * verdict, reason}]}, and behind them members of the command's own. */
#ifndef HOSTNET_ANSWER_H
#define HOSTNET_ANSWER_H

#include <stdio.h>

#include "checks.h"
#include "json.h"

/* Up to the elements of "edits", which are the caller's.  REASON_ID and REASON
 * may be NULL: nothing. */
void answer_begin (struct json_buffer *out, const char *verdict,
                   const char *reason_id, const char *reason);

/* The end of "edits", and "checks"; CHECKS may be NULL: none. */
void answer_checks (struct json_buffer *out, const struct checks *checks);

/* The end of the object, which is written TO; OUT is freed. */
void answer_end (struct json_buffer *out, FILE *to);

/* All of it, where there are checks alone. */
void answer_of_checks (FILE *to, const char *verdict,
                       const struct checks *checks);

#endif
