/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "escape.h"

#include <stdio.h>
#include <string.h>

/* RFC 3629, section 4. */
size_t
utf8_length (const char *at, size_t left)
{
  const unsigned char *text = (const unsigned char *) at;
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
  size_t step = utf8_length (text, left);

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
