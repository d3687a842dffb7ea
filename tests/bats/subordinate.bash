# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# Containers with subordinate ids: what subordinate.bats and idmap.bats share.

setup_file() {
	require_program oci-hostnet oci-hostnet-crun oci-hostnet-runc oci-hostnet-runtime oci-hostnet-hook
	make_rootfs "$HOSTNET_TEST_DIR/rootfs"
	make_userns_rootfs
	gcc -Wall -O1 -static -o "$HOSTNET_TEST_DIR/version" "$top_srcdir/tests/tools/version.c"
}

setup() {
	STARTED_ID='' DISK=
	subordinate_ids
	policy "$SUBORDINATE"
	remember_host
	work=$(mktemp -d "$HOSTNET_TEST_DIR/tmp/subordinate.XXXXXX")
	chmod 755 "$work"
}

teardown() {
	stop
	no_policy
	rm -rf "$DISK"
	while umount "$work"/* 2>/dev/null; do :; done
	host_unchanged
}

# bind SOURCE [OPTION...] - as an expression, at /data
bind() {
	local options=("${@:2}")
	[ $# -gt 1 ] || options=(rbind)
	echo ".mounts += [{destination: \"/data\", type: \"bind\", source: \"$1\", options: $(words "${options[@]}" | jq -c .)}]"
}

IDS='[{"containerID":0,"hostID":100000,"size":65536}]'

volume() {
	mkdir -p "$work/volume"
	echo "$work/volume"
}

# refused RUNTIME JQ TEXT... - does not start, and says so
refused() {
	run container "$1" "$2" sh -c 'echo started'
	[ "$status" -ne 0 ] || { echo "it started: $output"; return 1; }
	[[ $output != *started* ]]
	expect_output "${@:3}"
}
