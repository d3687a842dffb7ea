#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# README's picture is what its source gives, and its recording is what ./demo.sh says.  TAP.
set -u
top=$(cd "${top_srcdir:-$(dirname "$0")/..}" && pwd)
top_builddir=$(cd "${top_builddir:-$top}" && pwd)
export top_builddir
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
n=0

# is NAME COMMAND... - holds when COMMAND does, which tells what is wrong
is() {
  local name=$1 verdict=ok
  shift
  n=$((n + 1))
  "$@" >"$work/said" 2>&1 || verdict='not ok'
  echo "$verdict $n - $name"
  [ "$verdict" = ok ] || sed 's/^/# /' "$work/said"
}

# Ids, addresses, counts and the machine's architectures differ, and the reasons in the tables of
# verify and audit, of which name and verdict stay. The first and last lines are ./demo.sh's own.
comparable() {
  sed -E -e '/^(building|installing:.*|demo: passed)$/d' -e 's/[0-9]+/N/g' \
    -e 's/^(    [a-z-]+ +(holds|note|fails|way out|not seen)) .*/\1/' "$1"
}

# demo - the recording and what it says today
demo() {
  "$top/tests/in-host" "$top/demo.sh" --inside </dev/null >"$work/today" 2>&1 || { cat "$work/today"; return 1; }
  comparable "$top/doc/demo.txt" >"$work/recorded.comparable"
  comparable "$work/today" >"$work/today.comparable"
  diff -u "$work/recorded.comparable" "$work/today.comparable"
}

# excerpt - the lines of README's block, where `...` stands for some that are left out, in their order
excerpt() {
  awk '/^```/ { if (inside) exit; inside = marked; next } /<!-- from doc\/demo.txt -->/ { marked = 1 } inside' \
    "$top/README.md" >"$work/excerpt"
  [ -s "$work/excerpt" ] || { echo "README.md has no block behind <!-- from doc/demo.txt -->"; return 1; }
  awk '
    NR == FNR { recorded[++last] = $0; next }
    $0 == "..." { gap = 1; next }
    {
      start = at
      do at++; while (at <= last && recorded[at] != $0 && (gap || at == 1 || start == 0))
      if (at > last || recorded[at] != $0) { print "not in doc/demo.txt there: " $0; bad = 1; exit }
      gap = 0
    }
    END { exit bad }' "$top/doc/demo.txt" "$work/excerpt"
}

picture() { awk -f "$top/doc/picture.awk" "$top/doc/pipeline.txt" | diff -u "$top/doc/pipeline.svg" -; }
well_formed() { /usr/bin/python3 -c 'import sys, xml.dom.minidom; xml.dom.minidom.parse(sys.argv[1])' "$top/doc/pipeline.svg"; }
# links - every file of ours that README leads to
links() {
  local file bad=0
  while read -r file; do
    [ -e "$top/$file" ] || { echo "there is no $file"; bad=1; }
  done < <(grep -oE '\]\([^)#:]+\)' "$top/README.md" | tr -d '()]')
  return "$bad"
}

is "doc/pipeline.svg is what doc/picture.awk makes of doc/pipeline.txt" picture
is "and it is XML" well_formed
is "every file that README leads to is there" links
is "README shows lines of doc/demo.txt" excerpt
is "doc/demo.txt is what ./demo.sh says" demo
echo "1..$n"
