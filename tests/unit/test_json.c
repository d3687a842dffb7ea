/* SPDX-License-Identifier: Apache-2.0 */
/* The index and the edits of a JSON text. */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "libhostnet/json.h"
#include "tap.h"

/* What is no text for us, and why. */
static const struct
{
  const char *text;
  enum refusal id; /* REFUSAL_NONE: accepted */
} texts[] = {
  { "{}", REFUSAL_NONE },
  { " {\"a\" : [ 1 , -2.5e3,true,null , \"x\\u0041\\n\" ] } ", REFUSAL_NONE },
  { "[]", REFUSAL_NONE },
  { "", REFUSAL_json_empty },
  { "   ", REFUSAL_json_empty },
  { "{", REFUSAL_json_empty },
  { "{\"a\":1", REFUSAL_json_empty },
  { "{\"a\":1}}", REFUSAL_json_syntax },
  { "{\"a\":1} x", REFUSAL_json_syntax },
  { "{\"a\":1}{}", REFUSAL_json_syntax },
  { "{\"a\" 1}", REFUSAL_json_syntax },
  { "{\"a\":1,}", REFUSAL_json_syntax },
  { "{'a':1}", REFUSAL_json_syntax },
  { "{\"a\":\"\xff\"}", REFUSAL_json_syntax },
  { "{\"a\":\"\t\"}", REFUSAL_json_syntax },
  { "{\"a\":/* x */1}", REFUSAL_json_syntax },
  { "{\f\"a\":1}", REFUSAL_json_space },
  { "{\"a\":\v1}", REFUSAL_json_space },
  { "12", REFUSAL_json_root },
  { "\"x\"", REFUSAL_json_root },
  { "{\"a\":1,\"a\":2}", REFUSAL_json_duplicate },
  { "{\"a\":1,\"\\u0061\":2}", REFUSAL_json_duplicate },
  { "{\"x\":{\"b\":1,\"a\":1,\"b\":2}}", REFUSAL_json_duplicate },
  { "{\"a\":1,\"b\":1,\"c\":1,\"d\":1,\"e\":1,\"f\":1,\"g\":1,\"h\":1,\"i\":1,"
    "\"j\":1,\"k\":1,\"l\":1,\"m\":1,\"n\":1,\"o\":1,\"p\":1,\"q\":1,\"a\":1}",
    REFUSAL_json_duplicate },
  { "{\"a\":1,\"b\":1,\"c\":1,\"d\":1,\"e\":1,\"f\":1,\"g\":1,\"h\":1,\"i\":1,"
    "\"j\":1,\"k\":1,\"l\":1,\"m\":1,\"n\":1,\"o\":1,\"p\":1,\"q\":1,\"aa\":1}",
    REFUSAL_NONE },
  { "{\"a\":\"x\\u0000y\"}", REFUSAL_json_nul },
  { "{\"a\\u0000\":1}", REFUSAL_json_nul },
};

static void
test_texts (void)
{
  for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
    {
      cleanup_error struct error err = ERROR_INIT;
      struct json_doc doc = JSON_DOC_INIT;
      int result = json_index (&doc, texts[i].text, strlen (texts[i].text),
                               false, &err);

      if (!tap_ok (err.id == texts[i].id
                       && (result == 0) == (texts[i].id == REFUSAL_NONE),
                   texts[i].text))
        printf ("# got %s\n", refusal_name (err.id));
      json_clear (&doc);
    }
}

static void
test_depth (void)
{
  cleanup_error struct error err = ERROR_INIT;
  struct json_doc doc = JSON_DOC_INIT;
  char text[2 * JSON_MAX_DEPTH + 3];

  memset (text, '[', JSON_MAX_DEPTH);
  memset (text + JSON_MAX_DEPTH, ']', JSON_MAX_DEPTH);
  tap_ok (json_index (&doc, text, (size_t) 2 * JSON_MAX_DEPTH, false, &err)
              == 0,
          "the deepest that is read");
  memset (text, '[', JSON_MAX_DEPTH + 1);
  memset (text + JSON_MAX_DEPTH + 1, ']', JSON_MAX_DEPTH + 1);
  tap_ok (json_index (&doc, text, (size_t) 2 * JSON_MAX_DEPTH + 2, false, &err)
                  < 0
              && err.id == REFUSAL_json_deep,
          "one level deeper");
  json_clear (&doc);
}

/* Keys that Go's encoding/json takes for `linux`, crun does not. */
static void
test_case (void)
{
  static const struct
  {
    const char *text, *key;
    int expected;
  } rows[] = {
    { "{\"linux\":{}}", "linux", 1 },
    { "{\"l\\u0069nux\":{}}", "linux", 1 },
    { "{\"Linux\":{}}", "linux", -1 },
    { "{\"linux\":{},\"LINUX\":{}}", "linux", -1 },
    { "{\"mount\\u017f\":{}}", "mounts", -1 },
    { "{\"mount\xC5\xBF\":{}}", "mounts", -1 },
    { "{\"hoo\xE2\x84\xAAs\":{}}", "hooks", -1 },
    { "{\"linux\":null}", "linux", 0 },
    { "{\"linux2\":{}}", "linux", 0 },
    { "{\"linux\":[]}", "linux", -1 },
    { "{}", "linux", 0 },
  };

  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
    {
      struct json_doc doc = JSON_DOC_INIT;
      json_node node;
      int found;

      json_index (&doc, rows[i].text, strlen (rows[i].text), false, NULL);
      found = json_get (&doc, 0, rows[i].key, JSON_OBJECT, &node, NULL);
      tap_ok ((found > 0) - (found < 0) == rows[i].expected, rows[i].text);
      json_clear (&doc);
    }
}

/* Every way to remove from a list of up to six elements, with and without
 * something added: the result is what joining the rest by hand gives. */
static void
test_removal (bool object, bool append)
{
  int wrong = 0;

  for (unsigned count = 0; count <= 6; count++)
    for (unsigned mask = 0; mask < 1U << count; mask++)
      {
        struct json_doc doc = JSON_DOC_INIT, again = JSON_DOC_INIT;
        struct json_edits edits = JSON_EDITS_INIT;
        char text[256], compact[256] = "", wanted[256];
        bool picked[6] = { false };
        cleanup_free char *result = NULL;
        size_t length, used = 0;
        const char *separator = "";

        strcpy (text, object ? "{ " : "[ ");
        strcpy (wanted, object ? "{" : "[");
        for (unsigned i = 0; i < count; i++)
          {
            char element[32];

            snprintf (element, sizeof element,
                      object ? "\"k%u\":\"v%u\"" : "\"v%u\"", i, i);
            strcat (text, i > 0 ? " , " : "");
            strcat (text, element);
            picked[i] = mask >> i & 1;
            if (picked[i])
              continue;
            strcat (strcat (wanted, separator), element);
            separator = ",";
          }
        strcat (text, object ? " }" : " ]");
        if (append)
          strcat (strcat (wanted, separator), object ? "\"n\":1" : "1");
        strcat (wanted, object ? "}" : "]");
        json_index (&doc, text, strlen (text), false, NULL);
        json_remove_children (&edits, &doc, 0, picked, "test");
        if (append && !object)
          json_append (&edits, &doc, 0, picked, "1", "test");
        if (append && object)
          json_add_member (&edits, &doc, 0, "n", "1", "test");
        if (!append || !object || mask == 0)
          {
            result = json_apply (&doc, &edits, &length);
            for (size_t i = 0; i < length; i++)
              if (result[i] != ' ')
                compact[used++] = result[i];
            wrong += strcmp (compact, wanted) != 0
                     || json_index (&again, result, length, false, NULL) < 0;
            if (strcmp (compact, wanted) != 0)
              printf ("# %s -> %s, not %s\n", text, compact, wanted);
          }
        json_edits_clear (&edits);
        json_clear (&again);
        json_clear (&doc);
      }
  tap_ok (wrong == 0, object ? append ? "members added" : "members removed"
                      : append ? "elements removed and added"
                               : "elements removed");
}

static void
test_escape (void)
{
  tap_ok (strcmp (escape ("a\nb\x1b[0m").text, "a\\x0ab\\x1b[0m") == 0,
          "control characters are shown");
  tap_ok (strcmp (escape ("x\xE2\x80\xAEy").text, "x\\xe2\\x80\\xaey") == 0,
          "so are bidirectional ones");
  tap_ok (strcmp (escape ("\xC3\xA9\xff").text, "\xC3\xA9\\xff") == 0,
          "UTF-8 stays, what is none is shown");
  tap_ok (strlen (escape ("0123456789012345678901234567890123456789"
                          "0123456789012345678901234567890123456789")
                      .text)
              == 67,
          "64 characters and three dots");
}

static void
test_strings (void)
{
  static const struct
  {
    const char *text, *json;
  } rows[] = { { "", "\"\"" },
               { "plain /\xC3\xA9", "\"plain /\xC3\xA9\"" },
               { "\"", "\"\\\"\"" },
               { "a\\\"b\\", "\"a\\\\\\\"b\\\\\"" },
               { "\x01x\n\x1F\x7F", "\"\\u0001x\\u000a\\u001f\\u007f\"" } };

  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
    {
      struct json_buffer buffer = JSON_BUFFER_INIT;
      cleanup_free char *what = xasprintf ("written: %s", rows[i].json);

      json_buffer_string (&buffer, rows[i].text);
      tap_ok (strcmp (buffer.text, rows[i].json) == 0, what);
      free (buffer.text);
    }
}

static void
test_comments (void)
{
  static const char text[]
      = "// one\n{\"a\":/*/ 2 */1, /* x */ \"b\" /**/ : // y\n 23}";
  struct json_doc doc = JSON_DOC_INIT;
  json_node a, b;
  uint64_t x = 0, y = 0;

  tap_ok (json_index (&doc, text, strlen (text), true, NULL) == 0
              && json_get (&doc, 0, "a", JSON_NUMBER, &a, NULL) > 0
              && json_get (&doc, 0, "b", JSON_NUMBER, &b, NULL) > 0
              && json_uint64 (&doc, a, &x) == 0
              && json_uint64 (&doc, b, &y) == 0 && x == 1 && y == 23,
          "comments between any two tokens");
  json_clear (&doc);
}

/* Whoever asks for a member that is not there has JSON_NONE. */
static void
test_absent (void)
{
  static const char text[] = "{\"op\":\"\"}";
  static const char *const names[] = { "", "a", NULL };
  struct json_doc doc = JSON_DOC_INIT;
  json_node node;

  tap_ok (json_index (&doc, text, strlen (text), false, NULL) == 0
              && json_get (&doc, 0, "none", JSON_STRING, &node, NULL) == 0
              && !json_string_is (&doc, node, "")
              && !json_string_is (&doc, node, "a")
              && !json_string_is_one_of (&doc, node, names),
          "what is not there is no string");
  json_clear (&doc);
}

int
main (void)
{
  test_texts ();
  test_depth ();
  test_case ();
  test_removal (false, false);
  test_removal (true, false);
  test_removal (false, true);
  test_removal (true, true);
  test_escape ();
  test_strings ();
  test_comments ();
  test_absent ();
  return tap_end ();
}
