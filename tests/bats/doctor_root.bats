#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# oci-hostnet doctor --root: another system below a directory, whoever made it: what leads out of it,
# what could be written by others, names that no shell should take as they are.
bats_require_minimum_version 1.5.0
load helpers
load configure
load doctor

setup_file() {
	require_program oci-hostnet oci-hostnet-runtime oci-hostnet-hook
	require_command crun jq python3
}

setup() {
	setup_root
	chmod 755 "$root"
	install_all "$root"
	mkdir -p "$root/usr/bin"
	cp "$(command -v crun)" "$root/usr/bin/crun"
}

# --- files that are not root's alone --------------------------------------------------

@test "a program behind links: the directories that these lead through count too" {
	examine --root "$root"
	says programs ok
	mkdir -p "$root/home/user/bin" "$root/opt/links"
	mv "$root$sbindir/oci-hostnet-hook" "$root/home/user/bin/hook"
	ln -s ../../home/user/bin/hook "$root/opt/links/hook"
	ln -s /opt/links/hook "$root$sbindir/oci-hostnet-hook"
	examine --root "$root"
	says programs ok
	chmod 777 "$root/opt/links"
	examine --root "$root"
	says programs fail "can write /opt/links, and root runs $sbindir/oci-hostnet-hook"
	mend programs fail "chown root:root $root/opt/links && "
	says programs ok
	chown 1000 "$root/home/user"
	examine --root "$root"
	says programs fail "can write /home/user,"
	mend programs fail "chown root:root $root/home/user && "
	says programs ok
	chmod 666 "$root/home/user/bin/hook"
	examine --root "$root"
	says programs fail
	# of the runtime too
	chmod 755 "$root/home/user/bin/hook"
	mv "$root/usr/bin/crun" "$root/opt/links/"
	ln -s ../../opt/links/crun "$root/usr/bin/crun"
	chmod 775 "$root/opt"
	examine --root "$root"
	says crun fail "can write /opt,"
	mend crun fail "chown root:root $root/opt && "
	never_says crun fail
	# a circle is no runtime, and the next is taken, as the programs do
	rm "$root/usr/bin/crun"
	ln -s crun "$root/usr/bin/crun"
	cp "$(command -v runc)" "$root/usr/bin/runc"
	examine --root "$root"
	says runtime ok /usr/bin/runc
}

@test "a policy that the programs would not take" {
	file "$HOSTNET_POLICY" '{"version": 1}'
	examine --root "$root"
	says policy ok "is right"
	chmod 666 "$root$HOSTNET_POLICY"
	examine --root "$root"
	says policy fail "cannot be trusted: others than root can write \`$HOSTNET_POLICY\`"
	chmod 644 "$root$HOSTNET_POLICY"
	printf '{"version": 1}\0garbage' >"$root$HOSTNET_POLICY"
	examine --root "$root"
	says policy fail
	holds --arg mend "oci-hostnet policy check $root$HOSTNET_POLICY" 'any(.checks[]; .id == "policy" and .mend == $mend)' <<<"$json"
	run -3 "$HOSTNET" policy check "$root$HOSTNET_POLICY"
	# as long as one may be, and longer
	python3 -c 'print("{\"version\": 1" + " " * 900000 + "}")' >"$root$HOSTNET_POLICY"
	examine --root "$root"
	says policy ok "is right"
	python3 -c 'print("{\"version\": 1" + " " * 1100000 + "}")' >"$root$HOSTNET_POLICY"
	examine --root "$root"
	says policy fail "has more than 1048576 bytes"
	ln -sfn nowhere.json "$root$HOSTNET_POLICY"
	examine --root "$root"
	says policy fail "a symbolic link that leads nowhere"
	rm "$root$HOSTNET_POLICY"
	examine --root "$root"
	says policy ok "what is built in"
}

# --- what is to be done ---------------------------------------------------------------

@test "commands are about that system, and a shell takes its names as they are" {
	local odd
	cd "$HOSTNET_TEST_DIR/tmp"
	odd=$(mktemp -d "$HOSTNET_TEST_DIR/tmp/it's \$(touch ran); touch ran #&.XXXXXX")
	cp -a "$root/." "$odd"
	root=$odd
	chmod 755 "$root"
	chmod 777 "$root$sbindir"
	file /usr/bin/podman '#!/bin/sh' 755
	file /usr/bin/apt-get '#!/bin/sh' 755
	rm "$root/usr/bin/crun"
	examine --root "$root"
	holds 'any(.checks[]; .id == "runtime" and .mend == "in that system: apt-get install crun")' <<<"$json"
	mend programs fail "chown root:root '"
	says programs ok
	mend podman warn "oci-hostnet configure podman --root '"
	says podman ok
	[ ! -e ran ]
	# longer than what is shown of a name
	odd=$HOSTNET_TEST_DIR/tmp/$(printf 'x%.0s' {1..200})
	mv "$root" "$odd"
	root=$odd
	chmod 777 "$root$sbindir"
	examine --root "$root"
	mend programs fail "chown root:root $root$sbindir && "
	says programs ok
	# what no terminal should get is no command
	odd=$HOSTNET_TEST_DIR/tmp/$'with\033an escape'
	mv "$root" "$odd"
	root=$odd
	chmod 777 "$root$sbindir"
	examine --root "$root"
	holds 'any(.checks[]; .id == "programs" and .mend == "give it to root, and let nobody else write it")' <<<"$json"
}

@test "crio: a file of ours that somebody edited goes where it is not read, and another behind ours counts" {
	local directory=/etc/crio/crio.conf.d
	file /usr/bin/crio '#!/bin/sh' 755
	file "$directory/oci-hostnet.conf" $'[crio.runtime.runtimes.oci-hostnet]\nruntime_path = "/usr/bin/crun"\n'
	examine --root "$root"
	says crio warn "cannot be registered with"
	mend crio warn "mv $root$directory/oci-hostnet.conf $root/etc/crio/oci-hostnet.conf.old && oci-hostnet configure crio --root $root"
	says crio ok
	[ "$(ls "$root$directory")" = oci-hostnet.conf ]
	# by a name behind ours
	cp "$root/etc/crio/oci-hostnet.conf.old" "$root$directory/zz"
	examine --root "$root"
	says crio fail "$directory/zz, which it reads behind ours"
	echo 'crio.runtime.runtimes.oci-hostnet.runtime_path = "/usr/bin/crun"' >"$root$directory/zz"
	examine --root "$root"
	says crio fail "$directory/zz"
	# in front of ours, of another handler, or ours once more
	mv "$root$directory/zz" "$root$directory/50-other.conf"
	printf '[crio.runtime.runtimes.oci-hostnet-other]\nruntime_path = "/usr/bin/crun"\n' >"$root$directory/zz"
	cp "$root$directory/oci-hostnet.conf" "$root$directory/zzz"
	examine --root "$root"
	never_says crio fail
	says crio ok
}

@test "kubernetes: what configure would refuse is said" {
	file /usr/bin/kubelet '#!/bin/sh' 755
	examine --root "$root"
	says kubernetes note "is here"
	configure kubernetes >/dev/null
	echo '# edited' >>"$root$own/kubernetes/runtimeclass.yaml"
	examine --root "$root"
	says kubernetes warn "cannot be registered with"
}

@test "a key of very many parts is an error, soon" {
	file /usr/bin/podman '#!/bin/sh' 755
	mkdir -p "$root/etc/containers"
	python3 -c 'print("a." * 1000000 + "a = 1")' >"$root/etc/containers/containers.conf"
	run -0 timeout 20 "$HOSTNET" doctor --root "$root" --json
	python3 -c 'print("[" + "a" * 4000 + "]\n" + "b = 1\n" * 100000)' >"$root/etc/containers/containers.conf"
	run -0 timeout 20 "$HOSTNET" doctor --root "$root" --json
}
