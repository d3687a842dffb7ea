# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# CRI-O's part played with what was captured of it: its configurations, its command lines
# (oci-specs/captures/argv.txt), its environment, the packaged conmon. What could not be the same
# here is changed in adapt_crio, and nothing else.

CRIO=$HOSTNET_TEST_DIR/crio
# cri-o's run root: below it containers are created (captures/argv.txt)
CRIO_RUN=/run/containers/storage
CRIO_CAPTURES=$CAPTURES/crio

setup_crio() {
	make_rootfs "$HOSTNET_TEST_DIR/rootfs"
	mkdir -p "$CRIO/exits" "$CRIO/attach" "$CRIO/requests" "$CRIO_RUN/overlay-containers" /run/runc
	chmod 755 "$CRIO_RUN" "$CRIO_RUN/overlay-containers"
	printf 'int pause (void); int main (void) { return pause (); }\n' |
		gcc -xc -static -o "$HOSTNET_TEST_DIR/rootfs/pause" -
}

# captured NAME KIND - the file of the pod NAME: KIND container or sandbox (its infra container)
captured() {
	local file
	for file in "$CRIO_CAPTURES/$1.$2".config.json "$CRIO_CAPTURES/$1.$2"-never-run.config.json; do
		[ ! -e "$file" ] || { echo "$file"; return; }
	done
	echo "no capture of the $2 of $1" >&2
	return 1
}

annotation_of() { jq -r --arg key "$2" '.annotations[$key]' "$1"; }

# adapt_crio - the root filesystem, what is bound, cgroups of ours; the machine of FACTS 10 has no
# negative oomScoreAdj. The namespaces stay where they were pinned.
adapt_crio() {
	jq --arg root "$HOSTNET_TEST_DIR/rootfs" --arg requests "$CRIO/requests" --arg tag "$HOSTNET_TAG" \
		--arg run "$CRIO_RUN" '
		.root.path = $root
		| (.mounts[] | select(.type == "bind").source) |= (sub("^/run/crio-labroot|^/var/lib/containers/storage"; $run)
			| sub("^/srv/crio/requests/[^/]*"; $requests))
		| .linux.cgroupsPath |= "/" + $tag + .
		| if .process.oomScoreAdj < 0 then del(.process.oomScoreAdj) else . end'
}

# pin TYPE PATH - a namespace of its own, or with HOST that of the host
pin() {
	local flag
	case $1 in net) flag=-n ;; ipc) flag=-i ;; uts) flag=-u ;; esac
	mkdir -p "$(dirname "$2")"
	: >"$2"
	if [ "${3-}" = HOST ]; then mount --bind "/proc/self/ns/$1" "$2"; else
		unshare "$flag" mount --bind "/proc/self/ns/$1" "$2"
	fi
}

# new_pod NAME [SANDBOX-CHANGE [CONTAINER-CHANGE]] - what CRI-O has made of the pod when it calls
# the runtime: the pinned namespaces, both bundles, what is bound. Leaves SANDBOX and CONTAINER,
# their ids.
new_pod() {
	local kind id config path type
	POD=$1
	SANDBOX=$(annotation_of "$(captured "$1" sandbox)" io.kubernetes.cri-o.ContainerID)
	CONTAINER=$(annotation_of "$(captured "$1" container)" io.kubernetes.cri-o.ContainerID)
	# shellcheck disable=SC2094
	for kind in sandbox container; do
		[ $kind = sandbox ] && id=$SANDBOX || id=$CONTAINER
		path=$CRIO_RUN/overlay-containers/$id/userdata
		mkdir -p "$path"
		config=$(captured "$1" $kind)
		adapt_crio <"$config" | jq "$([ $kind = sandbox ] && echo "${2:-.}" || echo "${3:-.}")" >"$path/config.json"
		cp "$path/config.json" "$CRIO/$id.config"
	done
	path=$CRIO_RUN/overlay-containers/$SANDBOX/userdata
	mkdir -p "$path/shm"
	mount -t tmpfs -o size=65536k,mode=1777 shm "$path/shm"
	echo "nameserver 10.255.255.53" >"$path/resolv.conf"
	echo vm >"$path/hostname"
	: >"$path/.containerenv"
	echo "127.0.0.1 localhost" >"$CRIO/requests/etc-hosts"
	: >"$CRIO/requests/termlog"
	PINNED=()
	while read -r type path; do
		PINNED+=("$path")
		[[ $type != network ]] || type=net
		if [ "$type" = net ] && [ "$(annotation_of "$(captured "$1" sandbox)" io.kubernetes.cri-o.HostNetwork)" = true ]; then
			pin net "$path" HOST
		else
			pin "$type" "$path"
		fi
	done < <(jq -r '.linux.namespaces[] | select(.path).type + " " + .path' "$CRIO_RUN/overlay-containers/$SANDBOX/userdata/config.json")
}

# The teardown of both containers and of the pod, as StopPodSandbox and RemovePodSandbox do.
remove_pod() {
	local id path
	[ -n "${SANDBOX-}" ] || return 0
	for id in "$CONTAINER" "$SANDBOX"; do
		# crun would take away what runc keeps, without the container
		if [ -e "/run/runc/$id" ]; then "$(cat "$CRIO/$id.runtime")" --root /run/runc delete --force "$id"; fi
		if [ -s "$CRIO/$id.conmon" ]; then wait_for 50 process_gone "$(cat "$CRIO/$id.conmon")"; fi
	done
	umount "$CRIO_RUN/overlay-containers/$SANDBOX/userdata/shm"
	for path in "${PINNED[@]}"; do umount "$path"; done
	rm -rf "${CRIO_RUN:?}/overlay-containers/"* /run/crio-lab "$CRIO"/*.{config,conmon,sync,log,runtime}
	SANDBOX=
}

process_gone() { ! kill -0 "$1" 2>/dev/null; }

bundle_of() { echo "$CRIO_RUN/overlay-containers/$1/userdata"; }

# untouched ID - its configuration, byte for byte
untouched() { cmp "$CRIO/$1.config" "$(bundle_of "$1")/config.json"; }

# create RUNTIME ID [CONMON-OPTIONS...] - through conmon, as internal/oci/runtime_oci.go does:
# cwd is the bundle, and nothing is in the environment but conmon's pipes. What conmon says on its
# pipe is left in CREATED: {"pid":N}, or -1 and the runtime's message.
create() {
	local runtime=$1 id=$2
	shift 2
	echo "${runtime#plain-}" >"$CRIO/$id.runtime"
	echo >"$CRIO/start"
	: >"$CRIO/$id.sync"
	(
		cd "$(bundle_of "$id")"
		exec env -i _OCI_SYNCPIPE=3 _OCI_STARTPIPE=4 "$(command -v conmon)" -b "$(bundle_of "$id")" -c "$id" \
			--exit-dir "$CRIO/exits" -l "$CRIO/$id.log" --log-level info -n "k8s_$id" \
			-P "$CRIO/$id.conmon" -p "$(bundle_of "$id")/pidfile" --persist-dir "$(bundle_of "$id")" \
			-r "$(runtime_path "$runtime")" --runtime-arg --root=/run/runc --socket-dir-path "$CRIO/attach" \
			-u "$id" "$@" </dev/null 3>"$CRIO/$id.sync" 4<"$CRIO/start" >/dev/null 2>&1
	) || true
	wait_for 100 test -s "$CRIO/$id.sync" || return 1
	CREATED=$(cat "$CRIO/$id.sync")
}

# crio_line WORDS - the captured command line of CRI-O that has WORDS, of several the first
crio_line() {
	sed -n '/^# crio /,/^#[^c]/p' "$CAPTURES/argv.txt" | grep -m 1 -F -- "$1"
}

# crio RUNTIME ID WORDS [FILE] - runs that line; FILE stands for its --process or --pid-file
crio() {
	local line words=() word
	line=$(crio_line "$3") || { echo "no captured line has: $3" >&2; return 1; }
	for word in $line; do
		case $word in
		RUNTIME) words+=("$(runtime_path "$1")") ;;
		/tmp/exec-process-N) words+=("$4") ;;
		/tmp/pidfileN) words+=("$CRIO/pidfile") ;;
		*) words+=("${word//ID/$2}") ;;
		esac
	done
	env -i "${CRIO_ENVIRONMENT[@]}" "${words[@]}"
}
CRIO_ENVIRONMENT=()

# logged_create RUNTIME ID - the captured line of create with what conmon passes on, and a syslog
# that listens; prints what it heard, and what the runtime says
logged_create() {
	local path rc=0
	forget_trail
	[ -x "$HOSTNET_TEST_DIR/devlog" ] || gcc -static -o "$HOSTNET_TEST_DIR/devlog" "$top_srcdir/tests/tools/devlog.c"
	echo "${1#plain-}" >"$CRIO/$2.runtime"
	path=$(bundle_of "$2")
	# the container keeps the runtime's output open
	unshare -m --propagation slave sh -c 'mount -t tmpfs tmpfs /dev && mknod -m 666 /dev/null c 1 3 && cd "$1" &&
		exec env -i _OCI_SYNCPIPE=3 _OCI_STARTPIPE=4 "$4" /bin/sh -c "exec \"\$@\" >$5 2>&1" sh \
		"$2" --root=/run/runc create --bundle "$1" --pid-file "$1/pidfile" "$3"' \
		sh "$path" "$(runtime_path "$1")" "$2" "$HOSTNET_TEST_DIR/devlog" "$CRIO/$2.log" </dev/null 3>&- || rc=$?
	cat "$CRIO/$2.log"
	return "$rc"
}

# started RUNTIME ID - created, and started by the captured line
started() {
	create "$@"
	[ "$(jq .pid <<<"$CREATED")" -gt 0 ] || { echo "$CREATED"; return 1; }
	crio "$1" "$2" "start ID"
}

# captured_exec NAME [COMMAND...] - the file of `exec --process` of the pod NAME, with COMMAND
captured_exec() {
	local file
	file=$(mktemp "$CRIO/exec.XXXXXX")
	jq --argjson args "$(words "${@:2}")" 'if $args == [] then . else .args = $args end' \
		"$CRIO_CAPTURES/$1.exec.process.json" >"$file"
	echo "$file"
}

# exec_sync RUNTIME ID FILE [CONMON-OPTIONS...] - `exec` through conmon, as ExecSync does; prints
# what the process said
exec_sync() {
	local log
	log=$(mktemp "$CRIO/exec-log.XXXXXX")
	echo >"$CRIO/start"
	env -i _OCI_SYNCPIPE=3 _OCI_STARTPIPE=4 "$(command -v conmon)" -c "$2" -n "k8s_$2" -r "$(runtime_path "$1")" \
		-p "$CRIO/exec-pidfile" -e -l "$log" --socket-dir-path "$CRIO/attach" --log-level info --sync "${@:4}" \
		--exec-process-spec "$3" --runtime-arg --root=/run/runc \
		</dev/null 3>"$CRIO/exec-sync" 4<"$CRIO/start" >/dev/null 2>&1 || true
	# TIME stdout F TEXT
	cut -d' ' -f4- "$log" | tr -d '\r'
	cat "$CRIO/exec-sync" >&2
}

# refused TEXT... - conmon hands CRI-O the sentences, and there is no container
refused() {
	local text
	[ "$(jq .pid <<<"$CREATED")" = -1 ] || { echo "$CREATED"; return 1; }
	for text; do
		[[ $(jq -r .message <<<"$CREATED") == *"$text"* ]] || { echo "not found: $text in $CREATED"; return 1; }
	done
	[ ! -e "/run/runc/$CONTAINER" ]
	untouched "$CONTAINER"
}
