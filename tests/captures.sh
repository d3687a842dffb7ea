#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Every configuration in oci-specs/captures as expected.tsv says, as it is and
# with the annotation added, judged as at the runtime's `create`.  TAP.
set -u
top=${top_srcdir:-$(cd "$(dirname "$0")/.." && pwd)}
build=${top_builddir:-$top}
judge=$build/tests/unit/judge_file
. "$top/tests/engines.sh"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
n=0

report() { # ok|not ok, name, detail
  n=$((n + 1))
  echo "$1 $n - $2"
  [ "$1" = ok ] || echo "# $3"
}

# What may differ; everything else must be the same, and of these only what
# the lock is about.
rest='del(.linux.namespaces, .linux.sysctl, .process.capabilities, .linux.seccomp.syscalls, .mounts, .linux.readonlyPaths,
  .linux.devices, .linux.resources.devices, .annotations["io.oci-hostnet.applied"])
  | if .linux.resources == {} then del(.linux.resources) else . end
  | if .annotations == {} then del(.annotations) else . end'
# shellcheck disable=SC2016
kept='
def subset($a; $b): ($a - $b) == [];
# a private network went, and what an engine made for it
def goes: any($old[0].linux.namespaces[]; .type == "network") and ($old[0].annotations["io.oci-hostnet.network"] == "host");
def engine_made: (.[0] | test("^/etc/(hosts|resolv.conf)$")) and (.[1] | test("/userdata/|/docker/containers/|/sandboxes/|/var/tmp/buildah"));
$old[0] as $o | . as $n
| (($o.linux.namespaces - $n.linux.namespaces) | all(.type == "network"))
and subset($n.linux.namespaces; $o.linux.namespaces)
and ([($o.linux.sysctl // {}) | to_entries[] | select(.key | startswith("net.") | not)] == [($n.linux.sysctl // {}) | to_entries[]])
and ((($o.process.capabilities // {}) | keys) == (($n.process.capabilities // {}) | keys))
and ([($n.process.capabilities // {}) | .[][] | select(test("NET_ADMIN|NET_RAW|SYS_ADMIN|SYS_MODULE|MKNOD"))] == [])
and ([($o.mounts // [])[] | [.destination, .source]] - [($n.mounts // [])[] | [.destination, .source]]
  | all((.[0] | startswith("/dev/net")) or (goes and engine_made)))
and ([($n.mounts // [])[] | [.destination, .source]] - [($o.mounts // [])[] | [.destination, .source]]
  | all(goes and . as $new | $host | index([$new])))
and ([($n.mounts // [])[] | [.destination, .source] | select(goes and engine_made) | .[0] as $there
  | select(any($host[]; .[0] == $there and .[1] != ""))] == [])
and ($n.linux.readonlyPaths | index("/proc/sys") != null)
and ([$n.linux.seccomp.syscalls[] | select((.args // []) == [] and (.names | index("ioctl")) and .action != "SCMP_ACT_ERRNO")] == [])
and ([$o.linux.seccomp.syscalls[]? | select(.names | index("ioctl") | not)] - $n.linux.seccomp.syscalls == [])
and (.annotations["io.oci-hostnet.applied"] | fromjson | .lock == "standard")'

# What the engine of the capture that is judged hands over beside its configuration.
engine_of() {
  case $1 in
  crio/*) echo crio ;;
  cri-containerd/*) echo k8s.io ;;
  containerd/*) echo default ;;
  docker/*) echo moby ;;
  podman/*) echo podman ;;
  *) echo by-hand ;;
  esac
}

create() { "${ENVIRONMENT[@]}" "$judge" create '{"version":1}' $BUNDLE; }

# What takes their place.
host=$(jq -nc --arg hosts "$(readlink -e /etc/hosts)" --arg resolv "$(readlink -e /etc/resolv.conf)" \
  '[["/etc/hosts", $hosts], ["/etc/resolv.conf", $resolv]]')

# compare INPUT EXPECTED NAME
compare() {
  local input=$1 expected=$2 name=$3 got
  as_engine "$(engine_of "$file")" "$input" "$top/oci-specs/captures/$file" "$work"
  cp "$input" "$work/before"
  create <"$input" >"$work/out"
  got=$?
  cmp -s "$input" "$work/before" || { report 'not ok' "$name" 'the input was changed'; return; }
  case $expected in
  refused\(*\))
    if [ $got -eq 1 ] && [ "refused(${expected#refused?}" = "$expected" ] && [ "$(cat "$work/out")" = "refused $(echo "$expected" | sed 's/refused(\(.*\))/\1/')" ]; then
      report ok "$name"
    else report 'not ok' "$name" "expected $expected, got $(head -c 100 "$work/out")"; fi ;;
  untouched)
    if [ $got -eq 0 ] && cmp -s "$work/out" "$input"; then report ok "$name"
    else report 'not ok' "$name" "expected untouched, got $(head -c 100 "$work/out")"; fi ;;
  edited)
    if [ $got -ne 0 ] || cmp -s "$work/out" "$input"; then
      report 'not ok' "$name" "expected edited, got $(head -c 100 "$work/out")"
      return
    fi
    create <"$work/out" >"$work/again"
    if ! cmp -s "$work/out" "$work/again"; then
      report 'not ok' "$name" 'a second edit differs'
    elif [ "$(jq -S "$rest | if .linux.seccomp then .linux.seccomp = (.linux.seccomp|del(.architectures,.defaultAction)) else . end | if .linux.seccomp == {} then del(.linux.seccomp) else . end" "$work/out")" != "$(jq -S "$rest | if .linux.seccomp then .linux.seccomp = (.linux.seccomp|del(.architectures,.defaultAction)) else . end | if .linux.seccomp == {} then del(.linux.seccomp) else . end" "$input")" ]; then
      report 'not ok' "$name" 'something else differs'
    elif ! jq -e --slurpfile old "$input" --argjson host "$host" "$kept" "$work/out" >/dev/null; then
      report 'not ok' "$name" 'an edit is not the intended one'
    else report ok "$name"; fi ;;
  *) report 'not ok' "$name" "expected.tsv says $expected" ;;
  esac
}

while IFS=$'\t' read -r file as_is with; do
  case $file in '#'* | '') continue ;; esac
  [ -f "$top/oci-specs/captures/$file" ] || { report 'not ok' "$file" 'no such capture'; continue; }
  compare "$top/oci-specs/captures/$file" "$as_is" "$file as captured"
  jq -c '.annotations["io.oci-hostnet.network"] = "host"' "$top/oci-specs/captures/$file" >"$work/with"
  compare "$work/with" "$with" "$file with the annotation"
done <"$top/oci-specs/expected.tsv"

listed=$(grep -c '^[a-z]' "$top/oci-specs/expected.tsv")
found=$(find "$top/oci-specs/captures" -name '*.config.json' | wc -l)
if [ "$listed" -eq "$found" ]; then report ok 'every capture is listed'
else report 'not ok' 'every capture is listed' "$listed listed, $found there"; fi
echo "1..$n"
