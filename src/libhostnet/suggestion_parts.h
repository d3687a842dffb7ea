/* SPDX-License-Identifier: Apache-2.0 */
/* The inside of a suggestion, for suggestion*.c alone. */
#ifndef HOSTNET_SUGGESTION_PARTS_H
#define HOSTNET_SUGGESTION_PARTS_H

#include <stdbool.h>

#include "record.h"

/* Whether it surely is of Kubernetes, and no author of a container said so. */
bool suggestion_is_of_pod (const struct record *observed);

/* Whether it only may be: no rule that lets it run is sure to be its own. */
bool suggestion_may_be_of_pod (const struct record *observed);

/* `when` of a rule, as JSON, that is for this container as far as it can be
 * told; the caller frees.  NULL: there is none. */
char *suggestion_when (const struct record *observed);

#endif
