/* SPDX-License-Identifier: Apache-2.0 */
/* Numbers that are the same in every run. */
#ifndef HOSTNET_RANDOM_H
#define HOSTNET_RANDOM_H

#include <stdint.h>

static inline uint32_t
random_number (void)
{
  static uint64_t state = UINT64_C (0x8916891689168916);

  state ^= state << 13;
  state ^= state >> 7;
  state ^= state << 17;
  return (uint32_t) (state >> 16);
}

#endif
