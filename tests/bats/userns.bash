# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# What userns.bats and userns_mounts.bats share.

setup_file() {
	require_program oci-hostnet oci-hostnet-crun oci-hostnet-runc
	make_rootfs "$HOSTNET_TEST_DIR/rootfs"
}

setup() {
	no_policy
	remember_host
	STARTED_ID=
	VOLUME=$HOSTNET_TEST_DIR/tmp/volume-$BATS_TEST_NUMBER
	mkdir -p "$VOLUME"
}

teardown() {
	stop
	umount -R "$VOLUME" 2>/dev/null || true
	host_unchanged
}

LOCKED='.annotations["io.oci-hostnet.lock"] = "userns"'
HOST_PIDS='del(.linux.namespaces[] | select(.type == "pid"))'
# volume OPTIONS - one at /data/v, with the options as a JSON array
volume() { echo '.mounts += [{destination: "/data/v", type: "bind", source: "'"$VOLUME"'", options: '"$1"'}]'; }

# refused REASON JQ - by apply, with a bundle that stays as it was
refused() {
	local dir
	dir=$(mktemp -d "$HOSTNET_TEST_DIR/tmp/bundle.XXXXXX")
	make_bundle "$dir" "$2" true
	cp "$dir/config.json" "$dir/before"
	run "$PROGRAMS/oci-hostnet" apply "$dir"
	expect_status 1
	expect_output "$1"
	cmp "$dir/before" "$dir/config.json"
}
