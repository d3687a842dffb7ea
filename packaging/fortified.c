/* SPDX-License-Identifier: Apache-2.0 */
/* Debian's static libseccomp and libcap-ng are compiled for glibc with _FORTIFY_SOURCE, and call
 * these functions, which musl has not.  For packaging/configure-musl alone. */
#define _GNU_SOURCE
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <syslog.h>

#define FORMAT(at, first) __attribute__ ((format (printf, at, first)))

FORMAT (3, 4) int __fprintf_chk (FILE *, int, const char *, ...);
FORMAT (2, 3) int __printf_chk (int, const char *, ...);
FORMAT (3, 4) int __asprintf_chk (char **, int, const char *, ...);
FORMAT (5, 6) int __snprintf_chk (char *, size_t, int, size_t, const char *, ...);
FORMAT (4, 5) int __sprintf_chk (char *, int, size_t, const char *, ...);
FORMAT (3, 4) void __syslog_chk (int, int, const char *, ...);

/* RESULT CALL, with the arguments behind format as rest */
#define PASS(result, call)                                                    \
  va_list rest;                                                               \
  va_start (rest, format);                                                    \
  result call;                                                                \
  va_end (rest)

int
__fprintf_chk (FILE *file, int flag, const char *format, ...)
{
  (void) flag;
  PASS (int n =, vfprintf (file, format, rest));
  return n;
}

int
__printf_chk (int flag, const char *format, ...)
{
  (void) flag;
  PASS (int n =, vprintf (format, rest));
  return n;
}

int
__asprintf_chk (char **text, int flag, const char *format, ...)
{
  (void) flag;
  PASS (int n =, vasprintf (text, format, rest));
  return n;
}

int
__snprintf_chk (char *text, size_t size, int flag, size_t room,
                const char *format, ...)
{
  (void) flag;
  if (size > room)
    abort ();
  PASS (int n =, vsnprintf (text, size, format, rest));
  return n;
}

int
__sprintf_chk (char *text, int flag, size_t room, const char *format, ...)
{
  (void) flag;
  PASS (int n =, vsnprintf (text, room, format, rest));
  if (n >= 0 && (size_t) n >= room)
    abort ();
  return n;
}

void
__syslog_chk (int priority, int flag, const char *format, ...)
{
  (void) flag;
  PASS (, vsyslog (priority, format, rest));
}
