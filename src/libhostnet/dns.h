/* SPDX-License-Identifier: Apache-2.0 */
/* DNS as on the host: what an engine mounted at /etc/resolv.conf and /etc/hosts
 * names servers and addresses of the private network that the container does
 * not get.  The host's own files take its place, read-only. */
#ifndef HOSTNET_DNS_H
#define HOSTNET_DNS_H

#include "facts.h"
#include "policy.h"
#include "request.h"

/* Whether the container had a private network, and the policy wants it. */
bool dns_wanted (const struct request *request, const struct facts *facts,
                 const struct policy_settings *settings);

/* Whether the bind mount MOUNT of SOURCE is an engine's *WHICH, told by these
 * paths alone: an annotation may be forged, and the files of an image, or a
 * volume of the user's, are wanted as they are. */
bool dns_is_engine_made (const struct json_doc *config, json_node mount,
                         const char *source, enum dns_file *which);

/* Tells which engine-made file stays, since the host has none that can be shown
 * to a container. */
void dns_report (const struct facts *facts, struct error *report);

#endif
