/* SPDX-License-Identifier: Apache-2.0 */
/* The error type, the escaping of foreign names, and allocation that aborts. */
#include <config.h>

#include "error.h"
#undef error_refuse
#undef error_system
#undef error_wrap

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const struct
{
  const char *name;
  int exit_status;
  const char *author; /* or NULL */
} refusals[] = {
  { "none", 0, NULL },
#define REFUSAL(id, exit_status, author) { #id, exit_status, author },
  REFUSAL_TABLE
#undef REFUSAL
};

const char *
refusal_name (enum refusal id)
{
  return refusals[id].name;
}

int
refusal_exit_status (enum refusal id)
{
  return refusals[id].exit_status;
}

const char *
refusal_for_author (const struct error *err)
{
  const char *sentence = refusals[err->id].author;

  if (err->author != NULL)
    return err->author;
  return sentence != NULL ? sentence : err->message;
}

int
error_for_author (struct error *err, const char *what)
{
  const char *sentence = err == NULL ? NULL : refusals[err->id].author;
  const char *place = sentence == NULL ? NULL : strstr (sentence, "%s");

  if (place == NULL)
    return -1;
  free (err->author);
  err->author = xasprintf ("%.*s%s%s", (int) (place - sentence), sentence,
                           what, place + 2);
  return -1;
}

const char *
errno_phrase (int system_errno)
{
  switch (system_errno)
    {
    case ENOENT:
      return "it does not exist";
    case EACCES:
      return "access is refused by its mode or a security module";
    case EPERM:
      return "the kernel does not allow it";
    default:
      return strerror (system_errno);
    }
}

char *
xvasprintf (const char *format, va_list arguments)
{
  char *message = NULL;

  if (vasprintf (&message, format, arguments) < 0)
    abort ();
  return message;
}

int
error_refuse (struct error *err, enum refusal id, const char *format, ...)
{
  va_list arguments;

  if (err == NULL)
    return -1;
  error_clear (err);
  va_start (arguments, format);
  err->message = xvasprintf (format, arguments);
  va_end (arguments);
  err->id = id;
  return -1;
}

int
error_system (struct error *err, int system_errno, enum refusal id,
              const char *format, ...)
{
  va_list arguments;
  cleanup_free char *what = NULL;

  if (err == NULL)
    return -1;
  error_clear (err);
  va_start (arguments, format);
  what = xvasprintf (format, arguments);
  va_end (arguments);
  err->message = xasprintf ("%s: %s", what, errno_phrase (system_errno));
  err->id = id;
  err->system_errno = system_errno;
  return -1;
}

int
error_wrap (struct error *err, const char *format, ...)
{
  va_list arguments;
  cleanup_free char *context = NULL;
  char *message;

  if (err == NULL)
    return -1;
  va_start (arguments, format);
  context = xvasprintf (format, arguments);
  va_end (arguments);
  message = xasprintf ("%s: %s", context, err->message ? err->message : "");
  free (err->message);
  err->message = message;
  return -1;
}

void
error_clear (struct error *err)
{
  free (err->message);
  free (err->author);
  *err = (struct error) ERROR_INIT;
}

/* Length of the well-formed UTF-8 sequence at TEXT, 0 when there is none.
 * RFC 3629 section 4. */
static size_t
utf8_length (const unsigned char *text, size_t left)
{
  size_t length = text[0] < 0x80   ? 1
                  : text[0] < 0xC2 ? 0
                  : text[0] < 0xE0 ? 2
                  : text[0] < 0xF0 ? 3
                  : text[0] < 0xF5 ? 4
                                   : 0;

  if (length == 0 || length > left)
    return 0;
  for (size_t i = 1; i < length; i++)
    if ((text[i] & 0xC0) != 0x80)
      return 0;
  if ((text[0] == 0xE0 && text[1] < 0xA0) || (text[0] == 0xED && text[1] > 0x9F)
      || (text[0] == 0xF0 && text[1] < 0x90)
      || (text[0] == 0xF4 && text[1] > 0x8F))
    return 0;
  return length;
}

/* Control characters, and those that reorder what a person reads (Unicode
 * Bidi_Control: U+061C, U+200E-F, U+202A-E, U+2066-9), and the line and
 * paragraph separators U+2028-9. */
static bool
is_deceptive (const unsigned char *text, size_t length)
{
  if (length == 1)
    return text[0] < 0x20 || text[0] == 0x7F;
  if (length == 2)
    return (text[0] == 0xC2 && text[1] < 0xA0)
           || (text[0] == 0xD8 && text[1] == 0x9C);
  if (length == 3 && text[0] == 0xE2 && text[1] == 0x80)
    return text[2] == 0x8E || text[2] == 0x8F
           || (text[2] >= 0xA8 && text[2] <= 0xAE);
  return length == 3 && text[0] == 0xE2 && text[1] == 0x81 && text[2] >= 0xA6
         && text[2] <= 0xA9;
}

size_t
escape_next (const char *text, size_t left, bool *plain)
{
  const unsigned char *from = (const unsigned char *) text;
  size_t step = utf8_length (from, left);

  *plain = step > 0 && !is_deceptive (from, step);
  return step > 0 ? step : 1;
}

struct escaped
escape_n (const char *text, size_t length)
{
  struct escaped result;
  char *to = result.text;
  size_t at = 0;

  for (int shown = 0; at < length; shown++)
    {
      bool plain;
      size_t step = escape_next (text + at, length - at, &plain);

      if (shown == ESCAPE_CHARACTERS)
        {
          memcpy (to, "...", 3);
          to += 3;
          break;
        }
      for (size_t i = 0; i < step; i++)
        if (plain)
          *to++ = text[at + i];
        else
          to += sprintf (to, "\\x%02x", (unsigned char) text[at + i]);
      at += step;
    }
  *to = '\0';
  return result;
}

struct escaped
escape (const char *text)
{
  return escape_n (text, strlen (text));
}

void *
xcalloc (size_t count, size_t size)
{
  void *memory = calloc (count ? count : 1, size);

  if (memory == NULL)
    abort ();
  return memory;
}

void *
xrealloc (void *old, size_t size)
{
  void *memory = realloc (old, size ? size : 1);

  if (memory == NULL)
    abort ();
  return memory;
}

void *
xmalloc (size_t size)
{
  return xrealloc (NULL, size);
}

char *
xstrndup (const char *text, size_t length)
{
  char *copy = xmalloc (length + 1);

  memcpy (copy, text, length);
  copy[length] = '\0';
  return copy;
}

char *
xasprintf (const char *format, ...)
{
  va_list arguments;
  char *message;

  va_start (arguments, format);
  message = xvasprintf (format, arguments);
  va_end (arguments);
  return message;
}

void
cleanup_freep (void *pointer_to_pointer)
{
  free (*(void **) pointer_to_pointer);
}

void
cleanup_closep (int *fd)
{
  int saved = errno;

  if (*fd >= 0)
    close (*fd);
  errno = saved;
}
