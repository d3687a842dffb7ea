#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Whatever fails, and whenever: the original or the finished file, and never a started container
# without its lock.
bats_require_minimum_version 1.5.0
load helpers
. "$top_srcdir/tests/faults/inject.bash"

# Errors that the calls of a file system, of memory and of descriptors have.
ERRORS="EIO ENOSPC ENOMEM EINTR EACCES"
TOOLS=$HOSTNET_TEST_DIR/faults

setup_file() {
	local host=$HOSTNET_TEST_DIR/faults/holder
	mkdir -p "$TOOLS" "$host/deep/proc"
	gcc -O1 -Wall -static -o "$TOOLS/label" "$top_srcdir/tests/faults/label.c"
	gcc -O1 -Wall -static -o "$TOOLS/short" "$top_srcdir/tests/faults/short.c"
	mknod "$TOOLS/tun" c 10 200
	# Only the mount table tells that this holds a proc.
	mount -t proc proc "$host/deep/proc"
}

teardown_file() {
	umount "$HOSTNET_TEST_DIR/faults/holder/deep/proc"
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
TRY=(sh -c 'echo STARTED; ifconfig lo:1 127.0.0.3 2>&1; :')

setup() {
	require_program oci-hostnet oci-hostnet-hook oci-hostnet-runtime oci-hostnet-crun oci-hostnet-runc
	require_command strace
	work=$(mktemp -d "$HOSTNET_TEST_DIR/tmp/faults.XXXXXX")
	mkdir "$work/bundle" "$work/bin"
	chmod 755 "$work"
	INPUT=/dev/null
	LEFT_SEEN=0 STARTED=0
	cd "$work"
}

teardown() { no_policy; rm -rf "$work"; }

judge() { judge_bundle; }

# tried MINIMUM - what was done, for the log; too little of it is no test
tried() {
	echo "# $BATS_TEST_DESCRIPTION: ${#POINTS[@]} calls, $TRIED runs, $SURVIVED survived, $RETRIED tried again, $LEFT_SEEN files left by the killed" >&3
	[ "$TRIED" -ge "$1" ]
}

stand_in() {
	gcc -O1 -Wall -static -DFROM="\"$work/bundle/config.json\"" -DTO="\"$work/handed\"" \
		-o "$work/bin/crun" "$top_srcdir/tests/faults/handed.c"
	policy '{"version":1,"runtime":"'"$work/bin/crun"'"'"${1-}"'}'
	judge() { judge_handed; }
}

# --- every call ----------------------------------------------------------------------

@test "apply: every call fails in turn" {
	new_bundle "$RICH"
	make_reference
	undisturbed "\"$work/bundle\"" "$PROGRAMS/oci-hostnet" apply "$work/bundle"
	each_call "$ERRORS" "$PROGRAMS/oci-hostnet" apply "$work/bundle"
	# reading and writing the configuration: two reads and a write at least
	[ "$RETRIED" -ge 3 ]
	tried 200
}

@test "apply: killed at every call" {
	new_bundle "$RICH"
	make_reference
	undisturbed "\"$work/bundle\"" "$PROGRAMS/oci-hostnet" apply "$work/bundle"
	each_call "SIGKILL SIGTERM SIGHUP SIGPIPE" "$PROGRAMS/oci-hostnet" apply "$work/bundle"
	[ "$SURVIVED" -eq 0 ]
	# between creating and renaming it was there
	[ "$LEFT_SEEN" -ge 4 ]
	tried 200
}
