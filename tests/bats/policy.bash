# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# What the tests of `oci-hostnet policy` share: a policy, its drop-ins and a syslog of their own.

setup_file() {
	require_program oci-hostnet oci-hostnet-crun oci-hostnet-runc
	start_syslog
}

setup() {
	STARTED_ID=
	no_policy
	DROP_INS=${HOSTNET_POLICY%.json}.d
	rm -rf "$DROP_INS"
	forget_records
	work=$(mktemp -d "$HOSTNET_TEST_DIR/tmp/policy.XXXXXX")
	chmod 755 "$work"
	cd "$work" || return
}

teardown() {
	no_policy
	rm -rf "${HOSTNET_POLICY%.json}.d"
}

hostnet() { "$PROGRAMS/oci-hostnet" "$@"; }

# drop_in NAME TEXT
drop_in() { (umask 022; mkdir -p "$DROP_INS"; printf '%s\n' "$2" >"$DROP_INS/$1"); }

# capture NAME JQ FILE - a captured configuration, changed
capture() { jq -c "$2" "$CAPTURES/$1.config.json" >"$3"; }
ASK='.annotations["io.oci-hostnet.network"] = "host"'

# one_object - the output is one JSON object as every --json gives it
one_object() {
	jq -es 'length == 1 and (.[0] | .schema == 1 and (.verdict | type) == "string" and (.reason_id | type) == "string"
		and (.reason | type) == "string" and (.edits | type) == "array" and (.checks | type) == "array")' <<<"$output"
}
