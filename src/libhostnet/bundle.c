/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "bundle.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "json.h"
#include "userns.h"

static int
check_trust (const struct stat *status, const char *path, struct error *err)
{
  /* For root over the machine, not over a rootless engine's namespace. */
  if (geteuid () != 0 || !userns_is_initial ())
    return 0;
  if (status->st_uid != 0)
    {
      cleanup_free char *who
          = xasprintf ("%s belongs to uid %u", escape (path).text,
                       (unsigned) status->st_uid);

      return error_refuse (err, SENTENCE_bundle_unsafe, escape (path).text,
                           who);
    }
  if ((status->st_mode & (S_IWGRP | S_IWOTH)) != 0)
    return error_refuse (err, SENTENCE_bundle_unsafe, escape (path).text,
                         "others than root can write it");
  return 0;
}

int
read_all (int fd, size_t limit, char **text, size_t *length)
{
  size_t capacity = 64 * 1024, filled = 0;
  char *buffer = xmalloc (capacity + 1);

  for (;;)
    {
      ssize_t got = read (fd, buffer + filled, capacity - filled);

      if (got < 0 && errno == EINTR)
        continue;
      if (got < 0)
        {
          free (buffer);
          return -1;
        }
      if (got == 0)
        break;
      filled += (size_t) got;
      if (filled > limit)
        {
          free (buffer);
          return 1;
        }
      if (filled == capacity)
        {
          capacity *= 2;
          buffer = xrealloc (buffer, capacity + 1);
        }
    }
  buffer[filled] = '\0';
  *text = buffer;
  *length = filled;
  return 0;
}

static int
read_file (struct bundle *bundle, struct error *err)
{
  cleanup_free char *path
      = xasprintf ("%s/%s", bundle->directory_path, bundle->name);
  int failed;

  /* O_NONBLOCK: a FIFO must not hold us. */
  bundle->file = openat (bundle->directory, bundle->name,
                         O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK
                             | O_NOCTTY);
  if (bundle->file < 0 && errno == ELOOP)
    return error_refuse (err, SENTENCE_config_not_regular, escape (path).text);
  if (bundle->file < 0 || fstat (bundle->file, &bundle->status) < 0)
    return error_system (err, errno, SENTENCE_config_unreadable,
                         escape (path).text);
  if (!S_ISREG (bundle->status.st_mode))
    return error_refuse (err, SENTENCE_config_not_regular, escape (path).text);
  if (check_trust (&bundle->status, path, err) < 0)
    return -1;
  failed = read_all (bundle->file, JSON_MAX_BYTES, &bundle->text,
                     &bundle->length);
  if (failed > 0)
    return error_refuse (err, SENTENCE_config_big, escape (path).text,
                         JSON_MAX_BYTES);
  if (failed < 0)
    return error_system (err, errno, SENTENCE_config_unreadable,
                         escape (path).text);
  return 0;
}

static int
open_directory (struct bundle *bundle, struct error *err)
{
  const char *path = bundle->directory_path;
  struct stat status;

  bundle->directory = open (path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (bundle->directory < 0 || fstat (bundle->directory, &status) < 0)
    return error_system (err, errno, SENTENCE_bundle_unreadable,
                         escape (path).text);
  return check_trust (&status, path, err);
}

int
bundle_read (const char *path, struct bundle *bundle, struct error *err)
{
  bundle->directory_path = xstrndup (path, strlen (path));
  bundle->name = xstrndup ("config.json", 11);
  return open_directory (bundle, err) < 0 ? -1 : read_file (bundle, err);
}

int
bundle_read_file (const char *path, struct bundle *bundle, struct error *err)
{
  const char *slash = strrchr (path, '/');

  if (slash == NULL)
    bundle->directory_path = xstrndup (".", 1);
  else if (slash == path)
    bundle->directory_path = xstrndup ("/", 1);
  else
    bundle->directory_path = xstrndup (path, (size_t) (slash - path));
  slash = slash ? slash + 1 : path;
  bundle->name = xstrndup (slash, strlen (slash));
  return open_directory (bundle, err) < 0 ? -1 : read_file (bundle, err);
}

/* The label of a file that SELinux guards; other systems have none. */
static int
copy_label (int from, int to)
{
  char label[256];
  ssize_t length = fgetxattr (from, "security.selinux", label, sizeof label);

  if (length < 0)
    return errno == ENODATA || errno == ENOTSUP ? 0 : -1;
  return fsetxattr (to, "security.selinux", label, (size_t) length, 0);
}

static int
write_all (int fd, const char *text, size_t length)
{
  while (length > 0)
    {
      ssize_t written = write (fd, text, length);

      if (written < 0 && errno == EINTR)
        continue;
      if (written < 0)
        return -1;
      text += written;
      length -= (size_t) written;
    }
  return 0;
}

static int
fill (const struct bundle *bundle, int fd, const char *text, size_t length)
{
  const struct stat *status = &bundle->status;

  /* fchown first: it clears the setuid bits that fchmod may restore. */
  return write_all (fd, text, length) < 0
                 || ((status->st_uid != geteuid ()
                      || status->st_gid != getegid ())
                     && fchown (fd, status->st_uid, status->st_gid) < 0)
                 || fchmod (fd, status->st_mode & 07777) < 0
                 || copy_label (bundle->file, fd) < 0 || fsync (fd) < 0
             ? -1
             : 0;
}

int
bundle_store (const struct bundle *bundle, const char *text, size_t length,
              struct error *err)
{
  cleanup_free char *path
      = xasprintf ("%s/%s", bundle->directory_path, bundle->name);
  cleanup_free char *temporary
      = xasprintf (".%s.oci-hostnet-%d", bundle->name, (int) getpid ());
  cleanup_close int fd = -1;
  int failure;

  /* A file of that name is what a killed process with our pid left. */
  unlinkat (bundle->directory, temporary, 0);
  fd = openat (bundle->directory, temporary,
               O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
  if (fd < 0)
    return error_system (err, errno, SENTENCE_config_unwritable,
                         escape (path).text);
  if (fill (bundle, fd, text, length) == 0
      && renameat (bundle->directory, temporary, bundle->directory,
                   bundle->name)
             == 0)
    return 0;
  failure = errno;
  unlinkat (bundle->directory, temporary, 0);
  return error_system (err, failure, SENTENCE_config_unwritable,
                       escape (path).text);
}

void
bundle_clear (struct bundle *bundle)
{
  cleanup_closep (&bundle->directory);
  cleanup_closep (&bundle->file);
  free (bundle->directory_path);
  free (bundle->name);
  free (bundle->text);
  *bundle = (struct bundle) BUNDLE_INIT;
}
