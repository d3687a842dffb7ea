# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# What the tests of `oci-hostnet configure` share: a root directory of their own, and what is in it.

# shellcheck disable=SC2154
ENGINES="podman crio containerd docker kubernetes"
HOSTNET=$PROGRAMS/oci-hostnet
# where containerd has its handlers, by the version of config.toml
CRI2='plugins."io.containerd.grpc.v1.cri".containerd.runtimes'
CRI3='plugins."io.containerd.cri.v1.runtime".containerd.runtimes'

setup_root() {
	require_program oci-hostnet
	root=$(mktemp -d "$HOSTNET_TEST_DIR/tmp/root.XXXXXX")
	# where the programs and their files are, as this build was configured
	sbindir=$("$HOSTNET" configure docker --root "$root" --dry-run | sed -n 's/.*"path": "\(.*\)\/oci-hostnet-runtime".*/\1/p')
	own=$(dirname "$HOSTNET_POLICY")
	daemon=$root/etc/docker/daemon.json
	toml=$root/etc/containerd/config.toml
	[ -n "$sbindir" ]
}

# configure ENGINE OPTIONS...
configure() { "$HOSTNET" configure "$1" --root "$root" "${@:2}"; }

# listing DIR - all that there is to say of what is below it; times of files, which directories lose
listing() {
	(
		cd "$1" || exit
		find . -mindepth 1 -type d -printf '%P %y %m %U %G\n'
		find . -mindepth 1 ! -type d -printf '%P %y %m %U %G %n %i %T@ %l\n'
		find . -type f -exec sha256sum {} +
	) | LC_ALL=C sort
}

remember_tree() { listing "$root" >"$root.before"; }

tree_unchanged() {
	listing "$root" >"$root.after"
	diff -u "$root.before" "$root.after"
}

# file PATH TEXT [MODE [OWNER]] - an old one
file() {
	mkdir -p "$(dirname "$root$1")"
	printf '%s' "$2" >"$root$1"
	chmod "${3:-644}" "$root$1"
	chown "${4:-0:0}" "$root$1"
	touch -d '2001-02-03 04:05:06.789' "$root$1"
}

# nothing of ours, nor of an unfinished step
nothing_left() {
	local left
	left=$(find "$root" -name '*oci-hostnet*' ! -path "$root$own")
	[ -z "$left" ] || { echo "left: $left"; return 1; }
}

# refused ENGINE ID-OF-SENTENCE [OPTIONS...] - with what refusals.tsv says, and nothing is written
refused() {
	local sentence wanted
	sentence=$(awk -F '\t' -v id="$2" '$1 == id { print $3 }' "$top_srcdir/oci-specs/refusals.tsv")
	wanted=$(awk -F '\t' -v id="$2" '$1 == id { print $2 }' "$top_srcdir/oci-specs/refusals.tsv")
	[ -n "$sentence" ]
	remember_tree
	run configure "$1" "${@:3}"
	expect_status "$wanted"
	# the longest part without a name
	expect_output "oci-hostnet: " "$(sed 's/%[a-z]*/\n/g' <<<"$sentence" | awk 'length > length(longest) { longest = $0 } END { print longest }')"
	tree_unchanged
}

# holds JQ-ARGUMENT... - jq says true (jq -e of 1.6 is content with no input at all)
holds() {
	local said
	said=$(jq "$@")
	[ "$said" = true ] || { echo "jq $*: ${said:-nothing}"; return 1; }
}

PYTHON=/usr/bin/python3
require_python() {
	"$PYTHON" -c 'import tomllib, yaml' 2>/dev/null || missing "$PYTHON with tomllib and yaml (python3-yaml) is not installed"
}
