/* SPDX-License-Identifier: Apache-2.0 */
/* What the trail tells of one decision, and how it is written: to the journal
 * in its native protocol, to syslog as a sentence with JSON behind it.  What
 * the fields mean stands in oci-hostnet-records(7). */
#ifndef HOSTNET_RECORD_H
#define HOSTNET_RECORD_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "json.h"

enum record_kind
{
  RECORD_CHANGED,  /* the configuration was edited */
  RECORD_REFUSED,  /* the container, or what was asked of it, was refused */
  RECORD_REPORTED, /* left as it is, and somebody should know */
  RECORD_OBSERVED, /* what a policy that only observes would have done */
  RECORD_KINDS
};

/* All text is borrowed; NULL or "" = not known, no field is written. */
struct record
{
  enum record_kind kind;
  const char *message;   /* one sentence */
  const char *program;   /* oci-hostnet-runtime, oci-hostnet-hook */
  const char *command;   /* create, run, exec, restore, checkpoint, precreate,
                            createRuntime, prestart */
  const char *container; /* id */
  const char *bundle;
  const char *engine;    /* engine_name() */
  const char *pod, *pod_namespace;
  const char *rule;      /* which rule of the policy decided */
  const char *lock;      /* standard, strict, ... */
  const char *edits;     /* the applied annotation's value or a list of the
                            members edited */
  const char *reason_id; /* as in refusals.tsv */
  const char *service_account; /* of the pod, by its annotation */
  const char *args;      /* JSON array of process.args, and */
  const char *settings;  /* what the policy would have to say for the container
                            to run, as JSON: for `policy suggest` */
  const char *sure;      /* "yes": it surely is of Kubernetes, and its author
                            did not say so; "no": only its author may have */
  const char *bears;     /* "strict": would run with that lock too */
};

struct record_kind_row
{
  const char *name;
  const char *message_id; /* sd-id128(3): random, and never changed */
  int priority;           /* syslog(3) */
};
extern const struct record_kind_row record_kinds[RECORD_KINDS];

struct record_field
{
  const char *journal; /* its name there, */
  const char *key;     /* and in JSON */
  size_t offset;       /* in struct record */
  size_t most;         /* bytes of it that are written; longer ends in "..." */
};
enum
{
  RECORD_MESSAGE, /* the first of the table */
  RECORD_FIELDS = 17
};
extern const struct record_field record_fields[RECORD_FIELDS];

/* The two that have no place in struct record. */
#define RECORD_KIND_JOURNAL "OCI_HOSTNET_KIND"
#define RECORD_KIND_KEY "kind"
#define RECORD_SUPPRESSED_JOURNAL "OCI_HOSTNET_SUPPRESSED"
#define RECORD_SUPPRESSED_KEY "suppressed"

#define RECORD_TAG "oci-hostnet"

/* No record is longer, in either form. */
enum { RECORD_MOST_BYTES = 8192 };

const char *record_get (const struct record *record, size_t field);
void record_set (struct record *record, size_t field, const char *value);

/* Adds RECORD to OUT.  SUPPRESSED (0: none) is how many were not written
 * before it.  DIVISOR is 1, or more for fields shorter by that. */
void record_journal (const struct record *record, uint64_t suppressed,
                     size_t divisor, struct json_buffer *out);
void record_syslog (const struct record *record, uint64_t suppressed,
                    size_t divisor, struct json_buffer *out);

#endif
