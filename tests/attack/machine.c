/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Ways to own the machine, and with it its network. What would harm it is only opened, or
 * asked for in a form that can never succeed: another error than EPERM then says that the
 * capability was there.
 */
#include "attack.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/swap.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

/* 0 when refused with one of these: the call got behind the look at the capability. */
static int unless(long result, int harmless1, int harmless2)
{
	int error = refused(result);

	return error == harmless1 || error == harmless2 ? 0 : error;
}

static int make_node(mode_t type, unsigned major_number, unsigned minor_number, int flags)
{
	int fd;

	unlink("/tmp/node");
	if (mknod("/tmp/node", type | 0600, makedev(major_number, minor_number)) < 0)
		return -errno;
	fd = open("/tmp/node", flags | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

static int node_tun(void)
{
	struct ifreq ifr = { .ifr_name = "nodetun", .ifr_flags = IFF_TUN | IFF_NO_PI };
	int fd = make_node(S_IFCHR, 10, 200, O_RDWR);

	return fd < 0 ? -fd : refused(ioctl(fd, TUNSETIFF, &ifr));
}

static int node(mode_t type, unsigned major_number, unsigned minor_number)
{
	int fd = make_node(type, major_number, minor_number, O_RDONLY);

	return fd < 0 ? -fd : 0;
}

static int node_memory(void) { return node(S_IFCHR, 1, 1); }
static int node_block(void) { return node(S_IFBLK, 7, 0); }
static int node_kmsg(void) { return node(S_IFCHR, 1, 11); }

static int may_write(const char *path)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	return fd < 0 ? errno : close(fd);
}

static int core_pattern(void) { return may_write("/proc/sys/kernel/core_pattern"); }
static int modprobe(void) { return may_write("/proc/sys/kernel/modprobe"); }
static int sysrq(void) { return may_write("/proc/sysrq-trigger"); }
static int uevent_helper(void) { return may_write("/sys/kernel/uevent_helper"); }
static int memory_file(void) { return may_write("/dev/mem"); }

/* Looks for `file` at the root of every cgroup mount. */
static int cgroup_file(const char *file, int (*each)(const char *path))
{
	char line[1024], path[600], type[32];
	FILE *f = fopen("/proc/self/mounts", "re");
	int error = ENOENT, result;

	while (f && fgets(line, sizeof line, f)) {
		if (sscanf(line, "%*s %500s %31s", path, type) != 2 || strncmp(type, "cgroup", 6))
			continue;
		strcat(strcat(path, "/"), file);
		result = each(path);
		if (result != ENOENT)
			error = result;
		if (!result)
			break;
	}
	if (f)
		fclose(f);
	return error;
}

static int release_agent(void) { return cgroup_file("release_agent", may_write); }
static int cgroup_kill(void) { return cgroup_file("cgroup.kill", may_write); }
static int allow_tun(const char *path) { return put(path, "c 10:200 rwm"); }
static int devices_allow(void) { return cgroup_file("devices.allow", allow_tun); }

/* A hierarchy of its own, which dies with this mount namespace; nothing ever runs the agent. */
static int own_hierarchy(void)
{
	if (unshare(CLONE_NEWNS) < 0)
		return errno;
	mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL);
	mkdir("/tmp/hierarchy", 0700);
	if (mount("none", "/tmp/hierarchy", "cgroup", 0, "none,name=attack") < 0)
		return errno;
	return put("/tmp/hierarchy/release_agent", "/nonexistent");
}

/* A file by its handle, without a path: what DAC_READ_SEARCH allows reaches the whole file system. */
static int by_handle(void)
{
	union { struct file_handle h; char space[sizeof(struct file_handle) + MAX_HANDLE_SZ]; } x;
	int id, root = open("/", O_RDONLY | O_CLOEXEC);

	x.h.handle_bytes = MAX_HANDLE_SZ;
	if (root < 0 || name_to_handle_at(AT_FDCWD, "/", &x.h, &id, 0) < 0)
		return errno;
	return refused(open_by_handle_at(root, &x.h, O_RDONLY));
}

/* --- a process of the host: there is one to be seen in a shared pid namespace only ---- */

static int of_victim(const char *file, int flags)
{
	char path[64];
	int fd;

	snprintf(path, sizeof path, "/proc/%d/%s", find_victim(), file);
	fd = open(path, flags | O_CLOEXEC);
	return fd < 0 ? errno : close(fd);
}

static int victim_memory(void) { return of_victim("mem", O_RDWR); }
static int victim_root(void) { return of_victim("root/etc", O_RDONLY | O_DIRECTORY); }

/* A signal that is ignored where nothing handles it. */
static int victim_kill(void)
{
	int pid = find_victim();

	return pid ? refused(kill(pid, SIGURG)) : ESRCH;
}

static int victim_trace(void)
{
	int pid = find_victim();

	return pid ? refused(ptrace(PTRACE_SEIZE, pid, 0, 0)) : ESRCH;
}

static int victim_descriptor(void)
{
	int pid = find_victim(), fd = pid ? syscall(SYS_pidfd_open, pid, 0) : -1;

	if (!pid)
		return ESRCH;
	return fd < 0 ? errno : refused(syscall(SYS_pidfd_getfd, fd, 77, 0));
}

/* --- forms that can never succeed ---------------------------------------------------- */

static int load_module(void) { return unless(syscall(SYS_init_module, NULL, 0, ""), EFAULT, ENOEXEC); }
static int load_file(void) { return unless(syscall(SYS_finit_module, -1, "", 0), EBADF, ENOEXEC); }
static int unload_module(void) { return unless(syscall(SYS_delete_module, "attack-none", 0), ENOENT, EBUSY); }
/* more segments than there may be */
static int kexec(void) { return unless(syscall(SYS_kexec_load, 0, 1000, NULL, 0), EINVAL, EBUSY); }
/* The magic numbers are wrong. In a pid namespace of its own it could only end itself. */
static int restart(void)
{
	int error = refused(syscall(SYS_reboot, 0, 0, 0, NULL));

	return error == EINVAL && find_victim() ? 0 : error;
}
static int swap(void) { return unless(swapon("/nonexistent", 0), ENOENT, ENOENT); }
static int accounting(void) { return unless(acct("/nonexistent"), ENOENT, ENOENT); }
static int ports(void) { return refused(syscall(SYS_iopl, 3)); }

const struct attack machine_attacks[] = {
	{ "MKNOD_TUN", node_tun, ACK, { 0 } },
	{ "MKNOD_MEM", node_memory, ACK, { ENXIO } },
	{ "MKNOD_BLOCK", node_block, ACK, { ENXIO } },
	{ "MKNOD_KMSG", node_kmsg, ACK, { 0 } },
	{ "CORE_PATTERN", core_pattern, ACK, { 0 } },
	{ "MODPROBE", modprobe, ACK, { 0 } },
	{ "SYSRQ_TRIGGER", sysrq, ACK, { 0 } },
	{ "UEVENT_HELPER", uevent_helper, ACK, { 0 } },
	{ "DEV_MEM", memory_file, ACK, { 0 } },
	{ "CGROUP_RELEASE_AGENT", release_agent, ACK, { 0 } },
	{ "CGROUP_OWN_HIERARCHY", own_hierarchy, ACK, { 0 } },
	{ "CGROUP_DEVICES_ALLOW", devices_allow, ACK, { 0 } },
	{ "CGROUP_KILL", cgroup_kill, ACK, { 0 } },
	{ "OPEN_BY_HANDLE", by_handle, ACK, { 0 } },
	{ "HOST_PROCESS_MEMORY", victim_memory, ACK, { 0 } },
	{ "HOST_PROCESS_ROOT", victim_root, ACK, { 0 } },
	{ "HOST_PROCESS_KILL", victim_kill, ACK, { 0 } },
	{ "HOST_PROCESS_PTRACE", victim_trace, ACK, { 0 } },
	{ "HOST_PROCESS_GETFD", victim_descriptor, ACK, { 0 } },
	{ "INIT_MODULE", load_module, ACK, { 0 } },
	{ "FINIT_MODULE", load_file, ACK, { 0 } },
	{ "DELETE_MODULE", unload_module, ACK, { 0 } },
	{ "KEXEC_LOAD", kexec, ACK, { 0 } },
	{ "REBOOT", restart, ACK, { 0 } },
	{ "SWAPON", swap, ACK, { 0 } },
	{ "ACCT", accounting, ACK, { 0 } },
	{ "IOPL", ports, ACK, { 0 } },
	{ NULL, NULL, 0, { 0 } }
};
