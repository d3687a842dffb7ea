#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# DNS as on the host, with real podman: what it mounts for its own network gives way to the host's files.
bats_require_minimum_version 1.5.0
load helpers
load podman
load dns

ASK=(--annotation io.oci-hostnet.network=host)
UIDMAP=(--uidmap 0:100000:65536 --gidmap 0:100000:65536)

setup_file() {
	setup_dns
	command -v podman >/dev/null || return 0
	setup_podman
	# aardvark-dns serves the names of this one on 10.77.0.1
	any_podman network create --subnet 10.77.0.0/24 names >/dev/null
	# podman's own tables, once and for all
	without --rm --network names localhost/bb true
	without --rm "${UIDMAP[@]}" localhost/bb true
	nft() { command nft --stateless "$@"; }
	remember_whole_host
}

setup() {
	SERVER=''
	# without the packets that podman's rules count
	nft() { command nft --stateless "$@"; }
	no_policy
	host_files
	[ -s "$HOSTNET_TEST_DIR/whole-host-before" ] || remember_whole_host
}

teardown() {
	[ -z "$SERVER" ] || kill "$SERVER"
	any_podman rm -fa -t 0 >/dev/null 2>&1 || any_podman rm -fa -t 0 >/dev/null 2>&1 || true
	no_policy
	host_files
	whole_host_unchanged
}

need_podman() { require_command podman conmon iptables nft; }
ALL="by_crun by_runc by_runtime by_hook by_hook_runc"

@test "control: without us aardvark's server is the first" {
	need_podman
	run without --rm --network names localhost/bb cat /etc/resolv.conf
	expect_status 0
	expect_output "nameserver 10.77.0.1"
}

asks() {
	need_podman
	local before
	before=$(remember_files)
	run "$1" --rm --network names "${ASK[@]}" "${@:2}" localhost/bb sh -c "$LOOK"
	expect_host_files
	diff <(echo "$before") <(remember_files)
}
with_lock() { asks "$1" --annotation "io.oci-hostnet.lock=$2"; }
@test "podman, runtime crun: the host's files, read-only" { asks by_crun; }
@test "podman, runtime runc: the host's files, read-only" { asks by_runc; }
@test "podman, oci-hostnet-runtime: the host's files, read-only" { asks by_runtime; }
@test "podman, hook and crun: the host's files, read-only" { asks by_hook; }
@test "podman, hook and runc: the host's files, read-only" { asks by_hook_runc; }
@test "podman: strict" { for by in $ALL; do with_lock "$by" strict; done; }
@test "podman: userns" { for by in $ALL; do with_lock "$by" userns; done; }
@test "podman: strict+userns" { for by in $ALL; do with_lock "$by" strict+userns; done; }
@test "podman: a user namespace of podman's" {
	policy '{"version": 1, "default": {"pathless": "remove"}}'
	need_podman
	# podman's own network would be set up on the host: it has none here
	for by in by_crun by_runc by_hook by_hook_runc; do
		run "$by" --rm --network none "${UIDMAP[@]}" "${ASK[@]}" localhost/bb sh -c 'cat /etc/hosts; echo changed >>/etc/hosts; echo END'
		expect_status 0
		expect_output only.host.example "create /etc/hosts: Permission denied" END
	done
}
@test "podman: privileged" {
	for by in by_crun by_runc by_hook; do asks "$by" --privileged; done
}
@test "podman: a chroot gets them too" {
	need_podman
	run by_crun --rm --network names "${ASK[@]}" --chrootdirs /data localhost/bb sh -c 'cat /data/etc/resolv.conf /data/etc/hosts; echo x >>/data/etc/hosts'
	expect_output "nameserver 127.0.0.53" only.host.example "create /data/etc/hosts: Read-only file system"
	[[ $output != *10.77.0* ]]
}

@test "podman: a name that only the host's loopback server knows" {
	need_podman
	gcc -Wall -O1 -static -o "$BATS_TEST_TMPDIR/nameserver" "$top_srcdir/tests/tools/nameserver.c"
	"$BATS_TEST_TMPDIR/nameserver" 127.0.0.53 service.host.example 192.0.2.99 >"$BATS_TEST_TMPDIR/log" 2>&1 3>&- &
	SERVER=$!
	wait_for 50 grep -q ready "$BATS_TEST_TMPDIR/log"
	run by_crun --rm --network names "${ASK[@]}" localhost/bb sh -c 'nslookup -type=a service.host.example
		nslookup -type=a another.host.example; ping -c 1 -w 1 only.host.example | head -n 1'
	expect_output "Server:		127.0.0.53" "Address: 192.0.2.99" "can't find another.host.example: NXDOMAIN" \
		"PING only.host.example (192.0.2.7)"
}

@test "podman: exec, restart and network connect" {
	need_podman
	local before id podman
	before=$(remember_files)
	for runtime in oci-hostnet-crun oci-hostnet-runc; do
		podman=(any_podman --hooks-dir "$HOSTNET_TEST_DIR/no-hooks.d" --runtime "$runtime")
		id=$("${podman[@]}" run -d --cgroup-parent "/$HOSTNET_TAG-podman" --network names "${ASK[@]}" localhost/bb sleep 1000)
		run "${podman[@]}" exec "$id" sh -c "$LOOK"
		expect_host_files
		"${podman[@]}" restart -t 0 "$id"
		run "${podman[@]}" exec --privileged "$id" sh -c "$LOOK"
		expect_host_files
		"${podman[@]}" network disconnect names "$id"
		"${podman[@]}" network connect names "$id"
		run "${podman[@]}" exec "$id" cat /etc/resolv.conf
		[ "$output" = "$(cat /etc/resolv.conf)" ]
		"${podman[@]}" stop -t 0 "$id"
		"${podman[@]}" start "$id"
		run "${podman[@]}" exec "$id" cat /etc/hosts
		[ "$output" = "$(cat /etc/hosts)" ]
		"${podman[@]}" rm -f -t 0 "$id"
	done
	diff <(echo "$before") <(remember_files)
}

@test "podman: a file that is replaced is seen at the next start, one that is written at once" {
	need_podman
	local id podman=(any_podman --hooks-dir "$HOSTNET_TEST_DIR/no-hooks.d" --runtime oci-hostnet-crun)
	id=$("${podman[@]}" run -d --cgroup-parent "/$HOSTNET_TAG-podman" "${ASK[@]}" localhost/bb sleep 1000)
	echo "192.0.2.8 written" >>/etc/hosts
	echo "nameserver 192.0.2.54" >/etc/resolv.conf.new
	mv /etc/resolv.conf.new /etc/resolv.conf
	run "${podman[@]}" exec "$id" cat /etc/hosts /etc/resolv.conf
	expect_output "192.0.2.8 written" "nameserver 127.0.0.53"
	"${podman[@]}" restart -t 0 "$id"
	run "${podman[@]}" exec "$id" cat /etc/resolv.conf
	[ "$output" = "nameserver 192.0.2.54" ]
}

NAMES=(--dns 192.0.2.80 --dns-search user.example --add-host user:192.0.2.81)
@test "podman: --dns and --add-host are lost, and kept with dns: keep" {
	need_podman
	for by in $ALL; do
		run "$by" --rm "${ASK[@]}" "${NAMES[@]}" localhost/bb cat /etc/resolv.conf /etc/hosts
		expect_status 0
		[ "$output" = "$(cat /etc/resolv.conf /etc/hosts)" ]
	done
	policy '{"version": 1, "default": {"dns": "keep"}}'
	for by in $ALL; do
		run "$by" --rm "${ASK[@]}" "${NAMES[@]}" localhost/bb sh -c 'cat /etc/resolv.conf /etc/hosts; echo more >>/etc/hosts && echo END'
		expect_status 0
		expect_output "nameserver 192.0.2.80" "search user.example" "192.0.2.81	user" END
	done
}
@test "podman: --network host keeps what podman made" {
	need_podman
	for by in by_crun by_hook; do
		run "$by" --rm --network host "${NAMES[@]}" localhost/bb cat /etc/resolv.conf /etc/hosts
		expect_output "nameserver 192.0.2.80" "192.0.2.81	user"
		run "$by" --rm --network host "${ASK[@]}" "${NAMES[@]}" localhost/bb cat /etc/resolv.conf /etc/hosts
		expect_output "nameserver 192.0.2.80" "192.0.2.81	user"
	done
}
@test "podman: a user's files, and the image's" {
	need_podman
	echo "198.51.100.9 mine" >"$BATS_TEST_TMPDIR/hosts"
	echo "nameserver 198.51.100.53" >"$BATS_TEST_TMPDIR/resolv.conf"
	chmod 755 "$BATS_TEST_TMPDIR"
	for by in $ALL; do
		run "$by" --rm "${ASK[@]}" -v "$BATS_TEST_TMPDIR/hosts:/etc/hosts" -v "$BATS_TEST_TMPDIR/resolv.conf:/etc/resolv.conf:ro" \
			localhost/bb sh -c 'cat /etc/resolv.conf /etc/hosts; touch /etc/hosts && echo END'
		expect_status 0
		[ "$output" = $'nameserver 198.51.100.53\n198.51.100.9 mine\nEND' ]
		# the image has empty ones
		run "$by" --rm "${ASK[@]}" --no-hosts --dns none localhost/bb sh -c 'cat /etc/resolv.conf /etc/hosts; touch /etc/hosts && echo END'
		expect_status 0
		[ "$output" = END ]
	done
}
@test "podman: the host name and its file stay the container's" {
	need_podman
	run by_crun --rm "${ASK[@]}" --hostname inside localhost/bb sh -c 'hostname; cat /etc/hostname; readlink /proc/self/ns/uts'
	expect_output inside
	[ "$(grep -c inside <<<"$output")" = 2 ]
	[[ $output != *"$(readlink /proc/self/ns/uts)"* ]]
}
@test "podman: refused, and nothing is left" {
	need_podman
	run by_crun --rm --network names "${ASK[@]}" -p 8080:80 localhost/bb echo STARTED
	[ "$status" -ne 0 ]
	[[ $output != *STARTED* ]]
}
