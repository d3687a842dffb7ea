#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# What a real bash and a real zsh offer behind oci-hostnet is what its tables have.  TAP.
set -u
top=$(cd "${top_srcdir:-$(dirname "$0")/..}" && pwd)
build=$(cd "${top_builddir:-$top}" && pwd)
python=/usr/bin/python3
lacking=
for command in bash zsh "$python"; do
  command -v "$command" >/dev/null || lacking=$command
done
[ -f /usr/share/bash-completion/bash_completion ] || lacking=bash-completion
if [ -n "$lacking" ]; then
  if [ "${HOSTNET_STRICT:-0}" = 1 ]; then printf '1..1\nnot ok 1 - %s is not installed\n' "$lacking"; exit 1; fi
  echo "1..0 # SKIP $lacking is not installed"; exit 0
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export PATH="$build/src:$PATH" PYTHONDONTWRITEBYTECODE=1

# as `make install` puts them
mkdir -p "$work/bash-completion/completions" "$work/zsh"
for program in oci-hostnet oci-hostnet-runtime oci-hostnet-crun oci-hostnet-runc; do
  ln -s "$top/completion/oci-hostnet.bash" "$work/bash-completion/completions/$program.bash"
done
ln -s "$top/completion/_oci-hostnet" "$work/zsh/"
"$python" "$top/tests/tools/tables.py" "$top" >"$work/expected" || { echo "Bail out! no tables"; exit 1; }
{
  printf 'oci-hostnet audit \t+%s\n' "$$"
  # the low-level runtimes' own, as far as both are known to have them
  printf 'oci-hostnet-%s \t+create delete exec kill list run spec start state\n' crun runc runtime
  printf 'oci-hostnet-crun --root /x \t+create delete exec\n'
} >>"$work/expected"
"$python" "$top/tests/tools/complete.py" bash "$work/bash-completion/completions" "$work/expected"
"$python" "$top/tests/tools/complete.py" zsh "$work/zsh" "$work/expected"
echo "1..$((2 * $(wc -l <"$work/expected")))"
