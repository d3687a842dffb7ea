#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Real workloads under the lock userns: each runs once with crun or runc alone on the host's
# network and once through us, and must say the same to the same client outside, and leave the
# same files of the same owners in its volume.
bats_require_minimum_version 1.5.0
load helpers
load podman
load workloads

# the lock that is tried
LOCKED='.linux.uidMappings = [{containerID: 0, hostID: 0, size: 4294967295}]
	| .linux.gidMappings = .linux.uidMappings | .linux.namespaces += [{type: "user"}]'
STANDARD='.annotations["io.oci-hostnet.lock"] = "standard"'

setup_file() {
	require_program oci-hostnet-crun oci-hostnet-runc
	have_workloads || return 0
	make_workloads_rootfs
}

have_workloads() {
	require_command crun runc apache2 redis-check-rdb redis-cli dnsmasq dig curl ping script setpriv
}

setup() {
	have_workloads
	no_policy
	remember_host
	PING_RANGE=$(cat /proc/sys/net/ipv4/ping_group_range)
	FIRST_PORT=$(cat /proc/sys/net/ipv4/ip_unprivileged_port_start)
}

teardown() {
	terminal_close
	stop
	echo "$PING_RANGE" >/proc/sys/net/ipv4/ping_group_range
	echo "$FIRST_PORT" >/proc/sys/net/ipv4/ip_unprivileged_port_start
	if ! host_unchanged >/dev/null; then host_network_reset; fi
}

outside() { timeout 10 ip netns exec lan "$@"; }

# compare WORKLOAD crun|runc - without us and under the lock: the same answers, the same volume
compare() {
	local plain=$BATS_TEST_TMPDIR/plain locked=$BATS_TEST_TMPDIR/locked
	mkdir "$plain" "$locked"
	"$1" "plain-$2" "$UNASKED" "$plain"
	"$1" "$2" "$LOCKED" "$locked"
	[ -s "$plain/said" ]
	diff -u "$plain/said" "$locked/said"
	diff -u <(listing "$plain/data") <(listing "$locked/data")
	host_unchanged
}

# --- a web server --------------------------------------------------------------------

WEB=http://10.98.0.1:8080

web_volume() {
	mkdir -p "$1"/{htdocs/upload,log,run/dav}
	echo "the page of the volume" >"$1/htdocs/index.html"
	echo "for root alone" >"$1/htdocs/private.html"
	chown 1000:1000 "$1/htdocs/index.html"
	chmod 600 "$1/htdocs/private.html"
	chown 33:33 "$1/run/dav"
	# what is uploaded gets the group of the directory
	chown 33:50 "$1/htdocs/upload"
	chmod 2775 "$1/htdocs/upload"
}

web_answers() { [ "$(outside curl -s "$WEB/")" = "the page of the volume" ]; }

# fetch URL [CURL-OPTION...] - status and body
fetch() { outside curl -sg -w '%{http_code} %{url}\n' "${@:2}" "$1"; }

web() {
	local data=$3/data
	web_volume "$data"
	start "$1" "$2 | $(volume "$data")" sh -c 'echo ready; exec apache2 -D FOREGROUND -f /etc/apache2.conf'
	wait_for 100 web_answers || { cat "$STARTED_LOG" "$data"/log/*; return 1; }
	expect_processes "$1" apache2 0:0 33:33
	head -c 200000 /dev/zero >"$3/upload"
	{
		fetch "$WEB/"
		fetch 'http://[fd98::1]:8080/index.html'
		fetch "$WEB/private.html"
		fetch "$WEB/missing"
		fetch "$WEB/upload/big" -T "$3/upload"
		fetch "$WEB/upload/folder/" -X MKCOL
		fetch "$WEB/index.html" -T "$3/upload"
		fetch "$WEB/upload/big" | sha256sum
	} >"$3/said"
	signal TERM
	ends 0
	for text in "^200 $WEB/$" '^200 http://\[fd98::1\]' "^403 $WEB/private" "^404 " "^201 $WEB/upload/big" \
			"^201 $WEB/upload/folder" "^405 $WEB/index"; do
		grep -q "$text" "$3/said" || { echo "not said: $text"; cat "$3/said" "$data/log/error.log"; return 1; }
	done
	cmp "$3/upload" "$data/htdocs/upload/big"
	expect_file "$data" htdocs/upload/big "f 33:50 644"
	expect_file "$data" htdocs/upload/folder "d 33:50 2755"
	expect_file "$data" log/access.log "f 0:0 644"
	# the client itself, behind no translation
	grep -q '^10.98.0.2 "PUT /upload/big HTTP/1.1" 201$' "$data/log/access.log"
	grep -q '^fd98::a2 "GET /index.html HTTP/1.1" 200$' "$data/log/access.log"
	cat "$data/log/access.log" >>"$3/said"
}
@test "web server on a high port, its pages, uploads and logs in a volume (crun)" { compare web crun; }
@test "web server on a high port, its pages, uploads and logs in a volume (runc)" { compare web runc; }
