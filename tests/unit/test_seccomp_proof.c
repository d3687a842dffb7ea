/* SPDX-License-Identifier: Apache-2.0 */
/* bpf_prove() against the interpreter, and the proof of the lock strict;
 * tests/verify.sh has the other one on whole configurations. */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "libhostnet/bpf_prove.h"
#include "libhostnet/seccomp_proof.h"
#include "random.h"
#include "tap.h"

#define COUNT(array) (sizeof (array) / sizeof ((array)[0]))

enum
{
  PROGRAMS = 20000,
  SAMPLES = 64,
  LONGEST = 16
};

/* ---- what is proved is true of every sample ---- */
static uint32_t
random_constant (void)
{
  static const uint32_t constants[]
      = { 0, 1, 2, 3, 7, 16, 0xFF, 0xFF00, 0x8900, 0x8916, 0x80000000,
          0xFFFFFFF8, 0xFFFFFFFF };

  return constants[random_number () % COUNT (constants)];
}

/* All that BPF has; weighted by how often it stands here. */
static const uint16_t codes[] = {
  BPF_LD | BPF_W | BPF_ABS,       BPF_LD | BPF_W | BPF_ABS,
  BPF_LD | BPF_W | BPF_ABS,       BPF_LD | BPF_W | BPF_ABS,
  BPF_LD | BPF_W | BPF_LEN,       BPF_LD | BPF_IMM,
  BPF_LDX | BPF_IMM,              BPF_ST,
  BPF_LD | BPF_MEM,               BPF_MISC | BPF_TAX,
  BPF_MISC | BPF_TXA,             BPF_ALU | BPF_AND | BPF_K,
  BPF_ALU | BPF_AND | BPF_K,      BPF_ALU | BPF_OR | BPF_K,
  BPF_ALU | BPF_XOR | BPF_K,      BPF_ALU | BPF_ADD | BPF_K,
  BPF_ALU | BPF_SUB | BPF_K,      BPF_ALU | BPF_MUL | BPF_K,
  BPF_ALU | BPF_DIV | BPF_K,      BPF_ALU | BPF_DIV | BPF_X,
  BPF_ALU | BPF_ADD | BPF_X,      BPF_ALU | BPF_LSH | BPF_K,
  BPF_ALU | BPF_RSH | BPF_K,      BPF_ALU | BPF_NEG,
  BPF_JMP | BPF_JA,               BPF_JMP | BPF_JEQ | BPF_K,
  BPF_JMP | BPF_JEQ | BPF_K,      BPF_JMP | BPF_JGT | BPF_K,
  BPF_JMP | BPF_JGE | BPF_K,      BPF_JMP | BPF_JSET | BPF_K,
  BPF_JMP | BPF_JEQ | BPF_X,      BPF_RET | BPF_K,
  BPF_RET | BPF_A,
};

/* The action that a proof is about. */
enum
{
  GOOD = SECCOMP_RET_ERRNO | 13
};

static bool
is_good (uint32_t action)
{
  return action == GOOD;
}

static size_t
random_program (struct sock_filter *program)
{
  size_t length;

  do
    {
      length = 2 + random_number () % (LONGEST - 2);
      for (size_t i = 0; i < length; i++)
        {
          struct sock_filter *at = &program[i];

          *at = (struct sock_filter){ codes[random_number () % COUNT (codes)],
                                      (uint8_t) (random_number () % 4),
                                      (uint8_t) (random_number () % 4),
                                      random_constant () };
          if (i == length - 1)
            at->code = BPF_RET | BPF_K;
          if (at->code == (BPF_LD | BPF_W | BPF_ABS))
            at->k = random_number () % BPF_DATA_WORDS * 4;
          if (BPF_CLASS (at->code) == BPF_RET)
            at->k = random_number () % 8 == 0 ? SECCOMP_RET_ALLOW
                                              : (uint32_t) GOOD;
          if (at->code == (BPF_JMP | BPF_JA))
            at->k %= 3;
        }
    }
  while (bpf_check (program, length) < 0);
  return length;
}

static void
random_words (struct bpf_word *words, uint32_t share)
{
  for (size_t i = 0; i < BPF_DATA_WORDS; i++)
    {
      words[i].known = share == 0   ? UINT32_MAX
                       : share == 1 ? random_number () | random_number ()
                                    : random_constant ();
      words[i].value = random_constant () & words[i].known;
    }
}

static uint32_t
sample (const struct sock_filter *program, const struct bpf_word *words)
{
  struct seccomp_data data;
  uint32_t raw[BPF_DATA_WORDS];

  for (size_t i = 0; i < BPF_DATA_WORDS; i++)
    raw[i] = words[i].value
             | ((random_number () % 2 == 0 ? random_constant ()
                                           : random_number ())
                & ~words[i].known);
  memcpy (&data, raw, sizeof data);
  return bpf_execute (program, &data);
}

static bool
follows_all (const struct sock_filter *program, size_t length)
{
  for (size_t i = 0; i < length; i++)
    if ((BPF_CLASS (program[i].code) == BPF_ALU
         && BPF_SRC (program[i].code) == BPF_X)
        || program[i].code == (BPF_JMP | BPF_JEQ | BPF_X)
        || program[i].code == (BPF_LD | BPF_MEM)
        || program[i].code == (BPF_MISC | BPF_TXA))
      return false;
  return true;
}

static void
test_prove (void)
{
  unsigned wrong = 0, weak = 0, proved = 0, refuted = 0, exact = 0;

  for (unsigned i = 0; i < PROGRAMS; i++)
    {
      struct sock_filter program[LONGEST];
      struct bpf_word words[BPF_DATA_WORDS];
      size_t length = random_program (program);
      bool proof, all = true;

      random_words (words, i % 3);
      proof = bpf_prove (program, length, words, is_good);
      for (unsigned s = 0; s < (i % 3 == 0 ? 1 : SAMPLES); s++)
        all = is_good (sample (program, words)) && all;
      proved += proof;
      refuted += !all;
      wrong += proof && !all;
      /* With all bits known there is one way, and nothing to miss on it. */
      if (i % 3 == 0 && follows_all (program, length))
        {
          exact++;
          weak += !proof && all;
        }
    }
  printf ("# %u proved, %u refuted by a sample, %u with all bits known\n",
          proved, refuted, exact);
  tap_ok (wrong == 0, "no sample refutes a proof");
  tap_ok (weak == 0 && exact > PROGRAMS / 20,
          "what is known in all bits is proved");
  tap_ok (proved > PROGRAMS / 10 && refuted > PROGRAMS / 20,
          "both were there");
}

/* ---- strict ---- */
#define RULE(names, action, more)                                              \
  "{\"names\":[" names "],\"action\":\"SCMP_ACT_" action "\"" more "}"
#define IF(index, op, value, two)                                              \
  ",\"args\":[{\"index\":" index ",\"op\":\"SCMP_CMP_" op "\",\"value\":" value \
  ",\"valueTwo\":" two "}]"
#define LOW_IS(index, datum) IF (index, "MASKED_EQ", "4294967295", datum)
#define TERMINAL RULE ("\"ioctl\"", "ALLOW", LOW_IS ("1", "21505"))
#define NO_SOCKETCALL RULE ("\"socketcall\"", "ERRNO", ",\"errnoRet\":13")
#define SOCKET(more) RULE ("\"socket\"", "ALLOW", more)
#define FAMILIES                                                               \
  SOCKET (LOW_IS ("0", "1")) "," SOCKET (LOW_IS ("0", "2")) ","                \
  SOCKET (LOW_IS ("0", "10")) "," SOCKET (LOW_IS ("0", "16"))
#define BASE TERMINAL "," FAMILIES "," NO_SOCKETCALL
#define ALLOWED(name) BASE "," RULE ("\"" name "\"", "ALLOW", "")

static const struct
{
  const char *name, *rules;
  bool strict, standard; /* what holds */
} profiles[] = {
  { "the four families and no socketcall", BASE, true, true },
  { "io_uring_setup", ALLOWED ("io_uring_setup"), false, true },
  { "io_uring_enter", ALLOWED ("io_uring_enter"), false, true },
  { "io_uring_register", ALLOWED ("io_uring_register"), false, true },
  { "bpf", ALLOWED ("bpf"), false, true },
  { "perf_event_open", ALLOWED ("perf_event_open"), false, true },
  { "bpf is logged", BASE "," RULE ("\"bpf\"", "LOG", ""), false, true },
  { "bpf on a condition",
    BASE "," RULE ("\"bpf\"", "ALLOW", IF ("0", "EQ", "4711", "0")), false,
    true },
  { "bpf does nothing and says it did",
    BASE "," RULE ("\"bpf\"", "ERRNO", ",\"errnoRet\":0"), false, true },
  { "getpid", ALLOWED ("getpid"), true, true },
  /* libseccomp opens socketcall for a rule of socket, for every family */
  { "socketcall is left to the rules of socket", TERMINAL "," FAMILIES, false,
    true },
  { "socketcall for one of its calls",
    TERMINAL "," RULE ("\"socketcall\"", "ALLOW", IF ("0", "EQ", "3", "0")),
    false, true },
  { "no sockets at all", TERMINAL, true, true },
  { "every socket", TERMINAL "," NO_SOCKETCALL "," SOCKET (""), false, true },
  { "AF_PACKET", BASE "," SOCKET (LOW_IS ("0", "17")), false, true },
  { "AF_PACKET in another spelling",
    BASE "," SOCKET (IF ("0", "EQ", "4294967313", "0")), false, true },
  { "the last family", BASE "," SOCKET (LOW_IS ("0", "63")), false, true },
  { "a family of the future", BASE "," SOCKET (LOW_IS ("0", "64")), false,
    true },
  { "only 16 bits of the family",
    BASE "," SOCKET (IF ("0", "MASKED_EQ", "65535", "2")), false, true },
  { "AF_INET in 64 bits",
    TERMINAL "," NO_SOCKETCALL "," SOCKET (IF ("0", "EQ", "2", "0")), true,
    true },
  { "by the type instead of the family",
    BASE "," SOCKET (IF ("1", "EQ", "3", "0")), false, true },
  { "SIOCETHTOOL",
    BASE "," RULE ("\"ioctl\"", "ALLOW", LOW_IS ("1", "35142")), false, true },
  { "SIOCSIFADDR",
    BASE "," RULE ("\"ioctl\"", "ALLOW", LOW_IS ("1", "35094")), false,
    false },
};

static bool
holds (const char *text, bool strict)
{
  cleanup_json struct json_doc doc = JSON_DOC_INIT;
  cleanup_error struct error err = ERROR_INIT;
  cleanup_checks struct checks checks = CHECKS_INIT;
  json_node linux_object;

  if (json_index (&doc, text, strlen (text), false, &err) < 0
      || json_get (&doc, 0, "linux", JSON_OBJECT, &linux_object, &err) <= 0)
    {
      puts (err.message);
      abort ();
    }
  seccomp_prove (&doc, linux_object, strict, &checks);
  for (size_t i = 0; i < checks.count; i++)
    if (strcmp (checks.list[i].id, "seccomp") == 0)
      {
        printf ("# %s: %s\n", strict ? "strict" : "standard",
                checks.list[i].reason);
        return checks.list[i].verdict == CHECK_HOLDS;
      }
  abort ();
}

static void
test_profile (const char *name, const char *fallback, const char *rules,
              bool strict, bool standard)
{
  cleanup_free char *text = xasprintf (
      "{\"linux\":{\"seccomp\":{\"defaultAction\":\"SCMP_ACT_%s\","
      "\"architectures\":[\"SCMP_ARCH_X86_64\",\"SCMP_ARCH_X86\","
      "\"SCMP_ARCH_X32\"],\"syscalls\":[%s]}}}",
      fallback, rules);
  cleanup_free char *what = xasprintf ("%s, default %s", name, fallback);

  tap_ok (holds (text, true) == strict && holds (text, false) == standard,
          what);
}

int
main (void)
{
  setvbuf (stdout, NULL, _IOLBF, 0);
  test_prove ();
#ifdef __x86_64__
  for (size_t i = 0; i < COUNT (profiles); i++)
    {
      test_profile (profiles[i].name, "ERRNO", profiles[i].rules,
                    profiles[i].strict, profiles[i].standard);
      test_profile (profiles[i].name, "KILL_PROCESS", profiles[i].rules,
                    profiles[i].strict, profiles[i].standard);
    }
  test_profile (profiles[0].name, "ALLOW", BASE, false, false);
#endif
  return tap_end ();
}
