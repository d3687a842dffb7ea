/* SPDX-License-Identifier: Apache-2.0 */
/* Edits of a JSON text as (start, end, replacement), and the little writing
 * that replacements need. */
#include <config.h>

#include "json.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void
add_edit (struct json_edits *edits, struct json_edit edit, const char *why)
{
  if (edits->count == edits->capacity)
    {
      edits->capacity = edits->capacity ? edits->capacity * 2 : 64;
      edits->list = xrealloc (edits->list,
                              edits->capacity * sizeof *edits->list);
    }
  edit.why = why ? xstrndup (why, strlen (why)) : NULL;
  edits->list[edits->count++] = edit;
}

void
json_remove_children (struct json_edits *edits, const struct json_doc *doc,
                      json_node container, const bool *picked,
                      const char *why)
{
  json_node last_kept = JSON_NONE, last = JSON_NONE;
  bool tail_gone = false;
  size_t i = 0;

  for (json_node n = json_first (doc, container); n != JSON_NONE;
       n = json_next (doc, n), i++)
    {
      if (!picked[i])
        last_kept = n;
      last = n;
    }
  i = 0;
  for (json_node n = json_first (doc, container); n != JSON_NONE;
       n = json_next (doc, n), i++)
    {
      const struct json_member *m = &doc->members[n];
      size_t start = m->key_end > 0 ? m->key_start - 1 : m->start;
      size_t end = m->end;

      if (!picked[i])
        continue;
      /* Up to the next child, or, behind the last that stays, from the end
       * of what stands before. */
      if (last_kept != JSON_NONE && n > last_kept)
        {
          /* The first of the tail takes all of it. */
          end = doc->members[last].end;
          start = tail_gone ? end : doc->members[last_kept].end;
          tail_gone = true;
        }
      else if (m->next != JSON_NONE)
        {
          const struct json_member *next = &doc->members[m->next];

          end = next->key_end > 0 ? next->key_start - 1 : next->start;
        }
      add_edit (edits,
                (struct json_edit){ start, end, NULL, "remove", n, NULL,
                                    NULL },
                why);
    }
}

void
json_replace (struct json_edits *edits, const struct json_doc *doc,
              json_node node, const char *text, const char *why)
{
  const struct json_member *m = &doc->members[node];

  add_edit (edits,
            (struct json_edit){ m->start, m->end,
                                xstrndup (text, strlen (text)), "replace",
                                node, NULL, NULL },
            why);
}

/* Where something new goes in CONTAINER, and whether a comma goes first. */
static size_t
insertion_point (const struct json_edits *edits, const struct json_doc *doc,
                 json_node container, const bool *skip, bool *comma)
{
  size_t at = doc->members[container].start + 1, i = 0;

  *comma = false;
  for (json_node n = json_first (doc, container); n != JSON_NONE;
       n = json_next (doc, n), i++)
    if (skip == NULL || !skip[i])
      {
        at = doc->members[n].end;
        *comma = true;
      }
  for (size_t e = 0; e < edits->count; e++)
    if (edits->list[e].node == container && edits->list[e].key != NULL)
      *comma = true;
  return at;
}

void
json_add_member (struct json_edits *edits, const struct json_doc *doc,
                 json_node object, const char *key, const char *text,
                 const char *why)
{
  bool comma;
  size_t at;

  for (json_node n = json_first (doc, object); n != JSON_NONE;
       n = json_next (doc, n))
    if (json_key_is (doc, n, key))
      {
        json_replace (edits, doc, n, text, why);
        return;
      }
  at = insertion_point (edits, doc, object, NULL, &comma);
  add_edit (edits,
            (struct json_edit){
                at, at,
                xasprintf ("%s\"%s\":%s", comma ? "," : "", key, text), "add",
                object, key, NULL },
            why);
}

void
json_append (struct json_edits *edits, const struct json_doc *doc,
             json_node array, const bool *skip, const char *text,
             const char *why)
{
  struct json_buffer element = JSON_BUFFER_INIT;
  bool comma;
  size_t at = insertion_point (edits, doc, array, skip, &comma);

  /* no format: TEXT may be a whole filter */
  json_buffer_text (&element, comma ? "," : "");
  json_buffer_text (&element, text);
  add_edit (edits,
            (struct json_edit){ at, at, element.text, "add", array, "-",
                                NULL },
            why);
}

void
json_insert_after (struct json_edits *edits, const struct json_doc *doc,
                   json_node node, const char *text, const char *why)
{
  size_t at = doc->members[node].end;

  add_edit (edits,
            (struct json_edit){ at, at, xasprintf (",%s", text), "add",
                                doc->members[node].parent, "-", NULL },
            why);
}

static bool
comes_before (const struct json_edit *a, const struct json_edit *b)
{
  if (a->start != b->start)
    return a->start < b->start;
  return a->start == a->end && b->start != b->end;
}

/* Stable: what was added first at one place comes first.  The edits arrive
 * nearly in order, which is what an insertion sort is good for. */
static void
sort_edits (const struct json_edit **order, size_t count)
{
  for (size_t i = 1; i < count; i++)
    {
      const struct json_edit *edit = order[i];
      size_t j = i;

      for (; j > 0 && comes_before (edit, order[j - 1]); j--)
        order[j] = order[j - 1];
      order[j] = edit;
    }
}

char *
json_apply (const struct json_doc *doc, struct json_edits *edits,
            size_t *length)
{
  const struct json_edit **order
      = xmalloc ((edits->count + 1) * sizeof *order);
  size_t size = doc->length + 1, from = 0;
  char *text, *to;

  for (size_t i = 0; i < edits->count; i++)
    {
      order[i] = &edits->list[i];
      size += order[i]->text ? strlen (order[i]->text) : 0;
    }
  sort_edits (order, edits->count);
  text = to = xmalloc (size);
  for (size_t i = 0; i < edits->count; i++)
    {
      const struct json_edit *edit = order[i];
      size_t added = edit->text ? strlen (edit->text) : 0;

      if (edit->start < from)
        abort (); /* two edits of one place: a bug, never half an edit */
      memcpy (to, doc->text + from, edit->start - from);
      to += edit->start - from;
      if (added > 0)
        memcpy (to, edit->text, added);
      to += added;
      from = edit->end;
    }
  memcpy (to, doc->text + from, doc->length - from);
  to += doc->length - from;
  *to = '\0';
  *length = (size_t) (to - text);
  free (order);
  return text;
}

void
json_edits_clear (struct json_edits *edits)
{
  for (size_t i = 0; i < edits->count; i++)
    {
      free (edits->list[i].text);
      free (edits->list[i].why);
    }
  free (edits->list);
  *edits = (struct json_edits) JSON_EDITS_INIT;
}

static void
buffer_reserve (struct json_buffer *buffer, size_t more)
{
  if (buffer->length + more + 1 <= buffer->capacity)
    return;
  buffer->capacity = (buffer->length + more + 1) * 2;
  buffer->text = xrealloc (buffer->text, buffer->capacity);
}

void
json_buffer_add (struct json_buffer *buffer, const char *format, ...)
{
  va_list arguments;
  int needed;

  buffer_reserve (buffer, 160);
  va_start (arguments, format);
  needed = vsnprintf (buffer->text + buffer->length,
                      buffer->capacity - buffer->length, format, arguments);
  va_end (arguments);
  if (needed < 0)
    abort ();
  if ((size_t) needed >= buffer->capacity - buffer->length)
    {
      buffer_reserve (buffer, (size_t) needed);
      va_start (arguments, format);
      vsnprintf (buffer->text + buffer->length,
                 buffer->capacity - buffer->length, format, arguments);
      va_end (arguments);
    }
  buffer->length += (size_t) needed;
}

void
json_buffer_bytes (struct json_buffer *buffer, const char *text,
                   size_t length)
{
  buffer_reserve (buffer, length);
  memcpy (buffer->text + buffer->length, text, length);
  buffer->length += length;
  buffer->text[buffer->length] = '\0';
}

void
json_buffer_repeat (struct json_buffer *buffer, size_t start, size_t length)
{
  buffer_reserve (buffer, length);
  memcpy (buffer->text + buffer->length, buffer->text + start, length);
  buffer->length += length;
  buffer->text[buffer->length] = '\0';
}

void
json_buffer_text (struct json_buffer *buffer, const char *text)
{
  json_buffer_bytes (buffer, text, strlen (text));
}

void
json_buffer_number (struct json_buffer *buffer, uint64_t number)
{
  char digits[24], *first = digits + sizeof digits - 1;

  *first = '\0';
  do
    *--first = (char) ('0' + number % 10);
  while ((number /= 10) > 0);
  json_buffer_bytes (buffer, first, (size_t) (digits + sizeof digits - 1 - first));
}

static bool
is_plain (char c)
{
  return c != '"' && c != '\\' && (unsigned char) c >= 0x20 && c != 0x7F;
}

void
json_buffer_string (struct json_buffer *buffer, const char *text)
{
  json_buffer_literal (buffer, "\"");
  while (*text != '\0')
    {
      size_t plain = 0;

      while (is_plain (text[plain]))
        plain++;
      json_buffer_bytes (buffer, text, plain);
      text += plain;
      if (*text == '"' || *text == '\\')
        json_buffer_bytes (buffer, (char[]){ '\\', *text++ }, 2);
      else if (*text != '\0')
        json_buffer_add (buffer, "\\u%04x", (unsigned) *text++);
    }
  json_buffer_literal (buffer, "\"");
}
