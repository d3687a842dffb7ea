/* SPDX-License-Identifier: Apache-2.0 */
/* `policy suggest`: from what was observed to a drop-in. */
#include <config.h>

#include "policy_commands.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "answer.h"
#include "checks.h"
#include "log.h"
#include "suggestion.h"

struct reading
{
  struct suggestion *suggestion;
  unsigned nobodys;    /* records from syslog, */
  unsigned foreign;    /* that some user wrote, */
  unsigned suppressed; /* that were never written, */
  unsigned unreadable;
};

/* What becomes policy must not be a user's own words; syslog does not tell
 * whose they are. */
static int
add (const struct trail_entry *entry, void *arg, struct error *err)
{
  struct reading *reading = arg;
  time_t seconds = (time_t) (entry->time / 1000000);
  char stamp[32] = "";
  struct tm utc;

  (void) err;
  reading->suppressed += (unsigned) entry->suppressed;
  if (entry->uid > 0 && entry->uid != (int64_t) getuid ())
    {
      reading->foreign += entry->record.kind == RECORD_OBSERVED;
      return 0;
    }
  reading->nobodys
      += entry->uid < 0 && entry->record.kind == RECORD_OBSERVED;
  if (entry->time > 0 && gmtime_r (&seconds, &utc) != NULL)
    strftime (stamp, sizeof stamp, "%Y-%m-%dT%H:%M:%SZ", &utc);
  suggestion_add (reading->suggestion, &entry->record,
                  stamp[0] != '\0' ? stamp : NULL);
  return 0;
}

static int
read_records (const char *file, const char *since, struct reading *reading,
              struct error *err)
{
  bool is_stdin = file != NULL && strcmp (file, "-") == 0;
  FILE *in;
  int result;

  if (file == NULL)
    return log_read (since, add, reading, &reading->unreadable, err);
  in = is_stdin ? stdin : fopen (file, "re");
  if (in == NULL)
    return error_system (err, errno, SENTENCE_policy_table_unreadable,
                         escape (file).text);
  result = trail_read (in, add, reading, &reading->unreadable, err);
  if (!is_stdin)
    fclose (in);
  return result;
}

/* What is to be known of the records beside the rules. */
static void
add_misses (const struct reading *reading, struct checks *checks)
{
  const struct
  {
    unsigned count;
    const char *why;
  } misses[] = {
    { reading->nobodys, "records came from syslog, where any local user can "
                        "write: whose they are is not known" },
    { reading->foreign,
      "records of other users than root were passed over" },
    { reading->suppressed,
      "records were never written, as there were too many: most of them are "
      "like others, but look at `oci-hostnet log`" },
    { reading->unreadable, "records could not be read" },
  };

  for (size_t i = 0; i < sizeof misses / sizeof *misses; i++)
    if (misses[i].count > 0)
      checks_add (checks, "records", CHECK_NOTE, "%u %s", misses[i].count,
                  misses[i].why);
}

static void
show_json_rules (FILE *to, struct suggestion *suggestion,
                 const struct checks *checks)
{
  cleanup_free char *rules = suggestion_rules (suggestion);
  struct json_buffer out = JSON_BUFFER_INIT;

  answer_begin (&out, "suggested", NULL, NULL);
  answer_checks (&out, checks);
  json_buffer_text (&out, ",\"rules\":");
  json_buffer_text (&out, rules);
  answer_end (&out, to);
}

int
policy_suggest (FILE *to, const char *file, const char *since, bool json,
                struct error *err)
{
  struct reading reading = { .suggestion = suggestion_new () };
  cleanup_checks struct checks checks = CHECKS_INIT;
  int result = read_records (file, since, &reading, err);

  add_misses (&reading, &checks);
  for (size_t i = 0; i < checks.count; i++)
    suggestion_note (reading.suggestion, checks.list[i].reason);
  if (result >= 0 && json && reading.unreadable == 0)
    show_json_rules (to, reading.suggestion, &checks);
  else if (result >= 0 && !json)
    suggestion_write (reading.suggestion, to);
  suggestion_free (reading.suggestion);
  if (result >= 0 && reading.unreadable > 0)
    return error_refuse (err, SENTENCE_log_unreadable, reading.unreadable);
  return result;
}
