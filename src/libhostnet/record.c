/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "record.h"

#include <stdio.h>
#include <string.h>
#include <syslog.h>
#include <unistd.h>

#include "error.h"

const struct record_kind_row record_kinds[RECORD_KINDS] = {
  [RECORD_CHANGED]
  = { "changed", "dab91599912f41de801be602513730f4", LOG_INFO },
  [RECORD_REFUSED]
  = { "refused", "9fccac59523e4472b174b775235eee91", LOG_WARNING },
  [RECORD_REPORTED]
  = { "reported", "e3715af10e5c4da8ba9f96d554403ba8", LOG_WARNING },
  [RECORD_OBSERVED]
  = { "observed", "8dce3cdc7b3c4ce09754dde4192a8d31", LOG_NOTICE },
};

#define FIELD(member) offsetof (struct record, member)

/* What a person needs most comes first, since some syslogds cut lines.  JSON
 * may double a value (each character a backslash before it), and twice the sum
 * of all but the sentence, the sentence and 700 bytes for names and header
 * are no more than RECORD_MOST_BYTES; journalctl(1) would not show more than
 * 4096 bytes of a field. */
const struct record_field record_fields[RECORD_FIELDS] = {
  [RECORD_MESSAGE] = { "MESSAGE", "message", FIELD (message), 1536 },
  { "OCI_HOSTNET_REASON", "reason", FIELD (reason_id), 64 },
  { "OCI_HOSTNET_CONTAINER", "container", FIELD (container), 128 },
  { "OCI_HOSTNET_ENGINE", "engine", FIELD (engine), 32 },
  { "OCI_HOSTNET_POD", "pod", FIELD (pod), 256 },
  { "OCI_HOSTNET_NAMESPACE", "namespace", FIELD (pod_namespace), 64 },
  { "OCI_HOSTNET_RULE", "rule", FIELD (rule), 128 },
  { "OCI_HOSTNET_LOCK", "lock", FIELD (lock), 32 },
  { "OCI_HOSTNET_PROGRAM", "program", FIELD (program), 32 },
  { "OCI_HOSTNET_COMMAND", "command", FIELD (command), 32 },
  { "OCI_HOSTNET_EDITS", "edits", FIELD (edits), 256 },
  { "OCI_HOSTNET_BUNDLE", "bundle", FIELD (bundle), 512 },
  { "OCI_HOSTNET_SERVICE_ACCOUNT", "service_account", FIELD (service_account),
    128 },
  { "OCI_HOSTNET_ARGS", "args", FIELD (args), 768 },
  { "OCI_HOSTNET_SETTINGS", "settings", FIELD (settings), 512 },
  { "OCI_HOSTNET_SURE", "sure", FIELD (sure), 8 },
  { "OCI_HOSTNET_BEARS", "bears", FIELD (bears), 16 },
};

const char *
record_get (const struct record *record, size_t field)
{
  const char *const *member
      = (const void *) ((const char *) record + record_fields[field].offset);

  return *member != NULL ? *member : "";
}

void
record_set (struct record *record, size_t field, const char *value)
{
  const char **member
      = (void *) ((char *) record + record_fields[field].offset);

  *member = value;
}

/* A character that must not be shown, in a sentence as escape() writes it. */
static size_t
hide (char *to, const char *from, size_t length)
{
  size_t used = 0;

  for (size_t i = 0; i < length; i++)
    used += (size_t) sprintf (to + used, "\\x%02x", (unsigned char) from[i]);
  return used;
}

/* The same in args, which has to stay JSON: a control character can only be
 * white space between values there, and the others have two or three bytes. */
static size_t
hide_in_json (char *to, const char *text, size_t length)
{
  const unsigned char *from = (const unsigned char *) text;
  unsigned code = 0x7F;

  if (length == 1 && from[0] != 0x7F)
    {
      *to = from[0] < 0x20 ? ' ' : '?'; /* or no UTF-8 */
      return 1;
    }
  if (length == 2)
    code = (from[0] & 0x1Fu) << 6 | (from[1] & 0x3Fu);
  else if (length == 3)
    code = (from[0] & 0x0Fu) << 12 | (from[1] & 0x3Fu) << 6 | (from[2] & 0x3Fu);
  return (size_t) sprintf (to, "\\u%04x", code);
}

/* TEXT on one line, fit to be shown, in at most MOST bytes of TO with the NUL
 * behind them.  Every byte of TEXT gives one at least. */
static void
fill_value (char *to, size_t most, const char *text, bool is_json)
{
  size_t left = strnlen (text, most + 1), used = 0;

  while (left > 0)
    {
      char shown[24];
      bool plain;
      size_t step, length;

      /* nearly all there is */
      for (; left > 0 && *text >= ' ' && *text < 0x7F && used + 4 <= most;
           left--)
        to[used++] = *text++;
      if (left == 0)
        break;
      step = escape_next (text, left, &plain);
      length = step;
      if (plain)
        memcpy (shown, text, step);
      else
        length = (is_json ? hide_in_json : hide) (shown, text, step);
      if (used + length + 3 > most)
        {
          memcpy (to + used, "...", 3);
          used += 3;
          break;
        }
      memcpy (to + used, shown, length);
      used += length;
      text += step;
      left -= step;
    }
  to[used] = '\0';
}

enum { VALUE_BYTES = 1536 + 4 };

/* Whether there is such a field, as it is written. */
static bool
get_value (const struct record *record, size_t field, size_t divisor,
           char value[VALUE_BYTES])
{
  size_t most = record_fields[field].most / divisor;

  fill_value (value, most < 8 ? 8 : most, record_get (record, field),
              record_fields[field].offset == FIELD (args)
                  || record_fields[field].offset == FIELD (settings));
  return value[0] != '\0';
}

static void
add_line (struct json_buffer *out, const char *name, const char *value)
{
  json_buffer_text (out, name);
  json_buffer_literal (out, "=");
  json_buffer_text (out, value);
  json_buffer_literal (out, "\n");
}

/* systemd.io/JOURNAL_NATIVE_PROTOCOL.  No value has a line feed, so none needs
 * the form with its length. */
void
record_journal (const struct record *record, uint64_t suppressed,
                size_t divisor, struct json_buffer *out)
{
  const struct record_kind_row *kind = &record_kinds[record->kind];
  char value[VALUE_BYTES];

  add_line (out, "MESSAGE_ID", kind->message_id);
  add_line (out, "PRIORITY", (char[]){ (char) ('0' + kind->priority), 0 });
  add_line (out, "SYSLOG_FACILITY", "3"); /* LOG_DAEMON, as for syslog */
  add_line (out, "SYSLOG_IDENTIFIER", RECORD_TAG);
  add_line (out, RECORD_KIND_JOURNAL, kind->name);
  if (suppressed > 0)
    {
      json_buffer_literal (out, RECORD_SUPPRESSED_JOURNAL "=");
      json_buffer_number (out, suppressed);
      json_buffer_literal (out, "\n");
    }
  for (size_t f = 0; f < RECORD_FIELDS; f++)
    if (get_value (record, f, divisor, value))
      add_line (out, record_fields[f].journal, value);
}

/* "<PRI>TAG[PID]: SENTENCE {JSON}".  RFC 3164 has the local time behind PRI,
 * for which libc reads /etc/localtime; syslogds put in their own when it is
 * not there (4.3.2), and most do when it is, for who writes may lie. */
void
record_syslog (const struct record *record, uint64_t suppressed,
               size_t divisor, struct json_buffer *out)
{
  const struct record_kind_row *kind = &record_kinds[record->kind];
  char value[VALUE_BYTES];

  json_buffer_literal (out, "<");
  json_buffer_number (out, (unsigned) (LOG_DAEMON | kind->priority));
  json_buffer_literal (out, ">" RECORD_TAG "[");
  json_buffer_number (out, (uint64_t) getpid ());
  json_buffer_literal (out, "]: ");
  if (get_value (record, RECORD_MESSAGE, divisor, value))
    json_buffer_text (out, value);
  json_buffer_literal (out, " {\"" RECORD_KIND_KEY "\":");
  json_buffer_string (out, kind->name);
  if (suppressed > 0)
    {
      json_buffer_literal (out, ",\"" RECORD_SUPPRESSED_KEY "\":");
      json_buffer_number (out, suppressed);
    }
  for (size_t f = RECORD_MESSAGE + 1; f < RECORD_FIELDS; f++)
    if (get_value (record, f, divisor, value))
      {
        json_buffer_literal (out, ",\"");
        json_buffer_text (out, record_fields[f].key);
        json_buffer_literal (out, "\":");
        json_buffer_string (out, value);
      }
  json_buffer_literal (out, "}");
}
