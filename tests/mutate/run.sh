#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# run.sh [-j WORKERS] [ID...] - are the tests any good? Takes one protection of
# mutations.tsv away at a time, in a scratch build, and sees whether the tests
# named there notice: at least one that passed before must say `not ok`.
# Prints a table; exits 1 when one survives or could not be tried.
# Not part of make check: `make mutate`.
set -eu
shopt -s inherit_errexit

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
top=$(cd "$here/../.." && pwd)
table=$here/mutations.tsv
TEST_SECONDS=120 # a mutant may hang

fail() {
	echo "mutate: $*" >&2
	exit 2
}

# columns LINE - into id, file, old, new, tests, protection (read alone would take
# two tabs for one)
columns() {
	local line=$1
	IFS=$'\x1f' read -r id file old new tests protection <<<"${line//$'\t'/$'\x1f'}"
}

# rows [ID...] - the lines of the table, or of these
rows() {
	local line id file old new tests protection wanted=" $* "
	while read -r line; do
		case $line in '#'* | '') continue ;; esac
		columns "$line"
		[ $# = 0 ] || [[ $wanted == *" $id "* ]] || continue
		[ -n "$protection" ] || fail "the row $id has less than six columns"
		printf '%s\n' "$line"
	done <"$table"
}

# ---- the scratch trees --------------------------------------------------------------

# One for each worker; the first is built, the others are copies.
make_trees() {
	local n
	mkdir "$work/tree.0" "$work/rows" "$work/baseline"
	# what git knows, as it stands here; a tarball knows nothing else
	if git -C "$top" rev-parse --git-dir >/dev/null 2>&1; then
		(cd "$top" && git ls-files -z --cached --others --exclude-standard |
			tar -c --null -T - --ignore-failed-read 2>/dev/null) | tar -x -C "$work/tree.0"
	else
		cp -a "$top/." "$work/tree.0/"
	fi
	if ! (cd "$work/tree.0" && ./autogen.sh && ./configure CFLAGS='-g -O1' &&
		make -j"$workers" && make check TESTS=) >"$work/build.log" 2>&1; then
		tail -n 30 "$work/build.log" >&2
		fail "the scratch build failed"
	fi
	for ((n = 1; n < workers; n++)); do cp -a "$work/tree.0" "$work/tree.$n"; done
}

# ---- running tests ------------------------------------------------------------------

# name_of TESTS - of the file that keeps what TESTS said unmutated
name_of() { sha256sum <<<"$1" | cut -c 1-32; }

# split TESTS - the single ones, into the array `single`
split() {
	local rest=$1
	single=()
	while [[ $rest == *' ; '* ]]; do
		single+=("${rest%% ; *}")
		rest=${rest#* ; }
	done
	single+=("$rest")
}

# tap TREE TEST - what it says. TEST: unit/test_x, x.sh, or `x.bats: REGEX`
tap() {
	local tree=$1 test=$2 command
	case $test in
	*.bats:\ *) command=("$tree/tests/bats-tap" "$tree/tests/bats/${test%%: *}" --filter "${test#*: }") ;;
	*.bats) command=("$tree/tests/bats-tap" "$tree/tests/bats/$test") ;;
	*) command=("$tree/tests/$test") ;;
	esac
	env top_srcdir="$tree" top_builddir="$tree" HOSTNET_STRICT=1 \
		timeout -k 10 "$TEST_SECONDS" "${command[@]}" </dev/null 2>/dev/null
}

# numbers ok|'not ok' FILE - of the tests that said so
numbers() { sed -n "s/^$1 \([0-9]*\).*/\1/p" "$2" | sort; }

# Everything must pass before it can be seen to fail: no empty filter, no skip.
baseline() {
	local out rc=0
	out=$work/baseline/$(name_of "$1")
	tap "$work/tree.$SLOT" "$1" >"$out" || rc=$?
	if [ "$rc" != 0 ] || ! grep -q '^ok ' "$out" || grep -q '^not ok \|# [Ss][Kk][Ii][Pp]' "$out"; then
		echo "unmutated: $1: exit $rc, $(grep -c '^ok ' "$out") pass, $(grep -c '^not ok ' "$out") fail" >&2
		mv "$out" "$out.bad"
	fi
}

# ---- a row --------------------------------------------------------------------------

# mutate FILE OLD NEW - blanks of OLD stand for any white space; says why it cannot
mutate() {
	perl -e '
		my ($file, $old, $new) = @ARGV;
		local $/;
		open my $in, "<", $file or die "$file: $!\n";
		my $before = my $text = <$in>;
		my $pattern = join "\\s+", map { quotemeta } split /\s+/, $old, -1;
		my $count = () = $text =~ /$pattern/g;
		die "the old text is there $count times\n" if $old eq "" || $count != 1;
		$text =~ s/$pattern/$new/;
		die "the new text is the old one\n" if $text eq $before;
		open my $out, ">", $file or die "$file: $!\n";
		print $out $text;
		close $out or die "$file: $!\n";
	' "$@" 2>&1
}

# try - runs the tests of the row against its mutant: prints VERDICT TAB COUNT TAB FIRST
try() {
	local tree=$work/tree.$SLOT single test kept said=$work/said.$SLOT count=0 first='' dead='' rc failed
	if ! (cd "$tree" && make && make check TESTS=) >"$work/make.$SLOT" 2>&1; then
		printf 'ERROR\t0\tit does not compile: %s\n' "$(grep -m 1 'error:' "$work/make.$SLOT" | tr '\t' ' ')"
		return
	fi
	split "$tests"
	for test in "${single[@]}"; do
		kept=$work/baseline/$(name_of "$test")
		[ -f "$kept" ] || { printf 'ERROR\t0\tdoes not pass unmutated: %s\n' "$test"; return; }
		rc=0
		tap "$tree" "$test" >"$said" || rc=$?
		failed=$(comm -12 <(numbers 'not ok' "$said") <(numbers ok "$kept"))
		if [ -n "$failed" ]; then
			count=$((count + $(wc -l <<<"$failed")))
			[ -n "$first" ] || first="${test%%: *}: $(grep -m 1 '^not ok ' "$said" | sed 's/^not ok [0-9]* *-* *//' | tr '\t' ' ')"
		elif [ "$rc" != 0 ]; then
			dead="$test ended with status $rc and no failed test"
		fi
	done
	if [ "$count" -gt 0 ]; then printf 'noticed\t%s\t%s\n' "$count" "$first"
	elif [ -n "$dead" ]; then printf 'ERROR\t0\t%s\n' "$dead"
	else printf 'SURVIVED\t0\t\n'; fi
}

row() {
	local id file old new tests protection tree=$work/tree.$SLOT reason begin=$SECONDS result
	columns "$1"
	cp -p "$tree/$file" "$work/original.$SLOT"
	if reason=$(mutate "$tree/$file" "$old" "$new"); then
		result=$(try)
	else
		result=$(printf 'ERROR\t0\t%s' "$reason")
	fi
	# with a new time, so that make sees it
	cat "$work/original.$SLOT" >"$tree/$file"
	printf '%s\t%s\t%s\t%s\n' "$id" "$result" "$((SECONDS - begin))" "$protection" >"$work/rows/$id"
	printf '%s\n' "$id: $result" >&2
}

# ---- all of them --------------------------------------------------------------------

show() {
	local line id file old new tests protection verdict count first seconds survived=0 n=0
	echo "id | protection taken away | noticed by | first of them | s"
	while read -r line; do
		columns "$line"
		n=$((n + 1))
		verdict=ERROR count=0 first='no result' seconds=0
		[ ! -f "$work/rows/$id" ] || IFS=$'\x1f' read -r _ verdict count first seconds protection \
			<<<"$(tr '\t' '\037' <"$work/rows/$id")"
		case $verdict in
		noticed) echo "$id | $protection | $count | $first | $seconds" ;;
		*)
			survived=$((survived + 1))
			echo "$id | $protection | $verdict | $first | $seconds"
			;;
		esac
	done <"$work/list"
	echo "$n protections taken away, $((n - survived)) noticed, $survived not; ${SECONDS} s"
	[ "$survived" = 0 ] && [ "$n" -gt 0 ]
}

# in_turn MODE - runs ourselves for each NUL-terminated word of standard input
in_turn() {
	work=$work xargs -0 -r -n 1 -P "$workers" --process-slot-var=SLOT "${BASH_SOURCE[0]}" "$1" || true
}

main() {
	local line id file old new tests protection single double
	workers=1
	if [ "${1-}" = -j ]; then
		workers=${2-}
		[[ $workers =~ ^[1-9]$ ]] || fail "-j wants a number up to 9"
		shift 2
	fi
	[ "$(id -u)" = 0 ] || fail "must be run as root, as the tests with containers"
	work=$(mktemp -d)
	trap 'rm -rf "$work"' EXIT
	rows "$@" >"$work/list"
	double=$(cut -f 1 "$work/list" | sort | uniq -d)
	[ -z "$double" ] || fail "two rows are called $double"
	for id; do
		cut -f 1 "$work/list" | grep -qxF -- "$id" || fail "no row is called $id"
	done
	make_trees
	while read -r line; do
		columns "$line"
		split "$tests"
		printf '%s\0' "${single[@]}"
	done <"$work/list" | sort -zu | in_turn --baseline
	tr '\n' '\0' <"$work/list" | in_turn --row
	show
}

case ${1-} in
--baseline) baseline "$2" ;;
--row) row "$2" ;;
*) main "$@" ;;
esac
