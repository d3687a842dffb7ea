/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "paths.h"

#include <string.h>

bool
path_is_below (const char *path, const char *directory)
{
  size_t length = strlen (directory);

  if (strcmp (directory, "/") == 0)
    return true;
  return strncmp (path, directory, length) == 0
         && (path[length] == '/' || path[length] == '\0');
}

void
path_unescape (char *text)
{
  char *to = text;

  for (; *text != '\0'; text++)
    if (text[0] == '\\' && text[1] >= '0' && text[1] <= '3'
        && text[2] >= '0' && text[2] <= '7' && text[3] >= '0'
        && text[3] <= '7')
      {
        *to++ = (char) ((text[1] - '0') << 6 | (text[2] - '0') << 3
                        | (text[3] - '0'));
        text += 3;
      }
    else
      *to++ = *text;
  *to = '\0';
}

bool
path_is_utf8 (const char *path)
{
  const unsigned char *at = (const unsigned char *) path;

  while (*at != '\0')
    {
      /* the smallest code point of so many bytes; RFC 3629, section 4 */
      static const unsigned smallest[] = { 0, 0x80, 0x800, 0x10000 };
      unsigned more = *at < 0x80    ? 0
                      : *at >= 0xF0 ? 3
                      : *at >= 0xE0 ? 2
                                    : 1;
      unsigned point = *at & (more == 0 ? 0x7FU : 0x3FU >> more);

      if ((*at >= 0x80 && *at < 0xC0) || *at >= 0xF8)
        return false;
      at++;
      for (unsigned i = 0; i < more; i++, at++)
        {
          if ((*at & 0xC0) != 0x80)
            return false;
          point = point << 6 | (*at & 0x3FU);
        }
      if (point < smallest[more] || point > 0x10FFFF
          || (point >= 0xD800 && point <= 0xDFFF))
        return false;
    }
  return true;
}
