/* SPDX-License-Identifier: Apache-2.0 */
/* The inside of a policy, for policy*.c alone. */
#ifndef HOSTNET_POLICY_PARTS_H
#define HOSTNET_POLICY_PARTS_H

#include "policy.h"
#include "port_list.h"

/* The members that a rule and `default` may have, but for `subordinate` and
 * `listen`, whose values are no numbers. */
enum setting
{
  SETTING_REQUEST,
  SETTING_INHERIT,
  SETTING_PUBLISHED_PORTS,
  SETTING_PATHLESS,
  SETTING_CAPABILITIES,
  SETTING_LOCK,
  SETTING_DNS,
  SETTING_MODE,
  SETTING_NET_ADMIN,
  SETTING_HOST_OBJECTS,
  SETTING_ISOLATED,
  SETTING_PORT_CONFLICTS,
  SETTINGS
};

struct choice
{
  const char *name;
  unsigned value;
  unsigned strictness; /* more is stricter */
};

struct setting_words
{
  const char *name;     /* of the member */
  const char *expected; /* for a person */
  const struct choice *choices; /* a name of NULL ends */
};
extern const struct setting_words setting_words[SETTINGS];

/* The setting of that name, or SETTINGS. */
enum setting setting_find (const char *name);

/* The stricter of two values. */
unsigned setting_stricter (enum setting setting, unsigned a, unsigned b);

unsigned policy_get (const struct policy_settings *settings,
                     enum setting setting);
void policy_set (struct policy_settings *settings, enum setting setting,
                 unsigned value);

/* False: it is what is built in, which no word of the file spells. */
bool setting_has_word (enum setting setting, unsigned value);

/* The value as the file spells it, in JSON; appended to TEXT.  Nothing without
 * a word. */
void setting_value (enum setting setting, unsigned value,
                    struct json_buffer *text);

/* The same of `listen`. */
void listen_value (const struct port_list *list, struct json_buffer *text);

/* Which of NAMES, N of them, is nearest to GIVEN by letters, when one is near;
 * else NULL. */
const char *nearest_name (const char *given, const char *const *names,
                          size_t n);

struct annotation_glob
{
  char *key, *value;
};

struct globs
{
  char **list;
  size_t count;
};

/* Without a condition it matches always; policy_parse() makes sure it was said. */
struct rule
{
  const char *file; /* the policy's own */
  unsigned number;  /* from 1, in its file; 0: `default` */
  unsigned line;
  struct annotation_glob *globs;
  size_t glob_count;
  struct globs args; /* one for each of process.args; count 0: any */
  struct globs namespaces, service_accounts; /* count 0: any */
  bool kubernetes;   /* one of these two was given */
  bool outside;      /* `kubernetes` is false: those that are not of it */
  bool set[SETTINGS];
  unsigned value[SETTINGS];
  char *subordinate; /* or NULL: not set */
  bool listen_set;
  struct port_list listen;
};

/* All that is wrong. */
struct mistakes
{
  struct error *list;
  size_t count;
};
#define MISTAKES_INIT { NULL, 0 }
#define cleanup_mistakes __attribute__ ((cleanup (mistakes_clear)))

/* Takes what is in MISTAKE over. */
void mistakes_add (struct mistakes *mistakes, struct error *mistake);
void mistakes_clear (struct mistakes *mistakes);

struct policy
{
  char *path;       /* of policy.json, NULL for a text */
  char **files;     /* the names that the rules' `file` are, owned */
  size_t file_count;
  char *runtime;
  bool admission;   /* the annotation of the service account is checked */
  bool complete;
  struct mistakes *mistakes; /* somebody's who wants them all, or NULL */
  struct error broken; /* what is wrong with `default` and `rules`, or nothing */
  struct rule fallback; /* "default" */
  struct rule *rules;
  size_t rule_count;
};

/* An empty policy. */
struct policy *policy_new (void);

/* What a file is read as. */
enum policy_file
{
  POLICY_TRUSTED, /* policy.json with its drop-ins, which root alone writes */
  POLICY_DRAFT,   /* policy.json, whoever wrote it, */
  POLICY_DROP_IN  /* and one that is to be in policy.d */
};

/* As policy_load() and policy_complete(), or as policy_draft(), but for all
 * that is wrong, which goes to MISTAKES; *POLICY is set when nothing is. */
void policy_examine (const char *path, enum policy_file kind,
                     struct policy **policy, struct mistakes *mistakes);

/* Adds what TEXT says to POLICY; NAME is kept.  A drop-in has `version` and
 * `rules` alone.  What is wrong in `default` and `rules` goes to BROKEN. */
int policy_read (const char *text, size_t length, const char *name,
                 bool drop_in, struct policy *policy, struct error *broken,
                 struct error *err);

/* > 0: *TEXT (the caller frees) is what the file at PATH holds, which root
 * alone could have written; 0: absent; negative: refused. */
int policy_file_read (const char *path, char **text, size_t *length,
                      struct error *err);
/* The same, whoever wrote it. */
int policy_file_read_any (const char *path, char **text, size_t *length,
                          struct error *err);

/* The full names of the *.json in DIRECTORY, in order of name (the caller frees
 * them and *NAMES); none when it does not exist. */
int policy_file_list (const char *directory, char ***names, size_t *count,
                      struct error *err);

#endif
