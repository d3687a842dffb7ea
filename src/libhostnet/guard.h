/* SPDX-License-Identifier: Apache-2.0 */
/* The createRuntime and prestart hooks: too late to edit, in time to fail. */
#ifndef HOSTNET_GUARD_H
#define HOSTNET_GUARD_H

#include <stddef.h>

#include "occasion.h"

/* STATE is the container state of runtime-spec, runtime.md "State".  0 when
 * the container may start: it does not ask for the host's network, or it has
 * it and decide() on its bundle has nothing left to edit.  Capabilities and
 * seccomp of the process are not in force yet and are never judged. */
int guard (const char *state, size_t length, struct occasion *occasion,
           struct error *err);

#endif
