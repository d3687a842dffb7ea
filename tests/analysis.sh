#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# analysis.sh [TOOL...] - what tools find in the sources, TAP on stdout. What is known and stays is in
# tests/analysis.tsv, with the reason. Each tool must also find what tests/analysis.planted.sh plants:
# one that finds nothing because it did not run would pass.
set -u
tests=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
build=$(cd "${top_builddir:-$tests/..}" && pwd)
cd "$tests/.." || exit 1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# as configure.ac
warnings=(-Wall -Wextra -Wshadow -Wconversion -Wstrict-prototypes -Wmissing-prototypes -Wformat=2 -Werror)
# The attacks hand the kernel whatever bits it takes and build words from tables of formats.
attack_warnings=("${warnings[@]}" -Wno-conversion -Wno-sign-conversion -Wno-format-nonliteral
	-Wno-gnu-variable-sized-type-not-at-end)
flags=(-std=gnu11 -O1 -I"$build" -I"$build/src" -I"$build/src/libhostnet" -Isrc -Isrc/libhostnet -Itests
	'-DPOLICY_PATH="/p"' '-DSYSCONFDIR="/e"' '-DISOLATE_PATH="/i"' '-DSBINDIR="/s"' -DFUZZ_TARGET=fuzz_argv -DMUTATE_SKIP=2 '-DFROM="/f"' '-DTO="/t"'
	'-DSANITIZER_REPORTS="/r"' '-DCOVERAGE_MARK="/m"')

# In error.h, ANALYSIS says what one file alone does not.
# In a tarball there is no git; directories of the build have no sources.
mapfile -t c_files < <(find src tests -path tests/.packages -prune -o -name '*.c' -print | LC_ALL=C sort)
mapfile -t attack_files < <(printf '%s\n' "${c_files[@]}" | grep -E '^tests/(attack/|tools/(netattack|ports)\.c)')
mapfile -t own_files < <(printf '%s\n' "${c_files[@]}" | grep -vE '^tests/(attack/|tools/(netattack|ports)\.c)')
mapfile -t scripts < <({
	find . -maxdepth 1 -name '*.sh' -print
	find tests -path tests/.packages -prune -o \( -name '*.sh' -o -name '*.bats' -o -name '*.bash' -o -type f -perm -100 \) -print
	find hooks packaging completions man debian rpm .ci -type f \( -name '*.sh' -o -perm -100 \) -print 2>/dev/null
} | sort -u | while read -r file; do
	case $file in *.sh | *.bash | *.bats) echo "$file" ;; *) head -c 40 "$file" | grep -aqE '^#!.*/(ba)?sh' && echo "$file" ;; esac
done)
mapfile -t texts < <(find README.md SECURITY.md CONTRIBUTING.md NEWS Makefile.am configure.ac ./*.sh src hooks man oci-specs tests \
	\( -path tests/.packages -o -path tests/fuzz/corpus -o -path oci-specs/captures \) -prune -o \
	-type f \( -name '*.[ch157]' -o -name '*.8' -o -name '*.sh' -o -name '*.bash' -o -name '*.bats' -o -name '*.md' \
	-o -name '*.tsv' -o -name '*.py' -o -name '*.in' -o -name '*.awk' -o -name NEWS -o -name '*.a[mc]' \) -print | LC_ALL=C sort)

# ---- the tools: files as arguments, what they find on stdout ----
# each COMMAND... - with the files of standard input, several at a time
each() { tr '\n' '\0' | xargs -0 -r -P "$(nproc)" -n 1 "$@" 2>&1; }
compile() { printf '%s\n' "${@:2}" | each "$1" "${flags[@]}" "${use[@]}" -c -o /dev/null; }
run_gcc() { local use=("${warnings[@]}"); compile gcc "$@"; }
run_clang() { local use=("${warnings[@]}"); compile clang "$@"; }
run_gcc_attacks() { local use=("${attack_warnings[@]}"); compile gcc "$@"; }
run_clang_attacks() { local use=("${attack_warnings[@]}"); compile clang "$@"; }
run_analyzer() { local use=(-DANALYSIS -fanalyzer -fdiagnostics-plain-output); compile gcc "$@"; }
# dead stores: it does not know that __attribute__ ((cleanup)) reads
run_scan() {
	printf '%s\n' "$@" | each clang --analyze --analyzer-output text -DANALYSIS "${flags[@]}" \
		-Xclang -analyzer-disable-checker=deadcode.DeadStores -o /dev/null
}
# variableScope is a matter of taste, unusedStructMember does not know the other files;
# unreadVariable and the like do not know __attribute__ ((cleanup)).
run_cppcheck() {
	local macros=() flag
	for flag in "${flags[@]}"; do case $flag in -D* | -Isrc* | -Itests) macros+=("$flag") ;; esac; done
	cppcheck -j "$(nproc)" --quiet --std=c11 --enable=warning,style,performance,portability --inline-suppr \
		--template='{file}:{line}:{column}: {severity}: {message} [{id}]' --template-location='' \
		"${macros[@]}" -DANALYSIS -D__x86_64__ -DHAVE_BPF --suppress=variableScope --suppress=unusedStructMember \
		--suppress=unreadVariable --suppress=redundantInitialization --suppress=missingIncludeSystem "$@" 2>&1
}
run_tidy() {
	local file
	for file; do echo "$file"; done | xargs -P "$(nproc)" -n 12 bash -c '
		read -ra flags <"$0"
		clang-tidy --quiet --config-file=.clang-tidy "$@" -- "${flags[@]}" 2>/dev/null' "$work/flags"
}
run_shellcheck() { printf '%s\n' "$@" | tr '\n' '\0' | xargs -0 -P "$(nproc)" -n 6 shellcheck --format=gcc 2>&1; }
run_codespell() { codespell --ignore-words=tests/codespell.words "$@" 2>&1; }

# tool | what must be installed | function | what is planted
tools='gcc|gcc|run_gcc|own_files|conversion.c|conversion
gcc, attacks|gcc|run_gcc_attacks|attack_files|shadow.c|shadow
clang|clang|run_clang|own_files|conversion.c|conversion
clang, attacks|clang|run_clang_attacks|attack_files|shadow.c|Wshadow
gcc -fanalyzer|gcc|run_analyzer|c_files|null.c|Wanalyzer
clang --analyze|clang|run_scan|c_files|null.c|core
cppcheck|cppcheck|run_cppcheck|c_files|leak.c|memleak
clang-tidy|clang-tidy|run_tidy|c_files|tidy.c|bugprone
shellcheck|shellcheck|run_shellcheck|scripts|quote.sh|SC2068
codespell|codespell|run_codespell|texts|word.md|==>'

# What each must find. (misspelt in two parts, or codespell would find it here)
plant() {
	cat >"$work/conversion.c" <<-'C'
		int shorten (long number);
		int shorten (long number) { return number; }
	C
	cat >"$work/shadow.c" <<-'C'
		int outer (int number);
		int outer (int number) { { int number = 3; (void) number; } return number; }
	C
	cat >"$work/null.c" <<-'C'
		#include <stdlib.h>
		int get (int unset);
		int get (int unset) { int *at = NULL; if (unset) at = &unset; return *at; }
	C
	cat >"$work/leak.c" <<-'C'
		#include <stdlib.h>
		int leak (void);
		int leak (void) { char *text = malloc (3); text[0] = 0; return 1; }
	C
	cat >"$work/tidy.c" <<-'C'
		#include <string.h>
		void clear (char *at, int size);
		void clear (char *at, int size) { memset (at, size, 0); }
	C
	printf '#!/bin/sh\nls $@\n' >"$work/quote.sh"
	printf 'rec%s\n' ieve >"$work/word.md"
}

# unknown TOOL - of standard input what has no row in tests/analysis.tsv: tool, file, check; and, where
# nothing may be left (--strict: the versions of the tools are known), the rows that nothing needs
unknown() {
	awk -F '\t' -v tool="$1" -v strict="${HOSTNET_STRICT:-0}" '
		NR == FNR { if ($0 !~ /^#/ && $1 == tool) known[$2 "\t" $3] = 1; next }
		{
			line = $0; file = line; sub(/:.*/, "", file); sub(/^\.\//, "", file); sub("^" top "/", "", file)
			for (row in known) { split(row, part, "\t"); if (part[1] == file && index(line, part[2])) { used[row] = 1; next } }
			print line
		}
		END { for (row in known) if (strict == 1 && !(row in used)) print "analysis.tsv: nothing is found that the row needs: " row }
		' top="$PWD" tests/analysis.tsv -
}

# findings - one line each; a note goes with the line before it
findings() {
	case $1 in
	run_codespell) cat ;;
	run_shellcheck) grep -v '^$' ;;
	*) grep -E ': (fatal error|error|warning|style|performance|portability|information):|rror:|not found|No such' ;;
	esac | sort -u
}

# the flags in a file, since clang-tidy takes files and flags in one line
printf '%s ' "${flags[@]}" -DANALYSIS >"$work/flags"
plant
number=0 failed=0
# shellcheck disable=SC2329
point() {
	number=$((number + 1))
	if [ -s "$work/bad" ]; then
		failed=1
		echo "not ok $number - $1"
		sed 's/^/# /' "$work/bad" | head -n 60
	else
		echo "ok $number - $1"
	fi
}
asked=" $* "
while IFS='|' read -r tool program function list planted sign; do
	[ $# = 0 ] || [[ $asked == *" $program "* || $asked == *" $function "* ]] || continue
	declare -n files=$list
	if ! command -v "$program" >/dev/null; then
		if [ "${HOSTNET_STRICT:-0}" = 1 ]; then
			echo "$program is not installed" >"$work/bad"
			point "$tool"
		else
			number=$((number + 1))
			echo "ok $number - $tool # SKIP $program is not installed"
		fi
		continue
	fi
	start=$SECONDS
	: >"$work/bad"
	"$function" "$work/$planted" | grep -q -e "$sign" || echo "$tool does not find what is planted in $planted" >"$work/bad"
	point "$tool finds what is planted"
	: >"$work/bad"
	[ "${#files[@]}" -gt 8 ] || echo "only ${#files[@]} files" >>"$work/bad"
	"$function" "${files[@]}" | findings "$function" | unknown "$tool" >>"$work/bad"
	point "$tool: ${#files[@]} files"
	echo "# $((SECONDS - start)) s"
done <<<"$tools"
echo "1..$number"
exit "$failed"
