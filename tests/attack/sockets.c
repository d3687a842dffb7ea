/* SPDX-License-Identifier: Apache-2.0 */
/* Sockets and their options: packets read and forged, marks, the host's own services. */
#include "attack.h"
#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_packet.h>
#include <linux/if_xdp.h>
#include <linux/mroute.h>
#include <linux/mroute6.h>
#include <linux/net.h>
#include <net/if.h>
#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <netinet/ip.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

static int packet_raw(void) { return refused(socket(AF_PACKET, SOCK_RAW, htons(3))); }
static int packet_cooked(void) { return refused(socket(AF_PACKET, SOCK_DGRAM, htons(3))); }
static int raw_icmp(void) { return refused(socket(AF_INET, SOCK_RAW, IPPROTO_ICMP)); }
static int raw_icmp6(void) { return refused(socket(AF_INET6, SOCK_RAW, IPPROTO_ICMPV6)); }
static int vsock(void) { return refused(socket(AF_VSOCK, SOCK_STREAM, 0)); }
static int xdp_socket(void) { return refused(socket(AF_XDP, SOCK_RAW, 0)); }

/* seccomp cannot look behind the pointer that socketcall takes. */
static int socketcall(int family, int type, int protocol)
{
#ifdef __i386__
	long arguments[3] = { family, type, protocol };

	return refused(syscall(SYS_socketcall, SYS_SOCKET, arguments));
#else
	long r;
	static unsigned arguments[3];	/* below 4 GiB */

	arguments[0] = family;
	arguments[1] = type;
	arguments[2] = protocol;
	asm volatile("int $0x80" : "=a"(r) : "a"(102), "b"(SYS_SOCKET), "c"(arguments)
		     : "memory", "r8", "r9", "r10", "r11");
	return (int)r < 0 ? -(int)r : 0;
#endif
}

static int socketcall_packet(void) { return socketcall(AF_PACKET, SOCK_RAW, htons(3)); }
static int socketcall_vsock(void) { return socketcall(AF_VSOCK, SOCK_STREAM, 0); }
static int socketcall_raw(void) { return socketcall(AF_INET, SOCK_RAW, IPPROTO_ICMP); }

static int promiscuous(void)
{
	struct packet_mreq m = { .mr_ifindex = if_nametoindex(DEVICE), .mr_type = PACKET_MR_PROMISC };
	int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);

	return fd < 0 ? errno : refused(setsockopt(fd, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &m, sizeof m));
}

/* A frame from nobody: an ARP answer, say. Sent to an address that is not there. */
static int forged_frame(void)
{
	struct sockaddr_ll to = { .sll_family = AF_PACKET, .sll_ifindex = if_nametoindex(DEVICE),
				  .sll_halen = 6 };
	char frame[60] = "\x02\0\0\0\0\x99\x02\0\0\0\0\x98\x88\xb5";
	int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);

	return fd < 0 ? errno : refused(sendto(fd, frame, sizeof frame, 0, (void *)&to, sizeof to));
}

static int forged_packet(void)
{
	struct { struct iphdr ip; char rest[8]; } p = {
		.ip = { .version = 4, .ihl = 5, .ttl = 1, .protocol = 253,
			.saddr = htonl(0x0a620099), .daddr = htonl(0x0a620002) } };
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_addr.s_addr = p.ip.daddr };
	int fd = socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_RAW);

	return fd < 0 ? errno : refused(sendto(fd, &p, sizeof p, 0, (void *)&to, sizeof to));
}

static int multicast_router(void)
{
	int fd = socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_IGMP);

	return fd < 0 ? errno : refused(setsockopt(fd, IPPROTO_IP, MRT_INIT, &(int){ 1 }, sizeof(int)));
}

static int multicast_interface(void)
{
	struct vifctl vif = { .vifc_flags = VIFF_USE_IFINDEX, .vifc_threshold = 1,
			      .vifc_lcl_ifindex = if_nametoindex(DEVICE) };
	int fd = socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_IGMP);

	if (fd < 0 || setsockopt(fd, IPPROTO_IP, MRT_INIT, &(int){ 1 }, sizeof(int)) < 0)
		return errno;
	return refused(setsockopt(fd, IPPROTO_IP, MRT_ADD_VIF, &vif, sizeof vif));
}

static int multicast_router6(void)
{
	int fd = socket(AF_INET6, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_ICMPV6);

	return fd < 0 ? errno : refused(setsockopt(fd, IPPROTO_IPV6, MRT6_INIT, &(int){ 1 }, sizeof(int)));
}

static int option(int family, int type, int level, int what, int value)
{
	int fd = socket(family, type | SOCK_CLOEXEC, 0);

	return fd < 0 ? errno : refused(setsockopt(fd, level, what, &value, sizeof value));
}

static int so_mark(void) { return option(AF_INET, SOCK_DGRAM, SOL_SOCKET, SO_MARK, 7); }
static int so_rcvbufforce(void) { return option(AF_INET, SOCK_DGRAM, SOL_SOCKET, SO_RCVBUFFORCE, 1 << 20); }
static int so_sndbufforce(void) { return option(AF_INET, SOCK_DGRAM, SOL_SOCKET, SO_SNDBUFFORCE, 1 << 20); }
static int so_priority(void) { return option(AF_INET, SOCK_DGRAM, SOL_SOCKET, SO_PRIORITY, 7); }
static int so_debug(void) { return option(AF_INET, SOCK_DGRAM, SOL_SOCKET, SO_DEBUG, 1); }
static int transparent(void) { return option(AF_INET, SOCK_DGRAM, IPPROTO_IP, IP_TRANSPARENT, 1); }
static int transparent6(void) { return option(AF_INET6, SOCK_DGRAM, IPPROTO_IPV6, 75 /* IPV6_TRANSPARENT */, 1); }
static int tcp_repair(void) { return option(AF_INET, SOCK_STREAM, IPPROTO_TCP, TCP_REPAIR, 1); }

static int mark_message(void)
{
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(9) };
	char control[CMSG_SPACE(4)] __attribute__((aligned(8))) = { 0 };
	struct iovec data = { "x", 1 };
	struct msghdr m = { .msg_name = &to, .msg_namelen = sizeof to, .msg_iov = &data, .msg_iovlen = 1,
			    .msg_control = control, .msg_controllen = sizeof control };
	struct cmsghdr *c = CMSG_FIRSTHDR(&m);

	to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SO_MARK;
	c->cmsg_len = CMSG_LEN(4);
	*(uint32_t *)CMSG_DATA(c) = 7;
	return refused(sendmsg(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), &m, 0));
}

static struct sockaddr_in local(int port)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons(port) };

	a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	return a;
}

/* Stands next to a service of the host and takes half of its connections. */
static int hijack(void)
{
	struct sockaddr_in a = local(VICTIM_PORT);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &(int){ 1 }, sizeof(int));
	return bind(fd, (void *)&a, sizeof a) < 0 ? errno : refused(listen(fd, 1));
}

static int loopback_service(void)
{
	struct sockaddr_in a = local(VICTIM_PORT);

	return refused(connect(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), (void *)&a, sizeof a));
}

static int abstract_socket(void)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };

	strcpy(a.sun_path + 1, VICTIM_NAME);
	return refused(connect(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), (void *)&a,
			       offsetof(struct sockaddr_un, sun_path) + 1 + strlen(VICTIM_NAME)));
}

static int bind_to_device(void)
{
	return refused(setsockopt(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), SOL_SOCKET,
				  SO_BINDTODEVICE, DEVICE, sizeof DEVICE));
}

const struct attack socket_attacks[] = {
	{ "AF_PACKET_RAW", packet_raw, ACK, { 0 } },
	{ "AF_PACKET_DGRAM", packet_cooked, ACK, { 0 } },
	{ "PACKET_PROMISC", promiscuous, 0, { 0 } },
	{ "FORGED_FRAME", forged_frame, ACK, { 0 } },
	{ "FORGED_PACKET", forged_packet, ACK, { 0 } },
	{ "SOCK_RAW", raw_icmp, ACK, { 0 } },
	{ "SOCK_RAW6", raw_icmp6, ACK, { 0 } },
	{ "SOCKETCALL_PACKET", socketcall_packet, ACK | BY_INT80, { 0 } },
	{ "SOCKETCALL_RAW", socketcall_raw, ACK | BY_INT80, { 0 } },
	/* needs no capability: shows whether a lock of families can be passed by */
	{ "AF_VSOCK", vsock, ACK, { EAFNOSUPPORT } },
	{ "SOCKETCALL_VSOCK", socketcall_vsock, ACK | BY_INT80, { EAFNOSUPPORT } },
	{ "AF_XDP", xdp_socket, ACK, { EAFNOSUPPORT } },
	{ "MRT_INIT", multicast_router, ACK, { ENOPROTOOPT } },
	{ "MRT_ADD_VIF", multicast_interface, ACK, { ENOPROTOOPT } },
	{ "MRT6_INIT", multicast_router6, ACK, { ENOPROTOOPT } },
	{ "SO_MARK", so_mark, ACK, { 0 } },
	{ "SO_MARK_MESSAGE", mark_message, ACK, { 0 } },
	{ "SO_RCVBUFFORCE", so_rcvbufforce, ACK, { 0 } },
	{ "SO_SNDBUFFORCE", so_sndbufforce, ACK, { 0 } },
	{ "SO_PRIORITY", so_priority, ACK, { 0 } },
	{ "SO_DEBUG", so_debug, ACK, { 0 } },
	{ "IP_TRANSPARENT", transparent, ACK, { 0 } },
	{ "IPV6_TRANSPARENT", transparent6, ACK, { 0 } },
	{ "TCP_REPAIR", tcp_repair, ACK, { ENOPROTOOPT } },
	{ "REUSEPORT_HIJACK", hijack, ACK, { 0 } },
	{ "LOOPBACK_SERVICE", loopback_service, ACK, { 0 } },
	{ "ABSTRACT_SOCKET", abstract_socket, ACK, { 0 } },
	{ "SO_BINDTODEVICE", bind_to_device, ACK, { 0 } },
	{ NULL, NULL, 0, { 0 } }
};
