#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The rows of tests/mutate/mutations.tsv can be tried: the old text stands once in its file, the new one
# is another, and the tests that must notice are there.  TAP.
set -u
top=${top_srcdir:-$(cd "$(dirname "$0")/.." && pwd)}
python=/usr/bin/python3
if ! [ -x "$python" ]; then
  reason="$python is not installed"
  if [ "${HOSTNET_STRICT:-0}" = 1 ]; then printf '1..1\nnot ok 1 - %s\n' "$reason"; exit 1; fi
  echo "1..0 # SKIP $reason"; exit 0
fi
exec "$python" "$top/tests/tools/mutations.py" "$top"
