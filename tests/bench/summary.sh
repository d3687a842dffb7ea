#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# summary.sh RESULTS - what `make bench` ends with: bench.tsv and bench.svg in the build directory, of
# the results (name, value, unit) and of goals.tsv, and the table on standard output.
# shellcheck disable=SC2154 # top_srcdir, top_builddir
set -eu
bench=$top_srcdir/tests/bench
awk -f "$bench/table.awk" "$bench/goals.tsv" "$1" >"$top_builddir/bench.tsv"
awk -f "$bench/chart.awk" "$top_builddir/bench.tsv" >"$top_builddir/bench.svg"
awk -F'\t' '!/^#/ {
	printf "%-52s %12s %-13s %-11s %s\n", $1, $2 ~ /^-?[0-9.e+]+$/ ? ($2 + 0 >= 1000 ? sprintf("%.0f", $2) : sprintf("%.4g", $2)) : $2, $3, $4, $5 == "no" ? "missed" : $5 == "yes" ? "met" : ""
}' "$top_builddir/bench.tsv"
echo "in bench.tsv; as a chart in bench.svg"
