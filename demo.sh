#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# demo.sh - installs what is missing, builds, and shows what oci-hostnet does with the real
# crun and runc. Nothing of this machine's network is touched: the host is a namespace.
# Every claim is checked; the last line is "demo: passed" or "demo: FAILED".
set -eu
cd "$(dirname "$0")"

if [ "${1-}" != --inside ]; then
	. tests/setup.sh
	install_missing ./demo.sh
	build
	rc=0
	tests/in-host ./demo.sh --inside || rc=$?
	if [ "$rc" = 0 ]; then echo "demo: passed"; else echo "demo: FAILED"; rc=1; fi
	exit "$rc"
fi

. tests/bats/helpers.bash
work=$HOSTNET_TEST_DIR/demo
wrong=0

# story RUNTIME BUNDLE - shows the command as one would type it, and runs it
story() {
	local id program=$1
	id=demo-$RANDOM
	echo "    $ $program run -b ./bundle $id      # $(jq -r '.process.args | join(" ")' "$2/config.json")"
	status=0
	case $program in
	oci-hostnet-*) program=$PROGRAMS/$program ;;
	esac
	output=$(timeout -k 5 60 "$program" run -b "$2" "$id" </dev/null 2>&1) || status=$?
	printf '%s\n' "${output:-(it says nothing)}" | sed 's/^/    /'
}

# claim WHAT COMMAND... - holds when COMMAND does
claim() {
	local what=$1
	shift
	if "$@"; then echo "  ok: $what"; else echo "  WRONG: $what"; wrong=1; fi
	echo
}
says() { [[ $output == *"$1"* ]]; }
refused_with() { [ "$status" != 0 ] && says "$1"; }
shows_the_host() { [ "$status" = 0 ] && says 10.98.0.1/24 && says host0; }
host_has() { [[ "$(ip addr show dev lo)" == *"$1"* ]]; }
host_has_not() { ! host_has "$1"; }
succeeded_and_changed() { [ "$status" = 0 ] && host_has 127.0.0.3; }

# said COMMAND... - shows and runs it
said() {
	echo "    \$ $*"
	status=0
	output=$("$@" </dev/null 2>&1) || status=$?
	printf '%s\n' "${output:-(it says nothing)}" | sed 's/^/    /'
}
proves_it() { [ "$status" = 0 ] && [ "${output##*[ $'\n']}" = locked ]; }

make_rootfs "$HOSTNET_TEST_DIR/rootfs"
PATH=$PROGRAMS:$PATH
make_bundle "$work/look" . ip -o -4 addr
make_bundle "$work/change" . ifconfig lo:1 127.0.0.3
make_bundle "$work/publish" '.annotations["io.oci-hostnet.publish"] = "8080:80"' httpd -f -p 80
make_bundle "$work/stay" . sleep 1000
make_bundle "$work/without" "$UNASKED | $ADMIN | $NO_SECCOMP" ifconfig lo:1 127.0.0.3

echo
echo "The host of this demonstration has these addresses:"
ip -o -4 addr | sed 's/^/    /'
echo
echo "A bundle asks for the host's network with one annotation:"
jq -c '{annotations}' "$work/look/config.json" | sed 's/^/    /'
echo
before=$(host_state)
for runtime in crun runc; do
	echo "== $runtime =="
	# ours edits the configuration in place: each run starts from the original
	for bundle in look change publish; do cp "$work/$bundle/config.json" "$work/$bundle/original"; done
	story oci-hostnet-$runtime "$work/look"
	claim "the container sees the host's interfaces and addresses" shows_the_host

	story oci-hostnet-$runtime "$work/change"
	claim "it cannot change them" refused_with "SIOCSIFADDR: Permission denied"

	story oci-hostnet-$runtime "$work/publish"
	claim "publishing a port (io.oci-hostnet.publish=8080:80) is refused, not discarded" \
		refused_with "cannot publish ports of a container using the 'host' network driver"
	claim "nothing of the host has changed" test "$before" = "$(host_state)"

	cp "$work/stay/config.json" "$work/stay/original"
	id=demo-$RANDOM
	oci-hostnet-$runtime run -d -b "$work/stay" $id </dev/null >/dev/null 2>&1
	said oci-hostnet-$runtime exec --cap CAP_NET_ADMIN $id ip addr add 127.0.0.3/8 dev lo
	claim "exec cannot give the capability back" refused_with "Operation not permitted"
	said oci-hostnet verify "$work/stay"
	claim "its configuration is proved" proves_it
	said oci-hostnet audit --filter "$(oci-hostnet-$runtime state $id | jq .pid)"
	claim "and so is the running container, by what the kernel says of it" proves_it
	oci-hostnet-$runtime delete -f $id
	mv "$work/stay/original" "$work/stay/config.json"

	echo "  Without us (plain $runtime, no network entry, NET_ADMIN, no seccomp profile):"
	claim "the host has no 127.0.0.3 yet" host_has_not 127.0.0.3
	story $runtime "$work/without"
	claim "the container has changed the host: lo has 127.0.0.3 now" succeeded_and_changed
	ip addr del 127.0.0.3/8 dev lo
	for bundle in look change publish; do mv "$work/$bundle/original" "$work/$bundle/config.json"; done
done
exit "$wrong"
