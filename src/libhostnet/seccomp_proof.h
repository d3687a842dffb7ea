/* SPDX-License-Identifier: Apache-2.0 */
/* Whether linux.seccomp denies what the lock denies, on every architecture
 * and under both low-level runtimes, proved on the compiled program. */
#ifndef HOSTNET_SECCOMP_PROOF_H
#define HOSTNET_SECCOMP_PROOF_H

#include <stdbool.h>

#include "checks.h"

/* Adds the checks `seccomp` (every denied command is denied) and `reads`
 * (where the profile permits the terminal's TCGETS it permits the reading
 * commands of the network too).  STRICT: what that lock denies besides. */
void seccomp_prove (const struct json_doc *config, json_node linux_object,
                    bool strict, struct checks *checks);

#endif
