# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# What a container of podman's sees and leaves behind, printed, to be compared with the same command
# without us. The container's network and annotations are in ASK, the directory of its volumes is VOLUMES.

setup_seen() {
	# what --init runs, in catatonit's place
	printf '#!/bin/sh\n[ "$1" = -- ] && shift\n"$@"\n' >"$HOSTNET_TEST_DIR/init"
	chmod 755 "$HOSTNET_TEST_DIR/init"
}

# what differs anyway: what the runtimes put over devices and masked files, ids, the address of a bridge
BESIDE='^mount (/dev/(null|zero|full|random|urandom|tty|fuse|other)|/proc/(keys|timer_list)) '
comparable() { grep -vE "$BESIDE${ALSO:+|$ALSO}" | sed -E 's/\b[0-9a-f]{12,64}\b/ID/g; s/10\.88\.0\.[0-9]+/ADDRESS/g; s/\bwatched_runc\b/runc/g; s/\bwatched\b/crun/g'; }

# setup_watched - runtimes that tell in WATCHED whether ours left config.json as it was
WATCHED=$HOSTNET_TEST_DIR/watched.log
setup_watched() {
	local name
	for name in watched:oci-hostnet-runtime watched_runc:oci-hostnet-runc; do
		cat >"$HOSTNET_TEST_DIR/${name%:*}" <<-WITNESS
		#!/bin/bash
		real=$PROGRAMS/${name#*:} bundle= before=
		for word; do
			case \$before in --bundle | -b) bundle=\$word ;; esac
			before=\$word
		done
		case " \$* " in *" create "*) ;; *) exec "\$real" "\$@" ;; esac
		look() { stat -c '%n %i %s %a %u:%g %y %z' "\$bundle"/config.json*; sha256sum "\$bundle"/config.json*; }
		before=\$(look)
		"\$real" "\$@"
		status=\$?
		[ "\$before" = "\$(look)" ] && echo same >>$WATCHED || { echo "\$before"; look; } >>$WATCHED
		exit \$status
		WITNESS
		chmod 755 "$HOSTNET_TEST_DIR/${name%:*}"
		sed -i "s,^\[engine.runtimes\],&\n${name%:*} = [\"$HOSTNET_TEST_DIR/${name%:*}\"]," "$CONTAINERS_CONF"
	done
	sed -i 's,^runtime_supports_json = \[,runtime_supports_nocgroup = ["crun"\, "watched"]\n&"watched"\, "watched_runc"\, ,' "$CONTAINERS_CONF"
}

# as_without RUN FUNCTION ARGUMENTS... - FUNCTION RUN ARGUMENTS prints what it prints without us,
# apart from the lines that match the extended regular expression in ALSO. Leaves $output.
as_without() {
	local reference
	reference=$HOSTNET_TEST_DIR/tmp/$(cksum <<<"${*:2}" | cut -d' ' -f1).$2.$(plain "$1")
	[ -s "$reference" ] || "$2" "$(plain "$1")" "${@:3}" >"$reference" 2>&1 || { cat "$reference"; return 1; }
	"$2" "$1" "${@:3}" >"$BATS_TEST_TMPDIR/seen" 2>&1 || { cat "$BATS_TEST_TMPDIR/seen"; return 1; }
	output=$(cat "$BATS_TEST_TMPDIR/seen")
	diff -u <(comparable <"$reference") <(comparable <"$BATS_TEST_TMPDIR/seen")
}

# What a container sees of itself. Of several mounts at one point the one on top counts.
ITSELF='exec 2>&1; id; grep -E "^(Cap|Seccomp:|NoNew)" /proc/self/status; cat /proc/self/uid_map
	awk "{ flags[\$5] = \$6 } END { for (point in flags) print \"mount\", point, flags[point] }" /proc/self/mountinfo | sort
	hostname; cat /etc/hosts /etc/resolv.conf /etc/hostname /run/.containerenv; echo; stat -c "%n %A %u:%g" /dev/* /run/.containerenv
	[ "$(wc -c </proc/keys)" != 0 ] || echo "/proc/keys is masked"; ulimit -n; ulimit -Hn; cat /proc/self/oom_score_adj; '

# storage RUN OPTIONS... - what is seen inside of volumes, and what is left on them
storage() {
	rm -rf "$VOLUMES"
	mkdir -p "$VOLUMES"/{bind,owned,ro}
	chmod 1777 "$VOLUMES"/{bind,owned,ro}
	echo below >"$VOLUMES/ro/file"
	any_podman volume rm -f named >/dev/null 2>&1
	"$1" --rm --name storage --hostname inside "${ASK[@]}" -v "$VOLUMES/bind:/data/bind" -v "$VOLUMES/ro:/data/ro:ro" \
		-v "$VOLUMES/owned:/data/owned:U" -v named:/data/named --tmpfs /data/tmpfs:size=1m,mode=1777 \
		--mount type=tmpfs,destination=/data/plain --mount "type=bind,source=$VOLUMES/ro,destination=/data/once,bind-nonrecursive,ro" \
		"${@:2}" localhost/bb sh -c "$ITSELF"'for there in /data/*; do
			cd $there && touch file && ln -s nowhere link && mkdir -m 2750 directory && mkfifo fifo && cp /bin/ports setuid &&
				chown 1000:1001 setuid && chmod 4755 setuid
			stat -c "%n %A %u:%g" $there $there/*
		done; cat /data/ro/file; touch /x /root/x /tmp/x /dev/shm/x; stat -c "%n %A %u:%g" /x /root/x /tmp/x /dev/shm/x'
	find "$VOLUMES" "$(any_podman volume inspect --format '{{.Mountpoint}}' named)" -printf '%P %M %U:%G\n' | sort
	stat -c 'the host has %n %A %u:%g' /dev/null
}

storage_of_user() { storage "$1" --user 1000:1001 --group-add 33 --read-only --security-opt no-new-privileges; }

resources() {
	"$1" --rm --name resources --hostname inside "${ASK[@]}" --init --init-path "$HOSTNET_TEST_DIR/init" --device /dev/fuse --device /dev/zero:/dev/other:r \
		--ulimit nofile=100:200 --ulimit nproc=500:500 --memory 64m --pids-limit 50 --cpus 0.5 --shm-size 1m \
		--oom-score-adj 100 --add-host there:192.0.2.1 --dns 192.0.2.2 --cgroupns private --sysctl kernel.shmmax=1000000 \
		--env X=y --workdir /tmp --umask 027 --entrypoint /bin/sh localhost/bb -c "$ITSELF"'
		tr "\\0" " " </proc/1/cmdline | head -c 37; echo; ulimit -u; cat /proc/sys/kernel/shmmax; echo $X; pwd; umask
		(exec 3<>/dev/fuse) && echo "fuse is open"; head -c 4 /dev/other | od; (echo 1 >/dev/other); df -k /dev/shm | tail -n 1
		cd /sys/fs/cgroup && cat memory/memory.limit_in_bytes pids/pids.max cpu/cpu.cfs_quota_us; cut -d: -f2- /proc/self/cgroup
		mkdir memory/mine; true'
}

# --privileged has what this machine has: no CAP_SYS_RESOURCE.
privileged() {
	"$1" --rm --name inside --hostname inside "${ASK[@]}" --privileged localhost/bb sh -c "$ITSELF"
}

# What is another's: of the host, by name.
host_namespaces() {
	local type own=
	for type in pid uts cgroup ipc; do own+=" $(readlink "/proc/self/ns/$type")"; done
	"$1" --rm --name inside "${ASK[@]}" --pid host --uts host --cgroupns host localhost/bb sh -c "$ITSELF"'for type in pid uts cgroup ipc; do
		case "'"$own"'" in *"$(readlink /proc/self/ns/$type)"*) echo "the host has this $type" ;; esac; done; cat /proc/'$$'/comm'
}

# The container's terminal comes through conmon's console socket.
terminal() {
	# shellcheck disable=SC2089,SC2090 # a script in one word
	local script='tty; ls -ln /dev/pts/0 /dev/console | cut -c 1-40; echo typed >/dev/tty; echo console >/dev/console
		stty -echo && stty echo && echo "modes set"; set -m; sleep 0 & wait; echo ready; read -r answer; echo "read $answer"'
	# any_podman takes its standard input away
	# shellcheck disable=SC2090
	{ declare -f podman_of; declare -p PODMAN ASK script; echo 'any_podman() { timeout --foreground -k 5 300 "${PODMAN[@]}" "$@"; }
		podman_of "$1" run --cgroup-parent "/$HOSTNET_TAG-podman" \
		--rm -it --hostname inside "${ASK[@]}" --user 1000 localhost/bb sh -c "$script"'; } >"$BATS_TEST_TMPDIR/terminal"
	: >"$BATS_TEST_TMPDIR/out"
	{ wait_for 200 grep -q ready "$BATS_TEST_TMPDIR/out" && echo something; } |
		script -qec "bash $BATS_TEST_TMPDIR/terminal $1" /dev/null >"$BATS_TEST_TMPDIR/out"
	tr -d '\r\0' <"$BATS_TEST_TMPDIR/out"
}

# Everything podman does with a container that runs.
life() {
	local p=(podman_of "$1")
	rm -rf "$VOLUMES"
	mkdir -p "$VOLUMES"
	"$1" -d --name life --hostname inside "${ASK[@]}" --memory 64m --health-cmd 'test -e /healthy' --health-interval disable \
		-v "$VOLUMES:/data" localhost/bb sh -c 'trap "echo caught" USR1; echo started; while :; do sleep 0.1; done' | grep -c .
	echo in >"$VOLUMES.in"
	chown 33:34 "$VOLUMES.in"
	"${p[@]}" cp "$VOLUMES.in" life:/data/in
	"${p[@]}" cp "$VOLUMES.in" life:/root/in
	"${p[@]}" exec --user 1000:1001 --workdir /tmp --env X=y life sh -c 'id; pwd; echo $X; touch /tmp/user; stat -c "%n %u:%g" /tmp/user /data/in /root/in; exit 3' || echo "status $?"
	"${p[@]}" exec life sh -c 'echo out >/data/out; chown 7:8 /data/out; echo sh >/tmp/sh; chown 9:10 /tmp/sh'
	"${p[@]}" cp life:/tmp/sh "$VOLUMES/sh"
	find "$VOLUMES" -printf '%P %M %U:%G\n' | sort
	"${p[@]}" healthcheck run life || echo "status $?"
	"${p[@]}" exec life touch /healthy
	"${p[@]}" healthcheck run life && echo healthy
	# exe: a healthcheck that runc has not let go yet; nor are the processes of an exec gone at once
	wait_for 50 nothing_else_runs
	"${p[@]}" top life user huser hgroup pid comm | sed 's/  */ /g' | grep -v -e sleep -e ' exe$'
	"${p[@]}" stats --no-stream --format '{{.Name}} {{.MemLimit}}' life
	"${p[@]}" pause life
	"${p[@]}" inspect --format '{{.State.Status}} {{.HostConfig.NetworkMode}}' life
	"${p[@]}" unpause life
	"${p[@]}" kill --signal USR1 life
	wait_for 50 eval '"${p[@]}" logs life | grep caught'
	"${p[@]}" update --memory 32m life | grep -c .
	"${p[@]}" exec life cat /sys/fs/cgroup/memory/memory.limit_in_bytes
	"${p[@]}" diff life | sort
	"${p[@]}" restart -t 0 life
	# the configuration is edited once more
	"${p[@]}" exec life sh -c 'readlink /proc/self/ns/user; readlink /proc/1/ns/user' | sed "s/$(readlink /proc/self/ns/user)/the host/"
	"${p[@]}" stop -t 0 life
	"${p[@]}" start life
	"${p[@]}" kill life
	"${p[@]}" wait life
	"${p[@]}" logs life | sort | uniq -c
	"${p[@]}" rm life
}

# nothing but what the container itself consists of (p and the name are life's)
nothing_else_runs() { ! "${p[@]}" top life comm | tail -n +2 | grep -qvE '^(sh|sleep|exe) *$'; }
