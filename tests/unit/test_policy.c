/* SPDX-License-Identifier: Apache-2.0 */
/* The policy: every member, precedence, patterns, broken texts.  TAP. */
#include <config.h>

#include "policy_match.h"
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
         && same_listen (&a, b.listen_count)
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

/* ---- what is refused ---- */

static const struct
{
  const char *what, *policy;
  enum refusal id;
  const char *message; /* the whole of it, or NULL */
} refused_rows[] = {
  { "empty file", "", REFUSAL_policy_syntax, NULL },
  { "only a comment", "// x\n", REFUSAL_policy_syntax, NULL },
  { "truncated", "{\"version\": 1, \"rules\": [", REFUSAL_policy_syntax, NULL },
  { "open comment", V1 " /* }", REFUSAL_policy_syntax, NULL },
  { "trailing data", V1 "} {}", REFUSAL_policy_syntax, NULL },
  { "trailing comma", V1 ",}", REFUSAL_policy_syntax, NULL },
  { "duplicate key", V1 ", \"version\": 1}", REFUSAL_policy_syntax, NULL },
  { "duplicate key with escapes", V1 ", \"versio\\u006e\": 1}",
    REFUSAL_policy_syntax, NULL },
  { "duplicate pattern",
    V1 ",\"rules\":[{\"when\":{\"annotations\":{\"a\":\"1\",\"a\":\"2\"}}}]}",
    REFUSAL_policy_syntax, NULL },
  { "invalid UTF-8", V1 ", \"runtime\": \"\xff\"}", REFUSAL_policy_syntax,
    NULL },
  { "root is a string", "\"version\"", REFUSAL_policy_syntax,
    "the policy p: it is no JSON object: write one" },
  { "root is an array", "[]", REFUSAL_policy_syntax,
    "the policy p: it is no JSON object: write one" },
  { "no version", "{}", REFUSAL_policy_missing,
    "the policy p lacks the member `version`: give 1" },
  { "version 2", "{\n \"version\": 2}", REFUSAL_policy_value,
    "the policy p has in line 2, column 13 a wrong value for `version`: give "
    "1" },
  { "version 1.0", "{\"version\": 1.0}", REFUSAL_policy_value, NULL },
  { "version as a string", "{\"version\": \"1\"}", REFUSAL_policy_value, NULL },
  { "version null", "{\"version\": null}", REFUSAL_policy_value, NULL },
  { "runtime relative", V1 ",\"runtime\":\"crun\"}", REFUSAL_policy_value,
    "the policy p has in line 1, column 25 a wrong value for `runtime`: give "
    "an absolute path whose last component is crun or runc" },
  { "runtime relative with /", V1 ",\"runtime\":\"bin/crun\"}",
    REFUSAL_policy_value, NULL },
  { "runtime oci-hostnet-runtime",
    V1 ",\"runtime\":\"/usr/bin/oci-hostnet-runtime\"}", REFUSAL_policy_value,
    NULL },
  { "runtime xcrun", V1 ",\"runtime\":\"/usr/bin/xcrun\"}",
    REFUSAL_policy_value, NULL },
  { "runtime crun/", V1 ",\"runtime\":\"/usr/bin/crun/\"}",
    REFUSAL_policy_value, NULL },
  { "runtime empty", V1 ",\"runtime\":\"\"}", REFUSAL_policy_value, NULL },
  { "runtime no string", V1 ",\"runtime\":[]}", REFUSAL_policy_value, NULL },
  { "default no object", V1 ",\"default\":[]}", REFUSAL_policy_value, NULL },
  { "default null", V1 ",\"default\":null}", REFUSAL_policy_value, NULL },
  { "rules no array", V1 ",\"rules\":{}}", REFUSAL_policy_value, NULL },
  { "rule no object", V1 ",\"rules\":[1]}", REFUSAL_policy_value, NULL },
  { "rule without when", V1 ",\"rules\":[{\"when\":{\"always\":true}},{}]}",
    REFUSAL_policy_missing,
    "the policy p lacks the member `rules/1/when`: give an object with "
    "at least one of `always`, `annotations`, `args` and `kubernetes`" },
  { "when no object", V1 ",\"rules\":[{\"when\":true}]}", REFUSAL_policy_value,
    NULL },
  { "when empty", V1 ",\"rules\":[{\"when\":{}}]}", REFUSAL_policy_value,
    NULL },
  { "always false", V1 ",\"rules\":[{\"when\":{\"always\":false}}]}",
    REFUSAL_policy_value, NULL },
  { "always 1", V1 ",\"rules\":[{\"when\":{\"always\":1}}]}",
    REFUSAL_policy_value, NULL },
  { "annotations empty", V1 ",\"rules\":[{\"when\":{\"annotations\":{}}}]}",
    REFUSAL_policy_value, NULL },
  { "annotations no object",
    V1 ",\"rules\":[{\"when\":{\"annotations\":[\"a\"]}}]}",
    REFUSAL_policy_value, NULL },
  { "value pattern no string",
    V1 ",\"rules\":[{\"when\":{\"annotations\":{\"a\":\"1\",\"b\":1}}}]}",
    REFUSAL_policy_value, NULL },
  { "request maybe", V1 ",\"default\":{\"request\":\"maybe\"}}",
    REFUSAL_policy_value,
    "the policy p has in line 1, column 36 a wrong value for `request`: give "
    "`allow` or `refuse`" },
  { "request Allow", V1 ",\"default\":{\"request\":\"Allow\"}}",
    REFUSAL_policy_value, NULL },
  { "request true", V1 ",\"default\":{\"request\":true}}",
    REFUSAL_policy_value, NULL },
  { "inherit null", V1 ",\"default\":{\"inherit\":null}}",
    REFUSAL_policy_value, NULL },
  { "publishedPorts remove",
    V1 ",\"default\":{\"publishedPorts\":\"remove\"}}", REFUSAL_policy_value,
    NULL },
  { "pathless warn", V1 ",\"default\":{\"pathless\":\"warn\"}}",
    REFUSAL_policy_value, NULL },
  { "dns none", V1 ",\"default\":{\"dns\":\"none\"}}", REFUSAL_policy_value,
    "the policy p has in line 1, column 32 a wrong value for `dns`: give "
    "`host` or `keep`" },
  { "dns false", V1 ",\"default\":{\"dns\":false}}", REFUSAL_policy_value,
    NULL },
  { "dns at the top", V1 ",\"dns\":\"host\"}", REFUSAL_policy_unknown_member,
    NULL },
  { "lock none", V1 ",\"default\":{\"lock\":\"none\"}}", REFUSAL_policy_value,
    NULL },
  { "lock no string", V1 ",\"default\":{\"lock\":1}}", REFUSAL_policy_value,
    NULL },
  { "lock isolated", V1 ",\"default\":{\"lock\":\"isolated\"}}",
    REFUSAL_policy_lock_unavailable,
    "the policy p asks in line 1, column 33 for the lock `isolated`, which "
    "this version does not have: use `standard`, `strict` or `userns`" },
  { "lock isolated in a rule",
    V1 ",\"rules\":[{\"when\":{\"always\":true},\"lock\":\"isolated\"}]}",
    REFUSAL_policy_lock_unavailable, NULL },
  { "portConflicts report", V1 ",\"default\":{\"portConflicts\":\"report\"}}",
    REFUSAL_policy_value,
    "the policy p has in line 1, column 42 a wrong value for "
    "`portConflicts`: give `refuse`, `warn` or `ignore`" },
  { "listen no array", V1 ",\"default\":{\"listen\":\"80/tcp\"}}",
    REFUSAL_policy_value,
    "the policy p has in line 1, column 35 a wrong value for `listen`: give "
    "an array of ports such as `80/tcp`, `8000-8010/tcp` and "
    "`127.0.0.1:9000/tcp`" },
  { "listen of a number", V1 ",\"default\":{\"listen\":[\"80/tcp\",80]}}",
    REFUSAL_policy_value, NULL },
  { "listen of none", V1 ",\"default\":{\"listen\":[\"80/tcp\",\"80\"]}}",
    REFUSAL_policy_value,
    "the policy p has in line 1, column 45 a wrong value for `listen`: give "
    "an array of ports such as `80/tcp`, `8000-8010/tcp` and "
    "`127.0.0.1:9000/tcp`, and not `80`, which has no protocol" },
  { "listen of several in one", V1 ",\"default\":{\"listen\":[\"1/tcp,2/tcp\"]}}",
    REFUSAL_policy_value, NULL },
  { "listen twice", V1 ",\"default\":{\"listen\":[\"1-5/tcp\",\"3/tcp\"]}}",
    REFUSAL_policy_value, NULL },
  { "listen at the top", V1 ",\"listen\":[]}", REFUSAL_policy_unknown_member,
    NULL },
  { "subordinate no string", V1 ",\"default\":{\"subordinate\":1000}}",
    REFUSAL_policy_value, NULL },
  { "subordinate null", V1 ",\"default\":{\"subordinate\":null}}",
    REFUSAL_policy_value, NULL },
  { "subordinate empty", V1 ",\"default\":{\"subordinate\":\"\"}}",
    REFUSAL_policy_value, NULL },
  { "subordinate containers",
    V1 ",\"default\":{\"subordinate\":\"containers\"}}",
    REFUSAL_policy_value,
    "the policy p has in line 1, column 40 a wrong value for `subordinate`: "
    "give a user of /etc/subuid and /etc/subgid other than `containers`" },
  { "subordinate with a colon",
    V1 ",\"default\":{\"subordinate\":\"a:1\"}}", REFUSAL_policy_value, NULL },
  { "subordinate with a newline",
    V1 ",\"default\":{\"subordinate\":\"a\\nb\"}}", REFUSAL_policy_value,
    NULL },
  { "subordinate with a dash first",
    V1 ",\"default\":{\"subordinate\":\"-a\"}}", REFUSAL_policy_value, NULL },
  { "subordinate of 33 bytes",
    V1 ",\"default\":{\"subordinate\":\"a23456789012345678901234567890123\"}}",
    REFUSAL_policy_value, NULL },
  { "subordinate at the top", V1 ",\"subordinate\":\"a\"}",
    REFUSAL_policy_unknown_member, NULL },
  { "keepCapabilities no array",
    V1 ",\"default\":{\"keepCapabilities\":\"CAP_MKNOD\"}}",
    REFUSAL_policy_value, NULL },
  { "keepCapabilities of a number",
    V1 ",\"default\":{\"keepCapabilities\":[1]}}", REFUSAL_policy_value, NULL },
  { "keepCapabilities CAP_NET_ADMIN",
    V1 ",\"default\":{\"keepCapabilities\":[\"CAP_NET_ADMIN\"]}}",
    REFUSAL_policy_capability,
    "the policy p keeps in line 1, column 46 the capability `CAP_NET_ADMIN`, "
    "which cannot be kept: choose among CAP_NET_RAW, CAP_MKNOD and "
    "CAP_SYS_PTRACE" },
  { "keepCapabilities CAP_SYS_ADMIN after a good one",
    V1 ",\"default\":{\"keepCapabilities\":[\"CAP_MKNOD\",\"CAP_SYS_ADMIN\"]}}",
    REFUSAL_policy_capability, NULL },
  { "keepCapabilities without CAP_",
    V1 ",\"default\":{\"keepCapabilities\":[\"MKNOD\"]}}",
    REFUSAL_policy_capability, NULL },
  { "unknown at the top", "{\n\t\"Version\": 1}",
    REFUSAL_policy_unknown_member,
    "the policy p has in line 2, column 13 the unknown member `Version`: did "
    "you mean `version`?" },
  { "a setting at the top", V1 ",\"request\":\"allow\"}",
    REFUSAL_policy_unknown_member, NULL },
  { "unknown in default", V1 ",\"default\":{\"publishPorts\":\"warn\"}}",
    REFUSAL_policy_unknown_member,
    "the policy p has in line 1, column 41 the unknown member `publishPorts`: "
    "did you mean `publishedPorts`?" },
  { "when in default", V1 ",\"default\":{\"when\":{\"always\":true}}}",
    REFUSAL_policy_unknown_member, NULL },
  { "unknown in a rule",
    V1 ",\"rules\":[{\"when\":{\"always\":true},\"pthles\":\"remove\"}]}",
    REFUSAL_policy_unknown_member,
    "the policy p has in line 1, column 57 the unknown member `pthles`: did "
    "you mean `pathless`?" },
  { "unknown in when", V1 ",\"rules\":[{\"when\":{\"cluster\":{}}}]}",
    REFUSAL_policy_unknown_member,
    "the policy p has in line 1, column 43 the unknown member `cluster`: "
    "known here are always, annotations, args, kubernetes" },
  { "unknown with a control character", V1 ",\"a\\u001bbcdefgh\":1}",
    REFUSAL_policy_unknown_member,
    "the policy p has in line 1, column 32 the unknown member "
    "`a\\x1bbcdefgh`: known here are version, runtime, admission, default, rules" },
  { "an empty name", V1 ",\"\":1}", REFUSAL_policy_unknown_member,
    "the policy p has in line 1, column 18 the unknown member ``: known here "
    "are version, runtime, admission, default, rules" },
};

static bool
refused (const char *text, size_t length, enum refusal id, const char *message)
{
  cleanup_policy struct policy *policy = NULL;
  cleanup_error struct error err = ERROR_INIT;

  if (policy_parse (text, length, "p", &policy, &err) == 0 || policy != NULL)
    return false;
  if (err.id == id && refusal_exit_status (id) == 3
      && (message == NULL || strcmp (message, err.message) == 0))
    return true;
  printf ("# %s: %s\n", refusal_name (err.id), err.message);
  return false;
}

static void
test_refused (void)
{
  static const char whole[]
      = V1 ",\"runtime\":\"/usr/bin/crun\",\"default\":{\"request\":\"allow\","
           "\"keepCapabilities\":[\"CAP_MKNOD\"]},\"rules\":[{\"when\":"
           "{\"annotations\":{\"a\":\"b\"},\"always\":true},"
           "\"inherit\":\"lock\"}]}";
  cleanup_policy struct policy *policy = NULL;
  cleanup_free char *deep = NULL;
  bool all = true;

  for (size_t i = 0; i < sizeof refused_rows / sizeof refused_rows[0]; i++)
    ok (refused (refused_rows[i].policy, strlen (refused_rows[i].policy),
                 refused_rows[i].id, refused_rows[i].message),
        refused_rows[i].what);
  deep = xasprintf (V1 ",\"rules\":%0*d}", 2 * JSON_MAX_DEPTH, 0);
  memset (strchr (deep, '0'), '[', JSON_MAX_DEPTH);
  memset (strchr (deep, '0'), ']', JSON_MAX_DEPTH);
  ok (refused (deep, strlen (deep), REFUSAL_policy_syntax, NULL), "too deep");
  ok (refused ("{\"version\": 1}\0", 15, REFUSAL_policy_syntax, NULL),
      "a NUL behind it");
  for (size_t i = 0; i < sizeof whole - 1; i++)
    all = all && refused (whole, i, REFUSAL_policy_syntax, NULL);
  ok (all, "truncated anywhere");
  ok (policy_parse (whole, sizeof whole - 1, "p", &policy, NULL) == 0,
      "and whole it is read");
  ok (policy_parse ("{", 1, "p", &policy, NULL) < 0, "without a struct error");
}

int
main (void)
{
  test_settings ();
  test_runtime ();
  test_refused ();
  printf ("1..%d\n", row);
  return failures != 0;
}
