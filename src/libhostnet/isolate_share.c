/* SPDX-License-Identifier: Apache-2.0 */
/* UDP ports that sockets share.  udp_lib_lport_inuse() takes a port for free
 * where both sockets have SO_REUSEADDR, or both SO_REUSEPORT and the same uid,
 * also when it looks for a port itself, among those that IP_LOCAL_PORT_RANGE
 * leaves: a socket with these options that binds port 0, connects or sends
 * could take the datagrams of a service of the host.  So they are put off until
 * the socket binds a port that is declared.  (TCP: inet_csk_find_open_port()
 * shares with no listener.) */
#include <config.h>

#include "isolate_programs.h"

#include <netinet/in.h>
#include <stddef.h>
#include <sys/socket.h>

/* Bits of what goes with a socket of the container. */
static const struct
{
  int32_t option, bit;
} options[] = { { SO_REUSEADDR, 1 }, { SO_REUSEPORT, 2 } };

enum { OPTIONS = sizeof options / sizeof *options };

#define CONTEXT(member) ((int16_t) offsetof (struct bpf_sockopt, member))
#define SOCKET(member) ((int16_t) offsetof (struct bpf_sock, member))

/* To REFUSE when the kernel does not do it. */
static void
set_option (struct assembly *a, int32_t option, int32_t value, int refuse)
{
  asm_store_value (a, BPF_W, R10, AT_TIME, value);
  asm_copy (a, R1, R6);
  asm_set (a, R2, SOL_SOCKET);
  asm_set (a, R3, option);
  asm_address (a, R4, R10, AT_TIME);
  asm_set (a, R5, 4);
  asm_call (a, BPF_FUNC_setsockopt);
  asm_jump_if_word (a, R0, BPF_JNE, 0, refuse);
}

void
isolate_share_nothing (struct assembly *a, int refuse)
{
  for (size_t i = 0; i < OPTIONS; i++)
    set_option (a, options[i].option, 0, refuse);
}

/* A bind that fails later leaves them in force. */
void
isolate_share (struct assembly *a, const struct isolate_parts *parts,
               int allow, int refuse)
{
  asm_map (a, R1, parts->own);
  asm_load (a, BPF_DW, R2, R6, offsetof (struct bpf_sock_addr, sk));
  asm_set (a, R3, 0);
  asm_set (a, R4, 0);
  asm_call (a, BPF_FUNC_sk_storage_get);
  asm_jump_if (a, R0, BPF_JEQ, 0, allow);
  asm_load (a, BPF_W, R9, R0, 0);
  for (size_t i = 0; i < OPTIONS; i++)
    {
      int other = asm_label (a);

      asm_copy (a, R1, R9);
      asm_calculate (a, BPF_AND, R1, options[i].bit);
      asm_jump_if (a, R1, BPF_JEQ, 0, other);
      set_option (a, options[i].option, 1, refuse);
      asm_place (a, other);
    }
}

/* R8 is the option: its value (R7) to the socket's bits (R0). */
static void
remember (struct assembly *a)
{
  for (size_t i = 0; i < OPTIONS; i++)
    {
      int other = asm_label (a), set = asm_label (a);

      asm_jump_if (a, R8, BPF_JNE, options[i].option, other);
      asm_load (a, BPF_W, R1, R0, 0);
      asm_calculate (a, BPF_OR, R1, options[i].bit);
      asm_jump_if_word (a, R7, BPF_JNE, 0, set);
      asm_calculate (a, BPF_XOR, R1, options[i].bit);
      asm_place (a, set);
      asm_store (a, BPF_W, R0, 0, R1);
      asm_place (a, other);
    }
}

/* An optlen of -1 tells the kernel that all is done (filter in
 * __cgroup_bpf_run_filter_setsockopt()). */
void
isolate_option (struct assembly *a, const struct isolate_parts *parts)
{
  int pass = asm_label (a), ours = asm_label (a), done = asm_label (a);

  asm_copy (a, R6, R1);
  asm_load (a, BPF_W, R1, R6, CONTEXT (level));
  asm_jump_if (a, R1, BPF_JNE, SOL_SOCKET, pass);
  asm_load (a, BPF_W, R8, R6, CONTEXT (optname));
  for (size_t i = 0; i < OPTIONS; i++)
    asm_jump_if (a, R8, BPF_JEQ, options[i].option, ours);
  asm_jump (a, pass);
  asm_place (a, ours);
  asm_load (a, BPF_DW, R9, R6, CONTEXT (sk));
  asm_load (a, BPF_W, R1, R9, SOCKET (protocol));
  asm_jump_if (a, R1, BPF_JNE, IPPROTO_UDP, pass);
  asm_load (a, BPF_W, R1, R9, SOCKET (src_port));
  asm_jump_if (a, R1, BPF_JNE, 0, pass);
  /* shorter than an int: the kernel refuses it */
  asm_load (a, BPF_DW, R1, R6, CONTEXT (optval));
  asm_load (a, BPF_DW, R2, R6, CONTEXT (optval_end));
  asm_address (a, R3, R1, 4);
  asm_jump_if_register (a, R3, BPF_JGT, R2, pass);
  asm_load (a, BPF_W, R7, R1, 0);
  asm_map (a, R1, parts->own);
  asm_copy (a, R2, R9);
  asm_set (a, R3, 0);
  asm_set (a, R4, BPF_SK_STORAGE_GET_F_CREATE);
  asm_call (a, BPF_FUNC_sk_storage_get);
  asm_jump_if (a, R0, BPF_JEQ, 0, done);
  remember (a);
  asm_place (a, done);
  asm_set (a, R1, -1);
  asm_store (a, BPF_W, R6, CONTEXT (optlen), R1);
  asm_place (a, pass);
  asm_return (a, 1);
}
