/* SPDX-License-Identifier: Apache-2.0 */
/* The BPF programs of the lock isolated, for isolate*.c alone.  SECURITY.md
 * says what they stop. */
#ifndef HOSTNET_ISOLATE_PROGRAMS_H
#define HOSTNET_ISOLATE_PROGRAMS_H

#include "isolate_asm.h"
#include "port_list.h"

/* In <linux/bpf.h> from 6.7 on; Debian 12 has 6.1's. */
enum
{
  ISOLATE_UNIX_CONNECT = 49, /* BPF_CGROUP_UNIX_CONNECT */
  ISOLATE_UNIX_SENDMSG = 50  /* BPF_CGROUP_UNIX_SENDMSG */
};

/* The peers to which a datagram may be answered; see isolate_packets.c. */
struct isolate_peer
{
  unsigned char address[16]; /* IPv4 mapped to IPv6, here and below */
  uint16_t port, own_port;   /* in network order */
};

enum
{
  ISOLATE_PEERS = 4096,
  ISOLATE_PEER_SECONDS = 180 /* as nf_conntrack_udp_timeout_stream */
};

/* What the programs of one container are made of. */
struct isolate_parts
{
  const struct port_list *listen, *connect;
  int own;       /* map, BPF_MAP_TYPE_SK_STORAGE: sockets of the container */
  int addresses; /* map, hash: addresses of the host, as in struct above */
  int peers;     /* map, LRU hash: struct isolate_peer, to nanoseconds */
  /* From the kernel's BTF, for Unix sockets: */
  int32_t cast_to_kern_ctx;        /* the id of bpf_cast_to_kern_ctx() */
  int16_t uaddr, uaddrlen;         /* offsets in struct bpf_sock_addr_kern */
};

struct isolate_program
{
  const char *name; /* at most 15 characters: BPF_OBJ_NAME_LEN */
  enum bpf_prog_type type;
  unsigned attach_type;
  void (*generate) (struct assembly *a, const struct isolate_parts *parts);
  const char *stops; /* what stays open without it, for a person */
};

enum { ISOLATE_PROGRAMS = 10 };
extern const struct isolate_program isolate_programs[ISOLATE_PROGRAMS];

/* ---- what the generators share ---- */

/* Registers: R6 is the context, R7 a port in host order, R8 a protocol
 * (IPPROTO_TCP or IPPROTO_UDP).  Places on the stack: */
enum
{
  AT_ADDRESS = -16, /* 16 bytes */
  AT_TUPLE = -56,   /* struct bpf_sock_tuple, 36 bytes */
  AT_PEER = -80,    /* struct isolate_peer, 20 bytes */
  AT_TIME = -88,    /* 8 bytes */
  AT_HEADER = -128, /* of IP, 40 bytes */
  AT_LEVEL4 = -144  /* of TCP or UDP, 14 bytes */
};

/* To ALLOW when R7, R8 and AT_ADDRESS are in LIST. */
void isolate_rules (struct assembly *a, const struct port_list *list,
                    int allow);

/* HELPER (sk_lookup) with AT_TUPLE: to OWN when the socket that it finds is the
 * container's, to NONE when there is none; falls through when it is somebody
 * else's.  R7 and R9 are lost. */
void isolate_look_up (struct assembly *a, enum bpf_func_id helper,
                      bool six, const struct isolate_parts *parts, int own,
                      int none);

/* SO_REUSEADDR and SO_REUSEPORT of a UDP socket, R6 being struct bpf_sock_addr:
 * none for it; those that it was given.  To REFUSE when that fails; to ALLOW for
 * a socket that is not the container's. */
void isolate_share_nothing (struct assembly *a, int refuse);
void isolate_share (struct assembly *a, const struct isolate_parts *parts,
                    int allow, int refuse);

void isolate_option (struct assembly *a, const struct isolate_parts *parts);
void isolate_create (struct assembly *a, const struct isolate_parts *parts);
void isolate_bind4 (struct assembly *a, const struct isolate_parts *parts);
void isolate_bind6 (struct assembly *a, const struct isolate_parts *parts);
void isolate_connect4 (struct assembly *a, const struct isolate_parts *parts);
void isolate_connect6 (struct assembly *a, const struct isolate_parts *parts);
void isolate_unix (struct assembly *a, const struct isolate_parts *parts);
void isolate_ingress (struct assembly *a, const struct isolate_parts *parts);
void isolate_egress (struct assembly *a, const struct isolate_parts *parts);

#endif
