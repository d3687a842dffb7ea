#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# The lock userns with subordinate ids (`subordinate` of the policy): real crun and runc, on a
# root filesystem that belongs to the ids, with volumes of several file systems.
bats_require_minimum_version 1.5.0
load helpers
load podman

setup_file() {
	require_program oci-hostnet oci-hostnet-crun oci-hostnet-runc oci-hostnet-runtime oci-hostnet-hook
	make_rootfs "$HOSTNET_TEST_DIR/rootfs"
	make_userns_rootfs
	gcc -Wall -O1 -static -o "$HOSTNET_TEST_DIR/version" "$top_srcdir/tests/tools/version.c"
}

setup() {
	STARTED_ID=
	subordinate_ids
	policy "$SUBORDINATE"
	remember_host
	work=$(mktemp -d "$HOSTNET_TEST_DIR/tmp/subordinate.XXXXXX")
	chmod 755 "$work"
}

teardown() {
	stop
	no_policy
	while umount "$work"/* 2>/dev/null; do :; done
	host_unchanged
}

# bind SOURCE [OPTION...] - as an expression, at /data
bind() {
	local options=("${@:2}")
	[ $# -gt 1 ] || options=(rbind)
	echo ".mounts += [{destination: \"/data\", type: \"bind\", source: \"$1\", options: $(words "${options[@]}" | jq -c .)}]"
}

IDS='[{"containerID":0,"hostID":100000,"size":65536}]'

volume() {
	mkdir -p "$work/volume"
	echo "$work/volume"
}

# refused RUNTIME JQ TEXT... - does not start, and says so
refused() {
	run container "$1" "$2" sh -c 'echo started'
	[ "$status" -ne 0 ] || { echo "it started: $output"; return 1; }
	[[ $output != *started* ]]
	expect_output "${@:3}"
}

# --- the whole -----------------------------------------------------------------------

locked() {
	run container "$1" "$SHIFTED | $ADMIN | $2" sh -c 'id; cat /proc/self/uid_map /proc/self/gid_map
		ip -o addr; ifconfig lo:1 127.0.0.3; ip addr add 127.0.0.4/8 dev lo
		echo 1 >/proc/sys/net/ipv4/ip_forward; touch /made; stat -c "%n %u" /made; echo END'
	expect_status 0
	expect_output "uid=0(root) gid=0(root)" "inet 10.98.0.1/24" "SIOCSIFADDR: Permission denied" \
		"Operation not permitted" "Read-only file system" "/made 0" END
	[ "$(grep -cE '^ +0 +100000 +65536$' <<<"$output")" = 2 ]
	[ "$(stat -c %u:%g "$HOSTNET_TEST_DIR/userns-rootfs/made")" = 100000:100000 ]
	rm "$HOSTNET_TEST_DIR/userns-rootfs/made"
}
@test "crun: the host's network, which cannot be changed, as nobody of the host" { locked crun .; }
@test "runc: the host's network, which cannot be changed, as nobody of the host" { locked runc .; }
@test "crun: together with strict" { locked crun '.annotations["io.oci-hostnet.lock"] = "strict"'; }
@test "runc: together with strict" { locked runc '.annotations["io.oci-hostnet.lock"] = "strict"'; }

@test "other gids than uids" {
	echo hostnet:300000:65536 >/etc/subgid
	cp -a "$HOSTNET_TEST_DIR/userns-rootfs" "$work/root"
	chown -hR 100000:300000 "$work/root"
	for runtime in crun runc; do
		run container $runtime ".root.path = \"$work/root\"" sh -c 'cat /proc/self/uid_map /proc/self/gid_map; ls -lnd /bin'
		expect_status 0
		grep -qE '^ +0 +100000 +65536$' <<<"$output"
		grep -qE '^ +0 +300000 +65536$' <<<"$output"
		grep -qE '^d.* 0 +0 .* /bin$' <<<"$output"
	done
}

@test "under another lock the member has no effect" {
	policy '{"version": 1, "default": {"subordinate": "nobody-at-all"}}'
	run container crun . cat /proc/self/uid_map
	expect_status 0
	grep -qE '^ +0 +0 +4294967295$' <<<"$output"
	run container crun '.annotations["io.oci-hostnet.lock"] = "userns"' true
	expect_status 1
	expect_output "/etc/subuid gives no ids to \`nobody-at-all\`"
}

@test "a container that has the host's network without asking is left as it is when it cannot have the ids" {
	run container crun "$UNASKED" cat /proc/self/uid_map
	expect_status 0
	grep -qE '^ +0 +0 +4294967295$' <<<"$output"
	policy "$(jq -c '.default.inherit = "lock"' <<<"$SUBORDINATE")"
	refused crun "$UNASKED" "root filesystem"
	run container crun "$UNASKED | $SHIFTED" cat /proc/self/uid_map
	expect_status 0
	grep -qE '^ +0 +100000 +65536$' <<<"$output"
}

# --- volumes -------------------------------------------------------------------------

WRITE='umask 022
	cd /data
	id -u >root; mkdir dir; echo x >user; chown 1000:1001 user
	cp /bin/busybox setuid; chmod 4755 setuid
	ls -ln before; echo more >>before; chown 0:0 before2'

# owners DIRECTORY - and what stands in it
owners() { (cd "$1" && find . -mindepth 1 -printf '%P %U:%G %m\n' | sort); }

# The same container without us tells what is right.
same_owners() {
	local path=$1 plain=$2 change=$3
	echo x >"$path/before"; chown 1000:1000 "$path/before"; echo y >"$path/before2"; chown 5:6 "$path/before2"
	container plain-crun "$UNASKED | $change | $(bind "$plain")" sh -c "$WRITE"
	owners "$plain" >"$work/right"
	container crun "$SHIFTED | $change | $(bind "$path")" sh -c "$WRITE"
	diff "$work/right" <(owners "$path")
}

@test "crun: on a tmpfs and on the disk the owners are those without us" {
	local disk plain
	disk=$(mktemp -d "$top_builddir/subordinate.XXXXXX")
	chmod 755 "$disk"
	for path in "$(volume)" "$disk"; do
		plain=$(mktemp -d "$work/plain.XXXXXX")
		echo x >"$plain/before"; chown 1000:1000 "$plain/before"; echo y >"$plain/before2"; chown 5:6 "$plain/before2"
		same_owners "$path" "$plain" . || { rm -rf "$disk"; return 1; }
	done
	rm -rf "$disk"
	grep -q '^root 0:0 644$' "$work/right"
	grep -q '^user 1000:1001 644$' "$work/right"
	grep -q '^setuid 0:0 4755$' "$work/right"
}

@test "crun: for a user of the container too, and in a later exec" {
	local path
	path=$(volume)
	chown 1000:1000 "$path"
	start crun "$SHIFTED | .process.user = {uid: 1000, gid: 1000, additionalGids: [7]} | $(bind "$path")" \
		sh -c 'echo x >/data/u; echo ready; exec sleep 1000'
	"$STARTED_RUNTIME" exec --user 0 "$STARTED_ID" sh -c 'echo y >/data/r; chown 1000:7 /data/r' </dev/null
	"$STARTED_RUNTIME" exec --user 1000:1000 "$STARTED_ID" sh -c 'echo z >/data/later' </dev/null
	stop
	diff - <(owners "$path") <<-'TEXT'
	later 1000:1000 644
	r 1000:7 644
	u 1000:1000 644
	TEXT
}

@test "crun: what is mounted below a volume is mapped as well" {
	local path
	path=$(volume)
	mkdir "$path/sub"
	mount -t tmpfs -o mode=0755 tmpfs "$path/sub"
	run container crun "$SHIFTED | $(bind "$path")" sh -c 'echo x >/data/sub/r; echo y >/data/sub/u; chown 9:9 /data/sub/u; grep -c idmapped /proc/self/mountinfo'
	expect_status 0
	expect_output 2
	diff - <(owners "$path/sub") <<<$'r 0:0 644\nu 9:9 644'
	# crun takes the option alone too, newer runtimes want both
	make_bundle "$work/bundle" "$SHIFTED | $(bind "$path")" true
	"$PROGRAMS/oci-hostnet" apply "$work/bundle"
	[ "$(jq -c '.mounts[] | select(.destination | startswith("/data")) | [.destination, .uidMappings, .gidMappings]' "$work/bundle/config.json")" = \
		"$(for name in /data /data/sub; do echo "[\"$name\",$IDS,$IDS]"; done)" ]
	# and one that is shifted is not
	chown -R 100000:100000 "$path/sub"
	run container crun "$SHIFTED | $(bind "$path")" sh -c 'echo x >/data/sub/s; grep -c idmapped /proc/self/mountinfo'
	expect_status 0
	expect_output 1
	[ "$(stat -c %u:%g "$path/sub/s")" = 100000:100000 ]
	umount "$path/sub"
}

@test "crun: ro and nosuid stay beside it" {
	local path
	path=$(volume)
	run container crun "$SHIFTED | $(bind "$path" rbind ro nosuid nodev)" sh -c 'grep " /data " /proc/self/mountinfo; touch /data/x'
	expect_status 1
	expect_output "Read-only file system" "ro,nosuid,nodev" idmapped
}

@test "runc 1.1.5: a volume is refused, with what is missing" {
	run runc --version
	[[ $output == "runc version 1."[01].* ]] || missing "runc maps ids"
	refused runc "$SHIFTED | $(bind "$(volume)")" \
		"the mount at \`/data\` needs mapped ids" "is runc 1." "which maps none: use crun 1.8.1, runc 1.2"
}

# Files that everybody may read and nobody in the container writes, and what is shifted already.
unmapped() {
	local path
	path=$(volume)
	echo hello >"$work/hosts"
	run container "$1" "$SHIFTED | $(bind "$work/hosts" rbind rw | sed 's|"/data"|"/etc/hosts"|')" \
		sh -c 'cat /etc/hosts; echo x >>/etc/hosts; grep idmapped /proc/self/mountinfo; echo END'
	expect_status 0
	expect_output hello "Permission denied" END
	[[ $output != *idmapped* ]]
	[ "$(cat "$work/hosts")" = hello ]
	chown 100000:100000 "$path"
	run container "$1" "$SHIFTED | $(bind "$path")" sh -c 'echo x >/data/f; grep idmapped /proc/self/mountinfo; ls -ln /data'
	expect_status 0
	[[ $output != *idmapped* ]]
	[ "$(stat -c %u:%g "$path/f")" = 100000:100000 ]
	run container "$1" "$SHIFTED | $(bind /dev/zero bind | sed 's|"/data"|"/dev/nought"|')" sh -c 'head -c 3 /dev/nought | wc -c'
	expect_status 0
	expect_output 3
	run container "$1" "$SHIFTED | $(bind /sys rbind)" sh -c 'ls /data/class/net; grep idmapped /proc/self/mountinfo; echo END'
	expect_status 0
	expect_output host0 END
	[[ $output != *idmapped* ]]
}
@test "crun: read-only files, shifted directories, devices and /sys need no mapped ids" { unmapped crun; }
@test "runc: read-only files, shifted directories, devices and /sys need no mapped ids" { unmapped runc; }

@test "files that need mapped ids: writable by others, or readable by root alone" {
	echo x >"$work/file"
	for mode in 666 664 600 4711 750; do
		chmod $mode "$work/file"
		refused runc "$SHIFTED | $(bind "$work/file" bind rw)" "needs mapped ids"
	done
	chmod 644 "$work/file"; chown 1000 "$work/file"
	refused runc "$SHIFTED | $(bind "$work/file" bind rw)" "needs mapped ids"
	run container runc "$SHIFTED | $(bind "$work/file" bind ro | sed 's|"/data"|"/file"|')" cat /file
	expect_status 0
	rm -f "$HOSTNET_TEST_DIR/userns-rootfs/file"
}

# --- volumes that are refused --------------------------------------------------------

@test "a directory that everybody may write is not left as it is" {
	chmod 1777 "$(volume)"
	refused runc "$SHIFTED | $(bind "$(volume)")" "needs mapped ids"
	container crun "$SHIFTED | $(bind "$(volume)")" touch /data/x
	[ "$(stat -c %u:%g "$work/volume/x")" = 0:0 ]
}

@test "a symbolic link, and any other spelling, is refused with the real path" {
	local path
	path=$(volume)
	ln -s volume "$work/link"
	ln -s . "$work/here"
	for source in "$work/link" "$work/here/volume" "$work/../${work##*/}/volume" "$path/" "$work//volume"; do
		refused crun "$SHIFTED | $(bind "$source")" "for a source with symbolic links: name it \`$path\`"
	done
}

@test "file systems without mapped ids are refused by name" {
	local path
	path=$(volume)
	mkdir "$work"/{lower,upper,work,merged,ram}
	mount -t overlay overlay -o "lowerdir=$work/lower,upperdir=$work/upper,workdir=$work/work" "$work/merged"
	mount -t ramfs ramfs "$work/ram"
	for source in "$work/merged" "$work/ram" /dev/pts; do
		refused crun "$SHIFTED | $(bind "$source")" "the file system of \`$source\` has none"
	done
	# below one that can
	mkdir "$path/sub"
	mount -t ramfs ramfs "$path/sub"
	refused crun "$SHIFTED | $(bind "$path")" "the file system of \`$path/sub\` has none"
	umount "$path/sub"
	container crun "$SHIFTED | $(bind "$path")" true
}

@test "all of the host is refused" {
	refused crun "$SHIFTED | $(bind /)" "is all of the host"
}

@test "what is not there is refused, and is not made" {
	refused crun "$SHIFTED | $(bind "$work/nothing")" "they cannot be tried on \`$work/nothing\`"
	[ ! -e "$work/nothing" ]
}

@test "mapped ids of the configuration's own are refused" {
	local path
	path=$(volume)
	for option in idmap ridmap "idmap=uids=0-1-10;gids=0-1-10"; do
		refused crun "$SHIFTED | $(bind "$path" rbind "$option")" "has mapped ids of its own"
	done
	refused crun "$SHIFTED | $(bind "$path") | .mounts[-1].uidMappings = [{containerID: 0, hostID: 0, size: 1}]" "has mapped ids of its own"
	refused crun "$SHIFTED | $(bind "$path") | .mounts[-1].gidMappings = []" "has mapped ids of its own"
}

# --- the root filesystem and the user ------------------------------------------------

@test "a root filesystem of the host's ids is refused, and what to do" {
	for runtime in crun runc; do
		refused $runtime . "the root filesystem \`$HOSTNET_TEST_DIR/rootfs\` belongs to 0:0" \
			"start on the host at 100000:100000" "podman run --uidmap 0:100000:65536"
	done
	cp -a "$HOSTNET_TEST_DIR/userns-rootfs" "$work/root"
	for owner in 100000:0 0:100000 99999:100000 165536:100000 100000:165536; do
		chown "$owner" "$work/root"
		refused crun ".root.path = \"$work/root\"" "belongs to $owner"
	done
	chown 165535:165535 "$work/root"
	run container crun ".root.path = \"$work/root\"" echo started
	expect_status 0
}

@test "a root filesystem that is out of reach is refused" {
	mkdir -m 700 "$work/closed"
	cp -a "$HOSTNET_TEST_DIR/userns-rootfs" "$work/closed/root"
	refused crun ".root.path = \"$work/closed/root\"" "others may not search \`$work/closed\`"
	chown 100000:100000 "$work/closed"
	run container crun ".root.path = \"$work/closed/root\"" echo started
	expect_status 0
}

@test "a user beyond the ids is refused" {
	for user in '{uid: 65536, gid: 0}' '{uid: 0, gid: 65536}' '{uid: 0, gid: 0, additionalGids: [1, 65536]}' '{uid: -1, gid: 0}'; do
		refused crun "$SHIFTED | .process.user = $user" "not among 0 to 65535"
	done
	run container crun "$SHIFTED | .process.user = {uid: 65535, gid: 65535, additionalGids: [65535]}" id
	expect_status 0
	expect_output uid=65535
}

# --- the files -----------------------------------------------------------------------

# each FILE of the two, and how usermod calls its ids
each_file() {
	"$1" /etc/subuid --add-subuids /etc/passwd
	subordinate_ids
	"$1" /etc/subgid --add-subgids /etc/group
}

bad_ids() {
	local text
	for text in '' 'hostnet:100000:65535' 'hostnet:0:4294967295' 'hostnet:4294901759:65536' \
		'other:100000:65536' $'hostnet:100000:65536\nother:165535:1'; do
		printf '%s\n' "$text" >"$1"
		refused crun "$SHIFTED" "the file $1 gives" "usermod $2 FIRST-LAST hostnet"
	done
	printf 'hostnet:100000:65536\nhostnet:300000:65536\n' >"$1"
	refused crun "$SHIFTED" "the file $1 has several lines of \`hostnet\`"
	printf 'hostnet:100000:65536\nother:1e6:65536\n' >"$1"
	refused crun "$SHIFTED" "the file $1 has in line 2 something else than"
	printf 'hostnet:100000:65536\n\0other:100000:65536\n' >"$1"
	refused crun "$SHIFTED" "the file $1," "NUL"
}
@test "ids that are too few, the host's own, shared or not there are refused" { each_file bad_ids; }

bad_file() {
	chown 1000 "$1"
	refused crun "$SHIFTED" "the file $1," "it is not root's"
	chown 0 "$1"
	for mode in 664 646; do
		chmod $mode "$1"
		refused crun "$SHIFTED" "the file $1," "others than root can write it"
	done
	mv "$1" "$1.kept"
	refused crun "$SHIFTED" "the file $1 gives no ids to \`hostnet\`"
	ln -s "${1##*/}.kept" "$1"
	refused crun "$SHIFTED" "cannot read $1"
	rm "$1"
	mkfifo "$1"
	refused crun "$SHIFTED" "the file $1," "no regular file"
	rm "$1" "$1.kept"
}
@test "files that others could have written, links and fifos are refused" { each_file bad_file; }

account() {
	cp -a "$3" "$work/accounts"
	echo "shared:x:165535:165535:::" >>"$3"
	refused crun "$SHIFTED" "the file $1 gives \`hostnet\` the id 165535, which \`shared\` has in $3"
	cat "$work/accounts" >"$3"
}
@test "ids of the host's accounts are refused" { each_file account; }

# --- the low-level runtime -----------------------------------------------------------

# as NAME SAYS - one that says so for --version, chosen by the policy
as() {
	cp "$HOSTNET_TEST_DIR/version" "$work/$1"
	printf '%s\n' "$2" >"$work/$1.says"
	policy "$(jq -c --arg path "$work/$1" '.runtime = $path' <<<"$SUBORDINATE")"
	make_bundle "$work/bundle" "$SHIFTED | ${3:-$(bind "$(volume)")}" true
	run "$PROGRAMS/oci-hostnet-runtime" run -b "$work/bundle" x
}

@test "versions that map ids" {
	local says
	for says in "crun 1.8.1" "crun 1.8.10" "crun 1.9" "crun 1.14.4-dirty" "crun 2.0" "runc 1.2.0" "runc 1.2.0+ds1" "runc 1.3.0-rc.1"; do
		as "${says% *}" "${says% *} version ${says#* }"$'\ncommit: 1234'
		[ "$output" = ran ] || { echo "$says: $output"; return 1; }
	done
}

@test "versions that do not, or cannot be told" {
	local says
	for says in "crun 1.8" "crun 1.8.0" "crun 1.7.9" "crun 0.20.1" "runc 1.1.15" "runc 1.2.0-rc.1" "runc 1.2.0-dev" "runc 1.0.0"; do
		as "${says% *}" "${says% *} version ${says#* }"
		expect_status 1
		expect_output "\`$work/${says% *}\` is $says" "which maps none"
	done
	for says in "crun version UNKNOWN" "crun version 2" "crun 1.9.0" "youki version 9.0.0" "" " " "runc version -1.2.0"; do
		as crun "$says"
		expect_status 1
		expect_output "the version of \`$work/crun\` cannot be told"
	done
}

@test "a runtime that hangs is not waited for, and one that is not needed is not asked" {
	as crun hang
	expect_status 1
	expect_output "cannot be told"
	as crun hang .
	[ "$output" = ran ]
}

@test "a script, and what others can write, is not even asked" {
	printf '#!/bin/sh\ntouch %s\necho crun version 1.9.0\n' "$work/asked" >"$work/crun"
	chmod 755 "$work/crun"
	policy "$(jq -c --arg path "$work/crun" '.runtime = $path' <<<"$SUBORDINATE")"
	make_bundle "$work/bundle" "$SHIFTED | $(bind "$(volume)")" true
	for runs in 1 2; do
		run "$PROGRAMS/oci-hostnet-runtime" run -b "$work/bundle" x
		expect_status 1
		run "$PROGRAMS/oci-hostnet" apply "$work/bundle"
		expect_status 1
		expect_output "needs mapped ids" "$work/crun cannot be used"
		[ ! -e "$work/asked" ]
		# a program that would say the right thing
		cp "$HOSTNET_TEST_DIR/version" "$work/crun"
		echo "crun version 1.9.0" >"$work/crun.says"
		chmod 775 "$work/crun"
	done
}

# --- apply, verify, precreate --------------------------------------------------------

verdict() { "$PROGRAMS/oci-hostnet" verify --json "$work/bundle" | jq -r "$1"; }
SUB='.checks[] | select(.id == "subordinate") | .verdict + ": " + .reason'

@test "apply writes it for the runtime of the policy, and verify sees it" {
	make_bundle "$work/bundle" "$SHIFTED | $(bind "$(volume)")" touch /data/x
	policy "$(jq -c --arg path "$(command -v runc)" '.runtime = $path' <<<"$SUBORDINATE")"
	run "$PROGRAMS/oci-hostnet" apply "$work/bundle"
	expect_status 1
	expect_output "needs mapped ids" "is runc"
	policy "$(jq -c --arg path "$(command -v crun)" '.runtime = $path' <<<"$SUBORDINATE")"
	"$PROGRAMS/oci-hostnet" apply "$work/bundle"
	[ "$(verdict .verdict)" = "by construction" ]
	[[ $(verdict "$SUB") == "holds: "*"100000 to 165535"* ]]
	# once more changes nothing
	cp "$work/bundle/config.json" "$work/once"
	"$PROGRAMS/oci-hostnet" apply "$work/bundle"
	cmp "$work/once" "$work/bundle/config.json"
	run_bundle plain-crun "$work/bundle"
	[ "$(stat -c %u:%g "$work/volume/x")" = 0:0 ]
}

@test "verify fails for what is missing" {
	local change
	make_bundle "$work/bundle" "$SHIFTED | $(bind "$(volume)")" true
	"$PROGRAMS/oci-hostnet" apply "$work/bundle"
	cp "$work/bundle/config.json" "$work/good"
	for change in '.mounts[-1].options -= ["idmap"]' 'del(.mounts[-1].uidMappings)' 'del(.mounts[-1].gidMappings)' \
		'.mounts[-1].uidMappings[0].hostID = 0' '.mounts[-1].gidMappings[0].size = 65535' \
		'.mounts[-1].uidMappings += [{containerID: 65536, hostID: 0, size: 1}]'; do
		jq "$change" "$work/good" >"$work/bundle/config.json"
		[[ $(verdict "$SUB") == "fails: the mount at \`/data\` has not the mapped ids"* ]] || { echo "$change"; return 1; }
		[ "$(verdict .verdict)" = open ]
	done
	# the mapping of the container itself
	jq '.linux.uidMappings[0].hostID = 0' "$work/good" >"$work/bundle/config.json"
	[[ $(verdict '.checks[] | select(.id == "user") | .verdict + ": " + .reason') == "fails: "*"/linux/uidMappings the host's root"* ]]
	jq 'del(.linux.namespaces[] | select(.type == "user"))' "$work/good" >"$work/bundle/config.json"
	[ "$(verdict .verdict)" = open ]
	# and the files
	cp "$work/good" "$work/bundle/config.json"
	[ "$(verdict .verdict)" = "by construction" ]
	echo hostnet:100000:1 >/etc/subuid
	[[ $(verdict "$SUB") == "fails: the file /etc/subuid gives \`hostnet\` 1 ids"* ]]
}

@test "diff does not name what uid 0 of the host could do" {
	mkdir -p "$work/bundle"
	policy '{"version": 1, "default": {"lock": "userns"}}'
	make_bundle "$work/bundle" "$SHIFTED" true
	iptables-legacy -A INPUT -s 192.0.2.1 -m recent --name subordinate --set || missing "no xt_recent"
	run "$PROGRAMS/oci-hostnet" diff "$work/bundle"
	expect_output "uid 0 can write"
	policy "$SUBORDINATE"
	run "$PROGRAMS/oci-hostnet" diff "$work/bundle"
	iptables-legacy -F INPUT
	expect_status 0
	[[ $output != *"uid 0 can write"* ]]
	[[ $output == *uidMappings* ]]
}

# The hook cannot know what runs the container.
@test "precreate: a volume is refused, other containers get the ids" {
	local change
	base_config unused | jq "$SHIFTED | (.linux.namespaces[] | select(.type == \"network\").path) = \"/run/netns/lan\"" >"$work/config"
	jq "$(bind "$(volume)")" "$work/config" >"$work/with-volume"
	run "$PROGRAMS/oci-hostnet-hook" precreate <"$work/with-volume"
	expect_status 1
	expect_output "needs mapped ids" "a hook cannot tell which runtime runs it"
	run --separate-stderr "$PROGRAMS/oci-hostnet-hook" precreate <"$work/config"
	expect_status 0
	[ "$(jq -c .linux.uidMappings <<<"$output")" = '[{"containerID":0,"hostID":100000,"size":65536}]' ]
}

# --- user namespaces of others -------------------------------------------------------

@test "a user namespace of the configuration's own is kept, unless it maps the host's root" {
	local own='.linux.namespaces += [{type: "user"}] | .linux.gidMappings = .linux.uidMappings'
	for runtime in crun runc; do
		run container $runtime "$SHIFTED | .linux.uidMappings = [{containerID: 0, hostID: 100000, size: 1000}] | $own" cat /proc/self/uid_map
		expect_status 0
		grep -qE '^ +0 +100000 +1000$' <<<"$output"
		refused $runtime ".linux.uidMappings = [{containerID: 0, hostID: 0, size: 1000}] | $own" "maps in /linux/uidMappings the host's root"
		refused $runtime ".linux.uidMappings = [{containerID: 0, hostID: 100000, size: 9}, {containerID: 9, hostID: 0, size: 1}] | $own" "the host's root"
		refused $runtime "$SHIFTED | .linux.uidMappings = [{containerID: 0, hostID: 100000, size: 9}] | $own | .linux.gidMappings = [{containerID: 0, hostID: 0, size: 9}]" \
			"maps in /linux/gidMappings the host's root"
	done
}

@test "the rest of a pod is refused" {
	start crun "$SHIFTED" sh -c 'echo ready; exec sleep 1000'
	pid=$("$STARTED_RUNTIME" state "$STARTED_ID" | jq .pid)
	refused crun "$SHIFTED | (.linux.namespaces[] | select(.type == \"ipc\").path) = \"/proc/$pid/ns/ipc\"" \
		"joins the user namespace \`/proc/$pid/ns/user\`"
}

@test "from inside of a user namespace they are refused" {
	make_bundle "$work/bundle" "$SHIFTED" true
	run unshare -U -n -m --map-root-user "$PROGRAMS/oci-hostnet" diff "$work/bundle"
	expect_status 1
	expect_output "can only be given from the initial user namespace"
}

@test "podman: its root filesystem is refused with the remedy, and its own --uidmap kept" {
	require_command podman conmon
	setup_podman
	ask=(--rm --annotation io.oci-hostnet.network=host)
	run by_crun "${ask[@]}" localhost/bb true
	expect_status 126
	expect_output "belongs to 0:0" "podman run --uidmap 0:100000:65536"
	for by in by_crun by_runc; do
		run $by "${ask[@]}" --network host --uidmap 0:100000:65536 --gidmap 0:100000:65536 localhost/bb \
			sh -c 'cat /proc/self/uid_map; ifconfig lo:1 127.0.0.3'
		expect_output "SIOCSIFADDR: Permission denied"
		grep -qE '^ +0 +100000 +65536' <<<"$output"
	done
	remember_host # podman's rules count packets
}
