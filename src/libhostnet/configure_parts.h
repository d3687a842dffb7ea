/* SPDX-License-Identifier: Apache-2.0 */
/* What becomes of one file of an engine: decided from texts alone. */
#ifndef HOSTNET_CONFIGURE_PARTS_H
#define HOSTNET_CONFIGURE_PARTS_H

#include <stdbool.h>
#include <stddef.h>

#include "error.h"

enum action
{
  ACTION_NONE,
  ACTION_CREATE,
  ACTION_REPLACE,
  ACTION_REPLACE_KEEPING, /* the old file stays beside the new one */
  ACTION_RESTORE,         /* and comes back */
  ACTION_REMOVE
};

/* The other files that the engine reads too. */
struct other_file
{
  char *shown, *text; /* owned; SHOWN is escaped */
};

struct file_view
{
  const char *shown; /* its path, escaped for messages */
  const char *now;   /* what is in it, NULL: not there */
  const char *kept;  /* what was in it before us, NULL: not kept */
  const char *kept_shown;
  const struct other_file *others;
  size_t other_count;
};

struct file_plan
{
  enum action action;
  char *text;     /* what will be in it, owned; NULL: nothing */
  bool drop_kept; /* what was kept is of no use any more */
};
#define FILE_PLAN_INIT                                                        \
  {                                                                           \
    ACTION_NONE, NULL, false                                                  \
  }

/* TEMPLATE is the file under hooks/. */
typedef int plan_file (const char *template, const struct file_view *view,
                       bool undo, struct file_plan *plan, struct error *err);

/* A file of our own. */
plan_file plan_whole;
/* The same for podman, whose drop-ins replace each other's lists: a line whose
 * key another file sets is left out where that file says the same. */
plan_file plan_lists;
/* Docker's daemon.json: one member of the member `runtimes`. */
plan_file plan_json;
/* containerd's config.toml: tables at its end, between two comments. */
plan_file plan_containerd;
/* A drop-in of containerd's, where config.toml (the other file) imports it. */
plan_file plan_containerd_import;

/* What is asked of a file of ours, whatever there is: TEXT, unless IS_OURS
 * says that what is there is another's. */
int plan_own_file (const struct file_view *view, bool is_ours,
                   const char *text, bool undo, struct file_plan *plan,
                   struct error *err);

/* How an engine is told which runtime it takes by itself. */
struct default_rule
{
  const char *engine;
  const char *const *files; /* `*.X` as the last name: all that end in .X */
  const char *const *keys;  /* of TOML, whole */
  const char *const *names; /* what is ours */
  bool json;                /* the one key is a member of a JSON object */
};

/* Where podman reads the keys of containers.conf. */
extern const char *const podman_files[];

/* NULL: it takes no runtime. */
const struct default_rule *find_default_rule (const char *engine);

/* Refused where FILE makes a program of ours the default. */
int check_default (const struct default_rule *rule,
                   const struct other_file *file, struct error *err);

/* What is asked of a file that has nothing of ours: that what was kept is the
 * same, and of no use any more.  Anything else may be all that somebody has
 * left of his file. */
int plan_kept_alone (const struct file_view *view, struct file_plan *plan,
                     struct error *err);

#endif
