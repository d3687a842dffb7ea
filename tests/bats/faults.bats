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
TRY=(sh -c 'echo STARTED; ifconfig lo:1 127.0.0.3 2>&1; :')

setup() {
	require_program oci-hostnet oci-hostnet-hook oci-hostnet-runtime oci-hostnet-crun oci-hostnet-runc
	require_command strace
	work=$(mktemp -d "$HOSTNET_TEST_DIR/tmp/faults.XXXXXX")
	mkdir "$work/bundle" "$work/bin"
	chmod 755 "$work"
	INPUT=/dev/null
	STRACE=(strace)
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

@test "create, run: every call fails in turn, or is the last" {
	stand_in
	new_bundle "$RICH"
	make_reference
	undisturbed "\"$work/bundle\"" "$PROGRAMS/oci-hostnet-runtime" create -b "$work/bundle" x
	[[ "${POINTS[*]: -1}" = execve* ]]
	each_call "EIO ENOMEM EINTR EACCES" "$PROGRAMS/oci-hostnet-runtime" create -b "$work/bundle" x
	tried 200
	undisturbed "\"$work/bundle\"" "$PROGRAMS/oci-hostnet-runtime" run -b "$work/bundle" x
	each_call "EIO SIGKILL" "$PROGRAMS/oci-hostnet-runtime" run -b "$work/bundle" x
	tried 120
}

@test "a container that has the host's network without asking, and must be locked: every call fails in turn" {
	stand_in ',"default":{"inherit":"lock"}'
	for has in 'del(.linux.namespaces[] | select(.type == "network"))' \
		"(.linux.namespaces[] | select(.type == \"network\")).path = \"$TOOLS/host-network\""; do
		new_bundle "$RICH | $has | del(.annotations, .linux.sysctl)"
		make_reference
		undisturbed "\"$work/bundle\"" "$PROGRAMS/oci-hostnet-runtime" create -b "$work/bundle" x
		each_call "EIO ENOMEM SIGKILL" "$PROGRAMS/oci-hostnet-runtime" create -b "$work/bundle" x
		tried 150
	done
}

@test "real containers: every call fails in turn, or is the last; who prints STARTED is locked" {
	require_command crun runc
	judge() { judge_container; }
	new_bundle "$RICH" "${TRY[@]}"
	make_reference
	for runtime in crun runc; do
		STARTED=0
		undisturbed "\"$work/bundle\"" "$PROGRAMS/oci-hostnet-$runtime" run -b "$work/bundle" "$(unique_id)"
		[ "$STARTED" -eq 1 ]
		each_call "EIO SIGKILL" "$PROGRAMS/oci-hostnet-$runtime" run -b "$work/bundle" "$(unique_id)"
		tried 120
		# some calls may fail, and still a container starts
		[ "$STARTED" -ge 10 ]
	done
}

@test "the control: the same container without its lock is noticed" {
	require_command crun
	new_bundle "$RICH | $UNASKED | del(.linux.sysctl)" "${TRY[@]}"
	cp "$work/original" "$work/reference"
	remember_host
	STATUS=0
	crun run -b "$work/bundle" "$(unique_id)" >"$work/out" 2>"$work/err" </dev/null || STATUS=$?
	JOB=control
	run judge_container
	ip addr del 127.0.0.3/8 dev lo
	host_unchanged
	[ "$status" -eq 1 ]
	[[ "$output" == *"a container without its lock was started"* ]]
}

@test "the hook: every call fails in turn, or is the last" {
	new_bundle "$RICH"
	make_reference
	INPUT=$work/original
	judge() { judge_hook; }
	"$PROGRAMS/oci-hostnet-hook" precreate <"$INPUT" | cmp - "$work/reference"
	undisturbed 'read(0' "$PROGRAMS/oci-hostnet-hook" precreate
	each_call "$ERRORS EPIPE SIGKILL SIGTERM SIGPIPE" "$PROGRAMS/oci-hostnet-hook" precreate
	[ "$RETRIED" -ge 3 ]
	tried 300
}

@test "a refusal stays a refusal whatever fails: a port that podman reserved, somebody else's file" {
	stand_in
	judge() { judge_refusal; }
	REFUSED=yes
	gcc -static -o "$work/reserve" "$top_srcdir/tests/tools/conmon.c"
	new_bundle "$RICH"
	# the parent's name is what tells conmon
	cp "$(command -v strace)" "$work/conmon"
	STRACE=("$work/reserve" 5 tcp no "$work/conmon")
	undisturbed "\"$work/bundle\"" "$PROGRAMS/oci-hostnet-runtime" create -b "$work/bundle" x
	grep "cannot publish ports" "$work/err"
	each_call "EIO ENOMEM EINTR" "$PROGRAMS/oci-hostnet-runtime" create -b "$work/bundle" x
	tried 120
	STRACE=(strace)
	chown 1000 "$work/original"
	fresh
	undisturbed "\"$work/bundle\"" "$PROGRAMS/oci-hostnet-runtime" create -b "$work/bundle" x
	grep "belongs to uid 1000" "$work/err"
	each_call "$ERRORS" "$PROGRAMS/oci-hostnet-runtime" create -b "$work/bundle" x
	tried 25
}
