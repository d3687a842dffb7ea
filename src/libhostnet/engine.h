/* SPDX-License-Identifier: Apache-2.0 */
/* Which engine a configuration comes from.  It chooses words and, for
 * Kubernetes, the stricter default: never anything looser. */
#ifndef HOSTNET_ENGINE_H
#define HOSTNET_ENGINE_H

#include <stdbool.h>

#include "json.h"

enum engine
{
  ENGINE_UNKNOWN,
  ENGINE_PODMAN,
  ENGINE_DOCKER,
  ENGINE_KUBERNETES
};

/* From the annotations object (or JSON_NONE) and the hooks of the
 * configuration. */
enum engine engine_of (const struct json_doc *config, json_node annotations);

/* How a user of that engine asks for the host's network. */
const char *engine_host_option (enum engine engine);

/* The path of the first hook that configures the network namespace after it
 * was made, or NULL; the caller frees. */
char *engine_network_hook (const struct json_doc *config);

#endif
