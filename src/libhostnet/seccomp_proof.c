/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "seccomp_proof.h"

#include <seccomp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "bpf_prove.h"
#include "ioctl_blocks.h"
#include "seccomp_compile.h"

#define COUNT(array) (sizeof (array) / sizeof *(array))
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
enum { LOW_HALF = 0 };
#else
enum { LOW_HALF = 1 };
#endif

enum
{
  ARCHITECTURES = 32,
  TCGETS_COMMAND = 0x5401,
  NR_WORD = offsetof (struct seccomp_data, nr) / 4,
  ARCH_WORD = offsetof (struct seccomp_data, arch) / 4,
  ARGUMENT_WORDS = offsetof (struct seccomp_data, args) / 4
};

struct architecture
{
  const char *name;
  uint32_t token; /* libseccomp's */
};

/* What the lock divides all commands into: ioctl_blocks.h. */
struct division
{
  const struct ioctl_block *denied, *allowed;
  size_t denied_count, allowed_count;
};

static const struct division divisions[2] = {
  [false] = { ioctl_denied, ioctl_allowed, COUNT (ioctl_denied),
              COUNT (ioctl_allowed) },
  [true] = { ioctl_denied_strict, ioctl_allowed_strict,
             COUNT (ioctl_denied_strict), COUNT (ioctl_allowed_strict) },
};

struct proof
{
  bool strict;
  const struct division *division;
  struct architecture architectures[ARCHITECTURES];
  size_t architecture_count;
  uint32_t *commands; /* owned */
  size_t command_count;
  char *open;    /* the first thing found that is not denied, owned */
  char *missing; /* the first reading command that is denied, owned */
  /* what is looked at */
  enum seccomp_way way;
  const struct seccomp_program *program;
  const struct architecture *architecture;
};

/* The first finding is told. */
static void __attribute__ ((format (printf, 3, 4)))
note (const struct proof *proof, char **where, const char *format, ...)
{
  cleanup_free char *what = NULL;
  va_list args;

  if (*where != NULL)
    return;
  va_start (args, format);
  what = xvasprintf (format, args);
  va_end (args);
  *where = xasprintf ("%s, on %s under %s", what, proof->architecture->name,
                      seccomp_way_name (proof->way));
}

/* ---- the architectures ---- */
/* The audit token; x32 is x86-64 with a bit in the system call's number. */
static uint32_t
audit_token (uint32_t token)
{
  return token == SCMP_ARCH_X32 ? SCMP_ARCH_X86_64 : token;
}

/* runtime-spec, config-linux.md "Seccomp": the names of what a machine can
 * run; each native one is followed by its compat ones. */
static const struct
{
  struct architecture architecture;
  uint32_t native; /* the machine on which it runs */
} known[] = {
  { { "x86-64", SCMP_ARCH_X86_64 }, SCMP_ARCH_X86_64 },
  { { "i386", SCMP_ARCH_X86 }, SCMP_ARCH_X86_64 },
  { { "x32", SCMP_ARCH_X32 }, SCMP_ARCH_X86_64 },
  { { "i386", SCMP_ARCH_X86 }, SCMP_ARCH_X86 },
  { { "aarch64", SCMP_ARCH_AARCH64 }, SCMP_ARCH_AARCH64 },
  { { "arm", SCMP_ARCH_ARM }, SCMP_ARCH_AARCH64 },
  { { "arm", SCMP_ARCH_ARM }, SCMP_ARCH_ARM },
  { { "s390x", SCMP_ARCH_S390X }, SCMP_ARCH_S390X },
  { { "s390", SCMP_ARCH_S390 }, SCMP_ARCH_S390X },
  { { "ppc64le", SCMP_ARCH_PPC64LE }, SCMP_ARCH_PPC64LE },
  { { "riscv64", SCMP_ARCH_RISCV64 }, SCMP_ARCH_RISCV64 },
};

static void
add_architecture (struct proof *proof, const char *name, uint32_t token)
{
  for (size_t i = 0; i < proof->architecture_count; i++)
    if (proof->architectures[i].token == token)
      return;
  if (proof->architecture_count == ARCHITECTURES)
    abort (); /* libseccomp knows fewer */
  proof->architectures[proof->architecture_count++]
      = (struct architecture){ name, token };
}

/* Those of this machine, and those that the profile lists. */
static void
find_architectures (struct proof *proof, const struct json_doc *config,
                    json_node seccomp)
{
  uint32_t native = seccomp_arch_native ();
  json_node list;

  add_architecture (proof, "the native architecture", native);
  for (size_t i = 0; i < COUNT (known); i++)
    if (known[i].native == native)
      {
        if (known[i].architecture.token == native)
          proof->architectures[0] = known[i].architecture;
        add_architecture (proof, known[i].architecture.name,
                          known[i].architecture.token);
      }
  json_get (config, seccomp, "architectures", JSON_ARRAY, &list, NULL);
  for (json_node n = json_first (config, list); n != JSON_NONE;
       n = json_next (config, n))
    {
      cleanup_free char *name = json_kind (config, n) == JSON_STRING
                                    ? json_string (config, n)
                                    : NULL;
      uint32_t token = name == NULL ? 0 : seccomp_architecture (name);

      if (token != 0)
        add_architecture (proof, "a foreign architecture of the profile",
                          token);
    }
}

/* ---- the commands ---- */
/* A few that every program uses: asm-generic/ioctls.h. */
static const uint32_t common_commands[]
    = { TCGETS_COMMAND, 0x5402, 0x540F, 0x5410, 0x5413, 0x541B, 0x5421,
        0x5450, 0x5451, 0x5452 };

static bool
is_denied (const struct division *division, uint32_t command)
{
  for (size_t i = 0; i < division->denied_count; i++)
    if ((command & division->denied[i].mask) == division->denied[i].datum)
      return true;
  return false;
}

static void
add_command (struct proof *proof, uint32_t command)
{
  proof->commands[proof->command_count++] = command;
}

static void
add_corners (struct proof *proof, const struct ioctl_block *blocks,
             size_t count)
{
  for (size_t i = 0; i < count; i++)
    {
      add_command (proof, blocks[i].datum);
      add_command (proof, blocks[i].datum | ~blocks[i].mask);
    }
}

static void
find_commands (struct proof *proof)
{
  const struct division *division = proof->division;

  proof->commands
      = xmalloc (sizeof *proof->commands
                 * (2 * 0x100 + 0x40 + 2 * division->denied_count
                    + 2 * division->allowed_count + COUNT (common_commands)));
  for (uint32_t i = 0; i <= 0xFF; i++)
    {
      add_command (proof, 0x8900 + i);
      add_command (proof, 0x8B00 + i);
    }
  for (uint32_t i = 0; i <= 0x3F; i++)
    add_command (proof, 0x400454C0 + i);
  add_corners (proof, division->denied, division->denied_count);
  add_corners (proof, division->allowed, division->allowed_count);
  for (size_t i = 0; i < COUNT (common_commands); i++)
    add_command (proof, common_commands[i]);
}

/* ---- the verdicts ---- */
/* TRACE and USER_NOTIF let another process decide, LOG permits, and errno 0
 * pretends that it was done. */
static bool
denies (uint32_t action)
{
  switch (action & SECCOMP_RET_ACTION_FULL)
    {
    case SECCOMP_RET_KILL_PROCESS:
    case SECCOMP_RET_KILL_THREAD:
    case SECCOMP_RET_TRAP:
      return true;
    case SECCOMP_RET_ERRNO:
      return (action & SECCOMP_RET_DATA) != 0;
    default:
      return false;
    }
}

static bool
permits (uint32_t action)
{
  action &= SECCOMP_RET_ACTION_FULL;
  return action == SECCOMP_RET_ALLOW || action == SECCOMP_RET_LOG;
}

static uint32_t
action_for (const struct proof *proof, int number, uint32_t command,
            uint32_t upper)
{
  const struct seccomp_data data
      = { .nr = number,
          .arch = audit_token (proof->architecture->token),
          .args = { 3, (uint64_t) upper << 32 | command, 0x7FFE00000000 } };

  return bpf_execute (proof->program->code, &data);
}

/* One command after the other, in the spellings that a program can choose:
 * the kernel does not look at the upper half of the argument. */
static void
try_commands (struct proof *proof, int number)
{
  static const uint32_t uppers[] = { 0, 1, 0xDEADBEEF, 0xFFFFFFFF };
  bool reads = permits (action_for (proof, number, TCGETS_COMMAND, 0));

  for (size_t i = 0; i < proof->command_count; i++)
    for (size_t u = 0; u < COUNT (uppers); u++)
      {
        uint32_t command = proof->commands[i];
        uint32_t action = action_for (proof, number, command, uppers[u]);

        if (is_denied (proof->division, command))
          {
            if (!denies (action))
              note (proof, &proof->open, "ioctl 0x%08X_%08X is not denied",
                    uppers[u], command);
          }
        /* A number without a meaning falls either way: a lock may deny what
         * another one permits. */
        else if (reads && !permits (action)
                 && !is_denied (&divisions[!proof->strict], command))
          note (proof, &proof->missing,
                "ioctl 0x%08X_%08X, which changes nothing, is denied",
                uppers[u], command);
      }
}

/* Whether NUMBER is denied whenever the lower half of ARGUMENT is like WORD,
 * whatever else the data are. */
static bool
is_closed (const struct proof *proof, int number, unsigned argument,
           struct bpf_word word)
{
  struct bpf_word words[BPF_DATA_WORDS] = { { 0, 0 } };

  words[NR_WORD] = (struct bpf_word){ UINT32_MAX, (uint32_t) number };
  words[ARCH_WORD] = (struct bpf_word){
    UINT32_MAX, audit_token (proof->architecture->token)
  };
  words[ARGUMENT_WORDS + 2 * argument + LOW_HALF] = word;
  return bpf_prove (proof->program->code, proof->program->count, words,
                    denies);
}

/* All commands of the denied blocks at once. */
static void
prove_ioctl (struct proof *proof, int number)
{
  const struct division *division = proof->division;

  try_commands (proof, number);
  for (size_t i = 0; i < division->denied_count; i++)
    if (!is_closed (proof, number, 1,
                    (struct bpf_word){ division->denied[i].mask,
                                       division->denied[i].datum }))
      note (proof, &proof->open,
            "ioctl 0x%08X and those like it are not denied whatever the other "
            "arguments are",
            division->denied[i].datum);
}

/* ---- strict ---- */
/* The calls whose argument 0 is a family.  Where libseccomp takes them for a
 * part of socketcall, the numbers that the kernel has for them: syscall_32.tbl
 * of x86, syscall.tbl of s390 and powerpc. */
static const struct creator
{
  const char *name;
  int on_x86, on_powerpc; /* s390 has those of x86 */
} creators[] = {
  { "socket", 359, 326 },
  { "socketpair", 360, 333 },
};

static int
creator_number (const struct creator *creator, uint32_t token)
{
  switch (token)
    {
    case SCMP_ARCH_X86:
    case SCMP_ARCH_S390:
    case SCMP_ARCH_S390X:
      return creator->on_x86;
    case SCMP_ARCH_PPC:
    case SCMP_ARCH_PPC64:
    case SCMP_ARCH_PPC64LE:
      return creator->on_powerpc;
    default:
      return seccomp_syscall_resolve_name_arch (token, creator->name);
    }
}

/* Families 0 to 63 one by one, larger ones by the bits above. */
static void
prove_families (struct proof *proof, const struct creator *creator)
{
  enum { AF_UNIX_ = 1, AF_INET_ = 2, AF_INET6_ = 10, AF_NETLINK_ = 16 };
  int number = creator_number (creator, proof->architecture->token);

  for (uint32_t family = 0; family < 64; family++)
    if (family != AF_UNIX_ && family != AF_INET_ && family != AF_INET6_
        && family != AF_NETLINK_
        && !is_closed (proof, number, 0,
                       (struct bpf_word){ UINT32_MAX, family }))
      note (proof, &proof->open, "%s for the family %u is not denied",
            creator->name, family);
  for (unsigned bit = 6; bit < 32; bit++)
    if (!is_closed (proof, number, 0,
                    (struct bpf_word){ 1U << bit, 1U << bit }))
      note (proof, &proof->open, "%s for families with bit %u is not denied",
            creator->name, bit);
}

static void
prove_strict (struct proof *proof)
{
  static const char *const calls[]
      = { "io_uring_setup", "io_uring_enter", "io_uring_register", "bpf",
          "perf_event_open", "socketcall" };

  for (size_t i = 0; i < COUNT (calls); i++)
    {
      int number = seccomp_syscall_resolve_name_arch (
          proof->architecture->token, calls[i]);

      /* Negative: the architecture has no such call. */
      if (number >= 0
          && !is_closed (proof, number, 0, (struct bpf_word){ 0, 0 }))
        note (proof, &proof->open, "%s is not denied", calls[i]);
    }
  for (size_t i = 0; i < COUNT (creators); i++)
    prove_families (proof, &creators[i]);
}

/* ---- all of it ---- */
static void
prove_program (struct proof *proof)
{
  for (size_t i = 0; i < proof->architecture_count; i++)
    {
      int number;

      proof->architecture = &proof->architectures[i];
      number = seccomp_syscall_resolve_name_arch (proof->architecture->token,
                                                  "ioctl");
      if (number < 0)
        note (proof, &proof->open, "the number of ioctl is not known");
      else
        prove_ioctl (proof, number);
      if (proof->strict)
        prove_strict (proof);
    }
}

static void
add_results (const struct proof *proof, const struct error *refused,
             unsigned compiled, struct checks *checks)
{
  struct json_buffer names = JSON_BUFFER_INIT;

  if (compiled == 0)
    {
      checks_add (checks, "seccomp", CHECK_FAILS, "%s", refused->message);
      checks_add (checks, "reads", CHECK_NOTE, "no filter to look at");
      return;
    }
  for (size_t i = 0; i < proof->architecture_count; i++)
    json_buffer_add (&names, "%s%s", i > 0 ? ", " : "",
                     proof->architectures[i].name);
  if (proof->open != NULL)
    checks_add (checks, "seccomp", CHECK_FAILS, "%s", proof->open);
  else
    checks_add (checks, "seccomp", CHECK_HOLDS,
                "every ioctl that changes interfaces, routes and ARP%s is "
                "denied on %s%s%s",
                proof->strict ? ", and what strict denies besides," : "",
                names.text, refused->message != NULL ? "; " : "",
                refused->message != NULL ? refused->message : "");
  if (proof->missing != NULL)
    checks_add (checks, "reads", CHECK_FAILS, "%s", proof->missing);
  else
    checks_add (checks, "reads", CHECK_HOLDS,
                "the reading ioctls of the network are permitted as those of "
                "a terminal are");
  free (names.text);
}

void
seccomp_prove (const struct json_doc *config, json_node linux_object,
               bool strict, struct checks *checks)
{
  cleanup_error struct error err = ERROR_INIT;
  struct proof proof = { .strict = strict, .division = &divisions[strict] };
  unsigned compiled = 0;
  json_node seccomp;

  if (json_get (config, linux_object, "seccomp", JSON_OBJECT, &seccomp, &err)
      == 0)
    {
      checks_add (checks, "seccomp", CHECK_FAILS,
                  "there is no profile in /linux/seccomp");
      checks_add (checks, "reads", CHECK_HOLDS, "there is no profile");
      return;
    }
  find_architectures (&proof, config, seccomp);
  find_commands (&proof);
  for (enum seccomp_way way = 0; way < SECCOMP_WAYS; way++)
    {
      struct seccomp_program program = SECCOMP_PROGRAM_INIT;

      /* A runtime that does not take the profile starts nothing. */
      if (seccomp_compile (config, linux_object, way, &program, &err) > 0)
        {
          compiled++;
          proof.way = way;
          proof.program = &program;
          prove_program (&proof);
        }
      seccomp_program_clear (&program);
    }
  add_results (&proof, &err, compiled, checks);
  free (proof.commands);
  free (proof.open);
  free (proof.missing);
}
