#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# The trail: one record of each decision that changed, refused or reported something, to journald or
# syslog, and never so many that they fill a disk. Whatever becomes of it, the decision stays.
bats_require_minimum_version 1.5.0
load helpers
load syslog

HOOK=$PROGRAMS/oci-hostnet-hook
HOSTNET=$PROGRAMS/oci-hostnet
WRITE=$top_builddir/tests/unit/write_record
STATE=/run/oci-hostnet/trail
# every field beside the sentence
# shellcheck disable=SC2054 # commas within a word
FIELDS=(reason=ports_published container=0123456789abcdef engine=cri-o pod=web-0 namespace=shop 'rule=allow[2]'
	lock=strict+userns program=oci-hostnet-runtime command=create edits=netns,seccomp bundle=/run/bundle 'args=["sh","-c","a b"]'
	service_account=builder 'settings={"request":"allow"}' sure=yes bears=strict)

setup_file() {
	require_program oci-hostnet oci-hostnet-hook oci-hostnet-runtime
	gcc -static -o "$HOSTNET_TEST_DIR/devlog" "$top_srcdir/tests/tools/devlog.c"
	own_dev
	rm -f /dev/log
}

setup() {
	[ -x "$WRITE" ] || { echo "$WRITE has not been built"; return 1; }
	work=$(mktemp -d "$HOSTNET_TEST_DIR/tmp/trail.XXXXXX")
	chmod 755 "$work"
	forget_trail
	# what the hook refuses, and what it leaves alone
	jq '.annotations["io.oci-hostnet.netwrok"] = "host"' "$CAPTURES/podman/annotation.config.json" >"$work/refused"
	jq . "$CAPTURES/podman/bridge.config.json" >"$work/alone"
}

teardown() {
	stop_journald
	if [ -n "${SYSLOGD-}" ]; then kill "$SYSLOGD"; wait "$SYSLOGD" || true; fi
	rm -f /dev/log
	rm -rf "$work"
}

refuse() { "$HOOK" precreate <"$work/refused" >/dev/null 2>&1; }

# heard_by OPTIONS -- COMMAND... - what a listener hears, as `syslog: RECORD`
heard_by() {
	local options=()
	while [ "$1" != -- ]; do options+=("$1"); shift; done
	shift
	mkdir -p /run/systemd/journal
	rm -f /dev/log /run/systemd/journal/socket
	timeout 30 "$HOSTNET_TEST_DIR/devlog" "${options[@]}" "$@"
}

# written COUNT COMMAND... - so many records come out of it
written() {
	local count=$1 status=0 found
	shift
	found=$(heard_by -- "$@") || status=$?
	rm -f /dev/log
	[ "$status" -eq 0 ] && [ "$(grep -c '^syslog: ' <<<"$found")" -eq "$count" ] || { echo "status $status, not $count:"; echo "$found"; return 1; }
}

# --- journald ------------------------------------------------------------------------

@test "journald: each kind, with every field" {
	local kind
	start_journald
	for kind in changed refused reported observed; do
		"$WRITE" "$kind" "message=the sentence of $kind" "${FIELDS[@]}"
	done
	run -0 jq -sr '.[] | [.OCI_HOSTNET_KIND, .MESSAGE_ID, .PRIORITY, .MESSAGE] | join(" ")' <<<"$(journal)"
	[ "$output" = "changed dab91599912f41de801be602513730f4 6 the sentence of changed
refused 9fccac59523e4472b174b775235eee91 4 the sentence of refused
reported e3715af10e5c4da8ba9f96d554403ba8 4 the sentence of reported
observed 8dce3cdc7b3c4ce09754dde4192a8d31 5 the sentence of observed" ]
	run -0 jq -sc '[.[] | with_entries(select(.key | test("^OCI_HOSTNET|^SYSLOG_")) | select(.key != "OCI_HOSTNET_KIND"))] | unique | .[]' <<<"$(journal)"
	[ "$(jq -S . <<<"$output")" = "$(jq -nS '{SYSLOG_FACILITY: "3", SYSLOG_IDENTIFIER: "oci-hostnet",
		OCI_HOSTNET_REASON: "ports_published", OCI_HOSTNET_CONTAINER: "0123456789abcdef", OCI_HOSTNET_ENGINE: "cri-o",
		OCI_HOSTNET_POD: "web-0", OCI_HOSTNET_NAMESPACE: "shop", OCI_HOSTNET_RULE: "allow[2]", OCI_HOSTNET_LOCK: "strict+userns",
		OCI_HOSTNET_PROGRAM: "oci-hostnet-runtime", OCI_HOSTNET_COMMAND: "create", OCI_HOSTNET_EDITS: "netns,seccomp",
		OCI_HOSTNET_BUNDLE: "/run/bundle", OCI_HOSTNET_ARGS: "[\"sh\",\"-c\",\"a b\"]",
		OCI_HOSTNET_SURE: "yes", OCI_HOSTNET_BEARS: "strict", OCI_HOSTNET_SERVICE_ACCOUNT: "builder", OCI_HOSTNET_SETTINGS: "{\"request\":\"allow\"}"}')" ]
}

@test "journald: what is refused and what is left as it is, by the programs; nothing of what is left alone" {
	start_journald
	run -1 "$HOOK" precreate <"$work/refused"
	"$HOOK" precreate <"$CAPTURES/podman/netadmin-host.config.json" >/dev/null
	"$HOOK" precreate <"$work/alone" >/dev/null
	run -0 jq -r '[.OCI_HOSTNET_KIND, .OCI_HOSTNET_PROGRAM, .OCI_HOSTNET_REASON, .MESSAGE] | join(" ")' <<<"$(journal)"
	[ "${#lines[@]}" -eq 2 ]
	[[ ${lines[0]} == 'refused oci-hostnet-hook request_unknown the annotation `io.oci-hostnet.netwrok` is not known'* ]]
	[[ ${lines[1]} == "reported oci-hostnet-hook "*" a container has the host's network and was left as it is: "* ]]
}

@test "journald: a field for nothing is none; control characters, other bytes and huge values" {
	local huge
	huge=$(printf '%0100000d' 0)
	start_journald
	"$WRITE" refused message= container= pod=x
	"$WRITE" refused $'message=one\nMESSAGE_ID=0\n\e[31mred\x7f \xe2\x80\xae \xff end' $'pod=a\nOCI_HOSTNET_RULE=forged' \
		$'args=["a",\n\t"\xe2\x80\xae\xc2\x85"]'
	"$WRITE" refused "message=$huge" "args=[\"$huge\"]" "edits=$huge" "bundle=$huge" "pod=$huge" "namespace=$huge" "container=$huge" \
		"rule=$huge" "reason=$huge" "engine=$huge" "lock=$huge" "program=$huge" "command=$huge"
	run -0 jq -c 'with_entries(select(.key | test("^OCI_HOSTNET|^MESSAGE$")))' <<<"$(journal)"
	[ "${#lines[@]}" -eq 3 ]
	[ "$(jq -Sc . <<<"${lines[0]}")" = '{"OCI_HOSTNET_KIND":"refused","OCI_HOSTNET_POD":"x"}' ]
	jq -e '.MESSAGE == "one\\x0aMESSAGE_ID=0\\x0a\\x1b[31mred\\x7f \\xe2\\x80\\xae \\xff end"
		and .OCI_HOSTNET_POD == "a\\x0aOCI_HOSTNET_RULE=forged" and .OCI_HOSTNET_RULE == null
		and (.OCI_HOSTNET_ARGS | fromjson) == ["a", "\u202e\u0085"]' <<<"${lines[1]}"
	jq -e 'length == 14 and all(.[]; length <= 1536) and (.MESSAGE | endswith("000...") and length == 1536)' <<<"${lines[2]}"
}

# --- syslog --------------------------------------------------------------------------

# real_syslogd - busybox's, which keeps $work/syslog
real_syslogd() {
	busybox syslogd -n -O "$work/syslog" </dev/null >/dev/null 2>&1 3>&- &
	SYSLOGD=$!
	wait_for 50 test -S /dev/log
}

# in_syslog COUNT - that many lines, in $output
in_syslog() {
	logger -t trail-test end
	wait_for 50 grep -q "trail-test: end" "$work/syslog"
	run -0 grep -F 'oci-hostnet[' "$work/syslog"
	[ "${#lines[@]}" -eq "$1" ]
}

# record_of LINE - the JSON object that ends it
record_of() { jq -cS . <<<"{${1#* \{}"; }

@test "syslog, when journald does not listen: the sentence, and the fields as JSON" {
	real_syslogd
	"$WRITE" refused "message=cannot do that" reason=ports_published container=c1 engine=podman 'args=["a b","\""]'
	in_syslog 1
	[[ $output == *" daemon.warn oci-hostnet["*"]: cannot do that {"* ]]
	[ "$(record_of "$output")" = '{"args":"[\"a b\",\"\\\"\"]","container":"c1","engine":"podman","kind":"refused","reason":"ports_published"}' ]
	# one who does not listen any more, and whose socket is still there
	start_journald
	kill -KILL "$JOURNALD_PID"
	wait "$JOURNALD_PID" || true
	JOURNALD_PID=
	[ -S /run/systemd/journal/socket ]
	"$WRITE" changed "message=done" container=c2
	in_syslog 2
	[[ ${lines[1]} == *" daemon.info oci-hostnet["*'done {"kind":"changed","container":"c2"}' ]]
}

@test "syslog: every field, hostile and huge values; by datagram and by stream" {
	local huge how
	huge=$(printf '%0100000d' 0 | tr 0 '"')
	for how in "" --stream; do
		# shellcheck disable=SC2086
		run -0 heard_by $how -- "$WRITE" observed "message=a sentence" "${FIELDS[@]}"
		[[ $output =~ ^'syslog: <29>oci-hostnet['[0-9]+']: a sentence {' ]]
		[ "$(record_of "$(tr -d '\0' <<<"$output")")" = "$(jq -cnS '$ARGS.positional | map(capture("^(?<key>[a-z_]*)=(?<value>.*)$")) | from_entries + {kind: "observed"}' --args "${FIELDS[@]}")" ]
		# shellcheck disable=SC2086
		run -0 heard_by $how -- "$WRITE" refused "message=$huge" "args=[\"$huge\"]" "edits=$huge" "bundle=$huge" "pod=$huge" "namespace=$huge" \
			"container=$huge" "rule=$huge" "reason=$huge" "engine=$huge" "lock=$huge" "program=$huge" "command=$huge"
		[ "${#lines[@]}" -eq 1 ] && [ "${#output}" -gt 4096 ] && [ "${#output}" -le 8200 ]
		jq -e 'length == 13 and (.pod | endswith("\"..."))' <<<"$(record_of "$(tr -d '\0' <<<"$output")")"
	done
}

@test "one that does not fit the socket's buffer is shortened" {
	local huge
	require_command strace
	huge=$(printf '%0100000d' 0)
	run -0 heard_by --journal -- "$(command -v strace)" -o "$work/trace" --inject=sendto:error=EMSGSIZE:when=1 "$WRITE" refused "message=$huge" "args=$huge"
	grep -q 'MSG_NOSIGNAL, NULL, 0) = -1 EMSGSIZE .*(INJECTED)' "$work/trace"
	[ "$(grep -o '^MESSAGE=.*' <<<"$output")" = "MESSAGE=$(printf '%0381d' 0)..." ]
	run -0 heard_by --journal -- "$(command -v strace)" -o "$work/trace" --inject=sendto:error=EMSGSIZE "$WRITE" refused "message=$huge"
	[ "$(grep -c '(INJECTED)' "$work/trace")" -eq 3 ]
	[[ $output != *syslog:* ]]
}

# --- nobody, and somebody who does not read ------------------------------------------

@test "nobody listens: no word of it, the same status, and nothing is kept" {
	rm -rf /run/systemd/journal
	run -1 "$HOOK" precreate <"$work/refused"
	[ "${#lines[@]}" -eq 1 ]
	"$HOOK" precreate <"$CAPTURES/podman/netadmin-host.config.json" | cmp - "$CAPTURES/podman/netadmin-host.config.json"
	"$WRITE" refused message=x
	[ ! -e /run/oci-hostnet ]
}

@test "somebody listens who does not read: a tenth of a second" {
	local start took
	for options in "--deaf" "--journal --deaf"; do
		start=$(date +%s%N)
		# shellcheck disable=SC2086
		run -0 heard_by $options -- "$WRITE" refused message=x
		took=$((($(date +%s%N) - start) / 1000000))
		echo "$options: $took ms"
		[ "$took" -ge 90 ] && [ "$took" -lt 1000 ]
		[ "$output" = "" ]
		# a real refusal, the same
		# shellcheck disable=SC2086
		run -1 heard_by $options -- /bin/sh -c "exec '$HOOK' precreate <'$work/refused'"
		[ "${#lines[@]}" -eq 1 ]
	done
}

# --- not too many --------------------------------------------------------------------

# flood COUNT WORD... - so many records, with another NUMBER each
flood() {
	local n words=("${@:2}")
	for ((n = 0; n < $1; n++)); do "$WRITE" refused "${words[@]//NUMBER/$n}"; done
}

@test "200 refusals of one kind are 5 records; another one passes, and tells how many there were" {
	start_journald
	for _ in {1..200}; do ! refuse || return 1; done
	[ "$(journal | wc -l)" -eq 5 ]
	"$HOOK" precreate <"$CAPTURES/podman/netadmin-host.config.json" >/dev/null
	run -0 jq -r '[.OCI_HOSTNET_KIND, .OCI_HOSTNET_SUPPRESSED // "-"] | join(" ")' <<<"$(journal)"
	[ "$output" = "refused -
refused -
refused -
refused -
refused -
reported 195" ]
	[ "$(stat -c '%a %u' /run/oci-hostnet)" = "700 0" ]
	[ "$(stat -c '%a %u %s' "$STATE")" = "600 0 4096" ]
	# it was told
	"$WRITE" changed message=x
	[ "$(journal | tail -n 1 | jq .OCI_HOSTNET_SUPPRESSED)" = null ]
	run -0 "$HOSTNET" log
	[[ $output == *"  195 more were suppressed before this"$'\n'*" reported "* ]]
}

@test "a crash loop: the same container under another id and in another bundle; then ten minutes later" {
	local n
	for n in {1..20}; do
		heard_by -- "$WRITE" refused "message=the container c-$n-id is refused" "container=c-$n-id" "bundle=/run/c-$n-id/userdata" \
			engine=podman 'args=["sh"]'
	done >"$work/heard"
	[ "$(grep -c syslog: "$work/heard")" -eq 5 ]
	# of another pod, with other words, by another rule
	for n in pod=b 'args=["sh","-c"]' rule=c; do written 1 "$WRITE" refused reason=x engine=podman 'args=["sh"]' "$n"; done
	for n in 590:0 610:1; do
		written "${n#*:}" /usr/bin/unshare --time --boottime "${n%:*}" -f "$WRITE" refused "message=the container x is refused" \
			container=x bundle=/run/x/userdata engine=podman 'args=["sh"]'
	done
}

@test "a flood in one namespace is 600 records an hour, floods keep nobody's first away, all are 2400" {
	start_journald
	flood 650 engine=cri-o sure=yes namespace=noisy pod=NUMBER
	[ "$(journal | wc -l)" -eq 600 ]
	"$WRITE" refused engine=cri-o sure=yes namespace=quiet pod=a
	[ "$(journal | tail -n 1 | jq -r '.OCI_HOSTNET_NAMESPACE, .OCI_HOSTNET_SUPPRESSED' | xargs)" = "quiet 50" ]
	flood 650 engine=cri-o sure=yes namespace=second pod=NUMBER
	flood 650 engine=cri-o sure=yes namespace=third pod=NUMBER
	[ "$(journal | wc -l)" -eq 1800 ]
	# one that is new has twenty, whatever the others do
	flood 30 engine=cri-o sure=yes namespace=new pod=NUMBER
	[ "$(journal | grep -c '"OCI_HOSTNET_NAMESPACE":"new"')" -eq 20 ]
	[ "$(journal | wc -l)" -eq 1820 ]
	# a namespace that anybody may have written is none of its own
	flood 30 engine=podman sure=no namespace=NUMBER
	[ "$(journal | wc -l)" -eq 1840 ]
	flood 650 engine=cri-o sure=yes namespace=NUMBER
	[ "$(journal | wc -l)" -eq 2400 ]
	/usr/bin/unshare --time --boottime 3610 -f "$WRITE" refused engine=cri-o sure=yes namespace=noisy
	[ "$(journal | wc -l)" -eq 2401 ]
}

@test "a clock that was ahead" {
	local n
	for n in 1 2 3 4 5; do written 1 /usr/bin/unshare --time --boottime 100000 -f "$WRITE" refused reason=limited; done
	limited
}

# --- the file that it is counted in ----------------------------------------------------

# limited - the limit is in force, and the file is as it should be
limited() {
	local n found=
	for n in {1..8}; do found+=$(heard_by -- "$WRITE" refused reason=limited); done
	[ "$(grep -o syslog: <<<"$found" | wc -l)" -eq 5 ] || { echo "$found"; return 1; }
	[ "$(stat -c '%F %a %u %h %s' "$STATE")" = "regular file 600 0 1 4096" ] || { stat "$STATE"; return 1; }
	[ "$(stat -c '%F %u' /run/oci-hostnet)" = "directory 0" ] && [ -z "$(find /run/oci-hostnet -maxdepth 0 -perm /022)" ] &&
		[ "$(ls -A /run/oci-hostnet)" = trail ] || { ls -lad /run/oci-hostnet/ /run/oci-hostnet/.* /run/oci-hostnet/*; return 1; }
}

@test "a broken file is made anew, and the limit holds" {
	local how
	mkdir -m 700 /run/oci-hostnet
	for how in ': >"$STATE"' 'echo garbage >"$STATE"' 'head -c 4096 /dev/urandom >"$STATE"' 'head -c 100000 /dev/zero >"$STATE"' \
		'truncate -s 5G "$STATE"'; do
		rm -f "$STATE"
		(umask 077; eval "$how")
		limited || { echo "$how"; return 1; }
	done
	# of another version, with its counters full
	printf 0 | dd of="$STATE" bs=1 seek=7 conv=notrunc status=none
	limited
	# its own, with every counter full and of another time
	(umask 077; { printf hostnet1; head -c 4088 /dev/zero | tr '\0' '\377'; } >"$STATE")
	limited
}

@test "another's file, a link, and what is no file are replaced, and what they lead to stays" {
	local how
	# a hard link is of the same file system
	echo precious >"/run/precious"
	chmod 600 "/run/precious"
	mkdir -m 700 /run/oci-hostnet
	for how in 'ln -s "/run/precious" "$STATE"' 'ln "/run/precious" "$STATE"' 'cp "/run/precious" "$STATE"; chown 1000 "$STATE"' \
		'cp "/run/precious" "$STATE"; chmod 666 "$STATE"' 'ln -s "$work/nothing" "$STATE"' 'mkfifo -m 600 "$STATE"' \
		'mknod -m 600 "$STATE" c 1 3'; do
		rm -f "$STATE"
		eval "$how"
		limited || { echo "$how"; return 1; }
		[ "$(cat "/run/precious")" = precious ]
		[ ! -e "$work/nothing" ]
	done
	rm /run/precious
}

@test "another's directory, a link, and what is no directory" {
	local how
	mkdir "$work/theirs"
	chown 1000 "$work/theirs"
	for how in 'ln -s "$work/theirs" /run/oci-hostnet' ': >/run/oci-hostnet' 'mkdir -m 700 /run/oci-hostnet; chown 1000 /run/oci-hostnet' \
		'mkdir /run/oci-hostnet; chmod 777 /run/oci-hostnet' 'ln -s "$work/nothing" /run/oci-hostnet'; do
		rm -rf /run/oci-hostnet
		eval "$how"
		limited || { echo "$how"; return 1; }
		[ "$(stat -c %u "$work/theirs")" = 1000 ]
		[ ! -e "$work/nothing" ] && [ -z "$(ls -A "$work/theirs")" ]
	done
}

@test "where nothing can be counted everything is written: a directory in its place, a lock that stays, /run read-only" {
	local start
	mkdir -p "$STATE"
	for _ in {1..8}; do written 1 "$WRITE" refused reason=x; done
	rmdir "$STATE"
	limited
	# ten attempts, not for ever
	exec 9<"$STATE"
	flock 9
	start=$(date +%s%N)
	written 1 "$WRITE" refused reason=limited
	[ $(($(date +%s%N) - start)) -lt 1000000000 ]
	exec 9<&-
	written 0 "$WRITE" refused reason=limited
	rm -rf /run/oci-hostnet
	run -0 heard_by -- /usr/bin/unshare -m /bin/sh -c 'mount -o remount,ro,bind /run && for n in 1 2 3 4 5 6 7 8; do "$1" refused reason=x || exit; done' sh "$WRITE"
	[ "$(grep -c syslog: <<<"$output")" -eq 8 ]
}

@test "a user's records are all written, from a user namespace too; root's file is not touched" {
	limited
	cp "$STATE" "$work/before"
	umask 0
	run -0 heard_by -- /usr/bin/setpriv --reuid 1000 --regid 1000 --clear-groups /bin/sh -c \
		'for n in 1 2 3 4; do "$1" refused reason=limited && unshare -Ur "$1" refused reason=limited || exit; done' sh "$WRITE"
	[ "$(grep -c syslog: <<<"$output")" -eq 8 ]
	cmp "$STATE" "$work/before"
}

# --- oci-hostnet log -------------------------------------------------------------------

@test "log: a table, one object, since when" {
	start_journald
	run -0 "$HOSTNET" log
	[ "$output" = "" ]
	run -0 "$HOSTNET" log --json
	[ "$(jq -c . <<<"$output")" = '{"schema":1,"records":[],"unreadable":0}' ]
	"$WRITE" changed "message=the sentence" "${FIELDS[@]}"
	"$WRITE" refused "message=it is refused" "rule=a rule of a very long name" $'engine=a\nb'
	journal >/dev/null
	run -0 "$HOSTNET" log
	[ "${#lines[@]}" -eq 3 ]
	[[ ${lines[0]} =~ ^"TIME                 KIND      CONTAINER     ENGINE      POD                       RULE          LOCK            REASON                SENTENCE"$ ]]
	[[ ${lines[1]} =~ ^[-0-9]{10}" "[0-9:]{8}"  changed   0123456789ab  cri-o       shop/web-0                allow[2]      strict+userns   ports_published       the sentence"$ ]]
	[[ ${lines[2]} =~ ^[-0-9]{10}" "[0-9:]{8}"  refused   -             a\x0ab      -                         a rule of a ~ -               -                     it is refused"$ ]]
	run -0 "$HOSTNET" log --json
	jq -e '.schema == 1 and .unreadable == 0 and (.records | length == 2)' <<<"$output"
	[ "$(jq -Sc '.records[0] | del(.time)' <<<"$output")" = "$(jq -cnS '$ARGS.positional | map(capture("^(?<key>[a-z_]*)=(?<value>.*)$")) | from_entries
		+ {kind: "changed", uid: 0, message: "the sentence"}' --args "${FIELDS[@]}")" ]
	jq -re '.records[0].time' <<<"$output" | grep -E '^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}\.[0-9]{6}Z$'
	# a time that is no option
	run -0 "$HOSTNET" log --since "1 hour ago" --json
	[ "$(jq '.records | length' <<<"$output")" -eq 2 ]
	run -0 "$HOSTNET" log --json --since tomorrow
	[ "$(jq '.records | length' <<<"$output")" -eq 0 ]
	run -3 "$HOSTNET" log --since "--file=/etc/passwd"
	expect_output "/usr/bin/journalctl ended with status 1" "--since"
	run -2 "$HOSTNET" log --since
	run -2 "$HOSTNET" log more
	run -2 "$HOSTNET" diff "$work" --since today
}

@test "log: what another user writes with our names is not shown" {
	start_journald
	"$WRITE" refused message=real
	/usr/bin/setpriv --reuid 1000 --regid 1000 --clear-groups "$WRITE" changed message=forged
	/usr/bin/setpriv --reuid 1000 --regid 1000 --clear-groups logger --journald <<-END
		MESSAGE_ID=dab91599912f41de801be602513730f4
		_UID=0
		OCI_HOSTNET_KIND=changed
		MESSAGE=forged
	END
	journal >/dev/null
	# the control: it is there
	[ "$(journalctl -q -o cat SYSLOG_IDENTIFIER=oci-hostnet | grep -c forged)" -ge 1 ]
	run -0 "$HOSTNET" log
	[ "${#lines[@]}" -eq 2 ]
	[[ $output == *real* && $output != *forged* ]]
	run -0 "$HOSTNET" log --json
	[[ $output == *real* && $output != *forged* ]]
}

@test "log: what root's own processes write with our names is shown, escaped" {
	start_journald
	# what turns text; of control characters journalctl makes lists of bytes, which are not shown
	printf 'MESSAGE_ID=%s\nOCI_HOSTNET_RULE=a\xe2\x80\xaeb\nOCI_HOSTNET_LOCK=a\e[2Jb\nMESSAGE=\xe2\x81\xa6red\n' \
		dab91599912f41de801be602513730f4 | logger --journald
	journal >/dev/null
	run -0 "$HOSTNET" log
	[[ ${lines[1]} == *' a\xe2\x80\xa~ -  '*' \xe2\x81\xa6red' ]]
}

# journalctl_is DIR COMMAND... - with DIR above /usr/bin
journalctl_is() {
	mkdir -p "$work/overlay"
	unshare -m bash -c 'mount -t tmpfs tmpfs "$1/overlay" && mkdir "$1/overlay/work" && cp -a "$2" "$1/overlay/upper" &&
		mount -t overlay overlay -o "lowerdir=/usr/bin,upperdir=$1/overlay/upper,workdir=$1/overlay/work" /usr/bin && shift 2 && exec "$@"' \
		bash "$work" "$@"
}

@test "log: no journalctl, one that others can write, one that fails" {
	mkdir "$work/upper"
	chmod 755 "$work/upper"
	mknod "$work/upper/journalctl" c 0 0
	run -3 journalctl_is "$work/upper" "$HOSTNET" log
	[ "$output" = 'oci-hostnet: cannot show the trail, /usr/bin/journalctl is not there: install systemd, or look for lines with `oci-hostnet[` where the host'"'"'s syslog keeps them (/var/log/syslog, /var/log/messages)' ]
	run -3 --separate-stderr journalctl_is "$work/upper" "$HOSTNET" log --json
	[ "$(jq -r .reason_id <<<"$output")" = log_missing ]
	rm "$work/upper/journalctl"
	printf '#!/bin/sh\necho run >>%s\n' "$work/run" >"$work/upper/journalctl"
	chmod 777 "$work/upper/journalctl"
	run -3 journalctl_is "$work/upper" "$HOSTNET" log
	expect_output "the program /usr/bin/journalctl cannot be used, others than root can write it: "
	chmod 755 "$work/upper/journalctl"
	chown 1000 "$work/upper/journalctl"
	run -3 journalctl_is "$work/upper" "$HOSTNET" log
	expect_output "the program /usr/bin/journalctl cannot be used, others than root can write it: "
	[ ! -e "$work/run" ]
	chown 0 "$work/upper/journalctl"
	# nothing of the caller's environment
	printf '#!/bin/sh\nenv >%s\necho "{}"; echo "{\\"OCI_HOSTNET_KIND\\":"\nexit 7\n' "$work/run" >"$work/upper/journalctl"
	run -3 journalctl_is "$work/upper" env SYSTEMD_COLORS=1 LD_LIBRARY_PATH=/nowhere "$HOSTNET" log
	expect_output "/usr/bin/journalctl ended with status 7: "
	grep -q LC_ALL=C "$work/run"
	run ! grep -E 'SYSTEMD|LD_' "$work/run"
	sed -i 's/exit 7/exit 0/' "$work/upper/journalctl"
	run -3 journalctl_is "$work/upper" "$HOSTNET" log
	expect_output "there are 1 records in the trail that cannot be read"
	chmod 644 "$work/upper/journalctl"
	run -3 journalctl_is "$work/upper" "$HOSTNET" log
	expect_output "cannot execute /usr/bin/journalctl: access is refused by its mode or a security module"
}

@test "the page has every field and every kind" {
	local word
	for word in $("$WRITE" refused "${FIELDS[@]}" message=x --print | sed -n 's/^\([A-Z_]*\)=.*/\1/p') OCI_HOSTNET_SUPPRESSED; do
		grep -q "\b$word\b" "$top_srcdir/man/oci-hostnet-records.7" || { echo "$word is missing"; return 1; }
	done
	for word in changed refused reported observed; do
		grep -q "^\.B $word$" "$top_srcdir/man/oci-hostnet-records.7"
		grep -q "$("$WRITE" "$word" --print | sed -n 's/^MESSAGE_ID=//p')" "$top_srcdir/man/oci-hostnet-records.7"
	done
}
