#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# DNS as on the host: what an engine mounted at /etc/resolv.conf and /etc/hosts for a private network
# gives way to the host's files. By hand, and the captured configurations of engines (dns_podman.bats
# has real podman).
bats_require_minimum_version 1.5.0
load helpers
load dns

ID=0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef
# where podman would have them, with another network's names
ENGINE=$HOSTNET_TEST_DIR/run/overlay-containers/$ID/userdata

setup_file() {
	setup_dns
	mkdir -p "$ENGINE"
	remember_whole_host
}

setup() {
	STARTED_ID='' MOUNTED=()
	no_policy
	host_files
	echo "nameserver 10.77.0.1" >"$ENGINE/resolv.conf"
	echo "10.77.0.2 private" >"$ENGINE/hosts"
}

teardown() {
	local point
	stop
	for point in "${MOUNTED[@]}"; do umount "$point"; done
	no_policy
	host_files
	whole_host_unchanged
}

# mounts [OPTION...] - a jq expression: what podman mounts, with these options
mounts() {
	[ $# -gt 0 ] || set -- bind rprivate
	echo "$(at /etc/resolv.conf "$ENGINE/resolv.conf" "$@") | $(at /etc/hosts "$ENGINE/hosts" "$@")"
}
# at DESTINATION SOURCE [OPTION...]
at() {
	local options=("${@:3}")
	[ $# -gt 2 ] || options=(rbind)
	echo ".mounts += [{destination: \"$1\", type: \"bind\", source: \"$2\", options: $(words "${options[@]}" | jq -c .)}]"
}

expect_engine_files() {
	expect_status 0
	expect_output "nameserver 10.77.0.1" "10.77.0.2 private"
	[[ $output != *host.example* ]] || { echo "$output"; return 1; }
}

# --- each lock -------------------------------------------------------------------------

# looks RUNTIME JQ - the container's root may be nobody of the host, to whom the file says no already
looks() {
	local before error="Read-only file system"
	case $2 in *userns-rootfs*) error="Permission denied" ;; esac
	before=$(remember_files)
	run container "$1" "$(mounts) | $2" sh -c "$LOOK"
	expect_host_files "$error"
	diff <(echo "$before") <(remember_files)
}
lock() { echo ".annotations[\"io.oci-hostnet.lock\"] = \"$1\""; }
@test "crun: the host's files, read-only" { looks crun .; }
@test "runc: the host's files, read-only" { looks runc .; }
@test "crun: strict" { looks crun "$(lock strict)"; }
@test "runc: strict" { looks runc "$(lock strict)"; }
@test "crun: userns" { looks crun "$(lock userns)"; }
@test "runc: userns" { looks runc "$(lock userns)"; }
@test "crun: strict+userns" { looks crun "$(lock strict+userns)"; }
@test "runc: strict+userns" { looks runc "$(lock strict+userns)"; }
# the overlay that plays the host's /etc cannot be mapped
@test "crun: subordinate ids: nothing has to be mapped" { policy "$SUBORDINATE"; looks crun "$SHIFTED"; }
@test "runc: subordinate ids: nothing has to be mapped" { policy "$SUBORDINATE"; looks runc "$SHIFTED"; }
@test "subordinate ids: nor for a file that only its owner may execute" {
	policy "$SUBORDINATE"
	chmod 744 /etc/hosts /etc/resolv.conf
	for runtime in crun runc; do looks $runtime "$SHIFTED"; done
}
@test "crun: in a user namespace of the engine's" { looks crun "$USERNS"; }
@test "runc: in a user namespace of the engine's" { looks runc "$USERNS"; }

# --- the source ------------------------------------------------------------------------

# systemd-resolved(8); the flags of its mount are locked in a user namespace
resolved() {
	mkdir -p /run/systemd/resolve
	mount -t tmpfs -o nosuid,nodev,noexec,mode=755 tmpfs /run/systemd/resolve
	MOUNTED=(/run/systemd/resolve)
	mv /etc/resolv.conf /run/systemd/resolve/stub-resolv.conf
	ln -s ../run/systemd/resolve/stub-resolv.conf /etc/resolv.conf
}
link() {
	resolved
	for runtime in crun runc; do
		looks $runtime "$1"
		run container $runtime "$(mounts) | $1" grep ' /etc/resolv.conf ' /proc/self/mountinfo
		expect_output "/stub-resolv.conf /etc/resolv.conf ro,nosuid,nodev,noexec"
	done
}
@test "a link to systemd-resolved's file" { link .; }
@test "a link to systemd-resolved's file, strict" { link "$(lock strict)"; }
@test "a link to systemd-resolved's file, userns" { link "$(lock userns)"; }
@test "a link to systemd-resolved's file, subordinate ids" { policy "$SUBORDINATE"; link "$SHIFTED"; }
@test "a link to systemd-resolved's file, in a user namespace of the engine's" { link "$USERNS"; }

# rootless: what is mounted comes from a namespace of more privilege, with its flags locked
@test "an ordinary user's crun and runc" {
	local home=$HOSTNET_TEST_DIR/tmp/home
	resolved
	mkdir -p "$home/bundle"
	cp -a "$HOSTNET_TEST_DIR/rootfs" "$home/rootfs"
	make_bundle "$home/bundle" "$(mounts) | del(.linux.resources, .linux.cgroupsPath, .mounts[4]) | .root.path = \"$home/rootfs\"" \
		sh -c "$LOOK"'; grep " /etc/resolv.conf " /proc/self/mountinfo'
	chown -R 5000:5000 "$home"
	for runtime in crun runc; do
		run setpriv --reuid 5000 --regid 5000 --clear-groups unshare -Urm --propagation private \
			env XDG_RUNTIME_DIR="$home" "$PROGRAMS/oci-hostnet-$runtime" --root "$home/state" run -b "$home/bundle" "$(unique_id)"
		expect_host_files "Permission denied"
		expect_output "/stub-resolv.conf /etc/resolv.conf ro,nosuid,nodev,noexec"
	done
	rm -rf "$home"
}

@test "files that are mount points themselves" {
	cp /etc/hosts "$HOSTNET_TEST_DIR/tmp/hosts"
	mount --bind "$HOSTNET_TEST_DIR/tmp/hosts" /etc/hosts
	MOUNTED=(/etc/hosts)
	mount -o remount,bind,nosuid,nodev,noexec,ro /etc/hosts
	for lock in standard userns; do
		for runtime in crun runc; do looks $runtime "$(lock $lock)"; done
	done
}

# kept FILE REASON [JQ] - the engine's, and diff says so
kept() {
	local dir
	dir=$(mktemp -d "$HOSTNET_TEST_DIR/tmp/kept.XXXXXX")
	make_bundle "$dir" "$(mounts) | ${3-.}" sh -c 'cat /etc/resolv.conf /etc/hosts; echo END'
	run "$PROGRAMS/oci-hostnet" diff "$dir"
	expect_status 0
	expect_output "report  the host has nothing to show a container at \`$1\` ($2): the container keeps what the engine made"
	run "$PROGRAMS/oci-hostnet" diff --json "$dir"
	jq -e '.verdict == "edited" and (.reason | startswith("the host has nothing to show"))' <<<"$output"
	for runtime in crun runc; do
		run container $runtime "$(mounts) | ${3-.}" sh -c 'cat /etc/resolv.conf /etc/hosts; echo END'
		expect_status 0
		expect_output END
		case $1 in
		/etc/hosts) expect_output "10.77.0.2 private" "nameserver 127.0.0.53" ;;
		*) expect_output "nameserver 10.77.0.1" "192.0.2.7 only.host.example" ;;
		esac
	done
}
@test "the host has no such file: the engine's stays" {
	rm /etc/resolv.conf
	kept /etc/resolv.conf "there is none, or its link leads nowhere"
	kept /etc/resolv.conf "there is none, or its link leads nowhere" "$(lock userns)"
}
@test "nor where its link leads nowhere" {
	ln -sf ../run/systemd/resolve/stub-resolv.conf /etc/resolv.conf
	kept /etc/resolv.conf "there is none, or its link leads nowhere"
}
@test "nor one that not everybody may read" {
	chmod 640 /etc/hosts
	kept /etc/hosts "not every user may read it"
}
@test "nor one in a directory that is closed" {
	resolved
	chmod 750 /run/systemd/resolve
	kept /etc/resolv.conf "not every user may read it"
}
@test "nor one that is no file" {
	rm /etc/hosts
	mkdir /etc/hosts
	kept /etc/hosts "it is no regular file"
}
@test "nor one of the process that looks" {
	ln -sf /proc/net/arp /etc/resolv.conf
	kept /etc/resolv.conf "it is a file of a process"
}
@test "neither of them: both are told" {
	rm /etc/resolv.conf /etc/hosts
	make_bundle "$BATS_TEST_TMPDIR/bundle" "$(mounts)" true
	run "$PROGRAMS/oci-hostnet" diff "$BATS_TEST_TMPDIR/bundle"
	expect_status 0
	expect_output "at \`/etc/resolv.conf\` (there is none, or its link leads nowhere) and \`/etc/hosts\` (there is none"
	[[ $output != *"DNS as on the host"* ]]
}
@test "what no mount asks for is not told" {
	rm /etc/resolv.conf /etc/hosts
	make_bundle "$BATS_TEST_TMPDIR/bundle" . true
	run "$PROGRAMS/oci-hostnet" diff "$BATS_TEST_TMPDIR/bundle"
	expect_status 0
	[[ $output != *report* ]]
}

# --- the mount -------------------------------------------------------------------------

# edited JQ - the mounts at the two places, behind `apply`; verify holds, and a second time changes nothing
edited() {
	local dir
	dir=$(mktemp -d "$HOSTNET_TEST_DIR/tmp/edited.XXXXXX")
	make_bundle "$dir" "$1" true
	"$PROGRAMS/oci-hostnet" apply "$dir"
	cp "$dir/config.json" "$dir/before"
	"$PROGRAMS/oci-hostnet" apply "$dir"
	cmp "$dir/config.json" "$dir/before"
	"$PROGRAMS/oci-hostnet" verify "$dir" >"$dir/verify" || { cat "$dir/verify"; return 1; }
	jq -c '.mounts[] | select(.destination | test("etc/+[.]?/*(resolv|hosts)")) | [.destination, .source, .options]' "$dir/config.json"
}
expect_edited() { diff <(edited "$1") <(printf '%s\n' "${@:2}"); }

@test "the other options stay, and rw goes" {
	expect_edited "$(mounts rw rbind nosuid nodev noexec rslave)" \
		'["/etc/resolv.conf","/etc/resolv.conf",["rbind","nosuid","nodev","noexec","rslave","ro"]]' \
		'["/etc/hosts","/etc/hosts",["rbind","nosuid","nodev","noexec","rslave","ro"]]'
	expect_edited "$(mounts rbind ro)" \
		'["/etc/resolv.conf","/etc/resolv.conf",["rbind","ro"]]' '["/etc/hosts","/etc/hosts",["rbind","ro"]]'
	expect_edited "$(mounts ro bind rw)" \
		'["/etc/resolv.conf","/etc/resolv.conf",["ro","bind"]]' '["/etc/hosts","/etc/hosts",["ro","bind"]]'
	expect_edited "$(mounts bind rrw) | .mounts[-1] |= del(.options)" \
		'["/etc/resolv.conf","/etc/resolv.conf",["bind","ro"]]' '["/etc/hosts","/etc/hosts",["ro"]]'
	resolved
	expect_edited "$(mounts)" \
		'["/etc/resolv.conf","/run/systemd/resolve/stub-resolv.conf",["bind","rprivate","ro","nosuid","nodev","noexec"]]' \
		'["/etc/hosts","/etc/hosts",["bind","rprivate","ro"]]'
}

@test "a destination in another spelling" {
	for there in etc/hosts /etc//hosts /etc/./hosts //etc/hosts; do
		expect_edited "$(at $there "$ENGINE/hosts" bind)" "[\"$there\",\"/etc/hosts\",[\"bind\",\"ro\"]]"
	done
	for there in /etc//hosts /etc/./hosts; do
		for runtime in crun runc; do
			run container $runtime "$(at $there "$ENGINE/hosts" bind)" cat /etc/hosts
			expect_output only.host.example
		done
	done
}

@test "several mounts at one place: the last is what the container sees, with us and without" {
	echo "198.51.100.9 mine" >"$BATS_TEST_TMPDIR/hosts"
	local mine engine
	mine=$(at /etc/hosts "$BATS_TEST_TMPDIR/hosts")
	engine=$(at /etc/hosts "$ENGINE/hosts")
	for runtime in crun runc; do
		for lock in standard userns; do
			run container $runtime "$engine | $mine | $(lock $lock)" cat /etc/hosts
			expect_status 0
			[ "$output" = "198.51.100.9 mine" ]
			run container $runtime "$mine | $engine | $(lock $lock)" cat /etc/hosts
			expect_status 0
			[ "$output" = "$(cat /etc/hosts)" ]
		done
	done
}

@test "diff tells it and why" {
	make_bundle "$BATS_TEST_TMPDIR/bundle" "$(mounts)" true
	run "$PROGRAMS/oci-hostnet" diff "$BATS_TEST_TMPDIR/bundle"
	expect_status 0
	for index in 5 6; do
		for member in source options; do
			expect_output "replace /mounts/$index/$member: DNS as on the host: the engine's file is for the private network"
		done
	done
	[[ $output != *"way out"* ]] || { echo "$output"; return 1; }
}

@test "audit says locked: of /etc only the files come in, which cannot be written" {
	for runtime in crun runc; do
		for lock in standard strict; do
			start $runtime "$(mounts) | $(lock $lock)" sh -c 'echo ready; exec sleep 1000'
			run "$PROGRAMS/oci-hostnet" audit "$("$STARTED_RUNTIME" state "$STARTED_ID" | jq .pid)"
			expect_status 0
			[ "${lines[-1]}" = locked ]
			stop
		done
	done
}

# --- what stays as it is -----------------------------------------------------------------

# nothing_edited [JQ] - of the mounts
nothing_edited() {
	local dir
	dir=$(mktemp -d "$HOSTNET_TEST_DIR/tmp/same.XXXXXX")
	make_bundle "$dir" "$1" true
	jq -c .mounts "$dir/config.json" >"$dir/before"
	"$PROGRAMS/oci-hostnet" apply "$dir"
	jq -e '.annotations["io.oci-hostnet.applied"]' "$dir/config.json" >/dev/null
	diff "$dir/before" <(jq -c .mounts "$dir/config.json")
}
@test "the policy says keep" {
	policy '{"version": 1, "default": {"dns": "keep"}}'
	nothing_edited "$(mounts)"
	for runtime in crun runc; do
		run container $runtime "$(mounts)" cat /etc/resolv.conf /etc/hosts
		expect_engine_files
	done
	policy '{"version": 1, "rules": [{"when": {"annotations": {"dns": "mine"}}, "dns": "keep"}]}'
	nothing_edited "$(mounts) | .annotations.dns = \"mine\""
	run container crun "$(mounts)" sh -c "$LOOK"
	expect_host_files
}
@test "a container that has the host's network without asking" {
	policy '{"version": 1, "default": {"inherit": "lock", "dns": "host"}}'
	nothing_edited "$(mounts) | $UNASKED"
	nothing_edited "$(mounts) | $UNASKED | .annotations[\"io.oci-hostnet.network\"] = \"host\""
	nothing_edited "$(mounts) | (.linux.namespaces[] | select(.type == \"network\")).path = \"/proc/self/ns/net\""
	run container crun "$(mounts) | $UNASKED" cat /etc/resolv.conf /etc/hosts
	expect_engine_files
}
@test "a container with a network of its own: not a byte" {
	make_bundle "$BATS_TEST_TMPDIR/bundle" "$(mounts) | del(.annotations)" true
	cp "$BATS_TEST_TMPDIR/bundle/config.json" "$BATS_TEST_TMPDIR/before"
	"$PROGRAMS/oci-hostnet" apply "$BATS_TEST_TMPDIR/bundle"
	cmp "$BATS_TEST_TMPDIR/bundle/config.json" "$BATS_TEST_TMPDIR/before"
}
@test "files of the user's, of the image and of other kinds" {
	mkdir -p "$BATS_TEST_TMPDIR/userdata"
	echo "198.51.100.9 mine" | tee "$BATS_TEST_TMPDIR/hosts" "$BATS_TEST_TMPDIR/userdata/hosts" >"$BATS_TEST_TMPDIR/resolv.conf"
	nothing_edited .
	nothing_edited "$(at /etc/hosts "$BATS_TEST_TMPDIR/hosts") | $(at /etc/resolv.conf "$BATS_TEST_TMPDIR/resolv.conf")"
	nothing_edited "$(at /etc/hosts "$BATS_TEST_TMPDIR/userdata/hosts")"
	nothing_edited "$(at /etc/hosts "$ENGINE/resolv.conf")"
	nothing_edited "$(at /etc/hostname "$ENGINE/hosts")"
	nothing_edited "$(at /etc/hosts /etc/hosts rbind ro)"
	nothing_edited '.mounts += [{destination: "/etc/hosts", type: "tmpfs", source: "'"$ENGINE"'/hosts", options: ["size=4k"]}]'
	run container crun "$(at /etc/hosts "$BATS_TEST_TMPDIR/hosts")" sh -c 'echo more >>/etc/hosts; cat /etc/hosts'
	[ "$output" = $'198.51.100.9 mine\nmore' ]
}
@test "an annotation does not make a file an engine's, nor keep it" {
	echo "198.51.100.9 mine" >"$BATS_TEST_TMPDIR/hosts"
	nothing_edited "$(at /etc/hosts "$BATS_TEST_TMPDIR/hosts") | .annotations[\"io.container.manager\"] = \"libpod\" | .annotations[\"io.kubernetes.cri-o.Created\"] = \"x\""
	expect_edited "$(at /etc/hosts "$ENGINE/hosts" bind) | .annotations[\"io.container.manager\"] = \"none\"" '["/etc/hosts","/etc/hosts",["bind","ro"]]'
}

# --- other engines ---------------------------------------------------------------------

# judged POLICY JQ CAPTURE [CALLER] - the mounts at the two places
judged() {
	jq -c ".annotations[\"io.oci-hostnet.network\"] = \"host\" | $2" "$CAPTURES/$3.config.json" |
		"$top_builddir/tests/unit/judge_file" "${4-create}" "{\"version\":1,\"default\":{$1}}" >"$BATS_TEST_TMPDIR/judged" ||
		{ cat "$BATS_TEST_TMPDIR/judged"; return 1; }
	jq -r '.mounts[] | select(.destination | test("^/etc/(resolv|host)")) | "\(.destination) \(.source | gsub("[0-9a-f]{64}"; "ID")) \(.options | join(","))"' \
		"$BATS_TEST_TMPDIR/judged"
}
expect_judged() { diff <(judged "${@:2}") <(printf '%s\n' "$1"); }

@test "docker, once its hooks are out of the way" {
	expect_judged "/etc/resolv.conf /etc/resolv.conf rbind,rprivate,ro
/etc/hostname /var/lib/docker/containers/ID/hostname rbind,rprivate
/etc/hosts /etc/hosts rbind,rprivate,ro" '"pathless":"remove"' 'del(.hooks)' docker/bridge
}
@test "docker run --network host: its namespace is the host's, and docker's files stay" {
	expect_judged "/etc/resolv.conf /var/lib/docker/containers/ID/resolv.conf rbind,rprivate
/etc/hostname /var/lib/docker/containers/ID/hostname rbind,rprivate
/etc/hosts /var/lib/docker/containers/ID/hosts rbind,rprivate" '"inherit":"lock"' '(.linux.namespaces[] | select(.type == "network")).path = "/proc/self/ns/net"' docker/host
}
@test "containerd's CRI plugin" {
	expect_judged "/etc/resolv.conf /etc/resolv.conf rbind,ro" '"request":"allow"' . cri-containerd/default
	expect_judged "/etc/resolv.conf /etc/resolv.conf rbind,ro
/etc/hosts /etc/hosts rbind,ro" '"request":"allow"' \
		'.mounts += [.mounts[] | select(.destination == "/etc/resolv.conf") | .destination = "/etc/hosts" | .source |= sub("resolv.conf"; "hosts")]' cri-containerd/default
}
@test "CRI-O with a kubelet's /etc/hosts" {
	expect_judged "/etc/resolv.conf /etc/resolv.conf bind,nodev,nosuid,noexec,ro
/etc/hostname /run/crio-labroot/overlay-containers/ID/userdata/hostname rw,bind
/etc/hosts /etc/hosts rbind,rprivate,bind,ro" '"request":"allow"' \
		'(.mounts[] | select(.destination == "/etc/hosts")).source = "/var/lib/kubelet/pods/c0ffee00-1111-4222-8333-0123456789ab/etc-hosts"' crio/normal.container
	# another's is nobody's that we know
	expect_judged "/etc/resolv.conf /etc/resolv.conf bind,nodev,nosuid,noexec,ro
/etc/hostname /run/crio-labroot/overlay-containers/ID/userdata/hostname rw,bind
/etc/hosts /srv/crio/requests/normal/etc-hosts rw,rbind,rprivate,bind" '"request":"allow"' . crio/normal.container
}
@test "buildah" {
	expect_judged "/etc/hosts /etc/hosts rbind,ro
/etc/hostname /var/tmp/buildah231896641/hostname rbind
/etc/resolv.conf /etc/resolv.conf rbind,ro" '"pathless":"remove"' . buildah/run
}
@test "podman --network none: precreate" {
	expect_judged "/etc/hosts /etc/hosts bind,rprivate,ro
/etc/hostname /run/containers/storage/overlay-containers/ID/userdata/hostname bind,rprivate" '"dns":"host"' . podman/none precreate
}
