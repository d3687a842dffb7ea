/* SPDX-License-Identifier: Apache-2.0 */
/* What the lock isolated has to know before there is a container: the rest is
 * found out by its hook. */
#include <config.h>

#include "facts.h"

#include <linux/magic.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include "trust.h"

/* The runtime runs it as root. */
static const char *
wrong_with_program (void)
{
#ifdef HAVE_BPF
  struct stat status;

  if (stat (ISOLATE_PATH, &status) < 0)
    return "it is not there";
  if (!S_ISREG (status.st_mode) || (status.st_mode & S_IXUSR) == 0)
    return "it is no program";
  if (others_can_write (&status))
    return "others than root can write it";
  return NULL;
#else
  return "oci-hostnet was built without it";
#endif
}

void
facts_collect_isolated (struct facts *facts)
{
  struct isolated_facts *found = &facts->isolated;
  const char *wrong = wrong_with_program ();
  struct statfs root;

  found->program = wrong == NULL;
  if (facts->own_user_namespace || facts->rootless)
    error_refuse (&found->refused, SENTENCE_isolated_rootless);
  else if (wrong != NULL)
    error_refuse (&found->refused, SENTENCE_isolated_program_missing,
                  ISOLATE_PATH, wrong);
  /* cgroups(7): beside version 1 the runtimes leave version 2 alone */
  else if (statfs ("/sys/fs/cgroup", &root) < 0
           || root.f_type != CGROUP2_SUPER_MAGIC)
    error_refuse (&found->refused, SENTENCE_isolated_host);
}
