/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "port_table.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "answer.h"
#include "json.h"
#include "port_table_parts.h"
#include "sock_diag.h"
#include "socket_owners.h"

struct table
{
  struct inet_sockets sockets;
  struct socket_owner *owners; /* by inode */
  struct declarers declarers;
  size_t conflicts;
};

/* ---- what there is ---- */

static int
compare_sockets (const void *a, const void *b)
{
  const struct inet_socket *x = a, *y = b;

  if (x->tcp != y->tcp)
    return x->tcp ? -1 : 1;
  if (x->port != y->port)
    return x->port < y->port ? -1 : 1;
  if (x->family != y->family)
    return x->family < y->family ? -1 : 1;
  return memcmp (x->address, y->address, sizeof x->address);
}

static int
collect (struct table *table, struct error *err)
{
  const unsigned tcp = 1U << SOCKET_LISTEN | 1U << SOCKET_BOUND_INACTIVE;

  if (sock_diag_list (true, tcp, 1, 65535, &table->sockets) < 0
      || sock_diag_list (false, 1U << SOCKET_CLOSE, 1, 65535, &table->sockets)
             < 0)
    return error_system (err, errno, SENTENCE_ports_sockets);
  if (table->sockets.count > 0)
    qsort (table->sockets.list, table->sockets.count,
           sizeof *table->sockets.list, compare_sockets);
  table->owners = xcalloc (table->sockets.count + 1, sizeof *table->owners);
  for (size_t i = 0; i < table->sockets.count; i++)
    table->owners[i].inode = table->sockets.list[i].inode;
  socket_owners_find (table->owners, table->sockets.count);
  declarers_find (&table->declarers);
  return 0;
}

static pid_t
pid_of (const struct table *table, const struct inet_socket *socket)
{
  for (size_t i = 0; socket->inode != 0 && i < table->sockets.count; i++)
    if (table->owners[i].inode == socket->inode)
      return table->owners[i].pid;
  return 0;
}

static bool
declares (const struct declarer *declarer, const struct inet_socket *socket)
{
  for (size_t i = 0; i < declarer->ports.count; i++)
    if (inet_socket_meets (socket, &declarer->ports.list[i]))
      return true;
  return false;
}

static bool
somebody_has (const struct table *table, const struct port_range *range)
{
  for (size_t i = 0; i < table->sockets.count; i++)
    if (inet_socket_meets (&table->sockets.list[i], range))
      return true;
  return false;
}

/* ---- a row ---- */

/* Owned but for what is constant. */
struct row
{
  const char *protocol, *state;
  char *where;     /* address and port for a person */
  char *address;   /* for a program; "" for a port that is only declared */
  unsigned port, last;
  pid_t pid;
  char *process;   /* or NULL */
  char *container; /* or NULL */
  struct json_buffer declared; /* ids with commas, quoted */
  char *declared_text; /* or NULL */
  bool conflict;
};

static void
row_declared (struct row *row, const char *id)
{
  cleanup_free char *before = row->declared_text;

  json_buffer_add (&row->declared, "%s", before ? "," : "");
  json_buffer_string (&row->declared, id);
  row->declared_text = xasprintf ("%s%s%.12s", before ? before : "",
                                  before ? "," : "", escape (id).text);
}

static void
row_clear (struct row *row)
{
  free (row->where);
  free (row->address);
  free (row->process);
  free (row->container);
  free (row->declared.text);
  free (row->declared_text);
}

static char *
address_of (const struct inet_socket *socket)
{
  static const unsigned char any[16];
  char address[INET6_ADDRSTRLEN] = "*";

  if (socket->family == AF_INET || socket->v6_only
      || memcmp (socket->address, any, sizeof any) != 0)
    inet_ntop (socket->family, socket->address, address, sizeof address);
  return xstrndup (address, strlen (address));
}

static struct row
row_of_socket (struct table *table, const struct inet_socket *socket)
{
  pid_t pid = pid_of (table, socket);
  const struct declarer *of = declarer_of (&table->declarers, pid);
  struct row row = {
    .protocol = socket->tcp ? "tcp" : "udp",
    .state = socket->state == SOCKET_LISTEN ? "listen" : "bound",
    .where = inet_socket_text (socket),
    .address = address_of (socket),
    .port = socket->port,
    .last = socket->port,
    .pid = pid,
    .process = pid > 0 ? process_name (pid) : NULL,
    .container = of != NULL  ? xstrndup (of->id, strlen (of->id))
                 : pid > 0   ? process_container (pid)
                             : NULL,
  };

  for (size_t d = 0; d < table->declarers.count; d++)
    if (declares (&table->declarers.list[d], socket))
      {
        row_declared (&row, table->declarers.list[d].id);
        row.conflict |= !declarer_knows (&table->declarers.list[d], pid);
      }
  table->conflicts += row.conflict;
  return row;
}

static struct row
row_of_range (const struct declarer *declarer, const struct port_range *range)
{
  struct row row = { .protocol = range->tcp ? "tcp" : "udp",
                     .state = "free",
                     .where = port_range_text (range),
                     .address = xstrndup ("", 0),
                     .port = range->first,
                     .last = range->last };

  *strrchr (row.where, '/') = '\0';
  row_declared (&row, declarer->id);
  return row;
}

/* ---- showing ---- */

static void
show_row (FILE *to, const struct row *row)
{
  cleanup_free char *owner
      = row->pid > 0
            ? xasprintf ("%s (pid %d)",
                         escape (row->process ? row->process : "?").text,
                         (int) row->pid)
            : xasprintf ("%s", strcmp (row->state, "free") == 0 ? "-" : "?");

  fprintf (to, "%-5s %-27s %-7s %-24s %-14.12s %s%s\n", row->protocol,
           row->where, row->state, owner,
           row->container ? escape (row->container).text : "-",
           row->declared_text ? row->declared_text : "-",
           row->conflict ? "  conflict" : "");
}

static void
add_row (struct json_buffer *out, const struct row *row)
{
  json_buffer_add (out, "{\"protocol\":\"%s\",\"address\":", row->protocol);
  json_buffer_string (out, row->address);
  json_buffer_add (out, ",\"port\":%u,\"last\":%u,\"state\":\"%s\"", row->port,
                   row->last, row->state);
  json_buffer_add (out, ",\"pid\":%d,\"process\":", (int) row->pid);
  json_buffer_string (out, row->process ? row->process : "");
  json_buffer_text (out, ",\"container\":");
  json_buffer_string (out, row->container ? row->container : "");
  json_buffer_text (out, ",\"declared\":[");
  if (row->declared.text != NULL)
    json_buffer_text (out, row->declared.text);
  json_buffer_add (out, "],\"conflict\":%s}",
                   row->conflict ? "true" : "false");
}

/* One of both: TO as a table, or OUT. */
static void
show_one (struct row row, FILE *to, struct json_buffer *out)
{
  if (out == NULL)
    show_row (to, &row);
  else
    {
      if (out->length > 0)
        json_buffer_text (out, ",");
      add_row (out, &row);
    }
  row_clear (&row);
}

static void
show_rows (struct table *table, FILE *to, struct json_buffer *out)
{
  for (size_t i = 0; i < table->sockets.count; i++)
    show_one (row_of_socket (table, &table->sockets.list[i]), to, out);
  for (size_t d = 0; d < table->declarers.count; d++)
    {
      const struct declarer *declarer = &table->declarers.list[d];

      for (size_t i = 0; i < declarer->ports.count; i++)
        if (!somebody_has (table, &declarer->ports.list[i]))
          show_one (row_of_range (declarer, &declarer->ports.list[i]), to,
                    out);
    }
}

static void
show_json_rows (struct table *table, FILE *to)
{
  struct json_buffer rows = JSON_BUFFER_INIT, out = JSON_BUFFER_INIT;

  show_rows (table, to, &rows);
  answer_begin (&out, table->conflicts > 0 ? "conflict" : "free", NULL, NULL);
  answer_checks (&out, NULL);
  json_buffer_text (&out, ",\"ports\":[");
  json_buffer_text (&out, rows.text ? rows.text : "");
  json_buffer_text (&out, "]");
  answer_end (&out, to);
  free (rows.text);
}

int
port_table_show (FILE *to, bool json, struct error *err)
{
  struct table table = { .sockets = INET_SOCKETS_INIT };
  int result = collect (&table, err);

  if (result == 0 && json)
    show_json_rows (&table, to);
  else if (result == 0)
    {
      fprintf (to, "%-5s %-27s %-7s %-24s %-14s %s\n", "PROTO", "ADDRESS:PORT",
               "STATE", "OWNER", "CONTAINER", "DECLARED BY");
      show_rows (&table, to, NULL);
    }
  inet_sockets_clear (&table.sockets);
  free (table.owners);
  declarers_clear (&table.declarers);
  return result < 0 ? -1 : table.conflicts > 0;
}
