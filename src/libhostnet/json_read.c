/* SPDX-License-Identifier: Apache-2.0 */
/* Reading values through the index. */
#include <config.h>

#include "json.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static unsigned
hex4 (const char *text)
{
  char digits[5] = { text[0], text[1], text[2], text[3], '\0' };

  return (unsigned) strtoul (digits, NULL, 16);
}

static char *
put_utf8 (char *to, unsigned point)
{
  if (point < 0x80)
    *to++ = (char) point;
  else if (point < 0x800)
    {
      *to++ = (char) (0xC0 | point >> 6);
      *to++ = (char) (0x80 | (point & 0x3F));
    }
  else if (point < 0x10000)
    {
      *to++ = (char) (0xE0 | point >> 12);
      *to++ = (char) (0x80 | (point >> 6 & 0x3F));
      *to++ = (char) (0x80 | (point & 0x3F));
    }
  else
    {
      *to++ = (char) (0xF0 | point >> 18);
      *to++ = (char) (0x80 | (point >> 12 & 0x3F));
      *to++ = (char) (0x80 | (point >> 6 & 0x3F));
      *to++ = (char) (0x80 | (point & 0x3F));
    }
  return to;
}

/* Decodes one \u escape (FROM stands on the u); a lone surrogate becomes
 * U+FFFD as in Go. */
static const char *
decode_unicode (const char *from, const char *end, char **to)
{
  unsigned point = hex4 (from + 1);

  from += 5;
  if (point >= 0xD800 && point < 0xDC00 && end - from >= 6 && from[0] == '\\'
      && from[1] == 'u' && hex4 (from + 2) >= 0xDC00
      && hex4 (from + 2) < 0xE000)
    {
      point = 0x10000 + ((point - 0xD800) << 10) + (hex4 (from + 2) - 0xDC00);
      from += 6;
    }
  if (point >= 0xD800 && point < 0xE000)
    point = 0xFFFD;
  *to = put_utf8 (*to, point);
  return from;
}

/* The parser has seen to it that every escape is well formed. */
static char *
decode (const char *from, size_t length)
{
  static const char letters[] = "bfnrt", values[] = "\b\f\n\r\t";
  const char *end = from + length;
  char *text = xmalloc (length + 1), *to = text;

  while (from < end)
    {
      const char *letter;

      if (*from != '\\')
        {
          *to++ = *from++;
          continue;
        }
      from++;
      if (*from == 'u')
        {
          from = decode_unicode (from, end, &to);
          continue;
        }
      letter = strchr (letters, *from);
      *to++ = letter ? values[letter - letters] : *from;
      from++;
    }
  *to = '\0';
  return text;
}

char *
json_string (const struct json_doc *doc, json_node node)
{
  const struct json_member *m = &doc->members[node];

  return decode (doc->text + m->start + 1, m->end - m->start - 2);
}

char *
json_key (const struct json_doc *doc, json_node node)
{
  const struct json_member *m = &doc->members[node];

  return decode (doc->text + m->key_start, m->key_end - m->key_start);
}

static bool
decodes_to (const char *raw, size_t length, const char *text)
{
  cleanup_free char *decoded = decode (raw, length);

  return strcmp (decoded, text) == 0;
}

static inline bool
equals (const char *raw, size_t length, bool escaped, const char *text)
{
  if (escaped)
    return decodes_to (raw, length, text);
  /* the first character tells most of them apart */
  return (length == 0 || raw[0] == text[0]) && strlen (text) == length
         && memcmp (raw, text, length) == 0;
}

bool
json_string_equals (const struct json_doc *doc, json_node node,
                    const char *text)
{
  const struct json_member *m = &doc->members[node];

  return equals (doc->text + m->start + 1, m->end - m->start - 2,
                 m->escaped_value, text);
}

bool
json_key_equals (const struct json_doc *doc, json_node node, const char *text)
{
  const struct json_member *m = &doc->members[node];

  return equals (doc->text + m->key_start, m->key_end - m->key_start,
                 m->escaped_key, text);
}

bool
json_key_starts (const struct json_doc *doc, json_node node,
                 const char *prefix)
{
  const struct json_member *m = &doc->members[node];
  size_t length = strlen (prefix);
  cleanup_free char *decoded = NULL;

  if (!m->escaped_key)
    return m->key_end - m->key_start >= length
           && memcmp (doc->text + m->key_start, prefix, length) == 0;
  decoded = json_key (doc, node);
  return strncmp (decoded, prefix, length) == 0;
}

bool
json_is_true (const struct json_doc *doc, json_node node)
{
  return doc->members[node].kind == JSON_BOOLEAN
         && doc->text[doc->members[node].start] == 't';
}

int
json_uint64 (const struct json_doc *doc, json_node node, uint64_t *value)
{
  const struct json_member *m = &doc->members[node];
  uint64_t sum = 0;

  if (m->kind != JSON_NUMBER)
    return -1;
  for (uint32_t i = m->start; i < m->end; i++)
    {
      char c = doc->text[i];

      if (c < '0' || c > '9' || sum > (UINT64_MAX - (uint64_t) (c - '0')) / 10)
        return -1;
      sum = sum * 10 + (uint64_t) (c - '0');
    }
  *value = sum;
  return 0;
}

/* One character of KEY lowered as Go's encoding/json folds names: ASCII, and
 * U+017F and U+212A, which fold to s and k. */
static const char *
fold (const char *key, const char *end, char *folded)
{
  if (end - key >= 2 && memcmp (key, "\xC5\xBF", 2) == 0)
    {
      *folded = 's';
      return key + 2;
    }
  if (end - key >= 3 && memcmp (key, "\xE2\x84\xAA", 3) == 0)
    {
      *folded = 'k';
      return key + 3;
    }
  *folded = *key >= 'A' && *key <= 'Z' ? (char) (*key + 32) : *key;
  return key + 1;
}

static bool
folds_to (const char *key, size_t length, const char *name)
{
  const char *end = key + length;
  size_t name_length = strlen (name);

  if (length < name_length || length > 3 * name_length)
    return false;
  for (; *name != '\0'; name++)
    {
      char a, b;

      if (key == end)
        return false;
      key = fold (key, end, &a);
      fold (name, name + 1, &b);
      if (a != b)
        return false;
    }
  return key == end;
}

static const char *
kind_name (enum json_kind kind)
{
  static const char *const names[] = { "null",     "a boolean", "a number",
                                       "a string", "an array",  "an object" };
  return names[kind];
}

static int
refuse_type (const struct json_doc *doc, json_node node, enum json_kind kind,
             struct error *err)
{
  cleanup_free char *pointer = json_pointer (doc, node, NULL);

  return error_refuse (err, SENTENCE_json_type, escape (pointer).text,
                       kind_name (json_kind (doc, node)), kind_name (kind));
}

enum likeness
{
  OTHER,
  SAME,
  BY_CASE /* only */
};

static enum likeness
compare_text (const char *text, size_t length, const char *key)
{
  size_t key_length = strlen (key);

  if (length == key_length && memcmp (text, key, length) == 0)
    return SAME;
  return length >= key_length && folds_to (text, length, key) ? BY_CASE
                                                              : OTHER;
}

static enum likeness
compare_decoded (const struct json_doc *doc, json_node node, const char *key)
{
  cleanup_free char *decoded = json_key (doc, node);

  return compare_text (decoded, strlen (decoded), key);
}

/* FIRST, lowered, and the first byte of a key tell most apart without more. */
static inline enum likeness
compare_key (const struct json_doc *doc, json_node node, const char *key,
             char first)
{
  const struct json_member *m = &doc->members[node];
  const char *text = doc->text + m->key_start;

  if (m->escaped_key)
    return compare_decoded (doc, node, key);
  return (text[0] & 0x80) != 0 || (text[0] | 0x20) == first
             ? compare_text (text, m->key_end - m->key_start, key)
             : OTHER;
}

static int
refuse_case (const struct json_doc *doc, json_node node, const char *key,
             struct error *err)
{
  cleanup_free char *found = json_key (doc, node);

  return error_refuse (err, SENTENCE_json_case, escape (found).text, key);
}

int
json_get (const struct json_doc *doc, json_node object, const char *key,
          enum json_kind kind, json_node *node, struct error *err)
{
  json_node found = JSON_NONE;
  /* behind an empty one stands its quote */
  const char first = key[0] != '\0' ? key[0] | 0x20 : '"';

  *node = JSON_NONE;
  for (json_node n = json_first (doc, object); n != JSON_NONE;
       n = json_next (doc, n))
    {
      enum likeness likeness = compare_key (doc, n, key, first);

      if (likeness == BY_CASE)
        return refuse_case (doc, n, key, err);
      if (likeness == SAME)
        found = n;
    }
  if (found == JSON_NONE || json_kind (doc, found) == JSON_NULL)
    return 0;
  if (json_kind (doc, found) != kind)
    return refuse_type (doc, found, kind, err);
  *node = found;
  return 1;
}

void
json_place (const struct json_doc *doc, size_t at, unsigned *line,
            unsigned *column)
{
  *line = *column = 1;
  for (size_t i = 0; i < at && i < doc->length; i++)
    if (doc->text[i] == '\n')
      {
        ++*line;
        *column = 1;
      }
    else
      ++*column;
}

void
json_position (const struct json_doc *doc, json_node node, unsigned *line,
               unsigned *column)
{
  json_place (doc, doc->members[node].start, line, column);
}

/* RFC 6901: ~ is written ~0, / is written ~1. */
static void
add_pointer_token (struct json_buffer *buffer, const char *token)
{
  json_buffer_add (buffer, "/");
  for (; *token != '\0'; token++)
    if (*token == '~' || *token == '/')
      json_buffer_add (buffer, "~%c", *token == '/' ? '1' : '0');
    else
      json_buffer_add (buffer, "%c", *token);
}

static void
add_pointer (struct json_buffer *buffer, const struct json_doc *doc,
             json_node node)
{
  json_node parent = doc->members[node].parent;

  if (parent == JSON_NONE)
    return;
  add_pointer (buffer, doc, parent);
  if (json_kind (doc, parent) == JSON_OBJECT)
    {
      cleanup_free char *key = json_key (doc, node);

      add_pointer_token (buffer, key);
    }
  else
    {
      unsigned place = 0;

      for (json_node n = json_first (doc, parent); n != node;
           n = json_next (doc, n))
        place++;
      json_buffer_add (buffer, "/%u", place);
    }
}

char *
json_pointer (const struct json_doc *doc, json_node node, const char *key)
{
  struct json_buffer buffer = JSON_BUFFER_INIT;

  json_buffer_add (&buffer, "%s", "");
  add_pointer (&buffer, doc, node);
  if (key != NULL)
    add_pointer_token (&buffer, key);
  return buffer.text;
}
