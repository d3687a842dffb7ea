/* SPDX-License-Identifier: Apache-2.0 */
/* Classic BPF as the kernel runs it for seccomp, without running it. */
#ifndef HOSTNET_BPF_H
#define HOSTNET_BPF_H

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdint.h>

/* 0 when the kernel would take PROGRAM as a seccomp filter, else -1:
 * an unknown instruction, a jump or a load out of range, scratch memory out
 * of range or read before it is written, a constant division by zero or
 * shift by more than 31, no return at the end. */
int bpf_check (const struct sock_filter *program, size_t length);

/* The action (SECCOMP_RET_* with its data) of a program that bpf_check()
 * took; for a caller that runs one program often. */
uint32_t bpf_execute (const struct sock_filter *program,
                      const struct seccomp_data *data);

/* Both: 0 with *ACTION, -1 when the program is malformed. */
int bpf_run (const struct sock_filter *program, size_t length,
             const struct seccomp_data *data, uint32_t *action);

#endif
