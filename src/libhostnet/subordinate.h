/* SPDX-License-Identifier: Apache-2.0 */
/* The subordinate ids of a user, from /etc/subuid and /etc/subgid: subuid(5). */
#ifndef HOSTNET_SUBORDINATE_H
#define HOSTNET_SUBORDINATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "error.h"

enum { SUBORDINATE_IDS = 65536 }; /* so many are mapped, from 0 on inside */

/* For uids, or for gids: where the ids stand, who has ids already, and how
 * more are given. */
struct subordinate_kind
{
  const char *path, *accounts, *option;
};
extern const struct subordinate_kind subordinate_uids, subordinate_gids;

/* The first id of USER in TEXT, the contents of KIND's file.  Refused unless
 * the file has exactly one line of USER, of SUBORDINATE_IDS or more, which
 * share none with another line, nor with the host's own ids. */
int subordinate_find (const struct subordinate_kind *kind, const char *text,
                      const char *user, uint32_t *first, struct error *err);

/* Refuses when an account of TEXT, the contents of passwd(5) or group(5), has
 * one of the ids from FIRST on. */
int subordinate_check_accounts (const struct subordinate_kind *kind,
                                const char *text, const char *user,
                                uint32_t first, struct error *err);

/* Both, on the files. */
int subordinate_read (const struct subordinate_kind *kind, const char *user,
                      uint32_t *first, struct error *err);

static inline bool
subordinate_has (uint32_t first, uint32_t id)
{
  return id >= first && id - first < SUBORDINATE_IDS;
}

#endif
