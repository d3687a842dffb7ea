#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
exec "$top_builddir/tests/unit/test_runtime_cli" "$top_srcdir/tests/unit/runtime_cli.tsv"
