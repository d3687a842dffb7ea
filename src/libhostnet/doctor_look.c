/* SPDX-License-Identifier: Apache-2.0 */
/* Files of the host that is examined, by names below its root. */
#include <config.h>

#include "doctor_facts.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "io.h"
#include "json.h"
#include "trust.h"

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
  /* ELOOP: lowlevel_choose() passes over such a one too */
  return errno == ENOENT || errno == ENOTDIR || errno == ELOOP ? SEEN_NO
                                                               : SEEN_UNKNOWN;
}

enum seen
doctor_there (const struct doctor_facts *facts, const char *path)
{
  cleanup_close int fd = open_there (facts, path, O_PATH);

  return fd >= 0 ? SEEN_YES : seen_by_errno ();
}

/* AT, "" for the root, when others than root can write it. */
static char *
foreign_itself (const struct doctor_facts *facts, const char *at)
{
  cleanup_close int fd = open_there (facts, at[0] ? at : "/", O_PATH);
  struct stat status;

  return fd >= 0 && fstat (fd, &status) == 0 && others_can_write (&status)
             ? xasprintf ("%s", at[0] ? at : "/")
             : NULL;
}

/* A way that is walked: AT has no links any more, LEFT is still to go. */
struct way
{
  char *at, *left;
  int links;
};

enum { WAY_LINKS = 40 }; /* path_resolution(7) */

static void
follow (struct way *way, int link, const char *rest)
{
  char target[PATH_MAX];
  ssize_t length = readlinkat (link, "", target, sizeof target - 1);
  char *left;

  target[length < 0 ? 0 : length] = '\0';
  left = xasprintf ("%s/%s", target, rest);
  if (target[0] == '/')
    way->at[0] = '\0';
  free (way->left);
  way->left = left;
  way->links++;
}

/* One component; false at the end, and where it does not go on. */
static bool
step (const struct doctor_facts *facts, struct way *way)
{
  const char *name = way->left + strspn (way->left, "/");
  size_t length = strcspn (name, "/");
  cleanup_free char *child
      = xasprintf ("%s/%.*s", way->at, (int) length, name);
  cleanup_free char *rest = xasprintf ("%s", name + length);
  cleanup_close int fd = -1;
  struct stat status;

  if (length == 0 || way->links > WAY_LINKS)
    return false;
  if (length == 2 && memcmp (name, "..", 2) == 0)
    {
      char *slash = strrchr (way->at, '/');

      if (slash != NULL)
        *slash = '\0';
    }
  else if (length > 1 || name[0] != '.')
    {
      fd = open_there (facts, child, O_PATH | O_NOFOLLOW);
      if (fd < 0 || fstat (fd, &status) < 0)
        return false;
      if (S_ISLNK (status.st_mode))
        {
          follow (way, fd, rest);
          return true;
        }
      free (way->at);
      way->at = child;
      child = NULL;
    }
  free (way->left);
  way->left = rest;
  rest = NULL;
  return true;
}

/* The first on the way to PATH, directories, those that links lead through, and
 * itself, that others than root can write; or NULL. */
static char *
foreign_on_way (const struct doctor_facts *facts, const char *path)
{
  struct way way = { xasprintf ("%s", ""), xasprintf ("%s", path), 0 };
  char *foreign;

  do
    foreign = foreign_itself (facts, way.at);
  while (foreign == NULL && step (facts, &way));
  free (way.at);
  free (way.left);
  return foreign;
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
  program->foreign = foreign_on_way (facts, program->path);
}

bool
doctor_is_link (const struct doctor_facts *facts, const char *path)
{
  cleanup_close int fd = open_there (facts, path, O_PATH | O_NOFOLLOW);
  struct stat status;

  return fd >= 0 && fstat (fd, &status) == 0 && S_ISLNK (status.st_mode);
}

char *
doctor_text (const struct doctor_facts *facts, const char *path, size_t most,
             size_t *length)
{
  cleanup_close int fd
      = open_there (facts, path, O_RDONLY | O_NONBLOCK | O_NOCTTY);
  struct stat status;
  char *text = NULL;

  if (fd < 0 || fstat (fd, &status) < 0)
    return NULL;
  errno = EFBIG;
  if (!S_ISREG (status.st_mode) || read_all (fd, most, &text, length) != 0)
    {
      free (text);
      return NULL;
    }
  return text;
}

/* ---- mends ---- */

char *
doctor_shell_word (const struct doctor_facts *facts, const char *path)
{
  cleanup_free char *whole
      = xasprintf ("%s%s", facts->elsewhere ? facts->root : "", path);
  struct json_buffer word = JSON_BUFFER_INIT;
  size_t length = strlen (whole);
  bool plain = true;

  for (size_t at = 0; at < length && plain;)
    at += escape_next (whole + at, length - at, &plain);
  if (!plain)
    return NULL;
  if (length > 0
      && strspn (whole, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                        "0123456789/._-+:@%,")
             == length)
    return xasprintf ("%s", whole);
  json_buffer_text (&word, "'");
  for (size_t at = 0; at < length; at++)
    if (whole[at] == '\'')
      json_buffer_text (&word, "'\\''");
    else
      json_buffer_bytes (&word, whole + at, 1);
  json_buffer_text (&word, "'");
  return word.text;
}

void
doctor_mend_owner (struct checks *checks, const struct doctor_facts *facts,
                   const char *path)
{
  cleanup_free char *word = doctor_shell_word (facts, path);

  if (word != NULL)
    checks_mend (checks, "chown root:root %s && chmod go-w %s", word, word);
  else
    checks_mend (checks, "give it to root, and let nobody else write it");
}

void
doctor_mend_install (struct checks *checks, const struct doctor_facts *facts,
                     const char *package)
{
  const char *where = facts->elsewhere ? "in that system: " : "";

  if (facts->install != NULL)
    checks_mend (checks, "%s%s %s", where, facts->install, package);
  else
    checks_mend (checks, "%sinstall the package %s", where, package);
}

void
doctor_mend_unseen (struct checks *checks, const struct doctor_facts *facts)
{
  if (!facts->privileged)
    checks_mend (checks, "run it as root to see");
}
