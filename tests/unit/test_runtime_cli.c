/* SPDX-License-Identifier: Apache-2.0 */
/* Runs the command lines of a table (argv[1], runtime_cli.tsv) through
 * runtime_cli_parse() and prints TAP. */
#include <config.h>

#include "runtime_cli.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum
{
  MAX_WORDS = 64
};

static const char *const commands[]
    = { "pass", "create", "run", "restore", "exec",
        "checkpoint" };

struct row
{
  const char *dialects, *expected, *fields, *words;
};

static unsigned tests, failures;

/* Splits LINE at its first COUNT - 1 tabs; absent parts are "". */
static void
split_tabs (char *line, const char *parts[], size_t count)
{
  for (size_t i = 0; i < count; i++)
    {
      char *tab = i + 1 < count ? strchr (line, '\t') : NULL;

      parts[i] = line;
      if (tab == NULL)
        line += strlen (line);
      else
        {
          *tab = '\0';
          line = tab + 1;
        }
    }
}

/* Splits WORDS at single spaces behind argv[0]; '' is an empty word. */
static int
split_words (char *words, char *argv[])
{
  static char program[] = "oci-hostnet-runtime";
  int argc = 0;

  argv[argc++] = program;
  for (char *word = words[0] ? words : NULL, *next; word; word = next)
    {
      next = strchr (word, ' ');
      if (next != NULL)
        *next++ = '\0';
      if (argc == MAX_WORDS - 1)
        abort ();
      if (strcmp (word, "''") == 0)
        word[0] = '\0';
      argv[argc++] = word;
    }
  argv[argc] = NULL;
  return argc;
}

/* Whether FIELD is not in the struct as WANTED says; NULL: it must be unset. */
static bool
differs (const char *field, const char *wanted, const char *got)
{
  if (wanted == NULL ? got == NULL : got != NULL && strcmp (wanted, got) == 0)
    return false;
  printf ("# %s is %s, not %s\n", field, got ? got : "unset",
          wanted ? wanted : "unset");
  return true;
}

static int
compare_fields (const char *wanted, bool all, const struct runtime_cli *cli)
{
  char preserve[16], carriers[256] = "";
  const struct
  {
    const char *name, *got;
  } fields[]
      = { { "bundle", cli->bundle }, { "log", cli->log },
          { "format", cli->log_format }, { "id", cli->id },
          { "config", cli->config }, { "root", cli->root },
          { "preserve", cli->preserve_fds ? preserve : NULL },
          { "carriers", cli->carrier_count ? carriers : NULL } };
  size_t known = sizeof (fields) / sizeof (fields[0]);
  const char *values[sizeof (fields) / sizeof (fields[0])] = { NULL };
  char *copy = xasprintf ("%s", wanted);
  int wrong = 0;

  snprintf (preserve, sizeof (preserve), "%u", cli->preserve_fds);
  for (size_t i = 0; i < cli->carrier_count; i++)
    {
      const struct runtime_cli_carrier *carrier = &cli->carriers[i];
      size_t used = strlen (carriers);

      snprintf (carriers + used, sizeof carriers - used, "%s%s:%d:%s:%s",
                used ? ";" : "", carrier->is_process ? "process" : "cap",
                carrier->word, carrier->glued ? "glued" : "two",
                carrier->value);
    }
  if (strcmp (copy, "-") != 0)
    for (char *rest, *one = strtok_r (copy, ",", &rest); one != NULL;
         one = strtok_r (NULL, ",", &rest))
      {
        char *value = strchr (one, '=');
        size_t i = 0;

        if (value == NULL)
          abort ();
        *value++ = '\0';
        while (i < known && strcmp (fields[i].name, one) != 0)
          i++;
        if (i == known)
          abort ();
        values[i] = value;
      }
  for (size_t i = 0; i < known; i++)
    if (all || values[i] != NULL)
      wrong += differs (fields[i].name, values[i], fields[i].got);
  free (copy);
  return wrong;
}

/* podman makes an exit status of its own of these words. */
static bool
is_misleading (const char *message)
{
  return strcasestr (message, "permission denied")
         || strcasestr (message, "operation not permitted")
         || strcasestr (message, "executable file not found in")
         || strcasestr (message, "no such file or directory")
         || strcasestr (message, "open executable");
}

static int
compare_refusal (const struct row *row, int result, const struct error *err,
                 const struct runtime_cli *cli)
{
  const char *id = strchr (row->expected, ':') + 1;
  int wrong = 0;

  if (result >= 0 || err->message == NULL)
    {
      printf ("# not refused\n");
      return 1;
    }
  printf ("# %s\n", err->message);
  wrong += differs ("refusal", id, refusal_name (err->id));
  if (is_misleading (err->message))
    {
      printf ("# podman takes the message for its own\n");
      wrong++;
    }
  return wrong + compare_fields (row->fields, false, cli);
}

static int
compare_result (const struct row *row, int result, const struct error *err,
                const struct runtime_cli *cli)
{
  bool pass = strcmp (row->expected, "pass") == 0;

  if (strncmp (row->expected, "refused:", 8) == 0)
    return compare_refusal (row, result, err, cli);
  if (result != 0)
    {
      printf ("# refused: %s\n", err->message ? err->message : "no message");
      return 1;
    }
  return differs ("command", row->expected, commands[cli->command])
         + (err->id != REFUSAL_NONE)
         + compare_fields (row->fields, !pass, cli);
}

static void
run_row (const struct row *row, unsigned line, enum runtime_dialect dialect)
{
  const char *name = dialect == DIALECT_CRUN ? "crun" : "runc";
  cleanup_error struct error err = ERROR_INIT;
  struct runtime_cli cli;
  char *argv[MAX_WORDS];
  char *words;
  int argc, result;

  if (strcmp (row->dialects, "both") != 0 && strcmp (row->dialects, name) != 0)
    return;
  words = xasprintf ("%s", row->words);
  argc = split_words (words, argv);
  memset (&cli, 0xA5, sizeof (cli));
  result = runtime_cli_parse (dialect, argc, argv, &cli, &err);
  tests++;
  if (compare_result (row, result, &err, &cli) != 0)
    {
      failures++;
      printf ("not ");
    }
  printf ("ok %u - line %u %s: %s\n", tests, line, name, row->words);
  runtime_cli_clear (&cli);
  free (words);
}

int
main (int argc, char *argv[])
{
  char *text = NULL;
  size_t size = 0;
  ssize_t length;
  FILE *table = argc > 1 ? fopen (argv[1], "re") : NULL;

  if (table == NULL)
    {
      printf ("Bail out! the table %s cannot be read\n",
              argc > 1 ? argv[1] : "is not named: it");
      return 1;
    }
  for (unsigned line = 1; (length = getline (&text, &size, table)) >= 0; line++)
    {
      const char *parts[4];
      struct row row;

      text[strcspn (text, "\n")] = '\0';
      if (text[0] == '#' || text[0] == '\0')
        continue;
      split_tabs (text, parts, 4);
      row = (struct row) { parts[0], parts[1], parts[2], parts[3] };
      if (strcmp (row.dialects, "both") != 0
          && strcmp (row.dialects, "crun") != 0
          && strcmp (row.dialects, "runc") != 0)
        {
          printf ("Bail out! line %u names no dialect\n", line);
          return 1;
        }
      run_row (&row, line, DIALECT_CRUN);
      run_row (&row, line, DIALECT_RUNC);
    }
  free (text);
  fclose (table);
  printf ("1..%u\n", tests);
  return tests == 0 || failures > 0;
}
