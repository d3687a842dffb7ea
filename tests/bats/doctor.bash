# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# A host for oci-hostnet doctor to look at: what is said of it, and what mends it.

# over DIRECTORY - in a layer of our own above the machine's
over() {
	local layer
	layer=$HOSTNET_TEST_DIR/layers$1
	mkdir -p "$layer"/{upper,work}
	mount -t overlay overlay -o "lowerdir=$1,upperdir=$layer/upper,workdir=$layer/work" "$1"
}

# install_all [ROOT] - as `make install` does
install_all() {
	local program
	mkdir -p "${1-}$sbindir"
	for program in "$PROGRAMS"/oci-hostnet-{runtime,hook,isolate}; do
		if [ -x "$program" ]; then install -m 0755 "$program" "${1-}$sbindir/"; fi
	done
	ln -sf oci-hostnet-runtime "${1-}$sbindir/oci-hostnet-crun"
	ln -sf oci-hostnet-runtime "${1-}$sbindir/oci-hostnet-runc"
}

sysctl_w() { echo "$2" >"/proc/sys/${1//.//}"; }

# examine [OPTION...] - a doctor's answer in $json; bats' run is for the texts
examine() {
	examined=("$@")
	status=0
	json=$("$HOSTNET" doctor --json "$@") || status=$?
	# what a person is told is the same, but for the last line
	diff <("$HOSTNET" doctor "$@" | grep -E '^([a-z]| {22} ->)' | sed '$d' | sed 's/^ *-> //; t; s/^[a-z]* *[a-z]* *//') \
		<(jq -r '.checks[] | .reason, .mend // empty' <<<"$json")
	[ "$(jq -r 'keys_unsorted | join(" ")' <<<"$json")" = "schema verdict reason_id reason edits checks" ]
	# its status is what it says
	[ "$status" = "$(jq -r '{ready: 0, "partly seen": 0, "not ready": 1}[.verdict]' <<<"$json")" ]
	[ "$(jq 'any(.checks[]; .verdict == "fail")' <<<"$json")" = "$([ "$status" = 1 ] && echo true || echo false)" ]
}

# says ID VERDICT [TEXT]
says() {
	holds --arg id "$1" --arg verdict "$2" --arg text "${3-}" \
		'any(.checks[]; .id == $id and .verdict == $verdict and (.reason | contains($text)))' <<<"$json" ||
		{ jq -r '.checks[] | "\(.id) \(.verdict) \(.reason)"' <<<"$json"; return 1; }
}

never_says() {
	holds --arg id "$1" --arg verdict "$2" 'all(.checks[]; (.id == $id and .verdict == $verdict) | not)' <<<"$json"
}

# mend ID VERDICT TEXT - does what doctor says to that check, which begins with TEXT. What services
# and clusters are told is written to told.
mend() {
	local command
	command=$(jq -r --arg id "$1" --arg verdict "$2" 'first(.checks[] | select(.id == $id and .verdict == $verdict)).mend' <<<"$json")
	[[ $command == "$3"* ]] || { echo "mend: $command"; return 1; }
	: >"$HOSTNET_TEST_DIR/told"
	(
		PATH=$PROGRAMS:$PATH
		# shellcheck disable=SC2317
		systemctl() { echo "systemctl $*" >>"$HOSTNET_TEST_DIR/told"; }
		# shellcheck disable=SC2317
		sysctl() { busybox sysctl "$@"; }
		eval "$command"
	)
	examine "${examined[@]}"
}

# stand_in PATH TEXT - a runtime that says TEXT for --version
stand_in() {
	rm -f "$1"
	install -m 0755 "$HOSTNET_TEST_DIR/version" "$1"
	printf '%b' "$2" >"$1.says"
}
