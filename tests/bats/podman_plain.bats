#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# oci-hostnet-runtime as the runtime of ordinary containers, which neither ask for the host's network nor
# have it: nobody may notice. What is seen, said and returned is compared with plain crun and runc, and
# each config.json that podman writes must be left alone.
bats_require_minimum_version 1.5.0
load helpers
load podman
load podman_seen

ASK=()
# what does not depend on the low-level runtime is tried with one of them
WAYS=watched
BOTH="watched watched_runc"
UIDMAP=(--uidmap 0:100000:65536 --gidmap 0:100000:65536)

setup_file() {
	require_program oci-hostnet oci-hostnet-runtime oci-hostnet-runc
	command -v podman >/dev/null || return 0
	setup_podman
	setup_pods
	setup_seen
	setup_watched
	any_podman --runtime crun run --cgroup-parent "/$HOSTNET_TAG-podman" --rm "${UIDMAP[@]}" localhost/bb true
	without_counters
	remember_whole_host
}

setup() {
	require_command podman conmon iptables nft script
	no_policy
	without_counters
	: >"$WATCHED"
	VOLUMES=$HOSTNET_TEST_DIR/tmp/volumes-$BATS_TEST_NUMBER
}

teardown() {
	nothing_left
	[ "$(sort -u "$WATCHED")" = same ] || { cat "$WATCHED"; return 1; }
}

# started FUNCTION... - and not failed alike
started() {
	for_each as_without "$@"
	expect_output END
}

# --- what a container is given ----------------------------------------------------------

@test "volumes, users, devices, limits, names, terminals, --privileged, the host's namespaces" {
	WAYS=$BOTH for_each as_without storage
	expect_output "setuid -rwsr-xr-x 1000:1001"
	WAYS=$BOTH for_each as_without storage_of_user
	expect_output "uid=1000(1000) gid=1001(1001) groups=33,"
	for_each as_without resources
	expect_output "/run/podman-init -- /bin/sh" 67108864
	WAYS=$BOTH for_each as_without privileged
	expect_output "Seccomp:	0"
	for_each as_without host_namespaces
	expect_output "the host has this pid" "the host has this uts"
	for_each as_without terminal
	expect_output "modes set" "read something"
}

# netavark's addresses and the kernel's numbers are the next free ones
network() {
	"$1" --rm --name network --hostname inside "${@:2}" localhost/bb sh -c "$ITSELF"'
		/bin/ip -o link | sed "s/^[0-9]*: //; s/@if[0-9]*//; s/link.ether.*//"
		/bin/ip -o -4 addr | awk "{ print \$2, \$4 }"; /bin/ip route; cat /proc/sys/net/ipv4/ping_group_range /proc/sys/net/ipv4/ip_forward
		/bin/ip addr add 192.0.2.1/32 dev lo; ping -c 1 -W 1 127.0.0.1 | grep received; echo END' | sed 's/fe80:[0-9a-f:]*/LINK/'
	ip -o link | sed 's/^[0-9]*: //; s/@if[0-9]*//; s/link.ether.*//; s/^veth[0-9a-f]*/veth/; s/state [A-Z]*//'
}
@test "networks: bridge, none, of its own, an address, a user namespace, sysctls, NET_ADMIN" {
	WAYS=$BOTH started network
	expect_output eth0 10.88.0. "Operation not permitted"
	started network --network none
	[[ $output != *eth0* ]]
	started network --ip 10.88.0.77 --mac-address 02:00:00:00:00:77 --dns 192.0.2.53 --no-hosts
	expect_output 10.88.0.77
	started network "${UIDMAP[@]}"
	expect_output eth0 100000
	started network "${UIDMAP[@]}" --network none
	started network --sysctl net.ipv4.ip_forward=1 --sysctl net.core.somaxconn=100 --cap-add NET_ADMIN,NET_RAW
	[[ $output != *"Operation not permitted"* ]]
	any_podman network create --subnet 10.91.0.0/24 own >/dev/null
	started network --network own:ip=10.91.0.9 --network-alias other
	expect_output 10.91.0.
	any_podman network rm own >/dev/null
}

shared_network() {
	"$1" -d --name first --hostname first localhost/pause /bin/sleep 1000 | grep -c .
	network "$1" --network container:first
	"$1" --rm --name second --pid container:first --ipc container:first --uts private localhost/bb sh -c 'ps | grep "[s]leep 1000"'
	any_podman rm -f -t 0 first
}
@test "container:NAME" {
	WAYS=$BOTH for_each as_without shared_network
	expect_output eth0 "/bin/sleep 1000"
}

# answered tcp|udp ADDRESS PORT - what `ports serve` in the container says
answered() {
	timeout 2 bash -c 'exec 3<>"/dev/$1/$2/$3" && { [ "$1" = tcp ] || echo hello >&3; } && head -n 1 <&3 | grep .' - "$@" 2>/dev/null ||
		echo "no answer from $*"
}
export -f answered
# from another machine, and through the loopback of the host
published() {
	"$1" -d --name served -p 8080:50 -p 127.0.0.1:8081:51/tcp -p 8053:53/udp localhost/bb ports serve 50 53 1 | grep -c .
	wait_for 50 eval 'answered tcp 127.0.0.1 8080 | grep -q "^tcp"'
	ip netns exec lan bash -c 'answered tcp 10.98.0.1 8080; answered tcp 10.98.0.1 8081; answered udp 10.98.0.1 8053; answered tcp 10.98.0.1 8053'
	answered tcp 127.0.0.1 8081
	any_podman port served | sort
	any_podman rm -f -t 0 served
	# nobody holds it any more
	"$HOSTNET_TEST_DIR/rootfs/bin/ports" bind tcp 8080
}
@test "-p is reachable from another machine, by TCP and UDP, and free afterwards" {
	for_each as_without published
	expect_output "tcp 50" "no answer from tcp 10.98.0.1 8081" "udp 53" "tcp 51" "50/tcp -> 0.0.0.0:8080" bound
}

options() {
	"$1" --rm --name options --hostname inside "${@:2}" localhost/bb sh -c "$ITSELF"'
		cat /proc/self/limits /proc/sys/kernel/msgmax; ls -A /run /tmp; cat /proc/self/attr/current 2>/dev/null; touch /x; date +%Z; echo $container $Y; umask
		unshare -U true && echo "made a user namespace"; mkdir /tmp/m; mount -t tmpfs none /tmp/m && echo mounted; echo END' 2>&1 |
		# the limit of processes of the machine
		grep -v 'Max pending signals'
}
@test "capabilities, seccomp, masks, no_new_privs, read-only, tmpfs, labels, ulimits, sysctls, time zone, env" {
	started options --cap-drop ALL --cap-add CHOWN,SYS_CHROOT
	expect_output "CapBnd:	0000000000040001"
	started options --cap-add SYS_ADMIN --security-opt seccomp=unconfined
	expect_output "Seccomp:	0" mounted
	started options --security-opt unmask=ALL --security-opt no-new-privileges --security-opt label=disable --security-opt apparmor=unconfined
	expect_output "NoNewPrivs:	1"
	started options --read-only --read-only-tmpfs --tmpfs /run:mode=700 --umask 077 --env Y=z --unsetenv container --tz UTC
	expect_output "touch: /x: Read-only file system"
	started options --ulimit core=0:0 --ulimit nofile=200:300 --ulimit nproc=1000:1000 --sysctl kernel.msgmax=9000 --pids-limit 30 --cpuset-cpus 0 --blkio-weight 100
	expect_output 9000
	echo '{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": ["unshare"], "action": "SCMP_ACT_ERRNO", "errnoRet": 38}]}' \
		>"$BATS_TEST_TMPDIR/seccomp.json"
	started options --security-opt "seccomp=$BATS_TEST_TMPDIR/seccomp.json"
	expect_output "Function not implemented"
	started options --ipc host --device-cgroup-rule 'c 10:229 rwm' --annotation some=thing --label a=b
}

# without the parent that the others are given
no_cgroup() { podman_of "$1" run --rm --name options --cgroups disabled localhost/bb sh -c "cut -d: -f3 /proc/self/cgroup | sort -u; ${ITSELF}echo END"; }
@test "--cgroups=disabled, for which podman knows the runtimes by name" {
	started no_cgroup
}

# propagation RUN KIND - what is mounted on one side, seen from the other
propagation() {
	mkdir -p "$VOLUMES/source"
	mount -t tmpfs source "$VOLUMES/source"
	mount --make-rshared "$VOLUMES/source"
	mkdir "$VOLUMES"/source/{inside,outside}
	"$1" -d --name mounts --cap-add SYS_ADMIN -v "$VOLUMES/source:/data:$2" localhost/pause /bin/sleep 1000 | grep -c .
	mount -t tmpfs from-outside "$VOLUMES/source/outside"
	touch "$VOLUMES/source/outside/file"
	podman_of "$1" exec mounts /bin/sh -c 'ls /data/outside; mount -t tmpfs from-inside /data/inside && touch /data/inside/file'
	ls "$VOLUMES/source/inside" | sed 's/^/the host sees /'
	any_podman rm -f -t 0 mounts
	umount -R "$VOLUMES/source"
}
@test "volumes with propagation: rshared, rslave, rprivate" {
	for_each as_without propagation rshared
	expect_output "the host sees file"
	for_each as_without propagation rslave
	for_each as_without propagation rprivate
}

# --- its life -----------------------------------------------------------------------------

@test "exec, cp, healthcheck, top, stats, pause, kill, logs, update, diff, restart, stop, start, wait, rm" {
	WAYS=$BOTH for_each as_without life
	expect_output "status 3" "status 1" healthy "paused bridge" caught 33554432 137
}

# said COMMAND... - what it says, and its exit status
said() { { "$@" 2>&1 || echo "status $?"; } | sed -E 's/usage: [0-9]+/usage: SOME/g'; }

# Messages and statuses: of podman, of conmon, and of the low-level runtime through all of them.
failures() {
	local p=(said podman_of "$1") r=(said "$1" --rm --name failing)
	echo text >"$BATS_TEST_TMPDIR/file"
	"${r[@]}" localhost/bb sh -c 'exit 3'
	"${r[@]}" localhost/bb sh -c 'kill -KILL $$; kill -TERM 1; sleep 1; exit 4'
	"${r[@]}" localhost/bb /no/such/command
	"${r[@]}" localhost/bb nosuch
	"${r[@]}" localhost/bb /etc/passwd
	"${r[@]}" localhost/bb /etc
	"${r[@]}" --entrypoint '["/no/such"]' localhost/bb
	"${r[@]}" --workdir /etc/passwd localhost/bb true
	"${r[@]}" --workdir /no/such localhost/bb true
	"${r[@]}" --user nobody-here localhost/bb true
	"${r[@]}" --no-such-option localhost/bb true
	"${r[@]}" --pull never localhost/no-such-image true
	"${r[@]}" --sysctl kernel.no.such=1 localhost/bb true
	"${r[@]}" --sysctl net.no.such=1 localhost/bb true
	"${r[@]}" --cap-add NO_SUCH localhost/bb true
	"${r[@]}" --device /dev/no-such localhost/bb true
	"${r[@]}" -v /no/such:/data localhost/bb true
	"${r[@]}" -v "$BATS_TEST_TMPDIR/file:/etc" localhost/bb true
	"${r[@]}" --memory 1k localhost/bb true
	"${r[@]}" --security-opt "seccomp=$BATS_TEST_TMPDIR/file" localhost/bb true
	"${r[@]}" --ulimit nofile=100000000:100000000 localhost/bb true
	"${r[@]}" --oom-score-adj -1000 localhost/bb true
	"${r[@]}" --network no-such localhost/bb true
	"${r[@]}" --network container:no-such localhost/bb true
	"${r[@]}" -d localhost/bb nosuch
	"${p[@]}" create --name failing localhost/bb nosuch | sed 's/^[0-9a-f]*$/created/'
	"${p[@]}" start failing
	"${p[@]}" start -a failing
	"${p[@]}" exec failing true
	"${p[@]}" inspect --format '{{.State.Status}} {{.State.ExitCode}}' failing
	"${p[@]}" rm failing
	"${p[@]}" exec no-such true
	"${p[@]}" container checkpoint no-such
}
@test "failures: statuses and messages" {
	WAYS=$BOTH for_each as_without failures
	expect_output "status 3" "status 4" "status 127" "status 126" "status 125" "/no/such/command" "no.such"
	[ "$(grep -c '^status' <<<"$output")" -gt 25 ]
}

execs() {
	local p=(said podman_of "$1" exec)
	"$1" -d --name life --cap-add NET_RAW --env A=b localhost/bb sh -c 'trap exit TERM; while :; do sleep 0.1; done' | grep -c .
	"${p[@]}" life sh -c 'grep -E "^(Cap|Seccomp:|NoNew)" /proc/self/status; id; env | sort; pwd; readlink /proc/self/fd/0; exit 5'
	"${p[@]}" --privileged life grep -E '^(Cap|Seccomp:|NoNew)' /proc/self/status
	"${p[@]}" --user 1000:1001 --workdir /tmp --env A=c life sh -c 'id; env | sort; pwd; grep ^Cap /proc/self/status'
	"${p[@]}" -t life sh -c 'tty; stat -c "%F %u" $(tty)' | tr -d '\r'
	"${p[@]}" -d life sh -c 'echo detached >/tmp/said' | grep -c .
	wait_for 50 podman_of "$1" exec life cat /tmp/said
	echo input | timeout -k 5 300 "${PODMAN[@]}" exec -i life sh -c 'read -r line; echo "read $line"; echo error >&2' 2>/dev/null
	"${p[@]}" life nosuch
	"${p[@]}" life /etc/passwd
	"${p[@]}" --workdir /no/such life true
	"${p[@]}" --user nobody-here life true
	"${p[@]}" life sh -c 'kill -KILL $$'
	podman_of "$1" pause life
	"${p[@]}" life true
	podman_of "$1" unpause life
	podman_of "$1" stop -t 5 life
	"${p[@]}" life true
	podman_of "$1" rm life
}
@test "exec: capabilities, users, terminals, detached, input, statuses and messages" {
	WAYS=$BOTH for_each as_without execs
	expect_output "status 5" "CapBnd:	00000000800425fb" "CapBnd:	000001fffeffffff" /dev/pts/ detached "read input" "status 127" "status 126" "status 137"
}

signals() {
	local p=(podman_of "$1")
	"$1" -d --name life --stop-signal USR1 localhost/bb sh -c 'trap "echo USR1; exit 7" USR1; trap "echo HUP" HUP; echo ready; while :; do sleep 0.1; done' | grep -c .
	wait_for 50 eval '"${p[@]}" logs life | grep ready'
	"${p[@]}" kill -s HUP life
	wait_for 50 eval '"${p[@]}" logs life | grep HUP'
	"${p[@]}" stop -t 5 life
	"${p[@]}" inspect --format '{{.State.Status}} {{.State.ExitCode}} {{.State.OOMKilled}}' life
	"${p[@]}" logs life
	# kept aside: two that speak at once come in any order
	"${p[@]}" start -a life >"$BATS_TEST_TMPDIR/attached" 2>&1 &
	wait_for 50 eval '[ "$("${p[@]}" logs life | grep -c ready)" = 2 ]'
	said "${p[@]}" kill -s NO-SUCH life
	"${p[@]}" kill -s KILL life
	wait $! || echo "status $?"
	cat "$BATS_TEST_TMPDIR/attached"
	"${p[@]}" rm life
	"$1" -d --name life --stop-timeout 1 localhost/bb sleep 1000 | grep -c .
	"${p[@]}" stop life 2>&1 | sed 's/time="[^"]*"//'
	"${p[@]}" wait life
	"${p[@]}" rm life
	"$1" --name life --timeout 1 localhost/bb sleep 1000 || echo "status $?"
	"${p[@]}" rm life
}
@test "signals: stop, kill, time-outs" {
	for_each as_without signals
	expect_output "exited 7 false" HUP 137
}

out_of_memory() {
	"$1" --name life --memory 16m --memory-swap 16m localhost/bb sh -c 'tail -c 100m /dev/zero' || echo "status $?"
	any_podman inspect --format '{{.State.Status}} {{.State.ExitCode}} {{.State.OOMKilled}}' life
	any_podman rm life
}
@test "out of memory" {
	for_each as_without out_of_memory
	expect_output "exited 137"
}

logs() {
	local p=(podman_of "$1")
	"$1" -d --name life localhost/bb sh -c 'echo one; echo two >&2; printf three; sleep 2; echo four' | grep -c .
	"${p[@]}" logs -f life 2>/dev/null
	"${p[@]}" logs life 2>"$BATS_TEST_TMPDIR/errors" >/dev/null
	cat "$BATS_TEST_TMPDIR/errors"
	"${p[@]}" logs life 2>/dev/null
	"${p[@]}" logs --tail 1 life
	"${p[@]}" start life
	"${p[@]}" attach --no-stdin life 2>&1 | tail -n 1
	"${p[@]}" wait life
	"${p[@]}" ps -a --format '{{.Names}} {{.Image}} {{.Command}}'
	"${p[@]}" rm life
	"$1" --rm --name life -a stderr localhost/bb sh -c 'echo out; echo error >&2' 2>&1
	echo input | timeout -k 5 300 "${PODMAN[@]}" --runtime "$(basename "$(runtime_of "$1")")" run --cgroup-parent "/$HOSTNET_TAG-podman" --rm -i --name life localhost/bb cat
	"$1" -d --name life --log-driver none localhost/bb echo lost | grep -c .
	said "${p[@]}" logs life
	"${p[@]}" rm -f -t 0 life
}
runtime_of() {
	case $1 in
	without) echo crun ;;
	without_runc) echo runc ;;
	*) echo "$1" ;;
	esac
}
@test "logs, attach, input" {
	for_each as_without logs
	expect_output one two threefour error input
}

# podman asks the runtime for its version
information() {
	podman_of "$1" info --format '{{.Host.OCIRuntime.Version}}'
	podman_of "$1" info --format '{{.Host.OCIRuntime.Name}} {{.Host.Security.SECCOMPEnabled}}'
	"$1" -d --name life localhost/bb sleep 1000 | grep -c .
	podman_of "$1" system df --format '{{.Type}} {{.Total}} {{.Active}}'
	podman_of "$1" ps --format '{{.Names}} {{.Ports}} {{.Networks}}'
	podman_of "$1" inspect --format '{{.OCIRuntime}} {{.EffectiveCaps}} {{.BoundingCaps}} {{json .Config.Annotations}}' life |
		sed -E 's/"20[0-9]{2}-[^"]*"/TIME/g'
	podman_of "$1" container stats --no-stream --format '{{.Name}} {{.PIDs}}' life
	podman_of "$1" generate kube life | sed -E '/creationTimestamp|^#/d' | grep -c .
	podman_of "$1" rm -f -t 0 life
	said podman_of "$1" container prune -f
}
@test "info, system df, ps, inspect, stats" {
	WAYS=$BOTH for_each as_without information
	expect_output "Containers 1 1" CAP_CHOWN
	[[ $output != *io.oci-hostnet* ]]
}

# --- in pods, and by kube play ----------------------------------------------------------------

pod() {
	podman_of "$1" pod create --name pod -p 8080:80 --hostname shared --share net,uts,ipc,pid --cgroup-parent "/$HOSTNET_TAG-pods" | grep -c .
	podman_of "$1" run -d --pod pod --name one localhost/bb sh -c 'mkdir /www; echo page >/www/index.html; exec httpd -f -p 80 -h /www' | grep -c .
	wait_for 50 ip netns exec lan busybox wget -q -O - http://10.98.0.1:8080/ 2>/dev/null
	podman_of "$1" run --rm --pod pod --name two localhost/bb sh -c "$ITSELF"'ps | grep -c "[h]ttpd -f"; busybox wget -q -O - http://127.0.0.1/; exit 6' || echo "status $?"
	podman_of "$1" pod ps --format '{{.Name}} {{.Status}} {{.NumberOfContainers}}'
	podman_of "$1" pod stop -t 0 pod 2>/dev/null | grep -c .
	podman_of "$1" pod start pod | grep -c .
	podman_of "$1" exec one hostname
	podman_of "$1" pod rm -f -t 0 pod | grep -c .
}
@test "a pod with a published port" {
	for_each as_without pod
	expect_output page shared "status 6"
}
