/* SPDX-License-Identifier: Apache-2.0 */
/* Whether the container is started by a runtime that guards exec. */
#ifndef HOSTNET_GUARD_EXEC_H
#define HOSTNET_GUARD_EXEC_H

#include "error.h"

/* A hook never sees exec, but conmon (podman, CRI-O) was told at the start
 * which runtime does.  REPORT is filled where that is another one than ours;
 * who was not started by conmon is not known. */
void guard_exec_report (const char *container, struct error *report);

#endif
