/* SPDX-License-Identifier: Apache-2.0 */
/* Names that come from outside, as they may be shown.  error.h brings this
 * along. */
#ifndef HOSTNET_ESCAPE_H
#define HOSTNET_ESCAPE_H

#include <stdbool.h>
#include <stddef.h>

/* A name that came from outside, made fit to be shown: control and
 * bidirectional characters and invalid UTF-8 become \xNN, and after 64
 * characters comes "...".  Use it as escape (text).text in an argument list:
 * it lives until the end of the full expression (C11 6.2.4p8). */
enum { ESCAPE_CHARACTERS = 64 };
struct escaped
{
  char text[ESCAPE_CHARACTERS * 16 + 4]; /* worst: 4 bytes as \xNN each */
};
struct escaped escape (const char *text);
struct escaped escape_n (const char *text, size_t length);

/* For who writes more than that: how many bytes of TEXT, which has LEFT (> 0),
 * are its next character, and whether it may be shown as it is. */
size_t escape_next (const char *text, size_t left, bool *plain);

/* The length of the UTF-8 sequence at TEXT, which has LEFT (> 0) bytes; 0 when
 * it is none. */
size_t utf8_length (const char *text, size_t left);

#endif
