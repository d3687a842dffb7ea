# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2154 # top, build
# The suite in a build of its own, with instruments: sanitize.sh and coverage.sh. $top has the sources, $build
# what was built of them.

# copy_sources DIR - what is in the build directory of the user's must not get in the way of a build elsewhere
copy_sources() {
	mkdir -p "$1"
	(cd "$top" && tar -cf - --exclude='*.o' --exclude='*.a' --exclude='*.log' --exclude='*.trs' --exclude=.git --exclude=tests/.packages \
		--exclude='*.gc??' --exclude=config.status --exclude=config.h --exclude=./Makefile --exclude=.deps .) | tar -xf - -C "$1"
	rm -f "$1"/config.status "$1"/config.h "$1"/Makefile "$1"/src/oci-hostnet{,-runtime,-hook,-isolate}
	[ ! -d "$build/tests/.packages" ] || ln -sfn "$build/tests/.packages" "$1/tests/.packages"
}

# whole_suite - the names of all tests but those that say nothing with instruments: analysis.sh, which reads,
# packages.sh, count_limits.sh and these two, which build programs of their own; valgrind.sh; and configure*.bats
# and faults.bats, which count a program's system calls, and those of the instruments are among them; and but
# for the files of tests named
whole_suite() {
	sed -n '/^TESTS = /,/^TEST_EXTENSIONS/s/^\t\(tests[^$]*\)/\1/p' "$top/Makefile.am" | tr '\\\n' '  ' | tr ' ' '\n' |
		grep -vE '^$|tests/(analysis|sanitize|valgrind|packages|count_limits)\.sh|tests/bats/(configure|configure_files|configure_engines|faults)\.bats' |
		grep -vxF -e "" "${@/#/-etests/bats/}" | tr '\n' ' '
}
