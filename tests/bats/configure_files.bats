#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# oci-hostnet configure: what becomes of the files of others.
bats_require_minimum_version 1.5.0
load helpers
load configure

setup() {
	setup_root
	daemon=$root/etc/docker/daemon.json
	toml=$root/etc/containerd/config.toml
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

# --- containerd: config.toml ---------------------------------------------------------

CRI2='plugins."io.containerd.grpc.v1.cri".containerd.runtimes'
CRI3='plugins."io.containerd.cri.v1.runtime".containerd.runtimes'

# part KEY OPTION... - what is written, by what hooks/containerd says; OPTION: runc, systemd
part() {
	local key=$1
	echo '# oci-hostnet: begin. `oci-hostnet configure containerd --undo` takes it out.'
	printf '%s\n' "[$key.oci-hostnet]" '  runtime_type = "io.containerd.runc.v2"' '  # Only these reach the runtime; the kubelet says in the last one which ports are published.' \
		'  pod_annotations = ["io.oci-hostnet.*"]' '  container_annotations = ["io.oci-hostnet.*", "io.kubernetes.container.ports"]' \
		"  [$key.oci-hostnet.options]" "    BinaryName = \"$sbindir/oci-hostnet-runtime\""
	if [[ " $* " == *" systemd "* ]]; then echo '    SystemdCgroup = true'; fi
	if [[ " $* " == *" runc "* ]]; then
		printf '%s\n' '' '# A file that names a handler makes containerd forget its own.' \
			"[$key.runc]" '  runtime_type = "io.containerd.runc.v2"' "  [$key.runc.options]" '    BinaryName = ""'
	fi
	echo '# oci-hostnet: end'
}

# containerd_makes BEFORE KEY OPTION... - the part is added at the end; and back
containerd_makes() {
	file /etc/containerd/config.toml "$1"
	remember_tree
	configure containerd
	{
		cat "$toml.oci-hostnet-before"
		case $1 in *$'\n') ;; *) echo ;; esac
		part "${@:2}"
	} | diff -u - "$toml"
	run -0 configure containerd
	[ "$output" = "nothing to do" ]
	configure containerd --undo
	tree_unchanged
}

@test "containerd: tables at the end of config.toml, of its version" {
	configure containerd
	{ printf 'version = 2\n\n'; part "$CRI2" runc; } | diff -u - "$toml"
	configure containerd --undo
	nothing_left
	containerd_makes $'version = 2\n' "$CRI2" runc
	containerd_makes $'version=2 # two\r\n' "$CRI2" runc
	containerd_makes 'version = 3' "$CRI3" runc
	containerd_makes $'version = 2\n[plugins]\n  [plugins."io.containerd.grpc.v1.cri"]\n    [plugins."io.containerd.grpc.v1.cri".cni]\n      bin_dir = "/usr/lib/cni"\n[x]\nimports = ["y"]\n' "$CRI2" runc
	containerd_makes $'version = 2\nimports = []\n' "$CRI2" runc
	# imports that do not reach us are put together with the rest since version 3
	containerd_makes $'version = 3\nimports = ["/etc/containerd/other.d/*.toml"]\n' "$CRI3" runc
}

@test "containerd: a file that names handlers keeps its own, and its way with cgroups is taken over" {
	containerd_makes "version = 2
[$CRI2.runc]
  runtime_type = \"io.containerd.runc.v2\"
  [$CRI2.runc.options]
    SystemdCgroup = true
" "$CRI2" systemd
	containerd_makes "version = 2
[$CRI2.kata.options]
    SystemdCgroup = false # SystemdCgroup = true
" "$CRI2"
	containerd_makes "version = 3
[ plugins . 'io.containerd.cri.v1.runtime' . containerd.\"runtimes\" . runc ]
  options.SystemdCgroup=true
" "$CRI3" systemd
	# the old way to say it, which names no handler
	file /etc/containerd/config.toml "version = 2
[plugins.\"io.containerd.grpc.v1.cri\".containerd.default_runtime.options]
SystemdCgroup = true
"
	configure containerd
	tail -n +4 "$toml" | diff -u <(part "$CRI2" runc systemd) -
	configure containerd --undo
	# in a comment, a string or under another plugin it is none
	containerd_makes "version = 2
a = '''
[$CRI2.runc]
'''
# [$CRI2.runc]
[$CRI3.runc.options]
SystemdCgroup = true
" "$CRI2" runc
}

@test "containerd: a drop-in where config.toml of version 3 imports its directory" {
	file /etc/containerd/config.toml $'version = 3\nimports = ["/a", \'/etc/containerd/conf.d/*.toml\']\n'
	remember_tree
	configure containerd
	{ printf 'version = 3\n\n'; part "$CRI3"; } | diff -u - "$root/etc/containerd/conf.d/oci-hostnet.toml"
	cmp "$toml" <(printf 'version = 3\nimports = ["/a", \x27/etc/containerd/conf.d/*.toml\x27]\n')
	run -0 configure containerd
	[ "$output" = "nothing to do" ]
	configure containerd --undo
	tree_unchanged
	# later versions import it too
	file /etc/containerd/config.toml "version = 4
imports = [\"/etc/containerd/conf.d/*.toml\"]
[$CRI3.runc.options]
SystemdCgroup = true
"
	configure containerd
	{ printf 'version = 3\n\n'; part "$CRI3" systemd; } | diff -u - "$root/etc/containerd/conf.d/oci-hostnet.toml"
	echo "# edited" >>"$root/etc/containerd/conf.d/oci-hostnet.toml"
	refused containerd configure_file --undo
	# what stands in config.toml already is not written twice
	file /etc/containerd/config.toml $'version = 3\n'
	rm "$root/etc/containerd/conf.d/oci-hostnet.toml"
	configure containerd
	sed -i '1i imports = ["/etc/containerd/conf.d/*.toml"]' "$toml"
	run -0 configure containerd
	[ "$output" = "nothing to do" ]
}

@test "containerd: what cannot be decided is refused, with the line" {
	local id line text
	while IFS='|' read -r id line text; do
		echo "$id: $text"
		file /etc/containerd/config.toml "$(printf '%b' "$text")"
		refused containerd "$id"
		expect_output "$toml"
		[ -z "$line" ] || expect_output "line $line"
	done <<-EOF
	configure_version||root = "/x"
	configure_version||version = 1
	configure_version||version = 4
	configure_version||[a]\nversion = 2
	configure_version||# version = 2
	configure_imports|3|version = 2\n\nimports = ["/etc/containerd/conf.d/*.toml"]
	configure_inline|2|version = 2\nplugins = {}
	configure_inline|3|version = 2\n[plugins]\n"io.containerd.grpc.v1.cri" = {x = 1}
	configure_inline|4|version = 2\n[plugins."io.containerd.grpc.v1.cri".containerd]\n\nruntimes = {}
	configure_inline|3|version = 2\n[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]\noptions = {SystemdCgroup = true}
	configure_part||version = 2\n[$CRI2.oci-hostnet]
	configure_part||version = 2\n[plugins.'io.containerd.grpc.v1.cri'.containerd]\nruntimes.oci-hostnet.runtime_type = "x"
	configure_part||version = 2\n# oci-hostnet: begin. \`oci-hostnet configure containerd --undo\` takes it out.
	configure_toml|2|version = 2\n[plugins
	configure_toml|2|version = 2\nversion
	EOF
}

@test "containerd: changed by others in between: undo takes out ours and keeps theirs" {
	file /etc/containerd/config.toml $'version = 2\n' 600
	configure containerd
	sed -i '1i # above' "$toml"
	printf '[below]\nx = 1\n' >>"$toml"
	run -0 configure containerd
	[ "$output" = "nothing to do" ]
	configure containerd --undo
	[ "$(cat "$toml")" = $'# above\nversion = 2\n[below]\nx = 1' ]
	[ "$(stat -c %a "$toml")" = 600 ]
	nothing_left
	# one that we made
	rm "$toml"
	configure containerd
	echo '[below]' >>"$toml"
	configure containerd --undo
	[ "$(cat "$toml")" = $'version = 2\n\n[below]' ]
	nothing_left
	# ours edited: refused
	configure containerd
	sed -i 's/pod_annotations = .*/pod_annotations = ["*"]/' "$toml"
	refused containerd configure_part
	refused containerd configure_part --undo
}

@test "containerd: what others add later changes what is needed of ours, in its place" {
	file /etc/containerd/config.toml $'version = 2\n'
	configure containerd
	printf '%s\n' "[$CRI2.kata.options]" 'SystemdCgroup = true' >>"$toml"
	run -0 configure containerd
	[[ $output == wrote* ]]
	{ echo 'version = 2'; part "$CRI2" systemd; printf '%s\n' "[$CRI2.kata.options]" 'SystemdCgroup = true'; } | diff -u - "$toml"
	configure containerd --undo
	[ "$(cat "$toml")" = "version = 2
[$CRI2.kata.options]
SystemdCgroup = true" ]
	nothing_left
}

# --- podman: containers.conf.d -------------------------------------------------------

conf=/etc/containers/containers.conf.d/oci-hostnet.conf

@test "podman: lists of other files are not replaced" {
	local other
	for other in /usr/share/containers/containers.conf /usr/share/containers/containers.conf.d/a.conf /etc/containers/containers.conf \
		/etc/containers/containers.conf.d/a.conf /etc/containers/containers.conf.d/z.conf /etc/containers/containers.rootless.conf.d/a.conf; do
		file "$other" $'[engine]\n\nhooks_dir = [ # several\n "/mine"\n]\n'
		refused podman configure_list
		expect_output "$root$other sets \`engine.hooks_dir\` in line 3" "add \"$own/podman-hooks.d\" to the list there"
		# with our directory in it, it is theirs
		file "$other" "[engine]
hooks_dir = [\"/mine\", '$own/podman-hooks.d']
"
		configure podman
		if grep -q '^hooks_dir' "$root$conf"; then echo "it replaces theirs"; return 1; fi
		grep -q '^runtime_supports_json = \["crun", .*"oci-hostnet-runc"\]$' "$root$conf"
		run -0 configure podman
		[ "$output" = "nothing to do" ]
		configure podman --undo
		rm "$root$other"
		nothing_left
	done
}

@test "podman: each of its lists and runtimes" {
	local key
	for key in runtime_supports_json runtime_supports_nocgroup; do
		file /etc/containers/containers.conf "engine.$key = ['crun']"
		refused podman configure_list
		expect_output "line 1" '"oci-hostnet-crun"'
	done
	file /etc/containers/containers.conf $'[engine.runtimes]\noci-hostnet-crun = ["/mine"]'
	refused podman configure_list
	expect_output "add \"$sbindir/oci-hostnet-crun\" to the list there"
	file /etc/containers/containers.conf 'engine = {runtime = "crun"}'
	refused podman configure_inline
	file /etc/containers/containers.conf '[engine'
	refused podman configure_toml
}

@test "podman: comments, other keys and other files are no lists" {
	file /etc/containers/containers.conf $'# [engine]\n#hooks_dir = []\n[engine]\nruntime = "crun" # hooks_dir = []\nx = """\nhooks_dir = ["/x"]\n"""\n[engine.runtimes]\ncrun = ["/usr/bin/crun"]\n'
	file /etc/containers/containers.conf.d/README 'hooks_dir = ['
	file /etc/containers/registries.conf 'engine.hooks_dir = []'
	configure podman
	sed "s,@sbindir@,$sbindir,; s,@sysconfdir@/oci-hostnet,$own," "$top_srcdir/hooks/podman/oci-hostnet.conf.in" | diff -u - "$root$conf"
}

@test "podman: other files may be links, below the root" {
	file /etc/alternatives/containers.conf $'[engine]\nhooks_dir = []'
	mkdir -p "$root/etc/containers"
	ln -s /etc/alternatives/containers.conf "$root/etc/containers/containers.conf"
	refused podman configure_list
	# one that is another file on this machine
	ln -sf "$root.outside" "$root/etc/containers/containers.conf"
	printf '[engine]\nhooks_dir = []' >"$root.outside"
	configure podman
}

@test "podman: a list that another file takes over later goes from ours" {
	configure podman
	file /etc/containers/containers.conf.d/z.conf "[engine]
hooks_dir = [\"/mine\", \"$own/podman-hooks.d\"]
"
	run -0 configure podman
	[[ $output == "wrote $root$conf"* ]]
	if grep -q '^hooks_dir' "$root$conf"; then echo "it replaces theirs"; return 1; fi
	configure podman --undo
	rm "$root/etc/containers/containers.conf.d/z.conf"
	nothing_left
}

@test "podman: hooks are not where CRI-O looks" {
	configure podman
	# crio.conf(5): hooks_dir
	[ ! -e "$root/usr/share/containers/oci" ]
	[ ! -e "$root/etc/containers/oci" ]
	holds --arg hook "$sbindir/oci-hostnet-hook" '.hook.path == $hook and .stages == ["precreate"]' "$root$own/podman-hooks.d/oci-hostnet-precreate.json"
	holds --arg hook "$sbindir/oci-hostnet-hook" '.hook.path == $hook and .stages == ["createRuntime"]' "$root$own/podman-hooks.d/oci-hostnet-guard.json"
}

# --- CRI-O ---------------------------------------------------------------------------

# crio.conf(5), CRIO.RUNTIME.RUNTIMES TABLE, of 1.26 to 1.30
CRIO_KEYS="runtime_path runtime_type runtime_root runtime_config_path privileged_without_host_devices allowed_annotations monitor_path monitor_cgroup monitor_env platform_runtime_paths"

@test "crio: one handler, documented keys only, no annotation of ours allowed by name" {
	require_python
	configure crio
	"$PYTHON" -c 'import json, sys, tomllib; print(json.dumps(tomllib.load(sys.stdin.buffer)))' \
		<"$root/etc/crio/crio.conf.d/oci-hostnet.conf" >"$root.json"
	holds --arg path "$sbindir/oci-hostnet-runtime" '.crio.runtime.runtimes."oci-hostnet"
		== {runtime_path: $path, runtime_type: "oci", runtime_root: "/run/oci-hostnet"}' "$root.json"
	holds --arg keys "$CRIO_KEYS" 'keys == ["crio"] and (.crio | keys == ["runtime"]) and (.crio.runtime | keys == ["runtimes"])
		and (.crio.runtime.runtimes | keys == ["oci-hostnet"])
		and (.crio.runtime.runtimes."oci-hostnet" | keys - ($keys | split(" ")) == [])' "$root.json"
	# the mark that says that we made the directory is read by CRI-O as well
	"$PYTHON" -c 'import sys, tomllib; assert tomllib.load(sys.stdin.buffer) == {}' <"$root/etc/crio/crio.conf.d/.made-by-oci-hostnet"
}

# --- Kubernetes ----------------------------------------------------------------------

PYTHON=/usr/bin/python3
require_python() {
	"$PYTHON" -c 'import tomllib, yaml' 2>/dev/null || missing "$PYTHON with tomllib and yaml (python3-yaml) is not installed"
}

# admits JQ-EXPRESSION - what becomes of a pod {} that was changed so
admission() {
	jq -nc '{resource: "/v1/pods", object: {metadata: {name: "x"}, spec: {}}} | '"$1" |
		"$PYTHON" "$top_srcdir/tests/tools/cel.py" "$root$own/kubernetes/admission.yaml"
}
admitted() { [ "$(admission "$1")" = admitted ] || { echo "not admitted: $1"; return 1; }; }
denied() { [[ $(admission "$1") == "denied: annotations io.oci-hostnet.* are for namespaces with the label "* ]] || { echo "not denied: $1"; return 1; }; }

@test "kubernetes: the annotations in labelled namespaces only" {
	require_python
	configure kubernetes
	ask='.object.metadata.annotations = {"a": "b", "io.oci-hostnet.network": "host"}'
	allowed='.namespaceLabels = {"io.oci-hostnet/annotations": "allowed"}'
	admitted .
	admitted '.object.metadata.annotations = {}'
	admitted '.object.metadata.annotations = {"io.oci-hostnetwork": "x", "x.io.oci-hostnet.network": "host"}'
	denied "$ask"
	denied "$ask | .object.metadata.annotations |= del(.a)"
	denied '.object.metadata.annotations = {"io.oci-hostnet.lock": "strict"}'
	denied "$ask | .namespaceLabels = {\"io.oci-hostnet/annotations\": \"no\", \"x\": \"allowed\"}"
	admitted "$ask | $allowed"
	# a pod that has it already can be finished, but gets no more of it
	update='.operation = "UPDATE" | .oldObject = .object'
	denied ".operation = \"UPDATE\" | .oldObject = .object | $ask"
	admitted "$ask | $update"
	admitted "$ask | $update | .object.metadata.finalizers = []"
	admitted "$ask | $update | .object.metadata.annotations = {}"
	denied "$ask | $update | .object.metadata.annotations.\"io.oci-hostnet.network\" = \"x\""
	denied "$ask | $update | .object.metadata.annotations.\"io.oci-hostnet.lock\" = \"strict\""
	admitted "$ask | .resource = \"/v1/configmaps\""
	# who may write the status may write annotations with it
	denied "$ask | $update | .resource = \"/v1/pods/status\" | .object.metadata.annotations.\"io.oci-hostnet.lock\" = \"strict\""
	admitted "$ask | $update | .resource = \"/v1/pods/status\" | .object.status = {phase: \"Running\"}"
	# templates
	for resource in apps/v1/deployments apps/v1/daemonsets apps/v1/statefulsets apps/v1/replicasets batch/v1/jobs; do
		template=".resource = \"$resource\" | .object.spec.template = {metadata: {}, spec: {}}"
		admitted "$template"
		admitted "$template | del(.object.spec.template.metadata)"
		denied "$template | .object.spec.template.metadata.annotations.\"io.oci-hostnet.network\" = \"host\""
		admitted "$template | .object.spec.template.metadata.annotations.\"io.oci-hostnet.network\" = \"host\" | $update"
		admitted "$template | .object.spec.template.metadata.annotations.\"io.oci-hostnet.network\" = \"host\" | $allowed"
	done
}

@test "kubernetes: a pod names its own service account, in every namespace, or none" {
	require_python
	configure kubernetes
	mine='.object.spec.serviceAccountName = "cni"'
	named() { echo ".object.metadata.annotations.\"io.oci-hostnet.service-account\" = \"$1\""; }
	forged() {
		[ "$(admission "$1")" = "denied: the annotation io.oci-hostnet.service-account must be spec.serviceAccountName" ] ||
			{ echo "not denied: $1"; return 1; }
	}
	allowed='.namespaceLabels = {"io.oci-hostnet/annotations": "allowed"}'
	update='.operation = "UPDATE" | .oldObject = .object'
	admitted "$mine"
	admitted "$mine | $(named cni)"
	admitted "$mine | $(named cni) | $allowed"
	for name in cn cni2 CNI default "" "cni " "kube-system/cni" "*"; do
		forged "$mine | $(named "$name")"
		forged "$mine | $(named "$name") | $allowed"
	done
	# a pod without one has none to name
	for name in "" default; do
		forged "$(named "$name")"
		forged ".object.spec.serviceAccountName = \"\" | $(named "$name")"
	done
	# it cannot be added or changed later, by the status neither
	for resource in /v1/pods /v1/pods/status; do
		later="$update | .resource = \"$resource\""
		forged "$mine | $later | $(named x)"
		forged "$mine | $(named cni) | $later | $(named x)"
		admitted "$mine | $later | $(named cni)"
		admitted "$mine | $(named cni) | $later | .object.metadata.finalizers = []"
		admitted "$mine | $(named cni) | $later | del(.object.metadata.annotations)"
		# from before the policy
		admitted "$mine | $(named x) | $later | .object.metadata.finalizers = []"
		forged "$mine | $(named x) | $later | $(named y)"
	done
	# what else is asked for is asked for all the same
	denied "$mine | $(named cni) | .object.metadata.annotations.\"io.oci-hostnet.network\" = \"host\""
	admitted "$mine | $(named cni) | .object.metadata.annotations.\"io.oci-hostnet.network\" = \"host\" | $allowed"
	# a template says it for its pods, which are looked at one by one
	admitted '.resource = "apps/v1/daemonsets" | .object.spec.template = {metadata: {annotations: {"io.oci-hostnet.service-account": "x"}}, spec: {}}'
}

@test "kubernetes: the RuntimeClass takes the handler that containerd and CRI-O know" {
	require_python
	configure kubernetes
	configure crio
	configure containerd
	"$PYTHON" -c 'import json, sys, yaml; print(json.dumps(yaml.safe_load(sys.stdin)))' <"$root$own/kubernetes/runtimeclass.yaml" >"$root.json"
	holds '.apiVersion == "node.k8s.io/v1" and .kind == "RuntimeClass" and .metadata.name == "oci-hostnet"' "$root.json"
	handler=$(jq -r .handler "$root.json")
	grep -q "^\[crio.runtime.runtimes.$handler\]" "$root/etc/crio/crio.conf.d/oci-hostnet.conf"
	grep -q "^\[$CRI2.$handler\]" "$toml"
}
