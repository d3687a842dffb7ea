/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "bundle.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "io.h"
#include "json.h"
#include "store.h"
#include "userns.h"

/* Root over the machine is careful; a rootless engine's namespace is not ours
 * to guard. */
static bool
must_be_trusted (void)
{
  bool initial;

  return geteuid () == 0 && (userns_is_initial (&initial) < 0 || initial);
}

static int
refuse_owner (uid_t owner, const char *path, struct error *err)
{
  cleanup_free char *who = xasprintf ("it belongs to uid %u", (unsigned) owner);

  return error_refuse (err, SENTENCE_bundle_unsafe, escape (path).text, who);
}

static int
check_mode (const struct stat *status, const char *path, struct error *err)
{
  if ((status->st_mode & (S_IWGRP | S_IWOTH)) != 0 && must_be_trusted ())
    return error_refuse (err, SENTENCE_bundle_unsafe, escape (path).text,
                         "others than root can write it");
  return 0;
}

/* Whether the configuration, which root wrote, makes UID the root of the
 * container: podman gives that user the bundle directory. */
static int
is_container_root (const struct bundle *bundle, uid_t uid, bool *is,
                   struct error *err)
{
  struct json_doc doc = JSON_DOC_INIT;
  json_node linux_object, mappings, inside, outside;
  int result = json_index (&doc, bundle->text, bundle->length, false, err);

  *is = false;
  if (result == 0
      && (json_get (&doc, 0, "linux", JSON_OBJECT, &linux_object, err) < 0
          || json_get (&doc, linux_object, "uidMappings", JSON_ARRAY,
                       &mappings, err)
                 < 0))
    result = -1;
  for (json_node n = result == 0 ? json_first (&doc, mappings) : JSON_NONE;
       n != JSON_NONE; n = json_next (&doc, n))
    {
      uint64_t from = 1, to = 0;

      if (json_get (&doc, n, "containerID", JSON_NUMBER, &inside, NULL) > 0
          && json_get (&doc, n, "hostID", JSON_NUMBER, &outside, NULL) > 0
          && json_uint64 (&doc, inside, &from) == 0
          && json_uint64 (&doc, outside, &to) == 0 && from == 0 && to == uid)
        *is = true;
    }
  json_clear (&doc);
  return result;
}

static int
check_directory_owner (const struct bundle *bundle, struct error *err)
{
  uid_t owner = bundle->directory_owner;
  bool trusted;

  if (owner == 0 || !must_be_trusted ())
    return 0;
  if (is_container_root (bundle, owner, &trusted, err) < 0)
    return -1;
  return trusted ? 0 : refuse_owner (owner, bundle->directory_path, err);
}

static int
read_file (struct bundle *bundle, struct error *err)
{
  cleanup_free char *path
      = xasprintf ("%s/%s", bundle->directory_path, bundle->name);
  int failed;

  /* O_NONBLOCK: a FIFO must not hold us. */
  bundle->file = openat (bundle->directory, bundle->name,
                         O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK
                             | O_NOCTTY);
  if (bundle->file < 0 && errno == ELOOP)
    return error_refuse (err, SENTENCE_config_not_regular, escape (path).text);
  if (bundle->file < 0 || fstat (bundle->file, &bundle->status) < 0)
    return error_system (err, errno, SENTENCE_config_unreadable,
                         escape (path).text);
  if (!S_ISREG (bundle->status.st_mode))
    return error_refuse (err, SENTENCE_config_not_regular, escape (path).text);
  if (bundle->status.st_uid != 0 && must_be_trusted ())
    return refuse_owner (bundle->status.st_uid, path, err);
  if (check_mode (&bundle->status, path, err) < 0)
    return -1;
  failed = read_all (bundle->file, JSON_MAX_BYTES, &bundle->text,
                     &bundle->length);
  if (failed > 0)
    return error_refuse (err, SENTENCE_config_big, escape (path).text,
                         JSON_MAX_BYTES);
  if (failed < 0)
    return error_system (err, errno, SENTENCE_config_unreadable,
                         escape (path).text);
  return 0;
}

static int
open_directory (struct bundle *bundle, struct error *err)
{
  const char *path = bundle->directory_path;
  struct stat status;

  if (bundle->directory < 0)
    bundle->directory = open (path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (bundle->directory < 0 || fstat (bundle->directory, &status) < 0)
    return error_system (err, errno, SENTENCE_bundle_unreadable,
                         escape (path).text);
  bundle->directory_owner = status.st_uid;
  return check_mode (&status, path, err);
}

static int
read_both (struct bundle *bundle, struct error *err)
{
  return open_directory (bundle, err) < 0 || read_file (bundle, err) < 0
                 || check_directory_owner (bundle, err) < 0
             ? -1
             : 0;
}

int
bundle_read (const char *path, struct bundle *bundle, struct error *err)
{
  bundle->directory_path = xstrndup (path, strlen (path));
  bundle->name = xstrndup ("config.json", 11);
  return read_both (bundle, err);
}

int
bundle_read_open (int directory, const char *path, struct bundle *bundle,
                  struct error *err)
{
  bundle->directory = directory;
  return bundle_read (path, bundle, err);
}

int
bundle_read_file (const char *path, struct bundle *bundle, struct error *err)
{
  const char *slash = strrchr (path, '/');

  if (slash == NULL)
    bundle->directory_path = xstrndup (".", 1);
  else if (slash == path)
    bundle->directory_path = xstrndup ("/", 1);
  else
    bundle->directory_path = xstrndup (path, (size_t) (slash - path));
  slash = slash ? slash + 1 : path;
  bundle->name = xstrndup (slash, strlen (slash));
  return read_both (bundle, err);
}

int
bundle_store (const struct bundle *bundle, const char *text, size_t length,
              struct error *err)
{
  cleanup_free char *path
      = xasprintf ("%s/%s", bundle->directory_path, bundle->name);
  cleanup_free char *temporary = NULL;
  cleanup_close int fd
      = store_temporary (bundle->directory, bundle->name, &temporary);
  int failure;

  if (fd < 0)
    return error_system (err, errno, SENTENCE_config_unwritable,
                         escape (path).text);
  if (store_fill (fd, text, length, &bundle->status, bundle->file) == 0
      && renameat (bundle->directory, temporary, bundle->directory,
                   bundle->name)
             == 0)
    return 0;
  failure = errno;
  unlinkat (bundle->directory, temporary, 0);
  return error_system (err, failure, SENTENCE_config_unwritable,
                       escape (path).text);
}

void
bundle_clear (struct bundle *bundle)
{
  cleanup_closep (&bundle->directory);
  cleanup_closep (&bundle->file);
  free (bundle->directory_path);
  free (bundle->name);
  free (bundle->text);
  *bundle = (struct bundle) BUNDLE_INIT;
}
