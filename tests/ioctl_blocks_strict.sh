#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
exec "$top_builddir/tests/unit/test_ioctl_blocks" "$top_srcdir/oci-specs/ioctls.tsv" strict
