/* SPDX-License-Identifier: Apache-2.0 */
/* `policy suggest`: from what was observed to a drop-in. */
#include <config.h>

#include "policy_commands.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "log.h"
#include "suggestion.h"

struct reading
{
  struct suggestion *suggestion;
  unsigned foreign;    /* records that some user wrote */
  unsigned suppressed; /* and that were never written */
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
  if (entry->time > 0 && gmtime_r (&seconds, &utc) != NULL)
    strftime (stamp, sizeof stamp, "%Y-%m-%dT%H:%M:%SZ", &utc);
  suggestion_add (reading->suggestion, &entry->record,
                  stamp[0] != '\0' ? stamp : NULL);
  return 0;
}

static int
read_records (const char *file, const char *since, struct reading *reading,
              unsigned *unreadable, struct error *err)
{
  bool is_stdin = file != NULL && strcmp (file, "-") == 0;
  FILE *in;
  int result;

  if (file == NULL)
    return log_read (since, add, reading, unreadable, err);
  in = is_stdin ? stdin : fopen (file, "re");
  if (in == NULL)
    return error_system (err, errno, SENTENCE_policy_table_unreadable,
                         escape (file).text);
  result = trail_read (in, add, reading, unreadable, err);
  if (!is_stdin)
    fclose (in);
  return result;
}

static void
show_json_rules (FILE *to, struct suggestion *suggestion)
{
  cleanup_free char *rules = suggestion_rules (suggestion);

  fprintf (to,
           "{\"schema\":1,\"verdict\":\"suggested\",\"reason_id\":\"\","
           "\"reason\":\"\",\"edits\":[],\"checks\":[],\"rules\":%s}\n",
           rules);
}

int
policy_suggest (FILE *to, const char *file, const char *since, bool json,
                struct error *err)
{
  struct reading reading = { suggestion_new (), 0, 0 };
  unsigned unreadable = 0;
  int result = read_records (file, since, &reading, &unreadable, err);

  if (reading.foreign > 0)
    suggestion_miss (reading.suggestion,
                     "records of other users than root were passed over.",
                     reading.foreign);
  if (reading.suppressed > 0)
    suggestion_miss (reading.suggestion,
                     "records were never written, as there were too many: "
                     "most of them are like others, but look at `oci-hostnet "
                     "log`.",
                     reading.suppressed);
  if (unreadable > 0)
    suggestion_miss (reading.suggestion, "records could not be read.",
                     unreadable);
  if (result >= 0 && json && unreadable == 0)
    show_json_rules (to, reading.suggestion);
  else if (result >= 0 && !json)
    suggestion_write (reading.suggestion, to);
  suggestion_free (reading.suggestion);
  if (result >= 0 && unreadable > 0)
    return error_refuse (err, SENTENCE_log_unreadable, unreadable);
  return result;
}
