/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "paths.h"

#include <string.h>

#include "escape.h"

bool
path_is_below (const char *path, const char *directory)
{
  size_t length = strlen (directory);

  if (strcmp (directory, "/") == 0)
    return true;
  return strncmp (path, directory, length) == 0
         && (path[length] == '/' || path[length] == '\0');
}

bool
path_has_parent (const char *path)
{
  for (const char *at = path; (at = strstr (at, "..")) != NULL; at += 2)
    if ((at == path || at[-1] == '/') && (at[2] == '\0' || at[2] == '/'))
      return true;
  return false;
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
  size_t left = strlen (path), step = 1;

  for (; left > 0 && step > 0; path += step, left -= step)
    step = utf8_length (path, left);
  return step > 0;
}
