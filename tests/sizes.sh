#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# No file of code over 500 lines and no C function over 60, unless a comment beside it says why:
# "size:" and a reason, in the first ten lines of a file, or in a function or right above it.  TAP.
# shellcheck disable=SC2016,SC2317 # of awk; result() calls them
set -u
top=${top_srcdir:-$(cd "$(dirname "$0")/.." && pwd)}
LINES_OF_FILE=500
LINES_OF_FUNCTION=60
MARKERS=4 # more are a habit, not exceptions

# sources DIR... - C, scripts, bats, awk, python; by their first line where they have no ending. Not what
# the build makes, nor what is hidden (.git, .packages).
sources() {
	find "$@" -name '.?*' -prune -o -type f ! -name refusals.h ! -name dropins.h \
		\( -name '*.[ch]' -o -name '*.sh' -o -name '*.bash' -o -name '*.bats' -o -name '*.awk' -o -name '*.py' -o -name '*.pl' \) -print
	find "$@" -name '.?*' -prune -o -type f ! -name '*.*' -exec grep -lI -m 1 '^#!' {} +
}

# check DIR... - "file NAME LINES" and "function NAME:LINE LINES" for what is too long, "marker NAME REASON"
check() {
	sources "$@" | LC_ALL=C sort | xargs -d '\n' awk -v file_lines=$LINES_OF_FILE -v function_lines=$LINES_OF_FUNCTION '
	function end_of_file() {
		count++
		if (lines > file_lines && !excused) print "file", name, lines
	}
	FNR == 1 { if (NR > 1) end_of_file(); name = FILENAME; is_c = name ~ /\.[ch]$/; excused = marked = begun = 0 }
	{ lines = FNR }
	/(\/\*|#|^ \*).*[ *#]size: / {
		if ($0 ~ /size: *[^ ]+ +[^ ]+/) { marked = 1; excused = excused || FNR <= 10; print "marker", name ":" FNR }
	}
	!is_c { next }
	# GNU style has both braces in the first column; a table ends in };
	/^\{/ || (/^[a-z].*\) *\{$/ && !/=/) { begun = FNR }
	/^\}/ {
		if ($0 ~ /^\} *$/ && begun > 0) {
			functions++
			if (FNR - begun + 1 > function_lines && !marked) print "function", name ":" begun, FNR - begun + 1
		}
		begun = marked = 0
	}
	END { end_of_file(); print "read", count, functions }'
}

count=0 failed=0
# result WHAT FUNCTION...
result() {
	local what=$1 word=ok
	shift
	"$@" || { word='not ok'; failed=1; }
	count=$((count + 1))
	echo "$word $count - $what"
}

said=$(cd "$top" && check src tests hooks oci-specs check.sh demo.sh autogen.sh)

# none KIND - of what is too long
none() { ! sed -n "s/^$1 /# too long: /p" <<<"$said" | grep .; }
result "no file over $LINES_OF_FILE lines" none file
result "no C function over $LINES_OF_FUNCTION lines" none function
few() { [ "$(grep -c '^marker' <<<"$said")" -le "$MARKERS" ]; }
sed -n 's/^marker /# an exception: /p' <<<"$said"
result "at most $MARKERS exceptions" few
# all of it was read: there were 392 and 1974 of them when this was written
many() { awk '$1 == "read" { print "# " $2 " files, " $3 " functions"; exit !($2 >= 350 && $3 >= 1800) }' <<<"$said"; }
result "of all there are" many

# What is planted is found, and nothing else.
planted=$(mktemp -d)
trap 'rm -rf "$planted"' EXIT
# body LINES - of a function with so many
body() { printf 'static void\nlong_one (void)\n{\n'; yes '  ;' | head -n $(($1 - 2)); printf '}\n'; }
file() { yes '# x' | head -n "$1"; }
mark=size: # apart, or it would be an exception of this file's
file 501 >"$planted/a.sh"
file 500 >"$planted/b.bats"
{ echo '#!/bin/sh'; file 500; } >"$planted/c"
{ echo "# $mark one table, which is easier to read in one piece"; file 500; } >"$planted/d.awk"
{ echo "# $mark "; file 500; } >"$planted/e.py"
body 61 >"$planted/f.c"
body 60 >"$planted/g.c"
{ printf 'static const char *table[] =\n{\n'; file 90; printf '};\n'; body 60; } >"$planted/h.h"
{ echo "/* $mark one switch over all that there is */"; body 61; body 62; } >"$planted/i.c"
found=$(cd "$planted" && check . | grep -v '^marker\|^read')
wanted='file ./a.sh 501
file ./c 501
file ./e.py 501
function ./f.c:3 61
function ./i.c:67 62'
finds() { diff <(echo "$wanted") <(echo "$found"); }
result "what is planted is found, and nothing else" finds
echo "1..$count"
exit $failed
