/* SPDX-License-Identifier: Apache-2.0 */
/* The files of low-level runtimes, for container*.c alone. */
#ifndef HOSTNET_CONTAINER_PARTS_H
#define HOSTNET_CONTAINER_PARTS_H

#include "container.h"

/* crun src/libcrun/status.c, runc libcontainer/container_linux.go (State). */
struct layout
{
  const char *directory; /* of the state, below the run directory */
  const char *state;     /* file with these two members */
  const char *pid, *start_time;
  const char *config; /* file of the configuration; NULL: member `config` */
  const char *network_type;
  const char *bounding;
};
/* By dialect. */
extern const struct layout container_layouts[];

/* A file of the runtime, indexed. */
struct state_file
{
  char *text;
  struct json_doc doc;
};
#define STATE_FILE_INIT { NULL, JSON_DOC_INIT }
#define cleanup_state_file __attribute__ ((cleanup (state_file_clear)))

void state_file_clear (struct state_file *file);

/* NAME in DIRECTORY; refuses what is no object or no regular file. */
int state_file_read (int directory, const char *name, struct state_file *file,
                     struct error *err);

/* Opens the directory of the container that CLI names as *DIRECTORY (the caller
 * closes). */
int container_find_state (const struct layout *layout,
                          const struct runtime_cli *cli, int *directory,
                          struct error *err);

/* The init process of STATE, 0 when it has ended. */
int container_init_pid (const struct layout *layout,
                        const struct json_doc *state);

/* The LAST label `bundle=` of runc's state, or the first; the caller frees. */
char *container_bundle_label (const struct json_doc *state, bool last);

#endif
