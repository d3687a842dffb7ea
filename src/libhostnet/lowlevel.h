/* SPDX-License-Identifier: Apache-2.0 */
/* The low-level runtime, crun or runc: which one, and is it safe to become it. */
#ifndef HOSTNET_LOWLEVEL_H
#define HOSTNET_LOWLEVEL_H

#include "policy.h"
#include "runtime_cli.h"

struct lowlevel
{
  const char *path; /* absolute, a constant or the policy's */
  enum runtime_dialect dialect;
};

/* Chosen by the name of the program (oci-hostnet-crun, oci-hostnet-runc), else
 * by the policy, else the first that exists of a fixed list; never by PATH.
 * POLICY may be NULL: none is asked. */
int lowlevel_choose (const char *program_name, const struct policy *policy,
                     struct lowlevel *lowlevel, struct error *err);

/* Whether the name alone decides, so that no policy is needed. */
bool lowlevel_named (const char *program_name);

/* What stands between the version that the runtime says it has (--version) and
 * the mounts with mapped ids that we write; NULL when nothing does.  In words
 * that follow "and"; the caller frees. */
char *lowlevel_lacks_idmaps (const struct lowlevel *lowlevel);

/* The same of what it said for --version; PATH is for the words. */
char *lowlevel_lacks_idmaps_of (const char *path, const char *said);

/* What it says for --version, all of it that there is room for; "" when it
 * says nothing within 10 s.  lowlevel_check() comes first. */
void lowlevel_says (const struct lowlevel *lowlevel, char *text, size_t size);

enum
{
  LOWLEVEL_RELEASE = 0x7FFFFFFF /* no release candidate */
};

struct lowlevel_version
{
  char text[64];      /* as it was said */
  unsigned number[3];
  unsigned candidate; /* the N of -rcN */
  bool dash;          /* one follows the number */
};

/* "crun version 1.8.1", "runc version 1.1.5+ds1", at the beginning of TEXT. */
bool lowlevel_version_read (const char *text, const char *name,
                            struct lowlevel_version *version);

/* Not before SINCE, or its release candidate CANDIDATE. */
bool lowlevel_version_since (const struct lowlevel_version *version,
                             const unsigned since[3], unsigned candidate);

/* PATH as the policy has it, which admits those that end in crun or runc. */
struct lowlevel lowlevel_of_policy (const char *path);

/* The paths where one is looked for, in this order; NULL behind the last. */
const struct lowlevel *lowlevel_candidate (size_t index);

/* Refuses what lowlevel_exec() would, started by the name ARGV0. */
int lowlevel_check (const struct lowlevel *lowlevel, const char *argv0,
                    struct error *err);

/* Becomes the runtime with the arguments, environment and descriptors as they
 * are; argv[0] is its own path, since crun reads a handler from it.  Refuses
 * oci-hostnet itself, a script (which could call us again), and, as root, what
 * others can write.  Returns only on failure. */
int lowlevel_exec (const struct lowlevel *lowlevel, char *argv[],
                   struct error *err);

#endif
