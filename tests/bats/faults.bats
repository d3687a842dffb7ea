#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Whatever fails, and whenever: the original or the finished file, and never a started container
# without its lock.
bats_require_minimum_version 1.5.0
load helpers
. "$top_srcdir/tests/faults/inject.bash"

# Errors that the calls of a file system, of memory and of descriptors have.
ERRORS="EIO ENOSPC ENOMEM EINTR EACCES"
TOOLS=$HOSTNET_TEST_DIR/faults

setup_file() {
	mkdir -p "$TOOLS/holder/deep/proc"
	gcc -O1 -Wall -static -o "$TOOLS/label" "$top_srcdir/tests/faults/label.c"
	gcc -O1 -Wall -static -o "$TOOLS/short" "$top_srcdir/tests/faults/short.c"
	mknod "$TOOLS/tun" c 10 200
	# what docker's default namespace is
	: >"$TOOLS/host-network"
	mount --bind /proc/self/ns/net "$TOOLS/host-network"
	# Only the mount table tells that this holds a proc.
	mount -t proc proc "$TOOLS/holder/deep/proc"
}

teardown_file() {
	umount "$TOOLS/holder/deep/proc" "$TOOLS/host-network"
}

# As much of the outside world as can be asked for: a namespace, binds of proc, of sysfs, of a
# device, of what is not there, open devices, sysctls, capabilities.
RICH=$(cat <<-JQ
	(.linux.namespaces[] | select(.type == "network")).path = "/run/netns/lan"
	| $ADMIN
	| .linux.resources.devices = [{allow: true, access: "rwm"}]
	| .linux.sysctl = {"net.ipv4.ping_group_range": "0 0"}
	| .mounts += [
		{destination: "/data/a", type: "bind", source: "/proc/sys/net", options: ["rbind", "rw"]},
		{destination: "/data/b", type: "bind", source: "$TOOLS/holder", options: ["rbind", "rw"]},
		{destination: "/data/c", type: "bind", source: "$TOOLS/tun", options: ["bind", "rw"]},
		{destination: "/data/d", type: "bind", source: "/sys/class/net", options: ["rbind", "rw"]}]
JQ
)
TRY=(sh -c 'echo STARTED; ifconfig lo:1 127.0.0.3 2>&1; :')

setup() {
	require_program oci-hostnet oci-hostnet-hook oci-hostnet-runtime oci-hostnet-crun oci-hostnet-runc
	require_command strace
	work=$(mktemp -d "$HOSTNET_TEST_DIR/tmp/faults.XXXXXX")
	mkdir "$work/bundle" "$work/bin"
	chmod 755 "$work"
	INPUT=/dev/null
	STRACE=(strace)
	LEFT_SEEN=0 STARTED=0
	cd "$work" || return
}

teardown() { no_policy; rm -rf "$work"; }

judge() { judge_bundle; }

# tried MINIMUM - what was done, for the log; too little of it is no test
tried() {
	echo "# $BATS_TEST_DESCRIPTION: ${#POINTS[@]} of $OF calls, $TRIED runs, $SURVIVED survived, $RETRIED tried again, $LEFT_SEEN files left by the killed" >&3
	[ "$TRIED" -ge "$1" ]
}

stand_in() {
	gcc -O1 -Wall -static -DFROM="\"$work/bundle/config.json\"" -DTO="\"$work/handed\"" \
		-o "$work/bin/crun" "$top_srcdir/tests/faults/handed.c"
	policy '{"version":1,"runtime":"'"$work/bin/crun"'"'"${1-}"'}'
	judge() { judge_handed; }
}

# --- every call ----------------------------------------------------------------------

@test "apply: every call fails in turn" {
	new_bundle "$RICH"
	make_reference
	undisturbed "\"$work/bundle\"" "$PROGRAMS/oci-hostnet" apply "$work/bundle"
	each_call "$ERRORS" "$PROGRAMS/oci-hostnet" apply "$work/bundle"
	# reading and writing the configuration: two reads and a write at least
	[ "$RETRIED" -ge 3 ]
	tried 200
}

@test "apply: killed at every call" {
	new_bundle "$RICH"
	make_reference
	undisturbed "\"$work/bundle\"" "$PROGRAMS/oci-hostnet" apply "$work/bundle"
	each_call "SIGKILL SIGTERM SIGHUP SIGPIPE" "$PROGRAMS/oci-hostnet" apply "$work/bundle"
	[ "$SURVIVED" -eq 0 ]
	# between creating and renaming it was there
	[ "$LEFT_SEEN" -ge 4 ]
	tried 200
}

@test "create, run: every call fails in turn, or is the last" {
	stand_in
	new_bundle "$RICH"
	make_reference
	undisturbed "\"$work/bundle\"" "$PROGRAMS/oci-hostnet-runtime" create -b "$work/bundle" x
	[[ "${POINTS[*]: -1}" = execve* ]]
	each_call "EIO ENOMEM EINTR EACCES" "$PROGRAMS/oci-hostnet-runtime" create -b "$work/bundle" x
	tried 150
	undisturbed "\"$work/bundle\"" "$PROGRAMS/oci-hostnet-runtime" run -b "$work/bundle" x
	each_call "EIO SIGKILL" "$PROGRAMS/oci-hostnet-runtime" run -b "$work/bundle" x
	tried 120
}

@test "a container that has the host's network without asking, and must be locked: every call fails in turn" {
	stand_in ',"default":{"inherit":"lock"}'
	for has in 'del(.linux.namespaces[] | select(.type == "network"))' \
		"(.linux.namespaces[] | select(.type == \"network\")).path = \"$TOOLS/host-network\""; do
		new_bundle "$RICH | $has | del(.annotations, .linux.sysctl)"
		make_reference
		undisturbed "\"$work/bundle\"" "$PROGRAMS/oci-hostnet-runtime" create -b "$work/bundle" x
		each_call "EIO ENOMEM SIGKILL" "$PROGRAMS/oci-hostnet-runtime" create -b "$work/bundle" x
		tried 150
	done
}

@test "real containers: every call fails in turn, or is the last; who prints STARTED is locked" {
	require_command crun runc
	judge() { judge_container; }
	new_bundle "$RICH" "${TRY[@]}"
	make_reference
	for runtime in crun runc; do
		STARTED=0
		undisturbed "\"$work/bundle\"" "$PROGRAMS/oci-hostnet-$runtime" run -b "$work/bundle" "$(unique_id)"
		[ "$STARTED" -eq 1 ]
		each_call "EIO SIGKILL" "$PROGRAMS/oci-hostnet-$runtime" run -b "$work/bundle" "$(unique_id)"
		tried 120
		# some calls may fail, and still a container starts
		[ "$STARTED" -ge 10 ]
	done
}

@test "the control: the same container without its lock is noticed" {
	require_command crun
	new_bundle "$RICH | $UNASKED | del(.linux.sysctl)" "${TRY[@]}"
	cp "$work/original" "$work/reference"
	remember_host
	STATUS=0
	crun run -b "$work/bundle" "$(unique_id)" >"$work/out" 2>"$work/err" </dev/null || STATUS=$?
	JOB=control
	run judge_container
	ip addr del 127.0.0.3/8 dev lo
	host_unchanged
	[ "$status" -eq 1 ]
	[[ "$output" == *"a container without its lock was started"* ]]
}

@test "the hook: every call fails in turn, or is the last" {
	new_bundle "$RICH"
	make_reference
	INPUT=$work/original
	judge() { judge_hook; }
	"$PROGRAMS/oci-hostnet-hook" precreate <"$INPUT" | cmp - "$work/reference"
	undisturbed 'read(0' "$PROGRAMS/oci-hostnet-hook" precreate
	each_call "$ERRORS EPIPE SIGKILL SIGTERM SIGPIPE" "$PROGRAMS/oci-hostnet-hook" precreate
	[ "$RETRIED" -ge 3 ]
	tried 300
}

@test "a refusal stays a refusal whatever fails: a port that podman reserved, somebody else's file" {
	stand_in
	judge() { judge_refusal; }
	REFUSED=yes
	gcc -static -o "$work/reserve" "$top_srcdir/tests/tools/conmon.c"
	new_bundle "$RICH"
	# the parent's name is what tells conmon
	cp "$(command -v strace)" "$work/conmon"
	STRACE=("$work/reserve" 5 tcp no "$work/conmon")
	undisturbed "\"$work/bundle\"" "$PROGRAMS/oci-hostnet-runtime" create -b "$work/bundle" x
	grep "cannot publish ports" "$work/err"
	each_call "EIO ENOMEM EINTR" "$PROGRAMS/oci-hostnet-runtime" create -b "$work/bundle" x
	tried 120
	STRACE=(strace)
	chown 1000 "$work/original"
	fresh
	undisturbed "\"$work/bundle\"" "$PROGRAMS/oci-hostnet-runtime" create -b "$work/bundle" x
	grep "belongs to uid 1000" "$work/err"
	each_call "$ERRORS" "$PROGRAMS/oci-hostnet-runtime" create -b "$work/bundle" x
	tried 25
}

@test "a refusal stays a refusal whatever fails: the guard, and the port that conmon holds" {
	judge() { judge_refusal; }
	REFUSED=yes
	gcc -static -o "$work/reserve" "$top_srcdir/tests/tools/conmon.c"
	cp "$(command -v strace)" "$work/conmon"
	new_bundle "$RICH"
	"$PROGRAMS/oci-hostnet" apply "$work/bundle"
	cp -p "$work/bundle/config.json" "$work/original"
	INPUT=$work/state
	jq -n --argjson pid $$ --arg bundle "$work/bundle" --slurpfile config "$work/original" \
		'{id: "x", pid: $pid, bundle: $bundle, annotations: $config[0].annotations}' >"$INPUT"
	# the control: it is the port that is refused
	"$PROGRAMS/oci-hostnet-hook" createRuntime <"$INPUT"
	STRACE=("$work/reserve" 5 tcp no "$work/conmon")
	undisturbed 'read(0' "$PROGRAMS/oci-hostnet-hook" createRuntime
	grep "cannot publish ports" "$work/err"
	each_call "EIO ENOMEM EINTR EACCES EPERM ESRCH" "$PROGRAMS/oci-hostnet-hook" createRuntime
	tried 300
}

# The trail is the same code behind every decision: where nobody listens, as everywhere else here, it
# is four calls. With journald, and with a file to replace, it is this test's alone.
@test "the trail: every call fails in turn, and the decision stays, its sentence, its errno and its descriptors" {
	local -a ours
	gcc -O1 -Wall -static -o "$TOOLS/devlog" "$top_srcdir/tests/tools/devlog.c"
	mkdir -p /run/systemd/journal
	new_bundle '.annotations["io.oci-hostnet.netwrok"] = "host"'
	STRACE=("$TOOLS/devlog" --journal "$(command -v strace)")
	INPUT=$work/original
	fresh() {
		rm -rf /run/systemd/journal/socket /run/oci-hostnet
		# both of what is repaired
		mkdir -m 777 /run/oci-hostnet
		ln -s nowhere /run/oci-hostnet/trail
	}
	judge() {
		[ "$STATUS" -eq 1 ] || failed "it was not refused" || return
		[[ $(<"$work/err") == "oci-hostnet: the annotation \`io.oci-hostnet.netwrok\` is not known"* ]] || failed "the sentence is another"
	}
	undisturbed 'socket(AF_UNIX' "$PROGRAMS/oci-hostnet-hook" precreate
	grep -q "syslog: MESSAGE_ID=9fccac59523e4472b174b775235eee91" "$work/out"
	grep -q renameat "$work/trace"
	each_call "EIO ENOMEM EINTR EACCES EAGAIN" "$PROGRAMS/oci-hostnet-hook" precreate
	tried 80
	# this one fails when errno is another than before, or a descriptor stays
	judge() { [ "$STATUS" -eq 0 ] || [[ $JOB == close* ]] || failed "errno or the descriptors are others"; }
	undisturbed 'socket(AF_UNIX' "$top_builddir/tests/unit/write_record" refused message=x
	# its own look at them
	for point in "${POINTS[@]}"; do [[ $point == dup* ]] || ours+=("$point"); done
	POINTS=("${ours[@]}")
	each_call "EIO ENOMEM EINTR EACCES EAGAIN" "$top_builddir/tests/unit/write_record" refused message=x
	tried 80
	rm -rf /run/systemd/journal /run/oci-hostnet
}

# --- no room -------------------------------------------------------------------------

# no_room MESSAGE - apply and both runtimes fail with MESSAGE; the original stays, alone
no_room() {
	local before runtime
	before=$(ls -A "$work/bundle")
	for runtime in crun runc apply; do
		STATUS=0 JOB="$1, $runtime"
		case $runtime in
		apply) "$PROGRAMS/oci-hostnet" apply "$work/bundle" ;;
		*) "$PROGRAMS/oci-hostnet-$runtime" run -b "$work/bundle" "$(unique_id)" ;;
		esac >"$work/out" 2>"$work/err" </dev/null || STATUS=$?
		[ "$STATUS" -ne 0 ] || failed "it was not refused"
		grep -q "cannot write the configuration .*, and it was left as it was: $1" "$work/err" || failed "the message is another"
		! grep -q STARTED "$work/out" || failed "a container was started"
		same "$work/original" "$work/bundle/config.json" || failed "the original is gone"
		[ "$(ls -A "$work/bundle")" = "$before" ] || failed "something was left"
	done
}

@test "no room: the disk, the inodes, the quota; a read-only file system" {
	require_command crun runc
	make_bundle "$work/bundle" "$RICH" "${TRY[@]}"
	cp "$work/bundle/config.json" "$work/original"
	# pages of 4 KiB: room for the original, and not for the edited one beside it
	mount -t tmpfs -o "size=$(($(stat -c %s "$work/original") / 4096 * 4 + 12))k,mode=755" tmpfs "$work/bundle"
	cp "$work/original" "$work/bundle/config.json"
	no_room "No space left on device"
	umount "$work/bundle"
	mount -t tmpfs -o nr_inodes=3,mode=755 tmpfs "$work/bundle"
	cp "$work/original" "$work/bundle/config.json"
	mkdir "$work/bundle/last"
	run ! mkdir "$work/bundle/more"
	no_room "No space left on device"
	rmdir "$work/bundle/last"
	mount -o remount,ro "$work/bundle"
	no_room "Read-only file system"
	mount -o remount,rw "$work/bundle"
	# the control: with room it works
	"$PROGRAMS/oci-hostnet" apply "$work/bundle"
	umount "$work/bundle"
	cp "$work/original" "$work/bundle/config.json"
	for call in write fsync renameat; do
		run -3 strace -o "$work/trace" --inject="$call:error=EDQUOT:when=1" "$PROGRAMS/oci-hostnet" apply "$work/bundle"
		[[ "$output" == *"cannot write the configuration"*"and it was left as it was: Disk quota exceeded"* ]]
		grep INJECTED "$work/trace"
		cmp "$work/original" "$work/bundle/config.json"
		[ "$(ls -A "$work/bundle")" = config.json ]
	done
}

@test "the directory is removed meanwhile" {
	stand_in
	new_bundle "$RICH"
	for command in create apply; do
		fresh
		program="oci-hostnet-runtime create -b $work/bundle x"
		[ $command = create ] || program="oci-hostnet apply $work/bundle"
		# shellcheck disable=SC2086
		strace -b execve -o "$work/trace" --inject=fsync:delay_enter=1000000 "$PROGRAMS/"$program >"$work/out" 2>&1 </dev/null 3>&- &
		wait_for 50 temporary
		rm -r "$work/bundle"
		STATUS=0
		wait $! || STATUS=$?
		[ "$STATUS" -ne 0 ]
		cat "$work/out"
		grep "cannot write the configuration" "$work/out"
		[ ! -e "$work/handed" ]
		mkdir "$work/bundle"
	done
}

temporary() { [ "$(ls -A "$work/bundle" | wc -l)" -eq 2 ]; }

# --- limits, descriptors, odd files ----------------------------------------------------

# limited LIMIT... - apply and create under that ulimit, judged as if a call had failed
limited() {
	local command
	for command in "oci-hostnet apply" "oci-hostnet-runtime create -b"; do
		fresh
		STATUS=0 JOB="$command, ulimit $*"
		# shellcheck disable=SC2086
		{ (ulimit "$@" && exec "$PROGRAMS/"$command "$work/bundle" ${command:+$([[ $command == *create* ]] && echo x)}) \
			>"$work/out" 2>"$work/err" </dev/null; } 2>/dev/null || STATUS=$?
		if [[ $command == *create* ]]; then judge_handed; else judge_bundle; fi
		COUNT[$STATUS]=$((${COUNT[$STATUS]-0} + 1))
	done
}

@test "limits: the size of a file, descriptors, memory" {
	declare -A COUNT
	stand_in
	new_bundle "$RICH"
	make_reference
	: >"$work/trace"
	size=$(($(stat -c %s "$work/original") / 1024 + 1))
	# SIGXFSZ ends it
	limited -f "$size"
	[ "${COUNT[153]}" -eq 2 ]
	[ "$LEFT_SEEN" -eq 2 ]
	# ignored, it is a short write and then an error
	trap '' XFSZ
	limited -f "$size"
	trap - XFSZ
	grep "cannot write the configuration .*, and it was left as it was: File too large" "$work/err"
	for number in 3 4 5 6 7 8 9 10; do limited -n "$number"; done
	for size in $(seq 2000 250 7000); do limited -v "$size"; done
	# some were refused, and with the largest it worked
	[ "$STATUS" -eq 0 ]
	[ "${COUNT[0]}" -ge 4 ]
}

@test "closed descriptors: nothing of ours is written into the configuration" {
	stand_in
	new_bundle "$RICH"
	make_reference
	: >"$work/trace"
	: >"$work/out"
	: >"$work/err"
	for program in "apply" "apply --json" "create"; do
		for closed in '0<&-' '1>&-' '2>&-' '0<&- 1>&-' '0<&- 2>&-' '1>&- 2>&-' '0<&- 1>&- 2>&-' '1>/dev/full 2>/dev/full'; do
			for big in yes no; do
				fresh
				STATUS=0 JOB="$program $closed $big"
				# a refusal writes to the closed ones too
				[ $big = yes ] || printf '{"a":' >"$work/bundle/config.json"
				case $program in
				create) eval "\"\$PROGRAMS/oci-hostnet-runtime\" create -b \"\$work/bundle\" x $closed" || STATUS=$? ;;
				*) eval "\"\$PROGRAMS/oci-hostnet\" $program \"\$work/bundle\" $closed" || STATUS=$? ;;
				esac >/dev/null 2>&1
				if [ $big = no ]; then
					[ "$STATUS" -ne 0 ]
					[ "$(cat "$work/bundle/config.json")" = '{"a":' ]
					[ ! -e "$work/handed" ]
					continue
				fi
				if [ "$program" = create ]; then judge_handed; else judge_bundle; fi
				# every one of them could be edited
				[ $FOUND = finished ] || failed "it was not edited"
			done
		done
	done
}

@test "the hook's input and output: closed, full, cut off, a slow pipe" {
	hook=$PROGRAMS/oci-hostnet-hook
	new_bundle "$RICH"
	make_reference
	: >"$work/trace"
	for bad in '<&-' '>&-' '>/dev/full' '<&- >&- 2>&-' '>&- 2>&-' '</dev/null'; do
		run -1 --separate-stderr eval "\"\$hook\" precreate <\"\$work/original\" $bad"
		[ -z "$output" ]
	done
	# nobody reads: killed by SIGPIPE, or refused where that is ignored
	for ignored in - ''; do
		trap -- "${ignored}" PIPE
		mkfifo "$work/pipe"
		exec 9<>"$work/pipe" 8>"$work/pipe"
		exec 9>&-
		run bash -c '"$0" precreate <"$1" >&8 8>&-' "$hook" "$work/original"
		exec 8>&-
		[ "$status" -ne 0 ]
		rm "$work/pipe"
	done
	# podman dies meanwhile: every 400th prefix, and the last ones
	size=$(stat -c %s "$work/original")
	for length in $(seq 1 400 "$size") $((size - 3)) $((size - 2)); do
		run -1 --separate-stderr "$hook" precreate < <(head -c "$length" "$work/original")
		[ -z "$output" ]
	done
	# a reader that takes little at a time, and a writer that gives little
	dd if="$work/original" bs=7 2>/dev/null | "$hook" precreate | dd bs=11 iflag=fullblock 2>/dev/null | cmp - "$work/reference"
}

@test "reads and writes that move less than they were asked for" {
	new_bundle "$RICH"
	make_reference
	: >"$work/trace"
	for bytes in 1 7 100 4096; do
		fresh
		STATUS=0 JOB="at most $bytes bytes at a time"
		"$TOOLS/short" "$bytes" "$PROGRAMS/oci-hostnet" apply "$work/bundle" >"$work/out" 2>"$work/err" || STATUS=$?
		judge_bundle
		[ "$FOUND" = finished ]
		[ "$(sed -n 's/^shortened //p' "$work/err")" -ge 5 ] || failed "too few calls were shortened"
		"$TOOLS/short" "$bytes" "$PROGRAMS/oci-hostnet-hook" precreate <"$work/original" 2>"$work/err" | cmp - "$work/reference"
		[ "$(sed -n 's/^shortened //p' "$work/err")" -ge 5 ] || failed "too few calls of the hook were shortened"
	done
}

@test "odd files in the place of config.json are refused at once" {
	stand_in
	mkfifo "$work/fifo"
	mkdir "$work/directory"
	mknod "$work/zero" c 1 5
	ln -s /dev/zero "$work/link"
	for odd in fifo directory zero link; do
		rm -rf "$work/bundle/config.json" "$work/handed"
		mv "$work/$odd" "$work/bundle/config.json"
		for command in "oci-hostnet apply $work/bundle" "oci-hostnet-runtime create -b $work/bundle x"; do
			# shellcheck disable=SC2086
			run timeout -s KILL 20 "$PROGRAMS/"$command
			echo "$odd $command: $status $output"
			[ "$status" -eq 3 ] || [ "$status" -eq 1 ]
			[[ "$output" == *"is not a regular file: replace it by one" ]]
			[ ! -e "$work/handed" ]
			[ "$(ls -A "$work/bundle")" = config.json ]
		done
	done
}

@test "without /proc: refused" {
	stand_in
	new_bundle "$RICH"
	for command in "oci-hostnet apply $work/bundle" "oci-hostnet-runtime create -b $work/bundle x" "oci-hostnet-hook precreate"; do
		# shellcheck disable=SC2086
		run unshare -m sh -c 'mount -t tmpfs none /proc && exec "$@"' - "$PROGRAMS/"$command <"$work/original"
		echo "$output"
		[ "$status" -ne 0 ]
		[[ "$output" == "oci-hostnet: "* ]]
		[ ! -e "$work/handed" ]
		cmp "$work/original" "$work/bundle/config.json"
	done
}

# --- at once -------------------------------------------------------------------------

# in_own_pids DELAY TRACE - apply with the same process id as everyone else here, and so much
# time between opening and writing
in_own_pids() {
	exec unshare -p -f strace -o "$2" --inject="write:delay_enter=$1:when=1" "$PROGRAMS/oci-hostnet" apply "$work/bundle"
}

@test "two at once with the same process id, from two containers: neither spoils the other's" {
	new_bundle "$RICH"
	make_reference
	: >"$work/out"
	in_own_pids 600000 "$work/trace" >"$work/err" 2>&1 </dev/null 3>&- &
	first=$!
	wait_for 50 temporary
	in_own_pids 1200000 "$work/trace2" >"$work/err2" 2>&1 </dev/null 3>&- &
	second=$!
	STATUS=0 JOB="the first of two"
	wait $first || STATUS=$?
	[ "$STATUS" -eq 0 ] || failed "the first failed"
	# the second is still at it
	same "$work/bundle/config.json" "$work/reference" || failed "the first put something unfinished there"
	STATUS=0 JOB="the second of two"
	wait $second || { cat "$work/err2"; failed "the second failed"; }
	judge_bundle
	[ "$FOUND" = finished ]
}

# A container that has the host's network and asks for the lock; PLACEHOLDER is its name.
HERD="del(.linux.namespaces[] | select(.type == \"network\"))
	| .annotations = {\"io.oci-hostnet.lock\": \"standard\"}
	| .process.capabilities[] |= . + [\"CAP_NET_ADMIN\"]
	| .linux.cgroupsPath = \"/$HOSTNET_TAG-PLACEHOLDER\""

@test "200 containers created at once, 50 times one bundle: all edited, all locked, nothing left" {
	require_command crun runc
	local n failed=0 runtime
	declare -a HERD_PIDS
	make_bundle "$work/bundle" "$HERD" sh -c 'echo STARTED; ifconfig lo:1 127.0.0.3; echo ready; exec sleep 1000'
	cp "$work/bundle/config.json" "$work/original"
	"$PROGRAMS/oci-hostnet" apply "$work/bundle"
	cp "$work/bundle/config.json" "$work/reference"
	cp "$work/original" "$work/bundle/config.json"
	remember_host
	set +T
	for n in {1..200}; do
		mkdir "$work/$n"
		sed "s/PLACEHOLDER/$n/" "$work/original" >"$work/$n/config.json"
	done
	herd {1..100}
	for n in {1..50}; do
		"$PROGRAMS/oci-hostnet" apply "$work/bundle" >"$work/apply-$n" 2>&1 3>&- &
		APPLIES[n]=$!
	done
	herd {101..200}
	for n in {1..200}; do wait "${HERD_PIDS[n]}" || { cat "$work/$n/out"; failed=1; }; done
	for n in {1..50}; do wait "${APPLIES[n]}" || { cat "$work/apply-$n"; failed=1; }; done
	[ $failed = 0 ]
	cmp "$work/bundle/config.json" "$work/reference"
	for n in {1..200}; do
		sed "s/PLACEHOLDER/$n/" "$work/reference" | cmp - "$work/$n/config.json" || failed=1
	done
	each_herd start || failed=1
	for n in {1..200}; do
		wait_for 100 grep -q ^ready "$work/$n/out" && locked "$(<"$work/$n/pid")" &&
			grep -q STARTED "$work/$n/out" && grep -q "SIOCSIFADDR: Permission denied" "$work/$n/out" ||
			{ echo "container $n:"; cat "$work/$n/out"; grep -E 'CapBnd|Seccomp' "/proc/$(cat "$work/$n/pid")/status"; failed=1; }
	done
	[ $failed = 0 ]
	# the judge can tell: this shell is not locked
	run ! locked $$
	each_herd delete -f || failed=1
	set -T
	[ $failed = 0 ]
	[ -z "$(find "$work" -name '.config.json*')" ]
	[ "$(crun list -q | grep -c herd; runc list -q | grep -c herd)" = "0
0" ]
	host_unchanged
}
