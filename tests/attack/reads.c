/* SPDX-License-Identifier: Apache-2.0 */
/* attack reads: "NAME OK" or "NAME ERRNO" for what a locked container must still be able to do. */
#include "attack.h"
#include "netlink.h"
#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ifaddrs.h>
#include <linux/ethtool.h>
#include <linux/ethtool_netlink.h>
#include <linux/genetlink.h>
#include <linux/inet_diag.h>
#include <linux/rtnetlink.h>
#include <linux/sock_diag.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <termios.h>
#include <unistd.h>

struct read {
	const char *name;
	int (*run)(const struct read *r);
	unsigned a, b, c;
	const char *text;
};

static struct request request;

static int of_device(const struct read *r)
{
	struct ifreq ifr = { .ifr_name = DEVICE };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), result;

	if (r->a == SIOCGIFNAME)
		ifr.ifr_ifindex = 1;
	result = refused(ioctl(fd, r->a, &ifr));
	close(fd);
	return result;
}

static int interface_list(const struct read *r)
{
	struct ifreq all[32];
	struct ifconf c = { .ifc_len = sizeof all, .ifc_req = all };

	(void)r;
	if (ioctl(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), SIOCGIFCONF, &c) < 0)
		return errno;
	return c.ifc_len >= 2 * (int)sizeof *all ? 0 : ENODATA;
}

/* tests/host-network.sh makes it. */
static int arp_entry(const struct read *r)
{
	struct arpreq a = { .arp_dev = DEVICE };
	struct sockaddr_in *to = (void *)&a.arp_pa;

	(void)r;
	to->sin_family = AF_INET;
	inet_pton(AF_INET, "10.98.0.25", &to->sin_addr);
	return refused(ioctl(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), SIOCGARP, &a));
}

static int ethtool(const struct read *r)
{
	struct ethtool_drvinfo e = { .cmd = r->a };	/* the largest of those asked for */
	struct ifreq ifr = { .ifr_name = DEVICE, .ifr_data = (void *)&e };

	return refused(ioctl(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), SIOCETHTOOL, &ifr));
}

static void count(const struct nlmsghdr *h, void *data)
{
	(void)h;
	++*(int *)data;
}

/* a: type, b: size of the header, c: how many there must be at least */
static int dump(const struct read *r)
{
	char header[64] = { 0 };
	int n = 0, error;

	header[0] = r->a == RTM_GETADDRLABEL ? AF_INET6 : AF_UNSPEC;
	nl_begin(&request, r->a, 0, header, r->b);
	error = nl_dump(NETLINK_ROUTE, &request, count, &n);
	return error ? error : n >= (int)r->c ? 0 : ENODATA;
}

static int route_lookup(const struct read *r)
{
	struct rtmsg m = { .rtm_family = AF_INET, .rtm_dst_len = 32 };

	(void)r;
	nl_begin(&request, RTM_GETROUTE, 0, &m, sizeof m);
	nl_address(&request, RTA_DST, "10.98.0.2");
	return nl_talk(NETLINK_ROUTE, &request);
}

static int sockets_diag(const struct read *r)
{
	struct inet_diag_req_v2 q = { .sdiag_family = r->a, .sdiag_protocol = r->b, .idiag_states = ~0u };
	int n = 0;

	nl_begin(&request, SOCK_DIAG_BY_FAMILY, 0, &q, sizeof q);
	return nl_dump(NETLINK_SOCK_DIAG, &request, count, &n);
}

static int generic_get(const struct read *r)
{
	struct genlmsghdr g = { .cmd = r->a, .version = 1 };
	size_t header;

	nl_begin(&request, nl_family("ethtool"), 0, &g, sizeof g);
	header = nl_nest(&request, 1);
	nl_text(&request, ETHTOOL_A_HEADER_DEV_NAME, DEVICE);
	nl_end(&request, header);
	return nl_talk(NETLINK_GENERIC, &request);
}

static int route_events(const struct read *r)
{
	struct sockaddr_nl a = { .nl_family = AF_NETLINK, .nl_groups = RTMGRP_LINK | RTMGRP_IPV4_ROUTE };

	(void)r;
	return refused(bind(socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE), (void *)&a, sizeof a));
}

static int get_addresses(const struct read *r)
{
	struct ifaddrs *all;
	int n = 0;

	(void)r;
	if (getifaddrs(&all) < 0)
		return errno;
	for (struct ifaddrs *p = all; p; p = p->ifa_next)
		n += !strcmp(p->ifa_name, DEVICE);
	return n >= 3 ? 0 : ENODATA;
}

static int name_index(const struct read *r)
{
	(void)r;
	return if_nameindex() && if_nametoindex(DEVICE) ? 0 : errno;
}

static int file(const struct read *r)
{
	char buffer[256];
	int fd = open(r->text, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, buffer, sizeof buffer);

	return n < 0 ? errno : n == 0 ? ENODATA : close(fd);
}

static int directory(const struct read *r)
{
	DIR *dir = opendir(r->text);
	int n = 0;

	if (!dir)
		return errno;
	while (readdir(dir))
		n++;
	return n >= 4 ? closedir(dir) : ENODATA;
}

static int address(int family, int port, struct sockaddr_storage *to)
{
	struct sockaddr_in *in = (void *)to;
	struct sockaddr_in6 *in6 = (void *)to;

	memset(to, 0, sizeof *to);
	to->ss_family = family;
	in->sin_port = htons(port);
	if (family == AF_INET)
		in->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	else
		in6->sin6_addr = in6addr_loopback;
	return family == AF_INET ? sizeof *in : sizeof *in6;
}

static int bind_port(const struct read *r)
{
	struct sockaddr_storage a;
	int fd = socket(r->a, r->b | SOCK_CLOEXEC, 0), result;

	result = refused(bind(fd, (void *)&a, address(r->a, r->c, &a)));
	close(fd);
	return result;
}

/* A byte from one socket of loopback to another. */
static int talk(const struct read *r)
{
	struct sockaddr_storage a;
	socklen_t size = address(r->a, 0, &a);
	int server = socket(r->a, r->b | SOCK_CLOEXEC, 0), client = socket(r->a, r->b | SOCK_CLOEXEC, 0);
	int stream = r->b == SOCK_STREAM, waiting;
	char byte = 0;

	setsockopt(server, SOL_SOCKET, SO_REUSEADDR, &(int){ 1 }, sizeof(int));
	if (bind(server, (void *)&a, size) < 0 || getsockname(server, (void *)&a, &size) < 0 ||
	    (stream && listen(server, 1) < 0) || connect(client, (void *)&a, size) < 0)
		return errno;
	if (stream && (server = accept(server, NULL, NULL)) < 0)
		return errno;
	if (send(client, "x", 1, 0) != 1 || recv(server, &byte, 1, MSG_PEEK) != 1 ||
	    ioctl(server, FIONREAD, &waiting) < 0 || ioctl(client, TIOCOUTQ, &(int){ 0 }) < 0)
		return errno;
	if (stream && ioctl(client, SIOCOUTQNSD, &(int){ 0 }) < 0)
		return errno;
	return waiting == 1 && byte == 'x' ? 0 : EIO;
}

static int timestamp(const struct read *r)
{
	struct sockaddr_storage a;
	socklen_t size = address(AF_INET, 0, &a);
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	long stamp[4];
	char byte;

	(void)r;
	ioctl(fd, 0x8906 /* SIOCGSTAMP_OLD: turns it on */, stamp);
	if (bind(fd, (void *)&a, size) < 0 || getsockname(fd, (void *)&a, &size) < 0 ||
	    sendto(fd, "x", 1, 0, (void *)&a, size) != 1 || recv(fd, &byte, 1, 0) != 1)
		return errno;
	return refused(ioctl(fd, 0x8906, stamp));
}

static int local_socket(const struct read *r)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	socklen_t size = sizeof a;
	int server = socket(AF_UNIX, r->a | SOCK_CLOEXEC, 0), client = socket(AF_UNIX, r->a | SOCK_CLOEXEC, 0);

	snprintf(a.sun_path, sizeof a.sun_path, r->text, (int)getpid());
	if (a.sun_path[0] == '@') {
		size = offsetof(struct sockaddr_un, sun_path) + strlen(a.sun_path);
		a.sun_path[0] = 0;
	} else {
		unlink(a.sun_path);
	}
	if (bind(server, (void *)&a, size) < 0 || (r->a == SOCK_STREAM && listen(server, 1) < 0))
		return errno;
	return refused(connect(client, (void *)&a, size));
}

static int joins(const struct read *r)
{
	struct ip_mreqn m4 = { .imr_ifindex = if_nametoindex(DEVICE) };
	struct ipv6_mreq m6 = { .ipv6mr_interface = if_nametoindex(DEVICE) };
	int fd = socket(r->a, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	inet_pton(AF_INET, "239.7.7.7", &m4.imr_multiaddr);
	inet_pton(AF_INET6, "ff05::7:7", &m6.ipv6mr_multiaddr);
	return refused(r->a == AF_INET ?
		       setsockopt(fd, IPPROTO_IP, IP_ADD_MEMBERSHIP, &m4, sizeof m4) :
		       setsockopt(fd, IPPROTO_IPV6, IPV6_JOIN_GROUP, &m6, sizeof m6));
}

/* a: type, b: level, c: option */
static int option(const struct read *r)
{
	int family = r->b == IPPROTO_IPV6 ? AF_INET6 : AF_INET, one = 1;

	return refused(setsockopt(socket(family, r->a | SOCK_CLOEXEC, 0), r->b, r->c, &one, sizeof one));
}

static int to_device(const struct read *r)
{
	(void)r;
	return refused(setsockopt(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), SOL_SOCKET,
				  SO_BINDTODEVICE, DEVICE, sizeof DEVICE));
}

static int nonblocking(const struct read *r)
{
	return refused(ioctl(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), r->a, &(int){ 1 }));
}

static int terminal(const struct read *r)
{
	char answer[256];

	return refused(ioctl(open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC), r->a, answer));
}

/* No terminal: the kernel must say so, not the filter. */
static int no_terminal(const struct read *r)
{
	char answer[256];

	(void)r;
	return ioctl(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), TCGETS, answer) < 0 && errno == ENOTTY ? 0 : EIO;
}

static int ping(const struct read *r)
{
	return refused(socket(r->a, SOCK_DGRAM | SOCK_CLOEXEC, r->b));
}

#define DEVICE_READ(what) { #what, of_device, what, 0, 0, NULL }
#define FILE_READ(name, path) { name, file, 0, 0, 0, path }
#define DUMP(what, header, least) { "DUMP_" #what, dump, what, sizeof(struct header), least, NULL }
#define OPTION(type, level, what) { #what, option, type, level, what, NULL }

static const struct read all[] = {
	DEVICE_READ(SIOCGIFNAME), DEVICE_READ(SIOCGIFFLAGS), DEVICE_READ(SIOCGIFADDR),
	DEVICE_READ(SIOCGIFDSTADDR), DEVICE_READ(SIOCGIFBRDADDR), DEVICE_READ(SIOCGIFNETMASK),
	DEVICE_READ(SIOCGIFMETRIC), DEVICE_READ(SIOCGIFMTU), DEVICE_READ(SIOCGIFHWADDR),
	DEVICE_READ(SIOCGIFINDEX), DEVICE_READ(SIOCGIFTXQLEN), DEVICE_READ(SIOCGIFMAP),
	{ "SIOCGIFCONF", interface_list, 0, 0, 0, NULL },
	{ "SIOCGARP", arp_entry, 0, 0, 0, NULL },
	{ "SIOCGSTAMP", timestamp, 0, 0, 0, NULL },
	{ "ETHTOOL_GDRVINFO", ethtool, ETHTOOL_GDRVINFO, 0, 0, NULL },
	{ "ETHTOOL_GLINK", ethtool, ETHTOOL_GLINK, 0, 0, NULL },
	{ "ETHTOOL_GTSO", ethtool, ETHTOOL_GTSO, 0, 0, NULL },
	{ "ETHTOOL_LINKINFO", generic_get, ETHTOOL_MSG_LINKSTATE_GET, 0, 0, NULL },
	{ "ETHTOOL_FEATURES", generic_get, ETHTOOL_MSG_FEATURES_GET, 0, 0, NULL },
	{ "GETIFADDRS", get_addresses, 0, 0, 0, NULL },
	{ "IF_NAMEINDEX", name_index, 0, 0, 0, NULL },
	DUMP(RTM_GETLINK, ifinfomsg, 2), DUMP(RTM_GETADDR, ifaddrmsg, 4), DUMP(RTM_GETROUTE, rtmsg, 10),
	DUMP(RTM_GETRULE, rtmsg, 5), DUMP(RTM_GETNEIGH, ndmsg, 5), DUMP(RTM_GETQDISC, tcmsg, 1),
	DUMP(RTM_GETADDRLABEL, rtmsg, 3),
	{ "ROUTE_LOOKUP", route_lookup, 0, 0, 0, NULL },
	{ "ROUTE_EVENTS", route_events, 0, 0, 0, NULL },
	{ "SOCK_DIAG_TCP", sockets_diag, AF_INET, IPPROTO_TCP, 0, NULL },
	{ "SOCK_DIAG_UDP6", sockets_diag, AF_INET6, IPPROTO_UDP, 0, NULL },
	FILE_READ("PROC_NET_DEV", "/proc/net/dev"), FILE_READ("PROC_NET_ROUTE", "/proc/net/route"),
	FILE_READ("PROC_NET_TCP", "/proc/net/tcp"), FILE_READ("PROC_NET_UNIX", "/proc/net/unix"),
	FILE_READ("PROC_NET_ARP", "/proc/net/arp"), FILE_READ("PROC_NET_SNMP", "/proc/net/snmp"),
	FILE_READ("PROC_NET_IF_INET6", "/proc/net/if_inet6"),
	FILE_READ("PROC_NET_IPV6_ROUTE", "/proc/self/net/ipv6_route"),
	FILE_READ("SYSCTL_FORWARD", "/proc/sys/net/ipv4/ip_forward"),
	FILE_READ("SYSCTL_SOMAXCONN", "/proc/sys/net/core/somaxconn"),
	FILE_READ("SYSCTL_RP_FILTER", "/proc/sys/net/ipv4/conf/" DEVICE "/rp_filter"),
	FILE_READ("SYS_MTU", "/sys/class/net/" DEVICE "/mtu"),
	FILE_READ("SYS_ADDRESS", "/sys/class/net/" DEVICE "/address"),
	FILE_READ("SYS_RX_BYTES", "/sys/class/net/" DEVICE "/statistics/rx_bytes"),
	{ "SYS_CLASS_NET", directory, 0, 0, 0, "/sys/class/net" },
	{ "BIND_TCP_80", bind_port, AF_INET, SOCK_STREAM, 80, NULL },
	{ "BIND_UDP_53", bind_port, AF_INET, SOCK_DGRAM, 53, NULL },
	{ "BIND_TCP6_443", bind_port, AF_INET6, SOCK_STREAM, 443, NULL },
	{ "TCP", talk, AF_INET, SOCK_STREAM, 0, NULL },
	{ "TCP6", talk, AF_INET6, SOCK_STREAM, 0, NULL },
	{ "UDP", talk, AF_INET, SOCK_DGRAM, 0, NULL },
	{ "UDP6", talk, AF_INET6, SOCK_DGRAM, 0, NULL },
	{ "UNIX_STREAM", local_socket, SOCK_STREAM, 0, 0, "/tmp/stream-%d" },
	{ "UNIX_DGRAM", local_socket, SOCK_DGRAM, 0, 0, "/tmp/dgram-%d" },
	{ "UNIX_ABSTRACT", local_socket, SOCK_STREAM, 0, 0, "@attack-reads-%d" },
	{ "MULTICAST", joins, AF_INET, 0, 0, NULL },
	{ "MULTICAST6", joins, AF_INET6, 0, 0, NULL },
	OPTION(SOCK_STREAM, SOL_SOCKET, SO_REUSEADDR), OPTION(SOCK_STREAM, SOL_SOCKET, SO_REUSEPORT),
	OPTION(SOCK_STREAM, SOL_SOCKET, SO_KEEPALIVE), OPTION(SOCK_DGRAM, SOL_SOCKET, SO_BROADCAST),
	OPTION(SOCK_STREAM, IPPROTO_TCP, TCP_NODELAY), OPTION(SOCK_DGRAM, IPPROTO_IP, IP_PKTINFO),
	OPTION(SOCK_DGRAM, IPPROTO_IP, IP_FREEBIND), OPTION(SOCK_STREAM, IPPROTO_IPV6, IPV6_V6ONLY),
	{ "SO_BINDTODEVICE", to_device, 0, 0, 0, NULL },
	{ "FIONBIO", nonblocking, FIONBIO, 0, 0, NULL },
	{ "FIOASYNC", nonblocking, FIOASYNC, 0, 0, NULL },
	{ "TCGETS", terminal, TCGETS, 0, 0, NULL },
	{ "TIOCGWINSZ", terminal, TIOCGWINSZ, 0, 0, NULL },
	{ "ENOTTY", no_terminal, 0, 0, 0, NULL },
	{ "PING", ping, AF_INET, IPPROTO_ICMP, 0, NULL },
	{ "PING6", ping, AF_INET6, IPPROTO_ICMPV6, 0, NULL },
};

int reads(void)
{
	int error;

	for (size_t i = 0; i < COUNT(all); i++) {
		error = all[i].run(&all[i]);
		printf("%s %s\n", all[i].name, error ? strerrorname_np(error) : "OK");
	}
	return 0;
}
