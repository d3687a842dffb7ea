#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# tests/attack, a program that tries to change the host's network in some 300 ways, built for
# 64 and for 32 bits, inside containers under crun and runc. Each run has a host of its own
# (attack.bash). What succeeds must be exactly what tests/attack/known.tsv lists.

load helpers
load podman
load attack

KNOWN=$top_srcdir/tests/attack/known.tsv

setup_file() {
	local bits
	require_program oci-hostnet-crun oci-hostnet-runc oci-hostnet-runtime
	make_rootfs "$HOSTNET_TEST_DIR/rootfs"
	for bits in 64 32; do
		gcc -m$bits -Wall -Wextra -O1 -static -no-pie \
			-o "$HOSTNET_TEST_DIR/rootfs/bin/attack$bits" "$top_srcdir"/tests/attack/*.c &
	done
	wait
	make_machine 64
	cp "$HOSTNET_TEST_DIR/machine/machine64" "$HOSTNET_TEST_DIR/rootfs/bin/machine"
	make_userns_rootfs
	mkdir -p "$HOSTNET_TEST_DIR/rootless/run"
	cp -a "$HOSTNET_TEST_DIR/rootfs" "$HOSTNET_TEST_DIR/rootless/rootfs"
	chown -hR 65534:65534 "$HOSTNET_TEST_DIR/rootless/rootfs"
	if command -v podman >/dev/null; then setup_podman; fi
}

setup() {
	require_command ip tc nft iptables-legacy ip6tables-legacy jq
	no_policy
	[ -x "$HOSTNET_TEST_DIR/rootfs/bin/attack32" ] || missing "gcc -m32 does not work: gcc-multilib"
	[ -x "$HOSTNET_TEST_DIR/rootfs/bin/attack64" ]
	ask_machine int80 bits32
}

# --- judging -------------------------------------------------------------------------

# done_by BITS - names of the attacks that succeeded and of the reads that failed, sorted
done_by() {
	awk -v bits="$1" '$1 == bits && $2 == "READ" && $4 != "OK" { print "READ/" $3 }
		$1 == bits && $2 != "READ" && $3 == "BREACHED" { print $2 }' "$OUT" | sort
}

# known SETTING BITS - the same from the table
known() {
	local setting bits name reason
	while IFS=$'\t' read -r setting bits name reason; do
		# shellcheck disable=SC2053
		[[ $setting == \#* || $1 != $setting || $2 != $bits ]] || echo "$name"
	done <"$KNOWN" | sort
}

# What goes by int 0x80, of 64 bits, where the machine lacks that: killed, and not what the table says.
int80_attacks() { "$HOSTNET_TEST_DIR/rootfs/bin/attack64" list-int80 | sort; }
known_here() {
	if [ "$2" = 64 ] && lacks int80; then comm -23 <(known "$@") <(int80_attacks); else known "$@"; fi
}

# bits32_lacking - no attack of 32 bits was possible
bits32_lacking() {
	[[ "$(grep '^32 ' "$OUT")" =~ ^32\ LACKS\ ($LACKING)$ ]] ||
		{ echo "programs of 32 bits are said to be lacking:"; grep '^32 ' "$OUT" | head -n 5; return 1; }
}

# The host must look different exactly when an attack says that it left something.
outside_agrees() {
	local left
	left=$(grep -cE ' BREACHED (left|outside)' "$OUT" || true)
	if [ "$left" = 0 ] && [ -s "$OUT.diff" ]; then
		echo "the host has changed, and no attack says so:"; cat "$OUT.diff"; return 1
	fi
	if [ "$left" != 0 ] && [ ! -s "$OUT.diff" ]; then
		echo "attacks have succeeded, and the host looks the same:"; grep ' BREACHED ' "$OUT"; return 1
	fi
}

# complete BITS - every attack has a line, and none died of itself
complete() {
	local program=$HOSTNET_TEST_DIR/rootfs/bin/attack$1 attacks reads
	attacks=$("$program" list | wc -l)
	reads=$(grep -c "^$1 READ " "$OUT" || true)
	[ "$attacks" -ge 100 ]
	[ "$reads" -ge 35 ]
	diff <("$program" list | sort) <(awk -v bits="$1" '$1 == bits && $2 != "READ" { print $2 }' "$OUT" | sort)
	if grep "^$1 .* DIED" "$OUT"; then return 1; fi
	diff <(if [ "$1" = 64 ] && lacks int80; then int80_attacks; fi) \
		<(awk -v bits="$1" '$1 == bits && $3 == "LACKS" { print $2 }' "$OUT" | sort) ||
		{ echo "< what this machine lacks, > what was not possible with $1 bits"; return 1; }
}

# A lock cannot make it look as if the kernel lacked a thing: what is absent is so in the control.
# (Which is run for it, when this test is run alone.)
absent_list() { [ -f "$HOSTNET_TEST_DIR/absent.$1" ] || control plain-crun "$1" >/dev/null; }
absent() { awk -v bits="$1" '$1 == bits && $3 == "ABSENT" { print $2 }' "$OUT" | sort; }

# --- the rows ------------------------------------------------------------------------

# runs HOW ARGUMENTS... - leaves OUT
runs() {
	OUT=$BATS_TEST_TMPDIR/out
	fresh_host one_run "$OUT" "$@" || { cat "$OUT" "$OUT.err" | tail -n 30; return 1; }
}

# attacked SETTING HOW RUNTIME JQ
attacked() {
	local bits
	for bits in 64 32; do absent_list "$bits"; done
	runs "$2" "$3" "$4" sh -c "$ATTACKS"
	for bits in 64 32; do
		if [ "$bits" = 32 ] && lacks bits32; then bits32_lacking; continue; fi
		complete "$bits"
		diff <(known_here "$1" "$bits") <(done_by "$bits") || { echo "< known, > seen with $bits bits in $1"; return 1; }
		if comm -23 <(absent "$bits") "$HOSTNET_TEST_DIR/absent.$bits" | grep .; then
			echo "said to be absent, and is there without a lock"; return 1
		fi
	done
	outside_agrees
}

# Without us, with everything: if fewer than 60 succeed here, the others prove nothing.
control() {
	local count
	runs in_container "$1" "$UNASKED | $OPEN | $ALL_CAPABILITIES | $MOUNTS | $PINS | $HOST_PIDS" \
		sh -c "for bits in $2; do ${ATTACKS#*do}"
	if [ "$2" = 32 ] && lacks bits32; then
		bits32_lacking
		[ ! -s "$OUT.diff" ] || { cat "$OUT.diff"; return 1; }
		: >"$HOSTNET_TEST_DIR/absent.$2"
		return
	fi
	complete "$2"
	count=$(awk '$2 != "READ" && $3 == "BREACHED"' "$OUT" | wc -l)
	echo "$count succeeded"
	[ "$count" -ge 60 ]
	if grep "^$2 READ " "$OUT" | grep -v ' OK$'; then return 1; fi
	outside_agrees
	# the attacks on each part
	for part in links addresses routes rules neighbours qdiscs nexthops labels sysctl sysfs features multicast recent; do
		grep -q "BREACHED.*[:,]$part" "$OUT" || { echo "nobody changed: $part"; return 1; }
	done
	absent "$2" >"$HOSTNET_TEST_DIR/absent.$2"
}
@test "control: with crun alone the host is lost, 64 bits" { control plain-crun 64; }
@test "control: with crun alone the host is lost, 32 bits" { control plain-crun 32; }
@test "control: with runc alone the host is lost, 64 bits" { control plain-runc 64; }
@test "control: with runc alone the host is lost, 32 bits" { control plain-runc 32; }

EVERYTHING="$OPEN | $ALL_CAPABILITIES | $MOUNTS"
PRIVILEGED="$EVERYTHING | $PINS"

@test "crun: podman's default profile" { attacked default in_container crun .; }
@test "runc: podman's default profile" { attacked default in_container runc .; }
@test "crun: no seccomp" { attacked no-seccomp in_container crun "$NO_SECCOMP"; }
@test "runc: no seccomp" { attacked no-seccomp in_container runc "$NO_SECCOMP"; }
@test "crun: NET_ADMIN and NET_RAW" { attacked admin in_container crun "$ADMIN"; }
@test "runc: NET_ADMIN and NET_RAW" { attacked admin in_container runc "$ADMIN"; }
@test "crun: everything privileged" { attacked privileged in_container crun "$PRIVILEGED"; }
@test "runc: everything privileged" { attacked privileged in_container runc "$PRIVILEGED"; }
@test "crun: everything, and the host's processes" { attacked host-pids in_container crun "$PRIVILEGED | $HOST_PIDS"; }
@test "runc: everything, and the host's processes" { attacked host-pids in_container runc "$PRIVILEGED | $HOST_PIDS"; }
@test "crun: user namespace, all capabilities" { attacked userns in_container crun "$USERNS | $ALL_CAPABILITIES | $NO_SECCOMP"; }
@test "runc: user namespace, all capabilities" { attacked userns in_container runc "$USERNS | $ALL_CAPABILITIES | $NO_SECCOMP"; }

STRICT='.annotations["io.oci-hostnet.lock"] = "strict"'
@test "crun: strict, with podman's profile" { attacked strict-profile in_container crun "$STRICT"; }
@test "runc: strict, with podman's profile" { attacked strict-profile in_container runc "$STRICT"; }
@test "crun: strict, everything privileged" { attacked strict in_container crun "$EVERYTHING | $STRICT"; }
@test "runc: strict, everything privileged" { attacked strict in_container runc "$EVERYTHING | $STRICT"; }

# --- two containers ------------------------------------------------------------------

passed() {
	runs two_containers "$1" .
	[ "$(grep -c . "$OUT")" = 3 ] || { cat "$OUT" "$OUT.err"; return 1; }
	diff <(known_here two-containers 64) <(done_by 64)
	outside_agrees
}
@test "crun: a socket passed to, or taken by, a container that is not locked" { passed crun; }
@test "runc: a socket passed to, or taken by, a container that is not locked" { passed runc; }

# --- exec, podman, a user's own container --------------------------------------------

@test "crun: after exec --process with every capability" { attacked exec-process in_exec_process crun .; }
@test "runc: after exec --process with every capability" { attacked exec-process in_exec_process runc .; }
@test "crun: after exec --cap with every capability" { attacked exec-cap in_exec_cap crun .; }
@test "runc: after exec --cap with every capability" { attacked exec-cap in_exec_cap runc .; }
# (64 bits only: what has been changed then cannot be changed once more)
exec_control() {
	EXEC_RUNTIME=$1 runs in_exec_process "$1" . sh -c "$ATTACKS"
	grep -q '^64 RTM_NEWADDR BREACHED' "$OUT"
	# the ioctl lock holds all the same
	grep -q '^64 SIOCSIFADDR STOPPED EACCES' "$OUT"
	outside_agrees
}
@test "control: crun's own exec --process gives it back" { exec_control crun; }
@test "control: runc's own exec --process gives it back" { exec_control runc; }
@test "crun: after podman exec --privileged" { attacked podman-exec in_podman_exec crun .; }
@test "runc: after podman exec --privileged" { attacked podman-exec in_podman_exec runc .; }
@test "crun: rootless" { attacked rootless in_rootless crun "$ALL_CAPABILITIES | $NO_SECCOMP"; }
@test "runc: rootless" { attacked rootless in_rootless runc "$ALL_CAPABILITIES | $NO_SECCOMP"; }

# --- the lock userns -----------------------------------------------------------------

BY_USERNS='.annotations["io.oci-hostnet.lock"] = "userns"'
@test "crun: lock userns, everything privileged, every device" { attacked identity in_container crun "$PRIVILEGED | $(every_device) | $BY_USERNS"; }
@test "runc: lock userns, everything privileged, every device" { attacked identity in_container runc "$PRIVILEGED | $(every_device) | $BY_USERNS"; }
@test "crun: lock userns, after exec --process with every capability" { attacked identity in_exec_process crun "$BY_USERNS"; }
@test "runc: lock userns, after exec --process with every capability" { attacked identity in_exec_process runc "$BY_USERNS"; }
@test "crun: lock userns, after exec --cap with every capability" { attacked identity in_exec_cap crun "$BY_USERNS"; }
@test "runc: lock userns, after exec --cap with every capability" { attacked identity in_exec_cap runc "$BY_USERNS"; }
by_podman() {
	policy '{"version": 1, "default": {"lock": "userns"}}'
	attacked identity in_podman_exec "$1" .
}
@test "crun: lock userns, after podman exec --privileged" { by_podman crun; }
@test "runc: lock userns, after podman exec --privileged" { by_podman runc; }
@test "crun: lock userns, rootless" { attacked rootless in_rootless crun "$ALL_CAPABILITIES | $NO_SECCOMP | $BY_USERNS"; }
@test "runc: lock userns, rootless" { attacked rootless in_rootless runc "$ALL_CAPABILITIES | $NO_SECCOMP | $BY_USERNS"; }
past_the_guard() {
	EXEC_RUNTIME=$1 attacked identity-unguarded in_exec_process "$1" "$BY_USERNS"
}
@test "crun: lock userns, after an exec past us with every capability" { past_the_guard crun; }
@test "runc: lock userns, after an exec past us with every capability" { past_the_guard runc; }

# --- the lock userns with subordinate ids --------------------------------------------

subordinate() {
	subordinate_ids
	policy "$SUBORDINATE"
	attacked "$@"
}
@test "crun: subordinate ids, everything privileged, every device" { subordinate subordinate in_container crun "$SHIFTED | $EVERYTHING | $(every_device)"; }
@test "runc: subordinate ids, everything privileged, every device" { subordinate subordinate in_container runc "$SHIFTED | $EVERYTHING | $(every_device)"; }
@test "crun: subordinate ids, after exec --process with every capability" { subordinate subordinate in_exec_process crun "$SHIFTED"; }
@test "runc: subordinate ids, after exec --process with every capability" { subordinate subordinate in_exec_process runc "$SHIFTED"; }
@test "crun: subordinate ids, after exec --cap with every capability" { subordinate subordinate in_exec_cap crun "$SHIFTED"; }
@test "runc: subordinate ids, after exec --cap with every capability" { subordinate subordinate in_exec_cap runc "$SHIFTED"; }
@test "crun: subordinate ids, after an exec past us with every capability" { EXEC_RUNTIME=crun subordinate subordinate-unguarded in_exec_process crun "$SHIFTED"; }
@test "runc: subordinate ids, after an exec past us with every capability" { EXEC_RUNTIME=runc subordinate subordinate-unguarded in_exec_process runc "$SHIFTED"; }
