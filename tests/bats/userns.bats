#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# The lock userns on real crun and runc: what a user namespace breaks is edited or refused, and what
# a container does is what it does without us (plain-crun, plain-runc).
bats_require_minimum_version 1.5.0
load helpers
load userns

# --- the namespace -------------------------------------------------------------------

in_one_of_its_own() {
	run container "$1" "$2 | $LOCKED" sh -c 'readlink /proc/self/ns/user; cat /proc/self/uid_map /proc/self/gid_map
		/bin/ip -o addr; ifconfig lo:1 127.0.0.3; /bin/ip addr add 127.0.0.4/8 dev lo; ls -ld /root; id; hostname'
	expect_status 0
	[[ $output != *"$(readlink /proc/self/ns/user)"* ]]
	[ "$(grep -cE '^ +0 +0 +4294967295$' <<<"$output")" = 2 ]
	expect_output "inet 10.98.0.1/24" "SIOCSIFADDR: Permission denied" "RTNETLINK answers: Operation not permitted" \
		"uid=0(root) gid=0(root)" "root     root" inside
}
@test "crun: an identity-mapped user namespace, in which nothing can be changed" { in_one_of_its_own crun .; }
@test "runc: an identity-mapped user namespace, in which nothing can be changed" { in_one_of_its_own runc .; }
@test "crun: the same with everything open" { in_one_of_its_own crun "$OPEN"; }
@test "runc: the same with everything open" { in_one_of_its_own runc "$OPEN"; }
@test "crun: the same with strict on top" {
	policy '{"version": 1, "default": {"lock": "strict"}}'
	in_one_of_its_own crun "$OPEN"
}
@test "runc: the same with strict on top" {
	policy '{"version": 1, "default": {"lock": "strict"}}'
	in_one_of_its_own runc "$OPEN"
}

both_locks() {
	local dir
	for change in '.annotations["io.oci-hostnet.lock"] = "strict+userns"' \
		"$LOCKED"; do
		[ "$change" != "$LOCKED" ] || policy '{"version": 1, "default": {"lock": "strict"}}'
		dir=$(mktemp -d "$HOSTNET_TEST_DIR/tmp/bundle.XXXXXX")
		make_bundle "$dir" "$change" true
		"$PROGRAMS/oci-hostnet" apply "$dir"
		jq -e '.process.noNewPrivileges and .linux.readonlyPaths[0] == "/proc" and (.linux.namespaces | any(.type == "user"))
			and (.annotations["io.oci-hostnet.applied"] | fromjson | .lock == "strict+userns")' "$dir/config.json"
	done
}
@test "policy and annotation ask for both locks, or one of them: both are in force" { both_locks; }

once_and_for_all() {
	local dir change
	for change in . "$OPEN" "$NO_SECCOMP" "$(every_device)" "$HOST_PIDS" "$USERNS" "$UNASKED" 'del(.linux.readonlyPaths)'; do
		dir=$(mktemp -d "$HOSTNET_TEST_DIR/tmp/bundle.XXXXXX")
		make_bundle "$dir" "$change | $LOCKED" true
		"$PROGRAMS/oci-hostnet" apply "$dir"
		cp "$dir/config.json" "$dir/first"
		"$PROGRAMS/oci-hostnet" apply "$dir"
		cmp "$dir/first" "$dir/config.json"
		run "$PROGRAMS/oci-hostnet" verify "$dir"
		[ "$change" = "$HOST_PIDS" ] || expect_output "verdict: by construction"
		[ "$change" != "$HOST_PIDS" ] || expect_output "verdict: open" "the host's PID namespace"
		# as an engine may write it again
		jq -S . "$dir/first" >"$dir/sorted"
		cat "$dir/sorted" >"$dir/config.json"
		"$PROGRAMS/oci-hostnet" apply "$dir"
		cmp "$dir/sorted" "$dir/config.json"
	done
}
@test "a second pass leaves every byte, and verify says by construction" { once_and_for_all; }

# Audited from outside: nothing but the namespace would be needed.
audited() {
	start "$1" "$2 | $LOCKED" sh -c 'echo ready; exec sleep 1000'
	run "$PROGRAMS/oci-hostnet" audit "$("$STARTED_RUNTIME" state "$STARTED_ID" | jq .pid)"
	expect_status 0
	expect_output "by construction" "out of reach of the user namespace"
	run "$PROGRAMS/oci-hostnet" audit --filter --json "$("$STARTED_RUNTIME" state "$STARTED_ID" | jq .pid)"
	expect_status 0
	[ "$(jq -r .verdict <<<"$output")" = "by construction" ]
}
@test "crun: audit says by construction" { audited crun .; }
@test "runc: audit says by construction" { audited runc .; }
@test "audit does not say so of the lock standard, nor of an open container with a user namespace" {
	local pid
	start crun . sh -c 'echo ready; exec sleep 1000'
	run "$PROGRAMS/oci-hostnet" audit "$("$STARTED_RUNTIME" state "$STARTED_ID" | jq .pid)"
	expect_status 0
	[[ $output != *"by construction"* ]]
	stop
	# one process that went into a user namespace does not stand for the others
	start crun "$NO_SECCOMP" sh -c 'unshare -U -r sleep 1000 & until grep -q " 0  *1$" /proc/$!/uid_map; do sleep 0.1; done; echo ready; exec sleep 1000'
	run "$PROGRAMS/oci-hostnet" audit "$("$STARTED_RUNTIME" state "$STARTED_ID" | jq .pid)"
	expect_status 0
	expect_output "out of reach of the user namespace of 1 threads" "others have harmless ones only"
	[[ $output != *"by construction"* ]]
	stop
	make_userns_rootfs
	# no filter, and a process that brings the word in
	start plain-runc "$UNASKED | $USERNS | $NO_SECCOMP"' | (.mounts[] | select(.type == "sysfs")) |= (.type = "bind" | .source = "/sys" | .options = ["rbind", "rro"])' \
		sh -c 'cp /bin/ports "/tmp/by construction"; exec "/tmp/by construction" serve 8084 8084 1'
	pid=$("$STARTED_RUNTIME" state "$STARTED_ID" | jq .pid)
	[ "$(cat "/proc/$pid/comm")" = "by construction" ]
	run "$PROGRAMS/oci-hostnet" audit "$pid"
	expect_status 1
	[[ $output != *"by construction"* ]]
	expect_output "has no seccomp filter" open
}

# Root of the namespace is the host's: with SYS_ADMIN it takes the read-only mounts away.
uncovered() {
	local pid
	start "$1" "$LOCKED" sh -c 'echo ready; exec sleep 1000'
	pid=$("$STARTED_RUNTIME" state "$STARTED_ID" | jq .pid)
	"$1" exec --cap CAP_SYS_ADMIN "$STARTED_ID" sleep 1000 </dev/null >/dev/null 2>&1 3>&- &
	wait_for 50 grep -qs '^CapEff:.*[2367abef].....$' /proc/[0-9]*/task/*/status
	wait_for 50 eval "[ \$(cat /proc/$pid/root/proc/[0-9]*/comm 2>/dev/null | grep -c sleep) -ge 2 ]"
	run "$PROGRAMS/oci-hostnet" audit "$pid"
	kill %2 2>/dev/null || true
	expect_status 1
	expect_output "has CAP_SYS_ADMIN over its mounts and the host's root among its ids" open
	[[ $output != *"by construction"* ]]
}
@test "crun: audit sees what an exec past us with SYS_ADMIN can do" { uncovered crun; }
@test "runc: audit sees what an exec past us with SYS_ADMIN can do" { uncovered runc; }

# --- what the engine, or somebody, has set up ------------------------------------------

engines_own() {
	make_userns_rootfs
	run container "$1" "$USERNS | $LOCKED" sh -c 'cat /proc/self/uid_map; /bin/ip addr add 127.0.0.4/8 dev lo'
	expect_output "0     100000      65536" "Operation not permitted"
}
@test "crun: the user namespace of an engine is kept" { engines_own crun; }
@test "runc: the user namespace of an engine is kept" { engines_own runc; }

@test "the host's own user namespace, two of them, and mappings without one are refused" {
	refused "is the one that owns the host's network" "$LOCKED"' | .linux.namespaces += [{type: "user", path: "/proc/self/ns/user"}]'
	refused "is none" "$LOCKED"' | .linux.namespaces += [{type: "user", path: "/etc/passwd"}]'
	refused "is none" "$LOCKED"' | .linux.namespaces += [{type: "user", path: "/proc/self/ns/pid"}]'
	refused "two user namespace entries" "$LOCKED"' | .linux.namespaces += [{type: "user"}, {type: "user"}]'
	refused "has uidMappings without a user namespace" "$LOCKED"' | .linux.uidMappings = [{containerID: 0, hostID: 1000, size: 1}]'
	refused "has gidMappings without a user namespace" "$LOCKED"' | .linux.gidMappings = [{containerID: 0, hostID: 1000, size: 1}]'
}

@test "namespaces that are joined from outside are refused, by name" {
	local type outside
	unshare -i -u -p -C -f sh -c 'echo ready; exec sleep 1000' >"$VOLUME/log" 3>&- &
	wait_for 50 grep -q ready "$VOLUME/log"
	outside=$(cat "/proc/$!/task/$!/children")
	outside=${outside% }
	for type in ipc uts pid cgroup; do
		refused "\`/proc/$outside/ns/$type\` in /linux/namespaces cannot be joined from a user namespace of the container's own" \
			"$LOCKED"' | .linux.namespaces |= map(select(.type != "'$type'")) + [{type: "'$type'", path: "/proc/'$outside'/ns/'$type'"}]'
	done
	# as an init it takes no other signal
	kill -KILL "$outside"
}

# The host's own could not be joined either, but is there without that: pods on the host's network
# join its UTS namespace.
joins_own() {
	local type
	run container "$1" "$LOCKED"' | del(.hostname) | .linux.namespaces |= map(select(.type | IN("ipc", "uts", "pid", "cgroup") | not))
			+ [("ipc", "uts", "pid", "cgroup") | {type: ., path: "/proc/self/ns/\(.)"}]' \
		sh -c 'for type in ipc uts pid cgroup user; do readlink /proc/self/ns/$type; done; /bin/ip addr add 127.0.0.4/8 dev lo; echo 1 >/proc/sys/net/ipv4/ip_forward; true'
	expect_status 0
	for type in ipc uts pid cgroup; do expect_output "$(readlink "/proc/self/ns/$type")"; done
	[[ $output != *"$(readlink /proc/self/ns/user)"* ]]
	expect_output "user:[" "Operation not permitted" "ip_forward: Read-only file system"
}
@test "crun: namespaces that are joined and the host's are the host's" { joins_own crun; }
@test "runc: namespaces that are joined and the host's are the host's" { joins_own runc; }

# Every member of a pod is in the user namespace of its first container.
pod() {
	local pid first
	start "$1" "$LOCKED" sh -c 'echo ready; exec sleep 1000'
	pid=$("$STARTED_RUNTIME" state "$STARTED_ID" | jq .pid)
	first=$(readlink "/proc/$pid/ns/user")
	run container "$1" "$LOCKED"' | .linux.namespaces |= map(if .type == "ipc" or .type == "uts" or .type == "pid"
			then .path = "/proc/'"$pid"'/ns/" + .type else . end) | del(.hostname)
		| .mounts += [{destination: "/dev/mqueue", type: "mqueue", source: "mqueue", options: ["nosuid", "noexec", "nodev"]}]' \
		sh -c 'readlink /proc/self/ns/user; cat /proc/self/uid_map; ps; ls -d /dev/mqueue; /bin/ip addr add 127.0.0.4/8 dev lo; true'
	expect_status 0
	expect_output "$first" 4294967295 "sleep 1000" /dev/mqueue "Operation not permitted"
	# the network namespace of the pod is the host's: it stands there with a path
	run container "$1" "$LOCKED"' | (.linux.namespaces[] | select(.type == "network")).path = "/proc/'"$pid"'/ns/net"
		| (.linux.namespaces[] | select(.type == "ipc")).path = "/proc/'"$pid"'/ns/ipc"' sh -c 'readlink /proc/self/ns/user; readlink /proc/self/ns/net'
	expect_status 0
	expect_output "$first" "$(readlink /proc/self/ns/net)"
	# and so it is with its UTS namespace in Kubernetes
	run container "$1" "$LOCKED"' | del(.hostname) | (.linux.namespaces[] | select(.type == "uts")).path = "/proc/self/ns/uts"
		| (.linux.namespaces[] | select(.type == "ipc")).path = "/proc/'"$pid"'/ns/ipc"' sh -c 'readlink /proc/self/ns/user; readlink /proc/self/ns/uts'
	expect_status 0
	expect_output "$first" "$(readlink /proc/self/ns/uts)"
}
@test "crun: a pod shares one user namespace" { pod crun; }
@test "runc: a pod shares one user namespace" { pod runc; }

@test "members of different pods cannot be joined" {
	local pid id
	start crun "$LOCKED" sh -c 'echo ready; exec sleep 1000'
	id=$STARTED_ID pid=$("$STARTED_RUNTIME" state "$STARTED_ID" | jq .pid)
	start crun "$LOCKED" sh -c 'echo ready; exec sleep 1000'
	refused "cannot be joined from a user namespace of the container's own" "$LOCKED"'
		| (.linux.namespaces[] | select(.type == "ipc")).path = "/proc/'"$pid"'/ns/ipc"
		| (.linux.namespaces[] | select(.type == "uts")).path = "/proc/'"$("$STARTED_RUNTIME" state "$STARTED_ID" | jq .pid)"'/ns/uts"'
	"$STARTED_RUNTIME" kill "$id" KILL
	# a process that has gone on into another user namespace: it is not the one that owns its IPC
	unshare -U -r -i unshare -U -r sh -c 'echo ready; exec sleep 100' >"$VOLUME/log" 3>&- &
	wait_for 50 grep -q ready "$VOLUME/log"
	refused "cannot be joined from a user namespace of the container's own" "$LOCKED"'
		| (.linux.namespaces[] | select(.type == "ipc")).path = "/proc/'$!'/ns/ipc"'
	kill %1
}

# --- devices ---------------------------------------------------------------------------

# device PATH SOURCE [MEMBERS] - the number of SOURCE at PATH, allowed
device() {
	stat -c '%Hr %Lr' "$2" | {
		read -r major minor
		echo '.linux.devices += [{path: "'"$1"'", type: "c", major: '"$major"', minor: '"$minor${3:+, $3}"'}]
			| .linux.resources.devices += [{allow: true, type: "c", major: '"$major"', minor: '"$minor"', access: "rwm"}]'
	}
}
host_nodes() {
	# at its path, at another one, and where the host has another device
	run container "$1" "$LOCKED | $(device /dev/fuse /dev/fuse) | $(device /dev/other /dev/zero) | $(device /dev/kmsg /dev/zero) | $(device /dev/sub/dir/full /dev/full)" \
		sh -c 'stat -c "%n %t:%T" /dev/fuse /dev/other /dev/kmsg /dev/sub/dir/full; head -c 3 /dev/other | wc -c; exec 3<>/dev/fuse && echo "fuse opened"
			chmod 600 /dev/other; chown 5 /dev/sub/dir/full'
	[ "$(grep -c "Read-only file system" <<<"$output")" = 2 ]
	expect_output "/dev/fuse a:e5" "/dev/other 1:5" "/dev/kmsg 1:5" "/dev/sub/dir/full 1:7" 3 "fuse opened"
}
@test "crun: devices are the host's nodes of their number" { host_nodes crun; }
@test "runc: devices are the host's nodes of their number" { host_nodes runc; }

@test "devices that cannot be made are refused, with the reason" {
	refused 'the host has no node of its number' "$LOCKED"' | .linux.devices = [{path: "/dev/none", type: "c", major: 4000, minor: 77}]'
	refused 'the host has no node of its number' "$LOCKED"' | .linux.devices = [{path: "/dev/fifo", type: "p"}]'
	refused 'the host has no node of its number' "$LOCKED"' | .linux.devices = [{path: "/dev/zero", type: "b", major: 1, minor: 5}]'
	refused "has another fileMode than the host's node" "$LOCKED | $(device /dev/other /dev/zero 'fileMode: 384')"
	refused "has another uid than the host's node" "$LOCKED | $(device /dev/other /dev/zero 'uid: 5')"
	refused "has another gid than the host's node" "$LOCKED | $(device /dev/other /dev/zero 'gid: 5')"
}

# crun opens every device where there is no rule.
unruled() {
	run container "$1" "$LOCKED"' | del(.linux.resources) | .mounts += [{destination: "/data/dev", type: "bind", source: "/dev", options: ["rbind"]}]' \
		sh -c 'for node in kmsg loop-control fuse; do [ -e /data/dev/$node ] && (exec 3</data/dev/$node) 2>&1 && echo "opened $node"; done; true'
	expect_status 0
	expect_output "not permitted"
	[[ $output != *opened* ]]
}
@test "crun: where no rule closes the devices of the host, they are closed" { unruled crun; }
@test "runc: where no rule closes the devices of the host, they are closed" { unruled runc; }

# --- ports -----------------------------------------------------------------------------

low_port() {
	run container "$1" "$LOCKED" sh -c 'timeout 20 nc -l -p 80; echo $?'
	expect_output "nc: bind: Permission denied"
	sysctl -qw net.ipv4.ip_unprivileged_port_start=80
	run container "$1" "$LOCKED" sh -c 'timeout 1 nc -l -p 80; echo "status $?"'
	sysctl -qw net.ipv4.ip_unprivileged_port_start=1024
	expect_output "status 143"
}
@test "crun: a port below ip_unprivileged_port_start, and the sysctl that opens it" { low_port crun; }
@test "runc: a port below ip_unprivileged_port_start, and the sysctl that opens it" { low_port runc; }

@test "a port that the configuration names is refused with the sysctl's name and value" {
	local names='.annotations["io.kubernetes.container.ports"] = "[{\"containerPort\":8080},{\"containerPort\":443}]"'
	refused "the port 443 of the annotation \`io.kubernetes.container.ports\` is below 1024" "$LOCKED | $names"
	sysctl -qw net.ipv4.ip_unprivileged_port_start=443
	run "$PROGRAMS/oci-hostnet" diff "$(dir=$(mktemp -d "$HOSTNET_TEST_DIR/tmp/bundle.XXXXXX"); make_bundle "$dir" "$LOCKED | $names" true; echo "$dir")"
	sysctl -qw net.ipv4.ip_unprivileged_port_start=1024
	expect_status 0
}

# --- the rest of a process ---------------------------------------------------------------

process() {
	local change='.process.rlimits = [{type: "RLIMIT_NOFILE", soft: 100, hard: 200}] | .process.oomScoreAdj = 600
		| .process.user = {uid: 1000, gid: 1001, umask: 23, additionalGids: [5, 33]} | .root.readonly = true
		| .linux.sysctl = {"kernel.shmmax": "1000000", "kernel.domainname": "inside.test"}'
	local what='exec 2>&1; ulimit -n; ulimit -Hn; cat /proc/self/oom_score_adj; id; umask; cat /proc/sys/kernel/shmmax
		cat /proc/sys/kernel/domainname; touch /x; ls -ld /proc/self/fd/0 >/dev/null && echo fine; cat /proc/keys | wc -l'
	local without
	without=$(container "plain-$1" "$UNASKED | $change" sh -c "$what" 2>&1)
	[[ $without == *600* && $without == *"uid=1000 gid=1001 groups=5,33"* && $without == *1000000* && $without == *inside.test* ]]
	run container "$1" "$LOCKED | $change" sh -c "$what"
	[ "$output" = "$without" ] || { diff <(echo "$without") <(echo "$output"); return 1; }
}
@test "crun: limits, oom score, ids, umask, sysctls and a read-only root as without us" { process crun; }
@test "runc: limits, oom score, ids, umask, sysctls and a read-only root as without us" { process runc; }

# --- how it is asked for ----------------------------------------------------------------

inherited() {
	policy '{"version": 1, "default": {"lock": "userns", "inherit": "lock"}}'
	run container "$1" "$UNASKED | $OPEN" sh -c 'cat /proc/self/uid_map; /bin/ip addr add 127.0.0.4/8 dev lo'
	expect_output "0          0 4294967295" "Operation not permitted"
	# who has a network of its own is none of our business
	run container "$1" 'del(.annotations)' sh -c 'readlink /proc/self/ns/user; /bin/ip link add a type veth peer name b'
	expect_output "$(readlink /proc/self/ns/user)"
}
@test "crun: the policy asks for it" { inherited crun; }
@test "runc: the policy asks for it" { inherited runc; }

created() {
	local dir id runtime
	dir=$(mktemp -d "$HOSTNET_TEST_DIR/tmp/bundle.XXXXXX")
	id=$(unique_id) runtime=$(runtime_path "$1")
	make_bundle "$dir" "$LOCKED | $UNASKED | $LOCKED" sh -c 'cat /proc/self/uid_map >/tmp/map-'"$id"
	"$runtime" create -b "$dir" "$id" </dev/null >"$dir/log" 2>&1 3>&-
	[ "$("$runtime" state "$id" | jq -r .status)" = created ]
	"$runtime" start "$id"
	wait_for 50 test -s "$HOSTNET_TEST_DIR/rootfs/tmp/map-$id"
	grep -q 4294967295 "$HOSTNET_TEST_DIR/rootfs/tmp/map-$id"
	"$runtime" delete -f "$id"
}
@test "crun: create, start, delete" { created crun; }
@test "runc: create, start, delete" { created runc; }

applied() {
	local dir
	dir=$(mktemp -d "$HOSTNET_TEST_DIR/tmp/bundle.XXXXXX")
	make_bundle "$dir" "$OPEN | $(every_device) | $LOCKED" sh -c 'cat /proc/self/uid_map; /bin/ip addr add 127.0.0.4/8 dev lo'
	"$PROGRAMS/oci-hostnet" apply "$dir"
	run run_bundle "plain-$1" "$dir"
	expect_output "0          0 4294967295" "Operation not permitted"
}
@test "crun: apply, then plain crun" { applied crun; }
@test "runc: apply, then plain runc" { applied runc; }

# Where our own user namespace does not own the network there is nothing to add; where it does,
# as in a machine of its own, there is.
@test "rootless: nothing to add; in a machine's own user namespace: one more" {
	local dir
	dir=$(mktemp -d "$HOSTNET_TEST_DIR/tmp/bundle.XXXXXX")
	make_bundle "$dir" "$LOCKED" true
	chmod 755 "$dir"
	run unshare -U --map-root-user "$PROGRAMS/oci-hostnet" diff "$dir"
	expect_status 0
	[[ $output != *uidMappings* && $output != *"no capability in it counts"* ]]
	expect_output "remove  /linux/namespaces"
	run unshare -U -n --map-root-user "$PROGRAMS/oci-hostnet" diff "$dir"
	expect_status 0
	expect_output "add     /linux/uidMappings" "no capability in it counts"
	# only what is mapped can be mapped
	unshare -U -n --map-root-user "$PROGRAMS/oci-hostnet" apply "$dir" || true
	run unshare -U -n --map-root-user "$PROGRAMS/oci-hostnet" diff --json "$dir"
	expect_status 0
}
