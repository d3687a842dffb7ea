/* SPDX-License-Identifier: Apache-2.0 */
/* Programs that run when a socket is made, bound or connected. */
#include <config.h>

#include "isolate_programs.h"

#include <netinet/in.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>

/* The attach types are those of enum bpf_attach_type.  Datagrams are judged one
 * by one as packets: the hooks UDP4/6_SENDMSG do not see what a connected
 * socket sends (udp_sendmsg()), and a service may come up after the connect. */
const struct isolate_program isolate_programs[ISOLATE_PROGRAMS] = {
  { "hostnet_create", BPF_PROG_TYPE_CGROUP_SOCK, BPF_CGROUP_INET_SOCK_CREATE,
    isolate_create, "protocols beside TCP and UDP" },
  { "hostnet_bind4", BPF_PROG_TYPE_CGROUP_SOCK_ADDR, BPF_CGROUP_INET4_BIND,
    isolate_bind4, "ports of IPv4 that are not declared" },
  { "hostnet_bind6", BPF_PROG_TYPE_CGROUP_SOCK_ADDR, BPF_CGROUP_INET6_BIND,
    isolate_bind6, "ports of IPv6 that are not declared" },
  { "hostnet_conn4", BPF_PROG_TYPE_CGROUP_SOCK_ADDR, BPF_CGROUP_INET4_CONNECT,
    isolate_connect4, "connections to the host's services over IPv4" },
  { "hostnet_conn6", BPF_PROG_TYPE_CGROUP_SOCK_ADDR, BPF_CGROUP_INET6_CONNECT,
    isolate_connect6, "connections to the host's services over IPv6" },
  { "hostnet_option", BPF_PROG_TYPE_CGROUP_SOCKOPT, BPF_CGROUP_SETSOCKOPT,
    isolate_option, "ports that the host's UDP services share" },
  { "hostnet_egress", BPF_PROG_TYPE_CGROUP_SKB, BPF_CGROUP_INET_EGRESS,
    isolate_egress, "datagrams to the host's services" },
  { "hostnet_ingress", BPF_PROG_TYPE_CGROUP_SKB, BPF_CGROUP_INET_INGRESS,
    isolate_ingress, "answers to datagrams of the host (they stay away)" },
  { "hostnet_uconn", BPF_PROG_TYPE_CGROUP_SOCK_ADDR, ISOLATE_UNIX_CONNECT,
    isolate_unix, "connections to abstract Unix sockets" },
  { "hostnet_usend", BPF_PROG_TYPE_CGROUP_SOCK_ADDR, ISOLATE_UNIX_SENDMSG,
    isolate_unix, "datagrams to abstract Unix sockets" },
};

/* struct bpf_sock_addr */
#define CONTEXT(member) ((int16_t) offsetof (struct bpf_sock_addr, member))

static uint32_t
word_of (const unsigned char *address, size_t i)
{
  uint32_t word;

  memcpy (&word, address + 4 * i, sizeof word);
  return word;
}

/* To OTHER unless AT_ADDRESS is that of RANGE. */
static void
compare_address (struct assembly *a, const struct port_range *range, int other)
{
  unsigned char address[16] = { 0 };

  if (range->family == AF_INET6)
    memcpy (address, range->address, sizeof address);
  else
    {
      memset (address + 10, 0xFF, 2);
      memcpy (address + 12, range->address, 4);
    }
  for (size_t i = 0; i < 4; i++)
    {
      asm_load (a, BPF_W, R1, R10, (int16_t) (AT_ADDRESS + 4 * (int) i));
      asm_jump_if_word (a, R1, BPF_JNE, word_of (address, i), other);
    }
}

void
isolate_rules (struct assembly *a, const struct port_list *list, int allow)
{
  for (size_t i = 0; i < list->count; i++)
    {
      const struct port_range *range = &list->list[i];
      int other = asm_label (a);

      asm_jump_if (a, R8, BPF_JNE, range->tcp ? IPPROTO_TCP : IPPROTO_UDP,
                   other);
      asm_jump_if (a, R7, BPF_JLT, (int32_t) range->first, other);
      asm_jump_if (a, R7, BPF_JGT, (int32_t) range->last, other);
      if (range->family != AF_UNSPEC)
        compare_address (a, range, other);
      asm_jump (a, allow);
      asm_place (a, other);
    }
}

void
isolate_look_up (struct assembly *a, enum bpf_func_id helper, bool six,
                 const struct isolate_parts *parts, int own, int none)
{
  asm_copy (a, R1, R6);
  asm_address (a, R2, R10, AT_TUPLE);
  asm_set (a, R3, six ? sizeof ((struct bpf_sock_tuple *) 0)->ipv6
                      : sizeof ((struct bpf_sock_tuple *) 0)->ipv4);
  asm_set (a, R4, BPF_F_CURRENT_NETNS);
  asm_set (a, R5, 0);
  asm_call (a, helper);
  asm_jump_if (a, R0, BPF_JEQ, 0, none);
  asm_copy (a, R9, R0);
  asm_map (a, R1, parts->own);
  asm_copy (a, R2, R9);
  asm_set (a, R3, 0);
  asm_set (a, R4, 0);
  asm_call (a, BPF_FUNC_sk_storage_get);
  asm_copy (a, R7, R0);
  asm_copy (a, R1, R9);
  asm_call (a, BPF_FUNC_sk_release);
  asm_jump_if (a, R7, BPF_JNE, 0, own);
}

/* Protocols whose bind and connect do not run the other programs (SCTP, MPTCP),
 * whose sockets cannot be looked up (UDP-Lite) or that have no ports are not
 * made: Go takes TCP where there is no MPTCP.  inet_create() does not run this for sockets of the kernel.
 * Each socket gets its mark, and takes it along when it is closed. */
void
isolate_create (struct assembly *a, const struct isolate_parts *parts)
{
  static const int32_t datagrams[]
      = { IPPROTO_UDP, IPPROTO_ICMP, IPPROTO_ICMPV6 };
  int mark = asm_label (a), other = asm_label (a), refuse = asm_label (a);

  asm_copy (a, R6, R1);
  asm_load (a, BPF_W, R2, R6, offsetof (struct bpf_sock, type));
  asm_load (a, BPF_W, R3, R6, offsetof (struct bpf_sock, protocol));
  asm_jump_if (a, R2, BPF_JNE, SOCK_STREAM, other);
  asm_jump_if (a, R3, BPF_JEQ, IPPROTO_TCP, mark);
  asm_place (a, other);
  asm_jump_if (a, R2, BPF_JNE, SOCK_DGRAM, refuse);
  for (size_t i = 0; i < sizeof datagrams / sizeof *datagrams; i++)
    asm_jump_if (a, R3, BPF_JEQ, datagrams[i], mark);
  asm_place (a, refuse);
  asm_return (a, 0);
  asm_place (a, mark);
  asm_map (a, R1, parts->own);
  asm_copy (a, R2, R6);
  asm_set (a, R3, 0);
  asm_set (a, R4, BPF_SK_STORAGE_GET_F_CREATE);
  asm_call (a, BPF_FUNC_sk_storage_get);
  /* without memory it is not recognised, and that is all */
  asm_return (a, 1);
}

/* R7 and R8 as the rules want them. */
static void
load_port (struct assembly *a)
{
  asm_copy (a, R6, R1);
  asm_load (a, BPF_W, R7, R6, CONTEXT (user_port));
  asm_from_network (a, R7, 16);
  asm_load (a, BPF_W, R8, R6, CONTEXT (protocol));
}

/* AT_ADDRESS; R3 is its last word, in network order. */
static void
load_address (struct assembly *a, bool six)
{
  for (int i = 0; six && i < 4; i++)
    {
      asm_load (a, BPF_W, R3, R6, (int16_t) (CONTEXT (user_ip6) + 4 * i));
      asm_store (a, BPF_W, R10, (int16_t) (AT_ADDRESS + 4 * i), R3);
    }
  if (six)
    return;
  asm_load (a, BPF_W, R3, R6, CONTEXT (user_ip4));
  asm_store_value (a, BPF_DW, R10, AT_ADDRESS, 0);
  asm_store_value (a, BPF_W, R10, AT_ADDRESS + 8, (int32_t) htonl (0xFFFF));
  asm_store (a, BPF_W, R10, AT_ADDRESS + 12, R3);
}

static void
bind_program (struct assembly *a, const struct isolate_parts *parts, bool six)
{
  int allow = asm_label (a), refuse = asm_label (a), declared = asm_label (a);
  int found = asm_label (a);

  load_port (a);
  /* ping(8)'s sockets: the port is the identifier of the echo */
  asm_jump_if (a, R8, BPF_JEQ, IPPROTO_ICMP, allow);
  asm_jump_if (a, R8, BPF_JEQ, IPPROTO_ICMPV6, allow);
  asm_jump_if (a, R7, BPF_JNE, 0, declared);
  asm_jump_if (a, R8, BPF_JNE, IPPROTO_UDP, allow);
  isolate_share_nothing (a, refuse);
  asm_jump (a, allow);
  asm_place (a, declared);
  load_address (a, six);
  isolate_rules (a, parts->listen, found);
  asm_place (a, refuse);
  asm_return (a, 0);
  /* the verifier refuses what cannot be reached */
  if (parts->listen->count > 0)
    {
      asm_place (a, found);
      asm_jump_if (a, R8, BPF_JNE, IPPROTO_UDP, allow);
      isolate_share (a, parts, allow, refuse);
    }
  asm_place (a, allow);
  asm_return (a, 1);
}

void
isolate_bind4 (struct assembly *a, const struct isolate_parts *parts)
{
  bind_program (a, parts, false);
}

void
isolate_bind6 (struct assembly *a, const struct isolate_parts *parts)
{
  bind_program (a, parts, true);
}

/* Makes AT_ADDRESS what the kernel makes of it: no address is the loopback one
 * (tcp_v4_connect(), tcp_v6_connect()).  To FOUR with R3 the address of IPv4;
 * falls through for IPv6. */
static void
load_destination (struct assembly *a, bool six, int four)
{
  int given = asm_label (a), mapped = asm_label (a), plain = asm_label (a);

  load_address (a, six);
  if (six)
    {
      asm_load (a, BPF_DW, R1, R10, AT_ADDRESS);
      asm_jump_if (a, R1, BPF_JNE, 0, plain);
      asm_load (a, BPF_W, R2, R10, AT_ADDRESS + 8);
      asm_jump_if_word (a, R2, BPF_JEQ, htonl (0xFFFF), mapped);
      asm_jump_if_word (a, R2, BPF_JNE, 0, plain);
      asm_jump_if_word (a, R3, BPF_JNE, 0, plain);
      asm_store_value (a, BPF_W, R10, AT_ADDRESS + 12, (int32_t) htonl (1));
      asm_jump (a, plain);
    }
  asm_place (a, mapped);
  asm_jump_if_word (a, R3, BPF_JNE, 0, given);
  asm_set (a, R3, (int32_t) htonl (INADDR_LOOPBACK));
  asm_store (a, BPF_W, R10, AT_ADDRESS + 12, R3);
  asm_place (a, given);
  asm_jump (a, four);
  asm_place (a, plain);
}

/* To ALLOW unless AT_ADDRESS is one of the host's that were known at the start:
 * who connects is told at once, instead of losing packets until it gives up. */
static void
ask_addresses (struct assembly *a, const struct isolate_parts *parts, int allow)
{
  asm_map (a, R1, parts->addresses);
  asm_address (a, R2, R10, AT_ADDRESS);
  asm_call (a, BPF_FUNC_map_lookup_elem);
  asm_jump_if (a, R0, BPF_JEQ, 0, allow);
}

static void
look_for_listener (struct assembly *a, const struct isolate_parts *parts,
                   bool six, int allow)
{
  /* As if from the same address; from port 0, so that only listeners match. */
  int size = six ? 16 : 4;

  for (int i = 0; i < size; i += 4)
    {
      asm_load (a, BPF_W, R1, R10,
                (int16_t) ((six ? AT_ADDRESS : AT_ADDRESS + 12) + i));
      asm_store (a, BPF_W, R10, (int16_t) (AT_TUPLE + i), R1);
      asm_store (a, BPF_W, R10, (int16_t) (AT_TUPLE + size + i), R1);
    }
  asm_store_value (a, BPF_H, R10, (int16_t) (AT_TUPLE + 2 * size), 0);
  asm_load (a, BPF_W, R1, R6, CONTEXT (user_port));
  asm_store (a, BPF_H, R10, (int16_t) (AT_TUPLE + 2 * size + 2), R1);
  isolate_look_up (a, BPF_FUNC_sk_lookup_tcp, six, parts, allow, allow);
}

/* connect() of UDP is left: what is sent is judged as packets. */
static void
connect_program (struct assembly *a, const struct isolate_parts *parts,
                 bool six)
{
  int allow = asm_label (a), refuse = asm_label (a), tcp = asm_label (a);
  int four = asm_label (a), local4 = asm_label (a), local6 = asm_label (a);

  load_port (a);
  asm_jump_if (a, R8, BPF_JEQ, IPPROTO_TCP, tcp);
  asm_jump_if (a, R8, BPF_JNE, IPPROTO_UDP, allow);
  asm_load (a, BPF_DW, R1, R6, CONTEXT (sk));
  asm_load (a, BPF_W, R1, R1, offsetof (struct bpf_sock, src_port));
  asm_jump_if (a, R1, BPF_JNE, 0, allow);
  isolate_share_nothing (a, refuse);
  asm_jump (a, allow);

  asm_place (a, tcp);
  load_destination (a, six, four);
  if (six)
    {
      int other = asm_label (a);

      asm_load (a, BPF_DW, R1, R10, AT_ADDRESS);
      asm_jump_if (a, R1, BPF_JNE, 0, other);
      asm_load (a, BPF_W, R1, R10, AT_ADDRESS + 8);
      asm_jump_if (a, R1, BPF_JNE, 0, other);
      asm_load (a, BPF_W, R1, R10, AT_ADDRESS + 12);
      asm_jump_if_word (a, R1, BPF_JEQ, htonl (1), local6);
      asm_place (a, other);
      ask_addresses (a, parts, allow);
      asm_place (a, local6);
      isolate_rules (a, parts->connect, allow);
      look_for_listener (a, parts, true, allow);
      asm_jump (a, refuse);
    }
  asm_place (a, four);
  asm_from_network (a, R3, 32);
  asm_calculate (a, BPF_RSH, R3, 24);
  asm_jump_if (a, R3, BPF_JEQ, 127, local4);
  ask_addresses (a, parts, allow);
  asm_place (a, local4);
  isolate_rules (a, parts->connect, allow);
  look_for_listener (a, parts, false, allow);
  asm_place (a, refuse);
  asm_return (a, 0);
  asm_place (a, allow);
  asm_return (a, 1);
}

void
isolate_connect4 (struct assembly *a, const struct isolate_parts *parts)
{
  connect_program (a, parts, false);
}

void
isolate_connect6 (struct assembly *a, const struct isolate_parts *parts)
{
  connect_program (a, parts, true);
}
