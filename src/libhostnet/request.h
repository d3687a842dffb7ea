/* SPDX-License-Identifier: Apache-2.0 */
/* What a container asks for by annotation. */
#ifndef HOSTNET_REQUEST_H
#define HOSTNET_REQUEST_H

#include <stdbool.h>

#include "json.h"
#include "lock.h"

#define REQUEST_PREFIX "io.oci-hostnet."
/* Asks for nothing: tells the policy which service account a pod has. */
#define REQUEST_SERVICE_ACCOUNT REQUEST_PREFIX "service-account"

struct request
{
  json_node annotations; /* the object, or JSON_NONE */
  bool any;              /* some io.oci-hostnet.* key is there that asks for
                            something */
  bool network;          /* io.oci-hostnet.network=host */
  bool wants_lock;       /* io.oci-hostnet.lock is there: locked, or refused */
  enum lock lock;        /* its value, else standard */
  json_node publish;     /* io.oci-hostnet.publish, or JSON_NONE */
  json_node applied;     /* io.oci-hostnet.applied, or JSON_NONE */
  json_node listen;      /* io.oci-hostnet.listen, a port_list; or JSON_NONE */
  json_node connect;     /* the same of io.oci-hostnet.connect */
};

/* Refuses unknown io.oci-hostnet.* keys, and values that are not offered: a typo must not fail open. */
int request_read (const struct json_doc *config, struct request *request,
                  struct error *err);

/* The same from an annotations object that stands elsewhere (a hook's state). */
int request_read_annotations (const struct json_doc *doc,
                              json_node annotations, struct request *request,
                              struct error *err);

#endif
