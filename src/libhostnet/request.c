/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "request.h"

#include <string.h>

#include "port_list.h"

enum key
{
  KEY_NETWORK,
  KEY_LOCK,
  KEY_PUBLISH,
  KEY_APPLIED,
  KEY_SERVICE_ACCOUNT,
  KEY_LISTEN,
  KEY_CONNECT
};

static const char *const network_values[] = { "host", NULL };

/* DESIGN.md, Annotations. */
static const struct
{
  const char *name;
  enum key key;
  const char *const *values; /* what it may be, NULL ends; NULL: anything */
} keys[] = {
  { "network", KEY_NETWORK, network_values },
  { "lock", KEY_LOCK, lock_names },
  { "publish", KEY_PUBLISH, NULL },
  { "applied", KEY_APPLIED, NULL },
  { "service-account", KEY_SERVICE_ACCOUNT, NULL },
  { "listen", KEY_LISTEN, NULL },
  { "connect", KEY_CONNECT, NULL },
};

/* Which of the values that row I offers stands there: its place, or -1. */
static int
value_of (const struct json_doc *doc, json_node node, size_t i)
{
  for (int v = 0; keys[i].values != NULL && keys[i].values[v] != NULL; v++)
    if (json_string_is (doc, node, keys[i].values[v]))
      return v;
  return -1;
}

static int
refuse_value (const struct json_doc *doc, json_node node, size_t i,
              struct error *err)
{
  cleanup_free char *value = json_string (doc, node);
  cleanup_free char *offered = xasprintf ("`%s`", keys[i].values[0]);

  for (size_t v = 1; keys[i].values[v] != NULL; v++)
    {
      cleanup_free char *before = offered;

      offered = xasprintf ("%s%s`%s`", before,
                           keys[i].values[v + 1] ? ", " : " or ",
                           keys[i].values[v]);
    }
  return error_refuse (err, SENTENCE_request_value, keys[i].name,
                       escape (value).text, offered);
}

static int
check_ports (const struct json_doc *doc, json_node node, const char *name,
             struct error *err)
{
  cleanup_port_list struct port_list list = PORT_LIST_INIT;
  cleanup_free char *value = json_string (doc, node);

  return port_list_parse (value, name, &list, err);
}

static int
read_key (const struct json_doc *doc, json_node node, struct request *request,
          struct error *err)
{
  cleanup_free char *name = json_key (doc, node);
  int value;
  const char *suffix = name + strlen (REQUEST_PREFIX);
  size_t i = 0;

  while (i < sizeof keys / sizeof *keys && strcmp (keys[i].name, suffix) != 0)
    i++;
  if (i == sizeof keys / sizeof *keys)
    return error_refuse (err, SENTENCE_request_unknown, escape (name).text);
  if (json_kind (doc, node) != JSON_STRING)
    return error_refuse (err, SENTENCE_request_value, suffix, "no string",
                         "a string");
  request->any |= keys[i].key != KEY_SERVICE_ACCOUNT;
  value = value_of (doc, node, i);
  if (keys[i].values != NULL && value < 0)
    return refuse_value (doc, node, i, err);
  if ((keys[i].key == KEY_LISTEN || keys[i].key == KEY_CONNECT)
      && check_ports (doc, node, suffix, err) < 0)
    return -1;
  if (keys[i].key == KEY_NETWORK)
    request->network = true;
  else if (keys[i].key == KEY_LOCK)
    {
      request->wants_lock = true;
      request->lock = (enum lock) value;
    }
  else if (keys[i].key == KEY_PUBLISH)
    request->publish = node;
  else if (keys[i].key == KEY_APPLIED)
    request->applied = node;
  else if (keys[i].key == KEY_LISTEN)
    request->listen = node;
  else if (keys[i].key == KEY_CONNECT)
    request->connect = node;
  return 0;
}

int
request_read_annotations (const struct json_doc *doc, json_node annotations,
                          struct request *request, struct error *err)
{
  *request = (struct request){ .annotations = annotations,
                               .publish = JSON_NONE,
                               .applied = JSON_NONE,
                               .listen = JSON_NONE,
                               .connect = JSON_NONE };
  for (json_node n = json_first (doc, annotations); n != JSON_NONE;
       n = json_next (doc, n))
    if (json_key_starts (doc, n, REQUEST_PREFIX)
        && read_key (doc, n, request, err) < 0)
      return -1;
  return 0;
}

int
request_read (const struct json_doc *config, struct request *request,
              struct error *err)
{
  json_node annotations;

  if (json_get (config, 0, "annotations", JSON_OBJECT, &annotations, err) < 0)
    return -1;
  return request_read_annotations (config, annotations, request, err);
}
