#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# The life of a locked container under real podman: everything that podman does with one works as it
# does without us, and the lock is in force from the first start to the last.
bats_require_minimum_version 1.5.0
load helpers
load podman
load podman_seen

ASK=(--network host)
# stopped at once
SLEEP=(localhost/pause /bin/sleep 1000)
WAYS="by_crun by_runc by_hook by_both"

setup_file() {
	require_program oci-hostnet oci-hostnet-crun oci-hostnet-runc oci-hostnet-hook
	command -v podman >/dev/null || return 0
	setup_podman
	setup_pods
	setup_seen
	without_counters
	remember_whole_host
}

setup() {
	require_command podman conmon iptables nft script
	no_policy
	without_counters
	VOLUMES=$HOSTNET_TEST_DIR/tmp/volumes-$BATS_TEST_NUMBER
}

teardown() { nothing_left; }

TRY='readlink /proc/self/ns/net; ifconfig lo:1 127.0.0.3; /bin/ip addr add 127.0.0.4/8 dev lo; echo 65 >/proc/sys/net/ipv4/ip_default_ttl; echo END'

# locked TEXT - what TRY says of the host's network
locked() {
	local text
	for text in "$(readlink /proc/self/ns/net)" "ifconfig: SIOCSIFADDR: Permission denied" \
		"RTNETLINK answers: Operation not permitted" "can't create /proc/sys/net/ipv4/ip_default_ttl: Read-only file system" END; do
		[[ $1 == *"$text"* ]] || { echo "not found: $text"; echo "$1"; return 1; }
	done
}

# locked_now RUN NAME - the first process by what the kernel says, and what exec starts by trying
locked_now() {
	run -0 "$PROGRAMS/oci-hostnet" audit "$(any_podman inspect --format '{{.State.Pid}}' "$2")"
	[ "${lines[-1]}" = locked ] || { echo "$output"; return 1; }
	locked "$(podman_of "$1" exec "$2" /bin/sh -c "PATH=/bin; $TRY" 2>&1)"
}

# --- as without us ------------------------------------------------------------------------

@test "volumes, users, devices, limits, names, terminals, the host's namespaces: as without us" {
	for_each as_without storage
	expect_output "setuid -rwsr-xr-x 1000:1001"
	for_each as_without storage_of_user
	expect_output "uid=1000(1000) gid=1001(1001) groups=33,"
	for_each as_without resources
	expect_output "/run/podman-init -- /bin/sh" 67108864
	for_each as_without host_namespaces
	expect_output "the host has this pid" "the host has this uts"
	for_each as_without terminal
	expect_output "modes set" "read something"
}
@test "exec, cp, healthcheck, top, stats, pause, kill, logs, update, diff, restart, stop, start, wait, rm: as without us" {
	for_each as_without life
	expect_output "status 3" "status 1" healthy "paused host" caught 33554432 137
}

# --- from one phase to the next -------------------------------------------------------------

phases() {
	podman_of "$1" create --name life --cgroup-parent "/$HOSTNET_TAG-podman" "${@:2}" "${SLEEP[@]}" >/dev/null
	podman_of "$1" init life >/dev/null
	[ "$(any_podman inspect --format '{{.State.Status}}' life)" = initialized ]
	podman_of "$1" start life >/dev/null
	locked_now "$1" life
	podman_of "$1" pause life >/dev/null
	podman_of "$1" unpause life >/dev/null
	locked_now "$1" life
	podman_of "$1" restart -t 0 life >/dev/null
	locked_now "$1" life
	podman_of "$1" stop -t 0 life >/dev/null
	podman_of "$1" start life >/dev/null
	locked_now "$1" life
	podman_of "$1" kill life >/dev/null
	podman_of "$1" wait life
	podman_of "$1" start life >/dev/null
	locked_now "$1" life
	podman_of "$1" rename life later
	locked_now "$1" later
	podman_of "$1" rm -f -t 0 later >/dev/null
	nothing_left
}
@test "create, init, start, pause, restart, stop, start, kill, start, rename, rm: locked in every phase" {
	for_each phases "${ASK[@]}"
	for_each phases --annotation io.oci-hostnet.network=host
}

refused_phases() {
	podman_of "$1" create --name life --cgroup-parent "/$HOSTNET_TAG-podman" --annotation io.oci-hostnet.network=host \
		--annotation io.oci-hostnet.publish=8080:80 "${SLEEP[@]}" >/dev/null
	local command
	for command in init start restart "start -a"; do
		# shellcheck disable=SC2086
		run podman_of "$1" $command life
		[ "$status" -ne 0 ]
		case $1 in
		by_hook | by_both) expect_output "oci-hostnet-hook precreate" ;;
		*) expect_output "cannot publish ports of a container using the 'host' network driver" ;;
		esac
		[[ $(any_podman inspect --format '{{.State.Status}}' life) != running ]]
	done
	podman_of "$1" rm life >/dev/null
	nothing_left
}
@test "what is refused is refused by init, start and restart, and can be removed" { for_each refused_phases; }

# --- restart by podman itself ---------------------------------------------------------------

# conmon's exit command starts it again: with the runtime of before, and the hooks of the configuration file
crashing() {
	local tries
	rm -rf "$VOLUMES"
	mkdir -p "$VOLUMES"
	"$1" -d --name life "${@:2}" --restart always -v "$VOLUMES:/data" localhost/bb \
		sh -c 'echo x >>/data/runs; { '"$TRY"'; } >/data/said.$(wc -l </data/runs) 2>&1; [ "$(wc -l </data/runs)" -gt 2 ] || exit 3; echo up >/data/up; exec sleep 1000' >/dev/null
	wait_for 100 test -e "$VOLUMES/up"
	for tries in 1 2 3; do locked "$(cat "$VOLUMES/said.$tries")"; done
	[ "$(any_podman inspect --format '{{.RestartCount}}' life)" = 2 ]
	locked_now "$1" life
	podman_of "$1" rm -f -t 0 life >/dev/null
	nothing_left
}
@test "--restart=always: locked again after each crash" {
	WAYS="by_crun by_runc" for_each crashing "${ASK[@]}"
	WAYS=by_crun for_each crashing --annotation io.oci-hostnet.network=host
}
@test "--restart=always with the hook, where hooks_dir of containers.conf names it" {
	cp "$CONTAINERS_CONF" "$BATS_TEST_TMPDIR/containers.conf"
	export CONTAINERS_CONF=$BATS_TEST_TMPDIR/containers.conf
	sed -i "s,^\[engine\],&\nhooks_dir = [\"$HOSTNET_TEST_DIR/hooks.d\"]," "$CONTAINERS_CONF"
	by_file() { with_options --runtime crun -- "$@"; }
	podman_of() { any_podman --runtime crun "${@:2}"; }
	crashing by_file "${ASK[@]}"
}

# --- who else starts processes in it ----------------------------------------------------------

# podman runs the check by exec
healthcheck() {
	"$1" -d --name life "${@:2}" --cap-add NET_ADMIN --health-cmd "($TRY) >/said 2>&1; test -e /healthy" --health-interval disable --health-retries 1 \
		localhost/bb sleep 1000 >/dev/null
	run podman_of "$1" healthcheck run life
	expect_status 1
	[ "$(any_podman inspect --format '{{.State.Health.Status}}' life)" = unhealthy ]
	podman_of "$1" exec life touch /healthy
	run -0 podman_of "$1" healthcheck run life
	[ "$(any_podman inspect --format '{{.State.Health.Status}}' life)" = healthy ]
	locked "$(podman_of "$1" exec life cat /said)"
	podman_of "$1" rm -f -t 0 life >/dev/null
	nothing_left
}
@test "healthchecks work, and are locked" {
	# who loses a capability is locked when it asks
	for_each healthcheck --annotation io.oci-hostnet.network=host
}

with_init() {
	locked "$("$1" --rm "${ASK[@]}" --init --init-path "$HOSTNET_TEST_DIR/init" localhost/bb sh -c "$TRY" 2>&1)"
	locked "$("$1" --rm -t "${ASK[@]}" localhost/bb sh -c "tty; $TRY" 2>&1)"
	nothing_left
}
@test "--init and -t: locked" { for_each with_init; }

preserved() {
	# any_podman has no descriptor 3 of its own to give
	run -0 timeout -k 5 300 bash -c 'exec 3<<<three 4<<<four; exec "$@"' - "${PODMAN[@]}" --runtime "oci-hostnet-${1#by_}" run --rm "${@:2}" \
		--cgroup-parent "/$HOSTNET_TAG-podman" --preserve-fds 2 localhost/bb sh -c "cat <&3; cat <&4; $TRY" </dev/null
	expect_output three four
	locked "$output"
	# the sockets of published ports come behind them
	run timeout -k 5 300 bash -c 'exec 3<<<three 4<<<four; exec "$@"' - "${PODMAN[@]}" --runtime "oci-hostnet-${1#by_}" run --rm -p 8080:80 \
		--annotation io.oci-hostnet.network=host --cgroup-parent "/$HOSTNET_TAG-podman" --preserve-fds 2 localhost/bb echo STARTED </dev/null
	[ "$status" -ne 0 ]
	expect_output "cannot publish ports of a container using the 'host' network driver: 8080/tcp is asked for"
	[[ $output != *STARTED* ]]
	nothing_left
}
@test "--preserve-fds: the descriptors arrive, and ports behind them are seen" {
	WAYS="by_crun by_runc" for_each preserved "${ASK[@]}"
	WAYS="by_crun by_runc" for_each preserved --annotation io.oci-hostnet.network=host
}

# --- what is left of it -----------------------------------------------------------------------

# --rm is conmon's exit command's when nobody waits
removed() {
	"$1" -d --rm --name life "${ASK[@]}" localhost/bb sleep 0.5 >/dev/null
	wait_for 100 gone life
	"$1" -d --rm --name life "${ASK[@]}" localhost/bb sleep 1000 >/dev/null
	kill -KILL "$(any_podman inspect --format '{{.State.Pid}}' life)"
	wait_for 100 gone life
	nothing_left
}
gone() { ! any_podman container exists "$1"; }
@test "--rm: gone after its end and after its violent end" { for_each removed; }

# The annotations of a container are no part of its image.
committed() {
	"$1" -d --name life --annotation io.oci-hostnet.network=host localhost/bb sleep 1000 >/dev/null
	podman_of "$1" exec life touch /kept
	podman_of "$1" commit -q life localhost/committed >/dev/null
	run -0 any_podman image inspect localhost/committed
	[[ $output != *io.oci-hostnet* ]]
	run -0 "$1" --rm localhost/committed sh -c 'ls /kept; /bin/ip -o addr'
	expect_output /kept 10.88.0.
	[[ $output != *host0* ]]
	podman_of "$1" rm -f -t 0 life >/dev/null
	any_podman rmi -f localhost/committed >/dev/null
	nothing_left
}
@test "commit: an image that knows nothing of the lock, which gets a network of its own" {
	WAYS="by_crun by_hook" for_each committed
}

# Those of an image become the container's: whoever makes an image can ask (SECURITY.md).
image_asks() {
	no_policy
	run -0 "$1" --rm localhost/asks ip -o addr
	expect_output "inet 10.98.0.1/24"
	policy '{"version": 1, "default": {"request": "refuse"}}'
	run "$1" --rm localhost/asks true
	[ "$status" != 0 ]
	# podman swallows what a hook says
	[ "$1" = by_hook ] || expect_output "is refused by the policy"
	run -0 "$1" --rm --network host localhost/bb sh -c 'ip -o addr; ifconfig lo:1 127.0.0.3 || :'
	expect_output "inet 10.98.0.1/24" "SIOCSIFADDR: Permission denied"
	no_policy
}
@test "an image asks by its annotations; the policy refuses that, and --network host is locked" {
	mkdir -p "$HOSTNET_TEST_DIR/asks"
	printf 'FROM localhost/bb\nCMD ["true"]\n' >"$HOSTNET_TEST_DIR/asks/Containerfile"
	any_podman build -q --format oci --annotation io.oci-hostnet.network=host -t localhost/asks "$HOSTNET_TEST_DIR/asks" >/dev/null
	WAYS="by_crun by_hook" for_each image_asks
	any_podman rmi -f localhost/asks >/dev/null
	nothing_left
}
