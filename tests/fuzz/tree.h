/* SPDX-License-Identifier: Apache-2.0 */
/* JSON read by another reader than ours, for the fuzz targets to compare. */
#ifndef HOSTNET_FUZZ_TREE_H
#define HOSTNET_FUZZ_TREE_H

#include <stdbool.h>
#include <stddef.h>
#include <yajl/yajl_tree.h>

#include "libhostnet/json.h"

#define cleanup_tree __attribute__ ((cleanup (tree_freep)))

/* NULL: no JSON. */
yajl_val tree_read (const char *text, size_t length);
void tree_freep (yajl_val *tree);

/* The member KEY of OBJECT, or NULL; also when OBJECT is none. */
yajl_val tree_get (yajl_val object, const char *key);
bool tree_string_is (yajl_val value, const char *text);

/* Value for value, numbers as they are spelled, members in their order. */
bool tree_same (yajl_val a, yajl_val b);

/* Whether AFTER is BEFORE, the tree of CONFIG's text, but for what EDITS
 * name. */
bool tree_edited (yajl_val before, yajl_val after,
                  const struct json_doc *config,
                  const struct json_edits *edits);

#endif
