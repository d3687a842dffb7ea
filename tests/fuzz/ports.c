/* SPDX-License-Identifier: Apache-2.0 */
/* Any text as a list of ports (io.oci-hostnet.listen, connect) or as what an
 * engine writes of published ones.  The first byte says which, the second in
 * what kind of container. */
#include <config.h>

#include "fuzz.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <regex.h>
#include <string.h>
#include <strings.h>

#include "libhostnet/plan.h"
#include "libhostnet/port_list.h"
#include "tree.h"

/* ---- lists: the same language once more, as a regular expression ---- */
#define NUMBER "([1-9][0-9]{0,4})"
static const char entry_pattern[]
    = "^(([0-9.]+|\\[[0-9a-fA-F:.]+\\]):)?" NUMBER "(-" NUMBER ")?/(tcp|udp)$";
enum { GROUP_ADDRESS = 2, GROUP_FIRST, GROUP_LAST = 5, GROUP_PROTOCOL, GROUPS };

static unsigned
number_of (const char *text, const regmatch_t *match)
{
  cleanup_free char *copy = xstrndup (text + match->rm_so,
                                      (size_t) (match->rm_eo - match->rm_so));

  return (unsigned) atoi (copy);
}

static bool
read_address (const char *text, const regmatch_t *match,
              struct port_range *range)
{
  bool v6 = text[match->rm_so] == '[';
  cleanup_free char *copy
      = xstrndup (text + match->rm_so + v6,
                  (size_t) (match->rm_eo - match->rm_so) - 2 * v6);
  struct in6_addr six;
  struct in_addr four;

  range->family = v6 ? AF_INET6 : AF_INET;
  if (!v6)
    {
      if (inet_pton (AF_INET, copy, &four) != 1)
        return false;
      memcpy (range->address, &four, sizeof four);
      return true;
    }
  if (inet_pton (AF_INET6, copy, &six) != 1 || IN6_IS_ADDR_V4MAPPED (&six))
    return false;
  memcpy (range->address, &six, sizeof six);
  return true;
}

static bool
read_entry (const char *text, struct port_range *range)
{
  static regex_t pattern;
  static bool compiled;
  regmatch_t match[GROUPS];

  if (!compiled)
    MUST (regcomp (&pattern, entry_pattern, REG_EXTENDED) == 0);
  compiled = true;
  *range = (struct port_range) { .family = AF_UNSPEC };
  if (regexec (&pattern, text, GROUPS, match, 0) != 0)
    return false;
  range->tcp = text[match[GROUP_PROTOCOL].rm_so] == 't';
  range->first = range->last = number_of (text, &match[GROUP_FIRST]);
  if (match[GROUP_LAST].rm_so >= 0)
    range->last = number_of (text, &match[GROUP_LAST]);
  return range->last <= 65535 && range->first <= range->last
         && (match[GROUP_ADDRESS].rm_so < 0
             || read_address (text, &match[GROUP_ADDRESS], range));
}

static bool
same_range (const struct port_range *a, const struct port_range *b)
{
  return a->tcp == b->tcp && a->first == b->first && a->last == b->last
         && a->family == b->family
         && memcmp (a->address, b->address, sizeof a->address) == 0;
}

static bool
overlap (const struct port_range *a, const struct port_range *b)
{
  return a->tcp == b->tcp && a->family == b->family
         && memcmp (a->address, b->address, sizeof a->address) == 0
         && !(a->last < b->first || b->last < a->first);
}

/* The ranges in TEXT, or -1 when it is no list. */
static int
read_list (const char *text, struct port_range ranges[PORT_LIST_MAX])
{
  cleanup_free char *copy = xstrndup (text, strlen (text));
  char *at = copy;
  int count = 0;

  for (;;)
    {
      char *comma = strchr (at, ',');

      if (comma != NULL)
        *comma = '\0';
      for (size_t end = strlen (at);
           comma != NULL && end > 0 && at[end - 1] == ' '; end--)
        at[end - 1] = '\0';
      if (count == PORT_LIST_MAX || !read_entry (at, &ranges[count]))
        return -1;
      for (int i = 0; i < count; i++)
        if (overlap (&ranges[i], &ranges[count]))
          return -1;
      count++;
      if (comma == NULL)
        return count;
      at = comma + 1;
      while (*at == ' ')
        at++;
    }
}

/* Spelled as we spell it, it is the same list. */
static void
check_spelling (const struct port_list *list)
{
  struct json_buffer text = JSON_BUFFER_INIT;
  cleanup_port_list struct port_list again = PORT_LIST_INIT;

  for (size_t i = 0; i < list->count; i++)
    {
      cleanup_free char *one = port_range_text (&list->list[i]);

      json_buffer_text (&text, i > 0 ? "," : "");
      json_buffer_text (&text, one);
    }
  MUST (port_list_parse (text.text, "listen", &again, NULL) == 0);
  MUST (again.count == list->count);
  for (size_t i = 0; i < list->count; i++)
    MUST (same_range (&list->list[i], &again.list[i]));
  free (text.text);
}

static void
check_list (const char *text)
{
  static struct port_range ranges[PORT_LIST_MAX];
  cleanup_port_list struct port_list list = PORT_LIST_INIT;
  cleanup_error struct error err = ERROR_INIT;
  int count = read_list (text, ranges);
  int result = port_list_parse (text, "listen", &list, &err);

  MUST ((result < 0) == (err.id != REFUSAL_NONE));
  MUST ((result < 0) == (count < 0));
  if (result < 0)
    return;
  MUST (list.count == (size_t) count);
  for (size_t i = 0; i < list.count; i++)
    {
      const struct port_range *range = &list.list[i];

      MUST (same_range (range, &ranges[i]));
      MUST (port_list_lacks (&list, range) == 0);
      MUST (port_list_holds (&list, range->tcp, range->family, range->address,
                             range->first));
      MUST (port_list_holds (&list, range->tcp, range->family, range->address,
                             range->last));
    }
  check_spelling (&list);
}

/* ---- what engines write ---- */
static const struct
{
  const char *annotation; /* NULL: a file of the engine */
  const char *host, *container, *protocol;
} formats[] = {
  { "nerdctl/ports", "HostPort", "ContainerPort", "Protocol" },
  { "io.kubernetes.cri-o.PortMappings", "HostPort", "ContainerPort",
    "Protocol" },
  { "io.kubernetes.container.ports", "hostPort", "containerPort",
    "protocol" },
  { NULL, "HostPort", "ContainerPort", "Protocol" }, /* CRI-O's sandbox */
  { NULL, "HostPort", "ContainerPort", "Protocol" }, /* nerdctl's network */
};
enum
{
  FORMATS = sizeof formats / sizeof *formats,
  SANDBOX = 3,
  NERDCTL
};

/* What any reader could take for the port KEY of MAPPING, as it is spelled. */
static const char *
loose_port (yajl_val mapping, const char *key)
{
  for (size_t i = 0; YAJL_IS_OBJECT (mapping) && i < mapping->u.object.len;
       i++)
    if (strcasecmp (mapping->u.object.keys[i], key) == 0
        && YAJL_IS_NUMBER (mapping->u.object.values[i]))
      {
        const char *port = mapping->u.object.values[i]->u.number.r;

        if (strtod (port, NULL) != 0)
          return port;
      }
  return "0";
}

/* Exactly what the engine itself would write. */
static bool
is_clean (yajl_val mapping, size_t format)
{
  if (!YAJL_IS_OBJECT (mapping))
    return false;
  for (size_t i = 0; i < mapping->u.object.len; i++)
    {
      const char *key = mapping->u.object.keys[i];
      yajl_val value = mapping->u.object.values[i];
      bool port = strcmp (key, formats[format].host) == 0
                  || strcmp (key, formats[format].container) == 0;

      for (size_t j = 0; j < i; j++)
        if (strcmp (mapping->u.object.keys[j], key) == 0)
          return false;
      if (port ? !YAJL_IS_INTEGER (value)
                     || value->u.number.r[0] == '-'
               : strcmp (key, formats[format].protocol) != 0
                     || !YAJL_IS_STRING (value))
        return false;
    }
  return true;
}

static yajl_val
array_of (yajl_val tree, size_t format)
{
  yajl_val array = tree;

  if (format == NERDCTL && YAJL_IS_OBJECT (tree))
    array = tree_get (tree, "portMappings");
  return YAJL_IS_ARRAY (array) ? array : NULL;
}

struct case_of
{
  size_t format;
  bool kubernetes, host;
  yajl_val array; /* NULL: none */
};

static bool
publishes (const struct case_of *one, yajl_val mapping)
{
  const char *host = loose_port (mapping, formats[one->format].host);
  const char *container = loose_port (mapping, formats[one->format].container);

  return strcmp (host, "0") != 0
         && !(one->kubernetes && one->host && strcmp (host, container) == 0);
}

static void
check_result (const struct case_of *one, const char *text, int result,
              const struct error *err)
{
  yajl_val array = one->array;
  bool published = false, named = false;
  /* yajl takes two characters for space that JSON does not */
  bool clean = array != NULL && strpbrk (text, "\v\f") == NULL;

  for (size_t i = 0; array != NULL && i < array->u.array.len; i++)
    {
      yajl_val mapping = array->u.array.values[i];
      cleanup_free char *words
          = xasprintf ("host port %s/",
                       loose_port (mapping, formats[one->format].host));

      clean &= is_clean (mapping, one->format);
      published |= publishes (one, mapping);
      named |= err->message != NULL && strstr (err->message, words) != NULL;
    }
  if (result == 0)
    MUST (!published);
  else if (err->id == REFUSAL_ports_unreadable)
    MUST (!clean);
  else
    MUST (err->id == REFUSAL_ports_published && named);
}

static void
check_privileged (const struct plan *plan, const struct case_of *one,
                  bool readable)
{
  cleanup_error struct error err = ERROR_INIT;
  bool low = false;
  int result = ports_check_privileged (plan, &err);

  MUST ((result < 0) == (err.id != REFUSAL_NONE));
  for (size_t i = 0; one->array != NULL && i < one->array->u.array.len; i++)
    {
      double port = strtod (loose_port (one->array->u.array.values[i],
                                        formats[one->format].container),
                            NULL);

      low |= port > 0 && port < plan->facts->userns.first_port;
    }
  if (readable && formats[one->format].annotation != NULL)
    MUST ((result < 0) == low);
}

static void
check_mappings (const char *text, size_t format, unsigned kind)
{
  struct case_of one = { format, (kind & 1) != 0, (kind & 2) != 0, NULL };
  struct json_buffer config_text = JSON_BUFFER_INIT;
  cleanup_json struct json_doc config = JSON_DOC_INIT;
  cleanup_error struct error err = ERROR_INIT;
  cleanup_tree yajl_val tree = tree_read (text, strlen (text));
  struct policy_settings settings = { .published_ports = PORTS_REFUSE };
  struct request request = { .publish = JSON_NONE };
  struct facts facts = FACTS_INIT;
  struct plan plan = { .config = &config, .request = &request,
                       .facts = &facts, .settings = &settings };
  int result;

  one.array = array_of (tree, format);
  facts.relation = one.host ? NETNS_HOST : NETNS_OTHER;
  facts.userns.first_port = PORT_FIRST_UNPRIVILEGED;
  plan.engine = (struct engine_verdict){ ENGINE_CRIO, one.kubernetes,
                                         one.kubernetes };
  facts.ports.sandbox = format == SANDBOX ? (char *) text : NULL;
  facts.ports.nerdctl = format == NERDCTL ? (char *) text : NULL;
  json_buffer_text (&config_text, "{\"annotations\":{");
  if (formats[format].annotation != NULL)
    {
      json_buffer_string (&config_text, formats[format].annotation);
      json_buffer_text (&config_text, ":");
      json_buffer_string (&config_text, text);
    }
  json_buffer_text (&config_text, "}}");
  if (json_index (&config, config_text.text, config_text.length, false, NULL)
      == 0)
    {
      MUST (json_get (&config, 0, "annotations", JSON_OBJECT,
                      &plan.annotations, NULL)
            > 0);
      result = ports_check (&plan, &err);
      MUST ((result < 0) == (err.id != REFUSAL_NONE && err.message != NULL));
      check_result (&one, text, result, &err);
      check_privileged (&plan, &one,
                        result == 0 && one.array != NULL);
    }
  free (config_text.text);
}

int
fuzz_ports (const uint8_t *data, size_t size)
{
  size_t format = size > 0 ? (uint8_t) (data[0] - '0') % (FORMATS + 1) : 0;
  unsigned kind = size > 1 ? data[1] : 0;
  cleanup_free char *text = size > 2
                                ? xstrndup ((const char *) data + 2, size - 2)
                                : xstrndup ("", 0);

  if (format == FORMATS)
    check_list (text);
  else
    check_mappings (text, format, kind);
  return 0;
}
