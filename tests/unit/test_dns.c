/* SPDX-License-Identifier: Apache-2.0 */
/* Which mounts at /etc/resolv.conf and /etc/hosts an engine made, and when the
 * host's files take their place.  TAP. */
#include <config.h>

#include "dns.h"

#include <string.h>

#include "tap.h"

#define HEX8 "0123abcd"
#define ID HEX8 HEX8 HEX8 HEX8 HEX8 HEX8 HEX8 HEX8
#define POD "c0ffee00-1111-4222-8333-0123456789ab"

#define NONE DNS_FILES

static const struct
{
  const char *what, *destination, *source;
  enum dns_file want; /* or NONE */
} rows[] = {
#define RESOLV(what, source) { what, "/etc/resolv.conf", source, DNS_RESOLV_CONF }
#define HOSTS(what, source) { what, "/etc/hosts", source, DNS_HOSTS }
#define KEPT(what, source)                                                    \
  { what, "/etc/hosts", source, NONE },                                       \
    { what, "/etc/resolv.conf", source, NONE }
  RESOLV ("podman, root", "/run/containers/storage/overlay-containers/" ID "/userdata/resolv.conf"),
  HOSTS ("podman, root", "/run/containers/storage/overlay-containers/" ID "/userdata/hosts"),
  HOSTS ("podman, rootless", "/run/user/5000/containers/vfs-containers/" ID "/userdata/hosts"),
  RESOLV ("podman, rootless, no XDG_RUNTIME_DIR", "/tmp/containers-user-5000/containers/btrfs-containers/" ID "/userdata/resolv.conf"),
  RESOLV ("CRI-O", "/run/crio-labroot/overlay-containers/" ID "/userdata/resolv.conf"),
  RESOLV ("docker", "/var/lib/docker/containers/" ID "/resolv.conf"),
  HOSTS ("docker", "/var/lib/docker/containers/" ID "/hosts"),
  HOSTS ("docker, userns-remap", "/var/lib/docker/100000.100000/containers/" ID "/hosts"),
  HOSTS ("docker, rootless", "/home/u/.local/share/docker/containers/" ID "/hosts"),
  HOSTS ("docker, the data root at the top", "/containers/" ID "/hosts"),
  RESOLV ("containerd's CRI plugin", "/var/lib/containerd/io.containerd.grpc.v1.cri/sandboxes/" ID "/resolv.conf"),
  HOSTS ("containerd's CRI plugin", "/var/lib/containerd/io.containerd.grpc.v1.cri/sandboxes/" ID "/hosts"),
  RESOLV ("k3s", "/var/lib/rancher/k3s/agent/containerd/io.containerd.grpc.v1.cri/sandboxes/" ID "/resolv.conf"),
  HOSTS ("kubelet", "/var/lib/kubelet/pods/" POD "/etc-hosts"),
  HOSTS ("kubelet, a static pod", "/var/lib/kubelet/pods/" HEX8 HEX8 HEX8 HEX8 "/etc-hosts"),
  HOSTS ("kubelet, k0s", "/var/lib/k0s/kubelet/pods/" POD "/etc-hosts"),
  RESOLV ("nerdctl", "/var/lib/nerdctl/1935db59/containers/default/" ID "/resolv.conf"),
  HOSTS ("nerdctl", "/var/lib/nerdctl/1935db59/etchosts/k8s.io/" ID "/hosts"),
  RESOLV ("buildah", "/var/tmp/buildah231896641/resolv.conf"),
  HOSTS ("buildah", "/var/tmp/buildah231896641/hosts"),

  { "podman --chrootdirs", "/srv/jail/etc/hosts", "/run/containers/storage/overlay-containers/" ID "/userdata/hosts", DNS_HOSTS },
  { "a relative destination", "etc/hosts", "/var/lib/docker/containers/" ID "/hosts", DNS_HOSTS },
  { "slashes and dots", "//etc/.//./hosts/", "/var/lib/docker/containers/" ID "/hosts", DNS_HOSTS },
  { "slashes in the source", "/etc/hosts", "/var/lib/docker//containers/./" ID "/hosts", DNS_HOSTS },

  { "hosts at resolv.conf", "/etc/resolv.conf", "/var/lib/docker/containers/" ID "/hosts", NONE },
  { "resolv.conf at hosts", "/etc/hosts", "/var/lib/docker/containers/" ID "/resolv.conf", NONE },
  { "etc-hosts at resolv.conf", "/etc/resolv.conf", "/var/lib/kubelet/pods/" POD "/etc-hosts", NONE },
  { "the host name", "/etc/hostname", "/var/lib/docker/containers/" ID "/hostname", NONE },
  { "hosts at the host name", "/etc/hostname", "/var/lib/docker/containers/" ID "/hosts", NONE },
  { "resolv.conf at another place", "/resolv.conf", "/var/lib/docker/containers/" ID "/resolv.conf", NONE },
  { "resolv.conf at the host name", "/etc/hostname", "/var/lib/docker/containers/" ID "/resolv.conf", NONE },
  { "another place", "/hosts", "/var/lib/docker/containers/" ID "/hosts", NONE },
  { "another place with a longer name", "/xetc/hosts", "/var/lib/docker/containers/" ID "/hosts", NONE },
  { "another place below", "/etc/hosts/x", "/var/lib/docker/containers/" ID "/hosts", NONE },
  { "another place with ..", "/etc/../hosts", "/var/lib/docker/containers/" ID "/hosts", NONE },
  { "no place", "", "/var/lib/docker/containers/" ID "/hosts", NONE },

  KEPT ("the host's own", "/etc/hosts"),
  KEPT ("the host's own", "/etc/resolv.conf"),
  KEPT ("the host's own, systemd-resolved", "/run/systemd/resolve/stub-resolv.conf"),
  KEPT ("a user's", "/home/u/hosts"),
  KEPT ("a user's", "/home/u/resolv.conf"),
  KEPT ("a user's, named as the kubelet's", "/srv/kubelet/etc-hosts"),
  KEPT ("a user's volume", "/var/lib/containers/storage/volumes/v/_data/hosts"),
  KEPT ("a user's volume", "/var/lib/docker/volumes/" ID "/_data/hosts"),
  KEPT ("a kubelet volume", "/var/lib/kubelet/pods/" POD "/volumes/kubernetes.io~configmap/c/hosts"),
  KEPT ("a kubelet volume", "/var/lib/kubelet/pods/" POD "/volumes/kubernetes.io~configmap/c/etc-hosts"),
  KEPT ("a kubelet volume with a subpath", "/var/lib/kubelet/pods/" POD "/volume-subpaths/c/main/0"),
  KEPT ("an image's layer", "/var/lib/containers/storage/overlay/" ID "/diff/etc/hosts"),
  KEPT ("an id that is too short", "/var/lib/docker/containers/" HEX8 "/hosts"),
  KEPT ("an id that is too long", "/var/lib/docker/containers/" ID "0/hosts"),
  KEPT ("a name for an id", "/srv/containers/web/hosts"),
  KEPT ("an id in capitals", "/var/lib/docker/containers/" HEX8 HEX8 HEX8 HEX8 HEX8 HEX8 HEX8 "0123ABCD/hosts"),
  KEPT ("no userdata", "/run/containers/storage/overlay-containers/" ID "/hosts"),
  KEPT ("no driver", "/srv/-containers/" ID "/userdata/hosts"),
  KEPT ("no driver's directory", "/srv/containers/" ID "/userdata/hosts"),
  KEPT ("a secret of podman's", "/run/containers/storage/overlay-containers/" ID "/userdata/run/secrets/hosts"),
  KEPT ("no id of a pod", "/var/lib/kubelet/pods/web/etc-hosts"),
  KEPT ("an id of a pod that is too long", "/var/lib/kubelet/pods/" POD "0/etc-hosts"),
  KEPT ("a pod that is not the kubelet's", "/srv/pods/" POD "/etc-hosts"),
  KEPT ("no sandbox", "/var/lib/containerd/io.containerd.grpc.v1.cri/" ID "/hosts"),
  KEPT ("buildah without digits", "/home/u/buildah/hosts"),
  KEPT ("a user's buildah7", "/srv/x/buildah7/hosts"),
  KEPT ("buildah with more", "/home/u/buildah231896641x/hosts"),
  KEPT ("more than digits", "/home/u/xbuildah231896641/hosts"),
  KEPT ("nerdctl's names", "/srv/1935db5/etchosts/default/" ID "/hosts"),
  KEPT ("a relative source", "containers/" ID "/hosts"),
  KEPT ("something below", "/var/lib/docker/containers/" ID "/hosts/hosts"),
  KEPT (".. at the end", "/var/lib/docker/containers/" ID "/x/../hosts"),
  KEPT ("nothing", ""),
  KEPT ("the root", "/"),
};

static enum dns_file
found (const char *destination, const char *source)
{
  cleanup_json struct json_doc config = JSON_DOC_INIT;
  cleanup_free char *text = xasprintf ("{\"destination\":\"%s\"}", destination);
  enum dns_file which;

  if (json_index (&config, text, strlen (text), false, NULL) < 0
      || !dns_is_engine_made (&config, 0, source, &which))
    return NONE;
  return which;
}

static void
test_layouts (void)
{
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
    {
      cleanup_free char *what = xasprintf ("%s: %s at %s", rows[i].what,
                                           rows[i].source,
                                           rows[i].destination);

      tap_ok (found (rows[i].destination, rows[i].source) == rows[i].want,
              what);
    }
}

static bool
without_destination (const char *text)
{
  cleanup_json struct json_doc config = JSON_DOC_INIT;
  enum dns_file which;

  return json_index (&config, text, strlen (text), false, NULL) == 0
         && !dns_is_engine_made (&config, 0,
                                 "/var/lib/docker/containers/" ID "/hosts",
                                 &which);
}

/* ---- when ---- */

static const struct
{
  const char *what;
  bool asks;
  enum netns_relation relation;
  enum policy_dns dns;
  bool want;
} when_rows[] = {
  { "asks, another namespace", true, NETNS_OTHER, DNS_HOST, true },
  { "asks, a new one", true, NETNS_NEW, DNS_HOST, true },
  { "asks and has the host's", true, NETNS_HOST, DNS_HOST, false },
  { "asks and has the host's by its path", true, NETNS_HOST_PATH, DNS_HOST,
    false },
  { "does not ask, another", false, NETNS_OTHER, DNS_HOST, false },
  { "does not ask, the host's", false, NETNS_HOST, DNS_HOST, false },
  { "does not ask, the host's by its path", false, NETNS_HOST_PATH, DNS_HOST,
    false },
  { "the policy keeps, another", true, NETNS_OTHER, DNS_KEEP, false },
  { "the policy keeps, a new one", true, NETNS_NEW, DNS_KEEP, false },
};

static void
test_when (void)
{
  for (size_t i = 0; i < sizeof when_rows / sizeof *when_rows; i++)
    {
      struct request request = { .network = when_rows[i].asks };
      struct facts facts = { .relation = when_rows[i].relation };
      struct policy_settings settings = { .dns = when_rows[i].dns };

      tap_ok (dns_wanted (&request, &facts, &settings) == when_rows[i].want,
              when_rows[i].what);
    }
}

int
main (void)
{
  test_layouts ();
  tap_ok (without_destination ("{}"), "no destination");
  tap_ok (without_destination ("{\"destination\":1}"),
          "a destination that is no string");
  test_when ();
  return tap_end ();
}
