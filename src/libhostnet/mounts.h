/* SPDX-License-Identifier: Apache-2.0 */
/* What becomes of one of /mounts: the parts of the lock that look at it say
 * what they wish, and mounts_plan() makes one set of edits of it. */
#ifndef HOSTNET_MOUNTS_H
#define HOSTNET_MOUNTS_H

#include "plan.h"

enum { WANTED_OPTIONS_MAX = 12 };

struct mount_wish
{
  json_node mount;
  const struct mount_facts *facts;
  bool is_file; /* what is bound */
  /* its members; JSON_NONE when absent */
  json_node type, destination, options;
  const char *new_type, *new_source; /* that outlive it, or NULL: as it is */
  const char *new_options;           /* JSON text, a constant, or NULL */
  const char *wanted[WANTED_OPTIONS_MAX]; /* that have to be among the options */
  size_t wanted_count;
  const char *const *without; /* options that must not be there, NULL ends */
  bool needs_submounts; /* each its own bind behind it */
  bool idmapped;        /* with the container's ids: mounts_idmap.c */
  const char *why;
};

bool mount_type_is (const struct plan *plan, const struct mount_wish *wish,
                    const char *type);
bool mount_has_option (const struct plan *plan, const struct mount_wish *wish,
                       const char *option);
json_node mount_source (const struct plan *plan,
                        const struct mount_wish *wish);
/* Its destination, for a message; the caller frees. */
char *mount_place (const struct plan *plan, const struct mount_wish *wish);
/* WHY is a constant. */
void mount_want (struct mount_wish *wish, const char *option, const char *why);
/* A bind of SOURCE (a constant) in its place. */
void mount_bind (struct mount_wish *wish, const char *source,
                 const char *options, const char *why);

/* Subordinate ids: whether the mount is to be mapped. */
int mount_idmap (const struct plan *plan, struct mount_wish *wish,
                 struct error *err);
/* WISH with the option that says so, or without; the members are written
 * beside it, since crun takes these and newer runtimes want both. */
struct mount_wish mount_with_idmap (const struct mount_wish *wish,
                                    bool idmapped);

/* Writes the options as they are to be; whether they differ from what stands
 * there. */
bool mount_write_options (const struct json_doc *config,
                          const struct mount_wish *wish,
                          struct json_buffer *text);

/* DNS as on the host: dns.c. */
void mount_host_file (const struct plan *plan, struct mount_wish *wish);

/* What a user namespace does not allow, or does in another way. */
int mount_in_user_namespace (const struct plan *plan, struct mount_wish *wish,
                             struct error *err);
/* The flags of a source that has LOCKED ones (mount(2)). */
void mount_want_flags (const struct plan *plan, struct mount_wish *wish,
                       unsigned long locked);

#endif
