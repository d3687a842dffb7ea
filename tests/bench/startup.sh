#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Run inside tests/in-host by `make bench`: how long crun and runc take to run `true`
# on the host's network without us, and through us under each lock. Medians of interleaved runs.
set -eu
rounds=${ROUNDS:-100}
. "$top_srcdir/tests/bench/table.bash"
dir=$HOSTNET_TEST_DIR/startup
mkdir -p "$dir/rootfs"/{bin,dev,etc,proc,sys} "$dir/plain" "$dir/locked"
chmod 755 "$dir" "$dir/plain" "$dir/locked"
cp "$(command -v busybox)" "$dir/rootfs/bin/true"
capture=$top_srcdir/oci-specs/captures/podman/annotation.config.json
base=$(jq -c --arg root "$dir/rootfs" --arg cgroup "/$HOSTNET_TAG-startup" '.root.path = $root
	| .process.args = ["/bin/true"] | .process.terminal = false | del(.process.rlimits, .process.oomScoreAdj, .hooks, .annotations)
	| .mounts |= map(select(.type != "bind" and .destination != "/sys/fs/cgroup")) | .linux.cgroupsPath = $cgroup
	| del(.linux.sysctl) | .linux.namespaces |= map(select(.type != "network"))' "$capture")
printf '%s\n' "$base" >"$dir/plain/config.json"
for runtime in crun runc; do
	for lock in standard strict userns; do
		jq -c '.annotations = {"io.oci-hostnet.network": "host", "io.oci-hostnet.lock": "'$lock'"}' <<<"$base" >"$dir/$lock.json"
		mapfile -t times < <("$top_builddir/tests/bench/bench" -m "$rounds" "$dir/locked" "$dir/$lock.json" \
			-- "$(command -v $runtime)" run -b "$dir/plain" plain \
			-- "$top_builddir/src/oci-hostnet-$runtime" run -b "$dir/locked" locked)
		read -r a a99 a_processor _ <<<"${times[0]}"
		read -r b b99 b_processor _ <<<"${times[1]}"
		awk -v what="$runtime run, lock $lock" -v a="$a" -v a99="$a99" -v b="$b" -v b99="$b99" -v ap="$a_processor" -v bp="$b_processor" 'BEGIN {
			printf "%s: %.1f ms (p99 %.1f), without us %.1f ms (p99 %.1f): +%.1f ms\n", what, b / 1000, b99 / 1000, a / 1000, a99 / 1000, (b - a) / 1000 }
			BEGIN { printf "  processor time %.1f ms, without us %.1f ms: %.3f times\n", bp / 1000, ap / 1000, bp / ap }'
		[ $lock != standard ] || record "$runtime run, without" "$a" us
		record "$runtime run, $lock" "$b" us
		record "$runtime run, $lock / without" "$(awk -v a="$a" -v b="$b" 'BEGIN { print b / a }')" ratio
		record "$runtime run, $lock / without, processor time" "$(awk -v a="$a_processor" -v b="$b_processor" 'BEGIN { print b / a }')" ratio
	done
done
