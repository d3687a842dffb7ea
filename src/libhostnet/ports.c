/* SPDX-License-Identifier: Apache-2.0 */
/* Published ports: the configuration has no member for them, so they are
 * seen where engines leave a trace (FACTS 7). */
#include <config.h>

#include <stdint.h>
#include <string.h>

#include "plan.h"

/* Annotations whose value is a JSON array of mappings, with the names of the
 * two ports in it.  oci-specs: nerdctl pkg/labels, CRI-O
 * internal/annotations, the kubelet's container annotation. */
static const struct
{
  const char *annotation, *host_port, *container_port, *protocol;
} formats[] = {
  { "nerdctl/ports", "HostPort", "ContainerPort", "Protocol" },
  { "io.kubernetes.cri-o.PortMappings", "HostPort", "ContainerPort",
    "Protocol" },
  { "io.kubernetes.container.ports", "hostPort", "containerPort", "protocol" },
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

/* 1 when MAPPING publishes a port, described in *WHAT (caller frees). */
static int
judge_mapping (const struct plan *plan, const struct json_doc *doc,
               json_node mapping, size_t format, char **what)
{
  cleanup_free char *protocol = NULL;
  uint64_t host_port, container_port;
  json_node node;

  if (json_kind (doc, mapping) != JSON_OBJECT
      || port_of (doc, mapping, formats[format].host_port, &host_port) < 0
      || port_of (doc, mapping, formats[format].container_port,
                  &container_port)
             < 0
      || json_get (doc, mapping, formats[format].protocol, JSON_STRING, &node,
                   NULL)
             < 0)
    return -1;
  /* Without a host port it only informs; Kubernetes fills in the same port
   * twice for hostNetwork, which maps nothing. */
  if (host_port == 0
      || (plan->engine == ENGINE_KUBERNETES && host_port == container_port))
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
                json_node mapping, size_t format, char **what)
{
  uint64_t port;

  if (json_kind (doc, mapping) != JSON_OBJECT
      || port_of (doc, mapping, formats[format].container_port, &port) < 0)
    return -1;
  if (port == 0 || port >= plan->facts->userns.first_port)
    return 0;
  *what = xasprintf ("%ju", (uintmax_t) port);
  return 1;
}

typedef int judge_function (const struct plan *plan,
                            const struct json_doc *doc, json_node mapping,
                            size_t format, char **what);

static int
check_mappings (const struct plan *plan, json_node annotation, size_t format,
                judge_function *judge, struct error *err)
{
  cleanup_json struct json_doc doc = JSON_DOC_INIT;
  cleanup_free char *text = NULL, *what = NULL;
  int found = 0;

  if (json_kind (plan->config, annotation) != JSON_STRING)
    return error_refuse (err, SENTENCE_ports_unreadable,
                         formats[format].annotation);
  text = json_string (plan->config, annotation);
  if (text[0] == '\0' || strcmp (text, "null") == 0)
    return 0;
  if (json_index (&doc, text, strlen (text), false, NULL) < 0
      || json_kind (&doc, 0) != JSON_ARRAY)
    found = -1;
  for (json_node n = found < 0 ? JSON_NONE : json_first (&doc, 0);
       n != JSON_NONE && found == 0; n = json_next (&doc, n))
    found = judge (plan, &doc, n, format, &what);
  if (found < 0)
    return error_refuse (err, SENTENCE_ports_unreadable,
                         formats[format].annotation);
  if (found > 0 && judge == judge_low_port)
    return error_refuse (err, SENTENCE_userns_port, what,
                         formats[format].annotation,
                         plan->facts->userns.first_port);
  if (found > 0)
    return error_refuse (err, SENTENCE_ports_published, what,
                         formats[format].annotation);
  return 0;
}

static int
check_annotation (const struct plan *plan, json_node annotation,
                  struct error *err)
{
  for (size_t f = 0; f < sizeof formats / sizeof *formats; f++)
    if (json_key_is (plan->config, annotation, formats[f].annotation))
      return check_mappings (plan, annotation, f, judge_mapping, err);
  if (!json_key_is (plan->config, annotation,
                    "io.podman.annotations.publish-all")
      || json_string_is (plan->config, annotation, "FALSE")
      || json_string_is (plan->config, annotation, ""))
    return 0;
  if (!json_string_is (plan->config, annotation, "TRUE"))
    return error_refuse (err, SENTENCE_ports_unreadable,
                         "io.podman.annotations.publish-all");
  return error_refuse (err, SENTENCE_ports_published,
                       "every exposed port of the image",
                       "`podman run --publish-all`");
}

int
ports_check (const struct plan *plan, struct error *err)
{
  if (plan->request->publish != JSON_NONE)
    {
      cleanup_free char *value
          = json_string (plan->config, plan->request->publish);

      return error_refuse (err, SENTENCE_ports_published, escape (value).text,
                           "the annotation io.oci-hostnet.publish");
    }
  if (plan->facts->inherited_port != NULL)
    return error_refuse (err, SENTENCE_ports_published,
                         plan->facts->inherited_port, "`podman run --publish`");
  for (json_node n = json_first (plan->config, plan->annotations);
       n != JSON_NONE; n = json_next (plan->config, n))
    if (check_annotation (plan, n, err) < 0)
      return -1;
  return 0;
}

int
ports_check_privileged (const struct plan *plan, struct error *err)
{
  for (json_node n = json_first (plan->config, plan->annotations);
       n != JSON_NONE; n = json_next (plan->config, n))
    for (size_t f = 0; f < sizeof formats / sizeof *formats; f++)
      if (json_key_is (plan->config, n, formats[f].annotation)
          && check_mappings (plan, n, f, judge_low_port, err) < 0)
        return -1;
  return 0;
}
