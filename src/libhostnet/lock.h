/* SPDX-License-Identifier: Apache-2.0 */
/* The locks, from the loosest to the tightest (DESIGN.md, The locks). */
#ifndef HOSTNET_LOCK_H
#define HOSTNET_LOCK_H

enum lock
{
  LOCK_STANDARD,
  LOCK_STRICT
};

#endif
