#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# What real engines make of what oci-hostnet configure writes.
bats_require_minimum_version 1.5.0
load helpers
load configure
load podman

# The test host is the machine: /etc is a layer above its own, and the programs are where they
# would be installed.
setup_file() {
	require_program oci-hostnet oci-hostnet-runtime oci-hostnet-hook
	setup_root
	local layer=$HOSTNET_TEST_DIR/etc-layer name
	mkdir -p "$layer"/{upper,work} "$sbindir"
	mount -t overlay overlay -o "lowerdir=/etc,upperdir=$layer/upper,workdir=$layer/work" /etc
	mount -t tmpfs -o mode=0755 tmpfs "$sbindir"
	install "$PROGRAMS"/oci-hostnet-{runtime,hook} "$sbindir"
	for name in crun runc; do ln -s oci-hostnet-runtime "$sbindir/oci-hostnet-$name"; done
	# the programs of packages that are only unpacked
	PATH=$top_srcdir/tests/.packages/docker.io/usr/sbin:$top_srcdir/tests/.packages/docker.io/usr/bin:$top_srcdir/tests/.packages/containerd/usr/bin:$PATH
	export PATH own sbindir
	command -v podman >/dev/null || return 0
	setup_podman
	# the administrator's own file, with what this machine needs and nothing of ours
	mkdir -p /etc/containers
	sed '/^runtime_supports_json/d; /^\[engine.runtimes\]/,$d' "$CONTAINERS_CONF" >/etc/containers/containers.conf
	remember_whole_host
}

setup() {
	root=/
	unset CONTAINERS_CONF
}

teardown() {
	stop_dockerd
	if command -v podman >/dev/null; then
		any_podman rm -fa -t 0 >/dev/null 2>&1 || true
		whole_host_unchanged
	fi
	for engine in $ENGINES; do "$HOSTNET" configure "$engine" --undo >/dev/null; done
}

# --- podman --------------------------------------------------------------------------

LOOK='ip -o addr; ifconfig lo:1 127.0.0.3; ip addr add 127.0.0.4/8 dev lo; grep CapBnd /proc/self/status; echo END'
ASK=(--annotation io.oci-hostnet.network=host)
OURS=(--runtime oci-hostnet-runtime --)

# podman_run [GLOBAL-OPTION... --] OPTION... - as somebody who only has the engine's own files
podman_run() { with_options "$@"; }

expect_locked() {
	expect_status 0
	expect_output "inet 10.98.0.1/24" "ifconfig: SIOCSIFADDR: Permission denied" "Operation not permitted" END
}

configured() {
	require_command podman conmon
	"$HOSTNET" configure podman
}

@test "podman: a container that asks is locked, under our runtime and, by the hooks, under its own" {
	configured
	for runtime in oci-hostnet-runtime oci-hostnet-crun oci-hostnet-runc crun runc; do
		run podman_run --runtime "$runtime" -- --rm "${ASK[@]}" localhost/bb sh -c "$LOOK"
		expect_locked
	done
	run podman_run -- --rm "${ASK[@]}" localhost/bb sh -c "$LOOK"
	expect_locked
}

@test "podman: exec gets no more under our runtime, and everything under its own, as the message says" {
	configured
	podman_run "${OURS[@]}" -d --name ours "${ASK[@]}" localhost/bb sleep 1000
	run any_podman exec --privileged ours sh -c "$LOOK"
	expect_locked
	podman_run -- -d --name theirs "${ASK[@]}" localhost/bb sleep 1000
	run crun exec --cap CAP_NET_ADMIN "$(any_podman inspect --format '{{.Id}}' theirs)" ip addr add 127.0.0.9/8 dev lo
	expect_status 0
	ip addr del 127.0.0.9/8 dev lo
	"$HOSTNET" configure podman --undo
	run "$HOSTNET" configure podman
	expect_output "under another runtime the hooks lock the start, and \`podman exec\` stays open"
}

# heard COMMAND... - with what comes to syslog meanwhile. /dev is the machine's: one of its own.
heard() {
	forget_trail
	[ -x "$HOSTNET_TEST_DIR/devlog" ] || gcc -static -o "$HOSTNET_TEST_DIR/devlog" "$top_srcdir/tests/tools/devlog.c"
	unshare -m --propagation private sh -c '
		mkdir -p "$0" && mount --rbind /dev "$0" && mount -t tmpfs tmpfs /dev
		for node in null zero full random urandom tty; do touch "/dev/$node" && mount --bind "$0/$node" "/dev/$node"; done
		for place in shm pts; do mkdir "/dev/$place" && mount --bind "$0/$place" "/dev/$place"; done
		exec "$@"' "$HOSTNET_TEST_DIR/tmp/machine-dev" "$HOSTNET_TEST_DIR/devlog" "$@"
}

@test "podman: the system log says which containers' exec is not guarded" {
	configured
	podman=("$(command -v podman)" "${PODMAN[@]:1}")
	for runtime in crun runc; do
		run heard "${podman[@]}" --runtime "$runtime" run --cgroup-parent "/$HOSTNET_TAG-podman" --rm "${ASK[@]}" localhost/bb echo STARTED
		expect_status 0
		expect_output STARTED "syslog: " "is locked, but who execs into it is not: its runtime is /usr/" "/$runtime: start it with"
	done
	run heard "${podman[@]}" "${OURS[@]:0:2}" run --cgroup-parent "/$HOSTNET_TAG-podman" --rm "${ASK[@]}" localhost/bb echo STARTED
	expect_status 0
	expect_output STARTED
	# that it was locked, and nothing else
	[[ $output == *'"kind":"changed"'* ]]
	run grep '^syslog: ' <<<"$output"
	[[ ${#lines[@]} = 1 && $output == *'"kind":"changed"'* ]]
}

@test "podman: a published port is refused with kleene's sentence, although the hook went first" {
	configured
	run podman_run "${OURS[@]}" --rm "${ASK[@]}" -p 8080:80 localhost/bb echo STARTED
	[ "$status" -ne 0 ]
	# alone, and not inside of JSON: podman knows that the runtime writes its log so
	expect_output "Error: OCI runtime error: oci-hostnet-runtime: cannot publish ports of a container using the 'host' network driver"
	[[ $output != *STARTED* ]]
}

@test "podman: what a hook refuses shows where the reason is, and the reason is there" {
	configured
	run podman_run -- --rm "${ASK[@]}" --annotation io.oci-hostnet.publish=8080:80 localhost/bb echo STARTED
	expect_status 126
	expect_output "executing [oci-hostnet-hook precreate --reason-in=syslog (journalctl -t oci-hostnet)]: exit status 1"
	[[ $output != *STARTED* ]]
	run heard "$(command -v podman)" "${PODMAN[@]:1}" run --cgroup-parent "/$HOSTNET_TAG-podman" --rm \
		"${ASK[@]}" --annotation io.oci-hostnet.publish=8080:80 localhost/bb echo STARTED
	expect_status 126
	# the tag that the pointer names
	expect_output "syslog: " "oci-hostnet[" "cannot publish ports of a container using the 'host' network driver"
}

@test "podman: a container that asks and comes past the precreate hook does not start" {
	configured
	mv "$own/podman-hooks.d/oci-hostnet-precreate.json" "$HOSTNET_TEST_DIR/tmp/"
	run podman_run --runtime runc -- --rm --network host "${ASK[@]}" localhost/bb echo STARTED
	mv "$HOSTNET_TEST_DIR/tmp/oci-hostnet-precreate.json" "$own/podman-hooks.d/"
	[ "$status" -ne 0 ]
	expect_output "is not locked"
	[[ $output != *STARTED* ]]
}

# What a container sees of itself, but for names that differ anyway.
itself() { podman_run "$@" --rm localhost/bb sh -c 'ip -o link | sed "s/link.ether.*//; s/@if[0-9]*//"; grep -E "^(Cap|Seccomp|NoNew)" /proc/self/status; cut -d" " -f4- /proc/self/mountinfo | sed "s/[0-9a-f]\{12,\}/ID/g; s/lowerdir=.*//" | sort; cat /proc/sys/net/ipv4/ping_group_range'; }

@test "podman: a plain container is as before" {
	require_command podman
	itself -- >"$BATS_TEST_TMPDIR/before"
	[ "$(wc -l <"$BATS_TEST_TMPDIR/before")" -gt 15 ]
	configured
	itself -- >"$BATS_TEST_TMPDIR/with"
	diff -u "$BATS_TEST_TMPDIR/before" "$BATS_TEST_TMPDIR/with"
	itself "${OURS[@]}" >"$BATS_TEST_TMPDIR/with"
	diff -u "$BATS_TEST_TMPDIR/before" "$BATS_TEST_TMPDIR/with"
}

@test "podman: hooks in its own directory still run, and --cgroups=disabled still works" {
	configured
	mkdir -p "$HOSTNET_TEST_DIR/usr-layer"/{upper,work}
	mount -t overlay overlay -o "lowerdir=/usr/share,upperdir=$HOSTNET_TEST_DIR/usr-layer/upper,workdir=$HOSTNET_TEST_DIR/usr-layer/work" /usr/share
	mkdir -p /usr/share/containers/oci/hooks.d
	# one that reads what it is given: crun fails a start whose hook ends before
	jq -n --arg mark "$HOSTNET_TEST_DIR/tmp/their-hook-ran" '{version: "1.0.0", when: {always: true}, stages: ["createRuntime"],
		hook: {path: "/usr/bin/tee", args: ["tee", $mark]}}' >/usr/share/containers/oci/hooks.d/theirs.json
	run podman_run -- --rm localhost/bb echo STARTED
	umount /usr/share
	expect_status 0
	[ -e "$HOSTNET_TEST_DIR/tmp/their-hook-ran" ]
	run any_podman --runtime oci-hostnet-crun run --cgroups=disabled --rm "${ASK[@]}" localhost/bb sh -c "$LOOK"
	expect_locked
	# runc has no such thing: podman says so, since it knows the names
	run any_podman --runtime oci-hostnet-runc run --cgroups=disabled --rm localhost/bb true
	[ "$status" -ne 0 ]
	expect_output "not compatible with NoCgroups"
}

@test "podman: taken back, the files are as before and podman knows nothing of us" {
	require_command podman
	state() { listing /etc/containers; listing "$(dirname "$own")"; }
	state >"$BATS_TEST_TMPDIR/before"
	configured
	if state | cmp -s - "$BATS_TEST_TMPDIR/before"; then echo "nothing was written"; return 1; fi
	"$HOSTNET" configure podman --undo
	state | diff -u "$BATS_TEST_TMPDIR/before" -
	run podman_run "${OURS[@]}" --rm localhost/bb true
	[ "$status" -ne 0 ]
	expect_output 'default OCI runtime "oci-hostnet-runtime" not found'
	# nobody asks, nobody answers
	run podman_run -- --rm "${ASK[@]}" localhost/bb ip -o addr
	expect_status 0
	[[ $output != *host0* ]]
}

# --- containerd ----------------------------------------------------------------------

PYTHON=/usr/bin/python3

# dump FILE - what containerd takes from it, as JSON
dump() {
	containerd --config "$1" config dump 2>/dev/null |
		"$PYTHON" -c 'import json, sys, tomllib; print(json.dumps(tomllib.load(sys.stdin.buffer)))' | jq -S 'del(.imports)'
}

require_containerd() {
	require_command containerd
	"$PYTHON" -c 'import tomllib' 2>/dev/null || missing "$PYTHON with tomllib is not installed"
}

RUNTIMES='.plugins["io.containerd.grpc.v1.cri"].containerd.runtimes'

# containerd_takes FILE [FILTER] - FILE with ours is FILE and our handler, whatever the file; what
# is beside it in the handlers is compared after FILTER
containerd_takes() {
	local tree=$BATS_TEST_TMPDIR/tree
	rm -rf "$tree"
	mkdir -p "$tree/etc/containerd"
	cp "$1" "$tree/etc/containerd/config.toml"
	dump "$tree/etc/containerd/config.toml" >"$tree/before"
	"$HOSTNET" configure containerd --root "$tree"
	dump "$tree/etc/containerd/config.toml" >"$tree/after"
	holds --arg path "$sbindir/oci-hostnet-runtime" "$RUNTIMES"'."oci-hostnet" | .runtime_type == "io.containerd.runc.v2"
		and .options.BinaryName == $path and .pod_annotations == ["io.oci-hostnet.*"] and .container_annotations == ["io.oci-hostnet.*", "io.kubernetes.container.ports"]' "$tree/after"
	diff -u <(jq "${2:-.}" "$tree/before") <(jq "del($RUNTIMES.\"oci-hostnet\") | ${2:-.}" "$tree/after")
}

# containerd fills in the options of runc that it has built in with their zeros
NO_ZEROS="($RUNTIMES.runc.options |= with_entries(select(.value | . != \"\" and . != 0 and . != false)))"

@test "containerd: our handler and everything else as before" {
	require_containerd
	local file=$BATS_TEST_TMPDIR/file
	containerd_takes "$top_srcdir/tests/.packages/containerd/etc/containerd/config.toml" "$NO_ZEROS"
	containerd config default >"$file"
	containerd_takes "$file"
	holds "$RUNTIMES | keys == [\"oci-hostnet\", \"runc\"]" "$BATS_TEST_TMPDIR/tree/after"
	containerd config default | sed 's/SystemdCgroup = false/SystemdCgroup = true/; s/default_runtime_name = "runc"/default_runtime_name = "other"/; s/runtimes\.runc/runtimes.other/' >"$file"
	containerd_takes "$file"
	holds "$RUNTIMES | keys == [\"oci-hostnet\", \"other\"] and all(.options.SystemdCgroup)" "$BATS_TEST_TMPDIR/tree/after"
	printf 'version = 2\n[plugins."io.containerd.grpc.v1.cri"]\n  sandbox_image = "x"' >"$file"
	containerd_takes "$file" "$NO_ZEROS"
}

@test "containerd: without a config.toml the one that is written changes nothing else" {
	require_containerd
	local tree=$BATS_TEST_TMPDIR/tree
	mkdir "$tree"
	"$HOSTNET" configure containerd --root "$tree"
	diff -u <(containerd config default | "$PYTHON" -c 'import json, sys, tomllib; print(json.dumps(tomllib.load(sys.stdin.buffer)))' | jq -S "del(.imports) | $NO_ZEROS") \
		<(dump "$tree/etc/containerd/config.toml" | jq "del($RUNTIMES.\"oci-hostnet\") | $NO_ZEROS")
}

@test "control: containerd 1.6 forgets its runc beside a handler, and its CRI plugin's section beside an import" {
	require_containerd
	local tree=$BATS_TEST_TMPDIR
	[[ $(containerd --version) == *" 1.6."* ]] || skip "another version" # not a matter of ours
	printf 'version = 2\n[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.x]\nruntime_type = "io.containerd.runc.v2"\n' >"$tree/handler.toml"
	dump "$tree/handler.toml" | holds "$RUNTIMES | keys == [\"x\"]"
	printf 'version = 2\nimports = ["%s/handler.toml"]\n[plugins."io.containerd.grpc.v1.cri"]\nsandbox_image = "theirs"\n' "$tree" >"$tree/main.toml"
	dump "$tree/main.toml" | holds '.plugins["io.containerd.grpc.v1.cri"].sandbox_image | type == "string" and . != "theirs"'
}

# --- Docker --------------------------------------------------------------------------

start_dockerd() {
	require_command dockerd docker containerd
	DOCKER=$HOSTNET_TEST_DIR/docker
	mkdir -p "$DOCKER"
	dockerd --config-file "$1" --data-root "$DOCKER/data" --exec-root "$DOCKER/exec" -p "$DOCKER/pid" -H "unix://$DOCKER/socket" \
		--bridge none --iptables=false --storage-driver vfs >"$DOCKER/log" 2>&1 </dev/null 3>&- &
	DOCKERD=$!
	wait_for 300 docker_knows '.runc.path != null' || { tail -n 20 "$DOCKER/log"; return 1; }
}

stop_dockerd() {
	[ -n "${DOCKERD-}" ] || return 0
	kill "$DOCKERD"
	wait "$DOCKERD" || true
	DOCKERD=
}

# docker_knows JQ-EXPRESSION - of the runtimes
docker_knows() { docker -H "unix://$DOCKER/socket" info -f '{{json .Runtimes}}' 2>/dev/null | holds "$1"; }

@test "docker: dockerd knows the runtime after a reload, keeps the rest, and forgets it when taken back" {
	local tree=$BATS_TEST_TMPDIR
	mkdir -p "$tree/etc/docker"
	printf '{\n  "runtimes": {"theirs": {"path": "/usr/bin/theirs"}},\n  "labels": ["a=b"]\n}\n' >"$tree/etc/docker/daemon.json"
	start_dockerd "$tree/etc/docker/daemon.json"
	docker_knows '.theirs and (has("oci-hostnet") | not)'
	"$HOSTNET" configure docker --root "$tree"
	kill -HUP "$DOCKERD"
	wait_for 100 docker_knows ".theirs.path == \"/usr/bin/theirs\" and .\"oci-hostnet\".path == \"$sbindir/oci-hostnet-runtime\""
	[ "$(docker -H "unix://$DOCKER/socket" info -f '{{json .Labels}} {{.DefaultRuntime}}')" = '["a=b"] runc' ]
	"$HOSTNET" configure docker --root "$tree" --undo
	kill -HUP "$DOCKERD"
	wait_for 100 docker_knows '.theirs and (has("oci-hostnet") | not)'
}

@test "docker: dockerd starts with the file that is written where there was none" {
	local tree=$BATS_TEST_TMPDIR
	"$HOSTNET" configure docker --root "$tree"
	start_dockerd "$tree/etc/docker/daemon.json"
	docker_knows ".\"oci-hostnet\".path == \"$sbindir/oci-hostnet-runtime\""
}
