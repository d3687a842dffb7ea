/* SPDX-License-Identifier: Apache-2.0 */
/* The command line of a low-level runtime, as far as the runtime must know
 * it: which bundle crun or runc is going to read.  The two parsers disagree
 * (`-b=X`, `--bun X`, options behind the id, ...), so that one command line
 * can mean two bundles.  For create, run, restore and exec only what both
 * read alike is taken and the rest is refused; every other command goes
 * through without a look at what stands behind it. */
#ifndef HOSTNET_RUNTIME_CLI_H
#define HOSTNET_RUNTIME_CLI_H

#include <stdbool.h>

#include "error.h"

/* A bit mask in the option tables. */
enum runtime_dialect
{
  DIALECT_CRUN = 1,
  DIALECT_RUNC = 2
};

enum runtime_command
{
  COMMAND_PASS, /* not ours: hand the arguments over as they are */
  COMMAND_CREATE,
  COMMAND_RUN,
  COMMAND_RESTORE,
  COMMAND_EXEC,
  /* One that ends the container, as far as both read the line alike: the
     others pass, since nothing is lost by it but a warning. */
  COMMAND_CHECKPOINT
};

/* An option of exec that may carry capabilities. */
struct runtime_cli_carrier
{
  bool is_process; /* --process FILE, else --cap CAPABILITY */
  bool glued;      /* `--option=VALUE`: one word, else two */
  int word;        /* the option's place in argv */
  const char *value;
};

struct runtime_cli
{
  enum runtime_command command;
  /* All strings point into argv; NULL: the option is not there. */
  const char *root;       /* absolute, unless COMMAND_PASS */
  const char *log;        /* as it stands; crun takes `syslog:ID` and such */
  const char *log_format; /* "text" or "json"; NULL: text */
  const char *bundle;     /* not empty; NULL: working directory */
  const char *config;     /* crun: `config.json` is in the bundle, any other
                             relative path starts at the working directory */
  unsigned preserve_fds;
  const char *id;
  const char *rootless; /* its value; crun < 1.22 takes it for --root */
  struct runtime_cli_carrier *carriers; /* of exec, in their order; owned */
  size_t carrier_count;
};

#define cleanup_runtime_cli __attribute__ ((cleanup (runtime_cli_clear)))

/* argv[0] is skipped.  Fills *CLI as far as it got even on failure, so that
 * the caller knows the --log in which to report the refusal. */
int runtime_cli_parse (enum runtime_dialect dialect, int argc,
                       char *const argv[], struct runtime_cli *cli,
                       struct error *err);

void runtime_cli_clear (struct runtime_cli *cli);

#endif
