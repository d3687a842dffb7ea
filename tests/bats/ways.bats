#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Ways around a lock in force: `diff` names each, strict refuses to start, standard starts.
bats_require_minimum_version 1.5.0
load helpers

setup_file() {
	require_program oci-hostnet oci-hostnet-crun oci-hostnet-runc
	make_rootfs "$HOSTNET_TEST_DIR/rootfs"
}

setup() {
	SERVERS=() SOCKETS=()
	STARTED_ID=
	no_policy
	remember_host
	work=$(mktemp -d "$HOSTNET_TEST_DIR/tmp/ways.XXXXXX")
}

teardown() {
	local pid
	stop
	for pid in "${SERVERS[@]}"; do kill "$pid" 2>/dev/null || true; done
	rm -f "${SOCKETS[@]}"
	no_policy
	if ! host_unchanged >/dev/null; then host_network_reset; fi
}

STRICT='.annotations["io.oci-hostnet.lock"] = "strict"'

# bind SOURCE [OPTION...] - as an expression
bind() {
	local options=("${@:2}")
	[ "${2-}" = bind ] || options=(rbind "${@:2}")
	echo ".mounts += [{destination: \"/data/x\", type: \"bind\", source: \"$1\", options: $(words "${options[@]}" | jq -c .)}]"
}

# listening PATH [UID] - a socket of the host where somebody listens
listening() {
	mkdir -p "$(dirname "$1")"
	[ -x "$HOSTNET_TEST_DIR/listen" ] || gcc -static -o "$HOSTNET_TEST_DIR/listen" -x c - <<-'C'
		#include <string.h>
		#include <sys/socket.h>
		#include <sys/un.h>
		#include <unistd.h>
		int main (int argc, char **argv)
		{
		  struct sockaddr_un a = { .sun_family = AF_UNIX };
		  int fd = socket (AF_UNIX, SOCK_STREAM, 0);
		  strcpy (a.sun_path, argv[argc - 1]);
		  if (bind (fd, (struct sockaddr *) &a, sizeof a) < 0 || listen (fd, 1) < 0) return 1;
		  for (;;) pause ();
		}
	C
	rm -f "$1"
	"$HOSTNET_TEST_DIR/listen" "$1" </dev/null >/dev/null 2>&1 3>&- &
	SERVERS+=($!)
	SOCKETS+=("$1")
	wait_for 50 test -S "$1"
	[ -z "${2-}" ] || chown "$2" "$1"
}

# ways CHANGE - the ids that `diff --json` names under standard, in one line
ways() {
	rm -rf "$work/bundle"
	make_bundle "$work/bundle" "$1" true
	run -0 "$PROGRAMS/oci-hostnet" diff --json "$work/bundle"
	WAYS=$(jq -r '[.checks[] | select(.verdict != "holds") | .id] | unique | join(" ")' <<<"$output")
	echo "$WAYS"
}

# way ID TEXT CHANGE - standard reports it and nothing else; strict refuses it
way() {
	ways "$3"
	[ "$WAYS" = "$1" ]
	run -0 "$PROGRAMS/oci-hostnet" diff "$work/bundle"
	grep -F "way out " <<<"$output" | grep -F -- "$2"
	make_bundle "$work/bundle" "$3 | $STRICT" echo STARTED
	run -1 "$PROGRAMS/oci-hostnet" apply "$work/bundle"
	expect_output "$2"
	run -1 run_bundle "${4:-crun}" "$work/bundle"
	expect_output "$2"
	[[ $output != *STARTED* ]]
}

# no_way CHANGE - neither reported nor refused
no_way() {
	ways "$1"
	[ -z "$WAYS" ]
	make_bundle "$work/bundle" "$1 | $STRICT" true
	run -0 "$PROGRAMS/oci-hostnet" apply "$work/bundle"
}

@test "the control: an ordinary container has no way out" { no_way .; }

runs_under_standard() {
	run -0 container "$1" "del(.linux.namespaces[] | select(.type == \"pid\")) | $(bind /etc ro)" cat /data/x/hostname
	[ "$output" = "$(cat /etc/hostname)" ]
}
@test "crun: standard starts what strict refuses" { runs_under_standard crun; }
@test "runc: standard starts what strict refuses" { runs_under_standard runc; }

# --- namespaces ----------------------------------------------------------------------

host_pid() {
	way way_pid_host "the host's PID namespace" 'del(.linux.namespaces[] | select(.type == "pid"))' "$1"
	way way_pid_host "the host's PID namespace" '(.linux.namespaces[] | select(.type == "pid")).path = "/proc/self/ns/pid"' "$1"
}
@test "crun: the host's PID namespace" { host_pid crun; }
@test "runc: the host's PID namespace" { host_pid runc; }

@test "a joined PID namespace" {
	local pid
	start crun . sh -c 'echo ready; exec sleep 100'
	pid=$("$STARTED_RUNTIME" state "$STARTED_ID" | jq .pid)
	way way_pid_joined "joins the PID namespace \`/proc/$pid/ns/pid\`" \
		"(.linux.namespaces[] | select(.type == \"pid\")).path = \"/proc/$pid/ns/pid\""
	# every pod shares its IPC namespace
	no_way "(.linux.namespaces[] | select(.type == \"ipc\")).path = \"/proc/$pid/ns/ipc\""
}

@test "the host's IPC namespace" {
	way way_ipc_host "the host's IPC namespace" 'del(.linux.namespaces[] | select(.type == "ipc"))'
	way way_ipc_host "the host's IPC namespace" '(.linux.namespaces[] | select(.type == "ipc")).path = "/proc/self/ns/ipc"' runc
	# crun joins the second of two
	way way_ipc_host "the host's IPC namespace" '.linux.namespaces += [{type: "ipc", path: "/proc/self/ns/ipc"}]'
	way way_pid_joined "joins the PID namespace" '.linux.namespaces += [{type: "pid", path: "/proc/2147483647/ns/pid"}]'
}

# --- sockets -------------------------------------------------------------------------

@test "control sockets: by their place, their directory, another name, read-only" {
	local socket
	for socket in /run/docker.sock /run/podman/podman.sock /run/containerd/containerd.sock /run/crio/crio.sock \
		/run/dbus/system_bus_socket; do
		listening "$socket"
		way way_control_socket "brings the host's \`$socket\` along" "$(bind "$socket" bind ro)"
	done
	listening /run/systemd/private
	way way_control_socket "brings the host's \`/run/systemd/private\` along" "$(bind /run/systemd/private bind ro)"
	way way_control_socket "brings the host's \`/run/podman/podman.sock\` along" "$(bind /run/podman bind ro)"
	way way_control_socket "brings the host's \`/run/docker.sock\` along" "$(bind /var/run/docker.sock bind)" runc
	ln -s /run/docker.sock "$work/link"
	way way_control_socket "brings the host's \`/run/docker.sock\` along" "$(bind "$work/link" bind)"
	ln /run/docker.sock /run/another.sock
	SOCKETS+=(/run/another.sock)
	way way_control_socket "brings the host's \`/run/docker.sock\` along" "$(bind /run/another.sock bind)"
	# under a bundle-relative name
	make_bundle "$work/relative" "$(bind podman bind)" true
	ln -s /run/podman "$work/relative/podman"
	run -0 "$PROGRAMS/oci-hostnet" diff --json "$work/relative"
	[ "$(jq -r '[.checks[] | select(.verdict != "holds") | .id] | unique | join(" ")' <<<"$output")" = way_control_socket ]
	run -0 "$PROGRAMS/oci-hostnet" diff "$work/relative"
	expect_output "brings the host's \`/run/podman/podman.sock\` along"
	make_bundle "$work/relative" "$(bind podman bind) | $STRICT" true
	run -1 "$PROGRAMS/oci-hostnet" apply "$work/relative"
	expect_output "brings the host's \`/run/podman/podman.sock\` along"
}

@test "sockets of root whose service nobody knows, not those of others, nor the journal" {
	listening "$work/sockets/root"
	listening "$work/sockets/user" 1000
	listening /run/systemd/journal/socket
	way way_root_socket "is a socket of the host's root" "$(bind "$work/sockets/root" bind)"
	way way_root_socket "is a socket of the host's root" "$(bind "$work/sockets/root" bind ro)" runc
	no_way "$(bind "$work/sockets/user" bind)"
	no_way "$(bind /run/systemd/journal/socket bind ro)"
	no_way "$(bind /run/systemd/journal/socket bind)"
}

# --- directories ---------------------------------------------------------------------

@test "directories of the host" {
	local directory
	for directory in /etc /usr /boot /root /var /run; do
		[ "$(readlink -f "$directory")" = "$directory" ]
		way way_host_directory "brings the host's $directory along, writable" "$(bind "$directory")"
		no_way "$(bind "$directory" bind ro)"
		no_way "$(bind "$directory" rro)"
		# what is mounted below stays writable
		way way_host_directory "brings the host's $directory along, writable" "$(bind "$directory" ro)"
		way way_host_directory "brings the host's $directory along, writable" "$(bind "$directory" bind ro rw)"
	done
	way way_host_directory "brings the host's /etc along, writable" "$(bind /etc/ssl bind)" runc
	way way_host_directory "brings the host's /usr along, writable" "$(bind /usr/local/bin bind)"
	no_way "$(bind /var/tmp bind)"
	mkdir "$work/data"
	no_way "$(bind "$work/data" bind)"
	way way_host_directory "brings the host's /run/netns along, writable" "$(bind /run/netns bind)"
	mkdir -p /run/systemd/system
	way way_host_directory "brings the host's /run/systemd along, writable" "$(bind /run/systemd/system bind)"
	# the root file system in no form
	way way_host_directory "brings the host's / along" "$(bind / rro)"
	ln -s /etc "$work/config"
	way way_host_directory "brings the host's /etc along" "$(bind "$work/config" bind)"
}

# --- devices -------------------------------------------------------------------------

@test "disks and devices that reach the host" {
	mkdir "$work/dev"
	mknod "$work/dev/disk" b 8 0
	mknod "$work/dev/mem" c 1 1
	mknod "$work/dev/port" c 1 4
	mknod "$work/dev/uinput" c 10 223
	mknod "$work/dev/sg7" c 21 7
	mknod "$work/dev/full" c 1 7
	# only what the device cgroup opens; all devices open are closed by the lock
	local open='.linux.resources.devices = [{allow: false, access: "rwm"}] + [
		({type: "b", major: 8}, {type: "c", major: 1}, {type: "c", major: 10, minor: 223}, {type: "c", major: 21})
		| . + {allow: true, access: "rw"}] | '
	local mknod='.linux.resources.devices = [{allow: false, access: "rwm"}, {allow: true, type: "b", access: "m"}] | '
	way way_device "the device 8:0 at \`/data/x\` reaches the host (it is a disk" "$open$(bind "$work/dev/disk" bind)"
	way way_device "the device 1:1 at" "$open$(bind "$work/dev/mem" bind ro)"
	way way_device "the device 1:4 at" "$open$(bind "$work/dev/port" bind)"
	way way_device "the device 10:223 at" "$open$(bind "$work/dev/uinput" bind)"
	way way_device "the device 21:7 at" "$open$(bind "$work/dev/sg7" bind)"
	no_way "$open$(bind "$work/dev/full" bind)"
	way way_device "the device 8:0 at \`/dev/x\`" "$open"'.linux.devices = [{path: "/dev/x", type: "b", major: 8, minor: 0}]'
	way way_device "the device 1:2 at \`/dev/x\`" "$open"'.linux.devices = [{path: "/dev/x", type: "c", major: 1, minor: 2}]' runc
	way way_device "the device 1:2 at \`/dev/x\`" "$open"'.linux.devices = [{path: "/dev/x", type: "u", major: 1, minor: 2}]'
	no_way "$(bind "$work/dev/disk" bind)"
	no_way "$mknod$(bind "$work/dev/disk" bind)"
	no_way '.linux.devices = [{path: "/dev/x", type: "b", major: 8, minor: 0}] | .linux.resources.devices = [{allow: true, access: "rwm"}]'
	no_way '.linux.devices = [{path: "/dev/x", type: "c", major: 10, minor: 229}]'
}

# --- /proc/net -----------------------------------------------------------------------

# diff_beside_writable BUNDLE WORD... - diff where the kernel has one (this one may have none): over
# the process's own directory lies one with a file that can be written
diff_beside_writable() {
	mkdir -p "$work/net/xt_recent"
	install -m 644 /dev/null "$work/net/xt_recent/DEFAULT"
	run -0 sh -c 'mount --bind "$1" /proc/$$/net && shift && exec "$@"' sh \
		"$work/net" "$PROGRAMS/oci-hostnet" diff "${@:2}" "$1"
}

@test "writable files in /proc/net: reported by standard, closed by strict and by subordinate ids" {
	make_userns_rootfs
	make_bundle "$work/bundle" . true
	diff_beside_writable "$work/bundle"
	expect_output "way out uid 0 can write /net/xt_recent/DEFAULT of the host's kernel"
	make_bundle "$work/bundle" "$STRICT" true
	diff_beside_writable "$work/bundle" --json
	[ "$(jq -c .checks <<<"$output")" = "[]" ]
	make_bundle "$work/bundle" "$USERNS" true
	diff_beside_writable "$work/bundle" --json
	[ "$(jq -c .checks <<<"$output")" = "[]" ]
	# root inside is root outside
	make_bundle "$work/bundle" "$USERNS | .linux.uidMappings[0].hostID = 0" true
	diff_beside_writable "$work/bundle" --json
	[ "$(jq -r '.checks[].id' <<<"$output")" = way_proc_net ]
}

# --- file systems of the kernel ------------------------------------------------------

# bound_readonly SOURCE - a bind of it gets `rro`
bound_readonly() {
	make_bundle "$work/bundle" "$(bind "$1" rw)" true
	run -0 "$PROGRAMS/oci-hostnet" apply "$work/bundle"
	jq -e '.mounts[-1].options == ["rbind", "rro"]' "$work/bundle/config.json" || { echo "$1 stays writable"; return 1; }
}

@test "binds of the kernel's file systems are read-only, each kind" {
	local kind place known=0
	# whatever the real machine has; in a mount namespace of this test's own they are many
	mkdir "$work/kernel"
	for kind in proc sysfs bpf tracefs debugfs securityfs configfs binfmt_misc pstore efivarfs fusectl resctrl selinuxfs cgroup2; do
		mkdir "$work/kernel/$kind"
		mount -t "$kind" "$kind" "$work/kernel/$kind" 2>/dev/null || continue
		known=$((known + 1))
		bound_readonly "$work/kernel/$kind"
		# a part of it, and what holds it
		place=$(find "$work/kernel/$kind" -mindepth 1 -maxdepth 1 -type d | head -n 1)
		[ -z "$place" ] || bound_readonly "$place"
		bound_readonly "$work/kernel"
		umount "$work/kernel/$kind"
	done
	[ "$known" -ge 4 ]
	# a place with a space and a backslash; of two on one place the upper one
	mkdir "$work/kernel/a \\ b"
	mount -t proc proc "$work/kernel/a \\ b"
	bound_readonly "$work/kernel/a \\\\ b/sys"
	umount "$work/kernel/a \\ b"
	mount -t tmpfs tmpfs "$work/kernel/proc"
	mount -t proc proc "$work/kernel/proc"
	bound_readonly "$work/kernel/proc/sys/net"
	umount "$work/kernel/proc" "$work/kernel/proc"
	# by another name
	ln -s /proc/sys "$work/link"
	bound_readonly "$work/link"
	bound_readonly "$work/link/net"
	bound_readonly "$(awk '$(NF - 2) == "cgroup" { print $5; exit }' /proc/self/mountinfo)"
	# the control
	make_bundle "$work/bundle" "$(bind "$work/kernel" rw)" true
	"$PROGRAMS/oci-hostnet" apply "$work/bundle"
	jq -e '.mounts[-1].options == ["rbind", "rw"]' "$work/bundle/config.json"
}

@test "the host's cgroups are read-only, those of a cgroup namespace stay as they are" {
	local kind
	for kind in cgroup cgroup2; do
		change=".mounts += [{destination: \"/sys/fs/cgroup\", type: \"$kind\", source: \"cgroup\", options: [\"rw\", \"nosuid\"]}]"
		make_bundle "$work/bundle" "$change" true
		run -0 "$PROGRAMS/oci-hostnet" apply "$work/bundle"
		jq -e '.mounts[-1].options == ["nosuid", "ro"]' "$work/bundle/config.json"
		make_bundle "$work/bundle" "$change | .linux.namespaces += [{type: \"cgroup\"}]" true
		run -0 "$PROGRAMS/oci-hostnet" apply "$work/bundle"
		jq -e '.mounts[-1].options == ["rw", "nosuid"]' "$work/bundle/config.json"
		# one that is joined may be the host's
		make_bundle "$work/bundle" "$change | .linux.namespaces += [{type: \"cgroup\", path: \"/proc/1/ns/cgroup\"}]" true
		run -0 "$PROGRAMS/oci-hostnet" apply "$work/bundle"
		jq -e '.mounts[-1].options == ["nosuid", "ro"]' "$work/bundle/config.json"
		make_bundle "$work/bundle" "$change | .linux.namespaces += [{type: \"cgroup\"}, {type: \"cgroup\", path: \"/proc/1/ns/cgroup\"}]" true
		run -0 "$PROGRAMS/oci-hostnet" apply "$work/bundle"
		jq -e '.mounts[-1].options == ["nosuid", "ro"]' "$work/bundle/config.json"
	done
}

host_cgroups() {
	local namespace
	for namespace in . '.linux.namespaces += [{type: "cgroup", path: "/proc/self/ns/cgroup"}]'; do
		# what the configuration asks for: uid 0 could move or kill the host's processes
		run -0 container "$1" "$namespace"' | .mounts += [{destination: "/sys/fs/cgroup", type: "cgroup", source: "cgroup", options: ["rw", "nosuid"]}]' sh -c '
			for f in $(find /sys/fs/cgroup -name cgroup.procs -o -name tasks); do
				(echo $$ >$f) 2>/dev/null && echo "written $f"
			done; echo ran'
		expect_output ran
		[[ $output != *written* ]]
	done
}
@test "crun: no cgroup of the host can be written" { host_cgroups crun; }
@test "runc: no cgroup of the host can be written" { host_cgroups runc; }

# --- the container's own bundle, and the runtime's state -------------------------------

@test "the bundle of the container" {
	way way_bundle "own bundle $work/bundle through \`/data/x\`" "$(bind "$work/bundle" rw)"
	way way_bundle "own bundle $work/bundle through \`/data/x\`" "$(bind "$work" bind)" runc
	way way_bundle "own bundle $work/bundle through \`/\`" '.root.path = "."'
	no_way "$(bind "$work/bundle" bind ro)"
	mkdir "$work/other"
	no_way "$(bind "$work/other")"
}

@test "the state of runtimes and engines, also where there is none yet" {
	local place
	for place in /run/crun /run/runc /run/containers /run/docker /var/lib /var/lib/kubelet /root/.ssh; do
		way way_host_directory "brings the host's $place along, writable" "$(bind "$place" bind)"
	done
	way way_host_directory "brings the host's /run/crun along" "$(bind /run/crun/some bind)"
}

# --- sources that the runtime would find elsewhere -----------------------------------

# Behind these the runtime's init finds what is its own.
doors() {
	local source
	cd "$work" || return
	mkdir -p x
	for source in /proc/self/cwd/x /proc/thread-self/cwd /proc/self/root/etc /proc/self/fd/0 /proc/1/root/etc \
		/proc/self/cwd/is/not/there /dev/fd/0 /proc/self/ns/net "$work/link/x"; do
		ln -sfn /proc/self/cwd "$work/link"
		refused "$1" "$(bind "$source" rw)" "leads through cwd, root, exe, fd or ns"
	done
	refused "$1" '.root.path = "/proc/self/cwd"' "leads through cwd, root, exe, fd or ns"
	refused "$1" '.mounts += [{destination: "/data/x", type: "overlay", source: "overlay",
		options: ["lowerdir=/etc", "upperdir=/run/systemd/system", "workdir=/run/w"]}]' "type \`overlay\`"
}
refused() {
	run -1 container "$1" "$2" echo STARTED
	[[ $output != *STARTED* ]]
	expect_output "$3"
}
@test "crun: a source behind a door of /proc, or in the layers of an overlay" { doors crun; }
@test "runc: a source behind a door of /proc, or in the layers of an overlay" { doors runc; }
# A link that leads nowhere here: the runtime has another directory, and mounts proc in the root
# filesystem before it comes to the bind.
dangling() {
	local target what
	mkdir -p "$work/1/2/3/4/5/6/7/8"
	cd "$work/1/2/3/4/5/6/7/8" || return
	mkdir -p "$work/is"
	for target in "$HOSTNET_TEST_DIR/rootfs/proc/sys" /proc/self/cwd/../../../../../../../proc/sys "$work/nothing" /proc/self/cwd/not/there; do
		ln -sfn "$target" "$work/link"
		ln -sfn ../link "$work/is/second"
		what="a symbolic link that leads nowhere here"
		[[ $target != /proc/* ]] || what="leads through cwd, root, exe, fd or ns"
		refused "$1" "$(bind "$work/link" rw)" "$what"
		refused "$1" "$(bind "$work/link/net/ipv4" rw)" "$what"
		refused "$1" "$(bind "$work/is/second" rw)" "$what"
		refused "$1" ".root.path = \"$work/link\"" "$what"
	done
	ln -sfn "$work/nothing" /dangling
	refused "$1" "$(bind /dangling rw)" "a symbolic link that leads nowhere here"
	rm /dangling
	# who does not ask for a lock lives without
	make_bundle "$work/bundle" "$UNASKED | .mounts += [{destination: \"/data/x\", type: \"bind\", source: \"$work/link\", options: [\"bind\"]}]" true
	cp "$work/bundle/config.json" "$work/before"
	run -1 "$PROGRAMS/oci-hostnet-$1" run --bundle "$work/bundle" "$HOSTNET_TAG-dangling"
	[[ $output != *"leads nowhere"* ]]
	cmp "$work/before" "$work/bundle/config.json"
}
@test "crun: a source that is a link which leads nowhere" { dangling crun; }
@test "runc: a source that is a link which leads nowhere" { dangling runc; }
@test "control: with runc alone a link that led nowhere is a writable proc" {
	mkdir -p "$HOSTNET_TEST_DIR/rootfs/mnt"
	ln -sfn "$HOSTNET_TEST_DIR/rootfs/proc/sys" "$work/link"
	[ ! -e "$work/link" ]
	run -0 container plain-runc "$UNASKED | .mounts += [{destination: \"/mnt\", type: \"bind\", source: \"$work/link\", options: [\"rbind\", \"rw\"]}]" \
		sh -c 'echo 77 >/mnt/net/ipv4/ip_default_ttl'
	[ "$(cat /proc/sys/net/ipv4/ip_default_ttl)" = 77 ]
	echo 64 >/proc/sys/net/ipv4/ip_default_ttl
}
@test "control: with runc alone such a source is a writable proc" {
	mkdir -p "$HOSTNET_TEST_DIR/rootfs/mnt"
	ln -sfn /proc "$HOSTNET_TEST_DIR/rootfs/door"
	cd "$work"
	mkdir door
	run -0 container plain-runc "$UNASKED"' | .mounts += [{destination: "/mnt", type: "bind", source: "/proc/self/cwd/door", options: ["rbind", "rw"]}]' \
		sh -c 'echo 77 >/mnt/sys/net/ipv4/ip_default_ttl'
	[ "$(cat /proc/sys/net/ipv4/ip_default_ttl)" = 77 ]
	echo 64 >/proc/sys/net/ipv4/ip_default_ttl
	rm "$HOSTNET_TEST_DIR/rootfs/door"
}

# Nodes, terminals and shared memory of the host.
host_dev() {
	local source
	for source in /dev /dev/pts /dev/shm; do
		run "$PROGRAMS/oci-hostnet" diff "$(dir=$(mktemp -d "$HOSTNET_TEST_DIR/tmp/bundle.XXXXXX")
			make_bundle "$dir" ".mounts += [{destination: \"/data\", type: \"bind\", source: \"$source\", options: [\"rbind\"]}]" true; echo "$dir")"
		expect_status 0
		expect_output "brings the host's $source along"
		run container "$1" '.annotations["io.oci-hostnet.lock"] = "strict"
			| .mounts += [{destination: "/data", type: "bind", source: "'$source'", options: ["rbind"]}]' true
		[ "$status" != 0 ]
		expect_output "brings the host's $source along"
	done
	# a node alone is no way, nor are the container's own
	run "$PROGRAMS/oci-hostnet" diff "$(dir=$(mktemp -d "$HOSTNET_TEST_DIR/tmp/bundle.XXXXXX")
		make_bundle "$dir" '.mounts += [{destination: "/data", type: "bind", source: "/dev/fuse", options: ["bind"]}]' true; echo "$dir")"
	expect_status 0
	[[ $output != *"host's /dev"* ]]
}
@test "crun: the host's /dev, terminals and shared memory are ways" { host_dev crun; }
@test "runc: the host's /dev, terminals and shared memory are ways" { host_dev runc; }
