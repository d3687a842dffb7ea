# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# What every bats file shares. The tests run inside tests/in-host.

HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
top_srcdir=$(cd "${top_srcdir:-$HERE/../..}" && pwd)
top_builddir=$(cd "${top_builddir:-$HERE/../..}" && pwd)
PROGRAMS=$top_builddir/src
CAPTURES=$top_srcdir/oci-specs/captures
ATTACK_VARIANTS=("" --dirty --signext --int80)

# shellcheck source=tests/host-network.sh
. "$top_srcdir/tests/host-network.sh"

# --- what a test needs ---------------------------------------------------------------

# missing REASON - skips, but fails where nothing may be skipped (check.sh --strict).
missing() {
	if [ "${HOSTNET_STRICT:-0}" = 1 ]; then
		echo "HOSTNET_STRICT: $1" >&2
		return 1
	fi
	skip "$1"
}

require_command() {
	local name
	for name; do
		command -v "$name" >/dev/null || missing "$name is not installed"
	done
}

# The programs under test are never optional.
require_program() {
	local name
	[ -n "${HOSTNET_TEST_DIR-}" ] || { echo "run this with tests/bats-tap" >&2; return 1; }
	for name; do
		[ -x "$PROGRAMS/$name" ] || { echo "$PROGRAMS/$name has not been built" >&2; return 1; }
	done
}

# What a machine says of a way into its kernel that it does not have.
LACKING='ENOEXEC|SIGSEGV|SIGSYS'

# lacks WHAT - whether this machine has no int80 (int 0x80 from a program of 64 bits), or no bits32
# (programs of 32 bits). What takes such a way must then be seen to fail by the machine: it is no
# reason to skip. HOSTNET_PRETEND_LACKS, where it is set, names what is said to be lacking, whatever
# the machine says; if that is not so, the tests must fail.
lacks() {
	local dir=$HOSTNET_TEST_DIR/machine
	if [ -n "${HOSTNET_PRETEND_LACKS+set}" ]; then
		[[ " $HOSTNET_PRETEND_LACKS " == *" $1 "* ]]
		return
	fi
	[ -s "$dir/$1" ] || ask_machine "$1" || return 2
	[ "$(<"$dir/$1")" != works ]
}

# ask_machine WHAT... - asks outside of any container, once for a file
ask_machine() {
	local dir=$HOSTNET_TEST_DIR/machine what answer
	make_machine 64 || return
	for what; do
		case $what in
		int80) answer=$("$dir/machine64" int80) ;;
		# a compiler that cannot build it says nothing of the machine
		bits32) make_machine 32 && answer=$("$dir/machine64" runs "$dir/machine32") ;;
		*) echo "nobody asks the machine for $what" >&2; return 2 ;;
		esac || return
		[[ "|works|$LACKING|ENOSYS|" == *"|$answer|"* ]] || { echo "$what: $answer?" >&2; return 2; }
		echo "$answer" >"$dir/$what"
	done
}

# make_machine BITS - tests/tools/machine.c
make_machine() {
	local program=$HOSTNET_TEST_DIR/machine/machine$1
	[ ! -x "$program" ] || return 0
	mkdir -p "$HOSTNET_TEST_DIR/machine"
	gcc "-m$1" -Wall -O1 -static -no-pie -o "$program" "$top_srcdir/tests/tools/machine.c"
}

# --- root filesystems and bundles ----------------------------------------------------

# copy_program PROGRAM ROOTFS - with the libraries it needs
copy_program() {
	local path file
	path=$(command -v "$1") || return 1
	install -D -m 0755 "$(readlink -f "$path")" "$2/bin/$(basename "$1")"
	for file in $(ldd "$(readlink -f "$path")" | grep -o '/[^ ]*'); do
		[ -e "$2$file" ] || install -D -m 0755 "$(readlink -f "$file")" "$2$file"
	done
}

# make_rootfs DIR - busybox and the two tools; the host's ip, ss, nft, iptables in /bin, where installed
make_rootfs() {
	local tool applet
	mkdir -p "$1"/{bin,dev,etc,proc,root,run,sys,tmp,data}
	chmod 1777 "$1/tmp"
	cp "$(command -v busybox)" "$1/bin/busybox"
	for applet in $("$1/bin/busybox" --list); do
		[ -e "$1/bin/$applet" ] || ln -s busybox "$1/bin/$applet"
	done
	for tool in ports netattack; do
		gcc -Wall -O1 -static -no-pie -o "$1/bin/$tool" "$top_srcdir/tests/tools/$tool.c"
	done
	printf 'root:x:0:0:root:/root:/bin/sh\n' >"$1/etc/passwd"
	printf 'root:x:0:\n' >"$1/etc/group"
	for tool in ip ss nft iptables; do
		if command -v "$tool" >/dev/null; then
			rm -f "$1/bin/$tool"
			copy_program "$tool" "$1"
		fi
	done
	for tool in /usr/lib/*/xtables; do
		if [ -d "$tool" ]; then mkdir -p "$1$tool"; cp "$tool"/libxt_standard.so "$1$tool/"; fi
	done
}

# The bundle of an ordinary container: podman's capabilities and seccomp profile, a network
# of its own (no path, as in runc spec), the annotation.
base_config() {
	jq -n --arg cgroup "/$1" --slurpfile podman "$CAPTURES/podman/annotation.config.json" '
	$podman[0] as $p | {
		ociVersion: "1.0.2",
		process: {
			terminal: false, user: {uid: 0, gid: 0}, cwd: "/", args: ["true"],
			env: ["PATH=/bin", "TERM=xterm"],
			capabilities: ($p.process.capabilities | {bounding, effective, permitted}),
			noNewPrivileges: false
		},
		root: {path: "rootfs", readonly: false},
		hostname: "inside",
		mounts: [
			{destination: "/proc", type: "proc", source: "proc"},
			{destination: "/dev", type: "tmpfs", source: "tmpfs",
			 options: ["nosuid", "strictatime", "mode=755", "size=65536k"]},
			{destination: "/dev/pts", type: "devpts", source: "devpts",
			 options: ["nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620"]},
			{destination: "/dev/shm", type: "tmpfs", source: "shm",
			 options: ["nosuid", "noexec", "nodev", "mode=1777", "size=65536k"]},
			{destination: "/sys", type: "sysfs", source: "sysfs",
			 options: ["nosuid", "noexec", "nodev", "ro"]}
		],
		annotations: {"io.oci-hostnet.network": "host"},
		linux: {
			cgroupsPath: $cgroup,
			resources: {devices: [{allow: false, access: "rwm"}]},
			namespaces: [{type: "pid"}, {type: "network"}, {type: "ipc"}, {type: "uts"}, {type: "mount"}],
			maskedPaths: $p.linux.maskedPaths,
			readonlyPaths: $p.linux.readonlyPaths,
			seccomp: $p.linux.seccomp
		}
	}'
}

unique_id() {
	echo "${HOSTNET_TAG:?}-$BASHPID-$RANDOM"
}

# jq expressions for make_bundle, to be joined with " | "
# shellcheck disable=SC2034
{
# no lock: what plain crun and runc need for the host's network
UNASKED='del(.annotations) | del(.linux.namespaces[] | select(.type == "network"))'
# NET_ADMIN and NET_RAW behind podman's profile
ADMIN='(.process.capabilities[] |= . + ["CAP_NET_ADMIN", "CAP_NET_RAW"])'
NO_SECCOMP='del(.linux.seccomp)'
# nothing in the way of an attack but the lock
OPEN='(.process.capabilities[] |= . + ["CAP_NET_ADMIN", "CAP_NET_RAW", "CAP_NET_BROADCAST", "CAP_SYS_ADMIN", "CAP_IPC_LOCK"])
	| del(.linux.seccomp, .linux.readonlyPaths, .linux.maskedPaths)
	| (.mounts[] | select(.destination == "/sys").options) = ["nosuid", "noexec", "nodev"]
	| .linux.devices = [{path: "/dev/net/tun", type: "c", major: 10, minor: 200, fileMode: 438, uid: 0, gid: 0}]
	| .linux.resources.devices = [{allow: true, access: "rwm"}]'
# root is uid 100000 outside
USERNS='.linux.uidMappings = [{containerID: 0, hostID: 100000, size: 65536}]
	| .linux.gidMappings = .linux.uidMappings
	| .linux.namespaces += [{type: "user"}]
	| .root.path = "'"$HOSTNET_TEST_DIR"'/userns-rootfs"'
}

# shellcheck disable=SC2034
{
# root filesystem and policy for subordinate ids
SHIFTED='.root.path = "'"$HOSTNET_TEST_DIR"'/userns-rootfs"'
SUBORDINATE='{"version": 1, "default": {"lock": "userns", "subordinate": "hostnet"}}'
}

# every_device - a jq expression: all devices of this machine, as a privileged container has them
every_device() {
	local path
	find /dev -path /dev/pts -prune -o \( -type b -o -type c \) -print |
		while read -r path; do
			stat -c '{"path":"%n","type":"%F","major":%Hr,"minor":%Lr,"fileMode":"%a","uid":%u,"gid":%g}' "$path"
		done | jq -c '.type |= (if startswith("block") then "b" else "c" end)
			| .fileMode |= (explode | map(. - 48) | reduce .[] as $digit (0; . * 8 + $digit))' |
		jq -sc . | sed 's/^/.linux.devices = /'
}

# make_bundle DIR [JQ-EXPRESSION] [COMMAND...]
make_bundle() {
	local dir=$1 change=${2:-.}
	[ -d "$HOSTNET_TEST_DIR/rootfs" ] || make_rootfs "$HOSTNET_TEST_DIR/rootfs"
	mkdir -p "$dir"
	base_config "$(unique_id)" |
		jq --arg root "$HOSTNET_TEST_DIR/rootfs" '.root.path = $root' |
		jq "$change" |
		jq --argjson args "$(words "${@:3}")" 'if $args == [] then . else .process.args = $args end' \
			>"$dir/config.json"
}

# words WORD... - as a JSON array (jq --args would read -c as its own option)
# (the last word is one more: jq 1.6 loses empty ones at the end)
words() { printf '%s\0' "$@" end | jq -Rs --argjson count $# 'split("\u0000")[:$count]'; }

make_userns_rootfs() {
	[ -d "$HOSTNET_TEST_DIR/userns-rootfs" ] && return
	[ -d "$HOSTNET_TEST_DIR/rootfs" ] || make_rootfs "$HOSTNET_TEST_DIR/rootfs"
	cp -a "$HOSTNET_TEST_DIR/rootfs" "$HOSTNET_TEST_DIR/userns-rootfs"
	chown -hR 100000:100000 "$HOSTNET_TEST_DIR/userns-rootfs"
}

# An /etc of our own above the machine's.
own_etc() {
	local layer=$HOSTNET_TEST_DIR/etc-layer
	[ ! -d "$layer" ] || return 0
	mkdir -p "$layer"/{upper,work}
	mount -t overlay overlay -o "lowerdir=/etc,upperdir=$layer/upper,workdir=$layer/work" /etc
}

# The user hostnet has the ids of the root filesystem that make_userns_rootfs makes.
subordinate_ids() {
	own_etc
	rm -f /etc/subuid /etc/subgid
	(umask 022; echo hostnet:100000:65536 | tee /etc/subuid >/etc/subgid)
}

# A /dev of our own with the nodes of the machine's, on which a test can listen as syslog does.
own_dev() {
	local old entry
	old=$(mktemp -d)
	mount --rbind /dev "$old"
	mount --make-rprivate "$old"
	mount -t tmpfs -o mode=0755,nosuid dev /dev
	for entry in "$old"/*; do
		if mountpoint -q "$entry" && [ -d "$entry" ]; then
			mkdir "/dev/${entry##*/}"
			mount --rbind "$entry" "/dev/${entry##*/}"
		else
			cp -a "$entry" /dev/
		fi
	done
	umount -l "$old"
	rmdir "$old"
	rm -f /dev/log
}

# What was written already counts for the limit of the trail; /run is the playing host's own.
forget_trail() { rm -rf /run/oci-hostnet; }

# --- running -------------------------------------------------------------------------

# container RUNTIME JQ-EXPRESSION COMMAND... - one container from a fresh bundle.
# RUNTIME: crun, runc (ours in front of them), plain-crun, plain-runc (without us).
container() {
	local runtime=$1 change=$2 dir
	shift 2
	dir=$(mktemp -d "$HOSTNET_TEST_DIR/tmp/bundle.XXXXXX")
	make_bundle "$dir" "$change" "$@" || return
	run_bundle "$runtime" "$dir"
}

runtime_path() {
	case $1 in
	plain-crun) command -v crun ;;
	plain-runc) command -v runc ;;
	*) echo "$PROGRAMS/oci-hostnet-$1" ;;
	esac
}

run_bundle() {
	local id runtime rc=0
	id=$(unique_id)
	runtime=$(runtime_path "$1")
	timeout -s KILL 300 "$runtime" run -b "$2" "$id" </dev/null || rc=$?
	if [ "$rc" = 137 ]; then
		# the container would live on, and hold what the test waits for
		"$runtime" delete -f "$id" >/dev/null 2>&1 || true
	fi
	return "$rc"
}

# start RUNTIME JQ-EXPRESSION COMMAND... - in the background; waits for the line "ready..." of
# COMMAND. Leaves STARTED_PID and STARTED_LOG; `stop` ends it.
start() {
	local runtime=$1 change=$2 dir
	shift 2
	dir=$(mktemp -d "$HOSTNET_TEST_DIR/tmp/bundle.XXXXXX")
	make_bundle "$dir" "$change" "$@" || return
	STARTED_ID=$(unique_id)
	STARTED_RUNTIME=$(runtime_path "$runtime")
	STARTED_LOG=$dir/log
	"$STARTED_RUNTIME" run -b "$dir" "$STARTED_ID" </dev/null >"$STARTED_LOG" 2>&1 3>&- &
	STARTED_PID=$!
	wait_for 100 grep -q ^ready "$STARTED_LOG" || { cat "$STARTED_LOG"; return 1; }
}

stop() {
	[ -n "${STARTED_ID-}" ] || return 0
	"$STARTED_RUNTIME" kill "$STARTED_ID" KILL >/dev/null 2>&1 || true
	wait "$STARTED_PID" 2>/dev/null || true
	STARTED_ID=
}

# wait_for TENTHS COMMAND... - several times as long, and at least half a minute, before it gives up:
# a slow machine is no failure
wait_for() {
	# by the clock: what is asked may take longer than the pause
	local end=$((SECONDS + ($1 > 75 ? $1 * 4 / 10 : 30)))
	shift
	while :; do
		"$@" && return
		[ "$SECONDS" -lt "$end" ] || break
		sleep 0.1
	done
	echo "gave up waiting for: $*"
	return 1
}

# --- judging -------------------------------------------------------------------------

# What a test must leave as it was. Never differs between two calls with nothing between.
host_state() {
	# one jq: its start takes longer than all the rest
	{
		ip -j addr
		ip -j -4 route show table all
		ip -j -6 route show table all
		ip -j -4 rule
		ip -j -6 rule
	} | jq -S .
	ls /sys/class/net
	cat /proc/sys/net/ipv4/ip_forward /proc/sys/net/ipv4/ip_default_ttl
	cat /proc/sys/net/ipv4/conf/host0/rp_filter
	if command -v nft >/dev/null; then nft -s list ruleset; fi
}

remember_host() { host_state >"$HOSTNET_TEST_DIR/host-before"; }

host_unchanged() {
	host_state >"$HOSTNET_TEST_DIR/host-after"
	diff -u "$HOSTNET_TEST_DIR/host-before" "$HOSTNET_TEST_DIR/host-after"
}

# What an engine must leave as it was, whatever became of its container: all of host_state, and
# what lies around the network. Counters and times are left out, since the kernel changes them.
whole_host_state() {
	host_state
	ip maddr
	ip netns list-id
	if command -v iptables-save >/dev/null; then
		{ iptables-save; ip6tables-save; } | sed '/^#/d; s/ \[[0-9]*:[0-9]*\]$//'
	fi
	ls /run/netns
	# parent and own number out, and the number of the peer group; podman mounts its store on itself
	# as long as one of its processes uses it
	cut -d' ' -f3- /proc/self/mountinfo | grep -vF " ${PODMAN_STORE:-/none}/root/overlay " |
		sed 's/ \(shared\|master\):[0-9]*//g' | LC_ALL=C sort
	stray_processes
}

# The processes that do not descend from the test: daemons, and what containers left behind.
stray_processes() {
	local process stat parent name root
	declare -A parents names
	for process in /proc/[0-9]*; do
		stat=$(cat "$process/stat" 2>/dev/null) || continue
		name=${stat#*\(}
		stat=${stat##*) }
		read -r _ parent _ <<<"$stat"
		parents[${process#/proc/}]=$parent
		names[${process#/proc/}]=${name%)*}
	done
	root=$BASHPID
	while [ "${parents[$root]-1}" -gt 1 ]; do root=${parents[$root]}; done
	for process in "${!parents[@]}"; do
		parent=$process
		while [ "$parent" -gt 1 ] && [ "$parent" != "$root" ]; do parent=${parents[$parent]-0}; done
		[ "$parent" = "$root" ] || echo "${names[$process]}"
	done | LC_ALL=C sort
}

remember_whole_host() { whole_host_state >"$HOSTNET_TEST_DIR/whole-host-before"; }

same_whole_host() {
	whole_host_state >"$HOSTNET_TEST_DIR/whole-host-after"
	diff -u "$HOSTNET_TEST_DIR/whole-host-before" "$HOSTNET_TEST_DIR/whole-host-after"
}

# An engine's helpers end a moment after its container.
whole_host_unchanged() { wait_for 50 same_whole_host >/dev/null || same_whole_host; }

# The two below judge $status and $output of bats' run.
expect_status() {
	[ "$status" -eq "$1" ] && return
	echo "status $status instead of $1; output:"
	echo "$output"
	return 1
}

expect_output() {
	local text
	for text; do
		case $output in
		*"$text"*) ;;
		*) echo "not found: $text"; echo "status $status; output:"; echo "$output"; return 1 ;;
		esac
	done
}

# attacks_end RESULTS - all 82 attacks of tests/tools/netattack are in $output, one to a line, and
# ended with one of RESULTS (A|B); those by int 0x80 are killed where the machine lacks it.
attacks_end() {
	local by_int80=$1 bad
	if lacks int80; then by_int80=$LACKING; fi
	[ "$(wc -l <<<"$output")" -eq 82 ] && [ "$(grep -c -e ' --int80 ' <<<"$output")" -eq 13 ] ||
		{ echo "not 82 attacks, 13 of them by int 0x80:"; echo "$output"; return 1; }
	bad=$(grep -v -e ' --int80 ' <<<"$output" | grep -vE " ($1)\$"
		grep -e ' --int80 ' <<<"$output" | grep -vE " ($by_int80)\$") || true
	[ -z "$bad" ] || { echo "not $1 (by int 0x80: $by_int80):"; echo "$bad"; return 1; }
}

# --- policy --------------------------------------------------------------------------

policy() {
	(umask 022; mkdir -p "$(dirname "$HOSTNET_POLICY")"; printf '%s\n' "$1" >"$HOSTNET_POLICY")
}

# drop_in NAME TEXT
drop_in() {
	(umask 022; mkdir -p "${HOSTNET_POLICY%.json}.d"; printf '%s\n' "$2" >"${HOSTNET_POLICY%.json}.d/$1")
}

no_policy() { rm -rf "$HOSTNET_POLICY" "${HOSTNET_POLICY%.json}.d"; }
