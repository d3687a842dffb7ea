/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The ioctls that write. A variant changes something of its own, so that all can be
 * run one after another: lo:1..lo:4, 10.97.N.0/24, fd98::2..5 and so on.
 */
#include "attack.h"
#include "ioctl.h"
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/ethtool.h>
#include <linux/if_bridge.h>
#include <linux/if_tun.h>
#include <linux/if_vlan.h>
#include <linux/mii.h>
#include <linux/net_tstamp.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <net/route.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

static int do_ioctl(int fd, unsigned command)
{
	unsigned long upper = variant == DIRTY ? 0xdeadbeef : variant == SIGNEXT ? 0xffffffff : 0;

	if (fd < 0)
		return errno;
	if (variant == INT80)
		return by_int80(fd, command);
	/* two shifts: one of 32 bits is undefined where long has no more */
	return refused(syscall(SYS_ioctl, fd, upper << 16 << 16 | command, &data));
}

static int in(void) { return socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0); }
static int in6(void) { return socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0); }
static void name(const char *text) { strcpy(data.ifr.ifr_name, text); }

/* %d in the text is the number of the variant */
static void address(struct sockaddr *to, const char *text)
{
	struct sockaddr_in *a = (void *)to;
	char buffer[32];

	snprintf(buffer, sizeof buffer, text, (int)variant);
	a->sin_family = AF_INET;
	inet_pton(AF_INET, buffer, &a->sin_addr);
}

static int alias(unsigned command, const char *text)
{
	name("lo:1");
	data.ifr.ifr_name[3] += variant;
	address(&data.ifr.ifr_addr, text);
	return do_ioctl(in(), command);
}

static int set_address(void) { return alias(SIOCSIFADDR, "127.2%d.0.1"); }
static int set_destination(void) { return alias(SIOCSIFDSTADDR, "127.3%d.0.1"); }
static int set_mask(void) { return alias(SIOCSIFNETMASK, "255.255.0.0"); }
static int set_broadcast(void) { return alias(SIOCSIFBRDADDR, "127.255.7.%d"); }

static int set_flags(void)
{
	int fd = in();

	name(DEVICE);
	ioctl(fd, SIOCGIFFLAGS, &data);
	data.ifr.ifr_flags ^= IFF_ALLMULTI;
	return do_ioctl(fd, SIOCSIFFLAGS);
}

static int set_number(unsigned command, int value)
{
	name(DEVICE);
	data.ifr.ifr_ifru.ifru_ivalue = value;
	return do_ioctl(in(), command);
}

static int set_mtu(void) { return set_number(SIOCSIFMTU, 1400 + variant); }
static int set_queue(void) { return set_number(SIOCSIFTXQLEN, 500 + variant); }
static int set_metric(void) { return set_number(SIOCSIFMETRIC, 7); }
static int set_pflags(void) { return set_number(SIOCSIFPFLAGS, 7); }

static int hardware(unsigned command, const char *device, int family, const char *mac)
{
	name(device);
	data.ifr.ifr_hwaddr.sa_family = family;
	memcpy(data.ifr.ifr_hwaddr.sa_data, mac, 6);
	data.ifr.ifr_hwaddr.sa_data[5] += variant;
	return do_ioctl(in(), command);
}

static int set_mac(void) { return hardware(SIOCSIFHWADDR, SPARE, ARPHRD_ETHER, "\x02\0\0\0\0\x07"); }
static int set_mac_broadcast(void) { return hardware(SIOCSIFHWBROADCAST, SPARE, ARPHRD_ETHER, "\x03\0\0\0\0\x07"); }
static int add_multicast(void) { return hardware(SIOCADDMULTI, DEVICE, AF_UNSPEC, "\x01\0\x5e\0\0\x07"); }
static int del_multicast(void) { return hardware(SIOCDELMULTI, DEVICE, AF_UNSPEC, "\x01\0\x5e\0\0\x07"); }

static int set_name(void)
{
	name("spare0");
	strcpy(data.ifr.ifr_newname, "renamed");
	return do_ioctl(in(), SIOCSIFNAME);
}

static int set_map(void)
{
	name(DEVICE);
	return do_ioctl(in(), SIOCSIFMAP);
}

static int route(unsigned command, const char *to)
{
	address(&data.rt.rt_dst, to);
	address(&data.rt.rt_gateway, "10.98.0.2");
	address(&data.rt.rt_genmask, "255.255.255.0");
	data.rt.rt_flags = RTF_UP | RTF_GATEWAY;
	return do_ioctl(in(), command);
}

static int add_route(void) { return route(SIOCADDRT, "10.97.%d.0"); }
static int delete_route(void) { return route(SIOCDELRT, "10.99.%d.0"); }

static int arp(unsigned command, const char *whose, int flags)
{
	address(&data.arp.arp_pa, whose);
	data.arp.arp_ha.sa_family = ARPHRD_ETHER;
	memcpy(data.arp.arp_ha.sa_data, "\x02\0\0\0\0\x66", 6);
	data.arp.arp_flags = flags;
	if (flags & ATF_PUBL)
		address(&data.arp.arp_netmask, "255.255.255.255");
	strcpy(data.arp.arp_dev, DEVICE);
	return do_ioctl(in(), command);
}

static int set_arp(void) { return arp(SIOCSARP, "10.98.0.9%d", ATF_PERM | ATF_COM); }
static int proxy_arp(void) { return arp(SIOCSARP, "10.98.0.8%d", ATF_PERM | ATF_COM | ATF_PUBL); }
static int delete_arp(void) { return arp(SIOCDARP, "10.98.0.2%d", ATF_PERM | ATF_COM); }

static int address6(unsigned command, const char *text)
{
	char buffer[32];

	snprintf(buffer, sizeof buffer, text, variant + 2);
	inet_pton(AF_INET6, buffer, &data.ifr6.addr);
	data.ifr6.prefix = 64;
	data.ifr6.index = if_nametoindex(DEVICE);
	return do_ioctl(in6(), command);
}

static int set_address6(void) { return address6(SIOCSIFADDR, "fd98::7%d"); }
static int delete_address6(void) { return address6(SIOCDIFADDR, "fd98::%d"); }

static int route6(unsigned command)
{
	inet_pton(AF_INET6, "fd97::", &data.rt6.rtmsg_dst);
	data.rt6.rtmsg_dst_len = 64 + variant;
	data.rt6.rtmsg_flags = RTF_UP;
	data.rt6.rtmsg_metric = 7;
	data.rt6.rtmsg_ifindex = if_nametoindex(DEVICE);
	return do_ioctl(in6(), command);
}

static int add_route6(void) { return route6(SIOCADDRT); }
static int delete_route6(void) { return route6(SIOCDELRT); }

static int bridge(unsigned command, const char *text)
{
	snprintf(data.name, sizeof data.name, text, (int)variant);
	return do_ioctl(in(), command);
}

static int add_bridge(void) { return bridge(SIOCBRADDBR, "attack%d"); }
static int delete_bridge(void) { return bridge(SIOCBRDELBR, "attack%d"); }

static int port(unsigned command)
{
	name("attack0");
	data.ifr.ifr_ifindex = if_nametoindex(SPARE);
	return do_ioctl(in(), command);
}

static int add_port(void) { return port(SIOCBRADDIF); }
static int delete_port(void) { return port(SIOCBRDELIF); }

static int old_bridge(unsigned command, const char *called)
{
	static char bridge_name[IFNAMSIZ];

	strcpy(bridge_name, called);
	data.words[0] = BRCTL_ADD_BRIDGE;
	data.words[1] = (unsigned long)bridge_name;
	return do_ioctl(in(), command);
}

/* A "get" name that writes as well. */
static int old_bridge_get(void) { return old_bridge(SIOCGIFBR, "oldbridge1"); }
static int old_bridge_set(void) { return old_bridge(SIOCSIFBR, "oldbridge2"); }

static int bridge_delay(void)
{
	static unsigned long arguments[4] = { BRCTL_SET_BRIDGE_FORWARD_DELAY, 700, 0, 0 };

	name("attack0");
	data.ifr.ifr_data = (void *)arguments;
	return do_ioctl(in(), SIOCDEVPRIVATE);
}

static int add_vlan(void)
{
	data.vlan.cmd = ADD_VLAN_CMD;
	strcpy(data.vlan.device1, DEVICE);
	data.vlan.u.VID = 7;
	return do_ioctl(in(), SIOCSIFVLAN);
}

static int enslave(void)
{
	name(DEVICE);
	strcpy(data.ifr.ifr_slave, SPARE);
	return do_ioctl(in(), SIOCBONDENSLAVE);
}

static int write_mii(void)
{
	name(DEVICE);
	return do_ioctl(in(), SIOCSMIIREG);
}

static int set_timestamps(void)
{
	static struct hwtstamp_config config = { .tx_type = HWTSTAMP_TX_OFF };

	name(DEVICE);
	data.ifr.ifr_data = (void *)&config;
	return do_ioctl(in(), SIOCSHWTSTAMP);
}

static int ethtool(unsigned command, unsigned value)
{
	static struct ethtool_value e;

	e = (struct ethtool_value){ command, value };
	name(DEVICE);
	data.ifr.ifr_data = (void *)&e;
	return do_ioctl(in(), SIOCETHTOOL);
}

static int ethtool_tso(void) { return ethtool(ETHTOOL_STSO, 0); }
static int ethtool_gso(void) { return ethtool(ETHTOOL_SGSO, 0); }
static int ethtool_gro(void) { return ethtool(ETHTOOL_SGRO, 1); }
static int ethtool_csum(void) { return ethtool(ETHTOOL_STXCSUM, 0); }
static int ethtool_reset(void) { return ethtool(ETHTOOL_RESET, 1); }

/* The device is not there under the lock: then any descriptor shows what the filter does. */
static int tun(const char *device, int flags, int *fd)
{
	*fd = open("/dev/net/tun", O_RDWR | O_CLOEXEC);
	snprintf(data.ifr.ifr_name, IFNAMSIZ, device, (int)variant);
	data.ifr.ifr_flags = flags | IFF_NO_PI;
	return do_ioctl(*fd < 0 ? in() : *fd, TUNSETIFF);
}

static int create_tun(void)
{
	int fd;

	return tun("atun%d", IFF_TUN, &fd);
}

static int attach_tap(void)
{
	int fd;

	return tun("vtap0", IFF_TAP, &fd);
}

static int delete_tap(void)
{
	int fd, result = tun("vtap1", IFF_TAP, &fd);

	return result ? result : refused(ioctl(fd, TUNSETPERSIST, 0));
}

const struct attack ioctl_attacks[] = {
	{ "SIOCSIFADDR", set_address, VARIANTS, { 0 } },
	{ "SIOCSIFDSTADDR", set_destination, VARIANTS, { 0 } },
	{ "SIOCSIFNETMASK", set_mask, VARIANTS, { 0 } },
	{ "SIOCSIFBRDADDR", set_broadcast, VARIANTS, { 0 } },
	{ "SIOCSIFFLAGS", set_flags, VARIANTS, { 0 } },
	{ "SIOCSIFMTU", set_mtu, VARIANTS, { 0 } },
	{ "SIOCSIFTXQLEN", set_queue, VARIANTS, { 0 } },
	{ "SIOCSIFMETRIC", set_metric, 0, { EOPNOTSUPP } },
	{ "SIOCSIFPFLAGS", set_pflags, 0, { ENOTTY, EINVAL } },
	{ "SIOCSIFHWADDR", set_mac, VARIANTS, { 0 } },
	{ "SIOCSIFHWBROADCAST", set_mac_broadcast, VARIANTS, { 0 } },
	{ "SIOCADDMULTI", add_multicast, VARIANTS, { 0 } },
	{ "SIOCDELMULTI", del_multicast, VARIANTS, { 0 } },
	{ "SIOCSIFNAME", set_name, 0, { 0 } },
	{ "SIOCSIFMAP", set_map, 0, { EOPNOTSUPP } },
	{ "SIOCADDRT", add_route, VARIANTS | NATIVE, { 0 } },
	{ "SIOCDELRT", delete_route, VARIANTS | NATIVE, { 0 } },
	{ "SIOCSARP", set_arp, VARIANTS, { 0 } },
	{ "SIOCSARP_PROXY", proxy_arp, VARIANTS, { 0 } },
	{ "SIOCDARP", delete_arp, VARIANTS, { 0 } },
	{ "SIOCSIFADDR6", set_address6, VARIANTS, { 0 } },
	{ "SIOCDIFADDR6", delete_address6, VARIANTS, { 0 } },
	{ "SIOCADDRT6", add_route6, VARIANTS | NATIVE, { 0 } },
	{ "SIOCDELRT6", delete_route6, VARIANTS | NATIVE, { 0 } },
	{ "SIOCBRADDBR", add_bridge, VARIANTS, { 0 } },
	{ "SIOCBRADDIF", add_port, 0, { 0 } },
	{ "SIOCBRDELIF", delete_port, 0, { 0 } },
	{ "SIOCDEVPRIVATE_BRIDGE", bridge_delay, 0, { 0 } },
	{ "SIOCBRDELBR", delete_bridge, VARIANTS, { 0 } },
	{ "SIOCGIFBR", old_bridge_get, 0, { 0 } },
	{ "SIOCSIFBR", old_bridge_set, 0, { 0 } },
	{ "SIOCSIFVLAN", add_vlan, 0, { ENOPKG } },
	{ "SIOCBONDENSLAVE", enslave, 0, { EOPNOTSUPP } },
	{ "SIOCSMIIREG", write_mii, ACK, { EOPNOTSUPP } },
	{ "SIOCSHWTSTAMP", set_timestamps, ACK, { EOPNOTSUPP } },
	{ "ETHTOOL_STSO", ethtool_tso, 0, { 0 } },
	{ "ETHTOOL_SGSO", ethtool_gso, 0, { 0 } },
	{ "ETHTOOL_SGRO", ethtool_gro, 0, { 0 } },
	{ "ETHTOOL_STXCSUM", ethtool_csum, 0, { 0 } },
	{ "ETHTOOL_RESET", ethtool_reset, ACK, { EOPNOTSUPP } },
	{ "TUNSETIFF", create_tun, VARIANTS, { 0 } },
	{ "TUN_ATTACH", attach_tap, ACK, { 0 } },
	{ "TUNSETPERSIST_0", delete_tap, 0, { 0 } },
	{ NULL, NULL, 0, { 0 } }
};

/* What ends the network, at the very end. */
static int link_down(void)
{
	int fd = in();

	name(DEVICE);
	ioctl(fd, SIOCGIFFLAGS, &data);
	data.ifr.ifr_flags &= ~IFF_UP;
	return do_ioctl(fd, SIOCSIFFLAGS);
}

const struct attack last_attacks[] = {
	{ "SIOCSIFFLAGS_DOWN", link_down, 0, { 0 } },
	{ NULL, NULL, 0, { 0 } }
};
