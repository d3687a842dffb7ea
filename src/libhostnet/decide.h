/* SPDX-License-Identifier: Apache-2.0 */
/* The one decision that hook, runtime and command line share: pure, from
 * policy, configuration and facts to a verdict. */
#ifndef HOSTNET_DECIDE_H
#define HOSTNET_DECIDE_H

#include <stdbool.h>

#include "facts.h"
#include "json.h"
#include "policy.h"
#include "request.h"

enum verdict
{
  VERDICT_LEAVE, /* not our business, or all is in force: byte for byte */
  VERDICT_EDIT   /* the edits put the promise in force */
};

struct decision
{
  enum verdict verdict;
  bool asks;             /* io.oci-hostnet.network=host */
  bool has_host_network; /* without our doing */
  bool must_be_locked;   /* asked for, or the policy says so */
  struct json_edits edits;
  struct error report;   /* what is logged but refused nothing, if any */
};

#define DECISION_INIT                                                         \
  { VERDICT_LEAVE, false, false, false, JSON_EDITS_INIT, ERROR_INIT }
#define cleanup_decision __attribute__ ((cleanup (decision_clear)))

/* Whether facts_collect_mounts() is needed before decide(): the container
 * asks for the host's network or has it. */
bool decide_concerns (const struct request *request,
                      const struct facts *facts);

/* Where it does not: refuses annotations of ours, which do nothing there. */
int decide_pointless (const struct json_doc *config,
                      const struct request *request, struct error *err);

/* The lock that the container gets.  Under strict, and where the policy says
 * something of `hostObjects`, decide() wants facts->ways from ways_collect(). */
enum lock decide_lock (const struct policy_settings *settings,
                       const struct request *request);

/* Whether the policy has to be asked: what decide_concerns() says, and
 * privateNetAdmin. */
bool decide_needs_policy (const struct request *request,
                          const struct facts *facts);

/* io.oci-hostnet.applied of a container under LOCK: which parts are in force.
 * NETWORK: it asks for the host's network. */
const char *decide_applied (enum lock lock, bool network);

/* 0 with DECISION filled, or -1: refused, ERR has the sentence.  SETTINGS and
 * ENGINE count where decide_needs_policy() says so; `mode` is not looked at. */
int decide (const struct policy_settings *settings,
            const struct engine_verdict *engine, const struct json_doc *config,
            const struct request *request, const struct facts *facts,
            struct decision *decision, struct error *err);

void decision_clear (struct decision *decision);

#endif
