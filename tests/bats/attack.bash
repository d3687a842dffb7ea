# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# A host for one run of tests/attack: loaded by attack.bats, and run by it in namespaces of its own:
#   attack.bash FUNCTION ARGUMENTS...

load_helpers() {
	# shellcheck source=tests/bats/helpers.bash
	. "$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)/helpers.bash"
	# shellcheck source=tests/bats/podman.bash
	. "$HERE/podman.bash"
}

# fresh_host FUNCTION ARGUMENTS... - in a network and mount namespace that plays a host of its own
fresh_host() {
	unshare -n -m --propagation private bash "$HERE/attack.bash" "$@" 3>&-
}

# What the attacks are after, beside what every test host has (tests/host-network.sh).
attacked_host_up() {
	local n
	host_sysfs
	mount -t tmpfs -o mode=0755 tmpfs /run/netns
	ip netns add lan
	host_network_up
	# an address that is added is there at once, not after a second
	echo 0 >/proc/sys/net/ipv6/conf/host0/accept_dad
	echo 0 0 >/proc/sys/net/ipv4/ping_group_range
	# links that nothing needs, an address to be deleted
	ip link add spare0 type veth peer name spare1
	ip addr add 10.96.0.1/24 dev spare1
	# ownerless and persistent, as VPN software leaves them
	for n in 0 1 2 3; do ip tuntap add dev "vtap$n" mode tap; done
	nft add table inet hosts
	iptables-legacy -A INPUT -s 192.0.2.1 -m recent --name hosts --set
	ip6tables-legacy -A INPUT -s 2001:db8::1 -j ACCEPT
	echo +192.0.2.7 >/proc/self/net/xt_recent/hosts
	"$HOSTNET_TEST_DIR/rootfs/bin/attack64" victim >/dev/null &
	VICTIM=$!
	wait_for 50 grep -qx attack-victim "/proc/$VICTIM/comm"
}

# More than host_state, and from the outside, with every capability.
attacked_state() {
	local file
	host_state
	ip -j -d link | jq -S 'map(del(.operstate, .flags))'
	ip neigh show nud permanent
	ip -6 neigh show nud permanent
	ip neigh show proxy
	ip nexthop
	ip addrlabel
	ip mptcp endpoint
	ip xfrm policy
	tc qdisc show
	tc chain show dev host0 ingress 2>&1
	tc actions list action gact
	# of the rules only: the chains count every packet
	iptables-legacy-save -c | grep -e -A
	ip6tables-legacy-save -c | grep -e -A
	grep '10.98.0.7 ' /proc/net/nf_conntrack | grep -o 'src=10.98.0.1 .*dport=7 '
	grep -r . /proc/sys/net 2>/dev/null | grep -v nf_conntrack_count | sort
	for file in /sys/class/net/host0/*; do
		[ -f "$file" ] && echo "$file $(cat "$file" 2>&1)"
	done | grep -vE 'carrier|operstate'
	cat /sys/class/net/host0/power/control /proc/self/net/xt_recent/hosts /proc/net/dev_mcast
}

# one_run OUTPUT HOW... - leaves OUTPUT, and OUTPUT.diff: what of the host is not as it was.
# HOW is one of the functions below with its arguments.
one_run() {
	local output=$1 rc=0
	shift
	attacked_host_up
	attacked_state >"$output.before" 2>/dev/null
	"$@" >"$output" 2>"$output.err" || rc=$?
	attacked_state >"$output.after" 2>/dev/null
	kill "$VICTIM" 2>/dev/null
	diff -u "$output.before" "$output.after" >"$output.diff"
	return "$rc"
}

# --- ways into a container -----------------------------------------------------------

# What is run there: every line begins with the number of bits.
ATTACKS='for bits in 64 32; do
	runs=$(machine runs /bin/attack$bits list)
	# (a shell would take for a script what cannot be executed)
	if [ "$runs" != works ]; then echo "$bits LACKS $runs"; continue; fi
	attack$bits reads | sed "s/^/$bits READ /"
	attack$bits all | sed "s/^/$bits /"
done'

# Each: RUNTIME JQ COMMAND...

in_container() { container "$1" "$2" "${@:3}"; }

sleeping() { start "$1" "$2" sh -c 'echo ready; exec sleep 1000'; }

# as engines do it: every set full. EXEC_RUNTIME: by another one than the container's.
in_exec_process() {
	local rc=0
	sleeping "$1" "$2" || return
	base_config unused | jq "$ALL_CAPABILITIES"' | .process | .args = $args
		| .capabilities = (.capabilities.bounding as $all
			| {bounding: $all, effective: $all, inheritable: $all, permitted: $all, ambient: $all})' \
		--argjson args "$(words "${@:3}")" >"$HOSTNET_TEST_DIR/tmp/process.json"
	"${EXEC_RUNTIME:-$STARTED_RUNTIME}" exec --process "$HOSTNET_TEST_DIR/tmp/process.json" "$STARTED_ID" </dev/null || rc=$?
	stop
	return "$rc"
}

in_exec_cap() {
	local name caps=() rc=0
	sleeping "$1" "$2" || return
	for name in $(all_capabilities); do caps+=(--cap "$name"); done
	"$STARTED_RUNTIME" exec "${caps[@]}" "$STARTED_ID" "${@:3}" </dev/null || rc=$?
	stop
	return "$rc"
}

# RUNTIME is podman's; no JQ there
in_podman_exec() {
	local rc=0 name=attacked-$BASHPID global=(--hooks-dir "$HOSTNET_TEST_DIR/no-hooks.d" --runtime "oci-hostnet-$1")
	with_options "${global[@]}" -- -d --name "$name" --network host localhost/bb sleep 1000 >/dev/null || return
	any_podman "${global[@]}" exec --privileged "$name" "${@:3}" || rc=$?
	any_podman "${global[@]}" rm -f -t 0 "$name" >/dev/null
	return "$rc"
}

# By a user, as root of a user namespace that the user made: no entry of its own, no cgroup.
in_rootless() {
	local dir=$HOSTNET_TEST_DIR/rootless own='del(.linux.cgroupsPath, .linux.resources)
		| .root.path = "'"$HOSTNET_TEST_DIR"'/rootless/rootfs"
		| .linux.namespaces += [{type: "user"}]
		| .linux.uidMappings = [{containerID: 0, hostID: 65534, size: 1}]
		| .linux.gidMappings = .linux.uidMappings'
	local manager=()
	[ "$1" != crun ] || manager=(--cgroup-manager=disabled)
	make_bundle "$dir/bundle" "$2 | $own" "${@:3}"
	chown -R 65534:65534 "$dir/bundle" "$dir/run"
	setpriv --reuid 65534 --regid 65534 --clear-groups env XDG_RUNTIME_DIR="$dir/run" \
		timeout -s KILL 300 "$(runtime_path "$1")" "${manager[@]}" --root "$dir/run/state" run -b "$dir/bundle" "$(unique_id)" </dev/null
}

# Two containers: the locked one opens a socket, the other has a network of its own and NET_ADMIN
# in the initial user namespace, as an ordinary privileged container has.
ORDINARY='del(.annotations)'

two_containers() {
	local share='.mounts += [{destination: "/data/share", type: "bind", source: "'"$HOSTNET_TEST_DIR"'/share", options: ["bind", "rw"]}]'
	local pid
	mkdir -p "$HOSTNET_TEST_DIR/share"
	start "$1" "$2 | $share" attack64 pass /data/share/socket || return
	container "$1" "$ORDINARY | $ADMIN | $share" attack64 receive /data/share/socket | sed 's/^/64 /'
	stop
	start "$1" "$2" attack64 hold || return
	pid=$("$STARTED_RUNTIME" state "$STARTED_ID" | jq .pid)
	container "$1" "$ORDINARY | $ALL_CAPABILITIES | $NO_SECCOMP"'
		| (.linux.namespaces[] | select(.type == "pid")).path = "/proc/'"$pid"'/ns/pid"' attack64 take 1 | sed 's/^/64 /'
	stop
}

# --- jq expressions for make_bundle ---------------------------------------------------

# every capability that this machine can give
all_capabilities() {
	local name bit=0 bounding
	bounding=0x$(sed -n 's/^CapBnd:[[:space:]]*//p' /proc/self/status)
	for name in CHOWN DAC_OVERRIDE DAC_READ_SEARCH FOWNER FSETID KILL SETGID SETUID SETPCAP LINUX_IMMUTABLE \
		NET_BIND_SERVICE NET_BROADCAST NET_ADMIN NET_RAW IPC_LOCK IPC_OWNER SYS_MODULE SYS_RAWIO SYS_CHROOT \
		SYS_PTRACE SYS_PACCT SYS_ADMIN SYS_BOOT SYS_NICE SYS_RESOURCE SYS_TIME SYS_TTY_CONFIG MKNOD LEASE \
		AUDIT_WRITE AUDIT_CONTROL SETFCAP MAC_OVERRIDE MAC_ADMIN SYSLOG WAKE_ALARM BLOCK_SUSPEND AUDIT_READ \
		PERFMON BPF CHECKPOINT_RESTORE; do
		if ((bounding >> bit & 1)); then echo "CAP_$name"; fi
		bit=$((bit + 1))
	done
}
ALL_CAPABILITIES='.process.capabilities[] = '$(all_capabilities | jq -R . | jq -sc .)
HOST_PIDS='del(.linux.namespaces[] | select(.type == "pid"))'
# every file system of the kernel once more, writable
MOUNTS='.root.path as $root | .mounts += [
	{destination: "/data/net", type: "bind", source: "/proc/sys/net", options: ["bind", "rw"]},
	{destination: "/data/sys", type: "bind", source: "/sys", options: ["rbind", "rw"]},
	{destination: "/p2", type: "proc", source: "proc", options: ["rw"]},
	{destination: "/data/inner", type: "bind", source: ($root + "/proc"), options: ["rbind", "rw"]},
	{destination: "/data/all", type: "bind", source: $root, options: ["rbind"]},
	{destination: "/sys/fs/cgroup", type: "cgroup", source: "cgroup", options: ["nosuid", "nodev", "noexec", "rw"]}]'
# the host's network namespaces by name: strict refuses it
PINS='.mounts += [{destination: "/run/netns", type: "bind", source: "/run/netns", options: ["rbind", "rw"]}]'

if [ "${BASH_SOURCE[0]}" = "$0" ]; then
	load_helpers
	"$@"
fi
