/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ports serve LOW HIGH STEP        listens on [::] TCP and UDP, answers "tcp PORT", "udp PORT"
 * ports ask ADDRESS LOW HIGH STEP  asks every port over TCP and UDP, prints how many answered
 * ports bind tcp|udp PORT          prints "bound" or the name of the error
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

enum { MAX = 4096 };

static int bound(int type, int port)
{
	struct sockaddr_in6 a = { .sin6_family = AF_INET6, .sin6_port = htons(port) };
	int fd = socket(AF_INET6, type | SOCK_CLOEXEC, 0), one = 1, zero = 0;

	if (fd < 0)
		return -1;
	setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &zero, sizeof zero);
	if (type == SOCK_DGRAM)
		setsockopt(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, &one, sizeof one);
	else
		setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
	if (bind(fd, (void *)&a, sizeof a) || (type == SOCK_STREAM && listen(fd, 64))) {
		int e = errno;
		close(fd);
		errno = e;
		return -1;
	}
	return fd;
}

static int serve(int low, int high, int step)
{
	static struct pollfd p[MAX];
	static int port_of[MAX];
	int n = 0;

	for (int port = low; port <= high; port += step)
		for (int udp = 0; udp < 2; udp++) {
			if (n == MAX) {
				fprintf(stderr, "ports: too many\n");
				return 1;
			}
			p[n].fd = bound(udp ? SOCK_DGRAM : SOCK_STREAM, port);
			p[n].events = POLLIN;
			port_of[n] = port;
			if (p[n++].fd < 0) {
				printf("%s %d: %s\n", udp ? "udp" : "tcp", port, strerrorname_np(errno));
				return 1;
			}
		}
	printf("ready %d\n", n);
	fflush(stdout);
	for (;;) {
		if (poll(p, n, -1) < 0)
			return 1;
		for (int i = 0; i < n; i++) {
			char in[256], out[32], control[256];
			struct sockaddr_in6 from;

			if (!p[i].revents)
				continue;
			if (i % 2 == 0) {
				int c = accept4(p[i].fd, NULL, NULL, SOCK_CLOEXEC);
				if (c < 0)
					continue;
				dprintf(c, "tcp %d\n", port_of[i]);
				close(c);
			} else {
				struct iovec part = { in, sizeof in };
				struct msghdr m = { .msg_name = &from, .msg_namelen = sizeof from,
						    .msg_iov = &part, .msg_iovlen = 1,
						    .msg_control = control,
						    .msg_controllen = sizeof control };
				if (recvmsg(p[i].fd, &m, 0) < 0)
					continue;
				/* with the same IPV6_PKTINFO: from the address that was asked */
				part.iov_base = out;
				part.iov_len = snprintf(out, sizeof out, "udp %d\n", port_of[i]);
				sendmsg(p[i].fd, &m, 0);
			}
		}
	}
}

static int answers(const char *host, int port, int udp)
{
	struct sockaddr_in6 a6 = { .sin6_family = AF_INET6, .sin6_port = htons(port) };
	struct sockaddr_in a4 = { .sin_family = AF_INET, .sin_port = htons(port) };
	int v6 = inet_pton(AF_INET6, host, &a6.sin6_addr) == 1;
	struct sockaddr *a = v6 ? (void *)&a6 : (void *)&a4;
	char want[32], got[32] = "";
	struct timeval wait = { .tv_sec = 3 };
	int fd, good = 0;

	snprintf(want, sizeof want, "%s %d\n", udp ? "udp" : "tcp", port);
	if (!v6 && inet_pton(AF_INET, host, &a4.sin_addr) != 1)
		return 0;
	fd = socket(a->sa_family, udp ? SOCK_DGRAM : SOCK_STREAM, 0);
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof wait);
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &wait, sizeof wait);
	if (connect(fd, a, v6 ? sizeof a6 : sizeof a4) == 0 && (!udp || write(fd, "hello\n", 6) == 6))
		good = read(fd, got, sizeof got - 1) > 0 && strcmp(got, want) == 0;
	if (!good)
		fprintf(stderr, "%s: no right answer from %s port %d: %s\n", host, udp ? "udp" : "tcp",
			port, got[0] ? got : strerror(errno));
	close(fd);
	return good;
}

int main(int argc, char **argv)
{
	struct rlimit r;

	if (getrlimit(RLIMIT_NOFILE, &r) == 0) {
		r.rlim_cur = r.rlim_max;
		setrlimit(RLIMIT_NOFILE, &r);
	}
	if (argc == 5 && !strcmp(argv[1], "serve"))
		return serve(atoi(argv[2]), atoi(argv[3]), atoi(argv[4]));
	if (argc == 6 && !strcmp(argv[1], "ask")) {
		int good = 0, all = 0, failed = 0;
		for (int port = atoi(argv[3]); port <= atoi(argv[4]); port += atoi(argv[5]))
			for (int udp = 0; udp < 2 && failed < 3; udp++, all++) {
				int g = answers(argv[2], port, udp);
				good += g;
				failed += !g;
			}
		printf("%d of %d answered\n", good, all);
		return good != all || !all;
	}
	if (argc == 4 && !strcmp(argv[1], "bind")) {
		int fd = bound(strcmp(argv[2], "udp") ? SOCK_STREAM : SOCK_DGRAM, atoi(argv[3]));
		puts(fd < 0 ? strerrorname_np(errno) : "bound");
		return fd < 0;
	}
	fprintf(stderr, "usage: ports serve LOW HIGH STEP | ask ADDRESS LOW HIGH STEP | bind tcp|udp PORT\n");
	return 2;
}
