/* SPDX-License-Identifier: Apache-2.0 */
/* oci-hostnet-hook precreate|createRuntime|prestart */
#include <config.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "libhostnet/bundle.h"
#include "libhostnet/guard.h"
#include "libhostnet/io.h"
#include "libhostnet/judge.h"
#include "libhostnet/occasion.h"
#include "libhostnet/report.h"

static int
write_stdout (const char *text, size_t length, struct error *err)
{
  if (write_all (STDOUT_FILENO, text, length) < 0)
    return error_system (err, errno, SENTENCE_system,
                         "writing the configuration to standard output");
  return 0;
}

/* podman: the configuration on standard input, the edited one on standard
 * output. */
static int
precreate (const char *text, size_t length, struct occasion *occasion,
           struct error *err)
{
  cleanup_judgement struct judgement judgement = JUDGEMENT_INIT;
  cleanup_free char *edited = NULL;

  if (judge (text, length, NULL, CALLER_PRECREATE, 0, &judgement, err) < 0)
    {
      occasion_note (occasion, &judgement);
      return -1;
    }
  occasion_decided (occasion, &judgement);
  if (judgement.decision.verdict == VERDICT_LEAVE)
    return write_stdout (text, length, err);
  edited = judgement_apply (&judgement, &length);
  return write_stdout (edited, length, err);
}

static const struct
{
  const char *name;
  int (*run) (const char *text, size_t length, struct occasion *occasion,
              struct error *err);
} stages[] = {
  { "precreate", precreate },
  { "createRuntime", guard },
  { "prestart", guard },
};

static int
run_stage (const char *name, struct occasion *occasion, struct error *err)
{
  cleanup_free char *text = NULL;
  size_t length = 0, i = 0;
  int failed;

  /* Drained before anything else: some runtimes fail with EPIPE otherwise. */
  failed = read_all (STDIN_FILENO, JSON_MAX_BYTES, &text, &length);
  while (i < sizeof stages / sizeof *stages
         && strcmp (stages[i].name, name) != 0)
    i++;
  if (i == sizeof stages / sizeof *stages)
    return error_refuse (err, SENTENCE_hook_stage, escape (name).text);
  if (failed > 0)
    return error_refuse (err, SENTENCE_config_big, "on standard input",
                         JSON_MAX_BYTES);
  if (failed < 0)
    return error_refuse (err, SENTENCE_system, "reading standard input");
  occasion->command = stages[i].name;
  return stages[i].run (text, length, occasion, err);
}

static const char help[]
    = "Usage: oci-hostnet-hook precreate|createRuntime|prestart [--reason-in=WORDS]\n"
      "       oci-hostnet-hook --help\n"
      "       oci-hostnet-hook --version\n"
      "OCI hook: precreate edits the configuration on its way through podman;\n"
      "createRuntime and prestart check that a container which asks for the\n"
      "host's network has it and is locked.  A hook never sees `exec`: hooks\n"
      "alone protect the creation only, the runtime protects both.\n"
      "See oci-hostnet-hook(8).\n";

/* podman shows the words of a hook that failed, and nothing else of it: a
 * last one, for the user alone, says where the reason is. */
static bool
is_pointer (const char *word)
{
  return strncmp (word, "--reason-in=", strlen ("--reason-in=")) == 0;
}

int
main (int argc, char *argv[])
{
  cleanup_error struct error err = ERROR_INIT;
  cleanup_occasion struct occasion occasion
      = { .program = "oci-hostnet-hook" };

  if (argc == 2 && strcmp (argv[1], "--help") == 0)
    return fputs (help, stdout) < 0;
  if (argc == 2 && strcmp (argv[1], "--version") == 0)
    return printf ("oci-hostnet-hook %s\n", PACKAGE_VERSION) < 0;
  if (argc != 2 && !(argc == 3 && is_pointer (argv[2])))
    error_refuse (&err, SENTENCE_usage, "one stage is needed",
                  "oci-hostnet-hook");
  else if (run_stage (argv[1], &occasion, &err) == 0)
    return EXIT_SUCCESS;
  /* podman swallows what a precreate hook says: the trail keeps it. */
  occasion_look (&occasion);
  report_stderr (occasion_sentence (&occasion, &err));
  occasion_tell (&occasion, RECORD_REFUSED, err.id, err.message);
  return EXIT_FAILURE;
}
