#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# A container on the host's network that cannot change it: real crun and runc.

load helpers

setup_file() {
	require_program oci-hostnet-runtime oci-hostnet-crun oci-hostnet-runc
	make_rootfs "$HOSTNET_TEST_DIR/rootfs"
	cat >"$HOSTNET_TEST_DIR/rootfs/bin/attacks" <<-'SH'
	#!/bin/sh
	# attacks KIND [--VARIANT]: one line "NAME VARIANT RESULT" for each
	for name in $(netattack list "$1"); do
		echo "$name $2 $(netattack $2 "$name")"
	done
	SH
	cat >"$HOSTNET_TEST_DIR/rootfs/bin/attacks-all" <<-'SH'
	#!/bin/sh
	for variant in "" --dirty --signext --int80; do attacks ioctl $variant; done
	for variant in "" --dirty --signext; do attacks ioctl64 $variant; done
	for variant in "" --dirty --signext --int80; do attacks broadcast $variant; done
	attacks other
	attacks file
	SH
	# each line: a command and how it is refused; the last ones end the network
	# (busybox's shell prefers its own ip to the one of iproute2, unless it has a path)
	cat >"$HOSTNET_TEST_DIR/rootfs/commands" <<-'TABLE'
	ifconfig lo:1 127.0.0.3|SIOCSIFADDR: Permission denied
	ifconfig host0 mtu 1400|SIOCSIFMTU: Permission denied
	route add -net 10.96.0.0 netmask 255.255.255.0 gw 10.98.0.2|SIOCADDRT: Permission denied
	route del -net 10.99.9.0 netmask 255.255.255.0 gw 10.98.0.2|SIOCDELRT: Permission denied
	ifconfig host0 add fd98::50/64|SIOCSIFADDR: Permission denied
	ifconfig host0 del fd98::8/64|SIOCDIFADDR: Permission denied
	arp -s 10.98.0.77 02:00:00:00:00:77|SIOCSARP: Permission denied
	brctl addbr br7|Permission denied
	busybox ip addr add 127.0.0.4/8 dev lo|RTNETLINK answers: Operation not permitted
	busybox ip route add 10.95.0.0/24 via 10.98.0.2|RTNETLINK answers: Operation not permitted
	busybox ip addr del fd98::7/64 dev host0|RTNETLINK answers: Operation not permitted
	/bin/ip addr add 127.0.0.5/8 dev lo|RTNETLINK answers: Operation not permitted
	/bin/ip addr del 10.98.0.1/24 dev host0|RTNETLINK answers: Operation not permitted
	/bin/ip link add dummy7 type veth peer name dummy8|RTNETLINK answers: Operation not permitted
	/bin/ip rule add from 10.99.0.99 table main|RTNETLINK answers: Operation not permitted
	nft add table inet attack|Operation not permitted
	iptables -A INPUT -j ACCEPT|Permission denied
	/bin/ip link set host0 down|RTNETLINK answers: Operation not permitted
	ifconfig host0 down|SIOCSIFFLAGS: Permission denied
	TABLE
	cat >"$HOSTNET_TEST_DIR/rootfs/bin/run-commands" <<-'SH'
	#!/bin/sh
	while IFS='|' read -r command refusal; do
		said=$($command 2>&1 </dev/null); rc=$?
		echo "$command|$rc|$(echo "$said" | tr '\n' ' ')"
	done </commands
	SH
	chmod +x "$HOSTNET_TEST_DIR"/rootfs/bin/{attacks,attacks-all,run-commands}
	make_userns_rootfs
}

setup() {
	STARTED_ID=
	no_policy
	remember_host
}

teardown() {
	stop
	no_policy
	if ! host_unchanged >/dev/null; then host_network_reset; fi
}

# --- what it can see -----------------------------------------------------------------

sees_the_host() {
	run container "$1" . sh -c 'ip -o addr; ls /sys/class/net; readlink /proc/self/ns/net'
	expect_status 0
	expect_output "inet 10.98.0.1/24" "fd98::1/64" "inet 127.0.0.1/8" \
		"$(readlink /proc/self/ns/net)"
	[[ $output == *$'\nhost0\n'* ]]
	host_unchanged
}
@test "crun: a container that asks sees the host's interfaces and addresses" { sees_the_host crun; }
@test "runc: a container that asks sees the host's interfaces and addresses" { sees_the_host runc; }

keeps_its_own() {
	run container "$1" 'del(.annotations)' sh -c 'ip -o link; readlink /proc/self/ns/net'
	expect_status 0
	[[ $output != *host0* ]]
	[[ $output != *"$(readlink /proc/self/ns/net)"* ]]
	host_unchanged
}
@test "crun: a container that does not ask has a network of its own" { keeps_its_own crun; }
@test "runc: a container that does not ask has a network of its own" { keeps_its_own runc; }

reading_works() {
	run container "$1" . sh -ec '
		echo 1; ifconfig
		echo 2; ip addr
		echo 3; ip route get 10.98.0.2
		/bin/ip -o route get 10.98.0.2
		/bin/ip addr
		echo 4; busybox netstat -rn
		echo 5; ss -lnt
		echo 6; route -n
		echo 7; arp -n
		echo 8; ip -6 route
		echo 9; cat /proc/net/dev /sys/class/net/host0/mtu
		echo done'
	expect_status 0
	expect_output "inet addr:10.98.0.1" "10.98.0.2 dev host0 src 10.98.0.1" "Local Address:Port" "done"
}
@test "crun: ifconfig, ip, route, netstat, ss and arp read" { reading_works crun; }
@test "runc: ifconfig, ip, route, netstat, ss and arp read" { reading_works runc; }

terminal_works() {
	local dir=$BATS_TEST_TMPDIR/bundle
	require_command script
	make_bundle "$dir" '.process.terminal = true' sh -c 'tty; stty size; stty -echo; stty -a | head -n 1'
	run timeout 60 script -qec "stty rows 33 cols 77; $PROGRAMS/oci-hostnet-$1 run -b $dir $(unique_id)" /dev/null </dev/null
	expect_status 0
	expect_output /dev/pts/ "speed "
}
@test "crun: a terminal works" { terminal_works crun; }
@test "runc: a terminal works" { terminal_works runc; }

# --- what it cannot change -----------------------------------------------------------

# expect_refused: $output of run-commands against the table
expect_refused() {
	local command refusal line bad=0
	while IFS='|' read -r command refusal; do
		line=$(grep -F "$command|" <<<"$output" || true)
		case $line in
		"$command|0|"*) echo "was possible: $command"; bad=1 ;;
		*"$refusal"*) ;;
		*) echo "wanted '$refusal', got: ${line:-nothing for $command}"; bad=1 ;;
		esac
	done <"$HOSTNET_TEST_DIR/rootfs/commands"
	[ "$bad" = 0 ] || { echo "$output"; return 1; }
}

commands_refused() {
	require_command nft iptables ip
	run container "$1" "$2" run-commands
	expect_status 0
	expect_refused
	host_unchanged
}
@test "crun: ifconfig lo:1 127.0.0.3 is refused: Permission denied" {
	run container crun . ifconfig lo:1 127.0.0.3
	expect_status 1
	expect_output "ifconfig: SIOCSIFADDR: Permission denied"
}
@test "runc: ifconfig lo:1 127.0.0.3 is refused: Permission denied" {
	run container runc . ifconfig lo:1 127.0.0.3
	expect_status 1
	expect_output "ifconfig: SIOCSIFADDR: Permission denied"
}
@test "crun: ifconfig, route, arp, ip, nft and iptables cannot change anything" { commands_refused crun .; }
@test "runc: ifconfig, route, arp, ip, nft and iptables cannot change anything" { commands_refused runc .; }
@test "crun: nor with NET_ADMIN and NET_RAW in the configuration" { commands_refused crun "$ADMIN"; }
@test "runc: nor with NET_ADMIN and NET_RAW in the configuration" { commands_refused runc "$ADMIN"; }
@test "crun: nor with NET_ADMIN and no seccomp section" { commands_refused crun "$ADMIN | $NO_SECCOMP"; }
@test "runc: nor with NET_ADMIN and no seccomp section" { commands_refused runc "$ADMIN | $NO_SECCOMP"; }

# Every attack, every variant; the results wanted depend on the kind only.
# attacks_fail RUNTIME JQ [FILE-RESULT]
attacks_fail() {
	local name variant result kind wanted bad=0 count=0 kinds='' by_int80=
	if lacks int80; then by_int80=$LACKING; fi
	run container "$1" "$2" attacks-all
	expect_status 0
	for kind in ioctl ioctl64 broadcast other file; do
		for name in $("$HOSTNET_TEST_DIR/rootfs/bin/netattack" list $kind); do kinds+=" $name=$kind "; done
	done
	while read -r name variant result; do
		# without a variant there are two words only
		[ -n "$result" ] || { result=$variant; variant=; }
		count=$((count + 1))
		case $kinds in
		*" $name=ioctl"* | *" $name=broadcast "*) wanted=EACCES ;;
		*" $name=other "*) wanted=EPERM ;;
		*" $name=file "*) wanted=${3:-EROFS} ;;
		*) wanted=nothing ;;
		esac
		[ "$variant" != --int80 ] || wanted=${by_int80:-$wanted}
		[[ "|$wanted|" == *"|$result|"* ]] || { echo "$name $variant: $result instead of $wanted"; bad=1; }
	done <<<"$output"
	[ "$count" -eq 82 ] || { echo "$count attacks instead of 82"; bad=1; }
	[ "$bad" = 0 ] || { echo "$output"; return 1; }
	host_unchanged
}
@test "crun: no attack changes the host: ordinary container" { attacks_fail crun .; }
@test "runc: no attack changes the host: ordinary container" { attacks_fail runc .; }
@test "crun: no attack changes the host: NET_ADMIN, NET_RAW and podman's profile" { attacks_fail crun "$ADMIN"; }
@test "runc: no attack changes the host: NET_ADMIN, NET_RAW and podman's profile" { attacks_fail runc "$ADMIN"; }
@test "crun: no attack changes the host: everything open" { attacks_fail crun "$OPEN"; }
@test "runc: no attack changes the host: everything open" { attacks_fail runc "$OPEN"; }

# Not asked for, but there: no entry at all.
@test "crun: who only inherits the host's network is locked too" { attacks_fail crun "$UNASKED"; }
@test "runc: who only inherits the host's network is locked too" { attacks_fail runc "$UNASKED"; }

inherits_admin() {
	run container "$1" "$UNASKED | $ADMIN" ip addr add 127.0.0.9/8 dev lo
	expect_status 0
	ip addr del 127.0.0.9/8 dev lo
	policy '{"version": 1, "default": {"inherit": "lock"}}'
	attacks_fail "$1" "$UNASKED | $ADMIN"
	policy '{"version": 1, "default": {"inherit": "refuse"}}'
	refused "$1" "$UNASKED | $ADMIN" policy
}
@test "crun: inherited with NET_ADMIN: left running, or as the policy says" { inherits_admin crun; }
@test "runc: inherited with NET_ADMIN: left running, or as the policy says" { inherits_admin runc; }

@test "crun: a bind mount of /proc/sys or /sys is no way around" {
	bind_mounts crun
}
@test "runc: a bind mount of /proc/sys or /sys is no way around" {
	bind_mounts runc
}
# ip_default_ttl and power/control need no capability but uid 0 (ip_forward and mtu want NET_ADMIN).
bind_mounts() {
	run container "$1" "$OPEN"' | .root.path as $root | .mounts += [
		{destination: "/data/sys", type: "bind", source: "/sys", options: ["rbind", "rw"]},
		{destination: "/data/net", type: "bind", source: "/proc/sys/net", options: ["bind", "rw"]},
		{destination: "/p2", type: "proc", source: "proc", options: ["rw"]},
		{destination: "/data/inner", type: "bind", source: ($root + "/proc"), options: ["rbind", "rw"]},
		{destination: "/data/all", type: "bind", source: $root, options: ["rbind"]}]' sh -c '
		for ttl in /proc/sys/net /data/net /p2/sys/net /data/inner/sys/net /data/all/proc/sys/net; do
			[ -e $ttl/ipv4/ip_default_ttl ] || echo "$ttl is not there"
			(echo 77 >$ttl/ipv4/ip_default_ttl) 2>/dev/null && echo "written: $ttl"
		done
		for sys in /sys /data/sys /data/all/sys; do
			(echo auto >$sys/class/net/host0/power/control) 2>/dev/null && echo "written: $sys"
		done
		echo ran'
	expect_status 0
	expect_output ran
	[[ $output != *written* ]]
	[ "$(cat /proc/sys/net/ipv4/ip_default_ttl)" = 64 ]
	host_unchanged
}
@test "control: with crun alone each of these mounts can be written" { binds_writable crun; }
@test "control: with runc alone each of these mounts can be written" { binds_writable runc; }
binds_writable() {
	run container "plain-$1" "$UNASKED | $OPEN"' | .mounts += [
		{destination: "/data/net", type: "bind", source: "/proc/sys/net", options: ["bind", "rw"]},
		{destination: "/p2", type: "proc", source: "proc", options: ["rw"]}]' sh -c '
		for ttl in /proc/sys/net /data/net /p2/sys/net; do
			(echo 77 >$ttl/ipv4/ip_default_ttl) && echo 64 >$ttl/ipv4/ip_default_ttl && echo "written: $ttl"
		done
		(echo auto >/sys/class/net/host0/power/control) && echo "written: /sys"'
	expect_status 0
	[ "$(grep -c ^written: <<<"$output")" -eq 4 ]
}
@test "crun: no device that makes interfaces is there" { no_tun crun; }
@test "runc: no device that makes interfaces is there" { no_tun runc; }
no_tun() {
	run container "$1" "$OPEN" sh -c 'ls /dev/net/tun; echo ran'
	expect_output "No such file or directory" ran
	run container "plain-$1" "$UNASKED | $OPEN" ls /dev/net/tun
	expect_status 0
}

# --- the control: without us each of these succeeds, so the tests above can fail ------

commands_possible() {
	local command refusal bad=0
	require_command nft iptables ip
	run container "plain-$1" "$UNASKED | $ADMIN | $NO_SECCOMP" run-commands
	expect_status 0
	while IFS='|' read -r command refusal; do
		grep -qF "$command|0|" <<<"$output" || { echo "was not possible: $command"; bad=1; }
	done <"$HOSTNET_TEST_DIR/rootfs/commands"
	[ "$bad" = 0 ] || { echo "$output"; return 1; }
	if host_unchanged >/dev/null; then echo "nothing changed"; return 1; fi
}
@test "control: with crun alone every command changes the host" { commands_possible crun; }
@test "control: with runc alone every command changes the host" { commands_possible runc; }

attacks_succeed() {
	run container "plain-$1" "$UNASKED | $OPEN" attacks-all
	expect_status 0
	attacks_end OK
	if host_unchanged >/dev/null; then echo "nothing changed"; return 1; fi
}
@test "control: with crun alone every attack succeeds" { attacks_succeed crun; }
@test "control: with runc alone every attack succeeds" { attacks_succeed runc; }

# --- servers and clients -------------------------------------------------------------

serves() {
	local before during name
	before=$(ps_names)
	start "$1" . ports serve 1024 60000 59
	during=$(ps_names)
	expect_serving
	# no address translation
	host_unchanged
	# and nobody in between: only the runtime (and us) run beside the container
	for name in $(comm -13 <(sort -u <<<"$before") <(sort -u <<<"$during")); do
		case $name in
		ports | crun | runc | oci-hostnet-* | bats* | bash | sleep | ps_names) ;;
		*) echo "unexpected process: $name"; return 1 ;;
		esac
	done
	stop
}
ps_names() { cat /proc/[0-9]*/comm 2>/dev/null; }
expect_serving() {
	local ask="$HOSTNET_TEST_DIR/rootfs/bin/ports ask"
	run ip netns exec lan $ask 10.98.0.1 1024 60000 59
	expect_status 0
	expect_output "2000 of 2000 answered"
	run ip netns exec lan $ask fd98::1 1024 60000 5900
	expect_status 0
	run $ask 127.0.0.1 1024 60000 5900
	expect_status 0
}
@test "crun: TCP and UDP servers on 1000 ports answer the network, without NAT or proxies" { serves crun; }
@test "runc: TCP and UDP servers on 1000 ports answer the network, without NAT or proxies" { serves runc; }

serves_low_ports() {
	start "$1" . ports serve 53 80 27
	run ip netns exec lan "$HOSTNET_TEST_DIR/rootfs/bin/ports" ask 10.98.0.1 53 80 27
	expect_status 0
	expect_output "4 of 4 answered"
}
@test "crun: ports below 1024 can be served" { serves_low_ports crun; }
@test "runc: ports below 1024 can be served" { serves_low_ports runc; }

reaches_the_host() {
	local tools=$HOSTNET_TEST_DIR/rootfs/bin pids
	"$tools/ports" serve 9000 9001 1 >"$BATS_TEST_TMPDIR/host" 3>&- &
	pids=$!
	ip netns exec lan "$tools/ports" serve 9100 9101 1 >"$BATS_TEST_TMPDIR/lan" 3>&- &
	pids+=" $!"
	wait_for 50 grep -q ready "$BATS_TEST_TMPDIR/host"
	wait_for 50 grep -q ready "$BATS_TEST_TMPDIR/lan"
	run container "$1" . sh -ec '
		ports ask 127.0.0.1 9000 9001 1
		ports ask ::1 9000 9001 1
		ports ask 10.98.0.2 9100 9101 1
		ports ask fd98::a2 9100 9101 1'
	kill $pids
	expect_status 0
	[ "$(grep -c "^4 of 4 answered" <<<"$output")" = 4 ]
}
@test "crun: a service on the host's loopback and one in the network answer from inside" { reaches_the_host crun; }
@test "runc: a service on the host's loopback and one in the network answer from inside" { reaches_the_host runc; }

taken_port() {
	start "$1" . ports serve 8080 8080 1
	run container "$1" . sh -c 'echo "tcp 8080 $(ports bind tcp 8080)"; echo "udp 8080 $(ports bind udp 8080)"
		echo "tcp 8081 $(ports bind tcp 8081)"; timeout -s KILL 5 busybox nc -l -p 8080'
	expect_output "tcp 8080 EADDRINUSE" "udp 8080 EADDRINUSE" "tcp 8081 bound" "in use"
}
@test "crun: a second container on a taken port gets EADDRINUSE" { taken_port crun; }
@test "runc: a second container on a taken port gets EADDRINUSE" { taken_port runc; }

# --- user namespaces -----------------------------------------------------------------

userns() {
	run container "$1" "$USERNS" sh -c '
		cat /proc/self/uid_map; ip -o addr; ls /sys/class/net
		echo "- mounts of /sys:"
		while read -r a b c d point options rest; do
			case $point in
			/sys|/sys/*)
				echo "mount $point $options"
				touch "$point/attack" 2>/dev/null && echo "WROTE $point"
				;;
			esac
		done </proc/self/mountinfo
		for f in /sys/class/net/host0/mtu /sys/class/net/lo/ifalias; do
			(echo 1400 >$f) 2>/dev/null && echo "WROTE $f"
		done
		echo done'
	expect_status 0
	expect_output "100000" "inet 10.98.0.1/24" "done"
	[[ $output != *WROTE* ]]
	grep -q '^mount /sys ' <<<"$output"
	if grep '^mount' <<<"$output" | grep -vE '^mount [^ ]+ ro(,|$)'; then
		echo "is writable"; return 1
	fi
	host_unchanged
}
@test "crun: with a user namespace the host is seen and /sys is read-only throughout" { userns crun; }
@test "runc: with a user namespace the host is seen and /sys is read-only throughout" { userns runc; }

sys_readonly() {
	run container "$1" "$OPEN" cat /proc/self/mountinfo
	expect_status 0
	if awk '$5 ~ /^\/(sys|proc\/sys)(\/|$)/ && $6 !~ /^ro(,|$)/ { print; bad = 1 } END { exit !bad }' <<<"$output"; then
		echo "is writable"; return 1
	fi
	awk '$5 == "/sys" { n++ } $5 == "/proc/sys" { n++ } END { exit n < 2 }' <<<"$output"
}
@test "crun: /sys and /proc/sys are read-only throughout" { sys_readonly crun; }
@test "runc: /sys and /proc/sys are read-only throughout" { sys_readonly runc; }

# In a user namespace /proc/sys/net belongs to nobody: EACCES before EROFS.
@test "crun: no attack changes the host from a user namespace" { attacks_fail crun "$USERNS | $ADMIN" 'EROFS|EACCES'; }
@test "runc: no attack changes the host from a user namespace" { attacks_fail runc "$USERNS | $ADMIN" 'EROFS|EACCES'; }

@test "control: with crun alone /sys of a user namespace is writable" {
	run container plain-crun "$UNASKED | $USERNS" cat /proc/self/mountinfo
	expect_status 0
	awk '$5 ~ /^\/sys(\/|$)/ && $6 !~ /^ro(,|$)/ { bad = 1 } END { exit !bad }' <<<"$output"
}
@test "control: runc alone cannot mount sysfs in a user namespace" {
	run container plain-runc "$UNASKED | $USERNS" true
	[ "$status" -ne 0 ]
	expect_output sysfs "operation not permitted"
}

# --- refusals ------------------------------------------------------------------------

KLEENE="cannot publish ports of a container using the 'host' network driver"

published() {
	run container "$1" '.annotations["io.oci-hostnet.publish"] = "8080:80"' sh -c 'echo STARTED'
	expect_status 1
	expect_output "$KLEENE"
	[[ $output != *STARTED* ]]
	host_unchanged
}
@test "crun: published ports are refused with kleene's sentence" { published crun; }
@test "runc: published ports are refused with kleene's sentence" { published runc; }

# refused RUNTIME JQ TEXT...
refused() {
	run container "$1" "$2" sh -c 'echo STARTED'
	expect_status 1
	[[ $output != *STARTED* ]]
	expect_output "${@:3}"
	host_unchanged
}
refusals() {
	refused "$1" '.annotations["io.oci-hostnet.netwrok"] = "host"' io.oci-hostnet.netwrok
	refused "$1" '.annotations["io.oci-hostnet.network"] = "hots"' io.oci-hostnet.network hots
	refused "$1" '.annotations["run.oci.seccomp_bpf_data"] = "AAAA"' run.oci.seccomp_bpf_data
	refused "$1" '.annotations["run.oci.handler"] = "krun"' run.oci.handler
	refused "$1" '.linux.sysctl["net.core.somaxconn"] = "1000"' net.core.somaxconn
	refused "$1" '.linux.netDevices = {host0: {}}' netDevices
	refused "$1" '.linux.namespaces += [{type: "network"}]' namespaces
	refused "$1" '.annotations["io.kubernetes.pod.namespace"] = "default"' Kubernetes
}
@test "crun: what cannot be kept is refused" { refusals crun; }
@test "runc: what cannot be kept is refused" { refusals runc; }

@test "crun: a pathless entry with create is refused: an engine may configure it afterwards" { pathless crun; }
@test "runc: a pathless entry with create is refused: an engine may configure it afterwards" { pathless runc; }
pathless() {
	local dir=$BATS_TEST_TMPDIR/bundle id
	make_bundle "$dir" . sleep 100
	cp "$dir/config.json" "$BATS_TEST_TMPDIR/config.json"
	id=$(unique_id)
	status=0
	# into a file: a container that was created after all would hold a pipe open
	timeout 30 "$PROGRAMS/oci-hostnet-$1" create -b "$dir" "$id" </dev/null \
		>"$BATS_TEST_TMPDIR/said" 2>&1 3>&- || status=$?
	output=$(cat "$BATS_TEST_TMPDIR/said")
	"$1" delete -f "$id" >/dev/null 2>&1 || true
	expect_status 1
	expect_output "has no path, so the engine may configure it after the start"
	cmp "$dir/config.json" "$BATS_TEST_TMPDIR/config.json"
	host_unchanged
}

@test "crun: apply, then plain crun" { applied crun; }
@test "runc: apply, then plain runc" { applied runc; }
applied() {
	local dir=$BATS_TEST_TMPDIR/bundle
	make_bundle "$dir" "$ADMIN" run-commands
	run "$PROGRAMS/oci-hostnet" apply "$dir"
	expect_status 0
	run run_bundle "plain-$1" "$dir"
	expect_status 0
	expect_refused
	host_unchanged
}

@test "crun: the policy can refuse every request" { by_policy crun; }
@test "runc: the policy can refuse every request" { by_policy runc; }
by_policy() {
	policy '{"version": 1, "default": {"request": "refuse"}}'
	refused "$1" . policy
	no_policy
	run container "$1" . true
	expect_status 0
}
