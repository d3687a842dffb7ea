#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Plain crun and runc, and oci-hostnet, as an ordinary user.
bats_require_minimum_version 1.5.0
load helpers
load rootless

setup_file() {
	make_rootfs "$HOSTNET_TEST_DIR/rootfs"
	setup_user
	remember_user_host
}

setup() {
	require_command newuidmap newgidmap setpriv
	no_policy
	STARTED_ID=
}

teardown() {
	umount "$HOSTNET_TEST_DIR/userns-rootfs/proc" 2>/dev/null || true
	if [ -n "$STARTED_ID" ]; then as_user "$STARTED_RUNTIME" delete -f "$STARTED_ID" || true; fi
	user_host_unchanged
}

# --- plain runtimes --------------------------------------------------------------------

asks() {
	run user_container "$1" "$ROOTLESS" sh -c "$LOOK"
	expect_locked
}
@test "crun and runc: a bundle of the user's that asks sees the host and cannot change it" {
	WAYS="crun runc" for_each asks
}

# joins PATH JQ-EXPRESSION
joins() { echo "$2 | (.linux.namespaces[] | select(.type == \"network\")).path = \"$1\""; }
@test "crun and runc: the host's own network as a path, which no user namespace could join" {
	for runtime in crun runc; do
		run user_container "plain-$runtime" "$(joins /proc/self/ns/net "$ROOTLESS")" echo STARTED
		[ "$status" -ne 0 ]
		[[ $output == *"setns"*"Operation not permitted"* && $output != *STARTED* ]]
		run user_container "$runtime" "$(joins /proc/self/ns/net "$ROOTLESS")" sh -c "$LOOK"
		expect_locked
		# the same for root
		make_userns_rootfs
		run container "$runtime" "$(joins /proc/self/ns/net "$USERNS")" sh -c "$LOOK"
		expect_locked
		# without asking it is as without us
		run user_container "$runtime" "$(joins /proc/self/ns/net "$ROOTLESS") | del(.annotations)" echo STARTED
		[ "$status" -ne 0 ]
		[[ $output == *"setns"*"Operation not permitted"* && $output != *STARTED* ]]
	done
}

# Nor could the runtime.
@test "crun and runc: a network namespace that the user cannot look at is refused" {
	for runtime in crun runc; do
		run user_container "$runtime" "$(joins /proc/1/ns/net "$ROOTLESS")" echo STARTED
		expect_status 1
		expect_output "cannot tell whether the network namespace \`/proc/1/ns/net\` is the host's"
	done
}

@test "crun: nor does one without a user namespace, for which crun makes one" {
	run user_container crun "$NO_CGROUP" sh -c "$LOOK; cat /proc/self/uid_map"
	expect_locked
	expect_output "5000          1"
}

@test "control: without us the kernel alone refuses, and crun leaves /sys writable" {
	run user_container plain-crun "$ROOTLESS | $UNASKED" sh -c "$LOOK"
	expect_status 0
	expect_output "inet 10.98.0.1/24" "ifconfig: SIOCSIFADDR: Operation not permitted" "sysfs rw"
}

unasked() {
	user_bundle "$ROOTLESS | del(.annotations)" sh -c 'ip -o link; echo END'
	cp "$BUNDLE/config.json" "$BATS_TEST_TMPDIR/before"
	run run_user_bundle "$1"
	expect_status 0
	expect_output "1: lo" END
	[[ $output != *host0* ]]
	cmp "$BATS_TEST_TMPDIR/before" "$BUNDLE/config.json"
}
@test "crun and runc: who does not ask is left byte for byte" {
	WAYS="crun runc" for_each unasked
}

by_hand() {
	user_bundle "$2" sh -c "$LOOK"
	run as_user "$PROGRAMS/oci-hostnet" verify "$BUNDLE/config.json"
	expect_status 1
	expect_output "asked for and not applied yet" "verdict: open"
	run as_user "$PROGRAMS/oci-hostnet" diff "$BUNDLE"
	expect_status 0
	expect_output "remove  /linux/namespaces" "no fresh sysfs of the host's network in a user namespace"
	# a device cgroup, which the user could not have
	[[ $output != *resources* ]]
	as_user "$PROGRAMS/oci-hostnet" apply "$BUNDLE"
	[ "$(stat -c %u:%g:%a "$BUNDLE/config.json")" = "$USER_ID:$USER_ID:644" ]
	run as_user "$PROGRAMS/oci-hostnet" verify "$BUNDLE/config.json"
	expect_status 0
	expect_output "verdict: by construction" "$3"
	run run_user_bundle "plain-$1"
	expect_locked
}
@test "apply, diff and verify as the user, then crun and runc by hand" {
	WAYS="crun runc" for_each by_hand "$ROOTLESS" "one of its own, in which no capability counts"
	WAYS=crun for_each by_hand "$NO_CGROUP" "not needed: no capability that our runtime could give counts"
}

# The user is not who may run it.
@test "verify: a configuration of root's is not by construction because the user reads it" {
	user_bundle "$NO_CGROUP" true
	chown -R 0:0 "$BUNDLE"
	"$PROGRAMS/oci-hostnet" apply "$BUNDLE"
	chmod 755 "$USER_HOME" "$BUNDLE"
	run as_user "$PROGRAMS/oci-hostnet" verify "$BUNDLE/config.json"
	expect_status 0
	expect_output "verdict: locked"
	policy '{"version": 1, "default": {"lock": "userns"}}'
	run as_user "$PROGRAMS/oci-hostnet" verify "$BUNDLE/config.json"
	chmod 700 "$USER_HOME"
	expect_status 1
	expect_output "user          fails" "verdict: open"
}

USERNS_LOCK='.annotations["io.oci-hostnet.lock"] = "userns"'

lock_userns() {
	run user_container "$1" "$ROOTLESS | $USERNS_LOCK" sh -c "$LOOK; cat /proc/self/uid_map"
	expect_locked
	expect_output "0       5000          1"
}
@test "the lock userns: the user's own user namespace is one" {
	WAYS="crun runc" for_each lock_userns
	# crun makes one where there is none, and runc says that it does not
	run user_container crun "$NO_CGROUP | $USERNS_LOCK" sh -c "$LOOK; cat /proc/self/uid_map"
	expect_locked
	expect_output "0       5000          1" "1     200000      65536"
	run user_container runc "$NO_CGROUP | $USERNS_LOCK" sh -c "$LOOK"
	expect_status 1
	expect_output "rootless container requires user namespaces"
}

lock_strict() {
	run user_container "$1" "$ROOTLESS | .annotations[\"io.oci-hostnet.lock\"] = \"strict\"" \
		sh -c "$LOOK; grep NoNewPrivs /proc/self/status; awk '\$2 == \"/proc\" { print \"proc\", \$4 }' /proc/mounts | tail -n 1"
	expect_locked
	expect_output "NoNewPrivs:	1" "proc ro,"
}
@test "the lock strict" { WAYS="crun runc" for_each lock_strict; }

# delegated CGROUP COMMAND... - of the user's, where there is cgroup v2 alone, in a cgroup that is the
# user's, as systemd gives one to each login
delegated() {
	# shellcheck disable=SC2016
	unshare -m --propagation private bash -c 'set -e; . "$1"; group=/sys/fs/cgroup$2; shift 2
		umount -R /sys/fs/cgroup; mount -t cgroup2 cgroup2 /sys/fs/cgroup
		mkdir -p "$group/login"; chown -R "$USER_ID" "$group"; echo $$ >"$group/login/cgroup.procs"
		as_user "$@" || rc=$?
		echo $$ >/sys/fs/cgroup/cgroup.procs; find "$group" -depth -type d -exec rmdir {} +
		exit "${rc-0}"' bash "$HOSTNET_TEST_DIR/as_user" "$@"
}
@test "crun and runc: on pure cgroup v2, in a cgroup of the user's own" {
	local group=/$HOSTNET_TAG-user
	save_as_user
	for runtime in crun runc; do
		user_bundle "$ROOTLESS | .linux.cgroupsPath = \"$group/container\"" sh -c "$LOOK; cat /proc/self/cgroup"
		run delegated "$group" "$PROGRAMS/oci-hostnet-$runtime" run -b "$BUNDLE" "$(unique_id)" </dev/null
		expect_locked
		expect_output "0::$group/container"
	done
}

# The container's root may search directories of the user's subordinate ids, which the user may not.
@test "crun and runc: a mount that the user cannot look at keeps nobody from starting who does not ask" {
	local closed=$HOSTNET_TEST_DIR/tmp/closed-$BATS_TEST_NUMBER mapped
	mkdir -p "$closed/volume"
	touch "$closed/volume/file"
	chown -R 200032:200032 "$closed"
	chmod 700 "$closed"
	mapped="$ROOTLESS | .linux.uidMappings += [{containerID: 1, hostID: 200000, size: 65536}] | .linux.gidMappings = .linux.uidMappings
		| .mounts += [{destination: \"/data\", type: \"bind\", source: \"$closed/volume\", options: [\"rbind\"]}]"
	for runtime in crun runc; do
		run user_container "plain-$runtime" "$mapped | del(.annotations)" ls /data
		expect_status 0
		[ "$output" = file ]
		run user_container "$runtime" "$mapped | del(.annotations)" ls /data
		expect_status 0
		[ "$output" = file ]
		run user_container "$runtime" "$mapped | $UNASKED | del(.mounts[] | select(.destination == \"/sys\"))" ls /data
		expect_status 0
		[ "$output" = file ]
		run user_container "$runtime" "$mapped" echo STARTED
		expect_status 1
		expect_output "cannot find out what the mount source $closed/volume is"
	done
}

# --- exec of plain runtimes --------------------------------------------------------------

within() {
	local runtime=$PROGRAMS/oci-hostnet-$1
	user_bundle "$ROOTLESS" sleep 1000
	STARTED_ID=$(unique_id) STARTED_RUNTIME=$runtime
	as_user "$runtime" run -d -b "$BUNDLE" "$STARTED_ID" </dev/null >/dev/null 2>&1
	run as_user "$runtime" exec "$STARTED_ID" sh -c "$LOOK"
	expect_locked
	# crun gives these alone, runc these too
	run as_user "$runtime" exec --cap CAP_NET_ADMIN --cap CAP_SYS_ADMIN --cap CAP_CHOWN "$STARTED_ID" \
		sh -c "$LOOK; grep CapPrm /proc/self/status; umount /proc/sys"
	expect_status 1
	expect_output "SIOCSIFADDR: Permission denied" "can't unmount /proc/sys"
	[[ $output =~ CapPrm:.([0-9a-f]+) ]]
	[ $((0x${BASH_REMATCH[1]} & ~0x800405fb)) = 0 ]
	jq '.process | .args = ["sh", "-c", "grep CapEff /proc/self/status"] | .capabilities[] = ["CAP_NET_ADMIN", "CAP_KILL"]' \
		"$BUNDLE/config.json" >"$USER_HOME/process.json"
	run as_user "$runtime" exec --process "$USER_HOME/process.json" "$STARTED_ID"
	expect_status 0
	[ "$output" = "CapEff:	0000000000000020" ]
	run as_user "$PROGRAMS/oci-hostnet" audit "$(as_user "$runtime" state "$STARTED_ID" | jq .pid)"
	expect_status 0
	[ "${lines[-1]}" = "by construction" ]
	as_user "$runtime" delete -f "$STARTED_ID"
	STARTED_ID=
}
@test "exec is given nothing that the container was not; audit as the user" {
	WAYS="crun runc" for_each within
}

# --- policy --------------------------------------------------------------------------

@test "root's policy is obeyed, in the user's own user namespace too" {
	policy "$REFUSING"
	user_bundle "$ROOTLESS" echo STARTED
	cp "$BUNDLE/config.json" "$BATS_TEST_TMPDIR/before"
	for runtime in crun runc; do
		run run_user_bundle "$runtime"
		expect_status 1
		expect_output "$SENTENCE"
		[[ $output != *STARTED* ]]
	done
	run as_user "$PROGRAMS/oci-hostnet" apply "$BUNDLE"
	expect_status 1
	expect_output "$SENTENCE"
	run as_user unshare -U --map-root-user "$PROGRAMS/oci-hostnet" apply "$BUNDLE"
	expect_status 1
	expect_output "$SENTENCE"
	cmp "$BATS_TEST_TMPDIR/before" "$BUNDLE/config.json"
}

# untrusted WHY COMMAND... - at the policy's place
untrusted() {
	run as_user "${@:2}" "$PROGRAMS/oci-hostnet" --version
	expect_status 3
	expect_output "the policy $HOSTNET_POLICY cannot be trusted, $1"
}
@test "a policy of the user's own is not obeyed, in the user's own user namespace neither" {
	local directory
	directory=$(dirname "$HOSTNET_POLICY")
	policy '{"version": 1}'
	chown "$USER_ID" "$HOSTNET_POLICY"
	untrusted "\`$HOSTNET_POLICY\` is owned by the user $USER_ID:"
	untrusted "\`$HOSTNET_POLICY\` is owned by the user 0 of our user namespace:" unshare -U --map-root-user
	untrusted "\`$HOSTNET_POLICY\` is owned by the user $USER_ID of our user namespace:" unshare -U --map-current-user
	chown 0 "$HOSTNET_POLICY"
	chown "$USER_ID" "$directory"
	untrusted "\`$directory\` is owned by the user $USER_ID:"
	untrusted "\`$directory\` is owned by the user 0 of our user namespace:" unshare -U --map-root-user
	chown 0 "$directory"
	# one that is mounted there
	run as_user unshare -U -m --map-root-user sh -c 'mount -t tmpfs tmpfs "$1" && echo "{}" >"$2" && exec "$3" --version' - \
		"$directory" "$HOSTNET_POLICY" "$PROGRAMS/oci-hostnet"
	expect_status 3
	expect_output "\`$directory\` is" "cannot be trusted"
}

# LXC, an unprivileged machine
@test "the policy of a whole system in a user namespace belongs to its own root" {
	local system=$HOSTNET_TEST_DIR/userns-rootfs inside=(unshare -U --map-users "100000,0,65536" --map-groups "100000,0,65536" --setuid 0 --setgid 0)
	make_userns_rootfs
	copy_program "$PROGRAMS/oci-hostnet" "$system"
	mkdir -p "$system$(dirname "$HOSTNET_POLICY")"
	echo '{"version": 1, "runtime": "/bin/runc"}' >"$system$HOSTNET_POLICY"
	chown -hR 100000:100000 "$system"
	mount --bind /proc "$system/proc"
	run "${inside[@]}" --root="$system" /bin/oci-hostnet --version
	expect_status 0
	expect_output "runtime: /bin/runc"
	chown 0 "$system$HOSTNET_POLICY"
	run "${inside[@]}" --root="$system" /bin/oci-hostnet --version
	umount "$system/proc"
	expect_status 3
	expect_output "\`$HOSTNET_POLICY\` is owned by the user 65534 of our user namespace"
	rm -rf "$system"
}

# The ids are the user's, none of them the host's root's.
@test "a policy with subordinate ids does not keep the user from running anything" {
	policy '{"version": 1, "default": {"lock": "userns", "subordinate": "hostnet"}}'
	WAYS="crun runc" for_each asks
	run user_container crun "$NO_CGROUP" sh -c "$LOOK"
	expect_locked
	run user_container crun "$ROOTLESS | del(.linux.uidMappings, .linux.gidMappings)" sh -c "$LOOK"
	expect_locked
}

# --- bundles -------------------------------------------------------------------------

@test "a bundle of somebody else's: used as far as its owner lets, and left as it was" {
	local theirs=$HOSTNET_TEST_DIR/tmp/theirs-$BATS_TEST_NUMBER
	make_bundle "$theirs" "$ROOTLESS" sh -c "$LOOK"
	chown -R 5001:5001 "$theirs"
	BUNDLE=$theirs
	for runtime in crun runc; do
		run run_user_bundle "$runtime"
		expect_status 1
		expect_output "cannot write the configuration $theirs/config.json, and it was left as it was"
		run as_user "$PROGRAMS/oci-hostnet" diff "$theirs"
		expect_status 0
	done
	[ "$(ls -A "$theirs")" = config.json ]
	# its owner has it edited: nothing is to be written
	setpriv --reuid 5001 --regid 5001 --clear-groups "$PROGRAMS/oci-hostnet" apply "$theirs"
	chmod 755 "$theirs"
	run run_user_bundle crun
	expect_locked
	chmod 700 "$theirs"
	run run_user_bundle crun
	expect_status 1
	expect_output "cannot open the bundle $theirs"
	rm -r "$theirs"
}

# --- syslog --------------------------------------------------------------------------

@test "syslog has the record from a user namespace; without syslog nothing fails" {
	devlog_as_user
	user_bundle "$ROOTLESS | $UNASKED | $ADMIN" true
	for namespace in "" "unshare -U --map-root-user"; do
		# shellcheck disable=SC2086
		run with_syslog $namespace "$PROGRAMS/oci-hostnet-hook" precreate <"$BUNDLE/config.json"
		expect_status 0
		expect_output "syslog: " "a container has the host's network and was left as it is: locking it would take capabilities away"
		# shellcheck disable=SC2086
		as_user $namespace "$PROGRAMS/oci-hostnet-hook" precreate <"$BUNDLE/config.json" >"$BATS_TEST_TMPDIR/out"
		cmp "$BUNDLE/config.json" "$BATS_TEST_TMPDIR/out"
	done
}
