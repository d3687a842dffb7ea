/* SPDX-License-Identifier: Apache-2.0 */
/*
 * reach serve WORD ENDPOINT...   listens at each, prints "ready", answers WORD until it is killed
 * reach ask ENDPOINT...          asks each, prints "ENDPOINT ANSWER" or the name of the error
 * reach bind ENDPOINT...         binds each, prints "ENDPOINT bound" or the name of the error
 * reach own                      sockets of its own on loopback, prints what does not work, "own done"
 * reach later NAME ENDPOINT      connects UDP, waits for the file NAME, then asks
 * reach autobind HOW PORT        UDP, beside a socket that shares PORT, by bind (to port 0), connect, send, failed (a
 *                                bind of port 8000 that fails, then connect): prints "shared" or "alone"
 * reach loop bind|connect|send COUNT ENDPOINT   prints nanoseconds for each
 * reach socket FAMILY TYPE PROTOCOL             prints "made" or the name of the error
 *
 * ENDPOINT: tcp:ADDRESS:PORT, udp:ADDRESS:PORT (connected when asked), udpto:ADDRESS:PORT (sendto),
 * reusetcp:, reuseudp: (SO_REUSEPORT), abstract:NAME, dgram:NAME (abstract datagrams), path:NAME.
 * ADDRESS may hold colons, "any" is no address of either version; a name in "tcp4:" is IPv4 mapped.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

enum { MAX = 64, WAIT = 2 };

#ifndef IP_LOCAL_PORT_RANGE
#define IP_LOCAL_PORT_RANGE 51
#endif

struct endpoint {
	int type, reuse, to;
	union {
		struct sockaddr any;
		struct sockaddr_in in;
		struct sockaddr_in6 in6;
		struct sockaddr_un un;
	} address;
	socklen_t length;
};

static void parse(const char *text, struct endpoint *e)
{
	static char copy[256];
	char *kind, *address, *port;

	memset(e, 0, sizeof *e);
	snprintf(copy, sizeof copy, "%s", text);
	kind = copy;
	address = strchr(copy, ':');
	if (!address)
		exit(2);
	*address++ = 0;
	if (!strncmp(kind, "reuse", 5)) {
		e->reuse = 1;
		kind += 5;
	}
	e->type = !strncmp(kind, "udp", 3) || !strcmp(kind, "dgram") ? SOCK_DGRAM : SOCK_STREAM;
	e->to = !strcmp(kind, "udpto") || !strcmp(kind, "dgram");
	if (!strcmp(kind, "abstract") || !strcmp(kind, "dgram") || !strcmp(kind, "path")) {
		int hidden = strcmp(kind, "path") != 0;
		e->address.un.sun_family = AF_UNIX;
		strcpy(e->address.un.sun_path + hidden, address);
		e->length = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + (size_t)hidden + strlen(address));
		return;
	}
	port = strrchr(address, ':');
	*port++ = 0;
	if (inet_pton(AF_INET, address, &e->address.in.sin_addr) == 1) {
		e->address.in.sin_family = AF_INET;
		e->address.in.sin_port = htons((uint16_t)atoi(port));
		e->length = sizeof e->address.in;
		return;
	}
	memset(&e->address, 0, sizeof e->address);
	e->address.in6.sin6_family = AF_INET6;
	e->address.in6.sin6_port = htons((uint16_t)atoi(port));
	e->length = sizeof e->address.in6;
	if (strcmp(address, "any") && inet_pton(AF_INET6, address, &e->address.in6.sin6_addr) != 1)
		exit(2);
}

static int opened(const struct endpoint *e)
{
	struct timeval wait = { .tv_sec = WAIT };
	int fd = socket(e->address.any.sa_family, e->type | SOCK_CLOEXEC, 0), one = 1, zero = 0;

	if (fd < 0)
		return -1;
	if (e->address.any.sa_family == AF_INET6)
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &zero, sizeof zero);
	if (e->reuse)
		setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &one, sizeof one);
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof wait);
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &wait, sizeof wait);
	return fd;
}

static int bound(const struct endpoint *e)
{
	int fd = opened(e), one = 1, saved;

	if (fd < 0)
		return -1;
	if (e->type == SOCK_STREAM)
		setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
	if (!bind(fd, &e->address.any, e->length) && (e->type == SOCK_DGRAM || !listen(fd, 64)))
		return fd;
	saved = errno;
	close(fd);
	errno = saved;
	return -1;
}

static void answer(int fd, int type, const char *word)
{
	char buffer[64];
	struct sockaddr_storage from;
	socklen_t length = sizeof from;
	ssize_t n;

	if (type == SOCK_STREAM) {
		fd = accept4(fd, NULL, NULL, SOCK_CLOEXEC);
		if (fd < 0)
			return;
		if (write(fd, word, strlen(word)) < 0)
			perror("write");
		close(fd);
		return;
	}
	n = recvfrom(fd, buffer, sizeof buffer, 0, (void *)&from, &length);
	if (n >= 0 && length > offsetof(struct sockaddr_un, sun_path) &&
	    sendto(fd, word, strlen(word), 0, (void *)&from, length) < 0)
		printf("answer %s\n", strerrorname_np(errno));
}

static int serve(const char *word, int count, char **endpoints)
{
	struct pollfd p[MAX];
	struct endpoint e[MAX];

	for (int i = 0; i < count && i < MAX; i++) {
		parse(endpoints[i], &e[i]);
		p[i].fd = bound(&e[i]);
		p[i].events = POLLIN;
		if (p[i].fd < 0) {
			printf("%s %s\n", endpoints[i], strerrorname_np(errno));
			return 1;
		}
	}
	puts("ready");
	fflush(stdout);
	while (poll(p, (nfds_t)count, -1) > 0)
		for (int i = 0; i < count; i++)
			if (p[i].revents)
				answer(p[i].fd, e[i].type, word);
	return 1;
}

/* What FD, open to E or not connected yet, gets as an answer. */
static const char *asked(int fd, const struct endpoint *e, int connected)
{
	static char buffer[64];
	ssize_t n;

	if (fd < 0)
		return strerrorname_np(errno);
	if (e->address.any.sa_family == AF_UNIX && e->type == SOCK_DGRAM) {
		/* an address of its own, to be answered at */
		struct sockaddr_un own = { .sun_family = AF_UNIX };
		if (bind(fd, (void *)&own, sizeof own.sun_family))
			return strerrorname_np(errno);
	}
	if (!e->to && !connected && connect(fd, &e->address.any, e->length))
		return errno == EINPROGRESS ? "EAGAIN" : strerrorname_np(errno);
	if (e->type == SOCK_DGRAM &&
	    (e->to ? sendto(fd, "?", 1, 0, &e->address.any, e->length) : send(fd, "?", 1, 0)) < 0)
		return strerrorname_np(errno);
	n = recv(fd, buffer, sizeof buffer - 1, 0);
	if (n < 0)
		return strerrorname_np(errno);
	buffer[n] = 0;
	return buffer;
}

static void each(int count, char **endpoints, int binds)
{
	for (int i = 0; i < count; i++) {
		struct endpoint e;
		int fd;

		parse(endpoints[i], &e);
		fd = binds ? bound(&e) : opened(&e);
		printf("%s %s\n", endpoints[i],
		       !binds ? asked(fd, &e, 0) : fd < 0 ? strerrorname_np(errno) : "bound");
		fflush(stdout);
		if (fd >= 0)
			close(fd);
	}
}

/* A server and a client of our own, at an ephemeral port unless one is given. */
static void own_pair(const char *server, const char *client)
{
	struct endpoint s, c;
	struct pollfd p;
	int listener, fd, connected;
	char buffer[8];

	parse(server, &s);
	parse(client, &c);
	listener = bound(&s);
	if (listener < 0) {
		printf("own %s: bind %s\n", server, strerrorname_np(errno));
		return;
	}
	getsockname(listener, &s.address.any, &s.length);
	if (s.address.any.sa_family != AF_UNIX)
		c.address.in.sin_port = s.address.in.sin_port;
	fd = opened(&c);
	connected = connect(fd, &c.address.any, c.length);
	if (connected || (c.type == SOCK_DGRAM && send(fd, "?", 1, 0) < 0)) {
		printf("own %s -> %s: %s\n", server, client, strerrorname_np(errno));
	} else {
		p = (struct pollfd){ .fd = listener, .events = POLLIN };
		if (poll(&p, 1, WAIT * 1000) == 1)
			answer(listener, s.type, "own");
		if (recv(fd, buffer, sizeof buffer, 0) != 3)
			printf("own %s -> %s: no answer\n", server, client);
	}
	close(fd);
	close(listener);
}

static void own(void)
{
	own_pair("tcp:127.0.0.1:0", "tcp:127.0.0.1:0");
	own_pair("tcp:0.0.0.0:0", "tcp:127.0.0.1:0");
	own_pair("tcp:0.0.0.0:0", "tcp:0.0.0.0:0");
	own_pair("tcp:::1:0", "tcp:::1:0");
	own_pair("tcp:any:0", "tcp:::1:0");
	own_pair("tcp:any:0", "tcp:127.0.0.1:0");
	own_pair("tcp:any:0", "tcp:any:0");
	own_pair("tcp:any:0", "tcp:::ffff:127.0.0.1:0");
	own_pair("udp:127.0.0.1:0", "udp:127.0.0.1:0");
	own_pair("udp:0.0.0.0:0", "udp:127.0.0.1:0");
	own_pair("udp:::1:0", "udp:::1:0");
	own_pair("udp:any:0", "udp:127.0.0.1:0");
	own_pair("udp:any:0", "udp:::ffff:127.0.0.1:0");
	own_pair("path:/dev/shm/own.sock", "path:/dev/shm/own.sock");
	unlink("/dev/shm/own.sock");
	puts("own done");
}

static int later(const char *name, const char *endpoint)
{
	struct endpoint e;
	int fd;

	parse(endpoint, &e);
	fd = opened(&e);
	if (connect(fd, &e.address.any, e.length))
		printf("connect %s\n", strerrorname_np(errno));
	puts("ready");
	fflush(stdout);
	while (access(name, F_OK))
		usleep(20000);
	printf("%s %s\n", endpoint, asked(fd, &e, 1));
	return 0;
}

static int autobind(const char *how, int port)
{
	struct endpoint to;
	int fd = socket(AF_INET, SOCK_DGRAM, 0), one = 1;
	uint32_t range = (uint32_t)port << 16 | (uint32_t)port;
	struct sockaddr_in own = { .sin_family = AF_INET };
	socklen_t length = sizeof own;

	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
	setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &one, sizeof one);
	if (setsockopt(fd, IPPROTO_IP, IP_LOCAL_PORT_RANGE, &range, sizeof range))
		printf("range %s\n", strerrorname_np(errno));
	parse("udp:127.0.0.1:9", &to);
	if (!strcmp(how, "failed")) {
		struct endpoint away;
		parse("udp:10.98.0.2:8000", &away);
		if (!bind(fd, &away.address.any, away.length))
			puts("not failed");
	}
	if (!strcmp(how, "bind") ? bind(fd, (void *)&own, sizeof own)
	    : !strcmp(how, "send") ? sendto(fd, "?", 1, 0, &to.address.any, to.length) != 1
				   : connect(fd, &to.address.any, to.length))
		printf("%s %s\n", how, strerrorname_np(errno));
	length = sizeof own;
	getsockname(fd, (void *)&own, &length);
	puts(ntohs(own.sin_port) == port ? "shared" : "alone");
	return 0;
}

static int loop(const char *what, int count, const char *endpoint)
{
	struct endpoint e;
	struct timespec before, after;
	char own[8];
	int fd = -1;

	parse(endpoint, &e);
	if (!strcmp(what, "send")) {
		fd = opened(&e);
		if (!e.to && connect(fd, &e.address.any, e.length))
			return 1;
	}
	clock_gettime(CLOCK_MONOTONIC, &before);
	for (int i = 0; i < count; i++)
		if (!strcmp(what, "send")) {
			if ((e.to ? sendto(fd, "?", 1, 0, &e.address.any, e.length) : send(fd, "?", 1, 0)) < 0)
				return 1;
		} else {
			fd = opened(&e);
			if (!strcmp(what, "bind") ? bind(fd, &e.address.any, e.length)
						  : connect(fd, &e.address.any, e.length))
				return perror(what), 1;
			/* the server keeps up */
			if (!strcmp(what, "connect") && recv(fd, &own, sizeof own, 0) < 0)
				return perror("recv"), 1;
			close(fd);
		}
	clock_gettime(CLOCK_MONOTONIC, &after);
	printf("%lld\n", ((after.tv_sec - before.tv_sec) * 1000000000LL + after.tv_nsec - before.tv_nsec) / count);
	return 0;
}

int main(int argc, char **argv)
{
	if (argc >= 4 && !strcmp(argv[1], "serve"))
		return serve(argv[2], argc - 3, argv + 3);
	if (argc >= 3 && !strcmp(argv[1], "ask"))
		each(argc - 2, argv + 2, 0);
	else if (argc >= 3 && !strcmp(argv[1], "bind"))
		each(argc - 2, argv + 2, 1);
	else if (argc == 2 && !strcmp(argv[1], "own"))
		own();
	else if (argc == 4 && !strcmp(argv[1], "later"))
		return later(argv[2], argv[3]);
	else if (argc == 4 && !strcmp(argv[1], "autobind"))
		return autobind(argv[2], atoi(argv[3]));
	else if (argc == 5 && !strcmp(argv[1], "loop"))
		return loop(argv[2], atoi(argv[3]), argv[4]);
	else if (argc == 5 && !strcmp(argv[1], "socket"))
		puts(socket(atoi(argv[2]), atoi(argv[3]), atoi(argv[4])) < 0 ? strerrorname_np(errno) : "made");
	else
		return 2;
	return 0;
}
