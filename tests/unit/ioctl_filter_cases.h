/* SPDX-License-Identifier: Apache-2.0 */
/* The profiles that test_ioctl_filter.c goes through: each rule set behind
 * each default action, and cases that stand alone. */
#ifndef HOSTNET_IOCTL_FILTER_CASES_H
#define HOSTNET_IOCTL_FILTER_CASES_H

#include <stddef.h>

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

#endif
