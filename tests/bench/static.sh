#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# static.sh DIR - what is counted, built in DIR as everywhere: gcc -O2, linked
# statically. From a copy, since a source directory that is configured itself
# admits no other build, and one that is read-only no file.
set -eu
top=${top_srcdir:-$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)}

mkdir -p "$1/src"
tar -C "$top" -c --exclude=./.git --exclude=./tests/.packages --exclude='*.o' --exclude='*.a' --exclude=.deps \
	--exclude=./config.h --exclude=./config.status --exclude=./Makefile --exclude=./src/libhostnet/refusals.h \
	--exclude=./src/libhostnet/dropins.h --exclude=./src/oci-hostnet --exclude=./src/oci-hostnet-runtime \
	--exclude=./oci-hostnet-'[0-9]*' --exclude='*.trs' --exclude='*.log' . | tar -C "$1/src" -x
cd "$1"
chmod -R u+w src
unset CPPFLAGS LDFLAGS LIBS MAKEFLAGS MFLAGS MAKELEVEL
src/configure --enable-static-programs CC=gcc CFLAGS=-O2
make src/libhostnet/refusals.h src/libhostnet/dropins.h
make -j2 src/oci-hostnet-runtime tests/bench/noop tests/bench/bench
