#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Configurations of which runtimes make something else than they seem to say: where a mount ends up, and
# what a source is. Each was a way to a writable /proc/sys of the host (one by an attacker, crun 1.8.1
# and runc 1.1.5); the control shows that these are ways.
bats_require_minimum_version 1.5.0
load helpers

TTL=net/ipv4/ip_default_ttl

setup_file() {
	require_program oci-hostnet oci-hostnet-crun oci-hostnet-runc
	make_rootfs "$HOSTNET_TEST_DIR/rootfs"
}

setup() {
	no_policy
	remember_host
	B=$(mktemp -d "$HOSTNET_TEST_DIR/tmp/places.XXXXXX")
	chmod 755 "$B"
	R=$B/rootfs
	cp -a "$HOSTNET_TEST_DIR/rootfs" "$R"
}

teardown() {
	umount -q "$B/m" "$B/m/sys" "$B/m" 2>/dev/null || true
	echo 64 >"/proc/sys/$TTL"
	host_unchanged
}

# writes RUNTIME PLACE JQ - what the container PLACE/sys/net/ipv4/ip_default_ttl writes; by plain-crun too
writes() {
	make_bundle "$B" ".root.path = \"$R\" | $3" sh -c "echo 77 >$2/$TTL && echo WRITTEN"
	run run_bundle "$1" "$B"
}

# refuses RUNTIME PLACE ID JQ - under each lock; and verify says no better
refuses() {
	local lock
	for lock in standard strict userns; do
		writes "$1" "$2" "$4 | .annotations[\"io.oci-hostnet.lock\"] = \"$lock\""
		[[ $output != *WRITTEN* ]]
		[ "$(<"/proc/sys/$TTL")" = 64 ]
		expect_status 1
		expect_output "$(sed -n "s/^$3\t[0-9]*\t\([^\t%]*\)%s.*/\1/p; s/^$3\t[0-9]*\t\([^\t%]*\)\(\t.*\)*$/\1/p" "$top_srcdir/oci-specs/refusals.tsv")"
		run "$PROGRAMS/oci-hostnet" verify "$B"
		[[ ${lines[-1]} != *locked* && ${lines[-1]} != *construction* ]]
	done
}

bound() { echo ".mounts += [{destination: \"$1\", type: \"bind\", source: \"$2\", options: [\"${3:-rbind}\"]}]"; }

below_proc() {
	refuses "$1" /proc/sys/fs/sys mount_moved '.mounts += [{destination: "/proc/sys/fs", type: "proc", source: "proc"}]'
	refuses "$1" /proc/tty/sys mount_moved '.mounts += [{destination: "/proc/tty", type: "proc", source: "proc"}]'
	refuses "$1" /proc/sys mount_moved "$(bound /proc/sys/kernel/hostname /proc/sys/net/ipv4/ip_default_ttl bind)"
}
@test "crun: below proc" { below_proc crun; }
@test "runc: below proc" { below_proc runc; }
@test "control: a second proc below /proc is a way, with crun alone" {
	writes plain-crun /proc/sys/fs/sys "$UNASKED"' | .mounts += [{destination: "/proc/sys/fs", type: "proc", source: "proc"}] | .linux.readonlyPaths = ["/proc/sys"]'
	expect_output WRITTEN
	echo 64 >"/proc/sys/$TTL"
}

image_links() {
	mkdir -p "$R/a" "$R/net"
	ln -s /a "$R/a/dev"
	refuses "$1" /a/proc/sys mount_moved "$(bound /a/dev "$R")"
	ln -s .. "$R/net/sys"
	refuses "$1" /net/sys mount_moved '.mounts += [{destination: "/net/sys/net", type: "proc", source: "proc"}]'
	# the link itself
	refuses "$1" /a/proc/sys mount_moved "$(bound /net/sys "$R")"
	refuses "$1" /a/proc/sys mount_moved "$(bound /a/dev/ /sys)"
}
@test "crun: links of the image on the way" { image_links crun; }
@test "runc: links of the image on the way" { image_links runc; }

earlier_links() {
	mkdir -p "$B/x" "$R/b"
	ln -s /b "$B/x/dev"
	refuses "$1" /b/proc/sys mount_moved "$(bound /b "$B/x") | $(bound /b/dev "$R")"
}
@test "crun: links of an earlier mount on the way" { earlier_links crun; }
@test "runc: links of an earlier mount on the way" { earlier_links runc; }

outside() {
	mkdir -p "$B/p" "$R/p" "$B/y" "$R/y"
	refuses "$1" /data/sys mount_moved '.mounts += [{destination: "/../p", type: "proc", source: "proc"}] | '"$(bound /data "$B/p")"
	refuses "$1" /data/sys mount_moved '.mounts += [{destination: "../y", type: "proc", source: "proc"}] | '"$(bound /data "$B/y")"
	refuses "$1" /data/sys mount_moved '.mounts += [{destination: "y", type: "proc", source: "proc"}] | '"$(bound /data "$B/y")"
	mv "$R/proc" "$R/proc.old"
	mkdir -p "$R$B/p"
	ln -s "$B/p" "$R/proc"
	refuses "$1" /data/sys mount_moved "(.mounts[] | select(.destination == \"/proc\")).destination = \"/proc/\" | $(bound /data "$B/p")"
}
@test "crun: proc outside of the root filesystem, and bound from there" { outside crun; }
@test "runc: proc outside of the root filesystem, and bound from there" { outside runc; }

parents() {
	mkdir -p "$B/else/dir" "$B/else/rootfs/proc"
	ln -s else/dir "$B/link"
	refuses "$1" /data/sys mount_parent "$(bound /data link/../rootfs/proc)"
	refuses "$1" /data/proc/sys mount_parent ".root.path = \"link/../rootfs\" | $(bound /data "$R")"
	refuses "$1" /data/proc/sys mount_parent ".root.path = \"$B/link/../rootfs\" | $(bound /data "$R")"
	refuses "$1" /data/sys mount_parent "$(bound /data ../rootfs/proc)"
}
@test "crun: .. in a source, and in the path of the root" { parents crun; }
@test "runc: .. in a source, and in the path of the root" { parents runc; }

sourceless() {
	refuses "$1" /data/rootfs/proc/sys mount_without_source '.root.path = "rootfs" | .mounts += [{destination: "/data", type: "bind", options: ["rbind"]}]'
	refuses "$1" /data/rootfs/proc/sys mount_without_source '.root.path = "rootfs" | .mounts += [{destination: "/data", type: "bind", source: null, options: ["rbind"]}]'
}
@test "crun: a bind without a source" { sourceless crun; }
@test "runc: a bind without a source" { sourceless runc; }

rootless_path() {
	cp -a "$R/." "$B/"
	refuses "$1" /data/sys root_without_path ".root = {} | $(bound /data "$B/proc")"
	refuses "$1" /data/sys root_without_path ".root.path = \"\" | $(bound /data "$B/proc")"
}
@test "crun: a root without a path" { rootless_path crun; }
@test "runc: a root without a path" { rootless_path runc; }

firmware() {
	local without='.mounts |= map(select(.destination != "/sys" and .destination != "/sys/fs/cgroup")) | .linux.maskedPaths = []'
	rm -rf "$R/sys"
	mkdir -p "$R/sys"
	ln -s /proc "$R/sys/firmware"
	refuses "$1" /proc/sys readonly_path "$without"' | .linux.readonlyPaths = ["/proc/sys", "/sys/firmware"]'
	rm "$R/sys/firmware"
	mkdir -p "$R/sys/firmware/p"
	refuses "$1" /sys/firmware/p/sys readonly_path "$without"' | .linux.readonlyPaths = ["/sys/firmware", "/proc/sys"]
		| .mounts += [{destination: "/sys/firmware/p", type: "proc", source: "proc"}]'
}
@test "crun: /sys/firmware of the image as a read-only path" { firmware crun; }
@test "runc: /sys/firmware of the image as a read-only path" { firmware runc; }

hidden() {
	mkdir "$B/m"
	mount -t tmpfs tmpfs "$B/m"
	mkdir "$B/m/sys"
	mount -t tmpfs tmpfs "$B/m/sys"
	mount -t proc proc "$B/m"
	writes "$1" /data "$(bound /data "$B/m/sys")"
	[[ $output != *WRITTEN* ]]
	expect_output "Read-only file system"
}
@test "crun: what lies hidden below another mount is not what is bound" { hidden crun; }
@test "runc: what lies hidden below another mount is not what is bound" { hidden runc; }

# What engines write goes on as before.
ordinary() {
	mkdir "$B/data"
	make_bundle "$B" ".root.path = \"rootfs\" | $(bound /data data) | $(bound /data/sub /etc) | $(bound /host/proc /proc)
		| $(bound /host/sys /sys)" sh -c 'ls /host/proc/1 >/dev/null && ls /host/sys/class >/dev/null && ls /data/sub/passwd && echo 77 >/host/proc/sys/net/ipv4/ip_default_ttl'
	run run_bundle "$1" "$B"
	expect_output /data/sub/passwd "Read-only file system"
}
@test "crun: ordinary binds, also of proc and sysfs" { ordinary crun; }
@test "runc: ordinary binds, also of proc and sysfs" { ordinary runc; }
