#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# The policy's files under the real runtimes: drop-ins, and that a broken policy concerns only
# who needs a decision.
bats_require_minimum_version 1.5.0
load helpers
load rootless

setup_file() {
	make_rootfs "$HOSTNET_TEST_DIR/rootfs"
	make_userns_rootfs
	setup_user
}

setup() {
	hook=$PROGRAMS/oci-hostnet-hook
	drop_ins=${HOSTNET_POLICY%.json}.d
	no_policy
}

teardown() { no_policy; }

ORDINARY='del(.annotations)'
ALLOW='{"version": 1, "rules": [{"when": {"always": true}, "request": "allow"}]}'
REFUSE='{"version": 1, "rules": [{"when": {"always": true}, "request": "refuse"}]}'

# runs_untouched RUNTIME JQ-EXPRESSION - it runs, from the configuration that was given
runs_untouched() {
	local dir before
	dir=$(mktemp -d "$HOSTNET_TEST_DIR/tmp/bundle.XXXXXX")
	make_bundle "$dir" "$2" echo ran
	chmod 755 "$dir"
	before=$(sha256sum <"$dir/config.json")
	run run_bundle "$1" "$dir"
	expect_status 0
	[ "$output" = ran ]
	[ "$(sha256sum <"$dir/config.json")" = "$before" ]
}

# refused_with RUNTIME JQ-EXPRESSION TEXT...
refused_with() {
	run container "$1" "$2" echo ran
	[ "$status" -ne 0 ]
	[[ $output != *ran ]]
	expect_output "${@:3}"
}

# same_through_hook CAPTURE JQ-EXPRESSION
same_through_hook() {
	jq "$2" "$CAPTURES/$1.config.json" >"$BATS_TEST_TMPDIR/in"
	"$hook" precreate <"$BATS_TEST_TMPDIR/in" >"$BATS_TEST_TMPDIR/out"
	cmp "$BATS_TEST_TMPDIR/in" "$BATS_TEST_TMPDIR/out"
}

refused_by_hook() {
	jq "$2" "$CAPTURES/$1.config.json" >"$BATS_TEST_TMPDIR/in"
	run -1 --separate-stderr "$hook" precreate <"$BATS_TEST_TMPDIR/in"
	[ -z "$output" ]
	[[ $stderr == *"$3"* ]]
}

ASK='.annotations["io.oci-hostnet.network"] = "host"'

# only_deciders_refused TEXT - with the policy that stands there
only_deciders_refused() {
	local runtime
	for runtime in crun runc; do
		runs_untouched $runtime "$ORDINARY"
		refused_with $runtime . "$1"
		refused_with $runtime "$UNASKED" "$1"
		# what privateNetAdmin says of it is not known
		refused_with $runtime "$ORDINARY | $ADMIN" "$1"
		runs_untouched $runtime "$ORDINARY | $ADMIN | $USERNS"
	done
	same_through_hook podman/bridge .
	same_through_hook podman/none .
	refused_by_hook podman/bridge "$ASK" "$1"
	refused_by_hook podman/host . "$1"
}

# guards RUNTIME JQ-EXPRESSION - a container of the plain runtime with the guard in its configuration
guards() {
	local hooks
	hooks=".hooks = {createRuntime: [{path: \"$hook\", args: [\"oci-hostnet-hook\", \"createRuntime\"]}]}"
	run container "plain-$1" "$2 | $hooks" echo ran
}

@test "broken rules: ordinary containers run byte for byte, who needs a decision is refused with file and line" {
	policy '{
	"version": 1,
	"rules": [ { "when": { "always": true }, "request": "alow" } ] }'
	only_deciders_refused "the policy $HOSTNET_POLICY has in line 3, column 54 a wrong value for \`request\`: give \`allow\` or \`refuse\` (did you mean \`allow\`?)"
	for runtime in crun runc; do
		guards $runtime "$ORDINARY"
		expect_status 0
		guards $runtime .
		[ "$status" -ne 0 ]
		[[ $output != *ran ]]
	done
}

@test "a broken default: the same" {
	policy '{ "version": 1, "default": {
	  "modus": "observe" } }'
	only_deciders_refused "the policy $HOSTNET_POLICY has in line 2, column 13 the unknown member \`modus\`"
}

@test "broken rules: the runtime that the policy names runs the ordinary ones" {
	policy '{"version": 1, "rules": 1, "runtime": "'"$(command -v runc)"'"}'
	make_bundle "$BATS_TEST_TMPDIR" "$ORDINARY" sh -c 'grep -c . /proc/self/cgroup; echo ran'
	chmod 755 "$BATS_TEST_TMPDIR"
	run -0 strace -f -qq -e trace=execve -o "$BATS_TEST_TMPDIR/trace" "$PROGRAMS/oci-hostnet-runtime" run -b "$BATS_TEST_TMPDIR" "$(unique_id)" </dev/null
	grep -q "execve(\"[^\"]*/runc\"" "$BATS_TEST_TMPDIR/trace"
	run ! grep -q "execve(\"[^\"]*/crun\"" "$BATS_TEST_TMPDIR/trace"
}

@test "a broken drop-in: ordinary containers run byte for byte, the others are refused with its name" {
	policy "$ALLOW"
	drop_in 10-good.json "$ALLOW"
	drop_in 50-x.json '{ "version": 1,
	"rules": [ }'
	only_deciders_refused "the policy $drop_ins/50-x.json: the JSON text has an error in line 2"
	drop_in 50-x.json '{"version": 1, "runtime": "/usr/bin/crun"}'
	only_deciders_refused "the policy $drop_ins/50-x.json has in line 1, column 27 the unknown member \`runtime\`: known here are version, rules"
}

@test "drop-ins that somebody else could have written: the same" {
	policy "$ALLOW"
	drop_in 50-x.json "$ALLOW"
	chown 1000 "$drop_ins/50-x.json"
	only_deciders_refused "the policy $drop_ins/50-x.json cannot be trusted, \`$drop_ins/50-x.json\` is owned by the user 1000"
	chown 0 "$drop_ins/50-x.json"
	chmod 777 "$drop_ins"
	only_deciders_refused "cannot be trusted, \`$drop_ins\` is writable by others"
	rm -r "$drop_ins"
	(umask 022; : >"$drop_ins")
	only_deciders_refused "$drop_ins, where the policy's drop-ins belong, is no directory"
}

@test "policy.json that does not parse, or a broken runtime: no runtime is chosen, the hook leaves ordinary ones alone" {
	for text in '{"version": 1, "rules": [' '{"version": 1, "runtime": "crun"}' '{"runtime": "/usr/bin/crun"}'; do
		policy "$text"
		make_bundle "$BATS_TEST_TMPDIR" "$ORDINARY" echo ran
		chmod 755 "$BATS_TEST_TMPDIR"
		run "$PROGRAMS/oci-hostnet-runtime" run -b "$BATS_TEST_TMPDIR" "$(unique_id)" </dev/null
		[ "$status" -ne 0 ]
		expect_output "the policy $HOSTNET_POLICY"
		[[ $output != *ran ]]
		same_through_hook podman/bridge .
		refused_by_hook podman/bridge "$ASK" "the policy $HOSTNET_POLICY"
		rm "$BATS_TEST_TMPDIR/config.json"
	done
}

@test "drop-in rules come first, in order of name, and policy.json keeps the last word" {
	for runtime in crun runc; do
		no_policy
		policy "$REFUSE"
		refused_with $runtime . "is refused by the policy"
		drop_in 50-team.json '{"version": 1, "rules": [{"when": {"annotations": {"team": "net"}}, "request": "allow"}]}'
		run -0 container $runtime '.annotations.team = "net"' ip -o link
		[[ $output == *host0* ]]
		refused_with $runtime '.annotations.team = "web"' "is refused by the policy"
		drop_in 40-nobody.json "$REFUSE"
		refused_with $runtime '.annotations.team = "net"' "is refused by the policy"
		mv "$drop_ins/40-nobody.json" "$drop_ins/60-nobody.json"
		run -0 container $runtime '.annotations.team = "net"' echo ran
		# what is no drop-in is not read
		mv "$drop_ins/60-nobody.json" "$drop_ins/40-nobody.json.disabled"
		echo broken >"$drop_ins/.40-hidden.json"
		run -0 container $runtime '.annotations.team = "net"' echo ran
		# without a policy.json too
		rm "$HOSTNET_POLICY"
		drop_in 90-all.json "$REFUSE"
		run -0 container $runtime '.annotations.team = "net"' echo ran
		refused_with $runtime . "is refused by the policy"
	done
}

@test "args: a rule for one command" {
	policy '{"version": 1, "default": {"request": "refuse"}, "rules": [{"when": {"args": ["echo", "a*"]}, "request": "allow"}]}'
	for runtime in crun runc; do
		run -0 container $runtime . echo abc
		[ "$output" = abc ]
		for words in "echo" "echo b" "echo abc d" "ls abc"; do
			# shellcheck disable=SC2086
			run container $runtime . $words
			[ "$status" -ne 0 ]
			expect_output "is refused by the policy"
		done
	done
}

@test "observe: everything runs as it was given" {
	policy '{"version": 1, "default": {"mode": "observe", "request": "refuse", "inherit": "refuse", "privateNetAdmin": "refuse", "hostObjects": "refuse"}}'
	for runtime in crun runc; do
		runs_untouched $runtime .
		runs_untouched $runtime "$UNASKED"
		runs_untouched $runtime "$ORDINARY | $ADMIN"
		runs_untouched $runtime '.annotations = {"io.oci-hostnet.netwrok": "host"}'
		runs_untouched $runtime '.annotations = {"io.oci-hostnet.lock": "strict"}'
	done
	same_through_hook podman/bridge "$ASK"
	same_through_hook podman/host .
}

@test "privateNetAdmin: refused, however crun can be told of the capability" {
	policy '{"version": 1, "default": {"privateNetAdmin": "refuse"}}'
	# nobody tests a name that crun does not take
	for name in CAP_NET_ADMIN cap_net_admin 12 0xc "CAP_NET_ADMIN,x"; do
		change="$ORDINARY | .process.capabilities[] |= . + [\"$name\"]"
		run -0 container plain-crun "$change" sh -c '/bin/ip link add v0 type veth peer name v1 && echo has it'
		[ "$output" = "has it" ]
		refused_with crun "$change" "has CAP_NET_ADMIN in the host's user namespace"
		runs_untouched crun "$change | $USERNS"
	done
	refused_with runc "$ORDINARY | $ADMIN" "has CAP_NET_ADMIN in the host's user namespace"
	runs_untouched runc "$ORDINARY | $ADMIN | $USERNS"
	runs_untouched runc "$ORDINARY"
}

@test "hostObjects: a control socket is refused, reported or left, for whoever is on the host's network" {
	perl -MSocket -e 'socket (S, PF_UNIX, SOCK_STREAM, 0) && bind (S, sockaddr_un ("/run/docker.sock")) || die'
	socket='.mounts += [{destination: "/run/docker.sock", type: "bind", source: "/run/docker.sock", options: ["bind"]}]'
	for runtime in crun runc; do
		policy '{"version": 1, "default": {"hostObjects": "refuse"}}'
		refused_with $runtime "$socket" "brings the host's \`/run/docker.sock\` along"
		refused_with $runtime "$UNASKED | $socket" "brings the host's \`/run/docker.sock\` along"
		runs_untouched $runtime "$ORDINARY | $socket"
		run -0 container $runtime . echo ran
		policy '{"version": 1, "default": {"hostObjects": "report"}}'
		run -0 container $runtime "$socket" echo ran
		policy '{"version": 1, "default": {"hostObjects": "refuse", "inherit": "leave"}}'
		refused_with $runtime "$UNASKED | $socket" "brings the host's \`/run/docker.sock\` along"
		no_policy
		run -0 container $runtime "$socket" echo ran
	done
	rm /run/docker.sock
}

# --- rootless --------------------------------------------------------------------------

@test "rootless: root's drop-ins are obeyed, and a broken policy leaves ordinary containers alone" {
	for runtime in crun runc; do
		no_policy
		drop_in 50-x.json "$REFUSE"
		run user_container $runtime "$ROOTLESS" echo ran
		[ "$status" -ne 0 ]
		expect_output "is refused by the policy"
		drop_in 50-x.json "$ALLOW"
		run -0 user_container $runtime "$ROOTLESS" echo ran
		drop_in 50-x.json broken
		run user_container $runtime "$ROOTLESS" echo ran
		[ "$status" -ne 0 ]
		expect_output "the policy $drop_ins/50-x.json: the JSON text has an error in line 1"
		run -0 user_container $runtime "$ORDINARY | $ROOTLESS" echo ran
		[ "$output" = ran ]
		# not taken for one that is not there
		chmod 600 "$drop_ins/50-x.json"
		run user_container $runtime "$ROOTLESS" echo ran
		[ "$status" -ne 0 ]
		expect_output "cannot read the policy $drop_ins/50-x.json"
		run -0 user_container $runtime "$ORDINARY | $ROOTLESS" echo ran
	done
}

@test "rootless: privateNetAdmin is not for containers of a user" {
	policy '{"version": 1, "default": {"privateNetAdmin": "refuse"}}'
	for runtime in crun runc; do
		run -0 user_container $runtime "$ORDINARY | $ADMIN | $ROOTLESS" echo ran
		[ "$output" = ran ]
	done
}
