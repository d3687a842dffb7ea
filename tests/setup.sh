# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# What demo.sh and check.sh do first: packages and the build. Sourced, in the repository.

PACKAGES="autoconf automake make gcc libc6-dev pkg-config libyajl-dev libcap-ng-dev libseccomp-dev \
crun runc podman conmon netavark aardvark-dns uidmap slirp4netns busybox-static bats iproute2 nftables iptables jq strace \
patch python3-jsonschema python3-yaml"
# the attacks are built for 32 bits too, where the machine has such a thing
if [ "$(dpkg --print-architecture 2>/dev/null)" = amd64 ]; then PACKAGES+=" gcc-multilib"; fi
# The workloads that check.sh runs in containers. None of these packages starts a service when it
# is installed: redis-tools has the program of redis-server, apache2-bin and dnsmasq-base no units.
WORKLOADS="apache2-bin redis-tools dnsmasq-base iputils-ping libcap2-bin curl bind9-dnsutils"
# systemd-journald and journalctl; where systemd is not process 1 it starts nothing.
WORKLOADS+=" systemd"
# Speaks to containerd's CRI plugin in its tests, with curl.
WORKLOADS+=" python3"
# Reads the code and the pages (tests/analysis.sh, tests/pages.sh), counts instructions and lines.
ANALYSIS="clang clang-tidy clang-tools libclang-rt-14-dev cppcheck shellcheck codespell valgrind mandoc zsh bash-completion"
# Builds the packages and the static programs (tests/packages.sh).
PACKAGING="debhelper lintian rpm rpmlint musl-tools git file"
# Measures throughput for `make bench`, which asks for it; nothing else needs it.
BENCH="iperf3"

give_up() {
	echo "$*" >&2
	exit 1
}

installed() { [ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null)" = installed ]; }

# install_missing COMMAND - as root through apt; COMMAND is what to say to run again
install_missing() {
	local package missing='' log
	command -v dpkg-query >/dev/null && command -v apt-get >/dev/null ||
		give_up "This is for Debian. Elsewhere install the like of: $PACKAGES"
	for package in $PACKAGES; do
		installed "$package" || missing+=" $package"
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

# unpack PACKAGE... - into tests/.packages/PACKAGE, where only tests look, when it is not installed.
# Daemons come this way: installing their packages would start them.
unpack() {
	local package log work
	for package; do
		if installed "$package" || [ -d "tests/.packages/$package" ]; then continue; fi
		echo "unpacking: $package"
		mkdir -p tests/.packages
		work=$(mktemp -d "$PWD/tests/.packages/.$package.XXXXXX")
		log=$work/log
		if {
			download "$package" "$work" || { apt-get update && download "$package" "$work"; }
		} >"$log" 2>&1 </dev/null && dpkg-deb -x "$work"/*.deb "$work/tree" 2>>"$log"; then
			# whoever finds the directory finds all of it
			mv "$work/tree" "tests/.packages/$package"
		else
			# its tests say so: they are skipped, or fail where nothing may be skipped
			tail -n 30 "$log" >&2
			echo "apt-get could not download: $package" >&2
		fi
		rm -rf "$work"
	done
}

download() { (cd "$2" && apt-get download "$1"); }

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
