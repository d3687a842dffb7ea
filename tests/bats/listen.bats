#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# io.oci-hostnet.listen: ports that are taken, that only root may bind, that the policy gives nobody; each
# said before the start. And `oci-hostnet ports`. (listen_taken.bats: what is taken, in every case.)
bats_require_minimum_version 1.5.0
load helpers
load syslog
load listen

# which the marks of a pod's container say, as containerd writes them
IN_KUBERNETES='del(.annotations["io.oci-hostnet.network"]) | del(.linux.namespaces[] | select(.type == "network"))
	| .annotations["io.kubernetes.cri.container-type"] = "container" | .annotations["io.kubernetes.cri.sandbox-id"] = "x"'

# --- before the start -----------------------------------------------------------------

# refused_before RUNTIME JQ-EXPRESSION TEXT...
refused_before() {
	run container "$1" "$2" echo STARTED
	[ "$status" -ne 0 ]
	[[ $output != *STARTED* ]] || { echo "$output"; return 1; }
	expect_output "${@:3}"
}
starts() {
	run container "$1" "$2" echo STARTED
	expect_status 0
	[[ $output == *STARTED* ]] || { echo "$output"; return 1; }
}

taken_refused() {
	hold tcp 0.0.0.0 80 reuseaddr listen udp 127.0.0.53 53
	refused_before "$1" "$(declaring 443/tcp,80/tcp)" "port 80/tcp is already in use on the host by listener (pid $HELD)"
	refused_before "$1" "$(declaring 53/udp)" "port 53/udp is already in use on the host by listener (pid $HELD)"
	refused_before "$1" "$(declaring 127.0.0.1:80/tcp)" "port 127.0.0.1:80/tcp is already in use on the host by listener (pid $HELD)"
	starts "$1" "$(declaring 443/tcp,80/udp,127.0.0.1:53/udp)"
	let_go
	starts "$1" "$(declaring 443/tcp,80/tcp)"
}
@test "crun: a port that is taken: refused before the start, with its owner" { taken_refused crun; }
@test "runc: a port that is taken: refused before the start, with its owner" { taken_refused runc; }

# and a container that has the host's network without asking for it
@test "inherited: a port that is taken is refused too" {
	local asked
	asked="$UNASKED | .annotations = {} | $(declaring 80/tcp)"
	hold tcp 0.0.0.0 80 reuseaddr listen
	for runtime in crun runc; do refused_before "$runtime" "$asked" "port 80/tcp is already in use"; done
	policy '{"version": 1, "default": {"inherit": "report"}}'
	refused_before crun "$asked" "port 80/tcp is already in use"
	let_go
	starts crun "$asked"
}

@test "the owner is a container: its id is told" {
	local id=0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef
	cp "$LISTENER" "$HOSTNET_TEST_DIR/rootfs/bin/listener"
	start crun "$(declaring 8080/tcp) | .linux.cgroupsPath += \"/$id\"" listener tcp 0.0.0.0 8080 reuseaddr listen
	refused_before runc "$(declaring 8080/tcp)" "port 8080/tcp is already in use on the host by listener (pid " \
		", container 0123456789ab)"
	stop
	starts runc "$(declaring 8080/tcp)"
}

@test "its name may be anything" {
	cp "$LISTENER" "$work/$(printf 'a\nb\033[1m')"
	LISTENER=$work/$(printf 'a\nb\033[1m')
	hold tcp 0.0.0.0 80 reuseaddr listen
	refused_before crun "$(declaring 80/tcp)" "by a\\x0ab\\x1b[1m (pid $HELD)"
}

@test "who cannot be seen" {
	hold tcp 0.0.0.0 80 reuseaddr listen
	make_bundle "$work/bundle" "$(declaring 80/tcp)"
	run unshare -p -f --mount-proc "$HOSTNET" diff "$work/bundle"
	expect_status 1
	expect_output "port 80/tcp is already in use on the host by a process that cannot be seen:"
	# nor does root's show itself to a user, who could not bind the port either
	jq "$(declaring 8080/tcp)" "$work/bundle/config.json" >"$work/config"
	mv "$work/config" "$work/bundle/config.json"
	let_go
	hold tcp 0.0.0.0 8080 reuseaddr listen
	run setpriv --reuid 1000 --regid 1000 --clear-groups "$HOSTNET" diff "$work/bundle"
	expect_status 1
	expect_output "port 8080/tcp is already in use on the host by a process that cannot be seen:"
	let_go
	hold tcp 0.0.0.0 8080
	run setpriv --reuid 1000 --regid 1000 --clear-groups "$HOSTNET" diff "$work/bundle"
	expect_status 1
	expect_output "port 8080/tcp is already in use on the host by a process that cannot be seen:"
	jq "$(declaring 80/tcp)" "$work/bundle/config.json" >"$work/config"
	mv "$work/config" "$work/bundle/config.json"
	run setpriv --reuid 1000 --regid 1000 --clear-groups "$HOSTNET" diff "$work/bundle"
	expect_output "the port 80 of the annotation \`io.oci-hostnet.listen\` is below 1024, where only the host's root can bind"
}

@test "apply, diff and podman's precreate say it, a guard does not" {
	hold tcp 0.0.0.0 80 reuseaddr listen
	make_bundle "$work/bundle" "$(declaring 80/tcp)"
	cp "$work/bundle/config.json" "$work/config"
	for command in apply diff; do
		run "$HOSTNET" "$command" "$work/bundle"
		expect_status 1
		expect_output "port 80/tcp is already in use on the host by listener (pid $HELD)"
	done
	cmp "$work/config" "$work/bundle/config.json"
	run "$PROGRAMS/oci-hostnet-hook" precreate <"$work/config"
	expect_status 1
	expect_output "port 80/tcp is already in use on the host by listener (pid $HELD)"
	# the workload has bound its port when the guard asks once more
	let_go
	"$HOSTNET" apply "$work/bundle"
	hold tcp 0.0.0.0 80 reuseaddr listen
	"$top_builddir/tests/unit/judge_file" guard '{"version":1}' <"$work/bundle/config.json" >/dev/null
	run "$top_builddir/tests/unit/judge_file" create '{"version":1}' <"$work/bundle/config.json"
	expect_output listen_taken
}

# The author of a pod is shown nothing of the node's processes; the administrator finds it in the trail.
in_kubernetes() {
	hold tcp 0.0.0.0 80 reuseaddr listen
	forget_records
	refused_before "$1" "$IN_KUBERNETES | $(declaring 443/tcp,80/tcp)" \
		"port 80/tcp is already in use on the node: choose another, or ask the administrator"
	[[ $output != *listener* && $output != *"$HELD"* ]]
	# records() does not count what our runtime refused
	logger -t syslog-test end
	wait_for 50 grep -q 'syslog-test: end' "$SYSLOG"
	grep 'oci-hostnet\[' "$SYSLOG" | grep '"reason":"listen_taken"' |
		grep -qF "port 80/tcp is already in use on the host by listener (pid $HELD)" || { cat "$SYSLOG"; return 1; }
}
@test "Kubernetes: crun: without the owner, who stands in the trail" { in_kubernetes crun; }
@test "Kubernetes: runc: without the owner, who stands in the trail" { in_kubernetes runc; }

# The annotations are the pod's: its first container has bound what the second declares too.
@test "Kubernetes: what another container of the pod has is not in the way" {
	local pod
	cp "$LISTENER" "$HOSTNET_TEST_DIR/rootfs/bin/listener"
	start runc "$IN_KUBERNETES | $(declaring 8080/tcp,53/udp)" listener tcp 0.0.0.0 8080 reuseaddr listen udp :: 53 dual
	pod=$("$STARTED_RUNTIME" state "$STARTED_ID" | jq .pid)
	joining() { echo "$IN_KUBERNETES | (.linux.namespaces[] | select(.type == \"ipc\").path) = \"/proc/$1/ns/ipc\" | $(declaring 8080/tcp,53/udp)"; }
	for runtime in crun runc; do
		starts "$runtime" "$(joining "$pod")"
		refused_before "$runtime" "$IN_KUBERNETES | $(declaring 8080/tcp)" "port 8080/tcp is already in use on the node"
		refused_before "$runtime" "$IN_KUBERNETES | $(declaring 53/udp)" "port 53/udp is already in use on the node"
		# nor is it said of a pod of podman's, whose containers have annotations of their own
		refused_before "$runtime" "$(joining "$pod") | del(.annotations[\"io.kubernetes.cri.sandbox-id\", \"io.kubernetes.cri.container-type\"])" \
			"port 8080/tcp is already in use on the host"
		# one that the host has beside
		hold tcp 127.0.0.1 9000 reuseaddr listen
		refused_before "$runtime" "$(joining "$pod") | $(declaring 8080/tcp,9000/tcp)" "port 9000/tcp is already in use on the node"
		let_go
	done
	# the host's own IPC namespace is nobody's pod
	hold tcp 0.0.0.0 9000 reuseaddr listen
	refused_before crun "$(joining self) | $(declaring 9000/tcp)" "port 9000/tcp is already in use on the node"
}

@test "portConflicts: warn starts and reports, ignore does not ask" {
	hold tcp 0.0.0.0 80 reuseaddr listen
	policy '{"version": 1, "default": {"portConflicts": "warn"}}'
	forget_records
	for runtime in crun runc; do starts "$runtime" "$(declaring 80/tcp)"; done
	records 2 "port 80/tcp is already in use on the host by listener (pid $HELD)"
	policy '{"version": 1, "default": {"portConflicts": "ignore"}}'
	forget_records
	starts crun "$(declaring 80/tcp)"
	records 0
	make_bundle "$work/bundle" "$(declaring 80/tcp)"
	strace -f -e trace=socket -o "$work/trace" "$HOSTNET" diff "$work/bundle" >/dev/null
	[ "$(grep -c -e NETLINK -e INET "$work/trace")" = 0 ]
	policy '{"version": 1, "default": {"portConflicts": "refuse"}}'
	refused_before crun "$(declaring 80/tcp)" "port 80/tcp is already in use"
}

@test "without the annotation nothing is asked" {
	hold tcp 0.0.0.0 80 reuseaddr listen
	make_bundle "$work/bundle"
	strace -f -e trace=socket -o "$work/trace" "$HOSTNET" diff "$work/bundle" >/dev/null
	[ "$(grep -c -e NETLINK -e INET "$work/trace")" = 0 ]
	jq "$(declaring 81/tcp)" "$work/bundle/config.json" >"$work/config"
	mv "$work/config" "$work/bundle/config.json"
	# who listens is asked; a port that nobody has is bound for a moment, and never listened on
	strace -f -e trace=socket,bind,listen -o "$work/trace" "$HOSTNET" diff "$work/bundle" >/dev/null
	[ "$(grep -c 'socket(AF_NETLINK' "$work/trace")" = 1 ]
	[ "$(grep -c 'bind(' "$work/trace")" = 1 ]
	[ "$(grep -c 'listen(' "$work/trace")" = 0 ]
	# of many ports none
	jq "$(declaring 20000-30000/tcp,1-65535/udp)" "$work/bundle/config.json" >"$work/config"
	mv "$work/config" "$work/bundle/config.json"
	strace -f -e trace=bind -o "$work/trace" "$HOSTNET" diff "$work/bundle" >/dev/null
	[ "$(grep -c 'bind(' "$work/trace")" = 0 ]
}

# suggested BUNDLE SETTINGS - what the record of its start names, for the policy
suggested() {
	forget_records
	run_bundle crun "$1" >/dev/null 2>&1 || true # our edits are left out
	logger -t syslog-test end
	wait_for 50 grep -q 'syslog-test: end' "$SYSLOG"
	[ "$(sed -n 's/^.*oci-hostnet\[[0-9]*\]: [^{]*\({.*}\)$/\1/p' "$SYSLOG" | jq -r .settings)" = "$2" ] || { cat "$SYSLOG"; return 1; }
}

@test "observe: what would be refused, and the member that would not" {
	hold tcp 0.0.0.0 80 reuseaddr listen
	make_bundle "$work/bundle" "$(declaring 80/tcp)"
	policy '{"version": 1, "default": {"mode": "observe"}}'
	run "$HOSTNET" diff "$work/bundle"
	expect_status 0
	expect_output "observed, and would be refused: port 80/tcp is already in use"
	suggested "$work/bundle" '{"portConflicts":"warn"}'
	policy '{"version": 1, "default": {"mode": "observe", "listen": ["8000-8010/tcp"], "portConflicts": "warn"}}'
	run "$HOSTNET" diff "$work/bundle"
	expect_output "would be refused: port 80/tcp of the annotation"
	suggested "$work/bundle" '{"portConflicts":"warn","listen":["80/tcp"]}'
	# what it says of ports goes along when something else would be refused
	policy '{"version": 1, "default": {"mode": "observe", "request": "refuse", "listen": ["70-90/tcp"]}}'
	let_go
	suggested "$work/bundle" '{"request":"allow","listen":["70-90/tcp"]}'
}

@test "sock_diag that says nothing: refused, unless the policy does not ask" {
	make_bundle "$work/bundle" "$(declaring 80/tcp)"
	run strace -f -e trace=sendto -e inject=sendto:error=ENOENT:when=1 -o /dev/null "$HOSTNET" diff "$work/bundle"
	expect_status 3
	expect_output "cannot ask the kernel which ports are in use (sock_diag)"
	policy '{"version": 1, "default": {"portConflicts": "ignore"}}'
	"$HOSTNET" diff "$work/bundle"
}

# --- what the policy lets a container declare --------------------------------------------

@test "listen of the policy: a range, refused with the first port outside" {
	policy '{"version": 1, "default": {"listen": ["8000-8010/tcp", "127.0.0.1:9000-9010/tcp"]}}'
	starts crun "$(declaring 8000/tcp,8005-8010/tcp,127.0.0.1:8003/tcp,127.0.0.1:9000/tcp)"
	refused_before crun "$(declaring 8005-8011/tcp)" \
		"port 8011/tcp of the annotation \`io.oci-hostnet.listen\` is none that the policy lets the container declare"
	refused_before runc "$(declaring 9000/tcp)" "port 9000/tcp of the annotation"
	refused_before runc "$(declaring 8000/udp)" "port 8000/udp of the annotation"
	policy '{"version": 1, "default": {"listen": []}}'
	refused_before crun "$(declaring 8000/tcp)" "port 8000/tcp of the annotation"
	starts crun .
	policy '{"version": 1, "default": {"listen": []}, "rules": [{"when": {"annotations": {"who": "web"}}, "listen": ["1-65535/tcp"]}]}'
	starts crun "$(declaring 8000/tcp) | .annotations.who = \"web\""
	refused_before crun "$(declaring 8000/tcp) | .annotations.who = \"db\"" "port 8000/tcp of the annotation"
}

# --- ports that not everybody may bind -----------------------------------------------------

# can_bind COMMAND... - whether it can, by what it does
@test "ports below 1024: as it turns out when the container binds them" {
	local change runtime refused=0
	cp "$LISTENER" "$HOSTNET_TEST_DIR/rootfs/bin/listener"
	for runtime in crun runc; do
		for change in . \
			'.process.capabilities[] |= map(select(. != "CAP_NET_BIND_SERVICE"))' \
			'.process.user = {uid: 1000, gid: 1000} | .process.capabilities = {bounding: ["CAP_NET_BIND_SERVICE"]} | .process.noNewPrivileges = true' \
			'.process.user = {uid: 1000, gid: 1000} | .process.capabilities = {bounding: []}' \
			'.process.user = {uid: 1000, gid: 1000} | .process.capabilities[] |= ["CAP_NET_BIND_SERVICE"]
				| .process.capabilities.ambient = ["CAP_NET_BIND_SERVICE"] | .process.capabilities.inheritable = ["CAP_NET_BIND_SERVICE"]'; do
			run container "$runtime" "$change" listener bind tcp 0.0.0.0 80
			truth=$output
			run container "$runtime" "$change | $(declaring 80/tcp)" echo bound
			case $truth in
			bound) [ "$output" = bound ] ;;
			EACCES)
				refused=$((refused + 1))
				expect_output "port 80 of the annotation \`io.oci-hostnet.listen\` is below 1024" CAP_NET_BIND_SERVICE ;;
			*) false ;;
			esac || { echo "$runtime, $change: $truth, $output"; return 1; }
			starts "$runtime" "$change | $(declaring 1024/tcp)"
		done
	done
	[ "$refused" = 6 ]
}

@test "ports below 1024, when the program file may bring the capability: reported" {
	local change='.process.user = {uid: 1000, gid: 1000} | .process.capabilities = {bounding: ["CAP_NET_BIND_SERVICE"]}'
	forget_records
	starts crun "$change | $(declaring 80/udp)"
	records 1 "port 80 of the annotation \`io.oci-hostnet.listen\` is below 1024, and the container is not root"
}

@test "ports below 1024 in a user namespace, by the lock or the configuration" {
	make_userns_rootfs
	for runtime in crun runc; do
		refused_before "$runtime" "$(declaring 80/tcp) | .annotations[\"io.oci-hostnet.lock\"] = \"userns\"" \
			"the port 80 of the annotation \`io.oci-hostnet.listen\` is below 1024, where only the host's root can bind in a user namespace"
		starts "$runtime" "$(declaring 1024/tcp) | .annotations[\"io.oci-hostnet.lock\"] = \"userns\""
	done
	refused_before runc "$UNASKED | $USERNS | .annotations = {} | $(declaring 80/tcp)" "the port 80 of the annotation"
	echo 80 >/proc/sys/net/ipv4/ip_unprivileged_port_start
	starts crun "$(declaring 80/tcp) | .annotations[\"io.oci-hostnet.lock\"] = \"userns\""
	refused_before crun "$(declaring 79/tcp) | .annotations[\"io.oci-hostnet.lock\"] = \"userns\"" "is below 80"
	echo 1024 >/proc/sys/net/ipv4/ip_unprivileged_port_start
}

# --- who listens on what ----------------------------------------------------------------------

@test "ports: who listens, who declared it, and who is in the way" {
	local row
	# ports of no other test: some leave connections behind, which last a minute
	cp "$LISTENER" "$HOSTNET_TEST_DIR/rootfs/bin/listener"
	for runtime in crun runc; do
		start "$runtime" "$(declaring 8080/tcp,127.0.0.1:9700-9703/tcp,53/udp)" \
			listener tcp 0.0.0.0 8080 reuseaddr listen tcp 127.0.0.1 9701 reuseaddr listen udp :: 5353 v6only
		hold udp 127.0.0.53 53 tcp :: 8443 dual reuseaddr listen tcp 10.98.0.1 8444
		run "$HOSTNET" ports
		expect_status 1
		for row in "tcp +0.0.0.0:8080 +listen +listener \(pid [0-9]+\) +${STARTED_ID:0:12} +${STARTED_ID:0:12}" \
			"tcp +127.0.0.1:9701 +listen +listener \(pid [0-9]+\) +${STARTED_ID:0:12} +${STARTED_ID:0:12}" \
			"udp +\[::\]:5353 +bound +listener \(pid [0-9]+\) +${STARTED_ID:0:12} +-" \
			"udp +127.0.0.53:53 +bound +listener \(pid $HELD\) +- +${STARTED_ID:0:12}  conflict" \
			"tcp +\*:8443 +listen +listener \(pid $HELD\) +- +-" \
			"tcp +10.98.0.1:8444 +bound +listener \(pid $HELD\) +- +-"; do
			grep -qxE "$row" <<<"$output" || { echo "$row"; echo "$output"; return 1; }
		done
		run "$HOSTNET" ports --json
		expect_status 1
		[ "$(jq -c "[.schema, .verdict, (.ports[] | select(.port == 53) | [.protocol, .address, .pid, .process, .container, .declared, .conflict])]" <<<"$output")" \
			= "[1,\"conflict\",[\"udp\",\"127.0.0.53\",$HELD,\"listener\",\"\",[\"$STARTED_ID\"],true]]" ] || { echo "$output"; return 1; }
		[ "$(jq -c ".ports[] | select(.port == 8080) | [.state, .container, .declared, .conflict]" <<<"$output")" \
			= "[\"listen\",\"$STARTED_ID\",[\"$STARTED_ID\"],false]" ]
		let_go
		run "$HOSTNET" ports --json
		expect_status 0
		[ "$(jq -c '[.verdict, (.ports[] | select(.port == 53) | [.state, .address, .pid, .declared])]' <<<"$output")" \
			= "[\"free\",[\"free\",\"\",0,[\"$STARTED_ID\"]]]" ] || { echo "$output"; return 1; }
		stop
		run "$HOSTNET" ports
		expect_status 0
		[[ $output != *8080* ]]
	done
}
