# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# Real docker in the test host, with a store and a containerd of its own: what the bats files
# that use it share. /run is the test host's own.

# shellcheck disable=SC2154
# check.sh unpacks the packages, since installing them would start daemons.
for directory in containerd/usr/bin docker.io/usr/bin docker.io/usr/sbin tini/usr/bin; do
	PATH=$top_srcdir/tests/.packages/$directory:$PATH
done
DOCKER=$HOSTNET_TEST_DIR/docker
# where docker looks for docker-init, which the package has as a link
PATH=$DOCKER/bin:$PATH
export DOCKER_HOST=unix:///run/docker.sock DOCKER_CONFIG=$DOCKER/client DOCKER_BUILDKIT=0
IMAGE=localhost/bb

require_docker() {
	require_command docker dockerd docker-proxy containerd containerd-shim-runc-v2 tini-static \
		crun runc iptables nft jq curl
}

have_docker() { command -v docker >/dev/null && command -v dockerd >/dev/null; }

# --- the daemon ----------------------------------------------------------------------

# setup_docker [JQ-EXPRESSION] - the daemon, whose daemon.json the expression changes, the image
# localhost/bb of the test root filesystem, and all that docker makes only once
setup_docker() {
	mkdir -p "$DOCKER/bin" "$DOCKER/client"
	ln -sf "$(command -v tini-static)" "$DOCKER/bin/docker-init"
	own_dev
	gcc -static -o "$HOSTNET_TEST_DIR/devlog" "$top_srcdir/tests/tools/devlog.c"
	make_changing_runtimes
	write_daemon_json "${1:-.}"
	start_docker
	[ -d "$HOSTNET_TEST_DIR/rootfs" ] || make_rootfs "$HOSTNET_TEST_DIR/rootfs"
	tar -C "$HOSTNET_TEST_DIR/rootfs" -cf "$DOCKER/image.tar" .
	any_docker import "$DOCKER/image.tar" "$IMAGE" >/dev/null
	any_docker run --runtime runc --rm --network host "$IMAGE" true
	any_docker run --runtime runc -d --name first -p 8080:80 "$IMAGE" sleep 1000 >/dev/null
	# until then docker0's own address is tentative, and goes on being so after the container
	wait_for 100 bridge_has_address docker0
	any_docker rm -f first >/dev/null
	bridge_settled docker0
}

bridge_has_address() { ip -6 addr show dev "$1" | grep fe80 | grep -qv tentative; }
# Without a container a bridge loses its carrier, and the kernel takes a second to say so.
bridge_settled() { wait_for 50 eval "ip link show dev $1 | grep -q 'state DOWN'"; }

# cgroups where in-host removes them
write_daemon_json() {
	jq -n --arg dir "$DOCKER" --arg cgroup "/$HOSTNET_TAG-docker" --arg programs "$PROGRAMS" --arg crun "$(command -v crun)" '{
		"data-root": "\($dir)/root", "exec-root": "/run/docker", pidfile: "\($dir)/pid", hosts: ["unix:///run/docker.sock"],
		"cgroup-parent": $cgroup, "storage-driver": "overlay2", dns: ["10.98.0.2"], experimental: true,
		runtimes: ({
			"plain-crun": $crun,
			"oci-hostnet-runtime": "\($programs)/oci-hostnet-runtime",
			"oci-hostnet-crun": "\($programs)/oci-hostnet-crun", "oci-hostnet-runc": "\($programs)/oci-hostnet-runc",
			"changed-crun": "\($dir)/changed-crun", "changed-runc": "\($dir)/changed-runc"
		} | map_values({path: .}))
	}' | jq "$1" >"$DOCKER/daemon.json"
}

# A child of nobody's: a test that starts it again is not to end with another list of processes.
start_docker() {
	(dockerd --config-file "$DOCKER/daemon.json" >>"$DOCKER/log" 2>&1 </dev/null 3>&- &)
	wait_for 150 any_docker version >/dev/null 2>&1 || { tail -n 20 "$DOCKER/log"; return 1; }
}

# stop_docker [SIGNAL] - its containerd too
stop_docker() {
	local pid
	pid=$(cat "$DOCKER/pid")
	kill "-${1:-TERM}" "$pid"
	wait_for 150 process_gone "$pid"
	wait_for 100 process_gone "$(cat "/run/docker/containerd/containerd.pid" 2>/dev/null || echo 0)"
	rm -f "$DOCKER/pid"
}

process_gone() { ! grep -qs '^State:[^Z]*$' "/proc/$1/status"; }

# --- containers ----------------------------------------------------------------------

any_docker() { timeout -k 5 300 docker "$@" </dev/null 3>&-; }

# with_log COMMAND... - what syslog hears meanwhile comes behind its output, as `syslog: RECORD`
with_log() {
	local rc=0
	forget_trail
	"$HOSTNET_TEST_DIR/devlog" "$(command -v timeout)" -k 5 90 "$@" </dev/null 3>&- || rc=$?
	rm -f /dev/log
	return "$rc"
}

# docker's name of RUNTIME, which is as in runtime_path, or `changed-crun`, `changed-runc`
docker_runtime() {
	case $1 in
	plain-runc) echo runc ;;
	plain-crun | changed-*) echo "$1" ;;
	*) echo "oci-hostnet-$1" ;;
	esac
}

# by RUNTIME OPTIONS... - docker run
by() { any_docker run --runtime "$(docker_runtime "$1")" "${@:2}"; }

# The runtimes changed-crun and changed-runc stand between docker and us. They do to config.json
# what the jq expression in $DOCKER/change says: what another docker or another machine would
# have written. And they keep what we were given, and the state of the file.
make_changing_runtimes() {
	local name
	for name in crun runc; do
		cat >"$DOCKER/changed-$name" <<-SCRIPT
		#!/bin/sh
		set -e
		for word; do
			[ "\$previous" != --bundle ] || bundle=\$word
			previous=\$word
		done
		case " \$* " in
		*" create "*)
			if [ -e $DOCKER/change ]; then
				cp "\$bundle/config.json" $DOCKER/written.json
				jq -f $DOCKER/change $DOCKER/written.json >"\$bundle/config.json"
			fi
			cp "\$bundle/config.json" $DOCKER/given.json
			stat -c '%i %z %a' "\$bundle/config.json" >$DOCKER/given.stat
			;;
		esac
		exec $PROGRAMS/oci-hostnet-$name "\$@"
		SCRIPT
		chmod 755 "$DOCKER/changed-$name"
	done
}

# change JQ-EXPRESSION
change() { printf '%s\n' "$1" >"$DOCKER/change"; }
# As docker from 23 on does it for `--annotation`.
annotate() { change '.annotations["io.oci-hostnet.'"$1"'"] = "'"$2"'"'; }

inspect() { any_docker inspect --format "$2" "$1"; }
pid_of() { inspect "$1" '{{.State.Pid}}'; }
has_status() { [ "$(inspect "$1" '{{.State.Status}}')" = "$2" ]; }
# bundle_of ID - where containerd's shim has its config.json
bundle_of() { echo "/run/docker/containerd/daemon/io.containerd.runtime.v2.task/moby/$(inspect "$1" '{{.Id}}')"; }
# `docker run -d` returns while the runtime is about to become PROGRAM
started() { wait_for 50 grep -qsx "$2" "/proc/$(pid_of "$1")/comm"; }

# not_written ID - the configuration is as changed-crun or changed-runc handed it on, byte for
# byte, in the same file, and that was never written
not_written() {
	cmp "$DOCKER/given.json" "$(bundle_of "$1")/config.json"
	stat -c '%i %z %a' "$(bundle_of "$1")/config.json" | diff "$DOCKER/given.stat" -
}

remove_all() {
	local ids
	ids=$(any_docker ps -aq)
	# shellcheck disable=SC2086
	[ -z "$ids" ] || any_docker rm -f -v $ids >/dev/null
}

# What every test ends with, where there is docker.
end_of_test() {
	[ -e "$DOCKER/daemon.json" ] || return 0
	remove_all || true
	no_policy
	rm -f "$DOCKER/change"
	whole_host_unchanged || { remember_whole_host; return 1; }
}

# --- judging -------------------------------------------------------------------------

# shellcheck disable=SC2034
LOOK='exec 2>&1; readlink /proc/self/ns/net; ip -o addr; grep CapBnd /proc/self/status
ip addr add 127.0.0.4/8 dev lo; ifconfig lo:1 127.0.0.3; echo 1 >/proc/sys/net/ipv4/ip_forward; echo END'

# of what LOOK says
expect_locked() {
	expect_status 0
	# docker's default capabilities without NET_RAW and MKNOD
	expect_output "$(readlink /proc/self/ns/net)" "inet 10.98.0.1/24" 00000000a00405fb \
		"RTNETLINK answers: Operation not permitted" "ifconfig: SIOCSIFADDR: Permission denied" \
		"ip_forward: Read-only file system" END
}

# expect_records COUNT [TEXT] - of what with_log added; not counted is what `records` does not count
expect_records() {
	local found
	found=$(grep '^syslog: .*oci-hostnet' <<<"$output" |
		grep -vE '"kind":"changed"|"kind":"refused".*"program":"oci-hostnet-runtime"' || true)
	[ "$(grep -c . <<<"$found")" -eq "$1" ] || { echo "$output"; return 1; }
	[ -z "${2-}" ] || grep -qF "$2" <<<"$found" || { echo "$output"; return 1; }
}

# expect_refused TEXT - before anything started, and docker's user reads why
expect_refused() {
	expect_status 125
	expect_output "docker: Error response from daemon: failed to create shim task: OCI runtime create failed: " "$1"
	[[ $output != *STARTED* ]]
}
