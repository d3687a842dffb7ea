/* SPDX-License-Identifier: Apache-2.0 */
/* `oci-hostnet ports`: who listens on what, and which container declared it. */
#ifndef HOSTNET_PORT_TABLE_H
#define HOSTNET_PORT_TABLE_H

#include <stdbool.h>
#include <stdio.h>

#include "error.h"

/* 0; 1: somebody has a port that a container declared; -1: ERR is filled. */
int port_table_show (FILE *to, bool json, struct error *err);

#endif
