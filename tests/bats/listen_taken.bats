#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# io.oci-hostnet.listen: which ports are taken, by sock_diag and bind(2), against what happens.
bats_require_minimum_version 1.5.0
load helpers
load syslog
load listen

# --- what is taken: sock_diag against bind(2) -----------------------------------------

# What the host has, in listener.c's words; what is declared; and what bind() and listen() say, which
# `listener probe` finds out. A port behind `taken`, else free.
CASES='
 | 80/tcp | free
 | 53/udp | free
tcp 0.0.0.0 80 reuseaddr listen | 80/tcp | taken 80
tcp 0.0.0.0 80 listen | 80/tcp | taken 80
tcp 0.0.0.0 80 reuseport listen | 80/tcp | taken 80
tcp 0.0.0.0 80 reuseaddr reuseport listen | 80/tcp | taken 80
tcp :: 80 dual reuseaddr listen | 80/tcp | taken 80
tcp :: 80 v6only reuseaddr listen | 80/tcp | taken 80
tcp 127.0.0.1 80 reuseaddr listen | 80/tcp | taken 80
tcp ::1 80 reuseaddr listen | 80/tcp | taken 80
tcp 10.98.0.1 80 reuseaddr listen | 80/tcp | taken 80
tcp 0.0.0.0 81 reuseaddr listen | 80/tcp | free
udp 0.0.0.0 80 | 80/tcp | free
tcp 0.0.0.0 53 reuseaddr listen | 53/udp | free
tcp 0.0.0.0 80 reuseaddr listen | 0.0.0.0:80/tcp | taken 80
tcp :: 80 dual reuseaddr listen | 0.0.0.0:80/tcp | taken 80
tcp :: 80 v6only reuseaddr listen | 0.0.0.0:80/tcp | free
tcp ::1 80 reuseaddr listen | 0.0.0.0:80/tcp | free
tcp ::ffff:127.0.0.1 80 dual reuseaddr listen | 0.0.0.0:80/tcp | taken 80
tcp ::ffff:0.0.0.0 80 dual reuseaddr listen | 0.0.0.0:80/tcp | taken 80
tcp 127.0.0.1 80 reuseaddr listen | 0.0.0.0:80/tcp | taken 80
tcp 0.0.0.0 80 reuseaddr listen | [::]:80/tcp | free
tcp :: 80 dual reuseaddr listen | [::]:80/tcp | taken 80
tcp :: 80 v6only reuseaddr listen | [::]:80/tcp | taken 80
tcp ::1 80 reuseaddr listen | [::]:80/tcp | taken 80
tcp ::ffff:127.0.0.1 80 dual reuseaddr listen | [::]:80/tcp | free
tcp ::ffff:0.0.0.0 80 dual reuseaddr listen | [::]:80/tcp | free
tcp 0.0.0.0 80 reuseaddr listen | 127.0.0.1:80/tcp | taken 80
tcp 127.0.0.1 80 reuseaddr listen | 127.0.0.1:80/tcp | taken 80
tcp 127.0.0.2 80 reuseaddr listen | 127.0.0.1:80/tcp | free
tcp 10.98.0.1 80 reuseaddr listen | 127.0.0.1:80/tcp | free
tcp :: 80 dual reuseaddr listen | 127.0.0.1:80/tcp | taken 80
tcp :: 80 v6only reuseaddr listen | 127.0.0.1:80/tcp | free
tcp ::ffff:127.0.0.1 80 dual reuseaddr listen | 127.0.0.1:80/tcp | taken 80
tcp ::ffff:127.0.0.2 80 dual reuseaddr listen | 127.0.0.1:80/tcp | free
tcp ::1 80 reuseaddr listen | 127.0.0.1:80/tcp | free
tcp ::1 80 reuseaddr listen | [::1]:80/tcp | taken 80
tcp :: 80 v6only reuseaddr listen | [::1]:80/tcp | taken 80
tcp :: 80 dual reuseaddr listen | [::1]:80/tcp | taken 80
tcp 0.0.0.0 80 reuseaddr listen | [::1]:80/tcp | free
tcp ::ffff:0.0.0.0 80 dual reuseaddr listen | [::1]:80/tcp | free
tcp 0.0.0.0 80 device=lo reuseaddr listen | 80/tcp | taken 80
tcp 0.0.0.0 80 device=lo reuseaddr listen | 10.98.0.1:80/tcp | taken 80
tcp 0.0.0.0 80 device=vrf0 reuseaddr listen | 80/tcp | VRF
tcp 0.0.0.0 80 | 80/tcp | taken 80
tcp 0.0.0.0 80 reuseaddr | 80/tcp | free
tcp 0.0.0.0 80 reuseport | 80/tcp | taken 80
tcp 0.0.0.0 80 reuseaddr reuseport | 80/tcp | free
tcp 127.0.0.1 80 | 0.0.0.0:80/tcp | taken 80
tcp 127.0.0.1 80 reuseaddr | 0.0.0.0:80/tcp | free
tcp 127.0.0.1 80 | [::]:80/tcp | free
tcp :: 80 dual | 0.0.0.0:80/tcp | taken 80
tcp :: 80 v6only | 0.0.0.0:80/tcp | free
tcp ::1 80 | [::]:80/tcp | taken 80
tcp ::1 80 reuseaddr | [::]:80/tcp | free
tcp 127.0.0.1 9020 accepted | 9020/tcp | taken 9020
tcp 127.0.0.1 9021 reuseaddr accepted | 9021/tcp | free
tcp 127.0.0.1 9022 accepted | 127.0.0.2:9022/tcp | free
tcp ::1 9023 accepted | 9023/tcp | taken 9023
tcp ::1 9024 reuseaddr accepted | [::1]:9024/tcp | free
tcp 127.0.0.1 9001 reuseaddr listen tcp 127.0.0.1 9000 connect=9001 | 9000/tcp | taken 9000
tcp 127.0.0.1 9001 reuseaddr listen tcp 127.0.0.1 9000 reuseaddr connect=9001 | 9000/tcp | free
tcp 127.0.0.1 9001 reuseaddr listen tcp 127.0.0.1 9000 connect=9001 | [::]:9000/tcp | free
tcp 127.0.0.1 9001 reuseaddr listen tcp 127.0.0.1 1 unbound connect=9001 | 32768-32775/tcp | EPHEMERAL
tcp 127.0.0.1 9002 timewait | 9002/tcp | taken 9002
tcp 127.0.0.1 9003 reuseaddr timewait | 9003/tcp | free
tcp ::1 9004 timewait | 9004/tcp | taken 9004
tcp ::1 9005 timewait | 0.0.0.0:9005/tcp | free
tcp 127.0.0.1 9006 timewait | 127.0.0.2:9006/tcp | free
tcp 127.0.0.1 9007 reuseaddr timewait tcp 127.0.0.2 9007 reuseaddr listen | 127.0.0.1:9007/tcp | free
tcp 127.0.0.1 9008 reuseaddr timewait tcp 127.0.0.1 9008 reuseaddr listen | 127.0.0.1:9008/tcp | taken 9008
tcp 0.0.0.0 80 reuseaddr tcp 127.0.0.1 80 reuseaddr listen | 0.0.0.0:80/tcp | taken 80
tcp 127.0.0.1 80 reuseaddr tcp 127.0.0.2 80 | 127.0.0.1:80/tcp | free
tcp 127.0.0.1 80 reuseaddr tcp 127.0.0.2 80 | 127.0.0.2:80/tcp | taken 80
udp 0.0.0.0 53 | 53/udp | taken 53
udp 0.0.0.0 53 reuseaddr | 53/udp | taken 53
udp 0.0.0.0 53 reuseport | 53/udp | taken 53
udp :: 53 dual | 53/udp | taken 53
udp :: 53 v6only | 53/udp | taken 53
udp 127.0.0.53 53 | 53/udp | taken 53
udp 127.0.0.53 53 | 0.0.0.0:53/udp | taken 53
udp 127.0.0.53 53 | 10.98.0.1:53/udp | free
udp 127.0.0.53 53 | [::]:53/udp | free
udp :: 53 v6only | 0.0.0.0:53/udp | free
udp :: 53 dual | 127.0.0.1:53/udp | taken 53
udp ::1 53 | [::]:53/udp | taken 53
udp ::1 53 | 127.0.0.1:53/udp | free
udp ::ffff:127.0.0.1 53 dual | 127.0.0.1:53/udp | taken 53
udp ::ffff:127.0.0.1 53 dual | [::1]:53/udp | free
udp 0.0.0.0 53 device=lo | 53/udp | taken 53
udp 127.0.0.1 54 udp 127.0.0.1 53 connect=54 | 53/udp | taken 53
udp 127.0.0.1 54 udp 127.0.0.1 53 reuseaddr connect=54 | 53/udp | taken 53
udp 127.0.0.1 54 udp 127.0.0.1 53 connect=54 | 127.0.0.2:53/udp | free
udp ::1 54 udp ::1 53 connect=54 | [::1]:53/udp | taken 53
tcp 0.0.0.0 8005 reuseaddr listen | 8000-8010/tcp | taken 8005
tcp 0.0.0.0 8005 reuseaddr listen tcp 0.0.0.0 8003 reuseaddr listen | 8000-8010/tcp | taken 8003
tcp 0.0.0.0 8005 reuseaddr listen tcp 0.0.0.0 8003 reuseaddr | 8000-8010/tcp | taken 8005
tcp 0.0.0.0 8005 reuseaddr listen tcp 0.0.0.0 8003 | 8000-8010/tcp | taken 8003
tcp 0.0.0.0 7999 reuseaddr listen tcp 0.0.0.0 8011 reuseaddr listen | 8000-8010/tcp | free
tcp 127.0.0.1 8010 reuseaddr listen | 127.0.0.1:8000-8010/tcp | taken 8010
tcp 0.0.0.0 8005 reuseaddr listen | 8000-9000/tcp | taken 8005
tcp 0.0.0.0 8005 reuseaddr listen tcp 0.0.0.0 8003 reuseaddr listen | 8000-9000/tcp | taken 8003
tcp 0.0.0.0 8005 reuseaddr listen tcp 0.0.0.0 8003 reuseaddr | 8000-9000/tcp | taken 8005
tcp 0.0.0.0 8005 reuseaddr listen tcp 0.0.0.0 8003 | 8000-9000/tcp | taken 8003
tcp 0.0.0.0 8005 reuseaddr listen tcp 0.0.0.0 8006 | 8000-9000/tcp | taken 8005
tcp 0.0.0.0 8005 tcp 0.0.0.0 8004 reuseaddr tcp 0.0.0.0 8003 tcp 0.0.0.0 8007 | 8000-9000/tcp | taken 8003
tcp 0.0.0.0 8005 reuseaddr | 8000-9000/tcp | free
tcp 127.0.0.1 8005 | 127.0.0.2:8000-9000/tcp | free
tcp ::1 8005 tcp 127.0.0.1 8006 | 0.0.0.0:8000-9000/tcp | taken 8006
tcp 127.0.0.1 8051 timewait | 8020-8060/tcp | taken 8051
tcp 127.0.0.1 8052 timewait | 127.0.0.1:8052-9000/tcp | taken 8052
tcp 0.0.0.0 65535 reuseaddr listen | 65535/tcp | taken 65535
tcp 0.0.0.0 1 reuseaddr listen | 1/tcp | taken 1
'

# said_of BUNDLE - what oci-hostnet says, in the words of `listener probe`
said_of() {
	local status=0 said
	said=$("$HOSTNET" diff "$1" 2>&1) || status=$?
	case $status/$said in
	0/*) echo free ;;
	1/*"is already in use on the host by listener (pid $HELD)"* | 1/*"is already in use on the host by a connection that has not ended"*)
		sed -n 's/.*port \([^ ]*:\)\?\([0-9]*\)\/... is already in use.*/taken \2/p' <<<"$said" ;;
	*) echo "$status $said" ;;
	esac
}

# answer_to ENTRY - what bind() and listen() say
answer_to() {
	local ports=${1%/*} protocol=${1##*/} address=any
	[[ $ports != *:* ]] || { address=${ports%:*} ports=${ports##*:}; address=${address#[} address=${address%]}; }
	"$LISTENER" probe "$protocol" "$address" "${ports%-*}" "${ports#*-}"
}

@test "what is taken: as bind() and listen() say, in every case" {
	local held entry expected said truth cases=0 wrong=0
	make_bundle "$work/bundle"
	cp "$work/bundle/config.json" "$work/config"
	ip link add vrf0 type vrf table 99 2>/dev/null && ip link set vrf0 up || true
	while IFS='|' read -r held entry expected; do
		[ -n "${entry// }" ] || continue
		entry=${entry// } expected=${expected# }
		case $expected in
		VRF) [ -d /sys/class/net/vrf0 ] || continue; expected=free ;;
		EPHEMERAL) echo 32768 32775 >/proc/sys/net/ipv4/ip_local_port_range; expected='taken *' ;;
		esac
		# shellcheck disable=SC2086
		hold $held || { echo "cannot hold $held"; wrong=$((wrong + 1)); continue; }
		jq "$(declaring "$entry")" "$work/config" >"$work/bundle/config.json"
		said=$(said_of "$work/bundle")
		truth=$(answer_to "$entry")
		let_go
		cases=$((cases + 1))
		# shellcheck disable=SC2053
		if [ "$said" != "$truth" ] || [[ $said != $expected ]]; then
			echo "$held, $entry: said $said, bind() says $truth, expected $expected"
			wrong=$((wrong + 1))
		fi
	done <<<"$CASES"
	echo 32768 60999 >/proc/sys/net/ipv4/ip_local_port_range
	ip link del vrf0 2>/dev/null || true
	echo "$cases cases, $wrong of them wrong"
	[ "$cases" -ge 105 ] && [ "$wrong" = 0 ]
}
