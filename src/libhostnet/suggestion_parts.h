/* SPDX-License-Identifier: Apache-2.0 */
/* The inside of a suggestion, for suggestion*.c alone. */
#ifndef HOSTNET_SUGGESTION_PARTS_H
#define HOSTNET_SUGGESTION_PARTS_H

#include <stdbool.h>

#include "policy_parts.h"
#include "record.h"

/* Whether it surely is of Kubernetes, and no author of a container said so. */
bool suggestion_is_of_pod (const struct record *observed);

/* Whether it only may be: no rule that lets it run is sure to be its own. */
bool suggestion_may_be_of_pod (const struct record *observed);

/* `when` of a rule, as JSON, that is for this container as far as it can be
 * told; the caller frees.  NULL: there is none. */
char *suggestion_when (const struct record *observed);

/* What of the policy a container is a matter of, as far as its record tells. */
enum matter
{
  MATTER_UNKNOWN,
  MATTER_REQUEST, /* it asks for the host's network */
  MATTER_INHERIT, /* it has it without asking */
  MATTER_PRIVATE  /* it has one of its own */
};
enum matter suggestion_matter (const struct record *observed);

/* Whether it would run with the lock strict too. */
bool suggestion_bears_strict (const struct record *observed);

/* A container that a suggested rule is for. */
struct seen
{
  struct policy *policy; /* has one rule: the settings that it runs with */
  enum matter matter;
  bool bears_strict;
  char *who;             /* for a person; owned, as the policy */
};

/* A policy with one rule, whose settings are SETTINGS; NULL: they are none. */
struct policy *suggestion_settings (const char *settings);

/* The strictest that surely lets all of SEEN run; a policy as above. */
struct policy *suggestion_merge (const struct seen *seen, size_t count);

/* What of RULE is laxer than the settings of SEEN, in words; NULL: nothing.  The
 * caller frees. */
char *suggestion_loss (const struct rule *rule, const struct seen *seen);

#endif
