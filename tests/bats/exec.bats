#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# exec cannot give back what the lock took: real crun and runc.

load helpers

setup_file() {
	require_program oci-hostnet-crun oci-hostnet-runc oci-hostnet
	make_rootfs "$HOSTNET_TEST_DIR/rootfs"
	# tries to change the host; says what it has
	cat >"$HOSTNET_TEST_DIR/rootfs/bin/try" <<-'SH'
	#!/bin/sh
	grep ^Cap /proc/self/status
	/bin/ip addr add 127.0.0.9/8 dev lo && echo BREACHED
	netattack SIOCSIFADDR
	echo END
	SH
	chmod +x "$HOSTNET_TEST_DIR/rootfs/bin/try"
}

setup() {
	STARTED_ID=
	no_policy
	remember_host
}

teardown() {
	stop
	if [ -n "${CREATED_ID-}" ]; then "$CREATED_RUNTIME" delete -f "$CREATED_ID" >/dev/null 2>&1 || true; fi
	if ! host_unchanged >/dev/null; then host_network_reset; fi
}

# running RUNTIME JQ [COMMAND...] - starts a container that waits; by default for ever
running() {
	local runtime=$1 change=$2
	shift 2
	[ $# -gt 0 ] || set -- sleep 1000
	start "$runtime" "$change" sh -c 'echo ready; exec "$@"' - "$@"
	sleep 0.2
}

ALL='["CAP_CHOWN", "CAP_KILL", "CAP_NET_ADMIN", "CAP_NET_RAW", "CAP_SYS_ADMIN", "CAP_SYS_PTRACE", "CAP_NET_BIND_SERVICE"]'

# process_file [JQ] WORD... - what an engine writes for exec: every set full
process_file() {
	local change=$1
	shift
	PROCESS=$BATS_TEST_TMPDIR/process.json
	jq -n --argjson all "$ALL" --argjson args "$(words "$@")" '{
		terminal: false, user: {uid: 0, gid: 0}, cwd: "/", args: $args, env: ["PATH=/bin"],
		capabilities: {bounding: $all, effective: $all, inheritable: $all, permitted: $all, ambient: $all},
		noNewPrivileges: false}' | jq "$change" >"$PROCESS"
	cp -p "$PROCESS" "$BATS_TEST_TMPDIR/process.before"
}

# in_container RUNTIME WORD... - exec in the started container
in_container() {
	local runtime
	runtime=$(runtime_path "$1")
	shift
	timeout -s KILL 120 "$runtime" exec "$@" </dev/null
}

# every set that /proc/self/status shows, as one OR
sets_of() {
	local line all=0
	for line in $(sed -n 's/^Cap[A-Z][a-z]*:[^0-9a-f]*\([0-9a-f]*\).*/\1/p' <<<"$output"); do
		all=$((all | 0x$line))
	done
	printf '%x\n' "$all"
}

expect_locked() {
	local sets
	expect_output "Operation not permitted" EACCES END
	[[ $output != *BREACHED* ]]
	sets=$((0x$(sets_of)))
	# NET_ADMIN 12, NET_RAW 13, SYS_PTRACE 19, SYS_ADMIN 21
	[ $((sets & (1 << 12 | 1 << 13 | 1 << 19 | 1 << 21))) = 0 ] || { echo "$output"; return 1; }
	host_unchanged
}

by_process() {
	running "$1" "$2"
	process_file . try
	run in_container "$1" --process "$PROCESS" "$STARTED_ID"
	expect_status 0
	expect_locked
	# CHOWN 0 and KILL 5 of the container stay
	[ $((0x$(sets_of) & 33)) = 33 ]
	# glued, the short letter, several: the last counts
	run in_container "$1" "--process=$PROCESS" "$STARTED_ID"
	expect_locked
	run in_container "$1" -p /dev/null -p "$PROCESS" "$STARTED_ID"
	expect_locked
	cmp "$PROCESS" "$BATS_TEST_TMPDIR/process.before"
	[ "$(stat -c %y "$PROCESS")" = "$(stat -c %y "$BATS_TEST_TMPDIR/process.before")" ]
}
@test "crun: exec --process cannot bring capabilities back" { by_process crun .; }
@test "runc: exec --process cannot bring capabilities back" { by_process runc .; }
@test "crun: exec --process cannot, without a seccomp section of its own" { by_process crun "$NO_SECCOMP"; }
@test "runc: exec --process cannot, without a seccomp section of its own" { by_process runc "$NO_SECCOMP"; }

# The kernel would cut some of them by the bounding set: what the runtime reads.
@test "all five sets of the process file are cut to what the container was given" {
	local work=$BATS_TEST_TMPDIR set
	mkdir "$work/bin"
	gcc -static -o "$work/bin/crun" -x c - <<-'C'
		#include <stdio.h>
		#include <string.h>
		int main (int argc, char **argv)
		{
		  char line[4096];
		  FILE *file = NULL;
		  for (int i = 1; i < argc; i++)
		    if (strncmp (argv[i], "--process=", 10) == 0) file = fopen (argv[i] + 10, "r");
		  while (file != NULL && fgets (line, sizeof line, file) != NULL) fputs (line, stdout);
		  return 0;
		}
	C
	chmod 755 "$work/bin" "$work/bin/crun"
	running crun .
	process_file . try
	policy '{"version": 1, "runtime": "'"$work/bin/crun"'"}'
	run "$PROGRAMS/oci-hostnet-runtime" exec --process "$PROCESS" "$STARTED_ID"
	no_policy
	expect_status 0
	for set in bounding effective inheritable permitted ambient; do
		[ "$(jq -c ".capabilities.$set" <<<"$output")" = '["CAP_CHOWN","CAP_KILL","CAP_NET_BIND_SERVICE"]' ] ||
			{ echo "$set: $(jq -c ".capabilities.$set" <<<"$output")"; return 1; }
	done
	# and nothing else
	[ "$(jq -S 'del(.capabilities)' <<<"$output")" = "$(jq -S 'del(.capabilities)' "$PROCESS")" ]
}

by_cap() {
	running "$1" .
	run in_container "$1" --cap CAP_NET_ADMIN "$STARTED_ID" try
	expect_status 0
	expect_locked
	run in_container "$1" -c CAP_NET_RAW --cap=CAP_NET_ADMIN -c CAP_CHOWN "$STARTED_ID" try
	expect_status 0
	expect_locked
}
@test "crun: exec --cap cannot bring capabilities back" { by_cap crun; }
@test "runc: exec --cap cannot bring capabilities back" { by_cap runc; }

control() {
	running "$1" .
	process_file . try
	run in_container "plain-$1" --process "$PROCESS" "$STARTED_ID"
	expect_output BREACHED
	ip addr del 127.0.0.9/8 dev lo
	run in_container "plain-$1" --cap CAP_NET_ADMIN "$STARTED_ID" try
	expect_output BREACHED
	ip addr del 127.0.0.9/8 dev lo
}
@test "control: with crun alone exec brings them back" { control crun; }
@test "control: with runc alone exec brings them back" { control runc; }

# user_namespaces(7): a new one has a full bounding set, and leave to make a network namespace.
hostile_init() {
	local how
	for how in "-U" "-U -n"; do
		# shellcheck disable=SC2086
		running "$1" "$NO_SECCOMP" unshare $how sleep 1000
		process_file . try
		run in_container "$1" --process "$PROCESS" "$STARTED_ID"
		[[ $output != *BREACHED* ]]
		[ "$1" = crun ] || expect_locked
		run in_container "$1" --cap CAP_NET_ADMIN "$STARTED_ID" try
		[[ $output != *BREACHED* ]]
		[ "$1" = crun ] || expect_locked
		host_unchanged
		stop
	done
}
@test "crun: an init that enters a user namespace cannot widen what exec gets" { hostile_init crun; }
@test "runc: an init that enters a user namespace cannot widen what exec gets" { hostile_init runc; }
@test "control: with runc alone exec into such a container changes the host" {
	running runc "$NO_SECCOMP" unshare -U -n sleep 1000
	process_file . try
	run in_container plain-runc --process "$PROCESS" "$STARTED_ID"
	expect_output BREACHED
}

applied_only() {
	local dir=$BATS_TEST_TMPDIR/bundle
	make_bundle "$dir" . sh -c 'echo ready; exec sleep 1000'
	"$PROGRAMS/oci-hostnet" apply "$dir"
	STARTED_ID=$(unique_id)
	STARTED_RUNTIME=$(runtime_path "plain-$1")
	STARTED_LOG=$dir/log
	"$STARTED_RUNTIME" run -b "$dir" "$STARTED_ID" </dev/null >"$STARTED_LOG" 2>&1 3>&- &
	STARTED_PID=$!
	wait_for 100 grep -q ^ready "$STARTED_LOG"
	process_file . try
	run in_container "$1" --process "$PROCESS" "$STARTED_ID"
	expect_status 0
	expect_locked
}
@test "crun: covers a container that was made without the runtime" { applied_only crun; }
@test "runc: covers a container that was made without the runtime" { applied_only runc; }

# runc takes what exec gives from the bundle's config.json, which this container writes.
own_bundle() {
	local dir=$BATS_TEST_TMPDIR/own
	mkdir "$dir"
	chmod 755 "$dir"
	cp -a "$HOSTNET_TEST_DIR/rootfs/." "$dir/"
	make_bundle "$dir" '.root.path = "."' sh -c 'sed -i "s/\"CAP_CHOWN\"/\"CAP_CHOWN\",\"CAP_NET_ADMIN\"/g" /config.json; echo ready; exec sleep 1000'
	STARTED_ID=$(unique_id)
	STARTED_RUNTIME=$(runtime_path "$1")
	STARTED_LOG=$BATS_TEST_TMPDIR/log
	"$STARTED_RUNTIME" run -b "$dir" "$STARTED_ID" </dev/null >"$STARTED_LOG" 2>&1 3>&- &
	STARTED_PID=$!
	wait_for 100 grep -q ^ready "$STARTED_LOG"
	grep -q NET_ADMIN "$dir/config.json"
}
@test "runc: exec from a bundle that the container wrote is refused" {
	own_bundle runc
	run in_container runc "$STARTED_ID" try
	expect_status 255
	expect_output "asks for a capability that its init was not given"
	[[ $output != *BREACHED* ]]
	run in_container runc --cap CAP_CHOWN "$STARTED_ID" try
	expect_status 255
	process_file . try
	run in_container runc --process "$PROCESS" "$STARTED_ID"
	expect_locked
}
@test "crun: exec does not look at such a bundle" {
	own_bundle crun
	run in_container crun "$STARTED_ID" try
	expect_locked
}
@test "control: with runc alone exec gives what such a bundle asks for" {
	own_bundle runc
	run in_container plain-runc "$STARTED_ID" try
	expect_output BREACHED
	ip addr del 127.0.0.9/8 dev lo
}

# --- nothing else changes ------------------------------------------------------------

untouched() {
	local change
	# a network of its own; and the host's with NET_ADMIN, as a CNI pod has it
	for change in 'del(.annotations)' "$UNASKED | $ADMIN"; do
		running "plain-$1" "$change"
		process_file . sh -c 'grep ^Cap /proc/self/status; echo END'
		run in_container "$1" --process "$PROCESS" "$STARTED_ID"
		expect_output END
		[ $((0x$(sets_of) & (1 << 12))) != 0 ]
		run in_container "$1" --cap CAP_NET_ADMIN "$STARTED_ID" sh -c 'grep ^Cap /proc/self/status'
		[ $((0x$(sets_of) & (1 << 12))) != 0 ]
		stop
	done
}
@test "crun: exec with NET_ADMIN in a container that has it, or a network of its own" { untouched crun; }
@test "runc: exec with NET_ADMIN in a container that has it, or a network of its own" { untouched runc; }

words_behind() {
	running "$1" .
	run in_container "$1" "$STARTED_ID" echo --cap CAP_NET_ADMIN --process /nowhere -x
	expect_status 0
	[ "$output" = "--cap CAP_NET_ADMIN --process /nowhere -x" ]
	process_file '.user.uid = 7 | .cwd = "/tmp" | .env += ["X=a b"] | .strange = [1e3, -0, "\u00e9"]' \
		sh -c 'id -u; pwd; echo "$X"; exit 7'
	run in_container "$1" --process "$PROCESS" "$STARTED_ID"
	expect_status 7
	[ "$output" = $'7\n/tmp\na b' ]
}
@test "crun: the command behind the id, its user, directory, environment and status" { words_behind crun; }
@test "runc: the command behind the id, its user, directory, environment and status" { words_behind runc; }

detached() {
	local pid runtime
	running "$1" .
	runtime=$(runtime_path "$1")
	process_file . sh -c 'grep ^Cap /proc/self/status >/tmp/detached; cat <&3 >>/tmp/detached; ls /proc/self/fd | tr "\n" " " >>/tmp/detached; echo END >>/tmp/detached; exec sleep 20'
	echo "handed on" >"$BATS_TEST_TMPDIR/three"
	"$runtime" exec --detach --pid-file "$BATS_TEST_TMPDIR/pid" --preserve-fds 1 \
		--process "$PROCESS" "$STARTED_ID" </dev/null >/dev/null 2>&1 3<"$BATS_TEST_TMPDIR/three"
	wait_for 50 grep -q END "$HOSTNET_TEST_DIR/rootfs/tmp/detached"
	output=$(cat "$HOSTNET_TEST_DIR/rootfs/tmp/detached")
	rm "$HOSTNET_TEST_DIR/rootfs/tmp/detached"
	expect_output "handed on"
	[ $((0x$(sets_of) & (1 << 12 | 1 << 21))) = 0 ]
	# 0 1 2, the one that was handed on, ls's own: the process file is not among them
	expect_output "0 1 2 3 4 END"
	pid=$(cat "$BATS_TEST_TMPDIR/pid")
	kill -0 "$pid"
}
@test "crun: --detach, --pid-file and --preserve-fds; no descriptor of ours is left inside" { detached crun; }
@test "runc: --detach, --pid-file and --preserve-fds; no descriptor of ours is left inside" { detached runc; }

from_a_pipe() {
	running "$1" .
	process_file . try
	run in_container "$1" --process <(cat "$PROCESS") "$STARTED_ID"
	expect_status 0
	expect_locked
}
@test "crun: the process file can be a pipe" { from_a_pipe crun; }
@test "runc: the process file can be a pipe" { from_a_pipe runc; }

# --- what cannot be told -------------------------------------------------------------

# refused_exec RUNTIME STATUS TEXT WORD... - with our words before exec
refused_exec() {
	local runtime wanted=$2 text=$3
	runtime=$(runtime_path "$1")
	shift 3
	run timeout -s KILL 120 "$runtime" "$@" </dev/null
	expect_status "$wanted"
	expect_output "cannot tell what the container" "$text"
	[[ $output != *BREACHED* ]]
	host_unchanged
}

unreadable() {
	local root=$BATS_TEST_TMPDIR/root file state=/run/$1
	running "$1" .
	process_file . try
	mkdir "$root"
	refused_exec "$1" "$2" "no state of it" --root "$root" exec --process "$PROCESS" "$STARTED_ID"
	refused_exec "$1" "$2" "no state of it" --root "$root" exec --cap CAP_NET_ADMIN "$STARTED_ID" try
	refused_exec "$1" "$2" "no state of it" --root "$root" exec --cap net_admin "$STARTED_ID" try
	# harmless ones reach the runtime, which says itself that there is no such container
	run "$(runtime_path "$1")" --root "$root" exec --cap CAP_CHOWN "$STARTED_ID" try
	[ "$status" -ne 0 ]
	[[ $output != *"cannot tell"* ]]
	# another process has the number of the init process
	cp -a "$state/$STARTED_ID" "$root/"
	file=$root/$STARTED_ID/status
	[ "$1" = crun ] || file=$root/$STARTED_ID/state.json
	jq -c 'if has("pid") then .["process-start-time"] += 1 else .init_process_start += 1 end' "$file" >"$file.new"
	mv "$file.new" "$file"
	refused_exec "$1" "$2" "init process is not there" --root "$root" exec --process "$PROCESS" "$STARTED_ID"
	echo "{}" >"$file"
	refused_exec "$1" "$2" "init process is not there" --root "$root" exec --process "$PROCESS" "$STARTED_ID"
	echo "nonsense" >"$file"
	refused_exec "$1" "$2" "" --root "$root" exec --process "$PROCESS" "$STARTED_ID"
}
@test "crun: a state that cannot be read" { unreadable crun 1; }
@test "runc: a state that cannot be read" { unreadable runc 255; }

two_places() {
	running "$1" .
	process_file . try
	mkdir -p "$BATS_TEST_TMPDIR/xdg/$1"
	cp -a "/run/$1/$STARTED_ID" "$BATS_TEST_TMPDIR/xdg/$1/"
	XDG_RUNTIME_DIR=$BATS_TEST_TMPDIR/xdg refused_exec "$1" "$2" "give --root" \
		exec --process "$PROCESS" "$STARTED_ID"
	run in_container "$1" --process "$PROCESS" "$STARTED_ID"
	expect_locked
}
@test "crun: two states of one name are not told apart" { two_places crun 1; }
@test "runc: two states of one name are not told apart" { two_places runc 255; }
@test "crun: --rootless may be the state directory" {
	running crun .
	refused_exec crun 1 --rootless --rootless auto exec --cap CAP_NET_ADMIN "$STARTED_ID" try
}
@test "crun: a container in XDG_RUNTIME_DIR is found" {
	export XDG_RUNTIME_DIR=$BATS_TEST_TMPDIR/xdg
	mkdir "$XDG_RUNTIME_DIR"
	running crun .
	[ -d "$XDG_RUNTIME_DIR/crun/$STARTED_ID" ]
	process_file . try
	run in_container crun --process "$PROCESS" "$STARTED_ID"
	expect_status 0
	expect_locked
}

not_started() {
	local dir=$BATS_TEST_TMPDIR/bundle
	make_bundle "$dir" "$UNASKED" sleep 1000
	CREATED_ID=$(unique_id)
	CREATED_RUNTIME=$1
	"$(runtime_path "$1")" create -b "$dir" "$CREATED_ID" </dev/null >/dev/null 2>&1 3>&-
	refused_exec "$1" "$2" "has not been started" exec --cap CAP_NET_ADMIN "$CREATED_ID" try
	"$1" start "$CREATED_ID"
	run in_container "$1" --cap CAP_NET_ADMIN "$CREATED_ID" try
	expect_status 0
	expect_locked
}
@test "crun: a container that has not been started" { not_started crun 1; }
@test "runc: a container that has not been started" { not_started runc 255; }

broken() {
	local status_wanted=$2 text
	running "$1" .
	for text in '{"capabilities":{"bounding":["CAP_CHOWN"],"bounding":["CAP_NET_ADMIN"]}}' \
		'{"Capabilities":{"bounding":["CAP_NET_ADMIN"]}}' '{"capabilities":{"Bounding":["CAP_NET_ADMIN"]}}' \
		'{"capabilities":["CAP_NET_ADMIN"]}' '[]' '{' ''; do
		printf '%s' "$text" >"$BATS_TEST_TMPDIR/p"
		run in_container "$1" --process "$BATS_TEST_TMPDIR/p" "$STARTED_ID"
		expect_status "$status_wanted"
		expect_output "oci-hostnet: "
	done
	run in_container "$1" --process "$BATS_TEST_TMPDIR/nowhere" "$STARTED_ID"
	expect_status "$status_wanted"
	expect_output "cannot read the process file"
}
@test "crun: a process file that crun and runc read differently" { broken crun 1; }
@test "runc: a process file that crun and runc read differently" { broken runc 255; }
