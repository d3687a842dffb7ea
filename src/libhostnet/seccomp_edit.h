/* SPDX-License-Identifier: Apache-2.0 */
/* Edits of linux.seccomp.syscalls that several parts of a lock make together:
 * names taken out of rules, and rules added behind them. */
#ifndef HOSTNET_SECCOMP_EDIT_H
#define HOSTNET_SECCOMP_EDIT_H

#include "seccomp_rules.h"

struct seccomp_edit
{
  const struct json_doc *config;
  const struct seccomp_profile *profile;
  struct dropped_names *dropped; /* by the place of the rule */
  struct json_buffer added;      /* new rules, with commas between */
  size_t head, head_length;      /* of the rule begun last, in ADDED */
};

#define SECCOMP_EDIT_INIT { NULL, NULL, NULL, JSON_BUFFER_INIT, 0, 0 }

void seccomp_edit_init (struct seccomp_edit *edit,
                        const struct json_doc *config,
                        const struct seccomp_profile *profile);

/* Takes the name at place NAME in NAMES out of the rule at RULE; WHY is a
 * constant, the first one counts. */
void seccomp_edit_drop (struct seccomp_edit *edit, size_t rule,
                        json_node names, json_node name, const char *why);

/* The same by the name's text, as often as it stands there. */
void seccomp_edit_drop_name (struct seccomp_edit *edit, size_t rule,
                             json_node names, const char *name,
                             const char *why);

/* runtime-spec: for SCMP_CMP_MASKED_EQ `value` is the mask and `valueTwo` the
 * datum; swapped, the rule fails open. */
#define SECCOMP_MASKED_TEXT(index, mask, datum)                               \
  "{\"index\":" index ",\"value\":" mask ",\"valueTwo\":" datum                 \
  ",\"op\":\"SCMP_CMP_MASKED_EQ\"}"

/* Begins a rule for the syscalls NAMES (JSON strings with commas between) and
 * ends it; between the two come conditions, all of which must hold. */
void seccomp_edit_begin (struct seccomp_edit *edit, const char *names,
                         enum seccomp_action action, uint64_t errno_ret);
/* Begins one with the names and the action of the last. */
void seccomp_edit_again (struct seccomp_edit *edit);
/* INDEX is 0 or 1. */
void seccomp_edit_masked (struct seccomp_edit *edit, unsigned index,
                          uint64_t mask, uint64_t datum);
/* The same of constants: TEXT is SECCOMP_MASKED_TEXT of the three as text. */
void seccomp_edit_masked_text (struct seccomp_edit *edit, const char *text);
void seccomp_edit_condition (struct seccomp_edit *edit, json_node argument);
void seccomp_edit_end (struct seccomp_edit *edit);

/* What was dropped and added becomes EDITS; a rule whose names are all gone
 * goes too. */
void seccomp_edit_store (struct seccomp_edit *edit, struct json_edits *edits,
                         const char *why_added);

void seccomp_edit_clear (struct seccomp_edit *edit);

#endif
