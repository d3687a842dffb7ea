/* SPDX-License-Identifier: Apache-2.0 */
/* Other ways to capabilities and to kernel code: namespaces, files, bpf(), io_uring, perf. */
#include "attack.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/capability.h>
#include <linux/perf_event.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

static int enter(int fd, int last)
{
	return fd < 0 || setns(fd, CLONE_NEWNET) < 0 ? errno : add_address(last);
}

static int setns_init(void) { return enter(open("/proc/1/ns/net", O_RDONLY | O_CLOEXEC), 1); }

static int setns_host_process(void)
{
	char path[64];

	snprintf(path, sizeof path, "/proc/%d/ns/net", find_victim());
	return enter(open(path, O_RDONLY | O_CLOEXEC), 2);
}

static int setns_run_netns(void) { return enter(open("/run/netns/lan", O_RDONLY | O_CLOEXEC), 3); }

static int new_user(void) { return unshare(CLONE_NEWUSER) < 0 ? errno : add_address(4); }

static int new_user_setns(void)
{
	int host = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);

	return unshare(CLONE_NEWUSER | CLONE_NEWNET) < 0 ? errno : enter(host, 5);
}

static int new_user_socket(void)
{
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct ifreq ifr = { .ifr_name = DEVICE };

	ifr.ifr_mtu = 1470;
	return unshare(CLONE_NEWUSER | CLONE_NEWNET) < 0 ? errno : refused(ioctl(fd, SIOCSIFMTU, &ifr));
}

static int new_user_skns(void)
{
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	return unshare(CLONE_NEWUSER | CLONE_NEWNET) < 0 ? errno : enter(ioctl(fd, 0x894C /* SIOCGSKNS */), 6);
}

/* Runs "attack address LAST" from a copy of this program, as uid. */
static int run_copy(const char *copy, unsigned uid, const char *last)
{
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (uid && (setgid(uid) < 0 || setuid(uid) < 0))
			_exit(errno);
		execl(copy, copy, "address", last, (char *)NULL);
		_exit(errno);
	}
	if (waitpid(pid, &status, 0) < 0)
		return errno;
	return WIFEXITED(status) ? WEXITSTATUS(status) : EINTR;
}

static int copy_self(const char *to, mode_t mode)
{
	struct stat st;
	int from = open("/proc/self/exe", O_RDONLY | O_CLOEXEC), fd;

	unlink(to);
	fd = open(to, O_WRONLY | O_CREAT | O_CLOEXEC, mode);
	if (from < 0 || fd < 0 || fstat(from, &st) < 0 || sendfile(fd, from, NULL, st.st_size) < 0 ||
	    fchmod(fd, mode) < 0 || close(fd) < 0)
		return errno;
	return 0;
}

static int file_capabilities(void)
{
	struct vfs_cap_data caps = { .magic_etc = VFS_CAP_REVISION_2 | VFS_CAP_FLAGS_EFFECTIVE };
	int error = copy_self("/tmp/capable", 0755);

	caps.data[0].permitted = 1 << CAP_NET_ADMIN;
	if (!error)
		error = refused(setxattr("/tmp/capable", "security.capability", &caps, sizeof caps, 0));
	return error ? error : run_copy("/tmp/capable", 1000, "7");
}

static int setuid_helper(void)
{
	int error = copy_self("/tmp/setuid", 04755);

	return error ? error : run_copy("/tmp/setuid", 1000, "8");
}

/* permitted and effective: all that it takes; inheritable: what ambient needs */
static int add_capability(int permitted, int inheritable)
{
	struct __user_cap_header_struct h = { _LINUX_CAPABILITY_VERSION_3, 0 };
	struct __user_cap_data_struct d[2];

	if (syscall(SYS_capget, &h, d) < 0)
		return errno;
	d[0].permitted |= (unsigned)permitted << CAP_NET_ADMIN;
	d[0].effective |= (unsigned)permitted << CAP_NET_ADMIN;
	d[0].inheritable |= (unsigned)inheritable << CAP_NET_ADMIN;
	return refused(syscall(SYS_capset, &h, d));
}

static int raise_capabilities(void)
{
	int error = add_capability(1, 0);

	return error ? error : add_address(9);
}

static int raise_ambient(void)
{
	int error = add_capability(0, 1);

	if (!error)
		error = refused(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_NET_ADMIN, 0, 0));
	return error ? error : add_address(10);
}

/* "Let pass", or "do nothing": r0 = value; exit */
static int load(int type, int value)
{
	struct bpf_insn code[] = { { .code = BPF_ALU64 | BPF_MOV | BPF_K, .imm = value },
				   { .code = BPF_JMP | BPF_EXIT } };
	union bpf_attr a = { .prog_type = type, .insn_cnt = 2, .insns = (uintptr_t)code,
			     .license = (uintptr_t)"GPL" };

	return syscall(SYS_bpf, BPF_PROG_LOAD, &a, sizeof a);
}

static int bpf_xdp(void)
{
	union bpf_attr a = { 0 };
	int program = load(BPF_PROG_TYPE_XDP, 2 /* XDP_PASS */);

	if (program < 0)
		return errno;
	a.link_create.prog_fd = program;
	a.link_create.target_ifindex = if_nametoindex(DEVICE);
	a.link_create.attach_type = BPF_XDP;
	return refused(syscall(SYS_bpf, BPF_LINK_CREATE, &a, sizeof a));
}

static int bpf_classifier(void) { return refused(load(BPF_PROG_TYPE_SCHED_CLS, 0)); }
static int bpf_kprobe(void) { return refused(load(BPF_PROG_TYPE_TRACEPOINT, 0)); }

/* Of <linux/io_uring.h>, which older headers have without sockets. */
struct sqe {
	uint8_t opcode, flags;
	uint16_t priority;
	int32_t fd;
	uint64_t off, addr;
	uint32_t len, more;
	uint64_t user_data;
	uint16_t buffer, personality;
	uint32_t file_index;
	uint64_t addr3, pad;
};

struct params {
	uint32_t sq_entries, cq_entries, flags, cpu, idle, features, wq_fd, reserved[3];
	struct { uint32_t head, tail, mask, entries, flags, dropped, array, reserved; uint64_t user; } sq;
	struct { uint32_t head, tail, mask, entries, overflow, cqes, flags, reserved; uint64_t user; } cq;
};

/* One request through a ring of its own; the result, or a negative error. */
static int by_uring(const struct sqe *request)
{
	struct params p = { 0 };
	int fd = syscall(425 /* io_uring_setup */, 1, &p);
	char *rings;
	struct sqe *entries;

	if (fd < 0)
		return -errno;
	rings = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	entries = mmap(NULL, sizeof *entries, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0x10000000);
	if (rings == MAP_FAILED || entries == MAP_FAILED)
		return -errno;
	*entries = *request;
	*(uint32_t *)(rings + p.sq.array) = 0;
	__atomic_store_n((uint32_t *)(rings + p.sq.tail), 1, __ATOMIC_RELEASE);
	if (syscall(426 /* io_uring_enter */, fd, 1, 1, 1 /* GETEVENTS */, NULL, 0) < 0)
		return -errno;
	return *(int32_t *)(rings + p.cq.cqes + 8);
}

static int uring_mark(void)
{
	static int mark = 7;
	int fd = by_uring(&(struct sqe){ .opcode = 45 /* SOCKET */, .fd = AF_INET, .off = SOCK_DGRAM });
	int result;

	if (fd < 0)
		return -fd;
	result = by_uring(&(struct sqe){ .opcode = 46 /* URING_CMD */, .fd = fd, .off = 3 /* SETSOCKOPT */,
					 .addr = SOL_SOCKET | (uint64_t)SO_MARK << 32,
					 .file_index = sizeof mark, .addr3 = (uintptr_t)&mark });
	return result < 0 ? -result : 0;
}

static int uring_packet(void)
{
	int fd = by_uring(&(struct sqe){ .opcode = 45, .fd = AF_PACKET, .off = SOCK_RAW });

	return fd < 0 ? -fd : 0;
}

static int uring_write(void)
{
	static const char path[] = "/proc/sys/net/ipv4/ip_default_ttl";
	int fd = by_uring(&(struct sqe){ .opcode = 18 /* OPENAT */, .fd = AT_FDCWD,
					 .addr = (uintptr_t)path, .more = O_WRONLY });
	int result;

	if (fd < 0)
		return -fd;
	result = by_uring(&(struct sqe){ .opcode = 23 /* WRITE */, .fd = fd, .addr = (uintptr_t)"98", .len = 2 });
	return result < 0 ? -result : 0;
}

/* Every process of the machine, on processor 0. */
static int perf(void)
{
	struct perf_event_attr a = { .type = PERF_TYPE_SOFTWARE, .size = sizeof a,
				     .config = PERF_COUNT_SW_CPU_CLOCK };

	return refused(syscall(SYS_perf_event_open, &a, -1, 0, -1, 0));
}

const struct attack escape_attacks[] = {
	{ "SETNS_INIT", setns_init, 0, { 0 } },
	{ "SETNS_HOST_PROCESS", setns_host_process, 0, { 0 } },
	{ "SETNS_RUN_NETNS", setns_run_netns, ACK, { 0 } },
	{ "NEWUSER_ADDRESS", new_user, 0, { 0 } },
	{ "NEWUSER_SETNS", new_user_setns, 0, { 0 } },
	{ "NEWUSER_SOCKET", new_user_socket, 0, { 0 } },
	{ "NEWUSER_SIOCGSKNS", new_user_skns, 0, { 0 } },
	{ "FILE_CAPABILITIES", file_capabilities, 0, { 0 } },
	{ "SETUID_PROGRAM", setuid_helper, 0, { 0 } },
	{ "CAPSET", raise_capabilities, 0, { 0 } },
	{ "CAP_AMBIENT", raise_ambient, 0, { 0 } },
	{ "BPF_XDP", bpf_xdp, 0, { 0 } },
	{ "BPF_CLASSIFIER", bpf_classifier, ACK, { 0 } },
	{ "BPF_TRACEPOINT", bpf_kprobe, ACK, { 0 } },
	{ "IO_URING_MARK", uring_mark, ACK, { 0 } },
	{ "IO_URING_PACKET", uring_packet, ACK, { 0 } },
	{ "IO_URING_WRITE", uring_write, 0, { 0 } },
	{ "PERF_EVENT", perf, ACK, { 0 } },
	{ NULL, NULL, 0, { 0 } }
};
