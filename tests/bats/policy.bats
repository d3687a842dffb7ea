#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# oci-hostnet policy check, explain and test, as an administrator uses them (policy_suggest.bats has suggest).
bats_require_minimum_version 1.5.0
load helpers
load syslog
load policy

# --- check ---------------------------------------------------------------------------

@test "check: nothing to say of a good policy, of none, and of a good draft" {
	run -0 hostnet policy check
	[ -z "$output" ]
	policy '{"version": 1, "default": {"request": "refuse"}}'
	drop_in a.json '{"version": 1, "rules": [{"when": {"args": ["a"]}, "request": "allow"}]}'
	run -0 hostnet policy check
	[ -z "$output" ]
	echo '{"version": 1 /* a comment */}' >draft
	chmod 666 draft
	run -0 hostnet policy check draft
	[ -z "$output" ]
	run -0 hostnet policy check --json draft
	one_object
	[ "$(jq -r .verdict <<<"$output")" = valid ]
}

# complains LINE COLUMN TEXT... - exit 3, and one line names the file, the place and the texts
complains() {
	local line=$1 column=$2 text found
	shift 2
	expect_status 3
	found=$(grep "line $line, column ${column}[^0-9]" <<<"$output") || { echo "$output"; return 1; }
	for text in "$file" "$@"; do
		[[ $found = *"$text"* ]] || { echo "not found: $text in $found"; return 1; }
	done
}

@test "check: every mistake with file, line, column, what is expected and the nearest name" {
	file=draft
	printf '%s\n' '{' '  "version": 1,' '  "defualt": {},' \
		'  "default": { "inherit": "lok" },' \
		'  "rules": [' \
		'    { "when": { "args": [] } },' \
		'    { "request": "allow" },' \
		'    { "when": { "kubernetes": { "namespace": ["a"] } },' \
		'      "keepCapabilities": ["CAP_NET_ADMIN"] }' \
		'  ]' '}' >draft
	run hostnet policy check draft
	complains 3 14 '`defualt`' '`default`'
	complains 4 27 '`inherit`' '`lock`, `report`, `leave` or `refuse`' 'did you mean `lock`?'
	complains 6 25 '`args`' 'at least one'
	complains 7 5 '`rules/1/when`' '`kubernetes`'
	complains 8 46 '`namespace`' '`namespaces`'
	complains 9 28 '`CAP_NET_ADMIN`' CAP_MKNOD
	[ "${#lines[@]}" -eq 6 ]
	run --separate-stderr hostnet policy check draft --json
	expect_status 3
	one_object
	[ "$(jq -r .verdict <<<"$output")" = error ]
	[ "$(jq '.checks | length' <<<"$output")" -eq 6 ]
}

@test "check: what is no JSON, with line and column" {
	file=draft
	printf '{\n  "version": 1,\n  "default": {"request" "refuse"}\n}\n' >draft
	run hostnet policy check draft
	complains 3 25
	printf '{\n  "version": 1,\n  "version": 1\n}\n' >draft
	run hostnet policy check draft
	complains 3 3 '`version`'
	printf '{\n  "version": 1\n' >draft
	run hostnet policy check draft
	expect_status 3
	expect_output draft 'ends too early'
	run hostnet policy check nowhere
	expect_status 3
	expect_output nowhere 'does not exist'
}

@test "check: the policy as root's programs read it, its owner and its drop-ins too" {
	policy '{"version": 1}'
	chmod 666 "$HOSTNET_POLICY"
	run hostnet policy check
	expect_status 3
	expect_output "$HOSTNET_POLICY" 'writable by others'
	run -0 hostnet policy check "$HOSTNET_POLICY"
	chmod 644 "$HOSTNET_POLICY"
	drop_in 1.json '{"version": 1, "rules": [{"when": {"always": true}, "request": "alow"}]}'
	drop_in 2.json '{"version": 1, "default": {}}'
	run hostnet policy check
	file=$DROP_INS/1.json complains 1 64 '`request`' '`allow`'
	file=$DROP_INS/2.json complains 1 27 '`default`'
}

@test "check: rules that never decide, or are never sure, and settings without effect" {
	cat >draft <<-'JSON'
		{ "version": 1,
		  "default": { "dns": "keep", "request": "refuse" },
		  "rules": [
		    { "when": { "kubernetes": { "serviceAccounts": ["a"] } }, "request": "allow", "dns": "host" },
		    { "when": { "args": ["a"] }, "pathless": "remove", "dns": "host" },
		    { "when": { "always": true }, "inherit": "refuse", "lock": "strict", "dns": "host" },
		    { "when": { "annotations": { "a": "b" } }, "request": "allow" }
		  ] }
	JSON
	run -0 hostnet policy check draft
	[[ ${lines[0]} = *"rule 1, line 4"*serviceAccounts*admission* ]]
	[[ $output = *"rule 2, line 5 says \`pathless\`"* ]]
	[[ $output = *"rule 3, line 6 says \`lock\`"* ]]
	[[ $output = *"rule 4, line 7 never decides"*"rule 3, line 6"* ]]
	[[ $output = *"default says \`dns\`, which has no effect"* ]]
	# and none where it has: a rule that allows takes it from default
	echo '{"version": 1, "admission": true, "default": {"request": "refuse", "dns": "keep", "pathless": "remove"}, "rules": [
		{"when": {"kubernetes": {"serviceAccounts": ["a"]}}, "request": "allow"}, {"when": {"args": ["a"]}, "request": "allow"}]}' >draft
	run -0 hostnet policy check draft
	[ -z "$output" ]
}

@test "check: a file of policy.d, or one that is to be one, as a drop-in" {
	local text
	mkdir -p policy.d
	for text in '{"version": 1, "runtime": "/usr/bin/crun"}' '{"version": 1, "default": {}}' '{"version": 1, "admission": true}'; do
		echo "$text" >draft
		run -0 hostnet policy check draft
		run -3 hostnet policy check --drop-in draft
		expect_output 'unknown member' draft
		cp draft policy.d/50-a.json
		run -3 hostnet policy check policy.d/50-a.json
		run -3 hostnet policy check "$PWD/policy.d//50-a.json"
		(cd policy.d && run -3 hostnet policy check 50-a.json)
	done
	echo '{"version": 1, "rules": [{"when": {"kubernetes": {"serviceAccounts": ["a"]}}, "request": "allow"}]}' >policy.d/50-a.json
	# whether admission checks it stands in policy.json
	run -0 hostnet policy check policy.d/50-a.json
	[ -z "$output" ]
	run -2 hostnet policy check --drop-in
}

@test "check: only a rule that can be sure decides of what a later one is for" {
	local when
	for when in '{"kubernetes": {"serviceAccounts": ["a"]}}' '{"annotations": {"io.kubernetes.cri-o.X": "*"}}' \
		'{"annotations": {"io.kubernetes.pod.owner": "x"}}' '{"kubernetes": false, "annotations": {"io.kubernetes.pod.name": "x"}}' '{"annotations": {"io.kubernetes.cri-o.*": "*"}, "args": ["a"]}'; do
		echo "{\"version\": 1, \"rules\": [{\"when\": $when, \"request\": \"allow\"}, {\"when\": $when, \"request\": \"refuse\"}]}" >draft
		run -0 hostnet policy check draft
		[[ $output != *'never decides'* ]]
		[ "$(grep -c 'only make things stricter' <<<"$output")" -eq 2 ]
	done
	for when in '{"kubernetes": {"namespaces": ["a"]}}' '{"annotations": {"io.kubernetes.pod.name": "*"}}' '{"annotations": {"io.*": "x"}}' \
		'{"annotations": {"io.kubernetes.cri.*": "x"}}' '{"args": ["a"]}' '{"kubernetes": false}'; do
		echo "{\"version\": 1, \"rules\": [{\"when\": $when, \"request\": \"allow\"}, {\"when\": $when, \"request\": \"refuse\"}]}" >draft
		run -0 hostnet policy check draft
		[[ $output = *'rule 2, line 1 never decides'* && $output != *stricter* ]]
	done
}

# --- explain -------------------------------------------------------------------------

RULES='{"version": 1, "default": {"inherit": "refuse"}, "rules": [
  {"when": {"kubernetes": {"namespaces": ["monitoring"]}}, "request": "allow"},
  {"when": {"annotations": {"team": "a"}}, "request": "allow"},
  {"when": {"kubernetes": {"namespaces": ["*"]}}, "request": "refuse", "lock": "strict"},
  {"when": {"always": true}, "request": "allow"}]}'

@test "explain: the rule, the others and why, the settings and whence, and what would change it" {
	echo "$RULES" >draft
	capture crio/hostnet.container "$ASK" config
	run -0 hostnet policy explain config --policy draft --engine crio
	expect_output 'engine: cri-o, in Kubernetes' \
		"draft: rule 1, line 2: does not match: the pod's namespace" \
		'draft: rule 2, line 3: does not match: the annotation `team`' \
		'draft: rule 3, line 4: matches' 'draft: rule 4, line 5: not reached' \
		'decided by: draft: rule 3, line 4' 'outcome: it is refused (request_refused)'
	[[ $output =~ \ request\ +\"refuse\"\ \(draft:\ rule\ 3,\ line\ 4\) ]]
	[[ $output =~ \ inherit\ +\"refuse\"\ \(draft:\ default\) ]]
	[[ $output =~ \ dns\ +\"host\"\ \(built\ in\) ]]
	[[ $output = *$'\nwith "request": "allow" '* ]]
	[[ $output = *$'\nwith "mode": "observe" it runs, only observed'* ]]
	[[ $output != *'with "dns"'* ]]
}

@test "explain: without an engine, what annotations say of Kubernetes only makes things stricter" {
	echo "$RULES" >draft
	capture crio/hostnet.container "$ASK | .annotations[\"io.kubernetes.pod.namespace\"] = \"monitoring\"" config
	run -0 hostnet policy explain config --policy draft
	expect_output 'as annotations alone say' 'see --engine' 'rule 1, line 2: not sure' 'decided by: draft: rule 4, line 5' \
		'outcome: it is refused (request_refused)'
	[[ $output =~ \ lock\ +\"strict\"\ \(draft:\ rule\ 3 ]]
	run -0 hostnet policy explain config --policy draft --engine crio
	expect_output 'decided by: draft: rule 1, line 2'
}

@test "explain: every value that it says would change the outcome does, and no other does" {
	local name setting value got before
	for name in podman/host podman/none crio/hostnet.container docker/bridge podman/netadmin-bridge podman/publish-all; do
		capture $name "$ASK" config
		[ $name != podman/netadmin-bridge ] || capture $name . config
		run -0 hostnet policy explain config --json
		one_object
		before=$(jq -r '"\(.verdict) \(.observed) \(if .verdict == "refused" then .reason_id else "" end)"' <<<"$output")
		jq -r '.changes[] | "\(.setting)=\(.value | tojson) \(.verdict) \(.observed) \(if .verdict == "refused" then .reason_id else "" end)"' <<<"$output" | sort >said
		for setting in request='"allow"' request='"refuse"' inherit='"lock"' inherit='"report"' inherit='"leave"' inherit='"refuse"' \
			publishedPorts='"warn"' pathless='"remove"' dns='"keep"' mode='"observe"' privateNetAdmin='"report"' \
			privateNetAdmin='"refuse"' hostObjects='"report"' hostObjects='"refuse"' lock='"strict"' 'keepCapabilities=["CAP_NET_RAW"]'; do
			echo "{\"version\": 1, \"default\": {\"${setting%%=*}\": ${setting#*=}}}" >draft
			run -0 hostnet policy explain config --json --policy draft
			got=$(jq -r '"\(.verdict) \(.observed) \(if .verdict == "refused" then .reason_id else "" end)"' <<<"$output")
			if [ "$got" = "$before" ]; then
				! grep -qF "$setting " said || { echo "$name: $setting changes nothing"; cat said; return 1; }
			else
				grep -qxF "$setting $got" said || { echo "$name: $setting makes it $got"; cat said; return 1; }
			fi
		done
	done
}

@test "explain: as the engine's create unless told otherwise" {
	capture podman/none "$ASK" config
	run -0 hostnet policy explain config
	expect_output 'refused (namespace_pathless)'
	run -0 hostnet policy explain config --caller apply
	expect_output 'outcome: it runs, edited'
	run -0 hostnet policy explain config --caller restore
	expect_output 'refused (restore_refused)'
}

@test "explain: where no rule is asked, and words that are not known" {
	capture podman/bridge . config
	run -0 hostnet policy explain config
	expect_output 'neither asks' 'it runs, left as it is'
	capture podman/bridge '.annotations["io.oci-hostnet.netwrok"] = "host"' config
	run -0 hostnet policy explain config
	expect_output 'under every policy' 'refused (request_unknown)'
	run hostnet policy explain config --engine krio
	expect_status 2
	expect_output '`krio`' 'crio, containerd, podman or docker'
	run hostnet policy explain config --caller delete
	expect_status 2
	expect_output '`delete`' create
	run hostnet policy explain nowhere
	expect_status 3
	echo '{' >config
	run hostnet policy explain config --json
	expect_status 3
	for words in "" list explain test "check a b" "suggest a b" "check --policy x" "test x --engine crio"; do
		run hostnet policy $words
		expect_status 2
		expect_output 'oci-hostnet --help'
	done
}

# --- test ----------------------------------------------------------------------------

table() {
	mkdir -p tests/bundle
	cp "$CAPTURES/podman/host.config.json" tests/bundle/config.json
	capture crio/hostnet.container "$ASK | .annotations[\"io.kubernetes.pod.namespace\"] = \"monitoring\"" tests/monitoring.json
	capture crio/hostnet.container "$ASK" tests/other.json
	printf '%s\n' '# CONFIGURATION EXPECTED ENGINE' '' \
		$'bundle\trefused(inherit_refused)' $'bundle\trefused rule 4\tpodman' \
		$'monitoring.json\tedited rule 1\tcrio' $'other.json\trefused(request_refused) rule 3\tcrio' >tests/table.tsv
	echo "$RULES" >draft
	chmod -R a+rX .
}

@test "test: a row for each container, and 1 when one is not as expected" {
	table
	run -0 hostnet policy test tests/table.tsv --policy draft
	[ "$(grep -c '^ok ' <<<"$output")" -eq 4 ]
	[ "${lines[4]}" = 1..4 ]
	# an administrator who forgot the rule for everybody else in the cluster
	sed -i '/strict/d' draft
	run -1 hostnet policy test tests/table.tsv --policy draft
	[[ $output = *'not ok 4 - other.json of crio'*'decided by: draft: rule 3, line 4'* ]]
	[[ $output = *'# 2 of 4'* ]]
	run -1 hostnet policy test tests/table.tsv --policy draft --json
	one_object
	[ "$(jq -c '[.verdict, .checks[].verdict]' <<<"$output")" = '["failed","holds","fails","holds","fails"]' ]
}

@test "test: every expectation, true and false" {
	local case expected
	cp "$CAPTURES/podman/host.config.json" edited.json
	cp "$CAPTURES/podman/netadmin-host.config.json" reported.json
	cp "$CAPTURES/podman/bridge.config.json" untouched.json
	capture podman/none "$ASK" refused.json
	capture podman/bridge "$ASK | .annotations.a = \"b\"" observed.json
	echo '{"version": 1, "rules": [{"when": {"annotations": {"a": "b"}}, "mode": "observe"}]}' >draft
	for case in edited reported untouched refused observed; do
		for expected in edited reported untouched refused observed runs; do
			printf '%s\t%s\n' $case.json $expected >table
			run hostnet policy test table --policy draft
			if [ $case = $expected ] || { [ $expected = runs ] && [ $case != refused ]; }; then
				expect_status 0
			else
				expect_status 1
			fi
		done
	done
	printf 'refused.json\trefused(inherit_refused)\n' >table
	run -1 hostnet policy test table --policy draft
	printf 'edited.json\tedited default\n' >table
	run -0 hostnet policy test table --policy draft
	printf 'observed.json\tobserved default\n' >table
	run -1 hostnet policy test table --policy draft
}

@test "test: the same without root, where the paths of the configuration cannot be seen, and with the installed policy" {
	local as_root
	table
	for name in crio/hostnet.container crio/privileged.container podman/bridge podman/none podman/netadmin-bridge docker/host \
		cri-containerd/hostnet containerd/X; do
		capture $name "$ASK" "tests/${name//\//-}.json"
		printf '%s.json\truns\n' "${name//\//-}" >>tests/table.tsv
	done
	mkdir -m 700 secret
	capture podman/bridge "$ASK"' | .root.path = "'"$work"'/secret/root" | (.mounts[] | select(.type == "bind").source) = "'"$work"'/secret/x"
		| (.linux.namespaces[] | select(.type == "network")).path = "/proc/2/ns/net"' tests/secret.json
	printf 'secret.json\trefused(namespace_joined)\n' >>tests/table.tsv
	chmod -R a+rX tests
	run hostnet policy test tests/table.tsv --policy draft
	as_root=$output
	[[ $output = *'ok 13 - secret.json: refused(namespace_joined)'* ]]
	run setpriv --reuid 65534 --regid 65534 --clear-groups "$PROGRAMS/oci-hostnet" policy test tests/table.tsv --policy draft
	[ "$output" = "$as_root" ] || { diff <(echo "$as_root") <(echo "$output"); false; }
	policy '{"version": 1, "default": {"inherit": "refuse"}}'
	printf 'bundle\trefused(inherit_refused) default\n' >tests/table.tsv
	run -0 hostnet policy test tests/table.tsv
}

@test "test: a rule's number is that of the policy file, and with a name that of a drop-in" {
	cp "$CAPTURES/podman/host.config.json" host.json
	policy '{"version": 1, "rules": [{"when": {"always": true}, "inherit": "lock"}]}'
	printf 'host.json\tedited rule 1\n' >table
	run -0 hostnet policy test table
	# another file's rule 1 is another rule
	drop_in 50-a:b.json '{"version": 1, "rules": [{"when": {"always": true}, "inherit": "lock"}]}'
	run -1 hostnet policy test table
	expect_output '50-a:b.json: rule 1'
	printf 'host.json\tedited rule %s\n' 50-a:b.json:1 >table
	run -0 hostnet policy test table
	for rule in 50-a:b.json:2 b.json:1 50-c.json:1 policy.json:1; do
		printf 'host.json\tedited rule %s\n' "$rule" >table
		run -1 hostnet policy test table
	done
	for rule in :1 50-a.json: 50-a.json:0 50-a.json:x; do
		printf 'host.json\tedited rule %s\n' "$rule" >table
		run -3 hostnet policy test table
		expect_output 'rule FILE:N'
	done
	# without a policy.json a drop-in's are not the policy file's
	rm "$HOSTNET_POLICY"
	printf 'host.json\tedited rule 1\n' >table
	run -1 hostnet policy test table
}

@test "test: a broken table, by file and line" {
	table
	while IFS='|' read -r row text; do
		printf '# one\n%b\n' "$row" >tests/table.tsv
		run hostnet policy test tests/table.tsv --policy draft
		expect_status 3
		expect_output 'tests/table.tsv' 'line 2' "$text"
	done <<-'ROWS'
		bundle|columns
		bundle\truns\tcrio\tx|columns
		bundle\trefuse|`refuse`
		bundle\truns(inherit_refused)|runs(inherit_refused)
		bundle\trefused(inherit_refusd)|refused(inherit_refusd)
		bundle\truns rule|runs rule
		bundle\truns\tkrio|`krio`
		nowhere\truns|nowhere
	ROWS
	echo '# only a comment' >tests/table.tsv
	run hostnet policy test tests/table.tsv --policy draft
	expect_status 3
	expect_output 'no row'
	run hostnet policy test nowhere
	expect_status 3
	printf 'bundle\truns\n' >tests/table.tsv
	echo '{"version": 2}' >draft
	run hostnet policy test tests/table.tsv --policy draft
	expect_status 3
	expect_output draft 'line 1, column 13'
}
