#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Real docker, with oci-hostnet-runtime as the default runtime, which the policy gives crun or runc.

load helpers
load docker

DEFAULT='. + {"default-runtime": "oci-hostnet-runtime", "live-restore": true}'

setup_file() {
	require_program oci-hostnet oci-hostnet-runtime
	have_docker || return 0
	# for userns-remap
	subordinate_ids
	echo hostnet:x:9999:9999::/:/bin/false >>/etc/passwd
	echo hostnet:x:9999: >>/etc/group
	setup_docker "$DEFAULT"
	again_as "$DEFAULT"
	rm "$DOCKER/restarted"
	remember_whole_host
}

teardown_file() { [ ! -e "$DOCKER/pid" ] || stop_docker; }

setup() {
	require_docker
	no_policy
	ID=c$BATS_TEST_NUMBER
}

# A new daemon writes its rules anew, in the order that it finds best: those of one that started
# without containers are compared with the same.
teardown() {
	if [ -e "$DOCKER/restarted" ]; then
		again_as "$DEFAULT"
		rm "$DOCKER/restarted"
	fi
	end_of_test
}

# again_as JQ-EXPRESSION - the daemon with another daemon.json, until the test ends
again_as() {
	remove_all
	write_daemon_json "$1"
	again
}

# again [SIGNAL]
again() {
	touch "$DOCKER/restarted"
	stop_docker "$@"
	start_docker
}

# policy_of RUNTIME [MEMBERS] - RUNTIME below us, and MEMBERS for everybody
policy_of() { policy "{\"version\": 1, \"runtime\": \"$(command -v "$1")\", \"default\": {${2-}}}"; }
LOCK='"inherit": "lock"'

# takes RUNTIME ID - the default runtime is ours, and RUNTIME is below
takes() {
	[ "$(any_docker info --format '{{.DefaultRuntime}}')" = oci-hostnet-runtime ]
	[ "$(inspect "$2" '{{.HostConfig.Runtime}}')" = oci-hostnet-runtime ]
	case $1 in
	crun) [ -e "/run/docker/runtime-runc/moby/$(inspect "$2" '{{.Id}}')/status" ] ;;
	runc) [ -e "/run/docker/runtime-runc/moby/$(inspect "$2" '{{.Id}}')/state.json" ] ;;
	esac
}

# --- run -----------------------------------------------------------------------------

runs() {
	policy_of "$1"
	run with_log docker run -d --name "$ID" -p 8080:80 "$IMAGE" httpd -f -h /etc
	expect_status 0
	expect_records 0
	takes "$1" "$ID"
	[ "$(jq -r '.annotations["io.oci-hostnet.applied"]' "$(bundle_of "$ID")/config.json")" = null ]
	wait_for 50 ip netns exec lan curl -sf -m 5 -o "$BATS_TEST_TMPDIR/got" http://10.98.0.1:8080/passwd
	cmp "$HOSTNET_TEST_DIR/rootfs/etc/passwd" "$BATS_TEST_TMPDIR/got"
	run with_log docker run --rm --network host "$IMAGE" grep CapBnd /proc/self/status
	expect_status 0
	expect_records 1 "a container has the host's network and was left as it is"
	expect_output 00000000a80425fb
	policy_of "$1" "$LOCK"
	run with_log docker run --rm --network host "$IMAGE" sh -c "$LOOK"
	expect_locked
	expect_records 0
	policy_of "$1" '"inherit": "refuse"'
	run any_docker run --rm --network host "$IMAGE" echo STARTED
	expect_refused "the container has the host's network in /linux/namespaces and the policy refuses that"
}
@test "crun: whoever names no runtime: left alone, reported, locked, refused" { runs crun; }
@test "runc: whoever names no runtime: left alone, reported, locked, refused" { runs runc; }

# --- the daemon goes, and comes back -------------------------------------------------

exec_locked() {
	run any_docker exec --privileged "$ID" sh -c "$LOOK"
	expect_locked
}

# live-restore: containers go on without it
survives() {
	local pid
	policy_of "$1" "$LOCK"
	any_docker run -d --name "$ID" --network host "$IMAGE" sh -c 'trap "exit 7" TERM; echo started; while :; do sleep 0.1; done'
	any_docker run -d --name "$ID-bridged" -p 8080:80 "$IMAGE" httpd -f -h /etc
	takes "$1" "$ID"
	pid=$(pid_of "$ID")
	again "$2"
	[ "$(pid_of "$ID")" = "$pid" ]
	exec_locked
	run "$PROGRAMS/oci-hostnet" audit "$pid"
	expect_status 0
	[ "${lines[-1]}" = locked ]
	any_docker exec "$ID-bridged" ip -o addr | grep -q 'inet 172.17.0'
	wait_for 50 ip netns exec lan curl -sf -m 5 -o /dev/null http://10.98.0.1:8080/passwd
	any_docker stop "$ID"
	[ "$(inspect "$ID" '{{.State.ExitCode}}')" -eq 7 ]
	any_docker start "$ID"
	exec_locked
}
@test "crun: containers outlive the daemon, and stay locked" { survives crun TERM; }
@test "runc: containers outlive the daemon, and stay locked" { survives runc TERM; }
@test "crun: the same for a daemon that was killed" { survives crun KILL; }
@test "runc: the same for a daemon that was killed" { survives runc KILL; }

# without live-restore they end with it
comes_back() {
	again_as '. + {"default-runtime": "oci-hostnet-runtime"}'
	policy_of "$1" "$LOCK"
	any_docker run -d --name "$ID" --restart always --stop-signal KILL --network host "$IMAGE" sleep 1000
	any_docker run -d --name "$ID-bridged" --restart always --stop-signal KILL "$IMAGE" sleep 1000
	any_docker run -d --name "$ID-failing" --restart on-failure:3 --network host "$IMAGE" sh -c "$LOOK; exit 1"
	wait_for 150 has_status "$ID-failing" exited
	[ "$(inspect "$ID-failing" '{{.RestartCount}}')" -eq 3 ]
	run any_docker logs "$ID-failing"
	expect_locked
	[ "$(grep -c "SIOCSIFADDR: Permission denied" <<<"$output")" -eq 4 ]
	again
	wait_for 50 has_status "$ID" running
	takes "$1" "$ID"
	exec_locked
	wait_for 50 any_docker exec "$ID-bridged" ip -o addr | grep -q 'inet 172.17.0'
	# the policy of the day decides
	policy_of "$1" '"inherit": "refuse"'
	again
	wait_for 50 eval "inspect $ID '{{.State.Error}}' | grep -q 'the policy refuses that'"
	[ "$(inspect "$ID" '{{.State.Running}}')" = false ]
}
@test "crun: containers that come back with the daemon, or after a failure, are locked again" { comes_back crun; }
@test "runc: containers that come back with the daemon, or after a failure, are locked again" { comes_back runc; }

# --- what runs containers beside docker run ------------------------------------------

# with a label each: docker would take what it has built before
dockerfile() {
	mkdir -p "$BATS_TEST_TMPDIR/build"
	printf 'FROM %s\nLABEL built=%s\nRUN %s\n' "$IMAGE" "$ID" "${LOOK//$'\n'/; }" >"$BATS_TEST_TMPDIR/build/Dockerfile"
}
builds() {
	dockerfile
	policy_of "$1" "$LOCK"
	run any_docker build --force-rm --network host "$BATS_TEST_TMPDIR/build"
	expect_status 0
	expect_locked
	any_docker image prune -f --all --filter "label=built=$ID" >/dev/null
}
@test "crun: docker build --network host is locked" { builds crun; }
@test "runc: docker build --network host is locked" { builds runc; }

# BuildKit asks nobody, and takes runc itself. SECURITY.md says so; should this fail one day, all the better.
@test "BuildKit's build --network host never comes to us" {
	dockerfile
	policy_of runc '"inherit": "refuse"'
	DOCKER_BUILDKIT=1 run with_log docker build --progress plain --network host "$BATS_TEST_TMPDIR/build"
	expect_status 0
	expect_records 0
	expect_output "$(readlink /proc/self/ns/net)" 00000000a80425fb END
	any_docker builder prune -af >/dev/null
	any_docker image prune -f --all --filter "label=built=$ID" >/dev/null
}

# A managed plugin on the host's network, as volume and network drivers are.
plugin() {
	local dir=$BATS_TEST_TMPDIR/plugin
	mkdir -p "$dir"
	cp -a "$HOSTNET_TEST_DIR/rootfs" "$dir/rootfs"
	jq -n '{
		description: "x", interface: {types: ["docker.dummy/1.0"], socket: "plugin.sock"}, network: {type: "host"},
		entrypoint: ["/bin/sh", "-c", "trap exit TERM; sleep 1000 & wait"], linux: {capabilities: ["CAP_NET_ADMIN"]}
	}' >"$dir/config.json"
	any_docker plugin create "$ID" "$dir"
	run with_log docker plugin enable --timeout 1 "$ID"
	any_docker plugin rm -f "$ID"
	[ "$status" -ne 0 ] # nobody listens on its socket
}
@test "crun: a managed plugin comes to us: reported, or refused for its shared mounts" {
	policy_of crun
	plugin
	expect_records 1 "a container has the host's network and was left as it is"
	policy_of crun "$LOCK"
	plugin
	expect_output "the mount at \`/run/docker/plugins\` is shared"
}

# --- user namespaces of docker's own -------------------------------------------------

remapped() {
	again_as '. + {"default-runtime": "oci-hostnet-runtime", "userns-remap": "hostnet"}'
	any_docker import "$DOCKER/image.tar" "$IMAGE" >/dev/null
	policy_of "$1"
	run any_docker run --rm "$IMAGE" sh -c 'cat /proc/self/uid_map; ip -o addr; ip link add x type dummy'
	expect_output "0     100000      65536" "inet 172.17.0."
	run any_docker run --rm --network host "$IMAGE" echo STARTED
	expect_status 125
	expect_output "cannot share the host's network namespace when user namespaces are enabled"
	policy_of "$1" "$LOCK"
	run any_docker run --rm --network host --userns host "$IMAGE" sh -c "$LOOK"
	expect_locked
	policy_of "$1" "$LOCK, \"lock\": \"userns\""
	run any_docker run --rm --network host --userns host "$IMAGE" sh -c "$LOOK; readlink /proc/self/ns/user"
	expect_locked
	[ "${lines[-1]}" != "$(readlink /proc/self/ns/user)" ]
	# the files of an image are root's
	policy_of "$1" "$LOCK, \"lock\": \"userns\", \"subordinate\": \"hostnet\""
	run any_docker run --rm --network host --userns host "$IMAGE" echo STARTED
	expect_refused "the root filesystem \`/run/oci-hostnet-test/docker/root"
	annotate network host
	run any_docker run --rm --runtime "changed-$1" "$IMAGE" echo STARTED
	expect_refused "use \`docker run --network host\` instead"
}
@test "crun: with userns-remap: plain containers work, --userns host is locked, asking is refused" { remapped crun; }
@test "runc: with userns-remap: plain containers work, --userns host is locked, asking is refused" { remapped runc; }
