# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# What the tests of faults share: a configuration with as much of the outside world as can be, and the
# judge of each test (tests/faults/inject.bash makes calls fail).

. "$top_srcdir/tests/faults/inject.bash"

TOOLS=$HOSTNET_TEST_DIR/faults

setup_file() {
	mkdir -p "$TOOLS/holder/deep/proc"
	gcc -O1 -Wall -static -o "$TOOLS/label" "$top_srcdir/tests/faults/label.c"
	gcc -O1 -Wall -static -o "$TOOLS/short" "$top_srcdir/tests/faults/short.c"
	mknod "$TOOLS/tun" c 10 200
	# what docker's default namespace is
	: >"$TOOLS/host-network"
	mount --bind /proc/self/ns/net "$TOOLS/host-network"
	# Only the mount table tells that this holds a proc.
	mount -t proc proc "$TOOLS/holder/deep/proc"
}

teardown_file() {
	umount "$TOOLS/holder/deep/proc" "$TOOLS/host-network"
}

# As much of the outside world as can be asked for: a namespace, binds of proc, of sysfs, of a
# device, of what is not there, open devices, sysctls, capabilities.
RICH=$(cat <<-JQ
	(.linux.namespaces[] | select(.type == "network")).path = "/run/netns/lan"
	| $ADMIN
	| .linux.resources.devices = [{allow: true, access: "rwm"}]
	| .linux.sysctl = {"net.ipv4.ping_group_range": "0 0"}
	| .mounts += [
		{destination: "/data/a", type: "bind", source: "/proc/sys/net", options: ["rbind", "rw"]},
		{destination: "/data/b", type: "bind", source: "$TOOLS/holder", options: ["rbind", "rw"]},
		{destination: "/data/c", type: "bind", source: "$TOOLS/tun", options: ["bind", "rw"]},
		{destination: "/data/d", type: "bind", source: "/sys/class/net", options: ["rbind", "rw"]}]
JQ
)

setup() {
	require_program oci-hostnet oci-hostnet-hook oci-hostnet-runtime oci-hostnet-crun oci-hostnet-runc
	require_command strace
	work=$(mktemp -d "$HOSTNET_TEST_DIR/tmp/faults.XXXXXX")
	mkdir "$work/bundle" "$work/bin"
	chmod 755 "$work"
	INPUT=/dev/null
	STRACE=(strace)
	LEFT_SEEN=0 STARTED=0
	cd "$work" || return
}

teardown() { no_policy; rm -rf "$work"; }

judge() { judge_bundle; }

stand_in() {
	gcc -O1 -Wall -static -DFROM="\"$work/bundle/config.json\"" -DTO="\"$work/handed\"" \
		-o "$work/bin/crun" "$top_srcdir/tests/faults/handed.c"
	policy '{"version":1,"runtime":"'"$work/bin/crun"'"'"${1-}"'}'
	judge() { judge_handed; }
}
