/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "runtime_options.h"

#include <string.h>

#include "runtime_cli.h"

enum
{
  BOTH = DIALECT_CRUN | DIALECT_RUNC,
  ANYWHERE = SCOPE_GLOBAL | SCOPE_CREATE | SCOPE_RUN | SCOPE_RESTORE
             | SCOPE_EXEC | SCOPE_CHECKPOINT
};

/* crun: src/crun.c, create.c, run.c, restore.c, checkpoint.c (0.17 to 1.29.1);
 * runc: main.go, create.go, run.go, restore.go, checkpoint.go (1.0.0 to 1.5.1). */
static const struct option_row option_rows[] = {
  /* crun.c options[], main.go app.Flags */
  { "root", 0, VALUE_NEEDED, BOTH, SCOPE_GLOBAL, TARGET_ROOT },
  { "log", 0, VALUE_NEEDED, BOTH, SCOPE_GLOBAL, TARGET_LOG },
  { "log-format", 0, VALUE_NEEDED, BOTH, SCOPE_GLOBAL, TARGET_LOG_FORMAT },
  { "log-level", 0, VALUE_NEEDED, DIALECT_CRUN, SCOPE_GLOBAL, TARGET_NOTHING }, /* crun 1.17 */
  { "debug", 0, VALUE_NONE, BOTH, SCOPE_GLOBAL, TARGET_NOTHING },
  { "systemd-cgroup", 0, VALUE_NONE, BOTH, SCOPE_GLOBAL, TARGET_NOTHING },
  { "cgroup-manager", 0, VALUE_NEEDED, DIALECT_CRUN, SCOPE_GLOBAL, TARGET_NOTHING }, /* crun.c */
  /* crun < 1.22 takes it for --root */
  { "rootless", 0, VALUE_NEEDED, BOTH, SCOPE_GLOBAL, TARGET_ROOTLESS },
  { "criu", 0, VALUE_NEEDED, DIALECT_RUNC, SCOPE_GLOBAL, TARGET_NOTHING }, /* main.go until 1.3 */
  { "version", 'v', VALUE_NONE, BOTH, SCOPE_GLOBAL, TARGET_INFORM }, /* crun.c, urfave/cli */
  { "", 'V', VALUE_NONE, DIALECT_CRUN, SCOPE_GLOBAL, TARGET_INFORM }, /* crun.c, an alias */
  /* argp adds --help -? --usage, urfave/cli --help -h; crun fails on -h. */
  { "help", 'h', VALUE_NONE, BOTH, ANYWHERE, TARGET_INFORM },
  { "usage", '?', VALUE_NONE, DIALECT_CRUN, SCOPE_GLOBAL, TARGET_INFORM },

  /* create.c, run.c, restore.c; create.go, run.go, restore.go */
  { "bundle", 'b', VALUE_NEEDED, BOTH, SCOPE_CREATE | SCOPE_RUN | SCOPE_RESTORE, TARGET_BUNDLE },
  { "console-socket", 0, VALUE_NEEDED, BOTH, SCOPE_CREATE | SCOPE_RUN | SCOPE_RESTORE, TARGET_NOTHING },
  { "pid-file", 0, VALUE_NEEDED, BOTH, SCOPE_CREATE | SCOPE_RUN | SCOPE_RESTORE, TARGET_NOTHING },
  /* create.c, run.c; runc refused the feature (issue 1480) */
  { "config", 'f', VALUE_NEEDED, DIALECT_CRUN, SCOPE_CREATE | SCOPE_RUN, TARGET_CONFIG },
  /* create.go, run.go since 1.2 */
  { "pidfd-socket", 0, VALUE_NEEDED, DIALECT_RUNC, SCOPE_CREATE | SCOPE_RUN, TARGET_NOTHING },
  /* create.c, run.c; create.go, run.go */
  { "preserve-fds", 0, VALUE_NEEDED, BOTH, SCOPE_CREATE | SCOPE_RUN, TARGET_PRESERVE_FDS },
  { "no-new-keyring", 0, VALUE_NONE, BOTH, SCOPE_CREATE | SCOPE_RUN, TARGET_NOTHING },
  { "no-pivot", 0, VALUE_NONE, BOTH, SCOPE_CREATE | SCOPE_RUN, TARGET_NOTHING },
  { "no-pivot", 0, VALUE_NONE, DIALECT_RUNC, SCOPE_RESTORE, TARGET_NOTHING }, /* restore.go */
  { "no-subreaper", 0, VALUE_NONE, DIALECT_CRUN, SCOPE_CREATE, TARGET_NOTHING }, /* create.c */
  { "no-subreaper", 0, VALUE_NONE, BOTH, SCOPE_RUN, TARGET_NOTHING }, /* run.c, run.go */
  { "no-subreaper", 0, VALUE_NONE, DIALECT_RUNC, SCOPE_RESTORE, TARGET_NOTHING },
  { "detach", 'd', VALUE_NONE, BOTH, SCOPE_RUN | SCOPE_RESTORE, TARGET_NOTHING },
  { "keep", 0, VALUE_NONE, BOTH, SCOPE_RUN, TARGET_NOTHING }, /* run.c 1.15, run.go 1.1 */

  /* restore.c and restore.go.  crun's --network-lock is left out: declared
   * without an argument, its handler takes the next word all the same. */
  { "image-path", 0, VALUE_NEEDED, BOTH, SCOPE_RESTORE, TARGET_NOTHING },
  { "work-path", 0, VALUE_NEEDED, BOTH, SCOPE_RESTORE, TARGET_NOTHING },
  { "tcp-established", 0, VALUE_NONE, BOTH, SCOPE_RESTORE, TARGET_NOTHING },
  { "ext-unix-sk", 0, VALUE_NONE, BOTH, SCOPE_RESTORE, TARGET_NOTHING },
  { "shell-job", 0, VALUE_NONE, BOTH, SCOPE_RESTORE, TARGET_NOTHING },
  { "file-locks", 0, VALUE_NONE, BOTH, SCOPE_RESTORE, TARGET_NOTHING },
  { "manage-cgroups-mode", 0, VALUE_NEEDED, BOTH, SCOPE_RESTORE, TARGET_NOTHING },
  { "lsm-profile", 0, VALUE_NEEDED, BOTH, SCOPE_RESTORE, TARGET_NOTHING }, /* restore.c 1.20 */
  { "lsm-mount-context", 0, VALUE_NEEDED, BOTH, SCOPE_RESTORE, TARGET_NOTHING }, /* the same */
  { "tcp-close", 0, VALUE_NONE, DIALECT_CRUN, SCOPE_RESTORE, TARGET_NOTHING }, /* 1.24 */
  { "empty-ns", 0, VALUE_NEEDED, DIALECT_RUNC, SCOPE_RESTORE, TARGET_NOTHING },   /* restore.go */
  { "auto-dedup", 0, VALUE_NONE, DIALECT_RUNC, SCOPE_RESTORE, TARGET_NOTHING },
  { "lazy-pages", 0, VALUE_NONE, DIALECT_RUNC, SCOPE_RESTORE, TARGET_NOTHING },

  /* checkpoint.c and checkpoint.go */
  { "leave-running", 0, VALUE_NONE, BOTH, SCOPE_CHECKPOINT, TARGET_PASS },
  { "pre-dump", 0, VALUE_NONE, BOTH, SCOPE_CHECKPOINT, TARGET_PASS },
  { "image-path", 0, VALUE_NEEDED, BOTH, SCOPE_CHECKPOINT, TARGET_NOTHING },
  { "work-path", 0, VALUE_NEEDED, BOTH, SCOPE_CHECKPOINT, TARGET_NOTHING },
  { "parent-path", 0, VALUE_NEEDED, BOTH, SCOPE_CHECKPOINT, TARGET_NOTHING },
  { "tcp-established", 0, VALUE_NONE, BOTH, SCOPE_CHECKPOINT, TARGET_NOTHING },
  { "ext-unix-sk", 0, VALUE_NONE, BOTH, SCOPE_CHECKPOINT, TARGET_NOTHING },
  { "shell-job", 0, VALUE_NONE, BOTH, SCOPE_CHECKPOINT, TARGET_NOTHING },
  { "file-locks", 0, VALUE_NONE, BOTH, SCOPE_CHECKPOINT, TARGET_NOTHING },
  { "manage-cgroups-mode", 0, VALUE_NEEDED, BOTH, SCOPE_CHECKPOINT, TARGET_NOTHING },
  { "lazy-pages", 0, VALUE_NONE, DIALECT_RUNC, SCOPE_CHECKPOINT, TARGET_NOTHING },
  { "status-fd", 0, VALUE_NEEDED, DIALECT_RUNC, SCOPE_CHECKPOINT, TARGET_NOTHING },
  { "page-server", 0, VALUE_NEEDED, DIALECT_RUNC, SCOPE_CHECKPOINT, TARGET_NOTHING },
  { "empty-ns", 0, VALUE_NEEDED, DIALECT_RUNC, SCOPE_CHECKPOINT, TARGET_NOTHING },
  { "auto-dedup", 0, VALUE_NONE, DIALECT_RUNC, SCOPE_CHECKPOINT, TARGET_NOTHING },

  /* exec.c and exec.go.  Both stop at the container id. */
  { "process", 'p', VALUE_NEEDED, BOTH, SCOPE_EXEC, TARGET_PROCESS },
  { "cap", 'c', VALUE_NEEDED, BOTH, SCOPE_EXEC, TARGET_CAP },
  { "preserve-fds", 0, VALUE_NEEDED, BOTH, SCOPE_EXEC, TARGET_PRESERVE_FDS },
  { "console-socket", 0, VALUE_NEEDED, BOTH, SCOPE_EXEC, TARGET_NOTHING },
  { "pidfd-socket", 0, VALUE_NEEDED, DIALECT_RUNC, SCOPE_EXEC,
    TARGET_NOTHING }, /* exec.go since 1.2 */
  { "cwd", 0, VALUE_NEEDED, BOTH, SCOPE_EXEC, TARGET_NOTHING },
  { "env", 'e', VALUE_NEEDED, BOTH, SCOPE_EXEC, TARGET_NOTHING },
  { "user", 'u', VALUE_NEEDED, BOTH, SCOPE_EXEC, TARGET_NOTHING },
  { "detach", 'd', VALUE_NONE, BOTH, SCOPE_EXEC, TARGET_NOTHING },
  { "pid-file", 0, VALUE_NEEDED, BOTH, SCOPE_EXEC, TARGET_NOTHING },
  { "process-label", 0, VALUE_NEEDED, BOTH, SCOPE_EXEC, TARGET_NOTHING },
  { "apparmor", 0, VALUE_NEEDED, BOTH, SCOPE_EXEC, TARGET_NOTHING },
  { "no-new-privs", 0, VALUE_NONE, BOTH, SCOPE_EXEC, TARGET_NOTHING },
  { "cgroup", 0, VALUE_NEEDED, BOTH, SCOPE_EXEC, TARGET_NOTHING },
  { "tty", 't', VALUE_GLUED, BOTH, SCOPE_EXEC, TARGET_NOTHING },
  { "additional-gids", 'g', VALUE_NEEDED, DIALECT_RUNC, SCOPE_EXEC,
    TARGET_NOTHING },
  { "ignore-paused", 0, VALUE_NONE, DIALECT_RUNC, SCOPE_EXEC, TARGET_NOTHING },
};

#define LENGTH(array) (sizeof (array) / sizeof ((array)[0]))

const struct option_row *
option_by_name (const char *name, size_t length, unsigned scope)
{
  for (size_t i = 0; i < LENGTH (option_rows); i++)
    if (length > 0 && (option_rows[i].scopes & scope)
        && strlen (option_rows[i].name) == length
        && memcmp (option_rows[i].name, name, length) == 0)
      return &option_rows[i];
  return NULL;
}

const struct option_row *
option_by_letter (char letter, unsigned scope)
{
  for (size_t i = 0; i < LENGTH (option_rows); i++)
    if (letter != '\0' && (option_rows[i].scopes & scope)
        && option_rows[i].letter == letter)
      return &option_rows[i];
  return NULL;
}

bool
option_is_abbreviation (const char *name, size_t length, unsigned scope)
{
  for (size_t i = 0; i < LENGTH (option_rows); i++)
    if (length > 0 && (option_rows[i].scopes & scope)
        && strncmp (option_rows[i].name, name, length) == 0)
      return true;
  return false;
}
