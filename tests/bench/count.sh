#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Run inside tests/in-host by `make count`: user instructions by callgrind.
set -eu
dir=$HOSTNET_TEST_DIR/count
mkdir -p "$dir/bundle"
chmod 755 "$dir" "$dir/bundle"
# callgrind ends at an exec without its sum: the runtime is not there.
. "$top_srcdir/tests/bench/rules.bash"
rules 0
count() { # NAME COMMAND...
	local name=$1
	shift
	printf '%-28s %s\n' "$name" "$(valgrind --tool=callgrind --callgrind-out-file=/dev/null "$@" 2>&1 | sed -n 's/.*refs: *//p' | head -1)"
}
capture=$top_srcdir/oci-specs/captures/podman/annotation.config.json
jq -c '.annotations["io.oci-hostnet.network"] = "host"' "$top_srcdir/oci-specs/captures/docker/host.config.json" >"$dir/bundle/config.json"
count "edit, 9 KB" "$top_builddir/src/oci-hostnet-runtime" create --bundle "$dir/bundle" x
count "already edited" "$top_builddir/src/oci-hostnet-runtime" create --bundle "$dir/bundle" x
jq -c '.annotations["io.oci-hostnet.network"] = "host" | .annotations["io.oci-hostnet.listen"] = "80/tcp"' "$top_srcdir/oci-specs/captures/docker/host.config.json" >"$dir/bundle/config.json"
count "edit, 9 KB, listen=80/tcp" "$top_builddir/src/oci-hostnet-runtime" create --bundle "$dir/bundle" x
for count in 10 100 1000; do
	rules "$count"
	jq -c '.annotations["io.oci-hostnet.network"] = "host"' "$top_srcdir/oci-specs/captures/docker/host.config.json" >"$dir/bundle/config.json"
	count "edit, 9 KB, $count rules" "$top_builddir/src/oci-hostnet-runtime" create --bundle "$dir/bundle" x
done
rules 0
jq -c '.process.env += [range(1200) | "BENCH_VARIABLE_\(.)=some value that stands for one"] | .mounts += [range(130) | {destination: "/mnt/\(.)", type: "tmpfs", source: "tmpfs", options: ["nosuid","nodev"]}]' "$capture" >"$dir/bundle/config.json"
count "edit, 85 KB" "$top_builddir/src/oci-hostnet-runtime" create --bundle "$dir/bundle" x
jq -c 'del(.annotations)' "$capture" >"$dir/bundle/config.json"
count "left alone, 9 KB" "$top_builddir/src/oci-hostnet-runtime" create --bundle "$dir/bundle" x
count "state (pass-through)" "$top_builddir/src/oci-hostnet-runtime" state x
