# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# Real podman in the test host, with a store of its own: what the bats files that use it share.

# setup_podman - its configuration, and the image localhost/bb of the test root filesystem
setup_podman() {
	export CONTAINERS_CONF=$HOSTNET_TEST_DIR/containers.conf
	cat >"$CONTAINERS_CONF" <<-CONF
	[containers]
	default_ulimits = ["nofile=1024:1024", "nproc=1024:1024"]
	default_capabilities = ["CHOWN", "DAC_OVERRIDE", "FOWNER", "FSETID", "KILL", "NET_BIND_SERVICE",
	  "SETFCAP", "SETGID", "SETPCAP", "SETUID", "SYS_CHROOT"]
	default_sysctls = ["net.ipv4.ping_group_range=0 0"]
	log_driver = "k8s-file"
	[network]
	network_backend = "netavark"
	[engine]
	cgroup_manager = "cgroupfs"
	events_logger = "file"
	runtime = "crun"
	runtime_supports_json = ["crun", "runc", "oci-hostnet-runtime", "oci-hostnet-crun", "oci-hostnet-runc"]
	[engine.runtimes]
	crun = ["$(command -v crun)"]
	runc = ["$(command -v runc)"]
	oci-hostnet-crun = ["$PROGRAMS/oci-hostnet-crun"]
	oci-hostnet-runc = ["$PROGRAMS/oci-hostnet-runc"]
	CONF
	mkdir -p "$HOSTNET_TEST_DIR/hooks.d" "$HOSTNET_TEST_DIR/no-hooks.d"
	jq -n --arg path "$PROGRAMS/oci-hostnet-hook" '{
		version: "1.0.0",
		hook: {path: $path, args: ["oci-hostnet-hook", "precreate"]},
		when: {always: true},
		stages: ["precreate"]
	}' >"$HOSTNET_TEST_DIR/hooks.d/oci-hostnet.json"
	[ -d "$HOSTNET_TEST_DIR/rootfs" ] || make_rootfs "$HOSTNET_TEST_DIR/rootfs"
	tar -C "$HOSTNET_TEST_DIR/rootfs" -cf "$HOSTNET_TEST_DIR/image.tar" .
	any_podman import -q "$HOSTNET_TEST_DIR/image.tar" localhost/bb >/dev/null
	podman_tables
}

# everything of podman's that outlives one container is made here
podman_tables() { without --rm -p 8080:80 localhost/bb true; }

# setup_pods - no pause program is installed, and none can be pulled
setup_pods() {
	any_podman import -q -c 'CMD ["/bin/sleep", "1000"]' -c 'STOPSIGNAL KILL' "$HOSTNET_TEST_DIR/image.tar" localhost/pause >/dev/null
	sed -i 's,^\[engine\],&\ninfra_image = "localhost/pause",' "$CONTAINERS_CONF"
}

PODMAN_STORE=$HOSTNET_TEST_DIR/podman
PODMAN=(podman --root "$PODMAN_STORE/root" --runroot "$PODMAN_STORE/run" --tmpdir "$PODMAN_STORE/tmp"
	--network-config-dir "$PODMAN_STORE/networks" --storage-driver "${HOSTNET_STORAGE:-overlay}")

any_podman() {
	timeout -k 5 300 "${PODMAN[@]}" "$@" </dev/null 3>&-
}

# with_options GLOBAL-OPTIONS... -- RUN-OPTIONS...: cgroups where in-host removes them
with_options() {
	local global=()
	while [ "$1" != -- ]; do global+=("$1"); shift; done
	shift
	any_podman "${global[@]}" run --cgroup-parent "/$HOSTNET_TAG-podman" "$@"
}

# The two ways of registering, and those without us.
by_runtime() { with_options --hooks-dir "$HOSTNET_TEST_DIR/no-hooks.d" --runtime "$PROGRAMS/oci-hostnet-runtime" -- "$@"; }
by_crun() { with_options --hooks-dir "$HOSTNET_TEST_DIR/no-hooks.d" --runtime oci-hostnet-crun -- "$@"; }
by_runc() { with_options --hooks-dir "$HOSTNET_TEST_DIR/no-hooks.d" --runtime oci-hostnet-runc -- "$@"; }
by_hook() { with_options --hooks-dir "$HOSTNET_TEST_DIR/hooks.d" --runtime crun -- "$@"; }
by_hook_runc() { with_options --hooks-dir "$HOSTNET_TEST_DIR/hooks.d" --runtime runc -- "$@"; }
# both at once: the second to see a configuration finds it done
by_both() { with_options --hooks-dir "$HOSTNET_TEST_DIR/hooks.d" --runtime oci-hostnet-crun -- "$@"; }
# the runtime with a witness in front of it, which setup_watched makes
watched() { with_options --hooks-dir "$HOSTNET_TEST_DIR/no-hooks.d" --runtime watched -- "$@"; }
watched_runc() { with_options --hooks-dir "$HOSTNET_TEST_DIR/no-hooks.d" --runtime watched_runc -- "$@"; }
without() { with_options --hooks-dir "$HOSTNET_TEST_DIR/no-hooks.d" --runtime crun -- "$@"; }
without_runc() { with_options --hooks-dir "$HOSTNET_TEST_DIR/no-hooks.d" --runtime runc -- "$@"; }

# plain RUN - the same without us
plain() {
	case $1 in *runc) echo without_runc ;; *) echo without ;; esac
}

# podman_of RUN ARGUMENTS... - any other command of podman
podman_of() {
	local hooks=no-hooks.d runtime
	case $1 in
	by_crun | by_runc) runtime=oci-hostnet-${1#by_} ;;
	by_hook) hooks=hooks.d runtime=crun ;;
	by_both) hooks=hooks.d runtime=oci-hostnet-crun ;;
	by_hook_runc) hooks=hooks.d runtime=runc ;;
	without) runtime=crun ;;
	watched | watched_runc) runtime=$1 ;;
	*) runtime=runc ;;
	esac
	any_podman --hooks-dir "$HOSTNET_TEST_DIR/$hooks" --runtime "$runtime" "${@:2}"
}

# for_each FUNCTION ARGUMENTS... - with each way of registering, or those in WAYS; names the one that failed
for_each() {
	local by
	for by in ${WAYS:-by_crun by_runc by_hook by_hook_runc}; do
		echo "# $by"
		"$1" "$by" "${@:2}"
	done
}

# without_counters - host_state sees the rules, and not the packets of bridges that they count
without_counters() { nft() { command nft --stateless "$@" 2>/dev/null; }; }

# reset_host - after a test that changes the host on purpose
reset_host() {
	host_network_reset
	podman_tables
	remember_whole_host
}

# remove_all - every pod and container. podman may find the shm of one with a user namespace busy once,
# and a cleanup of conmon's that runs beside leaves podman's store mounted, until the next command.
remove_all() {
	any_podman pod rm -fa -t 0 >/dev/null 2>&1 || true
	any_podman rm -fa -t 0 >/dev/null 2>&1 || any_podman rm -fa -t 0 >/dev/null 2>&1 || true
	remove_podmans_cgroups
	wait_for 50 store_released || true
}
store_released() {
	[ -z "$(any_podman ps -aq)" ] && ! grep -qF " $PODMAN_STORE/root/overlay " /proc/self/mountinfo
}

nothing_left() {
	remove_all
	whole_host_unchanged
}

# podmans_cgroups - those of kube play, for which podman takes no parent; the machine's own containers may be there too
podmans_cgroups() { find /sys/fs/cgroup/*/libpod_parent -maxdepth 1 -mindepth 1 -type d 2>/dev/null | sort; }
remember_podmans_cgroups() { CGROUPS=$(podmans_cgroups); }
remove_podmans_cgroups() {
	[ -n "${CGROUPS+set}" ] || return 0
	podmans_cgroups | grep -vxF "${CGROUPS:-none}" | xargs -r rmdir 2>/dev/null || true
	rmdir /sys/fs/cgroup/*/libpod_parent 2>/dev/null || true
}
