/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HOSTNET_DEVICES_H
#define HOSTNET_DEVICES_H

#include <stdbool.h>

/* Whether the character device makes network interfaces. */
bool devices_is_network (unsigned major_number, unsigned minor_number);

#endif
