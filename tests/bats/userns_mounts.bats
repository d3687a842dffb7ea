#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# The lock userns: what becomes of volumes, and of mounts of the kernel's file systems.
bats_require_minimum_version 1.5.0
load helpers
load userns

# --- volumes -------------------------------------------------------------------------

# owners RUNTIME JQ - what a container leaves on a volume: mode, owner and name of each
owners() {
	find "$VOLUME" -mindepth 1 -delete
	chmod 1777 "$VOLUME"
	container "$1" "$2 | $(volume '["rbind", "rw"]')" sh -c 'cd /data/v
		touch root; mkdir dir; chmod 2750 dir; cp /bin/busybox setuid; chmod 4755 setuid; chown 1000:1001 setuid
		chmod 4755 setuid; mkfifo fifo; ln -s nowhere link; chown -h 33:33 link; chown 4294967293:70000 fifo
		cat /proc/sys/kernel/cap_last_cap >/dev/null; mkdir shared; chmod 777 shared' || return
	container "$1" "$2 | $(volume '["rbind", "rw"]') | .process.user = {uid: 1000, gid: 1001, additionalGids: [33]}
		| .process.capabilities = {}" sh -c 'cd /data/v; umask 027; touch user; touch shared/user; chgrp 33 user' || return
	find "$VOLUME" -mindepth 1 -printf '%P %M %U:%G\n' | sort
}
same_owners() {
	local without
	without=$(owners "plain-$1" "$UNASKED")
	grep -q '^setuid -rwsr-xr-x 1000:1001$' <<<"$without"
	grep -q '^user -rw-r----- 1000:33$' <<<"$without"
	grep -q '^fifo prw-r--r-- 4294967293:70000$' <<<"$without"
	run owners "$1" "$LOCKED"
	expect_status 0
	[ "$output" = "$without" ] || { diff <(echo "$without") <(echo "$output"); return 1; }
}
@test "crun: files of a volume belong to whom they belong without us" { same_owners crun; }
@test "runc: files of a volume belong to whom they belong without us" { same_owners runc; }

# What is mounted below a volume comes along; crun alone would show what lies under it.
submounts() {
	local options=$2
	mkdir -p "$VOLUME/a/deep" "$VOLUME/hidden"
	echo below >"$VOLUME/a/which"
	mount -t tmpfs -o nosuid one "$VOLUME/a"
	mkdir "$VOLUME/a/deep"
	echo above >"$VOLUME/a/which"
	mount -t tmpfs -o nodev,noexec two "$VOLUME/a/deep"
	echo deepest >"$VOLUME/a/deep/which"
	touch "$VOLUME/file" "$VOLUME/source"
	echo "of a file" >"$VOLUME/source"
	mount --bind "$VOLUME/source" "$VOLUME/file"
	# what is covered is not there, and what the configuration mounts on top stays on top
	mount -t tmpfs three "$VOLUME/hidden"
	mkdir "$VOLUME/hidden/inner"
	mount -t tmpfs four "$VOLUME/hidden/inner"
	mount -t tmpfs five "$VOLUME/hidden"
	run container "$1" "$LOCKED | $(volume "$options")"' | .mounts += [{destination: "/data/v/a/deep", type: "tmpfs", source: "tmpfs"}]' \
		sh -c 'cat /data/v/a/which /data/v/file; ls /data/v/hidden /data/v/a/deep; touch /data/v/new /data/v/a/new; touch /data/v/a/deep/new'
	expect_status 0
	expect_output above "of a file"
	[[ $output != *below* && $output != *deepest* && $output != *inner* ]]
}
writes_below() {
	submounts "$1" '["rbind", "rw"]'
	[ -e "$VOLUME/a/new" ] && [ -e "$VOLUME/new" ] && [ ! -e "$VOLUME/a/deep/new" ]
}
@test "crun: what is mounted below a volume comes along" { writes_below crun; }
@test "runc: what is mounted below a volume comes along" { writes_below runc; }
reads_below() {
	submounts "$1" "$2"
	[ ! -e "$VOLUME/a/new" ] && [ ! -e "$VOLUME/new" ]
	expect_output "Read-only file system"
}
@test "crun: and is as read-only as the volume" { reads_below crun '["rbind", "rro"]'; }
@test "runc: and is as read-only as the volume" { reads_below runc '["rbind", "rro"]'; }

# The flags that a container is to have on a mount, for sources with flags of their own.
flags() {
	local source options wanted flag seen
	# shellcheck disable=SC2054 # commas within a word
	local -A sources=([plain]="" [nosuid]=nosuid [nodev]=nodev [noexec]=noexec [ro]=ro [all]=nosuid,nodev,noexec
		[noatime]=noatime [strict]=strictatime,nosuid)
	local mounts='.mounts += [' separator='' n=0
	local -a expected=()
	for source in "${!sources[@]}"; do
		mkdir "$VOLUME/$source"
		mount -t tmpfs -o "mode=755${sources[$source]:+,${sources[$source]}}" "$source" "$VOLUME/$source"
		for options in rbind bind bind,rro,dev rbind,ro rbind,rro rbind,nosuid rbind,nosuid,nodev,noexec bind,nosuid,relatime rbind,noatime \
			rbind,rw,nodev rbind,rprivate,noexec,ro bind,nodiratime,ro rbind,rnosuid; do
			n=$((n + 1))
			mounts+="$separator{destination: \"/data/$n\", type: \"bind\", source: \"$VOLUME/$source\", options: $(jq -Rc 'split(",")' <<<"$options")}"
			separator=,
			wanted=
			for flag in ro nosuid nodev noexec; do
				case ",${sources[$source]},$options," in *",$flag,"* | *",r$flag,"*) wanted+=" $flag" ;; esac
			done
			expected+=("$n $source $options:$wanted")
		done
	done
	run container "$1" "$LOCKED | $mounts]" cat /proc/self/mountinfo
	expect_status 0
	for options in "${expected[@]}"; do
		seen=$(awk -v point="/data/${options%% *}" '$5 == point { print $6 }' <<<"$output")
		[ -n "$seen" ]
		for flag in ro nosuid nodev noexec; do
			case "${options#*:} " in
			*" $flag "*) [[ ,$seen, == *,$flag,* ]] || { echo "$options: $seen"; return 1; } ;;
			*) [[ ,$seen, != *,$flag,* ]] || { echo "$options: $seen has $flag"; return 1; } ;;
			esac
		done
	done
	[ "${#expected[@]}" = 104 ]
}
@test "crun: nosuid, nodev, noexec and ro of a mount are in force, and those of its source stay" { flags crun; }
@test "runc: nosuid, nodev, noexec and ro of a mount are in force, and those of its source stay" { flags runc; }

@test "what would propagate, a directory without its mounts, and noswap are refused" {
	refused "is shared" "$LOCKED | $(volume '["rbind", "rshared"]')"
	refused "is shared" "$LOCKED | $(volume '["bind", "shared"]')"
	refused "has the option \`noswap\`" "$LOCKED"' | .mounts += [{destination: "/data/t", type: "tmpfs", source: "tmpfs", options: ["noswap"]}]'
	mkdir "$VOLUME/below"
	mount -t tmpfs below "$VOLUME/below"
	refused "takes a directory without what is mounted below it" "$LOCKED | $(volume '["bind"]')"
}

# crun has no recursive flags for a file.
kernel_files() {
	run container "$1" "$2"' | .mounts += [{destination: "/data/ttl", type: "bind", source: "/proc/sys/net/ipv4/ip_default_ttl", options: ["bind", "rw"]},
		{destination: "/data/uptime", type: "bind", source: "/proc/uptime", options: ["rbind", "nosuid", "rw"]}]' \
		sh -c '(echo 5 >/data/ttl) 2>&1; cat /data/ttl /data/uptime'
	expect_status 0
	expect_output "Read-only file system" "$(cat /proc/sys/net/ipv4/ip_default_ttl)"
}
@test "crun: a file of the kernel is bound read-only" { kernel_files crun .; }
@test "runc: a file of the kernel is bound read-only" { kernel_files runc .; }
@test "crun: the same under the lock userns" { kernel_files crun "$LOCKED"; }
@test "runc: the same under the lock userns" { kernel_files runc "$LOCKED"; }

# --- file systems of the kernel ---------------------------------------------------------

host_pids() {
	run container "$1" "$HOST_PIDS | $LOCKED" sh -c 'cat /proc/'$$'/comm; for file in /proc/sys/net/ipv4/ip_default_ttl /proc/self/comm; do
		(cat $file >$file) 2>/dev/null && echo "written $file"; done; ls /proc/kcore /proc/sys/net | head -n 3'
	expect_status 0
	expect_output "$(cat /proc/$$/comm)"
	[[ $output != *written* ]]
}
@test "crun: with the host's PID namespace /proc is bound, read-only" { host_pids crun; }
@test "runc: with the host's PID namespace /proc is bound, read-only" { host_pids runc; }

MQUEUE='.mounts += [{destination: "/dev/mqueue", type: "mqueue", source: "mqueue", options: ["nosuid", "noexec", "nodev"]}]'
HOST_IPC='del(.linux.namespaces[] | select(.type == "ipc"))'

@test "mqueue of the host's IPC namespace: bound where the host has it, else refused" {
	refused "the host has none at /dev/mqueue" "$LOCKED | $MQUEUE | $HOST_IPC"
	# a /dev with it, for these containers only
	cat >"$VOLUME/with-mqueue" <<-'SH'
	cp -a /dev/null /dev/zero /dev/full /dev/random /dev/urandom /dev/tty "$VOLUME/dev/"
	mkdir "$VOLUME/dev/mqueue" "$VOLUME/dev/pts" "$VOLUME/dev/shm"
	mount -t mqueue mqueue "$VOLUME/dev/mqueue"
	touch "$VOLUME/dev/mqueue/queue"
	mount --rbind "$VOLUME/dev" /dev
	. "$HERE/helpers.bash"
	container "$@"
	SH
	mkdir "$VOLUME/dev"
	mount -t tmpfs dev "$VOLUME/dev"
	local runtime
	for runtime in crun runc; do
		# shellcheck disable=SC2097,SC2098 # for the process of unshare, with our values
		VOLUME=$VOLUME HERE=$HERE run unshare -m bash "$VOLUME/with-mqueue" "$runtime" "$LOCKED | $MQUEUE | $HOST_IPC" \
			sh -c 'ls /dev/mqueue; grep /dev/mqueue /proc/self/mountinfo; echo gone >/dev/null; id'
		expect_status 0
		expect_output queue "nosuid,nodev,noexec" "uid=0"
		rm -rf "${VOLUME:?}/dev"/*
	done
}
own_mqueue() {
	run container "$1" "$LOCKED | $MQUEUE" grep -c ' /dev/mqueue rw,nosuid,nodev,noexec' /proc/self/mountinfo
	expect_status 0
}
@test "crun: mqueue of an IPC namespace of its own" { own_mqueue crun; }
@test "runc: mqueue of an IPC namespace of its own" { own_mqueue runc; }

CGROUP='.mounts += [{destination: "/sys/fs/cgroup", type: "cgroup", source: "cgroup", options: ["nosuid", "noexec", "nodev", "relatime", "ro"]}]'
cgroups() {
	local own without
	for own in . '.linux.namespaces += [{type: "cgroup"}]'; do
		without=$(container "plain-$1" "$UNASKED | $CGROUP | $own" ls /sys/fs/cgroup)
		run container "$1" "$LOCKED | $CGROUP | $own" sh -c 'ls /sys/fs/cgroup
			for directory in /sys/fs/cgroup/*; do mkdir $directory/mine 2>/dev/null && echo "made $directory/mine"; done; true'
		[ "$output" = "$without" ] || { diff <(echo "$without") <(echo "$output"); return 1; }
		expect_output cpu memory
	done
}
@test "crun: cgroups are mounted as without us, read-only" { cgroups crun; }
@test "runc: cgroups are mounted as without us, read-only" { cgroups runc; }

@test "cgroup2 beside cgroup v1 is refused" {
	refused "type cgroup2 cannot be made in a user namespace beside cgroup v1" \
		"$LOCKED"' | .mounts += [{destination: "/sys/fs/cgroup", type: "cgroup2", source: "cgroup", options: ["ro"]}]'
}
