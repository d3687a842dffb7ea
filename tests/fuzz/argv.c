/* SPDX-License-Identifier: Apache-2.0 */
/* Any words as a command line: the first byte chooses the dialect, the words
 * behind argv[0] end with NUL. */
#include <config.h>

#include "fuzz.h"

#include <string.h>

#include "libhostnet/json.h"
#include "libhostnet/runtime_cli.h"

enum { MAX_WORDS = 64 };

/* Each word is of its size exactly, for a sanitizer. */
static int
split (const char *text, size_t size, char *words[])
{
  int count = 0;

  words[count++] = xstrndup ("oci-hostnet-runtime", 19);
  while (size > 0 && count < MAX_WORDS - 1)
    {
      size_t length = strnlen (text, size);

      words[count++] = xstrndup (text, length);
      length += length < size;
      text += length;
      size -= length;
    }
  words[count] = NULL;
  return count;
}

static bool
same (const char *a, const char *b)
{
  return a == NULL ? b == NULL : b != NULL && strcmp (a, b) == 0;
}

/* Whether VALUE is in one of the words, as a whole or behind its first `=`. */
static bool
is_of (const char *value, int argc, char *argv[])
{
  if (value == NULL)
    return true;
  for (int i = 1; i < argc; i++)
    {
      const char *equals = strchr (argv[i], '=');

      if (value == argv[i] || (equals != NULL && value == equals + 1))
        return true;
    }
  return false;
}

static void
check_same (const struct runtime_cli *a, const struct runtime_cli *b)
{
  MUST (a->command == b->command);
  MUST (same (a->root, b->root) && same (a->log, b->log)
        && same (a->log_format, b->log_format) && same (a->bundle, b->bundle)
        && same (a->config, b->config) && same (a->id, b->id)
        && same (a->rootless, b->rootless));
  MUST (a->preserve_fds == b->preserve_fds);
  MUST (a->carrier_count == b->carrier_count);
}

static void
check_carriers (const struct runtime_cli *cli, int argc, char *const argv[])
{
  int before = 0;

  for (size_t i = 0; i < cli->carrier_count; i++)
    {
      const struct runtime_cli_carrier *carrier = &cli->carriers[i];
      const char *word;

      MUST (carrier->word > before && carrier->word < argc);
      word = argv[carrier->word];
      before = carrier->word;
      MUST (word[0] == '-' && carrier->value[0] != '\0');
      MUST (carrier->glued ? carrier->value > word
                                 && carrier->value < word + strlen (word)
                           : carrier->value == argv[carrier->word + 1]);
      before += !carrier->glued;
    }
}

/* What was taken, written in the one spelling that cannot be misread, must be
 * taken again and mean the same: that is how the low-level runtime reads it. */
static void
check_plain (enum runtime_dialect dialect, const struct runtime_cli *cli)
{
  static const char *const names[] = {
    [COMMAND_CREATE] = "create", [COMMAND_RUN] = "run",
    [COMMAND_RESTORE] = "restore", [COMMAND_EXEC] = "exec",
    [COMMAND_CHECKPOINT] = "checkpoint",
  };
  cleanup_error struct error err = ERROR_INIT;
  cleanup_runtime_cli struct runtime_cli again = { .command = COMMAND_PASS };
  cleanup_free char *root = xasprintf ("--root=%s", cli->root ? cli->root : "");
  cleanup_free char *bundle
      = xasprintf ("--bundle=%s", cli->bundle ? cli->bundle : "");
  char *argv[8];
  int argc = 0;

  argv[argc++] = "oci-hostnet-runtime";
  if (cli->root != NULL)
    argv[argc++] = root;
  argv[argc++] = (char *) names[cli->command];
  if (cli->bundle != NULL)
    argv[argc++] = bundle;
  argv[argc++] = "--";
  argv[argc++] = (char *) cli->id;
  argv[argc] = NULL;
  MUST (runtime_cli_parse (dialect, argc, argv, &again, &err) == 0);
  MUST (again.command == cli->command && same (again.id, cli->id)
        && same (again.root, cli->root) && same (again.bundle, cli->bundle));
}

static void
check_taken (const struct runtime_cli *cli, int argc, char *argv[])
{
  MUST (is_of (cli->root, argc, argv) && is_of (cli->log, argc, argv)
        && is_of (cli->log_format, argc, argv)
        && is_of (cli->bundle, argc, argv) && is_of (cli->config, argc, argv)
        && is_of (cli->rootless, argc, argv) && is_of (cli->id, argc, argv));
  check_carriers (cli, argc, argv);
  if (cli->command == COMMAND_PASS)
    return;
  MUST (cli->id != NULL && cli->id[0] != '\0' && strchr (cli->id, '/') == NULL);
  MUST (strcmp (cli->id, ".") != 0 && strcmp (cli->id, "..") != 0);
  MUST (cli->root == NULL || cli->root[0] == '/');
  MUST (cli->bundle == NULL || cli->bundle[0] != '\0');
  MUST (cli->config == NULL || cli->config[0] != '\0');
  MUST (cli->log_format == NULL || strcmp (cli->log_format, "json") == 0
        || strcmp (cli->log_format, "text") == 0);
  MUST (cli->carrier_count == 0 || cli->command == COMMAND_EXEC);
  /* nothing stands behind the id but exec's command */
  if (cli->command != COMMAND_EXEC)
    MUST (argv[argc - 1] == cli->id);
}

int
fuzz_argv (const uint8_t *data, size_t size)
{
  enum runtime_dialect dialect
      = size > 0 && (data[0] & 1) != 0 ? DIALECT_RUNC : DIALECT_CRUN;
  cleanup_error struct error err = ERROR_INIT, again_err = ERROR_INIT;
  cleanup_runtime_cli struct runtime_cli cli = { .command = COMMAND_PASS };
  cleanup_runtime_cli struct runtime_cli again = { .command = COMMAND_PASS };
  char *argv[MAX_WORDS];
  int argc = split ((const char *) data + (size > 0), size - (size > 0), argv);
  int result = runtime_cli_parse (dialect, argc, argv, &cli, &err);

  MUST (runtime_cli_parse (dialect, argc, argv, &again, &again_err) == result);
  check_same (&cli, &again);
  MUST (err.id == again_err.id && same (err.message, again_err.message));
  MUST ((result < 0) == (err.id != REFUSAL_NONE && err.message != NULL));
  MUST (result == 0 || result == -1);
  if (result == 0)
    check_taken (&cli, argc, argv);
  if (result == 0 && cli.command != COMMAND_PASS)
    check_plain (dialect, &cli);
  for (int i = 0; i < argc; i++)
    free (argv[i]);
  return 0;
}
