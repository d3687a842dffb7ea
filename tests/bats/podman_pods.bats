#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Real podman's pods and kube play: who asks in them, what it gets, and what stays of it on the host.
bats_require_minimum_version 1.5.0
load helpers
load podman

KLEENE="cannot publish ports of a container using the 'host' network driver"
JOINED="in /linux/namespaces is another container's: set host networking on the pod or on that container"
ASK=(--annotation io.oci-hostnet.network=host)
POD=(--name pod --cgroup-parent "/$HOSTNET_TAG-pods")
# stopped at once
SLEEP=(localhost/pause /bin/sleep 1000)

setup_file() {
	require_program oci-hostnet oci-hostnet-crun oci-hostnet-runc oci-hostnet-hook
	command -v podman >/dev/null || return 0
	setup_podman
	setup_pods
	without_counters
	remember_whole_host
}

setup() {
	require_command podman conmon iptables nft
	no_policy
	without_counters
}

teardown() {
	nothing_left
}

LOOK='PATH=/bin; readlink /proc/self/ns/net; ip -o addr; ifconfig lo:1 127.0.0.3; ip addr add 127.0.0.4/8 dev lo
	echo 65 >/proc/sys/net/ipv4/ip_default_ttl; echo END'

# of $output
expect_locked() {
	expect_output "$(readlink /proc/self/ns/net)" "inet 10.98.0.1/24" "ifconfig: SIOCSIFADDR: Permission denied" \
		"RTNETLINK answers: Operation not permitted" "can't create /proc/sys/net/ipv4/ip_default_ttl: Read-only file system" END
}

# of $output: podman shows what a hook says of no failure
expect_refused() {
	[ "$status" -ne 0 ] || { echo "status 0"; echo "$output"; return 1; }
	[[ $output != *STARTED* ]]
	case $1 in
	by_hook*) expect_output "setting up OCI Hooks" "oci-hostnet-hook precreate" ;;
	*) expect_output "$2" ;;
	esac
}

# audited NAME - the container is locked by what the kernel says of its first process
audited() {
	run -0 "$PROGRAMS/oci-hostnet" audit "$(any_podman inspect --format '{{.State.Pid}}' "$1")"
	[ "${lines[-1]}" = locked ]
}

infra() { any_podman pod inspect --format '{{.InfraContainerID}}' pod; }

# --- a pod in the host's network -------------------------------------------------------

# podman passes annotations to the member, and none to the infra container
host_pod() {
	podman_of "$1" pod create "${POD[@]}" --network host >/dev/null
	podman_of "$1" run -d --pod pod --name plain "${SLEEP[@]}" >/dev/null
	podman_of "$1" run -d --pod pod --name asking "${ASK[@]}" --cap-add NET_ADMIN "${SLEEP[@]}" >/dev/null
	audited "$(infra)"
	for_members "$1"
	podman_of "$1" pod restart pod >/dev/null
	for_members "$1"
	podman_of "$1" pod stop -t 0 pod >/dev/null
	podman_of "$1" pod start pod >/dev/null
	for_members "$1"
	podman_of "$1" pod pause pod >/dev/null
	podman_of "$1" pod unpause pod >/dev/null
	podman_of "$1" pod kill pod >/dev/null
	podman_of "$1" pod rm -t 0 -f pod >/dev/null
	nothing_left
}
for_members() {
	local member
	for member in plain asking; do
		audited "$member"
		run -0 podman_of "$1" exec "$member" sh -c "$LOOK"
		expect_locked
	done
	case $1 in
	by_hook*) ;; # create-only
	*)
		run -0 podman_of "$1" exec --privileged asking sh -c "$LOOK"
		expect_locked
		;;
	esac
}
@test "a pod with --network host: infra container and members are locked, after exec, restart, stop and start too" {
	WAYS="by_crun by_runc by_hook by_both" for_each host_pod
}

@test "the same as one command, podman run --pod new:NAME" {
	run by_crun --rm --pod new:pod --network host "${ASK[@]}" localhost/bb sh -c "$LOOK"
	expect_status 0
	expect_locked
}

# --- a pod with a network of its own -----------------------------------------------------

# refused_member RUN - and the pod goes on as it was
refused_member() {
	podman_of "$1" pod create "${POD[@]}" "${@:2}" >/dev/null
	podman_of "$1" run -d --pod pod --name plain "${SLEEP[@]}" >/dev/null
	before=$(podman_of "$1" exec plain sh -c 'readlink /proc/self/ns/net; ip -o link')
	[[ $before != *host0* ]]
	run podman_of "$1" run --rm --pod pod "${ASK[@]}" localhost/bb echo STARTED
	expect_refused "$1" "$JOINED"
	# a container that can be created and not started is podman's to remove
	run podman_of "$1" create --pod pod --name later "${ASK[@]}" localhost/bb echo STARTED
	expect_status 0
	run podman_of "$1" start -a later
	expect_refused "$1" "$JOINED"
	run -0 podman_of "$1" exec plain sh -c 'readlink /proc/self/ns/net; ip -o link'
	[ "$output" = "$before" ]
	podman_of "$1" pod rm -f -t 0 pod >/dev/null
	nothing_left
}
@test "a member that asks in a pod of another network is refused, and told to set it on the pod" {
	WAYS="by_crun by_runc by_hook" for_each refused_member
	WAYS="by_crun" for_each refused_member --network none
}

published_pod() {
	podman_of "$1" pod create "${POD[@]}" -p 8080:80 >/dev/null
	run podman_of "$1" run --rm --pod pod "${ASK[@]}" localhost/bb echo STARTED
	expect_refused "$1" "$JOINED"
	run podman_of "$1" run -d --pod pod localhost/bb sh -c 'echo served >/tmp/index.html; httpd -f -p 80 -h /tmp'
	expect_status 0
	# from another machine
	wait_for 50 ip netns exec lan busybox wget -q -O "$BATS_TEST_TMPDIR/page" http://10.98.0.1:8080/
	[ "$(cat "$BATS_TEST_TMPDIR/page")" = served ]
	podman_of "$1" pod rm -f -t 0 pod >/dev/null
	nothing_left
}
@test "a pod with -p: a member that asks is refused, and the port goes on to be served" {
	WAYS="by_crun by_hook" for_each published_pod
}

# What a member has of its own it can give away.
alone() {
	podman_of "$1" pod create "${POD[@]}" "${@:2}" >/dev/null
	run podman_of "$1" run --rm --pod pod "${ASK[@]}" localhost/bb sh -c "$LOOK"
	expect_status 0
	expect_locked
	run podman_of "$1" run --rm --pod pod "${ASK[@]}" -p 8080:80 localhost/bb echo STARTED
	expect_refused "$1" "$KLEENE"
	run podman_of "$1" run --rm --pod pod localhost/bb ip -o addr
	expect_status 0
	[[ $output == *10.88.0.* && $output != *host0* ]]
	podman_of "$1" pod rm -f -t 0 pod >/dev/null
	nothing_left
}
@test "--share '' and --infra=false: a member that asks is in the host's network, locked, and publishes no port" {
	WAYS="by_crun by_runc" for_each alone --share ''
	WAYS="by_crun by_runc" for_each alone --infra=false
}

# --- kube play -----------------------------------------------------------------------------

# kube JSON - writes a pod of two containers, and what JSON adds
kube() {
	jq -n --argjson more "$1" '{apiVersion: "v1", kind: "Pod", metadata: {name: "pod"}, spec: {
		containers: [("one", "two") as $name | {name: $name, image: "localhost/pause", imagePullPolicy: "Never",
			command: ["/bin/sleep", "1000"]}]}} * $more
		| if .spec.port then .spec.containers[0].ports = [.spec.port] else . end | del(.spec.port)' >"$BATS_TEST_TMPDIR/kube.yaml"
}
ASKING='{"metadata": {"annotations": {"io.oci-hostnet.network": "host"}}}'
play() {
	remember_podmans_cgroups
	run podman_of "$1" kube play "${@:2}" "$BATS_TEST_TMPDIR/kube.yaml"
}
play_down() {
	podman_of "$1" kube play --down "$BATS_TEST_TMPDIR/kube.yaml" >/dev/null
	nothing_left
}

kube_host() {
	local member
	play "$1"
	expect_status 0
	for member in pod-one pod-two; do
		audited "$member"
		run -0 podman_of "$1" exec "$member" /bin/sh -c "$LOOK"
		expect_locked
	done
	audited "$(infra)"
	play_down "$1"
}
@test "kube play with hostNetwork: locked, with the annotation and without" {
	kube '{"spec": {"hostNetwork": true}}'
	WAYS="by_crun by_hook_runc" for_each kube_host
	kube "$(jq -n "$ASKING"' * {spec: {hostNetwork: true}}')"
	WAYS=by_runc for_each kube_host
}
@test "kube play with hostNetwork and a hostPort: podman's own refusal" {
	kube '{"spec": {"hostNetwork": true, "port": {"containerPort": 80, "hostPort": 80}}}'
	play by_crun
	expect_status 125
	expect_output "PortMappings can only be used with"
}

# The annotations of the pod's metadata reach its containers, not the infra container.
kube_asks() {
	play "$1"
	[ "$status" -ne 0 ]
	expect_output "failed to start 2 containers"
	case $1 in
	by_hook*) expect_output "oci-hostnet-hook precreate" ;;
	*) expect_output "$JOINED" ;;
	esac
	run any_podman ps --filter status=running --format '{{.Names}}'
	[[ $output =~ ^[0-9a-f]{12}-infra$ ]]
	play_down "$1"
}
@test "kube play of a pod that asks by annotation and has a network of its own: refused, container by container" {
	kube "$ASKING"
	WAYS="by_crun by_hook" for_each kube_asks
	kube "$(jq -n "$ASKING"' * {spec: {port: {containerPort: 80, hostPort: 8080}}}')"
	WAYS=by_crun for_each kube_asks
}

@test "kube play without either is podman's business, and its hostPort is served" {
	kube '{"spec": {"port": {"containerPort": 80, "hostPort": 8080}}}'
	play by_crun
	expect_status 0
	run -0 podman_of by_crun exec pod-one /bin/ip -o addr
	[[ $output == *10.89.0.* && $output != *host0* ]]
	podman_of by_crun exec pod-two /bin/sh -c 'echo served >/tmp/index.html; /bin/httpd -p 80 -h /tmp'
	wait_for 50 ip netns exec lan busybox wget -q -O "$BATS_TEST_TMPDIR/page" http://10.98.0.1:8080/
	[ "$(cat "$BATS_TEST_TMPDIR/page")" = served ]
	play_down by_crun
}
