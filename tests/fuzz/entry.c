/* SPDX-License-Identifier: Apache-2.0 */
/* libFuzzer has one name for all targets; run.sh defines FUZZ_TARGET. */
#include <config.h>

#include "fuzz.h"

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  return FUZZ_TARGET (data, size);
}
