/* SPDX-License-Identifier: Apache-2.0 */
/*
 * listener [tcp|udp ADDRESS PORT WORD...]...  holds sockets, prints "ready", and waits
 *   listen, reuseaddr, reuseport, v6only, dual, device=NAME
 *   connect=PORT   connects it to that port of the same address, `unbound` without bind() before
 *   accepted       somebody has connected, and the listening socket is closed again
 *   timewait       the same, and the connection is closed from here
 * listener probe tcp|udp any|ADDRESS FIRST [LAST]
 *   "taken PORT" or "free": what bind() and listen() say to a server of that address: of `any`, to one of
 *   0.0.0.0, one of [::] and one of both; TCP with SO_REUSEADDR
 * listener bind tcp|udp ADDRESS PORT   "bound", or the name of the error
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

struct address { struct sockaddr_storage any; socklen_t length; };

static void die(const char *what)
{
	perror(what);
	exit(2);
}

static struct address address_of(const char *text, unsigned port)
{
	struct address a = { .length = 0 };
	struct sockaddr_in *v4 = (void *)&a.any;
	struct sockaddr_in6 *v6 = (void *)&a.any;

	if (inet_pton(AF_INET, text, &v4->sin_addr) == 1) {
		v4->sin_family = AF_INET;
		v4->sin_port = htons((uint16_t)port);
		a.length = sizeof *v4;
	} else if (inet_pton(AF_INET6, text, &v6->sin6_addr) == 1) {
		v6->sin6_family = AF_INET6;
		v6->sin6_port = htons((uint16_t)port);
		a.length = sizeof *v6;
	} else {
		errno = EINVAL;
		die(text);
	}
	return a;
}

static void option(int fd, int level, int name, int value)
{
	if (setsockopt(fd, level, name, &value, sizeof value))
		die("setsockopt");
}

/* ---- what a server would hear ---- */

static bool taken(bool tcp, const char *text, unsigned port, bool v6only)
{
	struct address a = address_of(text, port);
	int fd = socket(a.any.ss_family, tcp ? SOCK_STREAM : SOCK_DGRAM, 0);
	bool failed;

	if (fd < 0)
		die("socket");
	if (tcp)
		option(fd, SOL_SOCKET, SO_REUSEADDR, 1);
	if (a.any.ss_family == AF_INET6)
		option(fd, IPPROTO_IPV6, IPV6_V6ONLY, v6only);
	failed = bind(fd, (void *)&a.any, a.length) || (tcp && listen(fd, 1));
	if (failed && errno != EADDRINUSE)
		die("bind");
	close(fd);
	return failed;
}

static int probe(char *argv[])
{
	bool tcp = !strcmp(argv[0], "tcp");
	unsigned first = (unsigned)atoi(argv[2]), last = argv[3] ? (unsigned)atoi(argv[3]) : first;

	for (unsigned port = first; port <= last; port++)
		if (strcmp(argv[1], "any") ? taken(tcp, argv[1], port, true)
			: taken(tcp, "0.0.0.0", port, false) || taken(tcp, "::", port, true) || taken(tcp, "::", port, false))
			return printf("taken %u\n", port) < 0;
	return puts("free") < 0;
}

static int bind_once(char *argv[])
{
	bool tcp = !strcmp(argv[0], "tcp");
	struct address a = address_of(argv[1], (unsigned)atoi(argv[2]));
	int fd = socket(a.any.ss_family, tcp ? SOCK_STREAM : SOCK_DGRAM, 0);

	if (fd < 0)
		die("socket");
	if (bind(fd, (void *)&a.any, a.length) || (tcp && listen(fd, 1)))
		return puts(strerrorname_np(errno)) < 0;
	return puts("bound") < 0;
}

/* ---- what is held ---- */

static void connect_to(int fd, const char *text, unsigned port)
{
	struct address a = address_of(!strcmp(text, "0.0.0.0") ? "127.0.0.1" : !strcmp(text, "::") ? "::1" : text, port);

	if (connect(fd, (void *)&a.any, a.length))
		die("connect");
}

/* A connection from a client of our own; the listening socket is closed, and the connection stays or is
 * closed from this end. */
static void accept_one(int fd, const char *text, unsigned port, bool end)
{
	int client, server;
	char byte;

	client = socket(strchr(text, ':') ? AF_INET6 : AF_INET, SOCK_STREAM, 0);
	if (listen(fd, 1))
		die("listen");
	connect_to(client, text, port);
	server = accept(fd, NULL, NULL);
	if (server < 0)
		die("accept");
	close(fd);
	if (!end)
		return;
	close(server);
	if (read(client, &byte, 1) < 0)
		die("read");
	close(client);
}

static bool is_socket(const char *word)
{
	return word == NULL || !strcmp(word, "tcp") || !strcmp(word, "udp");
}

static char **hold(char *argv[])
{
	bool tcp = !strcmp(argv[0], "tcp"), bound = true;
	const char *text = argv[1];
	unsigned port = (unsigned)atoi(argv[2]);
	struct address a = address_of(text, port);
	int fd = socket(a.any.ss_family, tcp ? SOCK_STREAM : SOCK_DGRAM, 0);
	char **word;

	if (fd < 0)
		die("socket");
	for (word = argv + 3; !is_socket(*word); word++)
		if (!strcmp(*word, "reuseaddr"))
			option(fd, SOL_SOCKET, SO_REUSEADDR, 1);
		else if (!strcmp(*word, "reuseport"))
			option(fd, SOL_SOCKET, SO_REUSEPORT, 1);
		else if (!strcmp(*word, "v6only") || !strcmp(*word, "dual"))
			option(fd, IPPROTO_IPV6, IPV6_V6ONLY, **word == 'v');
		else if (!strncmp(*word, "device=", 7)) {
			if (setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, *word + 7, (socklen_t)strlen(*word + 7)))
				die(*word);
		} else if (!strcmp(*word, "unbound"))
			bound = false;
	if (bound && bind(fd, (void *)&a.any, a.length))
		die("bind");
	for (word = argv + 3; !is_socket(*word); word++)
		if (!strcmp(*word, "listen") && listen(fd, 8))
			die("listen");
		else if (!strncmp(*word, "connect=", 8))
			connect_to(fd, text, (unsigned)atoi(*word + 8));
		else if (!strcmp(*word, "accepted") || !strcmp(*word, "timewait"))
			accept_one(fd, text, port, **word == 't');
	return word;
}

int main(int argc, char *argv[])
{
	if (argc >= 5 && !strcmp(argv[1], "probe"))
		return probe(argv + 2);
	if (argc == 5 && !strcmp(argv[1], "bind"))
		return bind_once(argv + 2);
	for (char **word = argv + 1; *word;) {
		if (!is_socket(*word) || !word[1] || !word[2])
			return 2;
		word = hold(word);
	}
	puts("ready");
	fflush(stdout);
	for (;;)
		pause();
}
