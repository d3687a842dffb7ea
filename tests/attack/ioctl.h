/* SPDX-License-Identifier: Apache-2.0 */
/* What an ioctl that writes is given, and the way to it through the 32-bit table of x86. */
#ifndef IOCTL_H
#define IOCTL_H
#include <errno.h>
#include <linux/if_vlan.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <net/route.h>
#include <netinet/in.h>

struct in6_ifreq {
	struct in6_addr addr;
	unsigned int prefix;
	int index;
};

/* In the image, below 4 GiB, for int 0x80. */
static union {
	struct ifreq ifr;
	struct rtentry rt;
	struct in6_rtmsg rt6;
	struct arpreq arp;
	struct in6_ifreq ifr6;
	struct vlan_ioctl_args vlan;
	unsigned long words[4];
	char name[IFNAMSIZ];
} data;

/* 0 or an error */
static inline int by_int80(int fd, unsigned command)
{
	long r;

#ifdef __x86_64__
	asm volatile("int $0x80" : "=a"(r)
		     : "a"(54), "b"(fd), "c"(command), "d"(&data)
		     : "memory", "r8", "r9", "r10", "r11");
#elif defined(__i386__)
	asm volatile("int $0x80" : "=a"(r) : "a"(54), "b"(fd), "c"(command), "d"(&data) : "memory");
#else
	(void)fd, (void)command, r = -ENOSYS;
#endif
	return (int)r < 0 ? -(int)r : 0;
}

#endif
