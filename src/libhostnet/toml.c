/* SPDX-License-Identifier: Apache-2.0 */
/* TOML 1.0: https://toml.io/en/v1.0.0 */
#include <config.h>

#include "toml.h"

#include <stdlib.h>
#include <string.h>

#include "error.h"

void
toml_start (struct toml *toml, const char *text)
{
  *toml = (struct toml){ .at = text, .line = 1 };
}

void
toml_clear (struct toml *toml)
{
  free (toml->table);
  free (toml->key);
  *toml = (struct toml){ .at = toml->at };
}

static const char *
skip_blank (const char *at)
{
  return at + strspn (at, " \t");
}

static const char *
skip_comment (const char *at)
{
  return *at == '#' ? at + strcspn (at, "\n") : at;
}

/* Behind the string at AT, NULL when it does not end.  Its inside in START and
 * LENGTH.  Only in ''' and """ may there be ends of lines. */
static const char *
skip_string (const char *at, const char **start, size_t *length)
{
  char quote = *at;
  bool several = at[1] == quote && at[2] == quote;
  const char *end = at += several ? 3 : 1;

  for (; *end != '\0'; end++)
    {
      if (*end == '\\' && quote == '"' && end[1] != '\0')
        {
          end++;
          continue;
        }
      if (*end == '\n' && !several)
        return NULL;
      if (*end != quote || (several && (end[1] != quote || end[2] != quote)))
        continue;
      /* Up to two quotes may stand before the three that end it. */
      while (several && end[3] == quote)
        end++;
      *start = at;
      *length = (size_t) (end - at);
      return end + (several ? 3 : 1);
    }
  return NULL;
}

static bool
is_bare (const char *text, size_t length)
{
  return length > 0
         && strspn (text,
                    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                    "0123456789-_")
                >= length;
}

enum { KEY_BYTES = 4096 }; /* more than any engine has; longer is an error */

/* A key of dotted parts, put behind PREFIX; AT is moved behind it. */
static char *
read_key (const char **at, const char *prefix)
{
  char *key = prefix && prefix[0] ? xstrndup (prefix, strlen (prefix)) : NULL;

  for (;;)
    {
      const char *part, *end;
      char *longer;
      size_t length;

      *at = skip_blank (*at);
      if (**at == '"' || **at == '\'')
        {
          end = skip_string (*at, &part, &length);
          if (end == NULL)
            break;
        }
      else
        {
          part = *at;
          length = strcspn (part, " \t\r\n.=]\"'#");
          end = part + length;
          if (!is_bare (part, length))
            break;
        }
      longer = xasprintf (is_bare (part, length) ? "%s%s%.*s" : "%s%s\"%.*s\"",
                          key ? key : "", key ? "." : "", (int) length, part);
      free (key);
      key = longer;
      /* each part copies what is before it */
      if (strlen (key) > KEY_BYTES)
        break;
      *at = skip_blank (end);
      if (**at != '.')
        return key;
      ++*at;
    }
  free (key);
  return NULL;
}

/* The value at toml->at: to the end of the line, where no bracket is open. */
static int
read_value (struct toml *toml)
{
  const char *at = toml->at = skip_blank (toml->at), *inside, *end = at;
  size_t depth = 0, length;

  toml->value = at;
  while (*at != '\0' && (*at != '\n' || depth > 0))
    {
      if (*at == '#')
        {
          at = skip_comment (at);
          continue;
        }
      if (*at == '"' || *at == '\'')
        {
          at = skip_string (at, &inside, &length);
          if (at == NULL)
            return -1;
          end = at;
          continue;
        }
      if (*at == '[' || *at == '{')
        depth++;
      if ((*at == ']' || *at == '}') && depth-- == 0)
        return -1;
      at++;
      if (strchr (" \t\r\n", at[-1]) == NULL)
        end = at;
    }
  toml->value_length = (size_t) (end - toml->value);
  toml->at = at;
  return depth == 0 && toml->value_length > 0 ? 0 : -1;
}

static int
read_header (struct toml *toml)
{
  bool array = toml->at[1] == '[';

  toml->at += array ? 2 : 1;
  toml->key = read_key (&toml->at, NULL);
  if (toml->key == NULL || *toml->at != ']' || (array && toml->at[1] != ']'))
    return -1;
  toml->at = skip_comment (skip_blank (toml->at + (array ? 2 : 1)));
  toml->at += *toml->at == '\r';
  free (toml->table);
  toml->table = xstrndup (toml->key, strlen (toml->key));
  toml->value = toml->at;
  toml->value_length = 0;
  return *toml->at == '\0' || *toml->at == '\n' ? 0 : -1;
}

static int
read_statement (struct toml *toml)
{
  toml->header = *toml->at == '[';
  if (toml->header)
    return read_header (toml);
  toml->key = read_key (&toml->at, toml->table);
  if (toml->key == NULL || *toml->at != '=')
    return -1;
  toml->at++;
  return read_value (toml);
}

int
toml_next (struct toml *toml)
{
  const char *begin;
  int result;

  free (toml->key);
  toml->key = NULL;
  for (;;)
    {
      toml->at = skip_comment (skip_blank (toml->at));
      toml->at += *toml->at == '\r';
      if (*toml->at != '\n')
        break;
      toml->at++;
      toml->line++;
    }
  toml->start_line = toml->line;
  if (*toml->at == '\0')
    return 0;
  begin = toml->at;
  result = read_statement (toml);
  for (; begin < toml->at; begin++)
    toml->line += *begin == '\n';
  return result < 0 ? -1 : 1;
}

bool
toml_value_is (const struct toml *toml, const char *text)
{
  return toml->value_length == strlen (text)
         && strncmp (toml->value, text, toml->value_length) == 0;
}

bool
toml_value_string (const struct toml *toml, const char **at,
                   const char **start, size_t *length)
{
  const char *end = toml->value + toml->value_length;

  while (*at < end)
    if (**at == '#')
      *at = skip_comment (*at);
    else if (**at == '"' || **at == '\'')
      {
        *at = skip_string (*at, start, length);
        return true;
      }
    else
      ++*at;
  return false;
}

bool
toml_value_has (const struct toml *toml, const char *text)
{
  const char *at = toml->value, *start = "";
  size_t length = 0;

  while (toml_value_string (toml, &at, &start, &length))
    if (length == strlen (text) && strncmp (start, text, length) == 0)
      return true;
  return false;
}
