/* SPDX-License-Identifier: Apache-2.0 */
/* Any text as the state that createRuntime and prestart hooks read.  A `@` in
 * it is the directory with the bundles locked, asks, plain, private and
 * broken. */
#include <config.h>

#include "fuzz.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "libhostnet/guard.h"
#include "libhostnet/trail.h"
#include "scratch.h"
#include "tree.h"

/* Nothing is logged from here. */
void
trail_write (const struct record *record)
{
  MUST (record->program != NULL && record->message != NULL);
}

#define ASKS "\"annotations\":{\"io.oci-hostnet.network\":\"host\"}"
#define NETWORK                                                               \
  "\"linux\":{\"namespaces\":[{\"type\":\"network\"},{\"type\":\"mount\"}]}"
#define HOST "\"linux\":{\"namespaces\":[{\"type\":\"mount\"}]}"

static const struct
{
  const char *name, *text;
} bundles[] = {
  { "asks/config.json", "{" ASKS "," HOST "}" },
  { "private/config.json", "{" NETWORK "}" },
  { "plain/config.json", "{" HOST "}" },
  { "broken/config.json", "{" ASKS "," },
};

static void
write_bundles (void)
{
  cleanup_judgement struct judgement j = JUDGEMENT_INIT;
  cleanup_error struct error err = ERROR_INIT;
  cleanup_free char *edited = NULL;
  const char *text = bundles[0].text;
  size_t length;

  for (size_t i = 0; i < sizeof bundles / sizeof *bundles; i++)
    scratch_write (bundles[i].name, bundles[i].text,
                   strlen (bundles[i].text));
  MUST (policy_parse ("{\"version\":1}", 13, "p", &j.policy, &err) == 0);
  MUST (judge (text, strlen (text), NULL, CALLER_APPLY, 0, &j, &err) == 0);
  MUST (j.decision.verdict == VERDICT_EDIT);
  edited = judgement_apply (&j, &length);
  scratch_write ("locked/config.json", edited, length);
}

/* The caller frees. */
static char *
insert_directory (const char *text, size_t size, size_t *length)
{
  struct json_buffer whole = JSON_BUFFER_INIT;

  json_buffer_text (&whole, "");
  for (size_t i = 0; i < size; i++)
    if (text[i] == '@')
      json_buffer_text (&whole, scratch_directory ());
    else
      json_buffer_bytes (&whole, text + i, 1);
  *length = whole.length;
  return whole.text;
}

/* ---- what must be so of a state that was let through ---- */

static bool
is_bundle (yajl_val bundle, const char *name)
{
  cleanup_free char *wanted = xasprintf ("%s/%s", scratch_directory (), name);
  cleanup_free char *real
      = YAJL_IS_STRING (bundle) ? realpath (bundle->u.string, NULL) : NULL;

  return real != NULL && strcmp (real, wanted) == 0;
}

static bool
is_on_our_network (yajl_val pid)
{
  cleanup_free char *path = NULL;
  struct stat own, other;

  if (!YAJL_IS_NUMBER (pid))
    return false;
  path = xasprintf ("/proc/%s/ns/net", pid->u.number.r);
  return stat ("/proc/self/ns/net", &own) == 0 && stat (path, &other) == 0
         && own.st_dev == other.st_dev && own.st_ino == other.st_ino;
}

static void
check_annotations (yajl_val annotations)
{
  static const char prefix[] = "io.oci-hostnet.";
  static const char *const known[] = { "network", "lock",    "publish",
                                       "applied", "listen",  "connect",
                                       "service-account" };

  MUST (annotations == NULL || YAJL_IS_OBJECT (annotations)
        || YAJL_IS_NULL (annotations));
  for (size_t i = 0;
       YAJL_IS_OBJECT (annotations) && i < annotations->u.object.len; i++)
    {
      const char *key = annotations->u.object.keys[i];
      bool found = strncmp (key, prefix, strlen (prefix)) != 0;

      for (size_t k = 0; !found && k < sizeof known / sizeof *known; k++)
        found = strcmp (key + strlen (prefix), known[k]) == 0;
      MUST (found);
    }
}

static void
check_passed (const char *text, size_t length)
{
  cleanup_tree yajl_val state = tree_read (text, length);
  yajl_val annotations, bundle;
  bool asks;

  MUST (YAJL_IS_OBJECT (state));
  annotations = tree_get (state, "annotations");
  bundle = tree_get (state, "bundle");
  asks = tree_string_is (tree_get (annotations, "io.oci-hostnet.network"),
                         "host");
  check_annotations (annotations);
  MUST (!asks || is_bundle (bundle, "locked"));
  MUST (!asks || is_on_our_network (tree_get (state, "pid")));
  /* what the bundle says and the state does not */
  MUST (asks || (!is_bundle (bundle, "locked") && !is_bundle (bundle, "asks")));
  if (!YAJL_IS_OBJECT (annotations))
    MUST (is_bundle (bundle, "plain") || is_bundle (bundle, "private"));
}

int
fuzz_hook_state (const uint8_t *data, size_t size)
{
  static bool prepared;
  cleanup_error struct error err = ERROR_INIT;
  cleanup_occasion struct occasion occasion
      = { .program = "oci-hostnet-hook", .command = "createRuntime" };
  cleanup_free char *text = NULL;
  size_t length;
  int result;

  if (!prepared)
    write_bundles ();
  prepared = true;
  text = insert_directory ((const char *) data, size, &length);
  result = guard (text, length, &occasion, &err);
  MUST (result == 0 || result == -1);
  MUST ((result < 0) == (err.id != REFUSAL_NONE && err.message != NULL));
  if (result == 0)
    check_passed (text, length);
  return 0;
}
