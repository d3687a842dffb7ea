/* SPDX-License-Identifier: Apache-2.0 */
/* As much of TOML as it takes to find the statements of a file, and to tell
 * which tables and keys are there.  Values are not read. */
#ifndef HOSTNET_TOML_H
#define HOSTNET_TOML_H

#include <stdbool.h>
#include <stddef.h>

struct toml
{
  const char *at;
  unsigned line; /* of AT, from 1 */
  char *table;   /* the last header, owned */
  /* the statement */
  bool header;
  unsigned start_line;
  /* The whole key with its table: parts joined by dots, those with anything
   * but letters, digits, - and _ in double quotes.  Owned. */
  char *key;
  const char *value; /* in the text */
  size_t value_length;
};
#define cleanup_toml __attribute__ ((cleanup (toml_clear)))

/* TEXT must outlive it and end in a NUL. */
void toml_start (struct toml *toml, const char *text);
/* > 0: the next statement; 0: no more; negative: no TOML in LINE. */
int toml_next (struct toml *toml);
void toml_clear (struct toml *toml);

/* Whether the value is these very characters. */
bool toml_value_is (const struct toml *toml, const char *text);
/* Whether it is an array, or a string, with the string TEXT. */
bool toml_value_has (const struct toml *toml, const char *text);
/* The next string at or behind *AT in the value, its inside in START and
 * LENGTH; false: none. */
bool toml_value_string (const struct toml *toml, const char **at,
                        const char **start, size_t *length);

#endif
