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
#include "ioctl_filter_cases.h"
#include "ioctl_filter_commands.h"
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
  RANDOM_SHARE = 4, /* each case has one of so many parts of the random
                     * commands, in turn */
  SHOWN_MISMATCHES = 3
};

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
  if (!commands_make (argv[1]))
    bail_out ("cannot read ioctls.tsv");
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
