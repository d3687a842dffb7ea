# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# For count.sh and bench.sh: policies that are only long. Sourced, with $dir.

# rules COUNT - a policy with that many, of which the last alone is the container's
rules() {
	jq -n --arg runtime "$dir/crun" --argjson count "$1" '{version: 1, runtime: $runtime, rules: [range($count) |
		if . == $count - 1 then {when: {always: true}, request: "allow"}
		elif . % 2 == 0 then {when: {kubernetes: {namespaces: ["team-\(.)"]}}, request: "allow"}
		else {when: {annotations: {"org.example.team": "team-\(.)-*"}}, request: "allow", keepCapabilities: ["CAP_NET_RAW"]} end]}' >"$HOSTNET_POLICY"
	chmod 644 "$HOSTNET_POLICY"
}
