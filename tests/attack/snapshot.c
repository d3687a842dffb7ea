/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The state of the host's network, as far as it can be read without privileges, as one
 * number for each part. What moves by itself stays out: counters, timers, states of
 * neighbours that are not permanent, operational states.
 */
#include "attack.h"
#include "netlink.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/ethtool.h>
#include <linux/fib_rules.h>
#include <linux/if_addr.h>
#include <linux/if_addrlabel.h>
#include <linux/neighbour.h>
#include <linux/nexthop.h>
#include <linux/rtnetlink.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

static uint64_t hash(uint64_t h, const void *data, size_t size)
{
	for (const unsigned char *p = data; size--; p++)
		h = (h ^ *p) * 0x100000001b3;
	return h;
}

/* Which attributes of a message count: those of this list, or all but these. */
struct rule {
	int type;		/* RTM_GET... */
	size_t header;
	int listed_count;	/* 1: only the listed ones, 0: all others */
	int listed[24];		/* up to the first 0 */
};

static const struct rule rules[] = {
	{ RTM_GETLINK, sizeof(struct ifinfomsg), 1,
	  { IFLA_ADDRESS, IFLA_BROADCAST, IFLA_IFNAME, IFLA_MTU, IFLA_LINK, IFLA_QDISC, IFLA_MASTER,
	    IFLA_TXQLEN, IFLA_MAP, IFLA_LINKMODE, IFLA_IFALIAS, IFLA_GROUP, IFLA_PROMISCUITY,
	    IFLA_PROTO_DOWN, IFLA_GSO_MAX_SEGS, IFLA_GSO_MAX_SIZE, IFLA_XDP, IFLA_PROP_LIST,
	    61 /* IFLA_ALLMULTI */ } },
	{ RTM_GETADDR, sizeof(struct ifaddrmsg), 1, { IFA_ADDRESS, IFA_LOCAL, IFA_LABEL, IFA_BROADCAST } },
	{ RTM_GETROUTE, sizeof(struct rtmsg), 0, { RTA_CACHEINFO } },
	{ RTM_GETRULE, sizeof(struct fib_rule_hdr), 0, { 0 } },
	{ RTM_GETNEIGH, sizeof(struct ndmsg), 1, { NDA_DST, NDA_LLADDR } },
	{ RTM_GETQDISC, sizeof(struct tcmsg), 1, { TCA_KIND, TCA_OPTIONS } },
	{ RTM_GETNEXTHOP, sizeof(struct nhmsg), 0, { 0 } },
	{ RTM_GETADDRLABEL, sizeof(struct ifaddrlblmsg), 0, { 0 } },
};

static int counts(const struct rule *rule, int type)
{
	for (const int *p = rule->listed; *p; p++)
		if (*p == type)
			return rule->listed_count;
	return !rule->listed_count;
}

/* Takes what moves by itself out of a header; 0: the whole message does not count. */
static int canonical(int type, void *header)
{
	struct ifinfomsg *link = header;
	struct ifaddrmsg *address = header;
	struct rtmsg *route = header;
	struct ndmsg *neighbour = header;
	struct tcmsg *qdisc = header;

	switch (type) {
	case RTM_GETLINK:
		link->ifi_flags &= ~(IFF_RUNNING | 0x10000 /* LOWER_UP */ | 0x20000 /* DORMANT */);
		link->ifi_change = 0;
		return 1;
	case RTM_GETADDR:
		address->ifa_flags &= ~(IFA_F_TENTATIVE | IFA_F_OPTIMISTIC | IFA_F_DADFAILED);
		return 1;
	case RTM_GETROUTE:
		return !(route->rtm_flags & RTM_F_CLONED);
	case RTM_GETNEIGH:
		return neighbour->ndm_state & NUD_PERMANENT || neighbour->ndm_flags & NTF_PROXY;
	case RTM_GETQDISC:
		qdisc->tcm_info = 0;	/* references */
		return 1;
	default:
		return 1;
	}
}

struct sum {
	const struct rule *rule;
	uint64_t value;
};

/* A sum, as the kernel's order may differ. */
static void add_message(const struct nlmsghdr *h, void *data)
{
	struct sum *sum = data;
	size_t header = sum->rule->header;
	char copy[64];
	uint64_t value;
	int left = (int)h->nlmsg_len - (int)NLMSG_SPACE(header);

	memcpy(copy, NLMSG_DATA(h), header);
	if (!canonical(sum->rule->type, copy))
		return;
	value = hash(0xcbf29ce484222325, copy, header);
	for (struct rtattr *a = (void *)((char *)h + NLMSG_SPACE(header)); left > 0 && RTA_OK(a, left);
	     a = RTA_NEXT(a, left))
		if (counts(sum->rule, a->rta_type & NLA_TYPE_MASK))
			value = hash(value, a, a->rta_len);
	sum->value += value;
}

static uint64_t dumped(const struct rule *rule)
{
	struct sum sum = { rule, 0 };
	char header[64] = { 0 };
	struct request r;
	int error;

	/* every family, but labels are of IPv6 only */
	header[0] = rule->type == RTM_GETADDRLABEL ? AF_INET6 : AF_UNSPEC;
	nl_begin(&r, rule->type, 0, header, rule->header);
	error = nl_dump(NETLINK_ROUTE, &r, add_message, &sum);
	if (rule->type == RTM_GETNEIGH) {
		((struct ndmsg *)header)->ndm_flags = NTF_PROXY;
		nl_begin(&r, rule->type, 0, header, rule->header);
		nl_dump(NETLINK_ROUTE, &r, add_message, &sum);
	}
	return error ? (uint64_t)error : sum.value;
}

static uint64_t of_file(uint64_t value, const char *path)
{
	char buffer[4096];
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n;

	if (fd < 0)
		return hash(value, &errno, sizeof errno);
	while ((n = read(fd, buffer, sizeof buffer)) > 0)
		value = hash(value, buffer, n);
	close(fd);
	return value;
}

/* Every readable file of a directory. */
static uint64_t of_directory(const char *directory)
{
	DIR *dir = opendir(directory);
	struct dirent *e;
	uint64_t value = 0;
	char path[600];

	if (!dir)
		return (uint64_t)errno;
	while ((e = readdir(dir)))
		if (e->d_type == DT_REG) {
			snprintf(path, sizeof path, "%s/%s", directory, e->d_name);
			value += of_file(hash(0, path, strlen(path)), path);
		}
	closedir(dir);
	return value;
}

/* What files.c writes, and what other attacks move; all others are compared from outside. */
static const char *const sysctl_files[] = {
	"ipv4/ip_default_ttl", "ipv4/ip_forward", "ipv4/conf/" DEVICE "/rp_filter",
	"ipv4/conf/all/accept_redirects", "ipv4/conf/all/mc_forwarding", "ipv4/ip_local_port_range",
	"ipv4/ip_unprivileged_port_start", "ipv4/ping_group_range", "ipv4/tcp_syncookies",
	"ipv4/neigh/" DEVICE "/app_solicit", "ipv6/conf/" DEVICE "/accept_ra",
	"ipv6/conf/" DEVICE "/hop_limit", "ipv6/conf/all/mc_forwarding", "core/somaxconn",
	"unix/max_dgram_qlen", "bridge/bridge-nf-call-iptables",
};

static const char *const sysfs_files[] = {
	"/sys/class/net/" DEVICE "/gro_flush_timeout", "/sys/class/net/" DEVICE "/napi_defer_hard_irqs",
	"/sys/class/net/" DEVICE "/threaded", "/sys/class/net/" DEVICE "/power/control",
	"/sys/class/net/" DEVICE "/queues/rx-0/rps_cpus", "/sys/class/net/" DEVICE "/queues/tx-0/xps_cpus",
	"/sys/class/net/" DEVICE "/queues/tx-0/tx_maxrate",
	"/sys/class/net/" DEVICE "/queues/rx-0/rps_flow_cnt",
	"/sys/class/net/attack0/bridge/forward_delay",
};

static uint64_t features(void)
{
	static const unsigned asked[] = { ETHTOOL_GTSO, ETHTOOL_GGSO, ETHTOOL_GGRO, ETHTOOL_GTXCSUM,
					  ETHTOOL_GSG, ETHTOOL_GFLAGS, ETHTOOL_GMSGLVL };
	uint64_t value = 0;
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	for (size_t i = 0; i < COUNT(asked); i++) {
		struct ethtool_value e = { .cmd = asked[i] };
		struct ifreq ifr = { .ifr_name = DEVICE, .ifr_data = (void *)&e };

		if (ioctl(fd, SIOCETHTOOL, &ifr) < 0)
			e.data = errno;
		value = hash(value, &e.data, sizeof e.data);
	}
	close(fd);
	return value;
}

static const char *const names[PARTS] = {
	"links", "addresses", "routes", "rules", "neighbours", "qdiscs", "nexthops", "labels",
	"sysctl", "sysfs", "features", "multicast", "recent",
};

void snapshot(struct snapshot *to)
{
	char path[128];
	size_t n = 0;

	memset(to, 0, sizeof *to);
	for (size_t i = 0; i < COUNT(rules); i++)
		to->part[n++] = dumped(&rules[i]);
	for (size_t i = 0; i < COUNT(sysctl_files); i++) {
		snprintf(path, sizeof path, "/proc/sys/net/%s", sysctl_files[i]);
		to->part[n] = of_file(to->part[n], path);
	}
	for (size_t i = 0; i < COUNT(sysfs_files); i++)
		to->part[n + 1] = of_file(to->part[n + 1], sysfs_files[i]);
	to->part[n + 2] = features();
	to->part[n + 3] = of_file(0, "/proc/thread-self/net/dev_mcast");
	to->part[n + 4] = of_directory("/proc/thread-self/net/xt_recent");
}

const char *snapshot_difference(const struct snapshot *a, const struct snapshot *b)
{
	static char text[256];
	size_t at = 0;

	text[0] = 0;
	for (size_t i = 0; i < PARTS; i++)
		if (a->part[i] != b->part[i])
			at += snprintf(text + at, sizeof text - at, "%s%s", at ? "," : "", names[i]);
	return at ? text : NULL;
}
