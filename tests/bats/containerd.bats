#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# The lock userns under real containerd, with oci-hostnet-crun and oci-hostnet-runc as the
# runtime of its runc shim.

load helpers
load containerd

ASK=(--annotation io.oci-hostnet.network=host --annotation io.oci-hostnet.lock=userns)

setup_file() {
	require_program oci-hostnet oci-hostnet-crun oci-hostnet-runc
	remember_host
	command -v containerd >/dev/null || return 0
	setup_containerd
}

teardown_file() {
	[ ! -e "$CONTAINERD/pid" ] || stop_containerd
}

setup() {
	require_containerd
	require_command crun runc nft script
	no_policy
	remember_engine
	ID=c$BATS_TEST_NUMBER
}

teardown() {
	remove_all >/dev/null 2>&1 || true
	no_policy
	# every test ends with this
	host_unchanged || { reset_host; return 1; }
}

reset_host() {
	host_network_reset
	remember_host
}

# for the controls
host_changed() {
	if host_unchanged >/dev/null; then echo "nothing changed"; return 1; fi
	reset_host
}

# of what LOOK says
expect_locked() {
	expect_status 0
	expect_output "$(readlink /proc/self/ns/net)" "inet 10.98.0.1/24" \
		"RTNETLINK answers: Operation not permitted" "ifconfig: SIOCSIFADDR: Permission denied" \
		"ip_forward: Read-only file system" END
	expect_user_namespace
}

# --- asking --------------------------------------------------------------------------

asks() {
	run by "$1" "$ID" --rm --net-host "${ASK[@]}" "${@:2}" -- sh -c "$LOOK"
	expect_locked
	nothing_left
}
@test "crun: a container that asks sees the host and cannot change it, with every id as it was" { asks crun; }
@test "runc: a container that asks sees the host and cannot change it, with every id as it was" { asks runc; }
@test "crun: nor with NET_ADMIN, under containerd's own seccomp profile" { asks crun --cap-add CAP_NET_ADMIN --seccomp; }
@test "runc: nor with NET_ADMIN, under containerd's own seccomp profile" { asks runc --cap-add CAP_NET_ADMIN --seccomp; }
@test "crun: --privileged does not help either" { asks crun --privileged; }
@test "runc: --privileged does not help either" { asks runc --privileged; }

attacked() {
	by "$1" "$ID" -d --privileged --net-host "${@:2}" -- sleep 1000
	run within "$ID" -- sh -c "$ATTACKS"
	expect_status 0
	[ "${#lines[@]}" -eq 82 ]
}
# attacks_fail RUNTIME
attacks_fail() {
	attacked "$1" "${ASK[@]}"
	# /proc/sys/net belongs to nobody in a user namespace: EACCES before EROFS
	attacks_end 'EACCES|EPERM|EROFS'
}
attacks_succeed() {
	local least=60
	attacked "$1"
	# those 13 cannot
	if lacks int80; then least=47; fi
	[ "$(grep -c ' OK$' <<<"$output")" -ge $least ] || { echo "$output"; return 1; }
	host_changed
}
@test "crun: no attack from an exec in a privileged container changes the host" { attacks_fail crun; }
@test "runc: no attack from an exec in a privileged container changes the host" { attacks_fail runc; }
@test "control: without us they do, under crun" { attacks_succeed plain-crun; }
@test "control: without us they do, under runc" { attacks_succeed plain-runc; }

# --net-host is the only way in, but containerd sets up nothing in a namespace that was joined
joined() {
	run by "$1" "$ID" --rm --with-ns network:/run/netns/lan "${ASK[@]}" -- sh -c "$LOOK"
	expect_locked
	ip -n lan -o addr show dev peer0 | grep -q 10.98.0.2/24
}
@test "crun: a network namespace that was joined is left for the host's" { joined crun; }
@test "runc: a network namespace that was joined is left for the host's" { joined runc; }

# a terminal of its own, which is the controlling one, and the exit code
TERMINAL='tty; echo written >/dev/tty; readlink /proc/self/ns/user; echo END; read line; '
terminal() {
	by "$1" "$ID" -d --net-host "${ASK[@]}" -- sleep 1000
	run on_terminal task exec -t --exec-id terminal "$ID" sh -c "$TERMINAL exit 6"
	expect_status 6
	expect_output /dev/pts/ written "user:["
	[[ $output != *"$(readlink /proc/self/ns/user)"* ]]
	remove "$ID"
	run on_terminal run --rm -t --net-host "${ASK[@]}" --runc-binary "$(runtime_path "$1")" \
		--cgroup "/$HOSTNET_TAG-ctr/$ID-run" "$IMAGE" "$ID-run" sh -c "stat -c 'console %t:%T %u' /dev/console; $TERMINAL exit 5"
	expect_status 5
	# 88 hexadecimal is a pseudo terminal
	expect_output /dev/pts/0 written "user:[" "console 88:0 0"
	[[ $output != *"$(readlink /proc/self/ns/user)"* ]]
	nothing_left
}
@test "crun: a terminal, and the exit code" { terminal crun; }
@test "runc: a terminal, and the exit code" { terminal runc; }

# --- policy --------------------------------------------------------------------------

by_policy() {
	policy '{"version": 1, "default": {"lock": "userns", "inherit": "lock"}}'
	run by "$1" "$ID" --rm --net-host -- sh -c "$LOOK"
	expect_locked
	run by "$1" "$ID-plain" --rm -- sh -c 'readlink /proc/self/ns/user; ls /sys/class/net'
	expect_status 0
	[ "$output" = "$(readlink /proc/self/ns/user)"$'\nlo' ]
	policy '{"version": 1, "default": {"request": "refuse"}}'
	refused "$1" "is refused by the policy" --net-host "${ASK[@]}"
}
@test "crun: the policy locks who never asked, and refuses who may not ask" { by_policy crun; }
@test "runc: the policy locks who never asked, and refuses who may not ask" { by_policy runc; }

# --- left alone ----------------------------------------------------------------------

@test "crun: a plain container is left alone, byte for byte" { untouched crun; }
@test "runc: a plain container is left alone, byte for byte" { untouched runc; }
# ctr gives NET_RAW and MKNOD, which a lock would take
@test "crun: so is one with --net-host that did not ask" { untouched crun --net-host; }
@test "runc: so is one with --net-host that did not ask" { untouched runc --net-host; }

# --- refused -------------------------------------------------------------------------

# refused RUNTIME TEXT OPTIONS... - before anything started, and ctr's user reads why
refused() {
	run by "$1" "$ID-refused" --rm "${@:3}" -- echo STARTED
	expect_status 1
	expect_output "ctr: failed to create shim task: OCI runtime create failed: " "$2"
	[[ $output != *STARTED* ]]
	nothing_left
}

refusals() {
	local volume=$HOSTNET_TEST_DIR/tmp/$ID bind joined
	bind="type=bind,src=$volume,dst=/data"
	mkdir -p "$volume/below"
	mount -t tmpfs below "$volume/below"
	remember_engine
	refused "$1" "has no path, so the engine may configure it after the start" "${ASK[@]}"
	refused "$1" "use \`ctr run --net-host\`" "${ASK[@]}"
	refused "$1" "io.oci-hostnet.lok\` is not known" --net-host "${ASK[@]}" --annotation io.oci-hostnet.lok=userns
	refused "$1" "cannot publish ports of a container using the 'host' network driver: 8080:80" \
		--net-host "${ASK[@]}" --annotation io.oci-hostnet.publish=8080:80
	unshare -i sleep 1000 3>&- &
	joined=$!
	wait_for 50 grep -qx sleep "/proc/$joined/comm"
	refused "$1" "the namespace \`/proc/$joined/ns/ipc\`" --net-host "${ASK[@]}" --with-ns "ipc:/proc/$joined/ns/ipc"
	kill "$joined"
	refused "$1" "takes a directory without what is mounted below it" --net-host "${ASK[@]}" --mount "$bind,options=bind:rw"
	refused "$1" "is shared (\`shared\`, \`rshared\`)" --net-host "${ASK[@]}" --mount "$bind,options=rbind:rshared"
	umount "$volume/below"
}
@test "crun: what cannot be is refused, in ctr's own output" { refusals crun; }
@test "runc: what cannot be is refused, in ctr's own output" { refusals runc; }

# --- exec ----------------------------------------------------------------------------

# containerd takes a process from the configuration it keeps, which was never locked
within_locked() {
	by "$1" "$ID" -d --net-host "${ASK[@]}" -- sleep 1000
	any_ctr container info "$ID" | jq -e '.Spec.process.capabilities.bounding | index("CAP_NET_RAW")'
	run within "$ID" -- sh -c "$LOOK"
	expect_locked
	run within "$ID" -- sh -c 'grep -h Cap /proc/1/status; echo; grep -h Cap /proc/self/status'
	expect_status 0
	[ "${output%%$'\n\n'*}" = "${output##*$'\n\n'}" ]
	[[ $output == *CapBnd:* ]]
	run within "$ID" --user 33:44 --cwd /tmp -- sh -c 'id -u; id -g; pwd; exit 3'
	expect_status 3
	[ "$output" = $'33\n44\n/tmp' ]
}
@test "crun: exec gains nothing" { within_locked crun; }
@test "runc: exec gains nothing" { within_locked runc; }

# past_us RUNTIME ID
past_us() {
	run "$1" --root /run/containerd/runc/default exec --cap CAP_NET_ADMIN "$2" ip addr add 127.0.0.4/8 dev lo
}
by_construction() {
	by "$1" "$ID" -d --net-host "${ASK[@]}" -- sleep 1000
	past_us "$1" "$ID"
	[ "$status" -ne 0 ]
	expect_output "Operation not permitted"
	host_unchanged
	# the same past the lock standard
	by "$1" "$ID-standard" -d --net-host "${ASK[@]:0:2}" -- sleep 1000
	past_us "$1" "$ID-standard"
	expect_status 0
	host_changed
}
@test "crun: an exec past us gains nothing, as it would under the lock standard" { by_construction crun; }
@test "runc: an exec past us gains nothing, as it would under the lock standard" { by_construction runc; }

# --- volumes -------------------------------------------------------------------------

# writes_volume RUNTIME ID OPTIONS... - a volume with a mount below it, written by root and
# by another user; its files from outside
writes_volume() {
	local volume=$HOSTNET_TEST_DIR/tmp/$2
	mkdir -p "$volume/below"
	mount -t tmpfs -o mode=1777 below "$volume/below"
	chown 1234:4321 "$volume"
	echo theirs >"$volume/theirs"
	chown 70000:80000 "$volume/theirs"
	chmod 640 "$volume/theirs"
	by "$1" "$2" -d --mount "type=bind,src=$volume,dst=/data,options=rbind:rw" "${@:3}" -- sleep 1000
	within "$2" -- sh -c 'cd /data && cat theirs && umask 027 && echo a >roots && mkdir given && chown 33:44 given &&
		chmod 2775 given && ln -s roots link && chown -h 5:6 link && echo b >below/roots && mknod fifo p'
	within "$2" --user 33:44 -- sh -c 'cd /data && echo c >given/users && echo d >below/users && ! cat theirs 2>/dev/null && ! echo x 2>/dev/null >users'
	(cd "$volume" && find . | sort | xargs stat -c '%n %u:%g %a %F %s')
	umount "$volume/below"
}
volume() {
	local without
	without=$(writes_volume "plain-$1" "$ID-plain" --net-host)
	[[ $without == *"./given/users 33:44 "* ]]
	[[ $without == *"./below/users 33:44 "* ]]
	[ "$(writes_volume "$1" "$ID" --net-host "${ASK[@]}")" = "$without" ]
	run within "$ID" -- readlink /proc/self/ns/user
	[[ $output == user:* && $output != "$(readlink /proc/self/ns/user)" ]]
}
@test "crun: the files of a volume have the owners they have without us" { volume crun; }
@test "runc: the files of a volume have the owners they have without us" { volume runc; }

# --- a life --------------------------------------------------------------------------

lives() {
	by "$1" "$ID" -d --net-host --memory-limit 50000000 "${ASK[@]}" -- sh -c 'trap "exit 7" TERM; while :; do sleep 0.1; done'
	has_status "$ID" RUNNING
	run any_ctr task ps "$ID"
	expect_output "$(pid_of "$ID")"
	any_ctr task metrics --format json "$ID" | jq -e '.pids.current >= 1 and .memory.usage.limit < 50000001'
	any_ctr task pause "$ID"
	has_status "$ID" PAUSED
	any_ctr task resume "$ID"
	# the shim and the runtime know what a new daemon asks them
	stop_containerd
	start_containerd
	has_status "$ID" RUNNING
	run within "$ID" -- sh -c "$LOOK"
	expect_locked
	any_ctr task kill "$ID"
	wait_for 50 has_status "$ID" STOPPED
	run any_ctr task delete "$ID"
	expect_output "exit code 7"
	any_ctr container delete "$ID"
	nothing_left
}
@test "crun: list, metrics, pause, a new daemon, exec, kill and delete, and nothing is left" { lives crun; }
@test "runc: list, metrics, pause, a new daemon, exec, kill and delete, and nothing is left" { lives runc; }

killed() {
	local pid
	by "$1" "$ID" -d --net-host "${ASK[@]}" -- sleep 1000
	pid=$(pid_of "$ID")
	any_ctr task delete -f "$ID"
	process_gone "$pid"
	any_ctr container delete "$ID"
	nothing_left
	# a start that fails in the runtime, after our edit
	run by "$1" "$ID-failed" --rm --net-host "${ASK[@]}" -- /no/such/program
	expect_status 1
	expect_output /no/such/program
	nothing_left
}
@test "crun: delete --force, and a start that fails: nothing is left" { killed crun; }
@test "runc: delete --force, and a start that fails: nothing is left" { killed runc; }

# --- proof ---------------------------------------------------------------------------

proven() {
	by "$1" "$ID" -d --net-host "${ASK[@]}" -- sleep 1000
	started "$ID" sleep
	run "$PROGRAMS/oci-hostnet" audit "$(pid_of "$ID")"
	expect_status 0
	[ "${lines[-1]}" = "by construction" ]
	run "$PROGRAMS/oci-hostnet" verify "$(bundle_of "$ID")/config.json"
	expect_status 0
	[ "${lines[-1]}" = "verdict: by construction" ]
	# the one that containerd keeps is as the user wrote it
	any_ctr container info "$ID" | jq -e '[.Spec.linux.namespaces[].type] | index("user") == null'
}
@test "crun: audit and verify say by construction" { proven crun; }
@test "runc: audit and verify say by construction" { proven runc; }

# --- a user namespace of the engine's ------------------------------------------------

# Not by --uidmap: containerd then forgets --runc-binary (containerd issue 11480).
engines_own() {
	make_userns_rootfs
	base_config "$HOSTNET_TAG-ctr/$ID" | jq "$USERNS"' | del(.linux.namespaces[] | select(.type == "network"))
		| .annotations["io.oci-hostnet.lock"] = "userns" | .process.args = $args' \
		--argjson args "$(words sh -c "$LOOK; stat -c 'root is %u' /; touch /sys/kernel/mm/x")" >"$HOSTNET_TEST_DIR/tmp/spec.json"
	run logged run --rm --runc-binary "$(runtime_path "$1")" --config "$HOSTNET_TEST_DIR/tmp/spec.json" -- "$ID"
	expect_status 1 # of touch
	expect_output "0     100000      65536" "root is 0" "inet 10.98.0.1/24" "RTNETLINK answers: Operation not permitted" \
		"ifconfig: SIOCSIFADDR: Permission denied" "/sys/kernel/mm/x: Read-only file system"
	nothing_left
}
@test "crun: a user namespace of the engine's own is kept" { engines_own crun; }
@test "runc: a user namespace of the engine's own is kept" { engines_own runc; }

# --- subordinate ids -----------------------------------------------------------------

# An image's files are root's: only a root filesystem of the ids' own will do.
subordinate() {
	subordinate_ids
	make_userns_rootfs
	policy "$SUBORDINATE"
	remember_engine
	refused "$1" "belongs to 0:0, and the container's ids start on the host at 100000:100000" --net-host "${ASK[@]}"
	run logged run --rm --rootfs --net-host "${ASK[@]}" --runc-binary "$(runtime_path "$1")" \
		--cgroup "/$HOSTNET_TAG-ctr/$ID" -- "$HOSTNET_TEST_DIR/userns-rootfs" "$ID" /bin/sh -c "PATH=/bin; $LOOK"
	expect_status 0
	expect_output "0     100000      65536" "inet 10.98.0.1/24" "RTNETLINK answers: Operation not permitted" \
		"ifconfig: SIOCSIFADDR: Permission denied" "ip_forward: Read-only file system" END
	nothing_left
}
@test "crun: subordinate ids, for a root filesystem that has them" { subordinate crun; }
@test "runc: subordinate ids, for a root filesystem that has them" { subordinate runc; }
