/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "tree.h"

#include <stdlib.h>
#include <string.h>

yajl_val
tree_read (const char *text, size_t length)
{
  cleanup_free char *copy = xstrndup (text, length);
  char message[64];

  /* one that has a NUL reads as shorter, and is no JSON for us */
  return yajl_tree_parse (copy, message, sizeof message);
}

void
tree_freep (yajl_val *tree)
{
  yajl_tree_free (*tree);
}

yajl_val
tree_get (yajl_val object, const char *key)
{
  if (!YAJL_IS_OBJECT (object))
    return NULL;
  for (size_t i = 0; i < object->u.object.len; i++)
    if (strcmp (object->u.object.keys[i], key) == 0)
      return object->u.object.values[i];
  return NULL;
}

bool
tree_string_is (yajl_val value, const char *text)
{
  return YAJL_IS_STRING (value) && strcmp (value->u.string, text) == 0;
}

/* Without what is in them. */
static bool
same_kind (yajl_val a, yajl_val b)
{
  if (a->type != b->type)
    return false;
  if (YAJL_IS_STRING (a))
    return strcmp (a->u.string, b->u.string) == 0;
  if (YAJL_IS_NUMBER (a))
    return strcmp (a->u.number.r, b->u.number.r) == 0;
  return true;
}

bool
tree_same (yajl_val a, yajl_val b)
{
  if (!same_kind (a, b))
    return false;
  if (YAJL_IS_ARRAY (a))
    {
      if (a->u.array.len != b->u.array.len)
        return false;
      for (size_t i = 0; i < a->u.array.len; i++)
        if (!tree_same (a->u.array.values[i], b->u.array.values[i]))
          return false;
    }
  if (YAJL_IS_OBJECT (a))
    {
      if (a->u.object.len != b->u.object.len)
        return false;
      for (size_t i = 0; i < a->u.object.len; i++)
        if (strcmp (a->u.object.keys[i], b->u.object.keys[i]) != 0
            || !tree_same (a->u.object.values[i], b->u.object.values[i]))
          return false;
    }
  return true;
}

/* ---- with edits ---- */
struct touched
{
  const char **ops;
  char **pointers;
  size_t count;
};

/* The op at POINTER, or NULL. */
static const char *
op_at (const struct touched *touched, const char *pointer)
{
  for (size_t i = 0; i < touched->count; i++)
    if (strcmp (touched->pointers[i], pointer) == 0)
      return touched->ops[i];
  return NULL;
}

static bool
is_op (const struct touched *touched, const char *pointer, const char *op)
{
  const char *found = op_at (touched, pointer);

  return found != NULL && strcmp (found, op) == 0;
}

static bool
touches_below (const struct touched *touched, const char *pointer)
{
  size_t length = strlen (pointer);

  for (size_t i = 0; i < touched->count; i++)
    if (strncmp (touched->pointers[i], pointer, length) == 0
        && touched->pointers[i][length] == '/')
      return true;
  return false;
}

/* RFC 6901: ~ and / are ~0 and ~1. */
static char *
below (const char *pointer, const char *key)
{
  struct json_buffer text = JSON_BUFFER_INIT;

  json_buffer_text (&text, pointer);
  json_buffer_text (&text, "/");
  for (; *key != '\0'; key++)
    if (*key == '~' || *key == '/')
      json_buffer_text (&text, *key == '~' ? "~0" : "~1");
    else
      json_buffer_bytes (&text, key, 1);
  return text.text;
}

static bool edited (const struct touched *touched, const char *pointer,
                    yajl_val before, yajl_val after);

/* What stays keeps its order; what is new was announced and comes last. */
static bool
edited_object (const struct touched *touched, const char *pointer,
               yajl_val before, yajl_val after)
{
  size_t at = 0;

  for (size_t i = 0; i < before->u.object.len; i++)
    {
      cleanup_free char *path = below (pointer, before->u.object.keys[i]);

      if (is_op (touched, path, "remove"))
        continue;
      if (at == after->u.object.len
          || strcmp (before->u.object.keys[i], after->u.object.keys[at]) != 0
          || !edited (touched, path, before->u.object.values[i],
                      after->u.object.values[at]))
        return false;
      at++;
    }
  for (; at < after->u.object.len; at++)
    {
      cleanup_free char *path = below (pointer, after->u.object.keys[at]);

      if (!is_op (touched, path, "add"))
        return false;
    }
  return true;
}

/* The same; but what is new may stand anywhere. */
static bool
edited_array (const struct touched *touched, const char *pointer,
              yajl_val before, yajl_val after)
{
  cleanup_free char *more = below (pointer, "-");
  bool grows = is_op (touched, more, "add");
  size_t at = 0;

  for (size_t i = 0; i < before->u.array.len; i++)
    {
      cleanup_free char *place = xasprintf ("%s/%zu", pointer, i);

      if (is_op (touched, place, "remove"))
        continue;
      while (grows && at < after->u.array.len
             && !edited (touched, place, before->u.array.values[i],
                         after->u.array.values[at]))
        at++;
      if (at == after->u.array.len
          || !edited (touched, place, before->u.array.values[i],
                      after->u.array.values[at]))
        return false;
      at++;
    }
  return grows || at == after->u.array.len;
}

static bool
edited (const struct touched *touched, const char *pointer, yajl_val before,
        yajl_val after)
{
  if (is_op (touched, pointer, "replace"))
    return true;
  if (!touches_below (touched, pointer))
    return tree_same (before, after);
  if (!same_kind (before, after))
    return false;
  if (YAJL_IS_OBJECT (before))
    return edited_object (touched, pointer, before, after);
  return YAJL_IS_ARRAY (before)
         && edited_array (touched, pointer, before, after);
}

bool
tree_edited (yajl_val before, yajl_val after, const struct json_doc *config,
             const struct json_edits *edits)
{
  struct touched touched = { .count = edits->count };
  bool good;

  touched.ops = xcalloc (edits->count + 1, sizeof *touched.ops);
  touched.pointers = xcalloc (edits->count + 1, sizeof *touched.pointers);
  for (size_t i = 0; i < edits->count; i++)
    {
      touched.ops[i] = edits->list[i].op;
      touched.pointers[i] = json_pointer (config, edits->list[i].node,
                                          edits->list[i].key);
    }
  good = edited (&touched, "", before, after);
  for (size_t i = 0; i < edits->count; i++)
    free (touched.pointers[i]);
  free (touched.pointers);
  free (touched.ops);
  return good;
}
