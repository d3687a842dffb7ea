#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Real workloads under the lock userns: each runs once with crun or runc alone on the host's
# network and once through us, and must say the same to the same client outside, and leave the
# same files of the same owners in its volume.
bats_require_minimum_version 1.5.0
load helpers
load podman
load workloads

# the lock that is tried
LOCKED='.annotations["io.oci-hostnet.lock"] = "userns"'
LOCKED_PODMAN=(--annotation io.oci-hostnet.network=host --annotation io.oci-hostnet.lock=userns)
STANDARD='.annotations["io.oci-hostnet.lock"] = "standard"'

NEEDED=(crun runc apache2 redis-check-rdb redis-cli dnsmasq dig curl ping script setpriv setcap getcap)

setup_file() {
	local program
	require_program oci-hostnet-crun oci-hostnet-runc
	for program in "${NEEDED[@]}"; do command -v "$program" >/dev/null || return 0; done
	make_workloads_rootfs
	if command -v podman >/dev/null; then setup_podman; fi
}

setup() {
	PING_RANGE=$(cat /proc/sys/net/ipv4/ping_group_range)
	FIRST_PORT=$(cat /proc/sys/net/ipv4/ip_unprivileged_port_start)
	require_command "${NEEDED[@]}"
	no_policy
}

teardown() {
	terminal_close
	drop
	echo "$PING_RANGE" >/proc/sys/net/ipv4/ping_group_range
	echo "$FIRST_PORT" >/proc/sys/net/ipv4/ip_unprivileged_port_start
}

outside() { timeout 10 ip netns exec lan "$@"; }

# compare WORKLOAD crun|runc - without us and under the lock: the same answers, the same volume
compare() {
	local plain=$BATS_TEST_TMPDIR/plain locked=$BATS_TEST_TMPDIR/locked
	mkdir "$plain" "$locked"
	"$1" "plain-$2" "$UNASKED" "$plain"
	"$1" "$2" "$LOCKED" "$locked"
	[ -s "$plain/said" ]
	diff -u "$plain/said" "$locked/said"
	listing "$plain/data" >"$plain/files"
	listing "$locked/data" >"$locked/files"
	diff -u "$plain/files" "$locked/files"
}

in_podman() {
	require_command podman conmon
	compare "$1" "podman-$2"
}

# --- a web server --------------------------------------------------------------------

WEB=http://10.98.0.1:8080

web_volume() {
	mkdir -p "$1"/{htdocs/upload,log,run/dav}
	echo "the page of the volume" >"$1/htdocs/index.html"
	echo "for root alone" >"$1/htdocs/private.html"
	chown 1000:1000 "$1/htdocs/index.html"
	chmod 600 "$1/htdocs/private.html"
	chown 33:33 "$1/run/dav"
	# what is uploaded gets the group of the directory
	chown 33:50 "$1/htdocs/upload"
	chmod 2775 "$1/htdocs/upload"
}

web_answers() { [ "$(outside curl -s "$WEB/")" = "the page of the volume" ]; }

# fetch URL [CURL-OPTION...] - status and body
fetch() { outside curl -sg -w '%{http_code} %{url}\n' "${@:2}" "$1"; }

web() {
	local data=$3/data text
	web_volume "$data"
	launch "$1" "$2" "$data" sh -c 'echo ready; exec apache2 -D FOREGROUND -f /etc/apache2.conf'
	wait_for 100 web_answers || { said; cat "$data"/log/*; return 1; }
	expect_processes "$1" apache2 0:0 33:33
	head -c 200000 /dev/zero >"$3/upload"
	{
		fetch "$WEB/"
		fetch 'http://[fd98::1]:8080/index.html'
		fetch "$WEB/private.html"
		fetch "$WEB/missing"
		fetch "$WEB/upload/big" -T "$3/upload"
		fetch "$WEB/upload/folder/" -X MKCOL
		fetch "$WEB/index.html" -T "$3/upload"
		fetch "$WEB/upload/big" | sha256sum
	} >"$3/said"
	signal TERM
	ends 0
	for text in "^200 $WEB/$" '^200 http://\[fd98::1\]' "^403 $WEB/private" "^404 " "^201 $WEB/upload/big" \
			"^201 $WEB/upload/folder" "^405 $WEB/index"; do
		grep -q "$text" "$3/said" || { echo "not said: $text"; cat "$3/said" "$data/log/error.log"; return 1; }
	done
	cmp "$3/upload" "$data/htdocs/upload/big"
	expect_file "$data" htdocs/upload/big "f 33:50 644"
	expect_file "$data" htdocs/upload/folder "d 33:50 2755"
	expect_file "$data" log/access.log "f 0:0 644"
	# the client itself, behind no translation
	grep -q '^10.98.0.2 "PUT /upload/big HTTP/1.1" 201$' "$data/log/access.log"
	grep -q '^fd98::a2 "GET /index.html HTTP/1.1" 200$' "$data/log/access.log"
	cat "$data/log/access.log" >>"$3/said"
}
@test "web server on a high port, its pages, uploads and logs in a volume (crun)" { compare web crun; }
@test "web server on a high port, its pages, uploads and logs in a volume (runc)" { compare web runc; }
@test "podman: web server (crun)" { in_podman web crun; }
@test "podman: web server (runc)" { in_podman web runc; }

# --- a database ----------------------------------------------------------------------

ask() { outside redis-cli -h 10.98.0.1 "$@"; }
database_answers() { [ "$(ask PING 2>&1)" = PONG ]; }
dumped() { ask INFO persistence | tr -d '\r' | grep -qx 'rdb_bgsave_in_progress:0' && [ -e "$1/dump.rdb" ]; }

# serve RUNTIME CHANGE DIR - the database on the volume
serve() {
	launch "$1" "$2" "$3" database
	wait_for 100 database_answers || { said; return 1; }
	expect_processes "$1" redis-server 106:112
}

database() {
	local data=$3/data
	mkdir -p "$data/old"
	# a volume of root with the files of another, which the entrypoint gives to the database
	touch "$data/old/backup"
	chown 1000:1000 "$data/old/backup"
	serve "$1" "$2" "$data"
	{
		ask SET greeting hello
		ask EVAL "for i = 1, 1000 do redis.call('SET', 'key' .. i, i) end return redis.call('DBSIZE')" 0
		ask BGSAVE
		wait_for 100 dumped "$data"
		# after the dump: only the log of appends has it
		ask INCR counter
		ask CLIENT INFO | grep -o ' addr=[^:]*'
		# from the host, through the volume
		redis-cli -s "$data/redis.sock" GET greeting
		expect_file "$data" redis.sock "s 106:112 770"
	} >"$3/said"
	# as a crash: nothing is written on the way out
	drop
	serve "$1" "$2" "$data"
	{
		ask GET greeting
		ask DBSIZE
		ask INCR counter
		ask SHUTDOWN SAVE
	} >>"$3/said"
	ends 0
	diff -u - "$3/said" <<-END
	OK
	1001
	Background saving started
	1
	 addr=10.98.0.2
	hello
	hello
	1002
	2
	END
	expect_file "$data" . "d 106:0 755"
	expect_file "$data" old/backup "f 106:1000 644"
	expect_file "$data" dump.rdb "f 106:112 600"
	expect_file "$data" appendonlydir "d 106:112 700"
	expect_file "$data" appendonlydir/appendonly.aof.manifest "f 106:112 600"
}
@test "database that becomes its own user, its dump and log read back by the next start (crun)" { compare database crun; }
@test "database that becomes its own user, its dump and log read back by the next start (runc)" { compare database runc; }
@test "podman: database (crun)" { in_podman database crun; }
@test "podman: database (runc)" { in_podman database runc; }

# --- a DNS server --------------------------------------------------------------------

query() { outside dig +short +tries=1 +time=1 @10.98.0.1 -p "$@"; }
names_answer() { [ "$(query "$1" web.test)" = "$2" ]; }

# name_server RUNTIME CHANGE DIR PORT
name_server() {
	launch "$1" "$2" "$3" sh -c 'echo ready; exec dnsmasq -k -u dnsmasq -g dip -R -h -H /data/hosts \
		-p '"$4"' -a 10.98.0.1 -z -q -8 /data/dns.log -x /data/pid \
		--txt-record=long.test,$(printf "%0200d" 1),$(printf "%0200d" 2),$(printf "%0200d" 3),$(printf "%0200d" 4),$(printf "%0200d" 5),$(printf "%0200d" 6),$(printf "%0200d" 7)'
}

names_volume() {
	mkdir -p "$1"
	echo "10.98.0.7 web.test" >"$1/hosts"
	# its group is the server's
	chgrp 30 "$1/hosts"
	chmod 640 "$1/hosts"
}

names() {
	local data=$3/data
	names_volume "$data"
	name_server "$1" "$2" "$data" 5353
	wait_for 30 names_answer 5353 10.98.0.7 || { said; cat "$data/dns.log"; return 1; }
	expect_processes "$1" dnsmasq 105:30
	{
		query 5353 web.test
		query 5353 web.test +tcp
		query 5353 -x 10.98.0.7
		# too long for a datagram: asked again by TCP
		query 5353 long.test TXT
	} >"$3/said"
	# read again on a signal
	echo "10.98.0.8 web.test" >"$data/hosts"
	signal HUP
	wait_for 30 names_answer 5353 10.98.0.8
	signal TERM
	ends 0
	[ "$(grep -c '^10.98.0.7$' "$3/said")" = 2 ]
	grep -q '^web.test.$' "$3/said"
	grep -q '00001" "0.*00007"$' "$3/said"
	expect_file "$data" dns.log "f 105:* 6?0"
	grep -q 'query\[A\] web.test from 10.98.0.2$' "$data/dns.log"
	[ "$(grep -c 'query\[TXT\] long.test from 10.98.0.2$' "$data/dns.log")" = 2 ]
}
@test "DNS server on a high port, UDP and TCP, its names and log in a volume (crun)" { compare names crun; }
@test "DNS server on a high port, UDP and TCP, its names and log in a volume (runc)" { compare names runc; }

# Ports below ip_unprivileged_port_start belong to the user namespace of the host's network.
low_port() {
	local data=$BATS_TEST_TMPDIR/data
	names_volume "$data"
	names_on_53 "plain-$1" "$UNASKED" "$data" host
	names_on_53 "$1" "$STANDARD" "$data" host
	name_server "$1" "$LOCKED" "$data" 53
	ends 2
	grep -hq 'failed to create listening socket for 10.98.0.1: Permission denied' "$STARTED_LOG" "$data/dns.log"
	echo 53 >/proc/sys/net/ipv4/ip_unprivileged_port_start
	names_on_53 "$1" "$LOCKED" "$data" own
}

# names_on_53 RUNTIME CHANGE DIR USER-NAMESPACE
names_on_53() {
	name_server "$1" "$2" "$3" 53
	wait_for 30 names_answer 53 10.98.0.7
	[ "$(processes dnsmasq)" = "105:30 host $4" ]
	drop
}
@test "DNS server on port 53: only where the host gives that port to everyone (crun)" { low_port crun; }
@test "DNS server on port 53: only where the host gives that port to everyone (runc)" { low_port runc; }

# --- owners --------------------------------------------------------------------------

# Everything that a volume can keep, by root and by users of the container; prints what they were
# answered.
leave_traces() {
	cat <<-'SH'
	# one pipe: runc copies its two in no order
	exec 2>&1
	readlink /proc/self/ns/user
	cd /data
	umask 022
	for id in 0 1 33 106 1000 65534 65536 100000 2147483647 4294967294; do
		echo $id >owned-$id && chown $id:$id owned-$id
	done
	mkdir -m 2775 group && chown 1000:50 group
	/bin/setpriv --reuid=1000 --regid=1000 --groups=50 /bin/bash -c '
		echo mine >group/mine; mkdir group/below; echo more >>owned-1000; echo no >>owned-33; cat secret; chown 33 group/mine
		chgrp 50 owned-1000; chmod 4750 owned-1000; ln -s ../secret group/link; ln owned-1000 group/hard'
	mkdir -m 1777 sticky && touch sticky/theirs && chown 33:33 sticky/theirs
	/bin/setpriv --reuid=1000 --regid=1000 --clear-groups /bin/rm -f sticky/theirs
	mkfifo -m 640 pipe && chown 33:1000 pipe
	cp /bin/id setuid && chown 33:33 setuid && chmod 6755 setuid
	/bin/setpriv --reuid=1000 --regid=1000 --clear-groups ./setuid
	# writing takes the bit
	cp setuid written && chown 1000:1000 written && chmod 4755 written
	/bin/setpriv --reuid=1000 --regid=1000 --clear-groups /bin/bash -c 'echo >>written'
	cat secret theirs/kept; echo root >>theirs/kept
	mv theirs/moved . && rm theirs/removed
	cp /bin/cat capable && setcap cap_dac_override=ep capable && getcap capable
	/bin/setpriv --reuid=1000 --regid=1000 --clear-groups ./capable secret
	mknod device c 1 3; mknod disk b 8 0; ls device disk
	touch -d '2001-02-03 04:05:06' old && chown 7 old
	stat -c '%u:%g %a %n' owned-* group group/* sticky sticky/* pipe setuid written moved old theirs theirs/* secret
	SH
}

traces() {
	local data=$3/data file id
	mkdir -p "$data/theirs"
	echo secret >"$data/secret"
	chmod 600 "$data/secret"
	for file in kept moved removed; do echo "$file" >"$data/theirs/$file"; done
	chown -R 1000:1000 "$data/theirs"
	chmod 400 "$data/theirs/kept"
	container "$1" "$2 | $(volume "$data")" bash -c "$(leave_traces)" >"$3/output"
	if [[ $1 = plain-* ]]; then
		[ "$(head -n 1 "$3/output")" = "$(readlink /proc/self/ns/user)" ]
	else
		[ "$(head -n 1 "$3/output")" != "$(readlink /proc/self/ns/user)" ]
	fi
	tail -n +2 "$3/output" >"$3/said"
	(cd "$data" && getcap capable && stat -c '%Y' old) >>"$3/said"
	for id in 0 1 33 106 65534 65536 100000 2147483647 4294967294; do expect_file "$data" "owned-$id" "f $id:$id 644"; done
	expect_file "$data" group/mine "f 1000:50 644"
	grep -qx 'capable cap_dac_override=ep' "$3/said"
	expect_file "$data" setuid "f 33:33 6755"
	expect_file "$data" moved "f 1000:1000 644"
}
@test "owners, modes and links of what is left in a volume, by root and by users (crun)" { compare traces crun; }
@test "owners, modes and links of what is left in a volume, by root and by users (runc)" { compare traces runc; }

# --- a shell -------------------------------------------------------------------------

# Typed at a prompt that counts, so that nothing is typed too early.
SHELL_COMMAND=(shell --norc --noediting -i)
PROMPT=0
prompt() { PROMPT=$((PROMPT + 1)); shows "^$PROMPT> $"; }

# session RUNTIME [same-size] - from the first prompt of the shell to its end
session() {
	PROMPT=0
	prompt
	expect_processes "$1" shell 0:0
	# the size reaches the terminal of an engine a moment after the start
	types 'until [ "$(stty size)" = "33 111" ]; do sleep 0.1; done; tty; [ -t 0 ] && stat -c "%u:%g %a" "$(tty)" /dev/console\n'
	prompt
	# stopped, and gone on with
	types 'cat\n'
	shows '^2> cat$'
	types 'one\n'
	wait_for 50 twice_on_screen one
	types '\032'
	shows '^\[1\]\+  Stopped +cat$'
	prompt
	types 'jobs\n'
	prompt
	types 'fg\n'
	shows '^4> fg$'
	types 'two\n'
	wait_for 50 twice_on_screen two
	types '\004'
	prompt
	# in the background, and killed there
	types 'sleep 1000 &\n'
	prompt
	types 'jobs -r\n'
	prompt
	types 'kill %1; wait %1; echo "status $?"\n'
	shows '^status 143$'
	prompt
	# a background job that reads from the terminal stops by itself
	types 'cat & while [ -z "$(jobs -s)" ]; do sleep 0.1; done\n'
	prompt
	types 'fg\n'
	shows '^9> fg$'
	types 'three\n'
	wait_for 50 twice_on_screen three
	types '\004'
	prompt
	types 'sleep 1000\n'
	shows '^10> sleep 1000$'
	wait_for 100 foreground sleep
	types '\003'
	prompt
	types 'echo "status $?"\n'
	shows '^status 130$'
	prompt
	[ "${2-}" = same-size ] || new_size
	types 'exit 7\n'
	terminal_ends 7
}

new_size() {
	types 'trap "RESIZED=yes" WINCH\n'
	prompt
	stty -F "$(cat "$TERMINAL_TTY")" rows 44 cols 77
	# no command substitution: bash 5.2 stumbles over a trap in the middle of one
	types 'while [ -z "$RESIZED" ]; do sleep 0.1; done; stty size\n'
	shows '^44 77$'
	prompt
}

# screen - without what differs anyway: the command line outside, and process numbers
screen() { tr -d '\r' <"$SCREEN" | sed '/^Script /d; s/^\[1\] [0-9]*$/[1] PID/'; }

twice_on_screen() { [ "$(tr -d '\r' <"$SCREEN" | grep -cx "$1")" = 2 ]; }

# foreground NAME - a process of this name has the terminal
foreground() {
	local stat
	for stat in /proc/[0-9]*/stat; do
		# pid (name) state parent group session terminal foreground-group
		if awk -v name="($1)" '$2 == name && $5 == $8 { found = 1 } END { exit !found }' "$stat" 2>/dev/null; then return; fi
	done
	return 1
}

shell() {
	local dir
	dir=$(mktemp -d "$HOSTNET_TEST_DIR/tmp/bundle.XXXXXX")
	make_bundle "$dir" "$2 | .process.consoleSize = {height: 33, width: 111} | .process.terminal = true | .process.env += [\"PS1=\\\\#> \"]" "${SHELL_COMMAND[@]}"
	terminal "$(runtime_path "$1")" run -b "$dir" "$(unique_id)"
	# before 1.8.7 `crun run` hands on no change of size
	if [[ $1 = *crun ]]; then session "$1" same-size; else session "$1"; fi
	mkdir "$3/data"
	screen >"$3/said"
}
@test "a shell with job control on a terminal (crun)" { compare shell crun; }
@test "a shell with job control on a terminal (runc)" { compare shell runc; }

# podman_shell plain-podman-RUNTIME|podman-RUNTIME CHANGE DIR
podman_shell() {
	local options=(--network host)
	local runtime=${1#plain-podman-}
	if [[ $1 = podman-* ]]; then
		options=("${LOCKED_PODMAN[@]}")
		runtime=oci-hostnet-${1#podman-}
	fi
	terminal timeout --foreground -k 5 300 "${PODMAN[@]}" --hooks-dir "$HOSTNET_TEST_DIR/no-hooks.d" --runtime "$runtime" \
		run --cgroup-parent "/$HOSTNET_TAG-podman" --rm -it -e 'PS1=\#> ' "${options[@]}" localhost/bb "${SHELL_COMMAND[@]}"
	session "$1"
	mkdir "$3/data"
	screen >"$3/said"
}
@test "podman: a shell with job control, run -it (crun)" { in_podman podman_shell crun; }
@test "podman: a shell with job control, run -it (runc)" { in_podman podman_shell runc; }

# --- ping ----------------------------------------------------------------------------

# Without NET_RAW ping needs the host's sysctl, in a user namespace as without one.
PINGS='for to in 10.98.0.2 127.0.0.1 fd98::a2; do
	/bin/ping -n -c 1 -W 5 $to | grep -c "bytes from" || echo "no $to"
done 2>&1'
AS_USER="exec /bin/setpriv --reuid=1000 --regid=1000 --clear-groups /bin/bash -c '$PINGS'"

ping_range() { echo "$1" >/proc/sys/net/ipv4/ping_group_range; }

pinging() {
	local as change
	for as in "plain-$1" "$1 standard" "$1 userns"; do
		case $as in
		plain-*) change=$UNASKED ;;
		*standard) change=$STANDARD ;;
		*) change=$LOCKED ;;
		esac
		ping_range "1 0"
		run container "${as% *}" "$change" bash -c "$PINGS"
		expect_status 0
		expect_output "socket: Operation not permitted" "no 10.98.0.2" "no 127.0.0.1" "no fd98::a2"
		ping_range "0 1000"
		run container "${as% *}" "$change" bash -c "$PINGS; $AS_USER"
		expect_status 0
		[ "$output" = $'1\n1\n1\n1\n1\n1' ] || { echo "by $as: $output"; return 1; }
	done
	# as the package leaves it: with a file capability, which is no one's to get
	setcap cap_net_raw=ep "$HOSTNET_TEST_DIR/rootfs/bin/ping"
	run container "$1" "$LOCKED" bash -c "$PINGS"
	setcap -r "$HOSTNET_TEST_DIR/rootfs/bin/ping"
	expect_status 0
	expect_output "/bin/ping: Operation not permitted" "no 10.98.0.2" "no fd98::a2"
}
@test "ping where the host allows it, by root and by a user (crun)" { pinging crun; }
@test "ping where the host allows it, by root and by a user (runc)" { pinging runc; }
