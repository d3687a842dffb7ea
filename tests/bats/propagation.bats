#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Mounts are shared on a real machine (in-host makes them so): what a container mounts does not come
# out on the host, nor on another of its own mounts, where it would be writable.
bats_require_minimum_version 1.5.0
load helpers
load userns

STANDARD=.
BOTH='.annotations["io.oci-hostnet.lock"] = "strict+userns"'
CGROUP='.mounts += [{destination: "/sys/fs/cgroup", type: "cgroup", source: "cgroup", options: ["nosuid", "noexec", "nodev", "ro"]}]'
# bind DESTINATION SOURCE OPTION...
bind() { echo '.mounts += [{destination: "'"$1"'", type: "bind", source: "'"$2"'", options: '"$(jq -nc '$ARGS.positional' --args "${@:3}")"'}]'; }

# --- nothing on the host ----------------------------------------------------------------

# While it runs, and (teardown) afterwards.
nothing_mounted() {
	local change lock
	mkdir -p "$VOLUME/sub/deep"
	mount -t tmpfs sub "$VOLUME/sub"
	mkdir "$VOLUME/sub/deep"
	mount -t tmpfs deep "$VOLUME/sub/deep"
	mounts >"$HOSTNET_TEST_DIR/mounts-now"
	for lock in "$STANDARD" "$LOCKED" "$BOTH"; do
		for change in . "$CGROUP" "$HOST_PIDS" "$(bind /data/v "$VOLUME" rbind)" "$(bind /data/v "$VOLUME" rbind rro)" \
			"$(bind /data/v "$VOLUME" rbind rslave)" "$(device)" '.linux.rootfsPropagation = "rslave"'; do
			[ "$lock" != "$BOTH" ] || [ "$change" != "$HOST_PIDS" ] || continue
			start "$1" "$lock | $change" sh -c 'mount -t tmpfs x /data 2>/dev/null; echo ready; exec sleep 1000'
			mounts | diff "$HOSTNET_TEST_DIR/mounts-now" - || { echo "left by: $lock | $change"; return 1; }
			stop
		done
	done
}
device() {
	echo '.linux.devices = [{path: "/dev/other", type: "c", major: 1, minor: 5}]'
}
@test "crun: nothing that a container mounts is seen on the host" { nothing_mounted crun; }
@test "runc: nothing that a container mounts is seen on the host" { nothing_mounted runc; }

engines_own() {
	make_userns_rootfs
	mounts >"$HOSTNET_TEST_DIR/mounts-now"
	start "$1" "$USERNS" sh -c 'echo ready; exec sleep 1000'
	mounts | diff "$HOSTNET_TEST_DIR/mounts-now" -
}
@test "crun: nor with an engine's user namespace" { engines_own crun; }
@test "runc: nor with an engine's user namespace" { engines_own runc; }

# --- nothing on another mount -------------------------------------------------------------

# twice RUNTIME JQ OPTION... - one volume at two places, and /proc/sys/net in the first
twice() {
	local change=$2
	mkdir -p "$VOLUME/net" "$VOLUME/proc" "$HOSTNET_TEST_DIR"/rootfs/data/{a,b}
	mount -t tmpfs two "$VOLUME"
	mkdir -p "$VOLUME/net" "$VOLUME/proc"
	run container "$1" "$change | $(bind /data/a "$VOLUME" "${@:3}") | $(bind /data/b "$VOLUME" "${@:3}")
		| $(bind /data/a/net /proc/sys/net rbind)"' | .mounts += [{destination: "/data/a/proc", type: "proc", source: "proc"}]' \
		sh -c 'for file in /data/a/net /data/b/net /data/a/proc/sys/net /data/b/proc/sys/net; do
			echo 65 >$file/ipv4/ip_default_ttl && echo "written $file"; done; true'
	[ "$(cat /proc/sys/net/ipv4/ip_default_ttl)" = 64 ] || { sysctl -qw net.ipv4.ip_default_ttl=64; echo "$output"; return 1; }
}
no_copy() {
	local lock
	for lock in "$STANDARD" '.linux.rootfsPropagation = "rslave"' '.linux.rootfsPropagation = "rprivate"' "$LOCKED" "$BOTH"; do
		twice "$1" "$lock" rbind
		expect_status 0
		[[ $output != *written* ]]
		umount -R "$VOLUME"
	done
}
@test "crun: a volume at two places has no writable copy of what is mounted on it" { no_copy crun; }
@test "runc: a volume at two places has no writable copy of what is mounted on it" { no_copy runc; }

own_namespace() {
	make_userns_rootfs
	mkdir -p "$HOSTNET_TEST_DIR"/userns-rootfs/data/{a,b}
	twice "$1" "$USERNS" rbind
	[[ $output != *written* ]]
}
@test "crun: nor with an engine's user namespace: no copy" { own_namespace crun; }
@test "runc: nor with an engine's user namespace: no copy" { own_namespace runc; }

# What is refused is so for a reason: without us the copy is written.
without_us() {
	local how
	for how in slave private; do
		twice "plain-$1" "$UNASKED"' | .linux.rootfsPropagation = "'"$how"'"' rbind || true
		umount -R "$VOLUME"
		[[ $output == *"written /data/b/net"* ]] || { echo "$how: $output"; return 1; }
	done
}
@test "control: with crun alone a root that is slave or private leaves a copy" { without_us crun; }
@test "control: with runc alone a root that is slave or private leaves a copy" { without_us runc; }

@test "shared mounts, and a root filesystem that leaves mounts shared, are refused under every lock" {
	local lock how
	for lock in "$STANDARD" '.annotations["io.oci-hostnet.lock"] = "strict"' "$LOCKED" "$BOTH"; do
		for how in shared rshared; do
			refused "is shared" "$lock | $(bind /data/a "$VOLUME" rbind "$how")"
		done
		for how in shared rshared slave private unbindable runbindable ""; do
			refused "\`rootfsPropagation\` in /linux leaves mounts shared" "$lock"' | .linux.rootfsPropagation = "'"$how"'"'
		done
	done
}

# --- names -------------------------------------------------------------------------------

# What is mounted below a volume gets an entry of its own, whatever its name is.
odd_names() {
	local name
	for name in 'with space' 'quote"quote' 'back\slash' $'new\nline' $'tab\ttab' 'dollar$(id)' 'ümläut€' $'\x01control'; do
		mkdir "$VOLUME/$name"
		mount -t tmpfs odd "$VOLUME/$name"
		echo "in $name" >"$VOLUME/$name/file"
	done
	run container "$1" "$LOCKED | $(bind /data/v "$VOLUME" rbind)" sh -c 'for file in /data/v/*/file; do cat "$file"; done'
	expect_status 0
	expect_output "in with space" 'in quote"quote' 'in back\slash' $'in new\nline' $'in tab\ttab' 'in dollar$(id)' 'in ümläut€'
}
@test "crun: odd names below a volume" { odd_names crun; }
@test "runc: odd names below a volume" { odd_names runc; }

@test "a name below a volume that is no UTF-8 is refused" {
	local name
	for name in $'x\xff' $'x\xc0\xaf' $'x\xed\xa0\x80' $'x\xf4\x90\x80\x80' $'x\xe2\x82'; do
		mkdir "$VOLUME/$name"
		mount -t tmpfs odd "$VOLUME/$name"
		refused "has a name that is no UTF-8" "$LOCKED | $(bind /data/v "$VOLUME" rbind)"
		umount "$VOLUME/$name"
		rmdir "$VOLUME/$name"
	done
}
