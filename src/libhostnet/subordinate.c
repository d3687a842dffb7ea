/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "subordinate.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

const struct subordinate_kind subordinate_uids
    = { "/etc/subuid", "/etc/passwd", "--add-subuids" };
const struct subordinate_kind subordinate_gids
    = { "/etc/subgid", "/etc/group", "--add-subgids" };

enum
{
  FILE_MAX_BYTES = 1024 * 1024,
  FIRST_ID = 65536 /* below are system, users and nobody (login.defs(5)) */
};
#define END_ID 4294967294U /* -2 is nobody on some systems, -1 no id at all */

/* ---- lines ---- */

struct line
{
  const char *text;
  size_t length;
  unsigned number;
};

/* The line after LINE, from the start of what LINE->text is set to. */
static bool
next_line (struct line *line)
{
  if (line->number > 0)
    line->text += line->length + (line->text[line->length] == '\n');
  line->length = strcspn (line->text, "\n");
  line->number++;
  return line->text[0] != '\0';
}

/* The decimal number up to END or the end of LINE.  With a zero in front
 * shadow reads octal, and podman decimal: that is none. */
static bool
read_number (const struct line *line, size_t *at, char end, uint32_t *number)
{
  uint64_t value = 0;
  size_t start = *at;

  while (*at < line->length && line->text[*at] >= '0'
         && line->text[*at] <= '9' && *at - start < 10)
    value = value * 10 + (uint64_t) (line->text[(*at)++] - '0');
  if (*at == start || (line->text[start] == '0' && *at - start > 1)
      || value > UINT32_MAX
      || (*at < line->length ? line->text[*at] != end : end == ':'))
    return false;
  (*at)++;
  *number = (uint32_t) value;
  return true;
}

struct range
{
  const char *name;
  size_t name_length;
  uint32_t first, count;
};

static bool
read_range (const struct line *line, struct range *range)
{
  const char *colon = memchr (line->text, ':', line->length);
  size_t at;

  if (colon == NULL || colon == line->text)
    return false;
  range->name = line->text;
  range->name_length = (size_t) (colon - line->text);
  at = range->name_length + 1;
  return read_number (line, &at, ':', &range->first)
         && read_number (line, &at, '\n', &range->count)
         && at > line->length;
}

/* Blank, or a comment: shadow passes over them. */
static bool
says_nothing (const struct line *line)
{
  return line->length == 0 || line->text[0] == '#';
}

static bool
is_of (const struct range *range, const char *user)
{
  return strlen (user) == range->name_length
         && memcmp (range->name, user, range->name_length) == 0;
}

/* ---- what the files say ---- */

static int
check_range (const struct subordinate_kind *kind, const struct range *range,
             const char *user, struct error *err)
{
  if (range->count < SUBORDINATE_IDS)
    return error_refuse (err, SENTENCE_subordinate_few, kind->path,
                         escape (user).text, (unsigned) range->count,
                         SUBORDINATE_IDS, kind->option, escape (user).text);
  if (range->first < FIRST_ID || range->first > END_ID - SUBORDINATE_IDS)
    return error_refuse (err, SENTENCE_subordinate_host, kind->path,
                         escape (user).text, (unsigned) range->first,
                         FIRST_ID, END_ID - SUBORDINATE_IDS, kind->option,
                         escape (user).text);
  return 0;
}

/* Of the ids that are mapped, not of all that the line gives. */
static int
check_overlap (const struct subordinate_kind *kind, const char *text,
               const char *user, uint32_t first, struct error *err)
{
  struct line line = { .text = text };
  struct range other;

  while (next_line (&line))
    if (!says_nothing (&line) && read_range (&line, &other)
        && !is_of (&other, user) && other.count > 0
        && other.first < first + SUBORDINATE_IDS
        && (uint64_t) other.first + other.count > first)
      return error_refuse (
          err, SENTENCE_subordinate_shared, kind->path, line.number,
          escape_n (other.name, other.name_length).text, escape (user).text,
          kind->option, escape (user).text);
  return 0;
}

int
subordinate_find (const struct subordinate_kind *kind, const char *text,
                  const char *user, uint32_t *first, struct error *err)
{
  struct line line = { .text = text };
  struct range range, found = { 0 };

  while (next_line (&line))
    {
      if (says_nothing (&line))
        continue;
      /* Who has these ids cannot be told. */
      if (!read_range (&line, &range))
        return error_refuse (err, SENTENCE_subordinate_line, kind->path,
                             line.number);
      if (!is_of (&range, user))
        continue;
      if (found.name != NULL)
        return error_refuse (err, SENTENCE_subordinate_twice, kind->path,
                             escape (user).text);
      found = range;
    }
  if (found.name == NULL)
    return error_refuse (err, SENTENCE_subordinate_missing, kind->path,
                         escape (user).text, kind->option,
                         escape (user).text);
  if (check_range (kind, &found, user, err) < 0
      || check_overlap (kind, text, user, found.first, err) < 0)
    return -1;
  *first = found.first;
  return 0;
}

/* "name:password:id:", in both files. */
int
subordinate_check_accounts (const struct subordinate_kind *kind,
                            const char *text, const char *user,
                            uint32_t first, struct error *err)
{
  struct line line = { .text = text };

  while (next_line (&line))
    {
      const char *name_end = memchr (line.text, ':', line.length);
      const char *end = name_end == NULL
                            ? NULL
                            : memchr (name_end + 1, ':',
                                      line.length
                                          - (size_t) (name_end + 1
                                                      - line.text));
      size_t at = end == NULL ? 0 : (size_t) (end + 1 - line.text);
      uint32_t id;

      if (end != NULL && read_number (&line, &at, ':', &id)
          && subordinate_has (first, id))
        return error_refuse (
            err, SENTENCE_subordinate_account, kind->path,
            escape (user).text, (unsigned) id,
            escape_n (line.text, (size_t) (name_end - line.text)).text,
            kind->accounts, kind->option, escape (user).text);
    }
  return 0;
}

/* ---- the files ---- */

static const char *
distrust (const struct stat *st)
{
  return !S_ISREG (st->st_mode)                      ? "it is no regular file"
         : st->st_uid != 0                           ? "it is not root's"
         : (st->st_mode & (S_IWGRP | S_IWOTH)) != 0
             ? "others than root can write it"
         : st->st_size > FILE_MAX_BYTES              ? "it is too large"
                                                     : NULL;
}

/* The contents of PATH; NULL with ERR filled.  One that is not there is
 * empty. */
static char *
read_trusted (const char *path, struct error *err)
{
  cleanup_close int fd
      = open (path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
  cleanup_free char *text = NULL;
  struct stat st;
  char *result;
  size_t length = 0;
  ssize_t got;

  if (fd < 0 && errno == ENOENT)
    return xstrndup ("", 0);
  if (fd < 0 || fstat (fd, &st) < 0)
    {
      error_system (err, errno, SENTENCE_subordinate_unreadable, path);
      return NULL;
    }
  if (distrust (&st) != NULL)
    {
      error_refuse (err, SENTENCE_subordinate_unsafe, path, distrust (&st));
      return NULL;
    }
  text = xmalloc (FILE_MAX_BYTES + 1);
  do
    {
      got = read (fd, text + length, FILE_MAX_BYTES - length);
      if (got > 0)
        length += (size_t) got;
    }
  while (got > 0 || (got < 0 && errno == EINTR));
  if (got < 0)
    {
      error_system (err, errno, SENTENCE_subordinate_unreadable, path);
      return NULL;
    }
  text[length] = '\0';
  /* Lines behind a NUL would not be seen. */
  if (strlen (text) != (size_t) st.st_size)
    {
      error_refuse (err, SENTENCE_subordinate_unsafe, path,
                    "it has a NUL character or is being written");
      return NULL;
    }
  result = text;
  text = NULL;
  return result;
}

int
subordinate_read (const struct subordinate_kind *kind, const char *user,
                  uint32_t *first, struct error *err)
{
  cleanup_free char *text = read_trusted (kind->path, err);
  cleanup_free char *accounts
      = text == NULL ? NULL : read_trusted (kind->accounts, err);

  return accounts == NULL
                 || subordinate_find (kind, text, user, first, err) < 0
                 || subordinate_check_accounts (kind, accounts, user, *first,
                                                err)
                        < 0
             ? -1
             : 0;
}
