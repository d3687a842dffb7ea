#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# valgrind.sh - memcheck on the programs over captured configurations: what they read without having
# written it, what they lose, and which descriptors they leave open. TAP.
set -u
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
top_srcdir=$(cd "${top_srcdir:-$here/..}" && pwd)
top_builddir=$(cd "${top_builddir:-$here/..}" && pwd)
export top_srcdir top_builddir
if [ "${1-}" != --inside ]; then
	for need in valgrind jq gcc; do
		command -v "$need" >/dev/null || { [ "${HOSTNET_STRICT:-0}" = 1 ] && echo "Bail out! $need is not installed" && exit 1
			echo "1..0 # SKIP $need is not installed"; exit 0; }
	done
	exec "$here/in-host" "${BASH_SOURCE[0]}" --inside
fi
captures=$top_srcdir/oci-specs/captures
programs=$top_builddir/src
work=$(mktemp -d)
number=0 failed=0

# memcheck NAME STATUS COMMAND... - its standard input is that of the caller
memcheck() {
	local name=$1 wanted=$2 status=0 bad=''
	shift 2
	rm -f "$work"/log.*
	# With -q the log has nothing but errors. A program that is executed goes on without valgrind.
	valgrind -q --error-exitcode=99 --leak-check=full --show-leak-kinds=definite,indirect,possible \
		--errors-for-leak-kinds=definite,indirect,possible --track-fds=yes --log-file="$work/log.%p" \
		"$@" >"$work/out" 2>"$work/err" || status=$?
	[ "$status" = "$wanted" ] || bad="status $status instead of $wanted"
	# Descriptors that were not inherited are ours; the log is valgrind's, inherited too.
	if awk '/Open (file descriptor|AF_)/ { open = $0; next } open { if (!/inherited from parent/) { print open; bad = 1 }; open = "" }
		/^==[0-9]+== .*(uninitialised|Invalid|lost in|Mismatched|overlap|unaddressable|contains|fishy)/ { print; bad = 1 }
		END { exit !bad }' "$work"/log.* >"$work/errors"; then
		bad+=" memcheck:"
	fi
	number=$((number + 1))
	if [ -z "$bad" ]; then
		echo "ok $number - $name"
	else
		failed=1
		echo "not ok $number - $name"
		{ echo "$bad"; cat "$work/errors"; head -n 5 "$work/err"; head -n 60 "$work"/log.*; } | sed 's/^/# /'
	fi
}

# bundle CAPTURE - $work/bundle
bundle() {
	rm -rf "$work/bundle"
	mkdir -p "$work/bundle/rootfs"
	jq --arg root "$work/bundle/rootfs" '.root.path = $root' "$captures/$1" >"$work/bundle/config.json"
}

# What memcheck() must see: one program for each kind of mistake.
planted() {
	local mistake
	for mistake in 'char *text = malloc (3); return text[1] == 7 ? 4 : 0;' \
		'char *text = malloc (3); text[0] = 1; text = 0; return 0;' 'return dup (0) < 0;' \
		'char *text = malloc (3); text[0] = 1; free (text); return text[0] == 99;'; do
		gcc -g -O0 -w -include stdlib.h -include unistd.h -x c -o "$work/planted" - <<<"int main (void) { $mistake }"
		if (memcheck planted 0 "$work/planted") </dev/null >"$work/said"; then :; fi
		number=$((number + 1))
		if grep -q '^not ok' "$work/said" && grep -q ' memcheck:' "$work/said"; then
			echo "ok $number - found: $mistake"
		else
			failed=1
			echo "not ok $number - found: $mistake"
			sed 's/^/# /' "$work/said"
		fi
	done
}

policy() {
	(umask 022; mkdir -p "$(dirname "$HOSTNET_POLICY")"; printf '%s\n' "$1" >"$HOSTNET_POLICY")
}

planted
gcc -O1 -static -x c -o "$work/crun" - <<<'int main (void) { return 0; }'
enforce="{\"version\": 1, \"runtime\": \"$work/crun\"}"
for capture in podman/annotation docker/host crio/privileged.container containerd/nethost; do
	[ -e "$captures/$capture.config.json" ] || { echo "Bail out! no capture $capture"; exit 1; }
	policy "$enforce"
	bundle "$capture.config.json"
	jq '.annotations["io.oci-hostnet.network"] = "host"' "$work/bundle/config.json" >"$work/asks.json"
	memcheck "$capture: verify" 1 "$programs/oci-hostnet" verify "$work/asks.json" </dev/null
	memcheck "$capture: diff" 0 "$programs/oci-hostnet" diff "$work/bundle" </dev/null
	memcheck "$capture: create executes the runtime" 0 "$programs/oci-hostnet-runtime" create --bundle "$work/bundle" x </dev/null
	memcheck "$capture: precreate" 0 "$programs/oci-hostnet-hook" precreate <"$captures/$capture.config.json"
done
bundle podman/annotation.config.json
memcheck "apply" 0 "$programs/oci-hostnet" apply "$work/bundle" </dev/null
memcheck "verify of what apply wrote" 0 "$programs/oci-hostnet" verify "$work/bundle/config.json" </dev/null
memcheck "apply, a second time" 0 "$programs/oci-hostnet" apply "$work/bundle" </dev/null
policy '{"version": 1, "default": {"request": "refuse"}}'
bundle podman/annotation.config.json
memcheck "create is refused" 1 "$programs/oci-hostnet-runtime" create --bundle "$work/bundle" x </dev/null
memcheck "precreate is refused" 1 "$programs/oci-hostnet-hook" precreate <"$captures/podman/annotation.config.json"
memcheck "an unknown stage is refused" 1 "$programs/oci-hostnet-hook" unheard-of <"$captures/podman/annotation.config.json"
echo '{"version": 1' >"$work/broken.json"
memcheck "policy check" 0 "$programs/oci-hostnet" policy check "$HOSTNET_POLICY" </dev/null
memcheck "policy check of a broken one" 3 "$programs/oci-hostnet" policy check "$work/broken.json" </dev/null
memcheck "policy explain" 0 "$programs/oci-hostnet" policy explain "$work/bundle" </dev/null
memcheck "wrong usage" 2 "$programs/oci-hostnet" diff </dev/null
# (audit is left out: valgrind 3.19 does not know pidfd_getfd and the like)
rm -rf "$work"
echo "1..$number"
exit "$failed"
