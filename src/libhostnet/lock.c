/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "lock.h"

const char *const lock_names[LOCKS + 1] = {
  [LOCK_STANDARD] = "standard",
  [LOCK_STRICT] = "strict",
  [LOCK_USERNS] = "userns",
  [LOCK_STRICT | LOCK_USERNS] = "strict+userns",
  [LOCK_ISOLATED] = "isolated",
  [LOCK_STRICT | LOCK_ISOLATED] = "strict+isolated",
  [LOCK_USERNS | LOCK_ISOLATED] = "userns+isolated",
  [LOCK_STRICT | LOCK_USERNS | LOCK_ISOLATED] = "strict+userns+isolated",
};
