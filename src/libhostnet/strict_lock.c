/* SPDX-License-Identifier: Apache-2.0 */
/* A rule without a condition wins over rules with one (FACTS 4), so what is
 * denied is taken out of every rule that permits it, and socket() is permitted
 * again family by family. */
#include <config.h>

#include "strict_lock.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#define COUNT(array) (sizeof (array) / sizeof *(array))

/* Denied whole. */
static const struct
{
  const char *name, *reason;
} denied[] = {
  { "bpf", "attaches programs to interfaces" },
  { "io_uring_enter", "system calls, ioctl among them, that no filter sees" },
  { "io_uring_register", "the same" },
  { "io_uring_setup", "the same" },
  { "perf_event_open", "attaches BPF programs, reads the kernel" },
  /* socketcall(2): i386 and s390 have socket() behind a pointer, where a
   * filter cannot see the family.  Old 32-bit programs lose the network. */
  { "socketcall", "socket() of a family that the filter cannot see" },
};

/* The calls whose argument 0 is a family.  socketpair(2) makes sockets of it
 * too, before it finds out that they cannot be a pair. */
static const struct creator
{
  const char *name, *quoted;
} creators[] = {
  { "socket", "\"socket\"" },
  { "socketpair", "\"socketpair\"" },
};

/* address_families(7): the families of ordinary programs; getifaddrs(3) and
 * ss(8) need netlink. */
static const uint64_t families[] = { AF_UNIX, AF_INET, AF_INET6, AF_NETLINK };

/* All numbers that are not in families[], by the lower 32 bits that the kernel
 * looks at (sys_socket takes an int): here those below 32, and in deny_families()
 * those with a bit above. */
static const struct
{
  uint32_t mask, datum;
} other_families[] = {
  { 0x04, 0x04 }, { 0x03, 0x03 }, { 0x13, 0x00 }, { 0x11, 0x11 },
  { 0x12, 0x12 }, { 0x18, 0x18 }, { 0x09, 0x09 },
};

static const uint64_t family_mask = UINT32_MAX;

/* A rule that does not deny: permits, or lets somebody else decide. */
static int
read_permitting (const struct json_doc *config, json_node rule,
                 enum seccomp_action *action, struct error *err)
{
  uint64_t errno_ret;

  if (seccomp_read_action (config, rule, "action", "for what strict denies",
                           action, err)
          < 0
      || seccomp_read_errno (config, rule, &errno_ret, err) < 0)
    return -1;
  return seccomp_reaches (*action, errno_ret);
}

/* ---- socket ---- */

/* What a rule says of the family, argument 0. */
struct family_condition
{
  json_node argument; /* JSON_NONE: nothing */
  bool not_equal;     /* else equal */
  bool masked;        /* our own: the lower 32 bits equal */
  uint64_t value;
};

static int
refuse_condition (size_t place, struct error *err)
{
  return error_refuse (err, SENTENCE_seccomp_family, (unsigned) place);
}

/* Each argument at most once, since both runtimes take several conditions on
 * one as alternatives, and at most six of them, since crun ignores more. */
static int
read_family (const struct json_doc *config, json_node args, size_t place,
             struct family_condition *family, struct error *err)
{
  bool seen[6] = { false };

  *family = (struct family_condition){ .argument = JSON_NONE };
  for (json_node n = json_first (config, args); n != JSON_NONE;
       n = json_next (config, n))
    {
      struct seccomp_condition condition;

      if (seccomp_read_condition (config, n, &condition, err) < 0)
        return -1;
      if (condition.index >= COUNT (seen) || seen[condition.index]
          || condition.op == JSON_NONE)
        return refuse_condition (place, err);
      seen[condition.index] = true;
      if (condition.index != 0)
        continue;
      family->argument = n;
      family->value = condition.value;
      family->not_equal = json_string_is (config, condition.op, "SCMP_CMP_NE");
      family->masked
          = json_string_is (config, condition.op, "SCMP_CMP_MASKED_EQ");
      if (family->masked && condition.value != family_mask)
        return refuse_condition (place, err);
      if (family->masked)
        family->value = condition.value_two;
      else if (!family->not_equal
               && !json_string_is (config, condition.op, "SCMP_CMP_EQ"))
        return refuse_condition (place, err);
    }
  return 0;
}

static bool
is_family (uint64_t value)
{
  for (size_t i = 0; i < COUNT (families); i++)
    if (families[i] == value)
      return true;
  return false;
}

/* The rule once more for the family VALUE, with its other conditions.  What is
 * permitted without them already must not be again: libseccomp fails with
 * EEXIST. */
static void
add_family_rule (struct seccomp_edit *edit, const struct creator *creator,
                 json_node args,
                 const struct family_condition *family,
                 enum seccomp_action action, uint64_t value)
{
  struct json_buffer *added = &edit->added;
  size_t before = added->length;
  json_node first = json_first (edit->config, args);
  cleanup_free char *whole = NULL;

  seccomp_edit_begin (edit, creator->quoted, action, 0);
  seccomp_edit_masked (edit, 0, family_mask, value);
  whole = xasprintf ("%s]}", added->text + before + (before > 0));
  for (json_node n = first; n != JSON_NONE; n = json_next (edit->config, n))
    if (n != family->argument)
      seccomp_edit_condition (edit, n);
  seccomp_edit_end (edit);
  if (before > 0
      && (memmem (added->text, before, whole, strlen (whole)) != NULL
          || memmem (added->text, before, added->text + before + 1,
                     added->length - before - 1)
                 != NULL))
    {
      added->length = before;
      added->text[before] = '\0';
    }
}

static bool
names_it (const struct json_doc *config, json_node names, const char *name)
{
  for (json_node n = json_first (config, names); n != JSON_NONE;
       n = json_next (config, n))
    if (json_string_is (config, n, name))
      return true;
  return false;
}

/* 1 when RULE denies CREATOR whatever the arguments are.  Both runtimes skip a
 * rule that says what the default says. */
static int
denies_whole (struct seccomp_edit *edit, const struct creator *creator,
              json_node rule, struct error *err)
{
  const struct json_doc *config = edit->config;
  uint64_t errno_ret, default_errno_ret;
  enum seccomp_action action;
  json_node names, args;
  int permitting;

  if (json_get (config, rule, "names", JSON_ARRAY, &names, err) < 0
      || json_get (config, rule, "args", JSON_ARRAY, &args, err) < 0)
    return -1;
  if (!names_it (config, names, creator->name)
      || json_first (config, args) != JSON_NONE)
    return 0;
  permitting = read_permitting (config, rule, &action, err);
  if (permitting != 0)
    return permitting < 0 ? -1 : 0;
  if (seccomp_read_errno (config, rule, &errno_ret, err) < 0
      || seccomp_read_default_errno (config, edit->profile->seccomp,
                                     &default_errno_ret, err)
             < 0)
    return -1;
  return action != edit->profile->default_action
         || (action == SECCOMP_ERRNO && errno_ret != default_errno_ret);
}

/* Whether a rule denies CREATOR without a condition, which wins over those with
 * one; libseccomp 2.5.4 fails with EEXIST when these are many (found by
 * fuzzing). */
static int
is_denied (struct seccomp_edit *edit, const struct creator *creator,
           struct error *err)
{
  int result = 0;

  for (json_node rule = json_first (edit->config, edit->profile->syscalls);
       rule != JSON_NONE && result == 0;
       rule = json_next (edit->config, rule))
    result = denies_whole (edit, creator, rule, err);
  return result;
}

/* A rule that permits socket() becomes one for each family that it admits. */
static int
cut_socket (struct seccomp_edit *edit, const struct creator *creator,
            size_t place, json_node rule, json_node names, enum seccomp_action action, struct error *err)
{
  const struct json_doc *config = edit->config;
  struct family_condition family;
  json_node args;
  int denied_anyway = is_denied (edit, creator, err);

  if (denied_anyway < 0
      || json_get (config, rule, "args", JSON_ARRAY, &args, err) < 0
      || read_family (config, args, place, &family, err) < 0)
    return -1;
  if (family.argument != JSON_NONE && !family.not_equal
      && is_family (family.value))
    return 0;
  seccomp_edit_drop_name (edit, place, names, creator->name,
                          "permits families beside those of strict");
  if (denied_anyway)
    return 0;
  for (size_t i = 0; i < COUNT (families); i++)
    if (family.argument == JSON_NONE
        || (family.not_equal && family.value != families[i]))
      add_family_rule (edit, creator, args, &family, action, families[i]);
  return 0;
}

/* ---- all rules ---- */

/* Whether a rule has no condition on another argument than the family. */
static bool
is_plain (const struct json_doc *config, json_node rule)
{
  struct seccomp_condition condition;
  json_node args;

  json_get (config, rule, "args", JSON_ARRAY, &args, NULL);
  for (json_node n = json_first (config, args); n != JSON_NONE;
       n = json_next (config, n))
    if (seccomp_read_condition (config, n, &condition, NULL) < 0
        || condition.index != 0)
      return false;
  return true;
}

/* Beside i386, libseccomp 2.5.4 fails with EEXIST for a rule on the family
 * behind one on the family and the protocol (measured): rules that deny on a
 * condition move behind those that were added. */
static int
move_denial (struct seccomp_edit *edit, const struct creator *creator,
             size_t place, json_node rule, struct error *err)
{
  const struct json_doc *config = edit->config;
  enum seccomp_action action;
  uint64_t errno_ret;
  json_node names, args;
  int permitting;

  if (json_get (config, rule, "names", JSON_ARRAY, &names, err) < 0
      || json_get (config, rule, "args", JSON_ARRAY, &args, err) < 0)
    return -1;
  if (!names_it (config, names, creator->name)
      || json_first (config, args) == JSON_NONE)
    return 0;
  permitting = read_permitting (config, rule, &action, err);
  if (permitting != 0)
    return permitting < 0 ? -1 : 0;
  if (seccomp_read_errno (config, rule, &errno_ret, err) < 0)
    return -1;
  seccomp_edit_drop_name (edit, place, names, creator->name,
                          "libseccomp wants it behind the others");
  seccomp_edit_begin (edit, creator->quoted, action, errno_ret);
  for (json_node n = json_first (config, args); n != JSON_NONE;
       n = json_next (config, n))
    seccomp_edit_condition (edit, n);
  seccomp_edit_end (edit);
  return 0;
}

static int
plan_rule (struct seccomp_edit *edit, const struct creator *creator,
           size_t place, json_node rule, bool plain, struct error *err)
{
  const struct json_doc *config = edit->config;
  enum seccomp_action action = SECCOMP_ALLOW;
  bool cut = false;
  int permitting = -1;
  json_node names;

  if (json_get (config, rule, "names", JSON_ARRAY, &names, err) < 0)
    return -1;
  for (json_node n = json_first (config, names); n != JSON_NONE;
       n = json_next (config, n))
    {
      bool socket = json_string_is (config, n, creator->name);
      bool whole = false;

      for (size_t i = 0; i < COUNT (denied); i++)
        whole |= json_string_is (config, n, denied[i].name);
      if (!socket && !whole)
        continue;
      if (permitting < 0)
        permitting = read_permitting (config, rule, &action, err);
      if (permitting < 0)
        return -1;
      if (whole && permitting && plain)
        seccomp_edit_drop (edit, place, names, n, "strict denies it");
      cut |= socket && permitting;
    }
  return cut && plain == is_plain (config, rule)
             ? cut_socket (edit, creator, place, rule, names, action, err)
             : 0;
}

/* ---- beside a default that permits ---- */

/* A rule of ours: ERRNO, and at most one condition, on the family. */
struct denial
{
  const char *name;
  uint64_t errno_ret;
  uint64_t mask, datum; /* mask 0: no condition */
};

static bool
has_condition (const struct json_doc *config, json_node args,
               const struct denial *denial)
{
  json_node first = json_first (config, args);
  struct seccomp_condition condition;

  if (denial->mask == 0 || first == JSON_NONE)
    return denial->mask == 0 && first == JSON_NONE;
  return json_next (config, first) == JSON_NONE
         && seccomp_read_condition (config, first, &condition, NULL) == 0
         && condition.index == 0 && condition.value == denial->mask
         && condition.value_two == denial->datum
         && json_string_is (config, condition.op, "SCMP_CMP_MASKED_EQ");
}

/* Whether it is there from an earlier edit, perhaps written again by an
 * engine: compared by meaning. */
static bool
is_present (const struct seccomp_edit *edit, const struct denial *denial)
{
  const struct json_doc *config = edit->config;

  for (json_node rule = json_first (config, edit->profile->syscalls);
       rule != JSON_NONE; rule = json_next (config, rule))
    {
      enum seccomp_action action;
      uint64_t errno_ret;
      json_node names, args;

      if (seccomp_read_action (config, rule, "action", "", &action, NULL) < 0
          || action != SECCOMP_ERRNO
          || seccomp_read_errno (config, rule, &errno_ret, NULL) < 0
          || errno_ret != denial->errno_ret
          || json_get (config, rule, "names", JSON_ARRAY, &names, NULL) <= 0
          || json_get (config, rule, "args", JSON_ARRAY, &args, NULL) < 0
          || !has_condition (config, args, denial))
        continue;
      if (names_it (config, names, denial->name))
        return true;
    }
  return false;
}

static void
deny (struct seccomp_edit *edit, const struct denial *denial)
{
  cleanup_free char *name = NULL;

  if (is_present (edit, denial))
    return;
  name = xasprintf ("\"%s\"", denial->name);
  seccomp_edit_begin (edit, name, SECCOMP_ERRNO, denial->errno_ret);
  if (denial->mask != 0)
    seccomp_edit_masked (edit, 0, denial->mask, denial->datum);
  seccomp_edit_end (edit);
}

static void
deny_families (struct seccomp_edit *edit, const struct creator *creator)
{
  for (size_t i = 0; i < COUNT (other_families); i++)
    deny (edit, &(struct denial){ creator->name, EAFNOSUPPORT,
                                  other_families[i].mask,
                                  other_families[i].datum });
  for (unsigned bit = 5; bit < 32; bit++)
    deny (edit, &(struct denial){ creator->name, EAFNOSUPPORT,
                                  UINT64_C (1) << bit, UINT64_C (1) << bit });
}

static void
deny_all (struct seccomp_edit *edit)
{
  for (size_t i = 0; i < COUNT (denied); i++)
    deny (edit, &(struct denial){ denied[i].name, EPERM, 0, 0 });
  for (size_t i = 0; i < COUNT (creators); i++)
    deny_families (edit, &creators[i]);
}

/* ---- beside a default that denies ---- */

/* On i386 libseccomp writes every rule for socket once more for socketcall,
 * where the call's number takes the place of the family: our rules for four
 * families permit all of them there (measured, libseccomp 2.5.4).  A rule
 * without a condition wins; the runtimes skip one that says what the default
 * says, and old ones know of no default but EPERM. */
static void
deny_socketcall (struct seccomp_edit *edit, uint64_t by_default)
{
  struct denial denial = { .name = "socketcall", .errno_ret = ENOSYS };

  if ((by_default & 0xFFFF) == denial.errno_ret) /* SECCOMP_RET_DATA */
    denial.errno_ret = EACCES;
  deny (edit, &denial);
}

enum pass
{
  PLAIN,      /* what permits without a condition, or on the family alone */
  CONDITIONS, /* what permits on more */
  DENIALS,    /* what denies on a condition */
  PASSES
};

static int
plan_creator (struct seccomp_edit *edit, const struct creator *creator,
              struct error *err)
{
  const struct seccomp_profile *profile = edit->profile;
  size_t before = edit->added.length;

  for (enum pass pass = PLAIN; pass < PASSES; pass++)
    {
      size_t place = 0;

      if (pass == DENIALS && edit->added.length == before)
        break;
      for (json_node rule = json_first (edit->config, profile->syscalls);
           rule != JSON_NONE; rule = json_next (edit->config, rule), place++)
        if ((pass == DENIALS
                 ? move_denial (edit, creator, place, rule, err)
                 : plan_rule (edit, creator, place, rule, pass == PLAIN, err))
            < 0)
          return -1;
    }
  return 0;
}

int
strict_lock_plan (struct seccomp_edit *edit, struct error *err)
{
  bool reaches;
  uint64_t errno_ret;

  for (size_t i = 0; i < COUNT (creators); i++)
    if (plan_creator (edit, &creators[i], err) < 0)
      return -1;
  if (seccomp_read_default (edit->config, edit->profile, &reaches, &errno_ret,
                            err)
      < 0)
    return -1;
  if (reaches)
    deny_all (edit);
  else
    deny_socketcall (edit, errno_ret);
  return 0;
}
