/* SPDX-License-Identifier: Apache-2.0 */
/* crun keeps a container in ROOT/ID/{status,config.json}, runc in
 * ROOT/ID/state.json; both keep ROOT/ID/exec.fifo until it is started. */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bundle.h"
#include "container_parts.h"
#include "io.h"

const struct layout container_layouts[] = {
  [DIALECT_CRUN] = { "crun", "status", "pid", "process-start-time",
                     "config.json", "network", "bounding" },
  [DIALECT_RUNC] = { "runc", "state.json", "init_process_pid",
                     "init_process_start", NULL, "NEWNET", "Bounding" },
};


void
state_file_clear (struct state_file *file)
{
  json_clear (&file->doc);
  free (file->text);
}

int
state_file_read (int directory, const char *name, struct state_file *file,
                 struct error *err)
{
  cleanup_close int fd
      = openat (directory, name,
                O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
  struct stat status;
  size_t length;

  if (fd < 0 || fstat (fd, &status) < 0)
    return error_system (err, errno, SENTENCE_system, name);
  if (!S_ISREG (status.st_mode)
      || read_all (fd, JSON_MAX_BYTES, &file->text, &length) != 0)
    return error_refuse (err, SENTENCE_config_not_regular, name);
  if (json_index (&file->doc, file->text, length, false, err) < 0)
    return error_wrap (err, "%s", name);
  if (json_kind (&file->doc, 0) != JSON_OBJECT)
    return error_refuse (err, SENTENCE_json_root);
  return 0;
}

/* ---- where ---- */

/* Opens ROOT/ID when it has a state; -1 without a message when not. */
static int
open_state (const char *root, const char *id, const struct layout *layout)
{
  cleanup_free char *path = xasprintf ("%s/%s", root, id);
  int fd = open (path, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

  if (fd >= 0 && faccessat (fd, layout->state, F_OK, AT_SYMLINK_NOFOLLOW) < 0)
    cleanup_closep (&fd);
  return fd;
}

/* Without --root crun 1.8.1 takes XDG_RUNTIME_DIR for everybody (measured),
 * runc for all but the real root, and versions differ: both places are looked
 * at, and a container that is in both is not told apart. */
int
container_find_state (const struct layout *layout, const struct runtime_cli *cli,
            int *directory, struct error *err)
{
  const char *runtime_dir = getenv ("XDG_RUNTIME_DIR");
  cleanup_free char *own = NULL, *common = NULL;
  cleanup_close int other = -1;

  if (cli->rootless != NULL && layout == &container_layouts[DIALECT_CRUN])
    return error_refuse (err, SENTENCE_container_rootless);
  if (cli->root != NULL)
    *directory = open_state (cli->root, cli->id, layout);
  else
    {
      common = xasprintf ("/run/%s", layout->directory);
      *directory = open_state (common, cli->id, layout);
      /* crun takes a relative one from the current directory */
      if (runtime_dir != NULL && runtime_dir[0] != '\0')
        {
          own = xasprintf ("%s/%s", runtime_dir, layout->directory);
          other = open_state (own, cli->id, layout);
        }
      if (*directory >= 0 && other >= 0)
        return error_refuse (err, SENTENCE_container_twice, escape (own).text,
                             common);
      if (*directory < 0)
        {
          *directory = other;
          other = -1;
        }
    }
  if (*directory >= 0)
    return 0;
  return error_refuse (err, SENTENCE_container_state,
                       escape (cli->root ? cli->root
                               : own     ? own
                                         : common)
                           .text);
}

/* runc writes its own label `bundle=` behind those of the annotations
 * (libcontainer/specconv/spec_linux.go, CreateLibcontainerConfig), which is the
 * LAST one; what it reads itself is the first (utils.SearchLabels), which may be
 * an annotation `bundle`. */
char *
container_bundle_label (const struct json_doc *doc, bool last)
{
  static const char key[] = "bundle=";
  json_node config, labels;
  char *found = NULL;

  json_get (doc, 0, "config", JSON_OBJECT, &config, NULL);
  json_get (doc, config, "labels", JSON_ARRAY, &labels, NULL);
  for (json_node n = json_first (doc, labels);
       n != JSON_NONE && (last || found == NULL); n = json_next (doc, n))
    {
      cleanup_free char *label
          = json_kind (doc, n) == JSON_STRING ? json_string (doc, n) : NULL;

      if (label != NULL && strncmp (label, key, strlen (key)) == 0)
        {
          free (found);
          found = xasprintf ("%s", label + strlen (key));
        }
    }
  return found;
}

int
container_bundle (enum runtime_dialect dialect, const struct runtime_cli *cli,
                  char **bundle, struct error *err)
{
  const struct layout *layout = &container_layouts[dialect];
  cleanup_close int directory = -1;
  cleanup_state_file struct state_file state = STATE_FILE_INIT;
  json_node node;

  if (container_find_state (layout, cli, &directory, err) < 0
      || state_file_read (directory, layout->state, &state, err) < 0)
    return -1;
  if (dialect == DIALECT_RUNC)
    *bundle = container_bundle_label (&state.doc, true);
  /* crun src/libcrun/status.c */
  else if (json_get (&state.doc, 0, "bundle", JSON_STRING, &node, err) > 0)
    *bundle = json_string (&state.doc, node);
  return *bundle != NULL ? 0 : error_refuse (err, SENTENCE_container_no_init);
}

/* runc keeps the annotations as labels `key=value`; see container_bundle_label(). */
static char *
labels_as_configuration (const struct json_doc *doc)
{
  struct json_buffer text = JSON_BUFFER_INIT;
  const char *comma = "";
  json_node config, labels;

  json_get (doc, 0, "config", JSON_OBJECT, &config, NULL);
  json_get (doc, config, "labels", JSON_ARRAY, &labels, NULL);
  json_buffer_add (&text, "{\"annotations\":{");
  for (json_node n = json_first (doc, labels); n != JSON_NONE;
       n = json_next (doc, n))
    {
      cleanup_free char *label
          = json_kind (doc, n) == JSON_STRING ? json_string (doc, n) : NULL;
      char *value = label ? strchr (label, '=') : NULL;

      if (value == NULL || strncmp (label, "bundle=", 7) == 0)
        continue;
      *value++ = '\0';
      json_buffer_add (&text, "%s", comma);
      json_buffer_string (&text, label);
      json_buffer_add (&text, ":");
      json_buffer_string (&text, value);
      comma = ",";
    }
  json_buffer_add (&text, "}}");
  return text.text;
}

int
container_own_config (enum runtime_dialect dialect,
                      const struct runtime_cli *cli,
                      struct container_config *config, struct error *err)
{
  const struct layout *layout = &container_layouts[dialect];
  cleanup_close int directory = -1;
  cleanup_state_file struct state_file state = STATE_FILE_INIT,
                                       file = STATE_FILE_INIT;
  json_node node;

  if (container_find_state (layout, cli, &directory, err) < 0
      || state_file_read (directory, layout->state, &state, err) < 0)
    return -1;
  config->pid = container_init_pid (layout, &state.doc);
  if (layout->config == NULL)
    {
      config->text = labels_as_configuration (&state.doc);
      config->bundle = container_bundle_label (&state.doc, true);
      if (json_index (&config->doc, config->text, strlen (config->text), false,
                      err)
          < 0)
        return -1;
    }
  else
    {
      if (state_file_read (directory, layout->config, &file, err) < 0)
        return -1;
      config->text = file.text;
      config->doc = file.doc;
      file = (struct state_file) STATE_FILE_INIT;
      if (json_get (&state.doc, 0, "bundle", JSON_STRING, &node, NULL) > 0)
        config->bundle = json_string (&state.doc, node);
    }
  return json_get (&config->doc, 0, "annotations", JSON_OBJECT,
                   &config->annotations, err)
                     < 0
                 || json_get (&config->doc, 0, "process", JSON_OBJECT,
                              &config->process, err)
                        < 0
             ? -1
             : 0;
}

void
container_config_clear (struct container_config *config)
{
  json_clear (&config->doc);
  free (config->text);
  free (config->bundle);
  *config = (struct container_config) CONTAINER_CONFIG_INIT;
}
