#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# The lock standard under real containerd, driven by ctr: what asks, what has the host's network
# anyhow, and what CNI configures after the start.

load helpers
load containerd
load syslog

ASK=(--annotation io.oci-hostnet.network=host)

setup_file() {
	require_program oci-hostnet oci-hostnet-crun oci-hostnet-runc
	command -v containerd >/dev/null && [ -x "$CNI_PLUGINS/bridge" ] || return 0
	mkdir -p "$CONTAINERD"
	start_syslog
	private_cni
	# ctr leaves the rules behind
	sed -i 's/"ipMasq": true/"ipMasq": false/' /etc/cni/net.d/10-pods.conflist
	setup_containerd
	# the bridge and the tables are made once
	by plain-crun first-cni --rm --cni -- true
	keep_bridge
	remember_all
}

teardown_file() {
	[ ! -e "$CONTAINERD/pid" ] || stop_containerd
}

setup() {
	require_containerd
	require_cni
	require_command crun runc nft iptables
	no_policy
	forget_records
	remember_engine
	ID=c$BATS_TEST_NUMBER
}

# every test ends with this
teardown() {
	# skipped: nothing was set up
	[ -e "$HOSTNET_TEST_DIR/all-before" ] || return 0
	remove_all >/dev/null 2>&1 || true
	no_policy
	all_unchanged || { remember_all; return 1; }
}

all_state() {
	whole_host_state
	engine_state
	find "$CONTAINERD/ips" /var/lib/cni -type f ! -name lock ! -name 'last_reserved_ip*' | sort
}
remember_all() { all_state >"$HOSTNET_TEST_DIR/all-before"; }
same_all() {
	all_state >"$HOSTNET_TEST_DIR/all-after"
	diff -u "$HOSTNET_TEST_DIR/all-before" "$HOSTNET_TEST_DIR/all-after"
}
all_unchanged() { wait_for 50 same_all >/dev/null 2>&1 || same_all; }

# of what LOOK says
expect_locked() {
	expect_status 0
	expect_output "$(readlink /proc/self/ns/user)" "$(readlink /proc/self/ns/net)" "inet 10.98.0.1/24" \
		"RTNETLINK answers: Operation not permitted" "ifconfig: SIOCSIFADDR: Permission denied" \
		"ip_forward: Read-only file system" END
}

# --- left alone ----------------------------------------------------------------------

plain() {
	untouched "$1"
	# not in the background, where ctr leaves what CNI has made
	run by "$1" "$ID-cni" --rm --cni -- sh -c 'readlink /proc/self/ns/net; ip -o addr; exit 3'
	expect_status 3
	expect_output "inet 10.99.128."
	[[ $output != *10.98.0.1/24* && $output != *"$(readlink /proc/self/ns/net)"* ]]
	records 0
}
@test "crun: a plain container is left alone, byte for byte, and has the network that --cni gives it" { plain crun; }
@test "runc: a plain container is left alone, byte for byte, and has the network that --cni gives it" { plain runc; }

# ctr gives NET_RAW and MKNOD, which a lock would take
reported() {
	untouched "$1" --net-host
	records 1 "a container has the host's network and was left as it is"
	forget_records
	untouched "$1" --net-host --privileged
	records 1 "a container has the host's network and was left as it is"
}
@test "crun: one with --net-host that did not ask is left alone too, and reported once" { reported crun; }
@test "runc: one with --net-host that did not ask is left alone too, and reported once" { reported runc; }

loses_nothing() {
	by "$1" "$ID" -d --net-host --cap-drop CAP_NET_RAW --cap-drop CAP_MKNOD -- sleep 1000
	run within "$ID" -- sh -c "$LOOK"
	expect_locked
	audited "$ID" locked
	records 0
}
@test "crun: one that loses no capability is locked, after exec too" { loses_nothing crun; }
@test "runc: one that loses no capability is locked, after exec too" { loses_nothing runc; }

by_policy() {
	policy '{"version": 1, "default": {"inherit": "lock", "lock": "'"$2"'"}}'
	by "$1" "$ID" -d --net-host -- sleep 1000
	run within "$ID" -- sh -c "$LOOK"
	expect_locked
	audited "$ID" locked
	records 0
	remove "$ID"
	untouched "$1"
}
@test "crun: the policy locks what did not ask, and nothing else" { by_policy crun standard; }
@test "runc: the policy locks what did not ask, and nothing else" { by_policy runc strict; }

# --- asking --------------------------------------------------------------------------

attacks_fail() {
	by "$1" "$ID-plain" -d --net-host "${ASK[@]}" "${@:2}" -- sleep 1000
	audited "$ID-plain" locked
	by "$1" "$ID" -d --privileged --net-host "${ASK[@]}" "${@:2}" -- sleep 1000
	run within "$ID" -- sh -c "$LOOK"
	expect_locked
	run within "$ID" -- sh -c "$ATTACKS"
	expect_status 0
	[ "${#lines[@]}" -eq 82 ]
	attacks_end 'EACCES|EPERM|EROFS|EAFNOSUPPORT'
	# containerd takes an exec's process from the configuration it keeps, which was never locked
	any_ctr container info "$ID" | jq -e '.Spec.process.capabilities.bounding | index("CAP_NET_ADMIN")'
	run within "$ID" -- sh -c 'grep -h ^Cap /proc/1/status; echo; grep -h ^Cap /proc/self/status'
	expect_status 0
	[ "${output%%$'\n\n'*}" = "${output##*$'\n\n'}" ]
	[[ $output == *CapBnd:* ]]
}
@test "crun: one that asks is locked, and no attack from an exec in it changes the host, were it privileged" { attacks_fail crun; }
@test "runc: one that asks is locked, and no attack from an exec in it changes the host, were it privileged" { attacks_fail runc; }
@test "crun: so it is under strict" { attacks_fail crun --annotation io.oci-hostnet.lock=strict; }
@test "runc: so it is under strict" { attacks_fail runc --annotation io.oci-hostnet.lock=strict; }

# Without --net-host there is an entry without a path: --cni would configure the host.
refused() {
	run by "$1" "$ID-refused" --rm "${ASK[@]}" "${@:3}" -- echo STARTED
	expect_status 1
	expect_output "ctr: failed to create shim task: OCI runtime create failed: " "$2"
	[[ $output != *STARTED* ]]
	all_unchanged
}
refusals() {
	refused "$1" "has no path, so the engine may configure it after the start, which would be the host's: use \`ctr run --net-host\`"
	refused "$1" "has no path, so the engine may configure it after the start, which would be the host's: use \`ctr run --net-host\`" --cni
	refused "$1" "cannot publish ports of a container using the 'host' network driver: 8080:80" --net-host --annotation io.oci-hostnet.publish=8080:80
	refused "$1" "the mount at \`/host\` brings the host's" --net-host --annotation io.oci-hostnet.lock=strict --mount type=bind,src=/run,dst=/host,options=rbind:rw
	records 0
}
@test "crun: asking without --net-host, with --cni, with a published port is refused, and ctr's user reads why" { refusals crun; }
@test "runc: asking without --net-host, with --cni, with a published port is refused, and ctr's user reads why" { refusals runc; }
