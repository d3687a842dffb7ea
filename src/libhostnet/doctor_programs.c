/* SPDX-License-Identifier: Apache-2.0 */
/* Our own programs, where the engines are told to look for them. */
#include <config.h>

#include "doctor_facts.h"

#include <string.h>

static const struct
{
  const char *path;
  bool needed; /* nothing is locked without it */
  const char *without;
} programs[DOCTOR_PROGRAMS] = {
  { SBINDIR "/oci-hostnet-runtime", true, "no engine can lock a container" },
  { SBINDIR "/oci-hostnet-hook", true, "podman's hooks lock nothing" },
  { SBINDIR "/oci-hostnet-crun", false, "it cannot stand in for crun" },
  { SBINDIR "/oci-hostnet-runc", false, "it cannot stand in for runc" },
#ifdef HAVE_BPF
  { ISOLATE_PATH, false, "the lock isolated cannot be had" },
#endif
};

void
doctor_read_programs (struct doctor_facts *facts)
{
  for (size_t i = 0; i < DOCTOR_PROGRAMS && programs[i].path != NULL; i++)
    {
      facts->programs[i].path = programs[i].path;
      doctor_look (facts, &facts->programs[i]);
    }
}

/* What is wrong with PROGRAM, or nothing: true. */
static bool
is_sound (const struct doctor_facts *facts,
          const struct doctor_program *program, struct checks *checks)
{
  const char *path = program->path;
  cleanup_free char *word = NULL;

  if (!program->program)
    {
      checks_add (checks, "programs", CHECK_FAIL, "%s is no program", path);
      checks_mend (checks, "install oci-hostnet again");
    }
  else if (program->foreign != NULL)
    {
      cleanup_free char *foreign
          = xasprintf ("%s", escape (program->foreign).text);

      checks_add (checks, "programs", CHECK_FAIL,
                  "others than root can write %s, and root runs %s", foreign,
                  path);
      doctor_mend_owner (checks, facts, program->foreign);
    }
  else if (program->set_id)
    {
      checks_add (checks, "programs", CHECK_FAIL,
                  "%s is set-user-ID or set-group-ID: it trusts who calls it",
                  path);
      word = doctor_shell_word (facts, path);
      checks_mend (checks, "chmod ug-s %s", word ? word : path);
    }
  else
    return true;
  return false;
}

/* Before oci-hostnet is installed, as in the directory where it was built. */
static bool
none_is_there (const struct doctor_facts *facts)
{
  for (size_t i = 0; i < DOCTOR_PROGRAMS && programs[i].path != NULL; i++)
    if (facts->programs[i].there != SEEN_NO)
      return false;
  return true;
}

void
doctor_check_programs (const struct doctor_facts *facts,
                       struct checks *checks)
{
  static const char install[] = "install oci-hostnet (make install, or its "
                                "package)";
  bool sound = true;

  if (none_is_there (facts))
    {
      checks_add (checks, "programs", CHECK_FAIL,
                  "oci-hostnet is not installed: nothing of it is in " SBINDIR);
      checks_mend (checks, install);
      return;
    }
  for (size_t i = 0; i < DOCTOR_PROGRAMS && programs[i].path != NULL; i++)
    {
      const struct doctor_program *program = &facts->programs[i];

      if (program->there == SEEN_NO)
        {
          checks_add (checks, "programs",
                      programs[i].needed ? CHECK_FAIL : CHECK_WARN,
                      "%s is not there: %s", program->path,
                      programs[i].without);
          checks_mend (checks, install);
          sound = false;
        }
      else if (program->there == SEEN_UNKNOWN)
        {
          checks_add (checks, "programs", CHECK_UNKNOWN,
                      "%s cannot be looked at", program->path);
          doctor_mend_unseen (checks, facts);
          sound = false;
        }
      else
        sound &= is_sound (facts, program, checks);
    }
  if (sound)
    checks_add (checks, "programs", CHECK_OK,
                "all are in " SBINDIR ", and root's");
}
