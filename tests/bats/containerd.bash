# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# Real containerd in the test host, with a store of its own, driven by ctr.

# shellcheck disable=SC2154
# check.sh unpacks the package, since installing it would start a daemon.
PATH=$top_srcdir/tests/.packages/containerd/usr/bin:$PATH
CONTAINERD=$HOSTNET_TEST_DIR/containerd
# where containerd keeps what its client asks for; its CRI plugin has one of its own
CONTAINERD_NAMESPACE=default
IMAGE=localhost/bb:latest
CNI_PLUGINS=$top_srcdir/tests/.packages/containernetworking-plugins/usr/lib/cni
[ -d "$CNI_PLUGINS" ] || CNI_PLUGINS=/usr/lib/cni
# what the runtimes say of their own accord

require_containerd() { require_command containerd containerd-shim-runc-v2 ctr; }
require_cni() { [ -x "$CNI_PLUGINS/bridge" ] || missing "containernetworking-plugins is not installed"; }

# setup_containerd - the daemon, and the image localhost/bb of the test root filesystem
setup_containerd() {
	mkdir -p "$CONTAINERD"
	# CRI would look for CNI, opt makes a directory in /opt
	cat >"$CONTAINERD/config.toml" <<-CONF
	version = 2
	root = "$CONTAINERD/root"
	state = "$CONTAINERD/state"
	disabled_plugins = ["io.containerd.grpc.v1.cri", "io.containerd.internal.v1.opt"]
	[grpc]
	  address = "$CONTAINERD/socket"
	CONF
	start_containerd
	[ -d "$HOSTNET_TEST_DIR/rootfs" ] || make_rootfs "$HOSTNET_TEST_DIR/rootfs"
	make_image "$CONTAINERD/image"
	any_ctr image import "$CONTAINERD/image.tar" >/dev/null
	# everything of containerd's that outlives one container is made here
	any_ctr run --rm --cgroup "/$HOSTNET_TAG-ctr/first" --runc-binary "$(command -v crun)" "$IMAGE" first true
}

start_containerd() {
	containerd --config "$CONTAINERD/config.toml" >>"$CONTAINERD/log" 2>&1 </dev/null 3>&- &
	echo $! >"$CONTAINERD/pid"
	wait_for 100 containerd_answers || { tail -n 20 "$CONTAINERD/log"; return 1; }
}

containerd_answers() { any_ctr version >/dev/null 2>&1; }

# containers go on without it
stop_containerd() {
	local pid
	pid=$(cat "$CONTAINERD/pid")
	kill "$pid"
	wait_for 100 process_gone "$pid"
}

process_gone() { ! kill -0 "$1" 2>/dev/null; }

# blob DIR FILE - of an OCI image layout; prints its descriptor without the media type
blob() {
	local digest
	digest=$(sha256sum <"$2")
	digest=${digest%% *}
	cp "$2" "$1/blobs/sha256/$digest"
	jq -n --arg digest "sha256:$digest" --argjson size "$(stat -c %s "$2")" '{digest: $digest, size: $size}'
}

# make_image DIR - DIR.tar, an OCI image layout of one layer
make_image() {
	local dir=$1 layer config manifest
	mkdir -p "$dir/blobs/sha256"
	tar -C "$HOSTNET_TEST_DIR/rootfs" -cf "$dir.layer" .
	layer=$(blob "$dir" "$dir.layer")
	jq -n --argjson layer "$layer" --arg architecture "$(dpkg --print-architecture)" '{
		architecture: $architecture, os: "linux", config: {Env: ["PATH=/bin"], Cmd: ["sleep", "100000"]},
		rootfs: {type: "layers", diff_ids: [$layer.digest]}
	}' >"$dir.config"
	config=$(blob "$dir" "$dir.config")
	jq -n --argjson layer "$layer" --argjson config "$config" '"application/vnd.oci.image." as $type | {
		schemaVersion: 2, mediaType: ($type + "manifest.v1+json"),
		config: ({mediaType: ($type + "config.v1+json")} + $config),
		layers: [{mediaType: ($type + "layer.v1.tar")} + $layer]
	}' >"$dir.manifest"
	manifest=$(blob "$dir" "$dir.manifest")
	jq -n --argjson manifest "$manifest" --arg name "$IMAGE" '{
		schemaVersion: 2,
		manifests: [{mediaType: "application/vnd.oci.image.manifest.v1+json"} + $manifest
			+ {annotations: {"io.containerd.image.name": $name}}]
	}' >"$dir/index.json"
	echo '{"imageLayoutVersion": "1.0.0"}' >"$dir/oci-layout"
	tar -C "$dir" -cf "$dir.tar" .
}

any_ctr() { timeout -k 5 300 ctr --address "$CONTAINERD/socket" --namespace "$CONTAINERD_NAMESPACE" "$@" </dev/null 3>&-; }

# by RUNTIME ID OPTIONS... -- COMMAND... - `ctr run` with RUNTIME as in runtime_path; cgroups
# where in-host removes them
by() {
	local runtime=$1 id=$2 options=()
	shift 2
	while [ "$1" != -- ]; do options+=("$1"); shift; done
	logged run --runc-binary "$(runtime_path "$runtime")" --cgroup "/$HOSTNET_TAG-ctr/$id" \
		"${options[@]}" -- "$IMAGE" "$id" "${@:2}"
}

# within ID OPTIONS... -- COMMAND... - `ctr task exec`
within() {
	local id=$1 options=()
	shift
	while [ "$1" != -- ]; do options+=("$1"); shift; done
	logged task exec --exec-id "e$RANDOM$RANDOM" "${options[@]}" -- "$id" "${@:2}"
}

# logged CTR-COMMAND OPTIONS... -- ARGUMENTS... - what the process says goes through a file: ctr
# drops a stream of a process that ends before ctr has opened its end of it. Its standard output
# only: the shim closes the file behind that, and errors that come later are lost.
logged() {
	local said options=() rc=0
	said=$(mktemp "$HOSTNET_TEST_DIR/tmp/said.XXXXXX")
	while [ "$1" != -- ]; do options+=("$1"); shift; done
	any_ctr "${options[@]}" --log-uri "file://$said" "${@:2}" || rc=$?
	cat "$said"
	rm "$said"
	return "$rc"
}

# on_terminal CTR-ARGUMENTS... - as in a terminal. The process says END and then reads a line,
# for the same reason.
on_terminal() {
	local said rc=0
	said=$(mktemp "$HOSTNET_TEST_DIR/tmp/said.XXXXXX")
	{ wait_for 200 grep -q END "$said" >&2; echo; } |
		timeout -k 5 300 script -qefc "$(printf '%q ' ctr --address "$CONTAINERD/socket" "$@")" "$said" >/dev/null 3>&- || rc=$?
	cat "$said"
	rm "$said"
	return "$rc"
}

# started ID PROGRAM - `ctr run -d` returns while runc is about to become PROGRAM
started() { wait_for 50 grep -qx "$2" "/proc/$(pid_of "$1")/comm"; }

# bundle_of ID - where containerd's shim has its config.json
bundle_of() { echo "$CONTAINERD/state/io.containerd.runtime.v2.task/$CONTAINERD_NAMESPACE/$1"; }

status_of() { any_ctr task ls | awk -v id="$1" '$1 == id { print $3 }'; }
pid_of() { any_ctr task ls | awk -v id="$1" '$1 == id { print $2 }'; }
has_status() { [ "$(status_of "$1")" = "$2" ]; }

remove() {
	any_ctr task delete -f "$1" >/dev/null 2>&1 || true
	any_ctr container delete "$1"
}

remove_all() {
	local id
	for id in $(any_ctr container ls -q); do remove "$id"; done
}

# --- the places of a node ------------------------------------------------------------

# own_place DIR - what is written there is written elsewhere
own_place() {
	local layer=$CONTAINERD/places$1
	mkdir -p "$layer"/{upper,work}
	mount -t overlay overlay -o "lowerdir=$1,upperdir=$layer/upper,workdir=$layer/work" "$1"
}

# CNI where everybody looks for it: 10.99.128.0/24 behind the bridge cni0
private_cni() {
	own_etc
	own_place /var/lib
	own_place /opt
	mkdir -p /opt/cni/bin /etc/cni/net.d
	mount --bind "$CNI_PLUGINS" /opt/cni/bin
	jq -n --arg ips "$CONTAINERD/ips" '{
		cniVersion: "0.4.0", name: "pods", plugins: [
			{type: "bridge", bridge: "cni0", isGateway: true, ipMasq: true, ipam: {
				type: "host-local", dataDir: $ips, ranges: [[{subnet: "10.99.128.0/24"}]], routes: [{dst: "0.0.0.0/0"}]}},
			{type: "portmap", capabilities: {portMappings: true}}]
	}' >/etc/cni/net.d/10-pods.conflist
}

# Or the bridge would go up and down with the last container, some time later.
keep_bridge() {
	ip link add keep0 type veth peer name keep1 netns lan
	ip link set keep0 master cni0 up
	ip -n lan link set keep1 up
	wait_for 100 links_settled
}

links_settled() { ! ip -o addr show | grep -q ' tentative' && [ "$(cat /sys/class/net/cni0/operstate)" = up ]; }

# --- what is tried inside -------------------------------------------------------------

# shellcheck disable=SC2034
LOOK='exec 2>&1; readlink /proc/self/ns/user; readlink /proc/self/ns/net; cat /proc/self/uid_map /proc/self/gid_map; ip -o addr
ip addr add 127.0.0.4/8 dev lo; ifconfig lo:1 127.0.0.3; echo 1 >/proc/sys/net/ipv4/ip_forward; echo END'

# another than the host's, with the same ids
expect_user_namespace() {
	expect_output "user:[" "$(cat /proc/self/uid_map)" "$(cat /proc/self/gid_map)"
	[[ $output != *"$(readlink /proc/self/ns/user)"* ]] || { echo "the host's user namespace"; return 1; }
}

# shellcheck disable=SC2034,SC2016
# Every change of the host that tests/tools/netattack knows, one to a line: name, how, what came of it.
ATTACKS='attack() { kind=$1; shift; for how; do for name in $(netattack list $kind); do
	echo "$name $how $(netattack ${how#plain} $name)"; done; done; }
attack ioctl plain --dirty --signext --int80; attack ioctl64 plain --dirty --signext
attack broadcast plain --dirty --signext --int80; attack other plain; attack file plain'

# Its init has become its program: until then the runtime's own code is in it, without the filter.
runs_its_own() { [ -n "$(pid_of "$1")" ] && ! grep -qE '^(crun|runc)' "/proc/$(pid_of "$1")/comm"; }

# audited CONTAINER VERDICT
audited() {
	wait_for 50 runs_its_own "$1"
	run "$PROGRAMS/oci-hostnet" audit "$(pid_of "$1")"
	[ "${lines[-1]}" = "$2" ] || { echo "$output"; return 1; }
}

# The configuration that the runtime is given, with ours and without. The same id, since it
# stands in the configuration.
untouched() {
	local runtime
	for runtime in "plain-$1" "$1"; do
		by "$runtime" "$ID" -d "${@:2}" -- sleep 1000
		within "$ID" -- sh -c 'readlink /proc/self/ns/user; grep Cap /proc/self/status' >"$HOSTNET_TEST_DIR/tmp/$runtime.seen"
		cp "$(bundle_of "$ID")/config.json" "$HOSTNET_TEST_DIR/tmp/$runtime.json"
		remove "$ID"
		nothing_left
	done
	cmp "$HOSTNET_TEST_DIR/tmp/plain-$1.json" "$HOSTNET_TEST_DIR/tmp/$1.json"
	diff "$HOSTNET_TEST_DIR/tmp/plain-$1.seen" "$HOSTNET_TEST_DIR/tmp/$1.seen"
	grep -qxF "$(readlink /proc/self/ns/user)" "$HOSTNET_TEST_DIR/tmp/$1.seen"
}
# --- what is left --------------------------------------------------------------------

# What containerd, its shims and the runtimes keep for a container.
engine_state() {
	any_ctr container ls -q
	find /run/containerd "$CONTAINERD/state" "$CONTAINERD"/root/*.task "$CONTAINERD"/root/*/snapshots -maxdepth 3 | sort
	# crun leaves directories in unified, where no cgroup file system is mounted here
	find /sys/fs/cgroup/ -path /sys/fs/cgroup/unified -prune -o -path "*/$HOSTNET_TAG-ctr*" -type d -print 2>/dev/null | sort
	awk '{ print $5 }' /proc/self/mountinfo
	ls /run/netns
	grep -hsxE 'containerd-shim|crun|runc' /proc/[0-9]*/comm || true
	foreign_processes
}

# in a PID namespace below ours
foreign_processes() {
	local process own
	own=$(readlink /proc/self/ns/pid)
	for process in /proc/[0-9]*; do
		[ "$(readlink "$process/ns/pid")" = "$own" ] || cat "$process/comm" 2>/dev/null || true
	done
}

remember_engine() { engine_state >"$HOSTNET_TEST_DIR/engine-before"; }

same_engine() {
	engine_state >"$HOSTNET_TEST_DIR/engine-after"
	diff -u "$HOSTNET_TEST_DIR/engine-before" "$HOSTNET_TEST_DIR/engine-after"
}

# A shim ends a moment after its container.
nothing_left() { wait_for 50 same_engine >/dev/null || same_engine; }
