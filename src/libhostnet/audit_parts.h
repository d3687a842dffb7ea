/* SPDX-License-Identifier: Apache-2.0 */
/* What the parts of `audit` share.  A part looks at one thing and appends to a
 * list of checks; what it could not see becomes a check too. */
#ifndef HOSTNET_AUDIT_PARTS_H
#define HOSTNET_AUDIT_PARTS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "checks.h"
#include "error.h"
#include "paths.h"
#include "userns.h"

/* ---- audit_process.c: threads, from /proc ---- */

enum namespace_kind
{
  NS_NET,
  NS_MNT,
  NS_PID,
  NS_USER,
  NS_IPC,
  NS_KINDS
};

/* Capabilities, filters and namespaces belong to a thread, not to a process. */
struct task
{
  pid_t pid, tid;
  uint64_t start; /* ticks since boot: tells a number that is used again */
  ino_t ns[NS_KINDS];
};

struct tasks
{
  struct task *list;
  size_t count;
  size_t unseen; /* threads that live and could not be looked at */
};
#define TASKS_INIT { NULL, 0, 0 }
#define cleanup_tasks __attribute__ ((cleanup (tasks_clear)))

/* Where we are: the host. */
struct host
{
  ino_t ns[NS_KINDS];
  struct userns_reach reach;
};

int host_read (struct host *host, struct error *err);

/* All threads of PID, or of every process with PID 0, but for the kernel's
 * own and the dead.  -1 with errno when there is no such process. */
int tasks_scan (struct tasks *tasks, pid_t pid);
void tasks_clear (struct tasks *tasks);

/* An O_PATH descriptor of /proc/PID/task/TID or, with LEADER, of /proc/PID;
 * -1 when that thread is gone.  It never means another thread. */
int task_open (const struct task *task, bool leader);

/* Gone, or waiting for its parent to notice. */
bool task_has_ended (const struct task *task);

/* Whether the PID namespace of the thread lies in ANCESTOR, or is it. */
bool task_is_below (const struct task *task, ino_t ancestor);

/* The union of the five sets; -1 when the thread is gone or unreadable. */
int task_capabilities (const struct task *task, uint64_t *capabilities);

/* Whether the thread's user namespace owns its mounts and has the host's root
 * among its ids: with CAP_SYS_ADMIN it can take a read-only mount away, and
 * write what lies below as the host's root.  True where it cannot be told. */
bool task_is_root_of_mounts (const struct task *task);

/* Seccomp mode and number of filters, -1 as above.  An old kernel does not
 * tell the number: 0. */
int task_seccomp (const struct task *task, unsigned *mode, unsigned *filters);

/* "process 12 (`sh`)", and with what its cgroup is called. */
char *task_name (const struct task *task);
char *task_title (const struct task *task);

/* The text of a file of the kernel's, at most LIMIT bytes, or NULL. */
char *read_kernel_file (int dir, const char *name, size_t limit);

/* A name from outside, escaped; a container cannot bring the word in that
 * means that all is well. */
struct escaped shown (const char *text);

/* ---- audit_tasks.c: what is asked of each thread ---- */

struct subject
{
  const struct host *host;
  struct task lead;
  bool elsewhere; /* not on our network: only its sockets matter */
  bool filter;
};

/* Whether the thread is part of the container: it shares a mount or PID
 * namespace with it that is not ours. */
bool subject_has (const struct subject *subject, const struct task *task);

/* Checks "capabilities" and "seccomp" of every thread, those too that come
 * up meanwhile; adds them to MEMBERS. */
void audit_tasks (const struct subject *subject, struct tasks *members,
                  struct checks *checks);

/* ---- audit_filter.c: the filters themselves ---- */

enum filter_verdict
{
  FILTER_DENIES,
  FILTER_LETS_THROUGH,
  FILTER_UNSEEN,
  FILTER_GONE
};
struct filter_cache;
struct filter_cache *filter_cache_new (void);
void filter_cache_free (struct filter_cache *cache);

/* Stops the thread for a moment.  WHY is set unless it denies: owned. */
enum filter_verdict filter_judge (struct filter_cache *cache,
                                  const struct task *task, char **why);
/* How many commands that is. */
unsigned filter_commands (void);

/* ---- audit_mounts.c, audit_places.c: what can be reached by a path ---- */

struct mount
{
  int id, parent;
  unsigned major, minor;
  char *root, *point, *type; /* root: the place inside the file system */
  bool read_only;
};

struct mounts
{
  struct mount *list;
  size_t count;
  char *text; /* what the strings point into */
};
#define MOUNTS_INIT { NULL, 0, NULL }
#define cleanup_mounts __attribute__ ((cleanup (mounts_clear)))

/* /proc/PID/mountinfo; -1 when it cannot be read or is too long. */
int mounts_read (int task_dir, struct mounts *mounts);
void mounts_clear (struct mounts *mounts);


/* The id of the mount that the descriptor lies on, or -1. */
int mount_id (int fd);
const struct mount *find_mount (const struct mounts *mounts, int id);

/* A root directory that a thread of the container has. */
struct root
{
  int fd; /* O_PATH */
  const struct task *task;
  struct mounts mounts;
};

/* PATH as seen from the root, O_PATH: no symbolic link of /proc is followed,
 * and nothing leads out. */
int root_open (const struct root *root, const char *path, uint64_t flags);

/* Checks "mounts", "proc-net", "sockets" and "devices" for each root that the
 * members have. */
void audit_roots (const struct subject *subject, const struct tasks *members,
                  struct checks *checks);
void audit_proc_net (const struct subject *subject, const struct tasks *members,
                     bool proc_writable, struct checks *checks);
void audit_places (const struct root *roots, size_t count,
                   struct checks *checks);
void audit_devices (const struct root *roots, size_t count,
                    struct checks *checks);

/* ---- audit_sockets.c ---- */

/* Checks "ports" and "foreign sockets". */
void audit_ports (const struct tasks *members, struct checks *checks);
void audit_foreign_sockets (const struct subject *subject,
                            const struct tasks *members,
                            struct checks *checks);

/* ---- audit_isolated.c ---- */

/* Check "isolated". */
void audit_isolated (const struct subject *subject,
                     const struct tasks *members, struct checks *checks);

/* ---- audit_child.c ---- */

/* Runs EXAMINE in a child with a deadline: whatever a container can make hang
 * or crash, it is the child, and that becomes a check. */
void audit_in_child (const struct subject *subject,
                     void (*examine) (const struct subject *subject,
                                      struct checks *checks),
                     struct checks *checks);

#endif
