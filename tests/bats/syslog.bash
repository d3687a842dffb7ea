# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# syslog for the whole of a file: in a /dev of the playing host's own, since /dev is the machine's.

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

forget_records() { : >"$SYSLOG"; }

# records COUNT [TEXT] - that many came from us since then, all with TEXT
records() {
	local found mark=mark-$RANDOM$RANDOM
	# what is logged behind ours comes last
	logger -t syslog-test "$mark"
	wait_for 50 grep -q "$mark" "$SYSLOG"
	found=$(grep 'oci-hostnet\[' "$SYSLOG" || true)
	if [ "$(grep -c . <<<"$found")" != "$1" ] || [ "$(grep -cF "${2-}" <<<"$found")" -lt "$1" ]; then
		echo "not $1 records with: ${2-}"
		cat "$SYSLOG"
		return 1
	fi
}
