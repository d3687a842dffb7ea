/* SPDX-License-Identifier: Apache-2.0 */
/*
 * glibc for i386 makes every call on a socket through socketcall(2), which a lock may deny
 * whole. A program that is after the host asks the kernel directly, as musl does; so do we.
 * (The functions of glibc are weak: these take their place.)
 */
#include "attack.h"

#ifdef __i386__
#include <linux/sockios.h>
#include <net/if.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

int socket(int family, int type, int protocol) { return syscall(SYS_socket, family, type, protocol); }
int bind(int fd, const struct sockaddr *a, socklen_t n) { return syscall(SYS_bind, fd, a, n); }
int connect(int fd, const struct sockaddr *a, socklen_t n) { return syscall(SYS_connect, fd, a, n); }
int listen(int fd, int n) { return syscall(SYS_listen, fd, n); }
int accept(int fd, struct sockaddr *a, socklen_t *n) { return syscall(SYS_accept4, fd, a, n, 0); }
int getsockname(int fd, struct sockaddr *a, socklen_t *n) { return syscall(SYS_getsockname, fd, a, n); }

ssize_t sendto(int fd, const void *p, size_t n, int flags, const struct sockaddr *a, socklen_t size)
{
	return syscall(SYS_sendto, fd, p, n, flags, a, size);
}
ssize_t recvfrom(int fd, void *p, size_t n, int flags, struct sockaddr *a, socklen_t *size)
{
	return syscall(SYS_recvfrom, fd, p, n, flags, a, size);
}
ssize_t send(int fd, const void *p, size_t n, int flags) { return sendto(fd, p, n, flags, NULL, 0); }
ssize_t recv(int fd, void *p, size_t n, int flags) { return recvfrom(fd, p, n, flags, NULL, NULL); }
ssize_t sendmsg(int fd, const struct msghdr *m, int flags) { return syscall(SYS_sendmsg, fd, m, flags); }
ssize_t recvmsg(int fd, struct msghdr *m, int flags) { return syscall(SYS_recvmsg, fd, m, flags); }

int setsockopt(int fd, int level, int option, const void *p, socklen_t n)
{
	return syscall(SYS_setsockopt, fd, level, option, p, n);
}
int getsockopt(int fd, int level, int option, void *p, socklen_t *n)
{
	return syscall(SYS_getsockopt, fd, level, option, p, n);
}

unsigned if_nametoindex(const char *name)
{
	struct ifreq ifr = { 0 };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), found;

	strncpy(ifr.ifr_name, name, IFNAMSIZ - 1);
	found = ioctl(fd, SIOCGIFINDEX, &ifr) == 0;
	close(fd);
	return found ? ifr.ifr_ifindex : 0;
}
#endif
