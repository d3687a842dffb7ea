/* SPDX-License-Identifier: Apache-2.0 */
/* Published ports that engines write into files of their own. */
#include <config.h>

#include "facts_ports.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "bundle.h"

/* The text of the string member KEY of the annotations, or NULL. */
static char *
annotation (const struct json_doc *config, json_node annotations,
            const char *key)
{
  for (json_node n = json_first (config, annotations); n != JSON_NONE;
       n = json_next (config, n))
    if (json_key_is (config, n, key) && json_kind (config, n) == JSON_STRING)
      return json_string (config, n);
  return NULL;
}

/* ---- CRI-O: the configuration of the pod's sandbox, written although its
 * container may never run (server/sandbox_run_linux.go), beside ours: RUN ROOT/
 * overlay-containers/ID/userdata/config.json ---- */

static const char userdata[] = "/userdata";

static bool
is_id (const char *text)
{
  return strspn (text, "0123456789abcdef") == 64 && text[64] == '\0';
}

bool
ports_split_bundle (const char *path, char **containers, char **id)
{
  size_t length = strlen (path), end = strlen (userdata);
  const char *slash;

  if (length <= end || strcmp (path + length - end, userdata) != 0)
    return false;
  *id = xstrndup (path, length - end);
  slash = strrchr (*id, '/');
  if (slash == NULL || slash == *id || !is_id (slash + 1))
    return false;
  *containers = xstrndup (path, (size_t) (slash - *id));
  memmove (*id, slash + 1, strlen (slash));
  return true;
}

/* The value of its io.kubernetes.cri-o.PortMappings; "" without one. */
static int
read_mappings (const struct bundle *bundle, char **text, struct error *err)
{
  cleanup_json struct json_doc doc = JSON_DOC_INIT;
  json_node annotations;

  if (json_index (&doc, bundle->text, bundle->length, false, err) < 0
      || json_get (&doc, 0, "annotations", JSON_OBJECT, &annotations, err) < 0)
    return -1;
  *text = annotation (&doc, annotations, "io.kubernetes.cri-o.PortMappings");
  if (*text == NULL)
    *text = xstrndup ("", 0);
  return 0;
}

/* Every step without links: the directories are root's, but the names are
 * another container's. */
static int
open_sandbox (const char *containers, const char *sandbox)
{
  cleanup_close int all
      = open (containers, O_PATH | O_DIRECTORY | O_CLOEXEC);
  cleanup_close int one
      = all < 0 ? -1
                : openat (all, sandbox,
                          O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

  return one < 0 ? -1
                 : openat (one, userdata + 1,
                           O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

/* What the annotation names is read wherever the layout is CRI-O's, whatever
 * other annotations say: a pod's author must not hide a port by them.  In
 * podman's pods it may name nothing. */
static void
read_sandbox (const struct json_doc *config, json_node annotations,
              struct facts *facts)
{
  cleanup_bundle struct bundle bundle = BUNDLE_INIT;
  cleanup_error struct error err = ERROR_INIT;
  cleanup_free char *containers = NULL, *id = NULL, *path = NULL;
  cleanup_free char *sandbox
      = annotation (config, annotations, "io.kubernetes.cri-o.SandboxID");
  int directory;

  if (sandbox == NULL || facts->engine.bundle == NULL
      || !ports_split_bundle (facts->engine.bundle, &containers, &id)
      || !is_id (sandbox) || strcmp (sandbox, id) == 0)
    return;
  path = xasprintf ("%s/%s%s", containers, sandbox, userdata);
  directory = open_sandbox (containers, sandbox);
  if (directory < 0 && errno == ENOENT
      && engine_tell (&facts->engine, config, annotations).engine
             != ENGINE_CRIO)
    return;
  if (directory < 0)
    error_system (&err, errno, SENTENCE_bundle_unreadable, path);
  if (directory < 0 || bundle_read_open (directory, path, &bundle, &err) < 0
      || read_mappings (&bundle, &facts->ports.sandbox, &err) < 0)
    error_refuse (&facts->ports.unknown, SENTENCE_ports_unknown, err.message);
}

/* ---- nerdctl: pkg/netutil/networkstore, where it does not use its annotation
 * nerdctl/ports ---- */

static void
read_nerdctl (const struct json_doc *config, json_node annotations,
              struct facts *facts)
{
  cleanup_bundle struct bundle bundle = BUNDLE_INIT;
  cleanup_error struct error err = ERROR_INIT;
  cleanup_free char *path = NULL;
  cleanup_free char *directory
      = annotation (config, annotations, "nerdctl/state-dir");

  if (directory == NULL || directory[0] != '/')
    return;
  path = xasprintf ("%s/network-config.json", directory);
  if (bundle_read_file (path, &bundle, &err) == 0)
    facts->ports.nerdctl = xstrndup (bundle.text, bundle.length);
  else if (err.system_errno != ENOENT)
    error_refuse (&facts->ports.unknown, SENTENCE_ports_unknown, err.message);
}

void
ports_read_files (const struct json_doc *config, json_node annotations,
                  struct facts *facts)
{
  read_sandbox (config, annotations, facts);
  read_nerdctl (config, annotations, facts);
}
