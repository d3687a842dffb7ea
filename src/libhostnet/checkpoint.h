/* SPDX-License-Identifier: Apache-2.0 */
/* A checkpoint ends the container, and restore is refused: told before. */
#ifndef HOSTNET_CHECKPOINT_H
#define HOSTNET_CHECKPOINT_H

#include "occasion.h"
#include "runtime_cli.h"

/* Refuses when the container that CLI names could not be restored.  What
 * cannot be told passes: nothing is loosened by a checkpoint.  Takes *POLICY. */
int checkpoint_check (enum runtime_dialect dialect,
                      const struct runtime_cli *cli, struct policy **policy,
                      struct occasion *occasion, struct error *err);

#endif
