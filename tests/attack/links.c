/* SPDX-License-Identifier: Apache-2.0 */
/* RTM_NEWLINK and its relatives: links made, changed, moved and deleted. */
#include "attack.h"
#include "netlink.h"
#include <errno.h>
#include <fcntl.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <linux/veth.h>
#include <net/if.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

static struct request r;

static void begin(int type, int flags, const char *device)
{
	struct ifinfomsg m = { .ifi_family = AF_UNSPEC, .ifi_index = device ? if_nametoindex(device) : 0 };

	nl_begin(&r, type, flags, &m, sizeof m);
}

static int talk(void) { return nl_talk(NETLINK_ROUTE, &r); }

/* Left down: a link that comes up gets addresses by and by. */
static int create(const char *kind, const char *name)
{
	size_t info, data;

	begin(RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, NULL);
	nl_text(&r, IFLA_IFNAME, name);
	if (!strcmp(kind, "macvlan") || !strcmp(kind, "vlan"))
		nl_u32(&r, IFLA_LINK, if_nametoindex(DEVICE));
	info = nl_nest(&r, IFLA_LINKINFO);
	nl_text(&r, IFLA_INFO_KIND, kind);
	if (!strcmp(kind, "vxlan") || !strcmp(kind, "vlan")) {
		data = nl_nest(&r, IFLA_INFO_DATA);
		if (kind[1] == 'x')
			nl_u32(&r, IFLA_VXLAN_ID, 7);
		else
			nl_u16(&r, IFLA_VLAN_ID, 7);
		nl_end(&r, data);
	}
	nl_end(&r, info);
	return talk();
}

static int create_veth(void) { return create("veth", "nveth"); }
static int create_bridge(void) { return create("bridge", "nbridge"); }
static int create_ifb(void) { return create("ifb", "nifb"); }
static int create_macvlan(void) { return create("macvlan", "nmacvlan"); }
static int create_vxlan(void) { return create("vxlan", "nvxlan"); }
static int create_vlan(void) { return create("vlan", "nvlan"); }
static int create_dummy(void) { return create("dummy", "ndummy"); }

static int delete_link(void)
{
	begin(RTM_DELLINK, 0, "vtap2");
	return talk();
}

static int number(const char *device, int attribute, unsigned value)
{
	begin(RTM_NEWLINK, 0, device);
	nl_u32(&r, attribute, value);
	return talk();
}

static int set_mtu(void) { return number(DEVICE, IFLA_MTU, 1450); }
static int set_queue(void) { return number(DEVICE, IFLA_TXQLEN, 450); }
static int set_group(void) { return number(DEVICE, IFLA_GROUP, 7); }
static int set_gso(void) { return number(DEVICE, IFLA_GSO_MAX_SIZE, 32768); }
static int set_master(void) { return number(SPARE, IFLA_MASTER, if_nametoindex("nbridge")); }

static int set_alias(void)
{
	begin(RTM_NEWLINK, 0, DEVICE);
	nl_put(&r, IFLA_IFALIAS, "attack", 6);
	return talk();
}

static int set_mac(void)
{
	begin(RTM_SETLINK, 0, SPARE);
	nl_put(&r, IFLA_ADDRESS, "\x02\0\0\0\0\x44", 6);
	return talk();
}

static int set_flags(unsigned flags)
{
	struct ifinfomsg m = { .ifi_index = if_nametoindex(DEVICE), .ifi_flags = flags, .ifi_change = flags };

	nl_begin(&r, RTM_NEWLINK, 0, &m, sizeof m);
	return talk();
}

static int set_promiscuous(void) { return set_flags(IFF_PROMISC); }
static int set_noarp(void) { return set_flags(IFF_DYNAMIC); }

static int alternative_name(void)
{
	size_t nest;

	begin(RTM_NEWLINKPROP, NLM_F_CREATE | NLM_F_EXCL | NLM_F_APPEND, DEVICE);
	nest = nl_nest(&r, IFLA_PROP_LIST);
	nl_text(&r, IFLA_ALT_IFNAME, "attack-alternative");
	nl_end(&r, nest);
	return talk();
}

/* Address generation: what makes link-local addresses when the link comes up. */
static int address_generation(void)
{
	size_t spec, inet6;

	begin(RTM_SETLINK, 0, SPARE);
	spec = nl_nest(&r, IFLA_AF_SPEC);
	inet6 = nl_nest(&r, AF_INET6);
	nl_u8(&r, IFLA_INET6_ADDR_GEN_MODE, 3 /* IN6_ADDR_GEN_MODE_RANDOM */);
	nl_end(&r, inet6);
	nl_end(&r, spec);
	return talk();
}

/* Into a network namespace of a new user namespace: needs no capability there. */
static int steal(void)
{
	int ready[2];
	char c;
	pid_t pid;

	if (pipe2(ready, O_CLOEXEC) < 0)
		return errno;
	pid = fork();
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (unshare(CLONE_NEWNET) == 0 || unshare(CLONE_NEWUSER | CLONE_NEWNET) == 0)
			(void)!write(ready[1], "r", 1);
		close(ready[1]);
		for (;;)
			pause();
	}
	close(ready[1]);
	if (read(ready[0], &c, 1) != 1)
		return EPERM;
	return number("vtap3", IFLA_NET_NS_PID, pid);
}

const struct attack link_attacks[] = {
	{ "RTM_NEWLINK_VETH", create_veth, 0, { 0 } },
	{ "RTM_NEWLINK_BRIDGE", create_bridge, 0, { 0 } },
	{ "RTM_NEWLINK_IFB", create_ifb, 0, { EOPNOTSUPP } },
	{ "RTM_NEWLINK_MACVLAN", create_macvlan, 0, { EOPNOTSUPP } },
	{ "RTM_NEWLINK_VXLAN", create_vxlan, 0, { EOPNOTSUPP } },
	{ "RTM_NEWLINK_VLAN", create_vlan, 0, { EOPNOTSUPP } },
	{ "RTM_NEWLINK_DUMMY", create_dummy, 0, { EOPNOTSUPP } },
	{ "RTM_DELLINK", delete_link, 0, { 0 } },
	{ "RTM_SETLINK_MTU", set_mtu, 0, { 0 } },
	{ "RTM_SETLINK_TXQLEN", set_queue, 0, { 0 } },
	{ "RTM_SETLINK_GROUP", set_group, 0, { 0 } },
	{ "RTM_SETLINK_GSO", set_gso, 0, { 0 } },
	{ "RTM_SETLINK_MASTER", set_master, 0, { 0 } },
	{ "RTM_SETLINK_ALIAS", set_alias, 0, { 0 } },
	{ "RTM_SETLINK_MAC", set_mac, 0, { 0 } },
	{ "RTM_SETLINK_PROMISC", set_promiscuous, 0, { 0 } },
	{ "RTM_SETLINK_DYNAMIC", set_noarp, 0, { 0 } },
	{ "RTM_SETLINK_ADDRGEN", address_generation, ACK | OUTSIDE, { 0 } },
	{ "RTM_NEWLINKPROP", alternative_name, 0, { 0 } },
	{ "RTM_SETLINK_NETNS", steal, 0, { 0 } },
	{ NULL, NULL, 0, { 0 } }
};
