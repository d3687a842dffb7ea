#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# The lock userns with subordinate ids (`subordinate` of the policy): real crun and runc, on a
# root filesystem that belongs to the ids.
bats_require_minimum_version 1.5.0
load helpers
load podman
load subordinate

# --- the whole -----------------------------------------------------------------------

locked() {
	run container "$1" "$SHIFTED | $ADMIN | $2" sh -c 'id; cat /proc/self/uid_map /proc/self/gid_map
		ip -o addr; ifconfig lo:1 127.0.0.3; ip addr add 127.0.0.4/8 dev lo
		echo 1 >/proc/sys/net/ipv4/ip_forward; touch /made; stat -c "%n %u" /made; echo END'
	expect_status 0
	expect_output "uid=0(root) gid=0(root)" "inet 10.98.0.1/24" "SIOCSIFADDR: Permission denied" \
		"Operation not permitted" "Read-only file system" "/made 0" END
	[ "$(grep -cE '^ +0 +100000 +65536$' <<<"$output")" = 2 ]
	[ "$(stat -c %u:%g "$HOSTNET_TEST_DIR/userns-rootfs/made")" = 100000:100000 ]
	rm "$HOSTNET_TEST_DIR/userns-rootfs/made"
}
@test "crun: the host's network, which cannot be changed, as nobody of the host" { locked crun .; }
@test "runc: the host's network, which cannot be changed, as nobody of the host" { locked runc .; }
@test "crun: together with strict" { locked crun '.annotations["io.oci-hostnet.lock"] = "strict"'; }
@test "runc: together with strict" { locked runc '.annotations["io.oci-hostnet.lock"] = "strict"'; }

@test "other gids than uids" {
	echo hostnet:300000:65536 >/etc/subgid
	cp -a "$HOSTNET_TEST_DIR/userns-rootfs" "$work/root"
	chown -hR 100000:300000 "$work/root"
	for runtime in crun runc; do
		run container $runtime ".root.path = \"$work/root\"" sh -c 'cat /proc/self/uid_map /proc/self/gid_map; ls -lnd /bin'
		expect_status 0
		grep -qE '^ +0 +100000 +65536$' <<<"$output"
		grep -qE '^ +0 +300000 +65536$' <<<"$output"
		grep -qE '^d.* 0 +0 .* /bin$' <<<"$output"
	done
}

@test "under another lock the member has no effect" {
	policy '{"version": 1, "default": {"subordinate": "nobody-at-all"}}'
	run container crun . cat /proc/self/uid_map
	expect_status 0
	grep -qE '^ +0 +0 +4294967295$' <<<"$output"
	run container crun '.annotations["io.oci-hostnet.lock"] = "userns"' true
	expect_status 1
	expect_output "/etc/subuid gives no ids to \`nobody-at-all\`"
}

@test "a container that has the host's network without asking is left as it is when it cannot have the ids" {
	run container crun "$UNASKED" cat /proc/self/uid_map
	expect_status 0
	grep -qE '^ +0 +0 +4294967295$' <<<"$output"
	policy "$(jq -c '.default.inherit = "lock"' <<<"$SUBORDINATE")"
	refused crun "$UNASKED" "root filesystem"
	run container crun "$UNASKED | $SHIFTED" cat /proc/self/uid_map
	expect_status 0
	grep -qE '^ +0 +100000 +65536$' <<<"$output"
}

# --- the root filesystem and the user ------------------------------------------------

@test "a root filesystem of the host's ids is refused, and what to do" {
	for runtime in crun runc; do
		refused $runtime . "the root filesystem \`$HOSTNET_TEST_DIR/rootfs\` belongs to 0:0" \
			"start on the host at 100000:100000" "podman run --uidmap 0:100000:65536"
	done
	cp -a "$HOSTNET_TEST_DIR/userns-rootfs" "$work/root"
	for owner in 100000:0 0:100000 99999:100000 165536:100000 100000:165536; do
		chown "$owner" "$work/root"
		refused crun ".root.path = \"$work/root\"" "belongs to $owner"
	done
	chown 165535:165535 "$work/root"
	run container crun ".root.path = \"$work/root\"" echo started
	expect_status 0
}

@test "a root filesystem that is out of reach is refused" {
	mkdir -m 700 "$work/closed"
	cp -a "$HOSTNET_TEST_DIR/userns-rootfs" "$work/closed/root"
	refused crun ".root.path = \"$work/closed/root\"" "others may not search \`$work/closed\`"
	chown 100000:100000 "$work/closed"
	run container crun ".root.path = \"$work/closed/root\"" echo started
	expect_status 0
}

@test "a user beyond the ids is refused" {
	for user in '{uid: 65536, gid: 0}' '{uid: 0, gid: 65536}' '{uid: 0, gid: 0, additionalGids: [1, 65536]}' '{uid: -1, gid: 0}'; do
		refused crun "$SHIFTED | .process.user = $user" "not among 0 to 65535"
	done
	run container crun "$SHIFTED | .process.user = {uid: 65535, gid: 65535, additionalGids: [65535]}" id
	expect_status 0
	expect_output uid=65535
}

# --- the files -----------------------------------------------------------------------

# each FILE of the two, and how usermod calls its ids
each_file() {
	"$1" /etc/subuid --add-subuids /etc/passwd
	subordinate_ids
	"$1" /etc/subgid --add-subgids /etc/group
}

bad_ids() {
	local text
	for text in '' 'hostnet:100000:65535' 'hostnet:0:4294967295' 'hostnet:4294901759:65536' \
		'other:100000:65536' $'hostnet:100000:65536\nother:165535:1'; do
		printf '%s\n' "$text" >"$1"
		refused crun "$SHIFTED" "the file $1 gives" "usermod $2 FIRST-LAST hostnet"
	done
	printf 'hostnet:100000:65536\nhostnet:300000:65536\n' >"$1"
	refused crun "$SHIFTED" "the file $1 has several lines of \`hostnet\`"
	printf 'hostnet:100000:65536\nother:1e6:65536\n' >"$1"
	refused crun "$SHIFTED" "the file $1 has in line 2 something else than"
	printf 'hostnet:100000:65536\n\0other:100000:65536\n' >"$1"
	refused crun "$SHIFTED" "the file $1," "NUL"
}
@test "ids that are too few, the host's own, shared or not there are refused" { each_file bad_ids; }

bad_file() {
	chown 1000 "$1"
	refused crun "$SHIFTED" "the file $1," "it is not root's"
	chown 0 "$1"
	for mode in 664 646; do
		chmod $mode "$1"
		refused crun "$SHIFTED" "the file $1," "others than root can write it"
	done
	mv "$1" "$1.kept"
	refused crun "$SHIFTED" "the file $1 gives no ids to \`hostnet\`"
	ln -s "${1##*/}.kept" "$1"
	refused crun "$SHIFTED" "cannot read $1"
	rm "$1"
	mkfifo "$1"
	refused crun "$SHIFTED" "the file $1," "no regular file"
	rm "$1" "$1.kept"
}
@test "files that others could have written, links and fifos are refused" { each_file bad_file; }

account() {
	cp -a "$3" "$work/accounts"
	echo "shared:x:165535:165535:::" >>"$3"
	refused crun "$SHIFTED" "the file $1 gives \`hostnet\` the id 165535, which \`shared\` has in $3"
	cat "$work/accounts" >"$3"
}
@test "ids of the host's accounts are refused" { each_file account; }

# --- user namespaces of others -------------------------------------------------------

@test "a user namespace of the configuration's own is kept, unless it maps the host's root" {
	local own='.linux.namespaces += [{type: "user"}] | .linux.gidMappings = .linux.uidMappings'
	for runtime in crun runc; do
		run container $runtime "$SHIFTED | .linux.uidMappings = [{containerID: 0, hostID: 100000, size: 1000}] | $own" cat /proc/self/uid_map
		expect_status 0
		grep -qE '^ +0 +100000 +1000$' <<<"$output"
		refused $runtime ".linux.uidMappings = [{containerID: 0, hostID: 0, size: 1000}] | $own" "maps in /linux/uidMappings the host's root"
		refused $runtime ".linux.uidMappings = [{containerID: 0, hostID: 100000, size: 9}, {containerID: 9, hostID: 0, size: 1}] | $own" "the host's root"
		refused $runtime "$SHIFTED | .linux.uidMappings = [{containerID: 0, hostID: 100000, size: 9}] | $own | .linux.gidMappings = [{containerID: 0, hostID: 0, size: 9}]" \
			"maps in /linux/gidMappings the host's root"
		# crun maps the host's root alone then
		refused $runtime '.linux.namespaces += [{type: "user"}]' "maps in /linux/uidMappings the host's root"
		refused $runtime '.linux.namespaces += [{type: "user"}] | .linux.uidMappings = [] | .linux.gidMappings = []' \
			"maps in /linux/uidMappings the host's root"
	done
}

@test "one that is joined is kept, unless the host's root is in it, or nobody can tell" {
	local outside
	for outside in 0 100000; do
		unshare -U sh -c 'echo ready; exec sleep 1000' >"$work/joined-$outside" 3>&- &
		wait_for 50 grep -q ready "$work/joined-$outside"
		echo "0 $outside 65536" >/proc/$!/uid_map
		echo "0 $outside 65536" >/proc/$!/gid_map
		if [ $outside = 0 ]; then
			refused crun '.linux.namespaces += [{type: "user", path: "/proc/'$!'/ns/user"}]' "has the host's root among its ids"
		else
			touch "$work/pin"
			mount --bind /proc/$!/ns/user "$work/pin"
			refused crun '.linux.namespaces += [{type: "user", path: "'"$work/pin"'"}]' "has the host's root among its ids, or nobody can tell"
			umount "$work/pin"
			make_bundle "$work/bundle" "$SHIFTED"' | .linux.namespaces += [{type: "user", path: "/proc/'$!'/ns/user"}]' true
			"$PROGRAMS/oci-hostnet" apply "$work/bundle"
		fi
		kill $!
	done
}

@test "the rest of a pod is refused" {
	start crun "$SHIFTED" sh -c 'echo ready; exec sleep 1000'
	pid=$("$STARTED_RUNTIME" state "$STARTED_ID" | jq .pid)
	refused crun "$SHIFTED | (.linux.namespaces[] | select(.type == \"ipc\").path) = \"/proc/$pid/ns/ipc\"" \
		"joins the user namespace \`/proc/$pid/ns/user\`"
}

@test "from inside of a user namespace they are refused" {
	make_bundle "$work/bundle" "$SHIFTED" true
	run unshare -U -n -m --map-root-user "$PROGRAMS/oci-hostnet" diff "$work/bundle"
	expect_status 1
	expect_output "can only be given from the initial user namespace"
}

@test "podman: its root filesystem is refused with the remedy, and its own --uidmap kept" {
	require_command podman conmon
	setup_podman
	ask=(--rm --annotation io.oci-hostnet.network=host)
	run by_crun "${ask[@]}" localhost/bb true
	expect_status 126
	expect_output "belongs to 0:0" "podman run --uidmap 0:100000:65536"
	for by in by_crun by_runc; do
		run $by "${ask[@]}" --network host --uidmap 0:100000:65536 --gidmap 0:100000:65536 localhost/bb \
			sh -c 'cat /proc/self/uid_map; ifconfig lo:1 127.0.0.3'
		expect_output "SIOCSIFADDR: Permission denied"
		grep -qE '^ +0 +100000 +65536' <<<"$output"
	done
	remember_host # podman's rules count packets
}
