/* SPDX-License-Identifier: Apache-2.0 */
/* Every capability that libcap-ng and this kernel know, in every set: stays
 * or goes as DESIGN.md says. */
#include <config.h>

#include <cap-ng.h>
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "libhostnet/capabilities.h"
#include "libhostnet/plan.h"
#include "tap.h"

/* DESIGN.md "The locks": those that may stay. */
static const char staying[]
    = " chown dac_override fowner fsetid kill setuid setgid setpcap setfcap "
      "sys_chroot net_bind_service audit_write ipc_lock sys_nice sys_resource "
      "lease wake_alarm block_suspend ";

static bool
stays (const char *name, const char *set, unsigned kept)
{
  cleanup_error struct error err = ERROR_INIT;
  struct json_doc doc = JSON_DOC_INIT;
  struct policy_settings settings = { .keep_capabilities = kept };
  struct plan plan
      = { .config = &doc, .process = 0, .settings = &settings };
  cleanup_free char *text
      = xasprintf ("{\"capabilities\":{\"%s\":[\"%s\"]}}", set, name);
  bool result;

  if (json_index (&doc, text, strlen (text), false, &err) < 0
      || capabilities_plan (&plan, &err) < 0)
    abort ();
  result = plan.edits.count == 0;
  if (result == plan.loses_capability)
    abort ();
  json_edits_clear (&plan.edits);
  json_clear (&doc);
  return result;
}

int
main (void)
{
  static const char *const sets[]
      = { "bounding", "effective", "inheritable", "permitted", "ambient" };

  for (unsigned number = 0; number <= CAP_LAST_CAP; number++)
    {
      const char *short_name = capng_capability_to_name (number);
      cleanup_free char *name = xasprintf ("CAP_%s", short_name);
      cleanup_free char *word = xasprintf (" %s ", short_name);
      bool expected = strstr (staying, word) != NULL, right = true;

      for (char *c = name; *c != '\0'; c++)
        *c = (char) toupper ((unsigned char) *c);
      for (unsigned s = 0; s < 5; s++)
        right &= stays (name, sets[s], 0) == expected;
      right &= capability_is_harmless (number) == expected;
      tap_ok (right, name);
    }
  tap_ok (!stays ("CAP_FUTURE", "bounding", 0), "an unknown name goes");
  tap_ok (!stays ("cap_chown", "bounding", 0), "so does another spelling");
  tap_ok (stays ("CAP_NET_RAW", "bounding", KEEP_NET_RAW)
              && stays ("CAP_MKNOD", "bounding", KEEP_MKNOD)
              && stays ("CAP_SYS_PTRACE", "bounding", KEEP_SYS_PTRACE),
          "the policy keeps what can be kept");
  tap_ok (!stays ("CAP_NET_ADMIN", "bounding", ~0U)
              && !stays ("CAP_SYS_ADMIN", "bounding", ~0U),
          "and never NET_ADMIN or SYS_ADMIN");
  return tap_end ();
}
