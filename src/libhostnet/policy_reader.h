/* SPDX-License-Identifier: Apache-2.0 */
/* Reading the policy's text, for policy_parse*.c alone: a table has one row for
 * each member that there is. */
#ifndef HOSTNET_POLICY_READER_H
#define HOSTNET_POLICY_READER_H

#include "policy_parts.h"

struct reader
{
  const struct json_doc *doc;
  const char *name;
  struct policy *policy;
  struct rule *rule;    /* where settings go */
  struct error *broken; /* gets what is wrong in `default` and `rules` */
  struct error *err;
};

/* The objects of the files. */
enum
{
  IN_TOP = 1,
  IN_DROP_IN = 2,
  IN_DEFAULT = 4,
  IN_RULE = 8,
  IN_WHEN = 16,
  IN_KUBERNETES = 32,
  IN_SETTINGS = IN_DEFAULT | IN_RULE
};

struct member
{
  const char *name;
  unsigned objects;
  int (*read) (struct reader *r, const struct member *member, json_node node);
  const char *expected; /* for a person */
  bool needed;
};

/* All members of OBJECT by the table; what they are in is WHICH. */
int policy_read_object (struct reader *r, json_node object, unsigned which);

int policy_wrong_value (struct reader *r, const struct member *member,
                        json_node node);

int policy_read_when (struct reader *r, const struct member *member,
                      json_node node);
int policy_read_always (struct reader *r, const struct member *member,
                        json_node node);
int policy_read_annotations (struct reader *r, const struct member *member,
                             json_node node);
int policy_read_args (struct reader *r, const struct member *member,
                      json_node node);
int policy_read_kubernetes (struct reader *r, const struct member *member,
                            json_node node);
int policy_read_namespaces (struct reader *r, const struct member *member,
                            json_node node);
int policy_read_service_accounts (struct reader *r,
                                  const struct member *member, json_node node);

#endif
