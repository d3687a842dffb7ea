#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# No path of oci-hostnet-runtime got more than 5 % longer than counts.tsv says, in
# a static build of its own. TAP; with --print or --record (`make count`,
# `make count-record`) the figures themselves, which --record writes down.
set -u
top=${top_srcdir:-$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)}
recorded=$top/tests/bench/counts.tsv
work=$(mktemp -d /tmp/oci-hostnet-count.XXXXXX)
trap 'rm -rf "$work"' EXIT
n=0

report() { # ok|not ok, name
	n=$((n + 1))
	echo "$1 $n - $2"
}

unable() { # REASON
	if [ "${HOSTNET_STRICT:-0}" = 1 ] || [ "$1" = failed ]; then
		printf '1..1\nnot ok 1 - %s\n' "${2:-$1}"
		exit 1
	fi
	echo "1..0 # SKIP $1"
	exit 0
}

# What a count depends on beside the code.
toolchain() {
	printf '#include <features.h>\n#include <yajl/yajl_version.h>\n' | gcc -E -dM - |
		awk -v gcc="$(gcc -dumpfullversion)" -v valgrind="$(valgrind --version)" -v machine="$(uname -m)" '
			{ value[$2] = $3 }
			END { printf "gcc %s, glibc %d.%d, yajl %d.%d.%d, %s, %s\n", gcc, value["__GLIBC__"], value["__GLIBC_MINOR__"],
				value["YAJL_MAJOR"], value["YAJL_MINOR"], value["YAJL_MICRO"], valgrind, machine }'
}

count() {
	top_srcdir=$top "$top/tests/bench/static.sh" "$work/build" >"$work/log" 2>&1 </dev/null ||
		{ tail -n 20 "$work/log" | sed 's/^/# /'; return 1; }
	top_srcdir=$top top_builddir=$work/build HOSTNET_BENCH_TABLE=$work/table \
		"$top/tests/in-host" "$top/tests/bench/count.sh" >"$work/shown" 2>"$work/log" </dev/null ||
		{ sed 's/^/# /' "$work/shown" "$work/log"; return 1; }
}

record() {
	{
		sed '/^toolchain/,$d' "$recorded"
		printf 'toolchain\t%s\n' "$(toolchain)"
		# the third column stays
		awk -F '\t' -v OFS='\t' 'NR == FNR { if (NF > 2) most[$1] = $3; next }
			{ print $1, ($3 == "KiB" ? "" : $2), most[$1] }' "$recorded" "$work/table" | sed 's/\t*$//'
	} >"$work/new" && cat "$work/new" >"$recorded"
}

# compare NAME WAS AT_MOST - with what is counted now; one of the two may be empty
compare() {
	local now was=${2:-0} limit
	limit=$((was > 0 ? was + was / 20 : $3))
	[ -z "$3" ] || [ "$3" -ge "$limit" ] || limit=$3
	now=$(awk -F '\t' -v name="$1" '$1 == name { print $2 }' "$work/table")
	if [ -z "$now" ]; then
		report 'not ok' "$1: is not counted any more"
	elif [ "$now" -gt "$limit" ]; then
		report 'not ok' "$1: $now, at most $limit"
	else
		report ok "$1: at most $limit"
		[ "$now" -ge $((was - was / 20)) ] || echo "# $1: $now is less than the $was that are recorded: make count-record"
	fi
}

[ "$(uname -m)" = x86_64 ] || unable "instructions are recorded for x86_64 alone"
[ "$(id -u)" = 0 ] || unable "must be run as root"
type valgrind >/dev/null 2>&1 || unable "valgrind is not installed"
case ${1-} in
--print | --record)
	count || exit 1
	cat "$work/shown"
	[ "$1" = --print ] || record
	[ -z "${HOSTNET_BENCH_TABLE-}" ] || cat "$work/table" >>"$HOSTNET_BENCH_TABLE"
	exit
	;;
esac
[ "$(toolchain)" = "$(sed -n 's/^toolchain\t//p' "$recorded")" ] ||
	unable "counted with $(toolchain), not with what counts.tsv was recorded with: make count-record"
count || unable failed "the static build or the count failed"
while IFS= read -r line; do
	case $line in '#'* | toolchain* | '') continue ;; esac
	IFS=$'\x1f' read -r name was most <<<"${line//$'\t'/$'\x1f'}"
	compare "$name" "$was" "$most"
done <"$recorded"
while IFS= read -r name; do
	report 'not ok' "$name: is not recorded: make count-record"
done < <(awk -F '\t' 'NR == FNR { known[$1] = 1; next } !($1 in known) { print $1 }' "$recorded" "$work/table")
echo "1..$n"
