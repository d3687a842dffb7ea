/* SPDX-License-Identifier: Apache-2.0 */
/* What a profile says of ioctl, read as crun and runc give it to libseccomp. */
#ifndef HOSTNET_SECCOMP_RULES_H
#define HOSTNET_SECCOMP_RULES_H

#include <stdbool.h>
#include <stdint.h>

#include "json.h"

/* runtime-spec, config-linux.md "Seccomp"; TRACE and NOTIFY are refused. */
enum seccomp_action
{
  SECCOMP_ALLOW,
  SECCOMP_LOG,
  SECCOMP_ERRNO,
  SECCOMP_TRAP,
  SECCOMP_KILL,
  SECCOMP_KILL_THREAD,
  SECCOMP_KILL_PROCESS,
  SECCOMP_TRACE,
  SECCOMP_NOTIFY
};

const char *seccomp_action_name (enum seccomp_action action);
bool seccomp_permits (enum seccomp_action action);

/* Lets a call through, or seems to: the kernel takes the lower 16 bits of an
 * errno, and 0 is what a call returns that did something. */
bool seccomp_reaches (enum seccomp_action action, uint64_t errno_ret);

/* A condition as it stands in a rule. */
struct seccomp_condition
{
  uint64_t index, value, value_two;
  json_node op; /* JSON_NONE when absent */
};

int seccomp_read_condition (const struct json_doc *config, json_node argument,
                            struct seccomp_condition *condition,
                            struct error *err);

/* The action in member KEY of OBJECT.  Refuses an unknown one, and one by
 * which another process decides; WHERE is for that sentence: "for ioctl", "as
 * default". */
int seccomp_read_action (const struct json_doc *config, json_node object,
                         const char *key, const char *where,
                         enum seccomp_action *action, struct error *err);

/* errnoRet of a rule, EPERM when it has none. */
int seccomp_read_errno (const struct json_doc *config, json_node rule,
                        uint64_t *errno_ret, struct error *err);

/* The same of a profile: defaultErrnoRet. */
int seccomp_read_default_errno (const struct json_doc *config,
                                json_node seccomp, uint64_t *errno_ret,
                                struct error *err);

/* A rule that names ioctl. */
struct seccomp_rule
{
  size_t place;       /* in syscalls */
  json_node names;
  enum seccomp_action action;
  uint64_t errno_ret; /* EPERM when the rule has none */
  bool conditional;   /* on argument 1: (command & mask) == datum */
  uint64_t mask, datum;
};

struct seccomp_profile
{
  json_node seccomp, syscalls; /* JSON_NONE when absent */
  enum seccomp_action default_action;
  bool has_unconditional;
  enum seccomp_action unconditional; /* of the rules without a condition */
  struct seccomp_rule *rules;
  size_t count;
  size_t rule_total; /* all rules of syscalls */
};

/* 1 read, 0 there is no profile, -1 refused: an action that lets another
 * process decide on ioctl, a condition that cannot be cut exactly, two rules
 * without a condition that disagree. */
int seccomp_read (const struct json_doc *config, json_node linux_object,
                  struct seccomp_profile *profile, struct error *err);
void seccomp_clear (struct seccomp_profile *profile);

/* Whether the default of PROFILE lets a call through that no rule names, and the
 * errno with which it does not. */
int seccomp_read_default (const struct json_doc *config,
                          const struct seccomp_profile *profile,
                          bool *reaches, uint64_t *errno_ret,
                          struct error *err);

#endif
