/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "error.h"
#undef error_refuse
#undef error_system
#undef error_wrap

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

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
