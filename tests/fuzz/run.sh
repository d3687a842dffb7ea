#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# run.sh TARGET|all [SECONDS [WORK [OPTION...]]] - fuzzes one target, or each for SECONDS, with
# libFuzzer, the address and the undefined behaviour sanitizer, from the corpus on; OPTIONs are
# libFuzzer's. WORK keeps the build, what was found (found/TARGET) and TARGET.crash-*.
# Not part of make check, where replay goes through the corpus.
set -eu
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
top=$(cd "$here/../.." && pwd)
build=$(cd "${top_builddir:-$top}" && pwd)
all=(argv edit hook_state policy ports process)
case " all ${all[*]} " in
*" ${1:-none} "*) ;;
*) echo "usage: tests/fuzz/run.sh TARGET|all [SECONDS [WORK [OPTION...]]]; TARGET: ${all[*]}" >&2; exit 2 ;;
esac
targets=("${all[@]}")
[ "$1" = all ] || targets=("$1")
seconds=${2:-60}
work=${3:-$(mktemp -d)}
shift $(($# < 3 ? $# : 3))
command -v clang >/dev/null || { echo "run.sh: clang is not installed" >&2; exit 2; }
[ -e "$build/src/libhostnet/refusals.h" ] || { echo "run.sh: build first" >&2; exit 2; }
mkdir -p "$work/objects"

flags=(-g -O1 -std=gnu11 -fno-omit-frame-pointer "-fsanitize=address,undefined" -fno-sanitize-recover=all
	-I"$build" -I"$top/src" -I"$build/src" -I"$top/src/libhostnet" -I"$build/src/libhostnet" -I"$top/tests"
	-DPOLICY_PATH='"/proc/nonexistent/policy.json"' -DSYSCONFDIR='"/proc/nonexistent"' -DISOLATE_PATH='"/proc/nonexistent/isolate"'
	-DSBINDIR='"/proc/nonexistent"')
# shellcheck disable=SC2016 # for the other shell
printf '%s\0' "$top"/src/libhostnet/*.c | nice -n 19 xargs -0 -P "$(nproc)" -I '{}' \
	sh -c 'file=$1; shift; exec clang "$@" -fsanitize=fuzzer-no-link -c -o "$0/$(basename "$file" .c).o" "$file"' \
	"$work/objects" '{}' "${flags[@]}"
rm -f "$work/libhostnet.a"
ar rcs "$work/libhostnet.a" "$work"/objects/*.o
status=0
for target in "${targets[@]}"; do
	mutator=("$here/mutate.c")
	case $target in
	edit | ports) mutator+=(-DMUTATE_SKIP=2) ;;
	process) mutator+=(-DMUTATE_SKIP=1) ;;
	argv) mutator=() ;; # no JSON
	*) mutator+=(-DMUTATE_SKIP=0) ;;
	esac
	clang "${flags[@]}" -fsanitize=fuzzer -DFUZZ_TARGET="fuzz_$target" -o "$work/$target" "$here/entry.c" "$here/$target.c" \
		"${mutator[@]}" "$here/tree.c" "$here/scratch.c" "$work/libhostnet.a" -lyajl -lseccomp -lcap-ng
	mkdir -p "$work/found/$target"
	options=()
	[ ! -e "$here/$target.dict" ] || options=(-dict="$here/$target.dict")
	nice -n 19 "$work/$target" "${options[@]}" -artifact_prefix="$work/$target." -max_len=16384 -timeout=60 \
		-max_total_time="$seconds" -print_final_stats=1 "$@" "$work/found/$target" "$here/corpus/$target" || status=$?
done
exit "$status"
