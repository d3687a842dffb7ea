/* SPDX-License-Identifier: Apache-2.0 */
/* What the files facts_port*.c share. */
#ifndef HOSTNET_FACTS_PORTS_H
#define HOSTNET_FACTS_PORTS_H

#include <dirent.h>

#include "facts.h"

/* Looks for a socket that is bound to a port, from the descriptor FIRST on: in
 * DIRECTORY, our own /proc/self/fd, or that of the process that PIDFD (not -1)
 * is of.  0, or -1 with errno when one cannot be looked at. */
int ports_find_socket (DIR *directory, int pidfd, unsigned first,
                       struct port_facts *facts);

/* Podman forwards ports by processes of its own where it is rootless, or uses
 * slirp4netns.  0, or -1 with errno. */
int ports_find_forwarder (const struct json_doc *config,
                          const struct facts *facts,
                          struct port_facts *ports);

/* Whether root's netavark maps ports to podman's container ID.  0, or -1 with
 * errno. */
int ports_find_rule (const char *id, struct port_facts *ports);

/* The directory of all of podman's or CRI-O's containers, and the container's
 * own id in it, from the PATH of its bundle; false when that is not laid out
 * so. */
bool ports_split_bundle (const char *path, char **containers, char **id);

/* Those that CRI-O and nerdctl wrote down. */
void ports_read_files (const struct json_doc *config, json_node annotations,
                       struct facts *facts);

#endif
