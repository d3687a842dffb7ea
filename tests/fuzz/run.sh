#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# run.sh [SECONDS [WORK]] - fuzzes the policy with libFuzzer, the address and the undefined behaviour
# sanitizer, from the corpus on; WORK keeps the build, what was found (corpus) and crash-*.
# Not part of make check, where replay goes through the corpus.
set -eu
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
top=$(cd "$here/../.." && pwd)
build=$(cd "${top_builddir:-$top}" && pwd)
seconds=${1:-60}
work=${2:-$(mktemp -d)}
command -v clang >/dev/null || { echo "run.sh: clang is not installed" >&2; exit 2; }
[ -e "$build/src/libhostnet/refusals.h" ] || { echo "run.sh: build first" >&2; exit 2; }
mkdir -p "$work/objects" "$work/corpus"

flags=(-g -O1 -std=gnu11 -fno-omit-frame-pointer "-fsanitize=address,undefined" -fno-sanitize-recover=all
	-I"$build" -I"$top/src" -I"$build/src" -I"$top/src/libhostnet" -I"$build/src/libhostnet"
	-DPOLICY_PATH='"/nonexistent/policy.json"' -DSYSCONFDIR='"/nonexistent"')
printf '%s\0' "$top"/src/libhostnet/*.c | nice -n 19 xargs -0 -P "$(nproc)" -I '{}' \
	sh -c 'file=$1; shift; exec clang "$@" -fsanitize=fuzzer-no-link -c -o "$0/$(basename "$file" .c).o" "$file"' \
	"$work/objects" '{}' "${flags[@]}"
rm -f "$work/libhostnet.a"
ar rcs "$work/libhostnet.a" "$work"/objects/*.o
clang "${flags[@]}" -fsanitize=fuzzer -o "$work/policy" "$here/policy.c" "$work/libhostnet.a" -lyajl
cd "$work"
exec nice -n 19 "$work/policy" -dict="$here/policy.dict" -max_len=4096 -timeout=5 -max_total_time="$seconds" -print_final_stats=1 \
	"$work/corpus" "$here/corpus/policy"
