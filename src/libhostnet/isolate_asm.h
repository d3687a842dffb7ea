/* SPDX-License-Identifier: Apache-2.0 */
/* An assembler for the BPF programs of the lock isolated: instructions as in
 * Documentation/bpf/standardization/instruction-set.rst of the kernel, labels
 * instead of offsets.  No compiler is needed to build, and what is loaded can
 * be read here. */
#ifndef HOSTNET_ISOLATE_ASM_H
#define HOSTNET_ISOLATE_ASM_H

#include <linux/bpf.h>
#include <stddef.h>
#include <stdint.h>

enum
{
  ASM_LABELS = 1024, /* of one program */
  ASM_MAX = 16384    /* instructions; jumps are 16 bits wide */
};

/* R1 to R5 are arguments and do not survive a call, R0 is what it returns, R6
 * to R9 survive, R10 is the end of 512 bytes of stack. */
enum asm_register
{
  R0,
  R1,
  R2,
  R3,
  R4,
  R5,
  R6,
  R7,
  R8,
  R9,
  R10
};

struct assembly
{
  struct bpf_insn *list;
  size_t count, capacity;
  int labels[ASM_LABELS]; /* the instruction, -1: not placed yet */
  int label_count;
};

void asm_init (struct assembly *a);
void asm_clear (struct assembly *a);

/* A label that asm_place() puts in front of the next instruction. */
int asm_label (struct assembly *a);
void asm_place (struct assembly *a, int label);
/* Turns labels into offsets; after the last instruction. */
void asm_finish (struct assembly *a);

/* TO = VALUE, which is extended with its sign; TO = FROM; TO = FROM + VALUE. */
void asm_set (struct assembly *a, enum asm_register to, int32_t value);
void asm_copy (struct assembly *a, enum asm_register to,
               enum asm_register from);
void asm_address (struct assembly *a, enum asm_register to,
                  enum asm_register from, int32_t value);
/* TO = TO OPERATION VALUE, of 64 bits; BPF_ADD, BPF_AND, BPF_LSH, ... */
void asm_calculate (struct assembly *a, unsigned operation,
                    enum asm_register to, int32_t value);
/* The lower 16 or 32 bits, from network order. */
void asm_from_network (struct assembly *a, enum asm_register to,
                       int32_t bits);

/* SIZE is BPF_B, BPF_H, BPF_W or BPF_DW. */
void asm_load (struct assembly *a, unsigned size, enum asm_register to,
               enum asm_register from, int16_t offset);
void asm_store (struct assembly *a, unsigned size, enum asm_register to,
                int16_t offset, enum asm_register from);
void asm_store_value (struct assembly *a, unsigned size, enum asm_register to,
                      int16_t offset, int32_t value);

void asm_jump (struct assembly *a, int label);
/* When REGISTER COMPARISON VALUE, of 64 bits: BPF_JEQ, BPF_JNE, BPF_JLT, ... */
void asm_jump_if (struct assembly *a, enum asm_register left,
                  unsigned comparison, int32_t value, int label);
/* The same of the lower 32 bits: for addresses, whose highest bit is no sign. */
void asm_jump_if_word (struct assembly *a, enum asm_register left,
                       unsigned comparison, uint32_t value, int label);
void asm_jump_if_register (struct assembly *a, enum asm_register left,
                           unsigned comparison, enum asm_register right,
                           int label);

/* TO = the map that the descriptor is. */
void asm_map (struct assembly *a, enum asm_register to, int fd);
void asm_call (struct assembly *a, enum bpf_func_id helper);
/* A function of the kernel, by its id in the kernel's BTF. */
void asm_call_kernel (struct assembly *a, int32_t btf_id);
/* Ends the program with VALUE. */
void asm_return (struct assembly *a, int32_t value);

#endif
