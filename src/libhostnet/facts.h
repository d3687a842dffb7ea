/* SPDX-License-Identifier: Apache-2.0 */
/* What decide() has to know of the machine besides the configuration.  All
 * reading of the system happens here, so that decide() stays pure. */
#ifndef HOSTNET_FACTS_H
#define HOSTNET_FACTS_H

#include <stdbool.h>
#include <sys/types.h>

#include "json.h"
#include "ways.h"

/* On whose behalf the configuration is judged. */
enum caller
{
  CALLER_APPLY,     /* oci-hostnet apply and diff: a manual run follows */
  CALLER_RUN,       /* the runtime's subcommand run */
  CALLER_CREATE,    /* the runtime's subcommand create */
  CALLER_RESTORE,   /* the runtime's subcommand restore */
  CALLER_PRECREATE, /* podman's precreate hook */
  CALLER_GUARD      /* createRuntime or prestart hook */
};

enum netns_relation
{
  NETNS_NEW,      /* entry without a path: a new namespace */
  NETNS_OTHER,    /* entry with the path of another namespace */
  NETNS_HOST_PATH, /* entry with a path that is the runtime's own namespace */
  NETNS_HOST      /* no entry */
};

/* For the lock userns only. */
struct userns_facts
{
  bool own_reaches;    /* capabilities in our user namespace count in our
                          network namespace */
  bool joined_reaches; /* and so do those in the one that is joined */
  char *uid_mappings, *gid_mappings; /* JSON: every id we have to itself */
  unsigned first_port; /* net.ipv4.ip_unprivileged_port_start */
  char *pod;           /* the user namespace to which all other namespaces
                          belong that are joined, or NULL */
  ino_t pod_owner;
  char *foreign;       /* one of them that does not, or NULL */
};

struct facts
{
  enum caller caller;
  enum netns_relation relation;
  json_node network_entry;   /* in /linux/namespaces, or JSON_NONE */
  bool own_user_namespace;   /* we are not in the initial one */
  bool seccomp_receiver;     /* RUN_OCI_SECCOMP_RECEIVER is set */
  char *inherited_port;      /* "8080/tcp" reserved by podman, or NULL */

  /* The rest is collected by facts_collect_mounts(). */
  bool *mount_covers;        /* per mount: holds or lies below proc, sysfs, ... */
  bool *mount_is_tun;        /* per mount: /dev/net/tun, /dev/ppp */
  bool root_covers;          /* the root filesystem holds proc or sysfs */
  struct userns_facts userns; /* by facts_collect_userns() */
  struct ways ways;          /* by ways_collect(), where they matter */
  struct error unknown;      /* what of them could not be found out: there is no
                                lock then, and who does not ask lives without */
};

#define FACTS_INIT                                                            \
  { CALLER_APPLY, NETNS_NEW, JSON_NONE, false, false, NULL, NULL, NULL, false,  \
    { false, false, NULL, NULL, 0, NULL, 0, NULL }, WAYS_INIT, ERROR_INIT }
#define cleanup_facts __attribute__ ((cleanup (facts_clear)))

/* The network namespace and ourselves.  Refuses two network entries, a type
 * that only looks like network, a relative or unreadable path. */
int facts_collect (const struct json_doc *config, enum caller caller,
                   struct facts *facts, struct error *err);

/* The sources of the mounts and the root filesystem; relative ones are
 * resolved against BUNDLE (NULL: the working directory).  Needed only when the container
 * asks for the host's network or has it. */
int facts_collect_mounts (const struct json_doc *config, const char *bundle,
                          struct facts *facts, struct error *err);

/* Under the lock userns: our own user namespace, and the namespaces that the
 * configuration joins. */
int facts_collect_userns (const struct json_doc *config, struct facts *facts,
                          struct error *err);
void userns_facts_clear (struct userns_facts *facts);

/* The real path of the source of a bind mount (the caller frees): 1, or 2
 * when it is not there yet; 0 for other mounts. */
int facts_bind_source (const struct json_doc *config, json_node mount,
                       const char *bundle, char **real, struct error *err);

/* The same of the root filesystem. */
int facts_root (const struct json_doc *config, const char *bundle,
                char **real, struct error *err);

/* Sockets that podman reserved for published ports (FACTS 7); only under
 * conmon.  What PRESERVE_FDS and LISTEN_FDS hand on is not looked at. */
int facts_collect_ports (unsigned preserve_fds, struct facts *facts,
                         struct error *err);

void facts_clear (struct facts *facts);

#endif
