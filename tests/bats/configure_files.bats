#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# oci-hostnet configure: what becomes of the files of others: daemon.json, and what is the same for all.
bats_require_minimum_version 1.5.0
load helpers
load configure

setup() {
	setup_root
	runtime="{\"path\": \"$sbindir/oci-hostnet-runtime\"}"
}

# --- Docker: daemon.json -------------------------------------------------------------

# docker_makes BEFORE AFTER - byte for byte; and back
docker_makes() {
	file /etc/docker/daemon.json "$1"
	remember_tree
	configure docker
	printf '%s' "$2" | diff -u - "$daemon"
	run -0 configure docker
	[ "$output" = "nothing to do" ]
	configure docker --undo
	tree_unchanged
}

@test "docker: a member more, and every other byte of daemon.json stays" {
	docker_makes '{}' "{\"runtimes\": {\"oci-hostnet\": $runtime}}"
	docker_makes $'{\n  "debug": true\n}\n' "{
  \"debug\": true,
  \"runtimes\": {\"oci-hostnet\": $runtime}
}
"
	docker_makes $'{\r\n\t"debug" : true ,\r\n\t"x":[1, 2]\r\n}' "$(printf '{\r\n\t"debug" : true ,\r\n\t"x":[1, 2],\r\n\t"runtimes": {"oci-hostnet": %s}\r\n}' "$runtime")"
	docker_makes '{"runtimes":{"nvidia":{"path":"n","runtimeArgs":[]}},"z":1}' \
		"{\"runtimes\":{\"nvidia\":{\"path\":\"n\",\"runtimeArgs\":[]},\"oci-hostnet\": $runtime},\"z\":1}"
	docker_makes $'{"runtimes": {\n} }' "{\"runtimes\": {\"oci-hostnet\": $runtime
} }"
	docker_makes '{"\u0072untimes": {"a": {"path": "\u007b\"b"}}}' "{\"\\u0072untimes\": {\"a\": {\"path\": \"\\u007b\\\"b\"},\"oci-hostnet\": $runtime}}"
	# dockerd 20.10 does not start with an empty file: it has nothing to keep
	docker_makes $' \n' "$(sed "s,@sbindir@,$sbindir," "$top_srcdir/hooks/docker/daemon.json.in")
"
}

@test "docker: what would be lost or cannot be read is refused" {
	for text in '{"runtimes": {"oci-hostnet": {"path": "/elsewhere"}}}' \
		"{\"runtimes\": {\"oci-hostnet\": {\"path\": \"$sbindir/oci-hostnet-runtime\", \"runtimeArgs\": []}}}"; do
		file /etc/docker/daemon.json "$text"
		refused docker configure_part
		refused docker configure_part --undo
	done
	while read -r id text; do
		file /etc/docker/daemon.json "$text"
		refused docker "$id"
		expect_output "$daemon: "
	done <<-'EOF'
	json_type []
	json_type {"runtimes": []}
	json_type {"runtimes": null}
	json_type {"runtimes": {"oci-hostnet": null}}
	json_type {"runtimes": {"oci-hostnet": "x"}}
	json_case {"Runtimes": {}}
	json_duplicate {"debug": true, "debug": false}
	json_syntax {"debug": true,}
	json_empty {"debug": true
	EOF
}

@test "docker: written by hand already: nothing to do, whatever the spaces" {
	file /etc/docker/daemon.json "{\"runtimes\":{\"oci-hostnet\"
:{ \"path\":\"$sbindir/oci-hostnet-runtime\"}}}"
	remember_tree
	run -0 configure docker
	[ "$output" = "nothing to do" ]
	tree_unchanged
}

@test "docker: changed by others in between: undo takes out ours and keeps theirs" {
	file /etc/docker/daemon.json '{"debug": true}' 640 7:8
	configure docker
	jq '.debug = false | .mtu = 1400 | .runtimes.nvidia = {path: "n"}' "$daemon" >"$root.new"
	cat "$root.new" >"$daemon"
	configure docker --undo
	holds '. == {debug: false, mtu: 1400, runtimes: {nvidia: {path: "n"}}}' "$daemon"
	[ "$(stat -c '%a %u %g' "$daemon")" = "640 7 8" ]
	nothing_left
	# the member around it goes too where it was ours
	configure docker
	jq 'del(.runtimes.nvidia)' "$daemon" >"$root.new"
	cat "$root.new" >"$daemon"
	configure docker --undo
	holds '. == {debug: false, mtu: 1400, runtimes: {}}' "$daemon"
	file /etc/docker/daemon.json '{"debug":true}'
	configure docker
	sed -i 's/true/false/' "$daemon"
	configure docker --undo
	[ "$(cat "$daemon")" = '{"debug":false}' ]
	nothing_left
}

@test "what was kept is never lost: ours was taken out, or the whole file was, or it is another's" {
	local path before engine
	while IFS='|' read -r engine path before; do
		# the file was taken away
		file "$path" "$before"
		configure "$engine"
		rm "$root$path"
		refused "$engine" configure_kept
		expect_output "$root$path.oci-hostnet-before"
		refused "$engine" configure_kept --undo
		mv "$root$path.oci-hostnet-before" "$root$path"
		# written anew
		configure "$engine"
		echo "$before " >"$root$path"
		refused "$engine" configure_kept
		refused "$engine" configure_kept --undo
		# brought back as a copy
		cp "$root$path.oci-hostnet-before" "$root$path"
		remember_tree
		configure "$engine"
		cmp "$root$path.oci-hostnet-before" <(printf '%s' "$before")
		configure "$engine" --undo
		nothing_left
		# one that is not from us
		file "$path.oci-hostnet-before" "# mine"
		refused "$engine" configure_kept
		refused "$engine" configure_kept --undo
		rm "$root$path.oci-hostnet-before"
	done <<-'EOF'
	docker|/etc/docker/daemon.json|{"debug": true}
	containerd|/etc/containerd/config.toml|version = 2
	EOF
}

@test "a copy of what was put back by hand goes with --undo, which says so" {
	file /etc/docker/daemon.json '{"debug": true}'
	configure docker
	cp "$daemon.oci-hostnet-before" "$daemon"
	configure docker --undo --dry-run | grep '^-{"debug": true}'
	run -0 configure docker --undo --json --dry-run
	jq -e --arg path "$daemon.oci-hostnet-before" '.verdict == "edited" and (.edits[0] | .path == $path and .op == "remove")' <<<"$output"
	run -0 configure docker --undo
	[ "${lines[0]}" = "took back $daemon.oci-hostnet-before" ]
	[ "$(cat "$daemon")" = '{"debug": true}' ]
	nothing_left
}

@test "a kept copy with something of ours in it is not what was there before us" {
	file /etc/docker/daemon.json '{"debug": true}'
	configure docker
	cp "$daemon" "$daemon.oci-hostnet-before"
	configure docker --undo
	[ "$(cat "$daemon")" = '{"debug": true}' ]
	# it is left to him who made it
	grep -q oci-hostnet "$daemon.oci-hostnet-before"
	rm "$daemon.oci-hostnet-before"
	file /etc/containerd/config.toml $'version = 2\n'
	configure containerd
	cp "$toml" "$toml.oci-hostnet-before"
	configure containerd --undo
	[ "$(cat "$toml")" = 'version = 2' ]
	grep -q oci-hostnet "$toml.oci-hostnet-before"
}

@test "a file that was tightened since stays so" {
	local path before
	while IFS='|' read -r engine path before; do
		file "$path" "$before"
		configure "$engine"
		chmod 600 "$root$path"
		chown 7:8 "$root$path"
		configure "$engine" --undo
		[ "$(stat -c '%a %u %g' "$root$path")" = "600 7 8" ]
		cmp "$root$path" <(printf '%s' "$before")
		nothing_left
	done <<-'EOF'
	docker|/etc/docker/daemon.json|{"debug": true}
	containerd|/etc/containerd/config.toml|version = 2
	EOF
}

# --- the default runtime -------------------------------------------------------------

# default_stays ENGINE FILE LINE TEXT - with it, our runtime is what the engine takes by itself
default_stays() {
	mkdir -p "$(dirname "$root$2")"
	printf '%b' "$4" >"$root$2"
	configure "$1"
	refused "$1" configure_default --undo
	expect_output "the file $root$2 makes" "in line $3,"
	refused "$1" configure_default --undo --dry-run
	# the first in the line; what else it has is a comment, or another key
	sed -i "$3s/oci-hostnet[-a-z]*\([\"']\)/runc\1/" "$root$2"
	configure "$1" --undo
	rm -f "$root$2"
	nothing_left
}

@test "undo of a runtime that is the default is refused, with the line" {
	local name file
	for name in runtime crun runc; do
		default_stays podman /etc/containers/containers.conf 3 "[engine]\n\nruntime = 'oci-hostnet-$name'\n"
	done
	for file in /usr/share/containers/containers.conf /usr/share/containers/containers.conf.d/a.conf /etc/containers/containers.conf.d/z.conf \
		/etc/containers/containers.rootless.conf.d/a.conf; do
		default_stays podman "$file" 1 'engine.runtime = "oci-hostnet-runtime" # "oci-hostnet-runtime"\n'
	done
	for file in /etc/crio/crio.conf /etc/crio/crio.conf.d/00-default; do
		default_stays crio "$file" 2 '[crio.runtime]\ndefault_runtime = "oci-hostnet"\n'
	done
	default_stays containerd /etc/containerd/config.toml 3 'version = 2\n[plugins."io.containerd.grpc.v1.cri".containerd]\n  default_runtime_name = "oci-hostnet"\n'
	default_stays containerd /etc/containerd/config.toml 3 'version = 3\n[plugins."io.containerd.cri.v1.runtime".containerd]\n  default_runtime_name = "oci-hostnet"\n'
	default_stays containerd /etc/containerd/conf.d/a.toml 2 '# mine\nplugins = {"io.containerd.grpc.v1.cri" = {containerd = {default_runtime_name = "oci-hostnet"}}}\n'
	default_stays docker /etc/docker/daemon.json 2 '{"debug": true,\n"default-runtime": "oci-hostnet"\n}\n'
}

@test "another default runtime, or a file that cannot be read, is not in the way of an undo" {
	file /etc/containers/containers.conf $'[engine]\nruntime = "crun"\n[other]\nruntime = "oci-hostnet-runtime"\n[engine'
	file /etc/crio/crio.conf $'[crio.runtime]\n# default_runtime = "oci-hostnet"\n'
	mkdir -p "$root/etc/crio/crio.conf.d/directory"
	file /etc/containerd/config.toml $'version = 2\n[plugins."x".containerd]\ndefault_runtime_name = "oci-hostnet"\n'
	file /etc/docker/daemon.json '{"default-runtime": "runc", "labels": ["oci-hostnet"]}'
	remember_tree
	for engine in crio containerd docker; do configure "$engine"; done
	cp "$root/etc/containers/containers.conf" "$root.conf"
	rm "$root/etc/containers/containers.conf"
	configure podman
	cp -p "$root.conf" "$root/etc/containers/containers.conf"
	for engine in $ENGINES; do configure "$engine" --undo; done
	nothing_left
}

# --- several at once -----------------------------------------------------------------

@test "two at once: one after the other, what was there before us is kept and comes back" {
	local i undo
	for undo in "" --undo; do
		for i in $(seq 40); do
			file /etc/docker/daemon.json '{"debug": true}'
			remember_tree
			[ -z "$undo" ] || configure docker
			configure docker & configure docker $undo & configure docker
			wait
			configure docker
			[ "$(cat "$daemon.oci-hostnet-before")" = '{"debug": true}' ]
			configure docker --undo
			tree_unchanged
		done
	done
}

@test "one waits for the other, but --dry-run does not, and no lock is left" {
	require_command flock
	file /etc/docker/daemon.json '{}'
	remember_tree
	flock -F "$root" sleep 1000 3>&- &
	wait_for 50 eval '! flock -n "$root" true'
	run -0 timeout 20 "$HOSTNET" configure docker --root "$root" --dry-run
	run -124 timeout 1 "$HOSTNET" configure docker --root "$root"
	tree_unchanged
	kill $!
	wait $! || true
	configure docker
	configure docker --undo
	tree_unchanged
}

# --- what a killed process leaves ----------------------------------------------------

@test "a killed process's unfinished files go with the next run, and nobody else's" {
	local name theirs="$root/etc/docker"
	file /etc/docker/daemon.json '{"debug": true}'
	# others' names, kinds and owners
	for name in .daemon.json.oci-hostnet-12-0x .daemon.json.oci-hostnet--0 .daemon.json.oci-hostnet-12 .daemon.json.oci-hostnet-12-older \
		.daemon.json.oci-hostnet-1x-old daemon.json.oci-hostnet-12-0 .other.json.oci-hostnet-12-0 .daemon.json.oci-hostnet-; do
		echo theirs >"$theirs/$name"
	done
	ln -s daemon.json "$theirs/.daemon.json.oci-hostnet-13-0"
	mkdir "$theirs/.daemon.json.oci-hostnet-14-0"
	file /etc/docker/.daemon.json.oci-hostnet-15-0 theirs 644 7:8
	remember_tree
	for name in .daemon.json.oci-hostnet-12-0 .daemon.json.oci-hostnet-4194304-17 .daemon.json.oci-hostnet-12-old .daemon.json.oci-hostnet-before.oci-hostnet-12-old; do
		echo ours >"$theirs/$name"
	done
	run -0 configure docker --undo --dry-run
	[ -e "$theirs/.daemon.json.oci-hostnet-12-0" ]
	run -0 configure docker --undo
	tree_unchanged
}

# killed STEPS OPTIONS... - at every change of `configure docker OPTIONS`, and then each of STEPS: do or --undo
killed() {
	local name number step steps=$1
	shift
	cp -a "$root" "$root.start"
	strace -o "$root.trace" "$HOSTNET" configure docker --root "$root" "$@"
	awk 'match($0, /^[a-z0-9_]+\(/) { name = substr($0, 1, RLENGTH - 1); n[name]++
		if (name ~ /^(write|fchmod|fsync|linkat|unlinkat|renameat2?)$/) print name, n[name] }' "$root.trace" >"$root.calls"
	[ "$(wc -l <"$root.calls")" -gt 3 ]
	while read -r name number; do
		rm -r "$root"
		cp -a "$root.start" "$root"
		echo "killed at $name, number $number"
		run -137 strace -o /dev/null --inject="$name:signal=KILL:when=$number" "$HOSTNET" configure docker --root "$root" "$@"
		for step in $steps; do configure docker ${step/#do/}; done
		[ "$(cd "$root/etc/docker" && ls -A)" = daemon.json ]
		[ "$(cat "$daemon")" = '{"debug": true}' ]
		[ "$(stat -c '%a %h' "$daemon")" = "$mode 1" ]
	done <"$root.calls"
	rm -r "$root"
	mv "$root.start" "$root"
}

@test "killed at any change: the next run finishes or takes back" {
	require_command strace
	file /etc/docker/daemon.json '{"debug": true}'
	mode=644
	killed "do --undo"
	killed --undo
	configure docker
	killed --undo --undo
	killed "do --undo" --undo
	# with another mode since
	chmod 600 "$daemon"
	mode=600
	killed --undo --undo
}
