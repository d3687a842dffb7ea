/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "trail_read.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* journald takes no longer records from syslog, and ours are shorter. */
enum { LINE_MOST_BYTES = 1024 * 1024 };

/* What a line may be. */
enum line
{
  LINE_OTHERS,
  LINE_BROKEN, /* ours, and cut off */
  LINE_OURS
};

/* A line, taken apart. */
struct parts
{
  struct json_doc doc;
  bool is_journal;
  char *sentence; /* of a line of syslog, owned */
  char *values[RECORD_FIELDS];
};

static void
parts_clear (struct parts *parts)
{
  json_clear (&parts->doc);
  free (parts->sentence);
  for (size_t f = 0; f < RECORD_FIELDS; f++)
    free (parts->values[f]);
}

/* A number, written as one or, by journalctl, as a string. */
static int
read_number (const struct json_doc *doc, json_node node, uint64_t *number)
{
  cleanup_free char *text = NULL;
  char *end;

  if (json_kind (doc, node) == JSON_NUMBER)
    return json_uint64 (doc, node, number);
  if (json_kind (doc, node) != JSON_STRING)
    return -1;
  text = json_string (doc, node);
  errno = 0;
  *number = strtoull (text, &end, 10);
  return text[0] >= '0' && text[0] <= '9' && *end == '\0' && errno == 0 ? 0
                                                                        : -1;
}

/* The numbers; all that is not there or is none stays. */
static void
take_number (const struct parts *parts, json_node node,
             struct trail_entry *entry)
{
  uint64_t number;
  bool journal = parts->is_journal;
  const struct json_doc *doc = &parts->doc;

  if (read_number (doc, node, &number) < 0)
    return;
  if (json_key_is (doc, node,
                   journal ? RECORD_SUPPRESSED_JOURNAL : RECORD_SUPPRESSED_KEY))
    entry->suppressed = number;
  else if (journal && json_key_is (doc, node, "__REALTIME_TIMESTAMP"))
    entry->time = number;
  else if (journal && json_key_is (doc, node, "_UID") && number <= UINT32_MAX)
    entry->uid = (int64_t) number;
}

/* The journal's records are known by the kind's id, syslog's by its name. */
static bool
take_kind (const struct parts *parts, json_node node,
           struct trail_entry *entry)
{
  for (int kind = 0; kind < RECORD_KINDS; kind++)
    if (json_string_is (&parts->doc, node,
                        parts->is_journal ? record_kinds[kind].message_id
                                          : record_kinds[kind].name))
      {
        entry->record.kind = (enum record_kind) kind;
        return true;
      }
  return false;
}

/* A value that is no string is one that journalctl could not show, or several
 * of one name, which we never write. */
static void
take_text (struct parts *parts, json_node node, struct trail_entry *entry)
{
  for (size_t f = 0; f < RECORD_FIELDS; f++)
    if (json_key_is (&parts->doc, node,
                     parts->is_journal ? record_fields[f].journal
                                       : record_fields[f].key)
        && parts->values[f] == NULL)
      {
        parts->values[f] = json_string (&parts->doc, node);
        record_set (&entry->record, f, parts->values[f]);
      }
}

static enum line
take_members (struct parts *parts, struct trail_entry *entry)
{
  const struct json_doc *doc = &parts->doc;
  bool is_ours = false;

  for (json_node n = json_first (doc, 0); n != JSON_NONE;
       n = json_next (doc, n))
    {
      take_number (parts, n, entry);
      if (json_kind (doc, n) != JSON_STRING)
        continue;
      take_text (parts, n, entry);
      if (json_key_is (doc, n,
                       parts->is_journal ? "MESSAGE_ID" : RECORD_KIND_KEY)
          && take_kind (parts, n, entry))
        is_ours = true;
    }
  return is_ours ? LINE_OURS : LINE_OTHERS;
}

static int
index_object (struct parts *parts, const char *text)
{
  return json_index (&parts->doc, text, strlen (text), false, NULL) < 0
                 || json_kind (&parts->doc, 0) != JSON_OBJECT
             ? -1
             : 0;
}

static const char *
skip (const char *text, const char *characters)
{
  return text + strspn (text, characters);
}

#define DIGITS "0123456789"
#define LETTERS "abcdefghijklmnopqrstuvwxyz"

/* "Nov 28 15:00:00 " (RFC 3164) or "2026-11-28T15:00:00+01:00 " (RFC 3339);
 * NULL: there is none. */
static const char *
skip_time (const char *line)
{
  static const char *const months
      = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec ";
  char month[5] = "";
  const char *at = skip (line, DIGITS);

  if (at == line + 4 && *at == '-')
    at = skip (at, DIGITS "-T:.+Z");
  else
    {
      memcpy (month, line, strnlen (line, 4));
      if (strlen (month) != 4 || strstr (months, month) == NULL)
        return NULL;
      at = skip (skip (skip (line + 4, " "), DIGITS), " ");
      at = skip (at, DIGITS ":");
    }
  return *at == ' ' ? at + 1 : NULL;
}

/* Behind "oci-hostnet[PID]: ", or NULL. */
static const char *
skip_tag (const char *text)
{
  static const char tag[] = RECORD_TAG "[", end[] = "]: ";
  const char *pid = text + strlen (tag), *at;

  if (strncmp (text, tag, strlen (tag)) != 0)
    return NULL;
  at = skip (pid, DIGITS);
  return at > pid && strncmp (at, end, strlen (end)) == 0 ? at + strlen (end)
                                                          : NULL;
}

/* Behind the tag, which stands where syslogds put it: after the time, the host
 * and busybox' `facility.level`.  Further back it is somebody's who got a
 * string into the message of another program. */
static const char *
find_sentence (const char *line)
{
  const char *at = line, *sentence, *end;

  if (*at == '<')
    at = skip (at + 1, DIGITS ">");
  at = skip_time (at);
  if (at == NULL)
    return NULL;
  sentence = skip_tag (at);
  if (sentence != NULL)
    return sentence;
  end = at + strcspn (at, " ");
  if (*end == '\0' || end == at || end[-1] == ':')
    return NULL;
  at = end + 1;
  sentence = skip_tag (at);
  end = skip (at, LETTERS DIGITS);
  if (sentence != NULL || *end != '.')
    return sentence;
  end = skip (end + 1, LETTERS);
  return *end == ' ' ? skip_tag (end + 1) : NULL;
}

/* "TIME HOST oci-hostnet[PID]: SENTENCE {JSON}".  A sentence may quote what
 * looks like the start of the JSON; inside of it the quotes have backslashes,
 * so it is the last one. */
static enum line
take_syslog (struct parts *parts, const char *line, struct trail_entry *entry)
{
  static const char object[] = " {\"" RECORD_KIND_KEY "\":";
  const char *sentence = find_sentence (line), *json = NULL;

  if (sentence == NULL)
    return LINE_OTHERS;
  for (const char *at = strstr (sentence, object); at != NULL;
       at = strstr (at + 1, object))
    json = at;
  if (json == NULL || index_object (parts, json + 1) < 0)
    return LINE_BROKEN;
  parts->sentence = xstrndup (sentence, (size_t) (json - sentence));
  entry->record.message = parts->sentence;
  return take_members (parts, entry) == LINE_OURS ? LINE_OURS : LINE_BROKEN;
}

static enum line
take_line (struct parts *parts, const char *line, struct trail_entry *entry)
{
  parts->is_journal = line[0] == '{';
  if (!parts->is_journal)
    return take_syslog (parts, line, entry);
  if (index_object (parts, line) < 0)
    return strstr (line, RECORD_KIND_JOURNAL) != NULL ? LINE_BROKEN
                                                      : LINE_OTHERS;
  return take_members (parts, entry);
}

int
trail_read (FILE *in, trail_each *each, void *arg, unsigned *unreadable,
            struct error *err)
{
  cleanup_free char *line = NULL;
  size_t capacity = 0;
  ssize_t length;
  int result = 0;

  *unreadable = 0;
  while (result >= 0 && (length = getline (&line, &capacity, in)) > 0)
    {
      struct parts parts = { .doc = JSON_DOC_INIT };
      struct trail_entry entry = { .uid = -1 };
      enum line kind = LINE_BROKEN;

      if (line[length - 1] == '\n')
        line[--length] = '\0';
      if (length <= LINE_MOST_BYTES)
        kind = take_line (&parts, line, &entry);
      if (kind == LINE_OURS)
        result = each (&entry, arg, err);
      else if (kind == LINE_BROKEN)
        ++*unreadable;
      parts_clear (&parts);
    }
  if (result >= 0 && ferror (in))
    return error_system (err, errno, SENTENCE_system, "reading the trail");
  return result < 0 ? result : 0;
}
