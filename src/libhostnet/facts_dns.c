/* SPDX-License-Identifier: Apache-2.0 */
/* The host's own resolv.conf and hosts: whether everybody may read them, and
 * where they really are.  /etc/resolv.conf often is a link into
 * /run/systemd/resolve; crun does not map the ids of a source that is one. */
#include <config.h>

#include "facts.h"

#include <errno.h>
#include <linux/magic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include "paths.h"

static const char *const places[DNS_FILES]
    = { [DNS_RESOLV_CONF] = "/etc/resolv.conf", [DNS_HOSTS] = "/etc/hosts" };

/* PATH is resolved: each directory above it stands in it.  A container is to
 * read nothing that is closed to any user of the host. */
static bool
everybody_reads (const char *path, const struct stat *file)
{
  cleanup_free char *above = xstrndup (path, strlen (path));
  char *slash;
  struct stat st;

  if ((file->st_mode & S_IROTH) == 0)
    return false;
  while ((slash = strrchr (above, '/')) != NULL)
    {
      *slash = '\0';
      if (stat (above[0] == '\0' ? "/" : above, &st) < 0
          || (st.st_mode & S_IXOTH) == 0)
        return false;
    }
  return true;
}

/* Why PATH is nothing for a container, or NULL. */
static const char *
check (const char *path, unsigned long *flags)
{
  struct stat st;
  struct statfs fs;

  if (stat (path, &st) < 0 || statfs (path, &fs) < 0
      || facts_mount_flags (path, flags) < 0)
    return "it cannot be looked at";
  if (!S_ISREG (st.st_mode))
    return "it is no regular file";
  if (!everybody_reads (path, &st))
    return "not every user may read it";
  /* a link to /proc/net/pnp, say, which goes with the process that looks */
  if (fs.f_type == PROC_SUPER_MAGIC)
    return "it is a file of a process";
  if (!path_is_utf8 (path))
    return "its real path is not in UTF-8";
  return NULL;
}

const struct host_file *
facts_host_file (enum dns_file which, struct facts *facts)
{
  struct host_file *file = &facts->host_files[which];
  cleanup_free char *real = NULL;
  struct json_buffer source = JSON_BUFFER_INIT;

  if (file->looked_at)
    return file;
  file->looked_at = true;
  real = realpath (places[which], NULL);
  if (real == NULL)
    file->missing = errno == ENOENT ? "there is none, or its link leads nowhere"
                                    : "it cannot be looked at";
  else
    file->missing = check (real, &file->flags);
  if (file->missing != NULL)
    return file;
  json_buffer_string (&source, real);
  file->source = source.text;
  file->path = real;
  real = NULL;
  return file;
}

void
host_files_clear (struct facts *facts)
{
  for (size_t i = 0; i < DNS_FILES; i++)
    {
      free (facts->host_files[i].path);
      free (facts->host_files[i].source);
    }
}
