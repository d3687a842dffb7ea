#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Bad input: a clear sentence, the original intact, the runtime not started.
bats_require_minimum_version 1.5.0
load helpers

# An engine that made a network namespace before: its entry has a path.
PRIVATE='(.linux.namespaces[] | select(.type == "network")).path = "/run/netns/lan"'

setup() {
	require_program oci-hostnet oci-hostnet-runtime oci-hostnet-crun oci-hostnet-runc
	work=$(mktemp -d "$HOSTNET_TEST_DIR/tmp/bad.XXXXXX")
	mkdir "$work/bin" "$work/bundle"
	# A runtime that tells that it was started.
	cat >"$work/started.c" <<-'C'
		#include <fcntl.h>
		int main (void) { return open ("started", O_CREAT | O_WRONLY, 0600) < 0; }
	C
	gcc -static -o "$work/bin/crun" "$work/started.c"
	policy '{"version":1,"runtime":"'"$work/bin/crun"'"}'
	config=$work/bundle/config.json
	make_bundle "$work/bundle" "$PRIVATE"
	chmod 755 "$work" "$work/bundle" "$work/bin"
}

# refused PATTERN [PROGRAM ARGUMENTS...]: by create, run and apply
refused() {
	local pattern=$1 before
	before=$(stat -c '%i %s %Y %a' "$config" 2>/dev/null; sha256sum "$config" 2>/dev/null) || :
	for command in create run apply; do
		cd "$work" || return
		case $command in
		apply) run -3 "$PROGRAMS/oci-hostnet" apply "$work/bundle" ;;
		*) run -1 "$PROGRAMS/oci-hostnet-runtime" "$command" --bundle "$work/bundle" x ;;
		esac
		echo "$command: $output"
		[[ "$output" =~ $pattern ]]
		[ "${#lines[@]}" -eq 1 ]
		[ ! -e "$work/started" ]
		[ "$before" = "$(stat -c '%i %s %Y %a' "$config" 2>/dev/null; sha256sum "$config" 2>/dev/null)" ]
		[ -z "$(find "$work/bundle" -mindepth 1 ! -name config.json)" ]
	done
}

@test "the control: a good bundle starts the runtime" {
	cd "$work"
	run -0 "$PROGRAMS/oci-hostnet-runtime" run --bundle "$work/bundle" x
	[ -z "$output" ]
	[ -e "$work/started" ]
}

@test "truncated" { truncate -s 100 "$config"; refused 'the JSON text is empty or ends too early'; }
@test "empty" { : >"$config"; refused 'the JSON text is empty or ends too early'; }
@test "no JSON" { echo hello >"$config"; refused 'the JSON text has an error in line 1'; }
@test "an array" { echo '[]' >"$config"; refused 'is no object'; }
@test "trailing data" { echo '{}' >>"$config"; refused 'the JSON text has an error'; }
@test "over 16 MiB" { truncate -s 17M "$config"; refused 'more than 16777216 bytes'; }
@test "deeply nested" {
	{ printf '{"a":'; printf '[%.0s' $(seq 200); printf ']%.0s' $(seq 200); echo '}'; } >"$config"
	refused 'deeper than 128 levels'
}
@test "a key twice" { echo '{"linux":{},"linux":{}}' >"$config"; refused 'has the key `linux` twice'; }
@test "Linux for linux" { sed -i 's/"linux"/"Linux"/' "$config"; refused 'the key `Linux`, which runc reads as `linux`'; }
@test "invalid UTF-8" { printf '{"a":"\377"}' >"$config"; refused 'the JSON text has an error'; }
@test "a wrong type" {
	make_bundle "$work/bundle" '.linux.namespaces = {"x": 1}'
	refused '`/linux/namespaces` an object instead of an array'
}
@test "capabilities of the wrong type" {
	make_bundle "$work/bundle" "$PRIVATE | .process.capabilities = []"
	refused '`/process/capabilities` an array instead of an object'
}
@test "a symbolic link" { mv "$config" "$work/real.json"; ln -s "$work/real.json" "$config"; refused 'is not a regular file'; }
@test "a FIFO" { rm "$config"; mkfifo "$config"; config=/nonexistent; refused 'is not a regular file'; }
@test "no configuration" { rm "$config"; refused 'cannot read the configuration .*: it does not exist'; }
@test "no bundle" { rm -r "$work/bundle"; mkdir "$work/elsewhere"
	for command in create run; do
		cd "$work"
		run -1 "$PROGRAMS/oci-hostnet-runtime" "$command" -b "$work/bundle" x
		[[ "$output" == *"cannot open the bundle"*"it does not exist" ]]
		[ ! -e started ]
	done
}
@test "somebody else's configuration" { chown 1000 "$config"; refused 'cannot be trusted, it belongs to uid 1000'; }
@test "somebody else's bundle" { chown 1000 "$work/bundle"; refused 'cannot be trusted, it belongs to uid 1000'; }
@test "the bundle of the container's own root is taken, as podman makes it" {
	chown 100000 "$work/bundle"
	refused 'cannot be trusted, it belongs to uid 100000'
	make_bundle "$work/bundle" "$PRIVATE | $USERNS"
	chown 100001 "$work/bundle"
	refused 'cannot be trusted, it belongs to uid 100001'
	chown 100000 "$work/bundle"
	cd "$work"
	run -0 "$PROGRAMS/oci-hostnet-runtime" create -b "$work/bundle" x
	[ -e started ]
	chown 100000 "$config"
	rm started
	run -1 "$PROGRAMS/oci-hostnet-runtime" create -b "$work/bundle" x
	[[ "$output" == *"cannot be trusted, it belongs to uid 100000"* ]]
	[ ! -e started ]
}
@test "a world-writable configuration" { chmod 666 "$config"; refused 'others than root can write it'; }
@test "a configuration, a bundle that a group can write" {
	chmod 664 "$config"
	refused 'others than root can write it'
	chmod 644 "$config"
	chmod 775 "$work/bundle"
	refused 'others than root can write it'
}
@test "a configuration, a bundle that others can write, and the group cannot" {
	chmod 646 "$config"
	refused 'others than root can write it'
	chmod 644 "$config"
	chmod 757 "$work/bundle"
	refused 'others than root can write it'
}
@test "a world-writable bundle" { chmod 777 "$work/bundle"; refused 'others than root can write it'; }
@test "a read-only bundle" {
	mount --bind "$work/bundle" "$work/bundle"
	mount -o remount,bind,ro "$work/bundle"
	refused 'cannot write the configuration .*, and it was left as it was: Read-only file system'
	umount "$work/bundle"
}
@test "a full disk" {
	mount -t tmpfs -o size=64k,mode=755 tmpfs "$work/bundle"
	make_bundle "$work/bundle" "$PRIVATE"
	cat /dev/zero >"$work/bundle/fill" 2>/dev/null || true
	cd "$work"
	before=$(sha256sum "$config")
	for command in create run; do
		run -1 "$PROGRAMS/oci-hostnet-runtime" "$command" -b "$work/bundle" x
		echo "$output"
		[[ "$output" == *"cannot write the configuration"*"No space left on device" ]]
		[ ! -e started ]
		[ "$before" = "$(sha256sum "$config")" ]
		[ "$(ls -A "$work/bundle" | sort | tr '\n' ' ')" = "config.json fill " ]
	done
	umount "$work/bundle"
}
@test "mode and owner stay, the second edit writes nothing" {
	chmod 640 "$config"
	chgrp 33 "$config"
	run -0 "$PROGRAMS/oci-hostnet" apply "$work/bundle"
	[ -z "$output" ]
	[ "$(stat -c '%a %u %g' "$config")" = "640 0 33" ]
	before=$(stat -c '%i %Y' "$config")
	run -0 "$PROGRAMS/oci-hostnet" apply "$work/bundle"
	[ "$before" = "$(stat -c '%i %Y' "$config")" ]
}
@test "a container that does not ask is not written" {
	jq 'del(.annotations)' "$config" >"$work/n" && cat "$work/n" >"$config"
	before=$(stat -c '%i %Y' "$config"; sha256sum "$config")
	cd "$work"
	run -0 "$PROGRAMS/oci-hostnet-runtime" create -b "$work/bundle" x
	[ -z "$output" ]
	[ -e started ]
	[ "$before" = "$(stat -c '%i %Y' "$config"; sha256sum "$config")" ]
}
@test "crun's --config is the file that is edited" {
	mv "$config" "$work/bundle/other.json"
	cd "$work"
	run -0 "$PROGRAMS/oci-hostnet-runtime" run --bundle "$work/bundle" --config "$work/bundle/other.json" x
	[ -e started ]
	jq -e '.linux.namespaces | all(.type != "network")' "$work/bundle/other.json"
}
@test "restore is refused for who asks, and for who has the host's network" {
	cd "$work"
	run -1 "$PROGRAMS/oci-hostnet-runtime" restore --bundle "$work/bundle" x
	[[ "$output" == *"a container that asks for the host's network cannot be restored"* ]]
	make_bundle "$work/bundle" "$UNASKED"
	run -1 "$PROGRAMS/oci-hostnet-runtime" restore --bundle "$work/bundle" x
	[[ "$output" == *"a container that has the host's network cannot be restored"* ]]
	make_bundle "$work/bundle" 'del(.annotations)'
	[ ! -e started ]
	run -0 "$PROGRAMS/oci-hostnet-runtime" restore --bundle "$work/bundle" x
	[ -e started ]
}
@test "other commands pass without a look at the bundle" {
	: >"$config"
	cd "$work"
	for command in state kill delete features whatever; do
		rm -f started
		run -0 "$PROGRAMS/oci-hostnet-runtime" "$command" --bundle "$work/bundle" x
		[ -z "$output" ]
		[ -e started ]
	done
	rm -f started
	run -0 "$PROGRAMS/oci-hostnet-runtime" exec x sh --bundle "$work/bundle"
	[ -z "$output" ]
	[ -e started ]
}
@test "the runtime in a circle: itself, a link, a copy, a script" {
	cd "$work"
	rm bin/crun
	ln -s "$PROGRAMS/oci-hostnet-runtime" bin/crun
	run -1 timeout 10 "$PROGRAMS/oci-hostnet-runtime" state x
	[[ "$output" == *"is oci-hostnet itself"* ]]
	rm bin/crun
	cp -L "$PROGRAMS/oci-hostnet-runtime" bin/crun
	run -1 timeout 10 "$PROGRAMS/oci-hostnet-runtime" state x
	[[ "$output" == *"is oci-hostnet itself"* ]]
	printf '#!/bin/sh\nexec %s "$@"\n' "$PROGRAMS/oci-hostnet-runtime" >"$work/script"
	rm bin/crun
	install -m 755 "$work/script" bin/crun
	run -1 timeout 10 "$PROGRAMS/oci-hostnet-runtime" state x
	[[ "$output" == *"it is a script"* ]]
}
@test "a runtime that others can write, or that belongs to somebody else" {
	cd "$work"
	chmod 775 bin/crun
	run -1 "$PROGRAMS/oci-hostnet-runtime" state x
	[[ "$output" == *"cannot be used, others than root can write it"* ]]
	chmod 757 bin/crun
	run -1 "$PROGRAMS/oci-hostnet-runtime" state x
	[[ "$output" == *"cannot be used, others than root can write it"* ]]
	chmod 755 bin/crun
	chown 1000 bin/crun
	run -1 "$PROGRAMS/oci-hostnet-runtime" state x
	[[ "$output" == *"cannot be used, others than root can write it"* ]]
	[ ! -e started ]
}
@test "arguments, environment, descriptors and argv[0] reach the runtime untouched" {
	cat >"$work/show.c" <<-'C'
		#include <stdio.h>
		#include <unistd.h>
		#include <fcntl.h>
		int main (int argc, char **argv, char **envp)
		{
		  for (int i = 0; i < argc; i++) printf ("arg[%s]\n", argv[i]);
		  for (; *envp; envp++) printf ("env[%s]\n", *envp);
		  for (int fd = 3; fd < 64; fd++) if (fcntl (fd, F_GETFD) >= 0) printf ("fd[%d]\n", fd);
		  return 0;
		}
	C
	gcc -static -o "$work/bin/crun" "$work/show.c"
	cd "$work"
	words=(--log "$work/log" create --bundle "$work/bundle" --preserve-fds 2 x)
	env -i A=B LISTEN_FDS=1 "$work/bin/crun" "${words[@]}" 3</dev/null 4</dev/null 7</dev/null >expected
	env -i A=B LISTEN_FDS=1 "$PROGRAMS/oci-hostnet-runtime" "${words[@]}" 3</dev/null 4</dev/null 7</dev/null >got
	diff expected got
	grep -F 'fd[7]' got
	grep -F "arg[$work/bin/crun]" got
	[ ! -e "$work/log" ]
	jq -e '.annotations["io.oci-hostnet.applied"]' "$config"
}
@test "--log gets one line in the asked format" {
	: >"$config"
	cd "$work"
	run -1 "$PROGRAMS/oci-hostnet-runtime" --log "$work/log" --log-format json create --bundle "$work/bundle" x
	[ "$(wc -l <log)" -eq 1 ]
	[ "$(jq -r .msg log)" = "${output#oci-hostnet: }" ]
	[ "$(jq -r .level log)" = error ]
	jq -e '.time | fromdate' log
	rm log
	run -1 "$PROGRAMS/oci-hostnet-runtime" --log "$work/log" create --bundle "$work/bundle" x
	[ "$(cat log)" = "${output#oci-hostnet: }" ]
	rm log
	ln -s "$work/elsewhere" log
	run -1 "$PROGRAMS/oci-hostnet-runtime" --log "$work/log" create --bundle "$work/bundle" x
	[ ! -e elsewhere ]
}
@test "diff shows each edit with its reason, and changes nothing" {
	before=$(sha256sum "$config")
	run -0 "$PROGRAMS/oci-hostnet" diff "$work/bundle"
	[[ "$output" == *"remove  /linux/namespaces/1: the container asks for the host's network"* ]]
	run -0 "$PROGRAMS/oci-hostnet" diff --json "$work/bundle"
	jq -e '.schema == 1 and .verdict == "edited" and (.edits | length > 0) and (.edits | all(.why != "" and .path != "" and (.op | IN("add", "remove", "replace"))))' <<<"$output"
	[ "$before" = "$(sha256sum "$config")" ]
	echo '{' >"$config"
	run -3 --separate-stderr "$PROGRAMS/oci-hostnet" diff --json "$work/bundle"
	jq -e '.verdict == "error" and .reason_id == "json_empty"' <<<"$output"
}
@test "an unreadable configuration, bundle" {
	chmod 000 "$config"
	run -3 setpriv --reuid=1000 --regid=1000 --clear-groups "$PROGRAMS/oci-hostnet" apply "$work/bundle"
	[[ "$output" == *"cannot read the configuration"*"access is refused"* ]]
	chmod 000 "$work/bundle"
	run -3 setpriv --reuid=1000 --regid=1000 --clear-groups "$PROGRAMS/oci-hostnet" apply "$work/bundle"
	[[ "$output" == *"cannot open the bundle"*"access is refused"* ]]
}
@test "a relative root filesystem is the bundle's, whatever the working directory holds" {
	mkdir "$work/cwd" "$work/cwd/rootfs"
	ln -s / "$work/bundle/rootfs"
	make_bundle "$work/bundle" "$PRIVATE | .root.path = \"rootfs\""
	jq '.root.path = "rootfs"' "$config" >"$work/n" && cat "$work/n" >"$config"
	cd "$work/cwd"
	run -1 "$PROGRAMS/oci-hostnet-runtime" create -b "$work/bundle" x
	[[ "$output" == *"the root filesystem"*"contains the host's"* ]]
}
@test "a broken policy refuses, and says so in --log" {
	policy '{"version":1,'
	cd "$work"
	run -1 "$PROGRAMS/oci-hostnet-runtime" --log "$work/log" --log-format json create -b "$work/bundle" x
	[[ "$output" == *"the policy $HOSTNET_POLICY"* ]]
	jq -e '.msg | startswith("the policy")' log
	[ ! -e started ]
}
@test "what says that it is locked, and how, is believed only when it is" {
	run -0 "$PROGRAMS/oci-hostnet" apply "$work/bundle"
	cp "$config" "$work/locked"
	for change in 's/\(applied.*\)standard/\1strict/' 's/\(applied.*\)capabilities/\1nothing/' 's/"CAP_KILL"/"CAP_KILL","CAP_NET_RAW"/'; do
		sed "$change" "$work/locked" >"$config"
		! cmp -s "$config" "$work/locked" || { echo "$change changes nothing"; return 1; }
		run -1 "$PROGRAMS/oci-hostnet" apply "$work/bundle"
		[[ "$output" == *"io.oci-hostnet.applied"*"its lock is not in force"* ]]
	done
}
@test "apply says what it leaves as it is" {
	make_bundle "$work/bundle" "$UNASKED | $ADMIN"
	before=$(sha256sum "$config")
	run -0 "$PROGRAMS/oci-hostnet" apply "$work/bundle"
	echo "$output"
	[[ "$output" == *"was left as it is: locking it would take capabilities away"* ]]
	[ "$before" = "$(sha256sum "$config")" ]
}

# under_conmon FD KIND PID|no NAME [create options...]
under_conmon() {
	local fd=$1 kind=$2 pid=$3 name=$4
	shift 4
	[ -x "$work/conmon" ] || gcc -static -o "$work/conmon" "$top_srcdir/tests/tools/conmon.c"
	[ "$name" = conmon ] || cp "$work/conmon" "$work/$name"
	make_bundle "$work/bundle" "$PRIVATE"
	rm -f started
	run "$work/$name" "$fd" "$kind" "$pid" "$PROGRAMS/oci-hostnet-runtime" create -b "$work/bundle" "$@" x
	echo "$fd $kind $pid $name $*: $status $output"
}
taken() { under_conmon "$@"; [ "$status" -eq 0 ] && [ -z "$output" ] && [ -e started ]; }
port_refused() {
	under_conmon "$@"
	[ "$status" -eq 1 ] && [ ! -e started ]
	[[ "$output" == *"cannot publish ports of a container using the 'host' network driver: 8080/"*'is asked for by `podman run --publish`'* ]]
}
@test "sockets that podman reserved are published ports, those that are handed on are not" {
	cd "$work"
	port_refused 5 tcp no conmon
	port_refused 5 tcp6 no conmon
	port_refused 7 udp no conmon
	taken 5 unix no conmon
	taken 5 unbound no conmon
	taken 5 tcp no another
	port_refused 5 tcp no conmon --preserve-fds 2
	taken 5 tcp no conmon --preserve-fds 3
	export LISTEN_FDS=3
	taken 5 tcp PID conmon
	export LISTEN_PID=1
	port_refused 5 tcp no conmon
	export LISTEN_FDS=2
	port_refused 5 tcp PID conmon
	taken 5 tcp PID conmon --preserve-fds 3
}
