/* SPDX-License-Identifier: Apache-2.0 */
/* The policy as a file: who may have written it, symbolic links, what is
 * absent and what only cannot be read.  TAP; needs root. */
#include <config.h>

#include "policy_place.h"

static void
test_modes (const char *path)
{
  static const struct
  {
    mode_t mode, parent;
    uid_t owner, parent_owner;
    const char *reason; /* NULL: is read */
  } rows[] = {
    { 0644, 0755, 0, 0, NULL },
    { 0600, 0700, 0, 0, NULL },
    { 0664, 0755, 0, 0, "is writable by its group" },
    { 0646, 0755, 0, 0, "is writable by others" },
    { 0644, 0755, 1, 0, "is owned by the user 1" },
    { 0644, 0755, 65534, 0, "is owned by the user 65534" },
    { 0644, 0775, 0, 0, "is writable by its group" },
    { 0644, 01777, 0, 0, "is writable by others" },
    { 0644, 0755, 0, 1, "is owned by the user 1" },
  };

  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
    {
      cleanup_free char *what = xasprintf (
          "mode %o of %u in a directory of mode %o of %u",
          (unsigned) rows[i].mode, (unsigned) rows[i].owner,
          (unsigned) rows[i].parent, (unsigned) rows[i].parent_owner);
      bool of_parent = rows[i].parent_owner != 0 || (rows[i].parent & 022) != 0;
      cleanup_free char *end
          = rows[i].reason == NULL
                ? NULL
                : xasprintf ("the policy %s cannot be trusted, `%s` %s: make "
                             "it and its parent directories owned by root and "
                             "writable by root only",
                             path, of_parent ? directory : path,
                             rows[i].reason);

      if (chown (path, rows[i].owner, 0) < 0 || chmod (path, rows[i].mode) < 0
          || chown (directory, rows[i].parent_owner, 0) < 0
          || chmod (directory, rows[i].parent) < 0)
        tap_ok (false, "chown and chmod");
      loads (path, end ? REFUSAL_policy_unsafe : REFUSAL_NONE, KEEP_MKNOD, end,
             what);
    }
  if (chown (path, 0, 0) < 0 || chmod (path, 0644) < 0
      || chown (directory, 0, 0) < 0 || chmod (directory, 0755) < 0)
    tap_ok (false, "chown and chmod back");
}

static void
test_absent (const char *path)
{
  cleanup_free char *below = xasprintf ("%s/below", path);
  cleanup_free char *missing = in_directory ("missing");
  cleanup_free char *parent = in_directory ("missing/policy.json");
  cleanup_free char *odd = xasprintf ("/%s/..//%s/./policy.json", directory,
                                      strrchr (directory, '/') + 1);

  loads (missing, REFUSAL_NONE, 0, NULL, "a missing file is the built-in one");
  loads (parent, REFUSAL_NONE, 0, NULL, "and so is a missing directory");
  loads (odd, REFUSAL_NONE, KEEP_MKNOD, NULL, "dots and slashes in the path");
  loads (below, REFUSAL_policy_unreadable, 0, NULL, "below a file: refused");
  loads (directory, REFUSAL_policy_not_regular, 0, NULL, "a directory");
  loads ("/", REFUSAL_policy_unreadable, 0, NULL, "the root directory");
  loads ("policy.json", REFUSAL_policy_unreadable, 0, NULL, "a relative path");
  loads ("", REFUSAL_policy_unreadable, 0, NULL, "an empty path");
}

static void
test_links (const char *path, const char *elsewhere)
{
  cleanup_free char *link = in_directory ("link");
  cleanup_free char *sub = in_directory ("sub");
  cleanup_free char *through = in_directory ("sub/policy.json");
  cleanup_free char *gone = in_directory ("sub/missing");

  tap_ok (symlink ("policy.json", link) == 0, "symbolic link");
  loads (link, REFUSAL_NONE, KEEP_MKNOD, NULL, "to a good file");
  tap_ok (lchown (link, 1, 0) == 0, "the link belongs to somebody else");
  loads (link, REFUSAL_policy_unsafe, 0, NULL, "refused");
  tap_ok (unlink (link) == 0 && symlink (path, link) == 0, "absolute link");
  loads (link, REFUSAL_NONE, KEEP_MKNOD, NULL, "to a good file");
  tap_ok (unlink (link) == 0 && symlink (elsewhere, link) == 0, "link below /tmp");
  loads (link, REFUSAL_policy_unsafe, 0, NULL, "refused");
  tap_ok (unlink (link) == 0 && symlink ("missing", link) == 0, "link to nothing");
  loads (link, REFUSAL_policy_unreadable, 0, ": it does not exist", "refused");
  tap_ok (unlink (link) == 0 && symlink ("link", link) == 0, "link to itself");
  loads (link, REFUSAL_policy_unreadable, 0, NULL, "refused");
  tap_ok (symlink (".", sub) == 0, "link as a directory");
  loads (through, REFUSAL_NONE, KEEP_MKNOD, NULL, "a file through it");
  loads (gone, REFUSAL_NONE, 0, NULL, "a missing file through it");
  tap_ok (unlink (sub) == 0 && symlink ("gone", sub) == 0, "link to no directory");
  loads (through, REFUSAL_policy_unreadable, 0, NULL, "refused");
  tap_ok (unlink (link) == 0 && unlink (sub) == 0, "links away");
}

static void
test_kinds (void)
{
  cleanup_free char *other = in_directory ("other");
  cleanup_free char *big = xmalloc (POLICY_MAX_BYTES + 1);

  tap_ok (mkfifo (other, 0600) == 0, "FIFO");
  loads (other, REFUSAL_policy_not_regular, 0, NULL, "refused, not waited for");
  unlink (other);
  write_file (other, "", 0, 0644);
  loads (other, REFUSAL_policy_syntax, 0, NULL, "an empty file");
  memset (big, ' ', POLICY_MAX_BYTES + 1);
  memcpy (big, keeps_mknod, sizeof keeps_mknod - 1);
  write_file (other, big, POLICY_MAX_BYTES, 0644);
  loads (other, REFUSAL_NONE, KEEP_MKNOD, NULL, "the largest file");
  write_file (other, big, POLICY_MAX_BYTES + 1, 0644);
  loads (other, REFUSAL_policy_too_large, 0, NULL, "one byte more");
  unlink (other);
}

static void
test_ownership (void)
{
  static const char no_root[] = "needs root";
  char elsewhere[] = "/tmp/oci-hostnet-test-XXXXXX";
  cleanup_free char *path = NULL;
  int fd;

  if (geteuid () != 0 || mkdtemp (directory) == NULL)
    {
      skip ("ownership", no_root);
      return;
    }
  fd = mkstemp (elsewhere);
  tap_ok (fd >= 0, "a file below /tmp");
  cleanup_closep (&fd);
  write_file (elsewhere, keeps_mknod, sizeof keeps_mknod - 1, 0644);
  path = in_directory ("policy.json");
  write_file (path, keeps_mknod, sizeof keeps_mknod - 1, 0644);
  loads (elsewhere, REFUSAL_policy_unsafe, 0,
       " cannot be trusted, `/tmp` is writable by others: make it and its "
       "parent directories owned by root and writable by root only",
       "refused");
  test_modes (path);
  test_absent (path);
  test_links (path, elsewhere);
  test_kinds ();
  test_as (false, path, 0644, REFUSAL_NONE, "another user reads it");
  test_as (false, path, 0600, REFUSAL_policy_unreadable,
           "a file that may not be read is not taken for a missing one");
  test_as (true, path, 0644, REFUSAL_NONE,
           "root's file seen from a user namespace");
  test_as (true, path, 0664, REFUSAL_policy_unsafe,
           "the same when its group may write it");
  unlink (path);
  unlink (elsewhere);
  rmdir (directory);
}

int
main (void)
{
  test_ownership ();
  return tap_end ();
}
