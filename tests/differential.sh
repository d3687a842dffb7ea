#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# differential.sh [COUNT [SEED]] - generated command lines through our parser, and through the real
# crun and runc. In namespaces of their own, without cgroups: nothing they create comes to run. TAP.
set -u
top=${top_srcdir:-$(cd "$(dirname "$0")/.." && pwd)}
build=${top_builddir:-$top}
[ "$(id -u)" = 0 ] || { echo "Bail out! differential.sh must be run as root"; exit 1; }
# Such a line may name any file as --log or --root: but for WORK and /run nothing can be written.
# shellcheck disable=SC2016 # for the other shell
exec env -u XDG_RUNTIME_DIR unshare -m -n -p -i -f --kill-child --mount-proc --propagation private sh -c '
	findmnt -rno TARGET | grep -vE "^/(proc|sys|dev)(/|\$)" | while read -r place; do
		mount -o remount,bind,ro "$place" || exit
	done && ! touch "/oci-hostnet-$$" 2>/dev/null &&
		mount -t tmpfs tmpfs /run && mount -t tmpfs tmpfs /sys/fs/cgroup && mkdir /run/work && exec "$@"
	echo "Bail out! no namespaces to try it in"; exit 1' -- \
	python3 -B "$top/tests/tools/differential.py" "$build/tests/unit/parse_argv" /run/work "${1:-600}" "${2:-1}"
