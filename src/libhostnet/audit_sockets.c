/* SPDX-License-Identifier: Apache-2.0 */
/* The sockets of a container: the ports it listens on, and sockets that act
 * on another network than its own. */
#include <config.h>

#include "audit_parts.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/kcmp.h>
#include <linux/sockios.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "compat.h"
#include "sock_diag.h"

enum
{
  SOCKETS_MAX = 32768,
  SLOTS = 4 * SOCKETS_MAX,
  PORTS_MAX = 32 /* that are named */
};

/* ---- descriptors ---- */

/* A hash table: a container may hold many. */
struct sockets
{
  unsigned long *slots; /* 0: empty */
  size_t count;
  bool incomplete;
};

static unsigned long *
socket_slot (const struct sockets *sockets, unsigned long inode)
{
  size_t at = inode % SLOTS;

  while (sockets->slots[at] != 0 && sockets->slots[at] != inode)
    at = (at + 1) % SLOTS;
  return &sockets->slots[at];
}

static bool
sockets_have (const struct sockets *sockets, unsigned long inode)
{
  return *socket_slot (sockets, inode) == inode;
}

static bool
is_socket (int fds, const char *name, unsigned long *inode)
{
  char target[64];
  ssize_t length = readlinkat (fds, name, target, sizeof target - 1);

  target[length < 0 ? 0 : length] = '\0';
  return sscanf (target, "socket:[%lu]", inode) == 1 && *inode != 0;
}

typedef void each_socket (void *data, const struct task *task, int fds,
                          const char *name, unsigned long inode);

static void
walk_table (const struct task *task, DIR *fds, struct sockets *sockets,
            each_socket *each, void *data)
{
  struct dirent *entry;
  unsigned long inode;

  while ((entry = readdir (fds)) != NULL)
    {
      if (!is_socket (dirfd (fds), entry->d_name, &inode)
          || sockets_have (sockets, inode))
        continue;
      if (sockets->count == SOCKETS_MAX)
        {
          sockets->incomplete = true;
          return;
        }
      *socket_slot (sockets, inode) = inode;
      sockets->count++;
      if (each != NULL)
        each (data, task, dirfd (fds), entry->d_name, inode);
    }
}

/* Threads of a process share their descriptors, unless one asked not to. */
static bool
shares_table (const struct tasks *members, size_t i)
{
  return i > 0 && members->list[i].pid == members->list[i - 1].pid
         && syscall (SYS_kcmp, members->list[i - 1].tid, members->list[i].tid,
                     KCMP_FILES, 0, 0)
                == 0;
}

/* Calls EACH, if any, once for each socket that the members hold. */
static void
walk_sockets (const struct tasks *members, struct sockets *sockets,
              each_socket *each, void *data)
{
  for (size_t i = 0; i < members->count; i++)
    {
      const struct task *task = &members->list[i];
      cleanup_close int dir
          = shares_table (members, i) ? -1 : task_open (task, false);
      int fd = dir < 0 ? -1
                       : openat (dir, "fd",
                                 O_RDONLY | O_DIRECTORY | O_CLOEXEC);
      DIR *fds = fd < 0 ? NULL : fdopendir (fd);

      if (fds == NULL)
        {
          sockets->incomplete |= dir >= 0 && errno != ENOENT
                                 && errno != ESRCH;
          cleanup_closep (&fd);
          continue;
        }
      walk_table (task, fds, sockets, each, data);
      closedir (fds);
    }
}

static struct sockets
sockets_new (void)
{
  struct sockets sockets = { NULL, 0, false };

  sockets.slots = xmalloc (SLOTS * sizeof *sockets.slots);
  memset (sockets.slots, 0, SLOTS * sizeof *sockets.slots);
  return sockets;
}

/* ---- ports: sock_diag(7) ---- */

static void
add_port (char **text, const struct inet_socket *socket)
{
  cleanup_free char *before = *text;
  cleanup_free char *where = inet_socket_text (socket);

  *text = xasprintf ("%s%s%s %s", before ? before : "", before ? ", " : "",
                     socket->tcp ? "tcp" : "udp", where);
}

void
audit_ports (const struct tasks *members, struct checks *checks)
{
  cleanup_inet_sockets struct inet_sockets ports = INET_SOCKETS_INIT;
  cleanup_free char *text = NULL;
  struct sockets sockets = sockets_new ();
  size_t count = 0;
  bool failed;

  walk_sockets (members, &sockets, NULL, NULL);
  failed
      = sock_diag_list (true, 1U << SOCKET_LISTEN, 1, 65535, &ports) < 0
        || sock_diag_list (false, 1U << SOCKET_CLOSE, 1, 65535, &ports) < 0;
  for (size_t i = 0; i < ports.count; i++)
    if (ports.list[i].inode != 0
        && sockets_have (&sockets, ports.list[i].inode)
        && count++ < PORTS_MAX)
      add_port (&text, &ports.list[i]);
  if (failed || sockets.incomplete)
    checks_add (checks, "ports", CHECK_NOTE,
                "not all ports that it listens on can be told");
  if (count > PORTS_MAX)
    checks_add (checks, "ports", CHECK_NOTE, "%s and %zu more", text,
                count - PORTS_MAX);
  else if (!failed)
    checks_add (checks, "ports", CHECK_NOTE, "%s",
                text ? text : "it listens on no TCP or UDP port");
  free (sockets.slots);
}

/* ---- sockets of another network ---- */

struct foreign
{
  const struct subject *subject;
  size_t of_host, of_others, unseen;
  pid_t of_host_holder;
};

/* The network namespace of a socket is asked of a copy of its descriptor. */
static int
socket_network (const struct task *task, int number, unsigned long inode,
                ino_t *network)
{
  cleanup_close int process = pidfd_open (task->pid, 0);
  cleanup_close int copy = process < 0 ? -1 : pidfd_getfd (process, number, 0);
  cleanup_close int ns = copy < 0 ? -1 : ioctl (copy, SIOCGSKNS);
  struct stat st;

  /* A thread with a table of its own may have another socket there. */
  if (ns < 0 || fstat (copy, &st) < 0 || st.st_ino != inode
      || fstat (ns, &st) < 0)
    return -1;
  *network = st.st_ino;
  return 0;
}

static void
judge_socket (void *data, const struct task *task, int fds, const char *name,
              unsigned long inode)
{
  struct foreign *foreign = data;
  unsigned long now;
  ino_t network;

  if (socket_network (task, atoi (name), inode, &network) < 0)
    {
      /* or closed meanwhile */
      foreign->unseen += is_socket (fds, name, &now) && now == inode;
      return;
    }
  if (network == task->ns[NS_NET])
    return;
  if (network == foreign->subject->host->ns[NS_NET])
    {
      foreign->of_host++;
      foreign->of_host_holder = task->pid;
    }
  else
    foreign->of_others++;
}

void
audit_foreign_sockets (const struct subject *subject,
                       const struct tasks *members, struct checks *checks)
{
  struct foreign foreign = { .subject = subject };
  struct sockets sockets = sockets_new ();

  walk_sockets (members, &sockets, judge_socket, &foreign);
  if (foreign.of_host > 0)
    checks_add (checks, "foreign sockets",
                subject->elsewhere ? CHECK_WAY_OUT : CHECK_NOTE,
                "%zu sockets of the host's network are held by threads that "
                "are not on it, such as process %d",
                foreign.of_host, foreign.of_host_holder);
  if (foreign.of_others > 0)
    checks_add (checks, "foreign sockets", CHECK_NOTE,
                "%zu sockets of other networks than the host's",
                foreign.of_others);
  if (foreign.unseen > 0 || sockets.incomplete)
    checks_add (checks, "foreign sockets",
                subject->elsewhere ? CHECK_UNSEEN : CHECK_NOTE,
                "%zu sockets%s could not be looked at", foreign.unseen,
                sockets.incomplete ? " and more" : "");
  free (sockets.slots);
}
