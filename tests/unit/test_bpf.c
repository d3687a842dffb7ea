/* SPDX-License-Identifier: Apache-2.0 */
/* The interpreter against the kernel: a child installs the program as its
 * filter and makes the system call; both must agree, on taking the program
 * and on its result. */
#include <config.h>

#include <errno.h>
#include <linux/audit.h>
#include <signal.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "libhostnet/bpf.h"
#include "tap.h"

#define COUNT(array) (sizeof (array) / sizeof ((array)[0]))
#define LOW(n) (offsetof (struct seccomp_data, args) + 8 * (n) + LOW_HALF)
#define HIGH(n) (offsetof (struct seccomp_data, args) + 8 * (n) + 4 - LOW_HALF)
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define LOW_HALF 0
#else
#define LOW_HALF 4
#endif
#define NR offsetof (struct seccomp_data, nr)
#define ARCH offsetof (struct seccomp_data, arch)

#if defined __x86_64__
#define NATIVE AUDIT_ARCH_X86_64
#elif defined __aarch64__
#define NATIVE AUDIT_ARCH_AARCH64
#elif defined __riscv
#define NATIVE AUDIT_ARCH_RISCV64
#elif defined __powerpc64__ && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define NATIVE AUDIT_ARCH_PPC64LE
#elif defined __s390x__
#define NATIVE AUDIT_ARCH_S390X
#endif

enum
{
  MARK = 2000, /* no system call has this number */
  LONGEST = 40,
  RANDOM_PROGRAMS = 2000
};

/* Every program starts so: other system calls are not its business. */
#define PROLOGUE                                                               \
  BPF_STMT (BPF_LD | BPF_W | BPF_ABS, NR),                                     \
      BPF_JUMP (BPF_JMP | BPF_JEQ | BPF_K, MARK, 1, 0),                        \
      BPF_STMT (BPF_RET | BPF_K, SECCOMP_RET_ALLOW)
static const struct sock_filter prologue[] = { PROLOGUE };

/* An errno shows 12 bits of A: each program runs with three ends. */
static const unsigned shifts[] = { 0, 12, 20 };
#define EPILOGUE(shift)                                                        \
  BPF_STMT (BPF_ALU | BPF_RSH | BPF_K, shift),                                 \
      BPF_STMT (BPF_ALU | BPF_AND | BPF_K, 0xFFF),                             \
      BPF_STMT (BPF_ALU | BPF_OR | BPF_K, SECCOMP_RET_ERRNO),                  \
      BPF_STMT (BPF_RET | BPF_A, 0)

static const uint64_t arguments[][6] = {
  { 0, 0, 0, 0, 0, 0 },
  { 1, 2, 3, 4, 5, 6 },
  { 7, 0, 31, 32, 33, 0xFFFFFFFF },
  { 0x123456789ABCDEF0, 0x100008916, 0xDEADBEEF00000001, 0x8000000000000000,
    0x7FFFFFFF80000000, UINT64_MAX },
  { 0xFFFFFFFF, 0xFFFFFFFF, 0x80000000, 0x7FFFFFFF, 0x10, 0xFFFF0000 },
};

enum
{
  NOT_TAKEN = -1, /* by the kernel */
  KILLED = -2     /* the child was */
};

struct outcome
{
  int value[COUNT (arguments)]; /* what the call returned as errno */
};

static struct outcome *shared; /* written by the child */

static void __attribute__ ((noreturn))
in_child (const struct sock_filter *program, size_t length)
{
  struct sock_fprog fprog
      = { (unsigned short) length, (struct sock_filter *) program };

  if (prctl (PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
    _exit (2);
  if (syscall (SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &fprog) < 0)
    _exit (errno == EINVAL ? 1 : 2);
  for (size_t i = 0; i < COUNT (arguments); i++)
    {
      const uint64_t *a = arguments[i];

      shared->value[i]
          = syscall (MARK, a[0], a[1], a[2], a[3], a[4], a[5]) == 0 ? 0 : errno;
    }
  _exit (0);
}

/* What the kernel does. */
static void
ask_kernel (const struct sock_filter *program, size_t length,
            struct outcome *outcome)
{
  int status;
  pid_t child;

  for (size_t i = 0; i < COUNT (arguments); i++)
    shared->value[i] = KILLED;
  child = fork ();
  if (child == 0)
    in_child (program, length);
  if (child < 0 || waitpid (child, &status, 0) != child)
    abort ();
  if (WIFEXITED (status) && WEXITSTATUS (status) > 1)
    {
      puts ("Bail out! the kernel takes no filters from us");
      exit (1);
    }
  if (WIFSIGNALED (status) && WTERMSIG (status) != SIGSYS)
    abort ();
  *outcome = *shared;
  if (WIFEXITED (status) && WEXITSTATUS (status) == 1)
    for (size_t i = 0; i < COUNT (arguments); i++)
      outcome->value[i] = NOT_TAKEN;
}

/* What a process sees of an action: without a tracer or a listener it gets
 * ENOSYS, as from a call that does not exist, and an errno has an upper
 * bound. */
static int
effect_of (uint32_t action)
{
  unsigned number = action & SECCOMP_RET_DATA;

  switch (action & SECCOMP_RET_ACTION_FULL)
    {
    case SECCOMP_RET_ERRNO:
      return number > 4095 ? 4095 : (int) number;
    case SECCOMP_RET_ALLOW:
    case SECCOMP_RET_LOG:
    case SECCOMP_RET_TRACE:
    case SECCOMP_RET_USER_NOTIF:
      return ENOSYS;
    default:
      return KILLED;
    }
}

/* What the interpreter makes of it: as the kernel's child, it does not get
 * beyond the call that kills it. */
static void
ask_interpreter (const struct sock_filter *program, size_t length,
                 struct outcome *outcome)
{
  bool dead = false;

  for (size_t i = 0; i < COUNT (arguments); i++)
    {
      struct seccomp_data data = { .nr = MARK, .arch = NATIVE };
      uint32_t action;

      memcpy (data.args, arguments[i], sizeof data.args);
      if (bpf_run (program, length, &data, &action) < 0)
        outcome->value[i] = NOT_TAKEN;
      else
        outcome->value[i] = dead ? KILLED : effect_of (action);
      dead = dead || outcome->value[i] == KILLED;
    }
}

static bool
agree (const struct sock_filter *program, size_t length, bool *taken)
{
  struct outcome kernel, interpreter;

  ask_kernel (program, length, &kernel);
  ask_interpreter (program, length, &interpreter);
  *taken = kernel.value[0] != NOT_TAKEN;
  if (memcmp (&kernel, &interpreter, sizeof kernel) == 0)
    return true;
  for (size_t i = 0; i < COUNT (arguments); i++)
    printf ("# arguments %zu: kernel %d, interpreter %d\n", i, kernel.value[i],
            interpreter.value[i]);
  for (size_t i = 0; i < length; i++)
    printf ("#   %02zu: { %#06x, %u, %u, %#x }\n", i, program[i].code,
            program[i].jt, program[i].jf, program[i].k);
  return false;
}

/* CORE between prologue and epilogue. */
static size_t
wrap (const struct sock_filter *core, size_t length, unsigned shift,
      struct sock_filter *program)
{
  const struct sock_filter epilogue[] = { EPILOGUE (shift) };

  memcpy (program, prologue, sizeof prologue);
  if (length > 0) /* an empty one is NULL, which memcpy may not be given */
    memcpy (program + COUNT (prologue), core, length * sizeof *core);
  memcpy (program + COUNT (prologue) + length, epilogue, sizeof epilogue);
  return COUNT (prologue) + length + COUNT (epilogue);
}

/* ---- one program for each instruction ---- */
#define S(code, k) BPF_STMT (code, k)
#define LD_LOW(n) S (BPF_LD | BPF_W | BPF_ABS, LOW (n))
#define TAX S (BPF_MISC | BPF_TAX, 0)
#define ALU_K(name, k) { #name " K " #k, true, { LD_LOW (0), S (BPF_ALU | BPF_##name | BPF_K, k) } }
#define ALU_X(name, n)                                                         \
  { #name " X", true, { LD_LOW (n), TAX, LD_LOW (0), S (BPF_ALU | BPF_##name | BPF_X, 0) } }
#define JUMP(name, source, k)                                                  \
  { #name " " #source " " #k, true, { LD_LOW (1), TAX, LD_LOW (0),             \
      BPF_JUMP (BPF_JMP | BPF_##name | BPF_##source, k, 1, 0),                 \
      S (BPF_LD | BPF_IMM, 0x111), S (BPF_ALU | BPF_ADD | BPF_K, 0x222) } }
#define RAW(name, ...) { name, true, { __VA_ARGS__ } }
#define BAD(name, ...) { name, false, { __VA_ARGS__ } }

static const struct core
{
  const char *name;
  bool taken;
  struct sock_filter code[12]; /* up to the first { 0, 0, 0, 0 } behind one */
} cores[] = {
  RAW ("LD ABS nr", S (BPF_LD | BPF_W | BPF_ABS, NR)),
  RAW ("LD ABS arch", S (BPF_LD | BPF_W | BPF_ABS, ARCH)),
  RAW ("LD ABS low half", LD_LOW (3)),
  RAW ("LD ABS high half", S (BPF_LD | BPF_W | BPF_ABS, HIGH (3))),
  RAW ("LD ABS last word", S (BPF_LD | BPF_W | BPF_ABS, 60)),
  RAW ("LD LEN", S (BPF_LD | BPF_W | BPF_LEN, 5)),
  RAW ("LDX LEN", S (BPF_LDX | BPF_W | BPF_LEN, 5), S (BPF_MISC | BPF_TXA, 0)),
  RAW ("LD IMM", S (BPF_LD | BPF_IMM, 0xCAFEBABE)),
  RAW ("LDX IMM", S (BPF_LDX | BPF_IMM, 0xCAFEBABE), S (BPF_MISC | BPF_TXA, 0)),
  RAW ("X starts with 0", S (BPF_MISC | BPF_TXA, 0)),
  RAW ("TAX, TXA", LD_LOW (1), TAX, LD_LOW (0), S (BPF_MISC | BPF_TXA, 0)),
  RAW ("ST, LD MEM", LD_LOW (1), S (BPF_ST, 0), LD_LOW (0), S (BPF_LD | BPF_MEM, 0)),
  RAW ("STX, LDX MEM", LD_LOW (1), TAX, S (BPF_STX, 15), S (BPF_LDX | BPF_IMM, 9),
       S (BPF_LDX | BPF_MEM, 15), S (BPF_MISC | BPF_TXA, 0)),
  RAW ("scratch words are apart", LD_LOW (1), S (BPF_ST, 3), LD_LOW (0), S (BPF_ST, 4),
       S (BPF_LD | BPF_MEM, 3), S (BPF_LDX | BPF_MEM, 4), S (BPF_ALU | BPF_SUB | BPF_X, 0)),
  RAW ("NEG", LD_LOW (0), S (BPF_ALU | BPF_NEG, 0)),
  ALU_K (ADD, 0xFFFFFFF0), ALU_X (ADD, 1), ALU_K (SUB, 5), ALU_X (SUB, 1),
  ALU_K (MUL, 0x10001), ALU_X (MUL, 1), ALU_K (DIV, 3), ALU_X (DIV, 2),
  ALU_X (DIV, 1), /* by 0 with the first and the third arguments */
  ALU_K (AND, 0xFF00FF), ALU_X (AND, 1), ALU_K (OR, 0xF0F0), ALU_X (OR, 1),
  ALU_K (XOR, 0xFFFFFFFF), ALU_X (XOR, 1), ALU_K (LSH, 0), ALU_K (LSH, 31),
  ALU_X (LSH, 2), ALU_X (LSH, 3), ALU_X (LSH, 4), ALU_K (RSH, 0), ALU_K (RSH, 31),
  ALU_X (RSH, 2), ALU_X (RSH, 3), ALU_X (RSH, 4),
  RAW ("JA", LD_LOW (0), S (BPF_JMP | BPF_JA, 1), S (BPF_LD | BPF_IMM, 1), S (BPF_ALU | BPF_ADD | BPF_K, 2)),
  RAW ("JA 0", LD_LOW (0), S (BPF_JMP | BPF_JA, 0)),
  JUMP (JEQ, K, 1), JUMP (JEQ, X, 0), JUMP (JGT, K, 1), JUMP (JGT, X, 0),
  JUMP (JGT, K, 0x80000000), JUMP (JGE, K, 1), JUMP (JGE, X, 0),
  JUMP (JGE, K, 0xFFFFFFFF), JUMP (JSET, K, 0xF0), JUMP (JSET, X, 0),
  RAW ("RET K", S (BPF_RET | BPF_K, SECCOMP_RET_ERRNO | 77)),
  RAW ("RET A", S (BPF_LD | BPF_IMM, SECCOMP_RET_ERRNO | 78), S (BPF_RET | BPF_A, 9)),
  RAW ("RET ALLOW", S (BPF_RET | BPF_K, SECCOMP_RET_ALLOW)),
  RAW ("RET KILL_PROCESS", S (BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS)),
  RAW ("an unknown action kills", S (BPF_RET | BPF_K, 0x12340000)),
  RAW ("a written word on both ways", S (BPF_ST, 1), BPF_JUMP (BPF_JMP | BPF_JEQ | BPF_K, 3, 1, 0),
       S (BPF_ST, 2), S (BPF_LD | BPF_MEM, 1)),
  BAD ("MOD", LD_LOW (0), S (BPF_ALU | BPF_MOD | BPF_K, 3)),
  BAD ("RET X", S (BPF_RET | BPF_X, 0)),
  BAD ("LD half word", S (BPF_LD | BPF_H | BPF_ABS, NR)),
  BAD ("LD IND", S (BPF_LD | BPF_W | BPF_IND, 0)),
  BAD ("LDX MSH", S (BPF_LDX | BPF_B | BPF_MSH, 0)),
  BAD ("unaligned load", S (BPF_LD | BPF_W | BPF_ABS, 2)),
  BAD ("load behind the data", S (BPF_LD | BPF_W | BPF_ABS, 64)),
  BAD ("load of an ancillary word", S (BPF_LD | BPF_W | BPF_ABS, 0xFFFFF000)),
  BAD ("division by a constant zero", S (BPF_ALU | BPF_DIV | BPF_K, 0)),
  BAD ("LSH by 32", S (BPF_ALU | BPF_LSH | BPF_K, 32)),
  BAD ("RSH by 32", S (BPF_ALU | BPF_RSH | BPF_K, 32)),
  BAD ("ST behind the words", S (BPF_ST, 16)),
  BAD ("STX behind the words", S (BPF_STX, 16)),
  BAD ("LD MEM behind the words", S (BPF_LD | BPF_MEM, 16)),
  BAD ("LDX MEM behind the words", S (BPF_LDX | BPF_MEM, 16)),
  BAD ("LD MEM of what was not written", S (BPF_LD | BPF_MEM, 1)),
  BAD ("LDX MEM of what was not written", S (BPF_ST, 2), S (BPF_LDX | BPF_MEM, 1)),
  BAD ("a word that one way does not write", BPF_JUMP (BPF_JMP | BPF_JEQ | BPF_K, 3, 1, 0),
       S (BPF_ST, 2), S (BPF_LD | BPF_MEM, 2)),
  BAD ("JA beyond the end", S (BPF_JMP | BPF_JA, 4)),
  BAD ("JA that wraps", S (BPF_JMP | BPF_JA, 0xFFFFFFFF)),
  BAD ("JEQ true beyond the end", BPF_JUMP (BPF_JMP | BPF_JEQ | BPF_K, 0, 4, 0)),
  BAD ("JEQ false beyond the end", BPF_JUMP (BPF_JMP | BPF_JEQ | BPF_K, 0, 0, 4)),
  BAD ("an unknown instruction behind a return", S (BPF_RET | BPF_K, 0), S (0xFFFF, 0)),
};

static size_t
length_of (const struct core *core)
{
  size_t length = COUNT (core->code);

  /* Only BPF_LD | BPF_W | BPF_IMM is all zero, and no program ends so. */
  while (core->code[length - 1].code == 0 && core->code[length - 1].k == 0)
    length--;
  return length;
}

static void
test_core (const struct core *core)
{
  struct sock_filter program[LONGEST];
  bool good = true, taken;

  for (size_t i = 0; i < COUNT (shifts); i++)
    {
      size_t length
          = wrap (core->code, length_of (core), shifts[i], program);

      good = agree (program, length, &taken) && taken == core->taken && good;
    }
  tap_ok (good, core->name);
}

/* ---- ends, lengths, what a child cannot see ---- */
static void
test_ends (void)
{
  static struct sock_filter longest[BPF_MAXINSNS + 1];
  struct sock_filter program[LONGEST];
  size_t length = wrap (NULL, 0, 0, program);
  bool taken;

  tap_ok (agree (program, length - 1, &taken) && !taken, "no return");
  tap_ok (agree (program, 1, &taken) && !taken, "one instruction, no return");
  tap_ok (agree (program, 0, &taken) && !taken, "no instruction");
  program[length] = (struct sock_filter) S (BPF_JMP | BPF_JA, 0);
  tap_ok (agree (program, length + 1, &taken) && !taken, "ends with a jump");
  for (size_t i = 0; i <= BPF_MAXINSNS; i++)
    longest[i] = (struct sock_filter) S (BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
  tap_ok (agree (longest, BPF_MAXINSNS, &taken) && taken, "4096 instructions");
  tap_ok (agree (longest, BPF_MAXINSNS + 1, &taken) && !taken,
          "4097 instructions");
}

static void
test_pointer (void)
{
  const struct seccomp_data data
      = { .instruction_pointer = UINT64_C (0x1122334455667788) };
  uint32_t words[2] = { 0, 0 };
  uint64_t pointer;

  for (unsigned i = 0; i < 2; i++)
    {
      const struct sock_filter program[]
          = { S (BPF_LD | BPF_W | BPF_ABS, 8 + 4 * i), S (BPF_RET | BPF_A, 0) };

      bpf_run (program, COUNT (program), &data, &words[i]);
    }
  memcpy (&pointer, words, sizeof pointer);
  tap_ok (pointer == data.instruction_pointer, "the instruction pointer");
}

/* ---- programs nobody thought of ---- */
static uint32_t
random_number (uint32_t limit)
{
  static uint64_t state = UINT64_C (0x8916891689168916);

  state ^= state << 13;
  state ^= state >> 7;
  state ^= state << 17;
  return (uint32_t) (state >> 16) % limit;
}

static struct sock_filter
random_instruction (void)
{
  static const uint32_t constants[]
      = { 0, 1, 2, 3, 4, 8, 15, 16, 20, 28, 31, 32, 33, 60, 64, 0x8916,
          0x80000000, 0xFFFFFFFF };
  struct sock_filter at = { 0, (uint8_t) random_number (4),
                            (uint8_t) random_number (4),
                            constants[random_number (COUNT (constants))] };

  if (random_number (40) == 0)
    at.code = (uint16_t) random_number (0x100);
  else
    {
      const struct core *core = &cores[random_number (COUNT (cores))];

      at.code = core->code[random_number ((uint32_t) length_of (core))].code;
    }
  /* The end of a program is seldom worth a look; loads of arguments are. */
  if (BPF_CLASS (at.code) == BPF_RET
      || (at.code == (BPF_LD | BPF_W | BPF_ABS) && random_number (8) != 0))
    at = (struct sock_filter) LD_LOW (random_number (6));
  if (at.code == (BPF_JMP | BPF_JA))
    at.k = random_number (6);
  /* Nobody knows the child's instruction pointer. */
  if (at.code == (BPF_LD | BPF_W | BPF_ABS) && (at.k == 8 || at.k == 12))
    at.k = ARCH;
  return at;
}

static void
test_random (void)
{
  unsigned wrong = 0, taken_count = 0;

  for (unsigned i = 0; i < RANDOM_PROGRAMS; i++)
    {
      struct sock_filter core[10], program[LONGEST];
      size_t length = 1 + random_number (COUNT (core));
      bool taken;

      for (size_t j = 0; j < length; j++)
        core[j] = random_instruction ();
      length = wrap (core, length, shifts[i % COUNT (shifts)], program);
      wrong += !agree (program, length, &taken);
      taken_count += taken;
    }
  printf ("# %u of %d random programs taken by the kernel\n", taken_count,
          RANDOM_PROGRAMS);
  tap_ok (wrong == 0, "random programs");
  tap_ok (taken_count > RANDOM_PROGRAMS / 10
              && taken_count < RANDOM_PROGRAMS * 9 / 10,
          "the kernel took some of them and not others");
}

int
main (void)
{
#ifndef NATIVE
  puts ("1..0 # SKIP the audit token of this machine is not known here");
  return 0;
#else
  setvbuf (stdout, NULL, _IONBF, 0);
  shared = mmap (NULL, sizeof *shared, PROT_READ | PROT_WRITE,
                 MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (shared == MAP_FAILED)
    abort ();
  for (size_t i = 0; i < COUNT (cores); i++)
    test_core (&cores[i]);
  test_ends ();
  test_pointer ();
  test_random ();
  return tap_end ();
#endif
}
