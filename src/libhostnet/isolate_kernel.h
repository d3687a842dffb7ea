/* SPDX-License-Identifier: Apache-2.0 */
/* bpf(2), and what the kernel's BTF says. */
#ifndef HOSTNET_ISOLATE_KERNEL_H
#define HOSTNET_ISOLATE_KERNEL_H

#include <linux/bpf.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "error.h"

/* ---- isolate_kernel.c; -1 with errno, where nothing else is said ---- */

/* A map without a name. */
int kernel_map (enum bpf_map_type type, uint32_t key, uint32_t value,
                uint32_t entries);
/* BPF_MAP_TYPE_SK_STORAGE with a value of 4 bytes. */
int kernel_socket_map (void);
int kernel_map_add (int map, const void *key, const void *value);

/* *LOG: what the verifier says, in one line, when it says something (the caller
 * frees). */
int kernel_program (const char *name, const char *license,
                    enum bpf_prog_type type, unsigned attach_type, const struct bpf_insn *list,
                    size_t count, char **log);

/* Beside those that are there already, and those of the cgroups around. */
int kernel_attach (int cgroup, int program, unsigned attach_type);

enum { KERNEL_ATTACHED = 64 }; /* BPF_CGROUP_MAX_PROGS of the kernel */

/* The ids of the programs that run for the cgroup, those of the cgroups around
 * with EFFECTIVE: how many, or -1. */
int kernel_attached (int cgroup, unsigned attach_type, bool effective,
                     uint32_t ids[KERNEL_ATTACHED]);

/* What a program is called. */
int kernel_program_name (uint32_t id, char name[BPF_OBJ_NAME_LEN]);

/* ---- isolate_btf.c: /sys/kernel/btf/vmlinux ---- */

struct kernel_types
{
  int32_t cast_to_kern_ctx; /* the function */
  int16_t uaddr, uaddrlen;  /* of struct bpf_sock_addr_kern */
};

/* -1 when the kernel does not tell. */
int kernel_types_read (struct kernel_types *types);

#endif
