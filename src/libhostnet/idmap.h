/* SPDX-License-Identifier: Apache-2.0 */
/* Whether the kernel can show a file system with mapped ids: tried on a mount
 * of ours that nobody sees (mount_setattr(2), MOUNT_ATTR_IDMAP). */
#ifndef HOSTNET_IDMAP_H
#define HOSTNET_IDMAP_H

#include <stdint.h>

/* A user namespace, which the kernel takes a mapping from, of `count` ids from
 * 0 on to those from FIRST_UID and FIRST_GID on: a descriptor, or -1 with
 * errno. */
int idmap_open (uint32_t first_uid, uint32_t first_gid, uint32_t count);

/* 0, or -1 with errno: ENOSYS, no such kernel; EINVAL, no such file system;
 * EPERM, its ids are mapped already. */
int idmap_try (int idmap, const char *path);

#endif
