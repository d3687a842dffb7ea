/* SPDX-License-Identifier: Apache-2.0 */
/* The administrator's files: what a container may ask for.
 * oci-hostnet-policy.json(5) describes them. */
#ifndef HOSTNET_POLICY_H
#define HOSTNET_POLICY_H

#include <stdbool.h>
#include <stddef.h>

#include "error.h"
#include "json.h"
#include "lock.h"

enum
{
  POLICY_MAX_BYTES = 1024 * 1024
};

enum policy_request
{
  REQUEST_DEFAULT, /* allowed outside Kubernetes, refused inside */
  REQUEST_ALLOW,
  REQUEST_REFUSE
};

/* What happens to a container that has the host network without asking. */
enum policy_inherit
{
  INHERIT_HARMLESS, /* lock what loses no capability by it, report the rest */
  INHERIT_LOCK,
  INHERIT_REPORT,
  INHERIT_LEAVE,
  INHERIT_REFUSE
};

enum policy_ports
{
  PORTS_REFUSE,
  PORTS_WARN
};

enum policy_pathless
{
  PATHLESS_REFUSE,
  PATHLESS_REMOVE
};

/* What stands at /etc/resolv.conf and /etc/hosts when a private network went. */
enum policy_dns
{
  DNS_HOST,
  DNS_KEEP
};

enum policy_mode
{
  MODE_ENFORCE,
  MODE_OBSERVE /* record what would happen, change nothing */
};

/* A container with a network of its own that has CAP_NET_ADMIN in the initial
 * user namespace: it can use a socket of the host's that it is passed. */
enum policy_net_admin
{
  NET_ADMIN_LEAVE,
  NET_ADMIN_REPORT,
  NET_ADMIN_REFUSE
};

/* Objects of the host in a container on the host's network: struct way. */
enum policy_host_objects
{
  HOST_OBJECTS_SHOW, /* by diff, verify and audit alone */
  HOST_OBJECTS_REPORT,
  HOST_OBJECTS_REFUSE
};

/* Ports that a container declares (io.oci-hostnet.listen) and somebody has. */
enum policy_port_conflicts
{
  PORT_CONFLICTS_REFUSE,
  PORT_CONFLICTS_WARN,
  PORT_CONFLICTS_IGNORE
};

/* What the lock isolated wants and the machine cannot give. */
enum policy_isolated
{
  ISOLATED_REQUIRE,
  ISOLATED_BEST_EFFORT /* the container starts, and audit shows what is missing */
};

/* Bits of keep_capabilities. */
enum
{
  KEEP_NET_RAW = 1,
  KEEP_MKNOD = 2,
  KEEP_SYS_PTRACE = 4
};

struct rule;
struct port_list;
enum
{
  LISTEN_LISTS = 4
};

/* All zero: what holds without a policy. */
struct policy_settings
{
  enum policy_request request;
  enum policy_inherit inherit;
  enum policy_ports published_ports;
  enum policy_pathless pathless;
  enum policy_dns dns;
  enum policy_mode mode;
  enum policy_net_admin private_net_admin;
  enum policy_host_objects host_objects;
  enum policy_isolated isolated;
  enum policy_port_conflicts port_conflicts;
  unsigned keep_capabilities;
  enum lock lock; /* at least */
  const char *subordinate; /* a user of /etc/subuid, the policy's own; or NULL */
  /* The ports that a container may declare: those that all of these have, the
   * policy's own; none of these: any. */
  const struct port_list *listen[LISTEN_LISTS];
  size_t listen_count;
  const struct rule *rule; /* the policy's own, which decided; NULL: none did */
  unsigned said; /* bits by enum setting: the policy says something of it */
};

struct policy;

#define cleanup_policy __attribute__ ((cleanup (cleanup_policyp)))

/* Reads PATH, which must be absolute.  A policy that does not exist is the
 * built-in one.  Refused: what somebody else than root could have written, what
 * is no JSON object, a member that is unknown there, and a wrong `version`,
 * `runtime` or `admission`.  What is wrong in `default` and `rules` is kept for
 * policy_complete(): it concerns who needs a decision alone.  *POLICY is set on
 * success only. */
int policy_load (const char *path, struct policy **policy, struct error *err);

/* Before policy_settings_for(): refuses what policy_load() kept, and reads the
 * rules of PATH's drop-ins, policy.d/NAME.json, in front of the policy's own. */
int policy_complete (struct policy *policy, struct error *err);

/* Both for a text, which has no drop-ins. */
int policy_parse (const char *text, size_t length,
                  const char *name_for_messages, struct policy **policy,
                  struct error *err);
/* PATH as it stands, whoever wrote it, and without drop-ins: a draft that
 * decides of nothing. */
int policy_draft (const char *path, struct policy **policy, struct error *err);
void policy_free (struct policy *policy);
void cleanup_policyp (struct policy **policy);

/* The absolute path of the low-level runtime, NULL when the policy has none. */
const char *policy_runtime (const struct policy *policy);

/* Whether whatever happens under the policy is observed. */
bool policy_observes_all (const struct policy *policy);

/* Whether it observes anything. */
bool policy_observes (const struct policy *policy);

/* Which rule decided, for a person; the caller frees. */
char *policy_rule_name (const struct policy_settings *settings);

#endif
