/* SPDX-License-Identifier: Apache-2.0 */
/* The statements of a TOML text: by the examples of https://toml.io/en/v1.0.0
 * and by what engines' files look like. */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "libhostnet/error.h"
#include "libhostnet/toml.h"
#include "tap.h"

/* Each statement: its line, `[` for a header, the key, `=` and the value, and
 * an end of line.  "!N": no TOML in line N. */
static const struct
{
  const char *text, *statements;
} texts[] = {
  { "", "" },
  { "# only a comment", "" },
  { "\n\r\n \t# x\r\n", "" },
  { "version = 2\n", "1 version=2\n" },
  { "version=2", "1 version=2\n" },
  { "a = 1 # = [\nb = \"x # y\" # z\r\n", "1 a=1\n2 b=\"x # y\"\n" },
  { "[engine]\nhooks_dir = []\n", "1 [engine=\n2 engine.hooks_dir=[]\n" },
  { "[ a . \"b.c\" . 'd' ]\ne = true\n",
    "1 [a.\"b.c\".d=\n2 a.\"b.c\".d.e=true\n" },
  { "  [plugins.'io.containerd.grpc.v1.cri'.containerd] # x\n",
    "1 [plugins.\"io.containerd.grpc.v1.cri\".containerd=\n" },
  { "[[a]]\nb.c=1\n[d]\ne=2", "1 [a=\n2 a.b.c=1\n3 [d=\n4 d.e=2\n" },
  { "a = [ \"]\", # ]\n 'x',\n]\nb = 1\n",
    "1 a=[ \"]\", # ]\n 'x',\n]\n4 b=1\n" },
  { "a = {b = [1, {c = \"}\"}]}\n", "1 a={b = [1, {c = \"}\"}]}\n" },
  { "a = \"\"\"\n[b]\nc = 1\n\"\"\"\nd = 2",
    "1 a=\"\"\"\n[b]\nc = 1\n\"\"\"\n5 d=2\n" },
  { "a = '''x'y''z'''''\nb = 1", "1 a='''x'y''z'''''\n2 b=1\n" },
  { "a = \"\\\" = \\\\\"\nb = '\\'\n", "1 a=\"\\\" = \\\\\"\n2 b='\\'\n" },
  { "\"a b\" = 1\n\"a-b\" = 2\n", "1 \"a b\"=1\n2 a-b=2\n" },
  { "a = 1979-05-27T07:32:00Z\n", "1 a=1979-05-27T07:32:00Z\n" },
  /* what is none */
  { "a", "!1" },
  { "a = 1\nb =\n", "1 a=1\n!2" },
  { "= 1\n", "!1" },
  { "a = [1,\n2\n", "!3" },
  { "a = \"x\n", "!1" },
  { "a = \"\"\"x\n", "!1" },
  { "a = ]\n", "!1" },
  { "[a\n", "!1" },
  { "[a] b = 1\n", "!1" },
  { "[[a]\n", "!1" },
  { "[]\n", "!1" },
  { "a b = 1\n", "!1" },
  { "{\"a\": 1}\n", "!1" },
};

static char *
statements_of (const char *text)
{
  cleanup_toml struct toml toml;
  char *all = xstrndup ("", 0);
  int more;

  toml_start (&toml, text);
  while ((more = toml_next (&toml)) > 0)
    {
      char *longer = xasprintf ("%s%u %s%s=%.*s\n", all, toml.start_line,
                                toml.header ? "[" : "", toml.key,
                                (int)toml.value_length, toml.value);

      free (all);
      all = longer;
    }
  if (more < 0)
    {
      char *longer = xasprintf ("%s!%u", all, toml.line);

      free (all);
      all = longer;
    }
  return all;
}

static void
test_values (void)
{
  cleanup_toml struct toml toml;

  toml_start (&toml, "a = [\"x\", 'y/z', # \"not\"\n \"with \\\" inside\"]\n");
  tap_ok (toml_next (&toml) > 0 && toml_value_has (&toml, "x")
              && toml_value_has (&toml, "y/z")
              && toml_value_has (&toml, "with \\\" inside"),
          "strings of an array");
  tap_ok (!toml_value_has (&toml, "not"), "none of a comment");
  tap_ok (!toml_value_has (&toml, "y") && !toml_value_has (&toml, ""),
          "none of a part");
  tap_ok (!toml_value_is (&toml, "[") && toml_next (&toml) == 0, "the end");
}

int
main (void)
{
  for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
    {
      cleanup_free char *found = statements_of (texts[i].text);
      cleanup_free char *name = xasprintf ("text %zu", i);

      if (!tap_ok (strcmp (found, texts[i].statements) == 0, name))
        printf ("# %s\n# instead of\n# %s\n", found, texts[i].statements);
    }
  test_values ();
  return tap_end ();
}
