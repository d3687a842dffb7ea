/* SPDX-License-Identifier: Apache-2.0 */
/* The capabilities by name and number, and which may stay. */
#ifndef HOSTNET_CAPABILITIES_H
#define HOSTNET_CAPABILITIES_H

#include <stdbool.h>
#include <stddef.h>

/* The number of the capability whose name is exactly NAME, as capabilities(7)
 * spells it; -1 when there is none. */
int capability_number (const char *name);

/* Whether it cannot reach the host's network, so that a lock leaves it. */
bool capability_is_harmless (unsigned number);

/* The five sets of process.capabilities (runtime-spec, config.md), by name;
 * NULL ends them. */
extern const char *const capability_sets[];

#endif
