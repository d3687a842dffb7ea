#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# What must go on configuring the host: kube-proxy, a CNI agent, a CSI node plugin. Under the default
# policy their configurations are not touched, one record is logged, and they can do their work.
# Made of what containerd and CRI-O really wrote (oci-specs/captures), and of what podman writes.
bats_require_minimum_version 1.5.0
load helpers
load podman
load podman_seen
load syslog

LEFT="a container has the host's network and was left as it is: "
LOSES="locking it would take capabilities away"
# what is found first
SHARED_ROOT="the \`rootfsPropagation\` in /linux leaves mounts shared"
NODE=$HOSTNET_TEST_DIR/node

setup_file() {
	require_program oci-hostnet oci-hostnet-crun oci-hostnet-runc
	start_syslog
	[ -d "$HOSTNET_TEST_DIR/rootfs" ] || make_rootfs "$HOSTNET_TEST_DIR/rootfs"
	# where the mounts below want to go; a root filesystem may be read-only
	mkdir -p "$HOSTNET_TEST_DIR/rootfs"/{var/lib/kubelet,lib/modules,opt/cni/bin,etc/cni/net.d,run/xtables.lock.d}
	: >"$HOSTNET_TEST_DIR/rootfs/run/xtables.lock"
	# directories of the node, shared as systemd leaves them
	mkdir -p "$NODE"
	mount -t tmpfs node "$NODE"
	mount --make-rshared "$NODE"
	mkdir -p "$NODE"/{kubelet/pods,run,modules,cni-bin,cni-conf}
	: >"$NODE/xtables.lock"
	echo module >"$NODE/modules/module.ko"
	if command -v podman >/dev/null; then
		setup_podman
		setup_watched
	fi
	# the kernel makes its tables with the first rule
	iptables -w -A INPUT -s 192.0.2.9 -j DROP
	iptables -w -D INPUT -s 192.0.2.9 -j DROP
	without_counters
	remember_whole_host
}

setup() {
	require_command iptables nft
	no_policy
	without_counters
	forget_records
	remember_host
	: >"$WATCHED"
	ID='' SANDBOX=''
}

teardown() {
	remove_container "$ID"
	remove_container "$SANDBOX"
	if command -v podman >/dev/null; then remove_all; fi
	whole_host_unchanged
}

remove_container() { [ -z "$1" ] || "$RUNTIME" delete -f "$1" >/dev/null 2>&1 || true; }

# --- configurations ------------------------------------------------------------------

# Where a capture was made and what only that machine had; CAP_SYS_RESOURCE, which this one has not
# (without it no oom score below the own and no limit above the own can be set either).
# A pod with hostNetwork has the host's name too.
HERE_AND_NOW='del(.hostname) | .root = {path: $root} | .process.terminal = false | .process.args = ["/bin/sleep", "1000"]
	| .process.env = ["PATH=/bin", "HOME=/"] | .process.cwd = "/" | .process.oomScoreAdj = 0
	| .linux.cgroupsPath = $cgroup | .process.capabilities[] -= ["CAP_SYS_RESOURCE"]
	| .mounts |= map(select(.type != "bind" or .destination == "/dev/shm"))
	| (.mounts[] | select(.destination == "/dev/shm" and .type == "bind").source) = "/dev/shm"
	| del(.linux.namespaces[] | select(.type == "network" or .type == "uts"))
	| (.linux.namespaces[] | select(.type == "ipc")) = {type: "ipc"}'

# As the kubelet and both engines translate hostPath volumes
PROXY='| .mounts += [
	{destination: "/lib/modules", type: "bind", source: ($node + "/modules"), options: ["rbind", "rprivate", "ro"]},
	{destination: "/run/xtables.lock", type: "bind", source: ($node + "/xtables.lock"), options: ["rbind", "rprivate", "rw"]}]'
AGENT='| .process.capabilities |= with_entries(if .key == "ambient" or .key == "inheritable" then . else
		.value = (.value + ["CAP_NET_ADMIN", "CAP_NET_RAW", "CAP_SYS_MODULE"] | unique) end)
	| .mounts += [
	{destination: "/run", type: "bind", source: ($node + "/run"), options: ["rbind", "rslave", "rw"]},
	{destination: "/lib/modules", type: "bind", source: ($node + "/modules"), options: ["rbind", "rprivate", "ro"]},
	{destination: "/opt/cni/bin", type: "bind", source: ($node + "/cni-bin"), options: ["rbind", "rprivate", "rw"]},
	{destination: "/etc/cni/net.d", type: "bind", source: ($node + "/cni-conf"), options: ["rbind", "rprivate", "rw"]}]
	| .linux.rootfsPropagation = "rslave"'
PLUGIN='| .mounts += [
	{destination: "/var/lib/kubelet", type: "bind", source: ($node + "/kubelet"), options: ["rbind", "rshared", "rw"]},
	{destination: "/host-dev", type: "bind", source: "/dev", options: ["rbind", "rslave", "rw"]}]
	| .linux.rootfsPropagation = "rshared"'
HOST_PID='| del(.linux.namespaces[] | select(.type == "pid"))'
# containerd's privileged, as CRI-O's was captured
PRIVILEGED='| .process.capabilities = ($crio[0].process.capabilities | map_values(. - ["CAP_SYS_RESOURCE"])) | del(.linux.readonlyPaths, .linux.maskedPaths)
	| .linux.resources.devices = [{allow: true, access: "rwm"}] | (.mounts[] | select(.type == "sysfs" or .type == "cgroup").options) -= ["ro"]'
# a workload is told from a sandbox by this, and joins it
WORKLOAD='| .annotations["io.kubernetes.cri.container-type"] = "container" | .annotations["io.kubernetes.cri.sandbox-id"] = $sandbox'
JOIN='| .linux.namespaces += [{type: "network", path: $join}]'

# where the two have their bundles
CRIO=$HOSTNET_TEST_DIR/run/containers/storage/overlay-containers
CONTAINERD=$HOSTNET_TEST_DIR/run/containerd/io.containerd.runtime.v2.task/k8s.io

# bundle DIR CAPTURE JQ - with $join, the network that is joined
bundle() {
	mkdir -p "$1"
	jq --arg root "$HOSTNET_TEST_DIR/rootfs" --arg cgroup "/$(unique_id)" --arg node "$NODE" --arg sandbox "${SANDBOX-}" \
		--arg join "${JOINED-}" --slurpfile crio "$CAPTURES/crio/privileged.container.config.json" \
		"$HERE_AND_NOW $3" "$CAPTURES/$2.config.json" >"$1/config.json"
}

# --- running them ----------------------------------------------------------------------

look() { stat -c '%n %i %s %a %u:%g %y %z' "$1"/*; sha256sum "$1/config.json"; }

# create ID DIR - whose container does not hold what bats reads
create() {
	"$RUNTIME" create --bundle "$2" --pid-file "$BATS_TEST_TMPDIR/pid" "$1" </dev/null >"$BATS_TEST_TMPDIR/said" 2>&1 3>&- ||
		{ cat "$BATS_TEST_TMPDIR/said"; return 1; }
}

# up RUNTIME DIR [WHY] - create and start as engines do; config.json stays, and there is one record that says WHY
up() {
	local before because=${3:-$LOSES}
	RUNTIME=$(runtime_path "$1")
	STARTED=$(unique_id)
	before=$(look "$2")
	create "$STARTED" "$2"
	[ "$before" = "$(look "$2")" ] || { echo "$before"; look "$2"; return 1; }
	records 1 "$LEFT$because"
	run -0 "$RUNTIME" start "$STARTED"
	records 1
	PID=$(cat "$BATS_TEST_TMPDIR/pid")
	[ "$(readlink "/proc/$PID/ns/net")" = "$(readlink /proc/self/ns/net)" ]
}

# inside WORD... - as CRI-O does it: with the capabilities of the original configuration
inside() {
	jq --argjson args "$(words "$@")" '.process | .args = $args' "$DIR/config.json" >"$BATS_TEST_TMPDIR/process.json"
	"$RUNTIME" exec --process "$BATS_TEST_TMPDIR/process.json" "$ID"
}

# configures INSIDE... - the host's network is changed from inside, and brought back from there
configures() {
	"$@" sh -ec '/bin/ip addr add 192.0.2.33/32 dev lo; /bin/ip route add 198.51.100.0/24 via 10.98.0.2
		/bin/ip rule add from 10.99.0.99 table 99; /bin/ip link add pod0 type veth peer name pod1
		/bin/iptables -w -A INPUT -s 192.0.2.77 -j DROP; /bin/nft add table ip proxy'
	ip -o addr show lo | grep -q 192.0.2.33
	ip route | grep -q '198.51.100.0/24 via 10.98.0.2'
	ip rule | grep -q 'from 10.99.0.99 lookup 99'
	[ -e /sys/class/net/pod0 ]
	iptables-save | grep -q 192.0.2.77
	nft list tables | grep -q 'ip proxy'
	"$@" sh -ec '/bin/ip addr del 192.0.2.33/32 dev lo; /bin/ip route del 198.51.100.0/24
		/bin/ip rule del from 10.99.0.99; /bin/ip link del pod0; /bin/iptables -w -D INPUT -s 192.0.2.77 -j DROP; /bin/nft delete table ip proxy'
	host_unchanged
}
# sysctls, as far as the configuration leaves them writable
sets_sysctls() {
	"$@" sh -ec 'echo 65 >/proc/sys/net/ipv4/ip_default_ttl'
	[ "$(cat /proc/sys/net/ipv4/ip_default_ttl)" = 65 ]
	"$@" sh -ec 'echo 64 >/proc/sys/net/ipv4/ip_default_ttl'
	host_unchanged
}

# by_crio RUNTIME JQ - a workload of CRI-O, which has no entry
by_crio() {
	SANDBOX='' JOINED=''
	DIR=$CRIO/$1/userdata
	bundle "$DIR" crio/hostnet.container "$2"
	up "$1" "$DIR" "${BECAUSE-}"
	ID=$STARTED
}

# by_containerd RUNTIME JQ - its sandbox, and a workload that joins the sandbox's network
by_containerd() {
	bundle "$CONTAINERD/sandbox-$1" cri-containerd/netadmin-hostnet ''
	up "$1" "$CONTAINERD/sandbox-$1"
	SANDBOX=$STARTED JOINED=/proc/$PID/ns/net
	forget_records
	DIR=$CONTAINERD/$1
	bundle "$DIR" cri-containerd/netadmin-hostnet "$WORKLOAD $JOIN $2"
	up "$1" "$DIR" "${BECAUSE-}"
	ID=$STARTED
}

# nothing more is logged by exec, and all is gone afterwards
down() {
	records 1
	"$RUNTIME" kill "$ID" KILL
	wait_for 50 stopped
	"$RUNTIME" delete "$ID"
	ID=
	remove_container "$SANDBOX"
	SANDBOX=''
	records 1
	whole_host_unchanged
	forget_records
}
stopped() { [ "$("$RUNTIME" state "$ID" | jq -r .status)" = stopped ]; }

each() {
	local runtime engine
	for runtime in crun runc; do
		for engine in by_crio by_containerd; do
			echo "# $engine $runtime"
			"$@" "$engine" "$runtime"
			down
		done
	done
}

# --- with the runtime alone ----------------------------------------------------------------

proxy() {
	"$1" "$2" "$PRIVILEGED $PROXY"
	configures inside
	sets_sysctls inside
	[ "$(inside cat /lib/modules/module.ko)" = module ]
	! inside touch /lib/modules/other || return 1
	inside sh -c 'echo locked >/run/xtables.lock'
	[ "$(cat "$NODE/xtables.lock")" = locked ]
}
@test "kube-proxy: host network, privileged: as it was, one record, and it works" { each proxy; }

agent() {
	"$1" "$2" "$AGENT"
	configures inside
	inside sh -c 'echo agent >/opt/cni/bin/plugin; echo conf >/etc/cni/net.d/10-agent.conf; mkdir -p /run/agent'
	[ "$(cat "$NODE/cni-bin/plugin")" = agent ]
	[ "$(cat "$NODE/cni-conf/10-agent.conf")" = conf ]
	# what the host mounts later is seen, and what is mounted inside is not seen outside
	mount -t tmpfs netns "$NODE/run/agent"
	touch "$NODE/run/agent/from-the-host"
	inside test -e /run/agent/from-the-host
	umount "$NODE/run/agent"
	! inside test -e /run/agent/from-the-host || return 1
	rm -r "$NODE"/cni-bin/plugin "$NODE/cni-conf/10-agent.conf" "$NODE/run/agent"
	# NET_ADMIN, NET_RAW and SYS_MODULE
	local mask=$((1 << 12 | 1 << 13 | 1 << 16))
	[ $(($(inside awk '/^CapEff/ {print "0x" $2}' /proc/self/status) & mask)) = "$mask" ]
}
@test "a CNI agent: NET_ADMIN, NET_RAW, SYS_MODULE, slave mounts: as it was, one record, and it works" { each agent; }

plugin() {
	BECAUSE=$SHARED_ROOT
	"$1" "$2" "$PRIVILEGED $PLUGIN ${3-}"
	mounts_for_the_host inside
	configures inside
	inside test -c /host-dev/null
	if [ -n "${3-}" ]; then inside test -e "/proc/$$/stat"; fi
}
# what is mounted in there comes out on the host, as a pod's volume must
mounts_for_the_host() {
	"$@" sh -ec 'mkdir /var/lib/kubelet/pods/volume; mount -t tmpfs volume /var/lib/kubelet/pods/volume; touch /var/lib/kubelet/pods/volume/file'
	[ -e "$NODE/kubelet/pods/volume/file" ]
	mountpoint -q "$NODE/kubelet/pods/volume"
	"$@" sh -ec 'umount /var/lib/kubelet/pods/volume; rmdir /var/lib/kubelet/pods/volume'
	[ ! -e "$NODE/kubelet/pods/volume" ]
}
@test "a CSI node plugin: privileged, shared mounts: as it was, one record, and it works" { each plugin; }
@test "the same with hostPID" {
	plugin by_crio runc "$HOST_PID"
	down
	plugin by_containerd crun "$HOST_PID"
	down
}

# What one of them would get if it were locked, so that the tests above can fail.
@test "control: under \"inherit\": \"lock\" kube-proxy is locked, and its work refused" {
	policy '{"version": 1, "default": {"inherit": "lock"}}'
	DIR=$CRIO/locked/userdata
	bundle "$DIR" crio/hostnet.container "$PRIVILEGED $PROXY"
	RUNTIME=$(runtime_path crun)
	ID=$(unique_id)
	create "$ID" "$DIR"
	run -0 "$RUNTIME" start "$ID"
	records 0
	run inside /bin/ip addr add 192.0.2.33/32 dev lo
	expect_status 2
	expect_output "Operation not permitted"
	run inside sh -c 'echo 65 >/proc/sys/net/ipv4/ip_default_ttl'
	expect_status 1
}

# --- as containers of podman -----------------------------------------------------------------

# podman_up OPTIONS...
podman_up() {
	local because=${BECAUSE:-$LOSES}
	require_command podman conmon
	watched -d --name system --network host "$@" localhost/bb sleep 1000 >/dev/null
	[ "$(cat "$WATCHED")" = same ]
	records 1 "$LEFT$because"
}
in_system() { podman_of watched exec "$@"; }
podman_inside() { in_system system "$@"; }
podman_privileged() { in_system --privileged system "$@"; }
podman_down() {
	records 1
	podman_of watched restart -t 0 system >/dev/null
	records 2 "$LEFT${BECAUSE:-$LOSES}"
	[ "$(sort -u "$WATCHED")" = same ]
	podman_of watched rm -f -t 0 system >/dev/null
	nothing_left
}

@test "podman: kube-proxy" {
	podman_up --privileged -v "$NODE/modules:/lib/modules:ro" -v "$NODE/xtables.lock:/run/xtables.lock"
	configures podman_inside
	sets_sysctls podman_inside
	configures podman_privileged
	podman_down
}
@test "podman: a CNI agent" {
	podman_up --cap-add NET_ADMIN,NET_RAW,SYS_MODULE -v "$NODE/run:/run:rslave" -v "$NODE/modules:/lib/modules:ro" \
		-v "$NODE/cni-bin:/opt/cni/bin" -v "$NODE/cni-conf:/etc/cni/net.d"
	configures podman_inside
	podman_down
	rm -rf "$NODE"/run/.containerenv "$NODE"/run/secrets
}
@test "podman: a CSI node plugin, with hostPID too" {
	BECAUSE=$SHARED_ROOT
	podman_up --privileged -v "$NODE/kubelet:/var/lib/kubelet:rshared" -v /dev:/host-dev:rslave
	mounts_for_the_host podman_inside
	podman_down
	forget_records
	: >"$WATCHED"
	podman_up --privileged --pid host -v "$NODE/kubelet:/var/lib/kubelet:rshared" -v /dev:/host-dev:rslave
	mounts_for_the_host podman_inside
	podman_inside test -e "/proc/$$/stat"
	podman_down
}
@test "podman's hook leaves them and logs one record too" {
	require_command podman conmon
	by_hook -d --name system --network host --privileged localhost/bb sleep 1000 >/dev/null
	records 1 "$LEFT$LOSES"
	podman_inside() { podman_of by_hook exec system "$@"; }
	configures podman_inside
	podman_of by_hook rm -f -t 0 system >/dev/null
}
