#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# CRI-O is not packaged: what was captured of it is replayed against crun and runc, through
# oci-hostnet-crun and oci-hostnet-runc, by the packaged conmon.
bats_require_minimum_version 1.5.0

load helpers
load crio
load syslog

KLEENE="cannot publish ports of a container using the 'host' network driver"
ASK='.annotations["io.oci-hostnet.network"] = "host"'
ALLOW='{"version": 1, "rules": [{"when": {"annotations": {"io.kubernetes.pod.namespace": "default"}}, "request": "allow"}]}'
PORTS='io.kubernetes.container.ports'
MAPPINGS='io.kubernetes.cri-o.PortMappings'

setup_file() {
	require_program oci-hostnet oci-hostnet-crun oci-hostnet-runc
	command -v conmon >/dev/null || return 0
	start_syslog
	setup_crio
	remember_whole_host
}

setup() {
	require_command crun runc conmon nft
	no_policy
}

teardown() {
	remove_pod
	no_policy
	rm -f "$CRIO"/exec*
	# every test ends with this
	whole_host_unchanged || { host_network_reset; remember_whole_host; return 1; }
}

LOOK='exec 2>&1; readlink /proc/self/ns/net; ifconfig lo:1 127.0.0.3; ip addr add 127.0.0.4/8 dev lo; ip -o addr
grep CapBnd /proc/self/status; echo 1 >/proc/sys/net/ipv4/ip_forward; echo END'

expect_locked() {
	expect_status 0
	expect_output "inet 10.98.0.1/24" "$(readlink /proc/self/ns/net)" "ifconfig: SIOCSIFADDR: Permission denied" \
		"Operation not permitted" "Read-only file system" END
}

# look RUNTIME [PROCESS-FILE-CHANGE] - what the container can do, by the captured file of exec
look() {
	local file
	file=$(captured_exec "$POD" sh -c "$LOOK")
	if [ -n "${2-}" ]; then
		jq "$2" "$file" >"$file.changed"
		file=$file.changed
	fi
	crio "$1" "$CONTAINER" "exec --process /tmp/exec-process-N ID" "$file"
}

# What the capabilities of a container or of a file of exec become.
WITH_ADMIN='(.process.capabilities[] |= . + ["CAP_NET_ADMIN", "CAP_NET_RAW"])'
EXEC_WITH_ADMIN='(.capabilities[] |= . + ["CAP_NET_ADMIN", "CAP_NET_RAW"])'

# --- a pod with a network of its own ---------------------------------------------------

# what a container shows of itself, but for names that differ anyway
itself() {
	local file
	file=$(captured_exec "$POD" sh -c 'ip -o link; grep -E "^(Cap|Seccomp|NoNew)" /proc/self/status
		cut -d" " -f4- /proc/self/mountinfo | sed "s/ master:[0-9]*//" | sort; cat /etc/resolv.conf /etc/hostname; hostname; ps | grep -c "[s]leep"
		cat /proc/sys/net/ipv4/ip_unprivileged_port_start; id; echo END')
	crio "$1" "$CONTAINER" "exec --process /tmp/exec-process-N ID" "$file"
}

ordinary() {
	local runtime=$1 name=$2 log
	new_pod "$name" . "${3-.}"
	started "plain-$runtime" "$SANDBOX"
	started "plain-$runtime" "$CONTAINER"
	run itself "plain-$runtime"
	expect_status 0
	expect_output END
	log=$output
	remove_pod
	new_pod "$name" . "${3-.}"
	started "$runtime" "$SANDBOX"
	started "$runtime" "$CONTAINER"
	untouched "$SANDBOX"
	untouched "$CONTAINER"
	run itself "$runtime"
	expect_status 0
	diff -u <(echo "$log") <(echo "$output")
}
@test "crun: an ordinary pod is as without us, byte for byte" { ordinary crun normal; }
@test "runc: an ordinary pod is as without us, byte for byte" { ordinary runc normal; }
@test "crun: with a seccomp profile" { ordinary crun seccomp; }
@test "runc: with a seccomp profile" { ordinary runc seccomp; }
@test "crun: with sysctls of the network" { ordinary crun sysctl; }
@test "runc: with sysctls of the network" { ordinary runc sysctl; }
@test "crun: with published ports" { ordinary crun hostport; }
@test "runc: with published ports" { ordinary runc hostport; }

# the captured path names a process of another machine
shared_pid() {
	new_pod sharepid
	started "$1" "$SANDBOX"
	jq --arg pid "/proc/$(jq .pid <<<"$CREATED")/ns/pid" '(.linux.namespaces[] | select(.type == "pid")).path = $pid' \
		"$CRIO/$CONTAINER.config" >"$(bundle_of "$CONTAINER")/config.json"
	cp "$(bundle_of "$CONTAINER")/config.json" "$CRIO/$CONTAINER.config"
	started "$1" "$CONTAINER"
	untouched "$CONTAINER"
	run crio "$1" "$CONTAINER" "exec --process /tmp/exec-process-N ID" "$(captured_exec sharepid ps)"
	expect_status 0
	expect_output /pause sleep
}
@test "crun: a pod with one PID namespace is left as it is" { shared_pid crun; }
@test "runc: a pod with one PID namespace is left as it is" { shared_pid runc; }

nothing_logged() {
	new_pod normal
	run --separate-stderr logged_create "$1" "$CONTAINER"
	expect_status 0
	[ -z "$output$stderr" ]
}
@test "crun: and nothing is logged" { nothing_logged crun; }
@test "runc: and nothing is logged" { nothing_logged runc; }

# --- hostNetwork: true -----------------------------------------------------------------

# Nine capabilities, none of which reaches the network: both containers of the pod are locked.
host_network() {
	new_pod "$2"
	started "$1" "$SANDBOX"
	started "$1" "$CONTAINER"
	jq -e '.annotations["io.oci-hostnet.applied"]' "$(bundle_of "$SANDBOX")/config.json"
	jq -e '.annotations["io.oci-hostnet.applied"]' "$(bundle_of "$CONTAINER")/config.json"
	run look "$1"
	expect_locked
	# CRI-O always sends the capabilities of the original configuration
	run look "$1" "$EXEC_WITH_ADMIN"
	expect_locked
	expect_output "CapBnd:	00000000000005fb"
}
@test "crun: a pod on the host's network is locked, and so is exec" { host_network crun hostnet; }
@test "runc: a pod on the host's network is locked, and so is exec" { host_network runc hostnet; }
@test "crun: the same without an infra container" { host_network crun dropinfra-hostnet; }
@test "runc: the same without an infra container" { host_network runc dropinfra-hostnet; }

# kube-proxy, CNI and CSI pods must live
reported() {
	new_pod hostnet . "$WITH_ADMIN"
	run --separate-stderr logged_create "$1" "$CONTAINER"
	expect_status 0
	[ "$(grep -c syslog: <<<"$output")" = 1 ]
	expect_output "a container has the host's network and was left as it is: locking it would take capabilities away"
	untouched "$CONTAINER"
	crio "$1" "$CONTAINER" "start ID"
	# as it would be without us: NET_ADMIN, by exec too
	run look "$1" "$EXEC_WITH_ADMIN"
	expect_output "inet 127.0.0.3/8" "CapBnd:	00000000000035fb"
	ip addr del 127.0.0.3/8 dev lo
	ip addr del 127.0.0.4/8 dev lo
}
@test "crun: a pod on the host's network with NET_ADMIN is reported and left" { reported crun; }
@test "runc: a pod on the host's network with NET_ADMIN is reported and left" { reported runc; }

cut_exec() {
	policy '{"version": 1, "default": {"inherit": "lock"}}'
	new_pod hostnet . "$WITH_ADMIN"
	started "$1" "$SANDBOX"
	started "$1" "$CONTAINER"
	# the captured files ask for the original capabilities
	run look "$1" "$EXEC_WITH_ADMIN"
	expect_locked
	expect_output "CapBnd:	00000000000005fb"
	file=$(captured_exec hostnet sh -c "$LOOK")
	jq "$EXEC_WITH_ADMIN" "$file" >"$file.admin"
	run exec_sync "$1" "$CONTAINER" "$file.admin"
	expect_locked
	jq "$EXEC_WITH_ADMIN | .terminal = true" "$file" >"$file.tty"
	run exec_sync "$1" "$CONTAINER" "$file.tty" -t
	expect_locked
}
@test "crun: inherit: lock: exec, through conmon and on a terminal: NET_ADMIN is cut" { cut_exec crun; }
@test "runc: inherit: lock: exec, through conmon and on a terminal: NET_ADMIN is cut" { cut_exec runc; }

control_exec() {
	new_pod hostnet . "$WITH_ADMIN"
	started "plain-$1" "$SANDBOX"
	started "plain-$1" "$CONTAINER"
	run look "plain-$1" "$EXEC_WITH_ADMIN"
	expect_output "inet 127.0.0.3/8"
	ip addr del 127.0.0.3/8 dev lo
	ip addr del 127.0.0.4/8 dev lo
}
@test "control: crun without us changes the host by the same exec" { control_exec crun; }
@test "control: runc without us changes the host by the same exec" { control_exec runc; }

# --- asking ------------------------------------------------------------------------------

refused_by_default() {
	new_pod normal . "$ASK"
	create "$1" "$CONTAINER"
	refused "is refused in Kubernetes" 'use `hostNetwork: true` in the pod'
	# FACTS 8: the annotation of the pod reaches its sandbox too
	remove_pod
	new_pod normal "$ASK"
	create "$1" "$SANDBOX"
	[[ $CREATED == *"is refused in Kubernetes"* ]]
	untouched "$SANDBOX"
}
@test "crun: a pod that asks is refused, and CRI-O is told why" { refused_by_default crun; }
@test "runc: a pod that asks is refused, and CRI-O is told why" { refused_by_default runc; }

allowed() {
	policy "$ALLOW"
	new_pod "$2" "$ASK" "$ASK"
	started "$1" "$SANDBOX"
	started "$1" "$CONTAINER"
	run look "$1"
	expect_locked
	run look "$1" "$EXEC_WITH_ADMIN"
	expect_locked
}
@test "crun: by a policy for its namespace it is locked on the host's network" { allowed crun normal; }
@test "runc: by a policy for its namespace it is locked on the host's network" { allowed runc normal; }

# The kubelet's label comes last; a rule for another namespace does not match by what a pod says.
@test "a policy for another namespace does not allow it" {
	policy '{"version": 1, "rules": [{"when": {"annotations": {"io.kubernetes.pod.namespace": "kube-system"}}, "request": "allow"}]}'
	new_pod normal . "$ASK"
	create crun "$CONTAINER"
	refused "is refused in Kubernetes"
}

# --- published ports -----------------------------------------------------------------------

hidden=".annotations |= del(.[\"$PORTS\"])"

port_refused() {
	policy "$ALLOW"
	# as the kubelet says
	new_pod hostport . "$ASK"
	create "$1" "$CONTAINER"
	refused "$KLEENE" "host port 18080/TCP" "$PORTS"
	remove_pod
	# as the sandbox says
	new_pod hostport . "$ASK | $hidden"
	create "$1" "$CONTAINER"
	refused "$KLEENE" "host port 18080/TCP" "$MAPPINGS of the pod's sandbox"
	remove_pod
	# the sandbox's annotation can be overwritten by the pod, the kubelet's of the container stays
	new_pod hostport ".annotations[\"$MAPPINGS\"] = \"[]\"" "$ASK"
	create "$1" "$CONTAINER"
	refused "$KLEENE" "$PORTS"
}
@test "crun: a pod that asks and publishes ports is refused" { port_refused crun; }
@test "runc: a pod that asks and publishes ports is refused" { port_refused runc; }

@test "no other annotation hides the sandbox's ports, and a container's own are never CRI-O's" {
	local forged
	# a rule on the pod's namespace would not count: what the annotations say contradicts the rest
	policy '{"version": 1, "default": {"request": "allow"}}'
	for forged in '"io.container.manager": "libpod"' '"nerdctl/namespace": "x"' "\"$MAPPINGS\": \"[]\"" \
		'"io.kubernetes.cri-o.HostNetwork": "true"' '"io.kubernetes.cri.sandbox-id": "x"'; do
		new_pod hostport . "$ASK | $hidden | .annotations += {$forged}"
		create crun "$CONTAINER"
		refused "$KLEENE" "$MAPPINGS of the pod's sandbox"
		remove_pod
	done
}

# Only hostNetwork makes a mapping to the same port none.
@test "the same port twice is a mapping in a pod with a network of its own" {
	policy "$ALLOW"
	new_pod hostport . "$ASK | .annotations[\"$PORTS\"] = \"[{\\\"hostPort\\\":80,\\\"containerPort\\\":80}]\""
	create crun "$CONTAINER"
	refused "$KLEENE" "host port 80/tcp"
	remove_pod
	new_pod hostnet "" ".annotations[\"$PORTS\"] = \"[{\\\"hostPort\\\":80,\\\"containerPort\\\":80}]\""
	started crun "$CONTAINER"
	run look crun
	expect_locked
	remove_pod
	new_pod hostnet ".annotations[\"$MAPPINGS\"] = \"[{\\\"HostPort\\\":81,\\\"ContainerPort\\\":80}]\""
	create crun "$CONTAINER"
	refused "$KLEENE" "host port 81/tcp" "of the pod's sandbox"
}

# unreadable COMMAND TEXT - COMMAND spoils the sandbox's configuration, in $file below $directory
unreadable() {
	local directory file
	new_pod hostport . "$ASK | $hidden"
	directory=$(bundle_of "$SANDBOX")
	file=$directory/config.json
	eval "$1"
	forget_records
	create crun "$CONTAINER"
	refused "cannot tell whether ports are published: ask the administrator of the node"
	# which file it is stays on the node
	in_trail "cannot tell whether ports are published: " "$2"
	umount -q "$directory/shm" 2>/dev/null || true
	rm -rf "$CRIO_RUN/overlay-containers/$SANDBOX"
	mkdir -p "$directory/shm"
	mount -t tmpfs shm "$directory/shm"
	remove_pod
}
@test "a sandbox's configuration that cannot be trusted or read refuses" {
	policy "$ALLOW"
	unreadable 'rm "$file"' "does not exist"
	unreadable 'umount "$directory/shm"; rm -r "$CRIO_RUN/overlay-containers/$SANDBOX"' "does not exist"
	unreadable 'chown 1000 "$file"' "belongs to uid 1000"
	unreadable 'chmod 666 "$file"' "others than root can write it"
	unreadable 'chmod 777 "$directory"' "others than root can write it"
	unreadable 'mv "$file" "$directory/real"; ln -s real "$file"' "is not a regular file"
	unreadable 'umount "$directory/shm"; mv "$CRIO_RUN/overlay-containers/$SANDBOX" "$CRIO/elsewhere"
		ln -s "$CRIO/elsewhere" "$CRIO_RUN/overlay-containers/$SANDBOX"' "cannot open the bundle"
	rm -rf "$CRIO/elsewhere"
	unreadable 'echo "{" >"$file"' "JSON"
	unreadable 'jq ".annotations[\"$MAPPINGS\"] = \"80\"" "$CRIO/$SANDBOX.config" >"$file"' "is not readable"
	unreadable 'jq ".annotations[\"$MAPPINGS\"] = \"[{}\"" "$CRIO/$SANDBOX.config" >"$file"' "is not readable"
}

# A name that leads out of the directory of all containers is none.
@test "a sandbox's id that is none is not followed" {
	policy "$ALLOW"
	mkdir -p "$CRIO_RUN/userdata" "$CRIO_RUN/overlay-containers/x/userdata"
	jq -n --arg key "$MAPPINGS" '{annotations: {($key): "[{\"HostPort\":1,\"ContainerPort\":2}]"}}' |
		tee "$CRIO_RUN/userdata/config.json" >"$CRIO_RUN/overlay-containers/x/userdata/config.json"
	for id in .. ../overlay-containers/x x; do
		new_pod normal . "$ASK | $hidden | .annotations[\"io.kubernetes.cri-o.SandboxID\"] = \"$id\""
		create crun "$CONTAINER"
		[ "$(jq .pid <<<"$CREATED")" -gt 0 ]
		remove_pod
	done
	rm -r "$CRIO_RUN/userdata"
}

warned() {
	policy "${ALLOW/\"request\": \"allow\"/\"request\": \"allow\", \"publishedPorts\": \"warn\"}"
	new_pod hostport . "$ASK | $hidden"
	run --separate-stderr logged_create "$1" "$CONTAINER"
	expect_status 0
	[ "$(grep -c syslog: <<<"$output")" = 1 ]
	[[ $output == *"]: WARNING: Published ports are discarded when using host network mode: host port 18080/TCP is asked for by $MAPPINGS of the pod's sandbox"* ]]
	crio "$1" "$CONTAINER" "start ID"
	run look "$1"
	expect_locked
	remove_pod
	# one record, of a container that is not locked either
	new_pod hostnet ".annotations[\"$MAPPINGS\"] = \"[{\\\"HostPort\\\":81,\\\"ContainerPort\\\":80}]\"" "$WITH_ADMIN"
	run --separate-stderr logged_create "$1" "$CONTAINER"
	expect_status 0
	[ "$(grep -c syslog: <<<"$output")" = 1 ]
	expect_output "]: WARNING: Published ports are discarded when using host network mode: host port 81/tcp" \
		"; the container was left as it is: locking it would take capabilities away"
}
@test "crun: publishedPorts: warn: locked, and logged in docker's words" { warned crun; }
@test "runc: publishedPorts: warn: locked, and logged in docker's words" { warned runc; }

# --- the other command lines -----------------------------------------------------------------

# as without us: what it says and how it ends, times and process ids apart
the_same() {
	local runtime=$1 id=$2 with without
	without=$(crio "plain-$runtime" "$id" "${@:3}" 2>&1; echo "$?")
	with=$(crio "$runtime" "$id" "${@:3}" 2>&1; echo "$?")
	diff -u <(untimed "$without") <(untimed "$with")
}

untimed() { sed 's/^time="[^"]*"/time/' <<<"$1"; }

quietly() {
	run crio "$1" "$CONTAINER" "$2"
	expect_status 0
	[ -z "$output" ]
}

handed_on() {
	local word without with
	# CRI-O reads both together as JSON
	the_same "$1" x "RUNTIME features"
	for word in --version --help state; do
		without=$("$(runtime_path "plain-$1")" $word 2>&1; echo $?)
		with=$("$PROGRAMS/oci-hostnet-$1" $word 2>&1; echo $?)
		diff <(untimed "$without") <(untimed "$with")
	done
	new_pod hostnet
	started "$1" "$SANDBOX"
	started "$1" "$CONTAINER"
	the_same "$1" "$CONTAINER" "state ID"
	quietly "$1" "update --resources - ID" <<<'{"cpu":{"shares":4}}'
	[ "$(cat /sys/fs/cgroup/cpu/"$(jq -r .linux.cgroupsPath "$CRIO/$CONTAINER.config")"/cpu.shares)" = 4 ]
	# nothing of it loosens the lock
	run look "$1"
	expect_locked
	# the process keeps its output open
	crio "$1" "$CONTAINER" "exec --pid-file /tmp/pidfileN --process /tmp/exec-process-N --detach ID" \
		"$(captured_exec hostnet sleep 1000)" >"$CRIO/exec.log" 2>&1
	[ ! -s "$CRIO/exec.log" ]
	[ -e "/proc/$(cat "$CRIO/pidfile")" ]
	quietly "$1" "kill ID 15"
	quietly "$1" "kill ID KILL"
	wait_for 50 stopped "$1"
	the_same "$1" "$CONTAINER" "kill ID 15"
	quietly "$1" "delete --force ID"
	the_same "$1" "$CONTAINER" "state ID"
	run crio "$1" "$SANDBOX" "kill -a ID 9"
	expect_status 0
	[ -z "$output" ]
}
stopped() { [ "$(crio "$1" "$CONTAINER" "state ID" | jq -r .status)" = stopped ]; }
@test "crun: every other command line of CRI-O is handed on" { handed_on crun; }
@test "runc: every other command line of CRI-O is handed on" { handed_on runc; }

on_terminal() {
	new_pod hostnet . '.process.terminal = true | .process.args = ["sh", "-c", "tty; ifconfig lo:1 127.0.0.3; sleep 1000"]'
	create "$1" "$CONTAINER" -t
	[ "$(jq .pid <<<"$CREATED")" -gt 0 ]
	crio "$1" "$CONTAINER" "start ID"
	wait_for 50 grep -q "SIOCSIFADDR: Permission denied" "$CRIO/$CONTAINER.log"
	grep -q /dev/pts/ "$CRIO/$CONTAINER.log"
}
@test "crun: a terminal comes through conmon" { on_terminal crun; }
@test "runc: a terminal comes through conmon" { on_terminal runc; }
