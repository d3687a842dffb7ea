/* SPDX-License-Identifier: Apache-2.0 */
/* The lock isolated: BPF programs on the container's own cgroup, so that
 * nothing else of the host than its network is in reach.  They hold for every
 * process in the cgroup, those of `exec` too, and go with it. */
#ifndef HOSTNET_ISOLATE_H
#define HOSTNET_ISOLATE_H

#include <sys/types.h>

#include "error.h"
#include "port_list.h"

struct isolate_order
{
  struct port_list listen;  /* what the container may bind */
  struct port_list connect; /* which of the host's services it may reach */
};

/* A part that the machine does not give. */
struct isolate_missing
{
  struct error *list;
  size_t count;
};
#define ISOLATE_MISSING_INIT { NULL, 0 }
#define cleanup_missing __attribute__ ((cleanup (isolate_missing_clear)))
void isolate_missing_clear (struct isolate_missing *missing);

/* The cgroup (version 2) of process PID, open: one of its own, in which nothing
 * else is than PID and what descends from it.  -1: there is none, and a program
 * there would bind others, or nobody. */
int isolate_cgroup_open (pid_t pid, struct error *err);

/* The same without a look at who else is there; *PATH (owned) as the host has
 * it. */
int isolate_cgroup_find (pid_t pid, char **path, struct error *err);

/* Attaches all programs to CGROUP and looks whether they are there.  What is
 * not goes to MISSING.  -1: nothing is attached. */
int isolate_apply (int cgroup, const struct isolate_order *order,
                   struct isolate_missing *missing, struct error *err);

/* Which of the programs run for CGROUP: TEXT (owned) names what is open since
 * one is missing, and is NULL when all are there.  How many are, or -1 with
 * errno when that cannot be told. */
int isolate_look (int cgroup, char **text);

/* How many there are. */
int isolate_count (void);

#endif
