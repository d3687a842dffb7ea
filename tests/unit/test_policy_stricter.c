/* SPDX-License-Identifier: Apache-2.0 */
/* That what can be forged never loosens anything, and that what is stricter
 * counts.  TAP. */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "libhostnet/policy_parts.h"
#include "subject.h"
#include "tap.h"

/* Ways in which a rule can be unsure, for the containers of rows below. */
static const struct unsure_row
{
  const char *what, *when;
  unsigned caller;
  const char *annotations;
} unsure_rows[] = {
  { "forged namespace", NS ("kube-system"), PODMAN, FORGED_CRIO },
  { "forged label of who is to be outside", "\"kubernetes\":false", PODMAN,
    FORGED_CRIO },
  { "forged annotation", GLOB ("io.kubernetes.pod.namespace", "kube-system"),
    PODMAN, FORGED_CRIO },
  { "a sandbox's annotation", GLOB ("io.kubernetes.cri-o.X", "*"), CRIO,
    A ("io.kubernetes.cri-o.X", "1") },
  { "unchecked service account", SA ("cni"), CRIO, ACCOUNT ("cni") },
  { "unknown args", "\"args\":[\"a\"]", CRIO, "" },
};

/* The values of each member, the laxer first; "" is the member left out, where
 * that is a value of its own. */
static const struct order
{
  const char *member;
  const char *values[6];
} orders[] = {
  { "request", { "\"allow\"", "", "\"refuse\"" } },
  { "inherit",
    { "\"leave\"", "\"report\"", "", "\"lock\"", "\"refuse\"" } },
  { "isolated", { "\"best-effort\"", "\"require\"" } },
  { "publishedPorts", { "\"warn\"", "\"refuse\"" } },
  { "pathless", { "\"remove\"", "\"refuse\"" } },
  { "dns", { "\"keep\"", "\"host\"" } },
  { "mode", { "\"observe\"", "\"enforce\"" } },
  { "privateNetAdmin", { "\"leave\"", "\"report\"", "\"refuse\"" } },
  { "hostObjects", { "", "\"report\"", "\"refuse\"" } },
  { "portConflicts", { "\"ignore\"", "\"warn\"", "\"refuse\"" } },
};

static char *
spell (const char *member, const char *value)
{
  return value[0] ? xasprintf (",\"%s\":%s", member, value)
                  : xstrndup ("", 0);
}

/* The settings of POLICY for a container of ROW. */
static struct policy_settings
settings_under (const struct policy *policy, const struct unsure_row *row)
{
  cleanup_free char *annotations = xasprintf ("{%s}", row->annotations);
  cleanup_container struct container c = { .doc = JSON_DOC_INIT };

  container_read (&c, row->caller, annotations, NULL);
  return policy_settings_for (policy, &c.subject);
}

/* What MEMBER is with VALUE in a rule for everybody. */
static unsigned
plainly (const char *member, const char *value)
{
  cleanup_free char *with = spell (member, value);
  cleanup_free char *text = xasprintf (
      "{\"version\":1,\"rules\":[{\"when\":{\"always\":true}%s}]}", with);
  cleanup_policy struct policy *policy = parse (text);
  struct policy_settings settings
      = settings_under (policy, &unsure_rows[0]);

  return policy_get (&settings, setting_find (member));
}

/* Whether an unsure rule with FORGED before a sure one with SURE comes to
 * EXPECTED, however it is unsure, and wherever the sure value stands. */
static bool
comes_to (const char *member, const char *forged, const char *sure,
          unsigned expected)
{
  static const struct
  {
    const char *between, *end; /* around the sure value */
    bool in_default;
  } layouts[] = {
    { "},{\"when\":{\"always\":true}", "}]}", false },
    { "},{\"when\":{\"annotations\":{\"nobody\":\"*\"}},\"request\":"
      "\"refuse\"},{\"when\":{\"always\":true}",
      "},{\"when\":{\"always\":true},\"inherit\":\"refuse\"}]}", false },
    { "},{\"when\":{\"always\":true}}],\"default\":{", "}}", true },
    { "}],\"default\":{", "}}", true },
  };
  cleanup_free char *first = spell (member, forged);
  cleanup_free char *second = spell (member, sure);
  bool good = true;

  for (size_t r = 0; r < sizeof unsure_rows / sizeof *unsure_rows; r++)
    for (size_t l = 0; l < sizeof layouts / sizeof *layouts; l++)
      {
        bool comma = !layouts[l].in_default;
        cleanup_free char *text = xasprintf (
            "{\"version\":1,\"rules\":[{\"when\":{%s}%s%s%s%s",
            unsure_rows[r].when, first, layouts[l].between,
            second[0] != '\0' && !comma ? second + 1 : second, layouts[l].end);
        cleanup_policy struct policy *policy = parse (text);
        struct policy_settings settings;

        /* a rule that lacks the member has the default's */
        if (layouts[l].in_default && forged[0] == '\0')
          continue;
        settings = settings_under (policy, &unsure_rows[r]);
        if (policy_get (&settings, setting_find (member)) == expected)
          continue;
        printf ("# %s: %s\n", unsure_rows[r].what, text);
        good = false;
      }
  return good;
}

static void
test_orders (void)
{
  for (size_t o = 0; o < sizeof orders / sizeof *orders; o++)
    for (size_t f = 0; orders[o].values[f] != NULL; f++)
      for (size_t s = 0; orders[o].values[s] != NULL; s++)
        {
          const char *member = orders[o].member;
          const char *forged = orders[o].values[f];
          const char *sure = orders[o].values[s];
          cleanup_free char *what = xasprintf (
              "%s: unsure %s before %s, %s", member, forged[0] ? forged : "none",
              sure[0] ? sure : "none",
              f > s ? "which is stricter" : "changes nothing");

          tap_ok (comes_to (member, forged, sure,
                            plainly (member, f > s ? forged : sure)),
                  what);
        }
}

/* Sets: what both keep, and what either locks. */
static void
test_sets (void)
{
  static const char *const kept[]
      = { "[]", "[\"CAP_NET_RAW\"]", "[\"CAP_MKNOD\"]",
          "[\"CAP_NET_RAW\",\"CAP_MKNOD\"]" };
  static const char *const locks[] = { "\"standard\"", "\"strict\"",
                                       "\"userns\"", "\"strict+userns\"" };
  bool good = true;

  for (unsigned f = 0; f < 4; f++)
    for (unsigned s = 0; s < 4; s++)
      {
        good &= comes_to ("keepCapabilities", kept[f], kept[s],
                          plainly ("keepCapabilities", kept[f & s]));
        good &= comes_to ("lock", locks[f], locks[s],
                          plainly ("lock", locks[f | s]));
      }
  tap_ok (good, "keepCapabilities: what both keep; lock: what either has");
}

/* ---- several members and rules ---- */

#define UNSURE(members)                                                       \
  "{\"when\":{" NS ("kube-system") "}," members "},"
#define SURE(members) "{\"when\":{\"always\":true}," members "}"

static const struct several_row
{
  const char *what, *rules, *fallback;
  struct policy_settings want;
  unsigned rule; /* its number; 0: the default, or none */
} several_rows[] = {
  { "each member by itself",
    UNSURE ("\"request\":\"allow\",\"inherit\":\"refuse\"")
        SURE ("\"request\":\"refuse\",\"inherit\":\"leave\""),
    "",
    { .request = REQUEST_REFUSE, .inherit = INHERIT_REFUSE },
    2 },
  { "two unsure rules, the stricter of both",
    UNSURE ("\"request\":\"refuse\",\"inherit\":\"leave\"")
        UNSURE ("\"request\":\"allow\",\"inherit\":\"lock\"")
            SURE ("\"request\":\"allow\",\"inherit\":\"leave\""),
    "",
    { .request = REQUEST_REFUSE, .inherit = INHERIT_LOCK },
    3 },
  { "many that are looser change nothing",
    UNSURE ("\"request\":\"allow\"") UNSURE ("\"publishedPorts\":\"warn\"")
        UNSURE ("\"mode\":\"observe\"")
            UNSURE ("\"keepCapabilities\":[\"CAP_MKNOD\"]")
                SURE ("\"inherit\":\"lock\""),
    "",
    { .inherit = INHERIT_LOCK },
    5 },
  { "an unsure rule behind the first sure one does not count",
    SURE ("\"request\":\"allow\"") ","
    "{\"when\":{" NS ("kube-system") "},\"request\":\"refuse\"}",
    "",
    { .request = REQUEST_ALLOW },
    1 },
  { "unsure rules alone, and the default",
    UNSURE ("\"request\":\"allow\"")
    "{\"when\":{" NS ("*") "},\"pathless\":\"remove\"}",
    "\"inherit\":\"report\"",
    { .inherit = INHERIT_REPORT },
    0 },
  { "an unsure rule that observes does not take the default's enforce",
    "{\"when\":{" NS ("*") "},\"mode\":\"observe\"}",
    "",
    { 0 },
    0 },
  { "subordinate of an unsure rule, where there is no other",
    UNSURE ("\"subordinate\":\"a\"") SURE ("\"request\":\"allow\""),
    "",
    { .subordinate = "a" },
    2 },
  { "subordinate of a sure rule over that of an unsure one",
    UNSURE ("\"subordinate\":\"a\"") SURE ("\"subordinate\":\"b\""),
    "",
    { .subordinate = "b" },
    2 },
};

static void
test_several (void)
{
  for (size_t i = 0; i < sizeof several_rows / sizeof *several_rows; i++)
    {
      const struct several_row *r = &several_rows[i];
      cleanup_free char *text = xasprintf (
          "{\"version\":1,\"rules\":[%s],\"default\":{%s}}", r->rules,
          r->fallback);
      cleanup_policy struct policy *policy = parse (text);
      struct policy_settings got = settings_under (policy, &unsure_rows[0]);
      cleanup_free char *name = policy_rule_name (&got);
      cleanup_free char *rule
          = r->rule == 0 ? xasprintf ("p: default")
                         : xasprintf ("p: rule %u, line 1", r->rule);
      bool good = strcmp (name, rule) == 0;

      for (unsigned s = 0; s < SETTINGS; s++)
        good &= policy_get (&got, (enum setting) s)
                == policy_get (&r->want, (enum setting) s);
      good &= (got.subordinate == NULL) == (r->want.subordinate == NULL)
              && (got.subordinate == NULL
                  || strcmp (got.subordinate, r->want.subordinate) == 0);
      if (!tap_ok (good, r->what))
        printf ("# %s\n", name);
    }
}

/* A member that has no order here would go untested. */
static void
test_complete (void)
{
  unsigned known = 2; /* keepCapabilities and lock */

  for (size_t o = 0; o < sizeof orders / sizeof *orders; o++)
    known += setting_find (orders[o].member) != SETTINGS;
  tap_ok (known == SETTINGS, "every member of the policy has its order here");
}

int
main (void)
{
  test_orders ();
  test_sets ();
  test_several ();
  test_complete ();
  return tap_end ();
}
