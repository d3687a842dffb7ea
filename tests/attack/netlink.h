/* SPDX-License-Identifier: Apache-2.0 */
/* Netlink requests, without libraries: the same source is built for 64 and 32 bit. */
#ifndef NETLINK_H
#define NETLINK_H
#include <linux/netlink.h>
#include <stddef.h>

struct request {
	struct nlmsghdr h;
	char body[2048];
};

void nl_begin(struct request *r, int type, int flags, const void *body, size_t size);
void nl_put(struct request *r, int type, const void *value, size_t size);
void nl_u8(struct request *r, int type, int value);
void nl_u16(struct request *r, int type, int value);
void nl_u32(struct request *r, int type, unsigned value);
void nl_text(struct request *r, int type, const char *text);
void nl_address(struct request *r, int type, const char *address);	/* of either family */
size_t nl_nest(struct request *r, int type);
void nl_end(struct request *r, size_t nest);

/* Sends it and returns the kernel's answer: 0 or an error. */
int nl_talk(int protocol, struct request *r);
/* Calls each() for every message of a dump. */
int nl_dump(int protocol, struct request *r, void (*each)(const struct nlmsghdr *h, void *data),
	    void *data);
/* The number of a generic netlink family; 0 when the kernel has none of that name. */
int nl_family(const char *name);

#endif
