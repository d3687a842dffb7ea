/* SPDX-License-Identifier: Apache-2.0 */
/* oci-hostnet-isolate [--listen=PORTS] [--connect=PORTS] [--best-effort]
 * createRuntime: the hook that decide() adds under the lock isolated. */
#include <config.h>

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "libhostnet/io.h"
#include "libhostnet/isolate.h"
#include "libhostnet/json.h"
#include "libhostnet/occasion.h"
#include "libhostnet/report.h"

struct options
{
  struct isolate_order order;
  bool best_effort;
};

/* The words of the hook: what decide() wrote, and nothing else. */
static int
read_options (int argc, char *argv[], struct options *options,
              struct error *err)
{
  static const char listen[] = "--listen=", connect[] = "--connect=";

  if (argc < 2 || strcmp (argv[argc - 1], "createRuntime") != 0)
    return error_refuse (err, SENTENCE_usage, "the stage createRuntime is needed",
                         "oci-hostnet-isolate");
  for (int i = 1; i < argc - 1; i++)
    {
      struct port_list *list = NULL;
      const char *text = strchr (argv[i], '=');

      if (strcmp (argv[i], "--best-effort") == 0)
        {
          options->best_effort = true;
          continue;
        }
      if (strncmp (argv[i], listen, strlen (listen)) == 0)
        list = &options->order.listen;
      else if (strncmp (argv[i], connect, strlen (connect)) == 0)
        list = &options->order.connect;
      if (list == NULL || list->count > 0)
        return error_refuse (err, SENTENCE_usage, "an option is not known",
                             "oci-hostnet-isolate");
      if (port_list_parse (text + 1,
                           list == &options->order.listen ? "listen"
                                                          : "connect",
                           list, err)
          < 0)
        return -1;
    }
  return 0;
}

/* The container's process and its id, of the state on standard input
 * (runtime-spec, runtime.md "State"). */
static int
read_state (struct occasion *occasion, pid_t *pid, struct error *err)
{
  cleanup_json struct json_doc state = JSON_DOC_INIT;
  cleanup_free char *text = NULL;
  size_t length = 0;
  json_node node;
  uint64_t number = 0;

  if (read_all (STDIN_FILENO, JSON_MAX_BYTES, &text, &length) != 0)
    return error_refuse (err, SENTENCE_system, "reading standard input");
  if (json_index (&state, text, length, false, err) < 0)
    return -1;
  if (json_kind (&state, 0) != JSON_OBJECT)
    return error_refuse (err, SENTENCE_isolated_state, "object");
  if (json_get (&state, 0, "id", JSON_STRING, &node, NULL) > 0)
    occasion->container = json_string (&state, node);
  if (json_get (&state, 0, "bundle", JSON_STRING, &node, NULL) > 0)
    occasion->bundle = json_string (&state, node);
  if (json_get (&state, 0, "pid", JSON_NUMBER, &node, NULL) <= 0
      || json_uint64 (&state, node, &number) < 0 || number == 0
      || number > INT_MAX)
    return error_refuse (err, SENTENCE_isolated_state, "pid");
  *pid = (pid_t) number;
  return 0;
}

/* What a machine cannot give is told, and refused unless BEST_EFFORT. */
static int
judge_missing (const struct options *options, const struct occasion *occasion,
               const struct isolate_missing *missing, struct error *err)
{
  if (!options->best_effort && missing->count > 0)
    return error_refuse (err, missing->list[0].id, "%s",
                         missing->list[0].message);
  for (size_t i = 0; i < missing->count; i++)
    occasion_tell (occasion, RECORD_REPORTED, missing->list[i].id,
                   missing->list[i].message);
  return 0;
}

static int
isolate (const struct options *options, const struct occasion *occasion,
         pid_t pid, struct error *err)
{
  cleanup_missing struct isolate_missing missing = ISOLATE_MISSING_INIT;
  cleanup_error struct error why = ERROR_INIT;
  cleanup_close int cgroup = isolate_cgroup_open (pid, &why);

  if (cgroup >= 0
      && isolate_apply (cgroup, &options->order, &missing, &why) == 0)
    return judge_missing (options, occasion, &missing, err);
  if (!options->best_effort)
    return error_refuse (err, why.id, "%s", why.message);
  occasion_tell (occasion, RECORD_REPORTED, why.id, why.message);
  return 0;
}

static const char help[]
    = "Usage: oci-hostnet-isolate [--listen=PORTS] [--connect=PORTS] [--best-effort] createRuntime\n"
      "       oci-hostnet-isolate --help\n"
      "       oci-hostnet-isolate --version\n"
      "OCI hook of the lock isolated: puts BPF programs on the cgroup of the\n"
      "container that standard input tells of.  oci-hostnet writes it into the\n"
      "configuration.  See oci-hostnet-isolate(8).\n";

int
main (int argc, char *argv[])
{
  cleanup_error struct error err = ERROR_INIT;
  cleanup_occasion struct occasion occasion
      = { .program = "oci-hostnet-isolate", .command = "createRuntime" };
  struct options options = { .order = { PORT_LIST_INIT, PORT_LIST_INIT } };
  pid_t pid = 0;
  int result;

  if (argc == 2 && strcmp (argv[1], "--help") == 0)
    return fputs (help, stdout) < 0;
  if (argc == 2 && strcmp (argv[1], "--version") == 0)
    return printf ("oci-hostnet-isolate %s\npath: %s\n", PACKAGE_VERSION,
                   ISOLATE_PATH)
           < 0;
  result = read_options (argc, argv, &options, &err) < 0
                   || read_state (&occasion, &pid, &err) < 0
                   || isolate (&options, &occasion, pid, &err) < 0
               ? EXIT_FAILURE
               : EXIT_SUCCESS;
  port_list_clear (&options.order.listen);
  port_list_clear (&options.order.connect);
  if (result == EXIT_SUCCESS)
    return result;
  /* crun says of a hook only that it failed: the trail keeps the reason */
  occasion_look (&occasion);
  report_stderr (occasion_sentence (&occasion, &err));
  occasion_tell (&occasion, RECORD_REFUSED, err.id, err.message);
  return result;
}
