/* SPDX-License-Identifier: Apache-2.0 */
/* oci-hostnet: apply, diff, verify, audit, configure, doctor, policy, log, ports, --version */
#include <config.h>

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "libhostnet/audit.h"
#include "libhostnet/bundle.h"
#include "libhostnet/configure.h"
#include "libhostnet/doctor.h"
#include "libhostnet/judge.h"
#include "libhostnet/log.h"
#include "libhostnet/lowlevel.h"
#include "libhostnet/policy_commands.h"
#include "libhostnet/port_table.h"
#include "libhostnet/report.h"
#include "libhostnet/show.h"
#include "libhostnet/verify.h"

/* A command's words. */
struct arguments
{
  const char *operand; /* what stands behind the command, or NULL */
  bool json;
  bool all, filter;        /* of audit */
  bool dry_run, undo;      /* of configure */
  const char *root;        /* and of doctor */
  bool drop_in;            /* of policy check */
  const char *policy, *engine, *caller; /* of policy explain and test */
  const char *since;       /* of log and policy suggest */
};

/* Reads and judges the bundle as what a manual run follows. */
static int
judge_bundle (const char *path, struct bundle *bundle,
              struct judgement *judgement, struct error *err)
{
  if (bundle_read (path, bundle, err) < 0)
    return -1;
  return judge (bundle->text, bundle->length, path, CALLER_APPLY, 0, judgement,
                err);
}

static int
apply (const struct arguments *arguments, struct error *err)
{
  cleanup_bundle struct bundle bundle = BUNDLE_INIT;
  cleanup_judgement struct judgement judgement = JUDGEMENT_INIT;
  cleanup_free char *edited = NULL;
  size_t length;

  if (judge_bundle (arguments->operand, &bundle, &judgement, err) < 0)
    return -1;
  if (judgement.decision.verdict == VERDICT_EDIT)
    {
      edited = judgement_apply (&judgement, &length);
      if (bundle_store (&bundle, edited, length, err) < 0)
        return -1;
    }
  if (arguments->json)
    show_json (stdout, &judgement, NULL);
  else if (judgement.observation.observed)
    {
      cleanup_free char *observed = observation_sentence (
          &judgement.observation, &judgement.decision);

      if (observed != NULL)
        report_stderr (observed);
    }
  else if (judgement.decision.report.message != NULL)
    report_stderr (judgement.decision.report.message);
  return 0;
}

static int
diff (const struct arguments *arguments, struct error *err)
{
  cleanup_bundle struct bundle bundle = BUNDLE_INIT;
  cleanup_judgement struct judgement judgement = JUDGEMENT_INIT;

  if (judge_bundle (arguments->operand, &bundle, &judgement, err) < 0)
    return -1;
  (arguments->json ? show_json : show_text) (stdout, &judgement, NULL);
  return 0;
}

static int
verify_config (const struct arguments *arguments, struct error *err)
{
  cleanup_checks struct checks checks = CHECKS_INIT;
  bool private;

  if (verify (arguments->operand, &checks, &private, err) < 0)
    return -1;
  if (arguments->json)
    verify_show_json (stdout, &checks, private);
  else
    {
      checks_show (stdout, &checks, isatty (STDOUT_FILENO));
      printf ("verdict: %s\n", verify_word (&checks, private));
    }
  return private || checks_hold (&checks) ? 0 : 1;
}

static int
audit (const struct arguments *arguments, struct error *err)
{
  struct audit_options options
      = { .filter = arguments->filter, .json = arguments->json,
          .colour = isatty (STDOUT_FILENO) };

  if (arguments->all)
    return audit_all (stdout, &options, err);
  return audit_one (stdout, arguments->operand, &options, err);
}

static int
configure_engine (const struct arguments *arguments, struct error *err)
{
  struct configure_options options
      = { arguments->operand, arguments->root, arguments->dry_run,
          arguments->undo, arguments->json };

  return configure (stdout, &options, err);
}

static int
examine_host (const struct arguments *arguments, struct error *err)
{
  struct doctor_options options
      = { .root = arguments->root, .json = arguments->json,
          .colour = isatty (STDOUT_FILENO) };

  return doctor (stdout, &options, err);
}

static int
show_log (const struct arguments *arguments, struct error *err)
{
  struct log_options options = { arguments->since, arguments->json };

  return log_show (stdout, &options, err);
}

static int
show_ports (const struct arguments *arguments, struct error *err)
{
  return port_table_show (stdout, arguments->json, err);
}

static int
check_policy (const struct arguments *arguments, struct error *err)
{
  return policy_check (stdout, stderr, arguments->operand,
                       arguments->drop_in, arguments->json, err);
}

static int
explain_policy (const struct arguments *arguments, struct error *err)
{
  struct explain_options options
      = { arguments->operand, arguments->policy, arguments->engine,
          arguments->caller, arguments->json };

  return policy_explain (stdout, &options, err);
}

static int
test_policy (const struct arguments *arguments, struct error *err)
{
  return policy_test (stdout, arguments->operand, arguments->policy,
                      arguments->json, err);
}

static int
suggest_policy (const struct arguments *arguments, struct error *err)
{
  return policy_suggest (stdout, arguments->operand, arguments->since,
                         arguments->json, err);
}

static int
version (struct error *err)
{
  cleanup_policy struct policy *policy = NULL;
  struct lowlevel lowlevel;

  printf ("oci-hostnet %s\npolicy: %s\n", PACKAGE_VERSION, POLICY_PATH);
  if (policy_load (POLICY_PATH, &policy, err) < 0
      || policy_complete (policy, err) < 0
      || lowlevel_choose ("oci-hostnet-runtime", policy, &lowlevel, err) < 0)
    return -1;
  printf ("runtime: %s\n", lowlevel.path);
  return 0;
}

static const char help[]
    = "Usage: oci-hostnet apply BUNDLE [--json]   edit BUNDLE/config.json for a manual run\n"
      "       oci-hostnet diff BUNDLE [--json]    what would change, and why\n"
      "       oci-hostnet verify CONFIG [--json]  whether the promise is kept, proved\n"
      "       oci-hostnet audit PID|--all [--filter] [--json]\n"
      "                                           what the kernel says of running containers\n"
      "       oci-hostnet configure podman|crio|containerd|docker|kubernetes\n"
      "                   [--dry-run] [--undo] [--root DIR] [--json]\n"
      "                                           register with an engine, or take it back\n"
      "       oci-hostnet doctor [--root DIR] [--json]\n"
      "                                           what this host lacks, and what mends it\n"
      "       oci-hostnet policy check [FILE [--drop-in]] [--json]\n"
      "                                           what is wrong with a policy\n"
      "       oci-hostnet policy explain BUNDLE [--policy FILE] [--engine ENGINE]\n"
      "                   [--caller COMMAND] [--json]\n"
      "                                           which rule decides, and what would change it\n"
      "       oci-hostnet policy test TABLE [--policy FILE] [--json]\n"
      "                                           whether it does what a table expects\n"
      "       oci-hostnet policy suggest [FILE|-] [--since TIME] [--json]\n"
      "                                           rules for what was observed\n"
      "       oci-hostnet log [--since TIME] [--json]\n"
      "                                           what was changed, refused and reported\n"
      "       oci-hostnet ports [--json]          who listens on what, and who declared it\n"
      "       oci-hostnet --version               versions and paths\n"
      "       oci-hostnet --help                  this\n"
      "Exit status: 0 done, 1 refused or open, 2 wrong usage, 3 broken input.\n"
      "See oci-hostnet(1).\n";

/* What stands behind the command. */
enum operand
{
  NEEDED, /* or --all */
  OPTIONAL,
  NONE
};

static const struct
{
  const char *name;
  const char *word;  /* the second one, or NULL */
  const char *wants; /* said when the operand is missing */
  enum operand operand;
  /* 0 done; > 0 the exit status, and all has been told; < 0 ERR is filled */
  int (*run) (const struct arguments *arguments, struct error *err);
} commands[] = {
  { "apply", NULL, "one bundle is needed", NEEDED, apply },
  { "diff", NULL, "one bundle is needed", NEEDED, diff },
  { "verify", NULL, "one configuration is needed", NEEDED, verify_config },
  { "audit", NULL, "one process id, or --all, is needed", NEEDED, audit },
  { "configure", NULL, "one engine is needed", NEEDED, configure_engine },
  { "doctor", NULL, "it takes --root DIR and --json", NONE, examine_host },
  { "policy", "check", "one file at most", OPTIONAL, check_policy },
  { "policy", "explain", "one bundle is needed", NEEDED, explain_policy },
  { "policy", "test", "one table is needed", NEEDED, test_policy },
  { "policy", "suggest", "one file at most", OPTIONAL, suggest_policy },
  { "log", NULL, "it takes --since TIME and --json", NONE, show_log },
  { "ports", NULL, "it takes --json alone", NONE, show_ports },
};

/* The options beside --json, a row for each command that has it. */
static const struct
{
  const char *name;
  int (*of) (const struct arguments *arguments, struct error *err);
  size_t field;    /* of struct arguments: a bool, or the value */
  bool has_value;
} flags[] = {
  { "--all", audit, offsetof (struct arguments, all), false },
  { "--filter", audit, offsetof (struct arguments, filter), false },
  { "--dry-run", configure_engine, offsetof (struct arguments, dry_run),
    false },
  { "--undo", configure_engine, offsetof (struct arguments, undo), false },
  { "--root", configure_engine, offsetof (struct arguments, root), true },
  { "--root", examine_host, offsetof (struct arguments, root), true },
  { "--drop-in", check_policy, offsetof (struct arguments, drop_in), false },
  { "--policy", explain_policy, offsetof (struct arguments, policy), true },
  { "--engine", explain_policy, offsetof (struct arguments, engine), true },
  { "--caller", explain_policy, offsetof (struct arguments, caller), true },
  { "--policy", test_policy, offsetof (struct arguments, policy), true },
  { "--since", show_log, offsetof (struct arguments, since), true },
  { "--since", suggest_policy, offsetof (struct arguments, since), true },
};

/* How many words of ARGV it took; 0: it is no option of the command. */
static int
take_option (char *argv[], size_t command, struct arguments *arguments)
{
  if (strcmp (argv[0], "--json") == 0)
    {
      arguments->json = true;
      return 1;
    }
  for (size_t f = 0; f < sizeof flags / sizeof *flags; f++)
    {
      char *field = (char *) arguments + flags[f].field;

      if (commands[command].run != flags[f].of
          || strcmp (argv[0], flags[f].name) != 0)
        continue;
      if (!flags[f].has_value)
        {
          *(bool *) field = true;
          return 1;
        }
      if (argv[1] == NULL || argv[1][0] == '\0')
        return 0;
      *(const char **) field = argv[1];
      return 2;
    }
  return 0;
}

/* The place in commands of what ARGV begins with, or their number. */
static size_t
find_command (int argc, char *argv[])
{
  size_t c = 0;

  while (c < sizeof commands / sizeof *commands
         && (argc < 2 || strcmp (commands[c].name, argv[1]) != 0
             || (commands[c].word != NULL
                 && (argc < 3 || strcmp (commands[c].word, argv[2]) != 0))))
    c++;
  return c;
}

/* `-` is standard input, where something is read. */
static bool
is_operand (size_t command, const char *word)
{
  return (word[0] != '\0' && word[0] != '-')
         || (commands[command].run == suggest_policy
             && strcmp (word, "-") == 0);
}

static bool
is_complete (size_t command, const struct arguments *arguments)
{
  bool given = arguments->operand != NULL;

  switch (commands[command].operand)
    {
    case NEEDED:
      return given != arguments->all;
    case NONE:
      return !given;
    default:
      return given || !arguments->drop_in;
    }
}

static int
run_command (int argc, char *argv[], struct arguments *arguments,
             struct error *err)
{
  size_t c = find_command (argc, argv);

  if (c == sizeof commands / sizeof *commands)
    return error_refuse (err, SENTENCE_usage,
                         argc > 1 && strcmp (argv[1], "policy") == 0
                             ? "policy needs check, explain, test or suggest"
                             : "a command is needed",
                         "oci-hostnet");
  for (int i = commands[c].word ? 3 : 2, taken; i < argc; i += taken)
    {
      taken = take_option (&argv[i], c, arguments);
      if (taken == 0 && arguments->operand == NULL && is_operand (c, argv[i]))
        {
          arguments->operand = argv[i];
          taken = 1;
        }
      if (taken == 0)
        return error_refuse (err, SENTENCE_usage, commands[c].wants,
                             "oci-hostnet");
    }
  if (!is_complete (c, arguments))
    return error_refuse (err, SENTENCE_usage, commands[c].wants,
                         "oci-hostnet");
  return commands[c].run (arguments, err);
}

int
main (int argc, char *argv[])
{
  cleanup_error struct error err = ERROR_INIT;
  struct arguments arguments = { 0 };
  int result;

  if (argc == 2 && strcmp (argv[1], "--help") == 0)
    return fputs (help, stdout) < 0;
  result = argc == 2 && strcmp (argv[1], "--version") == 0
               ? version (&err)
               : run_command (argc, argv, &arguments, &err);
  if (result >= 0)
    return fflush (stdout) == 0 ? result : 3;
  if (arguments.json)
    show_json (stdout, NULL, &err);
  report_stderr (err.message);
  return refusal_exit_status (err.id);
}
