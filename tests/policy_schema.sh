#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The schema of the policy and its parser agree.  TAP.
set -u
top=${top_srcdir:-$(cd "$(dirname "$0")/.." && pwd)}
build=${top_builddir:-$top}
python=/usr/bin/python3
if ! "$python" -c 'from jsonschema import Draft202012Validator' 2>/dev/null; then
  reason="$python with jsonschema (python3-jsonschema) is not installed"
  if [ "${HOSTNET_STRICT:-0}" = 1 ]; then printf '1..1\nnot ok 1 - %s\n' "$reason"; exit 1; fi
  echo "1..0 # SKIP $reason"; exit 0
fi
exec "$python" "$top/tests/tools/policies.py" "$top/oci-specs/policy.schema.json" "$build/tests/unit/policy_file" \
  "$top/man/oci-hostnet-policy.json.5"
