# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# What the tests of io.oci-hostnet.listen share: who holds a port of the host, and who declares one.

HOSTNET=$PROGRAMS/oci-hostnet
LISTENER=$HOSTNET_TEST_DIR/listener

setup_file() {
	require_program oci-hostnet oci-hostnet-runtime oci-hostnet-hook
	gcc -Wall -static -o "$LISTENER" "$top_srcdir/tests/tools/listener.c"
	[ -d "$HOSTNET_TEST_DIR/rootfs" ] || make_rootfs "$HOSTNET_TEST_DIR/rootfs"
	start_syslog
	remember_host
}

setup() {
	no_policy
	work=$(mktemp -d "$HOSTNET_TEST_DIR/tmp/listen.XXXXXX")
	chmod 755 "$work"
	HELD=
}

teardown() {
	stop
	let_go
	no_policy
	host_unchanged
}

# hold WORD... - the sockets of listener.c, by a process of the host
hold() {
	local said=
	HELD=
	[ $# -gt 0 ] || return 0
	[ -p "$work/ready" ] || mkfifo "$work/ready"
	# bats waits for all that holds its descriptors
	"$LISTENER" "$@" </dev/null >"$work/ready" 2>&1 3>&- &
	HELD=$!
	read -r said <"$work/ready"
	[ "$said" = ready ] || { echo "listener: $said"; return 1; }
}

let_go() {
	[ -n "$HELD" ] || return 0
	kill "$HELD" 2>/dev/null || true
	wait "$HELD" 2>/dev/null || true
	HELD=
}

declaring() { echo ".annotations[\"io.oci-hostnet.listen\"] = \"$1\""; }
