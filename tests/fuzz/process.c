/* SPDX-License-Identifier: Apache-2.0 */
/* Any text as the process file of exec, with the words of --cap behind it,
 * each after a NUL.  The first byte chooses the dialect, whether the container
 * is one that can be found, and whether exec has no --process: then the text
 * is the config.json of the bundle, where runc reads one. */
#include <config.h>

#include "fuzz.h"

#include <cap-ng.h>
#include <ctype.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "libhostnet/io.h"
#include "libhostnet/exec_guard.h"
#include "scratch.h"
#include "tree.h"

enum { MAX_CAPS = 8, MAX_WORDS = 2 * MAX_CAPS + 8 };

/* proc(5): field 22; our child has no blank in its name. */
static unsigned long long
start_time (pid_t pid)
{
  cleanup_free char *path = xasprintf ("/proc/%d/stat", (int) pid);
  FILE *file = fopen (path, "re");
  unsigned long long time = 0;

  MUST (file != NULL);
  MUST (fscanf (file, "%*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s "
                      "%*s %*s %*s %*s %*s %*s %*s %*s %llu",
                &time)
        == 1);
  fclose (file);
  return time;
}

static void
write_container (void)
{
  int pid = (int) scratch_process ();
  unsigned long long time = start_time (pid);
  cleanup_free char *crun = xasprintf (
      "{\"pid\":%d,\"process-start-time\":%llu}", pid, time);
  cleanup_free char *runc = xasprintf (
      "{\"init_process_pid\":%d,\"init_process_start\":%llu,\"config\":"
      "{\"labels\":[\"bundle=%s/bundle\"],\"capabilities\":{\"Bounding\":"
      "[\"CAP_CHOWN\",\"CAP_KILL\",\"CAP_NET_BIND_SERVICE\"]}}}",
      pid, time, scratch_directory ());

  scratch_write ("root/c/status", crun, strlen (crun));
  scratch_write ("root/c/config.json", "{}", 2);
  scratch_write ("root/c/state.json", runc, strlen (runc));
  capng_setpid (pid);
  MUST (capng_get_caps_process () == 0);
}

/* Whether the container was given it, as libcap-ng knows its name. */
static bool
is_given (const char *name)
{
  cleanup_free char *low = NULL;
  int number;

  if (strncmp (name, "CAP_", 4) != 0)
    return false;
  low = xstrndup (name + 4, strlen (name + 4));
  for (char *at = low; *at != '\0'; at++)
    {
      if (islower ((unsigned char) *at))
        return false;
      *at = (char) tolower ((unsigned char) *at);
    }
  number = capng_name_to_capability (low);
  return number >= 0
         && capng_have_capability (CAPNG_BOUNDING_SET, (unsigned) number);
}

/* AFTER has of BEFORE, in its order, what was given and nothing else. */
static bool
check_set (yajl_val before, yajl_val after)
{
  size_t at = 0;

  MUST (YAJL_IS_ARRAY (after));
  for (size_t i = 0; i < before->u.array.len; i++)
    {
      yajl_val name = before->u.array.values[i];

      if (!YAJL_IS_STRING (name) || !is_given (name->u.string))
        continue;
      MUST (at < after->u.array.len
            && tree_same (name, after->u.array.values[at]));
      at++;
    }
  MUST (at == after->u.array.len);
  return at < before->u.array.len;
}

static bool
is_set (const char *name)
{
  static const char *const sets[]
      = { "bounding", "effective", "inheritable", "permitted", "ambient" };

  for (size_t i = 0; i < sizeof sets / sizeof *sets; i++)
    if (strcmp (name, sets[i]) == 0)
      return true;
  return false;
}

/* Whether something was taken away; nothing else may differ. */
static bool
check_text (yajl_val before, yajl_val after)
{
  bool cut = false;

  MUST (YAJL_IS_OBJECT (before) && YAJL_IS_OBJECT (after));
  MUST (before->u.object.len == after->u.object.len);
  for (size_t i = 0; i < before->u.object.len; i++)
    {
      yajl_val old = before->u.object.values[i];
      yajl_val new = after->u.object.values[i];

      MUST (strcmp (before->u.object.keys[i], after->u.object.keys[i]) == 0);
      if (strcmp (before->u.object.keys[i], "capabilities") != 0
          || !YAJL_IS_OBJECT (old))
        {
          MUST (tree_same (old, new));
          continue;
        }
      MUST (YAJL_IS_OBJECT (new) && old->u.object.len == new->u.object.len);
      for (size_t s = 0; s < old->u.object.len; s++)
        {
          MUST (strcmp (old->u.object.keys[s], new->u.object.keys[s]) == 0);
          if (is_set (old->u.object.keys[s])
              && YAJL_IS_ARRAY (old->u.object.values[s]))
            cut |= check_set (old->u.object.values[s],
                              new->u.object.values[s]);
          else
            MUST (tree_same (old->u.object.values[s],
                             new->u.object.values[s]));
        }
    }
  return cut;
}

/* The words are those that came, with --process replaced and without each
 * --cap that was not given. */
static bool
check_words (char *const words[], char *const after[], const char *option)
{
  bool cut = false;
  size_t at = 0;

  for (size_t i = 0; words[i] != NULL; i++)
    {
      if (strcmp (words[i], "--process") == 0)
        {
          MUST (option != NULL && after[at] != NULL
                && strcmp (after[at++], option) == 0);
          i++;
        }
      else if (strcmp (words[i], "--cap") == 0 && !is_given (words[i + 1]))
        {
          cut = true;
          i++;
        }
      else
        MUST (after[at] != NULL && strcmp (after[at++], words[i]) == 0);
      /* the value of --cap is no option */
      if (strcmp (words[i], "--cap") == 0)
        {
          i++;
          MUST (after[at] != NULL && strcmp (after[at++], words[i]) == 0);
        }
    }
  MUST (after[at] == NULL);
  return cut;
}

static int
memory_file (const char *text, size_t length)
{
  int fd = memfd_create ("fuzz", MFD_CLOEXEC);

  MUST (fd >= 0 && write_all (fd, text, length) == 0);
  return fd;
}

/* ---- one exec ---- */
struct exec
{
  enum runtime_dialect dialect;
  bool known;
  bool bundle; /* no --process */
  char *caps[MAX_CAPS];
  size_t cap_count;
};

static void
check_guarded (const struct exec *exec, const char *text, size_t length,
               char *const words[], const struct guarded_exec *guarded)
{
  static const int seals
      = F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE;
  cleanup_free char *after_text = NULL;
  cleanup_tree yajl_val before = tree_read (text, length), after = NULL;
  size_t after_length = 0;
  bool cut;

  MUST (guarded->argv != NULL && guarded->fd > 2);
  MUST (fcntl (guarded->fd, F_GET_SEALS) == seals);
  MUST (lseek (guarded->fd, 0, SEEK_SET) == 0);
  MUST (read_all (guarded->fd, JSON_MAX_BYTES, &after_text, &after_length)
        == 0);
  after = tree_read (after_text, after_length);
  if (!exec->known)
    {
      /* nothing may have been taken: it would have been refused */
      MUST (!guarded->cut && after_length == length
            && memcmp (text, after_text, length) == 0);
      return;
    }
  cut = check_text (before, after);
  cut |= check_words (words, guarded->argv, guarded->option);
  MUST (cut == guarded->cut);
  MUST (cut
        || (after_length == length
            && memcmp (text, after_text, length) == 0));
}

/* A bundle that gives nothing that was not configured. */
static void
check_bundle (const char *text, size_t length)
{
  cleanup_tree yajl_val config = tree_read (text, length);
  yajl_val sets
      = tree_get (tree_get (config, "process"), "capabilities");

  MUST (YAJL_IS_OBJECT (config));
  for (size_t s = 0; YAJL_IS_OBJECT (sets) && s < sets->u.object.len; s++)
    {
      yajl_val set = sets->u.object.values[s];

      for (size_t i = 0; is_set (sets->u.object.keys[s])
                         && YAJL_IS_ARRAY (set) && i < set->u.array.len;
           i++)
        MUST (tree_string_is (set->u.array.values[i], "CAP_CHOWN")
              || tree_string_is (set->u.array.values[i], "CAP_KILL")
              || tree_string_is (set->u.array.values[i],
                                 "CAP_NET_BIND_SERVICE"));
    }
}

/* The low-level runtime reads the new words as the exec that was asked for. */
static void
check_reading (enum runtime_dialect dialect, const struct runtime_cli *cli,
               char *argv[])
{
  cleanup_runtime_cli struct runtime_cli again = { .command = COMMAND_PASS };
  int argc = 0;

  while (argv[argc] != NULL)
    argc++;
  MUST (runtime_cli_parse (dialect, argc, argv, &again, NULL) == 0);
  MUST (again.command == COMMAND_EXEC && strcmp (again.id, cli->id) == 0
        && strcmp (again.root, cli->root) == 0);
  for (size_t i = 0; i < again.carrier_count; i++)
    MUST (again.carriers[i].is_process
              ? strncmp (again.carriers[i].value, "/proc/self/fd/", 14) == 0
              : is_given (again.carriers[i].value));
}

static void
run (const struct exec *exec, const char *text, size_t length)
{
  cleanup_close int fd = memory_file (text, length);
  cleanup_free char *file = xasprintf ("/proc/self/fd/%d", fd);
  cleanup_free char *root = xasprintf ("%s/root", scratch_directory ());
  cleanup_error struct error err = ERROR_INIT;
  cleanup_runtime_cli struct runtime_cli cli = { .command = COMMAND_PASS };
  cleanup_guarded_exec struct guarded_exec guarded = GUARDED_EXEC_INIT;
  char *words[MAX_WORDS] = { "oci-hostnet-runtime", "--root", root, "exec",
                             "--process", file };
  int count = exec->bundle ? 4 : 6, result;

  if (exec->bundle)
    scratch_write ("bundle/config.json", text, length);
  for (size_t i = 0; i < exec->cap_count; i++)
    {
      words[count++] = "--cap";
      words[count++] = exec->caps[i];
    }
  words[count++] = exec->known ? "c" : "nobody";
  words[count] = NULL;
  if (runtime_cli_parse (exec->dialect, count, words, &cli, &err) < 0)
    return; /* an empty --cap */
  MUST (cli.command == COMMAND_EXEC);
  result = exec_guard (exec->dialect, &cli, count, words, &guarded, &err);
  MUST (result == 0 || result == -1);
  MUST ((result < 0) == (err.id != REFUSAL_NONE && err.message != NULL));
  if (result < 0)
    MUST (guarded.argv == NULL && guarded.fd == -1);
  else if (!exec->bundle)
    check_guarded (exec, text, length, words, &guarded);
  else if (exec->known)
    {
      if (exec->dialect == DIALECT_RUNC)
        check_bundle (text, length);
      if (guarded.argv != NULL)
        MUST (check_words (words, guarded.argv, NULL) == guarded.cut);
    }
  if (exec->known && guarded.argv != NULL)
    check_reading (exec->dialect, &cli, guarded.argv);
}

int
fuzz_process (const uint8_t *data, size_t size)
{
  static bool prepared;
  struct exec exec = { DIALECT_CRUN, true, false, { NULL }, 0 };
  const char *text = size > 0 ? (const char *) data + 1 : "";
  size_t left = size > 0 ? size - 1 : 0;
  size_t length = strnlen (text, left);

  if (!prepared)
    write_container ();
  prepared = true;
  if (size > 0 && (data[0] & 1) != 0)
    exec.dialect = DIALECT_RUNC;
  exec.known = size == 0 || (data[0] & 2) == 0;
  exec.bundle = size > 0 && (data[0] & 4) != 0;
  for (size_t at = length; at < left && exec.cap_count < MAX_CAPS;)
    {
      size_t word = strnlen (text + at + 1, left - at - 1);

      exec.caps[exec.cap_count++] = xstrndup (text + at + 1, word);
      at += 1 + word;
    }
  run (&exec, text, length);
  for (size_t i = 0; i < exec.cap_count; i++)
    free (exec.caps[i]);
  return 0;
}
