#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# oci-hostnet configure podman and crio: a file of our own beside somebody's, whose lists are not replaced.
bats_require_minimum_version 1.5.0
load helpers
load configure

setup() { setup_root; }

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
