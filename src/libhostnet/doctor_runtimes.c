/* SPDX-License-Identifier: Apache-2.0 */
/* crun and runc: which one is taken, what it was built with, and what is known
 * to be wrong with its version. */
#include <config.h>

#include "doctor_facts.h"

#include <stdlib.h>
#include <string.h>

struct fix
{
  unsigned since[3];
  unsigned candidate;
};
#define RELEASE(a, b, c) { { a, b, c }, LOWLEVEL_RELEASE }
#define CANDIDATE(a, b, c, n) { { a, b, c }, n }

enum { FIXES = 4 };

/* What is known to be wrong, and matters to a lock.  The fixes are the first
 * version of each branch that has one, the oldest first.  CVE-2025-31133,
 * -52565 and -52881 are none of crun's (crun issue 1906); what is wrong with
 * handlers (CVE-2025-24965) does not matter, since those are refused. */
static const struct defect
{
  enum runtime_dialect dialect;
  bool breaks;       /* the promise; else it is a way out that has to be taken */
  const char *name;  /* NULL: it has no name that a changelog would know */
  const char *what;
  struct fix fixes[FIXES]; /* zeros end them */
  const char *mended;      /* what a distribution's own build says that has it
                              without another number, or NULL */
} defects[] = {
  /* NEWS of crun, 1.4 */
  { DIALECT_CRUN, true, NULL,
    "does not know `rro`, by which what is bound of proc and sysfs is "
    "read-only",
    { RELEASE (1, 4, 0) }, NULL },
  /* CHANGELOG.md of runc, 1.1.0-rc.1 */
  { DIALECT_RUNC, true, NULL,
    "does not know `rro`, by which what is bound of proc and sysfs is "
    "read-only",
    { CANDIDATE (1, 1, 0, 1) }, NULL },
  /* https://www.openwall.com/lists/oss-security/2019/02/11/2 */
  { DIALECT_RUNC, false, "CVE-2019-5736",
    "lets a container overwrite the host's runc",
    { CANDIDATE (1, 0, 0, 7) }, NULL },
  /* https://github.com/opencontainers/runc/security/advisories/GHSA-c3xm-pvg7-gh7r */
  { DIALECT_RUNC, false, "CVE-2021-30465",
    "lets a container have the host's file system mounted, by symbolic links",
    { CANDIDATE (1, 0, 0, 95) }, NULL },
  /* https://github.com/opencontainers/runc/security/advisories/GHSA-xr7r-f8xq-vfvv;
   * Debian's changelog of 1.1.5+ds1-1+deb12u1 */
  { DIALECT_RUNC, false, "CVE-2024-21626",
    "lets a container leave through a descriptor that it leaks",
    { RELEASE (1, 1, 12), CANDIDATE (1, 2, 0, 1) },
    "\ncommit: 1.1.5+ds1-1+deb12u" },
  /* CHANGELOG.md of runc, 1.2.8, 1.3.3 and 1.4.0-rc.3, "Security" */
  { DIALECT_RUNC, false, "CVE-2025-31133",
    "lets a container write to files of proc that are masked, and so leave "
    "(also CVE-2025-52565, CVE-2025-52881)",
    { RELEASE (1, 2, 8), RELEASE (1, 3, 3), CANDIDATE (1, 4, 0, 3) }, NULL },
};

static const char *
name_of (const struct lowlevel *lowlevel)
{
  return lowlevel->dialect == DIALECT_CRUN ? "crun" : "runc";
}

/* ---- looking ---- */

static void
ask (const struct doctor_facts *facts, struct doctor_runtime *runtime)
{
  const struct doctor_program *own = &facts->programs[0];
  cleanup_error struct error err = ERROR_INIT;

  runtime->ours = own->there == SEEN_YES && own->inode == runtime->file.inode
                  && own->device == runtime->file.device;
  if (facts->elsewhere || runtime->ours || !runtime->file.program
      || runtime->file.foreign != NULL)
    return;
  if (lowlevel_check (&runtime->lowlevel, "", &err) < 0)
    {
      runtime->wrong = xasprintf ("%s", err.message);
      return;
    }
  lowlevel_says (&runtime->lowlevel, runtime->said, sizeof runtime->said);
  runtime->asked = true;
}

/* Its place in the list; -1: it is not there, nor perhaps. */
static int
add (struct doctor_facts *facts, struct lowlevel lowlevel)
{
  struct doctor_runtime *new = &facts->runtimes[facts->runtime_count];

  for (size_t i = 0; i < facts->runtime_count; i++)
    if (strcmp (facts->runtimes[i].lowlevel.path, lowlevel.path) == 0)
      return (int) i;
  *new = (struct doctor_runtime){ .lowlevel = lowlevel,
                                  .file = { .path = lowlevel.path } };
  doctor_look (facts, &new->file);
  if (new->file.there == SEEN_NO)
    return -1;
  /* /usr/sbin may be /usr/bin */
  for (size_t i = 0; i < facts->runtime_count; i++)
    if (new->file.there == SEEN_YES
        && facts->runtimes[i].file.inode == new->file.inode
        && facts->runtimes[i].file.device == new->file.device)
      {
        free (new->file.foreign);
        return (int) i;
      }
  ask (facts, new);
  return (int) facts->runtime_count++;
}

void
doctor_read_runtimes (struct doctor_facts *facts)
{
  const struct lowlevel *candidate;
  int first = -1;

  for (size_t i = 0; (candidate = lowlevel_candidate (i)) != NULL; i++)
    {
      int place = add (facts, *candidate);

      if (first < 0)
        first = place;
    }
  facts->chosen = facts->policy.runtime == NULL
                      ? first
                      : add (facts, lowlevel_of_policy (facts->policy.runtime));
}

/* ---- judging ---- */

/* By the branch that VERSION is of, or else by the oldest fix. */
static bool
is_fixed (const struct defect *defect, const struct lowlevel_version *version,
          const char *said)
{
  const struct fix *by = &defect->fixes[0];

  for (size_t i = 1; i < FIXES && defect->fixes[i].candidate != 0; i++)
    if (defect->fixes[i].since[0] == version->number[0]
        && defect->fixes[i].since[1] == version->number[1])
      by = &defect->fixes[i];
  return lowlevel_version_since (version, by->since, by->candidate)
         || (defect->mended != NULL && strstr (said, defect->mended) != NULL);
}

/* A package puts it where we look for it, but not where a policy says. */
static void
mend_runtime (const struct doctor_facts *facts,
              const struct doctor_runtime *runtime, struct checks *checks)
{
  const char *name = name_of (&runtime->lowlevel);
  const struct lowlevel *candidate;

  for (size_t i = 0; (candidate = lowlevel_candidate (i)) != NULL; i++)
    if (strcmp (candidate->path, runtime->lowlevel.path) == 0)
      {
        doctor_mend_install (checks, facts, name);
        return;
      }
  checks_mend (checks, "put a newer %s there, or take \"runtime\" out of "
                       POLICY_PATH, name);
}

static void
add_defect (const struct doctor_facts *facts,
            const struct doctor_runtime *runtime, const struct defect *defect,
            const struct lowlevel_version *version, bool chosen,
            struct checks *checks)
{
  const char *name = name_of (&runtime->lowlevel);
  cleanup_free char *number = xasprintf ("%s", escape (version->text).text);

  if (defect->breaks)
    {
      checks_add (checks, name, chosen ? CHECK_FAIL : CHECK_WARN,
                  "`%s` (%s) %s", escape (runtime->lowlevel.path).text, number,
                  defect->what);
      mend_runtime (facts, runtime, checks);
      return;
    }
  checks_add (checks, name, CHECK_WARN,
              "`%s` (%s) has %s, unless the distribution mended it without "
              "another number (its changelog tells): it %s",
              escape (runtime->lowlevel.path).text, number, defect->name,
              defect->what);
  mend_runtime (facts, runtime, checks);
}

/* crun and runc tell what they were built with, each in its own way. */
static bool
has_seccomp (const struct doctor_runtime *runtime)
{
  const char *mark = runtime->lowlevel.dialect == DIALECT_CRUN
                         ? "+SECCOMP"
                         : "\nlibseccomp:";

  return strstr (runtime->said, mark) != NULL;
}

static void
check_version (const struct doctor_facts *facts,
               const struct doctor_runtime *runtime, bool chosen,
               struct checks *checks)
{
  const char *name = name_of (&runtime->lowlevel);
  size_t before = checks->count;
  struct lowlevel_version version;

  if (!lowlevel_version_read (runtime->said, name, &version))
    {
      checks_add (checks, name, chosen ? CHECK_FAIL : CHECK_WARN,
                  "`%s` does not say for --version that it is %s",
                  escape (runtime->lowlevel.path).text, name);
      mend_runtime (facts, runtime, checks);
      return;
    }
  for (size_t i = 0; i < sizeof defects / sizeof *defects; i++)
    if (defects[i].dialect == runtime->lowlevel.dialect
        && !is_fixed (&defects[i], &version, runtime->said))
      add_defect (facts, runtime, &defects[i], &version, chosen, checks);
  if (!has_seccomp (runtime))
    {
      checks_add (checks, name, chosen ? CHECK_FAIL : CHECK_WARN,
                  "`%s` was built without seccomp, by which every lock denies "
                  "the ioctls that change interfaces",
                  escape (runtime->lowlevel.path).text);
      mend_runtime (facts, runtime, checks);
    }
  if (checks->count == before)
    checks_add (checks, name, CHECK_OK, "`%s` is %s %s with seccomp",
                escape (runtime->lowlevel.path).text, name,
                escape (version.text).text);
}

static void
check_one (const struct doctor_facts *facts,
           const struct doctor_runtime *runtime, bool chosen,
           struct checks *checks)
{
  const char *name = name_of (&runtime->lowlevel);
  enum check_verdict bad = chosen ? CHECK_FAIL : CHECK_WARN;
  cleanup_free char *path
      = xasprintf ("%s", escape (runtime->lowlevel.path).text);

  if (runtime->file.there == SEEN_UNKNOWN)
    {
      checks_add (checks, name, CHECK_UNKNOWN, "`%s` cannot be looked at",
                  path);
      doctor_mend_unseen (checks, facts);
      return;
    }
  if (runtime->file.foreign != NULL)
    {
      cleanup_free char *foreign
          = xasprintf ("%s", escape (runtime->file.foreign).text);

      checks_add (checks, name, bad,
                  "others than root can write %s, and root runs `%s`", foreign,
                  path);
      doctor_mend_owner (checks, facts, runtime->file.foreign);
    }
  else if (runtime->ours || !runtime->file.program || runtime->wrong != NULL)
    {
      if (runtime->wrong != NULL)
        checks_add (checks, name, bad, "%s", runtime->wrong);
      else
        checks_add (checks, name, bad, "`%s` is %s", path,
                    runtime->ours ? "oci-hostnet itself" : "no program");
      checks_mend (checks, "put the real %s back, or name it as \"runtime\" in "
                           POLICY_PATH, name);
    }
  else if (runtime->asked)
    check_version (facts, runtime, chosen, checks);
  else
    checks_add (checks, name, CHECK_UNKNOWN,
                "`%s` is there; what is not this system's is not asked for "
                "its version",
                path);
}

void
doctor_check_runtimes (const struct doctor_facts *facts,
                       struct checks *checks)
{
  const char *named = facts->policy.runtime;

  if (facts->policy.unreadable && facts->chosen >= 0)
    {
      checks_add (checks, "runtime", CHECK_UNKNOWN,
                  "`%s`, unless the policy names another",
                  escape (facts->runtimes[facts->chosen].lowlevel.path).text);
      doctor_mend_unseen (checks, facts);
    }
  else if (facts->chosen >= 0)
    checks_add (checks, "runtime", CHECK_OK, "`%s` is taken, %s",
                escape (facts->runtimes[facts->chosen].lowlevel.path).text,
                named ? "which the policy names"
                      : "the first of those that are looked for");
  else if (named != NULL)
    {
      checks_add (checks, "runtime", CHECK_FAIL,
                  "the policy's `%s` is not there", escape (named).text);
      checks_mend (checks, "install it, or take \"runtime\" out of "
                           POLICY_PATH);
    }
  else
    {
      checks_add (checks, "runtime", CHECK_FAIL,
                  "neither crun nor runc is there: nothing can run a "
                  "container");
      doctor_mend_install (checks, facts, "crun");
    }
  for (size_t i = 0; i < facts->runtime_count; i++)
    check_one (facts, &facts->runtimes[i], (int) i == facts->chosen, checks);
}
