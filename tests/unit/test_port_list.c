/* SPDX-License-Identifier: Apache-2.0 */
/* Ports as the annotations `listen` and `connect` spell them. */
#include <config.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "libhostnet/port_list.h"
#include "tap.h"

/* What they are, spelled again; `!` and a part of the sentence: refused. */
static const struct
{
  const char *text, *expected;
} texts[] = {
  { "80/tcp", "80/tcp" },
  { "80/tcp,443/tcp,53/udp,8000-8010/tcp",
    "80/tcp,443/tcp,53/udp,8000-8010/tcp" },
  { "80/tcp, 443/tcp ,53/udp", "80/tcp,443/tcp,53/udp" },
  { "127.0.0.1:9000/tcp", "127.0.0.1:9000/tcp" },
  { "[::1]:9000/tcp", "[::1]:9000/tcp" },
  { "0.0.0.0:80/tcp,[::]:80/tcp,80/tcp", "0.0.0.0:80/tcp,[::]:80/tcp,80/tcp" },
  { "[2001:DB8:0:0::1]:5-6/udp", "[2001:db8::1]:5-6/udp" },
  { "1-65535/tcp", "1-65535/tcp" },
  { "7-7/udp", "7/udp" },
  { "53/tcp,53/udp", "53/tcp,53/udp" },
  { "80/tcp,127.0.0.1:80/tcp", "80/tcp,127.0.0.1:80/tcp" },
  { "127.0.0.1:80/tcp,127.0.0.2:80/tcp", "127.0.0.1:80/tcp,127.0.0.2:80/tcp" },
  { "1-2/tcp,3-4/tcp", "1-2/tcp,3-4/tcp" },
  /* none */
  { "", "!the entry ``, which is empty" },
  { "80/tcp,", "!the entry ``, which is empty" },
  { ",80/tcp", "!which is empty" },
  { "80/tcp,,81/tcp", "!which is empty" },
  { "80/tcp,  ,81/tcp", "!which is empty" },
  { " 80/tcp", "!the entry ` 80/tcp`, whose port" },
  { "80/tcp ", "!whose protocol" },
  { "80 /tcp", "!whose port" },
  { "80/ tcp", "!whose protocol" },
  { "80/tcp 443/tcp", "!whose port" },
  { "80/tcp,\t443/tcp", "!the entry `\\x09443/tcp`" },
  { "80", "!which has no protocol" },
  { "/tcp", "!whose port" },
  { "80/", "!whose protocol" },
  { "80/TCP", "!whose protocol" },
  { "80/sctp", "!whose protocol" },
  { "80/tcp/udp", "!whose port" },
  { "0/tcp", "!whose port" },
  { "65536/tcp", "!whose port" },
  { "4294967376/tcp", "!whose port" },
  { "18446744073709551696/tcp", "!whose port" },
  { "080/tcp", "!whose port" },
  { "+80/tcp", "!whose port" },
  { "-80/tcp", "!whose port" },
  { "0x50/tcp", "!whose port" },
  { "80-/tcp", "!whose port" },
  { "0-80/tcp", "!whose port" },
  { "80-65536/tcp", "!whose port" },
  { "1-2-3/tcp", "!whose port" },
  { "90-80/tcp", "!from high to low" },
  { "http/tcp", "!whose port" },
  { "*:80/tcp", "!whose address" },
  { ":80/tcp", "!whose address" },
  { "[]:80/tcp", "!whose address" },
  { "localhost:80/tcp", "!whose address" },
  { "127.1:80/tcp", "!whose address" },
  { "127.0.0.01:80/tcp", "!whose address" },
  { "[127.0.0.1]:80/tcp", "!whose address" },
  { "::1:80/tcp", "!whose address" },
  { "[::1:80/tcp", "!whose address" },
  { "[::1]80/tcp", "!whose address" },
  { "[fe80::1%eth0]:80/tcp", "!zone id" },
  { "[::ffff:127.0.0.1]:80/tcp", "!IPv4 written as IPv6" },
  { "[::ffff:7f00:1]:80/tcp", "!IPv4 written as IPv6" },
  { "80/tcp,80/tcp", "!there already" },
  { "80/tcp,70-90/tcp", "!the entry `70-90/tcp`, which has a port that is" },
  { "70-90/tcp,80/tcp", "!there already" },
  { "[::1]:80/tcp,[0:0::1]:80/tcp", "!there already" },
};

static char *
spelled (const struct port_list *list)
{
  char *all = xstrndup ("", 0);

  for (size_t i = 0; i < list->count; i++)
    {
      cleanup_free char *before = all;
      cleanup_free char *one = port_range_text (&list->list[i]);

      all = xasprintf ("%s%s%s", before, i > 0 ? "," : "", one);
    }
  return all;
}

static void
parse (const char *text, const char *expected)
{
  cleanup_port_list struct port_list list = PORT_LIST_INIT;
  cleanup_error struct error err = ERROR_INIT;
  int result = port_list_parse (text, "listen", &list, &err);
  cleanup_free char *got = spelled (&list);
  bool good;

  if (expected[0] == '!')
    good = result < 0 && err.id == REFUSAL_request_ports && list.count == 0
           && strstr (err.message, expected + 1) != NULL;
  else
    good = result == 0 && strcmp (got, expected) == 0;
  if (!tap_ok (good, text))
    printf ("# got %s\n", result < 0 ? err.message : got);
}

/* LIST, an entry, the first of its ports that LIST has not. */
static const struct
{
  const char *list, *entry;
  unsigned lacks;
} held[] = {
  { "80/tcp", "80/tcp", 0 },
  { "80/tcp", "80/udp", 80 },
  { "80/tcp", "81/tcp", 81 },
  { "80/tcp", "127.0.0.1:80/tcp", 0 },
  { "80/tcp", "[::1]:80/tcp", 0 },
  { "127.0.0.1:80/tcp", "80/tcp", 80 },
  { "127.0.0.1:80/tcp", "127.0.0.1:80/tcp", 0 },
  { "127.0.0.1:80/tcp", "127.0.0.2:80/tcp", 80 },
  { "0.0.0.0:80/tcp", "127.0.0.1:80/tcp", 80 },
  { "0.0.0.0:80/tcp", "[::]:80/tcp", 80 },
  { "0.0.0.0:80/tcp,[::]:80/tcp", "80/tcp", 80 },
  { "1000-2000/tcp", "1000-2000/tcp", 0 },
  { "1000-2000/tcp", "999-2000/tcp", 999 },
  { "1000-2000/tcp", "1000-2001/tcp", 2001 },
  { "15-20/tcp,1-10/tcp,11-14/tcp", "1-20/tcp", 0 },
  { "15-20/tcp,1-10/tcp,11-13/tcp", "1-20/tcp", 14 },
  { "11-65535/tcp,127.0.0.1:1-10/tcp", "127.0.0.1:1-65535/tcp", 0 },
};

static void
hold (size_t i)
{
  cleanup_port_list struct port_list list = PORT_LIST_INIT;
  cleanup_free char *name = xasprintf ("%s in %s", held[i].entry, held[i].list);
  struct port_range range;
  bool good
      = port_list_parse (held[i].list, "listen", &list, NULL) == 0
        && port_range_parse (held[i].entry, strlen (held[i].entry), &range)
               == NULL
        && port_list_lacks (&list, &range) == held[i].lacks;

  if (good)
    good = port_list_holds (&list, range.tcp, range.family, range.address,
                            held[i].lacks != 0 ? held[i].lacks : range.last)
           == (held[i].lacks == 0);
  tap_ok (good, name);
}

/* One entry more than there may be. */
static void
many (unsigned count, bool good)
{
  cleanup_port_list struct port_list list = PORT_LIST_INIT;
  cleanup_free char *text = xstrndup ("1/tcp", 5);
  cleanup_free char *name = xasprintf ("%u entries", count);

  for (unsigned i = 2; i <= count; i++)
    {
      cleanup_free char *before = text;

      text = xasprintf ("%s,%u/tcp", before, i);
    }
  tap_ok ((port_list_parse (text, "listen", &list, NULL) == 0) == good, name);
}

int
main (void)
{
  for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
    parse (texts[i].text, texts[i].expected);
  for (size_t i = 0; i < sizeof held / sizeof *held; i++)
    hold (i);
  many (PORT_LIST_MAX, true);
  many (PORT_LIST_MAX + 1, false);
  return tap_end ();
}
