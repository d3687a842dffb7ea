/* SPDX-License-Identifier: Apache-2.0 */
/* The options of one mount as they are to be. */
#include <config.h>

#include "mounts.h"

#include <string.h>

/* The last of opposing options wins in crun and runc, so all that oppose a
 * wanted one are taken out. */
static const struct
{
  const char *wanted, *opposed[3];
} opposites[] = {
  { "ro", { "rw", "rrw", NULL } },     { "rro", { "rw", "rrw", NULL } },
  { "nosuid", { "suid", "rsuid", NULL } },
  { "nodev", { "dev", "rdev", NULL } },
  { "noexec", { "exec", "rexec", NULL } },
};

static bool
is_opposed (const struct json_doc *config, const struct mount_wish *wish,
            json_node option)
{
  if (wish->without != NULL && json_string_is_one_of (config, option, wish->without))
    return true;
  for (size_t w = 0; w < wish->wanted_count; w++)
    for (size_t i = 0; i < sizeof opposites / sizeof *opposites; i++)
      if (strcmp (opposites[i].wanted, wish->wanted[w]) == 0
          && json_string_is_one_of (config, option, opposites[i].opposed))
        return true;
  return false;
}

/* crun cannot set a recursive flag on a file (measured, 1.8.1: "open mount
 * target: Not a directory"), which has nothing below it. */
static const char *
for_a_file (const char *option)
{
  static const char *const recursive[]
      = { "rro", "rnosuid", "rnodev", "rnoexec", NULL };

  for (size_t i = 0; recursive[i] != NULL; i++)
    if (strcmp (recursive[i], option) == 0)
      return option + 1;
  return option;
}

static void
write_option (const struct json_doc *config, const struct mount_wish *wish,
              json_node option, struct json_buffer *text)
{
  const struct json_member *m = &config->members[option];
  cleanup_free char *name
      = wish->is_file && json_kind (config, option) == JSON_STRING
            ? json_string (config, option)
            : NULL;

  if (name != NULL && for_a_file (name) != name)
    json_buffer_string (text, for_a_file (name));
  else
    json_buffer_bytes (text, config->text + m->start, m->end - m->start);
}

bool
mount_write_options (const struct json_doc *config,
                     const struct mount_wish *wish, struct json_buffer *text)
{
  bool changed = false, first = true;

  json_buffer_text (text, "[");
  for (json_node n = json_first (config, wish->options); n != JSON_NONE;
       n = json_next (config, n))
    {
      if (is_opposed (config, wish, n))
        {
          changed = true;
          continue;
        }
      if (!first)
        json_buffer_text (text, ",");
      write_option (config, wish, n, text);
      first = false;
    }
  for (size_t w = 0; w < wish->wanted_count; w++)
    {
      const char *wanted
          = wish->is_file ? for_a_file (wish->wanted[w]) : wish->wanted[w];
      bool there = false;

      for (json_node n = json_first (config, wish->options); n != JSON_NONE;
           n = json_next (config, n))
        there |= json_string_is (config, n, wanted);
      if (there)
        continue;
      if (!first)
        json_buffer_literal (text, ",");
      json_buffer_string (text, wanted);
      changed = true;
      first = false;
    }
  json_buffer_text (text, "]");
  return changed;
}
