/* SPDX-License-Identifier: Apache-2.0 */
/* The rules are those of bpf_check_classic(), check_load_and_stores() and
 * bpf_convert_filter() in the kernel's net/core/filter.c, and of
 * seccomp_check_filter() in kernel/seccomp.c. */
#include <config.h>

#include "bpf.h"

#include <stdbool.h>
#include <string.h>

/* What seccomp_check_filter() lets through.  BPF_MOD is not among them. */
static bool
is_known (unsigned code)
{
  switch (code)
    {
    case BPF_LD | BPF_W | BPF_ABS:
    case BPF_LD | BPF_W | BPF_LEN:
    case BPF_LDX | BPF_W | BPF_LEN:
    case BPF_LD | BPF_IMM:
    case BPF_LDX | BPF_IMM:
    case BPF_LD | BPF_MEM:
    case BPF_LDX | BPF_MEM:
    case BPF_ST:
    case BPF_STX:
    case BPF_ALU | BPF_ADD | BPF_K:
    case BPF_ALU | BPF_ADD | BPF_X:
    case BPF_ALU | BPF_SUB | BPF_K:
    case BPF_ALU | BPF_SUB | BPF_X:
    case BPF_ALU | BPF_MUL | BPF_K:
    case BPF_ALU | BPF_MUL | BPF_X:
    case BPF_ALU | BPF_DIV | BPF_K:
    case BPF_ALU | BPF_DIV | BPF_X:
    case BPF_ALU | BPF_AND | BPF_K:
    case BPF_ALU | BPF_AND | BPF_X:
    case BPF_ALU | BPF_OR | BPF_K:
    case BPF_ALU | BPF_OR | BPF_X:
    case BPF_ALU | BPF_XOR | BPF_K:
    case BPF_ALU | BPF_XOR | BPF_X:
    case BPF_ALU | BPF_LSH | BPF_K:
    case BPF_ALU | BPF_LSH | BPF_X:
    case BPF_ALU | BPF_RSH | BPF_K:
    case BPF_ALU | BPF_RSH | BPF_X:
    case BPF_ALU | BPF_NEG:
    case BPF_JMP | BPF_JA:
    case BPF_JMP | BPF_JEQ | BPF_K:
    case BPF_JMP | BPF_JEQ | BPF_X:
    case BPF_JMP | BPF_JGT | BPF_K:
    case BPF_JMP | BPF_JGT | BPF_X:
    case BPF_JMP | BPF_JGE | BPF_K:
    case BPF_JMP | BPF_JGE | BPF_X:
    case BPF_JMP | BPF_JSET | BPF_K:
    case BPF_JMP | BPF_JSET | BPF_X:
    case BPF_MISC | BPF_TAX:
    case BPF_MISC | BPF_TXA:
    case BPF_RET | BPF_K:
    case BPF_RET | BPF_A:
      return true;
    default:
      return false;
    }
}

/* LEFT: how many instructions stand behind this one. */
static bool
is_sound (const struct sock_filter *at, size_t left)
{
  if (!is_known (at->code))
    return false;
  switch (at->code)
    {
    case BPF_LD | BPF_W | BPF_ABS:
      return at->k < sizeof (struct seccomp_data) && at->k % 4 == 0;
    case BPF_LD | BPF_MEM:
    case BPF_LDX | BPF_MEM:
    case BPF_ST:
    case BPF_STX:
      return at->k < BPF_MEMWORDS;
    case BPF_ALU | BPF_DIV | BPF_K:
      return at->k != 0;
    case BPF_ALU | BPF_LSH | BPF_K:
    case BPF_ALU | BPF_RSH | BPF_K:
      return at->k < 32;
    case BPF_JMP | BPF_JA:
      return at->k < left;
    default:
      return BPF_CLASS (at->code) != BPF_JMP
             || (at->jt < left && at->jf < left);
    }
}

/* Jumps go forward only, so that one pass knows for every instruction which
 * scratch words all ways to it have written. */
static bool
memory_is_sound (const struct sock_filter *program, size_t length)
{
  uint16_t written[BPF_MAXINSNS];
  uint16_t valid = 0;

  memset (written, 0xFF, sizeof written);
  for (size_t i = 0; i < length; i++)
    {
      const struct sock_filter *at = &program[i];

      valid &= written[i];
      switch (at->code)
        {
        case BPF_ST:
        case BPF_STX:
          valid = (uint16_t) (valid | 1U << at->k);
          break;
        case BPF_LD | BPF_MEM:
        case BPF_LDX | BPF_MEM:
          if ((valid & 1U << at->k) == 0)
            return false;
          break;
        case BPF_JMP | BPF_JA:
          written[i + 1 + at->k] &= valid;
          valid = 0xFFFF;
          break;
        default:
          if (BPF_CLASS (at->code) != BPF_JMP)
            break;
          written[i + 1 + at->jt] &= valid;
          written[i + 1 + at->jf] &= valid;
          valid = 0xFFFF;
        }
    }
  return true;
}

int
bpf_check (const struct sock_filter *program, size_t length)
{
  if (length == 0 || length > BPF_MAXINSNS
      || BPF_CLASS (program[length - 1].code) != BPF_RET)
    return -1;
  for (size_t i = 0; i < length; i++)
    if (!is_sound (&program[i], length - i - 1))
      return -1;
  return memory_is_sound (program, length) ? 0 : -1;
}

/* BPF_DIV by zero is the caller's. */
static uint32_t
calculate (unsigned operation, uint32_t a, uint32_t operand)
{
  switch (operation)
    {
    case BPF_ADD:
      return a + operand;
    case BPF_SUB:
      return a - operand;
    case BPF_MUL:
      return a * operand;
    case BPF_DIV:
      return a / operand;
    case BPF_AND:
      return a & operand;
    case BPF_OR:
      return a | operand;
    case BPF_XOR:
      return a ^ operand;
    case BPF_LSH: /* by X: the kernel's machine takes the lower five bits */
      return a << (operand & 31);
    case BPF_RSH:
      return a >> (operand & 31);
    default: /* BPF_NEG */
      return -a;
    }
}

static bool
is_true (unsigned comparison, uint32_t a, uint32_t operand)
{
  switch (comparison)
    {
    case BPF_JEQ:
      return a == operand;
    case BPF_JGT:
      return a > operand;
    case BPF_JGE:
      return a >= operand;
    default: /* BPF_JSET */
      return (a & operand) != 0;
    }
}

static uint32_t
load (const struct sock_filter *at, const struct seccomp_data *data,
      const uint32_t *memory)
{
  uint32_t word;

  switch (BPF_MODE (at->code))
    {
    case BPF_ABS:
      memcpy (&word, (const char *) data + at->k, sizeof word);
      return word;
    case BPF_LEN:
      return sizeof *data;
    case BPF_MEM:
      return memory[at->k];
    default: /* BPF_IMM */
      return at->k;
    }
}

uint32_t
bpf_execute (const struct sock_filter *program,
             const struct seccomp_data *data)
{
  uint32_t memory[BPF_MEMWORDS] = { 0 };
  uint32_t a = 0, x = 0;

  for (const struct sock_filter *at = program;; at++)
    {
      uint32_t operand = BPF_SRC (at->code) == BPF_X ? x : at->k;

      switch (BPF_CLASS (at->code))
        {
        case BPF_LD:
          a = load (at, data, memory);
          break;
        case BPF_LDX:
          x = load (at, data, memory);
          break;
        case BPF_ST:
          memory[at->k] = a;
          break;
        case BPF_STX:
          memory[at->k] = x;
          break;
        case BPF_ALU:
          /* A division by zero ends the program with 0, which kills. */
          if (BPF_OP (at->code) == BPF_DIV && operand == 0)
            return SECCOMP_RET_KILL_THREAD;
          a = calculate (BPF_OP (at->code), a, operand);
          break;
        case BPF_JMP:
          if (BPF_OP (at->code) == BPF_JA)
            at += at->k;
          else
            at += is_true (BPF_OP (at->code), a, operand) ? at->jt : at->jf;
          break;
        case BPF_MISC:
          if (BPF_MISCOP (at->code) == BPF_TAX)
            x = a;
          else
            a = x;
          break;
        default: /* BPF_RET */
          return BPF_RVAL (at->code) == BPF_A ? a : at->k;
        }
    }
}

int
bpf_run (const struct sock_filter *program, size_t length,
         const struct seccomp_data *data, uint32_t *action)
{
  if (bpf_check (program, length) < 0)
    return -1;
  *action = bpf_execute (program, data);
  return 0;
}
