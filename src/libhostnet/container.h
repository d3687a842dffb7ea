/* SPDX-License-Identifier: Apache-2.0 */
/* A running container, found through the files of its low-level runtime. */
#ifndef HOSTNET_CONTAINER_H
#define HOSTNET_CONTAINER_H

#include <stdbool.h>
#include <stdint.h>

#include "runtime_cli.h"

struct container
{
  bool host_network; /* what exec starts in it is on our network */
  /* Bit N: the bounding set that its init was given has capability N. */
  uint64_t bounding;
};

/* Finds the container that CLI names (exec) and looks at its init process in
 * the kernel; nothing that the container can change decides.  Refuses what
 * cannot be told. */
int container_find (enum runtime_dialect dialect,
                    const struct runtime_cli *cli, struct container *container,
                    struct error *err);

#endif
