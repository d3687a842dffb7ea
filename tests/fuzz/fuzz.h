/* SPDX-License-Identifier: Apache-2.0 */
/* The fuzz targets.  Each takes any bytes, returns 0, and ends the process
 * when something is not as it must be. */
#ifndef HOSTNET_FUZZ_H
#define HOSTNET_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int fuzz_argv (const uint8_t *data, size_t size);
int fuzz_edit (const uint8_t *data, size_t size);
int fuzz_hook_state (const uint8_t *data, size_t size);
int fuzz_policy (const uint8_t *data, size_t size);
int fuzz_ports (const uint8_t *data, size_t size);
int fuzz_process (const uint8_t *data, size_t size);

/* libFuzzer's entry (entry.c): the target that run.sh builds. */
int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size);

#define MUST(what)                                                            \
  do                                                                          \
    if (!(what))                                                              \
      {                                                                       \
        fprintf (stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #what);   \
        abort ();                                                             \
      }                                                                       \
  while (0)

#endif
