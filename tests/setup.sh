# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# What demo.sh and check.sh do first: packages and the build. Sourced, in the repository.

PACKAGES="autoconf automake make gcc libc6-dev pkg-config libyajl-dev libcap-ng-dev libseccomp-dev \
crun runc podman conmon netavark aardvark-dns busybox-static bats iproute2 nftables iptables jq strace"
# the attacks are built for 32 bits too, where the machine has such a thing
if [ "$(dpkg --print-architecture 2>/dev/null)" = amd64 ]; then PACKAGES+=" gcc-multilib"; fi
# The workloads that check.sh runs in containers. None of these packages starts a service when it
# is installed: redis-tools has the program of redis-server, apache2-bin and dnsmasq-base no units.
WORKLOADS="apache2-bin redis-tools dnsmasq-base iputils-ping libcap2-bin curl bind9-dnsutils"

give_up() {
	echo "$*" >&2
	exit 1
}

# install_missing COMMAND - as root through apt; COMMAND is what to say to run again
install_missing() {
	local package missing='' log
	command -v dpkg-query >/dev/null && command -v apt-get >/dev/null ||
		give_up "This is for Debian. Elsewhere install the like of: $PACKAGES"
	for package in $PACKAGES; do
		[ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null)" = installed ] || missing+=" $package"
	done
	if [ "$(id -u)" != 0 ]; then
		# containers and the namespaces they are tried in need root
		[ -z "$missing" ] || give_up "Run: sudo apt-get install -y --no-install-recommends$missing && sudo $1"
		give_up "Run: sudo $1"
	fi
	[ -n "$missing" ] || return 0
	echo "installing:$missing"
	log=$(mktemp)
	export DEBIAN_FRONTEND=noninteractive
	# shellcheck disable=SC2086
	if ! { apt-get update && apt-get install -y --no-install-recommends $missing; } >"$log" 2>&1 </dev/null; then
		tail -n 30 "$log" >&2
		give_up "apt-get could not install:$missing"
	fi
	rm -f "$log"
}

# build - quietly, in the source directory; what went wrong is shown
build() {
	local log
	log=$(mktemp)
	echo "building"
	if ! {
		{ [ -x configure ] || ./autogen.sh; } &&
			{ [ -f Makefile ] || ./configure; } &&
			make -j"$(nproc)"
	} >"$log" 2>&1 </dev/null; then
		tail -n 50 "$log" >&2
		give_up "the build failed"
	fi
	rm -f "$log"
}
