/* SPDX-License-Identifier: Apache-2.0 */
/* exec under `mode: observe` of the policy. */
#ifndef HOSTNET_EXEC_OBSERVE_H
#define HOSTNET_EXEC_OBSERVE_H

#include "occasion.h"
#include "runtime_cli.h"

/* Whether the policy only observes the container that CLI names, so that what
 * exec_guard() would change or refuse is to go as it came.  What cannot be told
 * is not observed.  OCCASION is told of the container.  *POLICY may be loaded
 * before, and is afterwards. */
bool exec_is_observed (enum runtime_dialect dialect,
                       const struct runtime_cli *cli, struct policy **policy,
                       struct occasion *occasion);

#endif
