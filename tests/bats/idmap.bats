#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Bind mounts under subordinate ids: what the container writes has the owners that it would have
# without us, or the container is refused.
bats_require_minimum_version 1.5.0
load helpers
load subordinate

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
	local path=$1 plain=$2
	echo x >"$path/before"; chown 1000:1000 "$path/before"; echo y >"$path/before2"; chown 5:6 "$path/before2"
	container plain-crun "$UNASKED | $(bind "$plain")" sh -c "$WRITE"
	owners "$plain" >"$work/right"
	container crun "$SHIFTED | $(bind "$path")" sh -c "$WRITE"
	diff "$work/right" <(owners "$path")
}

@test "crun: on a tmpfs and on the disk the owners are those without us" {
	local plain places
	places=("$(volume)")
	# the disk, where its file system can
	if [ "$(stat -f -c %T "$top_builddir")" != overlayfs ]; then
		DISK=$(mktemp -d "$top_builddir/subordinate.XXXXXX")
		chmod 755 "$DISK"
		places+=("$DISK")
	fi
	for path in "${places[@]}"; do
		plain=$(mktemp -d "$work/plain.XXXXXX")
		echo x >"$plain/before"; chown 1000:1000 "$plain/before"; echo y >"$plain/before2"; chown 5:6 "$plain/before2"
		same_owners "$path" "$plain"
	done
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
	for mode in 666 664 600 4711 750 744 4755 2755; do
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
	refused crun "$SHIFTED | $(bind "$work/../${work##*/}/volume")" "has \`..\`, which runc resolves in the text"
	for source in "$work/link" "$work/here/volume" "$path/" "$work//volume"; do
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
	refused crun "$SHIFTED | $(bind /proc rbind idmap)" "has mapped ids of its own"
}

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
