#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The table and the chart that `make bench` ends with, of results that are known.
# shellcheck disable=SC2154 # top_srcdir, top_builddir
set -u
bench=$top_srcdir/tests/bench
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
tests=0 failures=0
# is WHAT GOT EXPECTED
is() {
	tests=$((tests + 1))
	if [ "$2" = "$3" ]; then
		echo "ok $tests - $1"
	else
		failures=$((failures + 1))
		echo "not ok $tests - $1"
		printf '# got:\n%s\n# expected:\n%s\n' "$2" "$3" | sed 's/^[^#]/# &/'
	fi
}

printf '%s\t%s\t%s\t%s\n' '# a comment' x y z 'size' '<=' 200 test 'a * (b) / c' '<=' 2.0 test 'a*' '<=' 1 'never reached' '*, share' '>=' 0.5 test >"$dir/goals"
printf '%s\t%s\t%s\n' size 100 bytes 'a [x] (b) / c' 2.5 ratio 'a b' 0.75 ratio 'this, share' 0.5 ratio 'that, share' 0.4 ratio \
	'no share' 10 ms 'not size <&>' 20 ms 'nothing, share' -nan ratio size 150 bytes >"$dir/results"
is "goals are found by their globs, the first row first, and the last of two results counts" \
	"$(awk -f "$bench/table.awk" "$dir/goals" "$dir/results" | tee "$dir/table" | tr '\t' '|')" "# name|value|unit|goal|met
size|150|bytes|<= 200|yes
a [x] (b) / c|2.5|ratio|<= 2.0|no
a b|0.75|ratio|<= 1|yes
this, share|0.5|ratio|>= 0.5|yes
that, share|0.4|ratio|>= 0.5|no
no share|10|ms||
not size <&>|20|ms||
nothing, share|none|ratio|>= 0.5|no"
printf 'size\t<\t200\ttest\n' >"$dir/broken"
awk -f "$bench/table.awk" "$dir/broken" "$dir/results" >"$dir/out" 2>&1
is "a goal without a comparison is an error" "$?" 1
awk -f "$bench/table.awk" "$bench/goals.tsv" "$dir/results" >"$dir/out" 2>&1
is "goals.tsv is read" "$?" 0

awk -f "$bench/chart.awk" "$dir/table" >"$dir/chart"
# What is drawn, as an XML parser that is not ours finds it: the name, then the class and the length of
# the bar, how far from where bars begin the line of the goal is, and what is said of it.
drawn() {
	python3 - "$1" <<-'PY' 2>&1
		import sys, xml.etree.ElementTree as tree
		name = left = goal = None
		root = tree.parse(sys.argv[1]).getroot()
		assert root.tag == "{http://www.w3.org/2000/svg}svg"
		width = float(root.get("width"))
		for e in root.iter():
		    kind, what = e.tag.split("}")[1], e.get("class", "")
		    if kind == "text" and what == "name":
		        name, goal = e.text, ""
		    elif kind == "rect" and what.startswith("bar"):
		        left, bar = float(e.get("x")), f'{what} {e.get("width")}'
		        assert left + float(e.get("width")) < width
		    elif kind == "line":
		        goal = f' goal at {float(e.get("x1")) - left:g}'
		    elif kind == "text" and name and not what:
		        print(f"{name}: {bar}{goal}: {e.text}")
		        name = None
	PY
}
# the line is at 300, no bar is longer than 400; what has no goal is beside the greatest of its unit
is "the chart is well-formed, its bars are as long as they should be, what misses its goal is marked" "$(drawn "$dir/chart")" \
	"size: bar met 225.0 goal at 300: 150 bytes, goal <= 200
a [x] (b) / c: bar missed 375.0 goal at 300: 2.5, goal <= 2.0: missed
a b: bar met 225.0 goal at 300: 0.75, goal <= 1
this, share: bar met 300.0 goal at 300: 0.5, goal >= 0.5
that, share: bar missed 240.0 goal at 300: 0.4, goal >= 0.5: missed
nothing, share: bar missed 0.0 goal at 300: none, goal >= 0.5: missed
no share: bar 200.0: 10
not size <&>: bar 400.0: 20"
printf '# name\tvalue\nfar\t99\tms\t<= 1\tno\n' >"$dir/table"
awk -f "$bench/chart.awk" "$dir/table" >"$dir/chart"
is "a bar ends where the chart does" "$(drawn "$dir/chart")" "far: bar missed 400.0 goal at 300: 99 ms, goal <= 1: missed"
echo "1..$tests"
[ "$failures" = 0 ]
