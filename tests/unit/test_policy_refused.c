/* SPDX-License-Identifier: Apache-2.0 */
/* What no policy may say: broken texts, wrong values, unknown members, and the
 * sentence with the place.  TAP. */
#include <config.h>

#include "policy_match.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tap.h"

#define V1 "{\"version\": 1"

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
  { "trailing comma", V1 ",\n }", REFUSAL_policy_syntax,
    "the policy p: the JSON text has an error in line 2, column 2 (byte 17): "
    "invalid object key (must be a string): mend it" },
  { "duplicate key", V1 ",\n \"version\": 1}", REFUSAL_policy_syntax,
    "the policy p: the JSON text has the key `version` twice in one object, "
    "again in line 2, column 2, and crun and runc read different ones: keep "
    "one" },
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
    "the policy p lacks in the object of line 1, column 1 the member "
    "`version`: give 1" },
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
    "the policy p lacks in the object of line 1, column 49 the member "
    "`rules/1/when`: give an object with at least one of `always`, `annotations`, `args` and `kubernetes`" },
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
  /* the members that came with modes; D is a default, W the `when` of a rule */
#define D(text) V1 ",\"default\":{" text "}}"
#define W(text) V1 ",\"rules\":[{\"when\":{" text "}}]}"
#define AT(column, member, give)                                              \
  "the policy p has in line 1, column " column " a wrong value for `" member  \
  "`: give " give
#define UNKNOWN(column, member, hint)                                         \
  "the policy p has in line 1, column " column " the unknown member `"        \
  member "`: " hint
  { "privateNetAdmin true", D ("\"privateNetAdmin\":true"),
    REFUSAL_policy_value,
    AT ("44", "privateNetAdmin", "`leave`, `report` or `refuse`") },
  { "privateNetAdmin reprot", D ("\"privateNetAdmin\":\"reprot\""),
    REFUSAL_policy_value,
    AT ("44", "privateNetAdmin",
        "`leave`, `report` or `refuse` (did you mean `report`?)") },
  { "privateNetAdmin null", D ("\"privateNetAdmin\":null"),
    REFUSAL_policy_value, NULL },
  { "privateNetAdmin allow", D ("\"privateNetAdmin\":\"allow\""),
    REFUSAL_policy_value, NULL },
  { "privateNetadmin", D ("\"privateNetadmin\":\"leave\""),
    REFUSAL_policy_unknown_member,
    UNKNOWN ("44", "privateNetadmin", "did you mean `privateNetAdmin`?") },
  { "portConflicts report", D ("\"portConflicts\":\"report\""),
    REFUSAL_policy_value,
    AT ("42", "portConflicts", "`refuse`, `warn` or `ignore`") },
  { "listen no array", D ("\"listen\":\"80/tcp\""), REFUSAL_policy_value,
    AT ("35", "listen",
        "an array of ports such as `80/tcp`, `8000-8010/tcp` and "
        "`127.0.0.1:9000/tcp`") },
  { "listen of a number", D ("\"listen\":[\"80/tcp\",80]"),
    REFUSAL_policy_value, NULL },
  { "listen of none", D ("\"listen\":[\"80/tcp\",\"80\"]"),
    REFUSAL_policy_value,
    AT ("45", "listen",
        "an array of ports such as `80/tcp`, `8000-8010/tcp` and "
        "`127.0.0.1:9000/tcp`, and not `80`, which has no protocol") },
  { "listen of several in one", D ("\"listen\":[\"1/tcp,2/tcp\"]"),
    REFUSAL_policy_value, NULL },
  { "listen twice", D ("\"listen\":[\"1-5/tcp\",\"3/tcp\"]"),
    REFUSAL_policy_value, NULL },
  { "hostObjects show", D ("\"hostObjects\":\"show\""), REFUSAL_policy_value,
    AT ("40", "hostObjects", "`report` or `refuse`") },
  { "hostObjects refused", D ("\"hostObjects\":\"refused\""),
    REFUSAL_policy_value,
    AT ("40", "hostObjects", "`report` or `refuse` (did you mean `refuse`?)") },
  { "hostObjects of an array", D ("\"hostObjects\":[]"),
    REFUSAL_policy_value, NULL },
  { "hostObject", D ("\"hostObject\":\"report\""),
    REFUSAL_policy_unknown_member,
    UNKNOWN ("39", "hostObject", "did you mean `hostObjects`?") },
  { "mode Observe", D ("\"mode\":\"Observe\""), REFUSAL_policy_value,
    AT ("33", "mode", "`enforce` or `observe` (did you mean `observe`?)") },
  { "mode false", D ("\"mode\":false"), REFUSAL_policy_value,
    AT ("33", "mode", "`enforce` or `observe`") },
  { "mode at the top", V1 ",\"mode\":\"observe\"}",
    REFUSAL_policy_unknown_member, NULL },
  { "dns hosts", D ("\"dns\":\"hosts\""), REFUSAL_policy_value,
    AT ("32", "dns", "`host` or `keep` (did you mean `host`?)") },
  { "admission 1", V1 ",\"admission\":1}", REFUSAL_policy_value,
    AT ("27", "admission", "true or false") },
  { "admission as a string", V1 ",\"admission\":\"true\"}",
    REFUSAL_policy_value, NULL },
  { "admission null", V1 ",\"admission\":null}", REFUSAL_policy_value, NULL },
  { "admission in default", D ("\"admission\":true"),
    REFUSAL_policy_unknown_member, NULL },
  { "admision", V1 ",\"admision\":true}", REFUSAL_policy_unknown_member,
    UNKNOWN ("26", "admision", "did you mean `admission`?") },
  { "args empty", W ("\"args\":[]"), REFUSAL_policy_value,
    AT ("40", "args",
        "an array of patterns, one for each of process.args, at least one") },
  { "args a string", W ("\"args\":\"a\""), REFUSAL_policy_value, NULL },
  { "args of a number", W ("\"args\":[\"a\",1]"), REFUSAL_policy_value,
    AT ("45", "args",
        "an array of patterns, one for each of process.args, at least one") },
  { "arg", W ("\"arg\":[\"a\"]"), REFUSAL_policy_unknown_member,
    UNKNOWN ("39", "arg", "did you mean `args`?") },
  { "kubernetes empty", W ("\"kubernetes\":{}"), REFUSAL_policy_value,
    AT ("46", "kubernetes",
        "false, or an object with `namespaces`, `serviceAccounts` or both") },
  { "kubernetes true", W ("\"kubernetes\":true"), REFUSAL_policy_value, NULL },
  { "kubernetes \"false\"", W ("\"kubernetes\":\"false\""),
    REFUSAL_policy_value, NULL },
  { "kubernetes null", W ("\"kubernetes\":null"), REFUSAL_policy_value, NULL },
  { "kubernete", W ("\"kubernete\":{}"), REFUSAL_policy_unknown_member,
    UNKNOWN ("45", "kubernete", "did you mean `kubernetes`?") },
  { "namespaces a string", W ("\"kubernetes\":{\"namespaces\":\"a\"}"),
    REFUSAL_policy_value,
    AT ("60", "namespaces", "an array of patterns, at least one") },
  { "namespaces empty", W ("\"kubernetes\":{\"namespaces\":[]}"),
    REFUSAL_policy_value, NULL },
  { "namespaces of null", W ("\"kubernetes\":{\"namespaces\":[null]}"),
    REFUSAL_policy_value, NULL },
  { "serviceAccounts empty",
    W ("\"kubernetes\":{\"namespaces\":[\"a\"],\"serviceAccounts\":[]}"),
    REFUSAL_policy_value,
    AT ("84", "serviceAccounts", "an array of patterns, at least one") },
  { "serviceAccounts of an object",
    W ("\"kubernetes\":{\"serviceAccounts\":[{}]}"), REFUSAL_policy_value,
    NULL },
  { "serviceaccounts", W ("\"kubernetes\":{\"serviceaccounts\":[\"a\"]}"),
    REFUSAL_policy_unknown_member,
    UNKNOWN ("65", "serviceaccounts", "did you mean `serviceAccounts`?") },
  { "pods", W ("\"kubernetes\":{\"pods\":[\"a\"]}"),
    REFUSAL_policy_unknown_member,
    UNKNOWN ("54", "pods", "known here are namespaces, serviceAccounts") },
  { "namespaces in when", W ("\"namespaces\":[\"a\"]"),
    REFUSAL_policy_unknown_member, NULL },
  { "a wrong default and a wrong rule: the first is told",
    V1 ",\"rules\":[{}],\"default\":{\"mode\":1}}", REFUSAL_policy_missing,
    NULL },
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
    tap_ok (refused (refused_rows[i].policy, strlen (refused_rows[i].policy),
                 refused_rows[i].id, refused_rows[i].message),
        refused_rows[i].what);
  deep = xasprintf (V1 ",\"rules\":%0*d}", 2 * JSON_MAX_DEPTH, 0);
  memset (strchr (deep, '0'), '[', JSON_MAX_DEPTH);
  memset (strchr (deep, '0'), ']', JSON_MAX_DEPTH);
  tap_ok (refused (deep, strlen (deep), REFUSAL_policy_syntax, NULL), "too deep");
  tap_ok (refused ("{\"version\": 1}\0", 15, REFUSAL_policy_syntax, NULL),
      "a NUL behind it");
  for (size_t i = 0; i < sizeof whole - 1; i++)
    all = all && refused (whole, i, REFUSAL_policy_syntax, NULL);
  tap_ok (all, "truncated anywhere");
  tap_ok (policy_parse (whole, sizeof whole - 1, "p", &policy, NULL) == 0,
      "and whole it is read");
  tap_ok (policy_parse ("{", 1, "p", &policy, NULL) < 0, "without a struct error");
}

int
main (void)
{
  test_refused ();
  return tap_end ();
}
