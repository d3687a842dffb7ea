#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# exec where the caller is elsewhere than the container, and in containers that try to lead the guard astray.

bats_require_minimum_version 1.5.0
load helpers

setup_file() {
	require_program oci-hostnet-crun oci-hostnet-runc oci-hostnet
	make_rootfs "$HOSTNET_TEST_DIR/rootfs"
	cat >"$HOSTNET_TEST_DIR/rootfs/bin/try" <<-'SH'
	#!/bin/sh
	grep ^Cap /proc/self/status
	/bin/ip addr add 127.0.0.9/8 dev lo && echo BREACHED
	echo END
	SH
	chmod +x "$HOSTNET_TEST_DIR/rootfs/bin/try"
	jq -n '["CAP_CHOWN", "CAP_NET_ADMIN", "CAP_SYS_ADMIN"] as $all | {terminal: false, user: {uid: 0, gid: 0}, cwd: "/",
		args: ["try"], env: ["PATH=/bin"], capabilities: {bounding: $all, effective: $all, inheritable: $all, permitted: $all, ambient: $all}}' \
		>"$BATS_FILE_TMPDIR/process.json"
	chmod 644 "$BATS_FILE_TMPDIR/process.json"
}

setup() {
	STARTED_ID=
	PROCESS=$BATS_FILE_TMPDIR/process.json
	no_policy
	remember_host
}

teardown() {
	stop
	if ! host_unchanged >/dev/null; then host_network_reset; fi
}

# running RUNTIME JQ - starts a container that waits
running() { start "$1" "$2" sh -c 'echo ready; exec sleep 1000' && sleep 0.2; }

# admin - whether what was tried had CAP_NET_ADMIN in some set
admin() {
	local set
	for set in $(sed -n 's/^Cap[A-Z][a-z]*:[^0-9a-f]*\([0-9a-f]*\).*/\1/p' <<<"$output"); do
		[ $((0x$set & (1 << 12))) = 0 ] || return 0
	done
	return 1
}

locked() {
	expect_output "Operation not permitted" END
	[[ $output != *BREACHED* ]]
	run ! admin
	host_unchanged
}

# A unit with PrivateNetwork=, or `ip netns exec` before the engine.
from_elsewhere() {
	local runtime lock
	runtime=$(runtime_path "$1")
	for lock in standard strict userns; do
		if [ "$lock" = userns ]; then make_userns_rootfs; fi
		running "$1" ".annotations[\"io.oci-hostnet.lock\"] = \"$lock\""
		run timeout -s KILL 60 unshare -n "$runtime" exec --cap CAP_NET_ADMIN "$STARTED_ID" try </dev/null
		locked
		run timeout -s KILL 60 unshare -n "$runtime" exec --process "$PROCESS" "$STARTED_ID" </dev/null
		locked
		stop
	done
	# one that nobody asked to lock has what it was given, and no more
	running "$1" "$UNASKED"
	run timeout -s KILL 60 unshare -n "$runtime" exec --process "$PROCESS" "$STARTED_ID" </dev/null
	run ! admin
	host_unchanged
	stop
	# a network of its own
	running "plain-$1" 'del(.annotations)'
	run timeout -s KILL 60 unshare -n "$runtime" exec --cap CAP_NET_ADMIN "$STARTED_ID" try </dev/null
	admin
}
# Where process 1 has yet another network: what is locked has our annotation.
third_network() {
	make_bundle "$BATS_TEST_TMPDIR/third" . sleep 1000
	# shellcheck disable=SC2016
	run timeout -s KILL 60 unshare -n bash -c '"$1" run -d -b "$2" "$3" </dev/null >/dev/null 2>&1 3>&- && sleep 0.3 &&
		unshare -n "$1" exec --cap CAP_NET_ADMIN "$3" try; "$1" delete -f "$3"' - \
		"$(runtime_path "$1")" "$BATS_TEST_TMPDIR/third" "$(unique_id)" </dev/null
	locked
}
@test "crun: such a caller, and process 1 in a third one" { third_network crun; }
@test "crun: a caller in another network namespace" { from_elsewhere crun; }
@test "runc: a caller in another network namespace" { from_elsewhere runc; }
@test "control: with crun alone such a caller changes the host" {
	running crun .
	run timeout -s KILL 60 unshare -n crun exec --cap CAP_NET_ADMIN "$STARTED_ID" try </dev/null
	expect_output BREACHED
	ip addr del 127.0.0.9/8 dev lo
}

# `Groups:` stands in front of `CapBnd:` in /proc/PID/status.
many_groups() {
	running "$1" '.process.user.additionalGids = [range(1000; 9000)]'
	run timeout -s KILL 60 "$(runtime_path "$1")" exec --cap CAP_NET_ADMIN "$STARTED_ID" try </dev/null
	expect_status 0
	locked
	run timeout -s KILL 60 "$(runtime_path "$1")" exec --process "$PROCESS" "$STARTED_ID" </dev/null
	locked
}
@test "crun: an init with thousands of groups" { many_groups crun; }
@test "runc: an init with thousands of groups" { many_groups runc; }

# own_bundle JQ COMMAND - runc reads for exec what this container wrote: its root filesystem is its bundle.
own_bundle() {
	OWN=$BATS_TEST_TMPDIR/own
	mkdir "$OWN"
	chmod 755 "$OWN"
	cp -a "$HOSTNET_TEST_DIR/rootfs/." "$OWN/"
	make_bundle "$OWN" ".root.path = \".\" | $1" sh -c "$2; echo ready; exec sleep 1000"
	STARTED_ID=$(unique_id)
	STARTED_RUNTIME=$(runtime_path runc)
	STARTED_LOG=$BATS_TEST_TMPDIR/log
	"$STARTED_RUNTIME" run -b "$OWN" "$STARTED_ID" </dev/null >"$STARTED_LOG" 2>&1 3>&- &
	STARTED_PID=$!
	wait_for 100 grep -q ^ready "$STARTED_LOG"
}
WRITE='sed -i "s/\"CAP_CHOWN\"/\"CAP_CHOWN\",\"CAP_NET_ADMIN\"/g" /config.json'

@test "runc: a bundle that the container wrote, and an init that hides its bounding set" {
	own_bundle '.process.user.additionalGids = [range(1000; 9000)]' "$WRITE"
	run timeout -s KILL 60 "$(runtime_path runc)" exec "$STARTED_ID" try </dev/null
	expect_status 255
	[[ $output != *END* ]]
	host_unchanged
}
@test "runc: a bundle that the container wrote, before it is said to be started" {
	own_bundle . "$WRITE"
	mkfifo "/run/runc/$STARTED_ID/exec.fifo"
	run timeout -s KILL 60 "$(runtime_path runc)" exec "$STARTED_ID" try </dev/null
	rm "/run/runc/$STARTED_ID/exec.fifo"
	expect_status 255
	[[ $output != *END* ]]
	host_unchanged
}
@test "runc: a configuration that is a pipe, a link, or not there" {
	own_bundle . true
	mv "$OWN/config.json" "$OWN/saved"
	run timeout -s KILL 60 "$(runtime_path runc)" exec "$STARTED_ID" try </dev/null
	expect_status 255
	mkfifo "$OWN/config.json"
	run timeout -s KILL 20 "$(runtime_path runc)" exec "$STARTED_ID" try </dev/null
	expect_status 255
	expect_output "is not a regular file"
	ln -sf saved "$OWN/config.json"
	run timeout -s KILL 60 "$(runtime_path runc)" exec "$STARTED_ID" try </dev/null
	expect_status 255
	[[ $output != *END* ]]
	rm "$OWN/config.json"
	mv "$OWN/saved" "$OWN/config.json"
	run timeout -s KILL 60 "$(runtime_path runc)" exec "$STARTED_ID" try </dev/null
	locked
}

# runc makes a label `bundle=/vol=x` of it, and takes the first that begins with `bundle=`.
@test "runc: an annotation whose key begins with bundle=" {
	local other=$BATS_TEST_TMPDIR/other=x
	make_bundle "$BATS_TEST_TMPDIR" ".annotations[\"bundle=${other%=x}\"] = \"x\"" true
	run -1 "$PROGRAMS/oci-hostnet" apply "$BATS_TEST_TMPDIR"
	expect_output "the annotation \`bundle=${other%=x}\`"
	# one that was made without us
	mkdir "$other"
	running plain-runc "$UNASKED | .annotations[\"bundle=${other%=x}\"] = \"x\""
	jq '.process.capabilities = {bounding: ["CAP_NET_ADMIN"], effective: ["CAP_NET_ADMIN"], permitted: ["CAP_NET_ADMIN"]}' \
		"$BATS_TEST_TMPDIR/config.json" >"$other/config.json"
	run timeout -s KILL 60 "$(runtime_path runc)" exec "$STARTED_ID" try </dev/null
	expect_status 255
	[[ $output != *END* ]]
	# what stands there now does not matter
	jq '.process.capabilities = {}' "$BATS_TEST_TMPDIR/config.json" >"$other/config.json"
	run timeout -s KILL 60 "$(runtime_path runc)" exec "$STARTED_ID" try </dev/null
	expect_status 255
	[[ $output != *END* ]]
	host_unchanged
}

@test "runc: two states of one name, and no capability asked for" {
	running runc .
	mkdir -p "$BATS_TEST_TMPDIR/xdg/runc"
	cp -a "/run/runc/$STARTED_ID" "$BATS_TEST_TMPDIR/xdg/runc/"
	run env XDG_RUNTIME_DIR="$BATS_TEST_TMPDIR/xdg" timeout -s KILL 60 "$(runtime_path runc)" exec "$STARTED_ID" try </dev/null
	expect_status 255
	expect_output "give --root"
	[[ $output != *END* ]]
}

@test "crun: a relative XDG_RUNTIME_DIR" {
	local id
	cd "$BATS_TEST_TMPDIR"
	mkdir relative
	export XDG_RUNTIME_DIR=$BATS_TEST_TMPDIR/relative
	running crun .
	id=$STARTED_ID
	[ -d "relative/crun/$id" ]
	# crun takes it from the current directory
	run env XDG_RUNTIME_DIR=relative timeout -s KILL 60 "$(runtime_path crun)" exec --cap CAP_NET_ADMIN "$id" try </dev/null
	locked
	# and there is one of that name where one would look else
	mkdir -p /run/crun
	cp -a "relative/crun/$id" /run/crun/
	run env XDG_RUNTIME_DIR=relative timeout -s KILL 60 "$(runtime_path crun)" exec --cap CAP_NET_ADMIN "$id" try </dev/null
	rm -r "/run/crun/$id"
	expect_status 1
	expect_output "give --root"
}
