/* SPDX-License-Identifier: Apache-2.0 */
/* Records written in both forms, and read back from them. */
#include <config.h>

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "libhostnet/trail_read.h"
#include "tap.h"

static const struct record full = {
  .kind = RECORD_OBSERVED,
  .message = "a sentence with {\"kind\":\"changed\"} in it",
  .program = "oci-hostnet-runtime",
  .command = "create",
  .container = "c1",
  .bundle = "/b",
  .engine = "crio",
  .pod = "p",
  .pod_namespace = "n",
  .rule = "allow[0]",
  .lock = "strict",
  .edits = "netns",
  .reason_id = "r",
  .args = "[\"a\\n\"]",
  .sure = "yes",
  .bears = "strict",
};

/* The first record of TEXT is copied: how many there were, and its fields. */
struct heard
{
  unsigned count, unreadable;
  struct trail_entry first;
  char *fields[RECORD_FIELDS];
  int stop_at, result;
};

static int
hear (const struct trail_entry *entry, void *arg, struct error *err)
{
  struct heard *heard = arg;

  if (heard->count++ == 0)
    {
      heard->first = *entry;
      for (size_t f = 0; f < RECORD_FIELDS; f++)
        {
          const char *value = record_get (&entry->record, f);

          heard->fields[f] = xstrndup (value, strlen (value));
          record_set (&heard->first.record, f, heard->fields[f]);
        }
    }
  if (heard->stop_at == (int) heard->count)
    return error_refuse (err, SENTENCE_system, "stopping");
  return 0;
}

static void
read_text (struct heard *heard, const char *text, size_t length)
{
  cleanup_error struct error err = ERROR_INIT;
  FILE *in = fmemopen ((void *) (uintptr_t) text, length, "r");

  heard->result = trail_read (in, hear, heard, &heard->unreadable, &err);
  if ((heard->result < 0) != (err.message != NULL))
    heard->result = -99;
  fclose (in);
}

static void
forget (struct heard *heard)
{
  for (size_t f = 0; f < RECORD_FIELDS; f++)
    free (heard->fields[f]);
  *heard = (struct heard){ 0 };
}

static bool
is_same (const struct record *a, const struct record *b)
{
  bool same = a->kind == b->kind;

  for (size_t f = 0; f < RECORD_FIELDS; f++)
    same = same && strcmp (record_get (a, f), record_get (b, f)) == 0;
  return same;
}

/* As journalctl would: every line NAME=VALUE a member. */
static void
journal_to_json (const char *text, struct json_buffer *out)
{
  const char *separator = "{\"_UID\":\"1000\",\"__REALTIME_TIMESTAMP\":"
                          "\"1795878416020732\",";

  while (*text != '\0')
    {
      size_t name = strcspn (text, "="), line = strcspn (text, "\n");
      cleanup_free char *value
          = xstrndup (text + name + 1, line - name - 1);

      json_buffer_text (out, separator);
      json_buffer_add (out, "\"%.*s\":", (int) name, text);
      json_buffer_string (out, value);
      separator = ",";
      text += line + 1;
    }
  json_buffer_text (out, "}\n");
}

static void
test_both_forms (void)
{
  struct json_buffer out = JSON_BUFFER_INIT, json = JSON_BUFFER_INIT;
  struct heard heard = { 0 };

  record_journal (&full, 7, 1, &out);
  tap_ok (strstr (out.text, "MESSAGE_ID=8dce3cdc7b3c4ce09754dde4192a8d31\n")
              && strstr (out.text, "\nPRIORITY=5\n")
              && strstr (out.text, "\nSYSLOG_IDENTIFIER=oci-hostnet\n")
              && strstr (out.text, "\nOCI_HOSTNET_SUPPRESSED=7\n")
              && strstr (out.text, "\nOCI_HOSTNET_NAMESPACE=n\n"),
          "journal: the fields");
  journal_to_json (out.text, &json);
  read_text (&heard, json.text, json.length);
  tap_ok (heard.result == 0 && heard.count == 1 && heard.unreadable == 0
              && is_same (&heard.first.record, &full)
              && heard.first.suppressed == 7 && heard.first.uid == 1000
              && heard.first.time == 1795878416020732u,
          "journal: read back");
  forget (&heard);
  out.length = 0;
  record_syslog (&full, 7, 1, &out);
  tap_ok (strncmp (out.text, "<29>oci-hostnet[", 16) == 0,
          "syslog: daemon.notice, the tag");
  json.length = 0;
  json_buffer_add (&json, "Nov 28 15:00:00 h daemon.notice %s\n",
                   strchr (out.text, '>') + 1);
  read_text (&heard, json.text, json.length);
  tap_ok (heard.result == 0 && heard.count == 1 && heard.unreadable == 0
              && is_same (&heard.first.record, &full)
              && heard.first.suppressed == 7 && heard.first.uid == -1
              && heard.first.time == 0,
          "syslog: read back, although the sentence has JSON in it");
  forget (&heard);
  free (out.text);
  free (json.text);
}

static void
test_nothing_known (void)
{
  const struct record nothing = { .kind = RECORD_REFUSED, .pod = "" };
  struct json_buffer out = JSON_BUFFER_INIT;

  record_journal (&nothing, 0, 1, &out);
  tap_ok (strcmp (out.text,
                  "MESSAGE_ID=9fccac59523e4472b174b775235eee91\nPRIORITY=4\n"
                  "SYSLOG_FACILITY=3\nSYSLOG_IDENTIFIER=oci-hostnet\n"
                  "OCI_HOSTNET_KIND=refused\n")
              == 0,
          "journal: what is not known has no field");
  out.length = 0;
  record_syslog (&nothing, 0, 1, &out);
  tap_ok (strstr (out.text, "]:  {\"kind\":\"refused\"}") != NULL,
          "syslog: nor there");
  free (out.text);
}

/* Every field of 100,000 bytes of UNIT: bounds, well-formed. */
static void
test_huge (const char *unit, const char *name)
{
  struct record huge = { .kind = RECORD_CHANGED };
  struct json_buffer out = JSON_BUFFER_INIT, text = JSON_BUFFER_INIT;
  cleanup_json struct json_doc doc = JSON_DOC_INIT;
  const char *json;

  while (text.length < 100000)
    json_buffer_text (&text, unit);
  for (size_t f = 0; f < RECORD_FIELDS; f++)
    record_set (&huge, f, text.text);
  record_journal (&huge, UINT64_MAX, 1, &out);
  tap_ok (out.length <= RECORD_MOST_BYTES, name);
  out.length = 0;
  record_syslog (&huge, UINT64_MAX, 1, &out);
  json = strstr (out.text, " {\"kind\":");
  tap_ok (out.length <= RECORD_MOST_BYTES && json != NULL
              && json_index (&doc, json + 1, strlen (json + 1), false, NULL)
                     == 0,
          name);
  out.length = 0;
  record_journal (&huge, UINT64_MAX, 16, &out);
  tap_ok (out.length <= 1200, name);
  for (const char *at = out.text; *at != '\0'; at++)
    if ((*at & 0x80) == 0 && *at != '\n' && (*at < 0x20 || *at == 0x7F))
      tap_ok (false, "a control character");
  free (out.text);
  free (text.text);
}

static void
test_foreign_lines (void)
{
  static const char text[]
      = "Nov 28 15:00:00 h kernel: oci-hostnet is mentioned\n"
        "\n"
        "{\"MESSAGE\":\"of another\",\"MESSAGE_ID\":\"00\"}\n"
        "{\"MESSAGE\":\n"
        "[]\n"
        "Nov 28 15:00:00 h oci-hostnet[1]: cut off {\"kind\":\"refused\",\"contai\n"
        "Nov 28 15:00:00 h oci-hostnet[1]: without fields\n"
        "Nov 28 15:00:00 h oci-hostnet[1]: of no kind {\"kind\":\"x\"}\n"
        "{\"OCI_HOSTNET_KIND\":\"changed\",\"MESSAGE_ID\":\"dab9\n"
        "Nov 28 15:00:00 h oci-hostnet[1]: \xff {\"kind\":\"refused\",\"pod\":null,"
        "\"suppressed\":\"7\",\"suppressed2\":-1,\"x\":[1]}\n"
        "{\"MESSAGE_ID\":\"dab91599912f41de801be602513730f4\",\"_UID\":"
        "[\"0\",\"1\"],\"MESSAGE\":[255,1],\"OCI_HOSTNET_POD\":null}";
  struct heard heard = { 0 };

  read_text (&heard, text, sizeof text - 1);
  tap_ok (heard.result == 0 && heard.count == 2 && heard.unreadable == 4
              && heard.first.record.kind == RECORD_REFUSED
              && strcmp (heard.first.record.message, "\xff") == 0,
          "lines of others are passed over, and those cut off counted");
  forget (&heard);
  heard.stop_at = 1;
  read_text (&heard, text, sizeof text - 1);
  tap_ok (heard.result == -1 && heard.count == 1, "who is called may stop it");
  forget (&heard);
}

#define THE_RECORD "oci-hostnet[1]: x {\"kind\":\"observed\"}"

/* The tag is where syslogds put it, and nowhere in what somebody else said. */
static void
test_tags (void)
{
  static const struct
  {
    const char *line;
    bool ours;
  } rows[] = {
    { "Nov 28 15:00:00 h " THE_RECORD, true },
    { "Nov  8 15:00:00 h.example.org " THE_RECORD, true },
    { "Nov 28 15:00:00 h daemon.notice " THE_RECORD, true },
    { "Nov 28 15:00:00 " THE_RECORD, true },
    { "<29>Nov 28 15:00:00 h " THE_RECORD, true },
    { "2026-11-28T15:00:00.123456+01:00 h " THE_RECORD, true },
    { "2026-11-28T15:00:00Z h " THE_RECORD, true },
    { "Nov 28 15:00:00 h sshd[7]: Invalid user " THE_RECORD, false },
    { "Nov 28 15:00:00 h kernel: " THE_RECORD, false },
    { "Nov 28 15:00:00 h auth.info sshd[7]: " THE_RECORD, false },
    { "Nov 28 15:00:00 h user.notice x " THE_RECORD, false },
    { "Nov 28 15:00:00 h x " THE_RECORD, false },
    { "Nov 28 15:00:00 h sshd[7]:" THE_RECORD, false },
    { "Nov 28 15:00:00 sshd[7]: " THE_RECORD, false },
    { "Nov 28 15:00:00 sshd: " THE_RECORD, false },
    { "2026-11-28T15:00:00Z h sudo: a : " THE_RECORD, false },
    { "2026-11-28T15:00:00Z sudo: " THE_RECORD, false },
    { "Nov 28 15:00:00 h xoci-hostnet[1]: x {\"kind\":\"observed\"}", false },
    { "Nov 28 15:00:00 h oci-hostnet[]: x {\"kind\":\"observed\"}", false },
    { "Nov 28 15:00:00 h oci-hostnet[1x]: x {\"kind\":\"observed\"}", false },
    { "Nov 28 15:00:00 h oci-hostnet[1] x]: y {\"kind\":\"observed\"}",
      false },
    { "h " THE_RECORD, false },
    { "Nov 28 " THE_RECORD, false },
    { THE_RECORD, false },
    { "  " THE_RECORD, false },
    { "Nov 28 15:00:00", false },
    { "2026-", false },
    { "<", false },
  };

  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
    {
      struct heard heard = { 0 };

      read_text (&heard, rows[i].line, strlen (rows[i].line));
      tap_ok (heard.result == 0 && heard.unreadable == 0
                  && heard.count == rows[i].ours,
              rows[i].line);
      forget (&heard);
    }
}

int
main (void)
{
  test_both_forms ();
  test_nothing_known ();
  test_huge ("x", "huge");
  test_huge ("\"", "huge, of quotes");
  test_huge ("\\", "huge, of backslashes");
  test_huge ("\n\x01", "huge, of control characters");
  test_huge ("\xff", "huge, no UTF-8");
  test_huge ("\xe2\x80\xae", "huge, of what turns text");
  test_huge ("\xf0\x9f\x98\x80", "huge, of four bytes each");
  test_foreign_lines ();
  test_tags ();
  return tap_end ();
}
