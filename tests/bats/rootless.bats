#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Plain crun and runc and real podman as an ordinary user.
bats_require_minimum_version 1.5.0
load helpers
load podman
load rootless

ASK=(--annotation io.oci-hostnet.network=host)

setup_file() {
	make_rootfs "$HOSTNET_TEST_DIR/rootfs"
	setup_user
	command -v podman newuidmap slirp4netns >/dev/null || return 0
	setup_podman
	remember_user_host
}

setup() {
	require_command podman conmon newuidmap newgidmap slirp4netns setpriv
	no_policy
}

teardown() {
	any_podman pod rm -fa -t 0 >/dev/null 2>&1 || true
	any_podman rm -fa -t 0 >/dev/null 2>&1 || true
	user_host_unchanged
}

LOOK='ip -o addr; readlink /proc/self/ns/net; ifconfig lo:1 127.0.0.3; /bin/ip addr add 127.0.0.4/8 dev lo
	grep CapBnd /proc/self/status; cat /proc/sys/net/ipv4/ip_forward; echo 1 >/proc/sys/net/ipv4/ip_forward
	awk "\$2 == \"/sys\" { print \"sysfs\", \$4 }" /proc/mounts; echo END'

expect_locked() {
	expect_status 0
	expect_output "inet 10.98.0.1/24" "$(readlink /proc/self/ns/net)" \
		"ifconfig: SIOCSIFADDR: Permission denied" "Operation not permitted" "Read-only file system" "sysfs ro," END
	[[ $output != *"sysfs rw"* ]]
}

# for_each FUNCTION - with each way; names the one that failed
for_each() {
	local by
	for by in $WAYS; do
		echo "# $by"
		"$1" "$by" "${@:2}"
	done
}

# --- plain runtimes --------------------------------------------------------------------

asks() {
	run user_container "$1" "$ROOTLESS" sh -c "$LOOK"
	expect_locked
}
@test "crun and runc: a bundle of the user's that asks sees the host and cannot change it" {
	WAYS="crun runc" for_each asks
}

@test "crun: nor does one without a user namespace, for which crun makes one" {
	run user_container crun "$NO_CGROUP" sh -c "$LOOK; cat /proc/self/uid_map"
	expect_locked
	expect_output "5000          1"
}
