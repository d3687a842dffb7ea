#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# `mode: observe` under real crun and runc: nothing is changed and nothing refused, and the trail says
# what would have been; what the records of decisions hold; what the author of a pod is shown.
bats_require_minimum_version 1.5.0
load helpers
load syslog

OBSERVE='{"version": 1, "default": {"mode": "observe", "request": "refuse", "inherit": "refuse", "privateNetAdmin": "refuse"}}'

setup_file() {
	require_program oci-hostnet-crun oci-hostnet-runc oci-hostnet oci-hostnet-hook
	start_syslog
}

setup() {
	STARTED_ID=
	no_policy
	remember_host
	forget_records
	work=$(mktemp -d "$HOSTNET_TEST_DIR/tmp/observe.XXXXXX")
	chmod 755 "$work"
}

teardown() {
	stop
	no_policy
	host_unchanged
}

# told - the JSON of all records since then, one a line
told() {
	local mark=mark-$RANDOM$RANDOM
	logger -t syslog-test "$mark"
	wait_for 50 grep -q "$mark" "$SYSLOG" >&2
	grep -F 'oci-hostnet[' "$SYSLOG" | sed 's/^[^{]* {/{/' | jq -c .
}

# expect_told KIND COMMAND REASON MEMBER... - one record, with that and all these members
expect_told() {
	local member
	run told
	[ "${#lines[@]}" -eq 1 ] || { echo "not one record:"; cat "$SYSLOG"; return 1; }
	[ "$(jq -r '"\(.kind) \(.command) \(.reason)"' <<<"$output")" = "$1 $2 $3" ] || { echo "$output"; return 1; }
	shift 3
	for member; do
		jq -e "has(\"$member\")" <<<"$output" >/dev/null || { echo "no $member: $output"; return 1; }
	done
}

# on_both FUNCTION... - under crun and runc
on_both() {
	for runtime in crun runc; do
		forget_records
		"$@" "$runtime"
	done
}

# as_it_was RUNTIME JQ COMMAND... - runs, and its configuration stays byte for byte
as_it_was() {
	local dir
	dir=$(mktemp -d "$work/XXXXXX")
	make_bundle "$dir" "$2" "${@:3}"
	cp "$dir/config.json" "$dir/before"
	run run_bundle "$1" "$dir"
	expect_status 0
	cmp "$dir/config.json" "$dir/before"
}

asks() {
	as_it_was "$1" . cat /proc/net/dev
	# its own network: the request is not granted, since that would be a change
	[[ $output != *host0* ]]
	expect_told observed run request_refused container bundle args rule lock settings
	[ "$(jq -r .settings <<<"$output")" = '{"request":"allow","inherit":"refuse","privateNetAdmin":"refuse"}' ]
	[ "$(jq -r '.args | fromjson | join(" ")' <<<"$output")" = "cat /proc/net/dev" ]
	[ "$(jq -r .rule <<<"$output")" = "$HOSTNET_POLICY: default" ]
}
@test "a request that would be refused" {
	policy "$OBSERVE"
	on_both asks
}

inherits() {
	as_it_was "$1" "$UNASKED | $ADMIN" ip addr add 10.55.55.5/32 dev lo
	ip addr del 10.55.55.5/32 dev lo
	expect_told observed run inherit_refused lock
}
@test "one with the host's network and NET_ADMIN, which changes the host as before" {
	policy "$OBSERVE"
	on_both inherits
}

locks() {
	as_it_was "$1" "$UNASKED" true
	expect_told observed run null lock
	[ "$(jq -r .edits <<<"$output")" = '{"version":1,"lock":"standard","edits":["capabilities","seccomp","mounts","devices"]}' ]
}
@test "one that would be locked" {
	policy '{"version": 1, "default": {"mode": "observe"}}'
	on_both locks
}

typo() {
	as_it_was "$1" '.annotations["io.oci-hostnet.netwrok"] = "host"' true
	expect_told observed run request_unknown
}
@test "a typo, where everything is observed; where only some is, it is refused" {
	policy "$OBSERVE"
	on_both typo
	policy '{"version": 1, "default": {"mode": "observe"}, "rules": [{"when": {"annotations": {"a": "b"}}, "mode": "enforce"}]}'
	run container crun '.annotations["io.oci-hostnet.netwrok"] = "host"' true
	expect_status 1
	expect_output 'the annotation `io.oci-hostnet.netwrok` is not known'
}

private() {
	as_it_was "$1" "del(.annotations) | $ADMIN" true
	expect_told observed run net_admin_refused settings
	[ "$(jq -r '.settings | fromjson | .privateNetAdmin' <<<"$output")" = report ]
}
@test "a network of its own, and NET_ADMIN" {
	policy "$OBSERVE"
	on_both private
}

@test "the guard lets pass what is observed, and tells" {
	policy '{"version": 1, "default": {"mode": "observe"}}'
	for runtime in plain-crun plain-runc; do
		forget_records
		as_it_was $runtime ".hooks = {createRuntime: [{path: \"$PROGRAMS/oci-hostnet-hook\", args: [\"oci-hostnet-hook\", \"createRuntime\"]}]}" true
		run told
		[ "$(jq -r '"\(.kind) \(.program) \(.command)"' <<<"${lines[0]}")" = "observed oci-hostnet-hook createRuntime" ]
	done
}

@test "precreate: byte for byte, what would be refused and what would be edited" {
	policy "$OBSERVE"
	"$PROGRAMS/oci-hostnet-hook" precreate <"$CAPTURES/podman/annotation.config.json" | cmp - "$CAPTURES/podman/annotation.config.json"
	expect_told observed precreate request_refused engine
	forget_records
	policy '{"version": 1, "default": {"mode": "observe"}}'
	"$PROGRAMS/oci-hostnet-hook" precreate <"$CAPTURES/podman/annotation.config.json" | cmp - "$CAPTURES/podman/annotation.config.json"
	records 1 "observed, and would be locked"
}

# --- exec ----------------------------------------------------------------------------

PRIVILEGED='{terminal: false, user: {uid: 0, gid: 0}, cwd: "/", args: ["grep", "CapEff", "/proc/self/status"], env: ["PATH=/bin"], noNewPrivileges: false,
	capabilities: (["CAP_CHOWN", "CAP_NET_ADMIN"] | {bounding: ., effective: ., permitted: ., inheritable: [], ambient: []})}'

# containerd - a parent that looks like its shim runs the words
containerd() { "$work/containerd-shim-runc-v2" -c '"$@"; exit $?' - "$@"; }

# capabilities_of RUNTIME JQ [FUNCTION] - those that an exec with NET_ADMIN gets in a container of JQ;
# with SHIM, which looks like containerd's, as the parent
capabilities_of() {
	start "$1" "$2" sh -c 'echo ready; exec sleep 1000'
	wait_for 50 is_running
	${3-true}
	forget_records
	jq -n "$PRIVILEGED" >"$work/process.json"
	run timeout -s KILL 60 ${SHIM:+"$SHIM" -c '"$@"; exit $?' -} "$STARTED_RUNTIME" exec --process "$work/process.json" "$STARTED_ID" </dev/null
	stop
	expect_status 0
	sed -n 's/^CapEff:[^0-9a-f]*//p' <<<"$output"
}
is_running() { [ "$("$STARTED_RUNTIME" state "$STARTED_ID" | jq -r .status)" = running ]; }

observed_exec() {
	# chown 0, net_admin 12
	[ "$(capabilities_of "$1" "$UNASKED")" = 0000000000001001 ]
	expect_told observed exec null container rule
}
@test "exec keeps its capabilities where its container is observed" {
	policy '{"version": 1, "default": {"mode": "observe"}}'
	on_both observed_exec
}

enforced_exec() {
	[ "$(capabilities_of "$1" "$UNASKED" "${2-}")" = 0000000000000001 ]
	expect_told changed exec null container
}
@test "and loses them where another is" {
	policy '{"version": 1, "rules": [{"when": {"annotations": {"a": "b"}}, "mode": "observe"}]}'
	on_both enforced_exec
}

# what a container that reaches its bundle could write there
pretend() {
	local bundle=${STARTED_LOG%/log}
	jq '.annotations = {a: "b"}' "$bundle/config.json" >"$bundle/new"
	cat "$bundle/new" >"$bundle/config.json"
}
forged_exec() {
	[ "$(capabilities_of "$1" "$UNASKED" pretend)" = 0000000000000001 ]
}
@test "nor does a container that writes into its bundle open exec" {
	policy '{"version": 1, "rules": [{"when": {"annotations": {"a": "b"}}, "mode": "observe"}]}'
	on_both forged_exec
	# and the annotation is what counts when it was there from the start
	[ "$(capabilities_of crun "$UNASKED | .annotations = {a: \"b\"}")" = 0000000000001001 ]
	[ "$(capabilities_of runc "$UNASKED | .annotations = {a: \"b\"}")" = 0000000000001001 ]
}

# runc keeps annotations as labels in front of its own `bundle=`
@test "nor does one that forges where its bundle is, and with it the engine" {
	cp "$(command -v bash)" "$work/containerd-shim-runc-v2"
	policy '{"version": 1, "rules": [{"when": {"kubernetes": {"namespaces": ["monitoring"]}}, "mode": "observe"}]}'
	SHIM=$work/containerd-shim-runc-v2
	[ "$(capabilities_of runc "$UNASKED | .annotations = {bundle: \"/run/containerd/io.containerd.runtime.v2.task/k8s.io/x\",
		\"io.kubernetes.cri.sandbox-namespace\": \"monitoring\"}")" = 0000000000000001 ]
}

# what an observed exec passes on to the container
no_descriptor() {
	start "$1" "$UNASKED" sh -c 'echo ready; exec sleep 1000'
	wait_for 50 is_running
	forget_records
	jq -n "$PRIVILEGED | .args = [\"ls\", \"-l\", \"/proc/self/fd\"]" >"$work/process.json"
	run timeout -s KILL 60 "$STARTED_RUNTIME" exec --process "$work/process.json" --preserve-fds 3 "$STARTED_ID" </dev/null 3</dev/null 4</dev/null 5</dev/null
	stop
	expect_status 0
	[[ $output != *memfd* ]]
	# the runtime itself is given the engine's file
	expect_told observed exec null container
}
@test "an observed exec is handed on as it came" {
	policy '{"version": 1, "default": {"mode": "observe"}}'
	on_both no_descriptor
	# its words, and no descriptor beside them
	mkdir "$work/bin"
	gcc -static -x c -o "$work/bin/crun" - <<-'C'
	#include <dirent.h>
	#include <stdio.h>
	#include <unistd.h>
	int main (int argc, char *argv[])
	{
	  char path[64], target[256];
	  for (int i = 1; i < argc; i++) printf ("%s ", argv[i]);
	  for (int fd = 0; fd < 100; fd++)
	    {
	      snprintf (path, sizeof path, "/proc/self/fd/%d", fd);
	      ssize_t length = readlink (path, target, sizeof target);
	      if (length > 0) printf ("\n%d -> %.*s", fd, (int) length, target);
	    }
	}
	C
	chmod 755 "$work/bin"
	policy "{\"version\": 1, \"runtime\": \"$work/bin/crun\", \"default\": {\"mode\": \"observe\"}}"
	start crun "$UNASKED" sh -c 'echo ready; exec sleep 1000'
	wait_for 50 is_running
	jq -n "$PRIVILEGED" >"$work/process.json"
	run "$PROGRAMS/oci-hostnet-runtime" exec --process "$work/process.json" "$STARTED_ID"
	stop
	expect_output "exec --process $work/process.json" "0 -> "
	[[ $output != *memfd* ]]
}

# --- records and pods ----------------------------------------------------------------

changed() {
	run container "$1" . true
	expect_status 0
	expect_told changed run null container bundle args
	jq -e '.rule == "built in" and .lock == "standard"
		and (.edits | fromjson) == {version: 1, lock: "standard", edits: ["network", "capabilities", "seccomp", "mounts", "devices"]}' <<<"$output"
}
@test "a container that is locked has one record; one that is none of our business has none" {
	on_both changed
	forget_records
	run container crun 'del(.annotations)' true
	expect_status 0
	records 0
	[ -z "$(told)" ]
}

POD='.annotations += {"io.kubernetes.cri.sandbox-id": "x", "io.kubernetes.cri.sandbox-name": "web-0", "io.kubernetes.cri.sandbox-namespace": "shop"}'

# refused_pod RUNTIME - the author's sentence here, ours in the trail
refused_pod() {
	run container "$1" "$POD" true
	expect_status 1
	[ "$output" = "oci-hostnet: the policy of the node cannot be used: ask the administrator of the node" ]
	expect_told refused run policy_value pod namespace container
	grep -qF "the policy $HOSTNET_POLICY has in line 1, column 35 a wrong value for \`lock\`" "$SYSLOG"
	[ "$(jq -r '"\(.namespace)/\(.pod)"' <<<"$output")" = shop/web-0 ]
}
@test "in Kubernetes nothing of the node is shown, and the trail has it" {
	policy '{"version": 1, "default":{"lock": "nine"}}'
	on_both refused_pod
	# elsewhere it is
	run container crun . true
	expect_status 1
	expect_output "the policy $HOSTNET_POLICY has in line 1"
}

@test "in Kubernetes: the low-level runtime's log has the author's sentence as well" {
	local dir=$work/pod
	make_bundle "$dir" "$POD" true
	policy '{"version": 1, "default":{"lock": "nine"}}'
	run -1 "$PROGRAMS/oci-hostnet-runc" --log "$work/log" --log-format json run -b "$dir" "$(unique_id)"
	[ "$(jq -r .msg "$work/log")" = "the policy of the node cannot be used: ask the administrator of the node" ]
}

@test "in Kubernetes: nor where the configuration could not be read" {
	local dir=/run/containerd/io.containerd.runtime.v2.task/k8s.io/x
	mkdir -p "$dir"
	run -1 "$PROGRAMS/oci-hostnet-runc" run -b "$dir" "$(unique_id)"
	[ "$output" = "oci-hostnet: the node cannot read the configuration of the container: ask the administrator of the node" ]
	expect_told refused run config_unreadable container bundle
	rm -r "$dir"
	# an engine of nobody's reads which
	run -1 "$PROGRAMS/oci-hostnet-runc" run -b "$work" "$(unique_id)"
	expect_output "cannot read the configuration $work"
}

@test "in Kubernetes: nor to whoever execs, which containerd's shim calls in the bundle" {
	local dir=/run/containerd/io.containerd.runtime.v2.task/k8s.io/x
	cp "$(command -v bash)" "$work/containerd-shim-runc-v2"
	mkdir -p "$dir"
	cd "$dir"
	policy '{"version": 2}'
	run -1 containerd "$PROGRAMS/oci-hostnet-runtime" --root /run/containerd/runc/k8s.io exec --process x y
	[ "$output" = "oci-hostnet: the policy of the node cannot be used: ask the administrator of the node" ]
	cd /
	rm -r "$dir"
}
