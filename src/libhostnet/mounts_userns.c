/* SPDX-License-Identifier: Apache-2.0 */
/* Mounts in the user namespace that the lock userns adds. */
#include <config.h>

#include "mounts.h"

int
mount_in_user_namespace (const struct plan *plan, struct mount_wish *wish,
                         struct error *err)
{
  (void) plan;
  (void) err;
  wish->needs_submounts = wish->facts->submount_count > 0;
  return 0;
}
