/* SPDX-License-Identifier: Apache-2.0 */
/* Published ports: the configuration has no member for them, so they are
 * seen where engines leave a trace (FACTS 7). */
#include <config.h>

#include <stdint.h>
#include <string.h>

#include "plan.h"

/* JSON arrays of mappings: where they stand, and the names of the two ports in
 * it.  The first ones are annotations: nerdctl pkg/labels, CRI-O
 * internal/annotations, the kubelet's of a container; the others are files:
 * the same of CRI-O in another configuration, and nerdctl
 * pkg/netutil/networkstore, whose array may be a member portMappings. */
static const struct format
{
  const char *where, *host_port, *container_port, *protocol;
} formats[] = {
  { "nerdctl/ports", "HostPort", "ContainerPort", "Protocol" },
  { "io.kubernetes.cri-o.PortMappings", "HostPort", "ContainerPort",
    "Protocol" },
  { "io.kubernetes.container.ports", "hostPort", "containerPort", "protocol" },
  { "io.kubernetes.cri-o.PortMappings of the pod's sandbox", "HostPort",
    "ContainerPort", "Protocol" },
  { "network-config.json of nerdctl", "HostPort", "ContainerPort",
    "Protocol" },
};
enum
{
  ANNOTATIONS = 3,
  FORMAT_SANDBOX = ANNOTATIONS,
  FORMAT_NERDCTL
};

static int
port_of (const struct json_doc *doc, json_node mapping, const char *name,
         uint64_t *port)
{
  json_node node;
  int found = json_get (doc, mapping, name, JSON_NUMBER, &node, NULL);

  *port = 0;
  if (found <= 0)
    return found;
  return json_uint64 (doc, node, port);
}

/* Kubernetes fills in the same port twice for hostNetwork, which maps nothing.
 * In a pod with a network of its own that is a mapping like any other. */
static bool
is_host_network_pod (const struct plan *plan)
{
  return engine_surely_kubernetes (&plan->engine)
         && (plan->facts->relation == NETNS_HOST
             || plan->facts->relation == NETNS_HOST_PATH);
}

/* 1 when MAPPING publishes a port, described in *WHAT (caller frees). */
static int
judge_mapping (const struct plan *plan, const struct json_doc *doc,
               json_node mapping, const struct format *format, char **what)
{
  cleanup_free char *protocol = NULL;
  uint64_t host_port, container_port;
  json_node node;

  if (json_kind (doc, mapping) != JSON_OBJECT
      || port_of (doc, mapping, format->host_port, &host_port) < 0
      || port_of (doc, mapping, format->container_port,
                  &container_port)
             < 0
      || json_get (doc, mapping, format->protocol, JSON_STRING, &node,
                   NULL)
             < 0)
    return -1;
  /* Without a host port it only informs. */
  if (host_port == 0
      || (host_port == container_port && is_host_network_pod (plan)))
    return 0;
  protocol = node == JSON_NONE ? xstrndup ("tcp", 3) : json_string (doc, node);
  *what = xasprintf ("host port %ju/%s", (uintmax_t) host_port,
                     escape (protocol).text);
  return 1;
}

/* 1 when MAPPING names a port of the container that only the host's root can
 * bind, described in *WHAT. */
static int
judge_low_port (const struct plan *plan, const struct json_doc *doc,
                json_node mapping, const struct format *format, char **what)
{
  uint64_t port;

  if (json_kind (doc, mapping) != JSON_OBJECT
      || port_of (doc, mapping, format->container_port, &port) < 0)
    return -1;
  if (port == 0 || port >= plan->facts->userns.first_port)
    return 0;
  *what = xasprintf ("%ju", (uintmax_t) port);
  return 1;
}

typedef int judge_function (const struct plan *plan,
                            const struct json_doc *doc, json_node mapping,
                            const struct format *format, char **what);

/* docker's words for what podman and docker only warn of; WHAT is published
 * by WHERE. */
static int
refuse_port (const struct plan *plan, const char *what, const char *where,
             struct error *err)
{
  if (plan->settings->published_ports == PORTS_WARN)
    return error_refuse (err, SENTENCE_ports_discarded, what, where);
  return error_refuse (err, SENTENCE_ports_published, what, where);
}

/* The array of mappings in DOC; JSON_NONE for none, -1 when there is something
 * else. */
static int
find_array (const struct json_doc *doc, const struct format *format,
            json_node *array)
{
  *array = 0;
  if (format == &formats[FORMAT_NERDCTL] && json_kind (doc, 0) == JSON_OBJECT)
    return json_get (doc, 0, "portMappings", JSON_ARRAY, array, NULL) < 0 ? -1
                                                                          : 0;
  return json_kind (doc, 0) == JSON_ARRAY ? 0 : -1;
}

/* Go writes null for no mappings. */
static bool
is_nothing (const char *text)
{
  static const char space[] = " \t\n";

  text += strspn (text, space);
  if (strncmp (text, "null", 4) == 0)
    text += 4;
  return text[strspn (text, space)] == '\0';
}

static int
check_text (const struct plan *plan, const char *text,
            const struct format *format, judge_function *judge,
            struct error *err)
{
  cleanup_json struct json_doc doc = JSON_DOC_INIT;
  cleanup_free char *what = NULL;
  json_node array = JSON_NONE;
  int found = 0;

  if (is_nothing (text))
    return 0;
  if (json_index (&doc, text, strlen (text), false, NULL) < 0
      || find_array (&doc, format, &array) < 0)
    found = -1;
  for (json_node n = found < 0 ? JSON_NONE : json_first (&doc, array);
       n != JSON_NONE && found == 0; n = json_next (&doc, n))
    found = judge (plan, &doc, n, format, &what);
  if (found < 0)
    return error_refuse (err, SENTENCE_ports_unreadable, format->where);
  if (found > 0 && judge == judge_low_port)
    return error_refuse (err, SENTENCE_userns_port, what, format->where,
                         plan->facts->userns.first_port);
  return found > 0 ? refuse_port (plan, what, format->where, err) : 0;
}

static int
check_mappings (const struct plan *plan, json_node annotation,
                const struct format *format, judge_function *judge,
                struct error *err)
{
  cleanup_free char *text = NULL;

  if (json_kind (plan->config, annotation) != JSON_STRING)
    return error_refuse (err, SENTENCE_ports_unreadable, format->where);
  text = json_string (plan->config, annotation);
  return check_text (plan, text, format, judge, err);
}

static int
check_annotation (const struct plan *plan, json_node annotation,
                  struct error *err)
{
  for (size_t f = 0; f < ANNOTATIONS; f++)
    if (json_key_is (plan->config, annotation, formats[f].where))
      return check_mappings (plan, annotation, &formats[f], judge_mapping,
                             err);
  if (!json_key_is (plan->config, annotation,
                    "io.podman.annotations.publish-all")
      || json_string_is (plan->config, annotation, "FALSE")
      || json_string_is (plan->config, annotation, ""))
    return 0;
  if (!json_string_is (plan->config, annotation, "TRUE"))
    return error_refuse (err, SENTENCE_ports_unreadable,
                         "io.podman.annotations.publish-all");
  return refuse_port (plan, "every exposed port of the image",
                      "`podman run --publish-all`", err);
}

/* What stands elsewhere than in the configuration. */
static int
check_facts (const struct plan *plan, struct error *err)
{
  const struct port_facts *facts = &plan->facts->ports;

  if (facts->unknown.message != NULL)
    return error_refuse (err, facts->unknown.id, "%s",
                         facts->unknown.message);
  if (facts->reserved != NULL)
    return refuse_port (plan, facts->reserved, "`podman run --publish`", err);
  if (facts->sandbox != NULL
      && check_text (plan, facts->sandbox, &formats[FORMAT_SANDBOX],
                     judge_mapping, err)
             < 0)
    return -1;
  return facts->nerdctl == NULL
             ? 0
             : check_text (plan, facts->nerdctl, &formats[FORMAT_NERDCTL],
                           judge_mapping, err);
}

int
ports_check (const struct plan *plan, struct error *err)
{
  if (plan->request->publish != JSON_NONE)
    {
      cleanup_free char *value
          = json_string (plan->config, plan->request->publish);

      return refuse_port (plan, escape (value).text,
                          "the annotation io.oci-hostnet.publish", err);
    }
  for (json_node n = json_first (plan->config, plan->annotations);
       n != JSON_NONE; n = json_next (plan->config, n))
    if (check_annotation (plan, n, err) < 0)
      return -1;
  return check_facts (plan, err);
}

int
ports_check_privileged (const struct plan *plan, struct error *err)
{
  for (json_node n = json_first (plan->config, plan->annotations);
       n != JSON_NONE; n = json_next (plan->config, n))
    for (size_t f = 0; f < ANNOTATIONS; f++)
      if (json_key_is (plan->config, n, formats[f].where)
          && check_mappings (plan, n, &formats[f], judge_low_port, err) < 0)
        return -1;
  return 0;
}
