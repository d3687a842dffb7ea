# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# Faults between the first look at a configuration and the end, for tests/bats/faults.bash.
#
# What can fail is read from a trace of an undisturbed run, never from a list. Each call then
# fails in a run of its own (strace --inject), and each run is judged by what it left behind.

# Calls that cannot fail, by their manual pages; brk(2) itself gives an address, never an error:
# limits of memory stand in for it. For them there are only the signals.
NEVER_FAIL=' geteuid getegid getpid getppid exit_group brk '

# points TRACE FROM - a line "NAME N RETRIED FAULTS" for calls from the first line that has FROM: the
# Nth of that name; RETRIED is 1 for reads and writes of the configuration itself. The trace has the
# stack of each call: the first and the last one from a place in the program get all FAULTS. Between
# them stand the turns of a loop, mostly of realpath(3): what is looked at for the first time gets one
# fault, and what was looked at before none.
points() {
	awk -v from="$2" '
	/^execve\(/ && !begun { begun = 1; next }	# the start of the program
	/^ > / { place[count] = place[count] $0; next }
	match($0, /^[a-z0-9_]+\(/) {
		count++
		name = substr($0, 1, RLENGTH - 1)
		n[name]++
		on = on || index($0, from)
		fd = $0
		sub(/^[a-z0-9_]+\(/, "", fd)
		sub(/[,)].*/, "", fd)
		if (on) {
			retried = (name == "read" || name == "write") && (fd in ours) ? 1 : 0
			point[count] = name " " n[name] " " retried
			place[count] = name
			always[count] = retried
			seen_as[count] = $0
			gsub(/0x[0-9a-f]+/, "", seen_as[count])
		}
		if (!on)
			next
		if (name == "openat" && $0 ~ /config\.json/)
			ours[$NF] = 1
		if (name == "close")
			delete ours[fd]
	}
	BEGIN { if (from ~ /^read\(0/) { ours[0] = 1; ours[1] = 1 } }
	END {
		for (i = 1; i <= count; i++)
			if (i in point) {
				if (!(place[i] in first))
					first[place[i]] = i
				last[place[i]] = i
			}
		for (i = 1; i <= count; i++) {
			if (!(i in point))
				continue
			total++
			if (always[i] || first[place[i]] == i || last[place[i]] == i)
				print point[i], "all"
			else if (!((place[i], seen_as[i]) in seen))
				print point[i], "one"
			seen[place[i], seen_as[i]] = 1
		}
		print "of", total
	}' "$1"
}

# undisturbed FROM COMMAND... - traces COMMAND once, leaves its calls in POINTS
undisturbed() {
	local from=$1
	shift
	STATUS=0
	fresh
	"${STRACE[@]}" -k -b execve -o "$work/trace" "$@" <"$INPUT" >"$work/out" 2>"$work/err" || STATUS=$?
	JOB="nothing failed"
	judge
	# without the stacks every place would look like one
	[ "$(grep -c "^ > " "$work/trace")" -ge 10 ] || { echo "strace -k shows no stacks"; return 1; }
	mapfile -t POINTS < <(points "$work/trace" "$from")
	TRIED=0 SURVIVED=0 RETRIED=0 OF=${POINTS[-1]#of }
	unset 'POINTS[-1]'
	# A trace that was not understood must not pass for a program without calls.
	[ "${#POINTS[@]}" -ge 10 ] || { cat "$work/trace"; return 1; }
}

# each_call FAULTS COMMAND... - COMMAND once for every one of POINTS and every one of FAULTS (names of
# errors, or of signals: SIG...), or the first of them (points), judged each time; `fresh` and `judge` are the test's.
# JOB is what is being tried, STATUS what came of it, STRACE how strace is called.
each_call() {
	set +T # bats would look at every command
	try_each "$@"
	set -T
}

try_each() {
	local all=$1 faults point name number retried fault detach
	shift
	for point in "${POINTS[@]}"; do
		read -r name number retried faults <<<"$point"
		if [ "$faults" = all ]; then faults=$all; else faults=${all%% *}; fi
		for fault in $faults; do
			JOB="$name, number $number: $fault"
			fresh
			case $fault in
			SIG*)
				# too late for those that are looked at on the way back
				[[ $name != exit_group || $fault == SIGKILL ]] || continue
				fault=signal=$fault
				;;
			*)
				[[ $NEVER_FAIL != *" $name "* ]] || continue
				fault=error=$fault
				;;
			esac
			STATUS=0
			# what comes behind us runs untraced, but its start must fail first
			detach='-b execve'
			[ "$name" != execve ] || detach=
			# the braces: the shell says who was killed
			{
				"${STRACE[@]}" $detach -o "$work/trace" --inject="$name:$fault:when=$number" \
					"$@" <"$INPUT" >"$work/out" 2>"$work/err"
			} 2>/dev/null || STATUS=$?
			TRIED=$((TRIED + 1))
			[ "$STATUS" -ne 0 ] || SURVIVED=$((SURVIVED + 1))
			injected "$fault" || failed "the fault was not injected"
			if [ "$retried $fault" = "1 error=EINTR" ]; then
				RETRIED=$((RETRIED + 1))
				[ "$STATUS" -eq 0 ] || [ -n "${REFUSED-}" ] || failed "an interrupted call was not tried again"
			fi
			judge
		done
	done
}

# injected FAULT - whether it happened: the error is marked in the trace, the signal ended all
injected() {
	local line
	case $1 in
	signal=*) [ "$STATUS" -gt 128 ] ;;
	*)
		while read -r line; do
			[[ $line != *"(INJECTED)"* ]] || return 0
		done <"$work/trace"
		return 1
		;;
	esac
}

# failed WHAT - fails the test, and says what was tried
failed() {
	echo "$JOB: $1 (status ${STATUS-})"
	cat "$work/out" "$work/err" 2>/dev/null
	tail -n 5 "$work/trace" 2>/dev/null
	return 1
}

# --- bundles -------------------------------------------------------------------------

# new_bundle CHANGE [COMMAND...] - $work/bundle, the original in $work/original. What it was
# given beside its text must stay: an uncommon mode, a group and a label.
new_bundle() {
	make_bundle "$work/bundle" "$@"
	cp "$work/bundle/config.json" "$work/original"
	chmod 640 "$work/original"
	chgrp 33 "$work/original"
	"$TOOLS/label" "$work/original" system_u:object_r:test_t:s0 || true
	LABEL=$("$TOOLS/label" "$work/original" || true)
	fresh
}

fresh() {
	[ ! -e "$work/handed" ] || rm -f "$work/handed"
	cp --remove-destination --preserve=all "$work/original" "$work/bundle/config.json"
	LEFT=()
}

# make_reference - what an undisturbed apply makes of it
make_reference() {
	fresh
	"$PROGRAMS/oci-hostnet" apply "$work/bundle"
	cp -p "$work/bundle/config.json" "$work/reference"
	if cmp -s "$work/original" "$work/reference"; then echo "apply changed nothing"; return 1; fi
	jq -e '(.process.capabilities | all(index("CAP_NET_ADMIN") == null)) and .annotations["io.oci-hostnet.applied"] != null' "$work/reference" >/dev/null
	fresh
}

# (mapfile: a process for each of thousands of comparisons takes longer than all else; cmp, since it
# does not see zeros at the end)
same() {
	local -a one two
	{ mapfile -d '' one <"$1" && mapfile -d '' two <"$2"; } 2>/dev/null || return
	[ "${#one[@]}" = "${#two[@]}" ] && [ "${one[*]}" = "${two[*]}" ] && cmp -s "$1" "$2"
}

# The original or the finished file, nothing beside it, and success only with the finished one.
judge_bundle() {
	local file
	FOUND=
	if same "$work/bundle/config.json" "$work/reference"; then
		FOUND=finished
		[ "$("$TOOLS/label" --all "$work/bundle/config.json")" = "640 0 33 $LABEL" ] || failed "mode, owner or label were lost" || return
	elif same "$work/bundle/config.json" "$work/original"; then
		FOUND=original
	else
		failed "config.json is neither the original nor the finished file" || return
	fi
	[ "$STATUS" -ne 0 ] || [ $FOUND = finished ] || failed "success was claimed" || return
	# what the disk did not confirm is not finished, whatever the cache shows
	[[ $JOB != fsync*": E"* ]] || [ "$STATUS" -ne 0 ] || failed "the disk failed, and success was claimed" || return
	LEFT=()
	for file in "$work"/bundle/* "$work"/bundle/.[!.]*; do
		[ ! -e "$file" ] || [ "$file" = "$work/bundle/config.json" ] || LEFT+=("$file")
	done
	[ ${#LEFT[@]} -eq 0 ] || judge_left
}

# Only who is killed leaves a file; nobody may read it who cannot read config.json, and it
# does not stand in the way of the next one.
judge_left() {
	[ "$STATUS" -gt 128 ] || failed "a file was left: ${LEFT[*]}" || return
	LEFT_SEEN=$((${LEFT_SEEN-0} + 1))
	case $(stat -c '%a %u %g' "${LEFT[@]}") in
	"600 0 0"|"600 0 33"|"640 0 33") ;;
	*) failed "what was left can be read by others: $(stat -c '%a %u %g' "${LEFT[@]}")" || return ;;
	esac
	"$PROGRAMS/oci-hostnet" apply "$work/bundle" >"$work/out" 2>"$work/err" || failed "what was left hinders the next one" || return
	same "$work/bundle/config.json" "$work/reference" || failed "what was left spoils the next one" || return
	rm -f "${LEFT[@]}"
}

# The stand-in for crun keeps what it was started with in $work/handed: only the finished file.
judge_handed() {
	if [ -e "$work/handed" ]; then
		same "$work/handed" "$work/reference" || failed "the runtime was started with an unfinished file" || return
	else
		[ "$STATUS" -ne 0 ] || failed "success was claimed, and the runtime was not started" || return
	fi
	judge_bundle
}

# What a real container printed: started means locked.
judge_container() {
	local text
	text=$(<"$work/out")$(<"$work/err")
	if [[ $text == *STARTED* ]]; then
		[[ $text == *"SIOCSIFADDR: Permission denied"* ]] || failed "a container without its lock was started" || return
		STARTED=$((${STARTED-0} + 1))
	else
		[ "$STATUS" -ne 0 ] || failed "success was claimed, and no container was started" || return
	fi
	judge_bundle
}

# podman takes what a hook prints only when the hook succeeds.
judge_hook() {
	[ "$STATUS" -ne 0 ] || same "$work/out" "$work/reference" || failed "the hook succeeded with something else than the finished configuration"
}

# A refusal (REFUSED) stays one, whatever fails.
judge_refusal() {
	[ "$STATUS" -ne 0 ] || failed "it was not refused" || return
	[ ! -e "$work/handed" ] || failed "the runtime was started" || return
	same "$work/bundle/config.json" "$work/original" || failed "config.json was changed"
}

# --- many at once --------------------------------------------------------------------

# herd NUMBER... - creates them all at once; every 8th under runc
herd() {
	local n
	for n; do
		"$PROGRAMS/oci-hostnet-$(herd_runtime "$n")" create -b "$work/$n" --pid-file "$work/$n/pid" "herd-$n" \
			</dev/null >"$work/$n/out" 2>&1 3>&- &
		HERD_PIDS[n]=$!
	done
}

herd_runtime() { if [ $(($1 % 8)) = 0 ]; then echo runc; else echo crun; fi; }

# each_herd COMMAND... - by the runtime itself, two at a time
each_herd() {
	for n in {1..200}; do
		if [ $((n % 8)) = 0 ]; then printf 'runc %s herd-%d\0' "$*" "$n"; else printf 'crun %s herd-%d\0' "$*" "$n"; fi
	done | xargs -0 -P 2 -I WORDS sh -c WORDS 3>&-
}

# locked PID - by what the kernel says: NET_ADMIN is bit 12, seccomp's filter is mode 2
locked() {
	local name value bounding='' seccomp=''
	while read -r name value; do
		case $name in
		CapBnd:) bounding=$value ;;
		Seccomp:) seccomp=$value ;;
		esac
	done <"/proc/$1/status"
	[ -n "$bounding" ] && [ $((0x$bounding & (1 << 12 | 1 << 13))) -eq 0 ] && [ "$seccomp" = 2 ]
}
