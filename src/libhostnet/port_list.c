/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "port_list.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

/* A decimal number up to 65535 at *AT, before END; 0: there is none. */
static unsigned
read_port (const char **at, const char *end)
{
  unsigned port = 0;

  if (*at == end || **at == '0') /* 080 is 64 for some */
    return 0;
  for (; *at < end && **at >= '0' && **at <= '9'; ++*at)
    if ((port = port * 10 + (unsigned) (**at - '0')) > 65535)
      return 0;
  return port;
}

/* What stands before the port: NULL, or what is wrong. */
static const char *
read_address (const char *text, size_t length, struct port_range *range)
{
  char copy[INET6_ADDRSTRLEN];
  bool v6 = length > 1 && text[0] == '[' && text[length - 1] == ']';

  if (v6)
    {
      text++;
      length -= 2;
    }
  if (memchr (text, '%', length) != NULL)
    return "which has a zone id";
  if (length >= sizeof copy)
    return "whose address is none";
  memcpy (copy, text, length);
  copy[length] = '\0';
  range->family = v6 ? AF_INET6 : AF_INET;
  /* inet_pton(3) takes no leading zeros and nothing but four numbers */
  if (strlen (copy) != length
      || inet_pton (range->family, copy, range->address) != 1)
    return "whose address is none (IPv6 ones stand in brackets)";
  /* ::ffff:1.2.3.4 is 1.2.3.4 for a dual-stack socket, and nothing for others;
   * ::1.2.3.4 is IPv6 of old */
  if (v6 && memcmp (range->address, "\0\0\0\0\0\0\0\0\0\0\xff\xff", 12) == 0)
    return "whose address is IPv4 written as IPv6";
  return NULL;
}

static const char *
read_protocol (const char *text, size_t length, struct port_range *range)
{
  range->tcp = length == 3 && memcmp (text, "tcp", 3) == 0;
  if (!range->tcp && (length != 3 || memcmp (text, "udp", 3) != 0))
    return "whose protocol is neither tcp nor udp";
  return NULL;
}

const char *
port_range_parse (const char *text, size_t length, struct port_range *range)
{
  const char *end = text + length, *slash = memrchr (text, '/', length);
  const char *colon, *wrong, *at = text;

  *range = (struct port_range){ .family = AF_UNSPEC };
  if (length == 0)
    return "which is empty";
  if (slash == NULL)
    return "which has no protocol";
  wrong = read_protocol (slash + 1, (size_t) (end - slash - 1), range);
  if (wrong != NULL)
    return wrong;
  colon = memrchr (text, ':', (size_t) (slash - text));
  if (colon != NULL)
    {
      wrong = read_address (text, (size_t) (colon - text), range);
      if (wrong != NULL)
        return wrong;
      at = colon + 1;
    }
  range->first = range->last = read_port (&at, slash);
  if (range->first != 0 && at < slash && *at == '-')
    {
      at++;
      range->last = read_port (&at, slash);
    }
  if (range->first == 0 || range->last == 0 || at != slash)
    return "whose port is none from 1 to 65535";
  return range->first > range->last ? "whose range goes from high to low"
                                    : NULL;
}

static bool
same_place (const struct port_range *a, const struct port_range *b)
{
  return a->tcp == b->tcp && a->family == b->family
         && memcmp (a->address, b->address, sizeof a->address) == 0;
}

const char *
port_list_add (struct port_list *list, const struct port_range *range)
{
  if (list->count == PORT_LIST_MAX)
    return "which is one too many";
  for (size_t i = 0; i < list->count; i++)
    if (same_place (&list->list[i], range)
        && list->list[i].first <= range->last
        && range->first <= list->list[i].last)
      return "which has a port that is there already";
  list->list = xrealloc (list->list, (list->count + 1) * sizeof *list->list);
  list->list[list->count++] = *range;
  return NULL;
}

int
port_list_parse (const char *text, const char *name, struct port_list *list,
                 struct error *err)
{
  *list = (struct port_list) PORT_LIST_INIT;
  for (const char *at = text;;)
    {
      size_t all = strcspn (at, ","), length = all;
      struct port_range range;
      const char *wrong;

      while (at[all] == ',' && length > 0 && at[length - 1] == ' ')
        length--;
      wrong = port_range_parse (at, length, &range);
      if (wrong == NULL)
        wrong = port_list_add (list, &range);
      if (wrong != NULL)
        {
          port_list_clear (list);
          return error_refuse (err, SENTENCE_request_ports, name,
                               escape_n (at, length).text, wrong);
        }
      if (at[all] == '\0')
        return 0;
      at += all + 1;
      at += strspn (at, " ");
    }
}

void
port_list_clear (struct port_list *list)
{
  free (list->list);
  *list = (struct port_list) PORT_LIST_INIT;
}

/* Whether A is where B is, or everywhere. */
static bool
covers_place (const struct port_range *a, const struct port_range *b)
{
  return a->family == AF_UNSPEC ? a->tcp == b->tcp : same_place (a, b);
}

unsigned
port_list_lacks (const struct port_list *list, const struct port_range *range)
{
  unsigned port = range->first;
  size_t i = 0;

  while (port <= range->last && i < list->count)
    if (covers_place (&list->list[i], range) && list->list[i].first <= port
        && port <= list->list[i].last)
      {
        port = list->list[i].last + 1;
        i = 0;
      }
    else
      i++;
  return port <= range->last ? port : 0;
}

bool
port_list_holds (const struct port_list *list, bool tcp, int family,
                 const unsigned char *address, unsigned port)
{
  struct port_range range
      = { .tcp = tcp, .first = port, .last = port, .family = family };

  if (family != AF_UNSPEC)
    memcpy (range.address, address,
            family == AF_INET ? sizeof (struct in_addr)
                              : sizeof (struct in6_addr));
  return port_list_lacks (list, &range) == 0;
}

char *
port_range_text (const struct port_range *range)
{
  char address[INET6_ADDRSTRLEN] = "", ports[16];

  if (range->family != AF_UNSPEC)
    inet_ntop (range->family, range->address, address, sizeof address);
  snprintf (ports, sizeof ports, range->first == range->last ? "%u" : "%u-%u",
            range->first, range->last);
  return xasprintf ("%s%s%s%s%s/%s", range->family == AF_INET6 ? "[" : "",
                    address, range->family == AF_INET6 ? "]" : "",
                    range->family == AF_UNSPEC ? "" : ":", ports,
                    range->tcp ? "tcp" : "udp");
}
