# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# Pods of containerd's CRI plugin, asked for as a kubelet asks. Over containerd.bash.

# shellcheck disable=SC2154,SC2034
CONTAINERD_NAMESPACE=k8s.io
# the kubelet makes it, and removes it with the pod
PODS_CGROUP=$HOSTNET_TAG-ctr/pods
KUBELET=/var/lib/kubelet

require_cri() {
	require_containerd
	require_command crun runc curl nft iptables
	[ -x /usr/bin/python3 ] || missing "python3 is not installed"
	require_cni
}

cri_is_there() { (missing() { return 1; }; skip() { return 1; }; set -e; require_cri) >/dev/null 2>&1; }

# cri METHOD - the request on standard input
cri() { timeout -k 5 300 "$top_srcdir/tests/tools/cri.py" "$CONTAINERD/socket" "$1" 3>&-; }

# --- the daemon ----------------------------------------------------------------------

# handler NAME PROGRAM - a runtime handler of containerd's
handler() {
	cat <<-CONF
	[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.$1]
	  runtime_type = "io.containerd.runc.v2"
	  pod_annotations = ["io.oci-hostnet.*"]
	  container_annotations = ["io.oci-hostnet.*", "io.kubernetes.container.ports"]
	  [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.$1.options]
	    BinaryName = "$2"
	CONF
}

# No rlimit and no oom score can be raised on every machine that runs tests.
cri_config() {
	local name
	cat <<-CONF
	version = 2
	root = "$CONTAINERD/root"
	state = "$CONTAINERD/state"
	disabled_plugins = ["io.containerd.internal.v1.opt"]
	[grpc]
	  address = "$CONTAINERD/socket"
	[plugins."io.containerd.grpc.v1.cri"]
	  sandbox_image = "localhost/pause:latest"
	  restrict_oom_score_adj = true
	  disable_apparmor = true
	CONF
	for name in crun runc plain-crun plain-runc; do handler "$name" "$(runtime_path "$name")"; done
}

setup_cri() {
	mkdir -p "$CONTAINERD"
	start_syslog
	private_cni
	mkdir -p "$KUBELET" "$CONTAINERD/logs"
	mkdir -p "$CONTAINERD/tree/etc/containerd"
	cri_config >"$CONTAINERD/tree/etc/containerd/config.toml"
	# the handler oci-hostnet, for what has not been installed
	"$PROGRAMS/oci-hostnet" configure containerd --root "$CONTAINERD/tree" >/dev/null
	sed "s|\"[^\"]*/oci-hostnet-runtime\"|\"$PROGRAMS/oci-hostnet-runtime\"|" "$CONTAINERD/tree/etc/containerd/config.toml" >"$CONTAINERD/config.toml"
	start_containerd
	[ -d "$HOSTNET_TEST_DIR/rootfs" ] || make_rootfs "$HOSTNET_TEST_DIR/rootfs"
	make_image "$CONTAINERD/image"
	any_ctr image import "$CONTAINERD/image.tar" >/dev/null
	any_ctr image tag "$IMAGE" localhost/pause:latest >/dev/null
	# The bridge, the tables and all else that outlives one pod.
	wait_for 100 cri_ready
	first_pod plain-crun
	first_pod plain-runc
	keep_bridge
	remember_cri
}

stop_cri() {
	if [ -e "$CONTAINERD/pid" ]; then stop_containerd; fi
}

cri_ready() { echo '{}' | cri Status | jq -e 'all(.status.conditions[]; .status)' >/dev/null; }

first_pod() {
	local pod
	pod=$(pod "$1" "$HOST_PORT")
	container_in "$pod" >/dev/null
	remove_pods
}

# --- what a kubelet asks for ---------------------------------------------------------

# jq expressions for pod and container_in
{
HOST_NETWORK='.linux.security_context.namespace_options.network = "NODE" | del(.hostname)'
HOST_PORT='.port_mappings = [{container_port: 80, host_port: 18080}]'
ASKS='.annotations["io.oci-hostnet.network"] = "host"'
PRIVILEGED='.linux.security_context.privileged = true'
CONTAINER_PORTS='.annotations["io.kubernetes.container.ports"] = "[{\"name\":\"http\",\"hostPort\":18080,\"containerPort\":80,\"protocol\":\"TCP\"}]"'
}

# namespace TYPE MODE, lock LOCK - for pod
namespace() { echo ".linux.security_context.namespace_options.$1 = \"$2\""; }
lock() { echo ".annotations[\"io.oci-hostnet.lock\"] = \"$1\""; }

# capabilities ADD DROP - for container_in, each a list with blanks
capabilities() {
	jq -nr --arg add "$1" --arg drop "$2" \
		'".linux.security_context.capabilities = \({add_capabilities: ($add | split(" ")), drop_capabilities: ($drop | split(" "))})"'
}

# volume HOST CONTAINER [PROPAGATION] - for container_in
volume() { echo ".mounts += [{host_path: \"$1\", container_path: \"$2\", propagation: \"PROPAGATION_${3:-PRIVATE}\"}]"; }

# pod_config NAME - source: kubelet, kuberuntime_sandbox.go: the sandbox's own seccomp profile is
# the default one whatever the pod says
pod_config() {
	jq -n --arg name "$1" --arg logs "$CONTAINERD/logs" --arg cgroup "/$PODS_CGROUP" '{
		metadata: {name: $name, uid: "uid-\($name)", namespace: "tests", attempt: 0},
		hostname: $name,
		log_directory: $logs,
		labels: {"io.kubernetes.pod.name": $name, "io.kubernetes.pod.namespace": "tests", "io.kubernetes.pod.uid": "uid-\($name)"},
		annotations: {"kubernetes.io/config.source": "api"},
		linux: {
			cgroup_parent: $cgroup,
			security_context: {
				namespace_options: {network: "POD", pid: "CONTAINER", ipc: "POD"},
				seccomp: {profile_type: "RuntimeDefault"}
			}
		}
	}'
}

# container_config ATTEMPT - of the pod on standard input; its command comes later. Source: kubelet,
# kuberuntime_container.go and securitycontext/util.go
container_config() {
	jq --argjson attempt "$1" --arg image "$IMAGE" '.labels as $labels | {
		metadata: {name: "main", attempt: $attempt},
		image: {image: $image},
		labels: ($labels + {"io.kubernetes.container.name": "main"}),
		annotations: {
			"io.kubernetes.container.hash": "1234abcd",
			"io.kubernetes.container.restartCount": "\($attempt)",
			"io.kubernetes.container.terminationMessagePath": "/dev/termination-log",
			"io.kubernetes.container.terminationMessagePolicy": "File",
			"io.kubernetes.pod.terminationGracePeriod": "30"
		},
		log_path: "main-\(.metadata.name)-\($attempt).log",
		linux: {
			resources: {oom_score_adj: 1000},
			security_context: {
				namespace_options: .linux.security_context.namespace_options,
				seccomp: {profile_type: "Unconfined"},
				masked_paths: ["/proc/asound", "/proc/acpi", "/proc/kcore", "/proc/keys", "/proc/latency_stats",
					"/proc/timer_list", "/proc/timer_stats", "/proc/sched_debug", "/proc/scsi", "/sys/firmware"],
				readonly_paths: ["/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"]
			}
		}
	}'
}

# pod RUNTIME [JQ] - a sandbox under the handler RUNTIME; prints its id
pod() {
	local config id
	config=$(mktemp "$HOSTNET_TEST_DIR/tmp/pod.XXXXXX")
	pod_config "pod-${config##*.}" | jq "${2:-.}" >"$config"
	id=$(jq --arg handler "$1" '{config: ., runtime_handler: $handler}' "$config" | cri RunPodSandbox | jq -r .pod_sandbox_id) || return
	[ -n "$id" ] || return 1
	mv "$config" "$CONTAINERD/pod-$id"
	echo "$id"
}

# container_in POD [JQ] [COMMAND...] - created and started; prints its id
container_in() {
	local id
	id=$(create_in "$@") || return
	start_container "$id" || return
	echo "$id"
}

start_container() { jq -n --arg id "$1" '{container_id: $id}' | cri StartContainer >/dev/null; }

create_in() {
	local command=("${@:3}") attempt
	[ $# -gt 2 ] || command=(sleep 1000)
	attempt=$(cat "$CONTAINERD/pod-$1.attempts" 2>/dev/null || echo 0)
	echo $((attempt + 1)) >"$CONTAINERD/pod-$1.attempts"
	container_config "$attempt" <"$CONTAINERD/pod-$1" | jq "${2:-.}" |
		jq --argjson command "$(words "${command[@]}")" --slurpfile pod "$CONTAINERD/pod-$1" --arg id "$1" \
			'{pod_sandbox_id: $id, sandbox_config: $pod[0], config: (.command = $command)}' |
		cri CreateContainer | jq -er .container_id
}

# inside CONTAINER COMMAND... - ExecSync: what it wrote, and its exit code
inside() {
	local answer
	answer=$(jq -n --arg id "$1" --argjson cmd "$(words "${@:2}")" '{container_id: $id, cmd: $cmd, timeout: 30}' | cri ExecSync) || return 255
	jq -rj '.stdout, .stderr' <<<"$answer"
	return "$(jq .exit_code <<<"$answer")"
}

status_in() { jq -n --arg id "$1" '{container_id: $id}' | cri ContainerStatus; }
has_state() { [ "$(status_in "$1" | jq -r .status.state)" = "$2" ]; }

pod_address() { jq -n --arg id "$1" '{pod_sandbox_id: $id}' | cri PodSandboxStatus | jq -r .status.network.ip; }

# the first process, on this host
pid_of() { any_ctr task ls | awk -v id="$1" '$1 == id { print $2 }'; }

stop_container() { jq -n --arg id "$1" --argjson timeout "${2:-0}" '{container_id: $id, timeout: $timeout}' | cri StopContainer >/dev/null; }
remove_container() { jq -n --arg id "$1" '{container_id: $id}' | cri RemoveContainer >/dev/null; }
stop_pod() { jq -n --arg id "$1" '{pod_sandbox_id: $id}' | cri StopPodSandbox >/dev/null; }
remove_pod() { jq -n --arg id "$1" '{pod_sandbox_id: $id}' | cri RemovePodSandbox >/dev/null; }

remove_pods() {
	local id
	for id in $(echo '{}' | cri ListPodSandbox | jq -r '.items[].id'); do
		stop_pod "$id" && remove_pod "$id"
		rm -f "$CONTAINERD/pod-$id"*
	done
}

# --- what is left --------------------------------------------------------------------

# (a daemon that was started again is no child of the tests any more)
cri_state() {
	whole_host_state | sed '/^containerd$/d'
	engine_state
	find "$CONTAINERD/ips" /var/lib/cni -type f ! -name lock ! -name 'last_reserved_ip*' | sort
	ls "$CONTAINERD/state/io.containerd.grpc.v1.cri"/*
}
remember_cri() { cri_state >"$HOSTNET_TEST_DIR/cri-before"; }
same_cri() {
	cri_state >"$HOSTNET_TEST_DIR/cri-after"
	diff -u "$HOSTNET_TEST_DIR/cri-before" "$HOSTNET_TEST_DIR/cri-after"
}
# What a start that failed has left is there until containerd's garbage collector comes, which may be
# never while nothing else happens: a lease that is deleted synchronously calls it.
collect_garbage() {
	local lease=gc-$RANDOM$RANDOM
	any_ctr leases create --id "$lease" >/dev/null && any_ctr leases delete --sync "$lease" >/dev/null
}
clean_cri() { collect_garbage; same_cri; }
cri_unchanged() { wait_for 150 clean_cri >/dev/null 2>&1 || same_cri; }
