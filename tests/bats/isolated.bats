#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# The lock isolated: runc on cgroup v2 alone, with services of the playing host all around
# (tests/tools/reach.c), and one beyond its network. crun 1.8.1 does not start there.
bats_require_minimum_version 1.5.0
load helpers

# What a machine of these days has; in-host leaves version 1.
only_cgroup2() {
	umount -R /sys/fs/cgroup
	mount -t cgroup2 cgroup2 /sys/fs/cgroup
}

# Where the configuration names the hook.
install_hook() {
	ISOLATE=$("$PROGRAMS/oci-hostnet-isolate" --version | sed -n 's/^path: *//p')
	mkdir -p "${ISOLATE%/*}"
	mount -t tmpfs -o mode=0755 tmpfs "${ISOLATE%/*}"
	install -m 0755 "$PROGRAMS/oci-hostnet-isolate" "$ISOLATE"
	export ISOLATE
}

# serve COMMAND... - a service in the background until the file's end
serve() {
	local log=$HOSTNET_TEST_DIR/serve.$RANDOM$RANDOM
	"$@" </dev/null >"$log" 2>&1 3>&- &
	echo $! >>"$HOSTNET_TEST_DIR/services"
	wait_for 50 grep -q ^ready "$log" || { cat "$log"; return 1; }
}

setup_file() {
	require_program oci-hostnet oci-hostnet-runc oci-hostnet-isolate
	require_command runc
	only_cgroup2
	install_hook
	make_rootfs "$HOSTNET_TEST_DIR/rootfs"
	export REACH=$HOSTNET_TEST_DIR/rootfs/bin/reach
	gcc -Wall -O1 -static -no-pie -o "$REACH" "$top_srcdir/tests/tools/reach.c"
	gcc -Wall -O1 -o "$BATS_FILE_TMPDIR/attached" "$top_srcdir/tests/tools/attached.c"
	serve "$REACH" serve host tcp:0.0.0.0:9000 udp:0.0.0.0:9000 tcp:127.0.0.1:9001 udp:127.0.0.1:9001 \
		tcp:10.98.0.1:9002 udp:10.98.0.1:9002 tcp:::1:9003 udp:::1:9003 tcp:any:9004 udp:any:9004 \
		reusetcp:0.0.0.0:9005 reuseudp:0.0.0.0:9005 tcp:fd98::1:9006 udp:fd98::1:9006 \
		udp:127.0.0.53:53 tcp:127.0.0.53:53 abstract:host dgram:hostd
	# a socket that shares its port, among those that the kernel gives away
	serve "$REACH" serve host reuseudp:0.0.0.0:40005
	serve ip netns exec lan "$REACH" serve lan tcp:0.0.0.0:9000 udp:0.0.0.0:9000 tcp:any:9104 udp:any:9104
}

teardown_file() {
	local pid
	while read -r pid; do kill "$pid" || true; done <"$HOSTNET_TEST_DIR/services"
}

setup() { no_policy; remember_host; }

teardown() {
	stop
	no_policy
	if ! host_unchanged >/dev/null; then host_network_reset; fi
}

ISOLATED='.annotations["io.oci-hostnet.lock"] = "isolated"'
DECLARED=$ISOLATED'
	| .annotations["io.oci-hostnet.listen"] = "8000-8001/tcp,8000/udp,127.0.0.1:8100/tcp,[::1]:8101/tcp"
	| .annotations["io.oci-hostnet.connect"] = "127.0.0.1:9001/tcp,[::1]:9003/udp,9006/tcp,127.0.0.53:53/udp"'
BEST_EFFORT='{"version": 1, "default": {"isolated": "best-effort"}}'

# isolated COMMAND... - in a container with the ports above
isolated() { run container runc "$DECLARED" "$@"; expect_status 0; }

# answers WORD ENDPOINT... - each line of $output for an ENDPOINT has WORD
answers() {
	local word=$1 endpoint
	shift
	for endpoint; do expect_output "$endpoint $word"; done
}

# Nothing of us is left in the kernel (it frees programs a moment later).
nothing_attached() { [ "$("$BATS_FILE_TMPDIR/attached")" = 0 ]; }

FOREIGN_TCP=(tcp:127.0.0.1:9000 tcp:127.0.0.2:9000 tcp:0.0.0.0:9000 tcp:10.98.0.1:9000 tcp:10.98.0.1:9002
	tcp:::1:9003 tcp:any:9003 tcp:::1:9004 tcp:::ffff:127.0.0.1:9004 tcp:::ffff:0.0.0.0:9004
	tcp:::ffff:10.98.0.1:9002 tcp:fd98::1:9004 tcp:127.0.0.53:53)
FOREIGN_UDP=(udp:127.0.0.1:9000 udpto:127.0.0.1:9000 udp:0.0.0.0:9000 udpto:0.0.0.0:9000 udp:127.0.0.1:9001
	udp:10.98.0.1:9002 udpto:10.98.0.1:9002 udp:::1:9004 udpto:::1:9004 udp:any:9004 udpto:any:9004
	udp:::ffff:127.0.0.1:9000 udpto:::ffff:127.0.0.1:9000 udp:fd98::1:9006 udpto:fd98::1:9006)
FOREIGN_UNIX=(abstract:host dgram:hostd)

@test "without the lock everything of the host is in reach" {
	run container runc . reach ask "${FOREIGN_TCP[@]}" "${FOREIGN_UDP[@]}" "${FOREIGN_UNIX[@]}"
	expect_status 0
	answers host "${FOREIGN_TCP[@]}" "${FOREIGN_UDP[@]}" "${FOREIGN_UNIX[@]}"
	run container runc . reach bind tcp:0.0.0.0:8002 reusetcp:0.0.0.0:9005 reuseudp:0.0.0.0:9005
	answers bound tcp:0.0.0.0:8002 reusetcp:0.0.0.0:9005 reuseudp:0.0.0.0:9005
	for how in bind connect send; do
		run container runc . reach autobind "$how" 40005
		expect_output shared
	done
}

@test "bind: declared ports, ephemeral ones, and no other" {
	local ours=(tcp:0.0.0.0:8000 tcp:any:8001 udp:0.0.0.0:8000 udp:any:8000 tcp:127.0.0.1:8100 tcp:::ffff:127.0.0.1:8100
		tcp:::1:8101 tcp:0.0.0.0:0 udp:any:0)
	local others=(tcp:0.0.0.0:8002 tcp:127.0.0.1:7999 udp:any:8001 tcp:0.0.0.0:8100 tcp:any:8101 tcp:127.0.0.2:8100)
	isolated reach bind "${ours[@]}" "${others[@]}"
	answers bound "${ours[@]}"
	answers EPERM "${others[@]}"
}

@test "bind: no service of the host is shared" {
	isolated reach bind reusetcp:0.0.0.0:9005 reuseudp:0.0.0.0:9005 reusetcp:any:9005
	answers EPERM reusetcp:0.0.0.0:9005 reuseudp:0.0.0.0:9005 reusetcp:any:9005
	for how in bind connect send failed; do
		isolated reach autobind "$how" 40005
		expect_output alone
	done
}

@test "bind: a declared port is shared by those who want it" {
	start runc "$DECLARED" reach serve container reuseudp:0.0.0.0:8000 reuseudp:0.0.0.0:8000 reusetcp:0.0.0.0:8000 \
		reusetcp:0.0.0.0:8000
}

@test "connect and send: nothing of the host but what is declared" {
	local allowed=(tcp:127.0.0.1:9001 udp:::1:9003 udpto:::1:9003 tcp:fd98::1:9006 udp:127.0.0.53:53 udpto:127.0.0.53:53)
	isolated reach ask "${FOREIGN_TCP[@]}" "${FOREIGN_UDP[@]}" "${allowed[@]}" tcp:127.0.0.1:9999
	answers EPERM "${FOREIGN_TCP[@]}" "${FOREIGN_UDP[@]}"
	answers host "${allowed[@]}"
	answers ECONNREFUSED tcp:127.0.0.1:9999
}

@test "connect and send: the network is in reach, at the same ports too" {
	local remote=(tcp:10.98.0.2:9000 udp:10.98.0.2:9000 udpto:10.98.0.2:9000 tcp:fd98::a2:9104 udp:fd98::a2:9104
		udpto:fd98::a2:9104)
	isolated reach ask "${remote[@]}"
	answers lan "${remote[@]}"
}

@test "abstract sockets of the host are out of reach, paths are not" {
	isolated reach ask "${FOREIGN_UNIX[@]}"
	answers EPERM "${FOREIGN_UNIX[@]}"
	isolated reach own
	[ "$output" = "own done" ]
}

@test "protocols that nobody judges are not made" {
	# MPTCP, SCTP, UDP-Lite, raw
	for socket in "2 1 262" "2 1 132" "2 2 136" "2 3 1" "10 3 58"; do
		# shellcheck disable=SC2086
		isolated reach socket $socket
		case $output in made) echo "made $socket"; return 1 ;; esac
	done
}

@test "raw sockets are not kept: a packet of one would pass as somebody else's" {
	local dir=$BATS_TEST_TMPDIR/bundle
	policy '{"version": 1, "default": {"keepCapabilities": ["CAP_NET_RAW"]}}'
	make_bundle "$dir" "$ISOLATED | .process.capabilities[] += [\"CAP_NET_RAW\"]" true
	"$PROGRAMS/oci-hostnet" apply "$dir"
	jq -e '.process.capabilities | all(index("CAP_NET_RAW") == null)' "$dir/config.json"
	make_bundle "$dir" '.process.capabilities[] += ["CAP_NET_RAW"]' true
	"$PROGRAMS/oci-hostnet" apply "$dir"
	jq -e '.process.capabilities | all(index("CAP_NET_RAW") != null)' "$dir/config.json"
}

@test "its own loopback works: its sockets are known, with others of the host everywhere" {
	isolated reach own
	[ "$output" = "own done" ]
}

@test "what exec starts is bound as well, and known" {
	start runc "$DECLARED" sh -c 'reach serve container tcp:any:8000 udp:any:8000'
	run "$STARTED_RUNTIME" exec "$STARTED_ID" /bin/reach ask "${FOREIGN_TCP[@]}" "${FOREIGN_UDP[@]}" "${FOREIGN_UNIX[@]}"
	expect_status 0
	answers EPERM "${FOREIGN_TCP[@]}" "${FOREIGN_UDP[@]}" "${FOREIGN_UNIX[@]}"
	run "$STARTED_RUNTIME" exec "$STARTED_ID" /bin/reach bind tcp:0.0.0.0:8002
	answers EPERM tcp:0.0.0.0:8002
	local own=(tcp:127.0.0.1:8000 udp:127.0.0.1:8000 udpto:127.0.0.1:8000 tcp:::1:8000 udp:::1:8000 tcp:10.98.0.1:8000
		udpto:10.98.0.1:8000)
	run "$STARTED_RUNTIME" exec "$STARTED_ID" /bin/reach ask "${own[@]}"
	answers container "${own[@]}"
	# the host asks it, and is answered
	run "$REACH" ask "${own[@]}"
	answers container "${own[@]}"
	# and so is the network
	run ip netns exec lan "$REACH" ask tcp:10.98.0.1:8000 udp:10.98.0.1:8000
	answers container tcp:10.98.0.1:8000 udp:10.98.0.1:8000
}

@test "another isolated container is somebody else" {
	start runc "$DECLARED" sh -c 'reach serve container tcp:any:8000 udp:any:8000'
	run container runc "$ISOLATED" reach ask tcp:127.0.0.1:8000 udp:127.0.0.1:8000 udpto:::1:8000
	answers EPERM tcp:127.0.0.1:8000 udp:127.0.0.1:8000 udpto:::1:8000
}

@test "a service that comes up later, an address that does" {
	local dir
	dir=$(mktemp -d "$HOSTNET_TEST_DIR/tmp/later.XXXXXX")
	start runc "$ISOLATED | .mounts += [{type: \"bind\", source: \"$dir\", destination: \"/data\", options: [\"bind\"]}]" \
		reach later /data/go udp:127.0.0.1:9300
	serve "$REACH" serve host udp:127.0.0.1:9300
	touch "$dir/go"
	wait_for 50 grep -q ^udp: "$STARTED_LOG"
	grep -x "udp:127.0.0.1:9300 EPERM" "$STARTED_LOG"
	wait "$STARTED_PID"

	start runc "$ISOLATED | .mounts += [{type: \"bind\", source: \"$dir\", destination: \"/data\", options: [\"bind\"]}]" \
		sh -c 'echo ready; until [ -e /data/asked ]; do sleep 0.1; done; reach ask tcp:10.98.0.77:9000 udpto:10.98.0.77:9000'
	ip addr add 10.98.0.77/32 dev host0
	touch "$dir/asked"
	wait "$STARTED_PID"
	ip addr del 10.98.0.77/32 dev host0
	# the packets go nowhere
	grep -x "tcp:10.98.0.77:9000 EAGAIN" "$STARTED_LOG"
	grep -x "udpto:10.98.0.77:9000 EPERM" "$STARTED_LOG"
}

@test "many at once, each with its own port; nothing is left in the kernel" {
	local i pids=() out=$BATS_TEST_TMPDIR
	for i in {10..59}; do
		(container runc "$ISOLATED | .annotations[\"io.oci-hostnet.listen\"] = \"81$i/tcp\"" \
			sh -c "reach bind tcp:any:81$i tcp:any:8200; reach own; reach ask tcp:127.0.0.1:9000" >"$out/$i" 2>&1 3>&-) &
		pids+=($!)
	done
	wait "${pids[@]}"
	for i in {10..59}; do
		printf '%s\n' "tcp:any:81$i bound" "tcp:any:8200 EPERM" "own done" "tcp:127.0.0.1:9000 EPERM" | diff - "$out/$i"
	done
	wait_for 50 nothing_attached
}

@test "nothing is left when the runtime is killed" {
	start runc "$ISOLATED" sh -c 'echo ready; sleep 1000'
	[ "$("$BATS_FILE_TMPDIR/attached")" = 10 ]
	kill -KILL "$STARTED_PID"
	wait "$STARTED_PID" || true
	# it lives on, bound
	run "$STARTED_RUNTIME" exec "$STARTED_ID" /bin/reach ask tcp:127.0.0.1:9000
	answers EPERM tcp:127.0.0.1:9000
	"$STARTED_RUNTIME" delete -f "$STARTED_ID"
	wait_for 50 nothing_attached
	STARTED_ID=
}

@test "verify and audit tell" {
	local dir=$BATS_TEST_TMPDIR/bundle
	make_bundle "$dir" "$DECLARED" sleep 1000
	"$PROGRAMS/oci-hostnet" apply "$dir"
	jq -e --arg path "$ISOLATE" '.hooks.createRuntime | length == 1 and .[0].path == $path
		and .[0].args[-1] == "createRuntime"' "$dir/config.json"
	run "$PROGRAMS/oci-hostnet" verify "$dir"
	expect_status 0
	expect_output "fails the start unless all its programs are on the cgroup" "8000-8001/tcp" locked
	# twice is as once
	run "$PROGRAMS/oci-hostnet" apply "$dir"
	expect_status 0
	run "$PROGRAMS/oci-hostnet" verify "$dir"
	expect_status 0
	# beside another one
	jq '.hooks.createRuntime = [{path: "/bin/true"}]' "$dir/config.json" | jq 'del(.annotations["io.oci-hostnet.applied"])' \
		>"$dir/other" && mv "$dir/other" "$dir/config.json"
	"$PROGRAMS/oci-hostnet" apply "$dir"
	jq -e --arg path "$ISOLATE" '[.hooks.createRuntime[].path] == ["/bin/true", $path]' "$dir/config.json"
	# taken away, or told something else
	cp "$dir/config.json" "$BATS_TEST_TMPDIR/whole"
	for change in 'del(.hooks)' '.hooks.createRuntime[1].args |= map(select(startswith("--listen") | not))' \
		'.hooks.createRuntime[1].args[1] = "--best-effort"' '.hooks.createRuntime[1].env = ["LD_PRELOAD=/x"]' \
		'.hooks.createRuntime[1].path = "/bin/true"'; do
		jq "$change" "$BATS_TEST_TMPDIR/whole" >"$dir/config.json"
		run "$PROGRAMS/oci-hostnet" verify "$dir"
		expect_status 1
		expect_output isolated
	done
	start runc "$DECLARED" sh -c 'echo ready; sleep 1000'
	run "$PROGRAMS/oci-hostnet" audit "$(pid_of_started)"
	expect_output "all 10 programs of the lock are on its cgroup"
	stop
	start runc . sh -c 'echo ready; sleep 1000'
	run "$PROGRAMS/oci-hostnet" audit "$(pid_of_started)"
	expect_output "no program of the lock isolated is on its cgroup"
}

pid_of_started() { runc state "$STARTED_ID" | jq .pid; }

# without_v2 COMMAND... - where version 1 is beside or instead of version 2
without_v2() { unshare -m sh -c 'mount -t tmpfs tmpfs /sys/fs/cgroup && exec "$@"' -- "$@"; }

@test "what is missing is named: no cgroup v2" {
	local dir=$BATS_TEST_TMPDIR/bundle
	make_bundle "$dir" "$ISOLATED" true
	run without_v2 "$PROGRAMS/oci-hostnet" apply "$dir"
	expect_status 1
	expect_output "cgroup v2 alone" "best-effort"
	policy "$BEST_EFFORT"
	run without_v2 "$PROGRAMS/oci-hostnet" apply "$dir"
	expect_status 0
	expect_output "cgroup v2 alone"
}

@test "what is missing is named: the program" {
	mv "$ISOLATE" "$ISOLATE.away"
	run container runc "$ISOLATED" true
	policy "$BEST_EFFORT"
	local refused=$status said=$output
	run container runc "$ISOLATED" echo started
	mv "$ISOLATE.away" "$ISOLATE"
	[ "$refused" = 1 ]
	[[ $said == *"$ISOLATE cannot be used, it is not there"* ]]
	expect_status 0
	expect_output started
	chmod o+w "$ISOLATE"
	no_policy
	run container runc "$ISOLATED" true
	chmod o-w "$ISOLATE"
	expect_status 1
	expect_output "others than root can write it"
}

@test "what is missing is named: the kernel's types, and best effort goes without" {
	: >"$BATS_TEST_TMPDIR/empty"
	mount --bind "$BATS_TEST_TMPDIR/empty" /sys/kernel/btf/vmlinux
	run container runc "$ISOLATED" true
	local refused=$status said=$output
	policy "$BEST_EFFORT"
	run container runc "$DECLARED" reach ask tcp:127.0.0.1:9000 abstract:host
	start runc "$DECLARED" sh -c 'echo ready; sleep 1000'
	umount /sys/kernel/btf/vmlinux
	[ "$refused" != 0 ]
	[[ $said == *"connections to abstract Unix sockets stay open, since the kernel tells no types"* ]]
	expect_status 0
	answers EPERM tcp:127.0.0.1:9000
	answers host abstract:host
	run "$PROGRAMS/oci-hostnet" audit "$(pid_of_started)"
	expect_output "8 of 10 programs are on its cgroup; open: connections to abstract Unix sockets"
}

# hook PID - as a runtime calls it
hook() { echo "{\"id\": \"x\", \"pid\": $1}" | "${@:2}" "$ISOLATE" createRuntime; }

@test "never the root cgroup, nor one that holds others, nor without the right" {
	local cgroup=/sys/fs/cgroup/$HOSTNET_TAG-hook one other
	sleep 1000 3>&- &
	one=$!
	sleep 1000 3>&- &
	other=$!
	echo "$one" >/sys/fs/cgroup/cgroup.procs
	run hook "$one"
	expect_status 1
	expect_output "is in the root cgroup of version 2"
	mkdir -p "$cgroup/below"
	echo "$one" >"$cgroup/cgroup.procs"
	echo "$other" >"$cgroup/below/cgroup.procs"
	run hook "$one"
	expect_status 1
	expect_output "holds process $other too"
	nothing_attached
	echo "$other" >/sys/fs/cgroup/cgroup.procs
	run hook "$one" setpriv --bounding-set=-bpf,-sys_admin --inh-caps=-all
	expect_status 1
	expect_output "the kernel refuses a BPF map"
	run hook "$one"
	expect_status 0
	[ "$("$BATS_FILE_TMPDIR/attached")" = 10 ]
	kill "$one" "$other"
	wait "$one" "$other" || true
	rmdir "$cgroup/below" "$cgroup"
	wait_for 50 nothing_attached
}
