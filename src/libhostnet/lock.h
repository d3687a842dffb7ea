/* SPDX-License-Identifier: Apache-2.0 */
/* The locks (DESIGN.md, The locks).  Each holds what standard does; strict and
 * userns and isolated stand beside each other, and all can be in force: bits. */
#ifndef HOSTNET_LOCK_H
#define HOSTNET_LOCK_H

enum lock
{
  LOCK_STANDARD = 0,
  LOCK_STRICT = 1,
  LOCK_USERNS = 2,
  LOCK_ISOLATED = 4
};

enum { LOCKS = 8 };

/* As annotation and policy spell them, by value; NULL ends them. */
extern const char *const lock_names[LOCKS + 1];

#endif
