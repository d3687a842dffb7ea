#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# The devices of a container under a lock: those of every container work, those of the host do not.

load helpers

setup_file() {
	require_program oci-hostnet-crun oci-hostnet-runc
	make_rootfs "$HOSTNET_TEST_DIR/rootfs"
}

setup() { no_policy; }

BY_USERNS='.annotations["io.oci-hostnet.lock"] = "userns"'

# A list of devices replaces the ones that runc gives by itself, and the rules for them.
ordinary_devices() {
	run container "$1" "$OPEN | $(every_device) | $2" sh -c '
		for name in null zero full random urandom tty ptmx; do [ -c /dev/$name ] || echo "no $name"; done
		echo gone >/dev/null && head -c 5 /dev/zero | wc -c && head -c 6 /dev/urandom | wc -c
		head -c 7 /dev/random | wc -c
		echo x >/dev/full
		exec 3<>/dev/ptmx && echo "a terminal"
		ls /dev/pts/0'
	expect_status 0
	expect_output 5 6 7 "No space left on device" "a terminal" /dev/pts/0
	[[ $output != *"no "[a-z]* ]]
}
@test "crun: a list of every device: null, zero, random and terminals work" { ordinary_devices crun .; }
@test "runc: a list of every device: null, zero, random and terminals work" { ordinary_devices runc .; }
@test "crun: the same under the lock userns" { ordinary_devices crun "$BY_USERNS"; }
@test "runc: the same under the lock userns" { ordinary_devices runc "$BY_USERNS"; }

# What the device cgroup denies cannot be opened, whoever made the node.
disks() {
	run container "$1" "$OPEN | $(every_device) | $2" sh -c '
		[ ! -e /dev/net/tun ] || echo "opened /dev/net/tun"
		for node in /dev/loop0 /dev/loop-control /dev/kmsg /dev/vda /dev/sda /dev/nvme0n1; do
			[ ! -e $node ] || { (exec 3<$node) 2>&1 && echo "opened $node"; } done; true'
	expect_status 0
	[[ $output != *opened* ]] || { echo "$output"; return 1; }
	expect_output "not permitted"
}
@test "crun: a list of every device: none of the host's can be opened" { disks crun .; }
@test "runc: a list of every device: none of the host's can be opened" { disks runc .; }
@test "crun: nor under the lock userns" { disks crun "$BY_USERNS"; }
@test "runc: nor under the lock userns" { disks runc "$BY_USERNS"; }

# With every id mapped to itself the container's root owns the nodes that the runtimes bind.
hosts_nodes() {
	local before
	before=$(stat -c '%n %a %u:%g' /dev/null /dev/zero /dev/full /dev/random /dev/urandom /dev/tty)
	run container "$1" "$BY_USERNS" sh -c 'for name in null zero full random urandom tty; do
		chmod 600 /dev/$name; chown 5:5 /dev/$name; done; echo gone >/dev/null && head -c 1 /dev/zero | wc -c'
	# (of this test host only, see in-host)
	[ "$(stat -c '%n %a %u:%g' /dev/null /dev/zero /dev/full /dev/random /dev/urandom /dev/tty)" = "$before" ]
	[ "$(grep -c "Read-only file system" <<<"$output")" = 12 ]
	[ "$(grep -c '^1$' <<<"$output")" = 1 ]
}
@test "crun: lock userns: the host's own nodes keep mode and owner" { hosts_nodes crun; }
@test "runc: lock userns: the host's own nodes keep mode and owner" { hosts_nodes runc; }
