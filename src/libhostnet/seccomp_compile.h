/* SPDX-License-Identifier: Apache-2.0 */
/* linux.seccomp as the BPF that a low-level runtime makes of it, by the same
 * library.  Sources: crun src/libcrun/seccomp.c, libcrun_generate_seccomp();
 * runc libcontainer/seccomp/seccomp_linux.go, InitSeccomp(). */
#ifndef HOSTNET_SECCOMP_COMPILE_H
#define HOSTNET_SECCOMP_COMPILE_H

#include <linux/filter.h>
#include <stdbool.h>
#include <stddef.h>

#include "json.h"

enum seccomp_way
{
  SECCOMP_AS_CRUN,
  SECCOMP_AS_RUNC,
  SECCOMP_AS_RUNC_TREE, /* runc from 1.2 on makes a tree of many rules */
  SECCOMP_WAYS
};

const char *seccomp_way_name (enum seccomp_way way);

struct seccomp_program
{
  struct sock_filter *code; /* owned, passed bpf_check() */
  size_t count;
  bool tree;
};

#define SECCOMP_PROGRAM_INIT { NULL, 0, false }

/* 1 compiled, 0 there is no profile, -1 the runtime would not start the
 * container.  What runc puts in front of its program (ENOSYS for system calls
 * newer than the profile) only denies and is left out. */
int seccomp_compile (const struct json_doc *config, json_node linux_object,
                     enum seccomp_way way, struct seccomp_program *program,
                     struct error *err);
void seccomp_program_clear (struct seccomp_program *program);

/* libseccomp's token of an architecture as runtime-spec spells it, 0 when it
 * is not known. */
uint32_t seccomp_architecture (const char *name);

#endif
