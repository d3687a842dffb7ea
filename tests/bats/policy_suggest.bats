#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# oci-hostnet policy suggest: from the records of mode observe to a drop-in, as an administrator uses it.
bats_require_minimum_version 1.5.0
load helpers
load syslog
load policy

SEEN='{"version": 1, "default": {"mode": "observe", "request": "refuse", "inherit": "refuse"}}'
ENFORCED='{"version": 1, "default": {"request": "refuse", "inherit": "refuse"}}'

@test "suggest: observed today, suggested, enforced: the same runs, and nothing else" {
	policy "$SEEN"
	for runtime in crun runc; do
		run -0 container $runtime . echo 'a*[b]?\' '"'
		run -0 container $runtime "$UNASKED" echo inherited
	done
	run -0 hostnet policy suggest "$SYSLOG"
	[ "$(grep -c '"when"' <<<"$output")" -eq 2 ]
	drop_in today.json "$output"
	policy "$ENFORCED"
	run -0 hostnet policy check
	[ -z "$output" ]
	for runtime in crun runc; do
		run -0 container $runtime . echo 'a*[b]?\' '"'
		[ "$output" = 'a*[b]?\ "' ]
		run -0 container $runtime "$UNASKED" echo inherited
		run container $runtime . echo 'aXbY\' '"'
		expect_status 1
		expect_output 'refused by the policy'
		run container $runtime "$UNASKED" echo others
		expect_status 1
	done
}

# record MEMBERS... - a line of syslog; each is KEY=VALUE
record() {
	local member line='{"kind":"observed"}'
	for member; do line=$(jq -c --arg k "${member%%=*}" --arg v "${member#*=}" '.[$k] = $v' <<<"$line"); done
	printf 'Nov 28 15:00:00 host daemon.notice oci-hostnet[1]: %s %s\n' "${MESSAGE-observed, and would be refused: x}" "$line"
}

@test "suggest: namespaces of pods, patterns that match themselves alone, mode observe where nothing helps" {
	{
		record engine=cri-o sure=yes namespace='shop*' pod=web container=c1 args='["a","b*"]' reason=request_refused settings='{"request":"allow"}'
		record engine=podman namespace=forged container=c2 args='["z"]' reason=namespace_hook settings='{"inherit":"refuse","mode":"observe"}'
		MESSAGE='observed, and would be locked' record container=c3 args='["y"]'
		MESSAGE='observed, and would be reported: r' record container=c4 args='["y"]' reason=inherit_left
		record container=c5 args='["y"]' reason=request_unknown
		record container=c6 args='["cut...' reason=request_refused settings='{"request":"allow"}'
		record container=c7 args='[]' reason=request_refused settings='{"request":"allow"}'
	} >log
	run -0 hostnet policy suggest log
	sed 's,^ *//.*,,' <<<"$output" >bare
	[ "$(jq -c .rules bare)" = '[{"when":{"kubernetes":{"namespaces":["shop\\*"]},"args":["a","b\\*"]},"request":"allow"},{"when":{"kubernetes":false,"args":["z"]},"inherit":"refuse","mode":"observe"}]' ]
	sed -n '/^{/q; p' <<<"$output" >comments
	sed -n '/Needs no rule/,/REFUSED/p' comments | grep -q '`c3`'
	sed -n '/Needs no rule/,/REFUSED/p' comments | grep -q '`c4`'
	for container in c5 c6 c7; do sed -n '/REFUSED/,$p' comments | grep -q "\`$container\`"; done
	# with whom and why beside the rule
	grep -B2 'shop..\*' <<<"$output" | grep -q 'c1.*web.*request_refused'
	grep -B3 '"z"' <<<"$output" | grep -q 'stays observed'
	echo "$output" >drop-in
	run -0 hostnet policy check drop-in
	[ -z "$output" ]
	run -0 hostnet policy suggest - --json <log
	one_object
	[ "$(jq -c .rules <<<"$output")" = "$(jq -c .rules bare)" ]
}

@test "suggest: what is outside of Kubernetes gets no rule for pods, and who only says to be a pod none for those" {
	policy "$SEEN"
	run -0 container crun . echo plain
	run -0 container crun '.annotations += {"io.container.manager": "cri-o", "io.kubernetes.cri-o.SandboxID": "x", "io.kubernetes.pod.namespace": "kube-system"}' \
		echo forged
	grep -F '"args":"[\"echo\",\"forged\"]"' "$SYSLOG" | grep -F '"sure":"no"'
	run -0 hostnet policy suggest "$SYSLOG" --json
	[ "$(jq -c .rules <<<"$output")" = '[{"when":{"kubernetes":false,"args":["echo","plain"]},"request":"allow","inherit":"refuse"}]' ]
	run -0 hostnet policy suggest "$SYSLOG"
	sed -n '/REFUSED all the same/,/^{/p' <<<"$output" | grep -F 'kube-system' | grep -F 'namespace is not sure'
	drop_in today.json "$output"
	policy "$ENFORCED"
	run -0 container crun . echo plain
	# as a pod, with the same args
	capture crio/hostnet.container "$ASK"' | .process.args = ["echo", "plain"]' pod
	run -0 hostnet policy explain pod --engine crio --json
	[ "$(jq -r '.verdict + .reason_id' <<<"$output")" = refusedrequest_refused ]
	jq -e '.rules[0] | .match == "no" and .why == "the container is of Kubernetes"' <<<"$output"
}

@test "suggest: one rule for what nothing tells apart, so that all run; the order of the records does not count" {
	{
		record container=c1 args='["a"]' reason=request_refused settings='{"request":"allow","inherit":"refuse","lock":"strict"}'
		record container=c2 args='["a"]' reason=inherit_refused settings='{"request":"refuse","inherit":"report","lock":"strict"}'
		record container=c3 args='["b"]' reason=inherit_refused settings='{"inherit":"report"}'
		record container=c4 args='["b"]' reason=inherit_refused settings='{"inherit":"report"}'
	} >log
	run -0 hostnet policy suggest log --json
	[ "$(jq -c .rules <<<"$output")" = '[{"when":{"kubernetes":false,"args":["a"]},"request":"allow","inherit":"report","lock":"strict"},{"when":{"kubernetes":false,"args":["b"]},"inherit":"report"}]' ]
	hostnet policy suggest log >one
	for order in tac shuf "sort -r"; do
		$order log >other
		hostnet policy suggest other | cmp - one
	done
}

@test "suggest: a rule that is stricter for some with the same args stays so, where all of them run with it" {
	local rules='"rules": [{"when": {"annotations": {"team": "sec"}}, "request": "allow", "lock": "strict", "keepCapabilities": []}]'
	policy "{\"version\": 1, \"default\": {\"mode\": \"observe\", \"request\": \"refuse\", \"keepCapabilities\": [\"CAP_NET_RAW\"]}, $rules}"
	run -0 container crun . echo same
	run -0 container crun '.annotations.team = "sec"' echo same
	run -0 hostnet policy suggest "$SYSLOG"
	sed 's,^ *//.*,,' <<<"$output" >bare
	[ "$(jq -c .rules bare)" = '[{"when":{"kubernetes":false,"args":["echo","same"]},"request":"allow","keepCapabilities":[],"lock":"strict"}]' ]
	[[ $output != *'is less than'* ]]
	drop_in today.json "$output"
	policy "{\"version\": 1, \"default\": {\"request\": \"refuse\"}, $rules}"
	run -0 container crun . echo same
	run -0 container crun '.annotations.team = "sec"' echo same
}

@test "suggest: where not all would run under what is stricter, a comment says who loses what" {
	{
		record container=c1 args='["a"]' reason=request_refused settings='{"request":"allow","hostObjects":"report"}'
		MESSAGE='observed, and would be locked' record container=c2 args='["a"]' edits='{"edits":["network"]}' \
			settings='{"request":"allow","lock":"strict","hostObjects":"refuse"}'
		MESSAGE='observed, and would be locked' record container=c3 args='["b"]' settings='{"lock":"strict"}'
		record container=c4 args='["c"]' reason=request_refused bears=strict settings='{"request":"allow"}'
		MESSAGE='observed, and would be locked' record container=c5 args='["c"]' settings='{"lock":"strict+userns","inherit":"lock"}'
		record container=c6 args='["d"]' reason=namespace_hook settings='{"inherit":"refuse","mode":"observe"}'
		MESSAGE='observed, and would be locked' record container=c7 args='["d"]' settings='{"inherit":"lock"}'
		MESSAGE='observed, and would be locked' record container=c8 args='["c"]' edits='["network"]' settings='{"lock":"strict","subordinate":"hostnet"}'
	} >log
	run -0 hostnet policy suggest log
	sed 's,^ *//.*,,' <<<"$output" >bare
	[ "$(jq -c '.rules[]' bare)" = '{"when":{"kubernetes":false,"args":["a"]},"request":"allow","lock":"standard","hostObjects":"report"}
{"when":{"kubernetes":false,"args":["c"]},"request":"allow","inherit":"lock","lock":"strict"}
{"when":{"kubernetes":false,"args":["d"]},"inherit":"lock","mode":"observe"}' ]
	grep -F 'is less than' <<<"$output" >losses
	grep -F '`c2`' losses | grep -F '"lock": "standard" is less than "strict", "hostObjects": "report" is less than "refuse"'
	grep -F '`c5`' losses | grep -F '"lock": "strict" is less than "strict+userns"'
	grep -F '`c8`' losses | grep -F 'Here no "subordinate" is less than "hostnet" of: '
	grep -F '`c7`' losses | grep -F '"mode": "observe" is less than "enforce"'
	run ! grep -E '`c[1346]`' losses
	hostnet policy suggest log >one
	for order in tac shuf; do
		$order log >other
		hostnet policy suggest other | diff - one
	done
}

@test "suggest: the ports that were declared, and the lock isolated, are in the rules" {
	policy '{"version": 1, "default": {"mode": "observe", "listen": ["80/tcp"]}}'
	run -0 container crun '.annotations["io.oci-hostnet.listen"] = "8080/tcp"' echo port
	run -0 hostnet policy suggest "$SYSLOG"
	sed 's,^ *//.*,,' <<<"$output" >bare
	[ "$(jq -c .rules bare)" = '[{"when":{"kubernetes":false,"args":["echo","port"]},"listen":["8080/tcp"]}]' ]
	drop_in today.json "$output"
	policy '{"version": 1, "default": {"listen": ["80/tcp"]}}'
	run -0 container crun '.annotations["io.oci-hostnet.listen"] = "8080/tcp"' echo port
	run container crun '.annotations["io.oci-hostnet.listen"] = "8081/tcp"' echo port
	expect_status 1
	{
		record container=c1 args='["a"]' reason=request_refused settings='{"request":"allow","listen":["80/tcp"],"lock":"isolated"}'
		record container=c2 args='["a"]' reason=request_refused settings='{"request":"allow","listen":["78-81/tcp","53/udp"],"lock":"strict+isolated"}'
		record container=c3 args='["b"]' reason=request_refused settings='{"request":"allow"}'
		record container=c4 args='["b"]' reason=request_refused settings='{"request":"allow","listen":["80/tcp"]}'
	} >log
	run -0 hostnet policy suggest log --json
	[ "$(jq -c '.rules[]' <<<"$output")" = '{"when":{"kubernetes":false,"args":["a"]},"request":"allow","lock":"isolated","listen":["80/tcp","78-79/tcp","81/tcp","53/udp"]}
{"when":{"kubernetes":false,"args":["b"]},"request":"allow"}' ]
	run -0 hostnet policy suggest log
	grep -F 'is less than' <<<"$output" >losses
	grep -F '`c1`' losses | grep -F 'more of "listen" is less than ["80/tcp"]'
	grep -F '`c2`' losses | grep -vF listen | grep -F '"lock": "isolated" is less than "strict+isolated"'
	grep -F '`c4`' losses | grep -F 'more of "listen" is less than ["80/tcp"]'
	hostnet policy suggest log >one
	tac log | hostnet policy suggest - | diff - one
}

@test "suggest: nothing from a record gets out of its comment or its string" {
	record container=$'x\n}{"evil":1} */' pod=$'p\u202e' engine=cri-o sure=yes namespace='a","b' args='["a\nb","\"],"]' \
		reason=request_refused settings='{"request":"allow"},{"when":{"always":true},"request":"allow"}' >log
	record container=ok engine=cri-o sure=yes namespace='a","b' args='["a\nb","\"],"]' reason=request_refused settings='{"request":"allow"}' >>log
	run -0 hostnet policy suggest log
	sed 's,^ *//.*,,' <<<"$output" >bare
	[ "$(jq -c .rules bare)" = '[{"when":{"kubernetes":{"namespaces":["a\",\"b"]},"args":["a\nb","\"],"]},"request":"allow"}]' ]
	if grep -q $'\u202e' <<<"$output"; then return 1; fi
}

@test "suggest: what turns text or controls a terminal is written as \\u, and matches itself alone" {
	local raw=$'a\u202eb\u009bc\u2028\u0085\x7f\U1f600"\\'
	record container=c engine=cri-o namespace="n$raw" sure=yes args="$(jq -cn --arg r "$raw" '[$r]')" reason=request_refused \
		settings='{"request":"allow"}' >log
	for option in "" --json; do
		# shellcheck disable=SC2086
		run -0 hostnet policy suggest log $option
		[[ $output = *'"a\u202eb\u009bc\u2028\u0085\u007f'$'\U1f600''\"\\\\"'* ]]
		run ! grep -P '\x{202e}|\x{9b}|\x{85}|\x{2028}|\x7f' <<<"$output"
	done
	run -0 hostnet policy suggest log
	sed 's,^ *//.*,,' <<<"$output" >bare
	[ "$(jq -r '.rules[0].when.args[0]' bare)" = "${raw%\\}\\\\" ]
	[ "$(jq -r '.rules[0].when.kubernetes.namespaces[0]' bare)" = "n${raw%\\}\\\\" ]
}

@test "suggest: records of a user are no policy of root's; what cannot be read is told" {
	local id=8dce3cdc7b3c4ce09754dde4192a8d31
	for uid in 0 1000; do
		jq -nc --arg id $id --arg uid $uid '{MESSAGE_ID: $id, _UID: $uid, __REALTIME_TIMESTAMP: "1700000000000000", MESSAGE: "observed, and would be refused: x",
			OCI_HOSTNET_CONTAINER: "of\($uid)", OCI_HOSTNET_ARGS: "[\"of\($uid)\"]", OCI_HOSTNET_REASON: "request_refused", OCI_HOSTNET_SETTINGS: "{\"request\":\"allow\"}"}'
	done >log
	run -0 hostnet policy suggest log
	expect_output '2023-11-14T22:13:20Z container `of0`' '1 records of other users'
	[[ $output != *of1000* ]]
	record container=x args='["x"]' | head -c 110 >>log
	echo >>log
	run --separate-stderr hostnet policy suggest log
	expect_status 3
	[[ $output = *'"of0"'* ]]
	run -0 hostnet policy suggest /dev/null --json
	[ "$(jq -c .rules <<<"$output")" = '[]' ]
}

@test "suggest: a string that got into syslog is no record, and records from there are said to be anybody's" {
	{
		record container=good args='["good"]' reason=request_refused settings='{"request":"allow"}'
		record container=evil args='["evil"]' reason=request_refused settings='{"request":"allow"}' |
			sed 's/daemon.notice/auth.info sshd[7]: Invalid user/'
	} >log
	run -0 hostnet policy suggest log
	expect_output '"good"' '1 records came from syslog, where any local user can write'
	[[ $output != *evil* ]]
	run -0 hostnet policy suggest log --json
	one_object
	[ "$(jq -r '.checks[] | .verdict + " " + .reason' <<<"$output")" = \
		"note 1 records came from syslog, where any local user can write: whose they are is not known" ]
	# a real syslogd keeps the tag of who wrote it
	logger -t sshd 'Invalid user oci-hostnet[1]: observed, and would be refused: x {"kind":"observed","container":"evil","args":"[\"evil\"]","settings":"{}"}'
	wait_for 50 grep -q evil "$SYSLOG"
	run -0 hostnet policy suggest "$SYSLOG"
	[[ $output != *evil* ]]
}

@test "suggest: from the journal, where no file is given" {
	start_journald
	policy "$SEEN"
	run -0 container crun . echo journal
	wait_for 50 sh -c "$PROGRAMS/oci-hostnet policy suggest | grep -q '\"journal\"'" || { hostnet policy suggest; false; }
	run -0 hostnet policy suggest --since tomorrow
	[[ $output != *'"journal"'* ]]
}
