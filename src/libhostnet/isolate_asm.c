/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "isolate_asm.h"

#include <stdlib.h>

#include "error.h"

/* <linux/bpf.h> of Debian 12 has them all; of older systems not. */
#ifndef BPF_PSEUDO_KFUNC_CALL
#define BPF_PSEUDO_KFUNC_CALL 2
#endif

void
asm_init (struct assembly *a)
{
  a->list = NULL;
  a->count = a->capacity = 0;
  a->label_count = 0;
}

void
asm_clear (struct assembly *a)
{
  free (a->list);
  asm_init (a);
}

static void
add (struct assembly *a, unsigned code, unsigned to, unsigned from,
     int16_t offset, int32_t value)
{
  /* a program of ours that is too long is a mistake in port_list's limits */
  if (a->count == ASM_MAX)
    abort ();
  if (a->count == a->capacity)
    {
      a->capacity = a->capacity == 0 ? 256 : a->capacity * 2;
      a->list = xrealloc (a->list, a->capacity * sizeof *a->list);
    }
  a->list[a->count++] = (struct bpf_insn){ .code = (__u8) code,
                                           .dst_reg = to & 15,
                                           .src_reg = from & 15,
                                           .off = offset,
                                           .imm = value };
}

int
asm_label (struct assembly *a)
{
  if (a->label_count == ASM_LABELS)
    abort ();
  a->labels[a->label_count] = -1;
  return a->label_count++;
}

void
asm_place (struct assembly *a, int label)
{
  a->labels[label] = (int) a->count;
}

/* Until here the offset of a jump is its label. */
void
asm_finish (struct assembly *a)
{
  for (size_t i = 0; i < a->count; i++)
    {
      struct bpf_insn *at = &a->list[i];
      unsigned class = BPF_CLASS (at->code), operation = BPF_OP (at->code);

      if ((class != BPF_JMP && class != BPF_JMP32) || operation == BPF_CALL
          || operation == BPF_EXIT)
        continue;
      if (a->labels[at->off] < 0)
        abort ();
      at->off = (int16_t) (a->labels[at->off] - (int) i - 1);
    }
}

void
asm_set (struct assembly *a, enum asm_register to, int32_t value)
{
  add (a, BPF_ALU64 | BPF_MOV | BPF_K, to, 0, 0, value);
}

void
asm_copy (struct assembly *a, enum asm_register to, enum asm_register from)
{
  add (a, BPF_ALU64 | BPF_MOV | BPF_X, to, from, 0, 0);
}

void
asm_address (struct assembly *a, enum asm_register to, enum asm_register from,
             int32_t value)
{
  asm_copy (a, to, from);
  asm_calculate (a, BPF_ADD, to, value);
}

void
asm_calculate (struct assembly *a, unsigned operation, enum asm_register to,
               int32_t value)
{
  add (a, BPF_ALU64 | operation | BPF_K, to, 0, 0, value);
}

void
asm_from_network (struct assembly *a, enum asm_register to, int32_t bits)
{
  add (a, BPF_ALU | BPF_END | BPF_TO_BE, to, 0, 0, bits);
}

void
asm_load (struct assembly *a, unsigned size, enum asm_register to,
          enum asm_register from, int16_t offset)
{
  add (a, BPF_LDX | BPF_MEM | size, to, from, offset, 0);
}

void
asm_store (struct assembly *a, unsigned size, enum asm_register to,
           int16_t offset, enum asm_register from)
{
  add (a, BPF_STX | BPF_MEM | size, to, from, offset, 0);
}

void
asm_store_value (struct assembly *a, unsigned size, enum asm_register to,
                 int16_t offset, int32_t value)
{
  add (a, BPF_ST | BPF_MEM | size, to, 0, offset, value);
}

void
asm_jump (struct assembly *a, int label)
{
  add (a, BPF_JMP | BPF_JA, 0, 0, (int16_t) label, 0);
}

void
asm_jump_if (struct assembly *a, enum asm_register left, unsigned comparison,
             int32_t value, int label)
{
  add (a, BPF_JMP | comparison | BPF_K, left, 0, (int16_t) label, value);
}

void
asm_jump_if_word (struct assembly *a, enum asm_register left,
                  unsigned comparison, uint32_t value, int label)
{
  add (a, BPF_JMP32 | comparison | BPF_K, left, 0, (int16_t) label,
       (int32_t) value);
}

void
asm_jump_if_register (struct assembly *a, enum asm_register left,
                      unsigned comparison, enum asm_register right, int label)
{
  add (a, BPF_JMP | comparison | BPF_X, left, right, (int16_t) label, 0);
}

/* Two instructions: the value is 64 bits wide. */
void
asm_map (struct assembly *a, enum asm_register to, int fd)
{
  add (a, BPF_LD | BPF_DW | BPF_IMM, to, BPF_PSEUDO_MAP_FD, 0, fd);
  add (a, 0, 0, 0, 0, 0);
}

void
asm_call (struct assembly *a, enum bpf_func_id helper)
{
  add (a, BPF_JMP | BPF_CALL, 0, 0, 0, (int32_t) helper);
}

void
asm_call_kernel (struct assembly *a, int32_t btf_id)
{
  add (a, BPF_JMP | BPF_CALL, 0, BPF_PSEUDO_KFUNC_CALL, 0, btf_id);
}

void
asm_return (struct assembly *a, int32_t value)
{
  asm_set (a, R0, value);
  add (a, BPF_JMP | BPF_EXIT, 0, 0, 0, 0);
}
