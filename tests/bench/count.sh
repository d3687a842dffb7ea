#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Run inside tests/in-host by tests/count_limits.sh, on the build that
# tests/bench/static.sh made: the user instructions of oci-hostnet-runtime up to
# its exec of the low-level runtime, by callgrind, and the most memory it had.
#
# The same on every machine: in a root of its own, so that the mount table, the
# paths and the files are the same, with an environment that is the same, and
# with the string functions that every x86-64 has (a `rep movsb`, which newer
# processors are given, counts as one instruction a byte).
# shellcheck disable=SC2154 # top_srcdir, top_builddir
set -eu
root=$HOSTNET_TEST_DIR/count
mkdir "$root"
mount -t tmpfs -o mode=0755 tmpfs "$root"
mkdir -p "$root"/{bundle,etc,proc,sbin,tmp,valgrind} "$root${HOSTNET_POLICY%/*}"
mount -t proc proc "$root/proc"
echo 'nameserver 192.0.2.53' >"$root/etc/resolv.conf"
echo '127.0.0.1 localhost' >"$root/etc/hosts"
install -m 755 "$top_builddir/src/oci-hostnet-runtime" "$top_builddir/tests/bench/bench" "$root/sbin"
install -m 755 "$top_builddir/tests/bench/noop" "$root/sbin/crun"
cp /usr/libexec/valgrind/{callgrind-amd64-linux,default.supp} "$root/valgrind"
HOSTNET_POLICY=$root$HOSTNET_POLICY
dir=/sbin
. "$top_srcdir/tests/bench/rules.bash"

in_root() { # COMMAND...
	env -i PATH=/sbin VALGRIND_LIB=/valgrind VALGRIND_LAUNCHER=/valgrind/valgrind \
		GLIBC_TUNABLES=glibc.cpu.hwcaps=-AVX2,-AVX,-ERMS,-SSE4_2,-SSE4_1,-SSSE3,-BMI2,-MOVBE,-AVX_Fast_Unaligned_Load,-Fast_Unaligned_Copy \
		chroot "$root" "$@"
}

# tell NAME VALUE UNIT
tell() {
	printf '%-28s %s%s\n' "$1" "$(sed -E ':a; s/([0-9])([0-9]{3})($|,)/\1,\2\3/; ta' <<<"$2")" "${3#instructions}"
	[ -z "${HOSTNET_BENCH_TABLE-}" ] || printf '%s\t%s\t%s\n' "$1" "$2" "${3# }" >>"$HOSTNET_BENCH_TABLE"
}

# callgrind loses what it counted when the program execs: it writes it down
# before.
count() { # NAME ARGUMENT...
	local name=$1
	shift
	rm -f "$root"/out*
	in_root /valgrind/callgrind-amd64-linux --tool=callgrind -q --dump-before=execve --callgrind-out-file=/out \
		/sbin/oci-hostnet-runtime "$@"
	tell "$name" "$(sed -n 's/^totals: //p' "$root/out.1")" instructions
}

# configuration FILE FILTER - the bundle's
configuration() { jq -c "$2" "$top_srcdir/oci-specs/captures/$1" >"$root/bundle/config.json"; }

edited() { # it is: what is counted is what it should be
	grep -q io.oci-hostnet.applied "$root/bundle/config.json" || { echo "count: nothing was edited" >&2; exit 1; }
}

create=(create --bundle /bundle x)
ask='.annotations["io.oci-hostnet.network"] = "host"'
docker=docker/host.config.json
# podman's, with 1 200 more environment variables and 130 mounts
large='.process.env += [range(1200) | "BENCH_VARIABLE_\(.)=some value that stands for one"]
	| .mounts += [range(130) | {destination: "/mnt/\(.)", type: "tmpfs", source: "tmpfs", options: ["nosuid","nodev"]}]'
rules 0
configuration "$docker" "$ask"
count "edit, 9 KB" "${create[@]}"
edited
count "already edited" "${create[@]}"
for more in 'listen=80/tcp' 'lock=strict'; do
	configuration "$docker" "$ask | .annotations[\"io.oci-hostnet.${more%%=*}\"] = \"${more#*=}\""
	count "edit, 9 KB, $more" "${create[@]}"
	edited
done
for count in 10 100 1000; do
	rules "$count"
	configuration "$docker" "$ask"
	count "edit, 9 KB, $count rules" "${create[@]}"
	edited
done
rules 0
configuration podman/annotation.config.json "$large"
count "edit, 85 KB" "${create[@]}"
edited
configuration podman/annotation.config.json 'del(.annotations)'
count "left alone, 9 KB" "${create[@]}"
count "state (pass-through)" state x

configuration podman/annotation.config.json "$large"
cp "$root/bundle/config.json" "$root/original"
read -r _ _ _ most < <(in_root /sbin/bench -m 5 /bundle /original -- /sbin/oci-hostnet-runtime "${create[@]}")
tell "memory, edit, 85 KB" "$most" " KiB"
