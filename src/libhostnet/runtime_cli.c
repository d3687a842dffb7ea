/* SPDX-License-Identifier: Apache-2.0 */
/* The command line of a low-level runtime: one scanner over the
 * tables of runtime_options.c. */
#include <config.h>

#include "runtime_cli.h"

#include <limits.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "runtime_options.h"

static const struct
{
  const char *name;
  enum runtime_command command;
  unsigned scope;
} commands[] = {
  { "create", COMMAND_CREATE, SCOPE_CREATE },
  { "run", COMMAND_RUN, SCOPE_RUN },
  { "restore", COMMAND_RESTORE, SCOPE_RESTORE },
  { "exec", COMMAND_EXEC, SCOPE_EXEC },
  { "checkpoint", COMMAND_CHECKPOINT, SCOPE_CHECKPOINT },
};

#define LENGTH(array) (sizeof (array) / sizeof ((array)[0]))

struct parser
{
  enum runtime_dialect dialect;
  int argc;
  char *const *argv;
  int at;         /* the next word */
  unsigned scope; /* the one bit that holds here */
  const char *bad_log_format; /* judged only when the command is known */
  struct runtime_cli *cli;
  struct error *err;
};

/* Refuses a WORD that is no row: for a spelling that one of the runtimes
 * would take, the message tells how to write it. */
static int
refuse_word (const struct parser *parser, const char *word)
{
  bool ambiguous;

  if (word[1] == '-')
    ambiguous = option_is_abbreviation (word + 2, strcspn (word + 2, "="),
                                 parser->scope);
  else
    ambiguous
        = option_by_letter (word[1], parser->scope) != NULL
          || option_by_name (word + 1, strcspn (word + 1, "="), parser->scope);
  if (ambiguous)
    return error_refuse (parser->err, SENTENCE_cli_option_ambiguous,
                         escape (word).text);
  return error_refuse (parser->err, SENTENCE_cli_option_unknown,
                       escape (word).text);
}

static int
refuse_value (const struct parser *parser, const char *word, const char *value,
              const char *advice)
{
  return error_refuse (parser->err, SENTENCE_cli_value_bad,
                       escape (value).text,
                       escape_n (word, strcspn (word, "=")).text, advice);
}

/* crun reads base 10, Go base 0: `010` and `1_0` are two numbers. */
static int
parse_count (const char *text, unsigned *count)
{
  unsigned result = 0;

  if (text[0] == '\0' || (text[0] == '0' && text[1] != '\0'))
    return -1;
  for (; *text != '\0'; text++)
    {
      unsigned digit = (unsigned) (*text - '0');

      if (*text < '0' || *text > '9' || result > (INT_MAX - digit) / 10)
        return -1;
      result = result * 10 + digit;
    }
  *count = result;
  return 0;
}

/* exec: where a capability may come from, for exec_guard(). */
static void
add_carrier (struct parser *parser, bool is_process, const char *word,
             const char *value)
{
  struct runtime_cli *cli = parser->cli;
  bool glued = value >= word && value <= word + strlen (word);

  cli->carriers = xrealloc (cli->carriers, (cli->carrier_count + 1)
                                               * sizeof *cli->carriers);
  /* parser->at stands behind the option already */
  cli->carriers[cli->carrier_count++] = (struct runtime_cli_carrier){
    is_process, glued, parser->at - (glued ? 1 : 2), value
  };
}

static int
store_value (struct parser *parser, const struct option_row *row,
             const char *word, const char *value)
{
  struct runtime_cli *cli = parser->cli;

  switch (row->target)
    {
    case TARGET_ROOT:
      cli->root = value;
      return 0;
    case TARGET_LOG:
      cli->log = value;
      return 0;
    case TARGET_LOG_FORMAT:
      {
        bool known = strcmp (value, "text") == 0 || strcmp (value, "json") == 0;

        cli->log_format = known ? value : NULL;
        parser->bad_log_format = known ? NULL : value;
        return 0;
      }
    case TARGET_BUNDLE:
    case TARGET_CONFIG:
      if (value[0] == '\0')
        return refuse_value (parser, word, value, "a path");
      *(row->target == TARGET_BUNDLE ? &cli->bundle : &cli->config) = value;
      return 0;
    case TARGET_PRESERVE_FDS:
      if (parse_count (value, &cli->preserve_fds) < 0)
        return refuse_value (parser, word, value, "a decimal number");
      return 0;
    case TARGET_ROOTLESS:
      cli->rootless = value;
      return 0;
    case TARGET_PROCESS:
    case TARGET_CAP:
      if (value[0] == '\0')
        return refuse_value (parser, word, value, "a file or a capability");
      add_carrier (parser, row->target == TARGET_PROCESS, word, value);
      return 0;
    case TARGET_NOTHING:
    case TARGET_INFORM:
    case TARGET_PASS:
      break;
    }
  return 0;
}

/* The value behind the word at parser->at, NULL when it is refused. */
static const char *
next_value (struct parser *parser, const char *word)
{
  const char *value;

  if (parser->at + 1 >= parser->argc)
    {
      error_refuse (parser->err, SENTENCE_cli_value_missing,
                    escape (word).text);
      return NULL;
    }
  value = parser->argv[++parser->at];
  /* Older urfave/cli v1.22 sorts the words behind a command and takes
   * such a value for the container id: in `--pid-file -x --bundle B ID` the
   * pid file is then `--bundle`.  In front of the command, and for exec,
   * nothing is sorted. */
  if ((parser->scope & (SCOPE_GLOBAL | SCOPE_EXEC)) == 0 && value[0] == '-')
    {
      refuse_value (parser, word, value,
                    "one without a dash in front, or write it behind a `=`");
      return NULL;
    }
  return value;
}

/* --help or --version, alone: the runtime will do nothing else.  argp exits
 * at once, but runc reads on, and `--help --help=false` starts a container. */
static int
check_inform (const struct parser *parser)
{
  static const char *const names[] = { "help", "h", "version", "v" };

  if (parser->dialect == DIALECT_CRUN)
    return 1;
  for (int i = parser->at + 1; i < parser->argc; i++)
    {
      const char *name = parser->argv[i];
      size_t dashes = strspn (name, "-");
      size_t length = strcspn (name + dashes, "=");

      if (dashes == 0 || name[dashes + length] != '=')
        continue;
      for (size_t j = 0; j < LENGTH (names); j++)
        if (strlen (names[j]) == length
            && memcmp (names[j], name + dashes, length) == 0)
          return error_refuse (parser->err, SENTENCE_cli_option_boolean,
                               escape (name).text);
    }
  return 1;
}

/* containerd and docker restore through go-runc, which writes this one with
 * one dash; runc takes it, crun fails (CLI.md 2). */
static bool
is_of_go_runc (const struct parser *parser, const char *word)
{
  return parser->dialect == DIALECT_RUNC && parser->scope == SCOPE_RESTORE
         && strcmp (word, "-no-subreaper") == 0;
}

/* Takes the option at parser->at.  1: with it the command is not ours. */
static int
parse_option (struct parser *parser)
{
  const char *word = parser->argv[parser->at];
  const char *value = NULL;
  const struct option_row *row = NULL;

  if (word[1] == '-')
    {
      size_t length = strcspn (word + 2, "=");

      row = option_by_name (word + 2, length, parser->scope);
      value = word[2 + length] == '=' ? word + 2 + length + 1 : NULL;
    }
  else if (word[2] == '\0')
    row = option_by_letter (word[1], parser->scope);
  else if (is_of_go_runc (parser, word))
    row = option_by_name (word + 1, strlen (word + 1), parser->scope);
  if (row == NULL)
    return refuse_word (parser, word);
  if (!(row->dialects & parser->dialect))
    return error_refuse (parser->err, SENTENCE_cli_option_dialect,
                         escape (word).text,
                         parser->dialect == DIALECT_CRUN ? "crun" : "runc");
  if (row->value == VALUE_NONE && value != NULL)
    return error_refuse (parser->err, SENTENCE_cli_option_boolean,
                         escape (word).text);
  if (row->target == TARGET_INFORM)
    return check_inform (parser);
  if (row->target == TARGET_PASS)
    return 1;
  if (row->value == VALUE_NEEDED && value == NULL)
    {
      value = next_value (parser, word);
      if (value == NULL)
        return -1;
    }
  parser->at++;
  return value ? store_value (parser, row, word, value) : 0;
}

/* Up to the first word that is no option. */
static int
parse_options (struct parser *parser)
{
  while (parser->at < parser->argc)
    {
      const char *word = parser->argv[parser->at];
      int result;

      if (strcmp (word, "--") == 0)
        {
          parser->at++;
          return 0;
        }
      if (word[0] != '-' || word[1] == '\0')
        return 0;
      result = parse_option (parser);
      if (result != 0)
        return result;
    }
  return 0;
}

/* The options in front of the command matter only for the commands that are
 * parsed: the others are not ours to judge. */
static int
check_globals (const struct parser *parser)
{
  const struct runtime_cli *cli = parser->cli;

  if (parser->bad_log_format != NULL)
    return refuse_value (parser, "--log-format", parser->bad_log_format,
                         "`text` or `json`");
  if (cli->root != NULL && cli->root[0] == '\0')
    return refuse_value (parser, "--root", cli->root, "an absolute path");
  /* crun run resolves it inside the bundle, exec where it was started. */
  if (cli->root != NULL && cli->root[0] != '/')
    return error_refuse (parser->err, SENTENCE_cli_root_relative,
                         escape (cli->root).text);
  return 0;
}

/* runc's rule, and crun's since 1.28; before, crun took `../x`. */
static bool
is_id (const char *id)
{
  static const char allowed[] = "abcdefghijklmnopqrstuvwxyz"
                                "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_+.-";

  return id[0] != '\0' && id[strspn (id, allowed)] == '\0'
         && strcmp (id, ".") != 0 && strcmp (id, "..") != 0;
}

static int
parse_id (struct parser *parser, const char *command)
{
  const char *id;

  if (parser->at >= parser->argc)
    return error_refuse (parser->err, SENTENCE_cli_id_missing,
                         escape (command).text);
  id = parser->argv[parser->at++];
  if (!is_id (id))
    return error_refuse (parser->err, SENTENCE_cli_id_bad, escape (id).text);
  parser->cli->id = id;
  /* Behind the id of exec stands the command. */
  if (parser->at < parser->argc && parser->scope != SCOPE_EXEC)
    return error_refuse (parser->err, SENTENCE_cli_words_after_id,
                         escape (parser->argv[parser->at]).text);
  return 0;
}

/* One of the commands, from behind that word. */
static int
parse_command (struct parser *parser, const char *name)
{
  int result;

  if (check_globals (parser) < 0)
    return -1;
  result = parse_options (parser);
  if (result < 0)
    return -1;
  if (result > 0)
    {
      parser->cli->command = COMMAND_PASS;
      return 0;
    }
  return parse_id (parser, name);
}

static int
parse_checkpoint (struct parser *parser, const char *name)
{
  parser->err = NULL;
  if (parse_command (parser, name) < 0)
    parser->cli->command = COMMAND_PASS;
  return 0;
}

int
runtime_cli_parse (enum runtime_dialect dialect, int argc, char *const argv[],
                   struct runtime_cli *cli, struct error *err)
{
  struct parser parser = { .dialect = dialect,
                           .argc = argc,
                           .argv = argv,
                           .at = 1,
                           .scope = SCOPE_GLOBAL,
                           .cli = cli,
                           .err = err };
  const char *name;
  int result;

  *cli = (struct runtime_cli) { .command = COMMAND_PASS };
  result = parse_options (&parser);
  if (result < 0)
    return -1;
  if (result > 0 || parser.at >= argc)
    return 0;
  name = argv[parser.at++];
  for (size_t i = 0; i < LENGTH (commands); i++)
    if (strcmp (commands[i].name, name) == 0)
      {
        cli->command = commands[i].command;
        parser.scope = commands[i].scope;
        if (cli->command == COMMAND_CHECKPOINT)
          return parse_checkpoint (&parser, name);
        return parse_command (&parser, name);
      }
  return 0;
}

void
runtime_cli_clear (struct runtime_cli *cli)
{
  free (cli->carriers);
  cli->carriers = NULL;
  cli->carrier_count = 0;
}
