#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# audit: what the kernel says of running containers, real crun and runc.
bats_require_minimum_version 1.5.0
load helpers

WAIT='echo ready; sleep 1000 & wait'
HOST_PID='del(.linux.namespaces[] | select(.type == "pid"))'
HOST_IPC='del(.linux.namespaces[] | select(.type == "ipc"))'

# bind SOURCE [OPTION...] - at /data
bind() {
	echo ".mounts += [{destination: \"/data\", type: \"bind\", source: \"$1\", options: $(words bind "${@:2}")}]"
}

setup_file() {
	require_program oci-hostnet oci-hostnet-crun oci-hostnet-runc
	require_command jq
	make_rootfs "$HOSTNET_TEST_DIR/rootfs"
	gcc -Wall -O1 -static -pthread -o "$HOSTNET_TEST_DIR/rootfs/bin/threads" "$top_srcdir/tests/tools/threads.c"
	cp "$HOSTNET_TEST_DIR/rootfs/bin/ports" "$HOSTNET_TEST_DIR/rootfs/bin/unlocked"
	cp "$HOSTNET_TEST_DIR/rootfs/bin/ports" "$HOSTNET_TEST_DIR/rootfs/bin/"$'e\e[2Jl'
	make_userns_rootfs
}

setup() {
	STARTED_ID=
	OTHERS=()
	no_policy
}

teardown() {
	local pid
	for pid in "${OTHERS[@]}"; do kill -KILL "$pid" 2>/dev/null || true; done
	stop
	rm -f /run/docker.sock
}

init_pid() { "$STARTED_RUNTIME" state "$STARTED_ID" | jq .pid; }

# audited [OPTION...] - $status and $output of the audit of what was started
audited() { run timeout 60 "$PROGRAMS/oci-hostnet" audit "$(init_pid)" "$@"; }

# expect_locked [WORD]
expect_locked() {
	expect_status 0
	[ "${lines[-1]}" = "${1-locked}" ] || { echo "$output"; return 1; }
	if grep -E '^[a-z -]+ (fails|way out|not seen)' <<<"$output"; then return 1; fi
}

# expect_open - and the word is nowhere
expect_open() {
	expect_status 1
	[[ $output != *[Ll]ocked* && $output != *[Bb]"y construction"* ]] || { echo "$output"; return 1; }
	[ "${lines[-1]}" = open ] || { echo "$output"; return 1; }
}

# finds CHECK VERDICT TEXT - one line of the table
finds() {
	grep -E "^$1 +$2 " <<<"$output" | grep -qF -- "$3" ||
		{ echo "not found: $1 $2 $3"; echo "$output"; return 1; }
}

# only CHECK... - nothing else fails or is a way out
only() {
	local bad
	bad=$(grep -E '^[a-z -]+ (fails|way out|not seen)' <<<"$output" | awk '{print $1}' | sort -u | tr '\n' ' ')
	[ "$bad" = "$(printf '%s\n' "$@" | sort | tr '\n' ' ')" ] || { echo "these fail: $bad"; echo "$output"; return 1; }
}

# --- the whole -----------------------------------------------------------------------

locked() {
	start "$1" "$2" sh -c "$WAIT"
	audited
	expect_locked "$3"
	audited --filter
	expect_locked "$3"
	finds seccomp holds "deny all"
	audited --json
	expect_status 0
	[ "$(jq -r .verdict <<<"$output")" = "$3" ]
}
@test "crun: a container that we locked is" { locked crun . locked; }
@test "runc: a container that we locked is" { locked runc . locked; }
@test "crun: a container that we locked in a user namespace is" { locked crun "$USERNS" "by construction"; }
@test "runc: a container that we locked in a user namespace is" { locked runc "$USERNS" "by construction"; }

unlocked() {
	start "plain-$1" "$UNASKED | $OPEN" sh -c "$WAIT"
	audited
	expect_open
	finds capabilities fails CAP_NET_ADMIN
	finds capabilities fails CAP_SYS_ADMIN
	finds seccomp fails "no seccomp filter"
	finds mounts fails '`/proc'
	finds mounts fails 'sysfs at `/sys`'
	audited --json
	expect_status 1
	[ "$(jq -r .verdict <<<"$output")" = open ]
	[[ $output != *[Ll]ocked* ]]
}
@test "crun: each part that is missing is named" { unlocked crun; }
@test "runc: each part that is missing is named" { unlocked runc; }

private() {
	start "plain-$1" "del(.annotations) | $ADMIN" sh -c "$WAIT"
	audited
	expect_status 0
	finds network note "has a network of its own: nothing to prove"
	[ "${lines[-1]}" = private ]
	audited --json
	[ "$(jq -r '.verdict, (.checks | length)' <<<"$output" | tr '\n' ' ')" = "private 1 " ]
}
@test "crun: a network of its own is noted" { private crun; }
@test "runc: a network of its own is noted" { private runc; }

@test "a container whose first process left the network by itself is judged by the others" {
	start plain-crun "$UNASKED | $ADMIN | $NO_SECCOMP" sh -c 'sleep 1000 & echo ready; exec unshare -U -n sleep 1000'
	wait_for 50 sh -c "[ \"\$(readlink /proc/$(init_pid)/ns/net)\" != \"\$(readlink /proc/self/ns/net)\" ]"
	audited
	expect_open
	finds capabilities fails CAP_NET_ADMIN
}

# --- capabilities --------------------------------------------------------------------

admin() {
	start "plain-$1" "$UNASKED | $ADMIN" sh -c "$WAIT"
	audited
	expect_open
	finds capabilities fails "CAP_NET_ADMIN, CAP_NET_RAW"
	only capabilities
}
@test "crun: NET_ADMIN alone is found" { admin crun; }
@test "runc: NET_ADMIN alone is found" { admin runc; }

@test "a capability of the bounding set alone is found, and its process named" {
	# not for root, which execve(2) gives all of the bounding set
	start plain-crun "$UNASKED"' | .process.user = {uid: 1000, gid: 1000} | .process.capabilities.bounding += ["CAP_BPF"]' sh -c "$WAIT"
	grep -E '^CapPrm:[[:space:]]0*$' "/proc/$(init_pid)/status"
	audited
	expect_open
	finds capabilities fails "process $(init_pid) (\`sh\`) has CAP_BPF"
	only capabilities
}

@test "a process that exec gave a capability is found" {
	start crun . sh -c "$WAIT"
	audited
	expect_locked
	crun exec --cap CAP_NET_ADMIN "$STARTED_ID" sleep 999 3>&- &
	OTHERS+=($!)
	wait_for 50 pgrep -f '^sleep 999$'
	audited
	expect_open
	finds capabilities fails "(\`sleep\`) has CAP_NET_ADMIN"
	only capabilities
}

# A container whose first thread has ended is stopped for crun: its PID is asked elsewhere.
thread() {
	start plain-crun "$UNASKED | $ADMIN" threads "$1"
	OTHERS+=("$(pgrep -P "$STARTED_PID")")
	run "$PROGRAMS/oci-hostnet" audit "${OTHERS[0]}"
	expect_open
	finds capabilities fails "(\`threads\`) has CAP_NET_ADMIN"
	only capabilities
	run "$PROGRAMS/oci-hostnet" audit --all
	expect_status 1
	finds capabilities fails "(\`threads\`) has CAP_NET_ADMIN"
}
@test "a thread that kept what the first gave up is found" { thread kept; }
@test "the same when the first thread has ended" { thread orphan; }

@test "capabilities in a user namespace do not reach the host's network" {
	start plain-crun "$UNASKED | $USERNS | $ADMIN"'
		| (.mounts[] | select(.destination == "/sys")) = {destination: "/sys", type: "bind", source: "/sys", options: ["rbind", "rro"]}' sh -c "$WAIT"
	audited
	expect_locked "by construction"
	finds capabilities holds "out of reach"
}

# --- seccomp -------------------------------------------------------------------------

# podman's profile allows ioctl; its capabilities are harmless ones
filter() {
	local before
	start "plain-$1" "$UNASKED" sh -c 'echo ready; while sleep 0.1; do echo tick; done'
	audited --filter
	expect_open
	finds seccomp fails "503 of 503 commands through on x86-64"
	only seccomp
	before=$(grep -c tick "$STARTED_LOG" || true) # none yet is none
	grep -E '^(State:.*[RS] \(|TracerPid:.*0$)' "/proc/$(init_pid)/status"
	wait_for 50 eval '[ "$(grep -c tick "$STARTED_LOG")" -gt "$((before + 3))" ]'
	grep -E '^TracerPid:[[:space:]]0$' "/proc/$(init_pid)/status"
}
@test "crun: --filter finds a profile that lets SIOCSIFADDR through, and the process runs on" { filter crun; }
@test "runc: --filter finds a profile that lets SIOCSIFADDR through, and the process runs on" { filter runc; }

# one hole of each kind: number, upper half, architecture
hole() {
	local dir=$HOSTNET_TEST_DIR/tmp/hole
	make_bundle "$dir" "$NO_SECCOMP"
	"$PROGRAMS/oci-hostnet" apply "$dir"
	start plain-crun "$UNASKED | .linux.seccomp = $(jq .linux.seccomp "$dir/config.json") | $1" sh -c "$WAIT"
	audited
	expect_locked
	audited --filter
	expect_open
	finds seccomp fails "$2"
	only seccomp
}
@test "--filter finds a block of commands that is let through" {
	# { 0xFFFFFFFA, 0x8940 } of ioctl_blocks.h
	hole '(.linux.seccomp.syscalls[] | select(.args[0].valueTwo == 35136)) |= (del(.errnoRet) | .action = "SCMP_ACT_LOG")' \
		"let 4 of 503 commands through on x86-64, the first is 0x8940"
}
@test "--filter finds a filter that compares all 64 bits" {
	hole '.linux.seccomp.syscalls = ([range(35072; 35840), range(1074025664; 1074025728)]
		| map({names: ["ioctl"], action: "SCMP_ACT_ERRNO", errnoRet: 13, args: [{index: 1, value: ., op: "SCMP_CMP_EQ"}]}))' \
		"let 503 of 503 commands through on x86-64"
}

# le32 NUMBER, instruction CODE JT JF K - little endian
le32() { local n=$1; printf '\\x%02x\\x%02x\\x%02x\\x%02x' $((n & 255)) $((n >> 8 & 255)) $((n >> 16 & 255)) $((n >> 24 & 255)); }
instruction() { printf "\\x$(printf %02x "$1")\\x00\\x$(printf %02x "$2")\\x$(printf %02x "$3")$(le32 "$4")"; }

# numbers NUMBER... - a filter that denies these system calls on every architecture; crun takes
# it from an annotation
numbers() {
	local n
	{
		instruction 0x20 0 0 0
		for n; do instruction 0x15 0 1 "$n"; instruction 0x06 0 0 0x0005000d; done
		instruction 0x06 0 0 0x7fff0000
	} | base64 -w 0
}
architecture() {
	start plain-crun "$UNASKED | $NO_SECCOMP | .annotations = {\"run.oci.seccomp_bpf_data\": \"$(numbers "${@:2}")\"}" sh -c "$WAIT"
	audited --filter
	[ "$1" ] || return 0
	expect_open
	finds seccomp fails "let 503 of 503 commands through on $1,"
	only seccomp
}
@test "--filter finds a filter that lets x32 through" { architecture x32 16 54; }
@test "--filter finds a filter that lets i386 through" { architecture i386 16 $((0x40000000 | 514)); }
@test "--filter takes a filter that denies ioctl as a whole" {
	architecture "" 16 54 $((0x40000000 | 514))
	expect_locked
}

@test "--filter leaves a stopped process stopped" {
	start crun . sh -c "$WAIT"
	kill -STOP "$(init_pid)"
	audited --filter
	expect_locked
	grep -E '^State:.*T \(stopped' "/proc/$(init_pid)/status"
	kill -CONT "$(init_pid)"
	grep -E '^State:.*S \(' "/proc/$(init_pid)/status"
}

@test "--filter says of a thread that cannot be stopped that it was not seen, and does not wait" {
	start crun . threads vfork
	audited --filter
	expect_open
	finds seccomp "not seen" "(\`threads\`): they cannot be read"
	wait_for 100 grep -q ^resumed "$STARTED_LOG"
	wait_for 20 grep -E '^State:.*S \(' "/proc/$(init_pid)/status"
}

# --- mounts --------------------------------------------------------------------------

# mount_found EXPRESSION VERDICT TEXT - under both runtimes
mount_found() {
	local runtime
	for runtime in plain-crun plain-runc; do
		start $runtime "$UNASKED | $1" sh -c "$WAIT"
		audited
		expect_open
		finds mounts "$2" "$3"
		stop
	done
}
@test "a writable bind of /proc/sys/net is found" { mount_found "$(bind /proc/sys/net rw)" fails 'proc at `/data` can be written'; }
@test "a writable bind of /proc is found" { mount_found "$(bind /proc rw)" fails 'proc at `/data/sys` can be written'; }
@test "a writable bind of /sys/class/net is found" { mount_found "$(bind /sys/class/net rw)" fails 'sysfs at `/data` can be written'; }
@test "a bind of the host's root is found, read-only too" { mount_found "$(bind / ro)" "way out" "brings the host's / along"; }
@test "a writable bind of /etc is found" { mount_found "$(bind /etc rw)" "way out" "brings the host's /etc along"; }
@test "a read-only bind of /etc is fine" {
	start plain-crun "$UNASKED | $(bind /etc ro)" sh -c "$WAIT"
	audited
	expect_locked
}
@test "a writable /proc/sys that is missing among readonlyPaths is found" {
	mount_found '.linux.readonlyPaths |= map(select(. != "/proc/sys"))' fails 'proc at `/proc/sys` can be written'
}
@test "what is hidden below another mount is not held against it" {
	start plain-crun "$UNASKED | $(bind /proc/sys/net rw)"' | .mounts += [{destination: "/data", type: "tmpfs", source: "tmpfs"}]' sh -c "$WAIT"
	audited
	expect_locked
}

chroot_dir='mkdir -p /tmp/c/bin; cp /bin/busybox /tmp/c/bin/; echo ready;'
@test "a container of which only a chroot can be seen is found" {
	start plain-crun "$UNASKED | $(bind /proc/sys/net rw)" sh -c "$chroot_dir exec chroot /tmp/c /bin/busybox sleep 996"
	wait_for 50 pgrep -f '^/bin/busybox sleep 996$'
	audited
	expect_open
	finds mounts "way out" "is a chroot"
}
@test "a process in a chroot beside others is fine, and hides nothing" {
	start crun . sh -c "$chroot_dir sleep 1000 & exec chroot /tmp/c /bin/busybox sleep 995"
	wait_for 50 pgrep -f '^/bin/busybox sleep 995$'
	run "$PROGRAMS/oci-hostnet" audit "$(pgrep -f '^/bin/busybox sleep 995$')"
	expect_locked
	stop
	start plain-crun "$UNASKED | $(bind /proc/sys/net rw)" sh -c "$chroot_dir sleep 1000 & exec chroot /tmp/c /bin/busybox sleep 994"
	wait_for 50 pgrep -f '^/bin/busybox sleep 994$'
	run "$PROGRAMS/oci-hostnet" audit "$(pgrep -f '^/bin/busybox sleep 994$')"
	expect_open
	finds mounts fails 'proc at `/data` can be written'
}

# --- what else leads out -------------------------------------------------------------

# One process: without a PID namespace the others would outlive the first.
namespace() {
	start plain-crun "$UNASKED | $1" sh -c 'echo ready; exec sleep 1000'
	audited
	expect_open
	finds namespaces "way out" "$2"
	only namespaces
}
@test "the host's PID namespace is found" { namespace "$HOST_PID" "PID namespace is the host's"; }
@test "the host's IPC namespace is found" { namespace "$HOST_IPC" "IPC namespace is the host's"; }
@test "a process in the host's mount namespace is found" {
	sleep 1000 3>&- &
	OTHERS+=($!)
	run "$PROGRAMS/oci-hostnet" audit $!
	expect_open
	finds namespaces fails "mount namespace is the host's"
}

control() {
	: >/run/docker.sock
	start plain-crun "$UNASKED | $1" sh -c "$WAIT"
	audited
	expect_open
	finds sockets "way out" "brings the host's /run/docker.sock along"
}
@test "a control socket of the host is found" { control "$(bind /run/docker.sock rw) | .mounts[-1].destination = \"/control.sock\""; only sockets; }
@test "a control socket of the host is found in a read-only directory" { control "$(bind /run ro)"; only sockets; }

@test "a block device is found" {
	start plain-crun "$UNASKED"' | .linux.devices = [{path: "/dev/disk", type: "b", major: 7, minor: 0, fileMode: 384, uid: 0, gid: 0}]' sh -c "$WAIT"
	audited
	expect_open
	finds devices "way out" '`/dev/disk` is the block device 7:0'
	only devices
}

@test "a writable file in /proc/net is found, but not in a user namespace" {
	require_command iptables
	iptables -A INPUT -p tcp --dport 1 -m recent --name audit --set || missing "no xt_recent"
	start crun . sh -c "$WAIT"
	audited
	[ -e /proc/net/xt_recent/audit ]
	expect_open
	finds proc-net "way out" "net/xt_recent/audit"
	only proc-net
	stop
	start crun "$USERNS" sh -c "$WAIT"
	audited
	expect_locked "by construction"
	stop
	iptables -D INPUT -p tcp --dport 1 -m recent --name audit --set
}

# neighbour FD-IS-SOCKET JQ - a container elsewhere with NET_ADMIN
neighbour() {
	local dir=$HOSTNET_TEST_DIR/tmp/neighbour
	make_bundle "$dir" "del(.annotations) | $ADMIN" sleep 997
	STARTED_ID=$(unique_id)
	STARTED_RUNTIME=$(command -v crun)
	if [ "$1" = passed ]; then
		"$STARTED_RUNTIME" run --preserve-fds 1 -b "$dir" "$STARTED_ID" </dev/null >/dev/null 2>&1 3<>/dev/udp/127.0.0.1/9 &
	else
		"$STARTED_RUNTIME" run -b "$dir" "$STARTED_ID" </dev/null >/dev/null 2>&1 3>&- &
	fi
	STARTED_PID=$!
	wait_for 50 pgrep -f '^sleep 997$'
	run "$PROGRAMS/oci-hostnet" audit --all
}
@test "a container elsewhere that has NET_ADMIN is noted" {
	neighbour alone
	expect_status 0
	finds capabilities note "not on the host's network, and has CAP_NET_ADMIN"
	[[ $output != *[Ll]ocked* ]]
}
@test "a container elsewhere that has NET_ADMIN and a socket of the host's is found" {
	neighbour passed
	expect_status 1
	finds "foreign sockets" "way out" "process $(init_pid)"
	[[ $output != *[Ll]ocked* ]]
}

@test "the ports that it listens on are told" {
	start crun . sh -c 'ports serve 8080 8080 1'
	audited
	expect_locked
	finds ports note "tcp *:8080, udp *:8080"
}

@test "ports of others are not" {
	"$HOSTNET_TEST_DIR/rootfs/bin/ports" serve 8081 8081 1 3>&- >/dev/null &
	OTHERS+=($!)
	start crun . sh -c "$WAIT"
	audited
	expect_locked
	finds ports note "no TCP or UDP port"
}

# --- names, the command line, all of them --------------------------------------------

@test "a name cannot say that all is well, nor reach the terminal" {
	start plain-crun "$UNASKED | $OPEN" unlocked serve 8082 8082 1
	audited
	expect_open
	finds capabilities fails 'un\x6cocked'
	stop
	start plain-crun "$UNASKED | $OPEN" $'e\e[2Jl' serve 8083 8083 1
	audited
	expect_open
	finds capabilities fails 'e\x1b[2Jl'
	[[ $output != *$'\e'* ]]
}

@test "--all lists all of them" {
	local first second
	start crun . sh -c "$WAIT"
	first=$(init_pid)
	(
		start plain-runc "$UNASKED | $ADMIN" sh -c "$WAIT"
		second=$(init_pid)
		run "$PROGRAMS/oci-hostnet" audit --all
		expect_status 1
		expect_output "process $first " "process $second "
		[ "$(grep -c -x -e open -e locked <<<"$output")" = 2 ]
		run "$PROGRAMS/oci-hostnet" audit --all --json
		expect_status 1
		[ "$(jq -r .verdict <<<"$output")" = open ]
		[ "$(jq -r ".processes[] | select(.pid == $first).verdict" <<<"$output")" = locked ]
		[ "$(jq -r ".processes[] | select(.pid == $second).verdict" <<<"$output")" = open ]
		[ "$(jq '.processes | length' <<<"$output")" = 2 ]
		stop
	)
	run "$PROGRAMS/oci-hostnet" audit --all
	expect_status 0
	expect_output "cannot be seen: the device cgroup"
}

@test "wrong usage, and a process that is not there" {
	run -2 "$PROGRAMS/oci-hostnet" audit
	run -2 "$PROGRAMS/oci-hostnet" audit --all 1
	run -2 "$PROGRAMS/oci-hostnet" audit 1x
	run -2 "$PROGRAMS/oci-hostnet" audit -1
	run -2 "$PROGRAMS/oci-hostnet" diff --all
	run -3 "$PROGRAMS/oci-hostnet" audit 4194303
	expect_output "cannot audit the process 4194303"
}

@test "a process that ends meanwhile is told, and nothing is said of it" {
	local pid
	require_command strace
	start crun . sh -c "$WAIT"
	pid=$(init_pid)
	(sleep 2; kill -KILL "$pid") 3>&- &
	run -3 timeout 60 strace -o /dev/null -e trace=pipe2 -e inject=pipe2:delay_enter=6000000:when=1 \
		"$PROGRAMS/oci-hostnet" audit "$pid"
	expect_output "ended while it was audited"
	[[ $output != *locked* ]]
}

@test "processes that come and go are looked at" {
	start crun . sh -c 'echo ready; while :; do busybox true; done'
	for _ in 1 2 3 4 5; do
		audited --filter
		[ "$status" = 0 ] || { expect_open; only processes; }
	done
}
