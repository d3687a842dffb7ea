#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# packages.sh [PART...] - the tarball, make install, the Debian and the RPM package, static programs.  TAP.
#
# Everything is built in a temporary directory, from copies of what git has. The Debian package is
# installed with dpkg into an overlay of / that only a mount namespace of the test's own has.
set -u
self=$(readlink -f "${BASH_SOURCE[0]}")
top=$(cd "${top_srcdir:-$(dirname "$self")/..}" && pwd)
PROGRAMS_OF=(bin/oci-hostnet sbin/oci-hostnet-runtime sbin/oci-hostnet-hook sbin/oci-hostnet-isolate)
number=0

# --- TAP --------------------------------------------------------------------------------

# point NAME COMMAND... - one point; what COMMAND said is shown when it fails
point() {
	local name=$1 said
	shift
	said=$("$@" 2>&1) || { failed "$name" "$said"; return 1; }
	echo "ok $((++number)) - $name"
}
failed() {
	echo "not ok $((++number)) - $1"
	tail -n 40 <<<"${2-}" | sed 's/^/# /'
}
# step NAME COMMAND... - a point; where it fails nothing behind it in its part makes sense
step() { point "$@" || return 1; }

no_output() {
	local said
	said=$("$@" 2>&1) || { echo "$said"; return 1; }
	[ -z "$said" ] || { echo "$said"; return 1; }
}
same_files() { cmp "$1" "$2" || { diffoscope_of "$1" "$2"; return 1; }; }
# what differs, as far as that can be said without diffoscope
diffoscope_of() { diff <(listing "$1") <(listing "$2") | head -n 20; }
listing() {
	case $1 in
	*.deb) dpkg-deb --fsys-tarfile "$1" | tar -tv; dpkg-deb -f "$1" ;;
	*.rpm) rpm -qp --qf '%{BUILDTIME} %{BUILDHOST}\n[%{FILEDIGESTS} %{FILEMTIMES} %{FILEMODES:perms} %{FILENAMES}\n]' "$1" ;;
	*) tar -tvf "$1" ;;
	esac
}

# --- sources ----------------------------------------------------------------------------

# source_files - what git has, separated by NUL; of a tarball what it would take
source_files() {
	local git=(git -c safe.directory='*' -C "$top")
	if [ -e "$top/.git" ]; then
		"${git[@]}" ls-files -z --cached --deduplicate
	else
		git init -q --bare "$work/nothing"
		"${git[@]}" --git-dir="$work/nothing" --work-tree="$top" ls-files -z --others --exclude-standard
	fi | while IFS= read -rd '' file; do [ ! -e "$top/$file" ] || printf '%s\0' "$file"; done
}

# sources DIR - a copy as of a fresh checkout
sources() { mkdir -p "$1" && tar -C "$top" --null -T "$work/files" -c | tar -C "$1" -xm; }

# dist DIR - makes the tarball there
dist() { (cd "$1" && ./autogen.sh && ./configure && make dist) </dev/null; }

# elsewhere COMMAND... - the same with another time zone, language and umask than we have
# shellcheck disable=SC2030,SC2031
elsewhere() { (umask 077; export TZ=Asia/Tokyo LC_ALL=C.UTF-8; "$@"); }

has_everything() {
	local lost
	lost=$(comm -13 <(tar -tzf "$1" | sed 's|^[^/]*/||' | LC_ALL=C sort) \
		<(tr '\0' '\n' <"$work/files" | LC_ALL=C sort))
	[ -z "$lost" ] || { echo "not in the tarball:"; echo "$lost"; return 1; }
}
has_nothing_else() {
	local more
	# configure and its kin
	more=$(comm -23 <(tar -tzf "$1" | grep -v '/$' | sed 's|^[^/]*/||' | LC_ALL=C sort) \
		<(tr '\0' '\n' <"$work/files" | LC_ALL=C sort) |
		grep -vxE 'Makefile\.in|aclocal\.m4|build-aux/.*|config\.h\.in|configure|packaging/oci-hostnet\.spec')
	[ -z "$more" ] || { echo "in the tarball, and not in git:"; echo "$more"; return 1; }
}

make_tarballs() {
	source_files >"$work/files"
	sources "$work/a" && sources "$work/b/deeper" &&
		step "make dist, from a fresh copy" dist "$work/a" || return
	tarball=$(echo "$work"/a/oci-hostnet-*.tar.gz)
	version=${tarball##*/oci-hostnet-}
	version=${version%.tar.gz}
}

part_dist() {
	step "make dist, elsewhere" elsewhere dist "$work/b/deeper" || return
	point "two tarballs are the same" same_files "$tarball" "$work/b/deeper/${tarball##*/}"
	point "the tarball has everything that git has" has_everything "$tarball"
	point "and nothing else but configure" has_nothing_else "$tarball"
	# unpacks it, builds beside a source that cannot be written, tests, installs, uninstalls
	point "make distcheck with the light tests" make -C "$work/a" -j2 distcheck "TESTS=\$(LIGHT_TESTS)"
}

# --- what the programs are made of -------------------------------------------------------

# of_each DIR COMMAND... - COMMAND PROGRAM holds for every program of DIR
of_each() {
	local dir=$1 program bad=0
	shift
	for program in "${PROGRAMS_OF[@]}"; do
		[ -x "$dir/$program" ] || program=src/${program#*/}
		"$@" "$dir/$program" || { echo "$program"; bad=1; }
	done
	return "$bad"
}
# has PATTERN READELF-OPTIONS... PROGRAM - readelf shows it
has() { local said; said=$(readelf "${@:2}") && grep -qE "$1" <<<"$said"; }
has_not() { local said; said=$(readelf "${@:2}") && [ -n "$said" ] && ! grep -qE "$1" <<<"$said"; }
position_independent() { has '^ *Type: *DYN' -hW "$1" && has 'FLAGS_1.*\bPIE\b' -dW "$1"; }
relro() { has '^ *GNU_RELRO ' -lW "$1"; }
bound_now() { has '\(FLAGS_1\).*\bNOW\b' -dW "$1"; }
no_exec_stack() { has '^ *GNU_STACK ' -lW "$1" && has_not '^ *GNU_STACK .*RWE' -lW "$1"; }
protected() { has ' UND __stack_chk_fail\b' -W --dyn-syms "$1"; }
fortified() { has ' UND __[a-z]+_chk\b' -W --dyn-syms "$1"; }
no_rpath() { has_not 'R(UN)?PATH' -dW "$1"; }
is_static() { has_not '\(NEEDED\)' -dW "$1" && has_not '^ *INTERP' -lW "$1"; }
protected_static() { has '\bFUNC .* __stack_chk_fail$' -sW "$1"; }

# hardened NAME DIR
hardened() {
	point "$1: every program is position independent" of_each "$2" position_independent
	point "$1: has relocations that are read-only" of_each "$2" relro
	point "$1: and bound at the start" of_each "$2" bound_now
	point "$1: has the stack protected" of_each "$2" protected
	point "$1: calls the functions that look at sizes" of_each "$2" fortified
	point "$1: has no stack that can be executed" of_each "$2" no_exec_stack
	point "$1: has no path to libraries" of_each "$2" no_rpath
}

# --- make install -------------------------------------------------------------------------

# unpacked TARBALL DIR (whose mode dpkg-source takes as it is)
unpacked() { rm -rf "$2" && mkdir -p "$2" && chmod 755 "$2" && tar -C "$2" -xzmf "$1" --strip-components=1; }
plain_build() {
	unpacked "$tarball" "$work/plain/source" && mkdir "$work/plain/build" && cd "$work/plain/build" &&
		../source/configure --prefix=/usr --sysconfdir=/etc --localstatedir=/var && make -j2
}
files_below() { (cd "$1" && find . ! -type d | sed 's|^\.||' | LC_ALL=C sort); }
nothing_below() { no_output files_below "$1"; }
outside_usr() { files_below "$1" | grep -v '^/usr/'; }
nothing_outside_usr() { ! outside_usr "$1"; }
# where engines look by themselves
engine_places() { files_below "$1" | grep -E '^/(etc|run|var|lib|usr/lib|usr/share/(containers|dbus-1))/'; }
enables_nothing() { ! engine_places "$1"; }

part_install() {
	step "./configure && make, outside of the source" plain_build || return
	hardened "a plain build" "$work/plain/build"
	step "make install" elsewhere make -C "$work/plain/build" install DESTDIR="$work/plain/root" || return
	files_below "$work/plain/root" >"$work/installed"
	point "it installs nothing outside of /usr" nothing_outside_usr "$work/plain/root"
	point "and nothing where engines or systemd look" enables_nothing "$work/plain/root"
	point "make uninstall" make -C "$work/plain/build" uninstall DESTDIR="$work/plain/root"
	point "leaves no file" nothing_below "$work/plain/root"
}

# --- Debian ---------------------------------------------------------------------------------

# build_deb DIR KIND
build_deb() {
	unpacked "$tarball" "$1/oci-hostnet-$version" && cd "$1/oci-hostnet-$version" &&
		DEB_BUILD_OPTIONS="parallel=2 noautodbgsym" dpkg-buildpackage -us -uc "$2" </dev/null
}
source_again() { unpacked "$tarball" "$1/oci-hostnet-$version" && cd "$1" && dpkg-source -b "oci-hostnet-$version"; }
deb_files() { dpkg-deb --fsys-tarfile "$1" | tar -t | grep -v '/$' | sed 's|^\.||' | LC_ALL=C sort; }
# as `make install` names them
without_gz() { sed 's/\.gz$//'; }
deb_is_what_is_installed() {
	diff <(without_gz <"$work/installed") \
		<(deb_files "$1" | without_gz | grep -vE '^/usr/share/doc/oci-hostnet/(changelog|copyright)$')
}
no_scripts() { diff <(dpkg-deb --ctrl-tarfile "$1" | tar -t | LC_ALL=C sort) <(printf '%s\n' ./ ./control ./md5sums); }

part_deb() {
	[ -s "$work/installed" ] || part_install
	step "dpkg-buildpackage" build_deb "$work/deb" -F || return
	deb=$(echo "$work"/deb/oci-hostnet_*.deb)
	step "dpkg-buildpackage, elsewhere" elsewhere build_deb "$work/d/e/b" -b || return
	point "two packages are the same" same_files "$deb" "$work/d/e/b/${deb##*/}"
	step "dpkg-source, elsewhere" elsewhere source_again "$work/d/e/source" || return
	point "two source packages are the same" \
		same_files "$(echo "$work"/deb/*.tar.xz)" "$(echo "$work"/d/e/source/*.tar.xz)"
	point "lintian has nothing to say" no_output lintian --allow-root --pedantic --fail-on error,warning,info \
		"$(echo "$work"/deb/*.changes)"
	point "the package is what make install installs" deb_is_what_is_installed "$deb"
	point "it runs no scripts" no_scripts "$deb"
	mkdir "$work/deb/tree" && dpkg-deb -x "$deb" "$work/deb/tree"
	hardened "the Debian package" "$work/deb/tree/usr"
	relay "$top/tests/in-host" "$self" --installed "$deb"
}

# relay COMMAND... - its points become ours
relay() {
	local line done=0
	while IFS= read -r line; do
		case $line in
		'ok - '*) point "${line#ok - }" true ;;
		'not ok - '*) failed "${line#not ok - }" ;;
		'done') done=1 ;;
		*) echo "# $line" ;;
		esac
	done < <("$@" </dev/null 2>&1)
	[ "$done" = 1 ] || failed "$* came to its end"
}

# --- RPM --------------------------------------------------------------------------------------

# Debian's rpm runs brp-compress, which is written for bash, with dash, and strips no more than -g. It knows no libraries of RPM's names.
RPM_POST="bash /usr/lib/rpm/brp-compress /usr; find %{buildroot}/usr -type f -perm /100 -exec strip {} +"
# build_rpm DIR - always in the same place: RPM leaves that to the build service. -tb: with -ta the package
# names the digest of its source package, which has the spec with the mode that our umask gives it.
build_rpm() {
	rm -rf "$work/rpm" && mkdir "$work/rpm" &&
		rpmbuild -tb --nodeps --define "_topdir $work/rpm" --define "debug_package %{nil}" \
			--define "_build_id_links none" --define "__os_install_post $RPM_POST" \
			--define "use_source_date_epoch_as_buildtime 1" --define "source_date_epoch_from_changelog 1" \
			--define "clamp_mtime_to_source_date_epoch 1" --define "_buildhost reproducible" \
			--define "_smp_mflags -j2" "$tarball" </dev/null && mv "$work/rpm" "$1"
}
one_rpm() { find "$1/RPMS" -name '*.rpm'; }
rpm_files() { rpm -qp --qf '[%{FILEMODES:perms} %{FILENAMES}\n]' "$1" | sed -n '/^[^d]/s/^[^ ]* //p' | LC_ALL=C sort; }
rpm_is_what_is_installed() {
	diff <(without_gz <"$work/installed") \
		<(rpm_files "$1" | without_gz | grep -vE '^/usr/share/licenses/oci-hostnet[^/]*/LICENSE$')
}
rpm_no_scripts() { no_output rpm -qp --scripts --triggers "$1"; }
rpmlint_is_content() {
	local said
	said=$(rpmlint -c "$top/packaging/rpmlint.toml" "$@" 2>&1)
	grep -q ' 0 errors, 0 warnings' <<<"$said" || { echo "$said"; return 1; }
}
rpm_runs() {
	cp "$1" "$work/x.rpm" && cd "$work" && rpm2archive x.rpm && mkdir rpm-tree && tar -C rpm-tree -xzf x.rpm.tgz &&
		[ "$(rpm-tree/usr/bin/oci-hostnet --version | head -n 1)" = "oci-hostnet $version" ]
}

part_rpm() {
	local rpm
	[ -s "$work/installed" ] || part_install
	step "rpmbuild -tb" build_rpm "$work/rpm1" && step "rpmbuild -tb, elsewhere" elsewhere build_rpm "$work/rpm2" || return
	rpm=$(one_rpm "$work/rpm1")
	point "two RPM packages are the same" same_files "$rpm" "$(one_rpm "$work/rpm2")"
	point "rpmlint has nothing to say" rpmlint_is_content "$rpm" "$work/a/packaging/oci-hostnet.spec"
	point "the RPM package is what make install installs" rpm_is_what_is_installed "$rpm"
	point "it runs no scripts" rpm_no_scripts "$rpm"
	point "its program runs" rpm_runs "$rpm"
}

# --- static programs ----------------------------------------------------------------------------

# build_static DIR CONFIGURE...
build_static() {
	local dir=$1
	shift
	mkdir -p "$dir" && cd "$dir" && "$@" --prefix=/usr --sysconfdir=/etc && make -j2 &&
		! grep -rlE 'implicit declaration' "$dir" --include='*.log'
}
# static_programs NAME DIR
static_programs() {
	point "$1: every program is static" of_each "$2" is_static
	point "$1: has relocations that are read-only" of_each "$2" relro
	point "$1: has the stack protected" of_each "$2" protected_static
	point "$1: has no stack that can be executed" of_each "$2" no_exec_stack
	relay "$top/tests/in-host" "$self" --built "$1" "$2/src"
}
# the note that glibc's start files leave
of_glibc() { has NT_GNU_ABI_TAG -hnW "$1"; }
not_of_glibc() { has_not NT_GNU_ABI_TAG -hnW "$1"; }

part_static() {
	[ -d "$work/plain/source" ] || unpacked "$tarball" "$work/plain/source" || return
	step "--enable-static-programs with glibc" \
		build_static "$work/glibc" "$work/plain/source/configure" --enable-static-programs || return
	static_programs glibc "$work/glibc"
	point "glibc: it is in every program" of_each "$work/glibc" of_glibc
	step "--enable-static-programs with musl-gcc, and every warning is an error" \
		build_static "$work/musl" "$work/plain/source/packaging/configure-musl" CFLAGS='-O2 -g -Werror' || return
	static_programs musl "$work/musl"
	point "musl: nothing of glibc's is in a program" of_each "$work/musl" not_of_glibc
}

# --- inside tests/in-host: containers by programs that are not in the source tree --------------------

# say NAME COMMAND...
say() {
	local name=$1 said
	shift
	if said=$("$@" 2>&1); then echo "ok - $name"; else echo "not ok - $name"; echo "$said" | tail -n 20; fi
}
# run_container RUNTIME BUNDLE [CHROOT...]
run_container() {
	status=0
	output=$(timeout -k 5 60 "${@:3}" "$1" run -b "$2" "packages-$RANDOM" </dev/null 2>&1) || status=$?
}
is_refused() {
	run_container "$@"
	echo "$status: $output"
	[ "$status" != 0 ] && [[ $output == *'SIOCSIFADDR: Permission denied'* ]]
}
sees_host() {
	run_container "$@"
	echo "$status: $output"
	[ "$status" = 0 ] && [[ $output == *10.98.0.1/24* ]]
}
is_locked() { [ "$("$@" 2>&1 | tail -n 1)" = 'verdict: locked' ]; }
is_open() { [ "$("$@" 2>&1 | tail -n 1)" = 'verdict: open' ]; }
bundles() {
	# shellcheck source=tests/bats/helpers.bash
	. "$top/tests/bats/helpers.bash"
	make_bundle "$HOSTNET_TEST_DIR/look" . ip -o -4 addr
	make_bundle "$HOSTNET_TEST_DIR/change" . ifconfig lo:1 127.0.0.3
}

# containers NAME PROGRAMS-DIRECTORY COMMAND-DIRECTORY [CHROOT...]
containers() {
	local name=$1 programs=$2 command=$3
	shift 3
	bundles
	say "$name: oci-hostnet-crun run: the container sees the host's network" \
		sees_host "$programs/oci-hostnet-crun" "$HOSTNET_TEST_DIR/look" "$@"
	say "$name: and cannot change it" is_refused "$programs/oci-hostnet-crun" "$HOSTNET_TEST_DIR/change" "$@"
	say "$name: oci-hostnet verify: its configuration is locked" \
		is_locked "$@" "$command/oci-hostnet" verify "$HOSTNET_TEST_DIR/change/config.json"
}

built() {
	containers "$1" "$2" "$2"
	echo "done"
}

# What differs between the overlay and the machine, beside dpkg's own notes and man's index
changed() {
	(cd /mnt/upper && find . ! -type d | sed 's|^\.||' | LC_ALL=C sort) |
		grep -vE '^/var/(lib/dpkg|log/dpkg\.log|cache/man)(/|$)'
}
only_its_files() { diff <(changed) <(deb_files "$1"); }
nothing_is_left() {
	local dir
	! changed || return 1
	(cd /mnt/upper && find . -type d) | while IFS= read -r dir; do
		[ -d "/$dir" ] || { echo "left: $dir"; exit 1; }
	done
}
ROOT=(chroot /mnt/root)

installed() {
	local deb=$1 dir
	# private: pivot_root(2) refuses a root whose parent is shared
	mount -t tmpfs -o mode=0755 tmpfs /mnt && mount --make-private /mnt && mkdir /mnt/upper /mnt/work /mnt/root &&
		mount -t overlay overlay -o lowerdir=/,upperdir=/mnt/upper,workdir=/mnt/work /mnt/root || return
	# a policy of the machine's own has no say
	[ ! -e /mnt/root/etc/oci-hostnet ] || mount -t tmpfs -o mode=0755 tmpfs /mnt/root/etc/oci-hostnet || return
	for dir in proc sys dev run; do mount --rbind /$dir /mnt/root/$dir || return; done
	cp "$deb" "$HOSTNET_TEST_DIR/x.deb"
	say "dpkg -i" "${ROOT[@]}" env PATH=/usr/sbin:/usr/bin:/sbin:/bin dpkg -i "$HOSTNET_TEST_DIR/x.deb"
	say "it changes nothing of the machine but its own files" only_its_files "$deb"
	say "oci-hostnet --version reads the policy of /etc" \
		grep -qxE 'policy: +/etc/oci-hostnet/policy\.json' <("${ROOT[@]}" oci-hostnet --version)
	containers "installed" /usr/sbin /usr/bin "${ROOT[@]}"
	cp "$top/oci-specs/captures/podman/netadmin-host.config.json" "$HOSTNET_TEST_DIR/capture.json"
	say "installed: oci-hostnet verify: an engine's capture with NET_ADMIN is open" \
		is_open "${ROOT[@]}" /usr/bin/oci-hostnet verify "$HOSTNET_TEST_DIR/capture.json"
	say "dpkg -r" "${ROOT[@]}" env PATH=/usr/sbin:/usr/bin:/sbin:/bin dpkg -r oci-hostnet
	say "leaves nothing" nothing_is_left
	say "dpkg -P" "${ROOT[@]}" env PATH=/usr/sbin:/usr/bin:/sbin:/bin dpkg -P oci-hostnet
	say "leaves nothing either" nothing_is_left
	echo "done"
}

# ------------------------------------------------------------------------------------------------------

case ${1-} in
--installed) installed "$2"; exit ;;
--built) built "$2" "$3"; exit ;;
esac

lacking=''
[ "$(id -u)" = 0 ] || lacking+=' root'
for tool in git dpkg-buildpackage dh lintian rpmbuild rpmlint rpm2archive musl-gcc readelf crun jq; do
	command -v "$tool" >/dev/null || lacking+=" $tool"
done
if [ -n "$lacking" ]; then
	if [ "${HOSTNET_STRICT:-0}" = 1 ]; then printf '1..1\nnot ok 1 - there is no%s\n' "$lacking"; exit 1; fi
	echo "1..0 # SKIP there is no$lacking"
	exit 0
fi

work=$(mktemp -d)
trap 'chmod -R u+w "$work"; rm -rf "$work"' EXIT
umask 022
# make's own variables would reach the builds; so would flags of whoever runs this
unset MAKEFLAGS MFLAGS MAKELEVEL MAKEOVERRIDES TESTS CFLAGS CPPFLAGS LDFLAGS LIBS CC DESTDIR SOURCE_DATE_EPOCH
# shellcheck disable=SC2031
export LC_ALL=C TZ=UTC HOME="$work/home"
mkdir "$HOME"
if make_tarballs; then
	[ $# -gt 0 ] || set -- dist install deb rpm static
	for part; do "part_$part"; done
fi
echo "1..$number"
