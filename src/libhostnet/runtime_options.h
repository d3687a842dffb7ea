/* SPDX-License-Identifier: Apache-2.0 */
/* The options of crun and runc, for the commands that are looked at. */
#ifndef HOSTNET_RUNTIME_OPTIONS_H
#define HOSTNET_RUNTIME_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>

/* Where an option may stand; bits of option_row.scopes. */
enum option_scope
{
  SCOPE_GLOBAL = 1, /* in front of the command */
  SCOPE_CREATE = 2,
  SCOPE_RUN = 4,
  SCOPE_RESTORE = 8,
  SCOPE_EXEC = 16,
  SCOPE_CHECKPOINT = 32
};

/* What becomes of an option. */
enum option_target
{
  TARGET_NOTHING, /* only its length matters */
  TARGET_INFORM,  /* the runtime prints something and exits */
  TARGET_PASS,    /* with it the command is not ours */
  TARGET_ROOT,
  TARGET_ROOTLESS,
  TARGET_LOG,
  TARGET_LOG_FORMAT,
  TARGET_BUNDLE,
  TARGET_CONFIG,
  TARGET_PRESERVE_FDS,
  TARGET_PROCESS,
  TARGET_CAP
};

enum option_value
{
  VALUE_NONE,
  VALUE_NEEDED,
  VALUE_GLUED /* `--tty=false`: optional, and never the next word */
};

struct option_row
{
  const char *name; /* without dashes; "": a letter alone */
  char letter;      /* '\0': none */
  enum option_value value;
  unsigned dialects; /* enum runtime_dialect */
  unsigned scopes;
  enum option_target target;
};

/* The row with exactly this name, or this letter, in SCOPE; else NULL. */
const struct option_row *option_by_name (const char *name, size_t length,
                                         unsigned scope);
const struct option_row *option_by_letter (char letter, unsigned scope);

/* Whether getopt_long() would complete NAME to an option. */
bool option_is_abbreviation (const char *name, size_t length, unsigned scope);

#endif
