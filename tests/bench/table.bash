# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# For what measures: lines of the table that `make bench` ends with. Sourced.

# record NAME VALUE UNIT - into the file that HOSTNET_BENCH_TABLE names, if it names one
record() { [ -z "${HOSTNET_BENCH_TABLE-}" ] || printf '%s\t%s\t%s\n' "$1" "$2" "$3" >>"$HOSTNET_BENCH_TABLE"; }
