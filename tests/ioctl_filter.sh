#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
exec "$top_builddir/tests/unit/test_ioctl_filter" "$top_srcdir/oci-specs/ioctls.tsv" \
	"$top_srcdir/oci-specs/captures/podman/annotation.config.json" \
	"$top_srcdir/oci-specs/captures/docker/host.config.json" \
	"$top_srcdir/oci-specs/captures/containerd/seccomp.config.json" \
	"$top_srcdir/oci-specs/captures/containerd/nethost.config.json"
