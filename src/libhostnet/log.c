/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "log.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "trust.h"

/* The journal's files have no other interface than systemd's own. */
#define JOURNALCTL "/usr/bin/journalctl"

/* ---- journalctl ---- */

static int
check_journalctl (struct error *err)
{
  cleanup_close int fd = open (JOURNALCTL, O_PATH | O_CLOEXEC);
  struct stat status;

  if (fd < 0 && errno == ENOENT)
    return error_refuse (err, SENTENCE_log_missing, JOURNALCTL);
  if (fd < 0 || fstat (fd, &status) < 0)
    return error_system (err, errno, SENTENCE_log_start, JOURNALCTL);
  if (!S_ISREG (status.st_mode))
    return error_refuse (err, SENTENCE_log_unsafe, JOURNALCTL,
                         "it is no regular file");
  if (geteuid () == 0 && others_can_write (&status))
    return error_refuse (err, SENTENCE_log_unsafe, JOURNALCTL,
                         "others than root can write it");
  return 0;
}

/* Its words: fields of one name are alternatives.  Anybody can write records
 * with our MESSAGE_ID; whose they are the kernel tells, in _UID. */
enum { WORDS = 4 + RECORD_KINDS + 2 };
struct words
{
  char *list[WORDS + 1];
  size_t count;
};

static void
add_word (struct words *words, char *word)
{
  words->list[words->count++] = word;
}

static void
words_clear (struct words *words)
{
  for (size_t i = 0; i < words->count; i++)
    free (words->list[i]);
}

static void
fill_words (struct words *words, const char *since)
{
  add_word (words, xasprintf ("%s", JOURNALCTL));
  /* without --all, null stands for a long field */
  add_word (words, xasprintf ("-qa"));
  add_word (words, xasprintf ("--output=json"));
  if (since != NULL)
    add_word (words, xasprintf ("--since=%s", since));
  for (int kind = 0; kind < RECORD_KINDS; kind++)
    add_word (words,
              xasprintf ("MESSAGE_ID=%s", record_kinds[kind].message_id));
  add_word (words, xasprintf ("_UID=0"));
  add_word (words, xasprintf ("_UID=%u", (unsigned) getuid ()));
}

/* It says on our standard error what it does not like, in English. */
static int
start_journalctl (const char *since, pid_t *child, struct error *err)
{
  __attribute__ ((cleanup (words_clear))) struct words words
      = { .count = 0 };
  char *environment[] = { (char *) "LC_ALL=C", NULL };
  posix_spawn_file_actions_t actions;
  int ends[2], failed;

  fill_words (&words, since);
  if (pipe2 (ends, O_CLOEXEC) < 0)
    return error_system (err, errno, SENTENCE_log_start, JOURNALCTL);
  failed = posix_spawn_file_actions_init (&actions);
  if (failed == 0)
    {
      failed = posix_spawn_file_actions_addopen (&actions, 0, "/dev/null",
                                                 O_RDONLY, 0);
      if (failed == 0)
        failed = posix_spawn_file_actions_adddup2 (&actions, ends[1], 1);
      if (failed == 0)
        failed = posix_spawn (child, JOURNALCTL, &actions, NULL, words.list,
                              environment);
      posix_spawn_file_actions_destroy (&actions);
    }
  close (ends[1]);
  if (failed == 0)
    return ends[0];
  close (ends[0]);
  return error_system (err, failed, SENTENCE_log_start, JOURNALCTL);
}

/* One that is killed counts as status 128 and the signal, as in a shell. */
static int
end_journalctl (pid_t child, struct error *err)
{
  int status = 0;

  while (waitpid (child, &status, 0) < 0)
    if (errno != EINTR)
      return error_system (err, errno, SENTENCE_log_start, JOURNALCTL);
  status = WIFEXITED (status) ? WEXITSTATUS (status) : 128 + WTERMSIG (status);
  return status == 0
             ? 0
             : error_refuse (err, SENTENCE_log_failed, JOURNALCTL, status);
}

int
log_read (const char *since, trail_each *each, void *arg, unsigned *unreadable,
          struct error *err)
{
  pid_t child;
  int fd, result;
  FILE *in;

  *unreadable = 0;
  if (check_journalctl (err) < 0
      || (fd = start_journalctl (since, &child, err)) < 0)
    return -1;
  in = fdopen (fd, "r");
  if (in == NULL)
    abort ();
  result = trail_read (in, each, arg, unreadable, err);
  fclose (in); /* ends it where it has more to say */
  if (result >= 0)
    return end_journalctl (child, err);
  end_journalctl (child, NULL);
  return result;
}

/* ---- the table ---- */

/* TEXT, escaped, in WIDTH characters, of which what is cut is marked; 0: as
 * many as it has. */
static void
put_cell (FILE *to, const char *text, int width, bool marked)
{
  struct json_buffer cell = JSON_BUFFER_INIT;
  size_t left = text != NULL ? strlen (text) : 0;
  const char *end;
  int shown = 0;

  json_buffer_text (&cell, left > 0 ? "" : "-");
  while (left > 0)
    {
      bool plain;
      size_t step = escape_next (text, left, &plain);

      if (plain)
        json_buffer_bytes (&cell, text, step);
      for (size_t i = 0; !plain && i < step; i++)
        json_buffer_add (&cell, "\\x%02x", (unsigned char) text[i]);
      text += step;
      left -= step;
    }
  for (end = cell.text; *end != '\0'; end++)
    {
      if ((*end & 0xC0) == 0x80)
        continue; /* of the same character */
      if (width > 0 && shown == width)
        break;
      shown++;
    }
  fwrite (cell.text, 1, (size_t) (end - cell.text), to);
  if (width > 0)
    fprintf (to, "%*s%c ", width - shown, "",
             *end != '\0' && marked ? '~' : ' ');
  free (cell.text);
}

struct table
{
  FILE *to;
  bool has_title;
};

/* Before the sentence, with which the line ends. */
enum
{
  TIME = 19,
  KIND = 8,
  CONTAINER = 12, /* as many as engines show of an id: no mark */
  ENGINE = 10,
  POD = 24,
  RULE = 12,
  LOCK = 14,
  REASON = 20
};

static void
put_title (FILE *to)
{
  fprintf (to, "%-*s  %-*s  %-*s  %-*s  %-*s  %-*s  %-*s  %-*s  %s\n", TIME,
           "TIME", KIND, "KIND", CONTAINER, "CONTAINER", ENGINE, "ENGINE", POD,
           "POD", RULE, "RULE", LOCK, "LOCK", REASON, "REASON", "SENTENCE");
}

static int
put_row (const struct trail_entry *entry, void *arg, struct error *err)
{
  struct table *table = arg;
  const struct record *record = &entry->record;
  time_t seconds = (time_t) (entry->time / 1000000);
  cleanup_free char *pod
      = record->pod_namespace != NULL
            ? xasprintf ("%s/%s", record->pod_namespace,
                         record->pod != NULL ? record->pod : "")
            : NULL;
  char stamp[32] = "";
  struct tm local;

  (void) err;
  if (!table->has_title)
    put_title (table->to);
  table->has_title = true;
  if (localtime_r (&seconds, &local) != NULL)
    strftime (stamp, sizeof stamp, "%Y-%m-%d %H:%M:%S", &local);
  if (entry->suppressed > 0)
    fprintf (table->to, "%-*s  %" PRIu64 " more %s suppressed before this\n",
             TIME, stamp, entry->suppressed,
             entry->suppressed == 1 ? "was" : "were");
  put_cell (table->to, stamp, TIME, false);
  put_cell (table->to, record_kinds[record->kind].name, KIND, false);
  put_cell (table->to, record->container, CONTAINER, false);
  put_cell (table->to, record->engine, ENGINE, true);
  put_cell (table->to, pod != NULL ? pod : record->pod, POD, true);
  put_cell (table->to, record->rule, RULE, true);
  put_cell (table->to, record->lock, LOCK, true);
  put_cell (table->to, record->reason_id, REASON, true);
  put_cell (table->to, record->message, 0, false);
  putc ('\n', table->to);
  return 0;
}

/* ---- JSON ---- */

static int
add_object (const struct trail_entry *entry, void *arg, struct error *err)
{
  struct json_buffer *out = arg;
  time_t seconds = (time_t) (entry->time / 1000000);
  char stamp[32] = "";
  struct tm utc;

  (void) err;
  if (gmtime_r (&seconds, &utc) != NULL)
    strftime (stamp, sizeof stamp, "%Y-%m-%dT%H:%M:%S", &utc);
  json_buffer_add (out, "%s{\"time\":\"%s.%06uZ\",\"uid\":%" PRId64,
                   out->text[out->length - 1] == '[' ? "" : ",", stamp,
                   (unsigned) (entry->time % 1000000), entry->uid);
  json_buffer_add (out, ",\"" RECORD_KIND_KEY "\":\"%s\"",
                   record_kinds[entry->record.kind].name);
  if (entry->suppressed > 0)
    json_buffer_add (out, ",\"" RECORD_SUPPRESSED_KEY "\":%" PRIu64,
                     entry->suppressed);
  for (size_t f = 0; f < RECORD_FIELDS; f++)
    if (record_get (&entry->record, f)[0] != '\0')
      {
        json_buffer_add (out, ",\"%s\":", record_fields[f].key);
        json_buffer_string (out, record_get (&entry->record, f));
      }
  json_buffer_literal (out, "}");
  return 0;
}

/* All of it or nothing: what comes after an error would be no JSON. */
static int
show_json_records (FILE *to, const char *since, struct error *err)
{
  struct json_buffer out = JSON_BUFFER_INIT;
  unsigned unreadable;
  int result;

  json_buffer_text (&out, "{\"schema\":1,\"records\":[");
  result = log_read (since, add_object, &out, &unreadable, err);
  if (result >= 0)
    fprintf (to, "%s],\"unreadable\":%u}\n", out.text, unreadable);
  free (out.text);
  return result;
}

int
log_show (FILE *to, const struct log_options *options, struct error *err)
{
  struct table table = { to, false };
  unsigned unreadable;

  if (options->json)
    return show_json_records (to, options->since, err);
  if (log_read (options->since, put_row, &table, &unreadable, err) < 0)
    return -1;
  if (unreadable > 0)
    return error_refuse (err, SENTENCE_log_unreadable, unreadable);
  return 0;
}
