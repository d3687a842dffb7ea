#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# sanitize.sh [--all] [DIR] - builds this directory's sources in DIR with the address and the undefined
# behaviour sanitizer and runs a part of the tests there: what fits into make check, as one TAP test. --all
# (make sanitize) runs the whole suite, but for what elsewhere.bash names.
# A report of a sanitizer is a failure, whatever the test said.
set -u
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
top=$(cd "${top_srcdir:-$here/..}" && pwd)
build=$(cd "${top_builddir:-$top}" && pwd)
. "$here/elsewhere.bash"
# Below `make check` these name its tests, us among them, and win over what is said here.
unset MAKEFLAGS MFLAGS MAKELEVEL MAKEOVERRIDES TESTS TEST_LOGS
all=0
if [ "${1-}" = --all ]; then all=1; shift; fi
dir=${1-}
if [ -z "$dir" ]; then
	dir=$(mktemp -d)
	# tests of users without rights start the programs too
	chmod 755 "$dir"
	trap 'rm -rf "$dir"' EXIT
fi
part="tests/unit/test_json tests/unit/test_port_list tests/unit/test_bpf tests/unit/test_seccomp_proof tests/runtime_cli.sh
	tests/unit/test_policy tests/unit/test_policy_load tests/unit/test_policy_drop_ins tests/unit/test_policy_match
	tests/unit/test_policy_refused tests/unit/test_policy_stricter tests/unit/test_capabilities tests/unit/test_subordinate
	tests/unit/test_dns tests/unit/test_engine tests/unit/test_observe tests/unit/test_record tests/unit/test_toml
	tests/ioctl_blocks.sh tests/captures.sh tests/decide.sh tests/policy_schema.sh tests/fuzz/replay
	tests/bats/hook.bats tests/bats/policy_files.bats tests/bats/exec.bats"

number=0 failed=0
point() {
	number=$((number + 1))
	if [ "$1" = 0 ]; then
		echo "ok $number - $2"
	else
		failed=1
		echo "not ok $number - $2"
		sed 's/^/# /'
	fi
}
end() {
	echo "1..$number"
	exit "$failed"
}

# A program that reads behind its memory, and one that overflows: the flags and options are seen to work.
planted() {
	local mistake=$1 program=$dir/planted
	local -a found
	{
		printf '#include <stdlib.h>\n#include <limits.h>\n#include "error.h"\nint\nmain (int argc, char *argv[])\n'
		printf '{\n  volatile int most = INT_MAX;\n  char *text = xmalloc (8);\n  (void) argv;\n  %s\n}\n' "$mistake"
	} >"$program.c"
	gcc -DHAVE_CONFIG_H -I"$dir" -I"$top/src/libhostnet" -I"$dir/src/libhostnet" -fsanitize=address,undefined -fno-sanitize-recover=all -g \
		-Wl,-u,sanitize_options -o "$program" "$program.c" "$dir/src/libhostnet.a" -lyajl
	env -i "$program" >"$program.said" 2>&1 && return 1
	found=("$dir"/sanitizer-reports/report.*)
	[ -s "${found[0]}" ] || return 1
	rm -f "${found[@]}"
	[ ! -s "$program.said" ]
}

copy_sources "$dir"
mkdir -p "$dir/sanitizer-reports"
chmod 1777 "$dir/sanitizer-reports"
cd "$dir" || exit 1
{ { [ -x configure ] || ./autogen.sh; } && ./configure --enable-sanitizers CFLAGS='-g -O1' &&
	make -j"$(nproc)" && make -j"$(nproc)" check TESTS=; } >"$dir/build.log" 2>&1 </dev/null
point $? "it builds" <<<"$(tail -n 20 "$dir/build.log")"
[ "$failed" = 0 ] || end
planted 'return text[argc + 8];'
point $? "reading behind the end is reported, in a file, whatever the environment" <"$dir/planted.said"
planted 'return most + argc < (int) text[0] * 0;'
point $? "an overflow is reported, in a file, whatever the environment" <"$dir/planted.said"
if [ "$all" = 1 ]; then
	# libsanitizer goes round for ever where there are no descriptors (ReserveStandardFds)
	make -k -j"$(nproc)" check TESTS="$(whole_suite faults_limits.bats)" >"$dir/check.log" 2>&1 </dev/null
else
	make -k -j"$(nproc)" check TESTS="$(tr '\n\t' '  ' <<<"$part")" >"$dir/check.log" 2>&1 </dev/null
fi
# not of make: of what it says, so that nothing run is no success
passed=$(grep -c '^PASS:' "$dir/check.log")
bad=$(grep -cE '^(FAIL|ERROR|XPASS|SKIP):' "$dir/check.log")
[ "$passed" -gt 1000 ] && [ "$bad" = 0 ]
point $? "$passed tests pass" <<<"$bad do not: $(grep -E '^(FAIL|ERROR|XPASS|SKIP):' "$dir/check.log" | head -n 40)"
reports=$(find "$dir/sanitizer-reports" -name 'report.*' -size +0 | head -n 5)
[ -z "$reports" ]
point $? "no sanitizer has anything to report" <<<"$(for file in $reports; do head -n 30 "$file"; done)"
end
