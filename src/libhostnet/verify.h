/* SPDX-License-Identifier: Apache-2.0 */
/* Whether a configuration keeps the promise, told part by part and proved
 * without running it. */
#ifndef HOSTNET_VERIFY_H
#define HOSTNET_VERIFY_H

#include <stdbool.h>
#include <stdio.h>

#include "checks.h"

/* CONFIG is a configuration or the directory of a bundle.  0: CHECKS are
 * filled, and *PRIVATE says that the container neither has the host's network
 * nor asks for it; -1: it cannot be read, ERR has the sentence. */
int verify (const char *config, struct checks *checks, bool *private,
            struct error *err);

/* The one word: "locked", "open" or "private". */
const char *verify_word (const struct checks *checks, bool private);

/* One object, as answer.h has it. */
void verify_show_json (FILE *to, const struct checks *checks, bool private);

#endif
