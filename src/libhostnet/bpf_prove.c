/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "bpf_prove.h"

#include <string.h>

#define UNKNOWN ((struct bpf_word){ 0, 0 })

/* The accumulator in front of one instruction. */
struct state
{
  bool reached;
  struct bpf_word a;
};

enum
{
  MAYBE_TRUE = 1,
  MAYBE_FALSE = 2
};

/* Jumps go forward only: a state is complete before it is looked at. */
static void
reach (struct state *state, struct bpf_word a)
{
  if (!state->reached)
    *state = (struct state){ true, a };
  else
    {
      state->a.known &= a.known & ~(state->a.value ^ a.value);
      state->a.value &= state->a.known;
    }
}

static struct bpf_word
calculate (const struct sock_filter *at, struct bpf_word a)
{
  uint32_t k = at->k;

  if (BPF_OP (at->code) == BPF_NEG)
    return a.known == UINT32_MAX ? (struct bpf_word){ UINT32_MAX, -a.value }
                                 : UNKNOWN;
  if (BPF_SRC (at->code) == BPF_X)
    return UNKNOWN;
  switch (BPF_OP (at->code))
    {
    case BPF_AND:
      return (struct bpf_word){ a.known | ~k, a.value & k };
    case BPF_OR:
      return (struct bpf_word){ a.known | k, a.value | k };
    case BPF_XOR:
      return (struct bpf_word){ a.known, (a.value ^ k) & a.known };
    case BPF_LSH: /* what is shifted in is zero, and known */
      return (struct bpf_word){ ~(~a.known << k), a.value << k };
    case BPF_RSH:
      return (struct bpf_word){ ~(~a.known >> k), a.value >> k };
    default:
      break;
    }
  if (a.known != UINT32_MAX)
    return UNKNOWN;
  switch (BPF_OP (at->code))
    {
    case BPF_ADD:
      a.value += k;
      return a;
    case BPF_SUB:
      a.value -= k;
      return a;
    case BPF_MUL:
      a.value *= k;
      return a;
    default: /* BPF_DIV, by no zero */
      a.value /= k;
      return a;
    }
}

/* LEAST, MOST: what A can be at the ends. */
static unsigned
compare (const struct sock_filter *at, struct bpf_word a)
{
  uint32_t least = a.value, most = a.value | ~a.known, k = at->k;

  if (BPF_SRC (at->code) == BPF_X)
    return MAYBE_TRUE | MAYBE_FALSE;
  switch (BPF_OP (at->code))
    {
    case BPF_JEQ:
      if (((a.value ^ k) & a.known) != 0)
        return MAYBE_FALSE;
      return a.known == UINT32_MAX ? MAYBE_TRUE : MAYBE_TRUE | MAYBE_FALSE;
    case BPF_JGT:
      return (most > k ? MAYBE_TRUE : 0U) | (least <= k ? MAYBE_FALSE : 0U);
    case BPF_JGE:
      return (most >= k ? MAYBE_TRUE : 0U) | (least < k ? MAYBE_FALSE : 0U);
    default: /* BPF_JSET */
      if ((a.value & k) != 0)
        return MAYBE_TRUE;
      return (k & ~a.known) == 0 ? MAYBE_FALSE : MAYBE_TRUE | MAYBE_FALSE;
    }
}

static void
jump (const struct sock_filter *at, struct state *state)
{
  struct bpf_word a = state->a;
  unsigned ways;

  if (BPF_OP (at->code) == BPF_JA)
    {
      reach (state + 1 + at->k, a);
      return;
    }
  ways = compare (at, a);
  if ((ways & MAYBE_FALSE) != 0)
    reach (state + 1 + at->jf, a);
  /* Behind an equal comparison all of A is known. */
  if (at->code == (BPF_JMP | BPF_JEQ | BPF_K))
    a = (struct bpf_word){ UINT32_MAX, at->k };
  if ((ways & MAYBE_TRUE) != 0)
    reach (state + 1 + at->jt, a);
}

static struct bpf_word
load (const struct sock_filter *at, const struct bpf_word *words)
{
  switch (BPF_MODE (at->code))
    {
    case BPF_ABS:
      return words[at->k / 4];
    case BPF_LEN:
      return (struct bpf_word){ UINT32_MAX, sizeof (struct seccomp_data) };
    case BPF_IMM:
      return (struct bpf_word){ UINT32_MAX, at->k };
    default: /* BPF_MEM */
      return UNKNOWN;
    }
}

/* One instruction that is reached; false when it can end the program with an
 * action that does not hold. */
static bool
step (const struct sock_filter *at, struct state *state,
      const struct bpf_word *words, bool (*holds) (uint32_t action))
{
  struct bpf_word a = state->a;

  switch (BPF_CLASS (at->code))
    {
    case BPF_RET:
      if (BPF_RVAL (at->code) != BPF_A)
        return holds (at->k);
      return a.known == UINT32_MAX && holds (a.value);
    case BPF_JMP:
      jump (at, state);
      return true;
    case BPF_LD:
      a = load (at, words);
      break;
    case BPF_ALU:
      a = calculate (at, a);
      /* By zero it ends the program. */
      if (at->code == (BPF_ALU | BPF_DIV | BPF_X)
          && !holds (SECCOMP_RET_KILL_THREAD))
        return false;
      break;
    case BPF_MISC:
      if (BPF_MISCOP (at->code) == BPF_TXA)
        a = UNKNOWN;
      break;
    default: /* BPF_LDX, BPF_ST, BPF_STX: not followed */
      break;
    }
  reach (state + 1, a);
  return true;
}

bool
bpf_prove (const struct sock_filter *program, size_t length,
           const struct bpf_word words[BPF_DATA_WORDS],
           bool (*holds) (uint32_t action))
{
  struct state states[BPF_MAXINSNS + 1];

  memset (states, 0, (length + 1) * sizeof *states);
  /* The kernel starts with zero. */
  reach (&states[0], (struct bpf_word){ UINT32_MAX, 0 });
  for (size_t i = 0; i < length; i++)
    if (states[i].reached && !step (&program[i], &states[i], words, holds))
      return false;
  return true;
}
