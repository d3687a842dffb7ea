#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# oci-hostnet configure: what is written, and that it can be taken back.
bats_require_minimum_version 1.5.0
load helpers
load configure

setup() { setup_root; }

# --- there and back ------------------------------------------------------------------

# there_and_back ENGINE - from what is in $root
there_and_back() {
	local written
	remember_tree
	run -0 configure "$1"
	[[ $output == "wrote $root/"* ]]
	[ "${#lines[@]}" -eq 2 ]
	[[ ${lines[1]} == "next: "* ]]
	if tree_unchanged >/dev/null; then echo "nothing was written"; return 1; fi
	written=$(listing "$root")
	run -0 configure "$1"
	[ "$output" = "nothing to do" ]
	diff <(echo "$written") <(listing "$root")
	run -0 configure "$1" --undo
	[[ $output == "took back $root/"* ]]
	tree_unchanged
	run -0 configure "$1" --undo
	[ "$output" = "nothing to do" ]
	tree_unchanged
}

@test "an empty root: written, not written again, taken back" {
	local engine
	for engine in $ENGINES; do there_and_back "$engine"; done
	[ -z "$(ls -A "$root")" ]
}

@test "beside others' files: their bytes, modes, owners, times and inodes stay" {
	local engine
	umask 077
	file /etc/docker/daemon.json '{"log-driver": "journald"}' 640 7:8
	file /etc/containerd/config.toml $'version = 2\n# theirs' 600 1:2
	file /etc/crio/crio.conf.d/00-default.conf $'[crio.runtime]\n' 600
	file /etc/containers/containers.conf.d/50-theirs.conf $'[engine]\nruntime = "runc"\n' 644 3:4
	mkdir -p "$root$own/kubernetes" "$root/etc/containers/empty"
	chmod 2750 "$root$own"
	chown 5:6 "$root$own" "$root/etc/containers/containers.conf.d"
	for engine in $ENGINES; do there_and_back "$engine"; done
}

@test "files and directories are readable for rootless engines, whatever the umask" {
	local engine
	umask 077
	for engine in $ENGINES; do configure "$engine"; done
	run find "$root" -mindepth 1 ! \( -type d -perm 755 -o -type f -perm 644 \)
	[ -z "$output" ]
}

@test "a new file has the mode, owner and label of the one that it replaces" {
	gcc -o "$HOSTNET_TEST_DIR/label" "$top_srcdir/tests/faults/label.c"
	file /etc/docker/daemon.json '{}' 640 7:8
	"$HOSTNET_TEST_DIR/label" "$root/etc/docker/daemon.json" system_u:object_r:test_t:s0 || true
	before=$(stat -c '%a %u %g' "$root/etc/docker/daemon.json"; "$HOSTNET_TEST_DIR/label" "$root/etc/docker/daemon.json")
	configure docker
	[ "$before" = "$(stat -c '%a %u %g' "$root/etc/docker/daemon.json"; "$HOSTNET_TEST_DIR/label" "$root/etc/docker/daemon.json")" ]
}

@test "undo with nothing of ours: nothing to do" {
	local engine
	file /etc/docker/daemon.json '{"debug": true}'
	file /etc/containerd/config.toml 'version = 2'
	remember_tree
	for engine in $ENGINES; do
		run -0 configure "$engine" --undo
		[ "$output" = "nothing to do" ]
	done
	tree_unchanged
}

@test "a directory that was made goes, but not with what others have put there" {
	configure podman
	configure kubernetes
	configure podman --undo
	[ -e "$root$own/kubernetes/admission.yaml" ]
	echo '{"version": 1}' >"$root$own/policy.json"
	configure kubernetes --undo
	run -0 bash -c "cd '$root' && find . ! -type d"
	[ "$output" = ".$own/policy.json" ]
	[ ! -e "$root/etc" ]
}

@test "an empty directory that was there stays, one that was made and emptied goes" {
	mkdir -p "$root/etc/docker"
	remember_tree
	configure docker
	rm "$root/etc/docker/daemon.json"
	configure docker --undo
	tree_unchanged
	configure crio
	rm "$root/etc/crio/crio.conf.d/oci-hostnet.conf"
	run -0 configure crio --undo
	tree_unchanged
}

# --- dry run -------------------------------------------------------------------------

@test "dry run: a diff that patch makes the same tree of, and nothing is written" {
	local engine
	require_command patch
	file /etc/docker/daemon.json $'{\n  "log-driver": "journald"\n}\n'
	file /etc/containerd/config.toml $'a = 1\nb = 2\nc = 3\nd = 4\nversion = 2' # no end of line
	for engine in $ENGINES; do
		remember_tree
		configure "$engine" --dry-run >"$root.diff"
		tree_unchanged
		cp -a "$root" "$root.patched"
		patch -s -p1 -d "$root.patched" <"$root.diff"
		configure "$engine" >/dev/null
		diff -r -x '*.oci-hostnet-before' -x .made-by-oci-hostnet "$root" "$root.patched"
		# and back
		configure "$engine" --undo --dry-run >"$root.diff"
		patch -s -p1 -d "$root.patched" <"$root.diff"
		configure "$engine" --undo >/dev/null
		# patch takes away the directories that it empties
		diff <(cd "$root" && find . -type f -exec sha256sum {} +) <(cd "$root.patched" && find . -type f -exec sha256sum {} +)
		rm -r "$root.patched"
		run -0 configure "$engine" --undo --dry-run
		[ -z "$output" ]
	done
}

@test "json: what is changed, in the form of all commands" {
	run -0 configure podman --json --dry-run
	holds '.schema == 1 and .verdict == "edited" and .checks == [] and (.edits | length == 3 and all(.op == "add" and .why != ""))' <<<"$output"
	holds --arg root "$root" '.edits | all(.path | startswith($root))' <<<"$output"
	file /etc/docker/daemon.json '{}'
	run -0 configure docker --json
	holds '.verdict == "edited" and .edits[0].op == "replace"' <<<"$output"
	run -0 configure docker --json
	holds '.verdict == "untouched" and .edits == []' <<<"$output"
	configure docker --undo
	configure crio
	run -0 configure crio --undo --json
	holds '.edits[0].op == "remove"' <<<"$output"
	file /etc/docker/daemon.json '[]'
	run -3 --separate-stderr configure docker --json
	holds '.verdict == "error" and .reason_id == "json_type"' <<<"$output"
}

@test "wrong usage: exit status 2" {
	for words in configure "configure lxc" "configure docker podman" "configure --undo" "configure docker --root" \
		"configure docker --all" "configure docker --root=$root" "audit --undo" "diff --dry-run $root" "verify --root $root x"; do
		# shellcheck disable=SC2086
		run -2 "$HOSTNET" $words
		expect_output "wrong usage"
	done
	run -2 "$HOSTNET" configure docker --root ''
	run -3 "$HOSTNET" configure docker --root "$root/nonexistent"
	expect_output "cannot open the directory $root/nonexistent"
}

# --- what is another's ---------------------------------------------------------------

@test "a file of the same name that is not ours, or was edited, is refused both ways, and all else left" {
	local engine path
	for path in "podman $own/podman-hooks.d/oci-hostnet-guard.json" "podman /etc/containers/containers.conf.d/oci-hostnet.conf" \
		"crio /etc/crio/crio.conf.d/oci-hostnet.conf" "kubernetes $own/kubernetes/admission.yaml"; do
		engine=${path%% *} path=${path#* }
		file "$path" '# mine'
		refused "$engine" configure_file
		expect_output "$path"
		refused "$engine" configure_file --undo
		refused "$engine" configure_file --dry-run
		rm "$root$path"
		configure "$engine"
		echo '# edited' >>"$root$path"
		refused "$engine" configure_file
		refused "$engine" configure_file --undo
		sed -i '$d' "$root$path"
		configure "$engine" --undo
		nothing_left
	done
}

@test "symbolic links in the way are refused, and nothing is written where they lead" {
	mkdir -p "$root/etc" "$root.elsewhere"
	ln -s "$root.elsewhere" "$root/etc/docker"
	refused docker configure_link
	expect_output "$root/etc/docker is a symbolic link"
	rm "$root/etc/docker"
	mkdir "$root/etc/docker"
	echo '{}' >"$root.elsewhere/daemon.json"
	ln -s "$root.elsewhere/daemon.json" "$root/etc/docker/daemon.json"
	refused docker configure_link
	refused docker configure_link --undo
	# of a crio.conf.d that leads out of the root, too
	mkdir "$root/etc/crio"
	ln -s /etc "$root/etc/crio/crio.conf.d"
	refused crio configure_link
	[ "$(ls "$root.elsewhere")" = daemon.json ]
	[ "$(cat "$root.elsewhere/daemon.json")" = '{}' ]
}

@test "what is no text file is refused" {
	mkdir -p "$root/etc/docker/daemon.json"
	refused docker configure_not_regular
	rmdir "$root/etc/docker/daemon.json"
	mkfifo "$root/etc/docker/daemon.json"
	refused docker configure_not_regular
	rm "$root/etc/docker/daemon.json"
	printf '{}\0' >"$root/etc/docker/daemon.json"
	refused docker configure_not_regular
	truncate -s 5M "$root/etc/docker/daemon.json"
	refused docker config_big
}

# --- what fails ----------------------------------------------------------------------

@test "the last of several files cannot be written: the others are taken back" {
	mkdir -p "$root/etc/containers/containers.conf.d"
	mount --bind "$root/etc/containers/containers.conf.d" "$root/etc/containers/containers.conf.d"
	mount -o remount,bind,ro "$root/etc/containers/containers.conf.d"
	refused podman configure_unwritable
	umount "$root/etc/containers/containers.conf.d"
	# and the same on the way back
	configure podman
	mount --bind "$root/etc/containers/containers.conf.d" "$root/etc/containers/containers.conf.d"
	mount -o remount,bind,ro "$root/etc/containers/containers.conf.d"
	refused podman configure_unwritable --undo
	umount "$root/etc/containers/containers.conf.d"
	configure podman --undo
	nothing_left
}

@test "a file that somebody writes meanwhile is left to him" {
	require_command strace
	file /etc/docker/daemon.json '{"debug": true}'
	# the look before the change waits: the first one at the file by its name
	cp -a "$root" "$root.copy"
	strace -o "$root.trace" "$HOSTNET" configure docker --root "$root.copy" >/dev/null
	look=$(awk '/^newfstatat\(/ { n++ } /^newfstatat\([0-9]+, "daemon.json"/ { print n; exit }' "$root.trace")
	strace -o "$root.trace" --inject="newfstatat:delay_enter=3000000:when=$look" "$HOSTNET" configure docker --root "$root" >"$root.said" 2>&1 3>&- &
	# it has read the file
	wait_for 100 grep -q '^read([0-9]*, "{\\"debug' "$root.trace"
	sleep 0.3
	echo '{"debug": false}' >"$root/etc/docker/daemon.json"
	remember_tree
	status=0
	wait $! || status=$?
	[ "$status" -eq 1 ]
	grep 'was written by somebody else meanwhile' "$root.said"
	tree_unchanged
}

# calls - the numbers of all calls of the program from its root directory on, by name
calls() {
	awk -v root="$root" '
	match($0, /^[a-z0-9_]+\(/) {
		name = substr($0, 1, RLENGTH - 1)
		n[name]++
		on = on || index($0, root)
		if (on && name !~ /^(geteuid|getegid|getpid|exit_group|brk|munmap|close)$/) print name, n[name]
	}' "$root.trace"
}

# each_call_fails OPTIONS... - every call of `configure ENGINE OPTIONS` in turn: all or nothing
each_call_fails() {
	local call name number litter tried=0 made=0 after
	cp -a "$root" "$root.start"
	strace -o "$root.trace" "$HOSTNET" configure "$@" --root "$root" >"$root.said"
	after=$(contents)
	calls >"$root.calls"
	[ "$(wc -l <"$root.calls")" -gt 20 ]
	while read -r name number; do
		rm -rf "$root"
		cp -a "$root.start" "$root"
		call="$name, number $number"
		status=0
		strace -o "$root.trace" --inject="$name:error=EIO:when=$number" "$HOSTNET" configure "$@" --root "$root" >"$root.said" 2>&1 || status=$?
		tried=$((tried + 1))
		grep -q INJECTED "$root.trace" || { echo "$call: not injected"; return 1; }
		if litter=$(grep -o "all is done, but ${root}[^ ]*, which" "$root.said"); then
			# the one thing that could not be removed is named
			[ "$status" = 3 ]
			litter=${litter#*but } litter=${litter%, which}
			[ -e "$litter" ] || { echo "$call: $litter"; cat "$root.said"; return 1; }
			[ -d "$litter" ] || rm "$litter"
			[ "$(contents | grep -v ' d ')" = "$(grep -v ' d ' <<<"$after")" ]
		elif [ "$(contents)" = "$after" ]; then
			made=$((made + 1))
		elif [ "$(contents)" != "$(root=$root.start contents)" ]; then
			echo "$call: half of it is there (status $status)"
			cat "$root.said"
			diff -u <(root=$root.start contents) <(contents)
			return 1
		elif [ "$status" = 0 ]; then
			echo "$call: success was claimed"
			return 1
		fi
	done <"$root.calls"
	echo "$tried calls failed, $made times all was there"
	[ "$made" -lt "$tried" ]
}

# Directories too, but no times.
contents() { (cd "$root" && find . -type d ! -name . -printf '%P d %m %U %G\n' && find . -type f ! -name .made-by-oci-hostnet -printf '%P f %m %U %G ' -exec sha256sum {} \;) | LC_ALL=C sort; }

@test "every call fails once: configure podman is done wholly or not at all" {
	require_command strace
	mkdir "$root/etc"
	each_call_fails podman
}
@test "every call fails once: configure docker beside a file of others" {
	require_command strace
	file /etc/docker/daemon.json '{"debug": true}'
	each_call_fails docker
}
@test "every call fails once: configure docker --undo brings their file back or leaves ours" {
	require_command strace
	file /etc/docker/daemon.json '{"debug": true}'
	configure docker
	each_call_fails docker --undo
}
@test "every call fails once: configure docker --undo of a file that was changed" {
	require_command strace
	file /etc/docker/daemon.json '{"debug": true}'
	configure docker
	sed -i 's/true/false/' "$root/etc/docker/daemon.json"
	each_call_fails docker --undo
}
@test "every call fails once: configure docker --undo of a file that was tightened" {
	require_command strace
	file /etc/docker/daemon.json '{"debug": true}'
	configure docker
	chmod 600 "$root/etc/docker/daemon.json"
	each_call_fails docker --undo
}
@test "every call fails once: configure podman --undo" {
	require_command strace
	configure podman
	each_call_fails podman --undo
}

# each_call_kills OPTIONS... - killed at every call in turn: who calls again gets all of it. What
# a killed one leaves has a name of its own, begins with a dot, and is in nobody's way.
each_call_kills() {
	local call name number seen=0
	cp -a "$root" "$root.start"
	strace -o "$root.trace" "$HOSTNET" configure "$@" --root "$root" >"$root.said"
	complete=$(whole_files)
	calls >"$root.calls"
	while read -r name number; do
		rm -rf "$root"
		cp -a "$root.start" "$root"
		call="$name, number $number"
		{ strace -o "$root.trace" --inject="$name:signal=SIGKILL:when=$number" "$HOSTNET" configure "$@" --root "$root" >"$root.said" 2>&1; } 2>/dev/null && status=0 || status=$?
		[ "$status" -eq 137 ] || { echo "$call: status $status"; return 1; }
		[ -z "$(find "$root" -name '.?*' ! -name .made-by-oci-hostnet)" ] || seen=$((seen + 1))
		"$HOSTNET" configure "$@" --root "$root" >"$root.said" 2>&1 || { echo "$call: not again"; cat "$root.said"; return 1; }
		find "$root" -name '.*.oci-hostnet-*' -delete
		[ "$(whole_files)" = "$complete" ] || { echo "$call: not all of it"; diff -u <(echo "$complete") <(whole_files); return 1; }
	done <"$root.calls"
	# some were killed in the middle
	[ "$seen" -gt 0 ]
}

whole_files() { contents | sed '/^[^ ]* d /d'; }

@test "killed at every call: the next configure docker finishes it" {
	require_command strace
	file /etc/docker/daemon.json '{"debug": true}'
	each_call_kills docker
}
@test "killed at every call: the next configure docker --undo finishes it" {
	require_command strace
	file /etc/docker/daemon.json '{"debug": true}'
	configure docker
	each_call_kills docker --undo
}
@test "killed at every call: the next configure podman finishes it" {
	require_command strace
	each_call_kills podman
}
@test "killed at every call: the next configure podman --undo finishes it" {
	require_command strace
	configure podman
	each_call_kills podman --undo
}
