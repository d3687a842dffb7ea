#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# oci-hostnet doctor: what it says of hosts that lack something, and that what it names mends it.
bats_require_minimum_version 1.5.0
load helpers
load configure
load doctor

setup_file() {
	require_program oci-hostnet oci-hostnet-runtime oci-hostnet-hook
	require_command crun runc podman jq strace python3
	over /usr/bin
	over /usr/sbin
	own_etc
	setup_root
	mkdir -p "$sbindir"
	case $sbindir in
	/usr/bin | /usr/sbin) ;;
	*) mount -t tmpfs -o mode=0755 tmpfs "$sbindir" ;;
	esac
	mkdir "$HOSTNET_TEST_DIR/saved"
	cp -a /usr/bin/crun /usr/sbin/runc "$HOSTNET_TEST_DIR/saved"
	gcc -Wall -O1 -static -o "$HOSTNET_TEST_DIR/version" "$top_srcdir/tests/tools/version.c"
	gcc -Wall -O1 -static -o "$HOSTNET_TEST_DIR/devlog" "$top_srcdir/tests/tools/devlog.c"
}

setup() {
	setup_root
	install_all
}

teardown() {
	no_policy
	rm -f "$sbindir"/oci-hostnet-* /usr/bin/crun* /usr/sbin/runc* /usr/bin/dockerd
	cp -a "$HOSTNET_TEST_DIR/saved/crun" /usr/bin/
	cp -a "$HOSTNET_TEST_DIR/saved/runc" /usr/sbin/
	"$HOSTNET" configure podman --undo >/dev/null
	sysctl_w net.ipv4.ping_group_range '1 0'
}

# --- a host that is fit --------------------------------------------------------------

@test "a host before and after oci-hostnet is installed; ready, with an exit status of 0" {
	rm "$sbindir"/oci-hostnet-*
	examine
	[ "$status" = 1 ]
	says programs fail "not installed"
	run -1 "$HOSTNET" doctor
	[[ ${lines[-1]} == "verdict: the promise cannot be kept: programs" ]]
	install_all
	examine
	says programs ok
	says policy ok "what is built in"
	says runtime ok /usr/bin/crun
	says crun ok "with seccomp"
	run -0 "$HOSTNET" doctor
	[[ ${lines[-1]} == "verdict: ready" ]]
	rm "$sbindir/oci-hostnet-hook"
	examine
	[ "$status" = 1 ]
	says programs fail "$sbindir/oci-hostnet-hook is not there"
}

@test "nothing is changed, and nothing started but crun and runc for --version" {
	local trace=$HOSTNET_TEST_DIR/trace
	remember_tree
	strace -f -qq -e trace=execve,openat,openat2,mkdir,mkdirat,unlink,unlinkat,rename,renameat,renameat2,chmod,fchmod,fchmodat,mount,connect \
		-o "$trace" "$HOSTNET" doctor >/dev/null
	grep execve "$trace" | sed 's/^[0-9]* *//' | cut -d, -f1,2,3 | tail -n +2 >"$trace.started"
	diff - "$trace.started" <<-'EOF'
		execve("/usr/bin/crun", ["/usr/bin/crun", "--version"]
		execve("/usr/sbin/runc", ["/usr/sbin/runc", "--version"]
	EOF
	# by itself: the threads of runc open what they like
	sed -n '/execve/{/oci-hostnet/{s/ .*//p;q}}' "$trace" >"$trace.pid"
	grep "^$(<"$trace.pid") " "$trace" >"$trace.own"
	# what gcov and the sanitizers write is not doctor's
	[ ! -d "$top_builddir/sanitizer-reports" ] || sed -i '/mkdir.* EEXIST /d' "$trace.own"
	[ ! -e "$top_builddir/src/libhostnet/error.gcno" ] || sed -i '/\.gcda"/d' "$trace.own"
	run -1 grep -E 'O_WRONLY|O_RDWR|O_CREAT|mkdir|unlink|rename|chmod|mount\(' <(grep -v '/dev/null' "$trace.own")
	"$HOSTNET" doctor --root "$root" >/dev/null || true
	tree_unchanged
}

@test "an ordinary user: what cannot be seen is unknown, and not fine" {
	local user="$HOSTNET_TEST_DIR/tmp/doctor"
	install -m 0755 "$HOSTNET" "$user"
	policy '{"version": 1, "runtime": "/usr/sbin/runc"}'
	examine
	says runtime ok /usr/sbin/runc
	chmod 700 "$(dirname "$HOSTNET_POLICY")"
	run -0 setpriv --reuid 1000 --regid 1000 --clear-groups "$user" doctor --json
	json=$output
	chmod 755 "$(dirname "$HOSTNET_POLICY")"
	says policy unknown "cannot be read"
	says runtime unknown /usr/bin/crun
	says programs ok
	says crun ok
	holds '.verdict == "partly seen"' <<<"$json"
	holds 'all(.checks[]; .verdict != "unknown" or .mend == "run it as root to see")' <<<"$json"
	run -0 setpriv --reuid 1000 --regid 1000 --clear-groups "$user" doctor
	[[ ${lines[-1]} == "verdict: ready" ]]
	chmod 700 "$(dirname "$HOSTNET_POLICY")"
	run -0 setpriv --reuid 1000 --regid 1000 --clear-groups "$user" doctor
	chmod 755 "$(dirname "$HOSTNET_POLICY")"
	[[ ${lines[-1]} == "verdict: ready, as far as it was seen, without: policy, runtime, podman" ]]
}

@test "wrong words and a root that is none" {
	run -2 "$HOSTNET" doctor podman
	run -2 "$HOSTNET" doctor --all
	run -2 "$HOSTNET" doctor --root
	run -3 "$HOSTNET" doctor --root "$root/none"
	expect_output "cannot open the directory $root/none"
}

# --- our programs and the policy -----------------------------------------------------

@test "programs that others can write, or that are set-user-ID" {
	chown 1000:1000 "$sbindir/oci-hostnet-runtime"
	examine
	mend programs fail "chown root:root $sbindir/oci-hostnet-runtime && "
	says programs ok
	chmod 777 "$sbindir"
	examine
	mend programs fail "chown root:root $sbindir && "
	says programs ok
	chmod u+s "$sbindir/oci-hostnet-runtime"
	examine
	mend programs fail "chmod ug-s $sbindir/oci-hostnet-runtime"
	says programs ok
	rm "$sbindir/oci-hostnet-crun"
	examine
	[ "$status" = 0 ]
	says programs warn "$sbindir/oci-hostnet-crun is not there"
}

@test "a policy with a mistake, one that only observes, one that others can write" {
	policy '{"version": 1, "defaultx": {}}'
	examine
	[ "$status" = 1 ]
	says policy fail "unknown member"
	run -3 --separate-stderr "$HOSTNET" policy check
	holds --arg said "$stderr" 'any(.checks[]; .id == "policy" and "oci-hostnet: \(.reason)" == $said)' <<<"$json"
	policy '{"version": 1, "default": {"mode": "observe"}}'
	examine
	[ "$status" = 1 ]
	says policy fail "only observes"
	policy '{"version": 1, "rules": [{"when": {"always": true}, "mode": "observe"}]}'
	examine
	says policy warn "only observed"
	policy '{"version": 1}'
	chmod 666 "$HOSTNET_POLICY"
	examine
	says policy fail "cannot be trusted"
	chmod 644 "$HOSTNET_POLICY"
	examine
	says policy ok "$HOSTNET_POLICY is right"
	[ "$status" = 0 ]
	drop_in 10-broken.json '{"version": 1, "rules": 3}'
	examine
	says policy fail 10-broken.json
}

# --- low-level runtimes --------------------------------------------------------------

@test "no low-level runtime, and one that the policy names in vain" {
	rm /usr/bin/crun
	examine
	says runtime ok /usr/sbin/runc
	rm /usr/sbin/runc
	examine
	[ "$status" = 1 ]
	says runtime fail "neither crun nor runc"
	holds 'any(.checks[]; .id == "runtime" and .mend == "apt-get install crun")' <<<"$json"
	cp -a "$HOSTNET_TEST_DIR/saved/crun" /usr/bin/
	examine
	says runtime ok
	[ "$status" = 0 ]
	policy '{"version": 1, "runtime": "/opt/crun"}'
	examine
	says runtime fail /opt/crun
	never_says runtime ok
}

@test "a runtime without seccomp, one too old for rro, one that says nothing" {
	stand_in /usr/bin/crun 'crun version 1.20\n+SYSTEMD +CAP\n'
	examine
	[ "$status" = 1 ]
	says crun fail "without seccomp"
	stand_in /usr/bin/crun 'crun version 1.20\n+SYSTEMD +CAP +SECCOMP\n'
	examine
	says crun ok "crun 1.20 with seccomp"
	stand_in /usr/bin/crun 'crun version 1.3\n+SECCOMP\n'
	examine
	says crun fail rro
	says subordinate warn "maps none"
	stand_in /usr/bin/crun 'something else\n'
	examine
	says crun fail "does not say"
	# of one that is not taken it is a warning
	stand_in /usr/sbin/runc 'runc version 1.3.3\nspec: 1\n'
	stand_in /usr/bin/crun 'crun version 1.20\n+SECCOMP\n'
	examine
	[ "$status" = 0 ]
	says runc warn "without seccomp"
	stand_in /usr/sbin/runc 'runc version 1.3.3\nspec: 1\nlibseccomp: 2.5.4\n'
	examine
	says runc ok
}

@test "a runtime that root would not become: a script, another's, oci-hostnet itself" {
	rm /usr/bin/crun
	printf '#!/bin/sh\ntouch %s/ran\n' "$HOSTNET_TEST_DIR" >/usr/bin/crun
	chmod 755 /usr/bin/crun
	examine
	says crun fail "it is a script"
	stand_in /usr/bin/crun 'crun version 1.20\n+SECCOMP\n'
	chown 1000 /usr/bin/crun
	examine
	says crun fail "others than root can write /usr/bin/crun"
	[ "$status" = 1 ]
	mend crun fail "chown root:root /usr/bin/crun && "
	says crun ok
	ln -sf "$sbindir/oci-hostnet-runtime" /usr/bin/crun
	examine
	says crun fail "oci-hostnet itself"
	[ ! -e "$HOSTNET_TEST_DIR/ran" ]
	# nor is one started that others can put something else in the place of
	rm -f /usr/bin/crun*
	mkdir -m 777 /usr/bin/shared
	cp -a "$HOSTNET_TEST_DIR/saved/crun" /usr/bin/shared/
	ln -s shared/crun /usr/bin/crun
	strace -f -qq -e trace=execve -o "$HOSTNET_TEST_DIR/trace" "$HOSTNET" doctor >/dev/null || true
	grep -q /usr/sbin/runc "$HOSTNET_TEST_DIR/trace"
	run -1 grep /usr/bin/crun "$HOSTNET_TEST_DIR/trace"
	examine
	says crun fail "others than root can write /usr/bin/shared"
	mend crun fail "chown root:root /usr/bin/shared && "
	says crun ok
	rm -r /usr/bin/crun /usr/bin/shared
}

@test "a runtime that the policy names, and is too old: no package mends it" {
	mkdir -m 755 /usr/bin/named
	stand_in /usr/bin/named/runc 'runc version 1.0.0\nspec: 1\nlibseccomp: 2.5.4\n'
	policy '{"version": 1, "runtime": "/usr/bin/named/runc"}'
	examine
	says runc fail "\`/usr/bin/named/runc\` (1.0.0) does not know"
	holds 'any(.checks[]; .id == "runc" and (.mend | startswith("put a newer runc there, or take \"runtime\" out")))' <<<"$json"
	rm -r /usr/bin/named
}

@test "what crun says of the cgroups of this machine, and runc by the policy" {
	local said=0
	make_bundle "$HOSTNET_TEST_DIR/hybrid" . true
	mkdir -p "$HOSTNET_TEST_DIR/cgroup"
	# with both versions, as machines between the two have it
	unshare -m --propagation private bash -e <<-EOF
		mkdir -p /sys/fs/cgroup/unified
		mount -t cgroup2 cgroup2 /sys/fs/cgroup/unified
		"$HOSTNET" doctor --json >"$HOSTNET_TEST_DIR/hybrid.json" || true
		crun run -b "$HOSTNET_TEST_DIR/hybrid" "$(unique_id)" >"$HOSTNET_TEST_DIR/hybrid.said" 2>&1 </dev/null || true
		[ -s /sys/fs/cgroup/unified/cgroup.controllers ] || touch "$HOSTNET_TEST_DIR/hybrid.empty"
		mkdir -p "$(dirname "$HOSTNET_POLICY")"
		(umask 022; echo '{"version": 1, "runtime": "/usr/sbin/runc"}' >"$HOSTNET_POLICY")
		"$HOSTNET" doctor --json >"$HOSTNET_TEST_DIR/runc.json" || true
	EOF
	grep -q "hybrid mode not supported" "$HOSTNET_TEST_DIR/hybrid.said" || said=$?
	json=$(<"$HOSTNET_TEST_DIR/hybrid.json")
	if [ "$said" = 0 ]; then
		says cgroups fail "crun starts no container"
		json=$(<"$HOSTNET_TEST_DIR/runc.json")
		says cgroups warn "runc does"
	else
		says cgroups ok
	fi
	no_policy
	examine
	says cgroups ok
}

# --- locks ---------------------------------------------------------------------------

@test "isolated: with cgroup v2 alone" {
	examine
	says isolated warn "version 2 alone"
	json=$(unshare -m --propagation private bash -c 'umount -R /sys/fs/cgroup && mount -t cgroup2 cgroup2 /sys/fs/cgroup && "$1" doctor --json' - "$HOSTNET")
	says isolated ok
	says cgroups ok "version 2 alone"
}

@test "cgroups: none, and what mends it" {
	unshare -m --propagation private bash -es "$HOSTNET" "$HOSTNET_TEST_DIR" <<-'EOF'
		umount -R /sys/fs/cgroup
		"$1" doctor --json >"$2/before.json"
		eval "$(jq -r '.checks[] | select(.id == "cgroups").mend' "$2/before.json")"
		"$1" doctor --json >"$2/after.json"
	EOF
	json=$(<"$HOSTNET_TEST_DIR/before.json")
	says cgroups warn none
	json=$(<"$HOSTNET_TEST_DIR/after.json")
	says cgroups ok "version 2"
}

@test "subordinate: the ids that the policy names" {
	policy '{"version": 1, "rules": [{"when": {"always": true}, "lock": "userns", "subordinate": "hostnet"}]}'
	rm -f /etc/subuid /etc/subgid
	(umask 022; echo other:100000:65536 | tee /etc/subuid >/etc/subgid)
	examine
	[ "$status" = 0 ]
	says subordinate warn '/etc/subuid gives no ids to `hostnet`'
	(umask 022; echo hostnet:200000:65536 >>/etc/subuid)
	examine
	says subordinate warn /etc/subgid
	(umask 022; echo hostnet:200000:65536 >>/etc/subgid)
	examine
	says subordinate ok
}

@test "userns: no user namespace may be made" {
	# in a user namespace, which has a setting of its own
	cat >"$HOSTNET_TEST_DIR/max" <<-'EOF'
		set -e
		echo 0 >/proc/sys/user/max_user_namespaces
		"$1" doctor --json >"$2/before.json" || true
		jq -r '.checks[] | select(.id == "userns").mend' "$2/before.json" >"$2/mend"
		read -r _ _ setting <"$2/mend"
		busybox sysctl -w "$setting" >&2
		"$1" doctor --json >"$2/after.json" || true
	EOF
	chmod 1777 "$HOSTNET_TEST_DIR/tmp"
	unshare -Ur bash "$HOSTNET_TEST_DIR/max" "$HOSTNET" "$HOSTNET_TEST_DIR"
	json=$(<"$HOSTNET_TEST_DIR/before.json")
	says userns warn user.max_user_namespaces
	json=$(<"$HOSTNET_TEST_DIR/after.json")
	says userns ok
}

# --- engines -------------------------------------------------------------------------

@test "podman: not known, registered, edited, default" {
	examine
	says podman warn "does not know oci-hostnet"
	mend podman warn "oci-hostnet configure podman"
	says podman ok "--runtime oci-hostnet-runtime"
	echo '# mine' >>/etc/containers/containers.conf.d/oci-hostnet.conf
	examine
	says podman warn "somebody edited it"
	mend podman warn "mv /etc/containers/containers.conf.d/oci-hostnet.conf /etc/containers/oci-hostnet.conf.old && "
	says podman ok
	rm /etc/containers/oci-hostnet.conf.old
	printf '[engine]\nruntime = "oci-hostnet-runtime"\n' >/etc/containers/containers.conf.d/99-default.conf
	examine
	says podman ok "default runtime"
	rm /etc/containers/containers.conf.d/99-default.conf
	"$HOSTNET" configure podman --undo >/dev/null
	examine
	says podman warn "does not know"
}

@test "podman: hooks alone are create-only" {
	mkdir -p /etc/containers/oci/hooks.d
	"$HOSTNET" configure podman >/dev/null
	cp "$own/podman-hooks.d/oci-hostnet-precreate.json" /etc/containers/oci/hooks.d/
	examine
	says podman ok
	"$HOSTNET" configure podman --undo >/dev/null
	examine
	says podman warn create-only
	rm -r /etc/containers/oci
	examine
	never_says podman ok
	holds 'all(.checks[]; .reason | contains("create-only") | not)' <<<"$json"
}

@test "Docker: registered, and told to reload" {
	examine
	never_says docker warn
	install -m 0755 "$HOSTNET_TEST_DIR/version" /usr/bin/dockerd
	rm -rf /etc/docker
	examine
	says docker warn "does not know oci-hostnet"
	mend docker warn "oci-hostnet configure docker && systemctl reload docker"
	says docker ok "--runtime oci-hostnet"
	[ "$(<"$HOSTNET_TEST_DIR/told")" = "systemctl reload docker" ]
	"$HOSTNET" configure docker --undo >/dev/null
}

@test "another root: engines, what they know, and the command for it" {
	local engine program
	install_all "$root"
	install -D -m 0755 "$HOSTNET_TEST_DIR/version" "$root/usr/bin/crun"
	printf 'crun version 1.3\n' >"$root/usr/bin/crun.says"
	for program in podman dockerd containerd crio kubelet; do
		install -D -m 0755 "$HOSTNET_TEST_DIR/version" "$root/usr/bin/$program"
	done
	examine --root "$root"
	holds '.verdict == "partly seen"' <<<"$json"
	says crun unknown "not asked"
	says kernel ok "of this machine"
	says ping unknown
	for engine in podman docker containerd crio; do
		says "$engine" warn "does not know"
		mend "$engine" warn "oci-hostnet configure $engine --root $root"
		says "$engine" ok
	done
	says kubernetes note "not seen"
	mkdir -p "$root/usr/share/containers/oci/hooks.d"
	echo '{"stages": ["precreate"]}' >"$root/usr/share/containers/oci/hooks.d/x.json"
	examine --root "$root"
	says crio warn "does not start"
	# what belongs to others there
	chown 7 "$root/usr/bin/crun"
	examine --root "$root"
	[ "$status" = 1 ]
	says crun fail "others than root can write"
}

@test "another root: links stay below it" {
	install_all "$root"
	mkdir -p "$root/usr/bin"
	ln -s "$HOSTNET_TEST_DIR/version" "$root/usr/bin/dockerd"
	ln -s ../../../../../../../../usr/bin/podman "$root/usr/bin/podman"
	ln -s /opt/crun "$root/usr/bin/crun"
	examine --root "$root"
	never_says docker warn
	says runtime fail
	# /opt of that root
	install -D -m 0755 "$HOSTNET_TEST_DIR/version" "$root/opt/crun"
	examine --root "$root"
	says runtime ok
}

# --- the host's settings -------------------------------------------------------------

@test "ping: as doctor says, before and after" {
	require_command ping
	[ -d "$HOSTNET_TEST_DIR/rootfs" ] || make_rootfs "$HOSTNET_TEST_DIR/rootfs"
	# busybox's only knows raw sockets
	rm -f "$HOSTNET_TEST_DIR/rootfs/bin/ping"
	copy_program ping "$HOSTNET_TEST_DIR/rootfs"
	sysctl_w net.ipv4.ping_group_range '1 0'
	examine
	says ping warn "no group"
	run container crun . ping -c 1 -w 5 127.0.0.1
	[ "$status" != 0 ]
	mend ping warn "sysctl -w net.ipv4.ping_group_range="
	says ping ok "0 to 2147483647"
	run container crun . ping -c 1 -w 5 127.0.0.1
	expect_status 0
	sysctl_w net.ipv4.ping_group_range '100 200'
	examine
	says ping warn "100 to 200"
	says ports ok 1024
	sysctl_w net.ipv4.ip_unprivileged_port_start 0
	examine
	says ports ok "each free port"
	sysctl_w net.ipv4.ip_unprivileged_port_start 1024
}

@test "trail: nobody hears it, somebody does" {
	own_dev
	rm -rf /run/systemd/journal
	examine
	says trail warn "recorded nowhere"
	# nothing but the answer: it writes no record either
	json=$("$HOSTNET_TEST_DIR/devlog" "$HOSTNET" doctor --json)
	says trail ok /dev/log
	mkdir -p /run/systemd/journal
	json=$("$HOSTNET_TEST_DIR/devlog" --journal "$HOSTNET" doctor --json)
	says trail ok /run/systemd/journal/socket
	# a socket that was left hears nothing
	rm -f /dev/log
	python3 -c 'import socket; socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM).bind("/dev/log")'
	[ -S /dev/log ]
	examine
	says trail warn "recorded nowhere"
}
