/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Attacks of two processes: a socket of the host's network, opened in a locked container and
 * used by another container that is not locked because it has a network of its own. And
 * the victim, a process of the host.
 */
#include "attack.h"
#include "netlink.h"
#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

#define HELD 77		/* the descriptor of the held socket */

static int open_inet(void) { return socket(AF_INET, SOCK_DGRAM, 0); }

static _Noreturn void ready(void)
{
	puts("ready");
	for (;;)
		pause();
}

static struct sockaddr_un unix_address(const char *path)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };

	snprintf(a.sun_path, sizeof a.sun_path, "%s", path);
	return a;
}

struct message {
	struct msghdr m;
	struct iovec data;
	char byte, control[CMSG_SPACE(2 * sizeof(int))] __attribute__((aligned(8)));
};

static struct cmsghdr *prepare(struct message *x)
{
	memset(x, 0, sizeof *x);
	x->data = (struct iovec){ &x->byte, 1 };
	x->m = (struct msghdr){ .msg_iov = &x->data, .msg_iovlen = 1, .msg_control = x->control,
				.msg_controllen = sizeof x->control };
	return CMSG_FIRSTHDR(&x->m);
}

/* Serves an ioctl socket and a netlink socket, once. */
int pass_socket(const char *path)
{
	struct sockaddr_un a = unix_address(path);
	int fds[2] = { open_inet(), socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE) };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0), peer;
	struct message x;
	struct cmsghdr *c = prepare(&x);

	unlink(path);
	if (bind(fd, (void *)&a, sizeof a) < 0 || listen(fd, 1) < 0)
		return errno;
	puts("ready");
	peer = accept(fd, NULL, NULL);
	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(sizeof fds);
	memcpy(CMSG_DATA(c), fds, sizeof fds);
	if (peer < 0 || sendmsg(peer, &x.m, 0) < 0)
		return errno;
	ready();
}

static void report(const char *name, int error)
{
	printf("%s %s %s\n", name, error ? "STOPPED" : "BREACHED", error ? strerrorname_np(error) : "outside");
}

static int add_by_ioctl(int fd, const char *label, const char *address)
{
	struct ifreq ifr = { 0 };
	struct sockaddr_in *a = (void *)&ifr.ifr_addr;

	strcpy(ifr.ifr_name, label);
	a->sin_family = AF_INET;
	inet_pton(AF_INET, address, &a->sin_addr);
	return refused(ioctl(fd, SIOCSIFADDR, &ifr));
}

static int add_by_netlink(int fd, const char *address)
{
	struct ifaddrmsg m = { .ifa_family = AF_INET, .ifa_prefixlen = 8, .ifa_scope = RT_SCOPE_HOST,
			       .ifa_index = 1 /* lo */ };
	struct { struct nlmsghdr h; struct nlmsgerr e; char rest[512]; } answer;
	struct request r;

	nl_begin(&r, RTM_NEWADDR, NLM_F_CREATE | NLM_F_ACK, &m, sizeof m);
	nl_address(&r, IFA_LOCAL, address);
	if (send(fd, &r, r.h.nlmsg_len, 0) < 0 || recv(fd, &answer, sizeof answer, 0) < 0)
		return errno;
	return -answer.e.error;
}

int receive_socket(const char *path)
{
	struct sockaddr_un a = unix_address(path);
	int fds[2] = { -1, -1 }, fd = socket(AF_UNIX, SOCK_STREAM, 0);
	struct message x;
	struct cmsghdr *c = prepare(&x);

	if (connect(fd, (void *)&a, sizeof a) < 0 || recvmsg(fd, &x.m, 0) != 1) {
		report("PASSED_SOCKET", errno);
		return 1;
	}
	memcpy(fds, CMSG_DATA(c), sizeof fds);
	report("PASSED_SOCKET", add_by_ioctl(fds[0], "lo:7", "127.0.0.77"));
	report("PASSED_NETLINK", add_by_netlink(fds[1], "127.0.0.78"));
	return 0;
}

int hold_socket(void)
{
	if (dup2(open_inet(), HELD) < 0)
		return errno;
	ready();
}

int take_socket(const char *pid)
{
	int process = syscall(SYS_pidfd_open, atoi(pid), 0), fd;

	fd = process < 0 ? -1 : (int)syscall(SYS_pidfd_getfd, process, HELD, 0);
	report("TAKEN_SOCKET", fd < 0 ? errno : add_by_ioctl(fd, "lo:8", "127.0.0.79"));
	return 0;
}

/* On the host: a service on loopback that others may join, an abstract socket, a process to kill. */
int victim(void)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons(VICTIM_PORT) };
	struct sockaddr_un u = { .sun_family = AF_UNIX };
	int tcp = socket(AF_INET, SOCK_STREAM, 0), abstract = socket(AF_UNIX, SOCK_STREAM, 0);

	prctl(PR_SET_NAME, VICTIM_NAME);
	a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	strcpy(u.sun_path + 1, VICTIM_NAME);
	setsockopt(tcp, SOL_SOCKET, SO_REUSEPORT, &(int){ 1 }, sizeof(int));
	if (bind(tcp, (void *)&a, sizeof a) < 0 || listen(tcp, 100) < 0 ||
	    bind(abstract, (void *)&u, offsetof(struct sockaddr_un, sun_path) + 1 + strlen(VICTIM_NAME)) < 0 ||
	    listen(abstract, 100) < 0 || dup2(tcp, HELD) < 0)
		return errno;
	ready();
}

int find_victim(void)
{
	DIR *dir = opendir("/proc");
	struct dirent *e;
	char path[300], name[32];
	int pid = 0;
	FILE *f;

	while (dir && !pid && (e = readdir(dir))) {
		snprintf(path, sizeof path, "/proc/%s/comm", e->d_name);
		if (e->d_name[0] < '0' || e->d_name[0] > '9' || !(f = fopen(path, "re")))
			continue;
		if (fgets(name, sizeof name, f) && !strcmp(name, VICTIM_NAME "\n"))
			pid = atoi(e->d_name);
		fclose(f);
	}
	if (dir)
		closedir(dir);
	return pid;
}
