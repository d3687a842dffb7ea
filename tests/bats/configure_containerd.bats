#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# oci-hostnet configure containerd: what becomes of somebody's config.toml.
bats_require_minimum_version 1.5.0
load helpers
load configure

setup() { setup_root; }

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
