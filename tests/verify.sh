#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# `oci-hostnet verify` over every capture that can be edited, and over edited
# ones with something taken back (verify.tsv).  TAP.
set -u
top=${top_srcdir:-$(cd "$(dirname "$0")/.." && pwd)}
build=${top_builddir:-$top}
judge=$build/tests/unit/judge_file
verify="$build/src/oci-hostnet verify"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
umask 022
n=0

report() { # ok|not ok, name, detail
  n=$((n + 1))
  echo "$1 $n - $2"
  [ "$1" = ok ] || echo "# $3"
}

# is NAME CONDITION...: a test(1) expression
is() {
  local name=$1
  shift
  if [ "$@" ]; then report ok "$name"; else report 'not ok' "$name" "$*"; fi
}

# edit CAPTURE: as `apply` does with what asks, also in Kubernetes
edit() {
  jq -c '.annotations["io.oci-hostnet.network"] = "host"' "$1" >"$work/asks" &&
    "$judge" apply '{"version":1,"default":{"request":"allow"}}' <"$work/asks" >"$work/edited"
}

# expect NAME CHECKS: of $work/config.json exactly these checks fail; `-`: none, `construction`: none,
# and a user namespace holds it
expect() {
  local name=$1 want=$2 verdict=open status=1 got failing
  if [ "$want" = - ]; then verdict=locked status=0 want=; fi
  if [ "$want" = construction ]; then verdict='by construction' status=0 want=; fi
  $verify "$work/config.json" >"$work/text" 2>"$work/stderr"
  got=$?
  $verify "$work/config.json" --json >"$work/json" 2>>"$work/stderr"
  failing=$(jq -r '[.checks[] | select(.verdict != "holds" and .verdict != "note") | .id] | sort | join(" ")' "$work/json")
  if [ $got -ne $status ]; then
    report 'not ok' "$name" "exit status $got: $(tail -1 "$work/text") $(cat "$work/stderr")"
  elif [ "$(tail -n 1 "$work/text")" != "verdict: $verdict" ]; then
    report 'not ok' "$name" "$(tail -n 1 "$work/text")"
  elif [ "$failing" != "$want" ]; then
    report 'not ok' "$name" "failing: $failing; expected: $want; $(grep -v ' holds ' "$work/text" | tr '\n' ';')"
  elif [ "$verdict" = open ] && grep -qiE 'locked|by construction' "$work/text" "$work/json"; then
    report 'not ok' "$name" 'the word is in the output'
  elif ! jq -e --arg verdict "$verdict" '.schema == 1 and .verdict == $verdict and .edits == [] and .reason == "" and .reason_id == ""' "$work/json" >/dev/null; then
    report 'not ok' "$name" 'the JSON object is another'
  elif [ -s "$work/stderr" ]; then
    report 'not ok' "$name" "$(cat "$work/stderr")"
  else report ok "$name"; fi
}

# every capture
edited=0 strict=0
while read -r file; do
  edit "$file" || continue
  edited=$((edited + 1))
  mv "$work/edited" "$work/config.json"
  # a PID or IPC namespace of the host, or a PID namespace of another container, is a way around
  # whoever has a user namespace needs no more
  ways=$(jq -r '[.linux.namespaces[] | {(.type): (.path // "")}] | add | if .pid != "" or .ipc == null then "ways"
    elif .user == "" then "construction" else "-" end' "$file")
  # this one was given the host's /run
  case $file in */podman/ipv-mount-sys.*) ways=ways ;; esac
  expect "${file#"$top/oci-specs/captures/"}, edited" "$ways"
  jq -c '.annotations["io.oci-hostnet.lock"] = "strict"' "$file" >"$work/strict-asks"
  edit "$work/strict-asks" || continue # strict refuses more
  strict=$((strict + 1))
  case $ways in construction) verdict='by construction' ;; *) verdict=locked ;; esac
  is "${file#"$top/oci-specs/captures/"}, strict" "$($verify "$work/edited" | tail -n 1)" = "verdict: $verdict"
done < <(find "$top/oci-specs/captures" -name '*.config.json' | sort)
is "more than 60 captures were edited ($edited)" "$edited" -gt 60
is "more than 50 of them strictly ($strict)" "$strict" -gt 50

# what is taken back
edit "$top/oci-specs/captures/podman/annotation.config.json"
mv "$work/edited" "$work/podman"
edit "$top/oci-specs/captures/containerd/nethost.config.json"
mv "$work/edited" "$work/none"
jq -c '.annotations["io.oci-hostnet.lock"] = "strict"' "$top/oci-specs/captures/podman/annotation.config.json" >"$work/strict-asks"
edit "$work/strict-asks"
mv "$work/edited" "$work/strict"
jq -c '.annotations["io.oci-hostnet.lock"] = "userns"' "$top/oci-specs/captures/podman/annotation.config.json" >"$work/userns-asks"
edit "$work/userns-asks"
mv "$work/edited" "$work/userns"
while read -r base lock verdict; do
  cp "$work/$base" "$work/config.json"
  expect "the base $base" "$verdict"
  is "the base $base: its lock" "$(jq -r '.checks[] | select(.id == "lock") | .reason' "$work/json")" = "$lock"
done <<'BASES'
podman standard -
none standard -
strict strict -
userns userns construction
BASES
rows=0
while IFS=$'\t' read -r name base expression checks; do
  case $name in '#'* | '') continue ;; esac
  rows=$((rows + 1))
  if ! jq -c "$expression" "$work/$base" >"$work/config.json" || cmp -s "$work/config.json" <(jq -c . "$work/$base"); then
    report 'not ok' "$name" 'the expression changes nothing'
  else expect "$name" "$checks"; fi
done <"$top/tests/verify.tsv"
is "more than 80 rows ($rows)" "$rows" -gt 80

# before the edit, and what is none of our business
jq -c '.annotations["io.oci-hostnet.network"] = "host"' "$top/oci-specs/captures/podman/annotation.config.json" >"$work/config.json"
expect 'not applied yet' 'network seccomp sysctls'
is 'not applied yet: what to do' -n "$(grep -F 'oci-hostnet apply' "$work/text")"
jq -c 'del(.annotations)' "$top/oci-specs/captures/podman/annotation.config.json" >"$work/config.json"
$verify "$work/config.json" >"$work/text"
is 'private: exit status 0' $? -eq 0
is 'private: one note and the word' "$(wc -l <"$work/text") $(tail -n 1 "$work/text")" = '2 verdict: private'
is 'private: JSON' "$($verify "$work/config.json" --json | jq -c '[.verdict, (.checks | length)]')" = '["private",1]'
jq -c '.annotations = {"io.oci-hostnet.lock":"standard"}' "$work/config.json" >"$work/other" && mv "$work/other" "$work/config.json"
expect 'an annotation of ours without the host network' annotations

# how it is read
cp "$work/podman" "$work/config.json"
$verify "$work" >"$work/text"
is 'a bundle directory' "$? $(tail -n 1 "$work/text")" = '0 verdict: locked'
RUN_OCI_SECCOMP_RECEIVER=/x $verify "$work" >"$work/text"
is 'RUN_OCI_SECCOMP_RECEIVER' "$? $(grep -c '^annotations *fails' "$work/text")" = '1 1'
is 'no colour but on a terminal' -z "$(grep -F "$(printf '\033')" "$work/text")"
chmod o+w "$work/config.json"
$verify "$work/config.json" >"$work/text" 2>"$work/stderr"
is 'a file that others can write' "$? $(wc -c <"$work/text") $(grep -c 'cannot be trusted' "$work/stderr")" = '3 0 1'
chmod o-w "$work/config.json"
ln -s config.json "$work/link"
$verify "$work/link" >"$work/text" 2>"$work/stderr"
is 'a symbolic link' "$? $(wc -c <"$work/text")" = '3 0'
for garbage in '' '[]' '{' 'garbage' '{"linux":[]}' '{"linux":{"seccomp":[]}}{' '{"linux":{},"linux":{}}' '{"process":{}}'; do
  printf '%s' "$garbage" >"$work/config.json"
  $verify "$work/config.json" >"$work/text" 2>"$work/stderr"
  is "garbage: $garbage" "$? $(wc -c <"$work/text") $(wc -l <"$work/stderr")" = '3 0 1'
  is "garbage with --json: $garbage" "$($verify "$work/config.json" --json 2>/dev/null | jq -r .verdict)" = error
done
$verify "$work/not-there" >/dev/null 2>&1
is 'no file' $? -eq 3
$verify >/dev/null 2>&1
is 'no operand' $? -eq 2
$verify "$work" "$work" >/dev/null 2>&1
is 'two operands' $? -eq 2
echo "1..$n"
