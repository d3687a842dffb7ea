/* SPDX-License-Identifier: Apache-2.0 */
/* The ioctl lock by brute force: profiles are planned, edited, compiled with
 * libseccomp as crun and runc do, and the BPF is interpreted over commands.
 *
 *   test_ioctl_filter ioctls.tsv [config.json...]
 *
 * What is denied must be EACCES (or stay denied as it was), what is allowed
 * must have the verdict of the original profile. */
#include <config.h>

#include "bpf.h"
#include "ioctl_blocks.h"
#include "seccomp_compile.h"
#include "seccomp_lock.h"

#include <errno.h>
#include <linux/audit.h>
#include <linux/seccomp.h>
#include <seccomp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COUNT(array) (sizeof (array) / sizeof ((array)[0]))

enum
{
  RANDOM_COMMANDS = 20000,
  RANDOM_SHARE = 4, /* each case has one of so many parts of them, in turn */
  SHOWN_MISMATCHES = 3
};

/* ---- what the profiles are made of ---- */
#define RULE(names, action, more)                                              \
  "{\"names\":[" names "],\"action\":\"SCMP_ACT_" action "\"" more "}"
#define IOCTL(action, more) RULE ("\"ioctl\"", action, more)
#define ERRNO_RET(number) ",\"errnoRet\":" number
#define ARG(index, op, value, two)                                             \
  "{\"index\":" index ",\"value\":" value ",\"valueTwo\":" two                 \
  ",\"op\":\"SCMP_CMP_" op "\"}"
#define IF(arg) ",\"args\":[" arg "]"
#define EQ(value) IF (ARG ("1", "EQ", value, "0"))
#define MASKED(mask, datum) IF (ARG ("1", "MASKED_EQ", mask, datum))

#define C_5401 "21505"
#define C_5412 "21522"
#define C_8915 "35093"
#define C_8916 "35094"
#define C_18915 "4295002389" /* 0x1_0000_8915 */
#define C_18916 "4295002390"
#define M_8900 "35072"
#define M_8B00 "35584"
#define M_FF00 "65280"
#define M_FFFF "65535"
#define M_FFFFFF00 "4294967040"
#define M_32 "4294967295"
#define M_64 "18446744073709551615"
#define M_UPPER "18446744069414584320"
#define M_UPPER_FF00 "18446744069414649600"
#define D_UPPER1 "4294967296"
#define D_18900 "4295002368"

/* What the plan may do. */
enum
{
  PLANS = 1,
  TRACE = 2,
  CONDITION = 4,
  CONFLICT = 8,
  DISPUTED = 16
};

struct rule_set
{
  const char *rules;
  unsigned expected;
  const char *skipped; /* as this default action the runtimes skip a rule that
                        * the expected refusal is about: either is right */
};

static const struct rule_set rule_sets[] = {
  { "", PLANS, NULL },
  { RULE ("\"getpid\",\"ioctl\",\"getppid\"", "ALLOW", ""), PLANS, NULL },
  { RULE ("\"ioctl\",\"getpid\"", "ALLOW", ",\"args\":[]"), PLANS, NULL },
  { RULE ("\"getpid\",\"ioctl\"", "ALLOW", ",\"args\":null"), PLANS, NULL },
  { RULE ("\"ioctl\",\"ioctl\"", "ALLOW", ""), PLANS, NULL },
  { IOCTL ("ALLOW", ""), PLANS, NULL },
  { IOCTL ("LOG", ""), PLANS, NULL },
  { IOCTL ("ERRNO", ""), PLANS, NULL },
  { IOCTL ("ERRNO", ERRNO_RET ("13")), PLANS, NULL },
  { IOCTL ("ERRNO", ERRNO_RET ("38")), PLANS, NULL },
  { IOCTL ("KILL", ""), PLANS, NULL },
  { IOCTL ("KILL_PROCESS", ""), PLANS, NULL },
  { IOCTL ("TRAP", ""), PLANS, NULL },
  { IOCTL ("ALLOW", "") "," RULE ("\"getpid\",\"ioctl\"", "ALLOW", ""), PLANS,
    NULL },
  { IOCTL ("ALLOW", "") "," IOCTL ("ALLOW", ""), PLANS, NULL },
  /* one condition */
  { IOCTL ("ALLOW", EQ (C_5401)), PLANS, NULL },
  { IOCTL ("ALLOW", EQ (C_8915)), PLANS, NULL },
  { IOCTL ("ALLOW", EQ (C_8916)), PLANS, NULL },
  { IOCTL ("ALLOW", EQ (C_18915)), PLANS, NULL },
  { IOCTL ("ALLOW", EQ (C_18916)), PLANS, NULL },
  { IOCTL ("LOG", EQ (C_8916)), PLANS, NULL },
  { IOCTL ("LOG", EQ (C_8915)), PLANS, NULL },
  { RULE ("\"ioctl\",\"personality\"", "ALLOW", EQ (C_8916)), PLANS, NULL },
  { IOCTL ("ALLOW", MASKED (M_FF00, M_8900)), PLANS, NULL },
  { IOCTL ("ALLOW", MASKED (M_32, C_5401)), PLANS, NULL },
  { IOCTL ("ALLOW", MASKED (M_32, C_8916)), PLANS, NULL },
  { IOCTL ("ALLOW", MASKED (M_64, C_5401)), PLANS, NULL },
  { IOCTL ("ALLOW", MASKED (M_64, C_18916)), PLANS, NULL },
  { IOCTL ("ALLOW", MASKED (M_UPPER, D_UPPER1)), PLANS, NULL },
  { IOCTL ("ALLOW", MASKED (M_UPPER_FF00, D_18900)), PLANS, NULL },
  { IOCTL ("ALLOW", MASKED (M_FFFF, C_8916)), PLANS, NULL },
  { IOCTL ("ALLOW", MASKED ("0", "0")), PLANS, NULL },
  { IOCTL ("ALLOW", MASKED ("1", "1")), PLANS, NULL },
  /* cut to what allowed blocks share */
  { IOCTL ("ALLOW", MASKED ("192", "0")), PLANS, NULL },
  { IOCTL ("ALLOW", MASKED (M_FF00, C_8916)), PLANS, NULL },
  { IOCTL ("ERRNO", EQ (C_5412) ERRNO_RET ("1")), PLANS, NULL },
  { IOCTL ("ERRNO", EQ (C_8916) ERRNO_RET ("1")), PLANS, NULL },
  { IOCTL ("ERRNO", EQ (C_8915) ERRNO_RET ("1")), PLANS, NULL },
  { IOCTL ("ERRNO", MASKED (M_32, C_8916) ERRNO_RET ("0")), PLANS, NULL },
  { IOCTL ("ERRNO", MASKED (M_FFFF, C_8916) ERRNO_RET ("1")), PLANS, NULL },
  { IOCTL ("KILL", MASKED (M_FFFFFF00, M_8900)), PLANS, NULL },
  { IOCTL ("KILL_PROCESS", MASKED (M_FF00, M_8900)), PLANS, NULL },
  { IOCTL ("TRAP", EQ (C_5412)), PLANS, NULL },
  { IOCTL ("TRAP", EQ (C_18916)), PLANS, NULL },
  /* several rules */
  { IOCTL ("ALLOW", EQ (C_5401)) "," IOCTL ("ALLOW", EQ (C_8916)) ","
    IOCTL ("LOG", MASKED (M_32, C_8915)), PLANS, NULL },
  { IOCTL ("ALLOW", EQ (C_8916)) "," IOCTL ("ERRNO", EQ (C_5412)), PLANS,
    NULL },
  { IOCTL ("ALLOW", "") "," IOCTL ("ERRNO", EQ (C_5412) ERRNO_RET ("1")),
    PLANS, NULL },
  { IOCTL ("ERRNO", EQ (C_5412) ERRNO_RET ("1")) "," IOCTL ("ALLOW", ""),
    PLANS, NULL },
  { IOCTL ("ALLOW", "") "," IOCTL ("KILL", EQ (C_8915)), PLANS, NULL },
  { IOCTL ("ALLOW", "") "," IOCTL ("ERRNO", EQ (C_8916) ERRNO_RET ("1")),
    PLANS, NULL },
  { IOCTL ("ALLOW", "") "," IOCTL ("ALLOW", EQ (C_8916)), PLANS, NULL },
  { IOCTL ("ALLOW", EQ (C_8916)) "," IOCTL ("ALLOW", ""), PLANS, NULL },
  { IOCTL ("ALLOW", "") "," IOCTL ("LOG", EQ (C_8915)), PLANS, NULL },
  { IOCTL ("LOG", "") "," IOCTL ("ALLOW", MASKED (M_FF00, M_8900)), PLANS,
    NULL },
  { IOCTL ("ERRNO", "") "," IOCTL ("ALLOW", EQ (C_5401)), PLANS, NULL },
  { IOCTL ("ALLOW", EQ (C_8916)) "," IOCTL ("KILL", ""), PLANS, NULL },
  /* two rules match one command: refused, or every verdict as it was */
  { IOCTL ("ALLOW", MASKED (M_FF00, M_8900)) ","
    IOCTL ("ERRNO", EQ (C_8915) ERRNO_RET ("1")),
    PLANS | DISPUTED, NULL },
  { IOCTL ("ERRNO", EQ (C_8915) ERRNO_RET ("1")) ","
    IOCTL ("ALLOW", MASKED (M_FF00, M_8900)),
    PLANS | DISPUTED, NULL },
  { IOCTL ("LOG", MASKED (M_FF00, M_8900)) ","
    IOCTL ("ERRNO", MASKED (M_32, C_8915) ERRNO_RET ("1")),
    PLANS | DISPUTED, NULL },
  { IOCTL ("ERRNO", MASKED (M_32, C_8915) ERRNO_RET ("1")) ","
    IOCTL ("LOG", MASKED (M_FF00, M_8900)),
    PLANS | DISPUTED, NULL },
  { IOCTL ("ALLOW", EQ (C_8915)) ","
    IOCTL ("ERRNO", MASKED (M_FF00, M_8900) ERRNO_RET ("1")),
    PLANS | DISPUTED, NULL },
  { IOCTL ("ERRNO", MASKED (M_FF00, M_8900) ERRNO_RET ("1")) ","
    IOCTL ("ALLOW", EQ (C_8915)),
    PLANS | DISPUTED, NULL },
  { IOCTL ("ALLOW", MASKED (M_FF00, M_8900)) ","
    IOCTL ("KILL", MASKED (M_FFFF, C_8915)),
    PLANS | DISPUTED, NULL },
  { IOCTL ("KILL", MASKED (M_FFFF, C_8915)) ","
    IOCTL ("ALLOW", MASKED (M_FF00, M_8900)),
    PLANS | DISPUTED, NULL },
  { IOCTL ("ALLOW", MASKED ("0", "0")) ","
    IOCTL ("ERRNO", EQ (C_8916) ERRNO_RET ("1")),
    PLANS | DISPUTED, NULL },
  { IOCTL ("ERRNO", EQ (C_8916) ERRNO_RET ("1")) ","
    IOCTL ("ALLOW", MASKED ("0", "0")),
    PLANS | DISPUTED, NULL },
  { IOCTL ("ALLOW", MASKED ("0", "0")) ","
    IOCTL ("KILL", EQ (C_5412)),
    PLANS | DISPUTED, NULL },
  { IOCTL ("KILL", EQ (C_5412)) ","
    IOCTL ("ALLOW", MASKED ("0", "0")),
    PLANS | DISPUTED, NULL },
  { IOCTL ("ALLOW", MASKED (M_FFFFFF00, M_8900)) ","
    IOCTL ("TRAP", MASKED ("1", "1")),
    PLANS | DISPUTED, NULL },
  { IOCTL ("TRAP", MASKED ("1", "1")) ","
    IOCTL ("ALLOW", MASKED (M_FFFFFF00, M_8900)),
    PLANS | DISPUTED, NULL },
  { IOCTL ("ALLOW", MASKED (M_FF00, M_8900)) ","
    IOCTL ("ALLOW", EQ (C_8915)), PLANS, NULL },
  { IOCTL ("ALLOW", MASKED (M_FFFFFF00, M_8900)) ","
    IOCTL ("ALLOW", MASKED ("1", "1")), PLANS, NULL },
  { IOCTL ("ALLOW", MASKED ("1", "1")) ","
    IOCTL ("ALLOW", MASKED (M_FF00, M_8900)), PLANS, NULL },
  { IOCTL ("LOG", MASKED ("0", "0")) "," IOCTL ("LOG", EQ (C_18916)), PLANS,
    NULL },
  { IOCTL ("ERRNO", MASKED (M_32, C_5412)) ","
    IOCTL ("ALLOW", MASKED (M_FFFF, C_5412)), PLANS, NULL },
  /* one of our own rules is there */
  { IOCTL ("ERRNO", MASKED (M_FFFFFF00, M_8B00) ERRNO_RET ("13")) ","
    IOCTL ("ALLOW", ""), PLANS, NULL },
  { IOCTL ("ERRNO", MASKED (M_FFFFFF00, M_8B00) ERRNO_RET ("13")) ","
    IOCTL ("ALLOW", EQ (M_8B00)), PLANS | DISPUTED, NULL },
  /* one like it that permits, or only pretends */
  { IOCTL ("ALLOW", MASKED (M_FFFFFF00, M_8B00)), PLANS, NULL },
  { IOCTL ("ERRNO", MASKED (M_FFFFFF00, M_8B00) ERRNO_RET ("0")), PLANS,
    NULL },
  /* denying rules of another kind: they stay, or are refused */
  { IOCTL ("ERRNO", IF (ARG ("0", "EQ", "3", "0"))), PLANS | CONDITION, NULL },
  { IOCTL ("ERRNO", IF (ARG ("1", "GT", C_5401, "0"))), PLANS | CONDITION,
    NULL },
  { IOCTL ("ERRNO", IF (ARG ("1", "NE", C_5401, "0"))), PLANS | CONDITION,
    NULL },
  { IOCTL ("KILL", IF (ARG ("0", "EQ", "3", "0") ","
                       ARG ("1", "EQ", C_5401, "0"))), PLANS | CONDITION,
    NULL },
  { IOCTL ("ALLOW", "") "," IOCTL ("ERRNO", IF (ARG ("0", "EQ", "3", "0"))),
    PLANS | CONDITION, NULL },
  /* refused */
  { IOCTL ("TRACE", ""), TRACE, NULL },
  { IOCTL ("TRACE", EQ (C_5401)), TRACE, NULL },
  { IOCTL ("NOTIFY", ""), TRACE, NULL },
  { IOCTL ("ALLOW", "") "," IOCTL ("NOTIFY", EQ (C_8916)), TRACE, NULL },
  { IOCTL ("ALLOW", IF (ARG ("0", "EQ", "3", "0"))), CONDITION, "ALLOW" },
  { IOCTL ("ALLOW", IF (ARG ("0", "MASKED_EQ", M_32, "3"))), CONDITION,
    "ALLOW" },
  { IOCTL ("ALLOW", IF (ARG ("1", "NE", C_8916, "0"))), CONDITION, "ALLOW" },
  { IOCTL ("ALLOW", IF (ARG ("1", "LT", C_8916, "0"))), CONDITION, "ALLOW" },
  { IOCTL ("ALLOW", IF (ARG ("1", "LE", C_8916, "0"))), CONDITION, "ALLOW" },
  { IOCTL ("ALLOW", IF (ARG ("1", "GE", C_8916, "0"))), CONDITION, "ALLOW" },
  { IOCTL ("LOG", IF (ARG ("1", "GT", C_8916, "0"))), CONDITION, "LOG" },
  { IOCTL ("ALLOW", IF (ARG ("0", "EQ", "3", "0") ","
                        ARG ("1", "EQ", C_5401, "0"))), CONDITION, "ALLOW" },
  { IOCTL ("ALLOW", IF (ARG ("1", "EQ", C_5401, "0") ","
                        ARG ("1", "EQ", C_8916, "0"))), CONDITION, "ALLOW" },
  { IOCTL ("ALLOW", "") "," IOCTL ("LOG", ""), CONFLICT, "ALLOW LOG" },
  { IOCTL ("LOG", "") "," IOCTL ("ALLOW", ""), CONFLICT, "ALLOW LOG" },
  { IOCTL ("ALLOW", "") "," IOCTL ("ERRNO", ""), CONFLICT, "ALLOW ERRNO" },
  { IOCTL ("ERRNO", "") "," RULE ("\"getpid\",\"ioctl\"", "ALLOW", ""),
    CONFLICT, "ALLOW ERRNO" },
  { IOCTL ("KILL", "") "," IOCTL ("LOG", ""), CONFLICT, "LOG" },
};

static const char *const defaults[]
    = { "ERRNO", "ALLOW", "LOG", "KILL_PROCESS", "TRAP" };

#define ARCHITECTURES                                                          \
  "\"architectures\":[\"SCMP_ARCH_X86_64\",\"SCMP_ARCH_X86\","                 \
  "\"SCMP_ARCH_X32\"],"
#define BASE_RULE                                                              \
  RULE ("\"read\",\"write\",\"openat\",\"exit_group\"", "ALLOW", "")

/* ---- TAP ---- */
static unsigned tests, failures;

static void
report (bool good, const char *what, const char *why)
{
  tests++;
  failures += !good;
  printf ("%s %u - %s%s%s\n", good ? "ok" : "not ok", tests, what,
          why[0] != '\0' ? ": " : "", why);
}

static void __attribute__ ((noreturn))
bail_out (const char *why)
{
  printf ("Bail out! %s\n", why);
  exit (1);
}

/* ---- compiling as crun and runc do ---- */
struct program
{
  bool none;   /* no seccomp section */
  bool broken; /* the runtime would refuse it */
  struct seccomp_program code;
};

static struct program
compile (const char *text, size_t length, enum seccomp_way way)
{
  cleanup_json struct json_doc doc = JSON_DOC_INIT;
  cleanup_error struct error err = ERROR_INIT;
  struct program program = { false, false, SECCOMP_PROGRAM_INIT };
  json_node linux_object;
  int found;

  if (json_index (&doc, text, length, false, &err) < 0
      || json_get (&doc, 0, "linux", JSON_OBJECT, &linux_object, &err) <= 0)
    bail_out (err.message != NULL ? err.message : "no linux section");
  found = seccomp_compile (&doc, linux_object, way, &program.code, &err);
  program.none = found == 0;
  program.broken = found < 0;
  return program;
}

/* ---- running: test_bpf compares the interpreter with the kernel ---- */
static uint32_t
run (const struct program *program, const struct seccomp_data *data)
{
  return program->none ? (uint32_t) SECCOMP_RET_ALLOW
                       : bpf_execute (program->code.code, data);
}

static bool
is_denial (uint32_t verdict)
{
  switch (verdict & SECCOMP_RET_ACTION_FULL)
    {
    case SECCOMP_RET_KILL_PROCESS:
    case SECCOMP_RET_KILL_THREAD:
    case SECCOMP_RET_TRAP:
    case SECCOMP_RET_ERRNO: /* 0 too: a fake success, but nothing is done */
      return true;
    default:
      return false;
    }
}

/* ---- the commands ---- */
enum side
{
  ALLOW,
  DENY,
  EITHER
};

struct command
{
  uint32_t number, upper;
  enum side side;
  bool is_row, is_random;
};

static struct command *commands;
static size_t command_count, command_capacity;

static void
add_command (uint32_t number, enum side side, bool is_row)
{
  if (command_count == command_capacity)
    {
      command_capacity = command_capacity * 2 + 1024;
      commands = xrealloc (commands, command_capacity * sizeof (*commands));
    }
  commands[command_count++] = (struct command){ number, 0, side, is_row, false };
}

/* What may be expected of a number that has no row. */
static enum side
side_without_row (uint32_t number)
{
  if ((number & 0xFFFFFF00U) == 0x8B00U)
    return DENY;
  if ((number & 0xFD00U) == 0x8900U || (number & 0xFFC0U) == 0x54C0U)
    return EITHER;
  return ALLOW;
}

static void
add_number (uint32_t number)
{
  add_command (number, side_without_row (number), false);
}

static uint32_t
random_number (void)
{
  static uint64_t state = UINT64_C (0x8916891689168916);

  state ^= state << 13;
  state ^= state >> 7;
  state ^= state << 17;
  return (uint32_t) (state >> 16);
}

static void
add_rows (const char *path)
{
  char text[512];
  FILE *file = fopen (path, "r");

  if (file == NULL)
    bail_out ("cannot read ioctls.tsv");
  while (fgets (text, sizeof (text), file) != NULL)
    {
      unsigned long first, last;
      char verdict[8], number[32], *end;

      if (text[0] == '#'
          || sscanf (text, "%*[^\t]\t%31[^\t]\t%7[^\t]", number, verdict) != 2)
        continue;
      first = last = strtoul (number, &end, 16);
      if (*end == '-')
        last = strtoul (end + 1, &end, 16);
      for (; first <= last; first++)
        add_command ((uint32_t) first,
                     strcmp (verdict, "deny") == 0 ? DENY : ALLOW, true);
    }
  fclose (file);
}

static void
add_corners (const struct ioctl_block *block)
{
  unsigned bit;

  add_number (block->datum);
  add_number (block->datum | ~block->mask);
  for (bit = 0; bit < 32; bit++)
    {
      add_number (block->datum ^ 1U << bit);
      add_number ((block->datum | ~block->mask) ^ 1U << bit);
    }
}

static int
compare_commands (const void *a, const void *b)
{
  const struct command *left = a, *right = b;

  if (left->number != right->number)
    return left->number < right->number ? -1 : 1;
  return right->is_row - left->is_row;
}

static void
make_commands (const char *path)
{
  size_t i, kept = 0;
  uint32_t number;

  add_rows (path);
  for (number = 0x8800; number <= 0x8CFF; number++)
    add_number (number);
  for (number = 0x40045480; number <= 0x4004551F; number++)
    add_number (number);
  for (i = 0; i < COUNT (ioctl_denied); i++)
    add_corners (&ioctl_denied[i]);
  for (i = 0; i < COUNT (ioctl_allowed); i++)
    add_corners (&ioctl_allowed[i]);
  for (i = 0; i < RANDOM_COMMANDS; i++)
    {
      add_number (random_number ());
      commands[command_count - 1].is_random = true;
    }
  qsort (commands, command_count, sizeof (*commands), compare_commands);
  for (i = 0; i < command_count; i++)
    if (kept == 0 || commands[kept - 1].number != commands[i].number)
      {
        commands[kept] = commands[i];
        commands[kept++].upper = random_number ();
      }
  command_count = kept;
}

/* ---- the comparison ---- */
static struct
{
  const char *name;
  uint32_t audit, scmp;
  int ioctl;
} abis[] = { { "x86_64", AUDIT_ARCH_X86_64, SCMP_ARCH_X86_64, 0 },
             { "i386", AUDIT_ARCH_I386, SCMP_ARCH_X86, 0 },
             { "x32", AUDIT_ARCH_X86_64, SCMP_ARCH_X32, 0 } };

static bool
is_right (enum side side, uint32_t before, uint32_t after)
{
  bool denied = after == (SECCOMP_RET_ERRNO | EACCES)
                || (is_denial (before) && before == after);

  if (side == DENY)
    return denied;
  return before == after || (side == EITHER && denied);
}

/* For the time that it takes. */
static bool
is_left_out (size_t place, const struct program *program)
{
  return commands[place].is_random
         && (program->code.tree || (place + tests) % RANDOM_SHARE != 0);
}

/* Number of wrong verdicts; shows the first ones. */
static unsigned
compare_ioctls (const struct program *before, const struct program *after,
                size_t abi)
{
  struct seccomp_data data
      = { .nr = abis[abi].ioctl, .arch = abis[abi].audit };
  unsigned wrong = 0, i;
  size_t c;

  for (c = 0; c < command_count; c++)
    for (i = 0; i < 4 && !is_left_out (c, after); i++)
      {
        const struct command *command = &commands[c];
        const uint32_t uppers[] = { 0, 1, UINT32_MAX, command->upper };
        uint32_t was, is;
        bool right;

        data.args[0] = i % 2 == 0 ? 3 : 5;
        data.args[1] = (uint64_t) uppers[i] << 32 | command->number;
        data.args[2] = UINT64_C (0x7ffe00000000) + c;
        is = run (after, &data);
        /* An original that no runtime takes only tells what must be denied. */
        was = before->broken ? is : run (before, &data);
        right = before->broken ? command->side != DENY || is_denial (is)
                               : is_right (command->side, was, is);
        if (!right && wrong++ < SHOWN_MISMATCHES)
          printf ("# %s%s ioctl (%d, %08X_%08X): was %08X, is %08X, should be "
                  "%s\n",
                  abis[abi].name, after->code.tree ? " (tree)" : "",
                  (int) data.args[0], uppers[i], command->number, was, is,
                  command->side == DENY    ? "denied"
                  : command->side == ALLOW ? "as it was"
                                           : "either");
      }
  return wrong;
}

/* Every other system call must have the verdict that it had. */
static unsigned
compare_others (const struct program *before, const struct program *after,
                size_t abi)
{
  struct seccomp_data data = { .arch = abis[abi].audit };
  unsigned wrong = 0;
  int number, base = abi == 2 ? 0x40000000 : 0;

  if (before->broken)
    return 0;
  for (number = 0; number < 600; number++)
    {
      uint32_t was, is;

      data.nr = base + number;
      data.args[1] = (unsigned) number % 2 ? 0x8916 : 0;
      was = run (before, &data);
      is = run (after, &data);
      if (data.nr != abis[abi].ioctl && was != is
          && wrong++ < SHOWN_MISMATCHES)
        printf ("# %s syscall %d: was %08X, is %08X\n", abis[abi].name, number,
                was, is);
    }
  return wrong;
}

static bool
same_code (const struct program *a, const struct program *b)
{
  return a->none == b->none && a->broken == b->broken
         && a->code.count == b->code.count
         && (a->code.count == 0
             || memcmp (a->code.code, b->code.code,
                        a->code.count * sizeof *a->code.code)
                    == 0);
}

/* LAST: the two programs of the way before. */
static bool
compare_way (const char *old, const char *new, size_t new_length,
             enum seccomp_way way, struct program last[2])
{
  struct program before = compile (old, strlen (old), way);
  struct program after = compile (new, new_length, way);
  unsigned wrong = 0;
  size_t abi;

  if (after.broken && !before.broken)
    {
      puts ("# the edited profile does not compile");
      wrong++;
    }
  /* What came out the way before has been looked at. */
  for (abi = 0;
       !after.broken && abi < COUNT (abis)
       && !(same_code (&after, &last[1]) && same_code (&before, &last[0]));
       abi++)
    wrong += compare_ioctls (&before, &after, abi)
             + compare_others (&before, &after, abi);
  if (wrong > 0)
    printf ("# %u wrong verdicts as %s\n", wrong, seccomp_way_name (way));
  seccomp_program_clear (&last[0].code);
  seccomp_program_clear (&last[1].code);
  last[0] = before;
  last[1] = after;
  return wrong == 0;
}

static bool
compare_programs (const char *old, const char *new, size_t new_length)
{
  struct program last[2] = { { false, true, SECCOMP_PROGRAM_INIT },
                             { false, true, SECCOMP_PROGRAM_INIT } };
  bool good = true;
  unsigned way;

  for (way = 0; way < SECCOMP_WAYS; way++)
    good = compare_way (old, new, new_length, (enum seccomp_way) way, last)
           && good;
  seccomp_program_clear (&last[0].code);
  seccomp_program_clear (&last[1].code);
  return good;
}

/* ---- a case ---- */
static unsigned
kind_of_refusal (enum refusal id)
{
  switch ((int) id)
    {
    case REFUSAL_seccomp_trace:
      return TRACE;
    case REFUSAL_seccomp_condition:
      return CONDITION;
    case REFUSAL_seccomp_conflict:
      return CONFLICT;
    case REFUSAL_seccomp_disputed:
      return DISPUTED;
    default:
      return 0;
    }
}

/* Plans and applies; NULL when it is refused, with *KIND saying why. */
static char *
edit (const char *text, size_t length, size_t *new_length, size_t *edit_count,
      unsigned *kind)
{
  cleanup_json struct json_doc doc = JSON_DOC_INIT;
  cleanup_error struct error err = ERROR_INIT;
  struct json_edits edits = JSON_EDITS_INIT;
  json_node linux_object;
  char *result = NULL;

  if (json_index (&doc, text, length, false, &err) < 0
      || json_get (&doc, 0, "linux", JSON_OBJECT, &linux_object, &err) <= 0)
    {
      printf ("# no JSON: %s\n# %.*s\n", err.message != NULL ? err.message : "",
              (int) length, text);
      bail_out ("a text cannot be read");
    }
  if (seccomp_lock_plan (&doc, linux_object, LOCK_STANDARD, &edits, &err) < 0)
    {
      *kind = kind_of_refusal (err.id);
      printf ("# refused: %s: %s\n", refusal_name (err.id), err.message);
    }
  else
    {
      *kind = PLANS;
      *edit_count = edits.count;
      result = json_apply (&doc, &edits, new_length);
    }
  json_edits_clear (&edits);
  return result;
}

static void
check (const char *name, const char *text, unsigned expected)
{
  size_t length = 0, edit_count = 0, again_length;
  unsigned kind, again_kind;
  cleanup_free char *edited
      = edit (text, strlen (text), &length, &edit_count, &kind);
  cleanup_free char *again = NULL;

  if ((kind & expected) == 0)
    report (false, name,
            kind == PLANS ? "should be refused" : "should not be refused so");
  else if (edited == NULL)
    report (true, name, "refused");
  else if (!compare_programs (text, edited, length))
    {
      printf ("# before: %.2000s\n# after: %.2000s\n", text, edited);
      report (false, name, "wrong verdicts");
    }
  else
    {
      again = edit (edited, length, &again_length, &edit_count, &again_kind);
      if (again == NULL || edit_count != 0)
        printf ("# after: %.2000s\n# again: %.2000s\n", edited,
                again != NULL ? again : "");
      report (again != NULL && edit_count == 0, name,
              again != NULL && edit_count == 0 ? "" : "a second pass edits");
    }
}

static bool
is_skipped (const struct rule_set *set, const char *action)
{
  return set->skipped != NULL && strstr (set->skipped, action) != NULL;
}

static void
check_rule_sets (const char *action, const char *more)
{
  size_t i;

  for (i = 0; i < COUNT (rule_sets); i++)
    {
      const struct rule_set *set = &rule_sets[i];
      cleanup_free char *name = xasprintf ("default %s%s, %s", action, more,
                                           set->rules[0] ? set->rules
                                                         : "no rule");
      /* the base rule in front and behind: commas */
      cleanup_free char *text = xasprintf (
          "{\"linux\":{\"seccomp\":{\"defaultAction\":\"SCMP_ACT_%s\",%s"
          "%s\"syscalls\":[%s%s%s]}}}",
          action, more, ARCHITECTURES, i % 3 == 0 ? BASE_RULE : set->rules,
          i % 3 == 2 || set->rules[0] == '\0' ? "" : ",",
          i % 3 == 0   ? set->rules
          : i % 3 == 1 ? BASE_RULE
                       : "");

      check (name, text,
             set->expected | (is_skipped (set, action) ? PLANS : 0));
    }
}

static const struct
{
  const char *name, *text;
  unsigned expected;
} single_cases[] = {
  { "no seccomp section", "{\"linux\":{}}", PLANS },
  { "seccomp null", "{\"linux\":{\"seccomp\":null}}", PLANS },
  { "no syscalls",
    "{\"linux\":{\"seccomp\":{" ARCHITECTURES
    "\"defaultAction\":\"SCMP_ACT_ALLOW\"}}}",
    PLANS },
  { "syscalls null",
    "{\"linux\":{\"seccomp\":{" ARCHITECTURES
    "\"defaultAction\":\"SCMP_ACT_LOG\",\"syscalls\":null}}}",
    PLANS },
  { "no architectures",
    "{\"linux\":{\"seccomp\":{\"defaultAction\":\"SCMP_ACT_ERRNO\","
    "\"syscalls\":[" IOCTL ("ALLOW", "") "]}}}",
    PLANS },
  { "default TRACE",
    "{\"linux\":{\"seccomp\":{" ARCHITECTURES
    "\"defaultAction\":\"SCMP_ACT_TRACE\",\"syscalls\":[]}}}",
    TRACE },
  { "default NOTIFY",
    "{\"linux\":{\"seccomp\":{" ARCHITECTURES
    "\"defaultAction\":\"SCMP_ACT_NOTIFY\",\"syscalls\":[]}}}",
    TRACE },
  { "default TRACE, ioctl allowed",
    "{\"linux\":{\"seccomp\":{" ARCHITECTURES
    "\"defaultAction\":\"SCMP_ACT_TRACE\",\"syscalls\":[" IOCTL (
        "ALLOW", "") "]}}}",
    TRACE | PLANS },
};

static void
check_file (const char *path)
{
  char *text = xmalloc (JSON_MAX_BYTES);
  FILE *file = fopen (path, "r");
  size_t length;

  if (file == NULL)
    bail_out (path);
  length = fread (text, 1, JSON_MAX_BYTES - 1, file);
  text[length] = '\0';
  fclose (file);
  check (path, text, PLANS);
  free (text);
}

int
main (int argc, char **argv)
{
  size_t i;
  int file;

  if (argc < 2)
    {
      fputs ("usage: test_ioctl_filter ioctls.tsv [config.json...]\n", stderr);
      return 2;
    }
  setvbuf (stdout, NULL, _IOLBF, 0);
#ifndef __x86_64__
  puts ("1..0 # SKIP the filters are compiled for x86-64");
  return 0;
#endif
  for (i = 0; i < COUNT (abis); i++)
    abis[i].ioctl = seccomp_syscall_resolve_name_arch (abis[i].scmp, "ioctl");
  make_commands (argv[1]);
  printf ("# %zu commands, 4 upper halves, 3 ABIs\n", command_count);
  for (i = 0; i < COUNT (single_cases); i++)
    check (single_cases[i].name, single_cases[i].text,
           single_cases[i].expected);
  for (i = 0; i < COUNT (defaults); i++)
    check_rule_sets (defaults[i], "");
  check_rule_sets ("ERRNO", "\"defaultErrnoRet\":38,");
  for (file = 2; file < argc; file++)
    check_file (argv[file]);
  free (commands);
  printf ("1..%u\n", tests);
  return failures > 0;
}
