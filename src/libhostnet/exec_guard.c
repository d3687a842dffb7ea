/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "exec_guard.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "capabilities.h"
#include "container.h"
#include "io.h"
#include "json.h"

/* Whether the capability NAME is in ALLOWED; an unknown name never is. */
static bool
is_allowed (const char *name, uint64_t allowed)
{
  int number = capability_number (name);

  return number >= 0 && (allowed >> number & 1) != 0;
}

/* What stays when nothing is known of the container. */
static uint64_t
harmless_set (void)
{
  uint64_t set = 0;

  for (unsigned number = 0; number < 64; number++)
    if (capability_is_harmless (number))
      set |= UINT64_C (1) << number;
  return set;
}

/* ---- the process file ---- */

struct process_file
{
  char *text;
  size_t length;
  struct json_doc doc;
  struct json_edits edits;
};
#define PROCESS_FILE_INIT { NULL, 0, JSON_DOC_INIT, JSON_EDITS_INIT }
#define cleanup_process_file __attribute__ ((cleanup (process_file_clear)))

static void
process_file_clear (struct process_file *file)
{
  json_edits_clear (&file->edits);
  json_clear (&file->doc);
  free (file->text);
}

/* FLAGS: O_NOFOLLOW | O_NONBLOCK, where it must be a regular file. */
static int
read_process_file (const char *path, int flags, struct process_file *file,
                   struct error *err)
{
  cleanup_close int fd = open (path, O_RDONLY | O_CLOEXEC | O_NOCTTY | flags);
  struct stat status;

  if (flags != 0
      && (fd < 0 ? errno == ELOOP
                 : fstat (fd, &status) < 0 || !S_ISREG (status.st_mode)))
    return error_refuse (err, SENTENCE_config_not_regular, escape (path).text);
  if (fd < 0)
    return error_system (err, errno, SENTENCE_process_unreadable,
                         escape (path).text);
  switch (read_all (fd, JSON_MAX_BYTES, &file->text, &file->length))
    {
    case 0:
      break;
    case -1:
      return error_system (err, errno, SENTENCE_process_unreadable,
                           escape (path).text);
    default:
      return error_refuse (err, SENTENCE_config_big, escape (path).text,
                           JSON_MAX_BYTES);
    }
  if (json_index (&file->doc, file->text, file->length, false, err) < 0)
    return error_wrap (err, "the process file %s", escape (path).text);
  if (json_kind (&file->doc, 0) != JSON_OBJECT)
    return error_refuse (err, SENTENCE_json_root);
  return 0;
}

/* Plans that only ALLOWED stays in all five sets of PROCESS.  Without sets both
 * runtimes give those of the container. */
static int
cut_process (struct process_file *file, json_node process, uint64_t allowed,
             struct error *err)
{
  const struct json_doc *doc = &file->doc;
  json_node object, set;

  if (json_get (doc, process, "capabilities", JSON_OBJECT, &object, err) < 0)
    return -1;
  for (size_t s = 0; capability_sets[s] != NULL; s++)
    {
      cleanup_free bool *gone = xmalloc (doc->count * sizeof *gone);
      size_t i = 0, count = 0;

      if (json_get (doc, object, capability_sets[s], JSON_ARRAY, &set, err) < 0)
        return -1;
      for (json_node n = json_first (doc, set); n != JSON_NONE;
           n = json_next (doc, n), i++)
        {
          cleanup_free char *name
              = json_kind (doc, n) == JSON_STRING ? json_string (doc, n) : NULL;

          gone[i] = name == NULL || !is_allowed (name, allowed);
          count += gone[i];
        }
      if (count > 0)
        json_remove_children (&file->edits, doc, set, gone,
                              "the container was not given it");
    }
  return 0;
}

/* A memory file that nobody can change any more, above the descriptors that
 * --preserve-fds and LISTEN_FDS hand to the container, and the one that stays
 * open on purpose. */
static int
make_memory_file (const char *text, size_t length, unsigned preserve_fds,
                  struct error *err)
{
  static const int seals
      = F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE;
  const char *listen_fds = getenv ("LISTEN_FDS");
  long lowest = 3 + (long) preserve_fds
                + (listen_fds ? strtol (listen_fds, NULL, 10) : 0);
  cleanup_close int fd
      = memfd_create ("process.json", MFD_CLOEXEC | MFD_ALLOW_SEALING);
  int kept;

  if (fd < 0 || write_all (fd, text, length) < 0
      || fcntl (fd, F_ADD_SEALS, seals) < 0)
    return error_system (err, errno, SENTENCE_system,
                         "making a memory file for --process");
  kept = lowest < 3 || lowest > 1024 * 1024
             ? -1
             : fcntl (fd, F_DUPFD, (int) lowest);
  if (kept < 0)
    return error_system (err, EMFILE, SENTENCE_system,
                         "finding a descriptor for --process");
  return kept;
}

/* ---- the command line ---- */

static const struct runtime_cli_carrier *
carrier_at (const struct runtime_cli *cli, int word)
{
  for (size_t i = 0; i < cli->carrier_count; i++)
    if (cli->carriers[i].word == word)
      return &cli->carriers[i];
  return NULL;
}

/* The words without the --cap that are not ALLOWED, and with every --process
 * replaced by OPTION: which of several a runtime takes does not matter then. */
static char **
rewrite (const struct runtime_cli *cli, int argc, char *argv[],
         uint64_t allowed, char *option)
{
  char **words = xmalloc (((size_t) argc + 1) * sizeof *words);
  int count = 0;

  for (int i = 0; i < argc; i++)
    {
      const struct runtime_cli_carrier *carrier = carrier_at (cli, i);

      if (carrier == NULL)
        words[count++] = argv[i];
      else
        {
          if (carrier->is_process)
            words[count++] = option;
          else if (is_allowed (carrier->value, allowed))
            {
              words[count++] = argv[i];
              if (!carrier->glued)
                words[count++] = argv[i + 1];
            }
          i += !carrier->glued;
        }
    }
  words[count] = NULL;
  return words;
}

/* Whether rewrite() leaves a --cap out. */
static bool
cuts_option (const struct runtime_cli *cli, uint64_t allowed)
{
  for (size_t i = 0; i < cli->carrier_count; i++)
    if (!cli->carriers[i].is_process
        && !is_allowed (cli->carriers[i].value, allowed))
      return true;
  return false;
}

/* Refuses what the harmless set would cut: WHY is what could not be told. */
static int
refuse_unknown (const struct runtime_cli *cli, const struct process_file *file,
                const struct error *why, struct error *err)
{
  if (file->edits.count == 0 && !cuts_option (cli, harmless_set ()))
    return 0;
  return error_refuse (err, SENTENCE_exec_unknown, escape (cli->id).text,
                       why->message);
}

/* Without --process runc takes the one of the bundle's config.json, as it
 * stands there now: a container that reaches its bundle may have written it. */
static int
check_bundle (const struct runtime_cli *cli, const struct container *container,
              const struct error *why, struct error *err)
{
  cleanup_process_file struct process_file file = PROCESS_FILE_INIT;
  cleanup_free char *path = NULL;
  json_node process;

  if (why->id == REFUSAL_container_twice)
    return error_refuse (err, SENTENCE_exec_unknown, escape (cli->id).text,
                         why->message);
  if (container->bundle == NULL)
    return 0; /* runc will say so */
  path = xasprintf ("%s/config.json", container->bundle);
  if (!container->bundle_forged)
    {
      if (read_process_file (path, O_NOFOLLOW | O_NONBLOCK, &file, err) < 0
          || json_get (&file.doc, 0, "process", JSON_OBJECT, &process, err) < 0
          || cut_process (&file, process,
                          why->message == NULL ? container->configured
                                               : harmless_set (),
                          err)
                 < 0)
        return -1;
      if (file.edits.count == 0)
        return 0;
    }
  return error_refuse (err, SENTENCE_exec_bundle,
                       escape (container->bundle).text);
}

static const char *
process_of (const struct runtime_cli *cli)
{
  const char *path = NULL;

  for (size_t i = 0; i < cli->carrier_count; i++)
    if (cli->carriers[i].is_process)
      path = cli->carriers[i].value; /* the last one counts */
  return path;
}

int
exec_guard (enum runtime_dialect dialect, const struct runtime_cli *cli,
            int argc, char *argv[], struct guarded_exec *guarded,
            struct error *err)
{
  cleanup_error struct error why = ERROR_INIT;
  cleanup_process_file struct process_file file = PROCESS_FILE_INIT;
  cleanup_container struct container container = CONTAINER_INIT;
  const char *path = process_of (cli);
  uint64_t allowed;

  /* Without both, crun gives the capabilities of the container. */
  if (cli->carrier_count == 0 && dialect == DIALECT_CRUN)
    return 0;
  if (container_find (dialect, cli, &container, &why) == 0
      && !container.host_network)
    return 0;
  if (path == NULL && dialect == DIALECT_RUNC
      && check_bundle (cli, &container, &why, err) < 0)
    return -1;
  if (cli->carrier_count == 0)
    return 0;
  allowed = why.message == NULL ? container.bounding : harmless_set ();
  if (path != NULL
      && (read_process_file (path, 0, &file, err) < 0
          || cut_process (&file, 0, allowed, err) < 0))
    return -1;
  if (why.message != NULL && refuse_unknown (cli, &file, &why, err) < 0)
    return -1;
  if (path != NULL)
    {
      size_t length;
      cleanup_free char *text = json_apply (&file.doc, &file.edits, &length);

      /* Always, so that what was judged is what the runtime reads. */
      guarded->fd = make_memory_file (text, length, cli->preserve_fds, err);
      if (guarded->fd < 0)
        return -1;
      guarded->option
          = xasprintf ("--process=/proc/self/fd/%d", guarded->fd);
    }
  guarded->cut = file.edits.count > 0 || cuts_option (cli, allowed);
  guarded->argv = rewrite (cli, argc, argv, allowed, guarded->option);
  return 0;
}

void
guarded_exec_clear (struct guarded_exec *guarded)
{
  free (guarded->argv);
  free (guarded->option);
  cleanup_closep (&guarded->fd);
  *guarded = (struct guarded_exec) GUARDED_EXEC_INIT;
}
