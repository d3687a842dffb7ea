/* SPDX-License-Identifier: Apache-2.0 */
/* Ways around a lock that is in force: what the container is given beside the
 * network, and through which the host's network could be changed after all.
 * `diff`, `verify` and `audit` report them, the lock strict refuses them. */
#ifndef HOSTNET_WAYS_H
#define HOSTNET_WAYS_H

#include "json.h"
#include "lock.h"

struct way
{
  enum refusal id;
  char *sentence; /* owned */
};

struct ways
{
  struct way *list;
  size_t count;
};
#define WAYS_INIT { NULL, 0 }

/* Those of CONFIG under LOCK, judged by what the paths are on this machine
 * (relative ones start at BUNDLE or the working directory).  SUBORDINATE: CONFIG
 * will get ids that none of the host's has.  Refuses what has the wrong type. */
int ways_collect (const struct json_doc *config, const char *bundle,
                  enum lock lock, bool subordinate, struct ways *ways,
                  struct error *err);

void ways_clear (struct ways *ways);

#endif
