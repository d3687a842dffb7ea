/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "dns.h"

#include <stdlib.h>
#include <string.h>

#include "mounts.h"

/* ---- names in paths ---- */

struct name
{
  const char *start;
  size_t length;
};

static bool
name_is (struct name name, const char *text)
{
  return strlen (text) == name.length
         && memcmp (name.start, text, name.length) == 0;
}

static bool
consists_of (struct name name, const char *characters)
{
  return name.length > 0 && strspn (name.start, characters) >= name.length;
}

static const char hex[] = "0123456789abcdef";

static bool
is_id (struct name name)
{
  return name.length == 64 && consists_of (name, hex);
}

/* sha256sum(1) of containerd's address, the first 8 digits. */
static bool
is_hash (struct name name)
{
  return name.length == 8 && consists_of (name, hex);
}

/* RFC 9562, or the hash of a static pod's manifest. */
static bool
is_pod (struct name name)
{
  return (name.length == 36 || name.length == 32)
         && consists_of (name, "0123456789abcdef-");
}

/* overlay-containers, vfs-containers, ... */
static bool
is_driver (struct name name)
{
  static const char end[] = "-containers";
  size_t length = sizeof end - 1;

  return name.length > length
         && memcmp (name.start + name.length - length, end, length) == 0;
}

/* Go's os.MkdirTemp() appends a random number of 32 bits, which nearly always
 * has these digits; `buildah7` is a directory that somebody made. */
enum { RANDOM_DIGITS = 7 };

static bool
is_buildah (struct name name)
{
  static const char start[] = "buildah";
  size_t length = sizeof start - 1;

  return name.length >= length + RANDOM_DIGITS
         && memcmp (name.start, start, length) == 0
         && consists_of (
             (struct name){ name.start + length, name.length - length },
             "0123456789");
}

static bool
is_any (struct name name)
{
  return name.length > 0;
}

static const struct
{
  const char *text;
  bool (*has) (struct name name);
} sets[] = { { "%id", is_id },           { "%hash", is_hash },
             { "%pod", is_pod },         { "%driver", is_driver },
             { "%buildah", is_buildah }, { "%namespace", is_any } };

/* The last component before PATH[*END], which is where it starts then; empty
 * when there is none.  `//` and `/./` are one slash. */
static struct name
last_name (const char *path, size_t *end)
{
  size_t stop;

  do
    {
      while (*end > 0 && path[*end - 1] == '/')
        --*end;
      stop = *end;
      while (*end > 0 && path[*end - 1] != '/')
        --*end;
    }
  while (stop - *end == 1 && path[*end] == '.');
  return (struct name){ path + *end, stop - *end };
}

static bool
fits (struct name name, struct name wanted)
{
  for (size_t i = 0; wanted.start[0] == '%' && i < sizeof sets / sizeof *sets;
       i++)
    if (name_is (wanted, sets[i].text))
      return sets[i].has (name);
  return name.length == wanted.length
         && memcmp (name.start, wanted.start, name.length) == 0;
}

/* Whether the last components of PATH are those of WANTED. */
static bool
path_ends (const char *path, const char *wanted)
{
  size_t end = strlen (path), wanted_end = strlen (wanted);
  struct name name;

  while ((name = last_name (wanted, &wanted_end)).length > 0)
    if (!fits (last_name (path, &end), name))
      return false;
  return true;
}

/* ---- whose file it is ---- */

enum { LAYOUTS = 6 };

/* The ends of paths.  `podman run --chrootdirs` mounts the files below other
 * directories too; an engine's own may be anywhere, the names in them are its
 * own. */
static const struct
{
  const char *destination, *sources[LAYOUTS];
} files[DNS_FILES] = {
  [DNS_RESOLV_CONF]
  = { "etc/resolv.conf",
      {
          /* containers/storage, ContainerRunDirectory(): podman, for a pod
           * those of its infra container (libpod, createResolvConf(),
           * createHostsFile()); CRI-O (server/sandbox_run_linux.go) */
          "%driver/%id/userdata/resolv.conf",
          /* moby, setupPathsAndSandboxOptions() */
          "containers/%id/resolv.conf",
          /* containerd's CRI plugin, getResolvPath(), getSandboxHosts() */
          "io.containerd.grpc.v1.cri/sandboxes/%id/resolv.conf",
          /* nerdctl, docs/dir.md */
          "%hash/containers/%namespace/%id/resolv.conf",
          /* buildah, Builder.Run() */
          "%buildah/resolv.conf",
      } },
  [DNS_HOSTS]
  = { "etc/hosts",
      {
          "%driver/%id/userdata/hosts",
          "containers/%id/hosts",
          "io.containerd.grpc.v1.cri/sandboxes/%id/hosts",
          "%hash/etchosts/%namespace/%id/hosts",
          "%buildah/hosts",
          /* kubelet, getEtcHostsPath() */
          "kubelet/pods/%pod/etc-hosts",
      } },
};

bool
dns_is_engine_made (const struct json_doc *config, json_node mount,
                    const char *source, enum dns_file *which)
{
  cleanup_free char *destination = NULL;
  json_node node;

  if (source[0] != '/'
      || json_get (config, mount, "destination", JSON_STRING, &node, NULL)
             <= 0)
    return false;
  destination = json_string (config, node);
  *which = path_ends (destination, files[DNS_HOSTS].destination)
               ? DNS_HOSTS
               : DNS_RESOLV_CONF;
  if (!path_ends (destination, files[*which].destination))
    return false;
  for (size_t i = 0; i < LAYOUTS && files[*which].sources[i] != NULL; i++)
    if (path_ends (source, files[*which].sources[i]))
      return true;
  return false;
}

/* ---- what becomes of it ---- */

bool
dns_wanted (const struct request *request, const struct facts *facts,
            const struct policy_settings *settings)
{
  return request->network && settings->dns == DNS_HOST
         && (facts->relation == NETNS_NEW || facts->relation == NETNS_OTHER);
}

/* Without the flags of its mount the file would come in with more than it has
 * on the host, and in a user namespace runc could not make it read-only. */
void
mount_host_file (const struct plan *plan, struct mount_wish *wish)
{
  static const char why[]
      = "DNS as on the host: the engine's file is for the private network";
  const struct host_file *file = wish->facts->host_file;

  if (file == NULL)
    return;
  wish->new_source = file->source;
  mount_want (wish, "ro", why);
  if (file->flags != 0)
    mount_want_flags (plan, wish, file->flags);
}

void
dns_report (const struct facts *facts, struct error *report)
{
  cleanup_free char *places = NULL;

  for (size_t i = 0; i < DNS_FILES; i++)
    if (facts->host_files[i].missing != NULL)
      {
        cleanup_free char *others = places;

        places = xasprintf ("%s%s`/%s` (%s)", others != NULL ? others : "",
                            others != NULL ? " and " : "", files[i].destination,
                            facts->host_files[i].missing);
      }
  if (places != NULL)
    error_refuse (report, SENTENCE_dns_kept, places);
}
