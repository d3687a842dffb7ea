#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Run inside tests/in-host by `make bench`: what the shim adds to a runtime that
# does nothing, beside a wrapper of bash and jq. Medians of interleaved runs.
set -eu
rounds=${ROUNDS:-300}
dir=$HOSTNET_TEST_DIR/bench
mkdir -p "$dir/bundle"
chmod 755 "$dir" "$dir/bundle"
install -m 755 "$top_builddir/tests/bench/noop" "$dir/crun"
printf '{"version":1,"runtime":"%s"}' "$dir/crun" >"$HOSTNET_POLICY"
chmod 644 "$HOSTNET_POLICY"
cat >"$dir/jq-wrapper" <<'W'
#!/bin/bash
jq '.linux.namespaces |= map(select(.type != "network")) | del(.linux.sysctl)' "$3/config.json" >"$3/config.json.new" && mv "$3/config.json.new" "$3/config.json"
exec "${0%/*}/crun" "$@"
W
chmod 755 "$dir/jq-wrapper"
captures=$top_srcdir/oci-specs/captures
ask='.annotations["io.oci-hostnet.network"] = "host"'
jq -c "$ask" "$captures/docker/host.config.json" >"$dir/9KB.json"
# podman's, with 1 200 more environment variables and 130 mounts
jq -c '.process.env += [range(1200) | "BENCH_VARIABLE_\(.)=some value that stands for one"] | .mounts += [range(130) | {destination: "/mnt/\(.)", type: "tmpfs", source: "tmpfs", options: ["nosuid","nodev"]}]' \
	"$captures/podman/annotation.config.json" >"$dir/85KB.json"
for size in 9KB 85KB; do
	mapfile -t lines < <("$top_builddir/tests/bench/bench" "$rounds" "$dir/bundle" "$dir/$size.json" \
		-- "$dir/crun" create --bundle "$dir/bundle" x \
		-- "$top_builddir/src/oci-hostnet-runtime" create --bundle "$dir/bundle" x \
		-- "$dir/jq-wrapper" create --bundle "$dir/bundle" x \
		-- "$top_builddir/src/oci-hostnet-runtime" state x \
		-- "$top_builddir/tests/bench/execonly" "$dir/crun" state x)
	bytes=$(stat -c %s "$dir/$size.json")
	median=("${median[@]%% *}")
	awk -v size="$size" -v bytes="$bytes" -v a="${median[0]}" -v b="${median[1]}" -v c="${median[2]}" -v d="${median[3]}" -v e="${median[4]}" 'BEGIN {
		printf "%s (%d bytes): no-op alone %d us; edit + no-op %d us (+%d us, %.1fx); bash+jq %d us (%.1fx of ours); state + no-op %d us (+%d us; a static program that only execs the no-op: +%d us)\n",
			size, bytes, a, b, b - a, b / a, c, c / b, d, d - a, e - a }'
done

# The policy's share of an edit: rules that are read and tried in vain, before the one that matches.
. "$top_srcdir/tests/bench/rules.bash"
without=
for count in 0 10 1000; do
	rules "$count"
	mapfile -t median < <("$top_builddir/tests/bench/bench" "$rounds" "$dir/bundle" "$dir/9KB.json" \
		-- "$top_builddir/src/oci-hostnet-runtime" create --bundle "$dir/bundle" x)
	policy=${lines[0]%% *}
	without=${without:-$policy}
	echo "policy of $count rules: edit + no-op $policy us (+$((policy - without)) us)"
done
rules 0

# exec, as a health probe does it: containerd's process file, into a container
# on the host's network and into one with a network of its own, and crun itself
# beside it. The no-op stands in for crun, its state directory is the real one's.
container() {
	mkdir -p "$dir/$1/rootfs"/{bin,dev,etc,proc,sys}
	cp "$(command -v busybox)" "$dir/$1/rootfs/bin/sleep"
	ln -s sleep "$dir/$1/rootfs/bin/true"
	jq -c --arg root "$dir/$1/rootfs" --arg cgroup "/$HOSTNET_TAG-$1" ".root.path = \$root | .root.readonly = false
		| .process.args = [\"/bin/sleep\", \"1000\"] | .process.terminal = false | del(.process.rlimits, .process.oomScoreAdj)
		| .mounts = [{destination: \"/proc\", type: \"proc\", source: \"proc\"}] | del(.hooks, .linux.resources)
		| .linux.cgroupsPath = \$cgroup | $2" "$captures/podman/annotation.config.json" >"$dir/$1/config.json"
	crun run -d -b "$dir/$1" "$1" </dev/null >/dev/null
}
for name in exec exec-privileged; do
	jq -c '.args = ["/bin/true"]' "$captures/podman/$name.process.json" >"$dir/$name.json"
done
container shares 'del(.linux.namespaces[] | select(.type == "network")) | del(.linux.sysctl)'
container own '(.linux.namespaces[] | select(.type == "network")) |= {type}'
for name in shares own; do
	mapfile -t times < <("$top_builddir/tests/bench/bench" "$rounds" "$dir/bundle" "$dir/9KB.json" \
		-- "$dir/crun" exec --process "$dir/exec-privileged.json" "$name" \
		-- "$top_builddir/src/oci-hostnet-runtime" exec --process "$dir/exec-privileged.json" "$name" \
		-- /usr/bin/crun exec --process "$dir/exec.json" "$name")
	read -r a a99 <<<"${times[0]}"
	read -r b b99 <<<"${times[1]}"
	read -r c c99 <<<"${times[2]}"
	echo "exec, network $name: no-op $a us (p99 $a99); guard + no-op $b us (p99 $b99); added at p99: $((b99 - a99)) us; crun exec itself $c us (p99 $c99)"
	crun delete -f "$name"
done
