/* SPDX-License-Identifier: Apache-2.0 */
/* What doctor knows of a host, and what it makes of that: each doctor_*.c reads
 * its part (doctor_read_X) and judges it (doctor_check_X, which reads nothing
 * but the facts). */
#ifndef HOSTNET_DOCTOR_FACTS_H
#define HOSTNET_DOCTOR_FACTS_H

#include <stdbool.h>
#include <sys/types.h>

#include "checks.h"
#include "configure.h"
#include "error.h"
#include "lowlevel.h"

enum seen
{
  SEEN_UNKNOWN, /* we may not, or cannot, look */
  SEEN_NO,
  SEEN_YES
};

/* cgroups(7) */
enum doctor_cgroups
{
  CGROUPS_NONE,
  CGROUPS_V1,
  CGROUPS_HYBRID, /* version 2 beside it, at /sys/fs/cgroup/unified */
  CGROUPS_V2
};

/* Of the kernel that runs. */
struct doctor_kernel
{
  char release[65];
  unsigned version[2];
  enum seen seccomp; /* a filter that answers with an errno */
  enum seen openat2, pidfd, mount_setattr, user_namespaces, btf;
  long max_user_namespaces; /* negative: it cannot be told */
  const char *userns_lifted_by; /* the setting by which ordinary users may make
                                   user namespaces, or NULL: they may */
  enum doctor_cgroups cgroups;
  bool unified_controllers; /* CGROUPS_HYBRID: there are some in version 2 */
};

/* A file that root runs. */
struct doctor_program
{
  const char *path; /* a constant */
  enum seen there;
  bool program;     /* a regular file that may be executed */
  bool set_id;
  char *foreign;    /* what others than root can write, itself or what is on
                       the way, owned; or NULL */
  dev_t device;
  ino_t inode;
};

enum
{
  DOCTOR_PROGRAMS = 5,
  DOCTOR_RUNTIMES = 4,
  DOCTOR_ENGINES = 6
};

struct doctor_policy
{
  enum seen there;
  char *mistake;    /* the first one, owned; or NULL */
  size_t mistakes;
  bool unreadable;  /* for us: nothing is known */
  bool observes, observes_all;
  char *runtime;    /* which it names, owned; or NULL */
  char *ids;        /* what is wrong with the subordinate ids that it names,
                       owned; or NULL */
};

struct doctor_runtime
{
  struct lowlevel lowlevel;
  struct doctor_program file;
  bool ours;        /* oci-hostnet-runtime itself */
  char *wrong;      /* why we would not become it, owned; or NULL */
  bool asked;       /* SAID is what it says for --version */
  char said[1024];
};

struct doctor_engine
{
  const char *name;    /* as configure calls it; a constant */
  const char *program; /* the path where it was found, or NULL */
  enum seen there;
  bool registers;      /* configure knows it */
  struct configured state;
  struct error refused; /* what configure says to it */
  bool hooks, runtime;  /* of podman: what its own files name of ours */
  const char *bad_hook; /* of CRI-O: a directory with a precreate hook */
  char *override;       /* of CRI-O: a file that is read behind ours and makes
                           our handler another runtime, owned; or NULL */
};

struct doctor_host
{
  enum seen ping;       /* the two numbers below are known */
  unsigned long ping_first, ping_last; /* net.ipv4.ping_group_range */
  long port_start;      /* net.ipv4.ip_unprivileged_port_start, or negative */
  enum seen listener;   /* of the trail */
  const char *listens_at;
  enum seen selinux, apparmor;
};

struct doctor_facts
{
  const char *root;     /* "/" or what was given */
  int root_fd;
  bool elsewhere;       /* not the system that runs */
  bool privileged;      /* root of the host, who sees everything */
  bool user_namespace;  /* we are in one */
  const char *install;  /* "apt-get install", or NULL: not known */
  struct doctor_kernel kernel;
  struct doctor_program programs[DOCTOR_PROGRAMS];
  struct doctor_policy policy;
  struct doctor_runtime runtimes[DOCTOR_RUNTIMES];
  size_t runtime_count;
  int chosen;           /* of RUNTIMES, or -1 */
  struct doctor_engine engines[DOCTOR_ENGINES];
  struct doctor_host host;
};

/* ---- doctor_look.c ---- */

/* Fills all but PATH. */
void doctor_look (const struct doctor_facts *facts,
                  struct doctor_program *program);
enum seen doctor_there (const struct doctor_facts *facts, const char *path);
/* Whether PATH itself is a symbolic link. */
bool doctor_is_link (const struct doctor_facts *facts, const char *path);
/* The text of the file (the caller frees) and its LENGTH; or NULL with errno,
 * EFBIG when it has more than MOST bytes or is no regular file. */
char *doctor_text (const struct doctor_facts *facts, const char *path,
                   size_t most, size_t *length);
/* PATH of that host as a word for the shell of this one, quoted where it must
 * be (the caller frees); NULL when no terminal should get it. */
char *doctor_shell_word (const struct doctor_facts *facts, const char *path);
/* Adds how PATH becomes root's alone as the mend of the last check. */
void doctor_mend_owner (struct checks *checks,
                        const struct doctor_facts *facts, const char *path);
/* Adds how PACKAGE is installed there as the mend of the last check. */
void doctor_mend_install (struct checks *checks,
                          const struct doctor_facts *facts,
                          const char *package);
/* "run it as root to see" as the mend of the last check, where that helps. */
void doctor_mend_unseen (struct checks *checks,
                         const struct doctor_facts *facts);

/* ---- one file for each ---- */

typedef void doctor_read (struct doctor_facts *facts);
typedef void doctor_check (const struct doctor_facts *facts,
                           struct checks *checks);

doctor_read doctor_read_kernel, doctor_read_programs, doctor_read_policy,
    doctor_read_runtimes, doctor_read_engines, doctor_read_host;
doctor_check doctor_check_kernel, doctor_check_programs, doctor_check_policy,
    doctor_check_runtimes, doctor_check_engines, doctor_check_host,
    doctor_check_locks;

/* All of them, in the order in which they are shown. */
void doctor_check_all (const struct doctor_facts *facts,
                       struct checks *checks);
/* "ready", "partly seen" or "not ready". */
const char *doctor_word (const struct checks *checks);

void doctor_facts_clear (struct doctor_facts *facts);

#endif
