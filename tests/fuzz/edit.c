/* SPDX-License-Identifier: Apache-2.0 */
/* Any text as a configuration: the first byte says on whose behalf it is
 * judged, the second under which policy, and the rest is the text. */
#include <config.h>

#include "fuzz.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "libhostnet/io.h"
#include "libhostnet/decide.h"
#include "libhostnet/judge.h"
#include "libhostnet/seccomp_compile.h"
#include "libhostnet/seccomp_proof.h"
#include "libhostnet/userns.h"
#include "libhostnet/verify.h"
#include "tree.h"

static const char *const policies[] = {
#define ALLOW(more)                                                           \
  "{\"version\":1,\"default\":{\"request\":\"allow\",\"inherit\":\"lock\""    \
  more "}}"
  "{\"version\":1}",
  ALLOW (""),
  ALLOW (",\"lock\":\"strict\""),
  ALLOW (",\"lock\":\"userns\""),
  ALLOW (",\"lock\":\"isolated\",\"isolated\":\"best-effort\""),
  ALLOW (",\"pathless\":\"remove\",\"publishedPorts\":\"warn\","
         "\"dns\":\"keep\",\"hostObjects\":\"report\","
         "\"keepCapabilities\":[\"CAP_NET_RAW\",\"CAP_MKNOD\","
         "\"CAP_SYS_PTRACE\"]"),
  ALLOW (",\"mode\":\"observe\""),
};
enum
{
  POLICIES = sizeof policies / sizeof *policies,
  CALLERS = CALLER_GUARD + 1
};

/* All that an edit may touch, by the first members of its pointer. */
static const char *const intended[] = {
  "/annotations/io.oci-hostnet.applied",
  "/annotations", /* where there were none */
  "/hooks",       /* of the lock isolated */
  "/linux/devices/",
  "/linux/gidMappings",
  "/linux/namespaces/",
  "/linux/readonlyPaths",
  "/linux/resources", /* where there were none */
  "/linux/resources/devices",
  "/linux/seccomp",
  "/linux/sysctl/net.",
  "/linux/uidMappings",
  "/mounts",
  "/process/capabilities/",
  "/process/noNewPrivileges",
};

/* ADDS: nothing stood there, or null. */
static bool
is_intended (const char *pointer, bool adds)
{
  if (strcmp (pointer, "/annotations") == 0
      || strcmp (pointer, "/linux/resources") == 0)
    return adds;
  if (strncmp (pointer, "/linux/sysctl/", 14) == 0
      || strncmp (pointer, "/process/capabilities/", 22) == 0)
    adds = !adds; /* these only lose */
  else
    adds = true;
  for (size_t i = 0; adds && i < sizeof intended / sizeof *intended; i++)
    if (strncmp (pointer, intended[i], strlen (intended[i])) == 0)
      return true;
  return false;
}

static void
check_pointers (const struct judgement *j)
{
  for (size_t i = 0; i < j->decision.edits.count; i++)
    {
      const struct json_edit *edit = &j->decision.edits.list[i];
      cleanup_free char *pointer
          = json_pointer (&j->config, edit->node, edit->key);
      bool adds = strcmp (edit->op, "add") == 0
                  || (strcmp (edit->op, "replace") == 0
                      && json_kind (&j->config, edit->node) == JSON_NULL);

      if (!is_intended (pointer, adds))
        fprintf (stderr, "%s %s\n", edit->op, pointer);
      MUST (is_intended (pointer, adds));
      MUST (i > 0 || edit->why != NULL);
    }
}

/* Every byte between the edits is there, in its order; those in front of the
 * first and behind the last at their ends. */
static void
check_bytes (const struct judgement *j, const char *text, size_t length,
             const char *edited, size_t edited_length)
{
  const struct json_edits *edits = &j->decision.edits;
  cleanup_free bool *gone = xcalloc (length + 1, sizeof *gone);
  cleanup_free bool *cut = xcalloc (length + 1, sizeof *cut);
  size_t at = 0;

  for (size_t i = 0; i < edits->count; i++)
    {
      MUST (edits->list[i].start <= edits->list[i].end
            && edits->list[i].end <= length);
      cut[edits->list[i].start] = true;
      memset (gone + edits->list[i].start, true,
              edits->list[i].end - edits->list[i].start);
    }
  for (size_t start = 0, end; start < length; start = end)
    {
      const char *found;

      end = start + 1;
      if (gone[start])
        continue;
      while (end < length && !gone[end] && !cut[end])
        end++;
      found = memmem (edited + at, edited_length - at, text + start,
                      end - start);
      MUST (found != NULL);
      MUST (start > 0 || found == edited);
      MUST (end < length || memcmp (edited + edited_length - (end - start),
                                    text + start, end - start)
                                == 0);
      at = (size_t) (found - edited) + (end - start);
    }
}

/* Compiling a filter takes a thousand times as long as all the rest. */
static bool
is_new (const char *text, size_t length, bool strict)
{
  static uint64_t seen[1 << 16];
  uint64_t hash = UINT64_C (14695981039346656037) + strict;

  for (size_t i = 0; i < length; i++)
    hash = (hash ^ (unsigned char) text[i]) * UINT64_C (1099511628211);
  if (seen[hash >> 48] == hash)
    return false;
  seen[hash >> 48] = hash;
  return true;
}

/* No runtime starts a container with a profile that cannot be compiled: only
 * what names ioctl is our business then. */
static bool
compiles (const struct json_doc *config)
{
  json_node linux_object;
  int result = 0;

  json_get (config, 0, "linux", JSON_OBJECT, &linux_object, NULL);
  for (int way = 0; way < SECCOMP_WAYS && result >= 0; way++)
    {
      struct seccomp_program program = SECCOMP_PROGRAM_INIT;

      result = seccomp_compile (config, linux_object, (enum seccomp_way) way,
                                &program, NULL);
      seccomp_program_clear (&program);
    }
  return result >= 0;
}

static void
check_holds (const struct checks *checks, const struct json_doc *before)
{
  for (size_t i = 0; i < checks->count; i++)
    {
      bool bad = checks->list[i].verdict == CHECK_FAILS
                 || checks->list[i].verdict == CHECK_UNSEEN;

      if (bad && strcmp (checks->list[i].id, "seccomp") == 0
          && !compiles (before))
        continue;
      if (bad)
        fprintf (stderr, "%s: %s\n", checks->list[i].id,
                 checks->list[i].reason);
      MUST (!bad);
    }
}

/* verify looks at this machine, and judges as whoever calls it. */
static bool
can_verify (void)
{
  bool initial;

  return geteuid () == 0 && userns_is_initial (&initial) == 0 && initial
         && access (POLICY_PATH, F_OK) < 0 && errno == ENOENT;
}

/* As `oci-hostnet verify` reads it. */
static void
check_verify (const char *text, size_t length, const struct json_doc *before)
{
  char directory[] = "/tmp/fuzz-edit-XXXXXX";
  cleanup_free char *name
      = xasprintf ("%s/config.json", mkdtemp (directory));
  cleanup_close int fd = open (name, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
  cleanup_checks struct checks checks = CHECKS_INIT;
  cleanup_error struct error err = ERROR_INIT;
  bool private;

  MUST (fd >= 0 && write_all (fd, text, length) == 0);
  if (verify (name, &checks, &private, &err) < 0)
    fprintf (stderr, "%s\n", err.message);
  unlink (name);
  rmdir (directory);
  MUST (err.id == REFUSAL_NONE);
  check_holds (&checks, before);
}

/* A second pass leaves it. */
static void
judge_again (struct judgement *j, const char *text, size_t length,
             enum caller caller, size_t policy)
{
  cleanup_error struct error err = ERROR_INIT;

  MUST (policy_parse (policies[policy], strlen (policies[policy]), "p",
                      &j->policy, &err)
        == 0);
  j->facts.elsewhere = true;
  if (judge (text, length, NULL, caller, 0, j, &err) < 0)
    fprintf (stderr, "%s\n", err.message);
  MUST (err.id == REFUSAL_NONE);
  MUST (j->decision.verdict == VERDICT_LEAVE && j->decision.edits.count == 0);
}

/* What podman's hook edited comes to the runtime, and what the runtime edited
 * to the guard. */
static void
check_next (const char *text, size_t length, size_t policy)
{
  static const enum caller next[] = { CALLER_CREATE, CALLER_GUARD };

  for (size_t i = 0; i < sizeof next / sizeof *next; i++)
    {
      cleanup_judgement struct judgement j = JUDGEMENT_INIT;

      judge_again (&j, text, length, next[i], policy);
    }
}

/* The result is finished, and can be proved. */
static void
check_again (const char *text, size_t length, enum caller caller,
             size_t policy, enum lock lock, const struct json_doc *before)
{
  cleanup_judgement struct judgement j = JUDGEMENT_INIT;
  cleanup_checks struct checks checks = CHECKS_INIT;
  json_node linux_object, seccomp;
  const struct json_member *member;

  judge_again (&j, text, length, caller, policy);
  check_next (text, length, policy);
  MUST (json_get (&j.config, 0, "linux", JSON_OBJECT, &linux_object, NULL) > 0);
  MUST (json_get (&j.config, linux_object, "seccomp", JSON_OBJECT, &seccomp,
                  NULL)
        > 0);
  member = &j.config.members[seccomp];
  if (!is_new (text + member->start, member->end - member->start,
               (lock & LOCK_STRICT) != 0))
    return;
  seccomp_prove (&j.config, linux_object, (lock & LOCK_STRICT) != 0, &checks);
  check_holds (&checks, before);
  if (policy == 0 && can_verify ())
    check_verify (text, length, before);
}

/* ---- what a lock comes to, read by the other reader ---- */

static bool
has_string (yajl_val array, const char *text)
{
  for (size_t i = 0; YAJL_IS_ARRAY (array) && i < array->u.array.len; i++)
    if (tree_string_is (array->u.array.values[i], text))
      return true;
  return false;
}

static bool
has_capability (yajl_val config, const char *name)
{
  static const char *const sets[]
      = { "bounding", "effective", "inheritable", "permitted", "ambient" };
  yajl_val all = tree_get (tree_get (config, "process"), "capabilities");

  for (size_t i = 0; i < sizeof sets / sizeof *sets; i++)
    if (has_string (tree_get (all, sets[i]), name))
      return true;
  return false;
}

static void
check_network (yajl_val linux_object)
{
  yajl_val sysctl = tree_get (linux_object, "sysctl");
  yajl_val entries = tree_get (linux_object, "namespaces");

  for (size_t i = 0; YAJL_IS_OBJECT (sysctl) && i < sysctl->u.object.len; i++)
    MUST (strncmp (sysctl->u.object.keys[i], "net.", 4) != 0
          && strncmp (sysctl->u.object.keys[i], "net/", 4) != 0);
  for (size_t i = 0; YAJL_IS_ARRAY (entries) && i < entries->u.array.len; i++)
    {
      yajl_val entry = entries->u.array.values[i];
      yajl_val path = tree_get (entry, "path");

      /* another one than what is ours elsewhere (facts.c) */
      MUST (!tree_string_is (tree_get (entry, "type"), "network")
            || tree_string_is (path, "/proc/1/ns/net")
            || tree_string_is (path, "/proc/self/ns/net")
            || tree_string_is (path, "/proc/thread-self/ns/net"));
    }
}

static void
check_locked (const char *text, size_t length, bool keeps_raw)
{
  cleanup_tree yajl_val config = tree_read (text, length);
  yajl_val linux_object = tree_get (config, "linux");
  yajl_val paths = tree_get (linux_object, "readonlyPaths");

  MUST (YAJL_IS_OBJECT (tree_get (linux_object, "seccomp")));
  MUST (has_string (paths, "/proc/sys") || has_string (paths, "/proc"));
  MUST (!has_capability (config, "CAP_NET_ADMIN")
        && !has_capability (config, "CAP_SYS_ADMIN")
        && !has_capability (config, "CAP_SYS_MODULE")
        && !has_capability (config, "CAP_BPF"));
  MUST (keeps_raw || !has_capability (config, "CAP_NET_RAW"));
  MUST (tree_get (tree_get (config, "annotations"),
                  "io.oci-hostnet.applied")
        != NULL);
  check_network (linux_object);
}

static void
check_edited (struct judgement *j, const char *text, size_t length,
              enum caller caller, size_t policy)
{
  size_t edited_length;
  cleanup_free char *edited = judgement_apply (j, &edited_length);
  cleanup_tree yajl_val before = tree_read (text, length);
  cleanup_tree yajl_val after = tree_read (edited, edited_length);

  MUST (strlen (edited) == edited_length);
  MUST (before != NULL && after != NULL);
  check_pointers (j);
  MUST (tree_edited (before, after, &j->config, &j->decision.edits));
  check_bytes (j, text, length, edited, edited_length);
  check_locked (edited, edited_length,
                (j->settings.keep_capabilities & KEEP_NET_RAW) != 0);
  check_again (edited, edited_length, caller, policy,
               decide_lock (&j->settings, &j->request), &j->config);
}

int
fuzz_edit (const uint8_t *data, size_t size)
{
  enum caller caller
      = size > 0 ? (uint8_t) (data[0] - '0') % CALLERS : CALLER_APPLY;
  size_t policy = size > 1 ? (uint8_t) (data[1] - '0') % POLICIES : 0;
  const char *text = size > 2 ? (const char *) data + 2 : "";
  size_t length = size > 2 ? size - 2 : 0;
  cleanup_judgement struct judgement j = JUDGEMENT_INIT;
  cleanup_error struct error err = ERROR_INIT;
  int result;

  MUST (policy_parse (policies[policy], strlen (policies[policy]), "p",
                      &j.policy, &err)
        == 0);
  j.facts.elsewhere = true;
  result = judge (text, length, NULL, caller, 0, &j, &err);
  MUST (result == 0 || result == -1);
  MUST ((result < 0) == (err.id != REFUSAL_NONE && err.message != NULL));
  if (result < 0)
    MUST (refusal_name (err.id)[0] != '\0' && err.message[0] != '\0');
  if (result < 0 || j.decision.verdict == VERDICT_LEAVE)
    MUST (j.observation.observed || j.decision.edits.count == 0);
  else
    {
      MUST (caller != CALLER_RESTORE && !j.observation.observed);
      MUST (j.decision.asks || j.decision.has_host_network);
      MUST (j.decision.edits.count > 0);
      check_edited (&j, text, length, caller, policy);
    }
  /* who asks is locked, or refused */
  if (result == 0 && j.request.network && !j.observation.observed)
    {
      MUST (j.decision.must_be_locked);
      if (j.decision.verdict == VERDICT_LEAVE)
        check_locked (text, length,
                      (j.settings.keep_capabilities & KEEP_NET_RAW) != 0);
    }
  return 0;
}
