/* SPDX-License-Identifier: Apache-2.0 */
/* What is looked at, in which order, and how it is told. */
#include <config.h>

#include "doctor.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "answer.h"
#include "doctor_facts.h"
#include "userns.h"

/* What is read stands upon what was read before: the policy names a runtime,
 * which may be a program of ours. */
static doctor_read *const readers[]
    = { doctor_read_kernel,   doctor_read_programs, doctor_read_policy,
        doctor_read_runtimes, doctor_read_engines,  doctor_read_host };
static doctor_check *const judges[]
    = { doctor_check_kernel,   doctor_check_programs, doctor_check_policy,
        doctor_check_runtimes, doctor_check_locks,    doctor_check_engines,
        doctor_check_host };

/* How a package is installed where the program is; apt-get was tried. */
static const struct
{
  const char *program, *command;
} installers[] = {
  { "/usr/bin/apt-get", "apt-get install" },
  { "/usr/bin/dnf", "dnf install" },
  { "/usr/bin/zypper", "zypper install" },
  { "/usr/bin/pacman", "pacman -S" },
  { "/sbin/apk", "apk add" },
};

static int
read_facts (const char *root, struct doctor_facts *facts, struct error *err)
{
  bool initial;

  facts->root = root != NULL ? root : "/";
  facts->elsewhere = root != NULL && strcmp (root, "/") != 0;
  facts->root_fd = open (facts->root, O_PATH | O_DIRECTORY | O_CLOEXEC);
  if (facts->root_fd < 0)
    return error_system (err, errno, SENTENCE_configure_root,
                         escape (facts->root).text);
  facts->user_namespace = userns_is_initial (&initial) < 0 || !initial;
  facts->privileged = geteuid () == 0 && !facts->user_namespace;
  for (size_t i = 0; i < sizeof installers / sizeof *installers; i++)
    if (facts->install == NULL
        && doctor_there (facts, installers[i].program) == SEEN_YES)
      facts->install = installers[i].command;
  for (size_t i = 0; i < sizeof readers / sizeof *readers; i++)
    readers[i](facts);
  return 0;
}

void
doctor_facts_clear (struct doctor_facts *facts)
{
  cleanup_closep (&facts->root_fd);
  for (size_t i = 0; i < DOCTOR_PROGRAMS; i++)
    free (facts->programs[i].foreign);
  for (size_t i = 0; i < facts->runtime_count; i++)
    {
      free (facts->runtimes[i].file.foreign);
      free (facts->runtimes[i].wrong);
    }
  for (size_t i = 0; i < DOCTOR_ENGINES; i++)
    {
      error_clear (&facts->engines[i].refused);
      free (facts->engines[i].override);
    }
  free (facts->policy.mistake);
  free (facts->policy.runtime);
  free (facts->policy.ids);
}

void
doctor_check_all (const struct doctor_facts *facts, struct checks *checks)
{
  for (size_t i = 0; i < sizeof judges / sizeof *judges; i++)
    judges[i](facts, checks);
}

/* ---- telling ---- */

static bool
has (const struct checks *checks, enum check_verdict verdict)
{
  for (size_t i = 0; i < checks->count; i++)
    if (checks->list[i].verdict == verdict)
      return true;
  return false;
}

const char *
doctor_word (const struct checks *checks)
{
  return has (checks, CHECK_FAIL)      ? "not ready"
         : has (checks, CHECK_UNKNOWN) ? "partly seen"
                                       : "ready";
}

/* The ids of those with VERDICT, each once. */
static void
show_ids (FILE *to, const struct checks *checks, enum check_verdict verdict)
{
  const char *last = "", *between = "";

  for (size_t i = 0; i < checks->count; i++)
    if (checks->list[i].verdict == verdict
        && strcmp (checks->list[i].id, last) != 0)
      {
        last = checks->list[i].id;
        fprintf (to, "%s%s", between, last);
        between = ", ";
      }
  fputc ('\n', to);
}

static void
show_text (FILE *to, const struct checks *checks, bool colour)
{
  checks_show (to, checks, colour);
  if (has (checks, CHECK_FAIL))
    {
      fputs ("verdict: the promise cannot be kept: ", to);
      show_ids (to, checks, CHECK_FAIL);
    }
  else if (has (checks, CHECK_UNKNOWN))
    {
      fputs ("verdict: ready, as far as it was seen, without: ", to);
      show_ids (to, checks, CHECK_UNKNOWN);
    }
  else
    fputs ("verdict: ready\n", to);
}

int
doctor (FILE *to, const struct doctor_options *options, struct error *err)
{
  __attribute__ ((cleanup (doctor_facts_clear))) struct doctor_facts facts
      = { .root_fd = -1, .chosen = -1 };
  cleanup_checks struct checks checks = CHECKS_INIT;

  if (read_facts (options->root, &facts, err) < 0)
    return -1;
  doctor_check_all (&facts, &checks);
  if (options->json)
    answer_of_checks (to, doctor_word (&checks), &checks);
  else
    show_text (to, &checks, options->colour);
  return has (&checks, CHECK_FAIL) ? 1 : 0;
}
