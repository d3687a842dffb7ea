/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The attack program: attempts to change the network of the host from inside a container.
 * An attack is a function that returns 0 when the kernel did what it was asked for, or
 * the number of the error. Whether the host changed is judged by main.c, which reads the
 * state before and after (snapshot.c).
 */
#ifndef ATTACK_H
#define ATTACK_H
#define _GNU_SOURCE
#include <stddef.h>
#include <stdint.h>

#define DEVICE "host0"		/* the host's interface, see tests/host-network.sh */
#define SPARE "spare1"		/* one that nothing needs, see tests/bats/attack.bats */
#define COUNT(a) (sizeof(a) / sizeof *(a))

enum {
	ACK = 1,		/* the change cannot be read from inside: the kernel's word counts */
	OUTSIDE = 2,		/* ... but it can from outside, and stays */
	VARIANTS = 4,		/* also with a dirty upper half, sign-extended, by int 0x80 */
	NATIVE = 8,		/* the structure has another layout behind int 0x80 */
	BY_INT80 = 16,		/* by int 0x80 without being a variant */
};

struct attack {
	const char *name;
	int (*run)(void);
	unsigned flags;
	int absent[4];		/* errors by which the kernel says that it lacks the thing */
};

enum variant { PLAIN, DIRTY, SIGNEXT, INT80 };
extern enum variant variant;	/* of the attack that runs */

/* Ends with an entry without a name. */
extern const struct attack ioctl_attacks[], link_attacks[], rtnetlink_attacks[], netfilter_attacks[],
	socket_attacks[], file_attacks[], mount_attacks[], escape_attacks[], machine_attacks[],
	last_attacks[];

/* main.c */
int refused(long result);			/* 0, or errno when the result is negative */
int in_child(int (*run)(void));			/* its result, from a process of its own */

/* snapshot.c: PARTS numbers that change when a part of the host's network does. */
#define PARTS 13
struct snapshot {
	uint64_t part[PARTS];
};
void snapshot(struct snapshot *to);
const char *snapshot_difference(const struct snapshot *a, const struct snapshot *b);

/* rtnetlink.c: adds 127.0.1.LAST to lo */
int add_address(int last);

/* files.c */
int put(const char *path, const char *text);

/* passing.c */
int pass_socket(const char *path);
int receive_socket(const char *path);
int hold_socket(void);
int take_socket(const char *pid);
int victim(void);
int find_victim(void);				/* its pid, or 0 */

#define VICTIM_NAME "attack-victim"		/* comm and abstract socket */
#define VICTIM_PORT 7701

/* reads.c */
int reads(void);

#endif
