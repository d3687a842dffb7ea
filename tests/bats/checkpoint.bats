#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# A checkpoint that would end a container for nothing is refused, since restore is; every other one is
# the low-level runtime's business. Nothing here needs CRIU: without it runc says so.
bats_require_minimum_version 1.5.0
load helpers

setup() {
	require_program oci-hostnet-crun oci-hostnet-runc
	STARTED_ID=
	no_policy
	remember_whole_host
}

teardown() {
	stop
	whole_host_unchanged
}

SENTENCE="the host's network, and it could not be restored, since CRIU brings back the capabilities and filters of the image: keep it running with \`--leave-running\`, or stop it"
PLAIN='del(.annotations)'

# checkpoint PROGRAM OPTIONS... - of the started container, where no criu is found
checkpoint() { run env PATH=/nowhere "$1" checkpoint --image-path "$BATS_TEST_TMPDIR/image" "${@:2}" "$STARTED_ID"; }

running() {
	start "$@" sh -c 'echo ready; exec sleep 1000'
	# the line is there before runc's own start has ended
	wait_for 50 is_running
}
is_running() { [ "$("$STARTED_RUNTIME" state "$STARTED_ID" | jq -r .status)" = running ]; }

# refused VERB
refused() {
	checkpoint "$STARTED_RUNTIME"
	expect_status 1
	[ "$output" = "oci-hostnet: the checkpoint would end a container that $1 $SENTENCE" ]
	is_running
}

# left OPTIONS... - what the low-level runtime says itself
left() {
	local plain
	plain=$(command -v "${STARTED_RUNTIME##*-}")
	checkpoint "$plain" "$@"
	[ "$status" -ne 0 ]
	local wanted=$output
	checkpoint "$STARTED_RUNTIME" "$@"
	[ "$status" -ne 0 ]
	# runc's message has a time
	[ "${output/time=\"*\" level/level}" = "${wanted/time=\"*\" level/level}" ] || { echo "$output"; echo "not: $wanted"; return 1; }
	[[ $output != *oci-hostnet* ]]
	is_running
}

judged() {
	running "$1" '.linux.namespaces |= map(if .type == "network" then .path = "/run/netns/lan" else . end)'
	refused "asks for"
	left --leave-running
	left --pre-dump
	stop
	running "$1" "$UNASKED"
	refused has
	left --tcp-established --leave-running
	# restore is not refused then
	policy '{"version": 1, "default": {"inherit": "leave"}}'
	left
	no_policy
	stop
	# who loses a capability is left as it is, and restored neither
	running "$1" "$UNASKED | $ADMIN"
	refused has
	stop
	running "$1" "$PLAIN"
	left
	left --leave-running
}
@test "crun: refused when it would end what has or asks for the host's network, else left to crun" { judged crun; }
@test "runc: refused when it would end what has or asks for the host's network, else left to runc" { judged runc; }

@test "a container that is not there is the runtime's to tell" {
	STARTED_ID=$(unique_id)
	STARTED_RUNTIME=$(runtime_path runc)
	checkpoint "$STARTED_RUNTIME"
	expect_status 1
	expect_output "container does not exist"
	[[ $output != *oci-hostnet* ]]
	STARTED_ID=
}
