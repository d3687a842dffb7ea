/* SPDX-License-Identifier: Apache-2.0 */
/* The ioctl lock: seccomp rules that deny the ioctls which change interfaces,
 * routes and ARP, whatever the profile says of ioctl. */
#ifndef HOSTNET_IOCTL_LOCK_H
#define HOSTNET_IOCTL_LOCK_H

#include <stdint.h>

#include "error.h"
#include "json.h"

/* The commands whose lower 32 bits, masked, are DATUM. */
struct ioctl_block
{
  uint32_t mask, datum;
};

/* Plans what makes SECCOMP deny the interface ioctls (appends to EDITS); see
 * ioctl_lock.c. */
int ioctl_lock_plan (const struct json_doc *config, json_node linux_object,
                     struct json_edits *edits, struct error *err);

#endif
