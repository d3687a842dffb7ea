#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Real podman, with oci-hostnet-runtime as its runtime, and with oci-hostnet-hook as precreate hook.

load helpers
load podman

KLEENE="cannot publish ports of a container using the 'host' network driver"
ASK=(--annotation io.oci-hostnet.network=host)

setup_file() {
	require_program oci-hostnet-runtime oci-hostnet-hook
	command -v podman >/dev/null || return 0
	setup_podman
	any_podman --runtime crun run --cgroup-parent "/$HOSTNET_TAG-podman" --rm "${UIDMAP[@]}" localhost/bb true
	without_counters
	remember_whole_host
}

UIDMAP=(--uidmap 0:100000:65536 --gidmap 0:100000:65536)

setup() {
	require_command podman conmon iptables nft
	no_policy
	without_counters
	remember_host
}

teardown() {
	if [ -n "${CHANGES_HOST-}" ]; then remove_all; reset_host; else nothing_left; fi
}

LOOK='ip -o addr; readlink /proc/self/ns/net; ifconfig lo:1 127.0.0.3; ip addr add 127.0.0.4/8 dev lo; grep CapBnd /proc/self/status; cat /proc/sys/net/ipv4/ip_forward; echo 1 >/proc/sys/net/ipv4/ip_forward; echo END'

expect_locked() {
	expect_status 0
	expect_output "inet 10.98.0.1/24" "$(readlink /proc/self/ns/net)" \
		"ifconfig: SIOCSIFADDR: Permission denied" \
		"Operation not permitted" "Read-only file system" END
}

# podman's own chains and bridge may stay behind after a container with a network of its own
links_and_routes() {
	ip -j addr | jq -S 'map(select(.ifname == "lo" or .ifname == "host0"))'
	ip route show table all dev host0
	ip -6 route show table all dev host0
	ip route show table all dev lo
}

# --- asking --------------------------------------------------------------------------

asks() {
	run "$1" --rm "${ASK[@]}" localhost/bb sh -c "$LOOK"
	expect_locked
}
@test "runtime: a container that asks sees the host and cannot change it" { asks by_runtime; }
@test "runtime oci-hostnet-crun: the same by name" { asks by_crun; }
@test "runtime oci-hostnet-runc: the same with runc" { asks by_runc; }
@test "hook: a container that asks sees the host and cannot change it (crun)" { asks by_hook; }
@test "hook: a container that asks sees the host and cannot change it (runc)" { asks by_hook_runc; }

asks_with_admin() {
	run "$1" --rm "${ASK[@]}" --cap-add NET_ADMIN,NET_RAW --security-opt seccomp=unconfined localhost/bb sh -c "$LOOK"
	expect_locked
}
@test "runtime: nor with NET_ADMIN and without seccomp" { asks_with_admin by_runtime; }
@test "hook: nor with NET_ADMIN and without seccomp" { asks_with_admin by_hook; }

@test "control: without us NET_ADMIN changes the host" {
	CHANGES_HOST=1
	run without --rm --network host --cap-add NET_ADMIN localhost/bb sh -c 'ifconfig lo:1 127.0.0.3 && ip addr add 127.0.0.4/8 dev lo && echo changed'
	expect_status 0
	expect_output changed
	if host_unchanged >/dev/null; then echo "nothing changed"; return 1; fi
}

asks_none() {
	run "$1" --rm --network none "${ASK[@]}" localhost/bb sh -c "$LOOK"
	if [ "$1" = by_hook ]; then
		# precreate knows that podman configures nothing
		expect_locked
		host_unchanged
	else
		# create does not
		[ "$status" -ne 0 ]
		expect_output "has no path, so the engine may configure it after the start"
		host_unchanged
	fi
}
@test "hook: --network none and the annotation" { asks_none by_hook; }
@test "runtime: --network none and the annotation: refused" { asks_none by_runtime; }

# --- published ports -----------------------------------------------------------------

@test "runtime: -p with the annotation is refused with kleene's sentence" {
	run by_runtime --rm "${ASK[@]}" -p 8080:80 localhost/bb echo STARTED
	[ "$status" -ne 0 ]
	expect_output "$KLEENE"
	[[ $output != *STARTED* ]]
}
@test "runtime: the same for a UDP port and runc" {
	run by_runc --rm "${ASK[@]}" -p 8053:53/udp localhost/bb echo STARTED
	[ "$status" -ne 0 ]
	expect_output "$KLEENE"
	[[ $output != *STARTED* ]]
}
@test "runtime: -P with the annotation is refused" {
	run by_runtime --rm "${ASK[@]}" -P --expose 81 localhost/bb echo STARTED
	[ "$status" -ne 0 ]
	expect_output "$KLEENE"
	[[ $output != *STARTED* ]]
}
@test "runtime: ports without the annotation are podman's business" {
	run by_runtime --rm -p 8080:80 localhost/bb sh -c 'ip -o addr; echo STARTED'
	expect_status 0
	expect_output STARTED "eth0"
	[[ $output != *host0* ]]
}
# What podman shows of a failed precreate hook is its command line only.
@test "hook: -P with the annotation is refused, podman names the hook" {
	run by_hook --rm "${ASK[@]}" -P --expose 81 localhost/bb echo STARTED
	expect_status 126
	expect_output "setting up OCI Hooks" "oci-hostnet-hook precreate" "exit status 1"
	[[ $output != *STARTED* ]]
}
@test "hook: io.oci-hostnet.publish is refused with kleene's sentence" {
	local before
	before=$(links_and_routes)
	run by_hook --rm "${ASK[@]}" --annotation io.oci-hostnet.publish=8080:80 localhost/bb echo STARTED
	expect_status 126
	expect_output "oci-hostnet-hook precreate"
	[[ $output != *STARTED* ]]
	[ "$before" = "$(links_and_routes)" ]
	# the sentence itself: on the hook's stderr (and in syslog)
	run bash -c 'jq ".annotations[\"io.oci-hostnet.publish\"] = \"8080:80\"" "$1" | env -i "$2" precreate' - \
		"$CAPTURES/podman/annotation.config.json" "$PROGRAMS/oci-hostnet-hook"
	expect_status 1
	expect_output "$KLEENE"
}

# --- --network host ------------------------------------------------------------------

network_host() {
	run "$1" --rm --network host localhost/bb sh -c "$LOOK"
	expect_locked
	host_unchanged
}
@test "runtime: --network host is locked too" { network_host by_runtime; }
@test "hook: --network host is locked too" { network_host by_hook; }

network_host_ports() {
	run "$1" --rm --network host -p 8080:80 localhost/bb sh -c "$LOOK"
	expect_locked
	host_unchanged
}
@test "runtime: --network host -p starts (podman drops the port) and is locked" { network_host_ports by_runtime; }
@test "hook: --network host -p starts (podman drops the port) and is locked" { network_host_ports by_hook; }

# --- the others ----------------------------------------------------------------------

# Apart from names that differ anyway, what a container sees of itself.
itself() { "$1" --rm "${@:2}" localhost/bb sh -c 'ip -o link | sed "s/link.ether.*//; s/@if[0-9]*//"; grep -E "^(Cap|Seccomp|NoNew)" /proc/self/status; cut -d" " -f4- /proc/self/mountinfo | sed "s/[0-9a-f]\{12,\}/ID/g; s/lowerdir=.*//" | sort; cat /proc/sys/net/ipv4/ping_group_range'; }
unchanged() {
	itself without >"$BATS_TEST_TMPDIR/without"
	itself "$1" >"$BATS_TEST_TMPDIR/with"
	[ "$(wc -l <"$BATS_TEST_TMPDIR/with")" -gt 15 ]
	diff -u "$BATS_TEST_TMPDIR/without" "$BATS_TEST_TMPDIR/with"
}
@test "runtime: a plain container is as without us" { unchanged by_runtime; }
@test "hook: a plain container is as without us" { unchanged by_hook; }

@test "runtime: exec, restart, stop and logs work" {
	lifecycle by_runtime --runtime "$PROGRAMS/oci-hostnet-runtime" --hooks-dir "$HOSTNET_TEST_DIR/no-hooks.d"
}
@test "hook: exec, restart, stop and logs work" {
	lifecycle by_hook --runtime crun --hooks-dir "$HOSTNET_TEST_DIR/hooks.d"
}
lifecycle() {
	local run=$1
	shift
	"$run" -d --name life "${ASK[@]}" localhost/bb sh -c 'echo started; exec sleep 1000'
	run any_podman "$@" exec life sh -c "$LOOK"
	expect_locked
	any_podman "$@" restart -t 0 life
	run any_podman "$@" exec life sh -c "$LOOK"
	expect_locked
	any_podman "$@" logs life | grep -q started
	any_podman "$@" stop -t 0 life
	any_podman "$@" rm life
}

# --- the danger: podman would configure the host as if it were the container -----------

# uidmap RUN TEXT OPTIONS...
uidmap() {
	local before
	before=$(links_and_routes)
	run "$1" --rm "${UIDMAP[@]}" "${ASK[@]}" "${@:3}" localhost/bb echo STARTED
	[ "$status" -ne 0 ]
	[[ $output != *STARTED* ]]
	expect_output "$2"
	[ "$before" = "$(links_and_routes)" ] || { echo "$before"; links_and_routes; return 1; }
	# podman's names would be these
	[ ! -e /sys/class/net/eth0 ]
	[ -e /sys/class/net/host0 ]
	[ -z "$(ip route show default)" ]
}
@test "runtime: a user namespace and the annotation: refused, the host as it was" {
	uidmap by_runtime "has no path, so the engine may configure it after the start"
}
@test "hook: a user namespace and the annotation: refused, the host as it was" {
	uidmap by_hook "oci-hostnet-hook precreate"
}
@test "runtime: a user namespace with a published port and the annotation: refused" {
	uidmap by_runtime "oci-hostnet" -p 8080:80
}

userns_plain() {
	run "$1" --rm "${UIDMAP[@]}" localhost/bb sh -c 'cat /proc/self/uid_map; ip -o addr; ifconfig eth0; echo END'
	expect_status 0
	expect_output 100000 END "inet 10.88."
	[[ $output != *host0* ]]
}
@test "runtime: a user namespace without the annotation is podman's business" { userns_plain by_runtime; }
@test "hook: a user namespace without the annotation is podman's business" { userns_plain by_hook; }

userns_host() {
	run "$1" --rm "${UIDMAP[@]}" --network host localhost/bb sh -c "cat /proc/self/uid_map; $LOOK"
	expect_status 0
	expect_output 100000 "inet 10.98.0.1/24" "ifconfig: SIOCSIFADDR: Permission denied" END
	host_unchanged
}
@test "runtime: a user namespace and --network host: runs, locked" { userns_host by_runtime; }
@test "hook: a user namespace and --network host: runs, locked" { userns_host by_hook; }

joins_another() {
	"$1" -d --name first localhost/bb sleep 1000
	run "$1" --rm --network container:first "${ASK[@]}" localhost/bb echo STARTED
	[ "$status" -ne 0 ]
	expect_output "$2"
	[[ $output != *STARTED* ]]
}
@test "runtime: another container's network and the annotation: refused" {
	joins_another by_runtime "is another container's"
}
@test "hook: another container's network and the annotation: refused" {
	joins_another by_hook "oci-hostnet-hook precreate"
}

# --- exec ----------------------------------------------------------------------------

in_podman() {
	local runtime=oci-hostnet-crun
	[ "$1" != by_runc ] || runtime=oci-hostnet-runc
	"$1" -d --name served --network host localhost/bb sleep 1000
	# --privileged asks for every capability, -t goes through conmon's console socket
	run any_podman --runtime "$PROGRAMS/$runtime" exec --privileged -t served sh -c "tty; $LOOK"
	expect_output /dev/pts/
	expect_status 0
	expect_output "SIOCSIFADDR: Permission denied" "Operation not permitted" "Read-only file system" END
	[[ $output != *"CapBnd:"*"1ffffffffff"* ]]
	run any_podman --runtime "$PROGRAMS/$runtime" exec --privileged --user 7 -w /tmp -e X=y served sh -c 'id -u; pwd; echo $X; exit 3'
	expect_status 3
	[ "$output" = $'7\n/tmp\ny' ]
	run any_podman --runtime "$PROGRAMS/$runtime" exec -d --privileged served sh -c 'ip addr add 127.0.0.4/8 dev lo 2>/said; echo DONE >>/said; sleep 1000'
	expect_status 0
	wait_for 50 any_podman --runtime "$PROGRAMS/$runtime" exec served grep -q DONE /said
	run any_podman --runtime "$PROGRAMS/$runtime" exec served cat /said
	expect_output "Operation not permitted"
	host_unchanged
}
@test "runtime: exec --privileged, with a terminal, another user, detached: nothing more than the container has" { in_podman by_crun; }
@test "runtime oci-hostnet-runc: exec --privileged: nothing more either" { in_podman by_runc; }
@test "control: exec --privileged past us changes the host" {
	CHANGES_HOST=1
	by_crun -d --name served --network host localhost/bb sleep 1000
	# podman keeps the runtime that made the container: take crun itself
	run crun exec --cap CAP_NET_ADMIN "$(any_podman inspect --format '{{.Id}}' served)" ip addr add 127.0.0.4/8 dev lo
	expect_status 0
	[[ $(ip -o addr) == *127.0.0.4/8* ]]
}
