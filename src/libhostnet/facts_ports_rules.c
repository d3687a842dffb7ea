/* SPDX-License-Identifier: Apache-2.0 */
/* Ports that root's podman maps by rules alone: SCTP, for which it reserves no
 * sockets, and all of them under enable_port_reservation = false.  netavark
 * makes the rules before `create`, and with iptables it names the container in
 * a comment, "dnat name: NETWORK id: ID" (src/firewall/varktables/types.rs);
 * measured with netavark 1.4.0 and iptables 1.8.9 (nf_tables). */
#include <config.h>

#include "facts_ports.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netlink.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "error.h"

enum
{
  ANSWER_BYTES = 64 * 1024,
  TRIES = 100
};

#define TABLE "nat"
#define CHAIN "NETAVARK-HOSTPORT-DNAT"

/* Every rule of netavark's chain for published ports, and no other: hosts may
 * have very many. */
struct question
{
  struct nlmsghdr header;
  struct nfgenmsg family;
  struct nlattr table_head;
  char table[4];
  struct nlattr chain_head;
  char chain[24];
};

static int
ask (int fd, unsigned char family)
{
  struct question question = {
    .header = { .nlmsg_len = sizeof question,
                .nlmsg_type = NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_GETRULE,
                .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP },
    .family = { .nfgen_family = family, .version = NFNETLINK_V0 },
    .table_head = { .nla_len = sizeof (struct nlattr) + sizeof TABLE,
                    .nla_type = NFTA_RULE_TABLE },
    .table = TABLE,
    .chain_head = { .nla_len = sizeof (struct nlattr) + sizeof CHAIN,
                    .nla_type = NFTA_RULE_CHAIN },
    .chain = CHAIN,
  };

  return send (fd, &question, sizeof question, 0) < 0 ? -1 : 0;
}

/* 1 when the rules go on, 0 at their end; -1 with errno, EINTR when they were
 * changed meanwhile, so that one may be missing. */
static int
read_answer (int fd, char *answer, const char *comment,
             struct port_facts *ports)
{
  ssize_t length = recv (fd, answer, ANSWER_BYTES, 0);
  size_t left = length < 0 ? 0 : (size_t) length;
  struct nlmsghdr *message = (struct nlmsghdr *) (void *) answer;

  if (length <= 0)
    return -1;
  for (; NLMSG_OK (message, left); message = NLMSG_NEXT (message, left))
    {
      if ((message->nlmsg_flags & NLM_F_DUMP_INTR) != 0)
        {
          errno = EINTR;
          return -1;
        }
      if (message->nlmsg_type == NLMSG_DONE)
        return 0;
      if (message->nlmsg_type == NLMSG_ERROR)
        {
          errno = -((struct nlmsgerr *) NLMSG_DATA (message))->error;
          return errno == ENOENT ? 0 : -1;
        }
      if (ports->reserved == NULL
          && memmem (message, message->nlmsg_len, comment, strlen (comment))
                 != NULL)
        ports->reserved = xstrndup ("a port", 6);
    }
  return 1;
}

static int
look_at_family (unsigned char family, const char *comment,
                struct port_facts *ports)
{
  cleanup_close int fd
      = socket (AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_NETFILTER);
  cleanup_free char *answer = xmalloc (ANSWER_BYTES);
  int more = fd < 0 ? -1 : ask (fd, family);

  if (more < 0)
    return -1;
  while ((more = read_answer (fd, answer, comment, ports)) > 0)
    continue;
  return more;
}

static int
look_until_settled (unsigned char family, const char *comment,
                    struct port_facts *ports)
{
  int result = -1;

  for (int tries = 0; tries < TRIES && ports->reserved == NULL; tries++)
    {
      result = look_at_family (family, comment, ports);
      if (result == 0 || errno != EINTR)
        return result;
    }
  return ports->reserved != NULL ? 0 : result;
}

int
ports_find_rule (const char *id, struct port_facts *ports)
{
  cleanup_free char *comment = xasprintf ("id: %s", id);

  /* Where netavark was never used, a question would load nf_tables. */
  if (ports->reserved != NULL || access ("/run/containers/networks", F_OK) < 0)
    return 0;
  if (look_until_settled (AF_INET, comment, ports) < 0
      || look_until_settled (AF_INET6, comment, ports) < 0)
    /* Who cannot read rules has made none; or the kernel has no nf_tables. */
    return errno == EPERM || errno == EOPNOTSUPP || errno == EINVAL
                   || errno == EPROTONOSUPPORT
               ? 0
               : -1;
  return 0;
}
