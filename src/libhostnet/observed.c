/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "observed.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>

#include "json.h"

#define FIELD(member) offsetof (struct observed, member)
static const struct
{
  const char *key;
  size_t field;
} fields[] = {
  { "kind", FIELD (kind) },
  { "time", FIELD (time) },
  { "container", FIELD (container) },
  { "engine", FIELD (engine) },
  { "pod", FIELD (pod) },
  { "namespace", FIELD (pod_namespace) },
  { "serviceAccount", FIELD (service_account) },
  { "args", FIELD (args) },
  { "reason_id", FIELD (reason_id) },
  { "message", FIELD (message) },
  { "settings", FIELD (settings) },
};
enum { FIELDS = sizeof fields / sizeof *fields };

/* Of a string what it says, of an object or array its text. */
static char *
text_of (const struct json_doc *doc, json_node node)
{
  const struct json_member *m = &doc->members[node];

  switch (json_kind (doc, node))
    {
    case JSON_STRING:
      return json_string (doc, node);
    case JSON_OBJECT:
    case JSON_ARRAY:
      return xstrndup (doc->text + m->start, m->end - m->start);
    default:
      return NULL;
    }
}

static int
read_line (const char *line, size_t length, observed_each *each, void *arg,
           unsigned *unreadable, struct error *err)
{
  cleanup_json struct json_doc doc = JSON_DOC_INIT;
  struct observed observed = { 0 };
  char *values[FIELDS] = { NULL };
  int result;

  if (json_index (&doc, line, length, false, NULL) < 0
      || json_kind (&doc, 0) != JSON_OBJECT)
    {
      ++*unreadable;
      return 0;
    }
  for (json_node n = json_first (&doc, 0); n != JSON_NONE;
       n = json_next (&doc, n))
    for (size_t f = 0; f < FIELDS; f++)
      if (json_key_is (&doc, n, fields[f].key))
        {
          values[f] = text_of (&doc, n);
          *(const char **) ((char *) &observed + fields[f].field) = values[f];
        }
  result = each (&observed, arg, err);
  for (size_t f = 0; f < FIELDS; f++)
    free (values[f]);
  return result;
}

int
observed_read (FILE *in, observed_each *each, void *arg, unsigned *unreadable,
               struct error *err)
{
  cleanup_free char *line = NULL;
  size_t capacity = 0;
  ssize_t length;
  int result = 0;

  *unreadable = 0;
  while (result >= 0 && (length = getline (&line, &capacity, in)) >= 0)
    {
      if (length > 0 && line[length - 1] == '\n')
        length--;
      if (length > 0)
        result
            = read_line (line, (size_t) length, each, arg, unreadable, err);
    }
  if (result >= 0 && ferror (in))
    return error_system (err, errno, SENTENCE_system,
                         "reading the observations");
  return result;
}
