/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "ways.h"

#include <errno.h>
#include <ftw.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "control_sockets.h"
#include "devices.h"
#include "facts.h"
#include "nsfs.h"
#include "paths.h"

static void __attribute__ ((format (printf, 3, 4)))
add (struct ways *ways, enum refusal id, const char *sentence, ...)
{
  char *text;
  va_list args;

  va_start (args, sentence);
  text = xvasprintf (sentence, args);
  va_end (args);
  for (size_t i = 0; i < ways->count; i++)
    if (strcmp (ways->list[i].sentence, text) == 0)
      {
        free (text);
        return;
      }
  ways->list
      = xrealloc (ways->list, (ways->count + 1) * sizeof *ways->list);
  ways->list[ways->count++] = (struct way){ id, text };
}

void
ways_clear (struct ways *ways)
{
  for (size_t i = 0; i < ways->count; i++)
    free (ways->list[i].sentence);
  free (ways->list);
  *ways = (struct ways)WAYS_INIT;
}

/* ---- namespaces ---- */

/* 1 with *PATH (owned by the caller, NULL without one) when there is an entry
 * of TYPE; *PATH is NULL too when it is our own namespace: then 0.  crun joins
 * the one that has a path when there are two (measured, crun 1.8.1). */
static int
find_namespace (const struct json_doc *config, json_node namespaces,
                const char *type, char **path, struct error *err)
{
  json_node name, node;
  int found = 0;

  for (json_node n = json_first (config, namespaces); n != JSON_NONE;
       n = json_next (config, n))
    {
      bool own = false;

      if (json_get (config, n, "type", JSON_STRING, &name, err) < 0
          || json_get (config, n, "path", JSON_STRING, &node, err) < 0)
        return -1;
      if (name == JSON_NONE || !json_string_is (config, name, type))
        continue;
      found = 1;
      if (node == JSON_NONE)
        continue;
      free (*path);
      *path = json_string (config, node);
      if (nsfs_is_own (type, *path, &own) == 0 && own)
        {
          free (*path);
          *path = NULL;
          return 0;
        }
    }
  return found;
}

static int
look_at_namespaces (const struct json_doc *config, json_node linux_object,
                    struct ways *ways, struct error *err)
{
  cleanup_free char *pid_path = NULL, *ipc_path = NULL;
  json_node namespaces;
  int pid, ipc;

  if (json_get (config, linux_object, "namespaces", JSON_ARRAY, &namespaces,
                err)
      < 0)
    return -1;
  pid = find_namespace (config, namespaces, "pid", &pid_path, err);
  ipc = find_namespace (config, namespaces, "ipc", &ipc_path, err);
  if (pid < 0 || ipc < 0)
    return -1;
  if (pid == 0)
    add (ways, SENTENCE_way_pid_host);
  else if (pid_path != NULL)
    add (ways, SENTENCE_way_pid_joined, escape (pid_path).text);
  /* A neighbour's IPC namespace is the pod's business: every pod shares it. */
  if (ipc == 0)
    add (ways, SENTENCE_way_ipc_host);
  return 0;
}

/* ---- devices ---- */

/* Character devices that reach the host without a capability, or with one that
 * may stay.  Documentation/admin-guide/devices.txt; block devices all do. */
static const struct
{
  unsigned major_number;
  int minor_number; /* -1: all */
  const char *reason;
} devices[] = {
  { 1, 1, "the host's memory" },       { 1, 2, "the kernel's memory" },
  { 1, 4, "the host's I/O ports" },    { 4, -1, "the host's consoles" },
  { 10, 196, "drives PCI devices" },   { 10, 223, "types at the host's console" },
  { 10, 239, "types at the host's console" },
  { 13, -1, "types at the host's console" },
  { 21, -1, "writes SCSI disks" },     { 90, -1, "writes flash memory" },
  { 189, -1, "drives USB devices, network and disks among them" },
};

static int
look_at_device (const struct json_doc *config, json_node linux_object,
                bool block, unsigned major_number, unsigned minor_number,
                const char *where, struct ways *ways, struct error *err)
{
  const char *reason = block ? "it is a disk, or part of one" : NULL;
  int admitted;

  for (size_t i = 0; !block && i < sizeof devices / sizeof *devices; i++)
    if (devices[i].major_number == major_number
        && (devices[i].minor_number < 0
            || (unsigned) devices[i].minor_number == minor_number))
      reason = devices[i].reason;
  if (reason == NULL)
    return 0;
  admitted = devices_admit (config, linux_object, block, major_number,
                            minor_number, err);
  if (admitted > 0)
    add (ways, SENTENCE_way_device, major_number, minor_number,
         escape (where).text, reason);
  return admitted < 0 ? -1 : 0;
}

/* ---- mounts ---- */

struct source
{
  char *destination; /* for messages */
  char *real;
  bool read_only; /* with all below it */
};

/* `ro` leaves what is mounted below writable; the last word counts. */
static bool
is_read_only (const struct json_doc *config, json_node mount, bool directory)
{
  json_node options;
  bool plain = false, whole = false, recursive = false;

  json_get (config, mount, "options", JSON_ARRAY, &options, NULL);
  for (json_node n = json_first (config, options); n != JSON_NONE;
       n = json_next (config, n))
    {
      recursive |= json_string_is (config, n, "rbind");
      if (json_string_is (config, n, "ro"))
        plain = true;
      else if (json_string_is (config, n, "rro"))
        whole = true;
      else if (json_string_is (config, n, "rw"))
        plain = false;
      else if (json_string_is (config, n, "rrw"))
        whole = plain = false;
    }
  return whole || (plain && !(recursive && directory));
}

static bool
look_at_directories (const struct source *source, struct ways *ways)
{
  const struct host_directory *directory;

  for (size_t i = 0; (directory = host_directory (i)) != NULL; i++)
    {
      cleanup_free char *real = realpath (directory->path, NULL);

      if (source->read_only && directory->read_only_is_fine)
        continue;
      if (real == NULL) /* it may come to be */
        real = xstrndup (directory->path, strlen (directory->path));
      if (path_is_below (real, source->real)
          || (directory->below_too && path_is_below (source->real, real)))
        {
          add (ways, SENTENCE_way_host_directory,
               escape (source->destination).text, directory->path,
               source->read_only ? "" : ", writable", directory->reason);
          return true; /* what holds more stands first */
        }
    }
  return false;
}

/* Who writes config.json chooses hooks, and the capabilities that runc's exec
 * gives. */
static void
look_at_bundle (const char *bundle, const char *real, const char *where,
                struct ways *ways)
{
  cleanup_free char *directory = realpath (bundle, NULL);

  if (directory != NULL && path_is_below (directory, real))
    add (ways, SENTENCE_way_bundle, escape (directory).text,
         escape (where).text);
}

static int
look_at_root (const struct json_doc *config, const char *bundle,
              struct ways *ways, struct error *err)
{
  cleanup_free char *real = NULL;
  int found = facts_root (config, bundle, &real, err);

  if (found == 1 && bundle != NULL)
    look_at_bundle (bundle, real, "/", ways);
  return found < 0 ? -1 : 0;
}

/* Sockets of the host that are there to be talked to: systemd-journald(8),
 * sd_notify(3). */
static const char *const harmless_sockets[]
    = { "/run/systemd/journal", "/run/systemd/notify", "/dev/log" };

static bool
is_harmless_socket (const char *real)
{
  for (size_t i = 0; i < sizeof harmless_sockets / sizeof *harmless_sockets;
       i++)
    if (path_is_below (real, harmless_sockets[i]))
      return true;
  return false;
}

/* A read-only mount does not keep anybody from connecting. */
static void
look_at_sockets (const struct source *source, const struct stat *status,
                 struct ways *ways)
{
  const struct control_socket *known;
  bool found = false;

  for (size_t i = 0; (known = control_socket (i)) != NULL; i++)
    {
      cleanup_free char *real = realpath (known->path, NULL);
      struct stat other;

      if (real == NULL || stat (real, &other) < 0)
        continue;
      if (path_is_below (real, source->real)
          || (other.st_dev == status->st_dev
              && other.st_ino == status->st_ino))
        {
          add (ways, SENTENCE_way_control_socket,
               escape (source->destination).text, known->path, known->reason);
          found = true;
        }
    }
  if (!found && S_ISSOCK (status->st_mode) && status->st_uid == 0)
    add (ways, SENTENCE_way_root_socket, escape (source->destination).text);
}

static int
look_at_mount (const struct json_doc *config, json_node linux_object,
               json_node mount, const char *bundle, struct ways *ways,
               struct error *err)
{
  cleanup_free char *destination = NULL, *real = NULL;
  struct source source;
  struct stat status;
  json_node node;
  int found = facts_bind_source (config, mount, bundle, &real, err);

  if (found <= 0)
    return found;
  if (json_get (config, mount, "destination", JSON_STRING, &node, err) < 0)
    return -1;
  destination
      = node == JSON_NONE ? xstrndup ("?", 1) : json_string (config, node);
  if (found == 1 && stat (real, &status) < 0)
    return error_system (err, errno, SENTENCE_mount_source,
                         escape (real).text);
  source = (struct source){
    destination, real,
    is_read_only (config, mount, found == 2 || S_ISDIR (status.st_mode))
  };
  if (found == 1 && S_ISSOCK (status.st_mode) && is_harmless_socket (real))
    return 0;
  if (!look_at_directories (&source, ways) && bundle != NULL
      && !source.read_only)
    look_at_bundle (bundle, real, destination, ways);
  /* What is not there is the runtime's to complain of. */
  if (found == 2)
    return 0;
  look_at_sockets (&source, &status, ways);
  if (S_ISBLK (status.st_mode) || S_ISCHR (status.st_mode))
    return look_at_device (config, linux_object, S_ISBLK (status.st_mode),
                           major (status.st_rdev), minor (status.st_rdev),
                           destination, ways, err);
  return 0;
}

/* ---- linux.devices ---- */

static int
look_at_node (const struct json_doc *config, json_node linux_object,
              json_node device, struct ways *ways, struct error *err)
{
  cleanup_free char *where = NULL;
  json_node type, path, major_node, minor_node;
  uint64_t major_number = 0, minor_number = 0;

  if (json_get (config, device, "type", JSON_STRING, &type, err) < 0
      || json_get (config, device, "path", JSON_STRING, &path, err) < 0
      || json_get (config, device, "major", JSON_NUMBER, &major_node, err) < 0
      || json_get (config, device, "minor", JSON_NUMBER, &minor_node, err) < 0)
    return -1;
  if (type == JSON_NONE
      || (major_node != JSON_NONE
          && json_uint64 (config, major_node, &major_number) < 0)
      || (minor_node != JSON_NONE
          && json_uint64 (config, minor_node, &minor_number) < 0))
    return 0;
  where = path == JSON_NONE ? xstrndup ("?", 1) : json_string (config, path);
  return look_at_device (config, linux_object,
                         json_string_is (config, type, "b"),
                         (unsigned) major_number, (unsigned) minor_number,
                         where, ways, err);
}

/* ---- /proc/net ---- */

/* nftw(3) hands nothing through. */
static char *first_writable;

static int
look_at_file (const char *path, const struct stat *status, int type,
              struct FTW *position)
{
  (void) position;
  if (type != FTW_F || (status->st_mode & (S_IWUSR | S_IWGRP | S_IWOTH)) == 0)
    return 0;
  first_writable = xstrndup (path, strlen (path));
  return 1;
}

/* xt_recent(8) and its like: the files that the host's kernel has now. */
static void
look_at_proc_net (struct ways *ways)
{
  first_writable = NULL;
  if (nftw ("/proc/self/net/", look_at_file, 8, FTW_PHYS) > 0)
    add (ways, SENTENCE_way_proc_net,
         escape (first_writable + strlen ("/proc/self")).text);
  free (first_writable);
}

/* Whether no uid of the container is root outside. */
static bool
has_subordinate_ids (const struct json_doc *config, json_node linux_object)
{
  json_node mappings, node;
  uint64_t host;

  json_get (config, linux_object, "uidMappings", JSON_ARRAY, &mappings, NULL);
  for (json_node n = json_first (config, mappings); n != JSON_NONE;
       n = json_next (config, n))
    if (json_get (config, n, "hostID", JSON_NUMBER, &node, NULL) <= 0
        || json_uint64 (config, node, &host) < 0 || host == 0)
      return false;
  return json_first (config, mappings) != JSON_NONE;
}

int
ways_collect (const struct json_doc *config, const char *bundle,
              enum lock lock, bool subordinate, struct ways *ways,
              struct error *err)
{
  json_node linux_object, mounts, nodes;

  if (json_get (config, 0, "linux", JSON_OBJECT, &linux_object, err) < 0
      || json_get (config, 0, "mounts", JSON_ARRAY, &mounts, err) < 0
      || json_get (config, linux_object, "devices", JSON_ARRAY, &nodes, err)
             < 0
      || look_at_namespaces (config, linux_object, ways, err) < 0
      || look_at_root (config, bundle, ways, err) < 0)
    return -1;
  for (json_node n = json_first (config, mounts); n != JSON_NONE;
       n = json_next (config, n))
    if (look_at_mount (config, linux_object, n, bundle, ways, err) < 0)
      return -1;
  for (json_node n = json_first (config, nodes); n != JSON_NONE;
       n = json_next (config, n))
    if (look_at_node (config, linux_object, n, ways, err) < 0)
      return -1;
  if ((lock & LOCK_STRICT) == 0 && !subordinate
      && !has_subordinate_ids (config, linux_object))
    look_at_proc_net (ways);
  return 0;
}
