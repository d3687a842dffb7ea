#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# check.sh [--strict] - installs what is missing, builds, runs every test.
# Ends in "N passed, N failed[, N skipped]". --strict: nothing may be skipped.
set -eu
cd "$(dirname "$0")"
. tests/setup.sh

strict=0
case ${1-} in
'') ;;
--strict) strict=1 ;;
*) echo "usage: ./check.sh [--strict]" >&2; exit 2 ;;
esac

PACKAGES+=" $WORKLOADS $ANALYSIS $PACKAGING"
install_missing "./check.sh${1:+ $1}"
unpack containerd docker.io tini containernetworking-plugins
build
echo "running the tests"
log=$(mktemp)
trap 'rm -f "$log"' EXIT
rc=0
HOSTNET_STRICT=$strict make -j"$(nproc)" check >"$log" 2>&1 </dev/null || rc=$?

# number NAME - of automake's summary
number() { sed -n "s/^# $1: *\([0-9][0-9]*\)\$/\1/p" "$log" | tail -n 1 | grep . || echo 0; }
passed=$(($(number PASS) + $(number XFAIL)))
failed=$(($(number FAIL) + $(number ERROR) + $(number XPASS)))
skipped=$(number SKIP)

bad=0
[ "$rc" = 0 ] && [ "$failed" = 0 ] && [ "$passed" -gt 0 ] || bad=1
[ "$strict" = 0 ] || [ "$skipped" = 0 ] || bad=1
if [ "$bad" = 1 ]; then
	grep -E '^(FAIL|ERROR|XPASS|SKIP)' "$log" || true
	if [ "$failed" -gt 0 ] && [ -f test-suite.log ]; then
		# what they said, without the thousands that passed
		grep -vE '^(PASS:|ok )' test-suite.log | tail -n 400
	elif [ "$rc" != 0 ]; then
		tail -n 60 "$log"
	fi
	# make failed although no test did
	[ "$rc" = 0 ] || [ "$failed" -gt 0 ] || failed=1
fi
line="$passed passed, $failed failed"
[ "$skipped" = 0 ] || line+=", $skipped skipped"
echo "$line"
exit "$bad"
