# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# What the tests of DNS as on the host share: a host with files of its own, and what a container must find.

setup_dns() {
	require_program oci-hostnet oci-hostnet-crun oci-hostnet-runc oci-hostnet-runtime oci-hostnet-hook
	make_rootfs "$HOSTNET_TEST_DIR/rootfs"
	# the image's own
	touch "$HOSTNET_TEST_DIR/rootfs/etc"/{resolv.conf,hosts}
	make_userns_rootfs
	subordinate_ids
	host_files
}

# The host's /etc is ours to write: subordinate_ids has laid one above the machine's.
host_files() {
	rm -rf /etc/resolv.conf /etc/hosts /run/systemd/resolve
	(umask 022; printf 'nameserver 127.0.0.53\nsearch host.example\n' >/etc/resolv.conf
	printf '127.0.0.1 localhost\n192.0.2.7 only.host.example\n' >/etc/hosts)
}
remember_files() { sha256sum /etc/resolv.conf /etc/hosts; stat -c '%n %i %a %u:%g %y' /etc/resolv.conf /etc/hosts; }

# What a container finds, and that it can do nothing to it.
LOOK='cat /etc/resolv.conf /etc/hosts
	for file in /etc/resolv.conf /etc/hosts; do
		echo changed >>$file; rm -f $file; mv $file /tmp/moved; umount $file; mount -o remount,rw,bind $file && echo "$file is writable"
		[ "$(awk -v at=$file "\$5 == at { flags = \$6 } END { print substr(flags, 1, 3) }" /proc/self/mountinfo)" = ro, ] || echo "$file is not ro"
	done; echo END'
expect_host_files() {
	expect_status 0
	expect_output "nameserver 127.0.0.53" "search host.example" "192.0.2.7 only.host.example" \
		"create /etc/resolv.conf: ${1-Read-only file system}" "create /etc/hosts: ${1-Read-only file system}" END
	[[ $output != *10.77.0* && $output != *private* && $output != *"is writable"* && $output != *"is not ro"* ]] || { echo "$output"; return 1; }
}
