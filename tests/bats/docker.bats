#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Real docker, with oci-hostnet-crun and oci-hostnet-runc among its runtimes.

load helpers
load docker

setup_file() {
	require_program oci-hostnet oci-hostnet-runtime oci-hostnet-crun oci-hostnet-runc
	have_docker || return 0
	setup_docker
	remember_whole_host
}

teardown_file() { [ ! -e "$DOCKER/pid" ] || stop_docker; }

setup() {
	require_docker
	no_policy
	ID=c$BATS_TEST_NUMBER
}

teardown() { end_of_test; }

# --- left alone ----------------------------------------------------------------------

# A label is no request: it does not reach the configuration.
plain() {
	run with_log docker run --runtime "changed-$1" -d --name "$ID" -p 8080:80 --label io.oci-hostnet.network=host \
		"$IMAGE" httpd -f -h /etc
	expect_status 0
	expect_records 0
	not_written "$ID"
	grep -q libnetwork-setkey "$DOCKER/given.json"
	run any_docker exec "$ID" sh -c 'ping -c 1 -W 5 172.17.0.1 && ip -o addr'
	expect_status 0
	expect_output "1 packets received" "inet 172.17.0."
	[[ $output != *host0* ]]
	# by NAT, and by docker-proxy
	wait_for 50 ip netns exec lan curl -sf -m 5 -o "$BATS_TEST_TMPDIR/nat" http://10.98.0.1:8080/passwd
	wait_for 50 curl -sf -m 5 -o "$BATS_TEST_TMPDIR/proxy" http://127.0.0.1:8080/passwd
	cmp "$HOSTNET_TEST_DIR/rootfs/etc/passwd" "$BATS_TEST_TMPDIR/nat"
	cmp "$HOSTNET_TEST_DIR/rootfs/etc/passwd" "$BATS_TEST_TMPDIR/proxy"
}
@test "crun: a container on the bridge works, and nothing is written or logged" { plain crun; }
@test "runc: a container on the bridge works, and nothing is written or logged" { plain runc; }

# Apart from names that differ anyway, what a container sees of itself.
itself() {
	bridge_settled docker0
	by "$1" --rm --hostname same "${@:2}" "$IMAGE" sh -c 'ip -o link | sed "s/link.ether.*//; s/^[0-9]*: //; s/@if[0-9]*//"
		grep -E "^(Cap|Seccomp|NoNew)" /proc/self/status; cut -d" " -f4- /proc/self/mountinfo |
		sed "s/[0-9a-f]\{12,\}/ID/g; s/lowerdir=.*//; s/\(shared\|master\):[0-9]*/\1/" | sort; cat /proc/self/uid_map; env; ulimit -a'
}
unchanged() {
	itself "plain-$1" "${@:2}" >"$BATS_TEST_TMPDIR/without"
	itself "$1" "${@:2}" >"$BATS_TEST_TMPDIR/with"
	[ "$(wc -l <"$BATS_TEST_TMPDIR/with")" -gt 30 ]
	diff -u "$BATS_TEST_TMPDIR/without" "$BATS_TEST_TMPDIR/with"
}
others() {
	unchanged "$1"
	unchanged "$1" --network none --init --user 33:44 --read-only --tmpfs /tmp
	unchanged "$1" --cap-add NET_ADMIN --security-opt seccomp=unconfined --sysctl net.core.somaxconn=1000
	# docker's default capabilities include NET_RAW and MKNOD, which a lock would take
	unchanged "$1" --network host
}
@test "crun: containers see of themselves what they see without us" { others crun; }
@test "runc: containers see of themselves what they see without us" { others runc; }

# another container's network, which is not the host's
neighbour() {
	by "$1" -d --name "$ID-first" --ipc shareable "$IMAGE" sleep 1000
	by "changed-$1" -d --name "$ID" --network "container:$ID-first" --ipc "container:$ID-first" --pid "container:$ID-first" \
		"$IMAGE" sleep 1000
	not_written "$ID"
	[ "$(any_docker exec "$ID" readlink /proc/self/ns/net)" = "$(any_docker exec "$ID-first" readlink /proc/self/ns/net)" ]
}
@test "crun: a container in another one's namespaces is left alone" { neighbour crun; }
@test "runc: a container in another one's namespaces is left alone" { neighbour runc; }

# --- --network host ------------------------------------------------------------------

# reported RUNTIME CAPABILITIES OPTIONS... - not written, one record, and what it may is what it asked for
reported() {
	run with_log docker run --runtime "changed-$1" -d --name "$ID" --network host "${@:3}" "$IMAGE" sleep 1000
	expect_status 0
	expect_records 1 "a container has the host's network and was left as it is: locking it would take capabilities away"
	not_written "$ID"
	[ "$(jq -r '.linux.namespaces[] | select(.type == "network").path' "$DOCKER/given.json")" = /run/docker/netns/default ]
	run any_docker exec "$ID" sh -c 'readlink /proc/self/ns/net; grep CapBnd /proc/1/status'
	expect_output "$(readlink /proc/self/ns/net)" "$2"
}
@test "crun: --network host is reported, once, and left as it is" { reported crun 00000000a80425fb; }
@test "runc: --network host is reported, once, and left as it is" { reported runc 00000000a80425fb; }

# As kube-proxy has it: it must live, and do its work.
admin() {
	reported "$@"
	any_docker exec "$ID" sh -c 'ip addr add 127.0.0.4/8 dev lo && ip route add 10.97.0.0/24 dev lo'
	ip -o addr show dev lo | grep -q "127.0.0.4/8"
	ip route del 10.97.0.0/24
	ip addr del 127.0.0.4/8 dev lo
}
@test "crun: so is NET_ADMIN, which goes on changing the host" { admin crun 00000000a80435fb --cap-add NET_ADMIN; }
@test "runc: so is NET_ADMIN, which goes on changing the host" { admin runc 00000000a80435fb --cap-add NET_ADMIN; }

# This machine lacks CAP_SYS_RESOURCE, and no runtime can give it.
WITHOUT_SYS_RESOURCE='.process.capabilities[] |= map(select(. != "CAP_SYS_RESOURCE"))'
privileged() {
	change "$WITHOUT_SYS_RESOURCE"
	admin "$1" 0000003ffeffffff --privileged
}
@test "crun: so is --privileged" { privileged crun; }
@test "runc: so is --privileged" { privileged runc; }

privileged_locked() {
	policy '{"version": 1, "default": {"inherit": "lock"}}'
	change "$WITHOUT_SYS_RESOURCE"
	run by "changed-$1" --rm --network host --privileged "$IMAGE" sh -c "$LOOK"
	expect_status 0
	expect_output "inet 10.98.0.1/24" "RTNETLINK answers: Operation not permitted" "ifconfig: SIOCSIFADDR: Permission denied" \
		"ip_forward: Read-only file system" END
	[[ $output != *0000003ffeffffff* ]]
}
@test "crun: --privileged is locked where the policy says lock" { privileged_locked crun; }
@test "runc: --privileged is locked where the policy says lock" { privileged_locked runc; }

# locked RUNTIME VERDICT OPTIONS... - inside, after exec, and after a restart
locked() {
	run with_log docker run --runtime "$(docker_runtime "$1")" -d --name "$ID" --network host "${@:3}" "$IMAGE" sh -c "$LOOK; exec sleep 1000"
	expect_status 0
	expect_records 0
	within_locked "$2"
	any_docker restart -t 0 "$ID" >/dev/null
	within_locked "$2"
	run any_docker logs "$ID"
	expect_locked
	[ "$(grep -c END <<<"$output")" -eq 2 ]
}

# within_locked VERDICT - exec gains nothing
within_locked() {
	started "$ID" sleep
	run any_docker exec "$ID" sh -c "$LOOK"
	expect_locked
	run any_docker exec --privileged "$ID" sh -c "$LOOK"
	expect_locked
	run any_docker exec --privileged --user 33:44 -w /tmp -e X=y "$ID" sh -c 'id -u; id -g; pwd; echo $X; exit 3'
	expect_status 3
	[ "$output" = $'33\n44\n/tmp\ny' ]
	run "$PROGRAMS/oci-hostnet" audit "$(pid_of "$ID")"
	expect_status 0
	[ "${lines[-1]}" = "$1" ]
}
@test "crun: --network host is locked when that takes nothing away" { locked crun locked --cap-drop NET_RAW --cap-drop MKNOD; }
@test "runc: --network host is locked when that takes nothing away" { locked runc locked --cap-drop NET_RAW --cap-drop MKNOD; }

# locked_by RUNTIME VERDICT LOCK
locked_by() {
	policy '{"version": 1, "default": {"inherit": "lock", "lock": "'"$3"'"}}'
	locked "$1" "$2"
	run "$PROGRAMS/oci-hostnet" verify "$(bundle_of "$ID")/config.json"
	expect_status 0
	[ "${lines[-1]}" = "verdict: $2" ]
}
@test "crun: --network host is locked where the policy says lock" { locked_by crun locked standard; }
@test "runc: --network host is locked where the policy says lock" { locked_by runc locked standard; }
@test "crun: strict by policy" { locked_by crun locked strict; }
@test "runc: strict by policy" { locked_by runc locked strict; }
@test "crun: userns by policy" { locked_by crun "by construction" userns; }
@test "runc: userns by policy" { locked_by runc "by construction" userns; }
@test "crun: strict and userns by policy" { locked_by crun "by construction" strict+userns; }
@test "runc: strict and userns by policy" { locked_by runc "by construction" strict+userns; }

# Every change of the host that tests/tools/netattack knows, one to a line: name, how, what came of it.
ATTACKS='attack() { kind=$1; shift; for how; do for name in $(netattack list $kind); do
	echo "$name $how $(netattack ${how#plain} $name)"; done; done; }
attack ioctl plain --dirty --signext --int80; attack ioctl64 plain --dirty --signext
attack broadcast plain --dirty --signext --int80; attack other plain; attack file plain'
# attacks_fail RUNTIME LOCK - as uid 0 of `docker exec --privileged`
attacks_fail() {
	policy '{"version": 1, "default": {"inherit": "lock", "lock": "'"$2"'"}}'
	change "$WITHOUT_SYS_RESOURCE"
	by "changed-$1" -d --name "$ID" --network host --privileged "$IMAGE" sleep 1000
	run any_docker exec --privileged "$ID" sh -c "$ATTACKS"
	expect_status 0
	[ "${#lines[@]}" -eq 82 ]
	attacks_end 'EACCES|EPERM|EROFS'
}
@test "crun: no attack from exec --privileged in a --privileged container changes the host" { attacks_fail crun standard; }
@test "runc: no attack from exec --privileged in a --privileged container changes the host" { attacks_fail runc standard; }
@test "crun: nor under userns" { attacks_fail crun userns; }
@test "runc: nor under userns" { attacks_fail runc userns; }

refused_by_policy() {
	policy '{"version": 1, "default": {"inherit": "refuse"}}'
	run by "$1" --name "$ID" --network host "$IMAGE" echo STARTED
	expect_refused "the container has the host's network in /linux/namespaces and the policy refuses that: give it a network of its own"
	has_status "$ID" created
	# nothing is left that would keep it from starting once it may
	no_policy
	run any_docker start -a "$ID"
	expect_status 0
	[ "$output" = STARTED ]
}
@test "crun: refused by the policy, in docker's own output" { refused_by_policy crun; }
@test "runc: refused by the policy, in docker's own output" { refused_by_policy runc; }

# docker discards the port before anybody sees it.
discarded() {
	policy '{"version": 1, "default": {"inherit": "lock"}}'
	run by "$1" --name "$ID" -p 8080:80 --network host "$IMAGE" sh -c "$LOOK; netstat -ltn"
	expect_locked
	expect_output "WARNING: Published ports are discarded when using host network mode"
	[[ $output != *:8080* ]]
}
@test "crun: -p with --network host: docker discards the port, and the container is locked" { discarded crun; }
@test "runc: -p with --network host: docker discards the port, and the container is locked" { discarded runc; }

# --- asking: what docker from 23 on sends for --annotation ---------------------------

# Its network comes by a hook, so that nothing but its own host option will do.
asks_for_bridge() {
	local options
	annotate network host
	for options in "" "--network none" "-p 8080:80"; do
		# shellcheck disable=SC2086
		run by "changed-$1" --name "$ID" $options "$IMAGE" echo STARTED
		expect_refused "configures the network after the start, which would be the host's: use \`docker run --network host\` instead"
		has_status "$ID" created
		any_docker rm "$ID" >/dev/null
	done
	by "$1" -d --name "$ID-first" "$IMAGE" sleep 1000
	run by "changed-$1" --name "$ID" --network "container:$ID-first" "$IMAGE" echo STARTED
	expect_refused "is another container's: set host networking on the pod or on that container"
}
@test "crun: asking without --network host is refused, in docker's own output" { asks_for_bridge crun; }
@test "runc: asking without --network host is refused, in docker's own output" { asks_for_bridge runc; }

# docker from 28 on has no such hook, and configures after create; from 25 on its host's network has
# no entry (both from its source)
NEWER='.annotations["io.oci-hostnet.network"] = "host" | del(.hooks)'
asks_newer() {
	local options
	change "$NEWER"
	for options in "" "--network none" "-p 8080:80"; do
		# shellcheck disable=SC2086
		run by "changed-$1" --rm $options "$IMAGE" echo STARTED
		expect_refused "has no path, so the engine may configure it after the start, which would be the host's: use "
		expect_output "--network host"
	done
	change "$NEWER"' | del(.linux.namespaces[] | select(.type == "network"))'
	locked "changed-$1" locked
}
@test "crun: asking a docker without that hook: refused, and locked with --network host" { asks_newer crun; }
@test "runc: asking a docker without that hook: refused, and locked with --network host" { asks_newer runc; }

asks() {
	annotate network host
	locked "changed-$1" locked
}
@test "crun: asking with --network host locks, whatever capability that takes" { asks crun; }
@test "runc: asking with --network host locks, whatever capability that takes" { asks runc; }

asks_for_lock() {
	annotate lock userns
	locked "changed-$1" "by construction"
}
@test "crun: a lock can be asked for" { asks_for_lock crun; }
@test "runc: a lock can be asked for" { asks_for_lock runc; }

# refused_asking RUNTIME SENTENCE OPTIONS...
refused_asking() {
	run by "changed-$1" --rm "${@:3}" "$IMAGE" echo STARTED
	expect_refused "$2"
}
refusals() {
	annotate netwrok host
	refused_asking "$1" "the annotation \`io.oci-hostnet.netwrok\` is not known"
	annotate lock strict
	refused_asking "$1" "the annotation \`io.oci-hostnet.lock\` is there but the container neither asks for the host's network nor has it"
	annotate publish 8080:80
	refused_asking "$1" "cannot publish ports of a container using the 'host' network driver: 8080:80" --network host
	change '.annotations["run.oci.handler"] = "wasm"'
	policy '{"version": 1, "default": {"inherit": "lock", "lock": "strict"}}'
	refused_asking "$1" "the annotation \`run.oci.handler\` makes the low-level runtime replace or extend what locks the container" --network host
	rm "$DOCKER/change"
	refused_asking "$1" "brings the host's \`/run/docker.sock\` along" --network host -v /run/docker.sock:/var/run/docker.sock
	refused_asking "$1" "the container has the host's PID namespace" --network host --pid host
	# docker's reading of `rshared`
	refused_asking "$1" "the \`rootfsPropagation\` in /linux leaves mounts shared" --network host -v "$BATS_TEST_TMPDIR:/data:rshared"
}
@test "crun: what cannot be is refused, in docker's own output" { refusals crun; }
@test "runc: what cannot be is refused, in docker's own output" { refusals runc; }

# --- containers that share -----------------------------------------------------------

shared() {
	local options
	for options in standard userns; do
		policy '{"version": 1, "default": {"inherit": "lock", "lock": "'$options'"}}'
		by "$1" -d --name "$ID-first" --network host --ipc shareable "$IMAGE" sleep 1000
		# with docker's own path of the host's network, /proc/PID/ns/net
		run by "$1" --rm --network "container:$ID-first" "$IMAGE" sh -c "$LOOK"
		expect_locked
		run by "$1" --rm --network "container:$ID-first" --ipc "container:$ID-first" --pid "container:$ID-first" "$IMAGE" \
			sh -c "$LOOK; readlink /proc/1/ns/user; readlink /proc/self/ns/user"
		expect_locked
		[ "${lines[-1]}" = "${lines[-2]}" ]
		if [ "$options" = userns ]; then [ "${lines[-1]}" != "$(readlink /proc/self/ns/user)" ]; fi
		any_docker rm -f "$ID-first" >/dev/null
	done
}
@test "crun: who joins a container on the host's network is locked as well" { shared crun; }
@test "runc: who joins a container on the host's network is locked as well" { shared runc; }

# --- a life --------------------------------------------------------------------------

# lives RUNTIME LOOK OPTIONS... - LOOK is how an exec is judged
lives() {
	local judge=$2
	by "$1" -d --name "$ID" --memory 60m --health-cmd 'ip -o addr' --health-interval 300ms "${@:3}" "$IMAGE" \
		sh -c 'trap "exit 7" TERM; echo started; while :; do sleep 0.1; done'
	has_status "$ID" running
	wait_for 100 healthy
	"$judge"
	any_docker top "$ID" | grep -q "exit 7"
	any_docker stats --no-stream --format '{{.PIDs}}' "$ID" | grep -q '[1-9]'
	any_docker pause "$ID"
	has_status "$ID" paused
	any_docker unpause "$ID"
	any_docker update --memory 50m --memory-swap 50m --pids-limit 100 "$ID"
	[ "$(any_docker exec "$ID" cat /sys/fs/cgroup/memory/memory.limit_in_bytes)" = $((50 * 1024 * 1024)) ]
	"$judge"
	any_docker cp "$HOSTNET_TEST_DIR/rootfs/etc/passwd" "$ID:/data/copied"
	any_docker cp "$ID:/data/copied" "$BATS_TEST_TMPDIR/back"
	cmp "$HOSTNET_TEST_DIR/rootfs/etc/passwd" "$BATS_TEST_TMPDIR/back"
	any_docker commit "$ID" committed >/dev/null
	any_docker rmi committed >/dev/null
	any_docker kill "$ID"
	wait_for 50 has_status "$ID" exited
	[ "$(inspect "$ID" '{{.State.ExitCode}}')" -eq 137 ]
	any_docker start "$ID"
	"$judge"
	any_docker stop "$ID"
	[ "$(inspect "$ID" '{{.State.ExitCode}}')" -eq 7 ]
	any_docker rename "$ID" "$ID-renamed"
	any_docker start "$ID-renamed"
	wait_for 50 has_said "$ID-renamed" 3
	any_docker restart -t 0 "$ID-renamed"
	wait_for 50 has_said "$ID-renamed" 4
	any_docker rm -f "$ID-renamed"
}
has_said() { [ "$(any_docker logs "$1" | grep -c started)" -eq "$2" ]; }
healthy() { [ "$(inspect "$ID" '{{.State.Health.Status}}')" = healthy ]; }
exec_locked() {
	run any_docker exec --privileged "$ID" sh -c "$LOOK"
	expect_locked
}
exec_bridged() {
	run any_docker exec "$ID" sh -c 'ip -o addr; grep CapBnd /proc/self/status'
	expect_status 0
	expect_output "inet 172.17.0." 00000000a80425fb
}
lives_locked() {
	policy '{"version": 1, "default": {"inherit": "lock", "lock": "'"$2"'"}}'
	lives "$1" exec_locked --network host
}
@test "crun: a life on the bridge: health, pause, update, cp, commit, kill, stop, restart, logs" { lives crun exec_bridged; }
@test "runc: a life on the bridge: health, pause, update, cp, commit, kill, stop, restart, logs" { lives runc exec_bridged; }
@test "crun: a life on the host's network" { lives_locked crun standard; }
@test "runc: a life on the host's network" { lives_locked runc standard; }
@test "crun: a life on the host's network, under strict and userns" { lives_locked crun strict+userns; }
@test "runc: a life on the host's network, under strict and userns" { lives_locked runc strict+userns; }

# A start that fails in the runtime, after our edit: docker says what it says without us.
fails() {
	policy '{"version": 1, "default": {"inherit": "lock"}}'
	fails_to_start "plain-$1" >"$BATS_TEST_TMPDIR/without"
	fails_to_start "$1" >"$BATS_TEST_TMPDIR/with"
	grep -q "OCI runtime create failed: .*/no/such/program" "$BATS_TEST_TMPDIR/with"
	diff "$BATS_TEST_TMPDIR/without" "$BATS_TEST_TMPDIR/with"
	policy '{"version": 2}'
	run by "$1" --name "$ID-policy" --network host "$IMAGE" echo STARTED
	expect_refused "the policy $HOSTNET_POLICY has in line 1"
}
fails_to_start() {
	local rc=0
	by "$1" --rm --network host "$IMAGE" /no/such/program >"$BATS_TEST_TMPDIR/said" 2>&1 || rc=$?
	# its client may also tell that it gave up waiting
	grep ^docker: "$BATS_TEST_TMPDIR/said"
	echo "status $rc"
}
@test "crun: a start that fails, and a policy that cannot be read" { fails crun; }
@test "runc: a start that fails, and a policy that cannot be read" { fails runc; }

# --- checkpoints ---------------------------------------------------------------------

# There is no CRIU here: a checkpoint that docker takes for one.
forged_checkpoint() {
	local dir
	dir=$DOCKER/root/containers/$(inspect "$1" '{{.Id}}')/checkpoints/forged
	mkdir -p "$dir"
	echo '{"Name": "forged"}' >"$dir/config.json"
}
restores() {
	policy "$2"
	any_docker create --runtime "$(docker_runtime "$1")" --name "$ID" --network "$3" "$IMAGE" echo STARTED
	forged_checkpoint "$ID"
	run any_docker start --checkpoint forged "$ID"
	expect_status 1
	expect_output "Error response from daemon: OCI runtime restore failed: $4"
	any_docker rm "$ID" >/dev/null
}
@test "runc: start --checkpoint is refused with the host's network, and runc's business without" {
	restores runc '{"version": 1}' host "a container that has the host's network cannot be restored, since CRIU brings back the capabilities and filters of the image: create it anew"
	restores runc '{"version": 1, "default": {"inherit": "lock"}}' host "a container that has the host's network cannot be restored"
	restores runc '{"version": 1, "default": {"inherit": "report"}}' host "CRIU version check failed"
	restores runc '{"version": 1}' bridge "CRIU version check failed"
	# the same as without us
	restores plain-runc '{"version": 1}' bridge "CRIU version check failed"
}
