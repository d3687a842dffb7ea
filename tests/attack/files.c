/* SPDX-License-Identifier: Apache-2.0 */
/* Files of procfs and sysfs, by their own names, by other ways and by mounts a container was given. */
#include "attack.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int put(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC), result;

	if (fd < 0)
		return errno;
	result = refused(write(fd, text, strlen(text)));
	close(fd);
	return result;
}

#define NET "/proc/sys/net/"

/* uid 0 writes these without any capability, the others of net/ need NET_ADMIN as well */
static int ttl(void) { return put(NET "ipv4/ip_default_ttl", "71"); }
static int ttl_self_root(void) { return put("/proc/self/root" NET "ipv4/ip_default_ttl", "72"); }
static int ttl_thread(void) { return put("/proc/thread-self/root" NET "ipv4/ip_default_ttl", "73"); }
static int ttl_init(void) { return put("/proc/1/root" NET "ipv4/ip_default_ttl", "74"); }
static int ttl_cwd(void)
{
	return chdir("/proc/sys/net/ipv4") < 0 ? errno : put("/proc/self/cwd/ip_default_ttl", "75");
}
static int ttl_descriptor(void)
{
	char path[64];

	snprintf(path, sizeof path, "/proc/self/fd/%d", open(NET "ipv4/ip_default_ttl", O_RDONLY));
	return put(path, "76");
}
static int ttl_host_process(void)
{
	char path[64];

	snprintf(path, sizeof path, "/proc/%d/root" NET "ipv4/ip_default_ttl", find_victim());
	return put(path, "77");
}
static int forward(void) { return put(NET "ipv4/ip_forward", "1"); }
static int rp_filter(void) { return put(NET "ipv4/conf/" DEVICE "/rp_filter", "2"); }
static int redirects(void) { return put(NET "ipv4/conf/all/accept_redirects", "1"); }
static int port_range(void) { return put(NET "ipv4/ip_local_port_range", "20000 30000"); }
static int low_ports(void) { return put(NET "ipv4/ip_unprivileged_port_start", "7"); }
static int ping_group(void) { return put(NET "ipv4/ping_group_range", "0 7"); }
static int syncookies(void) { return put(NET "ipv4/tcp_syncookies", "2"); }
static int probes(void) { return put(NET "ipv4/neigh/" DEVICE "/app_solicit", "7"); }
static int advertisements(void) { return put(NET "ipv6/conf/" DEVICE "/accept_ra", "2"); }
static int forward6(void) { return put(NET "ipv6/conf/" DEVICE "/hop_limit", "77"); }
static int somaxconn(void) { return put(NET "core/somaxconn", "777"); }
static int unix_queue(void) { return put(NET "unix/max_dgram_qlen", "77"); }
static int bridge_filter(void) { return put(NET "bridge/bridge-nf-call-iptables", "0"); }
static int flush_routes(void) { return put(NET "ipv4/route/flush", "0"); }

#define CLASS "/sys/class/net/" DEVICE "/"

static int sys_mtu(void) { return put(CLASS "mtu", "1460"); }
static int sys_alias(void) { return put(CLASS "ifalias", "attack7"); }
static int sys_queue(void) { return put(CLASS "tx_queue_len", "470"); }
static int sys_group(void) { return put(CLASS "netdev_group", "77"); }
static int sys_flags(void) { return put(CLASS "flags", "0x1203"); }
static int sys_gro(void) { return put(CLASS "gro_flush_timeout", "7"); }
static int sys_down(void) { return put(CLASS "proto_down", "0"); }
static int sys_power(void) { return put(CLASS "power/control", "on"); }
static int sys_rps(void) { return put(CLASS "queues/rx-0/rps_cpus", "1"); }
static int sys_virtual(void) { return put("/sys/devices/virtual/net/" DEVICE "/mtu", "1461"); }
static int sys_init_root(void) { return put("/proc/self/root" CLASS "mtu", "1462"); }

/* Where tests/bats/attack.bats mounts /proc/sys/net, a procfs, /sys and the root once more. */
static int bound_net(void) { return put("/data/net/ipv4/ip_default_ttl", "81"); }
static int bound_proc(void) { return put("/p2/sys/net/ipv4/ip_default_ttl", "82"); }
static int bound_root(void) { return put("/data/all" NET "ipv4/ip_default_ttl", "83"); }
static int bound_inner(void) { return put("/data/inner/sys/net/ipv4/ip_default_ttl", "84"); }
static int bound_sys(void) { return put("/data/sys/class/net/" DEVICE "/power/control", "auto"); }

/* A file that the kernel knows how to write, not one that only lets itself be opened. */
static int writable(const char *path)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC | O_NONBLOCK), result;

	if (fd < 0)
		return 0;
	result = write(fd, "", 0) >= 0 || (errno != EIO && errno != EACCES && errno != EPERM && errno != EROFS);
	close(fd);
	return result;
}

/* Every file below a directory of procfs; each is tried, none is known beforehand. */
static int walk(const char *directory, unsigned *tried, unsigned *found)
{
	DIR *dir = opendir(directory);
	struct dirent *e;
	char path[600];

	if (!dir)
		return errno;
	while ((e = readdir(dir))) {
		snprintf(path, sizeof path, "%s/%s", directory, e->d_name);
		if (e->d_type == DT_DIR && e->d_name[0] != '.')
			walk(path, tried, found);
		if (e->d_type == DT_REG) {
			++*tried;
			if (writable(path)) {
				++*found;
				fprintf(stderr, "writable: %s\n", path);
			}
		}
	}
	closedir(dir);
	return 0;
}

static int walk_net(const char *directory)
{
	unsigned tried = 0, found = 0;
	int result = walk(directory, &tried, &found);

	if (result)
		return result;
	return found ? 0 : tried < 20 ? ENODATA : EACCES;
}

static int proc_self_net(void) { return walk_net("/proc/self/net"); }
static int proc_thread_net(void) { return walk_net("/proc/thread-self/net"); }

/* The list "hosts" is the host's: see tests/bats/attack.bats. */
static int ban(void) { return put("/proc/self/net/xt_recent/hosts", "+10.98.0.2\n"); }
static int ban_thread(void) { return put("/proc/thread-self/net/xt_recent/hosts", "+10.98.0.3\n"); }
static int flush(void) { return put("/proc/thread-self/net/xt_recent/hosts", "/\n"); }

const struct attack file_attacks[] = {
	{ "PROC_TTL", ttl, 0, { 0 } },
	{ "PROC_TTL_SELF_ROOT", ttl_self_root, 0, { 0 } },
	{ "PROC_TTL_THREAD_ROOT", ttl_thread, 0, { 0 } },
	{ "PROC_TTL_INIT_ROOT", ttl_init, 0, { 0 } },
	{ "PROC_TTL_CWD", ttl_cwd, 0, { 0 } },
	{ "PROC_TTL_DESCRIPTOR", ttl_descriptor, 0, { 0 } },
	{ "PROC_TTL_HOST_PROCESS", ttl_host_process, 0, { 0 } },
	{ "PROC_FORWARD", forward, 0, { 0 } },
	{ "PROC_RP_FILTER", rp_filter, 0, { 0 } },
	{ "PROC_REDIRECTS", redirects, 0, { 0 } },
	{ "PROC_PORT_RANGE", port_range, 0, { 0 } },
	{ "PROC_LOW_PORTS", low_ports, 0, { 0 } },
	{ "PROC_PING_GROUP", ping_group, 0, { 0 } },
	{ "PROC_SYNCOOKIES", syncookies, 0, { 0 } },
	{ "PROC_NEIGH", probes, 0, { 0 } },
	{ "PROC_ACCEPT_RA", advertisements, 0, { 0 } },
	{ "PROC_HOP_LIMIT", forward6, 0, { 0 } },
	{ "PROC_SOMAXCONN", somaxconn, 0, { 0 } },
	{ "PROC_UNIX_QUEUE", unix_queue, 0, { 0 } },
	{ "PROC_BRIDGE_FILTER", bridge_filter, 0, { 0 } },
	{ "PROC_ROUTE_FLUSH", flush_routes, ACK, { 0 } },
	{ "SYS_MTU", sys_mtu, 0, { 0 } },
	{ "SYS_IFALIAS", sys_alias, 0, { 0 } },
	{ "SYS_TX_QUEUE_LEN", sys_queue, 0, { 0 } },
	{ "SYS_GROUP", sys_group, 0, { 0 } },
	{ "SYS_FLAGS", sys_flags, 0, { 0 } },
	{ "SYS_GRO_FLUSH", sys_gro, 0, { 0 } },
	{ "SYS_PROTO_DOWN", sys_down, ACK, { EOPNOTSUPP } },
	{ "SYS_POWER", sys_power, 0, { 0 } },
	{ "SYS_RPS", sys_rps, 0, { 0 } },
	{ "SYS_VIRTUAL_MTU", sys_virtual, 0, { 0 } },
	{ "SYS_SELF_ROOT_MTU", sys_init_root, 0, { 0 } },
	{ "BOUND_PROC_SYS_NET", bound_net, 0, { 0 } },
	{ "BOUND_PROC", bound_proc, 0, { 0 } },
	{ "BOUND_ROOT", bound_root, 0, { 0 } },
	{ "BOUND_INNER_PROC", bound_inner, 0, { 0 } },
	{ "BOUND_SYS", bound_sys, 0, { 0 } },
	{ "PROC_SELF_NET_WRITABLE", proc_self_net, ACK, { 0 } },
	{ "PROC_THREAD_NET_WRITABLE", proc_thread_net, ACK, { 0 } },
	{ "XT_RECENT_BAN", ban, 0, { 0 } },
	{ "XT_RECENT_BAN_THREAD", ban_thread, 0, { 0 } },
	{ "XT_RECENT_FLUSH", flush, 0, { 0 } },
	{ NULL, NULL, 0, { 0 } }
};
