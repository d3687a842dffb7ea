#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Run inside tests/in-host by `make bench`: what the lock isolated costs, beside standard, with runc on
# cgroup v2 alone. Start-up: medians of interleaved runs. System calls and packets of the container: the
# median of five loops each.
set -eu
. "$top_srcdir/tests/bench/table.bash"
rounds=${ROUNDS:-50} loops=${LOOPS:-100000}
sbindir=$(dirname "$("$top_builddir/src/oci-hostnet-isolate" --version | sed -n 's/^path: *//p')")
umount -R /sys/fs/cgroup
mount -t cgroup2 cgroup2 /sys/fs/cgroup
mkdir -p "$sbindir"
mount -t tmpfs -o mode=0755 tmpfs "$sbindir"
install -m 0755 "$top_builddir/src/oci-hostnet-isolate" "$sbindir/"
dir=$HOSTNET_TEST_DIR/isolated
mkdir -p "$dir/rootfs"/{bin,dev,etc,proc,sys} "$dir/standard" "$dir/isolated"
chmod 755 "$dir" "$dir/standard" "$dir/isolated"
cp "$(command -v busybox)" "$dir/rootfs/bin/true"
gcc -O2 -static -no-pie -o "$dir/rootfs/bin/reach" "$top_srcdir/tests/tools/reach.c"
capture=$top_srcdir/oci-specs/captures/podman/annotation.config.json
for lock in standard isolated; do
	jq -c --arg root "$dir/rootfs" --arg cgroup "/$HOSTNET_TAG-$lock" '.root.path = $root
		| .process.args = ["/bin/true"] | .process.terminal = false | del(.process.rlimits, .process.oomScoreAdj, .hooks, .linux.resources.pids)
		| .mounts |= map(select(.type != "bind" and .destination != "/sys/fs/cgroup")) | .linux.cgroupsPath = $cgroup
		| .annotations = {"io.oci-hostnet.network": "host", "io.oci-hostnet.lock": "'$lock'", "io.oci-hostnet.listen": "8000/tcp,8000/udp"}
		| if "'$lock'" == "isolated" then .annotations["io.oci-hostnet.connect"] = "127.0.0.1:9000/tcp,127.0.0.1:9000/udp" else . end
		| del(.linux.sysctl) | .linux.namespaces |= map(select(.type != "network"))' "$capture" >"$dir/$lock.json"
done
echo '{"version": 1, "default": {"portConflicts": "ignore"}}' >"$HOSTNET_POLICY"
# both edited before: bench writes the configuration of one directory alone
for lock in standard isolated; do
	cp "$dir/$lock.json" "$dir/$lock/config.json"
	"$top_builddir/src/oci-hostnet" apply "$dir/$lock"
done
mkdir "$dir/none"
mapfile -t times < <("$top_builddir/tests/bench/bench" "$rounds" "$dir/none" "$dir/standard.json" \
	-- "$top_builddir/src/oci-hostnet-runc" run -b "$dir/standard" standard \
	-- "$top_builddir/src/oci-hostnet-runc" run -b "$dir/isolated" isolated)
read -r a a99 <<<"${times[0]}"
read -r b b99 <<<"${times[1]}"
awk -v a="$a" -v a99="$a99" -v b="$b" -v b99="$b99" 'BEGIN {
	printf "runc run, lock isolated: %.1f ms (p99 %.1f), lock standard %.1f ms (p99 %.1f): +%.1f ms\n", b / 1000, b99 / 1000, a / 1000, a99 / 1000, (b - a) / 1000 }'
record "runc run, isolated, cgroup v2" "$b" us

"$dir/rootfs/bin/reach" serve host tcp:127.0.0.1:9000 udp:127.0.0.1:9000 udp:10.98.0.1:9001 >/dev/null &
ip netns exec lan "$dir/rootfs/bin/reach" serve lan udp:10.98.0.2:9000 >/dev/null &
sleep 0.3
# loop LOCK WHAT COUNT ENDPOINT - nanoseconds for each
loop() {
	jq -c '.process.args = $ARGS.positional' "$dir/$1.json" --args /bin/reach loop "$2" "$3" "$4" >"$dir/$1/config.json"
	"$top_builddir/src/oci-hostnet-runc" run -b "$dir/$1" "$1" </dev/null
}
median() { sort -n | sed -n 3p; }
while read -r name what count endpoint; do
	for i in 1 2 3 4 5; do
		loop standard "$what" "$count" "$endpoint" >>"$dir/$name.standard"
		loop isolated "$what" "$count" "$endpoint" >>"$dir/$name.isolated"
	done
	awk -v name="$name" -v a="$(median <"$dir/$name.standard")" -v b="$(median <"$dir/$name.isolated")" 'BEGIN {
		printf "%s: %d ns, lock standard %d ns: %.2f times\n", name, b, a, b / a }'
	record "$name, isolated" "$(median <"$dir/$name.isolated")" ns
	record "$name, standard" "$(median <"$dir/$name.standard")" ns
done <<LIST
bind-declared-port bind $loops udp:127.0.0.1:8000
bind-ephemeral-port bind $loops tcp:127.0.0.1:0
connect-loopback-service-allowed connect $((loops / 10)) tcp:127.0.0.1:9000
send-loopback-service-allowed send $loops udp:127.0.0.1:9000
sendto-loopback-service-allowed send $loops udpto:127.0.0.1:9000
send-remote send $loops udp:10.98.0.2:9000
LIST
