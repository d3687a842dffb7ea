# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# The network that plays the host: sourced by tests/in-host and the bats helpers.
#
#   host0 10.98.0.1/24 fd98::1/64  <--veth-->  peer0 10.98.0.2/24 fd98::a2/64 in "lan"
#
# fd98::2..fd98::9 are there to be deleted by tests/tools/netattack, each by one
# variant of the attack, and so are the permanent neighbours 10.98.0.20..29 and the
# routes to 10.99.N.0/24.

# In a mount namespace of its own: a sysfs of this network namespace, as /sys of a real host is.
host_sysfs() {
	local new
	new=$(mktemp -d)
	mount -t sysfs sysfs "$new"
	mount --rbind /sys/fs/cgroup "$new/fs/cgroup"
	mount --rbind "$new" /sys
	umount -l "$new"
	rmdir "$new"
}

host_network_up() {
	local i
	ip link set lo up
	ip link add host0 type veth peer name peer0 netns lan
	ip link set host0 addrgenmode none
	ip -n lan link set peer0 addrgenmode none
	ip addr add 10.98.0.1/24 broadcast 10.98.0.255 dev host0
	for i in 1 2 3 4 5 6 7 8 9; do ip addr add "fd98::$i/64" dev host0 nodad; done
	ip -n lan addr add 10.98.0.2/24 dev peer0
	ip -n lan addr add fd98::a2/64 dev peer0 nodad
	ip -n lan link set lo up
	ip -n lan link set peer0 up
	ip link set host0 up
	for i in 0 1 2 3 4 5 6 7 8 9; do
		ip route add "10.99.$i.0/24" via 10.98.0.2 dev host0
		ip neigh add "10.98.0.2$i" lladdr 02:00:00:00:00:01 dev host0 nud permanent
	done
}

# Brings everything back after a test that really changes its host.
host_network_reset() {
	local link
	for link in $(ip -j link show | jq -r '.[].ifname'); do
		[ "$link" = lo ] || ip link del "$link" 2>/dev/null || true
	done
	ip addr flush dev lo
	ip link set lo down
	ip link set lo mtu 65536 txqueuelen 1000 multicast off allmulticast off
	ip addr add 127.0.0.1/8 dev lo scope host
	ip link set lo up
	# the kernel gives lo its ::1 when it comes up
	ip route flush table main
	if command -v nft >/dev/null 2>&1; then nft flush ruleset; fi
	while ip -4 rule del from 10.99.0.99 2>/dev/null; do :; done
	host_network_up
}
