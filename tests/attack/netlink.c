/* SPDX-License-Identifier: Apache-2.0 */
#include "attack.h"
#include "netlink.h"
#include <arpa/inet.h>
#include <errno.h>
#include <linux/genetlink.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

void nl_begin(struct request *r, int type, int flags, const void *body, size_t size)
{
	memset(r, 0, sizeof *r);
	r->h.nlmsg_type = type;
	r->h.nlmsg_flags = NLM_F_REQUEST | flags;
	memcpy(r->body, body, size);
	r->h.nlmsg_len = NLMSG_LENGTH(NLMSG_ALIGN(size));
}

void nl_put(struct request *r, int type, const void *value, size_t size)
{
	struct nlattr a = { .nla_len = NLA_HDRLEN + size, .nla_type = type };
	char *end = (char *)r + r->h.nlmsg_len;

	memcpy(end, &a, sizeof a);
	if (size)
		memcpy(end + NLA_HDRLEN, value, size);
	r->h.nlmsg_len += NLA_ALIGN(a.nla_len);
}

void nl_u8(struct request *r, int type, int value) { nl_put(r, type, &(uint8_t){ value }, 1); }
void nl_u16(struct request *r, int type, int value) { nl_put(r, type, &(uint16_t){ value }, 2); }
void nl_u32(struct request *r, int type, unsigned value) { nl_put(r, type, &value, 4); }
void nl_text(struct request *r, int type, const char *text) { nl_put(r, type, text, strlen(text) + 1); }

void nl_address(struct request *r, int type, const char *address)
{
	struct in6_addr a;
	int six = !!strchr(address, ':');

	inet_pton(six ? AF_INET6 : AF_INET, address, &a);
	nl_put(r, type, &a, six ? 16 : 4);
}

size_t nl_nest(struct request *r, int type)
{
	size_t at = r->h.nlmsg_len;

	nl_put(r, type | NLA_F_NESTED, NULL, 0);
	return at;
}

void nl_end(struct request *r, size_t nest)
{
	((struct nlattr *)((char *)r + nest))->nla_len = r->h.nlmsg_len - nest;
}

/* Returns the socket with the request sent, or -1. */
static int send_request(int protocol, struct request *r)
{
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, protocol), error;

	if (fd >= 0 && send(fd, r, r->h.nlmsg_len, 0) < 0) {
		error = errno;
		close(fd);
		errno = error;
		return -1;
	}
	return fd;
}

int nl_talk(int protocol, struct request *r)
{
	char buffer[16384] __attribute__((aligned(8)));
	struct nlmsghdr *h = (void *)buffer;
	ssize_t n;
	int fd, error;

	r->h.nlmsg_flags |= NLM_F_ACK;
	fd = send_request(protocol, r);
	if (fd < 0)
		return errno;
	do
		n = recv(fd, buffer, sizeof buffer, 0);
	while (n >= 0 && h->nlmsg_type != NLMSG_ERROR);
	error = n < 0 ? errno : -((struct nlmsgerr *)NLMSG_DATA(h))->error;
	close(fd);
	return error;
}

int nl_dump(int protocol, struct request *r, void (*each)(const struct nlmsghdr *h, void *data),
	    void *data)
{
	static char buffer[65536] __attribute__((aligned(8)));
	struct nlmsghdr *h;
	int fd, n, error = 0, done = 0;

	r->h.nlmsg_flags |= NLM_F_DUMP;
	fd = send_request(protocol, r);
	if (fd < 0)
		return errno;
	while (!done && (n = recv(fd, buffer, sizeof buffer, 0)) > 0)
		for (h = (void *)buffer; NLMSG_OK(h, (unsigned)n); h = NLMSG_NEXT(h, n)) {
			if (h->nlmsg_type == NLMSG_ERROR)
				error = -((struct nlmsgerr *)NLMSG_DATA(h))->error;
			if (h->nlmsg_type == NLMSG_ERROR || h->nlmsg_type == NLMSG_DONE) {
				done = 1;
				break;
			}
			each(h, data);
		}
	if (!done)
		error = errno;
	close(fd);
	return error;
}

int nl_family(const char *name)
{
	struct genlmsghdr g = { .cmd = CTRL_CMD_GETFAMILY, .version = 1 };
	struct request r;
	char buffer[8192] __attribute__((aligned(8)));
	struct nlmsghdr *h = (void *)buffer;
	int fd, n, family = 0;

	nl_begin(&r, GENL_ID_CTRL, 0, &g, sizeof g);
	nl_text(&r, CTRL_ATTR_FAMILY_NAME, name);
	fd = send_request(NETLINK_GENERIC, &r);
	if (fd < 0)
		return 0;
	n = recv(fd, buffer, sizeof buffer, 0);
	close(fd);
	if (n < (int)NLMSG_LENGTH(GENL_HDRLEN) || h->nlmsg_type == NLMSG_ERROR)
		return 0;
	n = h->nlmsg_len - NLMSG_LENGTH(GENL_HDRLEN);
	for (struct rtattr *a = (void *)((char *)NLMSG_DATA(h) + GENL_HDRLEN); RTA_OK(a, n); a = RTA_NEXT(a, n))
		if (a->rta_type == CTRL_ATTR_FAMILY_ID)
			family = *(uint16_t *)RTA_DATA(a);
	return family;
}
