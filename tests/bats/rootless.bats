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
	# pods: no pause program is installed, and none can be pulled
	any_podman import -q -c 'CMD ["/bin/sleep", "1000"]' -c 'STOPSIGNAL KILL' "$HOSTNET_TEST_DIR/image.tar" localhost/pause >/dev/null
	sed -i 's,^\[engine\],&\ninfra_image = "localhost/pause",' "$CONTAINERS_CONF"
	remember_user_host
}

setup() {
	require_command podman conmon newuidmap newgidmap slirp4netns setpriv
	no_policy
	STARTED_ID=
}

teardown() {
	umount "$HOSTNET_TEST_DIR/userns-rootfs/proc" 2>/dev/null || true
	[ -z "${SERVER-}" ] || kill "$SERVER" 2>/dev/null || true
	if [ -n "$STARTED_ID" ]; then as_user "$STARTED_RUNTIME" delete -f "$STARTED_ID" || true; fi
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

REFUSING='{"version": 1, "default": {"request": "refuse"}}'
SENTENCE="is refused by the policy: ask the administrator or leave it out"

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
	local system=$HOSTNET_TEST_DIR/userns-rootfs inside=(unshare -U --map-users 100000,0,65536 --map-groups 100000,0,65536 --setuid 0 --setgid 0)
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

devlog_as_user() {
	[ -x "$HOSTNET_TEST_DIR/devlog" ] || gcc -static -o "$HOSTNET_TEST_DIR/devlog" "$top_srcdir/tests/tools/devlog.c"
	declare -f as_user >"$HOSTNET_TEST_DIR/as_user"
	declare -p USER_ID USER_HOME USER_RUN >>"$HOSTNET_TEST_DIR/as_user"
}

# with_syslog COMMAND... - of the user's, with a /dev of its own, where syslog listens
with_syslog() {
	# shellcheck disable=SC2016
	unshare -m bash -c 'mount -t tmpfs -o mode=755 tmpfs /mnt && cp -a /dev/null /dev/zero /dev/urandom /mnt && mkdir /mnt/shm &&
		mount --bind /dev/shm /mnt/shm && mount --rbind /mnt /dev && umask 0 && exec "$@"' bash \
		"$HOSTNET_TEST_DIR/devlog" /bin/bash -c '. "$1"; as_user "${@:2}"' bash "$HOSTNET_TEST_DIR/as_user" "$@"
}

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

# --- podman: asking ----------------------------------------------------------------------

ALL="by_crun by_runc by_hook by_hook_runc"

# the first id of the container is the user's
expect_user_namespace() { [[ $output =~ (^|$'\n')\ +0\ +5000\ +1($'\n'|$) ]]; }

# podman_asks RUN OPTIONS...
podman_asks() {
	run "$1" --rm "${@:2}" localhost/bb sh -c "cat /proc/self/uid_map; $LOOK"
	expect_locked
	expect_user_namespace
}
@test "podman: a container that asks sees the host and cannot change it" {
	WAYS="$ALL by_runtime" for_each podman_asks "${ASK[@]}"
}
@test "podman: nor with every capability, without seccomp" {
	WAYS=$ALL for_each podman_asks "${ASK[@]}" --cap-add ALL --security-opt seccomp=unconfined
	WAYS=$ALL for_each podman_asks "${ASK[@]}" --privileged
}
@test "podman: --network host is locked too" { WAYS=$ALL for_each podman_asks --network host; }
@test "podman: a network of the user's own (bridge) is left" {
	WAYS="by_crun by_hook_runc" for_each podman_asks --network podman "${ASK[@]}"
	# what podman keeps for the next one goes, and what it keeps for all comes again
	any_podman system migrate
	without --rm localhost/bb true
}

@test "podman: the locks userns and strict" {
	for lock in userns strict strict+userns; do
		WAYS=$ALL for_each podman_asks "${ASK[@]}" --annotation "io.oci-hostnet.lock=$lock"
	done
	policy '{"version": 1, "default": {"lock": "userns", "subordinate": "rootless", "inherit": "lock"}}'
	WAYS="by_crun by_runc" for_each podman_asks --network host
}

# --- podman: refused -----------------------------------------------------------------

# podman_refused RUN SENTENCE OPTIONS... - with the sentence, or for a hook with its command line
podman_refused() {
	run "$1" --rm "${@:3}" localhost/bb echo STARTED
	expect_status 126
	[[ $output != *STARTED* ]]
	case $1 in
	by_hook*) expect_output "setting up OCI Hooks" "oci-hostnet-hook precreate" "exit status 1" ;;
	by_runtime) expect_output "$2" ;;
	*) expect_output "OCI runtime error: oci-hostnet-${1#by_}: " "$2" ;;
	esac
}
PATHLESS='has no path, so the engine may configure it after the start, which would be the host'"'"'s: use `podman run --network host` instead'
@test "podman: a user namespace and a network of its own: refused, and podman tells what to use" {
	for options in --userns=keep-id --userns=nomap --userns=auto "--uidmap 0:1:1000" "--userns=keep-id -p 8080:80"; do
		# shellcheck disable=SC2086
		WAYS="$ALL by_runtime" for_each podman_refused "$PATHLESS" $options "${ASK[@]}"
	done
}
@test "podman: published ports, as far as they can be seen" {
	local sentence="cannot publish ports of a container using the 'host' network driver"
	WAYS=$ALL for_each podman_refused "$sentence" "${ASK[@]}" -P --expose 81
	WAYS=$ALL for_each podman_refused "$sentence" "${ASK[@]}" --annotation io.oci-hostnet.publish=8080:80
}
@test "podman: root's policy is obeyed" {
	policy "$REFUSING"
	WAYS=$ALL for_each podman_refused "$SENTENCE" "${ASK[@]}"
	policy '{"version": 1, "default": {"inherit": "refuse"}}'
	WAYS=$ALL for_each podman_refused "the policy refuses that" --network host
}
@test "podman: a policy that is the user's is none" {
	policy '{"version": 1}'
	chown "$USER_ID" "$HOSTNET_POLICY"
	WAYS="$ALL" for_each podman_refused "is owned by the user 0 of our user namespace" "${ASK[@]}"
}

podman_log() {
	any_podman --runtime "oci-hostnet-$1" create --name refused --userns=keep-id "${ASK[@]}" localhost/bb true >/dev/null
	run any_podman start refused
	expect_status 125
	expect_output "OCI runtime error: unable to start container" "oci-hostnet-$1: the network namespace in /linux/namespaces $PATHLESS"
	[ "$(grep -o "has no path" <<<"$output" | wc -l)" = 1 ]
	any_podman rm refused >/dev/null
}
@test "podman: the sentence comes through --log once, at start too" {
	podman_log crun
	podman_log runc
}

# --- podman: user namespaces that stay --------------------------------------------------

userns_host() {
	run "$1" --rm --network host "${@:3}" localhost/bb sh -c "cat /proc/self/uid_map; $LOOK"
	expect_locked
	expect_output "$2"
}
@test "podman: --userns=keep-id, nomap, auto, --uidmap with --network host: locked" {
	WAYS=$ALL for_each userns_host "5000          0          1" --userns=keep-id
	WAYS=$ALL for_each userns_host "5000          0          1" --userns=keep-id "${ASK[@]}" --annotation io.oci-hostnet.lock=userns
	WAYS="by_crun by_hook_runc" for_each userns_host "0          1      65536" --userns=nomap
	WAYS="by_crun by_hook_runc" for_each userns_host "0          1       1024" --userns=auto
	WAYS="by_crun by_hook_runc" for_each userns_host "0          1       1000" --uidmap 0:1:1000
}

# --- podman: a container's life -----------------------------------------------------------

podman_life() {
	local hooks=no-hooks.d p
	local runtime=oci-hostnet-${1#by_}
	case $1 in by_hook*) hooks=hooks.d runtime=crun ;; esac
	p=(any_podman --hooks-dir "$HOSTNET_TEST_DIR/$hooks" --runtime "$runtime")
	"$1" -d --name life "${@:2}" localhost/bb sh -c 'echo started; exec sleep 1000' >/dev/null
	run "${p[@]}" exec life sh -c "$LOOK"
	expect_locked
	run as_user "$PROGRAMS/oci-hostnet" audit "$(any_podman inspect --format '{{.State.Pid}}' life)"
	expect_status 0
	[ "${lines[-1]}" = "by construction" ]
	run "${p[@]}" exec --privileged -t life sh -c "tty; umount /proc/sys; mount -o remount,bind,rw /proc/sys; $LOOK"
	expect_status 0
	expect_output /dev/pts/ "SIOCSIFADDR: Permission denied" "Operation not permitted"
	case $1 in
	by_hook*) ;; # create-only: every capability of the user's own namespace, none of which counts on the host
	*)
		expect_output "can't unmount /proc/sys" "Read-only file system"
		[[ $output =~ CapBnd:.([0-9a-f]+) ]]
		[ $((0x${BASH_REMATCH[1]} & ~0x800405fb)) = 0 ]
		;;
	esac
	"${p[@]}" restart -t 0 life >/dev/null
	run "${p[@]}" exec life sh -c "$LOOK"
	expect_locked
	"${p[@]}" stop -t 0 life >/dev/null
	"${p[@]}" start life >/dev/null
	run "${p[@]}" exec life sh -c "$LOOK"
	expect_locked
	wait_for 50 eval '[ "$("${p[@]}" logs life | grep -c started)" = 3 ]'
	"${p[@]}" rm -f -t 0 life >/dev/null
	host_unchanged
}
@test "podman: exec, exec --privileged, audit, restart, stop, start, logs" {
	remember_host
	WAYS=$ALL for_each podman_life "${ASK[@]}"
	WAYS="by_crun by_runc" for_each podman_life --network host --userns=keep-id --user root
}

# --- podman: pods ------------------------------------------------------------------------

# runtime_of RUN - for what is no `run`
runtime_of() {
	case $1 in
	by_hook*) echo --hooks-dir "$HOSTNET_TEST_DIR/hooks.d" --runtime crun ;;
	*) echo --hooks-dir "$HOSTNET_TEST_DIR/no-hooks.d" --runtime "oci-hostnet-${1#by_}" ;;
	esac
}

pod() {
	local options
	options=$(runtime_of "$1")
	# shellcheck disable=SC2086
	any_podman $options pod create --name pod --network host --hostname shared >/dev/null
	run "$1" --rm --pod pod localhost/bb sh -c "$LOOK; hostname"
	expect_locked
	expect_output shared
	any_podman pod rm -f -t 0 pod >/dev/null
	# a network of its own: slirp4netns of the first container
	# shellcheck disable=SC2086
	any_podman $options pod create --name pod >/dev/null
	run "$1" --rm --pod pod localhost/bb /bin/ip -o addr
	expect_status 0
	expect_output "inet 10.0.2.100/24"
	run "$1" --rm --pod pod "${ASK[@]}" localhost/bb echo STARTED
	expect_status 126
	expect_output oci-hostnet
	[[ $output != *STARTED* ]]
	any_podman pod rm -f -t 0 pod >/dev/null
}
@test "podman: a member of a pod has what the pod has; it alone cannot ask for the host's network" {
	WAYS=$ALL for_each pod
}

kube() {
	local options
	options=$(runtime_of "$1")
	jq -n --arg command "$LOOK; sleep 1000" '{apiVersion: "v1", kind: "Pod", metadata: {name: "kube"}, spec: {
		hostNetwork: true,
		containers: [{name: "one", image: "localhost/bb", imagePullPolicy: "Never", command: ["/bin/sh", "-c", $command]}]
	}}' >"$USER_HOME/kube.yaml"
	# shellcheck disable=SC2086
	any_podman $options kube play "$USER_HOME/kube.yaml" >/dev/null
	wait_for 50 eval 'any_podman logs kube-one 2>&1 | grep -q END'
	run any_podman logs kube-one
	expect_locked
	any_podman pod rm -f -t 0 kube >/dev/null
	# the annotation of the pod is each container's; the first container is given none
	jq 'del(.spec.hostNetwork) | .metadata.annotations = {"io.oci-hostnet.network": "host"}
		| .spec.containers[0].command = ["/bin/echo", "STARTED"]' "$USER_HOME/kube.yaml" >"$USER_HOME/ask.yaml"
	# shellcheck disable=SC2086
	run any_podman $options kube play --network slirp4netns "$USER_HOME/ask.yaml"
	expect_status 125
	expect_output oci-hostnet
	run any_podman logs kube-one
	[[ $output != *STARTED* ]]
	any_podman pod rm -f -t 0 kube >/dev/null
}
@test "podman: kube play with hostNetwork is locked, and with the annotation alone refused" {
	WAYS="by_crun by_hook_runc" for_each kube
}

# --- podman: the others ----------------------------------------------------------------

# Apart from names that differ anyway, what a container sees of itself.
itself() {
	"$1" --rm "${@:2}" localhost/bb sh -c 'ip -o link | sed "s/link.ether.*//"; grep -E "^(Cap|Seccomp|NoNew)" /proc/self/status
		cut -d" " -f4- /proc/self/mountinfo | sed "s/[0-9a-f]\{12,\}/ID/g; s/lowerdir=.*//" | sort
		cat /proc/self/uid_map /proc/sys/net/ipv4/ping_group_range; if [ -e /etc/resolv.conf ]; then cat /etc/resolv.conf; fi'
}
# unchanged RUN WITHOUT OPTIONS...
unchanged() {
	itself "$2" "${@:3}" >"$BATS_TEST_TMPDIR/without"
	itself "$1" "${@:3}" >"$BATS_TEST_TMPDIR/with"
	[ "$(wc -l <"$BATS_TEST_TMPDIR/with")" -gt 15 ]
	diff -u "$BATS_TEST_TMPDIR/without" "$BATS_TEST_TMPDIR/with"
}
@test "podman: who does not ask is as without us" {
	for options in "" --userns=keep-id "--network none" --privileged; do
		# shellcheck disable=SC2086
		for by in by_crun by_hook; do unchanged $by without $options; done
		# shellcheck disable=SC2086
		for by in by_runc by_hook_runc; do unchanged $by without_runc $options; done
	done
	[[ $(cat "$BATS_TEST_TMPDIR/with") != *host0* ]]
}

# The user's network works: out, and in through a published port.
connected() {
	"$1" -d --name served -p 8080:80 localhost/bb sh -c 'echo from-inside >/index.html; httpd -f -p 80 -h /' >/dev/null
	wait_for 50 eval '[ "$(wget -qO- http://127.0.0.1:8080/)" = from-inside ]'
	run any_podman exec served wget -qO- http://10.98.0.1:8081/
	expect_status 0
	[ "$output" = from-the-host ]
	any_podman rm -f -t 0 served >/dev/null
}
@test "podman: slirp4netns and published ports work, and go with the container" {
	echo from-the-host >"$HOSTNET_TEST_DIR/tmp/index.html"
	busybox httpd -f -p 8081 -h "$HOSTNET_TEST_DIR/tmp" 3>&- &
	SERVER=$!
	WAYS="by_crun by_hook_runc" for_each connected
	kill "$SERVER"
	[ -z "$(ss -Hltn 'sport = :8080')" ]
}

# --- podman: hooks and syslog --------------------------------------------------------------

@test "podman: the createRuntime guard lets start what is locked, and nothing else that asks" {
	mkdir -p "$HOSTNET_TEST_DIR/guard.d"
	jq --arg path "$PROGRAMS/oci-hostnet-hook" '.hook.path = $path' "$top_srcdir/hooks/podman/oci-hostnet-guard.json" >"$HOSTNET_TEST_DIR/guard.d/guard.json"
	guarded() { with_options --hooks-dir "$HOSTNET_TEST_DIR/guard.d" --runtime "$1" -- --rm "${@:2}" localhost/bb sh -c "$LOOK"; }
	for runtime in crun runc; do
		for options in "" "--network host" "--network host --userns=keep-id"; do
			# shellcheck disable=SC2086
			run guarded "$runtime" $options "${ASK[@]}"
			[ "$status" -ne 0 ]
			[[ $output != *END* ]]
		done
		# runc shows what the hook says
		[[ $output = *"error executing hook"*oci-hostnet-hook* || $output = *"and its configuration in "*" is not locked"* ]]
		run guarded "oci-hostnet-$runtime" "${ASK[@]}"
		expect_locked
		run guarded "oci-hostnet-$runtime" --network host --userns=keep-id --user root "${ASK[@]}"
		expect_locked
		run guarded "$runtime"
		expect_status 0
	done
}

@test "podman: syslog has what a hook refuses" {
	devlog_as_user
	# podman's own mount namespace has the /dev that there was when it was made
	any_podman system migrate
	run with_syslog env CONTAINERS_CONF="$CONTAINERS_CONF" "${PODMAN[@]}" --hooks-dir "$HOSTNET_TEST_DIR/hooks.d" --runtime crun \
		run --rm --userns=keep-id "${ASK[@]}" localhost/bb echo STARTED
	any_podman system migrate
	without --rm localhost/bb true
	expect_status 126
	expect_output "oci-hostnet-hook precreate" "syslog: " "$PATHLESS"
}
