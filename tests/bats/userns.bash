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
	mounts >"$HOSTNET_TEST_DIR/mounts-before"
	STARTED_ID=
	VOLUME=$HOSTNET_TEST_DIR/tmp/volume-$BATS_TEST_NUMBER
	mkdir -p "$VOLUME"
	# so that one umount takes all of it
	mount -t tmpfs -o mode=755 volume "$VOLUME"
}

teardown() {
	stop
	while mountpoint -q "$VOLUME"; do umount -R "$VOLUME"; done
	host_unchanged
	mounts | diff "$HOSTNET_TEST_DIR/mounts-before" -
}

# what is mounted where on this host, and how
mounts() { awk '{ print $5, $6, $4, $9, $10 }' /proc/self/mountinfo | sort; }

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
