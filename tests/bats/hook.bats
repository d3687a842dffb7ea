#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# The hook, by hand and under the real runtimes.
bats_require_minimum_version 1.5.0
load helpers

setup() {
	require_program oci-hostnet-hook oci-hostnet
	hook=$PROGRAMS/oci-hostnet-hook
	work=$(mktemp -d "$HOSTNET_TEST_DIR/tmp/hook.XXXXXX")
}

@test "precreate: a request is edited, anything else comes back byte for byte" {
	"$hook" precreate <"$CAPTURES/podman/annotation.config.json" >"$work/out"
	jq -e '.linux.namespaces | all(.type != "network")' "$work/out"
	"$hook" precreate <"$CAPTURES/podman/bridge.config.json" >"$work/out"
	cmp "$work/out" "$CAPTURES/podman/bridge.config.json"
	# podman --network none without a user namespace: nobody configures it later
	jq '.annotations["io.oci-hostnet.network"] = "host"' "$CAPTURES/podman/none.config.json" >"$work/in"
	"$hook" precreate <"$work/in" >"$work/out"
	jq -e '.linux.namespaces | all(.type != "network")' "$work/out"
}

@test "precreate: refused with exit 1, the sentence on stderr, nothing on stdout" {
	jq '.annotations["io.oci-hostnet.network"] = "host"' "$CAPTURES/podman/uidmap-bridge.config.json" >"$work/in"
	run -1 --separate-stderr "$hook" precreate <"$work/in"
	[ -z "$output" ]
	[[ "$stderr" == *"the network namespace in /linux/namespaces has no path"*'`podman run --network host`'* ]]
	run -1 --separate-stderr "$hook" precreate </dev/null
	[ -z "$output" ]
	[[ "$stderr" == *"the JSON text is empty"* ]]
}

@test "an unknown stage is refused, and standard input is drained" {
	run -1 bash -c "head -c 1000000 /dev/zero | { \"$hook\" poststop; }; echo \"\${PIPESTATUS[0]}\" >\"$work/status\"; exit 1"
	[[ "$output" == *'the stage `poststop` is not known'* ]]
	[ "$(cat "$work/status")" = 0 ]
}

# guarded RUNTIME CHANGE: a container started by plain RUNTIME with the guard in its configuration
guarded() {
	local hooks
	hooks=".hooks = {createRuntime: [{path: \"$hook\", args: [\"oci-hostnet-hook\", \"createRuntime\"]}]}"
	make_bundle "$work" "$2 | $hooks" echo started-it
	[ "${3-}" != applied ] || "$PROGRAMS/oci-hostnet" apply "$work"
	chmod 755 "$work"
	run run_bundle "plain-$1" "$work"
	echo "$output"
}

@test "guard: an unlocked container that asks does not start, crun and runc" {
	for runtime in crun runc; do
		guarded $runtime .
		[ "$status" -ne 0 ]
		[[ "$output" != *started-it* ]]
	done
	# runc shows what the hook says
	[[ "$output" == *"register oci-hostnet as runtime or as precreate hook"* || "$output" == *"has no path"* ]]
}

@test "guard: in the host's network but not locked does not start either" {
	for runtime in crun runc; do
		guarded $runtime 'del(.linux.namespaces[] | select(.type == "network"))'
		[ "$status" -ne 0 ]
		[[ "$output" != *started-it* ]]
	done
	[[ "$output" == *"its configuration in $work is not locked"* ]]
}

@test "guard: locked and in the host's network starts" {
	for runtime in crun runc; do
		guarded $runtime . applied
		[ "$status" -eq 0 ]
		[ "$output" = started-it ]
	done
}

@test "guard: who does not ask starts" {
	for runtime in crun runc; do
		guarded $runtime 'del(.annotations)'
		[ "$status" -eq 0 ]
		[ "$output" = started-it ]
	done
}

@test "guard: a state without pid, bundle or with an unreadable bundle is refused when it asks" {
	asks='"annotations":{"io.oci-hostnet.network":"host"}'
	for state in "{\"id\":\"x\",\"pid\":1,\"bundle\":\"/\",$asks}" "{\"id\":\"x\",\"pid\":1,$asks}" "{\"id\":\"x\",\"pid\":1,\"bundle\":\"/nonexistent\",$asks}" '[]' '{' '{"id":"x","pid":1,"bundle":"/nonexistent"}'; do
		run -1 "$hook" createRuntime <<<"$state"
		[ -n "$output" ]
	done
	run -0 "$hook" prestart <<<'{"id":"x","pid":1,"bundle":"/nonexistent","annotations":{}}'
	[ -z "$output" ]
}

@test "guard: locked, but its process is in another network" {
	make_bundle "$work"
	"$PROGRAMS/oci-hostnet" apply "$work"
	chmod 755 "$work"
	ip netns exec lan sleep 30 &
	other=$!
	wait_for 50 bash -c "[ \"\$(readlink /proc/$other/ns/net)\" != \"\$(readlink /proc/self/ns/net)\" ]"
	state='{"id":"x","pid":%d,"bundle":"%s","annotations":{"io.oci-hostnet.network":"host"}}'
	# shellcheck disable=SC2059
	run -1 "$hook" createRuntime <<<"$(printf "$state" $other "$work")"
	[[ "$output" == *"process $other is not in it"* ]]
	# shellcheck disable=SC2059
	run -0 "$hook" createRuntime <<<"$(printf "$state" $$ "$work")"
	kill $other
}

@test "guard: the state and the bundle must ask alike" {
	make_bundle "$work"
	"$PROGRAMS/oci-hostnet" apply "$work"
	chmod 755 "$work"
	# shellcheck disable=SC2059
	run -1 "$hook" createRuntime <<<"$(printf '{"id":"x","pid":%d,"bundle":"%s","annotations":{}}' $$ "$work")"
	[[ "$output" == *"it does not ask as the state does"* ]]
	make_bundle "$work" 'del(.annotations)'
	# shellcheck disable=SC2059
	run -1 "$hook" createRuntime <<<"$(printf '{"id":"x","pid":%d,"bundle":"%s","annotations":{"io.oci-hostnet.network":"host"}}' $$ "$work")"
	[[ "$output" == *"it does not ask as the state does"* ]]
}

# with_syslog COMMAND...: a /dev of its own, where syslog listens
with_syslog() {
	forget_trail
	[ -x "$HOSTNET_TEST_DIR/devlog" ] || gcc -static -o "$HOSTNET_TEST_DIR/devlog" "$top_srcdir/tests/tools/devlog.c"
	unshare -m sh -c 'mount -t tmpfs tmpfs /dev && mknod -m 666 /dev/null c 1 3 && exec "$@"' sh "$HOSTNET_TEST_DIR/devlog" "$@"
}

@test "syslog has the reason of a refusal, and one record of what is left running" {
	jq '.annotations["io.oci-hostnet.netwrok"] = "host"' "$CAPTURES/podman/host.config.json" >"$work/in"
	run -1 with_syslog "$hook" precreate <"$work/in"
	[[ "$output" == *'syslog: '*'oci-hostnet['*'the annotation `io.oci-hostnet.netwrok` is not known'* ]]
	run -0 --separate-stderr with_syslog "$hook" precreate <"$CAPTURES/podman/netadmin-host.config.json"
	[ "$(grep -o 'syslog: ' <<<"$output" | wc -l)" -eq 1 ]
	[[ "$output" == *'syslog: '*"a container has the host's network and was left as it is: locking it would take capabilities away"* ]]
	run -0 --separate-stderr with_syslog "$hook" precreate <"$CAPTURES/podman/bridge.config.json"
	[[ "$output" != *syslog:* ]]
}

# by_conmon RUNTIME: the guard of a locked container whose conmon was told RUNTIME
by_conmon() {
	# conmon by its name, its words, and the runtime between it and the hook
	cp /bin/bash "$work/conmon"
	jq -n --arg bundle "$work" --argjson pid $$ '{id: "x", pid: $pid, bundle: $bundle, annotations: {"io.oci-hostnet.network": "host"}}' >"$work/state"
	run -0 with_syslog "$work/conmon" -c "sh -c '\"$hook\" createRuntime <\"$work/state\" || exit; true'; exit \$?" conmon -b "$work" -r "$1"
}

@test "guard: a container whose exec is not guarded is locked and reported, by the runtime that conmon was told" {
	make_bundle "$work"
	"$PROGRAMS/oci-hostnet" apply "$work"
	chmod 755 "$work"
	by_conmon /usr/bin/crun
	[[ $output == *'syslog: '*'the container `x` is locked, but who execs into it is not: its runtime is /usr/bin/crun: '* ]]
	for runtime in /usr/local/sbin/oci-hostnet-runtime oci-hostnet-crun; do
		by_conmon "$runtime"
		[ -z "$output" ]
	done
	# who does not ask is not looked at
	make_bundle "$work" 'del(.annotations)'
	jq -n --arg bundle "$work" --argjson pid $$ '{id: "x", pid: $pid, bundle: $bundle, annotations: {}}' >"$work/state"
	run -0 with_syslog "$work/conmon" -c "sh -c '\"$hook\" createRuntime <\"$work/state\"; true'; true" conmon -r crun
	[ -z "$output" ]
}

@test "precreate in a user namespace of our own: a pathless entry is not removed" {
	jq '.annotations["io.oci-hostnet.network"] = "host"' "$CAPTURES/podman/none.config.json" >"$work/in"
	run -1 unshare -U -r "$hook" precreate <"$work/in"
	[[ "$output" == *"has no path, so the engine may configure it after the start"* ]]
	# with a path it is, and sysfs is bound read-only
	jq '.annotations["io.oci-hostnet.network"] = "host"' "$CAPTURES/podman/bridge.config.json" >"$work/in"
	unshare -U -r "$hook" precreate <"$work/in" >"$work/out"
	jq -e '[.mounts[] | select(.destination == "/sys")] == [{destination: "/sys", type: "bind", source: "/sys", options: ["rbind", "rro", "nosuid", "nodev", "noexec", "rprivate"]}]' "$work/out"
}

# edited JQ-EXPRESSION CHECK: what becomes of podman's bridge container that asks
edited() {
	jq ".annotations[\"io.oci-hostnet.network\"] = \"host\" | $1" "$CAPTURES/podman/bridge.config.json" >"$work/in"
	"$hook" precreate <"$work/in" >"$work/out"
	jq -e "$2" "$work/out"
}

@test "the device cgroup is closed, and no device that makes interfaces stays" {
	# all but the default devices of the runtime-spec: null, zero, full, random, urandom, tty, ptmx and pts
	closed='.linux.resources.devices | .[0] == {allow: false, access: "rwm"} and (.[1:] | all(.allow and .type == "c"))
		and (.[1:] | map("\(.major):\(.minor // "*")") | sort == ["136:*", "1:3", "1:5", "1:7", "1:8", "1:9", "5:0", "5:2"])'
	edited 'del(.linux.resources.devices)' "$closed"
	edited 'del(.linux.resources)' "$closed"
	edited '.linux.resources.devices = []' "$closed"
	edited '.linux.resources.devices = [{allow: true, access: "rwm"}]' "$closed"
	edited '.linux.resources.devices += [{allow: true, type: "b", access: "r"}]' "$closed"
	for number in '{major: 10, minor: 200}' '{major: 10, minor: 238}' '{major: 108, minor: 0}' '{major: 10}'; do
		edited ".linux.resources.devices += [{allow: true, type: \"c\", access: \"rw\"} + $number]" '.linux.resources.devices == [{allow: false, access: "rwm"}]'
	done
	for number in '{major: 10, minor: 200}' '{major: 10, minor: 238}' '{major: 108, minor: 0}'; do
		edited ".linux.devices = [{path: \"/dev/x\", type: \"c\"} + $number]" '.linux.devices == []'
	done
	edited '.linux.devices = [{path: "/dev/fuse", type: "c", major: 10, minor: 229}]' '.linux.devices | length == 1'
}

@test "a source that is not there stays as it is, below proc it is bound read-only" {
	edited '.mounts += [{destination: "/x", type: "bind", source: "/proc/nonexistent/data", options: ["rbind", "rw"]}]' '.mounts[-1].options == ["rbind", "rro"]'
	edited '.mounts += [{destination: "/x", type: "bind", source: "/nonexistent/data", options: ["rbind", "rw"]}]' '.mounts[-1].options == ["rbind", "rw"]'
}

@test "/proc/sys is among the read-only paths, whatever was there" {
	edited 'del(.linux.readonlyPaths)' '.linux.readonlyPaths == ["/proc/sys"]'
	edited '.linux.readonlyPaths = []' '.linux.readonlyPaths == ["/proc/sys"]'
	edited '.linux.readonlyPaths = ["/proc/bus"]' '.linux.readonlyPaths == ["/proc/bus", "/proc/sys"]'
}

@test "of opposing options the one that locks is the last" {
	edited '(.mounts[] | select(.type == "sysfs").options) = ["ro", "nosuid", "rw"]' \
		'[.mounts[] | select(.type == "sysfs").options] == [["ro", "nosuid"]]'
	edited '.mounts += [{destination: "/x", type: "bind", source: "/proc/sys", options: ["rbind", "rro", "rrw"]}]' \
		'.mounts[-1].options == ["rbind", "rro"]'
	edited '.mounts += [{destination: "/x", type: "bind", source: "/sys", options: ["rbind", "ro", "rw"]}]' \
		'.mounts[-1].options == ["rbind", "ro", "rro"]'
}

@test "a bind of a device that makes interfaces goes, under any name" {
	mknod "$work/harmless" c 10 200
	edited ".mounts += [{destination: \"/dev/x\", type: \"bind\", source: \"$work/harmless\", options: [\"bind\"]}]" \
		'[.mounts[] | select(.destination == "/dev/x")] == []'
	edited '.mounts += [{destination: "/dev/net", type: "bind", source: "/dev/net", options: ["rbind"]}]' \
		'[.mounts[] | select(.destination == "/dev/net")] == []'
}
