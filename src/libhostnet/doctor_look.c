/* SPDX-License-Identifier: Apache-2.0 */
/* Files of the host that is examined, by names below its root. */
#include <config.h>

#include "doctor_facts.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "io.h"
#include "trust.h"

enum { TEXT_BYTES = 64 * 1024 };

/* Links mean what they mean there.  A kernel before 5.6, which has no
 * openat2(2), is asked for the root that runs alone. */
static int
open_there (const struct doctor_facts *facts, const char *path, int flags)
{
  struct open_how how = { .flags = (unsigned long long) (flags | O_CLOEXEC),
                          .resolve = RESOLVE_IN_ROOT };
  int fd = (int) syscall (SYS_openat2, facts->root_fd, path, &how, sizeof how);

  if (fd < 0 && errno == ENOSYS && !facts->elsewhere)
    fd = open (path, flags | O_CLOEXEC);
  return fd;
}

static enum seen
seen_by_errno (void)
{
  return errno == ENOENT || errno == ENOTDIR ? SEEN_NO : SEEN_UNKNOWN;
}

enum seen
doctor_there (const struct doctor_facts *facts, const char *path)
{
  cleanup_close int fd = open_there (facts, path, O_PATH);

  return fd >= 0 ? SEEN_YES : seen_by_errno ();
}

/* The first directory on the way to PATH that others than root can write. */
static char *
foreign_directory (const struct doctor_facts *facts, const char *path)
{
  for (const char *slash = path; slash != NULL; slash = strchr (slash + 1, '/'))
    {
      cleanup_free char *directory
          = slash == path ? xstrndup ("/", 1)
                          : xstrndup (path, (size_t) (slash - path));
      cleanup_close int fd = open_there (facts, directory, O_PATH);
      struct stat status;

      if (fd >= 0 && fstat (fd, &status) == 0 && others_can_write (&status))
        return xstrndup (directory, strlen (directory));
    }
  return NULL;
}

void
doctor_look (const struct doctor_facts *facts, struct doctor_program *program)
{
  cleanup_close int fd = open_there (facts, program->path, O_PATH);
  struct stat status;

  program->there = fd >= 0 ? SEEN_YES : seen_by_errno ();
  if (fd < 0 || fstat (fd, &status) < 0)
    return;
  program->program
      = S_ISREG (status.st_mode) && (status.st_mode & S_IXUSR) != 0;
  program->set_id = (status.st_mode & (S_ISUID | S_ISGID)) != 0;
  program->device = status.st_dev;
  program->inode = status.st_ino;
  program->foreign = foreign_directory (facts, program->path);
  if (program->foreign == NULL && others_can_write (&status))
    program->foreign = xstrndup (program->path, strlen (program->path));
}

char *
doctor_text (const struct doctor_facts *facts, const char *path)
{
  cleanup_close int fd
      = open_there (facts, path, O_RDONLY | O_NONBLOCK | O_NOCTTY);
  struct stat status;
  size_t length;
  char *text = NULL;

  if (fd < 0 || fstat (fd, &status) < 0 || !S_ISREG (status.st_mode)
      || read_all (fd, TEXT_BYTES, &text, &length) != 0)
    {
      free (text);
      return NULL;
    }
  return text;
}

void
doctor_mend_install (struct checks *checks, const struct doctor_facts *facts,
                     const char *package)
{
  if (facts->install != NULL)
    checks_mend (checks, "%s %s", facts->install, package);
  else
    checks_mend (checks, "install the package %s", package);
}

void
doctor_mend_unseen (struct checks *checks, const struct doctor_facts *facts)
{
  if (!facts->privileged)
    checks_mend (checks, "run it as root to see");
}
