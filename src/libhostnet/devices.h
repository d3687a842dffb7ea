/* SPDX-License-Identifier: Apache-2.0 */
/* linux.devices and linux.resources.devices of a configuration, for those that
 * judge other parts of it. */
#ifndef HOSTNET_DEVICES_H
#define HOSTNET_DEVICES_H

#include <stdbool.h>

#include "json.h"

/* A number of an entry of linux.devices or of its rules: 1, or 0 when it is
 * absent, negative or no integer, which the runtimes read as all too; -1 when
 * it cannot be told. */
int devices_number (const struct json_doc *config, json_node entry,
                    const char *name, uint64_t *value, struct error *err);

/* Whether the character device makes network interfaces or takes them down. */
bool devices_is_network (unsigned major_number, unsigned minor_number);

/* 1 when the device cgroup of a container under a lock lets the device be read
 * or written, 0 when not.  Rules that deny again are not counted. */
int devices_admit (const struct json_doc *config, json_node linux_object,
                   bool block, unsigned major_number, unsigned minor_number,
                   struct error *err);

#endif
