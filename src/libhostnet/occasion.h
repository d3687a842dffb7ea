/* SPDX-License-Identifier: Apache-2.0 */
/* What a program is about when it decides, and what it tells of that: a record
 * for the trail, a sentence for whoever asked. */
#ifndef HOSTNET_OCCASION_H
#define HOSTNET_OCCASION_H

#include "judge.h"
#include "record.h"

struct occasion
{
  const char *program, *command; /* not owned */
  char *container, *bundle;      /* what is not known is NULL, here and below */
  bool known;      /* the rest was noted: */
  bool kubernetes; /* a mark says so: whoever asked may be a pod's author */
  const char *engine;
  char *pod, *pod_namespace, *service_account, *rule, *args, *settings;
  const char *lock, *edits, *sure, *bears;
};

#define OCCASION_INIT { 0 }
#define cleanup_occasion __attribute__ ((cleanup (occasion_clear)))

/* What JUDGEMENT knows of the container; copied. */
void occasion_note (struct occasion *occasion,
                    const struct judgement *judgement);

/* The same of a container that runs, from what its runtime keeps of CONFIG. */
void occasion_note_container (struct occasion *occasion,
                              const struct json_doc *config,
                              json_node annotations, json_node process);

/* Where nothing was noted: what the system shows of the caller. */
void occasion_look (struct occasion *occasion);

/* The record of what was decided, when there is something to tell. */
void occasion_decided (struct occasion *occasion,
                       const struct judgement *judgement);

/* One record of KIND. */
void occasion_tell (const struct occasion *occasion, enum record_kind kind,
                    enum refusal reason, const char *message);

/* ERR as whoever asked is shown it. */
const char *occasion_sentence (const struct occasion *occasion,
                               const struct error *err);

void occasion_clear (struct occasion *occasion);

#endif
