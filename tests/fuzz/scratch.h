/* SPDX-License-Identifier: Apache-2.0 */
/* What the targets need beside their bytes. */
#ifndef HOSTNET_FUZZ_SCRATCH_H
#define HOSTNET_FUZZ_SCRATCH_H

#include <stdbool.h>
#include <sys/types.h>

/* A directory of ours, gone with this process however it ends. */
const char *scratch_directory (void);

/* A process beside us that lives as long: in our namespaces, and as root with
 * only CAP_CHOWN, CAP_KILL and CAP_NET_BIND_SERVICE in its bounding set. */
pid_t scratch_process (void);

/* DIRECTORY/NAME of the scratch directory, with TEXT in it; parents are
 * made. */
void scratch_write (const char *name, const char *text, size_t length);

#endif
