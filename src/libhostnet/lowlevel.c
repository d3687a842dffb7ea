/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "lowlevel.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "trust.h"

/* Where distributions put them, in the order of preference (DESIGN.md). */
static const struct lowlevel candidates[] = {
  { "/usr/bin/crun", DIALECT_CRUN },
  { "/usr/sbin/runc", DIALECT_RUNC },
  { "/usr/bin/runc", DIALECT_RUNC },
};

/* Programs whose name chooses. */
static const struct
{
  const char *name;
  enum runtime_dialect dialect;
} names[] = {
  { "oci-hostnet-crun", DIALECT_CRUN },
  { "oci-hostnet-runc", DIALECT_RUNC },
};

const struct lowlevel *
lowlevel_candidate (size_t index)
{
  return index < sizeof candidates / sizeof *candidates ? &candidates[index]
                                                        : NULL;
}

/* The dialects that PROGRAM_NAME admits, as a mask. */
static int
dialects_of (const char *program_name)
{
  const char *slash = strrchr (program_name, '/');

  program_name = slash ? slash + 1 : program_name;
  for (size_t i = 0; i < sizeof names / sizeof *names; i++)
    if (strcmp (names[i].name, program_name) == 0)
      return (int) names[i].dialect;
  return DIALECT_CRUN | DIALECT_RUNC;
}

bool
lowlevel_named (const char *program_name)
{
  return dialects_of (program_name) != (DIALECT_CRUN | DIALECT_RUNC);
}

struct lowlevel
lowlevel_of_policy (const char *path)
{
  size_t length = strlen (path);

  return (struct lowlevel){ path, strcmp (path + length - 4, "crun") == 0
                                      ? DIALECT_CRUN
                                      : DIALECT_RUNC };
}

int
lowlevel_choose (const char *program_name, const struct policy *policy,
                 struct lowlevel *lowlevel, struct error *err)
{
  int dialects = dialects_of (program_name);
  const char *path = policy ? policy_runtime (policy) : NULL;

  if (path != NULL && !lowlevel_named (program_name))
    {
      *lowlevel = lowlevel_of_policy (path);
      return 0;
    }
  for (size_t i = 0; i < sizeof candidates / sizeof *candidates; i++)
    if (((int) candidates[i].dialect & dialects) != 0
        && access (candidates[i].path, F_OK) == 0)
      {
        *lowlevel = candidates[i];
        return 0;
      }
  return error_refuse (err, SENTENCE_runtime_missing,
                       dialects == DIALECT_CRUN   ? "/usr/bin/crun"
                       : dialects == DIALECT_RUNC ? "/usr/sbin/runc, "
                                                    "/usr/bin/runc"
                                                  : "/usr/bin/crun, "
                                                    "/usr/sbin/runc, "
                                                    "/usr/bin/runc");
}

static int
check_program (const char *path, int fd, const char *argv0, struct error *err)
{
  struct stat own, other;
  char magic[2] = "";

  if (fstat (fd, &other) < 0)
    return error_system (err, errno, SENTENCE_runtime_exec,
                         escape (path).text);
  /* A copy of this program in the runtime's place was started by us under the
   * runtime's own path. */
  if ((stat ("/proc/self/exe", &own) == 0 && own.st_dev == other.st_dev
       && own.st_ino == other.st_ino)
      || strcmp (argv0, path) == 0)
    return error_refuse (err, SENTENCE_runtime_circle, escape (path).text);
  if (geteuid () == 0 && others_can_write (&other))
    return error_refuse (err, SENTENCE_runtime_unsafe, escape (path).text,
                         "others than root can write it");
  if (read (fd, magic, 2) == 2 && magic[0] == '#' && magic[1] == '!')
    return error_refuse (err, SENTENCE_runtime_unsafe, escape (path).text,
                         "it is a script, which could call oci-hostnet again");
  return 0;
}

int
lowlevel_check (const struct lowlevel *lowlevel, const char *argv0,
                struct error *err)
{
  cleanup_close int fd = open (lowlevel->path, O_RDONLY | O_CLOEXEC);

  /* A program that may be executed but not read is left to the kernel. */
  return fd < 0 ? 0 : check_program (lowlevel->path, fd, argv0, err);
}

int
lowlevel_exec (const struct lowlevel *lowlevel, char *argv[],
               struct error *err)
{
  extern char **environ;
  const char *argv0 = argv[0];

  if (lowlevel_check (lowlevel, argv0, err) < 0)
    return -1;
  argv[0] = (char *) lowlevel->path;
  execve (lowlevel->path, argv, environ);
  argv[0] = (char *) argv0;
  return error_system (err, errno, SENTENCE_runtime_exec,
                       escape (lowlevel->path).text);
}
