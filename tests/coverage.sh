#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# coverage.sh [DIR...] - which lines of src have been run by what was run in DIR (this directory), which was
# configured with --enable-coverage: a table, and what has not been run in coverage.txt of the first DIR.
# 1 when it is less than 90 % of all lines. What is not reached, and why: tests/coverage.md.
set -eu
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
[ $# -gt 0 ] || set -- "$here/.."
for dir; do
	[ -e "$dir/src/libhostnet/error.gcno" ] || { echo "coverage.sh: $dir was not configured with --enable-coverage" >&2; exit 2; }
done
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# a file that no process has written counts as one of which nothing was run: gcov says so itself
for dir; do
	find "$(cd "$dir" && pwd)/src" -name '*.gcno' | while read -r notes; do
		counts=$notes
		# nobody ran a program with it: gcov takes no empty file, but none
		if [ ! -s "${notes%.gcno}.gcda" ]; then counts=$work/${notes##*/}; cp "$notes" "$counts"; fi
		# counts of a program that was killed while it wrote them
		(cd "$work" && gcov --json-format --stdout --object-directory "$(dirname "$counts")" "$counts" >one.json 2>/dev/null) &&
			cat "$work/one.json" || echo "coverage.sh: gcov cannot read the counts of $notes" >&2
	done
done >"$work/all.json"
python3 - "$work/all.json" "$@" <<'PYTHON'
import collections, json, os, sys

tops = [os.path.realpath(top) for top in sys.argv[2:]]
top = tops[0]
lines = collections.defaultdict(lambda: collections.defaultdict(int))
decoder, text = json.JSONDecoder(), open(sys.argv[1]).read()
at = 0
while at < len(text):
    if text[at].isspace():
        at += 1
        continue
    unit, at = decoder.raw_decode(text, at)
    for file in unit["files"]:
        name = os.path.realpath(os.path.join(unit["current_working_directory"], file["file"]))
        owner = [top for top in tops if name.startswith(top + "/src/")]
        if not owner:
            continue
        for line in file["lines"]:
            lines[name[len(owner[0]) + 1:]][line["line_number"]] += line["count"]
missed = open(os.path.join(top, "coverage.txt"), "w")
total = run = 0
for name in sorted(lines):
    counts = lines[name]
    total += len(counts)
    reached = sum(1 for count in counts.values() if count)
    run += reached
    print("%6.1f %%  %4d of %4d  %s" % (100.0 * reached / len(counts), reached, len(counts), name))
    source = open(os.path.join(top, name), errors="replace").read().split("\n")
    for number in sorted(n for n, count in counts.items() if not count):
        missed.write("%s:%d:%s\n" % (name, number, source[number - 1]))
print("%6.1f %%  %d of %d lines of %d files" % (100.0 * run / max(total, 1), run, total, len(lines)))
sys.exit(run < 0.9 * total or total == 0)
PYTHON
