#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Limits, closed descriptors, short reads and odd files: the original or the finished file, and never a
# started container without its lock (faults.bats has the calls that fail).
bats_require_minimum_version 1.5.0
load helpers
load faults

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
