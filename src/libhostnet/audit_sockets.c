/* SPDX-License-Identifier: Apache-2.0 */
/* The sockets of a container: the ports it listens on, and sockets that act
 * on another network than its own. */
#include <config.h>

#include "audit_parts.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/inet_diag.h>
#include <linux/kcmp.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <linux/sockios.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/pidfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <unistd.h>

enum
{
  SOCKETS_MAX = 32768,
  SLOTS = 4 * SOCKETS_MAX,
  PORTS_MAX = 32, /* that are named */
  /* include/net/tcp_states.h */
  STATE_UNCONNECTED = 7,
  STATE_LISTEN = 10
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

static const struct
{
  const char *name;
  int family, protocol, state;
} kinds[] = {
  { "tcp", AF_INET, IPPROTO_TCP, STATE_LISTEN },
  { "tcp", AF_INET6, IPPROTO_TCP, STATE_LISTEN },
  { "udp", AF_INET, IPPROTO_UDP, STATE_UNCONNECTED },
  { "udp", AF_INET6, IPPROTO_UDP, STATE_UNCONNECTED },
};

struct ports
{
  struct sockets sockets;
  char *text;
  size_t count;
};

static void
add_port (struct ports *ports, const char *name,
          const struct inet_diag_msg *message)
{
  char address[INET6_ADDRSTRLEN] = "";
  bool v6 = message->idiag_family == AF_INET6;
  cleanup_free char *before = NULL;

  if (message->id.idiag_sport == 0
      || !sockets_have (&ports->sockets, message->idiag_inode)
      || ports->count++ >= PORTS_MAX)
    return;
  inet_ntop (message->idiag_family, message->id.idiag_src, address,
             sizeof address);
  before = ports->text;
  ports->text = xasprintf ("%s%s%s %s%s%s:%u", before ? before : "",
                           before ? ", " : "", name, v6 ? "[" : "", address,
                           v6 ? "]" : "", ntohs (message->id.idiag_sport));
}

/* 1 when the dump has ended, 0 when more comes, -1 when it failed. */
static int
read_dump (const char *buffer, size_t length, const char *name,
           struct ports *ports)
{
  const struct nlmsghdr *header = (const struct nlmsghdr *) buffer;

  for (; NLMSG_OK (header, length); header = NLMSG_NEXT (header, length))
    {
      if (header->nlmsg_type == NLMSG_DONE)
        return 1;
      if (header->nlmsg_type == NLMSG_ERROR)
        return -1;
      if (header->nlmsg_len >= NLMSG_LENGTH (sizeof (struct inet_diag_msg)))
        add_port (ports, name, NLMSG_DATA (header));
    }
  return 0;
}

static int
dump_ports (int fd, size_t kind, struct ports *ports)
{
  _Alignas (struct nlmsghdr) char buffer[32768];
  struct
  {
    struct nlmsghdr header;
    struct inet_diag_req_v2 request;
  } message = {
    .header = { .nlmsg_len = sizeof message,
                .nlmsg_type = SOCK_DIAG_BY_FAMILY,
                .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP },
    .request = { .sdiag_family = (uint8_t) kinds[kind].family,
                 .sdiag_protocol = (uint8_t) kinds[kind].protocol,
                 .idiag_states = 1U << kinds[kind].state },
  };
  int result = 0;

  if (send (fd, &message, sizeof message, 0) < 0)
    return -1;
  while (result == 0)
    {
      ssize_t n = recv (fd, buffer, sizeof buffer, 0);

      result = n <= 0 ? -1
                      : read_dump (buffer, (size_t) n, kinds[kind].name,
                                   ports);
    }
  return result;
}

void
audit_ports (const struct tasks *members, struct checks *checks)
{
  struct ports ports = { .sockets = sockets_new () };
  const struct timeval patience = { .tv_sec = 2 };
  cleanup_close int fd = socket (AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC,
                                 NETLINK_SOCK_DIAG);
  bool failed = fd < 0
                || setsockopt (fd, SOL_SOCKET, SO_RCVTIMEO, &patience,
                               sizeof patience)
                       < 0;

  walk_sockets (members, &ports.sockets, NULL, NULL);
  for (size_t k = 0; k < sizeof kinds / sizeof *kinds && !failed; k++)
    failed = dump_ports (fd, k, &ports) < 0;
  if (failed || ports.sockets.incomplete)
    checks_add (checks, "ports", CHECK_NOTE,
                "not all ports that it listens on can be told");
  if (ports.count > PORTS_MAX)
    checks_add (checks, "ports", CHECK_NOTE, "%s and %zu more", ports.text,
                ports.count - PORTS_MAX);
  else if (!failed)
    checks_add (checks, "ports", CHECK_NOTE, "%s",
                ports.text ? ports.text : "it listens on no TCP or UDP port");
  free (ports.text);
  free (ports.sockets.slots);
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
