/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
/* The program for Unix sockets.  It calls a function of the kernel, which the
 * kernel lets programs do that are licensed as it is: hence the choice. */
#include <config.h>

#include "isolate_programs.h"

#include <stddef.h>
#include <sys/socket.h>

/* struct bpf_sock_addr has no place for a path: the kernel's own context is
 * read, where the verifier knows every type.  A name that begins with NUL is
 * abstract (unix(7)), and belongs to the network namespace.  Whose it is cannot
 * be told: the container's own are refused as well. */
void
isolate_unix (struct assembly *a, const struct isolate_parts *parts)
{
  int allow = asm_label (a);

  asm_call_kernel (a, parts->cast_to_kern_ctx);
  asm_load (a, BPF_W, R2, R0, parts->uaddrlen);
  asm_jump_if (a, R2, BPF_JLE, sizeof (sa_family_t), allow);
  asm_load (a, BPF_DW, R1, R0, parts->uaddr);
  asm_load (a, BPF_B, R1, R1, offsetof (struct sockaddr, sa_data));
  asm_jump_if (a, R1, BPF_JNE, 0, allow);
  asm_return (a, 0);
  asm_place (a, allow);
  asm_return (a, 1);
}
