#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Real podman as an ordinary user.
bats_require_minimum_version 1.5.0
load helpers
load podman
load rootless

ASK=(--annotation io.oci-hostnet.network=host)

setup_file() {
	make_rootfs "$HOSTNET_TEST_DIR/rootfs"
	setup_user
	command -v podman >/dev/null && command -v newuidmap >/dev/null && command -v slirp4netns >/dev/null || return 0
	setup_podman
	# pods: no pause program is installed, and none can be pulled
	any_podman import -q -c 'CMD ["/bin/sleep", "1000"]' -c 'STOPSIGNAL KILL' "$HOSTNET_TEST_DIR/image.tar" localhost/pause >/dev/null
	sed -i 's,^\[engine\],&\ninfra_image = "localhost/pause",' "$CONTAINERS_CONF"
	remember_user_host
}

setup() {
	require_command podman conmon newuidmap newgidmap slirp4netns setpriv
	no_policy
}

teardown() {
	[ -z "${SERVER-}" ] || kill "$SERVER" 2>/dev/null || true
	any_podman pod rm -fa -t 0 >/dev/null 2>&1 || true
	any_podman rm -fa -t 0 >/dev/null 2>&1 || true
	user_host_unchanged
}

# --- asking ----------------------------------------------------------------------

ALL="by_crun by_runc by_hook by_hook_runc"

# the first id of the container is the user's
expect_user_namespace() { [[ $output =~ (^|$'\n')\ +0\ +5000\ +1($'\n'|$) ]]; }

# podman_asks RUN OPTIONS...
podman_asks() {
	run "$1" --rm "${@:2}" localhost/bb sh -c "cat /proc/self/uid_map; $LOOK"
	# of a terminal
	output=${output//$'\r'/}
	expect_locked
	expect_user_namespace
}
@test "a container that asks sees the host and cannot change it" {
	WAYS="$ALL by_runtime" for_each podman_asks "${ASK[@]}"
}
@test "nor with every capability, without seccomp" {
	WAYS=$ALL for_each podman_asks "${ASK[@]}" --cap-add ALL --security-opt seccomp=unconfined
	WAYS=$ALL for_each podman_asks "${ASK[@]}" --privileged
}
@test "--network host is locked too" { WAYS=$ALL for_each podman_asks --network host; }
@test "a network of the user's own (bridge) is left" {
	WAYS="by_crun by_hook_runc" for_each podman_asks --network podman "${ASK[@]}"
	# what podman keeps for the next one goes, and what it keeps for all comes again
	any_podman system migrate
	without --rm localhost/bb true
}

@test "the locks userns and strict" {
	for lock in userns strict strict+userns; do
		WAYS=$ALL for_each podman_asks "${ASK[@]}" --annotation "io.oci-hostnet.lock=$lock"
	done
	policy '{"version": 1, "default": {"lock": "userns", "subordinate": "rootless", "inherit": "lock"}}'
	WAYS="by_crun by_runc" for_each podman_asks --network host
}

given() {
	podman_asks "$1" "${ASK[@]}" --annotation io.oci-hostnet.lock=userns --name given --hostname inside --read-only --tmpfs /t \
		-v "$USER_HOME:/data" -v "$USER_HOME:/ro:ro" -v named:/named -v /sys:/s -v /proc:/p -v /dev:/d --device /dev/null:/dev/other --shm-size 1m \
		--mount "type=bind,source=$USER_HOME,destination=/x,bind-propagation=rslave" --ulimit nofile=100:100 \
		--security-opt no-new-privileges --sysctl kernel.shmmax=100000 --init --init-path "$HOSTNET_TEST_DIR/init"
	podman_asks "$1" "${ASK[@]}" --pid host --uts host --cgroupns host -t
	"$1" -d --name first --network host localhost/bb sleep 1000 >/dev/null
	podman_asks "$1" "${ASK[@]}" --ipc container:first --pid container:first --uts container:first
	any_podman rm -f -t 0 first >/dev/null
}
@test "volumes, devices, names, limits, other namespaces" {
	printf '#!/bin/sh\n[ "$1" = -- ] && shift\n"$@"\n' >"$HOSTNET_TEST_DIR/init"
	chmod 755 "$HOSTNET_TEST_DIR/init"
	WAYS=$ALL for_each given
	any_podman volume rm named >/dev/null
}

@test "--cgroups=disabled" {
	sed -i 's,^\[engine\],&\nruntime_supports_nocgroup = ["crun"\, "oci-hostnet-crun"],' "$CONTAINERS_CONF"
	WAYS="by_crun by_hook" for_each podman_asks "${ASK[@]}" --cgroups=disabled
	sed -i /nocgroup/d "$CONTAINERS_CONF"
}

# --- refused -----------------------------------------------------------------

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
@test "a user namespace and a network of its own: refused, and podman tells what to use" {
	for options in --userns=keep-id --userns=nomap --userns=auto "--uidmap 0:1:1000" "--userns=keep-id -p 8080:80"; do
		# shellcheck disable=SC2086
		WAYS="$ALL by_runtime" for_each podman_refused "$PATHLESS" $options "${ASK[@]}"
	done
}
@test "published ports, as far as they can be seen" {
	local sentence="cannot publish ports of a container using the 'host' network driver"
	WAYS=$ALL for_each podman_refused "$sentence" "${ASK[@]}" -P --expose 81
	WAYS=$ALL for_each podman_refused "$sentence" "${ASK[@]}" --annotation io.oci-hostnet.publish=8080:80
	# by the process that forwards them
	WAYS=$ALL for_each podman_refused "$sentence: 8080/tcp is asked for by \`podman run --publish\`" "${ASK[@]}" -p 8080:80
	WAYS=by_crun for_each podman_refused "$sentence: 8053/udp" "${ASK[@]}" -p 8053:53/udp
	WAYS="by_runc by_hook" for_each podman_refused "$sentence: 8080/tcp" "${ASK[@]}" --network podman -p 127.0.0.1:8080:80
	# by slirp4netns, whose port_handler is slirp4netns
	WAYS=$ALL for_each podman_refused "$sentence: " "${ASK[@]}" --network slirp4netns:port_handler=slirp4netns -p 8080:80
	WAYS="by_crun by_hook" for_each podman_asks "${ASK[@]}" --network slirp4netns:port_handler=slirp4netns
	# as above
	any_podman system migrate
	without --rm localhost/bb true
}
@test "a published port of another container is none of ours" {
	any_podman run -d --name served -p 8080:80 localhost/bb sleep 1000 >/dev/null
	WAYS=$ALL for_each podman_asks "${ASK[@]}"
}
@test "root's policy is obeyed" {
	policy "$REFUSING"
	WAYS=$ALL for_each podman_refused "$SENTENCE" "${ASK[@]}"
	policy '{"version": 1, "default": {"inherit": "refuse"}}'
	WAYS=$ALL for_each podman_refused "the policy refuses that" --network host
}
@test "a policy that is the user's is none" {
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
@test "the sentence comes through --log once, at start too" {
	podman_log crun
	podman_log runc
}

# --- user namespaces that stay --------------------------------------------------

userns_host() {
	run "$1" --rm --network host "${@:3}" localhost/bb sh -c "cat /proc/self/uid_map; $LOOK"
	expect_locked
	expect_output "$2"
}
@test "--userns=keep-id, nomap, auto, --uidmap with --network host: locked" {
	WAYS=$ALL for_each userns_host "5000          0          1" --userns=keep-id
	WAYS=$ALL for_each userns_host "5000          0          1" --userns=keep-id "${ASK[@]}" --annotation io.oci-hostnet.lock=userns
	WAYS="by_crun by_hook_runc" for_each userns_host "0          1      65536" --userns=nomap
	WAYS="by_crun by_hook_runc" for_each userns_host "0          1       1024" --userns=auto
	WAYS="by_crun by_hook_runc" for_each userns_host "0          1       1000" --uidmap 0:1:1000
}

# --- a container's life -----------------------------------------------------------

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
@test "exec, exec --privileged, audit, restart, stop, start, logs" {
	remember_host
	WAYS=$ALL for_each podman_life "${ASK[@]}"
	WAYS="by_crun by_runc" for_each podman_life --network host --userns=keep-id --user root
}

# --- pods ------------------------------------------------------------------------

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
	policy '{"version": 1, "default": {"lock": "userns", "inherit": "lock"}}'
	run "$1" --rm --pod pod --cap-add NET_ADMIN localhost/bb sh -c "$LOOK"
	expect_locked
	no_policy
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
@test "a member of a pod has what the pod has; it alone cannot ask for the host's network" {
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
@test "kube play with hostNetwork is locked, and with the annotation alone refused" {
	WAYS="by_crun by_hook_runc" for_each kube
}

# --- the others ----------------------------------------------------------------

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
@test "who does not ask is as without us" {
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
@test "slirp4netns and published ports work, and go with the container" {
	echo from-the-host >"$HOSTNET_TEST_DIR/tmp/index.html"
	busybox httpd -f -p 8081 -h "$HOSTNET_TEST_DIR/tmp" 3>&- &
	SERVER=$!
	WAYS="by_crun by_hook_runc" for_each connected
	kill "$SERVER"
	[ -z "$(ss -Hltn 'sport = :8080')" ]
}

# --- hooks and syslog --------------------------------------------------------------

@test "the createRuntime guard lets start what is locked, and nothing else that asks" {
	mkdir -p "$HOSTNET_TEST_DIR/guard.d"
	jq --arg path "$PROGRAMS/oci-hostnet-hook" '.hook.path = $path' "$top_srcdir/hooks/podman/oci-hostnet-guard.json.in" >"$HOSTNET_TEST_DIR/guard.d/guard.json"
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

@test "syslog has what a hook refuses" {
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
