#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Published ports where only the engine's processes and files show them: the guard hook and conmon's
# descriptors, nerdctl's file, pasta. rootless_podman.bats has rootlessport.
bats_require_minimum_version 1.5.0

load helpers
load podman

KLEENE="cannot publish ports of a container using the 'host' network driver"
ASK=(--annotation io.oci-hostnet.network=host)

setup_file() {
	require_program oci-hostnet oci-hostnet-runtime oci-hostnet-hook
	command -v podman >/dev/null || return 0
	setup_podman
	guarding_hooks
	without_counters
	remember_whole_host
}

setup() {
	require_command podman conmon
	no_policy
	work=$(mktemp -d "$HOSTNET_TEST_DIR/tmp/ports.XXXXXX")
	chmod 755 "$work"
}

teardown() {
	remove_all
	stop_forwarder
	no_policy
	# every test ends with this
	without_counters
	whole_host_unchanged || { reset_host; return 1; }
}

# precreate and the guard, as hooks alone; what the guard says in guard.log, since podman shows
# nothing of it under crun
guarding_hooks() {
	mkdir -p "$HOSTNET_TEST_DIR/guarded.d"
	cp "$HOSTNET_TEST_DIR/hooks.d/oci-hostnet.json" "$HOSTNET_TEST_DIR/guarded.d/precreate.json"
	guard_hook "$PROGRAMS/oci-hostnet-hook"
}

# guard_hook COMMAND...
guard_hook() {
	cat >"$HOSTNET_TEST_DIR/guard" <<-SH
	#!/bin/sh
	exec $* createRuntime 2>$HOSTNET_TEST_DIR/guard.log
	SH
	chmod 755 "$HOSTNET_TEST_DIR/guard"
	: >"$HOSTNET_TEST_DIR/guard.log"
	jq -n --arg path "$HOSTNET_TEST_DIR/guard" \
		'{version: "1.0.0", hook: {path: $path}, when: {always: true}, stages: ["createRuntime"]}' \
		>"$HOSTNET_TEST_DIR/guarded.d/guard.json"
}

guarded() { with_options --hooks-dir "$HOSTNET_TEST_DIR/guarded.d" --runtime "$RUNTIME" -- "$@"; }

# --- the guard and conmon's descriptors ------------------------------------------------

guard_refuses() {
	RUNTIME=$1
	run guarded --rm "${ASK[@]}" -p "$2" localhost/bb echo STARTED
	[ "$status" -ne 0 ]
	[[ $output != *STARTED* ]]
	output=$(cat "$HOSTNET_TEST_DIR/guard.log")
	expect_output "$KLEENE" "$3 is asked for by \`podman run --publish\`"
}
@test "guard: crun: -p with the annotation does not start" { guard_refuses crun 8080:80 8080/tcp; }
@test "guard: runc: -p with the annotation does not start" { guard_refuses runc 8080:80 8080/tcp; }
@test "guard: crun: a UDP port" { guard_refuses crun 8053:53/udp 8053/udp; }
@test "guard: runc: an address of its own" { guard_refuses runc 10.98.0.1:8081:80 8081/tcp; }

guard_starts() {
	RUNTIME=$1
	run guarded --rm "${@:2}" localhost/bb echo STARTED
	expect_status 0
	[ "$output" = STARTED ]
	[ ! -s "$HOSTNET_TEST_DIR/guard.log" ]
}
@test "guard: crun: the annotation alone starts" { guard_starts crun "${ASK[@]}"; }
@test "guard: runc: the annotation alone starts" { guard_starts runc "${ASK[@]}"; }
@test "guard: crun: -p without the annotation is podman's business" { guard_starts crun -p 8080:80; }
@test "guard: runc: -p without the annotation is podman's business" { guard_starts runc -p 8080:80; }

# What podman hands on for somebody else, with a number below conmon's pipes: a socket that listens.
handing_on() {
	[ -x "$HOSTNET_TEST_DIR/listener" ] || gcc -static -o "$HOSTNET_TEST_DIR/listener" "$top_srcdir/tests/tools/conmon.c"
	# nothing of bats' own between
	run timeout -k 5 300 env --unset=LISTEN_PID "${@:1:$#-1}" "$HOSTNET_TEST_DIR/listener" 3 tcp "$LISTEN" "$(command -v podman)" "${PODMAN[@]:1}" \
		--hooks-dir "$HOSTNET_TEST_DIR/guarded.d" --runtime "$RUNTIME" run --rm --cgroup-parent "/$HOSTNET_TAG-podman" \
		"${OPTIONS[@]}" localhost/bb echo STARTED </dev/null
}

guard_hands_on() {
	RUNTIME=$1 LISTEN=no OPTIONS=("${ASK[@]}" --preserve-fds 1)
	handing_on --
	expect_status 0
	[ "$output" = STARTED ]
	OPTIONS+=(-p 8081:80)
	handing_on --
	[ "$status" -ne 0 ]
	[[ $output != *STARTED* ]]
	# the one that was published, and not the one that is handed on
	grep -q "8081/tcp is asked for" "$HOSTNET_TEST_DIR/guard.log"
	# socket activation
	: >"$HOSTNET_TEST_DIR/guard.log"
	LISTEN=PID OPTIONS=("${ASK[@]}")
	LISTEN_FDS=1 handing_on --
	expect_status 0
	[[ $output == *STARTED* ]]
}
@test "guard: crun: --preserve-fds and socket activation are no ports" { guard_hands_on crun; }
@test "guard: runc: --preserve-fds and socket activation are no ports" { guard_hands_on runc; }

# Without CAP_SYS_PTRACE conmon's descriptors are closed to the guard.
@test "guard: what cannot be looked at is refused" {
	require_command setpriv
	RUNTIME=crun
	guard_hook "$(command -v setpriv)" --bounding-set=-sys_ptrace -- "$PROGRAMS/oci-hostnet-hook"
	run guarded --rm "${ASK[@]}" localhost/bb echo STARTED
	[ "$status" -ne 0 ]
	[[ $output != *STARTED* ]]
	output=$(cat "$HOSTNET_TEST_DIR/guard.log")
	guard_hook "$PROGRAMS/oci-hostnet-hook"
	expect_output "looking for reserved ports among conmon's descriptors failed"
}

@test "guard: publishedPorts: warn lets it start" {
	RUNTIME=crun
	policy '{"version": 1, "default": {"publishedPorts": "warn"}}'
	run guarded --rm "${ASK[@]}" -p 8080:80 localhost/bb echo STARTED
	expect_status 0
	[[ $output == *STARTED* ]]
}

# --- netavark's rules --------------------------------------------------------------------

# podman reserves no sockets for SCTP, and by its configuration none at all
rule_refused() {
	forwarded_refused by_crun "a port" "$@"
	forwarded_refused by_runc "a port" "$@"
	for RUNTIME in crun runc; do
		: >"$HOSTNET_TEST_DIR/guard.log"
		run guarded --rm "${ASK[@]}" "$@" localhost/bb echo STARTED
		[ "$status" -ne 0 ]
		[[ $output != *STARTED* ]]
		grep -qF "$KLEENE: a port is asked for by \`podman run --publish\`" "$HOSTNET_TEST_DIR/guard.log"
	done
}
@test "netavark's rules: a port without a socket is published" {
	local reserving
	rule_refused -p 8080:80/sctp
	reserving=$(cat "$CONTAINERS_CONF")
	sed -i 's/^\[engine\]/&\nenable_port_reservation = false/' "$CONTAINERS_CONF"
	rule_refused -p 8080:80
	rule_refused -p 9000-9003:90-93/udp
	# none of its own, while another container has one
	any_podman run -d --cgroup-parent "/$HOSTNET_TAG-podman" -p 8080:80 localhost/bb sleep 1000 >/dev/null
	WAYS="by_crun by_runc" for_each starts_on_the_host
	RUNTIME=crun guard_starts crun "${ASK[@]}"
	cat >"$CONTAINERS_CONF" <<<"$reserving"
}

# --- root's slirp4netns ------------------------------------------------------------------

SLIRP="--network slirp4netns"
HANDLER=$SLIRP:port_handler=slirp4netns

# forwarded_refused RUN PORT OPTIONS... - a hook's reason is not shown, only its command line
forwarded_refused() {
	run "$1" --rm "${ASK[@]}" "${@:3}" localhost/bb echo STARTED
	expect_status 126
	[[ $output != *STARTED* ]]
	case $1 in
	by_hook*) expect_output "setting up OCI Hooks" "oci-hostnet-hook precreate" ;;
	*) expect_output "$KLEENE: $2 is asked for by \`podman run --publish\`" ;;
	esac
}
starts_on_the_host() {
	run "$1" --rm "${ASK[@]}" "${@:2}" localhost/bb readlink /proc/self/ns/net
	expect_status 0
	[ "$output" = "$(readlink /proc/self/ns/net)" ]
}

# shellcheck disable=SC2086
@test "root's slirp4netns: a port that rootlessport or slirp4netns forwards is published" {
	require_command slirp4netns
	for_each forwarded_refused 8080/tcp -p 8080:80 $SLIRP
	for_each forwarded_refused 8080/tcp -p 8080:80 $HANDLER
	WAYS=by_crun for_each forwarded_refused 8053/udp -p 8053:53/udp $SLIRP
	WAYS=by_crun for_each forwarded_refused 8053/udp -p 127.0.0.1:8053:53/udp $HANDLER
	# none of its own, while another container has one
	for_each starts_on_the_host $SLIRP
	any_podman run -d --cgroup-parent "/$HOSTNET_TAG-podman" -p 8080:80 $SLIRP localhost/bb sleep 1000 >/dev/null
	any_podman run -d --cgroup-parent "/$HOSTNET_TAG-podman" -p 8081:80 $HANDLER localhost/bb sleep 1000 >/dev/null
	for_each starts_on_the_host $SLIRP
	for_each starts_on_the_host $HANDLER
	for_each starts_on_the_host
}

# --- nerdctl -----------------------------------------------------------------------------

# nerdctl_says TEXT - a bundle of nerdctl's, whose network-config.json has TEXT
nerdctl_says() {
	make_bundle "$work/bundle" ".annotations += {\"nerdctl/namespace\": \"default\", \"nerdctl/state-dir\": \"$work/state\"}"
	chmod 755 "$work/bundle"
	rm -rf "$work/state"
	(umask 022; mkdir "$work/state"; echo "$1" >"$work/state/network-config.json")
}
nerdctl_refused() {
	run -"$1" "$PROGRAMS/oci-hostnet" apply "$work/bundle"
	expect_output "${@:2}"
}

@test "nerdctl's network-config.json is read" {
	local mapping='{"HostPort": 8080, "ContainerPort": 80, "Protocol": "tcp", "HostIP": "0.0.0.0"}'
	# of nerdctl 2.1 and of later ones
	nerdctl_says "[$mapping]"
	nerdctl_refused 1 "$KLEENE" "host port 8080/tcp is asked for by network-config.json of nerdctl"
	nerdctl_says "{\"portMappings\": [$mapping]}"
	nerdctl_refused 1 "$KLEENE" "host port 8080/tcp is asked for by network-config.json of nerdctl"
	# verify says the same of the configuration
	run -1 "$PROGRAMS/oci-hostnet" verify "$work/bundle"
	expect_output "$KLEENE"
	nerdctl_says '{"portMappings": "all"}'
	nerdctl_refused 1 "cannot tell whether ports are published"
	nerdctl_says '['
	nerdctl_refused 1 "cannot tell whether ports are published"
	nerdctl_says '[]'
	chown 1000 "$work/state/network-config.json"
	nerdctl_refused 3 "cannot tell whether ports are published" "belongs to uid 1000"
	for text in '[]' '{}' '{"portMappings": []}' null; do
		nerdctl_says "$text"
		run -0 "$PROGRAMS/oci-hostnet" apply "$work/bundle"
	done
	nerdctl_says '[]'
	rm -r "$work/state"
	run -0 "$PROGRAMS/oci-hostnet" apply "$work/bundle"
	run -0 "$PROGRAMS/oci-hostnet" verify "$work/bundle"
	# the control: it is this file that decides
	nerdctl_says "[$mapping]"
	jq 'del(.annotations["nerdctl/state-dir"])' "$work/bundle/config.json" >"$work/bundle/without"
	mv "$work/bundle/without" "$work/bundle/config.json"
	run -0 "$PROGRAMS/oci-hostnet" apply "$work/bundle"
}

# --- pasta, podman's default from 5.0 on ---------------------------------------------------

# The arguments are podman's (containers/common libnetwork/pasta/pasta_linux.go), the process only
# has its name: what is looked at is what it was started with.
# forward NAMESPACE OPTIONS...
AS=()
forward() {
	printf '#include <unistd.h>\nint main (void) { return pause (); }\n' | gcc -xc -static -o "$work/pasta.avx2" -
	"${AS[@]}" "$work/pasta.avx2" --config-net "${@:2}" --no-map-gw --quiet --netns "$1" </dev/null >/dev/null 2>&1 3>&- &
	FORWARDER=$!
	wait_for 50 grep -q pasta "/proc/$FORWARDER/comm"
}
stop_forwarder() {
	[ -n "${FORWARDER-}" ] || return 0
	kill "$FORWARDER"
	wait "$FORWARDER" 2>/dev/null || true
	FORWARDER=
}

joining_lan() {
	base_config x | jq --arg root "$HOSTNET_TEST_DIR/rootfs" --arg path /run/netns/lan '.root.path = $root
		| (.linux.namespaces[] | select(.type == "network")).path = $path'
}
# in a user namespace of its own, as rootless podman calls its hook
pasta_judged() { joining_lan | unshare -U -r "$PROGRAMS/oci-hostnet-hook" precreate; }
@test "pasta: a port in its arguments is published" {
	local ports
	for ports in "-t 8080-8080:80-80 -u none" "-t none -u 127.0.0.1/8080-8080:53-53" "--tcp-ports 8080 -u none" "-t auto"; do
		# shellcheck disable=SC2086
		forward /run/netns/lan $ports
		run pasta_judged
		expect_status 1
		expect_output "$KLEENE" "podman run --publish"
		stop_forwarder
		# another container's
		# shellcheck disable=SC2086
		forward /run/netns/other $ports
		run --separate-stderr pasta_judged
		expect_status 0
		[ -z "$stderr" ]
		stop_forwarder
	done
	forward /run/netns/lan -t none -u none -T none -U none
	run --separate-stderr pasta_judged
	expect_status 0
}

# Whoever can start a process with such a name must not keep root's containers from starting.
@test "a process of another user forwards nothing" {
	require_command setpriv
	forward /run/netns/lan -t 8080-8080:80-80 -u none
	joining_lan >"$work/config.json"
	run "$PROGRAMS/oci-hostnet-hook" precreate <"$work/config.json"
	expect_status 1
	expect_output "$KLEENE"
	stop_forwarder
	AS=(setpriv --reuid 1000 --regid 1000 --clear-groups)
	forward /run/netns/lan -t 8080-8080:80-80 -u none
	run --separate-stderr "$PROGRAMS/oci-hostnet-hook" precreate <"$work/config.json"
	expect_status 0
	[ -z "$stderr" ]
}

# --- ports that a container declares (listen.bats has what is taken) --------------------------

declared_refused() {
	run "$1" --rm "${ASK[@]}" --annotation io.oci-hostnet.listen=8099/tcp localhost/bb echo STARTED
	[ "$status" -ne 0 ]
	[[ $output != *STARTED* ]]
	case $1 in
	by_hook*) expect_output "setting up OCI Hooks" "oci-hostnet-hook precreate" ;;
	*) expect_output "port 8099/tcp is already in use on the host by holder (pid $HOLDER)" ;;
	esac
}
# which binds what it has declared, once and in a new start, with the guard behind
declared_starts() {
	local id
	id=$("$1" -d "${ASK[@]}" --annotation io.oci-hostnet.listen=8099/tcp localhost/bb ports serve 8099 8099 1)
	wait_for 50 listens 8099
	podman_of "$1" restart -t 0 "$id"
	wait_for 50 listens 8099
	podman_of "$1" rm -f -t 0 "$id" >/dev/null
}
listens() { [ -n "$(ss -Hltn "sport = :$1")" ]; }

@test "a declared port that somebody has: not started, with its owner" {
	gcc -Wall -static -o "$work/holder" "$top_srcdir/tests/tools/listener.c"
	"$work/holder" tcp 0.0.0.0 8099 reuseaddr listen </dev/null >/dev/null 2>&1 3>&- &
	HOLDER=$!
	wait_for 50 listens 8099
	for_each declared_refused
	kill "$HOLDER"
	wait "$HOLDER" || true
	for_each declared_starts
	RUNTIME=crun guard_starts crun "${ASK[@]}" --annotation io.oci-hostnet.listen=8099/tcp
}
