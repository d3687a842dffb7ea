#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Services of a docker swarm of one node. A swarm takes the daemon's default runtime: ours.

load helpers
load docker

setup_file() {
	require_program oci-hostnet oci-hostnet-runtime
	have_docker || return 0
	setup_docker '. + {"default-runtime": "oci-hostnet-runtime"}'
	any_docker swarm init --advertise-addr 10.98.0.1 >/dev/null
	# makes docker_gwbridge and the namespaces of the network `ingress`, which stay
	service first --publish 8080:80
	any_docker service rm first >/dev/null
	wait_for 100 nothing_runs
	wait_for 50 eval '! ip -6 addr show tentative | grep -q inet6'
	bridge_settled docker0
	remember_whole_host
}

teardown_file() {
	[ -e "$DOCKER/pid" ] || return 0
	any_docker swarm leave --force >/dev/null
	stop_docker
}

setup() {
	require_docker
	no_policy
	ID=s$BATS_TEST_NUMBER
}

teardown() {
	local services
	[ -e "$DOCKER/daemon.json" ] || return 0
	services=$(any_docker service ls -q)
	# shellcheck disable=SC2086
	[ -z "$services" ] || any_docker service rm $services >/dev/null
	remove_all >/dev/null 2>&1 || true
	wait_for 200 nothing_runs
	any_docker network prune -f >/dev/null
	any_docker secret ls -q | xargs -r docker secret rm >/dev/null
	end_of_test
}

nothing_runs() { [ -z "$(any_docker ps -aq)" ]; }

# service NAME OPTIONS... [-- COMMAND...] - returns when it has run for a second; -d: at once
service() {
	local name=$1 options=()
	shift
	while [ $# -gt 0 ] && [ "$1" != -- ]; do options+=("$1"); shift; done
	[ $# -gt 0 ] || set -- -- sleep 1000
	set -- docker service create -q --no-resolve-image --stop-signal KILL --restart-delay 500ms \
		--update-monitor 1s --name "$name" "${options[@]}" "$IMAGE" "${@:2}"
	"${SERVICE_BY:-plainly}" "$@"
}
plainly() { timeout -k 5 300 "$@" </dev/null 3>&-; }

policy_of() { policy "{\"version\": 1, \"runtime\": \"$(command -v "$1")\", \"default\": {${2-}}}"; }
LOCK='"inherit": "lock"'

tasks() { any_docker service ps --no-trunc --filter desired-state=running --format '{{.CurrentState}} {{.Error}}' "$1"; }
run_tasks() { [ "$(tasks "$1" | grep -c ^Running)" -eq "$2" ]; }
containers_of() { any_docker ps -q --filter "label=com.docker.swarm.service.name=$1"; }

# --- --network host ------------------------------------------------------------------

reported() {
	policy_of "$1"
	SERVICE_BY=with_log run service "$ID" --network host "${@:3}"
	expect_status 0
	expect_records 1 "a container has the host's network and was left as it is: locking it would take capabilities away"
	run any_docker exec "$(containers_of "$ID")" sh -c 'readlink /proc/self/ns/net; grep CapBnd /proc/1/status'
	expect_output "$(readlink /proc/self/ns/net)" "$2"
}
@test "crun: service create --network host is reported, once, and left as it is" { reported crun 00000000a80425fb; }
@test "runc: so is one with NET_ADMIN" { reported runc 00000000a80435fb --cap-add NET_ADMIN --mode global; }

tasks_locked() {
	local task
	run_tasks "$ID" "$1"
	for task in $(containers_of "$ID"); do
		run any_docker exec --privileged "$task" sh -c "$LOOK"
		expect_locked
		run "$PROGRAMS/oci-hostnet" audit "$(pid_of "$task")"
		expect_status 0
		[ "${lines[-1]}" = "$2" ]
	done
}

# locked RUNTIME VERDICT OPTIONS... - every task, new ones too
locked() {
	local before
	SERVICE_BY=with_log run service "$ID" --network host "${@:3}" -- sh -c "$LOOK; exec sleep 1000"
	expect_status 0
	expect_records 0
	tasks_locked 1 "$2"
	before=$(containers_of "$ID")
	any_docker service scale -d "$ID=2"
	wait_for 100 run_tasks "$ID" 2
	tasks_locked 2 "$2"
	any_docker rm -f "$before"
	wait_for 100 eval "run_tasks $ID 2 && [ \$(containers_of $ID | wc -l) -eq 2 ]"
	tasks_locked 2 "$2"
}
locked_by() {
	policy_of "$1" "$LOCK, \"lock\": \"$3\""
	printf 'of the service\n' >"$BATS_TEST_TMPDIR/secret"
	any_docker secret create "$ID" "$BATS_TEST_TMPDIR/secret"
	locked "$1" "$2" --secret "$ID"
	[ "$(any_docker exec "$(containers_of "$ID" | head -n 1)" cat "/run/secrets/$ID")" = "of the service" ]
}
@test "crun: it is locked where the policy says lock, and so are the tasks that come later" { locked_by crun locked standard; }
@test "runc: it is locked where the policy says lock, and so are the tasks that come later" { locked_by runc locked standard; }
@test "crun: strict and userns by policy" { locked_by crun "by construction" strict+userns; }
@test "runc: strict and userns by policy" { locked_by runc "by construction" strict+userns; }

harmless() {
	policy_of "$1"
	locked "$1" locked --cap-drop NET_RAW --cap-drop MKNOD
}
@test "crun: it is locked when that takes nothing away" { harmless crun; }
@test "runc: it is locked when that takes nothing away" { harmless runc; }

refused() {
	policy_of "$1" '"inherit": "refuse"'
	service "$ID" -d --network host -- echo STARTED
	wait_for 100 eval "any_docker service ps --no-trunc $ID | grep -q 'the policy refuses that: give it a network of its own'"
	[ -z "$(containers_of "$ID")" ]
	[[ $(any_docker service logs "$ID" 2>&1) != *STARTED* ]]
	# a swarm tries again, until it may
	policy_of "$1"
	wait_for 100 eval "any_docker service logs $ID 2>&1 | grep -q STARTED"
}
@test "crun: refused by the policy, and service ps tells" { refused crun; }
@test "runc: refused by the policy, and service ps tells" { refused runc; }

# docker sees that for itself: of the two one only
@test "a port of the swarm together with --network host is docker's to reject" {
	policy_of crun
	service "$ID" -d --network host --publish 8081:80
	wait_for 100 eval "any_docker service ps --no-trunc $ID | grep -q 'container cannot be disconnected from host network or connected to host network'"
	[ -z "$(containers_of "$ID")" ]
}

# --- left alone ----------------------------------------------------------------------

# An overlay network, a port of the node, a port of the swarm. The kernel of this machine has no
# IPVS, so that the last one and the addresses of services lead nowhere, with us or without.
plain() {
	local task other
	policy_of "$1"
	any_docker network create -d overlay "$ID-net" >/dev/null
	SERVICE_BY=with_log run service "$ID" --network "$ID-net" --publish mode=host,published=8082,target=80 -- httpd -f -h /etc
	expect_status 0
	expect_records 0
	SERVICE_BY=with_log run service "$ID-other" --network "$ID-net" --publish 8081:80 -- httpd -f -h /etc
	expect_status 0
	expect_records 0
	task=$(containers_of "$ID") other=$(containers_of "$ID-other")
	[ "$(inspect "$task" '{{.HostConfig.Runtime}}')" = oci-hostnet-runtime ]
	for task in $task $other; do
		[ "$(jq -r '.annotations["io.oci-hostnet.applied"]' "$(bundle_of "$task")/config.json")" = null ]
		any_docker exec "$task" grep CapBnd /proc/1/status | grep -q 00000000a80425fb
	done
	wait_for 50 any_docker exec "$other" ping -c 1 -W 2 "$(any_docker exec "$(containers_of "$ID")" hostname -i)"
	wait_for 50 ip netns exec lan curl -sf -m 5 -o "$BATS_TEST_TMPDIR/got" http://10.98.0.1:8082/passwd
	cmp "$HOSTNET_TEST_DIR/rootfs/etc/passwd" "$BATS_TEST_TMPDIR/got"
}
@test "crun: services on an overlay network are left alone" { plain crun; }
@test "runc: services on an overlay network are left alone" { plain runc; }
