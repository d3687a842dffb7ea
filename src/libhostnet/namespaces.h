/* SPDX-License-Identifier: Apache-2.0 */
/* The entries of /linux/namespaces of a configuration (runtime-spec,
 * config-linux.md).  They are only found here: facts_collect() refuses what is
 * wrong with an entry, netns.c treats the network's. */
#ifndef HOSTNET_NAMESPACES_H
#define HOSTNET_NAMESPACES_H

#include "json.h"

/* The first entry of TYPE ("network", "user", ...), and the one behind ENTRY;
 * JSON_NONE when there is none.  LINUX_OBJECT may be JSON_NONE. */
json_node namespaces_first (const struct json_doc *config,
                            json_node linux_object, const char *type);
json_node namespaces_next (const struct json_doc *config, json_node entry,
                           const char *type);

/* The namespace that ENTRY joins in *PATH, which the caller frees: 1, or 0 and
 * NULL when it makes a new one; negative when that cannot be told. */
int namespaces_path (const struct json_doc *config, json_node entry,
                     char **path);

#endif
