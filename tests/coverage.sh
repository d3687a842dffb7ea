#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# coverage.sh [DIR] - builds this directory's sources in DIR with gcov, runs the suite there (but for what
# elsewhere.bash names) and prints which lines of src have been run: a table, and what has not been run in
# DIR/coverage.txt. 1 when it is less than 90 % of all lines, or a test failed. What is not reached, and why:
# tests/coverage.md. TESTS: these alone.
set -u
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
top=$(cd "${top_srcdir:-$here/..}" && pwd)
build=$(cd "${top_builddir:-$top}" && pwd)
. "$here/elsewhere.bash"
# shellcheck disable=SC2119 # its arguments are not ours
tests=${TESTS-$(whole_suite)}
unset MAKEFLAGS MFLAGS MAKELEVEL MAKEOVERRIDES TESTS TEST_LOGS
dir=${1-}
if [ -z "$dir" ]; then
	dir=$(mktemp -d)
	# tests of users without rights start the programs too
	chmod 755 "$dir"
	trap 'cp "$dir/coverage.txt" "$build" 2>/dev/null; rm -rf "$dir"' EXIT
fi
mkdir -p "$dir"
dir=$(cd "$dir" && pwd)
copy_sources "$dir"
cd "$dir" || exit 2
{ { [ -x configure ] || ./autogen.sh; } && ./configure --enable-coverage CFLAGS='-g -O1' &&
	make -j"$(nproc)" && make -j"$(nproc)" check TESTS=; } >build.log 2>&1 </dev/null || { tail -n 20 build.log >&2; exit 2; }
# gcov's files belong to whoever runs first: everybody
find . -name '*.gcno' | sed 's/gcno$/gcda/' | while read -r counts; do : >"$counts"; chmod 666 "$counts"; done
python3 "$here/tools/coverage.py" collect "$dir" "$dir/coverage.json" &
collector=$!
make -k -j"$(nproc)" check TESTS="$tests" >check.log 2>&1 </dev/null
kill "$collector"
wait "$collector"
bad=$(grep -cE '^(FAIL|ERROR|XPASS|SKIP):' check.log)
echo "$(grep -c '^PASS:' check.log) tests pass, $bad do not"
grep -E '^(FAIL|ERROR|XPASS|SKIP):' check.log | head -n 40
python3 "$here/tools/coverage.py" report "$dir" "$dir/coverage.json" && [ "$bad" = 0 ]
