/* SPDX-License-Identifier: Apache-2.0 */
/* Ports as annotations and policy spell them: 80/tcp, 53/udp, 8000-8010/tcp,
 * 127.0.0.1:9000/tcp, [::1]:9000/tcp; several with commas between. */
#ifndef HOSTNET_PORT_LIST_H
#define HOSTNET_PORT_LIST_H

#include <stdbool.h>
#include <stddef.h>

#include "error.h"

enum
{
  PORT_LIST_MAX = 256 /* entries */
};

struct port_range
{
  bool tcp; /* else UDP */
  unsigned first, last;
  int family; /* AF_UNSPEC: any address, AF_INET, AF_INET6 */
  unsigned char address[16]; /* in network order; what is left over is 0 */
};

struct port_list
{
  struct port_range *list;
  size_t count;
};

#define PORT_LIST_INIT { NULL, 0 }
#define cleanup_port_list __attribute__ ((cleanup (port_list_clear)))

/* One entry, LENGTH bytes of TEXT.  NULL, or what is wrong with it, for a
 * person. */
const char *port_range_parse (const char *text, size_t length,
                              struct port_range *range);

/* Adds RANGE, which must have nothing in common with what is there.  NULL, or
 * what is wrong with it. */
const char *port_list_add (struct port_list *list,
                           const struct port_range *range);

/* Parses TEXT as the annotations listen and connect have it; NAME is the
 * annotation's, behind io.oci-hostnet., for messages.  Refused: nothing at all,
 * a space elsewhere than beside a comma, port 0 or above 65535, numbers with
 * leading zeros, ranges from high to low, another protocol, zone ids, IPv4 in
 * IPv6 addresses, the same port twice at the same address, more than
 * PORT_LIST_MAX entries. */
int port_list_parse (const char *text, const char *name,
                     struct port_list *list, struct error *err);
void port_list_clear (struct port_list *list);

/* Whether LIST has PORT at ADDRESS, or at any.  FAMILY AF_UNSPEC: asks for any
 * address, which only an entry without one has. */
bool port_list_holds (const struct port_list *list, bool tcp, int family,
                      const unsigned char *address, unsigned port);

/* The same of all ports of RANGE: 0, or the first that it has not. */
unsigned port_list_lacks (const struct port_list *list,
                          const struct port_range *range);

/* As it is spelled; the caller frees. */
char *port_range_text (const struct port_range *range);

#endif
