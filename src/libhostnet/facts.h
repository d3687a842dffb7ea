/* SPDX-License-Identifier: Apache-2.0 */
/* What decide() has to know of the machine besides the configuration.  All
 * reading of the system happens here, so that decide() stays pure. */
#ifndef HOSTNET_FACTS_H
#define HOSTNET_FACTS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "engine.h"
#include "json.h"
#include "lowlevel.h"
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

/* One for each of /linux/devices. */
struct device_facts
{
  char *path;      /* in the container */
  char *source;    /* the host's node of that number, or NULL */
  bool is_default; /* every container has it there */
  bool is_network; /* devices_is_network() */
  unsigned mode, uid, gid; /* of the source */
};

/* For the lock userns only. */
struct userns_facts
{
  bool wanted;         /* the lock is userns: the rest has been collected */
  bool own_reaches;    /* capabilities in our user namespace count in our
                          network namespace, and root's runtime has them */
  bool joined_reaches; /* and so do those in the one that is joined */
  bool joined_maps_root; /* which has the host's root among its ids, or might */
  char *uid_mappings, *gid_mappings; /* JSON: every id we have to itself */
  unsigned first_port; /* net.ipv4.ip_unprivileged_port_start */
  char *pod;           /* the user namespace to which all other namespaces
                          belong that are joined, or NULL */
  ino_t pod_owner;
  bool has_mqueue;      /* our IPC namespace's is at /dev/mqueue */
  bool unified_cgroups; /* cgroup v2 alone, at /sys/fs/cgroup */
  struct device_facts *devices;
  size_t device_count;
  char *foreign;       /* one of them that does not, or NULL */
  json_node *own;      /* the entries that join what we are in ourselves, */
  size_t own_count;    /* which can be left out as well */
  bool has_entry;      /* the configuration has a user namespace */
};

/* For `subordinate` of the policy only. */
struct subordinate_facts
{
  bool wanted;            /* the rest has been collected */
  struct error refused;   /* why the container cannot have the ids, or nothing */
  uint32_t uid, gid;      /* the first of them */
  char *runtime;          /* why the low-level runtime cannot map the ids of a
                             mount, or NULL; not asked when no mount needs it */
};

/* For the lock isolated only. */
struct isolated_facts
{
  bool program;         /* the hook's is there, and root's */
  struct error refused; /* why it cannot do what it is for, or nothing */
};

/* A bind mount's source, or what is mounted below it, under subordinate ids. */
struct idmap_facts
{
  bool needed; /* its files would have other owners without mapped ids */
  int failed;  /* errno of mapping them, or 0 */
};

/* What the host has at /etc/resolv.conf and /etc/hosts; see dns.h. */
enum dns_file
{
  DNS_RESOLV_CONF,
  DNS_HOSTS,
  DNS_FILES
};

struct host_file
{
  bool looked_at;      /* the container has a mount that it is to replace */
  char *path;          /* real; NULL: there is none for a container */
  const char *missing; /* why not, a constant */
  char *source;        /* the path as JSON text */
  unsigned long flags; /* of its mount, as below */
};

struct mount_source
{
  char *path;          /* real, owned */
  unsigned long flags; /* of its mount: MS_RDONLY, MS_NOSUID, MS_NODEV, MS_NOEXEC */
  bool is_file;
};

/* One for each of /mounts. */
struct mount_facts
{
  /* Its members where they were found, else JSON_NONE, whether they are there or
   * not. */
  json_node type, options;
  /* What takes the place of the source, or NULL; then all that follows is told
   * of the new one. */
  const struct host_file *host_file;
  char *source; /* the real path of a bind mount's source, or NULL */
  bool is_file; /* it is there, and no directory */
  bool covers;  /* it holds or lies below proc, sysfs, ... */
  bool is_tun;  /* /dev/net/tun, /dev/ppp, ... */
  bool is_moved; /* asked of what must be read-only: facts_mount_is_moved() */
  /* Under the lock userns: the flags of its mount, and what is mounted below. */
  unsigned long flags;
  struct mount_source *submounts;
  size_t submount_count;
  struct idmap_facts idmap, *submount_idmaps;
};

/* Published ports that the configuration does not show. */
struct port_facts
{
  char *reserved; /* "8080/tcp", a socket that podman holds or forwards, or NULL */
  char *sandbox;  /* JSON: what CRI-O maps to the container's pod, or NULL */
  char *nerdctl;  /* JSON: nerdctl's network-config.json, or NULL */
  struct error unknown; /* why they cannot be told, or nothing */
};

enum
{
  PORT_FIRST_UNPRIVILEGED = 1024 /* include/net/sock.h, PROT_SOCK */
};

/* Where the container has the annotation io.oci-hostnet.listen. */
struct listen_facts
{
  unsigned first_port; /* net.ipv4.ip_unprivileged_port_start */
  bool own_reaches;    /* capabilities in our user namespace count in our
                          network namespace */
  /* By facts_collect_listen(), before a start and where the policy cares: */
  char *port;  /* "80/tcp", the first that is taken, or NULL */
  char *owner; /* by whom: "nginx (pid 812)" */
  struct error unknown; /* why that cannot be told, or nothing */
};

struct facts
{
  enum caller caller;
  bool elsewhere;             /* given: root will run it on another machine, of
                                 which the paths here tell nothing */
  struct engine_facts engine; /* by facts_collect_engine() */
  struct port_facts ports;    /* by facts_collect_ports() */
  struct listen_facts listen; /* by facts_collect_low_ports() */
  enum netns_relation relation;
  json_node network_entry;   /* in /linux/namespaces, or JSON_NONE */
  bool own_user_namespace;   /* we are not in the initial one */
  bool rootless;             /* an ordinary user: the container has a user
                                namespace by its configuration, or by crun, or
                                does not start */
  bool seccomp_receiver;     /* RUN_OCI_SECCOMP_RECEIVER is set */
  bool private_net_admin;    /* CAP_NET_ADMIN in our user namespace, the initial
                                one, and another network than ours */

  /* The rest is collected by facts_collect_mounts(). */
  bool dns_wanted;           /* given: dns_wanted() */
  struct host_file host_files[DNS_FILES];
  struct mount_facts *mounts;
  size_t mount_count;
  bool root_covers;          /* the root filesystem holds proc or sysfs */
  struct userns_facts userns; /* by facts_collect_userns() */
  struct ways ways;          /* by ways_collect(), where they matter */
  struct error unknown;      /* what of them could not be found out: there is no
                                lock then, and who does not ask lives without */
  struct isolated_facts isolated; /* by facts_collect_isolated() */
  struct subordinate_facts subordinate; /* by facts_collect_subordinate() */
};

/* The rest is zero: none, false, NULL. */
#define FACTS_INIT { .network_entry = JSON_NONE }
#define cleanup_facts __attribute__ ((cleanup (facts_clear)))

/* The network namespace and ourselves.  Refuses two network entries, a type
 * that only looks like network, a relative or unreadable path. */
int facts_collect (const struct json_doc *config, enum caller caller,
                   struct facts *facts, struct error *err);

/* Whether CONFIG, whose network is not ours, gives CAP_NET_ADMIN in the initial
 * user namespace. */
void facts_collect_net_admin (const struct json_doc *config,
                              struct facts *facts);

/* The sources of the mounts and the root filesystem; relative ones are
 * resolved against BUNDLE (NULL: the working directory).  Needed only when the container
 * asks for the host's network or has it. */
int facts_collect_mounts (const struct json_doc *config, const char *bundle,
                          struct facts *facts, struct error *err);

/* Whether the mount INDEX of MOUNTS may end up elsewhere than its destination
 * says: that is relative, has `..`, or a symbolic link lies on the way, in the
 * root filesystem (ROOT, or NULL) or in one of the mounts before it, of which
 * FACTS knows the sources. */
bool facts_mount_is_moved (const struct json_doc *config, json_node mounts,
                           size_t index, const char *root,
                           const struct facts *facts);

/* The host's WHICH, looked at once. */
const struct host_file *facts_host_file (enum dns_file which,
                                         struct facts *facts);
void host_files_clear (struct facts *facts);

/* The flags of the mount of PATH that a mount namespace of less privilege
 * cannot take away (mount(2)); 0, or -1 with errno. */
int facts_mount_flags (const char *path, unsigned long *flags);

/* Under the lock userns: our own user namespace, and the namespaces that the
 * configuration joins. */
int facts_collect_userns (const struct json_doc *config, struct facts *facts,
                          struct error *err);
int facts_collect_devices (const struct json_doc *config,
                           struct userns_facts *facts, struct error *err);
void device_facts_clear (struct userns_facts *facts);
void userns_facts_clear (struct userns_facts *facts);

/* After all of these: what the subordinate ids of USER come to for CONFIG.
 * LOWLEVEL is what will run it, or NULL when that is not known. */
void facts_collect_subordinate (const struct json_doc *config,
                                const char *bundle, const char *user,
                                const struct lowlevel *lowlevel,
                                struct facts *facts);
/* After facts_collect(): what can be seen before the container is there. */
void facts_collect_isolated (struct facts *facts);

void mount_facts_clear (struct facts *facts);

/* The real path of the source of a bind mount (the caller frees): 1, or 2
 * when it is not there yet; 0 for other mounts. */
int facts_bind_source (const struct json_doc *config, json_node mount,
                       const char *bundle, char **real, struct error *err);

/* The same of the root filesystem. */
int facts_root (const struct json_doc *config, const char *bundle,
                char **real, struct error *err);

/* On whose behalf CALLER was called; what cannot be seen stays unknown. */
int facts_collect_engine (enum caller caller, const char *bundle,
                          struct engine_facts *facts, struct error *err);
void engine_facts_clear (struct engine_facts *facts);

/* After facts_collect_engine(): ports that podman reserved sockets for (FACTS
 * 7) or forwards, and those that CRI-O and nerdctl wrote down elsewhere.  What
 * PRESERVE_FDS and LISTEN_FDS hand on is not looked at. */
int facts_collect_ports (const struct json_doc *config, json_node annotations,
                         unsigned preserve_fds, struct facts *facts,
                         struct error *err);
void port_facts_clear (struct port_facts *facts);

/* For who declares ports: which of them need a capability that counts here. */
int facts_collect_low_ports (struct listen_facts *facts, struct error *err);
/* ip-sysctl.rst, ip_unprivileged_port_start. */
unsigned facts_first_unprivileged_port (void);

/* Which of the ports in LISTEN, a string of CONFIG, are taken.  KUBERNETES: but
 * for those that other containers of its pod have, whose annotation it is. */
void facts_collect_listen (const struct json_doc *config, json_node listen,
                           bool kubernetes, struct listen_facts *facts);
void listen_facts_clear (struct listen_facts *facts);

void facts_clear (struct facts *facts);

#endif
