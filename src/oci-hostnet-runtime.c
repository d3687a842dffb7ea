/* SPDX-License-Identifier: Apache-2.0 */
/* oci-hostnet-runtime: stands in for crun or runc.  Edits the configuration
 * of what is created or run, cuts the capabilities of exec, refuses what it
 * must, and becomes the low-level runtime. */
#include <config.h>

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "libhostnet/bundle.h"
#include "libhostnet/checkpoint.h"
#include "libhostnet/exec_guard.h"
#include "libhostnet/exec_observe.h"
#include "libhostnet/judge.h"
#include "libhostnet/lowlevel.h"
#include "libhostnet/occasion.h"
#include "libhostnet/report.h"
#include "libhostnet/runtime_cli.h"

static int
read_configuration (const struct runtime_cli *cli, struct bundle *bundle,
                    struct error *err)
{
  const char *directory = cli->bundle ? cli->bundle : ".";

  /* crun resolves --config against the working directory, but for the name
   * config.json itself, which is the bundle's (CLI.md 3). */
  if (cli->config != NULL && strcmp (cli->config, "config.json") != 0)
    return bundle_read_file (cli->config, bundle, err);
  return bundle_read (directory, bundle, err);
}

static enum caller
caller_of (enum runtime_command command)
{
  return command == COMMAND_RUN      ? CALLER_RUN
         : command == COMMAND_CREATE ? CALLER_CREATE
                                     : CALLER_RESTORE;
}

/* Finds, decides, stores. */
static int
prepare (const struct runtime_cli *cli, const struct lowlevel *lowlevel,
         struct policy **policy, struct occasion *occasion, struct error *err)
{
  cleanup_bundle struct bundle bundle = BUNDLE_INIT;
  cleanup_judgement struct judgement judgement = JUDGEMENT_INIT;
  cleanup_free char *edited = NULL;
  size_t length;

  if (read_configuration (cli, &bundle, err) < 0)
    return -1;
  judgement.lowlevel = lowlevel;
  judgement.policy = *policy;
  *policy = NULL;
  if (judge (bundle.text, bundle.length, cli->bundle ? cli->bundle : ".",
             caller_of (cli->command), cli->preserve_fds, &judgement, err)
      < 0)
    {
      occasion_note (occasion, &judgement);
      return -1;
    }
  if (judgement.decision.verdict == VERDICT_EDIT)
    {
      edited = judgement_apply (&judgement, &length);
      if (bundle_store (&bundle, edited, length, err) < 0)
        {
          occasion_note (occasion, &judgement);
          return -1;
        }
    }
  occasion_decided (occasion, &judgement);
  return 0;
}

static int
guard_exec (const struct lowlevel *lowlevel, const struct runtime_cli *cli,
            int argc, char *argv[], struct policy **policy,
            struct guarded_exec *guarded, struct occasion *occasion,
            struct error *err)
{
  int result
      = exec_guard (lowlevel->dialect, cli, argc, argv, guarded, err);

  if ((result < 0 || guarded->cut)
      && exec_is_observed (lowlevel->dialect, cli, policy, occasion))
    {
      cleanup_free char *message
          = result < 0 ? xasprintf ("observed, and would be refused: %s",
                                    err->message)
                       : xasprintf ("observed, and would lose capabilities "
                                    "that its container was not given");

      occasion_tell (occasion, RECORD_OBSERVED, err->id, message);
      error_clear (err);
      guarded_exec_clear (guarded);
      return 0;
    }
  if (guarded->cut)
    occasion_tell (occasion, RECORD_CHANGED, REFUSAL_NONE,
                   "exec got only the capabilities that its container was "
                   "given");
  return result;
}

static int
take_command (const struct lowlevel *lowlevel, const struct runtime_cli *cli,
              int argc, char *argv[], struct policy **policy,
              struct guarded_exec *guarded, struct occasion *occasion,
              struct error *err)
{
  switch (cli->command)
    {
    case COMMAND_PASS:
      return 0;
    case COMMAND_EXEC:
      return guard_exec (lowlevel, cli, argc, argv, policy, guarded, occasion,
                         err);
    case COMMAND_CHECKPOINT:
      return checkpoint_check (lowlevel->dialect, cli, policy, occasion, err);
    default:
      return prepare (cli, lowlevel, policy, occasion, err);
    }
}

static void
note_command (const struct runtime_cli *cli, struct occasion *occasion)
{
  static const char *const names[] = {
    [COMMAND_CREATE] = "create", [COMMAND_RUN] = "run",
    [COMMAND_RESTORE] = "restore", [COMMAND_EXEC] = "exec",
    [COMMAND_CHECKPOINT] = "checkpoint",
  };

  occasion->command = names[cli->command];
  if (cli->id != NULL)
    occasion->container = xstrndup (cli->id, strlen (cli->id));
  if (cli->bundle != NULL)
    occasion->bundle = xstrndup (cli->bundle, strlen (cli->bundle));
}

static int
work (char *argv[], int argc, struct lowlevel *lowlevel,
      struct runtime_cli *cli, struct occasion *occasion, struct error *err)
{
  cleanup_guarded_exec struct guarded_exec guarded = GUARDED_EXEC_INIT;
  cleanup_policy struct policy *policy = NULL;
  cleanup_free char *path = NULL;
  int failed;

  /* The policy names the runtime, so that without it nothing can be handed
   * on: a default might be another runtime that knows no such container. */
  if ((!lowlevel_named (argv[0])
       && policy_load (POLICY_PATH, &policy, err) < 0)
      || lowlevel_choose (argv[0], policy, lowlevel, err) < 0)
    {
      runtime_cli_parse (DIALECT_CRUN, argc, argv, cli, NULL); /* for --log */
      note_command (cli, occasion);
      return -1;
    }
  path = xstrndup (lowlevel->path, strlen (lowlevel->path));
  lowlevel->path = path; /* the policy may go before the exec */
  failed = runtime_cli_parse (lowlevel->dialect, argc, argv, cli, err);
  note_command (cli, occasion);
  if (failed < 0
      || take_command (lowlevel, cli, argc, argv, &policy, &guarded, occasion,
                       err)
             < 0)
    return -1;
  return lowlevel_exec (lowlevel, guarded.argv != NULL ? guarded.argv : argv,
                        err);
}

int
main (int argc, char *argv[])
{
  cleanup_error struct error err = ERROR_INIT;
  cleanup_runtime_cli struct runtime_cli cli = { .command = COMMAND_PASS };
  cleanup_occasion struct occasion occasion
      = { .program = "oci-hostnet-runtime" };
  struct lowlevel lowlevel = { NULL, DIALECT_CRUN };

  if (argc < 1)
    return EXIT_FAILURE;
  work (argv, argc, &lowlevel, &cli, &occasion, &err);
  occasion_look (&occasion);
  report_runtime_log (&cli, lowlevel.dialect,
                      occasion_sentence (&occasion, &err));
  report_stderr (occasion_sentence (&occasion, &err));
  occasion_tell (&occasion, RECORD_REFUSED, err.id, err.message);
  /* runc's own status for an exec that failed (CLI.md 5) */
  return cli.command == COMMAND_EXEC && lowlevel.dialect == DIALECT_RUNC
             ? 255
             : EXIT_FAILURE;
}
