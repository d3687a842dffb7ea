/* SPDX-License-Identifier: Apache-2.0 */
/* One error type for the whole project.
 *
 * Contract: a function that can fail takes a `struct error *` as its last
 * argument and returns a negative number after it has filled it.  The caller
 * owns the structure (declare it with `cleanup_error`), may put context in
 * front of the message with error_wrap() and passes it up.  Only main()
 * prints and exits.  Every sentence stands in oci-specs/refusals.tsv, from
 * which refusals.h is generated; memory exhaustion aborts. */
#ifndef HOSTNET_ERROR_H
#define HOSTNET_ERROR_H

#include "alloc.h"
#include "escape.h"
#include "refusals.h"

struct error
{
  enum refusal id;  /* REFUSAL_NONE while nothing failed */
  int system_errno; /* errno of the failed call, 0 for a decision */
  char *message;    /* one sentence, owned */
  char *author;     /* what a pod's author is shown instead, owned; NULL: what
                       the table says */
};

#define ERROR_INIT { REFUSAL_NONE, 0, NULL, NULL }
#define cleanup_error __attribute__ ((cleanup (error_clear)))

/* Fills ERR and returns -1.  Call it as
 * error_refuse (err, SENTENCE_some_id, arguments...): the macro is the id and
 * the format, so that the compiler checks the arguments.  An ERR that is
 * filled already is replaced.  ERR may be NULL: only the -1 is wanted. */
int error_refuse (struct error *err, enum refusal id, const char *format, ...)
    __attribute__ ((format (printf, 3, 4)));

/* The same with the errno of a failed system call: the sentence gets
 * ": DESCRIPTION" behind it (see errno_phrase). */
int error_system (struct error *err, int system_errno, enum refusal id,
                  const char *format, ...)
    __attribute__ ((format (printf, 4, 5)));

/* Puts "CONTEXT: " in front of the message; returns -1. */
int error_wrap (struct error *err, const char *format, ...)
    __attribute__ ((format (printf, 2, 3)));

void error_clear (struct error *err);

/* strerror() in words that podman does not take for its own: it turns "no
 * such file or directory" into exit 127 "command not found" and "permission
 * denied" or "operation not permitted" into 126 (FACTS 9). */
const char *errno_phrase (int system_errno);

/* The id as it stands in refusals.tsv, and the exit status of the command
 * line program (1 refused, 2 usage, 3 broken input or system error). */
const char *refusal_name (enum refusal id);
int refusal_exit_status (enum refusal id);

/* Puts WHAT, which the author of a pod gave himself, in the place of %s in what
 * the table has for him; returns -1. */
int error_for_author (struct error *err, const char *what);

/* What the author of a pod is shown of ERR: it names nothing of the node. */
const char *refusal_for_author (const struct error *err);

#ifdef ANALYSIS
/* Tools that see one file at a time (tests/analysis.sh) do not know that these return -1. */
# define error_refuse(...) (error_refuse (__VA_ARGS__), -1)
# define error_system(...) (error_system (__VA_ARGS__), -1)
# define error_wrap(...) (error_wrap (__VA_ARGS__), -1)
#endif

#endif
