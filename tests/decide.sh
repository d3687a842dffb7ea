#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# decide.sh [PATTERN] - the table decide.tsv through decide(), or those of its rows whose
# first three columns match the extended regular expression.  What is told besides stands behind
# the result: `untouched,reported(inherit_left)`.  TAP.
set -u
top=${top_srcdir:-$(cd "$(dirname "$0")/.." && pwd)}
judge=${top_builddir:-$top}/tests/unit/judge_file
. "$top/tests/engines.sh"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
ask='.annotations["io.oci-hostnet.network"] = "host"'
# a socket of root's, which nobody listens on
perl -MSocket -e 'socket (S, PF_UNIX, SOCK_STREAM, 0) && bind (S, sockaddr_un ($ARGV[0])) || die' "$work/socket" || exit
socket=".mounts += [{destination: \"/s\", type: \"bind\", source: \"$work/socket\", options: [\"bind\"]}]"
n=0
while IFS=$'\t' read -r caller capture expression expected policy; do
  case $caller in '#'* | '') continue ;; esac
  rm -rf "$work/run"
  [[ $# = 0 || "$caller $capture: $expression" =~ $1 ]] || continue
  n=$((n + 1))
  name="$caller $capture: $expression${policy:+ under $policy}"
  [ -n "$policy" ] && policy="{\"version\":1,$policy}" || policy='{"version":1}'
  expression=${expression//ASK/$ask}
  jq -c "${expression//SOCKET/$socket}" "$top/oci-specs/captures/$capture.config.json" >"$work/in" || { echo "not ok $n - $name"; continue; }
  engine=by-hand
  [[ $caller != *@* ]] || engine=${caller#*@}
  as_engine "$engine" "$work/in" "$top/oci-specs/captures/$capture.config.json" "$work"
  [ "$caller" != env-receiver ] || ENVIRONMENT=(env RUN_OCI_SECCOMP_RECEIVER=/run/x)
  [[ $caller != userns-* ]] || ENVIRONMENT+=(unshare --user --map-root-user)
  caller=${caller#userns-}
  "${ENVIRONMENT[@]}" "$judge" "${caller%@*}" "$policy" $BUNDLE <"$work/in" >"$work/out" 2>"$work/told"
  case $? in
  0) if cmp -s "$work/in" "$work/out"; then got=untouched; else got=edited; fi ;;
  1) got=$(sed 's/refused \(.*\)/refused(\1)/' "$work/out") ;;
  *) got=crash ;;
  esac
  while read -r word what; do got+=",$word${what:+($what)}"; done <"$work/told"
  if [ "$got" = "$expected" ]; then echo "ok $n - $name"
  else
    echo "not ok $n - $name"
    echo "# got $got, expected $expected"
  fi
done <"$top/tests/decide.tsv"
echo "1..$n"
