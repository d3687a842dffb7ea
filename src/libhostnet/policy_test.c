/* SPDX-License-Identifier: Apache-2.0 */
/* `policy test`: a table of configurations and what should become of them, for
 * the operator's own tests.  What the machine is that runs them does not count
 * where that can be avoided (facts.h, `elsewhere`). */
#include <config.h>

#include "policy_commands.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "answer.h"
#include "checks.h"
#include "policy_parts.h"
#include "policy_trial.h"

enum
{
  ANY_RULE = -1,
  DEFAULT_RULE = 0
};

struct row
{
  char *text;           /* of the line, owned; what follows points into it */
  const char *configuration, *expected, *engine; /* engine: or NULL */
  size_t word;          /* in the table below */
  char *reason_id;      /* owned, or NULL: any */
  long rule;            /* that decides, or one of the above, */
  char *rule_file;      /* in that file (owned), or NULL: the policy file */
  struct trial trial;
};

struct table
{
  const char *path;
  unsigned line; /* that is being read */
  struct row *rows;
  size_t count;
};

static void
table_clear (struct table *table)
{
  for (size_t i = 0; i < table->count; i++)
    {
      free (table->rows[i].text);
      free (table->rows[i].reason_id);
      free (table->rows[i].rule_file);
      trial_clear (&table->rows[i].trial);
    }
  free (table->rows);
}

/* ---- what is expected ---- */

static bool
runs (const struct outcome *outcome)
{
  return outcome->observed || outcome->kind != OUTCOME_REFUSED;
}

static bool
observed (const struct outcome *outcome)
{
  return outcome->observed;
}

#define IS(name, KIND)                                                        \
  static bool name (const struct outcome *outcome)                            \
  {                                                                           \
    return !outcome->observed && outcome->kind == KIND;                       \
  }
IS (edited, OUTCOME_EDITED)
IS (untouched, OUTCOME_UNTOUCHED)
IS (reported, OUTCOME_REPORTED)
IS (refused, OUTCOME_REFUSED)
#undef IS

static const struct
{
  const char *name;
  bool (*holds) (const struct outcome *outcome);
} words[] = {
  { "runs", runs },         { "edited", edited },   { "untouched", untouched },
  { "reported", reported }, { "refused", refused }, { "observed", observed },
};
static const char expectations[]
    = "runs, edited, untouched, reported, refused, refused(ID) or observed, "
      "and ` rule N`, ` rule FILE:N` or ` default` behind it where that is to "
      "decide";

static bool
is_refusal (const char *name)
{
  static const char *const names[] = {
#define REFUSAL(id, exit_status, author) #id,
    REFUSAL_TABLE
#undef REFUSAL
  };

  for (size_t i = 0; i < sizeof names / sizeof *names; i++)
    if (strcmp (names[i], name) == 0)
      return true;
  return false;
}

/* " rule N", " rule FILE:N", " default" or nothing. */
static int
read_rule (const char *text, struct row *row)
{
  const char *number = text + strlen (" rule ");
  const char *colon = strrchr (text, ':');
  char *end;

  row->rule = ANY_RULE;
  if (*text == '\0')
    return 0;
  row->rule = DEFAULT_RULE;
  if (strcmp (text, " default") == 0)
    return 0;
  if (strncmp (text, " rule ", strlen (" rule ")) != 0 || colon == number)
    return -1;
  if (colon != NULL)
    {
      row->rule_file = xstrndup (number, (size_t) (colon - number));
      number = colon + 1;
    }
  if (*number < '1' || *number > '9')
    return -1;
  errno = 0;
  row->rule = strtol (number, &end, 10);
  return *end == '\0' && errno == 0 ? 0 : -1;
}

static int
read_expected (struct row *row)
{
  const char *at = row->expected;
  size_t length = strcspn (at, "( ");

  while (row->word < sizeof words / sizeof *words
         && !(strlen (words[row->word].name) == length
              && strncmp (words[row->word].name, at, length) == 0))
    row->word++;
  if (row->word == sizeof words / sizeof *words)
    return -1;
  at += length;
  if (*at == '(')
    {
      length = strcspn (at, ")");
      if (words[row->word].holds != refused || at[length] != ')')
        return -1;
      row->reason_id = xstrndup (at + 1, length - 1);
      if (!is_refusal (row->reason_id))
        return -1;
      at += length + 1;
    }
  return read_rule (at, row);
}

/* ---- the table ---- */

static int
refuse_row (const struct table *table, const char *what, const char *name,
            const char *instead, struct error *err)
{
  cleanup_free char *found
      = name != NULL ? xasprintf ("%s `%s`", what, escape (name).text)
                     : xstrndup (what, strlen (what));

  return error_refuse (err, SENTENCE_policy_table, escape (table->path).text,
                       table->line, found, instead);
}

static int
read_configuration (const struct table *table, struct row *row,
                    struct error *err)
{
  const char *slash = strrchr (table->path, '/');
  size_t directory
      = row->configuration[0] == '/' || slash == NULL
            ? 0
            : (size_t) (slash - table->path) + 1;
  cleanup_free char *path = xasprintf ("%.*s%s", (int) directory, table->path,
                                       row->configuration);

  if (trial_read (&row->trial, path, err) < 0)
    return error_wrap (err, "the table %s, line %u",
                       escape (table->path).text, table->line);
  return 0;
}

static int
read_row (struct table *table, char *line, struct error *err)
{
  struct row *row;
  char *rest = line;

  table->rows
      = xrealloc (table->rows, (table->count + 1) * sizeof *table->rows);
  row = &table->rows[table->count++];
  *row = (struct row){ .text = line, .trial = TRIAL_INIT };
  row->configuration = strsep (&rest, "\t");
  row->expected = strsep (&rest, "\t");
  row->engine = strsep (&rest, "\t");
  if (row->configuration[0] == '\0' || row->expected == NULL || rest != NULL)
    return refuse_row (table, "not two or three columns", NULL,
                       "CONFIGURATION, a tab, EXPECTED and maybe a tab "
                       "and ENGINE",
                       err);
  if (read_expected (row) < 0)
    return refuse_row (table, "the expectation", row->expected, expectations,
                       err);
  if (read_configuration (table, row, err) < 0)
    return -1;
  row->trial.elsewhere = true;
  if (row->engine != NULL && trial_set_engine (&row->trial, row->engine) < 0)
    return refuse_row (table, "the engine", row->engine, trial_engines, err);
  return 0;
}

static int
read_rows (FILE *in, struct table *table, struct error *err)
{
  cleanup_free char *line = NULL;
  size_t capacity = 0;
  ssize_t length;

  while ((length = getline (&line, &capacity, in)) >= 0)
    {
      table->line++;
      while (length > 0
             && (line[length - 1] == '\n' || line[length - 1] == '\r'))
        line[--length] = '\0';
      if (line[0] != '\0' && line[0] != '#'
          && read_row (table, xstrndup (line, (size_t) length), err) < 0)
        return -1;
    }
  if (ferror (in))
    return error_system (err, errno, SENTENCE_policy_table_unreadable,
                         escape (table->path).text);
  return table->count > 0 ? 0
                          : error_refuse (err, SENTENCE_policy_table_empty,
                                          escape (table->path).text);
}

/* ---- the test ---- */

static const char *
base_name (const char *path)
{
  const char *slash = strrchr (path, '/');

  return slash != NULL ? slash + 1 : path;
}

/* A draft has no path, and no drop-ins. */
static bool
is_in_file (const struct row *row, const struct rule *rule)
{
  const char *own = row->trial.policy->path;

  if (row->rule_file != NULL)
    return strcmp (base_name (rule->file), row->rule_file) == 0;
  return own == NULL || strcmp (rule->file, own) == 0;
}

static bool
decides (const struct row *row, const struct judgement *j)
{
  const struct rule *rule = j->settings.rule;

  if (row->rule == ANY_RULE)
    return true;
  if (!j->needs_policy)
    return false;
  if (row->rule == DEFAULT_RULE)
    return rule == NULL || rule->number == 0;
  return rule != NULL && rule->number == (unsigned long) row->rule
         && is_in_file (row, rule);
}

static bool
holds (const struct row *row, const struct judgement *j,
       const struct outcome *outcome)
{
  if (!words[row->word].holds (outcome)
      || (row->reason_id != NULL
          && strcmp (row->reason_id, refusal_name (outcome->id)) != 0))
    return false;
  return decides (row, j);
}

static void
test_row (const struct row *row, struct checks *checks)
{
  cleanup_judgement struct judgement judgement = JUDGEMENT_INIT;
  cleanup_outcome struct outcome outcome = OUTCOME_INIT;
  cleanup_free char *got = NULL, *rule = NULL, *name = NULL;
  bool good;

  trial_judge (&row->trial, &judgement, &outcome);
  good = holds (row, &judgement, &outcome);
  name = xasprintf ("%s%s%s: %s", escape (row->configuration).text,
                    row->engine ? " of " : "", row->engine ? row->engine : "",
                    row->expected);
  got = outcome_words (&outcome);
  rule = judgement.needs_policy ? policy_rule_name (&judgement.settings)
                                : xasprintf ("no rule was asked");
  if (good)
    checks_add (checks, "row", CHECK_HOLDS, "%s", name);
  else
    checks_add (checks, "row", CHECK_FAILS, "%s; but %s; decided by: %s", name,
                got, rule);
}

static void
show_tap (FILE *to, const struct checks *checks)
{
  size_t failed = 0;

  for (size_t i = 0; i < checks->count; i++)
    {
      const struct check *check = &checks->list[i];

      fprintf (to, "%s %zu - %s\n",
               check->verdict == CHECK_HOLDS ? "ok" : "not ok", i + 1,
               check->reason);
      failed += check->verdict != CHECK_HOLDS;
    }
  fprintf (to, "1..%zu\n", checks->count);
  if (failed > 0)
    fprintf (to, "# %zu of %zu are not as expected\n", failed, checks->count);
}

int
policy_test (FILE *to, const char *path, const char *draft, bool json,
             struct error *err)
{
  __attribute__ ((cleanup (table_clear))) struct table table
      = { .path = path };
  cleanup_policy struct policy *policy = NULL;
  cleanup_checks struct checks checks = CHECKS_INIT;
  FILE *in = fopen (path, "re");
  int result;

  if (in == NULL)
    return error_system (err, errno, SENTENCE_policy_table_unreadable,
                         escape (path).text);
  result = read_rows (in, &table, err);
  fclose (in);
  if (result < 0 || trial_policy (draft, &policy, err) < 0)
    return -1;
  for (size_t i = 0; i < table.count; i++)
    {
      table.rows[i].trial.policy = policy;
      test_row (&table.rows[i], &checks);
    }
  if (json)
    answer_of_checks (to, checks_hold (&checks) ? "passed" : "failed",
                      &checks);
  else
    show_tap (to, &checks);
  return checks_hold (&checks) ? 0 : 1;
}
