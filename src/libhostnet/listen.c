/* SPDX-License-Identifier: Apache-2.0 */
/* The ports that a container declares by io.oci-hostnet.listen: whether it may
 * have them, can bind them, and whether they are free. */
#include <config.h>

#include <string.h>

#include "plan.h"
#include "port_list.h"

/* ---- the policy ---- */

static int
check_policy (const struct plan *plan, const struct port_list *declared,
              struct error *err)
{
  const struct policy_settings *settings = plan->settings;

  for (size_t i = 0; i < declared->count; i++)
    for (size_t l = 0; l < settings->listen_count; l++)
      {
        struct port_range one = declared->list[i];
        unsigned port = port_list_lacks (settings->listen[l], &one);
        cleanup_free char *text = NULL;

        if (port == 0)
          continue;
        one.first = one.last = port;
        text = port_range_text (&one);
        return error_refuse (err, SENTENCE_listen_policy, text);
      }
  return 0;
}

/* ---- ports below net.ipv4.ip_unprivileged_port_start ---- */

/* capabilities(7), "Transformation of capabilities during execve()". */
enum binder
{
  BINDER_CAN,
  BINDER_MAY, /* when its program file has the capability (setcap(8)) */
  BINDER_CANNOT
};

static bool
has_capability (const struct plan *plan, const char *set)
{
  json_node capabilities, list;

  json_get (plan->config, plan->process, "capabilities", JSON_OBJECT,
            &capabilities, NULL);
  json_get (plan->config, capabilities, set, JSON_ARRAY, &list, NULL);
  for (json_node n = json_first (plan->config, list); n != JSON_NONE;
       n = json_next (plan->config, n))
    if (json_kind (plan->config, n) == JSON_STRING
        && json_string_is (plan->config, n, "CAP_NET_BIND_SERVICE"))
      return true;
  return false;
}

static enum binder
who_binds (const struct plan *plan)
{
  json_node user, uid, privileges;
  uint64_t id = 0;

  /* root has the bounding set, others what is ambient; a file brings what is in
   * the bounding set.  A lock takes CAP_NET_BIND_SERVICE from nobody. */
  if (!has_capability (plan, "bounding"))
    return BINDER_CANNOT;
  json_get (plan->config, plan->process, "user", JSON_OBJECT, &user, NULL);
  json_get (plan->config, user, "uid", JSON_NUMBER, &uid, NULL);
  if (uid == JSON_NONE || json_uint64 (plan->config, uid, &id) < 0 || id == 0
      || has_capability (plan, "ambient"))
    return BINDER_CAN;
  json_get (plan->config, plan->process, "noNewPrivileges", JSON_BOOLEAN,
            &privileges, NULL);
  return privileges != JSON_NONE && json_is_true (plan->config, privileges)
             ? BINDER_CANNOT
             : BINDER_MAY;
}

/* The first of them, or 0. */
static unsigned
low_port (const struct port_list *declared, unsigned first_port)
{
  for (size_t i = 0; i < declared->count; i++)
    if (declared->list[i].first < first_port)
      return declared->list[i].first;
  return 0;
}

/* 1: REPORT is filled. */
static int
check_low_ports (struct plan *plan, const struct port_list *declared,
                 bool locked, struct error *report, struct error *err)
{
  const struct listen_facts *facts = &plan->facts->listen;
  unsigned port = low_port (declared, facts->first_port);
  cleanup_free char *text = NULL;

  if (port == 0)
    return 0;
  if (plan_init (plan, err) < 0)
    return -1;
  text = xasprintf ("%u", port);
  if (plan->has_user || (plan->adds_user && locked) || plan->facts->rootless
      || !facts->own_reaches)
    return error_refuse (err, SENTENCE_userns_port, text,
                         "io.oci-hostnet.listen", facts->first_port);
  switch (who_binds (plan))
    {
    case BINDER_CANNOT:
      return error_refuse (err, SENTENCE_listen_capability, port,
                           facts->first_port);
    case BINDER_MAY:
      error_refuse (report, SENTENCE_listen_file_capability, port,
                    facts->first_port);
      return 1;
    default:
      return 0;
    }
}

/* ---- who is there ---- */

static int
check_conflict (const struct plan *plan, struct error *err)
{
  const struct listen_facts *facts = &plan->facts->listen;

  if (plan->settings->port_conflicts == PORT_CONFLICTS_IGNORE)
    return 0;
  if (facts->unknown.message != NULL)
    return error_refuse (err, facts->unknown.id, "%s",
                         facts->unknown.message);
  if (facts->port == NULL)
    return 0;
  /* podman's own socket, for which ports_check() has a better sentence */
  if (plan->facts->ports.reserved != NULL
      && plan->settings->published_ports == PORTS_REFUSE)
    return 0;
  error_refuse (err, SENTENCE_listen_taken, facts->port, facts->owner);
  return error_for_author (err, facts->port);
}

int
listen_check (struct plan *plan, bool locked, listen_report *report,
              void *data, struct error *err)
{
  cleanup_port_list struct port_list declared = PORT_LIST_INIT;
  cleanup_error struct error said = ERROR_INIT;
  cleanup_free char *text = NULL;
  int result;

  if (plan->request->listen == JSON_NONE)
    return 0;
  text = json_string (plan->config, plan->request->listen);
  if (port_list_parse (text, "listen", &declared, err) < 0
      || check_policy (plan, &declared, err) < 0)
    return -1;
  result = check_low_ports (plan, &declared, locked, &said, err);
  if (result < 0)
    return -1;
  if (result > 0)
    report (data, said.id, said.message);
  if (plan->settings->port_conflicts == PORT_CONFLICTS_REFUSE)
    return check_conflict (plan, err);
  if (check_conflict (plan, &said) < 0)
    report (data, said.id, said.message);
  return 0;
}
