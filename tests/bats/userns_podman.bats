#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# The lock userns under real podman: as its runtime and as precreate hook, with crun and runc. What a
# container sees and leaves behind is compared with the same command without us.
bats_require_minimum_version 1.5.0
load helpers
load podman

ASK=(--network host --annotation io.oci-hostnet.lock=userns)
USERNS_POLICY='{"version": 1, "default": {"lock": "userns", "inherit": "lock"}}'
EVERY=(by_crun by_runc by_hook by_hook_runc)
SLEEP=(sleep 1000)

setup_file() {
	require_program oci-hostnet oci-hostnet-crun oci-hostnet-runc oci-hostnet-hook
	command -v podman >/dev/null || return 0
	setup_podman
	# pods: no pause program is installed, and none can be pulled
	any_podman import -q -c 'CMD ["/bin/sleep", "1000"]' "$HOSTNET_TEST_DIR/image.tar" localhost/pause >/dev/null
	sed -i 's,^\[engine\],&\ninfra_image = "localhost/pause",' "$CONTAINERS_CONF"
	# what --init runs, in catatonit's place
	printf '#!/bin/sh\n[ "$1" = -- ] && shift\n"$@"\n' >"$HOSTNET_TEST_DIR/init"
	chmod 755 "$HOSTNET_TEST_DIR/init"
	# podman's own tables, once and for all
	any_podman --runtime crun run --cgroup-parent "/$HOSTNET_TAG-podman" --rm "${UIDMAP[@]}" localhost/bb true
}

UIDMAP=(--uidmap 0:100000:65536 --gidmap 0:100000:65536)

setup() {
	require_command podman conmon iptables nft script
	no_policy
	# crun gives it to the root of a user namespace when nobody keeps it from doing so
	chown 0:0 /dev/null
	remember_host
	VOLUMES=$HOSTNET_TEST_DIR/tmp/volumes
}

teardown() {
	# /dev stays busy: conmon has it open
	[ ! -d "${OWN_DEV-}/mqueue" ] || umount -l /dev
	# podman may find the shm of a container with a user namespace busy once
	any_podman pod rm -fa -t 0 >/dev/null 2>&1 || true
	any_podman rm -fa -t 0 >/dev/null 2>&1 || any_podman rm -fa -t 0 >/dev/null 2>&1 || true
	sysctl -qw net.ipv4.ip_unprivileged_port_start=1024
	host_unchanged
}

without_runc() { with_options --hooks-dir "$HOSTNET_TEST_DIR/no-hooks.d" --runtime runc -- "$@"; }

# plain RUN - the same without us
plain() {
	case $1 in *runc) echo without_runc ;; *) echo without ;; esac
}

# podman_of RUN ARGUMENTS... - any other command of podman
podman_of() {
	local hooks=no-hooks.d runtime
	case $1 in
	by_crun | by_runc) runtime=oci-hostnet-${1#by_} ;;
	by_hook) hooks=hooks.d runtime=crun ;;
	by_hook_runc) hooks=hooks.d runtime=runc ;;
	without) runtime=crun ;;
	*) runtime=runc ;;
	esac
	any_podman --hooks-dir "$HOSTNET_TEST_DIR/$hooks" --runtime "$runtime" "${@:2}"
}

# for_each FUNCTION ARGUMENTS... - with each way of registering; names the one that failed
for_each() {
	local by
	for by in "${EVERY[@]}"; do
		echo "# $by"
		"$1" "$by" "${@:2}"
	done
}

# what differs anyway: ids, and the address of a bridge
comparable() { grep -vE "${ALSO:-^$}" | sed -E 's/\b[0-9a-f]{12,64}\b/ID/g; s/10\.88\.0\.[0-9]+/ADDRESS/g'; }

# as_without RUN FUNCTION ARGUMENTS... - FUNCTION RUN ARGUMENTS prints what it prints without us,
# apart from the lines that match the extended regular expression in ALSO. Leaves $output.
as_without() {
	local reference
	reference=$HOSTNET_TEST_DIR/tmp/$2.$(plain "$1")
	[ -s "$reference" ] || "$2" "$(plain "$1")" "${@:3}" >"$reference" 2>&1 || { cat "$reference"; return 1; }
	"$2" "$1" "${@:3}" >"$BATS_TEST_TMPDIR/seen" 2>&1 || { cat "$BATS_TEST_TMPDIR/seen"; return 1; }
	output=$(cat "$BATS_TEST_TMPDIR/seen")
	diff -u <(comparable <"$reference") <(comparable <"$BATS_TEST_TMPDIR/seen")
}

# What a container sees of itself. Of several mounts at one point the one on top counts; what the
# runtimes put over devices and masked files is not compared.
ITSELF='exec 2>&1; id; grep -E "^(Cap|Seccomp:|NoNew)" /proc/self/status; cat /proc/self/uid_map
	awk "{ flags[\$5] = \$6 } END { for (point in flags) print \"mount\", point, flags[point] }" /proc/self/mountinfo |
		grep -vE " /dev/(null|zero|full|random|urandom|tty|fuse|other|console) | /proc/(keys|timer_list) " | sort
	hostname; cat /etc/hosts /etc/resolv.conf /etc/hostname /run/.containerenv; echo; stat -c "%n %A %u:%g" /dev/* /run/.containerenv
	wc -c </proc/keys; ulimit -n; ulimit -Hn; cat /proc/self/oom_score_adj; '

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

# storage RUN OPTIONS... - what is seen inside of volumes, and what is left on them
storage() {
	rm -rf "$VOLUMES"
	mkdir -p -m 1777 "$VOLUMES"/{bind,owned,ro}
	echo below >"$VOLUMES/ro/file"
	any_podman volume rm -f named >/dev/null 2>&1
	"$1" --rm --name storage --hostname inside "${ASK[@]}" -v "$VOLUMES/bind:/data/bind" -v "$VOLUMES/ro:/data/ro:ro" \
		-v "$VOLUMES/owned:/data/owned:U" -v named:/data/named --tmpfs /data/tmpfs:size=1m,mode=1777 \
		--mount type=tmpfs,destination=/data/plain --mount "type=bind,source=$VOLUMES/ro,destination=/data/once,bind-nonrecursive,ro" \
		"${@:2}" localhost/bb sh -c "$ITSELF"'for there in /data/*; do
			cd $there && touch file && ln -s nowhere link && mkdir -m 2750 directory && mkfifo fifo && cp /bin/ports setuid &&
				chown 1000:1001 setuid && chmod 4755 setuid
			stat -c "%n %A %u:%g" $there $there/*
		done; cat /data/ro/file; touch /x /root/x /tmp/x /dev/shm/x; stat -c "%n %A %u:%g" /x /root/x /tmp/x /dev/shm/x'
	find "$VOLUMES" "$(any_podman volume inspect --format '{{.Mountpoint}}' named)" -printf '%P %M %U:%G\n' | sort
	stat -c 'the host has %n %A %u:%g' /dev/null
}
@test "volumes, named volumes, tmpfs, :ro, :U: as without us, and so are the owners of files" {
	for_each as_without storage
	expect_output "setuid -rwsr-xr-x 1000:1001" "/data/ro/file" "the host has /dev/null crw-rw-rw- 0:0"
}
storage_of_user() { storage "$1" --user 1000:1001 --group-add 33 --read-only --security-opt no-new-privileges; }
@test "the same with --user, --group-add, --read-only and no_new_privs" {
	# without us it is the container's own, which crun gives to the user
	ALSO='^/dev/null ' for_each as_without storage_of_user
	expect_output "uid=1000(1000) gid=1001(1001) groups=33," "file -rw-r--r-- 1000:1001" "touch: /x: Read-only file system" \
		"the host has /dev/null crw-rw-rw- 0:0"
}

resources() {
	"$1" --rm --hostname inside "${ASK[@]}" --init --init-path "$HOSTNET_TEST_DIR/init" --device /dev/fuse --device /dev/zero:/dev/other:r \
		--ulimit nofile=100:200 --ulimit nproc=500:500 --memory 64m --pids-limit 50 --cpus 0.5 --shm-size 1m \
		--oom-score-adj 100 --add-host there:192.0.2.1 --dns 192.0.2.2 --cgroupns private --sysctl kernel.shmmax=1000000 \
		--env X=y --workdir /tmp --umask 027 --entrypoint /bin/sh localhost/bb -c "$ITSELF"'
		tr "\\0" " " </proc/1/cmdline | cut -c 1-22; echo; ulimit -u; cat /proc/sys/kernel/shmmax; echo $X; pwd; umask
		(exec 3<>/dev/fuse) && echo "fuse is open"; head -c 4 /dev/other | od; (echo 1 >/dev/other); df -k /dev/shm | tail -n 1
		cd /sys/fs/cgroup && cat memory/memory.limit_in_bytes pids/pids.max cpu/cpu.cfs_quota_us; cut -d: -f2- /proc/self/cgroup
		mkdir memory/mine'
}
@test "--init, devices, ulimits, memory, CPUs, pids, shm, names, sysctls: as without us" {
	for_each as_without resources
	expect_output "/run/podman-init -- /bi" "fuse is open" "192.0.2.1" "nameserver 192.0.2.2" 67108864 1000000
}

# --privileged has what this machine has: no CAP_SYS_RESOURCE.
privileged() {
	"$1" --rm --name inside --hostname inside "${ASK[@]}" --privileged localhost/bb sh -c "$ITSELF"
}
@test "--privileged: as without us, but for the lock" {
	ALSO='^Cap(Prm|Eff|Bnd)|^Seccomp:|^/dev/net |^mount (/dev/|/proc/sys |/sys )|^mount /sys/fs/cgroup' for_each as_without privileged
	expect_output "mount /sys ro," "mount /proc/sys ro," "Seccomp:	2" "CapBnd:	00000018b08445fb"
	[[ $output != *"/dev/net "* ]]
}

# What is another's: of the host, by name.
host_namespaces() {
	local type own=
	for type in pid uts cgroup ipc; do own+=" $(readlink "/proc/self/ns/$type")"; done
	"$1" --rm "${ASK[@]}" --pid host --uts host --cgroupns host localhost/bb sh -c "$ITSELF"'for type in pid uts cgroup ipc; do
		case "'"$own"'" in *"$(readlink /proc/self/ns/$type)"*) echo "the host has this $type" ;; esac; done; cat /proc/'$$'/comm'
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
	for_each refused "is to propagate to the host" --mount "type=bind,source=$VOLUMES,destination=/data,bind-propagation=rshared"
	for_each refused "the host has none at /dev/mqueue" --ipc host
}

# On a host that has one: a /dev of our own plays its /dev.
host_ipc() {
	readlink /proc/self/ns/ipc
	"$1" --rm --hostname inside "${ASK[@]}" --ipc host localhost/bb sh -c "$ITSELF"'readlink /proc/self/ns/ipc; stat -c "%n %u:%g" /dev/mqueue/*; ls /dev/shm'
}
@test "--ipc host, where the host has /dev/mqueue: as without us" {
	OWN_DEV=$VOLUMES/dev
	rm -rf "$VOLUMES"
	mkdir -p "$OWN_DEV"
	mount -t tmpfs -o mode=755 dev "$OWN_DEV"
	cp -a /dev/null /dev/zero /dev/full /dev/random /dev/urandom /dev/tty /dev/fuse "$OWN_DEV"
	mkdir "$OWN_DEV"/{mqueue,pts,shm}
	mount -t mqueue mqueue "$OWN_DEV/mqueue"
	touch "$OWN_DEV/mqueue/queue"
	mount --rbind /dev/pts "$OWN_DEV/pts"
	mount --rbind /dev/shm "$OWN_DEV/shm"
	mount --rbind "$OWN_DEV" /dev
	for_each as_without host_ipc
	expect_output "/dev/mqueue/queue 0:0"
	[ "$(grep -cF "$(readlink /proc/self/ns/ipc)" <<<"$output")" = 2 ]
}

# The container's terminal is podman's, through conmon.
terminal() {
	local line
	line=$(printf '%q ' podman_of "$1" run --cgroup-parent "/$HOSTNET_TAG-podman" --rm -it --hostname inside "${ASK[@]}" --user 1000 \
		localhost/bb sh -c 'tty; ls -ln /dev/pts/0 /dev/console | cut -c 1-40; echo typed >/dev/tty; echo console >/dev/console
			stty -echo && stty echo && echo "modes set"; set -m; sleep 0 & wait; read -r answer; echo "read $answer"')
	# any_podman takes its standard input away
	declare -f podman_of any_podman >"$BATS_TEST_TMPDIR/functions"
	sed -i 's,</dev/null,,' "$BATS_TEST_TMPDIR/functions"
	(sleep 2; echo something) | script -qec "bash -c '. $BATS_TEST_TMPDIR/functions; $line'" /dev/null
}
