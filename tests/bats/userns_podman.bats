#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# The lock userns under real podman: as its runtime and as precreate hook, with crun and runc. What a
# container sees and leaves behind is compared with the same command without us.
bats_require_minimum_version 1.5.0
load helpers
load podman
load podman_seen

ASK=(--network host --annotation io.oci-hostnet.lock=userns)
USERNS_POLICY='{"version": 1, "default": {"lock": "userns", "inherit": "lock"}}'
SLEEP=(sleep 1000)

setup_file() {
	require_program oci-hostnet oci-hostnet-crun oci-hostnet-runc oci-hostnet-hook
	command -v podman >/dev/null || return 0
	setup_podman
	setup_pods
	setup_seen
	any_podman --runtime crun run --cgroup-parent "/$HOSTNET_TAG-podman" --rm "${UIDMAP[@]}" localhost/bb true
	without_counters
	remember_whole_host
}

UIDMAP=(--uidmap 0:100000:65536 --gidmap 0:100000:65536)

setup() {
	require_command podman conmon iptables nft script
	no_policy
	# crun gives it to the root of a user namespace when nobody keeps it from doing so
	chown 0:0 /dev/null
	without_counters
	remember_host
	VOLUMES=$HOSTNET_TEST_DIR/tmp/volumes-$BATS_TEST_NUMBER
}

teardown() {
	# /dev stays busy: conmon has it open
	[ ! -d "${OWN_DEV-}/mqueue" ] || umount -l /dev "$OWN_DEV"
	remove_all
	sysctl -qw net.ipv4.ip_unprivileged_port_start=1024
	whole_host_unchanged
}

# --- identity, and nothing can be changed ----------------------------------------------

LOOK='readlink /proc/self/ns/user; readlink /proc/self/ns/net; cat /proc/self/uid_map /proc/self/gid_map
	/bin/ip -o addr; ifconfig lo:1 127.0.0.3; /bin/ip addr add 127.0.0.4/8 dev lo
	echo 65 >/proc/sys/net/ipv4/ip_default_ttl; chmod 640 /dev/null; chown 5 /dev/null; echo END'

# of $output
expect_locked() {
	[[ $output != *"$(readlink /proc/self/ns/user)"* ]] || { echo "no user namespace: $output"; return 1; }
	expect_output "$(readlink /proc/self/ns/net)" "inet 10.98.0.1/24" "SIOCSIFADDR: Permission denied" \
		"Operation not permitted" "can't create /proc/sys/net/ipv4/ip_default_ttl: Read-only file system" END
	[ "$(stat -c '%a %u:%g' /dev/null)" = "666 0:0" ] || { stat /dev/null; return 1; }
}
expect_identity() { [ "$(grep -cE '^ +0 +0 +4294967295$' <<<"$output")" = 2 ]; }

locked() {
	run "$1" --rm "${@:2}" localhost/bb sh -c "$LOOK"
	expect_status 0
	expect_locked
	expect_identity
}
@test "--network host and the annotation: an identity-mapped user namespace, in which nothing can be changed" {
	for_each locked "${ASK[@]}"
}
@test "the same from a bridge, with io.oci-hostnet.network=host" {
	for_each locked --annotation io.oci-hostnet.network=host --annotation io.oci-hostnet.lock=userns
}
@test "the same with everything open" {
	for_each locked "${ASK[@]}" --privileged
	for_each locked "${ASK[@]}" --cap-add ALL --security-opt seccomp=unconfined --security-opt unmask=ALL --user 0
}

# --- what a container is given ------------------------------------------------------------

@test "volumes, named volumes, tmpfs, :ro, :U: as without us, and so are the owners of files" {
	for_each as_without storage
	expect_output "setuid -rwsr-xr-x 1000:1001" "/data/ro/file" "the host has /dev/null crw-rw-rw- 0:0"
}
@test "the same with --user, --group-add, --read-only and no_new_privs" {
	# without us it is the container's own, which crun gives to the user
	ALSO='^/dev/null ' for_each as_without storage_of_user
	expect_output "uid=1000(1000) gid=1001(1001) groups=33," "file -rw-r--r-- 1000:1001" "touch: /x: Read-only file system" \
		"the host has /dev/null crw-rw-rw- 0:0"
}

@test "--init, devices, ulimits, memory, CPUs, pids, shm, names, sysctls: as without us" {
	for_each as_without resources
	expect_output "/run/podman-init -- /bin/sh" "fuse is open" "192.0.2.1" "nameserver 192.0.2.2" 67108864 1000000
}

@test "--privileged: as without us, but for the lock" {
	ALSO='^Cap(Prm|Eff|Bnd)|^Seccomp:|^/dev/net |^mount (/dev/|/proc/sys |/sys )|^mount /sys/fs/cgroup' for_each as_without privileged
	expect_output "mount /sys ro," "mount /proc/sys ro," "Seccomp:	2" "CapBnd:	00000018b08445fb"
	[[ $output != *"/dev/net "* ]]
	# modes and owners of the host's nodes are the host's
	[ "$(grep '^mount /dev/' <<<"$output" | grep -vcE '^mount /dev/((pts|shm|mqueue) |[^ ]* ro,)' || true)" = 0 ]
	[ "$(grep -cE '^mount /dev/[^ ]* ro,' <<<"$output")" -gt 20 ]
}

@test "--pid host, --uts host, --cgroupns host: as without us, with /proc read-only" {
	ALSO='^mount /proc ' for_each as_without host_namespaces
	expect_output "the host has this pid" "the host has this uts" "the host has this cgroup" "mount /proc ro,"
	[[ $output != *"has this ipc"* ]]
}

# refused RUN SENTENCE OPTIONS... - podman shows what a hook says of no failure
refused() {
	run "$1" --rm "${ASK[@]}" "${@:3}" localhost/bb echo STARTED
	[ "$status" -ne 0 ]
	[[ $output != *STARTED* ]]
	case $1 in
	by_hook*) expect_output "oci-hostnet-hook precreate" ;;
	*) expect_output "$2" ;;
	esac
}
@test "what would propagate to the host is refused, and the host's IPC namespace where it has no /dev/mqueue" {
	mkdir -p "$VOLUMES"
	for_each refused "comes out elsewhere, writable" --mount "type=bind,source=$VOLUMES,destination=/data,bind-propagation=rshared"
	for_each refused "the host has none at /dev/mqueue" --ipc host
}

# On a host that has one: a /dev of our own plays its /dev.
host_ipc() {
	readlink /proc/self/ns/ipc
	"$1" --rm --hostname inside "${ASK[@]}" --ipc host localhost/bb sh -c "$ITSELF"'readlink /proc/self/ns/ipc; stat -c "%n %u:%g" /dev/mqueue/*; ls /dev/shm'
}
@test "--ipc host, where the host has /dev/mqueue: as without us" {
	OWN_DEV=$VOLUMES/dev
	mkdir -p "$OWN_DEV"
	mount -t tmpfs -o mode=755 dev "$OWN_DEV"
	cp -a /dev/null /dev/zero /dev/full /dev/random /dev/urandom /dev/tty /dev/fuse "$OWN_DEV"
	mkdir "$OWN_DEV"/{mqueue,pts,shm}
	ln -s /proc/self/fd "$OWN_DEV/fd"
	mount -t mqueue mqueue "$OWN_DEV/mqueue"
	touch "$OWN_DEV/mqueue/queue"
	mount --rbind /dev/pts "$OWN_DEV/pts"
	mount --rbind /dev/shm "$OWN_DEV/shm"
	mount --rbind "$OWN_DEV" /dev
	for_each as_without host_ipc
	expect_output "/dev/mqueue/queue 0:0"
	[ "$(grep -cF "$(readlink /proc/self/ns/ipc)" <<<"$output")" = 2 ]
}

@test "-it: as without us" {
	for_each as_without terminal
	expect_output /dev/pts/0 typed console "modes set" "read something"
}

# --- the life of a container -----------------------------------------------------------

@test "exec, cp, healthcheck, top, stats, pause, kill, logs, update, diff, restart, stop, start, wait, rm: as without us" {
	# the hooks' configuration is the same
	WAYS="by_crun by_runc" ALSO='^user:|^the host$' for_each as_without life
	[ "$(grep -cE '^user:\[[0-9]+\]$' <<<"$output")" = 2 ]
	expect_output "status 3" "in -rw-r--r--" "out -rw-r--r-- 7:8" "status 1" healthy "paused host" caught 33554432 137
	[[ $output != *"the host"* ]]
}

# In a user namespace of our mapping, root can write sysctls where it can mount: only exec's guard
# keeps it from that.
ATTACK='/bin/ip addr add 127.0.0.4/8 dev lo; ifconfig lo:1 127.0.0.3; /bin/ip link set lo mtu 1400; iptables -P INPUT DROP
	umount /proc/sys; mount -o remount,bind,rw /proc/sys /proc/sys; mount -t sysfs sysfs /mnt
	(echo 65 >/proc/sys/net/ipv4/ip_default_ttl) && echo "sysctl written"; (echo 1 >/sys/class/net/lo/tx_queue_len) && echo "sysfs written"
	mount -o remount,bind,rw /dev/null; chmod 640 /dev/null; echo END'
exec_privileged() {
	"$1" -d --name life "${ASK[@]}" localhost/bb "${SLEEP[@]}" >/dev/null
	run podman_of "$1" exec --privileged life sh -c "$ATTACK"
	expect_output "RTNETLINK answers: Operation not permitted" "SIOCSIFADDR: Permission denied" END
	[[ $output != *"sysfs written"* ]]
	case $1 in
	by_hook*)
		# create-only: nobody cuts what exec is given
		expect_output "sysctl written"
		echo 64 >/proc/sys/net/ipv4/ip_default_ttl
		;;
	*)
		[[ $output != *"sysctl written"* ]]
		[ "$(stat -c '%a %u:%g' /dev/null)" = "666 0:0" ]
		;;
	esac
	chmod 666 /dev/null
	host_unchanged
	# the configuration is edited again
	podman_of "$1" restart -t 0 life
	run podman_of "$1" exec life sh -c "$LOOK"
	expect_locked
	expect_identity
	podman_of "$1" rm -f -t 0 life >/dev/null
}
@test "exec --privileged gains nothing; with the hook alone, nothing but sysctls; restart locks again" {
	for_each exec_privileged
}

# --- ports -----------------------------------------------------------------------------

low_port() {
	run "$1" --rm "${ASK[@]}" localhost/bb httpd -f -p 80
	expect_status 1
	expect_output "httpd: bind: Permission denied"
	sysctl -qw net.ipv4.ip_unprivileged_port_start=80
	run "$1" --rm "${ASK[@]}" localhost/bb sh -c 'httpd -p 80 && netstat -ltn'
	sysctl -qw net.ipv4.ip_unprivileged_port_start=1024
	expect_status 0
	[[ $output =~ :80\ .*LISTEN ]]
}
@test "a port below ip_unprivileged_port_start, and the sysctl that opens it" { for_each low_port; }

# --- pods and what else is joined --------------------------------------------------------

# one_namespace COUNT - all of podman's containers, COUNT of them, are in one user namespace, not the host's
one_namespace() {
	local pid found
	found=$(any_podman ps -a --format '{{.Pid}}' | while read -r pid; do readlink "/proc/$pid/ns/user"; done)
	[ "$(wc -l <<<"$found")" = "$1" ] || { echo "not $1: $found"; return 1; }
	found=$(sort -u <<<"$found")
	[[ $found =~ ^user:\[[0-9]+\]$ && $found != "$(readlink /proc/self/ns/user)" ]] || { echo "not one: $found"; return 1; }
}

# podman's pods hand on the infra container's IPC, UTS and network namespaces, with --share pid its PIDs
pod() {
	podman_of "$1" pod create --name pod --network host --share ipc,net,uts,pid --hostname shared --cgroup-parent "/$HOSTNET_TAG-pods" >/dev/null
	podman_of "$1" run -d --pod pod localhost/bb "${SLEEP[@]}" >/dev/null
	run podman_of "$1" run --rm --pod pod --cap-add NET_ADMIN localhost/bb sh -c "$LOOK; hostname; ps"
	expect_status 0
	expect_locked
	expect_identity
	expect_output shared "sleep 1000"
	# one that asks by annotation too
	podman_of "$1" run -d --pod pod --annotation io.oci-hostnet.lock=userns localhost/bb "${SLEEP[@]}" >/dev/null
	one_namespace 3
	podman_of "$1" pod stop -t 0 pod >/dev/null
	podman_of "$1" pod start pod >/dev/null
	one_namespace 3
	podman_of "$1" pod rm -f -t 0 pod >/dev/null
}
@test "the policy: a pod with --network host is in one user namespace, infra container and members" {
	policy "$USERNS_POLICY"
	for_each pod
}

kube() {
	podman_of "$1" kube play "$HOSTNET_TEST_DIR/tmp/kube.yaml" >/dev/null
	one_namespace 3
	run podman_of "$1" exec kube-one /bin/sh -c "$LOOK; stat -c '%n %u:%g' /data/file"
	expect_locked
	expect_identity
	expect_output "/data/file 0:0"
	podman_of "$1" pod rm -f -t 0 kube >/dev/null
}
@test "the policy: kube play with hostNetwork is in one user namespace" {
	policy "$USERNS_POLICY"
	mkdir -p "$VOLUMES"
	jq -n --arg path "$VOLUMES" '{apiVersion: "v1", kind: "Pod", metadata: {name: "kube"}, spec: {
		hostNetwork: true,
		containers: [("one", "two") as $name | {name: $name, image: "localhost/pause", imagePullPolicy: "Never",
			command: ["/bin/sh", "-c", "touch /data/file; /bin/sleep 1000"], volumeMounts: [{name: "data", mountPath: "/data"}]}],
		volumes: [{name: "data", hostPath: {path: $path}}]
	}}' >"$HOSTNET_TEST_DIR/tmp/kube.yaml"
	remember_podmans_cgroups
	# podman takes three seconds to find out that it cannot remove the pod's cgroup
	WAYS="by_crun by_hook_runc" for_each kube
}

# The infra container is given no annotation by podman.
foreign() {
	podman_of "$1" pod create --name pod --network host --cgroup-parent "/$HOSTNET_TAG-pods" >/dev/null
	run podman_of "$1" run --rm --pod pod --annotation io.oci-hostnet.lock=userns localhost/bb echo STARTED
	[ "$status" -ne 0 ]
	[[ $output != *STARTED* ]]
	case $1 in
	by_hook*) expect_output "oci-hostnet-hook precreate" ;;
	*) expect_output "/ns/ipc\` in /linux/namespaces cannot be joined from a user namespace of the container's own: set the lock \`userns\` for the whole pod by the policy" ;;
	esac
	podman_of "$1" pod rm -f -t 0 pod >/dev/null
}
@test "a member that asks in a pod without a user namespace is refused, and podman tells why" { for_each foreign; }

joined() {
	local first
	"$1" -d --name first "${ASK[@]}" localhost/bb "${SLEEP[@]}" >/dev/null
	first=$(readlink "/proc/$(any_podman inspect --format '{{.State.Pid}}' first)/ns/user")
	run "$1" --rm "${ASK[@]}" --ipc container:first --pid container:first --uts container:first localhost/bb sh -c "$LOOK; ps"
	expect_locked
	expect_output "$first" "sleep 1000"
	run "$1" --rm "${ASK[@]}" --userns container:first localhost/bb sh -c "$LOOK"
	expect_locked
	expect_output "$first"
	run "$1" --rm --network container:first --annotation io.oci-hostnet.lock=userns localhost/bb sh -c "$LOOK"
	expect_status 0
	expect_locked
	podman_of "$1" rm -f -t 0 first >/dev/null
}
@test "--ipc, --pid, --uts, --userns, --network container:NAME: in its user namespace" { for_each joined; }

@test "the policy: --network host gets it without asking, and who has a network of its own does not" {
	policy "$USERNS_POLICY"
	for_each locked --network host
	not_concerned() {
		run "$1" --rm localhost/bb sh -c 'readlink /proc/self/ns/user; ip -o addr'
		expect_status 0
		expect_output "$(readlink /proc/self/ns/user)" eth0
	}
	for_each not_concerned
}

# --- an engine's own user namespace ------------------------------------------------------

shifted() {
	rm -rf "$VOLUMES"
	mkdir -p "$VOLUMES"
	chmod 1777 "$VOLUMES"
	"$1" --rm --hostname inside "${ASK[@]}" "${UIDMAP[@]}" -v "$VOLUMES:/data" localhost/bb sh -c 'exec 2>&1; cat /proc/self/uid_map /proc/self/gid_map
		touch /data/file /root/file; chown 33:34 /data/file; stat -c "%n %u:%g" /data/* /root/*; /bin/ip addr add 127.0.0.4/8 dev lo; true'
	find "$VOLUMES" -printf '%P %M %U:%G\n'
}
kept() {
	"$1" -d --name kept "${ASK[@]}" "${UIDMAP[@]}" localhost/bb "${SLEEP[@]}" >/dev/null
	run "$PROGRAMS/oci-hostnet" audit "$(any_podman inspect --format '{{.State.Pid}}' kept)"
	expect_status 0
	[ "${lines[-1]}" = "by construction" ]
	run podman_of "$1" exec --privileged kept sh -c "$ATTACK"
	expect_output "RTNETLINK answers: Operation not permitted" "SIOCSIFADDR: Permission denied" END
	[[ $output != *written* ]]
	any_podman rm -f -t 0 kept >/dev/null 2>&1 || any_podman rm -f -t 0 kept >/dev/null
	host_unchanged
}
@test "--uidmap: podman's user namespace is kept, and nothing can be changed in it" {
	for_each as_without shifted
	expect_output "0     100000      65536" "file -rw-r--r-- 100033:100034"
	for_each kept
}
