/* SPDX-License-Identifier: Apache-2.0 */
/* What the lock strict denies beside ioctls: system calls that reach the
 * network or the kernel by a detour, and socket families. */
#ifndef HOSTNET_STRICT_LOCK_H
#define HOSTNET_STRICT_LOCK_H

#include "seccomp_edit.h"

int strict_lock_plan (struct seccomp_edit *edit, struct error *err);

#endif
