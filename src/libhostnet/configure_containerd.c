/* SPDX-License-Identifier: Apache-2.0 */
/* containerd's config.toml.  A drop-in is taken only where config.toml is of
 * version 3 and imports its directory: before containerd 2.0 what is imported
 * replaces all that config.toml says of the CRI plugin (containerd issue 5837;
 * measured with 1.6), so there the tables go to the end of config.toml. */
#include <config.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "configure_parts.h"
#include "dropins.h"
#include "toml.h"

/* docs/PLUGINS.md and docs/cri/config.md of containerd. */
static const struct version
{
  const char *number, *plugin, *template;
} versions[] = {
  { "2", "io.containerd.grpc.v1.cri", dropin_containerd_version_2_toml },
  { "3", "io.containerd.cri.v1.runtime", dropin_containerd_version_3_toml },
};
#define VERSIONS (sizeof versions / sizeof *versions)
static const char imported_glob[] = "/etc/containerd/conf.d/*.toml";
static const char handler[] = "oci-hostnet";

/* What config.toml says. */
struct containerd
{
  const struct version *version; /* the last one for a later one, NULL: none */
  bool later;
  bool handlers; /* at least one */
  bool systemd;  /* their cgroups are systemd's */
  bool imports, imports_ours;
  unsigned imports_line;
};

/* ---- our part of a text ---- */

static bool
is_end (const char *line, size_t length)
{
  static const char end[] = "# oci-hostnet: end\n";

  return length == sizeof end - 1 && strncmp (line, end, length) == 0;
}

/* What is written for a file that has handlers already or not, whose cgroups
 * are systemd's or not. */
static char *
render (const struct version *version, bool handlers, bool systemd)
{
  const char *line = version->template, *next;
  char *text = xmalloc (strlen (line) + 1), *to = text;
  bool of_runc = false;

  for (; *line != '\0'; line = next)
    {
      size_t length = strcspn (line, "\n") + 1;

      next = line + length;
      of_runc = (of_runc || line[0] == '\n') && !is_end (line, length);
      if ((of_runc && handlers)
          || (!systemd && memmem (line, length, "SystemdCgroup", 13) != NULL))
        continue;
      memcpy (to, line, length);
      to += length;
    }
  *to = '\0';
  return text;
}

/* Whether TEXT is what we write of VERSION for some file. */
static bool
is_rendering (const struct version *version, const char *text, size_t length)
{
  for (int systemd = 0; systemd < 2; systemd++)
    for (int handlers = 0; handlers < 2; handlers++)
      {
        cleanup_free char *part = render (version, handlers, systemd);

        if (strlen (part) == length && strncmp (part, text, length) == 0)
          return true;
      }
  return false;
}

/* Our lines in TEXT: > 0 with START and LENGTH, 0 none, negative: what stands
 * there is not what we write. */
static int
find_part (const char *text, const char *shown, const char **start,
           size_t *length, struct error *err)
{
  size_t begin = strcspn (versions[0].template, "\n");
  const char *end = NULL;

  *start = NULL;
  for (const char *line = text; *line != '\0';)
    {
      size_t bare = strcspn (line, "\n");
      size_t whole = bare + (line[bare] == '\n');

      if (bare == begin && strncmp (line, versions[0].template, begin) == 0)
        {
          if (*start != NULL)
            return error_refuse (err, SENTENCE_configure_part, shown);
          *start = line;
        }
      else if (*start != NULL && end == NULL && is_end (line, whole))
        end = line + whole;
      line += whole;
    }
  if (*start == NULL)
    return 0;
  for (size_t v = 0; end != NULL && v < VERSIONS; v++)
    if (is_rendering (&versions[v], *start, (size_t) (end - *start)))
      {
        *length = (size_t) (end - *start);
        return 1;
      }
  return error_refuse (err, SENTENCE_configure_part, shown);
}

/* ---- what else there is ---- */

/* `PREFIX"PLUGIN".containerd.runtimes`, which a key may be, be below or be
 * above of. */
static char *
handlers_key (const struct version *version)
{
  return xasprintf ("plugins.\"%s\".containerd.runtimes", version->plugin);
}

static bool
is_below (const char *key, const char *table)
{
  size_t length = strlen (table);

  return strncmp (key, table, length) == 0 && key[length] == '.';
}

static bool
ends_in (const char *text, const char *end)
{
  size_t length = strlen (text), tail = strlen (end);

  return length >= tail && strcmp (text + length - tail, end) == 0;
}

/* The top-level keys. */
static void
look_at_head (const struct toml *toml, struct containerd *config)
{
  if (toml->header)
    return;
  if (strcmp (toml->key, "version") == 0)
    {
      config->later = !toml_value_is (toml, "1");
      config->version = config->later ? &versions[VERSIONS - 1] : NULL;
      for (size_t v = 0; v < VERSIONS; v++)
        if (toml_value_is (toml, versions[v].number))
          {
            config->version = &versions[v];
            config->later = false;
          }
    }
  else if (strcmp (toml->key, "imports") == 0)
    {
      const char *at = toml->value, *start;
      size_t length;

      config->imports = toml_value_string (toml, &at, &start, &length);
      config->imports_ours = toml_value_has (toml, imported_glob);
      config->imports_line = toml->start_line;
    }
}

static int
look_at_handlers (const struct toml *toml, const char *shown,
                  struct containerd *config, struct error *err)
{
  cleanup_free char *table = handlers_key (config->version);
  cleanup_free char *own = xasprintf ("%s.%s", table, handler);
  /* Deprecated since containerd 1.3, and read by all of 1.x. */
  cleanup_free char *by_default = xasprintf (
      "plugins.\"%s\".containerd.default_runtime.options.SystemdCgroup",
      config->version->plugin);

  if (strcmp (toml->key, own) == 0 || is_below (toml->key, own))
    return error_refuse (err, SENTENCE_configure_part, shown);
  if (!toml->header
      && (strcmp (toml->key, table) == 0 || is_below (table, toml->key)))
    return error_refuse (err, SENTENCE_configure_inline, shown,
                         escape (toml->key).text, toml->start_line);
  if (strcmp (toml->key, by_default) == 0 && toml_value_is (toml, "true"))
    config->systemd = true;
  if (!is_below (toml->key, table))
    return 0;
  config->handlers = true;
  /* A table in braces is not read: whatever it says is in there. */
  if (!toml->header && !ends_in (toml->key, ".options.SystemdCgroup")
      && memmem (toml->value, toml->value_length, "SystemdCgroup", 13) != NULL)
    return error_refuse (err, SENTENCE_configure_inline, shown,
                         escape (toml->key).text, toml->start_line);
  if (ends_in (toml->key, ".options.SystemdCgroup")
      && toml_value_is (toml, "true"))
    config->systemd = true;
  return 0;
}

/* In two passes, since the version may come last. */
static int
look_at_config (const char *text, const char *shown, struct containerd *config,
                struct error *err)
{
  cleanup_toml struct toml toml;
  int more;

  *config = (struct containerd){ 0 };
  toml_start (&toml, text);
  while ((more = toml_next (&toml)) > 0)
    look_at_head (&toml, config);
  if (more < 0)
    return error_refuse (err, SENTENCE_configure_toml, shown, toml.line);
  if (config->version == NULL)
    return 0;
  toml_clear (&toml);
  toml_start (&toml, text);
  while (toml_next (&toml) > 0)
    if (look_at_handlers (&toml, shown, config, err) < 0)
      return -1;
  return 0;
}

/* ---- config.toml ---- */

static char *
new_config (void)
{
  cleanup_free char *part = render (&versions[0], false, false);

  return xasprintf ("version = %s\n\n%s", versions[0].number, part);
}

/* What stands before our part, given back its own end: a last line that had
 * none was given one. */
static bool
is_what_was_kept (const char *kept, const char *text, size_t length)
{
  size_t own = strlen (kept);

  if (length == own + 1 && text[own] == '\n'
      && (own == 0 || kept[own - 1] != '\n'))
    length = own;
  return length == own && strncmp (kept, text, own) == 0;
}

static int
undo_containerd (const struct file_view *view, struct file_plan *plan,
                 struct error *err)
{
  cleanup_free char *ours_alone = new_config ();
  cleanup_free char *rest = NULL;
  const char *start, *kept = view->kept;
  size_t length;
  int there;

  if (view->now == NULL)
    return plan_kept_alone (view, plan, err);
  there = find_part (view->now, view->shown, &start, &length, err);
  if (there < 0)
    return -1;
  if (there == 0)
    return plan_kept_alone (view, plan, err);
  rest = xasprintf ("%.*s%s", (int) (start - view->now), view->now,
                    start + length);
  /* What has our part already was never there before us. */
  if (kept != NULL && find_part (kept, "", &start, &length, NULL) != 0)
    kept = NULL;
  plan->drop_kept = kept != NULL;
  if (kept != NULL && is_what_was_kept (kept, rest, strlen (rest)))
    {
      plan->action = ACTION_RESTORE;
      plan->drop_kept = false;
      plan->text = xstrndup (kept, strlen (kept));
    }
  else if (kept == NULL && strcmp (view->now, ours_alone) == 0)
    plan->action = ACTION_REMOVE;
  else
    {
      plan->action = ACTION_REPLACE;
      plan->text = rest;
      rest = NULL;
    }
  return 0;
}

/* Drop-ins are put together with config.toml since version 3. */
static bool
is_imported (const struct containerd *config)
{
  return config->imports_ours && config->version == &versions[VERSIONS - 1];
}

static int
add_part (const struct file_view *view, const char *rest, bool had_part,
          const char *part_start, struct file_plan *plan, struct error *err)
{
  struct containerd config;
  cleanup_free char *part = NULL;
  size_t before = had_part ? (size_t) (part_start - view->now) : strlen (rest);
  bool line_ended = before == 0 || rest[before - 1] == '\n';

  if (look_at_config (rest, view->shown, &config, err) < 0)
    return -1;
  if (is_imported (&config) && !had_part)
    return 0; /* plan_containerd_import() does it */
  if (config.version == NULL || config.later)
    return error_refuse (err, SENTENCE_configure_version, view->shown);
  if (config.imports && config.version == &versions[0])
    return error_refuse (err, SENTENCE_configure_imports, view->shown,
                         config.imports_line);
  part = render (config.version, config.handlers, config.systemd);
  plan->text = xasprintf ("%.*s%s%s%s", (int) before, rest,
                          line_ended ? "" : "\n", part, rest + before);
  if (strcmp (plan->text, view->now) == 0)
    return 0;
  plan->action = had_part ? ACTION_REPLACE : ACTION_REPLACE_KEEPING;
  return had_part ? 0 : plan_kept_alone (view, plan, err);
}

int
plan_containerd (const char *template, const struct file_view *view, bool undo,
                 struct file_plan *plan, struct error *err)
{
  cleanup_free char *rest = NULL;
  const char *start;
  size_t length = 0;
  int there;

  (void)template; /* it depends on the version */
  if (undo)
    return undo_containerd (view, plan, err);
  if (view->now == NULL)
    {
      plan->action = ACTION_CREATE;
      plan->text = new_config ();
      return plan_kept_alone (view, plan, err);
    }
  there = find_part (view->now, view->shown, &start, &length, err);
  if (there < 0)
    return -1;
  rest = there > 0 ? xasprintf ("%.*s%s", (int) (start - view->now), view->now,
                                start + length)
                   : xstrndup (view->now, strlen (view->now));
  return add_part (view, rest, there > 0, start, plan, err);
}

/* ---- the drop-in ---- */

static char *
render_import (bool systemd)
{
  const struct version *version = &versions[VERSIONS - 1];
  cleanup_free char *part = render (version, true, systemd);

  return xasprintf ("version = %s\n\n%s", version->number, part);
}

/* > 0: config.toml imports the drop-in, and has nothing of ours itself. */
static int
is_wanted (const struct file_view *view, struct containerd *config,
           struct error *err)
{
  const struct other_file *main_file = view->others;
  const char *start;
  size_t length;
  int there;

  if (view->other_count == 0)
    return 0;
  there = find_part (main_file->text, main_file->shown, &start, &length, err);
  if (there != 0)
    return there < 0 ? -1 : 0;
  if (look_at_config (main_file->text, main_file->shown, config, err) < 0)
    return -1;
  return is_imported (config);
}

int
plan_containerd_import (const char *template, const struct file_view *view,
                        bool undo, struct file_plan *plan, struct error *err)
{
  cleanup_free char *plain = render_import (false);
  cleanup_free char *systemd = render_import (true);
  struct containerd config = { 0 };
  bool ours = view->now != NULL
              && (strcmp (view->now, plain) == 0
                  || strcmp (view->now, systemd) == 0);
  int wanted = undo ? 1 : is_wanted (view, &config, err);

  (void)template;
  if (wanted <= 0)
    return wanted;
  return plan_own_file (view, ours, config.systemd ? systemd : plain, undo,
                        plan, err);
}
