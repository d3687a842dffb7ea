#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Run inside tests/in-host by `make bench`: how fast a server on the host's network is from another
# machine (the network namespace "lan", over veth): as a process of the host, in a container that is
# locked, in the same container without us, and behind podman's bridge with published ports. All are
# there at once and measured in turn, in another order each round; medians, and of the ratios (to the
# host process, and to the container without us, which has the same profile for seccomp) that of each
# round.
# ROUNDS, but 9 at most: each takes a quarter of a minute.
# shellcheck disable=SC2154 # top_srcdir, top_builddir
set -eu
rounds=${ROUNDS:-9} dir=$HOSTNET_TEST_DIR/throughput
rounds=$((rounds < 9 ? rounds : 9))
# shellcheck disable=SC2153 # BENCH is in setup.sh
. "$top_srcdir/tests/setup.sh"
command -v iperf3 >/dev/null || give_up "throughput: iperf3 is not installed; run: apt-get install -y --no-install-recommends $BENCH"
. "$top_srcdir/tests/bats/helpers.bash"
. "$top_srcdir/tests/bats/podman.bash"
. "$top_srcdir/tests/bench/table.bash"
ADDRESS=10.98.0.1 BYTES=$((256 << 20)) CONNECTS=500 SHARES=262144

rootfs=$HOSTNET_TEST_DIR/rootfs
make_rootfs "$rootfs"
mkdir -p "$dir/host" "$rootfs/tmp"
install -m 755 "$(command -v iperf3)" "$top_builddir/tests/bench/connects" "$rootfs/bin/"
ldd "$(command -v iperf3)" | sed -n 's,^[^/]*\(/[^ ]*\).*,\1,p' | while read -r library; do
	install -D -m 755 "$(readlink -f "$library")" "$rootfs$library"
done
# what a server is started with: iperf3 at PORT, connects at PORT + 100
server() { echo "connects serve $(($1 + 100)) & exec iperf3 -s -p $1"; }
container() { # RUNTIME NAME PORT ANNOTATIONS
	mkdir -p "$dir/$2"
	jq -c --arg root "$rootfs" --arg cgroup "/$HOSTNET_TAG-$2" --arg command "$(server "$3")" --argjson annotations "$4" --argjson shares "$SHARES" '
		.root = {path: $root, readonly: false} | .process.args = ["/bin/sh", "-c", $command]
		| .process.terminal = false | del(.process.rlimits, .process.oomScoreAdj, .hooks)
		| .mounts |= map(select(.type != "bind" and .destination != "/sys/fs/cgroup")) | .linux.cgroupsPath = $cgroup
		| del(.linux.sysctl) | .annotations = $annotations | .linux.resources.cpu.shares = $shares
		| .linux.namespaces |= map(select(.type != "network"))' "$CAPTURES/podman/annotation.config.json" >"$dir/$2/config.json"
	"$1" run -d -b "$dir/$2" "$2" </dev/null >"$dir/$2/log" 2>&1
}
declare -A port=([host]=5201 [locked]=5202 [unlocked]=5203 [bridge]=5204)
# In cgroups of its own as a service is, and as the containers are: these compete for the CPU, and
# their memory is counted, in another way than what is in the root. Many shares: what else the machine
# does should tell little.
own=()
for controller in cpu memory; do
	cgroup=/sys/fs/cgroup/$controller/$HOSTNET_TAG-host
	if mkdir "$cgroup" 2>/dev/null; then own+=("$cgroup/cgroup.procs"); fi
	[ ! -e "$cgroup/cpu.shares" ] || echo "$SHARES" >"$cgroup/cpu.shares"
done
sh -c "for procs; do echo \$\$ >\$procs; done; PATH=$rootfs/bin:$PATH; $(server "${port[host]}")" sh "${own[@]}" >"$dir/host/log" 2>&1 &
container "$PROGRAMS/oci-hostnet-crun" locked "${port[locked]}" '{"io.oci-hostnet.network": "host", "io.oci-hostnet.lock": "standard"}'
container "$(command -v crun)" unlocked "${port[unlocked]}" '{}'
setup_podman
p=${port[bridge]}
without -d --cpu-shares "$SHARES" -p "$p:$p/tcp" -p "$p:$p/udp" -p "$((p + 100)):$((p + 100))/tcp" localhost/bb sh -c "$(server "$p")" >/dev/null

lan() { ip netns exec lan "$@"; }
# iperf3's figure for what has arrived, Mbit/s
iperf() {
	lan timeout 60 iperf3 -c "$ADDRESS" -J "$@" >"$dir/json" || { jq -r '.error // empty' "$dir/json" >&2; return 1; }
	jq '(.end.sum_received.bits_per_second // (.end.sum.bits_per_second * (1 - .end.sum.lost_percent / 100))) / 1e6' "$dir/json"
}
measure() { # WHAT PORT
	case $1 in
	tcp-in) iperf -p "$2" -n "$BYTES" ;;
	tcp-out) iperf -p "$2" -n "$BYTES" -R ;;
	# by time: what is lost never arrives
	udp-in) iperf -p "$2" -t 1 -u -b 0 -l 1400 ;;
	udp-out) iperf -p "$2" -t 1 -u -b 0 -l 1400 -R ;;
	connects) lan "$top_builddir/tests/bench/connects" to "$ADDRESS" "$(($2 + 100))" "$CONNECTS" ;;
	esac
}
for who in "${!port[@]}"; do
	deadline=$((SECONDS + 30))
	until measure connects "${port[$who]}" >"$dir/first" 2>&1 && iperf -p "${port[$who]}" -n 1000 >"$dir/first" 2>&1; do
		[ $SECONDS -lt $deadline ] || { echo "throughput: the server '$who' does not answer:" >&2; cat "$dir/first" "$dir/$who/log" >&2; exit 1; }
		sleep 0.1
	done
done

order=(host locked unlocked bridge)
for ((round = 0; round < rounds; round++)); do
	# more often what takes little time
	for what in tcp-in tcp-out udp-in udp-out connects connects connects connects connects; do
		for who in "${order[@]}"; do printf '%s\t%s\t%s\n' "$what" "$who" "$(measure "$what" "${port[$who]}")"; done >"$dir/round"
		awk -F'\t' '{ value[$2] = $3; what = $1 } END { for (who in value) print what "\t" who "\t" value[who] "\t" value[who] / value["host"] "\t" value[who] / value["unlocked"] }' "$dir/round" >>"$dir/all"
	done
	if ((round % 2)); then order=(host locked unlocked bridge); else order=(bridge unlocked locked host); fi
done
median() { sort -g | awk '{ v[NR] = $1 } END { print NR % 2 ? v[(NR + 1) / 2] : (v[NR / 2] + v[NR / 2 + 1]) / 2 }'; }
of() { awk -F'\t' -v what="$1" -v who="$2" -v column="$3" '$1 == what && $2 == who { print $column }' "$dir/all" | median; }
while read -r what unit name; do
	line="$name:"
	for who in host locked unlocked bridge; do
		printf -v line '%s %s %.0f %s' "$line" "$who" "$(of "$what" $who 3)" "$unit"
		[ $who = host ] || printf -v line '%s (%.3f)' "$line" "$(of "$what" $who 4)"
		[ $who = bridge ] || line+=,
		record "$name, $who" "$(of "$what" $who 3)" "$unit"
	done
	echo "$line"
	record "$name, locked / host process" "$(of "$what" locked 4)" ratio
	record "$name, locked / the container without us" "$(of "$what" locked 5)" ratio
	record "$name, bridge / host process" "$(of "$what" bridge 4)" ratio
done <<LIST
tcp-in Mbit/s TCP received
tcp-out Mbit/s TCP sent
udp-in Mbit/s UDP received
udp-out Mbit/s UDP sent
connects 1/s TCP connects
LIST
