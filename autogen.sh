#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Makes configure. tap-driver.sh comes with automake.
set -eu
cd "$(dirname "$0")"
exec autoreconf --install --force
