/* SPDX-License-Identifier: Apache-2.0 */
/*
 * nftables, conntrack, logging and queueing, xfrm, iptables and its relatives by setsockopt,
 * generic netlink (ethtool, mptcp, tcp_metrics), SOCK_DESTROY. Most of it cannot be read
 * without the capability that changes it: the kernel's word counts.
 */
#include "attack.h"
#include "netlink.h"
#include <arpa/inet.h>
#include <errno.h>
#include <linux/ethtool_netlink.h>
#include <linux/genetlink.h>
#include <linux/inet_diag.h>
#include <linux/mptcp.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_conntrack.h>
#include <linux/netfilter/nfnetlink_log.h>
#include <linux/netfilter/nfnetlink_queue.h>
#include <linux/netfilter/x_tables.h>
#include <linux/sock_diag.h>
#include <linux/xfrm.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static struct request r;

static void nf_begin(int subsystem, int type, int flags, int family)
{
	struct nfgenmsg g = { .nfgen_family = family };

	nl_begin(&r, subsystem << 8 | type, flags, &g, sizeof g);
}

static int nf_talk(void) { return nl_talk(NETLINK_NETFILTER, &r); }

/* nftables takes its messages between a begin and an end; the second message asks for the answer. */
static int nft_talk(void)
{
	struct { struct nlmsghdr h; struct nfgenmsg g; } begin = {
		{ NLMSG_LENGTH(4), NFNL_MSG_BATCH_BEGIN, NLM_F_REQUEST, 0, 0 },
		{ .res_id = htons(NFNL_SUBSYS_NFTABLES) } }, end = begin;
	char batch[4096], answer[4096] __attribute__((aligned(8)));
	struct nlmsghdr *h = (void *)answer;
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_NETFILTER);
	size_t size = NLMSG_ALIGN(r.h.nlmsg_len);

	end.h.nlmsg_type = NFNL_MSG_BATCH_END;
	r.h.nlmsg_flags |= NLM_F_ACK;
	memcpy(batch, &begin, sizeof begin);
	memcpy(batch + sizeof begin, &r, size);
	memcpy(batch + sizeof begin + size, &end, sizeof end);
	size += sizeof begin + sizeof end;
	if (fd < 0 || send(fd, batch, size, 0) < 0 || recv(fd, answer, sizeof answer, 0) < 0)
		return errno;
	return h->nlmsg_type == NLMSG_ERROR ? -((struct nlmsgerr *)NLMSG_DATA(h))->error : EPROTO;
}

static int nft_table(void)
{
	nf_begin(NFNL_SUBSYS_NFTABLES, NFT_MSG_NEWTABLE, NLM_F_CREATE | NLM_F_EXCL, NFPROTO_INET);
	nl_text(&r, NFTA_TABLE_NAME, "attack");
	return nft_talk();
}

static int nft_chain(void)
{
	size_t hook;

	nf_begin(NFNL_SUBSYS_NFTABLES, NFT_MSG_NEWCHAIN, NLM_F_CREATE | NLM_F_EXCL, NFPROTO_INET);
	nl_text(&r, NFTA_CHAIN_TABLE, "attack");
	nl_text(&r, NFTA_CHAIN_NAME, "drop");
	hook = nl_nest(&r, NFTA_CHAIN_HOOK);
	nl_u32(&r, NFTA_HOOK_HOOKNUM, htonl(2));	/* forward */
	nl_u32(&r, NFTA_HOOK_PRIORITY, 0);
	nl_end(&r, hook);
	nl_u32(&r, NFTA_CHAIN_POLICY, htonl(0));	/* drop */
	nl_text(&r, NFTA_CHAIN_TYPE, "filter");
	return nft_talk();
}

static int nft_set(void)
{
	nf_begin(NFNL_SUBSYS_NFTABLES, NFT_MSG_NEWSET, NLM_F_CREATE | NLM_F_EXCL, NFPROTO_INET);
	nl_text(&r, NFTA_SET_TABLE, "attack");
	nl_text(&r, NFTA_SET_NAME, "set");
	nl_u32(&r, NFTA_SET_KEY_LEN, htonl(4));
	nl_u32(&r, NFTA_SET_KEY_TYPE, htonl(7));
	nl_u32(&r, NFTA_SET_ID, htonl(1));
	return nft_talk();
}

/* The table the host has for this: see tests/bats/attack.bats. */
static int nft_delete(void)
{
	nf_begin(NFNL_SUBSYS_NFTABLES, NFT_MSG_DELTABLE, 0, NFPROTO_INET);
	nl_text(&r, NFTA_TABLE_NAME, "hosts");
	return nft_talk();
}

static void tuple(int type, uint32_t from, uint32_t to)
{
	size_t outer = nl_nest(&r, type), inner = nl_nest(&r, CTA_TUPLE_IP);

	nl_u32(&r, CTA_IP_V4_SRC, htonl(from));
	nl_u32(&r, CTA_IP_V4_DST, htonl(to));
	nl_end(&r, inner);
	inner = nl_nest(&r, CTA_TUPLE_PROTO);
	nl_u8(&r, CTA_PROTO_NUM, IPPROTO_UDP);
	nl_u16(&r, CTA_PROTO_SRC_PORT, htons(7));
	nl_u16(&r, CTA_PROTO_DST_PORT, htons(7));
	nl_end(&r, inner);
	nl_end(&r, outer);
}

static int conntrack_new(void)
{
	nf_begin(NFNL_SUBSYS_CTNETLINK, IPCTNL_MSG_CT_NEW, NLM_F_CREATE | NLM_F_EXCL, AF_INET);
	tuple(CTA_TUPLE_ORIG, 0x0a620001, 0x0a620007);
	tuple(CTA_TUPLE_REPLY, 0x0a620007, 0x0a620001);
	nl_u32(&r, CTA_TIMEOUT, htonl(3000));
	return nf_talk();
}

static int conntrack_flush(void)
{
	nf_begin(NFNL_SUBSYS_CTNETLINK, IPCTNL_MSG_CT_DELETE, 0, AF_INET6);
	return nf_talk();
}

static int ipset(void)
{
	nf_begin(NFNL_SUBSYS_IPSET, 2 /* IPSET_CMD_CREATE */, NLM_F_CREATE, AF_INET);
	nl_u8(&r, 1 /* IPSET_ATTR_PROTOCOL */, 7);
	nl_text(&r, 2 /* IPSET_ATTR_SETNAME */, "attack");
	nl_text(&r, 3 /* IPSET_ATTR_TYPENAME */, "hash:ip");
	nl_u8(&r, 4 /* IPSET_ATTR_REVISION */, 0);
	nl_u8(&r, 5 /* IPSET_ATTR_FAMILY */, AF_INET);
	nl_end(&r, nl_nest(&r, 7 /* IPSET_ATTR_DATA */));
	return nf_talk();
}

/* Takes the packets that the host's firewall logs. */
static int log_bind(void)
{
	struct nfulnl_msg_config_cmd command = { .command = NFULNL_CFG_CMD_BIND };

	nf_begin(NFNL_SUBSYS_ULOG, NFULNL_MSG_CONFIG, 0, AF_INET);
	((struct nfgenmsg *)r.body)->res_id = htons(7);
	nl_put(&r, NFULA_CFG_CMD, &command, sizeof command);
	return nf_talk();
}

/* Takes the packets that the host's firewall leaves to user space, and decides on them. */
static int queue_bind(void)
{
	struct nfqnl_msg_config_cmd command = { .command = NFQNL_CFG_CMD_BIND };

	nf_begin(NFNL_SUBSYS_QUEUE, NFQNL_MSG_CONFIG, 0, AF_UNSPEC);
	((struct nfgenmsg *)r.body)->res_id = htons(7);
	nl_put(&r, NFQA_CFG_CMD, &command, sizeof command);
	return nf_talk();
}

static int xfrm_policy(void)
{
	struct xfrm_userpolicy_info p = {
		.sel = { .family = AF_INET, .prefixlen_s = 16, .prefixlen_d = 16 },
		.lft = { .soft_byte_limit = XFRM_INF, .hard_byte_limit = XFRM_INF,
			 .soft_packet_limit = XFRM_INF, .hard_packet_limit = XFRM_INF },
		.dir = XFRM_POLICY_OUT, .action = XFRM_POLICY_BLOCK };

	inet_pton(AF_INET, "10.71.0.0", &p.sel.saddr);
	inet_pton(AF_INET, "10.72.0.0", &p.sel.daddr);
	nl_begin(&r, XFRM_MSG_NEWPOLICY, NLM_F_CREATE | NLM_F_EXCL, &p, sizeof p);
	return nl_talk(NETLINK_XFRM, &r);
}

static int xfrm_flush(void)
{
	struct xfrm_usersa_flush f = { .proto = IPPROTO_ESP };
	int result;

	nl_begin(&r, XFRM_MSG_FLUSHSA, 0, &f, sizeof f);
	result = nl_talk(NETLINK_XFRM, &r);
	return result == ESRCH ? 0 : result;	/* nothing to flush: it was allowed */
}

static int xfrm_default(void)
{
	struct xfrm_userpolicy_default d = { .fwd = XFRM_USERPOLICY_BLOCK };

	nl_begin(&r, XFRM_MSG_SETDEFAULT, 0, &d, sizeof d);
	return nl_talk(NETLINK_XFRM, &r);
}

static int xfrm_hash(void)
{
	struct xfrmu_spdhthresh threshold = { 24, 24 };

	nl_begin(&r, XFRM_MSG_NEWSPDINFO, 0, &(__u32){ 0 }, 4);
	nl_put(&r, XFRMA_SPD_IPV4_HTHRESH, &threshold, sizeof threshold);
	return nl_talk(NETLINK_XFRM, &r);
}

static int key_socket(void) { return refused(socket(AF_KEY, SOCK_RAW, 2)); }

/* A replacement too short to be one: the capability is asked for before its length. */
static int replace(int family, int level, int option)
{
	int result = refused(setsockopt(socket(family, SOCK_RAW, IPPROTO_RAW), level, option, "", 1));

	if (result == EBADF)
		result = refused(setsockopt(socket(family, SOCK_DGRAM, 0), level, option, "", 1));
	return result == EINVAL || result == EFAULT ? 0 : result;
}

static int iptables_replace(void) { return replace(AF_INET, IPPROTO_IP, 64); }
static int ip6tables_replace(void) { return replace(AF_INET6, IPPROTO_IPV6, 64); }
static int arptables_replace(void) { return replace(AF_INET, IPPROTO_IP, 96); }
static int ebtables_replace(void) { return replace(AF_INET, IPPROTO_IP, 128); }
static int ipvs_flush(void) { return replace(AF_INET, IPPROTO_IP, 64 + 1024 + 64 + 5); }

/* What struct ipt_getinfo, ip6t_getinfo and arpt_getinfo have in common. */
struct info {
	char name[XT_TABLE_MAXNAMELEN];
	unsigned valid_hooks, hook_entry[5], underflow[5], num_entries, size;
};

/* Adds to the packet counters of the host's rules: a whole change, seen by iptables -v. */
static int counters(int family, int level, int base, size_t hooks)
{
	struct info info = { .name = "filter" };
	struct { struct xt_counters_info head; struct xt_counters each[64]; } c = { 0 };
	socklen_t size = XT_TABLE_MAXNAMELEN + (1 + 2 * hooks + 2) * sizeof(unsigned);
	unsigned *numbers = &info.valid_hooks;
	int fd = socket(family, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_RAW);

	if (fd < 0)
		fd = socket(family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (getsockopt(fd, level, base, &info, &size) < 0)
		return errno;
	strcpy(c.head.name, "filter");
	c.head.num_counters = numbers[1 + 2 * hooks];
	if (c.head.num_counters > COUNT(c.each))
		return E2BIG;
	for (size_t i = 0; i < c.head.num_counters; i++)
		c.each[i] = (struct xt_counters){ 1000, 1000 };
	return refused(setsockopt(fd, level, base + 1, &c,
				  sizeof c.head + c.head.num_counters * sizeof *c.each));
}

static int iptables_counters(void) { return counters(AF_INET, IPPROTO_IP, 64, 5); }
static int ip6tables_counters(void) { return counters(AF_INET6, IPPROTO_IPV6, 64, 5); }
static int arptables_counters(void) { return counters(AF_INET, IPPROTO_IP, 96, 3); }

static int generic(const char *family, int command, void (*attributes)(void))
{
	struct genlmsghdr g = { .cmd = command, .version = 1 };
	int number = nl_family(family);

	if (!number)
		return EPROTONOSUPPORT;
	nl_begin(&r, number, 0, &g, sizeof g);
	if (attributes)
		attributes();
	return nl_talk(NETLINK_GENERIC, &r);
}

static void ethtool_header(void)
{
	size_t header = nl_nest(&r, 1);

	nl_text(&r, ETHTOOL_A_HEADER_DEV_NAME, DEVICE);
	nl_end(&r, header);
}

static void feature(void)
{
	size_t wanted, bits, bit;

	ethtool_header();
	wanted = nl_nest(&r, ETHTOOL_A_FEATURES_WANTED);
	bits = nl_nest(&r, ETHTOOL_A_BITSET_BITS);
	bit = nl_nest(&r, ETHTOOL_A_BITSET_BITS_BIT);
	nl_text(&r, ETHTOOL_A_BITSET_BIT_NAME, "tx-vlan-hw-insert");
	nl_end(&r, bit);
	nl_end(&r, bits);
	nl_end(&r, wanted);
}

static void channels(void)
{
	ethtool_header();
	nl_u32(&r, ETHTOOL_A_CHANNELS_RX_COUNT, 1);
}

static void endpoint(void)
{
	size_t nest = nl_nest(&r, MPTCP_PM_ATTR_ADDR);

	nl_u16(&r, MPTCP_PM_ADDR_ATTR_FAMILY, AF_INET);
	nl_address(&r, MPTCP_PM_ADDR_ATTR_ADDR4, "10.98.0.1");
	nl_u8(&r, MPTCP_PM_ADDR_ATTR_ID, 7);
	nl_u32(&r, MPTCP_PM_ADDR_ATTR_FLAGS, MPTCP_PM_ADDR_FLAG_SIGNAL);
	nl_end(&r, nest);
}

static int ethtool_features(void) { return generic("ethtool", ETHTOOL_MSG_FEATURES_SET, feature); }
static int ethtool_channels(void) { return generic("ethtool", ETHTOOL_MSG_CHANNELS_SET, channels); }
static int mptcp_endpoint(void) { return generic("mptcp_pm", MPTCP_PM_CMD_ADD_ADDR, endpoint); }
static int tcp_metrics_flush(void) { return generic("tcp_metrics", 2 /* DEL */, NULL); }

/* A listening socket of its own: the kernel asks for the capability, not for the owner. */
static int sock_destroy(void)
{
	struct sockaddr_in a = { .sin_family = AF_INET };
	socklen_t size = sizeof a;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct inet_diag_req_v2 q = { .sdiag_family = AF_INET, .sdiag_protocol = IPPROTO_TCP,
				      .idiag_states = 1 << 10 /* LISTEN */ };

	a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (bind(fd, (void *)&a, sizeof a) < 0 || listen(fd, 1) < 0 || getsockname(fd, (void *)&a, &size) < 0)
		return errno;
	q.id.idiag_sport = a.sin_port;
	q.id.idiag_src[0] = a.sin_addr.s_addr;
	q.id.idiag_cookie[0] = q.id.idiag_cookie[1] = INET_DIAG_NOCOOKIE;
	nl_begin(&r, SOCK_DESTROY, 0, &q, sizeof q);
	return nl_talk(NETLINK_SOCK_DIAG, &r);
}

const struct attack netfilter_attacks[] = {
	{ "NFT_NEWTABLE", nft_table, ACK | OUTSIDE, { EPROTONOSUPPORT } },
	{ "NFT_NEWCHAIN", nft_chain, ACK | OUTSIDE, { EPROTONOSUPPORT } },
	{ "NFT_NEWSET", nft_set, ACK | OUTSIDE, { EPROTONOSUPPORT } },
	{ "NFT_DELTABLE", nft_delete, ACK | OUTSIDE, { EPROTONOSUPPORT } },
	{ "CONNTRACK_NEW", conntrack_new, ACK | OUTSIDE, { EPROTONOSUPPORT } },
	{ "CONNTRACK_FLUSH", conntrack_flush, ACK, { EPROTONOSUPPORT } },
	{ "IPSET_CREATE", ipset, ACK, { EPROTONOSUPPORT, EINVAL } },
	{ "NFLOG_BIND", log_bind, ACK, { EPROTONOSUPPORT, EINVAL } },
	{ "NFQUEUE_BIND", queue_bind, ACK, { EPROTONOSUPPORT, EINVAL } },
	{ "XFRM_NEWPOLICY", xfrm_policy, ACK | OUTSIDE, { EPROTONOSUPPORT, EOPNOTSUPP } },
	{ "XFRM_FLUSHSA", xfrm_flush, ACK, { EPROTONOSUPPORT, EOPNOTSUPP } },
	{ "XFRM_SETDEFAULT", xfrm_default, ACK, { EPROTONOSUPPORT, EOPNOTSUPP } },
	{ "XFRM_NEWSPDINFO", xfrm_hash, ACK, { EPROTONOSUPPORT, EOPNOTSUPP } },
	{ "AF_KEY", key_socket, ACK, { EAFNOSUPPORT } },
	{ "IPT_REPLACE", iptables_replace, ACK, { ENOPROTOOPT } },
	{ "IP6T_REPLACE", ip6tables_replace, ACK, { ENOPROTOOPT } },
	{ "ARPT_REPLACE", arptables_replace, ACK, { ENOPROTOOPT } },
	{ "EBT_REPLACE", ebtables_replace, ACK, { ENOPROTOOPT } },
	{ "IPVS_FLUSH", ipvs_flush, ACK, { ENOPROTOOPT } },
	{ "IPT_COUNTERS", iptables_counters, ACK | OUTSIDE, { ENOPROTOOPT } },
	{ "IP6T_COUNTERS", ip6tables_counters, ACK | OUTSIDE, { ENOPROTOOPT } },
	{ "ARPT_COUNTERS", arptables_counters, ACK, { ENOPROTOOPT } },
	{ "ETHTOOL_FEATURES_SET", ethtool_features, 0, { EPROTONOSUPPORT } },
	{ "ETHTOOL_CHANNELS_SET", ethtool_channels, ACK, { EPROTONOSUPPORT, EOPNOTSUPP } },
	{ "MPTCP_ENDPOINT", mptcp_endpoint, ACK | OUTSIDE, { EPROTONOSUPPORT } },
	{ "TCP_METRICS_FLUSH", tcp_metrics_flush, ACK, { EPROTONOSUPPORT } },
	{ "SOCK_DESTROY", sock_destroy, ACK, { EPROTONOSUPPORT, EOPNOTSUPP } },
	{ NULL, NULL, 0, { 0 } }
};
