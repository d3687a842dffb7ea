/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "seccomp_compile.h"

#include <ctype.h>
#include <errno.h>
#include <seccomp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "bpf.h"

#define COUNT(array) (sizeof (array) / sizeof *(array))

enum
{
  ARGUMENTS = 6,
  TREE_NAMES = 32 /* InitSeccomp(): more of them make a tree */
};

struct compiler
{
  const struct json_doc *config;
  enum seccomp_way way;
  scmp_filter_ctx ctx;
  uint32_t default_action;
  size_t names; /* of all rules: runc has one rule for each */
};

const char *
seccomp_way_name (enum seccomp_way way)
{
  static const char *const names[]
      = { "crun", "runc", "runc with a binary tree" };

  return names[way];
}

static int
refuse (const struct compiler *compiler, const char *why, struct error *err)
{
  return error_refuse (err, SENTENCE_seccomp_compile,
                       seccomp_way_name (compiler->way), why);
}

/* The two runtimes read numbers of these members alone. */
static int
read_number (const struct compiler *compiler, json_node object,
             const char *key, uint64_t absent, uint64_t *value,
             struct error *err)
{
  json_node node;
  int found = json_get (compiler->config, object, key, JSON_NUMBER, &node, err);

  *value = absent;
  if (found <= 0)
    return found;
  if (json_uint64 (compiler->config, node, value) < 0)
    return refuse (compiler, "a number is not a plain one", err);
  return 1;
}

/* runtime-spec, config-linux.md "Seccomp"; the values are libseccomp's. */
static int
read_action (const struct compiler *compiler, json_node object,
             const char *key, const char *errno_key, uint32_t *action,
             struct error *err)
{
  static const struct
  {
    const char *name;
    uint32_t action;
    bool has_errno;
  } actions[] = { { "SCMP_ACT_ALLOW", SCMP_ACT_ALLOW, false },
                  { "SCMP_ACT_LOG", SCMP_ACT_LOG, false },
                  { "SCMP_ACT_ERRNO", SCMP_ACT_ERRNO (0), true },
                  { "SCMP_ACT_TRACE", SCMP_ACT_TRACE (0), true },
                  { "SCMP_ACT_KILL", SCMP_ACT_KILL_THREAD, false },
                  { "SCMP_ACT_KILL_THREAD", SCMP_ACT_KILL_THREAD, false },
                  { "SCMP_ACT_KILL_PROCESS", SCMP_ACT_KILL_PROCESS, false },
                  { "SCMP_ACT_TRAP", SCMP_ACT_TRAP, false },
                  { "SCMP_ACT_NOTIFY", SCMP_ACT_NOTIFY, false } };
  json_node node;
  uint64_t number;
  size_t i = 0;
  int has_number
      = read_number (compiler, object, errno_key, EPERM, &number, err);

  if (has_number < 0
      || json_get (compiler->config, object, key, JSON_STRING, &node, err) < 0)
    return -1;
  while (i < COUNT (actions)
         && (node == JSON_NONE
             || !json_string_is (compiler->config, node, actions[i].name)))
    i++;
  if (i == COUNT (actions))
    return refuse (compiler, "an action is missing or not known", err);
  if (has_number > 0 && !actions[i].has_errno
      && compiler->way == SECCOMP_AS_CRUN)
    return refuse (compiler, "an action without an errno has one", err);
  *action = actions[i].action
            | (actions[i].has_errno ? (uint32_t) number & 0xFFFF : 0);
  return 0;
}

static int
read_condition (const struct compiler *compiler, json_node object,
                struct scmp_arg_cmp *condition, struct error *err)
{
  static const struct
  {
    const char *name;
    enum scmp_compare op;
  } operators[] = { { "SCMP_CMP_NE", SCMP_CMP_NE },
                    { "SCMP_CMP_LT", SCMP_CMP_LT },
                    { "SCMP_CMP_LE", SCMP_CMP_LE },
                    { "SCMP_CMP_EQ", SCMP_CMP_EQ },
                    { "SCMP_CMP_GE", SCMP_CMP_GE },
                    { "SCMP_CMP_GT", SCMP_CMP_GT },
                    { "SCMP_CMP_MASKED_EQ", SCMP_CMP_MASKED_EQ } };
  uint64_t index, value, value_two;
  json_node op;
  size_t i = 0;

  if (json_kind (compiler->config, object) != JSON_OBJECT)
    return refuse (compiler, "a condition is no object", err);
  if (read_number (compiler, object, "index", 0, &index, err) < 0
      || read_number (compiler, object, "value", 0, &value, err) < 0
      || read_number (compiler, object, "valueTwo", 0, &value_two, err) < 0
      || json_get (compiler->config, object, "op", JSON_STRING, &op, err) < 0)
    return -1;
  while (i < COUNT (operators)
         && (op == JSON_NONE
             || !json_string_is (compiler->config, op, operators[i].name)))
    i++;
  if (i == COUNT (operators) || index >= ARGUMENTS)
    return refuse (compiler, "a condition is not one of the runtime-spec",
                   err);
  *condition = (struct scmp_arg_cmp){ (unsigned) index, operators[i].op, value,
                                      value_two };
  return 0;
}

struct conditions
{
  struct scmp_arg_cmp *list; /* owned */
  unsigned count;
  bool alternatives; /* several of one argument: one rule each */
};

/* crun looks at the first six alone. */
static int
read_conditions (const struct compiler *compiler, json_node rule,
                 struct conditions *conditions, struct error *err)
{
  bool used[ARGUMENTS] = { false };
  json_node args;

  if (json_get (compiler->config, rule, "args", JSON_ARRAY, &args, err) < 0)
    return -1;
  for (json_node n = json_first (compiler->config, args); n != JSON_NONE;
       n = json_next (compiler->config, n))
    {
      struct scmp_arg_cmp condition;

      if (compiler->way == SECCOMP_AS_CRUN && conditions->count == ARGUMENTS)
        return 0;
      if (read_condition (compiler, n, &condition, err) < 0)
        return -1;
      conditions->alternatives |= used[condition.arg];
      used[condition.arg] = true;
      conditions->list
          = xrealloc (conditions->list,
                      (conditions->count + 1) * sizeof *conditions->list);
      conditions->list[conditions->count++] = condition;
    }
  return 0;
}

static int
add_name (struct compiler *compiler, json_node name, uint32_t action,
          const struct conditions *conditions, struct error *err)
{
  cleanup_free char *text = json_string (compiler->config, name);
  int number = seccomp_syscall_resolve_name (text), status = 0;

  /* Both runtimes skip what they do not know. */
  if (number == __NR_SCMP_ERROR)
    return 0;
  if (!conditions->alternatives)
    status = seccomp_rule_add_array (compiler->ctx, action, number,
                                     conditions->count, conditions->list);
  else
    for (unsigned i = 0; i < conditions->count && status == 0; i++)
      status = seccomp_rule_add_array (compiler->ctx, action, number, 1,
                                       &conditions->list[i]);
  return status == 0 ? 0 : refuse (compiler, "libseccomp refuses a rule", err);
}

static int
add_rule (struct compiler *compiler, json_node rule,
          struct conditions *conditions, struct error *err)
{
  json_node names;
  uint32_t action;

  if (json_kind (compiler->config, rule) != JSON_OBJECT)
    return refuse (compiler, "a rule is no object", err);
  if (read_action (compiler, rule, "action", "errnoRet", &action, err) < 0
      || read_conditions (compiler, rule, conditions, err) < 0
      || json_get (compiler->config, rule, "names", JSON_ARRAY, &names, err)
             < 0)
    return -1;
  for (json_node n = json_first (compiler->config, names); n != JSON_NONE;
       n = json_next (compiler->config, n))
    {
      compiler->names++;
      if (json_kind (compiler->config, n) != JSON_STRING)
        return refuse (compiler, "a name is no string", err);
      /* Both skip a rule that says what the default says. */
      if (action != compiler->default_action
          && add_name (compiler, n, action, conditions, err) < 0)
        return -1;
    }
  return 0;
}

static int
add_rules (struct compiler *compiler, json_node seccomp, struct error *err)
{
  json_node rules;

  if (json_get (compiler->config, seccomp, "syscalls", JSON_ARRAY, &rules, err)
      < 0)
    return -1;
  for (json_node n = json_first (compiler->config, rules); n != JSON_NONE;
       n = json_next (compiler->config, n))
    {
      struct conditions conditions = { NULL, 0, false };
      int status = add_rule (compiler, n, &conditions, err);

      free (conditions.list);
      if (status < 0)
        return -1;
    }
  return 0;
}

uint32_t
seccomp_architecture (const char *name)
{
  static const char prefix[] = "SCMP_ARCH_";
  char lower[32];
  size_t i = 0;

  if (strncmp (name, prefix, sizeof prefix - 1) != 0)
    return 0;
  name += sizeof prefix - 1;
  for (; i < sizeof lower - 1 && name[i] != '\0'; i++)
    lower[i] = (char) tolower ((unsigned char) name[i]);
  lower[i] = '\0';
  return seccomp_arch_resolve_name (lower);
}

/* A new filter has the native architecture already. */
static int
add_architectures (struct compiler *compiler, json_node seccomp,
                   struct error *err)
{
  json_node list;

  if (json_get (compiler->config, seccomp, "architectures", JSON_ARRAY, &list,
                err)
      < 0)
    return -1;
  for (json_node n = json_first (compiler->config, list); n != JSON_NONE;
       n = json_next (compiler->config, n))
    {
      cleanup_free char *name = json_kind (compiler->config, n) == JSON_STRING
                                    ? json_string (compiler->config, n)
                                    : NULL;
      uint32_t token = name == NULL ? 0 : seccomp_architecture (name);
      int status = token == 0 ? -EINVAL : seccomp_arch_add (compiler->ctx, token);

      if (status < 0 && status != -EEXIST)
        return refuse (compiler, "an architecture is not known", err);
    }
  return 0;
}

static int
export (struct compiler *compiler, struct seccomp_program *program,
        struct error *err)
{
  cleanup_close int fd = memfd_create ("seccomp", MFD_CLOEXEC);
  off_t size = -1;

  if (fd >= 0 && seccomp_export_bpf (compiler->ctx, fd) == 0)
    size = lseek (fd, 0, SEEK_END);
  if (size < 0)
    return error_system (err, errno, SENTENCE_system, "exporting the filter");
  program->code = xmalloc ((size_t) size);
  program->count = (size_t) size / sizeof *program->code;
  if (pread (fd, program->code, (size_t) size, 0) != size)
    return error_system (err, errno, SENTENCE_system, "reading the filter");
  if (bpf_check (program->code, program->count) < 0)
    return refuse (compiler, "the kernel would not take the filter", err);
  return 0;
}

static int
compile (struct compiler *compiler, json_node seccomp,
         struct seccomp_program *program, struct error *err)
{
  if (read_action (compiler, seccomp, "defaultAction", "defaultErrnoRet",
                   &compiler->default_action, err)
      < 0)
    return -1;
  compiler->ctx = seccomp_init (compiler->default_action);
  if (compiler->ctx == NULL)
    return refuse (compiler, "libseccomp refuses the default action", err);
  if (add_architectures (compiler, seccomp, err) < 0
      || add_rules (compiler, seccomp, err) < 0)
    return -1;
  program->tree
      = compiler->way == SECCOMP_AS_RUNC_TREE && compiler->names > TREE_NAMES
        && seccomp_attr_set (compiler->ctx, SCMP_FLTATR_CTL_OPTIMIZE, 2) == 0;
  return export (compiler, program, err);
}

int
seccomp_compile (const struct json_doc *config, json_node linux_object,
                 enum seccomp_way way, struct seccomp_program *program,
                 struct error *err)
{
  struct compiler compiler = { .config = config, .way = way };
  json_node seccomp;
  int found = json_get (config, linux_object, "seccomp", JSON_OBJECT, &seccomp,
                        err);

  *program = (struct seccomp_program) SECCOMP_PROGRAM_INIT;
  if (found <= 0)
    return found;
  if (compile (&compiler, seccomp, program, err) < 0)
    {
      found = -1;
      seccomp_program_clear (program);
    }
  if (compiler.ctx != NULL)
    seccomp_release (compiler.ctx);
  return found;
}

void
seccomp_program_clear (struct seccomp_program *program)
{
  free (program->code);
  *program = (struct seccomp_program) SECCOMP_PROGRAM_INIT;
}
