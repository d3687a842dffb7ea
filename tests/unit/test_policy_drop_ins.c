/* SPDX-License-Identifier: Apache-2.0 */
/* The policy's drop-ins, and what policy_load() keeps for policy_complete().
 * TAP; needs root. */
#include <config.h>

#include "policy_place.h"

/* The drop-ins of policy.json lie in policy.d beside it; each here allows what
 * it is called. */
static const char allows[]
    = "{\"version\":1,\"rules\":[\n{\"when\":{\"always\":true},"
      "\"request\":\"allow\"}]}",
    refuses[] = "{\"version\":1,\n\n\"rules\":[{\"when\":{\"always\":true},"
                "\"request\":\"refuse\"}]}",
    for_a[] = "{\"version\":1,\"rules\":[{\"when\":{\"args\":[\"a\"]}},"
              "{\"when\":{\"always\":true},\"inherit\":\"lock\"}]}";

static void
drop (const char *name, const char *text)
{
  cleanup_free char *path = xasprintf ("%s/policy.d/%s", directory, name);

  if (text == NULL)
    unlink (path);
  else
    write_file (path, text, strlen (text), 0644);
}

/* REQUEST and the rule that says so, NAME, in DIRECTORY. */
static void
decides (enum policy_request request, const char *name, const char *what)
{
  char arg[] = "b", *args[] = { arg };
  const struct policy_subject subject
      = { .args = args, .arg_count = 1, .args_known = true };
  cleanup_policy struct policy *policy = NULL;
  cleanup_error struct error err = ERROR_INIT;
  cleanup_free char *path = in_directory ("policy.json");
  cleanup_free char *got = NULL;
  cleanup_free char *want
      = name[0] == '/' ? xasprintf ("%s%s", directory, name)
                       : xstrndup (name, strlen (name));
  struct policy_settings settings;

  if (policy_load (path, &policy, &err) < 0
      || policy_complete (policy, &err) < 0)
    {
      printf ("# %s\n", err.message);
      tap_ok (false, what);
      return;
    }
  settings = policy_settings_for (policy, &subject);
  got = policy_rule_name (&settings);
  tap_ok (settings.request == request && strcmp (got, want) == 0, what);
  if (strcmp (got, want) != 0)
    printf ("# %s instead of %s\n", got, want);
}

/* policy_load() takes it, and policy_complete() says ID and a sentence with
 * PLACE. */
static void
incomplete (enum refusal id, const char *place, const char *what)
{
  cleanup_policy struct policy *policy = NULL;
  cleanup_error struct error err = ERROR_INIT;
  cleanup_free char *path = in_directory ("policy.json");
  bool loaded = policy_load (path, &policy, &err) == 0;
  bool good = loaded && policy_complete (policy, &err) < 0 && err.id == id
              && strstr (err.message, place) != NULL;

  tap_ok (good, what);
  if (!good)
    printf ("# %s%s: %s\n", loaded ? "" : "not even loaded: ",
            refusal_name (err.id), err.message);
  /* and says it again */
  if (loaded && good && policy_complete (policy, &err) == 0)
    tap_ok (false, "and again");
}

static void
test_order (const char *path)
{
  write_file (path, refuses, sizeof refuses - 1, 0644);
  decides (REQUEST_REFUSE, "/policy.json: rule 1, line 3", "no drop-ins");
  drop ("20-b.json", allows);
  decides (REQUEST_ALLOW, "/policy.d/20-b.json: rule 1, line 2",
           "a drop-in comes before policy.json");
  drop ("10-a.json", refuses);
  decides (REQUEST_REFUSE, "/policy.d/10-a.json: rule 1, line 3",
           "in order of name");
  drop ("10-B.json", for_a);
  decides (REQUEST_DEFAULT, "/policy.d/10-B.json: rule 2, line 1",
           "by bytes: capitals first; the number is that in its file");
  drop ("10-B.json", NULL);
  drop ("10-a.json", "{\"version\":1}");
  decides (REQUEST_ALLOW, "/policy.d/20-b.json: rule 1, line 2",
           "a drop-in without rules");
  drop ("00-x.json~", refuses);
  drop (".00-x.json", "broken");
  drop ("00-x.conf", "broken");
  drop (".json", "broken");
  drop ("json", "broken");
  drop ("00-x.JSON", "broken");
  drop ("00-x.json.dpkg-old", "broken");
  decides (REQUEST_ALLOW, "/policy.d/20-b.json: rule 1, line 2",
           "hidden ones and those of another name are not read");
  drop ("00-x.json~", NULL);
  drop (".00-x.json", NULL);
  drop ("00-x.conf", NULL);
  drop (".json", NULL);
  drop ("json", NULL);
  drop ("00-x.JSON", NULL);
  drop ("00-x.json.dpkg-old", NULL);
  unlink (path);
  decides (REQUEST_ALLOW, "/policy.d/20-b.json: rule 1, line 2",
           "without a policy.json");
  write_file (path, keeps_mknod, sizeof keeps_mknod - 1, 0644);
  loads (path, REFUSAL_NONE, KEEP_MKNOD, NULL,
         "the default of policy.json is that of drop-ins too");
  drop ("10-a.json", NULL);
  drop ("20-b.json", NULL);
}

static void
test_broken (const char *path)
{
  static const struct
  {
    const char *what, *text;
    enum refusal id;
    const char *place;
  } rows[] = {
    { "with `runtime`", "{\"version\":1,\"runtime\":\"/usr/bin/crun\"}",
      REFUSAL_policy_unknown_member,
      "/policy.d/50-x.json has in line 1, column 24 the unknown member "
      "`runtime`: known here are version, rules" },
    { "with `default`", "{\"version\":1,\n\"default\":{}}",
      REFUSAL_policy_unknown_member,
      "/policy.d/50-x.json has in line 2, column 11 the unknown member "
      "`default`: known here are version, rules" },
    { "with `admission`", "{\"version\":1,\"admission\":true}",
      REFUSAL_policy_unknown_member, "/policy.d/50-x.json has in line 1" },
    { "without `version`", "{\"rules\":[]}", REFUSAL_policy_missing,
      "/policy.d/50-x.json lacks in the object of line 1, column 1 the member `version`" },
    { "of version 2", "{\"version\":2}", REFUSAL_policy_value,
      "/policy.d/50-x.json has in line 1, column 12" },
    { "broken", "{\"version\":1,", REFUSAL_policy_syntax,
      "/policy.d/50-x.json: " },
    { "empty", "", REFUSAL_policy_syntax, "/policy.d/50-x.json: " },
    { "with a wrong rule",
      "{\"version\":1,\"rules\":[\n{\"when\":{\"always\":true},"
      "\"request\":\"alow\"}]}",
      REFUSAL_policy_value,
      "/policy.d/50-x.json has in line 2, column 35 a wrong value for "
      "`request`: give `allow` or `refuse` (did you mean `allow`?)" },
    { "with a wrong rule before another unknown member",
      "{\"version\":1,\"rules\":[{}],\"x\":1}",
      REFUSAL_policy_unknown_member, "/policy.d/50-x.json " },
    { "whose rules are no array", "{\"version\":1,\"rules\":{}}",
      REFUSAL_policy_value, "/policy.d/50-x.json has in line 1, column 22" },
  };

  write_file (path, allows, sizeof allows - 1, 0644);
  drop ("10-good.json", allows);
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
    {
      cleanup_free char *what
          = xasprintf ("a drop-in %s is refused", rows[i].what);

      drop ("50-x.json", rows[i].text);
      incomplete (rows[i].id, rows[i].place, what);
    }
  drop ("50-x.json", NULL);
  drop ("10-good.json", NULL);
}

/* policy.json itself: what ordinary containers need, and what only those do
 * that need a decision. */
static void
test_kept (const char *path)
{
  static const struct
  {
    const char *what, *text;
    enum refusal id;
    bool loads;
  } rows[] = {
    { "broken `rules`",
      "{\"version\":1,\"runtime\":\"/usr/bin/runc\",\"rules\":[{}]}",
      REFUSAL_policy_missing, true },
    { "`rules` that are no array",
      "{\"version\":1,\"runtime\":\"/usr/bin/runc\",\"rules\":1}",
      REFUSAL_policy_value, true },
    { "a broken `default`",
      "{\"default\":{\"x\":1},\"version\":1,\"runtime\":\"/usr/bin/runc\"}",
      REFUSAL_policy_unknown_member, true },
    { "a broken `runtime`", "{\"version\":1,\"runtime\":\"runc\"}",
      REFUSAL_policy_value, false },
    { "a broken `runtime` behind broken `rules`",
      "{\"version\":1,\"rules\":[{}],\"runtime\":\"runc\"}",
      REFUSAL_policy_value, false },
    { "a broken `admission`", "{\"version\":1,\"admission\":0}",
      REFUSAL_policy_value, false },
    { "no version", "{\"rules\":[{}]}", REFUSAL_policy_missing, false },
    { "an unknown member", "{\"version\":1,\"rule\":[]}",
      REFUSAL_policy_unknown_member, false },
    { "broken JSON", "{\"version\":1", REFUSAL_policy_syntax, false },
  };

  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
    {
      cleanup_policy struct policy *policy = NULL;
      cleanup_error struct error err = ERROR_INIT;
      cleanup_free char *what = xasprintf (
          "%s %s", rows[i].what,
          rows[i].loads ? "is kept for who needs a decision" : "is refused");
      bool good;

      write_file (path, rows[i].text, strlen (rows[i].text), 0644);
      good = (policy_load (path, &policy, &err) == 0) == rows[i].loads;
      if (good && rows[i].loads)
        good = err.id == REFUSAL_NONE
               && strcmp (policy_runtime (policy), "/usr/bin/runc") == 0
               && policy_complete (policy, &err) < 0;
      tap_ok (good && err.id == rows[i].id && err.message != NULL
              && strstr (err.message, path) != NULL,
          what);
    }
}

static void
test_places (const char *path, const char *elsewhere)
{
  cleanup_free char *drop_ins = in_directory ("policy.d");
  cleanup_free char *link = in_directory ("policy.d/50-x.json");
  cleanup_free char *target = in_directory ("target");

  write_file (path, refuses, sizeof refuses - 1, 0644);
  write_file (target, allows, sizeof allows - 1, 0644);
  drop ("50-x.json", allows);
  tap_ok (chmod (link, 0664) == 0, "a drop-in that its group may write");
  incomplete (REFUSAL_policy_unsafe, "50-x.json` is writable by its group",
              "refused");
  tap_ok (chmod (link, 0644) == 0 && chown (link, 1, 0) == 0,
      "a drop-in of another user");
  incomplete (REFUSAL_policy_unsafe, "is owned by the user 1", "refused");
  unlink (link);
  tap_ok (symlink ("../target", link) == 0, "a link to a safe file");
  decides (REQUEST_ALLOW, "/policy.d/50-x.json: rule 1, line 2", "is read");
  tap_ok (unlink (link) == 0 && symlink (elsewhere, link) == 0,
      "a link to a file below /tmp");
  incomplete (REFUSAL_policy_unsafe, "`/tmp` is writable by others",
              "refused");
  tap_ok (unlink (link) == 0 && symlink ("gone", link) == 0, "a link to nothing");
  incomplete (REFUSAL_policy_unreadable, "50-x.json: it does not exist",
              "refused");
  tap_ok (unlink (link) == 0 && mkdir (link, 0755) == 0,
      "a directory as a drop-in");
  incomplete (REFUSAL_policy_not_regular, "/policy.d/50-x.json", "refused");
  tap_ok (rmdir (link) == 0 && mkfifo (link, 0600) == 0, "a FIFO as a drop-in");
  incomplete (REFUSAL_policy_not_regular, "/policy.d/50-x.json", "refused");
  unlink (link);
  tap_ok (chmod (drop_ins, 0757) == 0, "a directory that others may write");
  incomplete (REFUSAL_policy_unsafe, "policy.d` is writable by others",
              "refused, empty as it is");
  tap_ok (chmod (drop_ins, 0755) == 0 && chown (drop_ins, 1, 0) == 0,
      "a directory of another user");
  incomplete (REFUSAL_policy_unsafe, "policy.d` is owned by the user 1",
              "refused");
  tap_ok (rmdir (drop_ins) == 0 && symlink ("gone", drop_ins) == 0,
      "a directory that is a link to nothing");
  incomplete (REFUSAL_policy_unreadable, "/policy.d", "refused");
  unlink (drop_ins);
  write_file (drop_ins, "", 0, 0644);
  incomplete (REFUSAL_policy_not_directory, "/policy.d", "a file in its place");
  unlink (drop_ins);
  unlink (target);
  decides (REQUEST_REFUSE, "/policy.json: rule 1, line 3", "none of it there");
}

/* A draft is judged by itself. */
static void
test_draft (const char *path, const char *elsewhere)
{
  cleanup_policy struct policy *policy = NULL, *missing = NULL;
  cleanup_error struct error err = ERROR_INIT;
  cleanup_free char *gone = in_directory ("gone");

  drop ("50-x.json", "broken");
  write_file (path, allows, sizeof allows - 1, 0666);
  tap_ok (policy_draft (path, &policy, &err) == 0
          && policy_complete (policy, &err) == 0,
      "a draft may be anybody's, and has no drop-ins");
  tap_ok (policy_draft (gone, &missing, &err) < 0
          && err.id == REFUSAL_policy_unreadable,
      "a draft must exist");
  policy_free (policy);
  policy = NULL;
  tap_ok (policy_draft (elsewhere, &policy, NULL) == 0, "a draft below /tmp");
  drop ("50-x.json", NULL);
}

static void
test_drop_ins (const char *path, const char *elsewhere)
{
  cleanup_free char *drop_ins = in_directory ("policy.d");
  cleanup_free char *link = in_directory ("policy.d/50-x.json");

  if (mkdir (drop_ins, 0755) < 0)
    tap_ok (false, "mkdir policy.d");
  test_order (path);
  test_broken (path);
  test_kept (path);
  test_draft (path, elsewhere);
  /* what root may not read either is of a user namespace's making */
  write_file (path, keeps_mknod, sizeof keeps_mknod - 1, 0644);
  drop ("50-x.json", allows);
  chmod (link, 0600);
  test_as (false, path, 0644, REFUSAL_policy_unreadable,
           "a drop-in that may not be read is not taken for a missing one");
  chmod (drop_ins, 0700);
  test_as (false, path, 0644, REFUSAL_policy_unreadable,
           "nor is a directory of them");
  chmod (drop_ins, 0755);
  chmod (link, 0644);
  test_as (true, path, 0644, REFUSAL_NONE,
           "root's drop-ins seen from a user namespace");
  unlink (link);
  test_places (path, elsewhere);
}

int
main (void)
{
  char elsewhere[] = "/tmp/oci-hostnet-test-XXXXXX";
  cleanup_free char *path = NULL;
  cleanup_close int fd = -1;

  if (geteuid () != 0 || mkdtemp (directory) == NULL
      || chmod (directory, 0755) < 0)
    {
      skip ("drop-ins", "needs root");
      return tap_end ();
    }
  fd = mkstemp (elsewhere);
  tap_ok (fd >= 0, "a file below /tmp");
  write_file (elsewhere, allows, sizeof allows - 1, 0644);
  path = in_directory ("policy.json");
  test_drop_ins (path, elsewhere);
  unlink (path);
  unlink (elsewhere);
  tap_ok (rmdir (directory) == 0, "nothing left");
  return tap_end ();
}
