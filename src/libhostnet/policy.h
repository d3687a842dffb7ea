/* SPDX-License-Identifier: Apache-2.0 */
/* The administrator's file: what a container may ask for.
 * oci-hostnet-policy.json(5) describes it. */
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

/* Bits of keep_capabilities. */
enum
{
  KEEP_NET_RAW = 1,
  KEEP_MKNOD = 2,
  KEEP_SYS_PTRACE = 4
};

/* All zero: what holds without a policy. */
struct policy_settings
{
  enum policy_request request;
  enum policy_inherit inherit;
  enum policy_ports published_ports;
  enum policy_pathless pathless;
  enum policy_dns dns;
  unsigned keep_capabilities;
  enum lock lock; /* at least */
  const char *subordinate; /* a user of /etc/subuid, the policy's own; or NULL */
};

/* The rest up to the functions is of no concern outside of policy*.c. */
enum setting
{
  SETTING_REQUEST,
  SETTING_INHERIT,
  SETTING_PUBLISHED_PORTS,
  SETTING_PATHLESS,
  SETTING_CAPABILITIES,
  SETTING_LOCK,
  SETTING_DNS,
  SETTINGS
};

struct annotation_glob
{
  char *key, *value;
};

/* Without globs it matches always; policy_parse() makes sure it was said. */
struct rule
{
  struct annotation_glob *globs;
  size_t glob_count;
  bool set[SETTINGS];
  unsigned value[SETTINGS];
  char *subordinate; /* or NULL: not set */
};

struct policy
{
  char *runtime;
  struct rule fallback; /* "default" */
  struct rule *rules;
  size_t rule_count;
};

#define cleanup_policy __attribute__ ((cleanup (cleanup_policyp)))

/* Reads PATH, which must be absolute.  A policy that does not exist is the
 * built-in one; every other failure, and a file that somebody else than root
 * could have written, is refused.  *POLICY is set on success only. */
int policy_load (const char *path, struct policy **policy, struct error *err);
int policy_parse (const char *text, size_t length,
                  const char *name_for_messages, struct policy **policy,
                  struct error *err);
void policy_free (struct policy *policy);
void cleanup_policyp (struct policy **policy);

/* The absolute path of the low-level runtime, NULL when the policy has none. */
const char *policy_runtime (const struct policy *policy);

/* What the first matching rule says, else the default, else what is built in,
 * member by member.  ANNOTATIONS is the annotations object of CONFIG or
 * JSON_NONE. */
struct policy_settings policy_settings_for (const struct policy *policy,
                                            const struct json_doc *config,
                                            json_node annotations);

#endif
