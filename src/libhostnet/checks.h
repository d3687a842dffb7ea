/* SPDX-License-Identifier: Apache-2.0 */
/* What `verify`, `audit` and `doctor` found, as a list of checks: shown as a
 * table or as JSON. */
#ifndef HOSTNET_CHECKS_H
#define HOSTNET_CHECKS_H

#include <stdbool.h>
#include <stdio.h>

#include "json.h"

enum check_verdict
{
  CHECK_HOLDS,
  CHECK_CONSTRUCTION, /* holds, and by the ground it stands on: no capability
                         of the container counts in the host's network */
  CHECK_FAILS,   /* a part of the lock is not in force */
  CHECK_WAY_OUT, /* it is, and there is a way around it */
  CHECK_UNSEEN,  /* could not be looked at: counts as failed */
  CHECK_NOTE,    /* for a person to know: counts as nothing */
  /* of doctor alone, about a host and not a container */
  CHECK_OK,
  CHECK_WARN,   /* something is not as good as it could be */
  CHECK_FAIL,   /* nothing can be promised like this */
  CHECK_UNKNOWN /* could not be looked at */
};

struct check
{
  const char *id; /* a constant: "capabilities", "seccomp", ... */
  enum check_verdict verdict;
  char *reason; /* owned */
  char *mend;   /* what a person does about it, owned; or NULL */
};

struct checks
{
  struct check *list;
  size_t count;
};

#define CHECKS_INIT { NULL, 0 }
#define cleanup_checks __attribute__ ((cleanup (checks_clear)))

/* REASON is a printf(3) format; what comes from outside goes through
 * escape().  It must not contain the words that checks_word() keeps for a
 * container that really is locked. */
void checks_add (struct checks *checks, const char *id,
                 enum check_verdict verdict, const char *reason, ...)
    __attribute__ ((format (printf, 4, 5)));

/* What mends the check that was added last: a command, an edit. */
void checks_mend (struct checks *checks, const char *mend, ...)
    __attribute__ ((format (printf, 2, 3)));

/* Whether nothing failed, nothing was out of sight and no way out is left. */
bool checks_hold (const struct checks *checks);

/* Takes the words that checks_word() keeps for a container that really is
 * locked out of reasons, where names from outside may have brought them:
 * somebody looks for them in the output.  Nothing is done when all hold. */
void checks_mask (struct checks *checks);

/* The one word for the whole: "by construction" (locked, and by
 * CHECK_CONSTRUCTION), "locked" or "open". */
const char *checks_word (const struct checks *checks);

/* Those that mean that all is well; NULL ends them. */
extern const char *const checks_words[];

/* One line for each check; COLOUR: with terminal colours. */
void checks_show (FILE *to, const struct checks *checks, bool colour);

/* [{"id":...,"verdict":...,"reason":...},...], with "mend" where there is
 * one. */
void checks_add_json (struct json_buffer *out, const struct checks *checks);

void checks_clear (struct checks *checks);

#endif
