/* SPDX-License-Identifier: Apache-2.0 */
/* NETLINK_ROUTE: addresses, routes, rules, neighbours, queueing, next hops. */
#include "attack.h"
#include "netlink.h"
#include <errno.h>
#include <linux/fib_rules.h>
#include <linux/if_addrlabel.h>
#include <linux/net_namespace.h>
#include <linux/nexthop.h>
#include <linux/pkt_cls.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

static int talk(struct request *r) { return nl_talk(NETLINK_ROUTE, r); }
static int index_of(const char *device) { return if_nametoindex(device); }

static int address(int type, int family, const char *device, int length, const char *text)
{
	/* as the other addresses of that network: the kernel wants it so */
	int scope = family == AF_INET && !strcmp(device, "lo") ? RT_SCOPE_HOST : RT_SCOPE_UNIVERSE;
	struct ifaddrmsg m = { .ifa_family = family, .ifa_prefixlen = length, .ifa_scope = scope,
			       .ifa_index = index_of(device) };
	struct request r;

	nl_begin(&r, type, NLM_F_CREATE, &m, sizeof m);
	nl_address(&r, IFA_LOCAL, text);
	return talk(&r);
}

static int new_address(void) { return address(RTM_NEWADDR, AF_INET, "lo", 8, "127.0.0.50"); }
static int delete_address(void) { return address(RTM_DELADDR, AF_INET, SPARE, 24, "10.96.0.1"); }
static int new_address6(void) { return address(RTM_NEWADDR, AF_INET6, "lo", 128, "fd98::50"); }
static int delete_address6(void) { return address(RTM_DELADDR, AF_INET6, DEVICE, 64, "fd98::9"); }

int add_address(int last)
{
	char text[32];

	snprintf(text, sizeof text, "127.0.1.%d", last);
	return address(RTM_NEWADDR, AF_INET, "lo", 8, text);
}

static int route(int type, int family, int length, const char *to, int table, int kind)
{
	struct rtmsg m = { .rtm_family = family, .rtm_dst_len = length, .rtm_table = table,
			   .rtm_protocol = RTPROT_BOOT, .rtm_type = kind,
			   .rtm_scope = type == RTM_DELROUTE ? RT_SCOPE_NOWHERE :
					family == AF_INET ? RT_SCOPE_LINK : RT_SCOPE_UNIVERSE };
	struct request r;

	if (kind == RTN_LOCAL)
		m.rtm_scope = RT_SCOPE_HOST;
	nl_begin(&r, type, type == RTM_NEWROUTE ? NLM_F_CREATE : 0, &m, sizeof m);
	nl_address(&r, RTA_DST, to);
	if (kind != RTN_BLACKHOLE)
		nl_u32(&r, RTA_OIF, index_of(DEVICE));
	return talk(&r);
}

static int new_route(void) { return route(RTM_NEWROUTE, AF_INET, 24, "10.96.7.0", RT_TABLE_MAIN, RTN_UNICAST); }
static int new_route6(void) { return route(RTM_NEWROUTE, AF_INET6, 64, "fd96:7::", RT_TABLE_MAIN, RTN_UNICAST); }
static int new_local(void) { return route(RTM_NEWROUTE, AF_INET, 32, "203.0.113.7", RT_TABLE_LOCAL, RTN_LOCAL); }
static int new_blackhole(void) { return route(RTM_NEWROUTE, AF_INET, 24, "10.96.8.0", RT_TABLE_MAIN, RTN_BLACKHOLE); }
static int new_in_table(void) { return route(RTM_NEWROUTE, AF_INET, 24, "10.96.9.0", 77, RTN_UNICAST); }
static int delete_route(void) { return route(RTM_DELROUTE, AF_INET, 24, "10.99.9.0", RT_TABLE_MAIN, 0); }

static int rule(int type, int family, unsigned priority)
{
	struct fib_rule_hdr m = { .family = family, .table = type == RTM_DELRULE ? 0 : RT_TABLE_MAIN,
				  .action = type == RTM_DELRULE ? 0 : FR_ACT_TO_TBL };
	struct request r;

	nl_begin(&r, type, type == RTM_NEWRULE ? NLM_F_CREATE | NLM_F_EXCL : 0, &m, sizeof m);
	nl_u32(&r, FRA_PRIORITY, priority);
	return talk(&r);
}

static int new_rule(void) { return rule(RTM_NEWRULE, AF_INET, 99); }
static int new_rule6(void) { return rule(RTM_NEWRULE, AF_INET6, 99); }
/* of the table "default", which is empty */
static int delete_rule(void) { return rule(RTM_DELRULE, AF_INET, 32767); }

static int neighbour(int type, int family, int flags, const char *whose)
{
	struct ndmsg m = { .ndm_family = family, .ndm_ifindex = index_of(DEVICE), .ndm_flags = flags,
			   .ndm_state = NUD_PERMANENT };
	struct request r;

	nl_begin(&r, type, NLM_F_CREATE, &m, sizeof m);
	if (whose)
		nl_address(&r, NDA_DST, whose);
	nl_put(&r, NDA_LLADDR, "\x02\0\0\0\0\x55", 6);
	return talk(&r);
}

static int new_neighbour(void) { return neighbour(RTM_NEWNEIGH, AF_INET, 0, "10.98.0.70"); }
static int new_neighbour6(void) { return neighbour(RTM_NEWNEIGH, AF_INET6, 0, "fd98::770"); }
static int new_proxy(void) { return neighbour(RTM_NEWNEIGH, AF_INET, NTF_PROXY, "10.98.0.71"); }
static int delete_neighbour(void) { return neighbour(RTM_DELNEIGH, AF_INET, 0, "10.98.0.29"); }
static int new_fdb(void) { return neighbour(RTM_NEWNEIGH, AF_BRIDGE, NTF_SELF, NULL); }

static int neighbour_table(void)
{
	struct ndtmsg m = { .ndtm_family = AF_INET };
	struct request r;
	size_t nest;

	nl_begin(&r, RTM_SETNEIGHTBL, 0, &m, sizeof m);
	nl_text(&r, NDTA_NAME, "arp_cache");
	nest = nl_nest(&r, NDTA_PARMS);
	nl_u32(&r, NDTPA_IFINDEX, index_of(DEVICE));
	nl_u32(&r, NDTPA_APP_PROBES, 3);
	nl_end(&r, nest);
	return talk(&r);
}

static int qdisc(int type, unsigned parent, unsigned handle, const char *kind)
{
	struct tcmsg m = { .tcm_family = AF_UNSPEC, .tcm_ifindex = index_of(DEVICE), .tcm_parent = parent,
			   .tcm_handle = handle };
	struct tc_fifo_qopt fifo = { .limit = 77 };
	struct request r;

	nl_begin(&r, type, type == RTM_NEWQDISC ? NLM_F_CREATE | NLM_F_REPLACE : 0, &m, sizeof m);
	nl_text(&r, TCA_KIND, kind);
	if (!strcmp(kind, "pfifo"))
		nl_put(&r, TCA_OPTIONS, &fifo, sizeof fifo);
	return talk(&r);
}

static int new_qdisc(void) { return qdisc(RTM_NEWQDISC, TC_H_ROOT, 0x70000, "pfifo"); }
static int new_ingress(void) { return qdisc(RTM_NEWQDISC, TC_H_INGRESS, TC_H_MAKE(TC_H_INGRESS, 0), "ingress"); }
static int delete_qdisc(void) { return qdisc(RTM_DELQDISC, TC_H_ROOT, 0, "pfifo"); }

static int filter(const char *kind)
{
	struct tcmsg m = { .tcm_family = AF_UNSPEC, .tcm_ifindex = index_of(DEVICE),
			   .tcm_parent = TC_H_MAKE(TC_H_CLSACT, TC_H_MIN_INGRESS),
			   .tcm_info = TC_H_MAKE(1 << 16, 0x0300) };
	struct request r;

	nl_begin(&r, RTM_NEWTFILTER, NLM_F_CREATE | NLM_F_EXCL, &m, sizeof m);
	nl_text(&r, TCA_KIND, kind);
	nl_end(&r, nl_nest(&r, TCA_OPTIONS));
	return talk(&r);
}

static int new_filter(void) { return filter("matchall"); }
static int new_chain(void)
{
	struct tcmsg m = { .tcm_family = AF_UNSPEC, .tcm_ifindex = index_of(DEVICE),
			   .tcm_parent = TC_H_MAKE(TC_H_CLSACT, TC_H_MIN_INGRESS) };
	struct request r;

	nl_begin(&r, RTM_NEWCHAIN, NLM_F_CREATE | NLM_F_EXCL, &m, sizeof m);
	nl_u32(&r, TCA_CHAIN, 7);
	return talk(&r);
}

static int new_action(void)
{
	struct tcamsg m = { .tca_family = AF_UNSPEC };
	struct tc_gact { __u32 index, capab; int action, refcnt, bindcnt; } gact = { .action = TC_ACT_SHOT };
	struct request r;
	size_t table, first, options;

	nl_begin(&r, RTM_NEWACTION, NLM_F_CREATE | NLM_F_EXCL, &m, sizeof m);
	table = nl_nest(&r, 1 /* TCA_ACT_TAB */);
	first = nl_nest(&r, 1);
	nl_text(&r, TCA_ACT_KIND, "gact");
	options = nl_nest(&r, TCA_ACT_OPTIONS);
	nl_put(&r, 2 /* TCA_GACT_PARMS */, &gact, sizeof gact);
	nl_end(&r, options);
	nl_end(&r, first);
	nl_end(&r, table);
	return talk(&r);
}

static int next_hop(void)
{
	struct nhmsg m = { .nh_family = AF_INET };
	struct request r;

	nl_begin(&r, RTM_NEWNEXTHOP, NLM_F_CREATE | NLM_F_EXCL, &m, sizeof m);
	nl_u32(&r, NHA_ID, 77);
	nl_put(&r, NHA_BLACKHOLE, NULL, 0);
	return talk(&r);
}

static int label(void)
{
	struct ifaddrlblmsg m = { .ifal_family = AF_INET6, .ifal_prefixlen = 64 };
	struct request r;

	nl_begin(&r, RTM_NEWADDRLABEL, NLM_F_CREATE | NLM_F_EXCL, &m, sizeof m);
	nl_address(&r, IFAL_ADDRESS, "fd98:7::");
	nl_u32(&r, IFAL_LABEL, 99);
	return talk(&r);
}

const struct attack rtnetlink_attacks[] = {
	{ "RTM_NEWADDR", new_address, 0, { 0 } },
	{ "RTM_DELADDR", delete_address, 0, { 0 } },
	{ "RTM_NEWADDR6", new_address6, 0, { 0 } },
	{ "RTM_DELADDR6", delete_address6, 0, { 0 } },
	{ "RTM_NEWROUTE", new_route, 0, { 0 } },
	{ "RTM_NEWROUTE6", new_route6, 0, { 0 } },
	{ "RTM_NEWROUTE_LOCAL", new_local, 0, { 0 } },
	{ "RTM_NEWROUTE_BLACKHOLE", new_blackhole, 0, { 0 } },
	{ "RTM_NEWROUTE_TABLE", new_in_table, 0, { 0 } },
	{ "RTM_DELROUTE", delete_route, 0, { 0 } },
	{ "RTM_NEWRULE", new_rule, 0, { 0 } },
	{ "RTM_NEWRULE6", new_rule6, 0, { 0 } },
	{ "RTM_DELRULE", delete_rule, 0, { 0 } },
	{ "RTM_NEWNEIGH", new_neighbour, 0, { 0 } },
	{ "RTM_NEWNEIGH6", new_neighbour6, 0, { 0 } },
	{ "RTM_NEWNEIGH_PROXY", new_proxy, 0, { 0 } },
	{ "RTM_DELNEIGH", delete_neighbour, 0, { 0 } },
	{ "RTM_NEWNEIGH_FDB", new_fdb, ACK, { 0 } },
	{ "RTM_SETNEIGHTBL", neighbour_table, 0, { 0 } },
	{ "RTM_NEWQDISC", new_qdisc, 0, { 0 } },
	{ "RTM_NEWQDISC_INGRESS", new_ingress, 0, { 0 } },
	{ "RTM_NEWTFILTER", new_filter, ACK | OUTSIDE, { ENOENT, EOPNOTSUPP } },
	{ "RTM_NEWCHAIN", new_chain, ACK | OUTSIDE, { EOPNOTSUPP } },
	{ "RTM_NEWACTION", new_action, ACK | OUTSIDE, { ENOENT, EOPNOTSUPP } },
	{ "RTM_DELQDISC", delete_qdisc, 0, { 0 } },
	{ "RTM_NEWNEXTHOP", next_hop, 0, { 0 } },
	{ "RTM_NEWADDRLABEL", label, 0, { 0 } },
	{ NULL, NULL, 0, { 0 } }
};
