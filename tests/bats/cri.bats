#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Pods under containerd's CRI plugin, with oci-hostnet-crun and oci-hostnet-runc behind a runtime
# handler of their own, as a RuntimeClass chooses it.

load helpers
load containerd
load syslog
load cri

setup_file() {
	require_program oci-hostnet oci-hostnet-crun oci-hostnet-runc oci-hostnet-runtime
	cri_is_there || return 0
	setup_cri
}

teardown_file() { stop_cri; }

setup() {
	require_cri
	no_policy
	forget_records
}

# every test ends with this
teardown() {
	# skipped: nothing was set up
	[ -e "$HOSTNET_TEST_DIR/cri-before" ] || return 0
	remove_pods || true
	no_policy
	sysctl -qw net.ipv4.ip_unprivileged_port_start=1024
	# crun gives the standard input of an exec to its user, the host's /dev/null too; without us as well
	chown 0:0 /dev/null
	cri_unchanged || { remember_cri; return 1; }
}

ALLOW='{"version": 1, "default": {"request": "allow"}}'

# of what LOOK says
expect_locked() {
	expect_status 0
	expect_output "$(readlink /proc/self/ns/net)" "inet 10.98.0.1/24" \
		"RTNETLINK answers: Operation not permitted" "ifconfig: SIOCSIFADDR: Permission denied" \
		"ip_forward: Read-only file system" END
}

# configuration ID... - of the bundles, without what differs from pod to pod
configuration() {
	local id
	for id; do cat "$(bundle_of "$id")/config.json"; echo; done |
		sed -E 's/[0-9a-f]{64}/ID/g; s/pod-[A-Za-z0-9]{6}/POD/g; s:/proc/[0-9]+/ns/:/proc/PID/ns/:g; s:cni-[-0-9a-f]{36}:CNI:g'
}

# untouched RUNTIME POD-JQ CONTAINER-JQ - each bundle is what containerd wrote: as containerd keeps it, and
# byte for byte as for the runtime without us. Leaves POD and CONTAINER, ours.
untouched() {
	local runtime id
	for runtime in "plain-$1" "$1"; do
		POD=$(pod "$runtime" "$2")
		CONTAINER=$(container_in "$POD" "$3")
		configuration "$POD" "$CONTAINER" >"$HOSTNET_TEST_DIR/tmp/$runtime.json"
		inside "$CONTAINER" sh -c 'grep -h ^Cap /proc/1/status /proc/self/status; grep -h ^Seccomp: /proc/1/status; readlink /proc/self/ns/user' \
			>"$HOSTNET_TEST_DIR/tmp/$runtime.seen"
		[ "$runtime" = "$1" ] || remove_pods
	done
	cmp "$HOSTNET_TEST_DIR/tmp/plain-$1.json" "$HOSTNET_TEST_DIR/tmp/$1.json"
	diff "$HOSTNET_TEST_DIR/tmp/plain-$1.seen" "$HOSTNET_TEST_DIR/tmp/$1.seen"
	[ "$(grep -c ^Cap "$HOSTNET_TEST_DIR/tmp/$1.seen")" = 10 ]
	for id in "$POD" "$CONTAINER"; do
		any_ctr container info "$id" | jq -S .Spec | diff - <(jq -S . "$(bundle_of "$id")/config.json")
	done
}

# --- left alone ----------------------------------------------------------------------

SERVE='while :; do echo "from the pod" | nc -l -p 80; done'

# through the bridge, and through the port of the host
serves() { [ "$(timeout 2 busybox nc -w 1 "$(pod_address "$1")" 80 </dev/null)" = "from the pod" ]; }
serves_port() { [ "$(timeout 2 ip netns exec lan busybox nc -w 1 10.98.0.1 18080 </dev/null)" = "from the pod" ]; }

plain() {
	untouched "$1" "$HOST_PORT" "$CONTAINER_PORTS"
	container_in "$POD" . sh -c "$SERVE" >/dev/null
	wait_for 50 serves "$POD"
	wait_for 50 serves_port
	run inside "$CONTAINER" sh -c 'readlink /proc/self/ns/net; ip -o addr; exit 3'
	expect_status 3
	expect_output "inet $(pod_address "$POD")/24"
	[[ $output != *"$(readlink /proc/self/ns/net)"* ]]
	records 0
}
@test "crun: a plain pod is left alone, byte for byte, and has its network and its port" { plain crun; }
@test "runc: a plain pod is left alone, byte for byte, and has its network and its port" { plain runc; }

# CRI's default capabilities have NET_RAW and MKNOD, which a lock takes
reported() {
	untouched "$1" "$HOST_NETWORK" .
	run inside "$CONTAINER" readlink /proc/self/ns/net
	[ "$output" = "$(readlink /proc/self/ns/net)" ]
	records 2 "a container has the host's network and was left as it is"
}
@test "crun: so is one on the host's network, and reported: one record for each container" { reported crun; }
@test "runc: so is one on the host's network, and reported: one record for each container" { reported runc; }

# --- asking --------------------------------------------------------------------------

refused_by_default() {
	run pod "$1" "$ASKS"
	expect_status 1
	expect_output "RunPodSandbox: failed to create containerd task: failed to create shim task: OCI runtime create failed: the annotation" \
		"\`io.oci-hostnet.network=host\` is refused in Kubernetes, where Services and probes would keep using the pod's address: use \`hostNetwork: true\`"
	[ "$(echo '{}' | cri ListPodSandbox | jq '.items | length')" = 0 ]
	# before anything is removed
	cri_unchanged
	run pod "$1" "$(lock strict)"
	expect_output "the container neither asks for the host's network nor has it"
	run pod "$1" "$HOST_NETWORK"' | .annotations["io.oci-hostnet.lok"] = "strict"'
	expect_output "\`io.oci-hostnet.lok\` is not known to oci-hostnet"
	records 0
}
@test "crun: a pod that asks is refused in Kubernetes, and the kubelet reads why" { refused_by_default crun; }
@test "runc: a pod that asks is refused in Kubernetes, and the kubelet reads why" { refused_by_default runc; }

# The whole pod: the sandbox, whose namespace has a path of CNI's, and what joins it.
allowed() {
	local pod container
	policy "$2"
	pod=$(pod "$1" "$ASKS | ${3-.}")
	container=$(container_in "$pod" . sh -c "$SERVE")
	[ "$(readlink "/proc/$(pid_of "$pod")/ns/net")" = "$(readlink /proc/self/ns/net)" ]
	run inside "$container" sh -c "$LOOK"
	expect_locked
	audited "$pod" "${4-locked}"
	audited "$container" "${4-locked}"
	serves_host() { [ "$(timeout 2 ip netns exec lan busybox nc -w 1 10.98.0.1 80 </dev/null)" = "from the pod" ]; }
	wait_for 50 serves_host
	records 0
}
@test "crun: where the policy allows it the whole pod is on the host's network, and locked" { allowed crun "$ALLOW"; }
@test "runc: where the policy allows it the whole pod is on the host's network, and locked" { allowed runc "$ALLOW"; }

# The host keeps its own, and the pod the others.
with_sysctls() {
	local pod
	policy "$ALLOW"
	pod=$(pod "$1" "$ASKS"' | .linux.sysctls = {"net.ipv4.ip_unprivileged_port_start": "0", "kernel.shmmax": "1000000"}')
	run inside "$(container_in "$pod")" cat /proc/sys/kernel/shmmax /proc/sys/net/ipv4/ip_unprivileged_port_start
	[ "$output" = $'1000000\n1024' ]
	[ "$(cat /proc/sys/net/ipv4/ip_unprivileged_port_start)" = 1024 ]
}
@test "crun: sysctls of the pod's network are not the host's" { with_sysctls crun; }
@test "runc: sysctls of the pod's network are not the host's" { with_sysctls runc; }

# where no port below 1024 can be bound
allowed_userns() {
	sysctl -qw net.ipv4.ip_unprivileged_port_start=80
	allowed "$1" "$ALLOW" "$(lock "$2")" "by construction"
}
@test "crun: under userns too, with the ports that are open to everybody" { allowed_userns crun userns; }
@test "runc: under userns too, with the ports that are open to everybody" { allowed_userns runc strict+userns; }

# containerd writes it, behind the annotations of the pod
FOR_NAMESPACE='{"version": 1, "rules": [{"when": {"annotations": {"io.kubernetes.cri.sandbox-namespace": "tests"}}, "request": "allow"}]}'
@test "crun: a policy can allow it in one namespace of Kubernetes" {
	allowed crun "$FOR_NAMESPACE"
	run pod crun "$ASKS"' | .metadata.namespace = "others" | .annotations["io.kubernetes.cri.sandbox-namespace"] = "tests"'
	expect_status 1
	expect_output "is refused in Kubernetes"
}

# without the pod; a kubelet asks for no such thing
alone() {
	local pod
	policy "$ALLOW"
	pod=$(pod "$1" .)
	run container_in "$pod" "$ASKS"
	expect_status 1
	expect_output "StartContainer: " "the network of the container is its pod's: use \`hostNetwork: true\` in the pod"
	in_trail "the network namespace \`/proc/$(pid_of "$pod")/ns/net\` in /linux/namespaces is another container's: set host networking on the pod"
	run inside "$(container_in "$pod")" ip -o addr
	expect_output "inet $(pod_address "$pod")/24"
}
@test "crun: one container of a pod cannot ask for it" { alone crun; }
@test "runc: one container of a pod cannot ask for it" { alone runc; }

# A mapping stands in the request for the sandbox only, which never reaches a runtime; the kubelet
# writes it on the container too.
with_ports() {
	local pod
	policy "$ALLOW"
	pod=$(pod "$1" "$ASKS | $HOST_PORT")
	run container_in "$pod" "$CONTAINER_PORTS"
	expect_status 1
	expect_output "StartContainer: " "cannot publish ports of a container using the 'host' network driver: host port 18080/TCP" "io.kubernetes.container.ports"
	# on the host's network every port is the host's, and the kubelet says so
	run container_in "$pod" "${CONTAINER_PORTS//18080/80}"
	expect_status 0
}
@test "crun: a hostPort together with it is refused, and the kubelet reads why" { with_ports crun; }
@test "runc: a hostPort together with it is refused, and the kubelet reads why" { with_ports runc; }

# Under the handler that `oci-hostnet configure containerd` writes, with the policy's runtime.
registered() {
	local pod container
	policy '{"version": 1, "runtime": "'"$(runtime_path "plain-$1")"'", "default": {"request": "allow"}}'
	pod=$(pod oci-hostnet "$ASKS")
	container=$(container_in "$pod")
	[ -e "/run/containerd/runc/k8s.io/$container/$2" ]
	run inside "$container" sh -c "$LOOK"
	expect_locked
	run container_in "$pod" "$CONTAINER_PORTS"
	expect_status 1
	expect_output "cannot publish ports of a container using the 'host' network driver"
	pod=$(pod oci-hostnet .)
	run inside "$(container_in "$pod" "$CONTAINER_PORTS")" ip -o addr
	expect_output "inet $(pod_address "$pod")/24"
}
@test "crun: as registered by configure it does the same" { registered crun status; }
@test "runc: as registered by configure it does the same" { registered runc state.json; }

# --- the host's network of Kubernetes ------------------------------------------------

# has_lock RUNTIME POD-JQ VERDICT
has_lock() {
	local pod container
	pod=$(pod "$1" "$HOST_NETWORK | $2")
	container=$(container_in "$pod" .)
	run inside "$container" sh -c "$LOOK"
	expect_locked
	if [ "$3" = "by construction" ]; then expect_user_namespace; fi
	audited "$pod" "$3"
	audited "$container" "$3"
	remove_pods
}

# in_force RUNTIME LOCK VERDICT - by the pod, by the policy
in_force() {
	has_lock "$1" "$(lock "$2")" "$3"
	policy '{"version": 1, "default": {"inherit": "lock", "lock": "'"$2"'"}}'
	has_lock "$1" . "$3"
	records 0
}
@test "crun: hostNetwork under the lock standard, as the pod or the policy says" { in_force crun standard locked; }
@test "runc: hostNetwork under the lock standard, as the pod or the policy says" { in_force runc standard locked; }
@test "crun: hostNetwork under the lock strict, as the pod or the policy says" { in_force crun strict locked; }
@test "runc: hostNetwork under the lock strict, as the pod or the policy says" { in_force runc strict locked; }
@test "crun: hostNetwork under the lock userns, as the pod or the policy says" { in_force crun userns "by construction"; }
@test "runc: hostNetwork under the lock userns, as the pod or the policy says" { in_force runc userns "by construction"; }
@test "crun: hostNetwork under strict+userns, as the pod or the policy says" { in_force crun strict+userns "by construction"; }
@test "runc: hostNetwork under strict+userns, as the pod or the policy says" { in_force runc strict+userns "by construction"; }

# pod, container: the sandbox's user namespace is the pod's
user_namespace_of() { readlink "/proc/$(pid_of "$1")/ns/user"; }

# with NODE a container joins the namespace of the sandbox, which is the host's
shares() {
	local pod container
	pod=$(pod "$1" "$HOST_NETWORK | $(lock userns) | $(namespace pid POD)")
	container=$(container_in "$pod")
	[ "$(user_namespace_of "$pod")" = "$(user_namespace_of "$container")" ]
	run inside "$container" sh -c "ps; $LOOK"
	expect_locked
	expect_user_namespace
	expect_output "1 root     sleep 100000"
	audited "$container" "by construction"
	remove_pods
	pod=$(pod "$1" "$HOST_NETWORK | $(lock userns) | $(namespace pid NODE)")
	container=$(container_in "$pod")
	[ "$(user_namespace_of "$pod")" = "$(user_namespace_of "$container")" ]
	run inside "$container" sh -c "readlink /proc/self/ns/pid; $LOOK"
	expect_locked
	expect_user_namespace
	expect_output "$(readlink /proc/self/ns/pid)"
	# the host's processes are named as a way around it
	audited "$container" open
}
@test "crun: hostNetwork under userns, with the pod's processes or the host's" { shares crun; }
@test "runc: hostNetwork under userns, with the pod's processes or the host's" { shares runc; }

# --- nothing to lose -----------------------------------------------------------------

# The sandbox has CRI's default capabilities whatever the container has.
loses_nothing() {
	local pod container
	pod=$(pod "$1" "$HOST_NETWORK")
	container=$(container_in "$pod" "$(capabilities NET_BIND_SERVICE ALL)")
	run inside "$container" sh -c "$LOOK"
	expect_locked
	run inside "$container" grep CapBnd /proc/self/status
	[ "$output" = $'CapBnd:\t0000000000000400' ]
	audited "$container" locked
	# without NET_RAW and MKNOD, under the default profile, as another user
	container=$(container_in "$pod" "$(capabilities '' 'NET_RAW MKNOD')"' | .linux.security_context.seccomp.profile_type = "RuntimeDefault"
		| .linux.security_context.run_as_user = {value: 33}')
	run inside "$container" sh -c "$LOOK; id -u"
	expect_output "$(readlink /proc/self/ns/net)" "RTNETLINK answers: Operation not permitted" "ifconfig: SIOCSIFADDR: Permission denied" $'END\n33'
	audited "$container" locked
	# under a profile of the node's own, which permits everything
	echo '{"defaultAction": "SCMP_ACT_ALLOW"}' >"$CONTAINERD/profile.json"
	container=$(container_in "$pod" "$(capabilities '' 'NET_RAW MKNOD') | .linux.security_context.seccomp = {profile_type: \"Localhost\", localhost_ref: \"$CONTAINERD/profile.json\"}")
	run inside "$container" sh -c "$LOOK"
	expect_locked
	audited "$container" locked
	records 1 "a container has the host's network and was left as it is"
}
@test "crun: hostNetwork without asking is locked where no capability is lost, after exec too" { loses_nothing crun; }
@test "runc: hostNetwork without asking is locked where no capability is lost, after exec too" { loses_nothing runc; }

# --- the pods of a node --------------------------------------------------------------

# kubeadm's kube-proxy: its iptables, conntrack sysctls
kube_proxy() {
	untouched "$1" "$HOST_NETWORK | $PRIVILEGED" "$PRIVILEGED | $(volume /lib/modules /lib/modules) | .mounts[0].readonly = true | $(volume /run/lock /run/lock)"
	run inside "$CONTAINER" sh -c 'sysctl -w net.ipv4.ip_default_ttl=65 && iptables -t nat -N KUBE-TEST && echo added'
	expect_status 0
	expect_output added
	iptables-save -t nat 2>/dev/null | grep KUBE-TEST
	[ "$(cat /proc/sys/net/ipv4/ip_default_ttl)" = 65 ]
	run inside "$CONTAINER" sh -c 'iptables -t nat -X KUBE-TEST && sysctl -w net.ipv4.ip_default_ttl=64'
	expect_status 0
	records 2 "a container has the host's network and was left as it is"
}
@test "crun: one like kube-proxy starts unchanged, works, and is reported once" { kube_proxy crun; }
@test "runc: one like kube-proxy starts unchanged, works, and is reported once" { kube_proxy runc; }

# flannel's, calico's: what the host mounts later arrives, and interfaces are made
cni_agent() {
	mkdir -p /run/late
	untouched "$1" "$HOST_NETWORK" "$(capabilities 'NET_ADMIN NET_RAW' '') | $(volume /run /host/run HOST_TO_CONTAINER)
		| $(volume /lib/modules /lib/modules) | .mounts[1].readonly = true | $(volume /opt/cni/bin /host/opt/cni/bin)"
	mount -t tmpfs late /run/late
	touch /run/late/arrived
	run inside "$CONTAINER" sh -c 'ls /host/run/late /host/opt/cni/bin/bridge; /bin/ip link add agent0 type veth peer name agent1 && /bin/ip link set agent0 up && echo made'
	umount /run/late
	rmdir /run/late
	expect_output arrived /host/opt/cni/bin/bridge made
	ip link show agent1
	run inside "$CONTAINER" /bin/ip link del agent0
	expect_status 0
	records 2 "a container has the host's network and was left as it is"
}
@test "crun: one like a CNI agent's starts unchanged, works, and is reported once" { cni_agent crun; }
@test "runc: one like a CNI agent's starts unchanged, works, and is reported once" { cni_agent runc; }

# what it mounts comes out on the host
csi_plugin() {
	mkdir -p "$KUBELET/pods/volume"
	untouched "$1" "$HOST_NETWORK | $PRIVILEGED" "$PRIVILEGED | $(volume "$KUBELET" "$KUBELET" BIDIRECTIONAL) | $(volume /dev /dev)"
	run inside "$CONTAINER" sh -c "mount -t tmpfs volume $KUBELET/pods/volume && touch $KUBELET/pods/volume/from-inside"
	expect_status 0
	[ -e "$KUBELET/pods/volume/from-inside" ]
	run inside "$CONTAINER" umount "$KUBELET/pods/volume"
	expect_status 0
	rm -r "$KUBELET/pods"
	records 2 "a container has the host's network and was left as it is"
}
@test "crun: one like a CSI node plugin's starts unchanged, works, and is reported once" { csi_plugin crun; }
@test "runc: one like a CSI node plugin's starts unchanged, works, and is reported once" { csi_plugin runc; }

# --- exec ----------------------------------------------------------------------------

# containerd takes an exec's process from the configuration it keeps, which was never locked
attacked() {
	local pod
	policy "$ALLOW"
	pod=$(pod "$1" "$PRIVILEGED | $2")
	CONTAINER=$(container_in "$pod" "$PRIVILEGED")
	run inside "$CONTAINER" sh -c "$ATTACKS"
	expect_status 0
	[ "${#lines[@]}" -eq 82 ]
}
attacks_fail() {
	attacked "$1" "$ASKS"
	attacks_end 'EACCES|EPERM|EROFS'
	any_ctr container info "$CONTAINER" | jq -e '.Spec.process.capabilities.bounding | index("CAP_NET_ADMIN")'
	run inside "$CONTAINER" sh -c 'grep -h ^Cap /proc/1/status; echo; grep -h ^Cap /proc/self/status'
	expect_status 0
	[ "${output%%$'\n\n'*}" = "${output##*$'\n\n'}" ]
	[[ $output == *CapBnd:* ]]
}
@test "crun: no attack from an exec in a privileged container changes the host" { attacks_fail crun; }
@test "runc: no attack from an exec in a privileged container changes the host" { attacks_fail runc; }

# --- lives ---------------------------------------------------------------------------

# A container that ends is created again in the same sandbox.
crashes() {
	local pod container
	pod=$(pod "$1" "$HOST_NETWORK | $2")
	container=$(container_in "$pod" . sh -c 'exit 3')
	wait_for 50 has_state "$container" CONTAINER_EXITED
	[ "$(status_in "$container" | jq .status.exit_code)" = 3 ]
	remove_container "$container"
	container=$(container_in "$pod" . sh -c 'trap "exit 7" TERM; while :; do sleep 0.1; done')
	run inside "$container" sh -c "$LOOK"
	expect_locked
	# the shim and the runtime know what a new daemon asks them
	stop_containerd
	start_containerd
	wait_for 100 cri_ready
	run inside "$container" sh -c "$LOOK"
	expect_locked
	stop_container "$container" 10
	[ "$(status_in "$container" | jq .status.exit_code)" = 7 ]
	remove_container "$container"
	# killed behind its back, with the sandbox
	container=$(container_in "$pod")
	kill -KILL "$(pid_of "$container")" "$(pid_of "$pod")"
	wait_for 50 has_state "$container" CONTAINER_EXITED
}
@test "crun: a crash, another start, a new daemon, and an end; nothing is left" { crashes crun "$(lock standard)"; }
@test "runc: a crash, another start, a new daemon, and an end; nothing is left" { crashes runc "$(lock standard)"; }
@test "crun: the same under userns" { crashes crun "$(lock userns)"; }
@test "runc: the same under userns" { crashes runc "$(lock userns)"; }

# One container of a pod is refused, by a runtime or by us, and the pod goes on.
one_fails() {
	local pod container
	pod=$(pod "$1" "$HOST_NETWORK | $(lock strict)")
	container=$(create_in "$pod" "$(volume /run /host/run)")
	run start_container "$container"
	expect_status 1
	expect_output "StartContainer: failed to create containerd task: failed to create shim task: OCI runtime create failed: a volume of the container brings a directory of the host along that is the host's own: leave it out"
	in_trail "the mount at \`/host/run\` brings the host's"
	status_in "$container" | jq -e '.status | .state == "CONTAINER_EXITED" and .reason == "StartError" and (.message | contains("a volume of the container brings a directory of the host along"))'
	run container_in "$pod" . /no/such/program
	expect_status 1
	expect_output /no/such/program
	container=$(container_in "$pod")
	run inside "$container" sh -c "$LOOK"
	expect_locked
}
@test "crun: a container that cannot start says why, and the pod goes on" { one_fails crun; }
@test "runc: a container that cannot start says why, and the pod goes on" { one_fails runc; }
