# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# What workloads.bats runs: real servers in the test root filesystem, and a terminal to type into.

# --- the programs --------------------------------------------------------------------

WEB_MODULES="mpm_event authz_core dav dav_fs dir"

# copy_library FILE ROOTFS - to the same place, with the libraries it needs
copy_library() {
	local file
	for file in "$1" $(ldd "$1" | grep -o '/[^ ]*'); do
		[ -e "$2$file" ] || install -D -m 0755 "$(readlink -f "$file")" "$2$file"
	done
}

# The programs are the machine's, the users are the container's own.
make_workloads_rootfs() {
	local root=$HOSTNET_TEST_DIR/rootfs program module
	make_rootfs "$root"
	for program in apache2 redis-check-rdb dnsmasq setpriv setcap getcap bash ping id cat; do
		rm -f "$root/bin/$program"
		copy_program "$program" "$root"
	done
	# a name of its own among the host's processes
	ln "$root/bin/bash" "$root/bin/shell"
	# Debian's package redis-server is this link and a service
	ln -s redis-check-rdb "$root/bin/redis-server"
	for module in $WEB_MODULES; do copy_library "/usr/lib/apache2/modules/mod_$module.so" "$root"; done
	# for the locks of dav
	copy_library /usr/lib/*/apr-util-1/apr_dbm_db-1.so "$root"
	cat >>"$root/etc/passwd" <<-END
	www-data:x:33:33:www-data:/var/www:/bin/sh
	dnsmasq:x:105:65534:dnsmasq:/var/lib/misc:/bin/sh
	redis:x:106:112:redis:/data:/bin/sh
	END
	cat >>"$root/etc/group" <<-END
	dip:x:30:
	www-data:x:33:
	staff:x:50:
	redis:x:112:
	nogroup:x:65534:
	END
	echo "hosts: files" >"$root/etc/nsswitch.conf"
	web_config >"$root/etc/apache2.conf"
	database_entrypoint >"$root/bin/database"
	chmod 755 "$root/bin/database"
}

web_config() {
	local module
	for module in $WEB_MODULES; do
		echo "LoadModule ${module}_module /usr/lib/apache2/modules/mod_$module.so"
	done
	cat <<-'CONF'
	ServerRoot /data
	ServerName web.test
	PidFile /data/run/pid
	Listen 10.98.0.1:8080
	Listen [fd98::1]:8080
	User www-data
	Group www-data
	StartServers 1
	ThreadsPerChild 8
	MaxRequestWorkers 8
	MinSpareThreads 1
	MaxSpareThreads 8
	DocumentRoot /data/htdocs
	DirectoryIndex index.html
	ErrorLog /data/log/error.log
	LogFormat "%h \"%r\" %>s" short
	CustomLog /data/log/access.log short
	DavLockDB /data/run/dav/lock
	<Directory /data/htdocs/upload>
		Dav On
	</Directory>
	CONF
}

# The way of the official image: root gives the volume to the database's user and becomes it.
database_entrypoint() {
	cat <<-'SH'
	#!/bin/sh
	set -e
	cd /data
	find . ! -user redis -exec chown redis '{}' +
	umask 0077
	echo ready
	exec /bin/setpriv --reuid=redis --regid=redis --clear-groups -- redis-server \
		--bind 10.98.0.1 --port 6379 --protected-mode no --daemonize no --dir /data \
		--unixsocket /data/redis.sock --unixsocketperm 770 \
		--save '' --appendonly yes --appendfsync always
	SH
}

# --- volumes -------------------------------------------------------------------------

# volume DIR - jq expression: DIR as /data
volume() { echo ".mounts += [{destination: \"/data\", type: \"bind\", source: \"$1\", options: [\"rbind\", \"rw\"]}]"; }

# listing DIR - what lies there, of what kind, whose, with which mode, and where links point to
listing() { (cd "$1" && find . -printf '%p %y %U:%G %m %n %l\n' | LC_ALL=C sort); }

# expect_file DIR PATH PATTERN - its kind, owner and mode
expect_file() {
	local found
	found=$(cd "$1" && find "$2" -maxdepth 0 -printf '%y %U:%G %m')
	# shellcheck disable=SC2053
	[[ $found == $3 ]] || { echo "$2 is $found instead of $3"; listing "$1"; return 1; }
}

# --- processes -----------------------------------------------------------------------

# processes NAME - those of this name as the host sees them: UID:GID, network and user namespace
processes() {
	local dir
	for dir in /proc/[0-9]*; do
		[ "$(cat "$dir/comm" 2>/dev/null)" = "$1" ] || continue
		echo "$(awk '/^Uid:/ { u = $3 } /^Gid:/ { g = $3 } END { print u ":" g }' "$dir/status")" \
			"$(namespace "$dir" net) $(namespace "$dir" user)"
	done | LC_ALL=C sort
}

namespace() {
	if [ "$(readlink "$1/ns/$2")" = "$(readlink "/proc/self/ns/$2")" ]; then echo host; else echo own; fi
}

# expect_processes RUNTIME NAME UID:GID... - on the host's network, and in a user namespace when locked
expect_processes() {
	local space=own
	[[ $1 != plain-* ]] || space=host
	diff -u <(printf "%s host $space\n" "${@:3}" | LC_ALL=C sort) <(processes "$2")
}

# --- starting and ending -------------------------------------------------------------

# launch RUNTIME CHANGE DIR COMMAND... - with DIR as /data; waits for the line "ready".
# RUNTIME: what `start` takes, or podman-crun, podman-runc (ours below podman), plain-podman-crun,
# plain-podman-runc (without us), which take no CHANGE but are locked by their annotations.
launch() {
	local runtime=$1 change=$2 dir=$3
	shift 3
	case $runtime in
	*podman*) launch_podman "$runtime" -v "$dir:/data" localhost/bb "$@" ;;
	*) start "$runtime" "$change | $(volume "$dir")" "$@" ;;
	esac
}

launch_podman() {
	STARTED_ID=$(unique_id)
	STARTED_RUNTIME=podman
	by_podman "$1" -d --name "$STARTED_ID" "${@:2}" >/dev/null
	wait_for 100 podman_ready || { any_podman logs "$STARTED_ID"; return 1; }
}
podman_ready() { any_podman logs "$STARTED_ID" 2>&1 | grep -q ^ready; }

# by_podman RUNTIME RUN-OPTION...
by_podman() {
	case $1 in
	plain-podman-crun) without --network host "${@:2}" ;;
	plain-podman-runc) without_runc --network host "${@:2}" ;;
	podman-crun) by_crun "${LOCKED_PODMAN[@]}" "${@:2}" ;;
	podman-runc) by_runc "${LOCKED_PODMAN[@]}" "${@:2}" ;;
	*) echo "no such runtime: $1"; return 1 ;;
	esac
}

gone() { ! kill -0 "$1" 2>/dev/null; }

# ends [STATUS] - what was launched, by itself
ends() {
	local rc=0
	if [ "$STARTED_RUNTIME" = podman ]; then
		rc=$(any_podman wait "$STARTED_ID")
	else
		wait_for 100 gone "$STARTED_PID"
		wait "$STARTED_PID" || rc=$?
	fi
	[ "$rc" = "${1:-0}" ] || { echo "ended in $rc:"; said; return 1; }
	[ "$STARTED_RUNTIME" = podman ] || STARTED_ID=
	drop
}

# said - what the launched container wrote
said() {
	if [ "$STARTED_RUNTIME" = podman ]; then any_podman logs "$STARTED_ID" 2>&1; else cat "$STARTED_LOG"; fi
}

# signal NAME - to what was launched
signal() {
	if [ "$STARTED_RUNTIME" = podman ]; then
		any_podman kill -s "$1" "$STARTED_ID" >/dev/null
	else
		"$STARTED_RUNTIME" kill "$STARTED_ID" "$1"
	fi
}

# drop - what was launched, without asking it
drop() {
	[ -n "${STARTED_ID-}" ] || return 0
	if [ "$STARTED_RUNTIME" = podman ]; then
		any_podman rm -f -t 0 "$STARTED_ID" >/dev/null
		STARTED_ID=
	else
		stop
	fi
}

# --- a terminal ----------------------------------------------------------------------

# terminal COMMAND... - on a terminal of 33 lines and 111 columns, to be typed into
terminal() {
	SCREEN=$(mktemp "$BATS_TEST_TMPDIR/screen.XXXXXX")
	TERMINAL_TTY=$SCREEN.tty
	mkfifo "$SCREEN.keys"
	exec {KEYS}<>"$SCREEN.keys"
	script -qefc "tty >$TERMINAL_TTY; stty rows 33 cols 111; exec $(printf '%q ' "$@")" "$SCREEN" \
		<"$SCREEN.keys" >/dev/null 2>&1 3>&- {KEYS}>&- &
	TERMINAL_PID=$!
}

types() { printf '%b' "$1" >&"$KEYS"; }

# Whole lines as they are on the screen; a prompt has no end of line yet.
on_screen() { tr -d '\r' <"$SCREEN" | grep -qE -- "$1"; }

# shows REGEX - waits for it
shows() {
	wait_for 100 on_screen "$1" && return
	cat -v "$SCREEN"
	return 1
}

terminal_ends() {
	local rc=0
	wait_for 100 gone "$TERMINAL_PID" || { cat -v "$SCREEN"; return 1; }
	wait "$TERMINAL_PID" || rc=$?
	terminal_close
	[ "$rc" = "$1" ] || { echo "ended in $rc"; cat -v "$SCREEN"; return 1; }
}

terminal_close() {
	[ -n "${TERMINAL_PID-}" ] || return 0
	kill "$TERMINAL_PID" 2>/dev/null || true
	exec {KEYS}>&-
	TERMINAL_PID=
}
