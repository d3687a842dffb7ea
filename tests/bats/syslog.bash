# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# syslog and the real journald for the whole of a file: in a /dev of the playing host's own, since
# /dev is the machine's.

SYSLOG=$HOSTNET_TEST_DIR/syslog

# start_syslog - in setup_file. As a daemon it belongs to the host that is remembered afterwards.
start_syslog() {
	own_dev
	rm -f /dev/log
	: >"$SYSLOG"
	# bats waits for all that holds its descriptors
	bash -c 'for fd in /proc/$$/fd/*; do fd=${fd##*/}; [ "$fd" -lt 3 ] || [ "$fd" = 255 ] || eval "exec $fd>&-"; done
		exec busybox syslogd -O "$1"' - "$SYSLOG" </dev/null >/dev/null 2>&1
	wait_for 50 test -S /dev/log
	logger -t syslog-test started
	wait_for 50 grep -q started "$SYSLOG"
}

forget_records() {
	: >"$SYSLOG"
	forget_trail
}

# records COUNT [TEXT] - that many came from us since then, all with TEXT. Not counted is what was only
# locked, and what our runtime refused, which tells the engine too: trail.bats and observe.bats count all.
records() {
	local found mark=mark-$RANDOM$RANDOM
	# what is logged behind ours comes last
	logger -t syslog-test "$mark"
	wait_for 50 grep -q "$mark" "$SYSLOG"
	found=$(grep 'oci-hostnet\[' "$SYSLOG" |
		grep -vE '"kind":"changed"|"kind":"refused".*"program":"oci-hostnet-runtime"' || true)
	if [ "$(grep -c . <<<"$found")" != "$1" ] || [ "$(grep -cF "${2-}" <<<"$found")" -lt "$1" ]; then
		echo "not $1 records with: ${2-}"
		cat "$SYSLOG"
		return 1
	fi
}

# in_trail TEXT... - one line of ours has them all
in_trail() {
	local text found
	found=$(wait_for 50 grep -F 'oci-hostnet[' "$SYSLOG")
	for text; do
		found=$(grep -F "$text" <<<"$found") || { echo "not told: $text"; cat "$SYSLOG"; return 1; }
	done
}

# --- journald ------------------------------------------------------------------------

JOURNALD=/lib/systemd/systemd-journald

# start_journald - systemd's own, with its journal in the private /run. The machine's is not read.
start_journald() {
	require_command journalctl
	[ -x "$JOURNALD" ] || missing "systemd-journald is not installed"
	mkdir -p /run/systemd/journal /run/systemd/journald.conf.d
	printf '[Journal]\n%s\n' Storage=volatile ReadKMsg=no Audit=no ForwardToSyslog=no RateLimitIntervalSec=0 \
		>/run/systemd/journald.conf.d/test.conf
	[ ! -d /var/log/journal ] || mountpoint -q /var/log/journal || mount -t tmpfs journal /var/log/journal
	env -i "$JOURNALD" </dev/null >/dev/null 2>&1 3>&- &
	JOURNALD_PID=$!
	wait_for 50 test -S /run/systemd/journal/socket
	wait_for 50 journal_answers
}

journal_answers() { journalctl -q -n 1 -o cat | grep -q .; }

stop_journald() {
	[ -n "${JOURNALD_PID-}" ] || return 0
	kill "$JOURNALD_PID"
	wait "$JOURNALD_PID" || true
	JOURNALD_PID=
	rm -rf /run/systemd/journal /run/log/journal
}

# journal - our records of root's in it, one JSON object a line. journald takes them in order.
journal() {
	local mark=mark-$RANDOM$RANDOM
	logger --journald <<<"MESSAGE=$mark"
	wait_for 50 journal_has "$mark"
	journalctl -qa -o json SYSLOG_IDENTIFIER=oci-hostnet _UID=0
}

journal_has() { journalctl -q -o cat | grep -qF "$1"; }
