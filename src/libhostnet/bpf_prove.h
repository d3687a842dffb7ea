/* SPDX-License-Identifier: Apache-2.0 */
/* What a seccomp program does with data that are known in part. */
#ifndef HOSTNET_BPF_PROVE_H
#define HOSTNET_BPF_PROVE_H

#include <stdbool.h>

#include "bpf.h"

/* 32 bits, of which those in KNOWN are as in VALUE; the others, zero in
 * VALUE, may be anything. */
struct bpf_word
{
  uint32_t known, value;
};

enum
{
  BPF_DATA_WORDS = sizeof (struct seccomp_data) / 4
};

/* Whether HOLDS is true of every action that PROGRAM, which bpf_check() took,
 * can answer to data like WORDS.  True is a proof; false means that there may
 * be such an action: two ways that meet are judged together, and what passes
 * through X or scratch memory is not followed. */
bool bpf_prove (const struct sock_filter *program, size_t length,
                const struct bpf_word words[BPF_DATA_WORDS],
                bool (*holds) (uint32_t action));

#endif
