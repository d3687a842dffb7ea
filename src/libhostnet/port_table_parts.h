/* SPDX-License-Identifier: Apache-2.0 */
/* The inside of port_table*.c. */
#ifndef HOSTNET_PORT_TABLE_PARTS_H
#define HOSTNET_PORT_TABLE_PARTS_H

#include <sys/types.h>

#include "port_list.h"

/* A running container on our network that declares ports. */
struct declarer
{
  char *id;
  pid_t pid; /* its init */
  ino_t mount_namespace, ipc_namespace;
  struct port_list ports;
};

struct declarers
{
  struct declarer *list;
  size_t count;
};

/* All that can be found in the directories of crun and runc. */
void declarers_find (struct declarers *declarers);
void declarers_clear (struct declarers *declarers);

/* The container that the process is of, or NULL. */
const struct declarer *declarer_of (const struct declarers *declarers,
                                    pid_t pid);

/* Whether the process is of this container, or of its pod, whose containers
 * have the same annotations. */
bool declarer_knows (const struct declarer *declarer, pid_t pid);

#endif
