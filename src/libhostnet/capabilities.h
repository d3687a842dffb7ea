/* SPDX-License-Identifier: Apache-2.0 */
/* The capabilities that a container on the host's network may have. */
#ifndef HOSTNET_CAPABILITIES_H
#define HOSTNET_CAPABILITIES_H

#include <stdbool.h>

/* NUMBER is one of <linux/capability.h>.  The list is of those that may stay
 * (DESIGN.md, "The locks"): a number that is not known is not harmless. */
bool capability_is_harmless (unsigned number);

#endif
