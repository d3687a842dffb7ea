/* SPDX-License-Identifier: Apache-2.0 */
/* The index over a JSON text: yajl's streaming parser hands over the text itself
 * wherever it need not decode, and tells where each token ends
 * (yajl_get_bytes_consumed), so one pass gives kind, start, end and parent of
 * every value without copying any. */
#include <config.h>

#include "json.h"

#include <stdlib.h>
#include <string.h>

#include <yajl/yajl_parse.h>

enum
{
  PAIRWISE_KEYS = 16, /* up to so many comparing every pair is cheaper than sorting */
  BYTES_PER_VALUE = 8 /* in a configuration that has many there are more */
};

struct indexer
{
  struct json_doc *doc;
  yajl_handle parser;
  struct error *err;
  bool comments;
  size_t previous_end;          /* end of the last token */
  uint32_t key_start, key_end;  /* of the key whose value comes next */
  bool escaped_key;
  unsigned depth;
  json_node parent; /* the container that is not closed yet, or JSON_NONE */
  json_node last;   /* and its last child */
};

/* yajl's callback values: go on, stop. */
enum { GO_ON = 1, STOP = 0 };

/* Between two tokens stand only white space, separators and, in a policy,
 * comments. */
static size_t
token_start (const struct indexer *in)
{
  const char *text = in->doc->text;
  size_t at = in->previous_end, length = in->doc->length;

  while (at < length)
    {
      if (text[at] == ',' || text[at] == ':' || text[at] == ' '
          || text[at] == '\n' || text[at] == '\t' || text[at] == '\r')
        at++;
      else if (in->comments && text[at] == '/' && at + 1 < length)
        {
          bool block = text[at + 1] == '*';

          for (at += block ? 3 : 2; at < length; at++)
            if (block ? text[at] == '/' && text[at - 1] == '*'
                      : text[at] == '\n')
              break;
          at++;
        }
      else
        break;
    }
  return at;
}

static void
make_room (struct json_doc *doc)
{
  doc->capacity = doc->capacity ? doc->capacity * 2
                                : doc->length / BYTES_PER_VALUE + 16;
  doc->members
      = xrealloc (doc->members, doc->capacity * sizeof *doc->members);
}

/* What stands from START to END. */
static inline json_node
add_member (struct indexer *in, enum json_kind kind, size_t start, size_t end,
            bool escaped)
{
  struct json_doc *doc = in->doc;
  json_node node = (json_node) doc->count;

  if (doc->count == doc->capacity)
    make_room (doc);
  doc->members[doc->count++]
      = (struct json_member){ .kind = kind,
                              .start = (uint32_t) start,
                              .end = (uint32_t) end,
                              .key_start = in->key_start,
                              .key_end = in->key_end,
                              .escaped_key = in->escaped_key,
                              .escaped_value = escaped,
                              .parent = in->parent,
                              .next = JSON_NONE,
                              .first = JSON_NONE };
  if (in->last != JSON_NONE)
    doc->members[in->last].next = node;
  else if (in->parent != JSON_NONE)
    doc->members[in->parent].first = node;
  in->last = node;
  in->previous_end = end;
  return node;
}

/* A root that is no object and no array. */
static int
refuse_scalar (struct indexer *in)
{
  error_refuse (in->err, SENTENCE_json_root);
  return STOP;
}

static int
add_word (struct indexer *in, enum json_kind kind, size_t length)
{
  size_t end = yajl_get_bytes_consumed (in->parser);

  if (in->parent == JSON_NONE)
    return refuse_scalar (in);
  add_member (in, kind, end - length, end, false);
  return GO_ON;
}

static int
on_null (void *context)
{
  return add_word (context, JSON_NULL, strlen ("null"));
}

static int
on_boolean (void *context, int value)
{
  return add_word (context, JSON_BOOLEAN, strlen (value ? "true" : "false"));
}

static int
on_number (void *context, const char *value, size_t length)
{
  (void) value; /* a copy at the end of a text that breaks off there */
  return add_word (context, JSON_NUMBER, length);
}

/* Takes what stands between the quotes. */
typedef int add_text (struct indexer *in, size_t start, size_t end,
                      bool escaped);

static int
add_string (struct indexer *in, size_t start, size_t end, bool escaped)
{
  if (in->parent == JSON_NONE)
    return refuse_scalar (in);
  add_member (in, JSON_STRING, start - 1, end + 1, escaped);
  return GO_ON;
}

static int
add_key (struct indexer *in, size_t start, size_t end, bool escaped)
{
  in->key_start = (uint32_t) start;
  in->key_end = (uint32_t) end;
  in->escaped_key = escaped;
  in->previous_end = end + 1;
  return GO_ON;
}

/* A NUL, which only an escape can write, would end the string for crun but not
 * for runc. */
static __attribute__ ((noinline)) int
add_decoded (struct indexer *in, const unsigned char *value, size_t length,
             add_text *add)
{
  size_t start = token_start (in);

  if (memchr (value, '\0', length) == NULL)
    return add (in, start + 1, yajl_get_bytes_consumed (in->parser) - 1, true);
  error_refuse (in->err, SENTENCE_json_nul, start);
  return STOP;
}

/* yajl hands over the text itself unless it had to decode. */
static inline int
add_either (struct indexer *in, const unsigned char *value, size_t length,
            add_text *add)
{
  size_t start = (uintptr_t) value - (uintptr_t) in->doc->text;

  return start < in->doc->length ? add (in, start, start + length, false)
                                 : add_decoded (in, value, length, add);
}

static int
on_string (void *context, const unsigned char *value, size_t length)
{
  return add_either (context, value, length, add_string);
}

static int
on_key (void *context, const unsigned char *value, size_t length)
{
  return add_either (context, value, length, add_key);
}

static void
forget_key (struct indexer *in)
{
  in->key_start = in->key_end = 0;
  in->escaped_key = false;
}

static int
open_container (struct indexer *in, enum json_kind kind)
{
  size_t end = yajl_get_bytes_consumed (in->parser);

  if (in->depth == JSON_MAX_DEPTH)
    {
      error_refuse (in->err, SENTENCE_json_deep, JSON_MAX_DEPTH);
      return STOP;
    }
  in->parent = add_member (in, kind, end - 1, end, false);
  in->last = JSON_NONE;
  in->depth++;
  forget_key (in);
  return GO_ON;
}

static void
close_container (struct indexer *in)
{
  struct json_member *closed = &in->doc->members[in->parent];

  in->previous_end = yajl_get_bytes_consumed (in->parser);
  closed->end = (uint32_t) in->previous_end;
  in->last = in->parent;
  in->parent = closed->parent;
  in->depth--;
  forget_key (in);
}

static int
on_start_object (void *context)
{
  return open_container (context, JSON_OBJECT);
}

static int
on_start_array (void *context)
{
  return open_container (context, JSON_ARRAY);
}

static int
on_end_array (void *context)
{
  close_container (context);
  return GO_ON;
}

struct key
{
  const char *text;
  size_t length;
  uint32_t start; /* in the text */
  char *owned;
};

static int
compare_keys (const void *a, const void *b)
{
  const struct key *x = a, *y = b;
  size_t shorter = x->length < y->length ? x->length : y->length;
  int order = memcmp (x->text, y->text, shorter);

  if (order == 0)
    order = (x->length > y->length) - (x->length < y->length);
  return order;
}

static const struct key *
second (const struct key *a, const struct key *b)
{
  return a->start > b->start ? a : b;
}

static const struct key *
find_twin (struct key *keys, size_t count)
{
  if (count > PAIRWISE_KEYS)
    {
      qsort (keys, count, sizeof *keys, compare_keys);
      for (size_t i = 1; i < count; i++)
        if (compare_keys (&keys[i - 1], &keys[i]) == 0)
          return second (&keys[i - 1], &keys[i]);
      return NULL;
    }
  for (size_t i = 1; i < count; i++)
    for (size_t j = 0; j < i; j++)
      if (keys[i].length == keys[j].length
          && compare_keys (&keys[i], &keys[j]) == 0)
        return &keys[i];
  return NULL;
}

/* Of most objects this can be told without ado: their keys are few and have no
 * escapes. */
static bool
are_plainly_distinct (const struct json_doc *doc, json_node object)
{
  size_t count = 0;

  for (json_node n = json_first (doc, object); n != JSON_NONE;
       n = json_next (doc, n))
    {
      const struct json_member *key = &doc->members[n];
      size_t length = key->key_end - key->key_start;

      if (key->escaped_key || ++count > PAIRWISE_KEYS)
        return false;
      for (json_node o = json_first (doc, object); o != n;
           o = json_next (doc, o))
        {
          const struct json_member *other = &doc->members[o];

          if (other->key_end - other->key_start == length
              && memcmp (doc->text + other->key_start,
                         doc->text + key->key_start, length)
                     == 0)
            return false;
        }
    }
  return true;
}

/* crun takes the first of two equal keys, runc the last, and runc merges
 * objects: such a text has no one meaning. */
static int
check_keys (struct indexer *in)
{
  const struct json_doc *doc = in->doc;
  struct key few[PAIRWISE_KEYS], *keys = few;
  const struct key *twin;
  size_t count = 0, filled = 0;
  json_node object = in->parent;

  for (json_node n = json_first (doc, object); n != JSON_NONE;
       n = json_next (doc, n))
    count++;
  if (count > PAIRWISE_KEYS)
    keys = xmalloc (count * sizeof *keys);
  for (json_node n = json_first (doc, object); n != JSON_NONE;
       n = json_next (doc, n))
    {
      const struct json_member *m = &doc->members[n];
      struct key *key = &keys[filled++];

      *key = (struct key){ doc->text + m->key_start,
                           m->key_end - m->key_start, m->key_start, NULL };
      if (m->escaped_key)
        {
          key->owned = json_key (doc, n);
          key->text = key->owned;
          key->length = strlen (key->owned);
        }
    }
  twin = find_twin (keys, count);
  if (twin != NULL)
    {
      unsigned line, column;

      json_place (in->doc, twin->start - 1, &line, &column);
      error_refuse (in->err, SENTENCE_json_duplicate,
                    escape_n (twin->text, twin->length).text, line, column);
    }
  for (size_t i = 0; i < count; i++)
    free (keys[i].owned);
  if (keys != few)
    free (keys);
  return twin != NULL ? STOP : GO_ON;
}

static int
on_end_object (void *context)
{
  struct indexer *in = context;

  if (!are_plainly_distinct (in->doc, in->parent) && check_keys (in) == STOP)
    return STOP;
  close_container (in);
  return GO_ON;
}

static const yajl_callbacks callbacks = {
  .yajl_null = on_null,
  .yajl_boolean = on_boolean,
  .yajl_number = on_number,
  .yajl_string = on_string,
  .yajl_start_map = on_start_object,
  .yajl_map_key = on_key,
  .yajl_end_map = on_end_object,
  .yajl_start_array = on_start_array,
  .yajl_end_array = on_end_array,
};

/* yajl's own words, one line of them, without the excerpt of the text. */
static void
refuse_syntax (struct indexer *in)
{
  unsigned char *words = yajl_get_error (in->parser, 0, NULL, 0);
  const char *shown = (const char *) words;
  size_t at = yajl_get_bytes_consumed (in->parser);
  size_t token = token_start (in);
  unsigned line, column;

  if (strncmp (shown, "lexical error: ", 15) == 0)
    shown += 15;
  else if (strncmp (shown, "parse error: ", 13) == 0)
    shown += 13;
  /* yajl has read the token that it does not like */
  json_place (in->doc, token < at ? token : at > 0 ? at - 1 : 0, &line,
              &column);
  error_refuse (in->err, SENTENCE_json_syntax, line, column, at,
                escape_n (shown, strcspn (shown, "\n")).text);
  yajl_free_error (in->parser, words);
}

int
json_index (struct json_doc *doc, const char *text, size_t length,
            bool comments, struct error *err)
{
  struct indexer in = { .doc = doc, .err = err, .comments = comments,
                        .parent = JSON_NONE, .last = JSON_NONE };
  yajl_status status;
  int result = 0;

  json_clear (doc);
  if (length > JSON_MAX_BYTES)
    return error_refuse (err, SENTENCE_json_big, length, JSON_MAX_BYTES);
  /* White space for yajl, and so for crun, but not for Go: RFC 8259 has
   * neither, and inside strings the parser refuses both. */
  if (memchr (text, '\f', length) != NULL
      || memchr (text, '\v', length) != NULL)
    return error_refuse (err, SENTENCE_json_space);
  doc->text = text;
  doc->length = length;
  in.parser = yajl_alloc (&callbacks, NULL, &in);
  if (in.parser == NULL)
    abort ();
  yajl_config (in.parser, yajl_allow_comments, (int) comments);
  status = yajl_parse (in.parser, (const unsigned char *) text, length);
  if (status == yajl_status_error)
    refuse_syntax (&in);
  else if (status == yajl_status_ok)
    {
      /* Only an early end is left to complain of. */
      status = yajl_complete_parse (in.parser);
      if (status == yajl_status_error
          || (status == yajl_status_ok && (doc->count == 0 || in.depth > 0)))
        {
          error_refuse (err, SENTENCE_json_empty);
          status = yajl_status_error;
        }
    }
  if (status != yajl_status_ok)
    {
      json_clear (doc);
      result = -1;
    }
  yajl_free (in.parser);
  return result;
}

void
json_clear (struct json_doc *doc)
{
  free (doc->members);
  *doc = (struct json_doc) JSON_DOC_INIT;
}
