/* SPDX-License-Identifier: Apache-2.0 */
/* All that this project knows of JSON: a flat index over a text, and edits of
 * that text.  Values are never copied or re-serialised, so everything that is
 * not edited stays byte-identical.  The parser is yajl's, behind this header
 * alone: runtimes move from yajl to json-c and we may have to. */
#ifndef HOSTNET_JSON_H
#define HOSTNET_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "error.h"

enum
{
  JSON_MAX_BYTES = 16 * 1024 * 1024,
  JSON_MAX_DEPTH = 128
};

enum json_kind
{
  JSON_NULL,
  JSON_BOOLEAN,
  JSON_NUMBER,
  JSON_STRING,
  JSON_ARRAY,
  JSON_OBJECT
};

/* Nodes are named by their place in the index; 0 is the root. */
typedef uint32_t json_node;
#define JSON_NONE UINT32_MAX

struct json_member
{
  enum json_kind kind;
  bool escaped_key;       /* the key, or a string value, has a backslash */
  bool escaped_value;
  uint32_t start, end;    /* the value in the text, quotes included */
  uint32_t key_start, key_end; /* in an object: the key without its quotes */
  json_node parent, next; /* next sibling or JSON_NONE */
  json_node first;        /* first child of an array or object */
};

struct json_doc
{
  const char *text; /* not owned; must outlive the index */
  size_t length;
  struct json_member *members;
  size_t count, capacity;
};

#define JSON_DOC_INIT { NULL, 0, NULL, 0, 0 }
#define cleanup_json __attribute__ ((cleanup (json_clear)))

/* Indexes TEXT.  Refused: what is no JSON, trailing data, invalid UTF-8, more
 * than JSON_MAX_BYTES or JSON_MAX_DEPTH, a key that stands twice in one
 * object, an escaped NUL.  COMMENTS allows comments (the policy file). */
int json_index (struct json_doc *doc, const char *text, size_t length,
                bool comments, struct error *err);
void json_clear (struct json_doc *doc);

/* The member KEY of OBJECT: > 0 when there, 0 when absent or null (crun and
 * runc take null for absent), negative when it cannot be told: a key that
 * differs from KEY only by case as Go folds it (encoding/json reads it, crun
 * does not), or a value that is not of kind KIND. *NODE is JSON_NONE unless > 0 is
 * returned.  OBJECT may be JSON_NONE: absent. */
int json_get (const struct json_doc *doc, json_node object, const char *key,
              enum json_kind kind, json_node *node, struct error *err);

/* Iteration: for (n = json_first (doc, a); n != JSON_NONE; n = json_next (doc, n)) */
static inline json_node
json_first (const struct json_doc *doc, json_node container)
{
  return container == JSON_NONE ? JSON_NONE : doc->members[container].first;
}

static inline json_node
json_next (const struct json_doc *doc, json_node node)
{
  return doc->members[node].next;
}

static inline enum json_kind
json_kind (const struct json_doc *doc, json_node node)
{
  return doc->members[node].kind;
}

/* The decoded text of a string value, or of a member's key; the caller frees. */
char *json_string (const struct json_doc *doc, json_node node);
char *json_key (const struct json_doc *doc, json_node node);
bool json_string_equals (const struct json_doc *doc, json_node node,
                         const char *text);

/* Whether NODE, which may be JSON_NONE, is this string.  The first character
 * tells most of them apart; behind "" stands the quote. */
static inline bool
json_string_is (const struct json_doc *doc, json_node node, const char *text)
{
  const struct json_member *m = &doc->members[node];

  return node != JSON_NONE && m->kind == JSON_STRING
         && (m->escaped_value || text[0] == '\0'
             || doc->text[m->start + 1] == text[0])
         && json_string_equals (doc, node, text);
}

/* Whether it is one of NAMES, which NULL ends. */
static inline bool
json_string_is_one_of (const struct json_doc *doc, json_node node,
                       const char *const *names)
{
  for (; *names != NULL; names++)
    if (json_string_is (doc, node, *names))
      return true;
  return false;
}

bool json_key_equals (const struct json_doc *doc, json_node node,
                      const char *text);

static inline bool
json_key_is (const struct json_doc *doc, json_node node, const char *text)
{
  const struct json_member *m = &doc->members[node];

  return (m->escaped_key || text[0] == '\0'
          || doc->text[m->key_start] == text[0])
         && json_key_equals (doc, node, text);
}

/* Whether the key starts with PREFIX. */
bool json_key_starts (const struct json_doc *doc, json_node node,
                      const char *prefix);
/* Whether a boolean node is true. */
bool json_is_true (const struct json_doc *doc, json_node node);
/* A non-negative integer without sign, fraction or exponent; negative return
 * when it is none or does not fit 64 bits. */
int json_uint64 (const struct json_doc *doc, json_node node, uint64_t *value);

/* Line and column (from 1) of the byte AT and of a node, for a person. */
void json_place (const struct json_doc *doc, size_t at, unsigned *line,
                 unsigned *column);
void json_position (const struct json_doc *doc, json_node node, unsigned *line,
                    unsigned *column);
/* RFC 6901 pointer of NODE, or of a member KEY below it when KEY is not NULL
 * ("-" for a new array element); the caller frees. */
char *json_pointer (const struct json_doc *doc, json_node node,
                    const char *key);

/* ---- edits ---- */
struct json_edit
{
  size_t start, end; /* what is replaced in the text */
  char *text;        /* by what, owned */
  const char *op;    /* "add", "remove", "replace": as RFC 6902 calls them */
  json_node node;    /* what it concerns, for json_pointer() */
  const char *key;   /* with it, or NULL */
  char *why;         /* the reason, owned; NULL: part of the edit before it */
};

struct json_edits
{
  struct json_edit *list;
  size_t count, capacity;
};
#define JSON_EDITS_INIT { NULL, 0, 0 }

/* WHY is copied.  Removing takes the separating comma along; PICKED marks
 * which of the container's children (in order) go. */
void json_remove_children (struct json_edits *edits, const struct json_doc *doc,
                           json_node container, const bool *picked,
                           const char *why);
void json_replace (struct json_edits *edits, const struct json_doc *doc,
                   json_node node, const char *text, const char *why);
/* Adds "KEY": TEXT as last member, or replaces the null that stands there.
 * KEY must be a string constant that needs no escapes, and no member of OBJECT
 * may be removed in the same edits. */
void json_add_member (struct json_edits *edits, const struct json_doc *doc,
                      json_node object, const char *key, const char *text,
                      const char *why);
/* Adds TEXT (one or several elements with commas between) behind the last
 * element that stays; SKIP has the same meaning as PICKED above, or NULL. */
void json_append (struct json_edits *edits, const struct json_doc *doc,
                  json_node array, const bool *skip, const char *text,
                  const char *why);
/* Adds TEXT (one element) behind the element NODE, which must stay. */
void json_insert_after (struct json_edits *edits, const struct json_doc *doc,
                        json_node node, const char *text, const char *why);
/* The edited text (caller frees), its length in *LENGTH. */
char *json_apply (const struct json_doc *doc, struct json_edits *edits,
                  size_t *length);
void json_edits_clear (struct json_edits *edits);

/* ---- writing ---- */
struct json_buffer
{
  char *text;
  size_t length, capacity;
};
#define JSON_BUFFER_INIT { NULL, 0, 0 }
void json_buffer_add (struct json_buffer *buffer, const char *format, ...)
    __attribute__ ((format (printf, 2, 3)));
/* Without printf(3), for what is written a hundred times. */
void json_buffer_text (struct json_buffer *buffer, const char *text);
void json_buffer_bytes (struct json_buffer *buffer, const char *text,
                        size_t length);
/* What stands at START once more. */
void json_buffer_repeat (struct json_buffer *buffer, size_t start,
                         size_t length);
/* TEXT is a string literal. */
#define json_buffer_literal(buffer, text)                                     \
  json_buffer_bytes (buffer, "" text, sizeof text - 1)
void json_buffer_number (struct json_buffer *buffer, uint64_t number);
/* Adds TEXT as a JSON string with its quotes. */
void json_buffer_string (struct json_buffer *buffer, const char *text);

#endif
