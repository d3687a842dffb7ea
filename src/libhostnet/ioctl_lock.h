/* SPDX-License-Identifier: Apache-2.0 */
/* The ioctl lock: seccomp rules that deny the ioctls which change interfaces,
 * routes and ARP, whatever the profile says of ioctl. */
#ifndef HOSTNET_IOCTL_LOCK_H
#define HOSTNET_IOCTL_LOCK_H

#include <stdint.h>

#include "lock.h"
#include "seccomp_edit.h"

/* The commands whose lower 32 bits, masked, are DATUM. */
struct ioctl_block
{
  uint32_t mask, datum;
  const char *condition; /* the same as a condition on argument 1 */
};
#define IOCTL_BLOCK(mask, datum)                                              \
  { mask##U, datum##U, SECCOMP_MASKED_TEXT ("1", #mask, #datum) }

/* Plans that the profile of EDIT denies the ioctls of LOCK, whatever it says
 * of ioctl; see ioctl_lock.c. */
int ioctl_lock_plan (enum lock lock, struct seccomp_edit *edit,
                     struct error *err);

#endif
