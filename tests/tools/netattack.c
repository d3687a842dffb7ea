/* SPDX-License-Identifier: Apache-2.0 */
/*
 * netattack [--dirty|--signext|--int80] NAME   tries one change of the host's network
 * netattack list KIND                          names of the attacks: ioctl, ioctl64, broadcast, other, file
 *
 * Prints "OK" when the change was made, else the name of the error, or of the signal by which the
 * machine kills who uses an int 0x80 that it lacks. --dirty and --signext
 * set the upper half of ioctl's command, which the kernel ignores; --int80 enters through
 * the 32-bit system call table of x86. Each variant attacks something of its own (see
 * tests/host-network.sh), so that they can be run one after another.
 */
#define _GNU_SOURCE
#include "../attack/ioctl.h"
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/if_tun.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/rtnetlink.h>
#include <linux/sockios.h>
#include <linux/xfrm.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <net/route.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define DEVICE "host0"

static int variant;		/* 0 plain, 1 dirty, 2 signext, 3 int80 */
static int result;		/* 0 or an errno */

static void failed(int bad)
{
	result = bad ? errno : 0;
}

static void do_ioctl(int fd, unsigned int command)
{
	long r;

	if (fd < 0)
		return failed(1);
	if (variant == 1) {
		r = syscall(SYS_ioctl, fd, 0xdeadbeef00000000UL | command, &data);
	} else if (variant == 2) {
		r = syscall(SYS_ioctl, fd, 0xffffffff00000000UL | command, &data);
	} else if (variant == 3) {
		errno = by_int80(fd, command);
		r = errno ? -1 : 0;
	} else {
		r = ioctl(fd, command, &data);
	}
	failed(r < 0);
}

static int in(void) { return socket(AF_INET, SOCK_DGRAM, 0); }
static int in6(void) { return socket(AF_INET6, SOCK_DGRAM, 0); }

static void address(struct sockaddr *to, const char *text)
{
	struct sockaddr_in *a = (void *)to;
	char buffer[32];

	snprintf(buffer, sizeof buffer, text, variant);
	a->sin_family = AF_INET;
	inet_pton(AF_INET, buffer, &a->sin_addr);
}

static void name(const char *text) { strcpy(data.ifr.ifr_name, text); }

static void set_address(void)
{
	name("lo:1");
	data.ifr.ifr_name[3] += variant;
	address(&data.ifr.ifr_addr, "127.0.0.3%d");
	do_ioctl(in(), SIOCSIFADDR);
}

static void set_mask(void)
{
	name("lo");
	address(&data.ifr.ifr_addr, "255.0.0.0");
	do_ioctl(in(), SIOCSIFNETMASK);
}

static void set_broadcast(void)
{
	name(DEVICE);
	address(&data.ifr.ifr_addr, "10.98.0.25%d");
	do_ioctl(in(), SIOCSIFBRDADDR);
}

static void set_flags(void)
{
	int fd = in();

	name(DEVICE);
	ioctl(fd, SIOCGIFFLAGS, &data);
	data.ifr.ifr_flags ^= IFF_ALLMULTI;
	do_ioctl(fd, SIOCSIFFLAGS);
}

static void set_mtu(void)
{
	name(DEVICE);
	data.ifr.ifr_mtu = 1400 + variant;
	do_ioctl(in(), SIOCSIFMTU);
}

static void set_queue(void)
{
	name(DEVICE);
	data.ifr.ifr_qlen = 500 + variant;
	do_ioctl(in(), SIOCSIFTXQLEN);
}

static void set_mac(void)
{
	name(DEVICE);
	data.ifr.ifr_hwaddr.sa_family = ARPHRD_ETHER;
	memcpy(data.ifr.ifr_hwaddr.sa_data, "\x02\0\0\0\0\x07", 6);
	do_ioctl(in(), SIOCSIFHWADDR);
}

static void multicast(void)
{
	name(DEVICE);
	data.ifr.ifr_hwaddr.sa_family = AF_UNSPEC;
	memcpy(data.ifr.ifr_hwaddr.sa_data, "\x01\0\x5e\0\0\x07", 6);
	do_ioctl(in(), SIOCADDMULTI);
}

static void route(unsigned int command, const char *to)
{
	address(&data.rt.rt_dst, to);
	address(&data.rt.rt_gateway, "10.98.0.2");
	address(&data.rt.rt_genmask, "255.255.255.0");
	data.rt.rt_flags = RTF_UP | RTF_GATEWAY;
	do_ioctl(in(), command);
}

static void add_route(void) { route(SIOCADDRT, "10.97.%d.0"); }
static void delete_route(void) { route(SIOCDELRT, "10.99.%d.0"); }

static void arp(unsigned int command, const char *whose)
{
	address(&data.arp.arp_pa, whose);
	data.arp.arp_ha.sa_family = ARPHRD_ETHER;
	memcpy(data.arp.arp_ha.sa_data, "\x02\0\0\0\0\x66", 6);
	data.arp.arp_flags = ATF_PERM | ATF_COM;
	strcpy(data.arp.arp_dev, DEVICE);
	do_ioctl(in(), command);
}

static void set_arp(void) { arp(SIOCSARP, "10.98.0.9%d"); }
static void delete_arp(void) { arp(SIOCDARP, "10.98.0.2%d"); }

static void address6(unsigned int command, const char *text)
{
	char buffer[32];

	snprintf(buffer, sizeof buffer, text, variant + 2);
	inet_pton(AF_INET6, buffer, &data.ifr6.addr);
	data.ifr6.prefix = 64;
	data.ifr6.index = if_nametoindex(DEVICE);
	do_ioctl(in6(), command);
}

static void set_address6(void) { address6(SIOCSIFADDR, "fd98::7%d"); }
static void delete_address6(void) { address6(SIOCDIFADDR, "fd98::%d"); }

static void add_route6(void)
{
	inet_pton(AF_INET6, "fd97::", &data.rt6.rtmsg_dst);
	data.rt6.rtmsg_dst_len = 64 + variant;
	data.rt6.rtmsg_flags = RTF_UP;
	data.rt6.rtmsg_metric = 7;
	data.rt6.rtmsg_ifindex = if_nametoindex(DEVICE);
	do_ioctl(in6(), SIOCADDRT);
}

static void add_bridge(void)
{
	snprintf(data.name, sizeof data.name, "attack%d", variant);
	do_ioctl(in(), SIOCBRADDBR);
}

/* The device is not there under the lock: then any descriptor shows what the filter does. */
static void tun(void)
{
	int fd = open("/dev/net/tun", O_RDWR);

	snprintf(data.ifr.ifr_name, IFNAMSIZ, "tun%d", variant);
	data.ifr.ifr_flags = IFF_TUN | IFF_NO_PI;
	do_ioctl(fd < 0 ? in() : fd, TUNSETIFF);
}

/* Sends one netlink request with these attributes and reads the kernel's answer. */
static void netlink(int family, int type, int flags, const void *body, size_t size,
		    const void *attributes, size_t more)
{
	struct {
		struct nlmsghdr h;
		char body[512];
	} m = { .h = { .nlmsg_type = type, .nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK | flags } };
	struct {
		struct nlmsghdr h;
		struct nlmsgerr e;
		char rest[1024];
	} answer = { 0 };
	int fd = socket(AF_NETLINK, SOCK_RAW, family);

	if (fd < 0)
		return failed(1);
	memcpy(m.body, body, size);
	if (more)
		memcpy(m.body + NLMSG_ALIGN(size), attributes, more);
	m.h.nlmsg_len = NLMSG_LENGTH(NLMSG_ALIGN(size) + more);
	if (send(fd, &m, m.h.nlmsg_len, 0) < 0 || recv(fd, &answer, sizeof answer, 0) < 0)
		return failed(1);
	result = answer.h.nlmsg_type == NLMSG_ERROR ? -answer.e.error : EPROTO;
}

static void rtm_newaddr(void)
{
	struct ifaddrmsg m = { .ifa_family = AF_INET, .ifa_prefixlen = 8,
			       .ifa_scope = RT_SCOPE_HOST, .ifa_index = if_nametoindex("lo") };
	struct { struct rtattr a; in_addr_t to; } a = {
		{ RTA_LENGTH(4), IFA_LOCAL }, htonl(0x7f000032) };

	netlink(NETLINK_ROUTE, RTM_NEWADDR, NLM_F_CREATE, &m, sizeof m, &a, sizeof a);
}

static void rtm_deladdr(void)
{
	struct ifaddrmsg m = { .ifa_family = AF_INET6, .ifa_prefixlen = 64,
			       .ifa_index = if_nametoindex(DEVICE) };
	struct { struct rtattr a; struct in6_addr to; } a = { { RTA_LENGTH(16), IFA_LOCAL }, { { { 0 } } } };

	inet_pton(AF_INET6, "fd98::9", &a.to);
	netlink(NETLINK_ROUTE, RTM_DELADDR, 0, &m, sizeof m, &a, sizeof a);
}

static void rtm_newroute(void)
{
	struct rtmsg m = { .rtm_family = AF_INET, .rtm_dst_len = 24, .rtm_table = RT_TABLE_MAIN,
			   .rtm_protocol = RTPROT_STATIC, .rtm_scope = RT_SCOPE_LINK,
			   .rtm_type = RTN_UNICAST };
	struct { struct rtattr a; in_addr_t to; struct rtattr b; int oif; } a = {
		{ RTA_LENGTH(4), RTA_DST }, htonl(0x0a600000),
		{ RTA_LENGTH(4), RTA_OIF }, if_nametoindex(DEVICE) };

	netlink(NETLINK_ROUTE, RTM_NEWROUTE, NLM_F_CREATE, &m, sizeof m, &a, sizeof a);
}

static void rtm_newrule(void)
{
	struct rtmsg m = { .rtm_family = AF_INET, .rtm_src_len = 32, .rtm_table = RT_TABLE_MAIN,
			   .rtm_type = 1 };
	struct { struct rtattr a; in_addr_t from; } a = {
		{ RTA_LENGTH(4), 2 /* FRA_SRC */ }, htonl(0x0a630063) };

	netlink(NETLINK_ROUTE, RTM_NEWRULE, NLM_F_CREATE, &m, sizeof m, &a, sizeof a);
}

static void rtm_setlink(void)
{
	struct ifinfomsg m = { .ifi_family = AF_UNSPEC, .ifi_index = if_nametoindex(DEVICE) };
	struct { struct rtattr a; int mtu; } a = { { RTA_LENGTH(4), IFLA_MTU }, 1450 };

	netlink(NETLINK_ROUTE, RTM_NEWLINK, 0, &m, sizeof m, &a, sizeof a);
}

static void nft_newtable(void)
{
	struct nfgenmsg g = { .nfgen_family = AF_INET };
	struct { struct rtattr a; char name[8]; } a = {
		{ RTA_LENGTH(7), NFTA_TABLE_NAME }, "attack" };
	struct {
		struct nlmsghdr b; struct nfgenmsg bg;
		struct nlmsghdr h; struct nfgenmsg g; struct rtattr a; char name[8];
		struct nlmsghdr e; struct nfgenmsg eg;
	} m = {
		{ NLMSG_LENGTH(4), NFNL_MSG_BATCH_BEGIN, NLM_F_REQUEST, 0, 0 },
		{ .res_id = htons(NFNL_SUBSYS_NFTABLES) },
		{ NLMSG_LENGTH(16), NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_NEWTABLE,
		  NLM_F_REQUEST | NLM_F_CREATE | NLM_F_ACK, 1, 0 }, g, a.a, "attack",
		{ NLMSG_LENGTH(4), NFNL_MSG_BATCH_END, NLM_F_REQUEST, 2, 0 },
		{ .res_id = htons(NFNL_SUBSYS_NFTABLES) } };
	struct { struct nlmsghdr h; struct nlmsgerr e; char rest[1024]; } answer = { 0 };
	int fd = socket(AF_NETLINK, SOCK_RAW, NETLINK_NETFILTER);

	if (fd < 0 || send(fd, &m, sizeof m, 0) < 0 || recv(fd, &answer, sizeof answer, 0) < 0)
		return failed(1);
	result = answer.h.nlmsg_type == NLMSG_ERROR ? -answer.e.error : EPROTO;
}

static void xfrm(void)
{
	struct xfrm_usersa_flush f = { .proto = IPPROTO_ESP };

	netlink(NETLINK_XFRM, XFRM_MSG_FLUSHSA, 0, &f, sizeof f, NULL, 0);
	if (result == ESRCH)	/* nothing to flush: it was allowed */
		result = 0;
}

static void packet(void) { failed(socket(AF_PACKET, SOCK_RAW, htons(3)) < 0); }
static void raw(void) { failed(socket(AF_INET, SOCK_RAW, IPPROTO_ICMP) < 0); }

static void option(int level, int what, int value)
{
	failed(setsockopt(in(), level, what, &value, sizeof value) < 0);
}

static void mark(void) { option(SOL_SOCKET, SO_MARK, 7); }
static void transparent(void) { option(IPPROTO_IP, IP_TRANSPARENT, 1); }
static void force(void) { option(SOL_SOCKET, SO_RCVBUFFORCE, 1 << 20); }

/* A filter replacement too short to be one: EPERM comes before the look at its length. */
static void iptables(void)
{
	option(IPPROTO_IP, 64 /* IPT_SO_SET_REPLACE */, 1);
	if (result == EINVAL || result == ENOPROTOOPT || result == EFAULT)
		result = 0;
}

static void put(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY);

	failed(fd < 0 || write(fd, text, strlen(text)) < 0);
}

static void proc_forward(void) { put("/proc/sys/net/ipv4/ip_forward", "1"); }
static void proc_conf(void) { put("/proc/sys/net/ipv4/conf/" DEVICE "/rp_filter", "2"); }
static void proc_thread(void) { put("/proc/thread-self/root/proc/sys/net/ipv4/ip_default_ttl", "65"); }
static void sys_mtu(void) { put("/sys/class/net/" DEVICE "/mtu", "1460"); }
static void sys_alias(void) { put("/sys/class/net/" DEVICE "/ifalias", "attack"); }

static const struct attack {
	const char *kind, *name;
	void (*run)(void);
} attacks[] = {
	{ "ioctl", "SIOCSIFADDR", set_address },
	{ "ioctl", "SIOCSIFNETMASK", set_mask },
	{ "ioctl", "SIOCSIFFLAGS", set_flags },
	{ "ioctl", "SIOCSIFMTU", set_mtu },
	{ "ioctl", "SIOCSIFTXQLEN", set_queue },
	{ "ioctl", "SIOCADDMULTI", multicast },
	{ "ioctl", "SIOCSARP", set_arp },
	{ "ioctl", "SIOCDARP", delete_arp },
	{ "ioctl", "SIOCSIFADDR6", set_address6 },
	{ "ioctl", "SIOCDIFADDR6", delete_address6 },
	{ "ioctl", "SIOCBRADDBR", add_bridge },
	{ "ioctl", "TUNSETIFF", tun },
	/* their structures are laid out differently for 32-bit programs */
	{ "ioctl64", "SIOCADDRT", add_route },
	{ "ioctl64", "SIOCDELRT", delete_route },
	{ "ioctl64", "SIOCADDRT6", add_route6 },
	{ "ioctl64", "SIOCSIFHWADDR", set_mac },
	/* takes the routes of its interface with it */
	{ "broadcast", "SIOCSIFBRDADDR", set_broadcast },
	{ "other", "RTM_NEWADDR", rtm_newaddr },
	{ "other", "RTM_DELADDR", rtm_deladdr },
	{ "other", "RTM_NEWROUTE", rtm_newroute },
	{ "other", "RTM_NEWRULE", rtm_newrule },
	{ "other", "RTM_SETLINK", rtm_setlink },
	{ "other", "NFT_NEWTABLE", nft_newtable },
	{ "other", "XFRM_FLUSHSA", xfrm },
	{ "other", "IPTABLES", iptables },
	{ "other", "AF_PACKET", packet },
	{ "other", "SOCK_RAW", raw },
	{ "other", "SO_MARK", mark },
	{ "other", "IP_TRANSPARENT", transparent },
	{ "other", "SO_RCVBUFFORCE", force },
	{ "file", "PROC_FORWARD", proc_forward },
	{ "file", "PROC_CONF", proc_conf },
	{ "file", "PROC_THREAD", proc_thread },
	{ "file", "SYS_MTU", sys_mtu },
	{ "file", "SYS_ALIAS", sys_alias },
};

/* Where there is no int 0x80 only a child dies of it: its signal, or 0 and the result as usual. */
static int killed_by(void (*run)(void))
{
	pid_t pid = fork();
	int status;

	if (pid == 0) {
		run();
		_exit(result);
	}
	if (pid < 0 || waitpid(pid, &status, 0) < 0) {
		failed(1);
		return 0;
	}
	result = WIFEXITED(status) ? WEXITSTATUS(status) : EINTR;
	return WIFSIGNALED(status) ? WTERMSIG(status) : 0;
}

int main(int argc, char **argv)
{
	int signal = 0;
	static const char *const variants[] = { "", "--dirty", "--signext", "--int80" };
	const size_t count = sizeof attacks / sizeof *attacks;

	if (argc == 3 && !strcmp(argv[1], "list")) {
		for (size_t i = 0; i < count; i++)
			if (!strcmp(attacks[i].kind, argv[2]))
				puts(attacks[i].name);
		return 0;
	}
	if (argc == 3)
		for (int i = 1; i < 4; i++)
			if (!strcmp(argv[1], variants[i]))
				variant = i;
	if (argc == 2 || (argc == 3 && variant))
		for (size_t i = 0; i < count; i++)
			if (!strcmp(attacks[i].name, argv[argc - 1])) {
				if (variant == 3)
					signal = killed_by(attacks[i].run);
				else
					attacks[i].run();
				if (signal)
					printf("SIG%s\n", sigabbrev_np(signal));
				else
					puts(result ? strerrorname_np(result) : "OK");
				return !!result;
			}
	fprintf(stderr, "usage: netattack [--dirty|--signext|--int80] NAME | list KIND\n");
	return 2;
}
