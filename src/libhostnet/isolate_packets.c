/* SPDX-License-Identifier: Apache-2.0 */
/* Programs that run for each packet that the container's sockets send and
 * receive.  What is sent to an address of the host's, whatever it is and since
 * when, leaves through lo (ip_route_output_key_hash_rcu(), RTN_LOCAL): that is
 * exact, where a list of addresses is stale, and it is the address that the
 * packet has after netfilter's DNAT.  All other packets cost one comparison. */
#include <config.h>

#include "isolate_programs.h"

#include <netinet/in.h>
#include <stddef.h>

#define SKB(member) ((int16_t) offsetof (struct __sk_buff, member))

enum
{
  LOOPBACK = 1, /* the ifindex of lo, in each network namespace */
  ETHERTYPE4 = 0x0800,
  ETHERTYPE6 = 0x86DD,
  PLAIN4 = 0x45, /* version 4, five words, no options */
  SYN = 0x02,
  SYN_ACK = 0x12
};

/* The kernel puts the network header in front (__cgroup_bpf_run_filter_skb()).
 * LENGTH bytes from OFFSET to the stack; to FAILED when there are not as many. */
static void
load_bytes (struct assembly *a, int32_t offset, int16_t to, int32_t length,
            int failed)
{
  asm_copy (a, R1, R6);
  asm_set (a, R2, offset);
  asm_address (a, R3, R10, to);
  asm_set (a, R4, length);
  asm_call (a, BPF_FUNC_skb_load_bytes);
  asm_jump_if_word (a, R0, BPF_JNE, 0, failed);
}

/* To ELSEWHERE unless the packet passes lo, to FOUR for IPv4, to SIX for IPv6,
 * to OTHER for anything else. */
static void
begin (struct assembly *a, int elsewhere, int four, int six, int other)
{
  asm_copy (a, R6, R1);
  asm_load (a, BPF_W, R1, R6, SKB (ifindex));
  asm_jump_if (a, R1, BPF_JNE, LOOPBACK, elsewhere);
  asm_load (a, BPF_W, R1, R6, SKB (protocol));
  asm_jump_if (a, R1, BPF_JEQ, htons (ETHERTYPE4), four);
  asm_jump_if (a, R1, BPF_JEQ, htons (ETHERTYPE6), six);
  asm_jump (a, other);
}

/* AT_HEADER, and R8 the protocol behind it.  To ODD when something stands
 * between the two: options, extension headers, a fragment that is not the
 * first.  No ordinary socket needs them on lo, and what follows could not be
 * found as it is read. */
static void
load_header (struct assembly *a, bool six, int odd)
{
  load_bytes (a, 0, AT_HEADER, six ? 40 : 20, odd);
  if (six)
    {
      asm_load (a, BPF_B, R8, R10, AT_HEADER + 6);
      return;
    }
  asm_load (a, BPF_B, R1, R10, AT_HEADER);
  asm_jump_if (a, R1, BPF_JNE, PLAIN4, odd);
  asm_load (a, BPF_H, R1, R10, AT_HEADER + 6);
  asm_from_network (a, R1, 16);
  asm_calculate (a, BPF_AND, R1, 0x1FFF);
  asm_jump_if (a, R1, BPF_JNE, 0, odd);
  asm_load (a, BPF_B, R8, R10, AT_HEADER + 9);
}

/* The address of the packet at OFFSET in AT_HEADER, to TO on the stack. */
static void
copy_address (struct assembly *a, bool six, int offset, int16_t to)
{
  for (int i = 0; i < (six ? 16 : 4); i += 4)
    {
      asm_load (a, BPF_W, R1, R10, (int16_t) (AT_HEADER + offset + i));
      asm_store (a, BPF_W, R10, (int16_t) (to + i + (six ? 0 : 12)), R1);
    }
  if (six)
    return;
  asm_store_value (a, BPF_W, R10, to, 0);
  asm_store_value (a, BPF_W, R10, (int16_t) (to + 4), 0);
  asm_store_value (a, BPF_W, R10, (int16_t) (to + 8),
                   (int32_t) htonl (0xFFFF));
}

enum
{
  SOURCE4 = 12,
  DESTINATION4 = 16,
  SOURCE6 = 8,
  DESTINATION6 = 24
};

/* AT_PEER: the address of the packet at OFFSET, PORT and OWN in AT_LEVEL4. */
static void
make_peer (struct assembly *a, bool six, int offset, int port, int own)
{
  copy_address (a, six, offset, AT_PEER);
  asm_load (a, BPF_H, R1, R10, (int16_t) (AT_LEVEL4 + port));
  asm_store (a, BPF_H, R10, AT_PEER + 16, R1);
  asm_load (a, BPF_H, R1, R10, (int16_t) (AT_LEVEL4 + own));
  asm_store (a, BPF_H, R10, AT_PEER + 18, R1);
}

/* AT_TUPLE: as whoever receives the packet looks its socket up.  For TCP from
 * port 0, so that listeners alone match, and nothing that waits to be closed. */
static void
make_tuple (struct assembly *a, bool six, bool tcp)
{
  int size = six ? 16 : 4;

  for (int i = 0; i < 2 * size; i += 4)
    {
      asm_load (a, BPF_W, R1, R10,
                (int16_t) (AT_HEADER + (six ? SOURCE6 : SOURCE4) + i));
      asm_store (a, BPF_W, R10, (int16_t) (AT_TUPLE + i), R1);
    }
  asm_load (a, BPF_W, R1, R10, AT_LEVEL4);
  asm_store (a, BPF_W, R10, (int16_t) (AT_TUPLE + 2 * size), R1);
  if (tcp)
    asm_store_value (a, BPF_H, R10, (int16_t) (AT_TUPLE + 2 * size), 0);
}

/* To ALLOW when who owns the socket has sent a datagram first, lately. */
static void
ask_peers (struct assembly *a, const struct isolate_parts *parts, bool six,
           int allow, int refuse)
{
  make_peer (a, six, six ? DESTINATION6 : DESTINATION4, 2, 0);
  asm_map (a, R1, parts->peers);
  asm_address (a, R2, R10, AT_PEER);
  asm_call (a, BPF_FUNC_map_lookup_elem);
  asm_jump_if (a, R0, BPF_JEQ, 0, refuse);
  asm_load (a, BPF_DW, R7, R0, 0);
  asm_call (a, BPF_FUNC_ktime_get_ns);
  asm_calculate (a, BPF_RSH, R0, 30); /* about seconds */
  asm_calculate (a, BPF_RSH, R7, 30);
  asm_calculate (a, BPF_ADD, R7, ISOLATE_PEER_SECONDS);
  asm_jump_if_register (a, R0, BPF_JLE, R7, allow);
  asm_jump (a, refuse);
}

static void
send_by (struct assembly *a, const struct isolate_parts *parts, bool six,
         bool tcp, int allow, int refuse)
{
  load_bytes (a, six ? 40 : 20, AT_LEVEL4, tcp ? 14 : 8, refuse);
  if (tcp)
    {
      /* All but the first packet of a connection, which we let out, or which
       * somebody else made to a port of the container. */
      asm_load (a, BPF_B, R1, R10, AT_LEVEL4 + 13);
      asm_calculate (a, BPF_AND, R1, SYN_ACK);
      asm_jump_if (a, R1, BPF_JNE, SYN, allow);
    }
  asm_load (a, BPF_H, R7, R10, AT_LEVEL4 + 2);
  asm_from_network (a, R7, 16);
  copy_address (a, six, six ? DESTINATION6 : DESTINATION4, AT_ADDRESS);
  isolate_rules (a, parts->connect, allow);
  make_tuple (a, six, tcp);
  isolate_look_up (a, tcp ? BPF_FUNC_sk_lookup_tcp : BPF_FUNC_sk_lookup_udp,
                   six, parts, allow, allow);
  if (!tcp)
    ask_peers (a, parts, six, allow, refuse);
  else
    asm_jump (a, refuse);
}

static void
send_version (struct assembly *a, const struct isolate_parts *parts, bool six,
              int allow, int refuse)
{
  int tcp = asm_label (a), udp = asm_label (a);

  load_header (a, six, refuse);
  asm_jump_if (a, R8, BPF_JEQ, IPPROTO_TCP, tcp);
  asm_jump_if (a, R8, BPF_JEQ, IPPROTO_UDP, udp);
  asm_jump_if (a, R8, BPF_JEQ, six ? IPPROTO_ICMPV6 : IPPROTO_ICMP, allow);
  asm_jump (a, refuse);
  asm_place (a, tcp);
  send_by (a, parts, six, true, allow, refuse);
  asm_place (a, udp);
  send_by (a, parts, six, false, allow, refuse);
}

void
isolate_egress (struct assembly *a, const struct isolate_parts *parts)
{
  int allow = asm_label (a), refuse = asm_label (a), four = asm_label (a),
      six = asm_label (a);

  begin (a, allow, four, six, refuse);
  asm_place (a, four);
  send_version (a, parts, false, allow, refuse);
  asm_place (a, six);
  send_version (a, parts, true, allow, refuse);
  asm_place (a, refuse);
  asm_return (a, 0);
  asm_place (a, allow);
  asm_return (a, 1);
}

/* Who sends a datagram to the container from the host may be answered: the
 * container's service is asked over lo too. */
static void
receive_version (struct assembly *a, const struct isolate_parts *parts,
                 bool six, int done)
{
  load_header (a, six, done);
  asm_jump_if (a, R8, BPF_JNE, IPPROTO_UDP, done);
  load_bytes (a, six ? 40 : 20, AT_LEVEL4, 8, done);
  make_peer (a, six, six ? SOURCE6 : SOURCE4, 0, 2);
  asm_call (a, BPF_FUNC_ktime_get_ns);
  asm_store (a, BPF_DW, R10, AT_TIME, R0);
  asm_map (a, R1, parts->peers);
  asm_address (a, R2, R10, AT_PEER);
  asm_address (a, R3, R10, AT_TIME);
  asm_set (a, R4, BPF_ANY);
  asm_call (a, BPF_FUNC_map_update_elem);
  asm_jump (a, done);
}

void
isolate_ingress (struct assembly *a, const struct isolate_parts *parts)
{
  int done = asm_label (a), four = asm_label (a), six = asm_label (a);

  begin (a, done, four, six, done);
  asm_place (a, four);
  receive_version (a, parts, false, done);
  asm_place (a, six);
  receive_version (a, parts, true, done);
  asm_place (a, done);
  asm_return (a, 1);
}
