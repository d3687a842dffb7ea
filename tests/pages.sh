#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The pages, --help and the tables of the programs agree, and mandoc finds nothing.  TAP.
set -u
top=$(cd "${top_srcdir:-$(dirname "$0")/..}" && pwd)
build=$(cd "${top_builddir:-$top}" && pwd)
for command in mandoc /usr/bin/python3; do
  command -v "$command" >/dev/null && continue
  if [ "${HOSTNET_STRICT:-0}" = 1 ]; then printf '1..1\nnot ok 1 - %s is not installed\n' "$command"; exit 1; fi
  echo "1..0 # SKIP $command is not installed"; exit 0
done
exec env PYTHONDONTWRITEBYTECODE=1 "$top/tests/in-host" /usr/bin/python3 "$top/tests/tools/pages.py" "$top" "$build"
