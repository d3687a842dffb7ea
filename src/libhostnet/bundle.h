/* SPDX-License-Identifier: Apache-2.0 */
/* A configuration on disk: read whole, replaced whole or not at all. */
#ifndef HOSTNET_BUNDLE_H
#define HOSTNET_BUNDLE_H

#include <stddef.h>
#include <sys/stat.h>

#include "error.h"
#include "store.h"

struct bundle
{
  int directory;    /* O_DIRECTORY descriptor, CLOEXEC */
  char *directory_path; /* as given, owned */
  uid_t directory_owner;
  char *name;       /* of the file in it, owned */
  char *text;       /* owned */
  size_t length;
  int file;         /* the file that was read, CLOEXEC */
  struct stat status;
};

#define BUNDLE_INIT { -1, NULL, 0, NULL, NULL, 0, -1, { 0 } }
#define cleanup_bundle __attribute__ ((cleanup (bundle_clear)))

/* Reads config.json of the directory PATH.  As real root, a directory or file
 * that another uid owns or can write is refused, but for a directory of the
 * container's own root as a configuration of root maps it (podman, user
 * namespaces); symbolic links in place of the file are refused for everybody. */
int bundle_read (const char *path, struct bundle *bundle, struct error *err);

/* The same for the open DIRECTORY, which BUNDLE owns afterwards; PATH is for
 * messages. */
int bundle_read_open (int directory, const char *path, struct bundle *bundle,
                      struct error *err);

/* The same for a file by its own path (crun's --config). */
int bundle_read_file (const char *path, struct bundle *bundle,
                      struct error *err);

/* Replaces the file by TEXT: a temporary file in the same directory with the
 * same mode, owner and security label, fsync, rename.  On failure the
 * original is intact and the temporary file is gone. */
int bundle_store (const struct bundle *bundle, const char *text, size_t length,
                  struct error *err);

void bundle_clear (struct bundle *bundle);

#endif
