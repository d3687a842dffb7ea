/* SPDX-License-Identifier: Apache-2.0 */
/* What the files facts_listen*.c share. */
#ifndef HOSTNET_FACTS_LISTEN_H
#define HOSTNET_FACTS_LISTEN_H

#include "facts.h"
#include "port_list.h"
#include "sock_diag.h"

/* Moves those of SOCKETS that are in the way of DECLARED and that containers of
 * the same pod have to POD, which is empty. */
void listen_take_pod (const struct json_doc *config,
                      const struct port_list *declared,
                      struct inet_sockets *sockets, struct inet_sockets *pod);

#endif
