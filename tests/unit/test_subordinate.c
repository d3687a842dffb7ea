/* SPDX-License-Identifier: Apache-2.0 */
/* What /etc/subuid, /etc/subgid and the accounts may say.  TAP. */
#include <config.h>

#include "subordinate.h"

#include <string.h>

#include "tap.h"

static const struct
{
  const char *what, *text;
  enum refusal id; /* or REFUSAL_NONE, and then */
  uint32_t first;
} find_rows[] = {
  { "one line", "u:100000:65536\n", REFUSAL_NONE, 100000 },
  { "without a newline at the end", "u:100000:65536", REFUSAL_NONE, 100000 },
  { "more than are mapped", "u:100000:70000\n", REFUSAL_NONE, 100000 },
  { "the lowest", "u:65536:65536\n", REFUSAL_NONE, 65536 },
  { "the highest", "u:4294901758:65536\n", REFUSAL_NONE, 4294901758U },
  { "between others that touch it",
    "a:34464:65536\nu:100000:65536\nb:165536:65536\n", REFUSAL_NONE, 100000 },
  { "others share what of it is not mapped",
    "u:100000:65537\nb:165536:65536\n", REFUSAL_NONE, 100000 },
  { "another has none", "u:100000:65536\nb:100001:0\n", REFUSAL_NONE, 100000 },
  { "comments and blank lines", "# u:1:2\n\nu:100000:65536\n", REFUSAL_NONE,
    100000 },
  { "others whose name begins with it, and with which it begins",
    "uu:400000:65536\nu:100000:65536\nua:300000:1\n", REFUSAL_NONE, 100000 },

  { "empty", "", REFUSAL_subordinate_missing, 0 },
  { "of another only", "v:100000:65536\n", REFUSAL_subordinate_missing, 0 },
  { "only in capitals", "U:100000:65536\n", REFUSAL_subordinate_missing, 0 },
  { "only in a comment", "#u:100000:65536\n", REFUSAL_subordinate_missing, 0 },
  { "two lines", "u:100000:65536\nu:200000:65536\n",
    REFUSAL_subordinate_twice, 0 },
  { "the same line twice", "u:100000:65536\nu:100000:65536\n",
    REFUSAL_subordinate_twice, 0 },
  { "one too few", "u:100000:65535\n", REFUSAL_subordinate_few, 0 },
  { "none", "u:100000:0\n", REFUSAL_subordinate_few, 0 },
  { "the host's root", "u:0:4294967295\n", REFUSAL_subordinate_host, 0 },
  { "one too low", "u:65535:65537\n", REFUSAL_subordinate_host, 0 },
  { "one too high", "u:4294901759:65536\n", REFUSAL_subordinate_host, 0 },
  { "around", "u:4294967295:65536\n", REFUSAL_subordinate_host, 0 },
  { "its last id is another's", "u:100000:65536\nb:165535:1\n",
    REFUSAL_subordinate_shared, 0 },
  { "its first id is another's", "b:99999:2\nu:100000:65536\n",
    REFUSAL_subordinate_shared, 0 },
  { "inside of another's", "b:1:4294967295\nu:100000:65536\n",
    REFUSAL_subordinate_shared, 0 },
  { "another's is inside", "u:100000:65536\nb:120000:1\n",
    REFUSAL_subordinate_shared, 0 },
  { "two fields", "u:100000\n", REFUSAL_subordinate_line, 0 },
  { "four fields", "u:100000:65536:1\n", REFUSAL_subordinate_line, 0 },
  { "a colon at the end", "u:100000:65536:\n", REFUSAL_subordinate_line, 0 },
  { "no count", "u:100000:\n", REFUSAL_subordinate_line, 0 },
  { "no first", "u::65536\n", REFUSAL_subordinate_line, 0 },
  { "no name", ":100000:65536\n", REFUSAL_subordinate_line, 0 },
  { "octal, or is it", "u:0300000:65536\n", REFUSAL_subordinate_line, 0 },
  { "hexadecimal", "u:0x20000:65536\n", REFUSAL_subordinate_line, 0 },
  { "negative", "u:-65536:65536\n", REFUSAL_subordinate_line, 0 },
  { "a sign", "u:+100000:65536\n", REFUSAL_subordinate_line, 0 },
  { "a space", "u: 100000:65536\n", REFUSAL_subordinate_line, 0 },
  { "a space at the end", "u:100000:65536 \n", REFUSAL_subordinate_line, 0 },
  { "a carriage return", "u:100000:65536\r\n", REFUSAL_subordinate_line, 0 },
  { "2^32 and more", "u:4295067296:65536\n", REFUSAL_subordinate_line, 0 },
  { "2^64 and more", "u:18446744073709651616:65536\n",
    REFUSAL_subordinate_line, 0 },
  { "a broken line of another", "u:100000:65536\nb:100000:many\n",
    REFUSAL_subordinate_line, 0 },
};

static const struct
{
  const char *what, *text;
  bool good;
} account_rows[] = {
  { "no accounts", "", true },
  { "around it",
    "root:x:0:0:root:/root:/bin/sh\na:x:99999:1::/:/bin/sh\n"
    "b:x:165536:1::/:/bin/sh\n",
    true },
  { "its group only", "a:x:1000:100000::/:/bin/sh\n", true },
  { "without a number", "+::::::\n-\n\na:x:\n", true },
  { "the first", "a:x:100000:1::/:/bin/sh\n", false },
  { "the last", "a:x:1:1::/:/bin/sh\nb:x:165535:\n", false },
};

int
main (void)
{
  for (size_t i = 0; i < sizeof find_rows / sizeof *find_rows; i++)
    {
      cleanup_error struct error err = ERROR_INIT;
      uint32_t first = 0;
      int result = subordinate_find (&subordinate_uids, find_rows[i].text,
                                     "u", &first, &err);

      if (!tap_ok (err.id == find_rows[i].id
                       && result == (err.id == REFUSAL_NONE ? 0 : -1)
                       && first == find_rows[i].first,
                   find_rows[i].what))
        printf ("# %s\n", err.message != NULL ? err.message : "accepted");
    }
  for (size_t i = 0; i < sizeof account_rows / sizeof *account_rows; i++)
    {
      cleanup_error struct error err = ERROR_INIT;

      subordinate_check_accounts (&subordinate_gids, account_rows[i].text,
                                  "u", 100000, &err);
      tap_ok (account_rows[i].good
                  ? err.id == REFUSAL_NONE
                  : err.id == REFUSAL_subordinate_account
                        && strstr (err.message, "/etc/group") != NULL,
              account_rows[i].what);
    }
  return tap_end ();
}
