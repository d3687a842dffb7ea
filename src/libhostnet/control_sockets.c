/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "control_sockets.h"

/* The default addresses: dockerd(8), podman-system-service(1), containerd's
 * and CRI-O's configuration, k3s, cri-dockerd, buildkitd, LXD and Incus;
 * D-Bus specification, "Well-known Message Bus Instances"; systemd's
 * src/basic/def.h for its private socket; udev(7) for its control socket;
 * wpa_supplicant's ctrl_interface, snapd, libvirtd(8). */
static const struct control_socket sockets[] = {
  { "/run/docker.sock", "the engine starts any container" },
  { "/run/podman/podman.sock", "the engine starts any container" },
  { "/run/containerd/containerd.sock", "the engine starts any container" },
  { "/run/containerd/containerd.sock.ttrpc", "the engine's internal socket" },
  { "/run/docker/containerd/containerd.sock",
    "the engine starts any container" },
  { "/run/k3s/containerd/containerd.sock",
    "the engine starts any container" },
  { "/run/crio/crio.sock", "the engine starts any container" },
  { "/run/cri-dockerd.sock", "the engine starts any container" },
  { "/run/dockershim.sock", "the engine starts any container" },
  { "/run/buildkit/buildkitd.sock", "builds run as root of the host" },
  { "/var/lib/lxd/unix.socket", "the engine starts any container" },
  { "/var/lib/incus/unix.socket", "the engine starts any container" },
  { "/run/dbus/system_bus_socket",
    "systemd, NetworkManager and firewalld listen on the bus" },
  { "/run/systemd/private", "systemd starts any unit" },
  { "/run/udev/control", "udev runs programs" },
  { "/run/wpa_supplicant", "changes wireless links" },
  { "/run/snapd.socket", "snapd installs programs" },
  { "/run/libvirt/libvirt-sock", "libvirt changes networks and starts machines" },
};

const struct control_socket *
control_socket (size_t index)
{
  return index < sizeof sockets / sizeof *sockets ? &sockets[index] : NULL;
}

/* hier(7), file-hierarchy(7); engines bind single files out of /var and /run
 * (resolv.conf, hosts), and people keep bundles in /root, so that below those
 * only what is named here counts. */
static const struct host_directory directories[] = {
  { "/", false, false, "the host's root file system" },
  { "/etc", true, true, "the host's configuration" },
  { "/usr", true, true, "the host's programs" },
  /* a read-only mount does not keep anybody from writing to a terminal */
  { "/dev", false, false, "the host's devices and terminals" },
  { "/dev/pts", false, false, "the host's terminals" },
  { "/dev/shm", true, false, "shared memory of the host's processes" },
  { "/boot", true, true, "the host's kernel" },
  { "/root", true, false, "what root of the host runs at login" },
  { "/var", true, false, "state of the host's services" },
  { "/var/spool/cron", true, true, "what the host runs by the clock" },
  { "/run", true, false, "state of the host's services" },
  { "/run/netns", true, true, "pins of network namespaces" },
  { "/run/systemd", true, true, "units that systemd runs" },
  { "/run/crun", true, true, "hooks that crun runs" },
  { "/run/runc", true, true, "hooks that runc runs" },
  { "/run/docker", true, false, "bundles and hooks" },
  { "/run/containerd", true, false, "bundles and hooks" },
  { "/run/containers", true, false, "bundles and hooks" },
  { "/run/crio", true, false, "bundles and hooks" },
  { "/root/.ssh", true, true, "who may log in" },
  { "/var/lib", true, false, "state of the host's services" },
  { "/var/lib/containerd", true, false, "other containers" },
  { "/var/lib/containers", true, false, "other containers" },
  { "/var/lib/docker", true, false, "other containers" },
  { "/var/lib/kubelet", true, false, "what the kubelet runs" },
};

const struct host_directory *
host_directory (size_t index)
{
  return index < sizeof directories / sizeof *directories ? &directories[index]
                                                          : NULL;
}
