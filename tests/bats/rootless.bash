# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# An ordinary user of the test host, and real podman as that user: behind helpers and podman.

# shellcheck disable=SC2034
USER_ID=5000
USER_HOME=$HOSTNET_TEST_DIR/home
USER_RUN=/run/user/$USER_ID
# the user's own store, where podman looks for it
PODMAN=(podman --storage-driver "${HOSTNET_STORAGE:-overlay}")
# The tests may run in a directory that is closed to the user.
SOURCE_PROGRAMS=$PROGRAMS
PROGRAMS=$HOSTNET_TEST_DIR/programs

# setup_user - the user, and the programs in the user's reach
setup_user() {
	local program programs="oci-hostnet oci-hostnet-crun oci-hostnet-runc oci-hostnet-runtime oci-hostnet-hook"
	# shellcheck disable=SC2086
	PROGRAMS=$SOURCE_PROGRAMS require_program $programs
	mkdir "$PROGRAMS"
	for program in $programs; do
		install -m 755 "$SOURCE_PROGRAMS/$program" "$PROGRAMS/$program"
	done
	own_etc
	echo "rootless:x:$USER_ID:$USER_ID::$USER_HOME:/bin/sh" >>/etc/passwd
	echo "rootless:x:$USER_ID:" >>/etc/group
	rm -f /etc/subuid /etc/subgid
	(umask 022; printf '%s\n' rootless:200000:65536 root:100000:65536 | tee /etc/subuid >/etc/subgid)
	install -d -m 700 -o "$USER_ID" -g "$USER_ID" "$USER_HOME" "$USER_RUN"
	# /dev is the machine's: udev opens this one to everybody, and slirp4netns needs it
	mkdir "$HOSTNET_TEST_DIR/dev/net"
	mknod -m 666 "$HOSTNET_TEST_DIR/dev/net/tun" c 10 200
	mount --bind "$HOSTNET_TEST_DIR/dev/net/tun" /dev/net/tun
}

# as_user COMMAND... - in a login of the user's. Descriptor 3 is bats', which would wait for the
# daemons that have it; closed around the function, it would hide that the function fails.
as_user() (
	cd "$USER_HOME" || return
	exec env -i USER=rootless HOME="$USER_HOME" PATH=/usr/bin:/bin:/usr/sbin:/sbin XDG_RUNTIME_DIR="$USER_RUN" \
		${CONTAINERS_CONF:+CONTAINERS_CONF="$CONTAINERS_CONF"} \
		setpriv --reuid "$USER_ID" --regid "$USER_ID" --clear-groups --inh-caps=-all "$@" 3>&-
)

# For a shell of its own, which reads $HOSTNET_TEST_DIR/as_user
save_as_user() {
	declare -f as_user >"$HOSTNET_TEST_DIR/as_user"
	declare -p USER_ID USER_HOME USER_RUN >>"$HOSTNET_TEST_DIR/as_user"
}

# --- plain runtimes --------------------------------------------------------------------

# jq expressions for make_bundle
# shellcheck disable=SC2034
{
# `runc spec --rootless`: the user is root inside, and there is no cgroup
ROOTLESS='.linux.namespaces += [{type: "user"}] | .linux.uidMappings = [{containerID: 0, hostID: 5000, size: 1}]
	| .linux.gidMappings = .linux.uidMappings | '
NO_CGROUP='del(.linux.resources, .linux.cgroupsPath)'
ROOTLESS+=$NO_CGROUP
}

# user_bundle JQ-EXPRESSION COMMAND... - a fresh one that is the user's; its directory in BUNDLE
user_bundle() {
	BUNDLE=$(mktemp -d "$USER_HOME/bundle.XXXXXX")
	make_bundle "$BUNDLE" "$@" || return
	chown -R "$USER_ID:$USER_ID" "$BUNDLE"
}

# user_container RUNTIME JQ-EXPRESSION COMMAND... - `container` of the user
user_container() {
	local runtime=$1
	shift
	user_bundle "$@" || return
	run_user_bundle "$runtime"
}

# run_user_bundle RUNTIME - BUNDLE
run_user_bundle() {
	local id runtime rc=0
	id=$(unique_id)
	runtime=$(runtime_path "$1")
	as_user timeout -s KILL 300 "$runtime" run -b "$BUNDLE" "$id" </dev/null || rc=$?
	if [ "$rc" = 137 ]; then as_user "$runtime" delete -f "$id" >/dev/null 2>&1 || true; fi
	return "$rc"
}

# --- judging and telling ---------------------------------------------------------------

LOOK='ip -o addr; readlink /proc/self/ns/net; ifconfig lo:1 127.0.0.3; /bin/ip addr add 127.0.0.4/8 dev lo
	grep CapBnd /proc/self/status; cat /proc/sys/net/ipv4/ip_forward; echo 1 >/proc/sys/net/ipv4/ip_forward
	awk "\$2 == \"/sys\" { print \"sysfs\", \$4 }" /proc/mounts; echo END'

expect_locked() {
	expect_status 0
	expect_output "inet 10.98.0.1/24" "$(readlink /proc/self/ns/net)" \
		"ifconfig: SIOCSIFADDR: Permission denied" "Operation not permitted" "Read-only file system" "sysfs ro," END
	[[ $output != *"sysfs rw"* ]]
}

# shellcheck disable=SC2034
{
REFUSING='{"version": 1, "default": {"request": "refuse"}}'
SENTENCE="is refused by the policy: ask the administrator or leave it out"
}

# for_each FUNCTION - with each of WAYS; names the one that failed
for_each() {
	local by
	for by in $WAYS; do
		echo "# $by"
		"$1" "$by" "${@:2}"
	done
}

devlog_as_user() {
	[ -x "$HOSTNET_TEST_DIR/devlog" ] || gcc -static -o "$HOSTNET_TEST_DIR/devlog" "$top_srcdir/tests/tools/devlog.c"
	save_as_user
}

# with_syslog COMMAND... - of the user's, with a /dev of its own, where syslog listens
with_syslog() {
	forget_trail
	# shellcheck disable=SC2016
	unshare -m bash -c 'mount -t tmpfs -o mode=755 tmpfs /mnt && cp -a /dev/null /dev/zero /dev/urandom /mnt && mkdir /mnt/shm &&
		mount --bind /dev/shm /mnt/shm && mount --rbind /mnt /dev && umask 0 && exec "$@"' bash \
		"$HOSTNET_TEST_DIR/devlog" /bin/bash -c '. "$1"; as_user "${@:2}"' bash "$HOSTNET_TEST_DIR/as_user" "$@"
}

# --- podman ----------------------------------------------------------------------------

any_podman() { as_user timeout -k 5 300 "${PODMAN[@]}" "$@" </dev/null; }

# The user has no cgroups on cgroup v1, and podman asks for none.
with_options() {
	local global=()
	while [ "$1" != -- ]; do global+=("$1"); shift; done
	shift
	any_podman "${global[@]}" run "$@"
}

pause_process() { cat "$USER_RUN/libpod/tmp/pause.pid"; }

# What podman and the runtimes keep for a container of the user's, and what is mounted in podman's
# own mount namespace.
user_state() {
	find "$USER_RUN"/{netns,crun,runc} -mindepth 1 2>/dev/null || true
	[ -e "$USER_RUN/libpod/tmp/pause.pid" ] || return 0
	any_podman ps -a --external --format '{{.Names}}'
	any_podman pod ps --format '{{.Name}}'
	# without its store, as in whole_host_state
	cut -d' ' -f3- "/proc/$(pause_process)/mountinfo" | grep -vF "/containers/storage/overlay " |
		sed 's/ \(shared\|master\):[0-9]*//g' | LC_ALL=C sort
}

whole_user_host_state() {
	whole_host_state
	user_state
}
remember_user_host() { whole_user_host_state >"$HOSTNET_TEST_DIR/user-host-before"; }
same_user_host() {
	whole_user_host_state >"$HOSTNET_TEST_DIR/user-host-after"
	diff -u "$HOSTNET_TEST_DIR/user-host-before" "$HOSTNET_TEST_DIR/user-host-after"
}
user_host_unchanged() { wait_for 50 same_user_host >/dev/null || same_user_host; }
