#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# The lock strict: real crun and runc, with the profiles of podman and docker, without one,
# in a user namespace. tests/tools/strict.c says what passes the filter.
bats_require_minimum_version 1.5.0
load helpers

setup_file() {
	require_program oci-hostnet oci-hostnet-crun oci-hostnet-runc
	make_rootfs "$HOSTNET_TEST_DIR/rootfs"
	gcc -Wall -O1 -no-pie -o "$BATS_FILE_TMPDIR/strict" "$top_srcdir/tests/tools/strict.c"
	copy_program "$BATS_FILE_TMPDIR/strict" "$HOSTNET_TEST_DIR/rootfs"
	echo "127.0.0.1 inside.test" >"$HOSTNET_TEST_DIR/rootfs/etc/hosts"
	echo "hosts: files" >"$HOSTNET_TEST_DIR/rootfs/etc/nsswitch.conf"
	cat >"$HOSTNET_TEST_DIR/rootfs/bin/look" <<-'SH'
	#!/bin/sh
	strict families calls ethtool proc
	grep NoNewPrivs /proc/self/status
	for file in /proc/self/comm /proc/self/oom_score_adj /proc/sys/net/ipv4/ip_default_ttl; do
		(cat $file >$file) 2>/dev/null && echo "written $file"
	done
	for file in kcore keys timer_list; do
		[ ! -e /proc/$file ] || echo "masked $file: $(head -c 10 /proc/$file | wc -c)"
	done
	for directory in acpi scsi; do
		[ ! -e /proc/$directory ] || echo "masked $directory: $(ls /proc/$directory | wc -l)"
	done
	# of several on one place the last one is seen
	awk '$5 ~ /^\/proc(\/|$)/ { seen[$5] = $6 " " $(NF - 2) } END { for (p in seen) print "mount", p, seen[p] }' /proc/self/mountinfo
	SH
	chmod +x "$HOSTNET_TEST_DIR/rootfs/bin/look"
	make_userns_rootfs
}

setup() {
	no_policy
	remember_host
}

teardown() {
	no_policy
	if ! host_unchanged >/dev/null; then host_network_reset; fi
}

STRICT='.annotations["io.oci-hostnet.lock"] = "strict"'
STANDARD='.annotations["io.oci-hostnet.lock"] = "standard"'
# Their default is ENOSYS, as for a kernel without x32: EPERM can be told apart from that.
PODMAN='.linux.seccomp.defaultErrnoRet = 1'
DOCKER=".linux.seccomp = $(jq -c .linux.seccomp "$CAPTURES/docker/host.config.json")"

# none GREP-ARGUMENT... - no line of standard input matches; `!` alone would not fail a test
none() {
	local found
	found=$(grep -m 5 "$@" || true)
	[ -z "$found" ] || { echo "there is:"; echo "$found"; return 1; }
}

MASKED='.linux.maskedPaths = ["/proc/keys", "/proc/timer_list", "/proc/acpi"]'

# seen NAME - what follows it, one line for each
seen() { sed -n "s/^$1 //p" <<<"$output"; }

# passes WHAT WAY PATTERN - what came through by that way; no more than the machine lets anybody try
passes() {
	local seen pattern=$3
	seen=$(seen "$1 $2:")
	if [[ $2 =~ ^(int80|socketcall)$ ]] && lacks int80; then pattern="@($LACKING)"; fi
	# shellcheck disable=SC2053
	[[ $seen == $pattern ]] || { echo "$1 by $2, not $pattern: ${seen:0:200}"; return 1; }
}

# tried COUNT GREP-ARGUMENT... - none, but where the machine lacks int 0x80 the COUNT lines by it are killed
tried() {
	local lines
	lines=$(cat)
	if lacks int80; then
		[ "$(grep -cE "int80 ($LACKING)\$" <<<"$lines")" = "$1" ] || { echo "$lines"; return 1; }
		lines=$(grep -v 'int80 ' <<<"$lines")
	fi
	none "${@:2}" <<<"$lines"
}

# --- what is closed ------------------------------------------------------------------

expect_sealed() {
	local way
	expect_output end
	# AF_UNIX, AF_INET, AF_INET6, AF_NETLINK
	for way in syscall int80 x32; do
		passes families $way "1 2 10 16"
		passes pairs $way "1 2 10 16"
	done
	passes pairs socketcall none
	passes families socketcall none
	[ "$(seen call | wc -l)" = 10 ]
	seen call | tried 5 -v ' EPERM$'
	[ "$(seen ethtool | wc -l)" = 12 ]
	seen ethtool | tried 4 -v ' EACCES$'
	expect_output "NoNewPrivs:	1" "proc looked at many files"
	none -E '^(writable|written)' <<<"$output"
	[ "$(seen masked | wc -l)" -ge 2 ]
	seen masked | none -v ': 0$'
	# what hides a file is the host's /dev/null
	seen mount | grep -v ' devtmpfs$\| tmpfs$' | none -vE '^[^ ]+ ro(,| )'
	seen mount | grep -q '^/proc ro' || { echo "/proc is not read-only"; return 1; }
	host_unchanged
}

sealed() {
	run container "$1" "$2 | $STRICT" look
	expect_status 0
	expect_sealed
}
@test "crun: sealed: podman's profile" { sealed crun "$PODMAN"; }
@test "runc: sealed: podman's profile" { sealed runc "$PODMAN"; }
@test "crun: sealed: docker's profile" { sealed crun "$DOCKER"; }
@test "runc: sealed: docker's profile" { sealed runc "$DOCKER"; }
@test "crun: sealed: no seccomp section, all capabilities" { sealed crun "$OPEN | $MASKED"; }
@test "runc: sealed: no seccomp section, all capabilities" { sealed runc "$OPEN | $MASKED"; }
@test "crun: sealed: a user namespace" { sealed crun "$USERNS | $NO_SECCOMP"; }
@test "runc: sealed: a user namespace" { sealed runc "$USERNS | $NO_SECCOMP"; }

# The control: under standard each of these is open, so the tests above can fail.
open_under_standard() {
	run container "$1" "$NO_SECCOMP | $STANDARD" look
	expect_status 0
	for way in syscall int80 x32 socketcall; do
		passes families $way "0 1 2 3 4* 17 * 38 39 40 * 2147483648 *"
		passes pairs $way "0 1 2 3 4* 17 * 38 39 40 * 2147483648 *"
	done
	seen call | tried 5 EPERM
	seen ethtool | tried 4 EACCES
	expect_output "NoNewPrivs:	0" "writable /proc/1/comm" "writable /proc/thread-self/net/" \
		"written /proc/self/comm" "written /proc/self/oom_score_adj"
	[[ $output != *"written /proc/sys"* ]]
}
@test "control: crun: under standard all of it is open" { open_under_standard crun; }
@test "control: runc: under standard all of it is open" { open_under_standard runc; }

# A profile may have conditions of its own on the family.
conditions() {
	local rules
	# all of these stand in one profile: what they permit is cut to the four families
	rules='[{names: ["socket", "getpid"], action: "SCMP_ACT_ALLOW", args: [{index: 0, value: 38, op: "SCMP_CMP_EQ"}]},
		{names: ["socket"], action: "SCMP_ACT_ALLOW", args: [{index: 0, value: 2, op: "SCMP_CMP_EQ"}]},
		{names: ["socket"], action: "SCMP_ACT_LOG", args: [{index: 0, value: 17, op: "SCMP_CMP_EQ"}, {index: 1, value: 16, op: "SCMP_CMP_EQ"}]}]'
	run container "$1" "$DOCKER | $STRICT"' | (.linux.seccomp.syscalls[] | select(.names | index("socket"))).names -= ["socket"]
		| .linux.seccomp.syscalls += '"$rules" strict families
	expect_status 0
	[ "$(seen "families syscall:")" = 2 ]
	passes families int80 2
	# the family is not the one that is denied
	rules='[{names: ["socket"], action: "SCMP_ACT_ALLOW", args: [{index: 0, value: 40, op: "SCMP_CMP_NE"}]}]'
	run container "$1" "$DOCKER | $STRICT"' | (.linux.seccomp.syscalls[] | select(.names | index("socket"))).names -= ["socket"]
		| .linux.seccomp.syscalls += '"$rules" strict families
	expect_status 0
	[ "$(seen "families syscall:")" = "1 2 10 16" ]
	rules='[{names: ["socket"], action: "SCMP_ACT_ALLOW", args: [{index: 0, value: 2, op: "SCMP_CMP_NE"}]}]'
	run container "$1" "$DOCKER | $STRICT"' | (.linux.seccomp.syscalls[] | select(.names | index("socket"))).names -= ["socket"]
		| .linux.seccomp.syscalls += '"$rules" strict families
	expect_status 0
	[ "$(seen "families syscall:")" = "1 10 16" ]
	# beside a rule that denies it whatever the family is, which wins; but one that says what the default says
	# is no rule for either runtime
	rules='[{names: ["socket"], action: "SCMP_ACT_ERRNO", errnoRet: 13}, {names: ["socket"], action: "SCMP_ACT_ALLOW", args: [{index: 0, value: 40, op: "SCMP_CMP_NE"}]}]'
	run container "$1" "$DOCKER | $STRICT"' | (.linux.seccomp.syscalls[] | select(.names | index("socket"))).names -= ["socket"]
		| .linux.seccomp.syscalls += '"$rules" strict families
	expect_status 0
	passes families syscall none
	rules=${rules/13/1}
	run container "$1" "$DOCKER | $STRICT"' | (.linux.seccomp.syscalls[] | select(.names | index("socket"))).names -= ["socket"]
		| .linux.seccomp.defaultErrnoRet = 1 | .linux.seccomp.syscalls += '"$rules" strict families
	expect_status 0
	[ "$(seen "families syscall:")" = "1 2 10 16" ]
	# podman's default is the errno with which socketcall is denied beside a default
	run container "$1" "$STRICT" strict families
	expect_status 0
	[ "$(seen "families syscall:")" = "1 2 10 16" ]
	passes families socketcall none
	# socketcall denied by the profile too, in another way
	run container "$1" "$DOCKER | $STRICT"' | .linux.seccomp.syscalls += [
		{names: ["socketcall"], action: "SCMP_ACT_ERRNO", errnoRet: 13}]' strict families
	expect_status 0
	passes families socketcall none
	# a denial that is none
	run container "$1" "$NO_SECCOMP | $STRICT"' | .linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW",
		architectures: ["SCMP_ARCH_X86_64", "SCMP_ARCH_X86", "SCMP_ARCH_X32"], syscalls: [
		{names: ["socket", "bpf"], action: "SCMP_ACT_ERRNO", errnoRet: 0}]}' strict families calls
	expect_status 0
	[[ "$(seen "families syscall:")" != *" 17 "* ]]
	[ "$(seen call | grep 'bpf syscall')" = "bpf syscall EPERM" ]
}
@test "crun: conditions of the profile on the family" { conditions crun; }
@test "runc: conditions of the profile on the family" { conditions runc; }

@test "conditions that cannot be cut are refused" {
	local args dir
	for args in '[{index: 0, value: 2, op: "SCMP_CMP_GE"}]' '[{index: 0, value: 16, valueTwo: 16, op: "SCMP_CMP_MASKED_EQ"}]' \
		'[{index: 0, value: 2, op: "SCMP_CMP_EQ"}, {index: 0, value: 17, op: "SCMP_CMP_EQ"}]' \
		'[{index: 6, value: 2, op: "SCMP_CMP_EQ"}]'; do
		dir=$(mktemp -d "$HOSTNET_TEST_DIR/tmp/bundle.XXXXXX")
		make_bundle "$dir" "$STRICT | .linux.seccomp.syscalls += [{names: [\"socket\"], action: \"SCMP_ACT_ALLOW\", args: $args}]" true
		run -1 "$PROGRAMS/oci-hostnet" apply "$dir"
		[[ $output == *"permits socket on a condition that the lock strict cannot cut"* ]]
		# another system call may have it
		make_bundle "$dir" "$STRICT | .linux.seccomp.syscalls += [{names: [\"getpid\"], action: \"SCMP_ACT_ALLOW\", args: $args}]" true
		run -0 "$PROGRAMS/oci-hostnet" apply "$dir"
	done
}

# --- what works ----------------------------------------------------------------------

ordinary() {
	run container "$1" "$2 | $STRICT" sh -c 'strict ordinary; /bin/ip -o addr; ifconfig host0; ss -lnt | head -n 1'
	expect_status 0
	expect_output "ordinary getaddrinfo" "ordinary getifaddrs" "ordinary tcp4" "ordinary tcp6" \
		"ordinary unix" "inet 10.98.0.1/24" "inet addr:10.98.0.1" "Local Address:Port"
	host_unchanged
}
@test "crun: ordinary programs work" { ordinary crun .; }
@test "runc: ordinary programs work" { ordinary runc .; }
@test "crun: ordinary programs work without a profile" { ordinary crun "$NO_SECCOMP"; }
@test "runc: ordinary programs work without a profile" { ordinary runc "$NO_SECCOMP"; }

serves() {
	local ask="$HOSTNET_TEST_DIR/rootfs/bin/ports"
	start "$1" "$STRICT" ports serve 2000 2100 10
	run ip netns exec lan "$ask" ask 10.98.0.1 2000 2100 10
	stop
	expect_status 0
	expect_output "22 of 22 answered"
}
@test "crun: servers answer the network" { serves crun; }
@test "runc: servers answer the network" { serves runc; }

# --- once and for all ----------------------------------------------------------------

@test "a second pass leaves every byte" {
	local change dir
	for change in . "$PODMAN" "$DOCKER" "$OPEN" "$NO_SECCOMP" "$USERNS" 'del(.linux.readonlyPaths)' \
		'.process.noNewPrivileges = true' 'del(.process.noNewPrivileges)'; do
		dir=$(mktemp -d "$HOSTNET_TEST_DIR/tmp/bundle.XXXXXX")
		make_bundle "$dir" "$change | $STRICT" true
		run -0 "$PROGRAMS/oci-hostnet" apply "$dir"
		jq -e '.annotations["io.oci-hostnet.applied"] | fromjson | .lock == "strict"' "$dir/config.json"
		jq -e '.process.noNewPrivileges == true and (.linux.readonlyPaths | index("/proc") == 0)' "$dir/config.json"
		cp "$dir/config.json" "$dir/first"
		run -0 "$PROGRAMS/oci-hostnet" apply "$dir"
		cmp "$dir/config.json" "$dir/first"
		# as an engine may write it again
		jq -S . "$dir/first" >"$dir/sorted"
		cat "$dir/sorted" >"$dir/config.json"
		run -0 "$PROGRAMS/oci-hostnet" apply "$dir"
		cmp "$dir/config.json" "$dir/sorted"
	done
}

by_policy() {
	policy '{"version": 1, "default": {"lock": "strict"}}'
	run container "$1" "$NO_SECCOMP" look
	expect_status 0
	expect_sealed
	# an annotation tightens, never loosens
	run container "$1" "$NO_SECCOMP | $STANDARD" look
	expect_status 0
	expect_sealed
	# who only inherits the host's network is locked as strictly
	run container "$1" "$UNASKED | $NO_SECCOMP" look
	expect_status 0
	expect_sealed
}
@test "crun: the policy asks for strict, and no annotation loosens it" { by_policy crun; }
@test "runc: the policy asks for strict, and no annotation loosens it" { by_policy runc; }
