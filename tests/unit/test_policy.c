/* SPDX-License-Identifier: Apache-2.0 */
/* The policy: every member, precedence, patterns.  TAP. */
#include <config.h>

#include "policy_match.h"
#include "policy_parts.h"
#include "port_list.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int row, failures;

static void
ok (bool good, const char *what)
{
  printf ("%s %d - %s\n", good ? "ok" : "not ok", ++row, what);
  failures += !good;
}

/* ---- what the policy says ---- */

enum { NO_PORT = 1000 };

static const struct
{
  const char *what, *policy, *annotations; /* annotations NULL: none */
  struct policy_settings want;
} settings_rows[] = {
#define S(...) { __VA_ARGS__ }
#define V1 "{\"version\": 1"
  { "built in", V1 "}", "{}", S (0) },
  { "no annotations", V1 ", \"rules\": []}", NULL, S (0) },
  { "request allow", V1 ",\"default\":{\"request\":\"allow\"}}", "{}",
    S (.request = REQUEST_ALLOW) },
  { "request refuse", V1 ",\"default\":{\"request\":\"refuse\"}}", "{}",
    S (.request = REQUEST_REFUSE) },
  { "inherit lock", V1 ",\"default\":{\"inherit\":\"lock\"}}", "{}",
    S (.inherit = INHERIT_LOCK) },
  { "inherit report", V1 ",\"default\":{\"inherit\":\"report\"}}", "{}",
    S (.inherit = INHERIT_REPORT) },
  { "inherit leave", V1 ",\"default\":{\"inherit\":\"leave\"}}", "{}",
    S (.inherit = INHERIT_LEAVE) },
  { "inherit refuse", V1 ",\"default\":{\"inherit\":\"refuse\"}}", "{}",
    S (.inherit = INHERIT_REFUSE) },
  { "lock standard", V1 ",\"default\":{\"lock\":\"standard\"}}", "{}", S (0) },
  { "lock strict", V1 ",\"default\":{\"lock\":\"strict\"}}", "{}",
    S (.lock = LOCK_STRICT) },
  { "lock userns", V1 ",\"default\":{\"lock\":\"userns\"}}", "{}",
    S (.lock = LOCK_USERNS) },
  { "lock userns+isolated",
    V1 ",\"default\":{\"lock\":\"userns+isolated\"}}", "{}",
    S (.lock = LOCK_USERNS | LOCK_ISOLATED) },
  { "isolated best-effort", V1 ",\"default\":{\"isolated\":\"best-effort\"}}",
    "{}", S (.isolated = ISOLATED_BEST_EFFORT) },
  { "isolated require", V1 ",\"default\":{\"isolated\":\"require\"}}", "{}",
    S (.isolated = ISOLATED_REQUIRE) },
  { "lock strict+userns",
    V1 ",\"default\":{\"lock\":\"strict+userns\"}}", "{}",
    S (.lock = LOCK_STRICT | LOCK_USERNS) },
  { "lock isolated", V1 ",\"default\":{\"lock\":\"isolated\"}}", "{}",
    S (.lock = LOCK_ISOLATED) },
  { "lock strict+userns+isolated",
    V1 ",\"default\":{\"lock\":\"strict+userns+isolated\"}}", "{}",
    S (.lock = LOCK_STRICT | LOCK_USERNS | LOCK_ISOLATED) },
  { "publishedPorts warn", V1 ",\"default\":{\"publishedPorts\":\"warn\"}}",
    "{}", S (.published_ports = PORTS_WARN) },
  { "publishedPorts refuse", V1 ",\"default\":{\"publishedPorts\":\"refuse\"}}",
    "{}", S (.published_ports = PORTS_REFUSE) },
  { "pathless remove", V1 ",\"default\":{\"pathless\":\"remove\"}}", "{}",
    S (.pathless = PATHLESS_REMOVE) },
  { "pathless refuse", V1 ",\"default\":{\"pathless\":\"refuse\"}}", "{}",
    S (.pathless = PATHLESS_REFUSE) },
  { "dns keep", V1 ",\"default\":{\"dns\":\"keep\"}}", "{}",
    S (.dns = DNS_KEEP) },
  { "dns host", V1 ",\"default\":{\"dns\":\"host\"}}", "{}",
    S (.dns = DNS_HOST) },
  { "dns of a rule over the default's",
    V1 ",\"rules\":[{\"when\":{\"always\":true},\"dns\":\"host\"}],"
       "\"default\":{\"dns\":\"keep\"}}",
    "{}", S (0) },
  { "keepCapabilities CAP_NET_RAW",
    V1 ",\"default\":{\"keepCapabilities\":[\"CAP_NET_RAW\"]}}", "{}",
    S (.keep_capabilities = KEEP_NET_RAW) },
  { "keepCapabilities, all of them and one twice",
    V1 ",\"default\":{\"keepCapabilities\":[\"CAP_SYS_PTRACE\",\"CAP_MKNOD\","
       "\"CAP_NET_RAW\",\"CAP_MKNOD\"]}}",
    "{}",
    S (.keep_capabilities = KEEP_NET_RAW | KEEP_MKNOD | KEEP_SYS_PTRACE) },
  { "subordinate", V1 ",\"default\":{\"subordinate\":\"hostnet\"}}", "{}",
    S (.subordinate = "hostnet") },
  { "subordinate with everything that a name may have, 32 bytes long",
    V1 ",\"default\":{\"subordinate\":\"_aZ09.-8901234567890123456789012\"}}",
    "{}", S (.subordinate = "_aZ09.-8901234567890123456789012") },
  { "subordinate of a number", V1 ",\"default\":{\"subordinate\":\"1000\"}}",
    "{}", S (.subordinate = "1000") },
  { "subordinate of a rule over the default's",
    V1 ",\"rules\":[{\"when\":{\"always\":true},\"subordinate\":\"a\"}],"
       "\"default\":{\"subordinate\":\"b\"}}",
    "{}", S (.subordinate = "a") },
  { "subordinate of the default, which a rule does not name",
    V1 ",\"rules\":[{\"when\":{\"always\":true},\"request\":\"allow\"}],"
       "\"default\":{\"subordinate\":\"b\"}}",
    "{}", S (.request = REQUEST_ALLOW, .subordinate = "b") },
  { "subordinate of a rule that does not match",
    V1 ",\"rules\":[{\"when\":{\"annotations\":{\"a\":\"1\"}},"
       "\"subordinate\":\"a\"}]}",
    "{}", S (0) },
  { "portConflicts warn", V1 ",\"default\":{\"portConflicts\":\"warn\"}}",
    "{}", S (.port_conflicts = PORT_CONFLICTS_WARN) },
  { "portConflicts ignore",
    V1 ",\"default\":{\"portConflicts\":\"ignore\"}}", "{}",
    S (.port_conflicts = PORT_CONFLICTS_IGNORE) },
  { "portConflicts of a rule over the default's",
    V1 ",\"rules\":[{\"when\":{\"always\":true},"
       "\"portConflicts\":\"refuse\"}],"
       "\"default\":{\"portConflicts\":\"ignore\"}}",
    "{}", S (0) },
  { "listen", V1 ",\"default\":{\"listen\":[\"80/tcp\",\"[::1]:5-6/udp\"]}}",
    "{}", S (.listen_count = 2) },
  { "listen, nothing", V1 ",\"default\":{\"listen\":[]}}", "{}",
    S (.listen_count = NO_PORT) },
  { "listen of a rule over the default's",
    V1 ",\"rules\":[{\"when\":{\"always\":true},\"listen\":[\"1/tcp\"]}],"
       "\"default\":{\"listen\":[]}}",
    "{}", S (.listen_count = 1) },
  { "listen of the default, which a rule does not name",
    V1 ",\"rules\":[{\"when\":{\"always\":true},\"request\":\"allow\"}],"
       "\"default\":{\"listen\":[\"1/tcp\"]}}",
    "{}", S (.request = REQUEST_ALLOW, .listen_count = 1) },
  { "privateNetAdmin leave",
    V1 ",\"default\":{\"privateNetAdmin\":\"leave\"}}", "{}", S (0) },
  { "privateNetAdmin report",
    V1 ",\"default\":{\"privateNetAdmin\":\"report\"}}", "{}",
    S (.private_net_admin = NET_ADMIN_REPORT) },
  { "privateNetAdmin refuse",
    V1 ",\"default\":{\"privateNetAdmin\":\"refuse\"}}", "{}",
    S (.private_net_admin = NET_ADMIN_REFUSE) },
  { "hostObjects report",
    V1 ",\"default\":{\"hostObjects\":\"report\"}}", "{}",
    S (.host_objects = HOST_OBJECTS_REPORT) },
  { "hostObjects refuse",
    V1 ",\"default\":{\"hostObjects\":\"refuse\"}}", "{}",
    S (.host_objects = HOST_OBJECTS_REFUSE) },
  { "mode enforce", V1 ",\"default\":{\"mode\":\"enforce\"}}", "{}", S (0) },
  { "mode observe", V1 ",\"default\":{\"mode\":\"observe\"}}", "{}",
    S (.mode = MODE_OBSERVE) },
  { "a rule enforces what the default observes",
    V1 ",\"rules\":[{\"when\":{\"always\":true},\"mode\":\"enforce\"}],"
       "\"default\":{\"mode\":\"observe\"}}",
    "{}", S (0) },
  { "a rule leaves what the default refuses",
    V1 ",\"rules\":[{\"when\":{\"always\":true},"
       "\"privateNetAdmin\":\"leave\",\"hostObjects\":\"report\"}],"
       "\"default\":{\"privateNetAdmin\":\"refuse\","
       "\"hostObjects\":\"refuse\"}}",
    "{}", S (.host_objects = HOST_OBJECTS_REPORT) },
  { "a rule that says nothing has all of the default's",
    V1 ",\"rules\":[{\"when\":{\"always\":true}}],"
       "\"default\":{\"privateNetAdmin\":\"refuse\",\"mode\":\"observe\","
       "\"hostObjects\":\"report\",\"lock\":\"strict\"}}",
    "{}",
    S (.private_net_admin = NET_ADMIN_REFUSE, .mode = MODE_OBSERVE,
       .host_objects = HOST_OBJECTS_REPORT, .lock = LOCK_STRICT) },
  { "escaped spellings are the same words",
    V1 ",\"def\\u0061ult\":{\"requ\\u0065st\":\"\\u0061llow\"}}", "{}",
    S (.request = REQUEST_ALLOW) },
  { "comments", "// a\n{ /* b */ \"version\": /* \"c\" */ 1, // d\n"
                "\"default\": {\"request\": \"allow\" /* e */}}\n/* f */\n",
    "{}", S (.request = REQUEST_ALLOW) },
  { "rule over default over built in, member by member",
    V1 ",\"default\":{\"request\":\"allow\",\"inherit\":\"report\","
       "\"keepCapabilities\":[\"CAP_MKNOD\"]},"
       "\"rules\":[{\"when\":{\"always\":true},\"inherit\":\"lock\"}]}",
    "{}",
    S (.request = REQUEST_ALLOW, .inherit = INHERIT_LOCK,
       .keep_capabilities = KEEP_MKNOD) },
  { "a rule may take back what the default keeps",
    V1 ",\"rules\":[{\"when\":{\"always\":true},\"keepCapabilities\":[],"
       "\"pathless\":\"refuse\"}],\"default\":{\"pathless\":\"remove\","
       "\"keepCapabilities\":[\"CAP_MKNOD\"]}}",
    "{}", S (0) },
  { "the first matching rule wins, and it alone",
    V1 ",\"rules\":[{\"when\":{\"annotations\":{\"a\":\"1\"}},"
       "\"request\":\"refuse\"},{\"when\":{\"annotations\":{\"b\":\"*\"}},"
       "\"request\":\"allow\"},{\"when\":{\"always\":true},"
       "\"request\":\"refuse\",\"inherit\":\"leave\"}]}",
    "{\"a\":\"2\",\"b\":\"\"}", S (.request = REQUEST_ALLOW) },
  { "when all rules fail, the default",
    V1 ",\"default\":{\"pathless\":\"remove\"},\"rules\":[{\"when\":"
       "{\"annotations\":{\"a\":\"1\"}},\"request\":\"allow\"}]}",
    "{\"b\":\"1\"}", S (.pathless = PATHLESS_REMOVE) },
  { "a rule on annotations does not match where there are none",
    V1 ",\"rules\":[{\"when\":{\"annotations\":{\"*\":\"*\"}},"
       "\"request\":\"allow\"}]}",
    NULL, S (0) },
  { "always and annotations together: the annotations decide",
    V1 ",\"rules\":[{\"when\":{\"always\":true,\"annotations\":{\"a\":\"1\"}},"
       "\"request\":\"allow\"}]}",
    "{\"a\":\"2\"}", S (0) },
};

/* In the table listen_count is that of the entries, since the lists are the
 * policy's own. */
static bool
same_listen (const struct policy_settings *got, size_t want)
{
  if (want == 0)
    return got->listen_count == 0;
  return got->listen_count == 1
         && got->listen[0]->count == (want == NO_PORT ? 0 : want);
}

static bool
same_settings (struct policy_settings a, struct policy_settings b)
{
  return a.request == b.request && a.inherit == b.inherit
         && a.published_ports == b.published_ports && a.pathless == b.pathless
         && a.keep_capabilities == b.keep_capabilities && a.lock == b.lock
         && a.dns == b.dns && a.port_conflicts == b.port_conflicts
         && same_listen (&a, b.listen_count) && a.mode == b.mode
         && a.private_net_admin == b.private_net_admin
         && a.host_objects == b.host_objects
         && (a.subordinate == NULL) == (b.subordinate == NULL)
         && (a.subordinate == NULL
             || strcmp (a.subordinate, b.subordinate) == 0);
}

static bool
says (const char *text, const char *annotations, struct policy_settings want)
{
  cleanup_policy struct policy *policy = NULL;
  cleanup_json struct json_doc config = JSON_DOC_INIT;
  cleanup_error struct error err = ERROR_INIT;
  cleanup_free char *json = xasprintf ("{\"annotations\": %s}",
                                       annotations ? annotations : "null");
  cleanup_subject struct policy_subject subject = POLICY_SUBJECT_INIT;
  struct policy_settings got;

  if (policy_parse (text, strlen (text), "p", &policy, &err) < 0
      || json_index (&config, json, strlen (json), false, &err) < 0)
    {
      printf ("# %s\n", err.message);
      return false;
    }
  policy_subject_read (&config,
                       annotations ? json_first (&config, 0) : JSON_NONE,
                       JSON_NONE, &(struct engine_verdict){ 0 }, &subject);
  got = policy_settings_for (policy, &subject);
  return same_settings (got, want);
}

static const struct
{
  const char *key, *value; /* patterns, as they stand in the JSON text */
  const char *annotations;
  bool matches;
} glob_rows[] = {
  { "a", "b", "{\"a\":\"b\"}", true },
  { "a", "b", "{\"a\":\"bb\"}", false },
  { "a", "b", "{\"aa\":\"b\"}", false },
  { "a", "b", "{\"A\":\"b\"}", false },
  { "a", "b", "{\"a\":\"c\",\"c\":\"b\"}", false }, /* not of two */
  { "a*", "1", "{\"ab\":\"2\",\"ac\":\"1\"}", true }, /* some annotation */
  { "*", "*", "{\"x\":\"\"}", true },
  { "*", "?*", "{\"x\":\"\"}", false },
  { "io.*", "x", "{\"io.a/b.c\":\"x\"}", true }, /* * takes in / */
  { "*x", "*", "{\".x\":\"\"}", true },          /* and a leading dot */
  { "a", "[bc]?", "{\"a\":\"cd\"}", true },
  { "a", "[!bc]", "{\"a\":\"c\"}", false },
  { "a", "\\\\*", "{\"a\":\"*\"}", true }, /* \* is a star */
  { "a", "\\\\*", "{\"a\":\"b\"}", false },
  { "a", "b*", "{\"a\":\"b\\nc\"}", true },
  { "a", "\\u0062", "{\"\\u0061\":\"b\"}", true },
  { "a", "*", "{\"a\":5}", false }, /* no string: no runtime takes it */
  { "\xc3\xa4", "*", "{\"\\u00e4\":\"\"}", true },
};

static void
test_settings (void)
{
  for (size_t i = 0; i < sizeof settings_rows / sizeof settings_rows[0]; i++)
    ok (says (settings_rows[i].policy, settings_rows[i].annotations,
              settings_rows[i].want),
        settings_rows[i].what);
  for (size_t i = 0; i < sizeof glob_rows / sizeof glob_rows[0]; i++)
    {
      cleanup_free char *text = xasprintf (
          V1 ",\"rules\":[{\"when\":{\"annotations\":{\"%s\":\"%s\"}},"
             "\"request\":\"allow\"}]}",
          glob_rows[i].key, glob_rows[i].value);
      cleanup_free char *what = xasprintf (
          "glob %s=%s %s", glob_rows[i].key, glob_rows[i].value,
          glob_rows[i].matches ? "matches" : "does not match");
      struct policy_settings want = {
        .request = glob_rows[i].matches ? REQUEST_ALLOW : REQUEST_DEFAULT
      };

      ok (says (text, glob_rows[i].annotations, want), what);
    }
  ok (says (V1 ",\"rules\":[{\"when\":{\"annotations\":{\"a\":\"1\","
               "\"b\":\"2\"}},\"request\":\"allow\"}]}",
            "{\"b\":\"2\",\"a\":\"1\"}",
            (struct policy_settings) { .request = REQUEST_ALLOW }),
      "every entry matches");
  ok (says (V1 ",\"rules\":[{\"when\":{\"annotations\":{\"a\":\"1\","
               "\"b\":\"2\"}},\"request\":\"allow\"}]}",
            "{\"b\":\"1\",\"a\":\"1\"}", (struct policy_settings) { 0 }),
      "one entry does not match");
}

static void
test_runtime (void)
{
  static const char *const good[]
      = { "/usr/bin/crun", "/runc", "/opt/my runtime/runc" };

  for (size_t i = 0; i < sizeof good / sizeof good[0]; i++)
    {
      cleanup_policy struct policy *policy = NULL;
      cleanup_free char *text
          = xasprintf (V1 ",\"runtime\":\"%s\"}", good[i]);

      ok (policy_parse (text, strlen (text), "p", &policy, NULL) == 0
              && strcmp (policy_runtime (policy), good[i]) == 0,
          good[i]);
    }
}

/* ---- the rest of the interface ---- */

static void
test_observes (void)
{
  static const struct
  {
    const char *what, *rest;
    bool all, any;
  } rows[] = {
    { "built in", "", false, false },
    { "default observe", ",\"default\":{\"mode\":\"observe\"}", true, true },
    { "one rule enforces",
      ",\"default\":{\"mode\":\"observe\"},\"rules\":[{\"when\":{\"always\":"
      "true},\"mode\":\"enforce\"}]",
      false, true },
    { "a rule that does not say has the default's",
      ",\"rules\":[{\"when\":{\"always\":true}}],"
      "\"default\":{\"mode\":\"observe\"}",
      true, true },
    { "one rule observes",
      ",\"rules\":[{\"when\":{\"always\":true},\"mode\":\"observe\"}]", false,
      true },
  };

  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
    {
      cleanup_policy struct policy *policy = NULL;
      cleanup_free char *text = xasprintf (V1 "%s}", rows[i].rest);
      cleanup_free char *what = xasprintf ("observes: %s", rows[i].what);

      ok (policy_parse (text, strlen (text), "p", &policy, NULL) == 0
              && policy_observes_all (policy) == rows[i].all
              && policy_observes (policy) == rows[i].any,
          what);
    }
}

static void
test_rule_names (void)
{
  static const struct
  {
    const char *annotations, *name, *text;
  } rows[] = {
    { "{\"a\":\"\"}", "p: rule 1, line 3", V1 ",\n\"rules\": [\n{ \"when\": "
      "{\"annotations\": {\"a\": \"*\"}}},\n\n\n{\"when\":\n"
      "{\"always\": true}}]}" },
    { "{}", "p: rule 2, line 6", V1 ",\n\"rules\": [\n{ \"when\": "
      "{\"annotations\": {\"a\": \"*\"}}},\n\n\n{\"when\":\n"
      "{\"always\": true}}]}" },
    { "{}", "p: default", V1 ",\"default\":{}}" },
    { "{}", "built in", V1 "}" },
    { "{}", "built in", V1 ",\"rules\":[]}" },
  };

  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
    {
      cleanup_policy struct policy *policy = NULL;
      cleanup_json struct json_doc config = JSON_DOC_INIT;
      cleanup_subject struct policy_subject subject = POLICY_SUBJECT_INIT;
      cleanup_free char *name = NULL;
      struct policy_settings settings;

      if (policy_parse (rows[i].text, strlen (rows[i].text), "p", &policy, NULL)
              < 0
          || json_index (&config, rows[i].annotations,
                         strlen (rows[i].annotations), false, NULL)
                 < 0)
        {
          ok (false, rows[i].text);
          continue;
        }
      policy_subject_read (&config, 0, JSON_NONE,
                           &(struct engine_verdict){ 0 }, &subject);
      settings = policy_settings_for (policy, &subject);
      name = policy_rule_name (&settings);
      ok (strcmp (name, rows[i].name) == 0, rows[i].name);
    }
}

/* Which members a policy says something of: its own words, not what they come
 * to. */
static void
test_said (void)
{
  for (unsigned s = 0; s < SETTINGS; s++)
    {
      cleanup_free char *value
          = s == SETTING_CAPABILITIES
                ? xasprintf ("[]")
                : xasprintf ("\"%s\"", setting_words[s].choices[0].name);
      cleanup_free char *text
          = xasprintf (V1 ",\"default\":{\"%s\":%s}}", setting_words[s].name,
                       value);
      cleanup_policy struct policy *policy = NULL;
      static const struct policy_subject nobody = POLICY_SUBJECT_INIT;

      ok (policy_parse (text, strlen (text), "p", &policy, NULL) == 0
              && policy_settings_for (policy, &nobody).said == 1U << s,
          text);
    }
}

int
main (void)
{
  test_settings ();
  test_runtime ();
  test_observes ();
  test_rule_names ();
  test_said ();
  printf ("1..%d\n", row);
  return failures != 0;
}
