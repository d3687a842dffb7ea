/* SPDX-License-Identifier: Apache-2.0 */
/* Where a refusal is told: standard error, the runtime's --log; see trail.h
 * for the system log. */
#ifndef HOSTNET_REPORT_H
#define HOSTNET_REPORT_H

#include "error.h"
#include "json.h"
#include "runtime_cli.h"

/* One line in one write (conmon reads once): "oci-hostnet: SENTENCE". */
void report_stderr (const char *message);

/* One line in the low-level runtime's format; podman parses the whole file as
 * one object, containerd wants RFC 3339 (FACTS 9). */
void report_runtime_log (const struct runtime_cli *cli,
                         enum runtime_dialect dialect, const char *message);

#endif
