/* SPDX-License-Identifier: Apache-2.0 */
/* Where a mount ends up.  Runtimes look a destination up once to mount and again
 * to make the mount read-only: where a symbolic link of the image, or of what was
 * mounted before, lies on the way, the second can find something else (measured,
 * crun 1.8.1 and runc 1.1.5). */
#include <config.h>

#include "facts.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "paths.h"

/* Whether a symbolic link lies on the way to PATH, which is clean, below
 * DIRECTORY.  What is not there the runtime makes; ELSEWHERE: what we may not
 * see is not there. */
static bool
has_link (const char *directory, const char *path, bool elsewhere)
{
  cleanup_close int at = open (directory, O_PATH | O_DIRECTORY | O_CLOEXEC);

  while (at >= 0 && path[0] != '\0')
    {
      size_t length = strcspn (path + 1, "/");
      cleanup_free char *name = xstrndup (path + 1, length);
      int next = length == 0 ? -1
                             : openat (at, name,
                                       O_PATH | O_NOFOLLOW | O_CLOEXEC);
      struct stat status;

      if (length == 0)
        return false;
      cleanup_closep (&at);
      at = next;
      if (at >= 0 && (fstat (at, &status) < 0 || S_ISLNK (status.st_mode)))
        return true;
      path += 1 + length;
    }
  return at < 0 && errno != ENOENT && errno != ENOTDIR
         && !(elsewhere && errno == EACCES);
}

static bool
is_proc (const char *source)
{
  struct statfs found;

  return statfs (source, &found) == 0 && found.f_type == PROC_SUPER_MAGIC;
}

/* Whether DESTINATION, which lies strictly below the earlier mount EARLIER at
 * PLACE, is moved by it: proc has links, and crun binds readonlyPaths in it
 * after all mounts. */
static bool
moved_by (const struct json_doc *config, json_node earlier,
          const struct mount_facts *facts, const char *rest,
          bool elsewhere)
{
  json_node type = facts->type;

  if (type == JSON_NONE
      && json_get (config, earlier, "type", JSON_STRING, &type, NULL) < 0)
    return true;
  if (facts->source != NULL)
    return is_proc (facts->source) || has_link (facts->source, rest, elsewhere);
  if (type != JSON_NONE && json_string_is (config, type, "proc"))
    return true;
  return type != JSON_NONE && json_string_is (config, type, "sysfs")
         && has_link ("/sys", rest, elsewhere);
}

/* DESTINATION without slashes that say nothing; NULL when it is relative or has
 * `..`. */
static char *
clean (const char *destination)
{
  char *path, *to;

  if (destination[0] != '/' || path_has_parent (destination))
    return NULL;
  path = to = xmalloc (strlen (destination) + 2);
  for (const char *at = destination; *at != '\0';)
    {
      size_t slashes = strspn (at, "/"), length = strcspn (at + slashes, "/");

      at += slashes;
      if (length > 0 && !(length == 1 && at[0] == '.'))
        {
          *to++ = '/';
          memcpy (to, at, length);
          to += length;
        }
      at += length;
    }
  if (to == path)
    *to++ = '/';
  *to = '\0';
  return path;
}

static char *
destination_of (const struct json_doc *config, json_node mount)
{
  cleanup_free char *text = NULL;
  json_node node;

  if (json_get (config, mount, "destination", JSON_STRING, &node, NULL) <= 0)
    return NULL;
  text = json_string (config, node);
  return clean (text);
}

bool
facts_mount_is_moved (const struct json_doc *config, json_node mounts,
                      size_t index, const char *root,
                      const struct facts *facts)
{
  cleanup_free char *own = NULL;
  json_node mount = json_first (config, mounts);
  bool moved = false;

  for (size_t i = 0; i < index; i++)
    mount = json_next (config, mount);
  own = destination_of (config, mount);
  if (own == NULL || (root != NULL && has_link (root, own, facts->elsewhere)))
    return true;
  mount = json_first (config, mounts);
  for (size_t i = 0; i < index && !moved;
       i++, mount = json_next (config, mount))
    {
      cleanup_free char *place = destination_of (config, mount);

      moved = place == NULL
              || (strcmp (place, own) != 0 && path_is_below (own, place)
                  && moved_by (config, mount, &facts->mounts[i],
                               own + (strcmp (place, "/") == 0
                                          ? 0
                                          : strlen (place)),
                               facts->elsewhere));
    }
  return moved;
}
