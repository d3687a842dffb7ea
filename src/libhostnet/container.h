/* SPDX-License-Identifier: Apache-2.0 */
/* A running container, found through the files of its low-level runtime. */
#ifndef HOSTNET_CONTAINER_H
#define HOSTNET_CONTAINER_H

#include <stdbool.h>
#include <stdint.h>

#include "json.h"
#include "runtime_cli.h"

struct container
{
  bool host_network; /* what exec starts in it is on our network, or the
                        container is locked, or on that of process 1 */
  /* Bit N: the bounding set that its init was given has capability N. */
  uint64_t bounding;
  /* runc: where `exec` without --process reads one from (owned), and the
   * bounding set that was configured at creation. */
  char *bundle;
  uint64_t configured;
  bool bundle_forged; /* an annotation says so, and not runc */
};

#define CONTAINER_INIT { true, 0, NULL, 0, false }
#define cleanup_container __attribute__ ((cleanup (container_clear)))

/* Finds the container that CLI names (exec) and looks at its init process in
 * the kernel; nothing that the container can change decides.  Refuses what
 * cannot be told; BUNDLE may be there then nevertheless. */
int container_find (enum runtime_dialect dialect,
                    const struct runtime_cli *cli, struct container *container,
                    struct error *err);

/* The bundle that the container CLI names was made of; the caller frees it. */
int container_bundle (enum runtime_dialect dialect,
                      const struct runtime_cli *cli, char **bundle,
                      struct error *err);

/* What the runtime keeps of the configuration that the container CLI names was
 * made of, out of the container's reach. */
struct container_config
{
  char *text;
  struct json_doc doc;
  json_node annotations, process; /* runc keeps no process: JSON_NONE */
  char *bundle;
  int pid; /* of its init, 0 when that has ended */
};

#define CONTAINER_CONFIG_INIT { NULL, JSON_DOC_INIT, JSON_NONE, JSON_NONE, NULL, 0 }
#define cleanup_container_config                                              \
  __attribute__ ((cleanup (container_config_clear)))

int container_own_config (enum runtime_dialect dialect,
                          const struct runtime_cli *cli,
                          struct container_config *config, struct error *err);
void container_config_clear (struct container_config *config);

void container_clear (struct container *container);

#endif
