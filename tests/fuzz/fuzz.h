/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HOSTNET_FUZZ_H
#define HOSTNET_FUZZ_H

#include <stddef.h>
#include <stdint.h>

/* libFuzzer's entry: 0, or it ends the process. */
int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size);

#endif
