#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# podman's own user namespaces as root: --userns=auto, for containers and pods.
bats_require_minimum_version 1.5.0
load helpers
load podman

ASK=(--annotation io.oci-hostnet.network=host)
# host_state sees the rules, without the packets of bridges that they count
without_counters() {
	nft() { command nft --stateless "$@" 2>/dev/null; }
}
# the first of /etc/subuid's ids of `containers`
FIRST=300000

setup_file() {
	require_program oci-hostnet oci-hostnet-crun oci-hostnet-runc oci-hostnet-hook
	command -v podman >/dev/null || return 0
	own_etc
	(umask 022; echo "containers:$FIRST:200000" | tee /etc/subuid >/etc/subgid)
	setup_podman
	any_podman import -q -c 'CMD ["/bin/sleep", "1000"]' -c 'STOPSIGNAL KILL' "$HOSTNET_TEST_DIR/image.tar" localhost/pause >/dev/null
	sed -i 's,^\[engine\],&\ninfra_image = "localhost/pause",' "$CONTAINERS_CONF"
	# what podman makes once
	without --rm --userns=auto localhost/bb true
	without_runc --rm --userns=auto -p 8079:80 localhost/bb true
	without_counters
	remember_whole_host
}

setup() {
	require_command podman conmon iptables nft
	no_policy
	without_counters
}

teardown() {
	# podman may find the shm of a container with a user namespace busy once
	any_podman pod rm -fa -t 0 >/dev/null 2>&1 || true
	any_podman rm -fa -t 0 >/dev/null 2>&1 || any_podman rm -fa -t 0 >/dev/null 2>&1 || true
	whole_host_unchanged
}

LOOK='ip -o addr; readlink /proc/self/ns/net; cat /proc/self/uid_map; ifconfig lo:1 127.0.0.3; /bin/ip addr add 127.0.0.4/8 dev lo
	echo 1 >/proc/sys/net/ipv4/ip_forward; awk "\$2 == \"/sys\" { print \"sysfs\", \$4 }" /proc/mounts; echo END'

# expect_locked IDS
expect_locked() {
	expect_status 0
	expect_output "inet 10.98.0.1/24" "$(readlink /proc/self/ns/net)" "SIOCSIFADDR: Permission denied" \
		"Operation not permitted" "Read-only file system" "sysfs ro," END
	[[ $output =~ (^|$'\n')\ +0\ +$FIRST\ +$1($'\n'|$) ]]
}

for_each() {
	local by
	for by in by_crun by_runc by_hook by_hook_runc; do
		echo "# $by"
		"$1" "$by" "${@:2}"
	done
}

on_host() {
	run "$1" --rm --network host "${@:3}" localhost/bb sh -c "$LOOK"
	expect_locked "$2"
}
@test "--network host: locked, in podman's user namespace" {
	for_each on_host 1024 --userns=auto
	for_each on_host 4096 --userns=auto:size=4096 "${ASK[@]}"
	for_each on_host 1024 --userns=auto "${ASK[@]}" --annotation io.oci-hostnet.lock=strict+userns
	policy '{"version": 1, "default": {"lock": "userns", "subordinate": "hostnet", "inherit": "lock"}}'
	for_each on_host 1024 --userns=auto
}

# The danger: podman would configure what it takes for the container's network.
refused() {
	run "$1" --rm --userns=auto "${ASK[@]}" "${@:3}" localhost/bb echo STARTED
	expect_status 126
	[[ $output != *STARTED* ]]
	case $1 in
	by_hook*) expect_output "oci-hostnet-hook precreate" ;;
	*) expect_output "$2" ;;
	esac
	whole_host_unchanged
}
@test "a network of its own: refused, the host as it was" {
	for_each refused 'use `podman run --network host` instead'
	for_each refused "cannot publish ports" -p 8080:80
}

not_concerned() {
	run "$1" --rm --userns=auto localhost/bb sh -c 'cat /proc/self/uid_map; ip -o addr; ip addr add 127.0.0.4/8 dev lo; ifconfig lo:1 127.0.0.3'
	[[ $output =~ (^|$'\n')\ +0\ +$FIRST\ +1024($'\n'|$) ]]
	expect_output "inet 10.88." "SIOCSIFADDR: Operation not permitted"
	[[ $output != *host0* ]]
}
@test "without asking it is podman's business" { for_each not_concerned; }

# The bundle's directory belongs to the container's root.
life() {
	local p=(any_podman --hooks-dir "$HOSTNET_TEST_DIR/no-hooks.d" --runtime "oci-hostnet-${1#by_}")
	case $1 in by_hook*) return 0 ;; esac
	"$1" -d --name life --userns=auto --network host localhost/bb sleep 1000 >/dev/null
	run "$PROGRAMS/oci-hostnet" audit "$(any_podman inspect --format '{{.State.Pid}}' life)"
	expect_status 0
	[ "${lines[-1]}" = "by construction" ]
	run "${p[@]}" exec --privileged life sh -c "umount /proc/sys; mount -o remount,bind,rw /proc/sys; $LOOK"
	expect_locked 1024
	"${p[@]}" restart -t 0 life >/dev/null
	run "${p[@]}" exec life sh -c "$LOOK"
	expect_locked 1024
	"${p[@]}" rm -f -t 0 life >/dev/null
}
@test "exec --privileged, audit, restart" { for_each life; }

pod() {
	local options=(--hooks-dir "$HOSTNET_TEST_DIR/no-hooks.d" --runtime "oci-hostnet-${1#by_}")
	case $1 in by_hook*) options=(--hooks-dir "$HOSTNET_TEST_DIR/hooks.d" --runtime crun) ;; esac
	any_podman "${options[@]}" pod create --name pod --userns=auto --network host --cgroup-parent "/$HOSTNET_TAG-pods" >/dev/null
	run "$1" --rm --pod pod localhost/bb sh -c "$LOOK"
	expect_locked 1024
	run "$1" --rm --pod pod --annotation io.oci-hostnet.lock=userns localhost/bb sh -c "$LOOK"
	expect_locked 1024
	any_podman pod rm -f -t 0 pod >/dev/null
}
@test "a pod with --userns=auto and --network host: locked, all in one user namespace" { for_each pod; }
