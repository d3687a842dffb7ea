/* SPDX-License-Identifier: Apache-2.0 */
/* nameserver ADDRESS NAME ANSWER: a DNS server (RFC 1035) on UDP port 53 of ADDRESS, which knows
 * one name. */
#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

enum { HEADER = 12, QUESTIONS = 4, ANSWERS = 6, TYPE_A = 1, NXDOMAIN = 3 };

/* NAME as length-prefixed labels. */
static size_t
encode (const char *name, unsigned char *labels)
{
  size_t at = 0;

  while (*name != '\0')
    {
      size_t length = strcspn (name, ".");

      labels[at++] = (unsigned char) length;
      memcpy (labels + at, name, length);
      at += length;
      name += length + (name[length] == '.');
    }
  labels[at++] = 0;
  return at;
}

/* Turns the query into its answer: its length, or 0 for what is none. */
static size_t
answer (unsigned char *packet, size_t length, const unsigned char *labels,
        size_t labels_length, const struct in_addr *address)
{
  /* the name is that of the question; class IN, 60 s, 4 bytes */
  static const unsigned char record[]
      = { 0xC0, HEADER, 0, TYPE_A, 0, 1, 0, 0, 0, 60, 0, 4 };
  size_t end = HEADER + labels_length + 4;
  int known = length >= end
              && memcmp (packet + HEADER, labels, labels_length) == 0;

  if (length < HEADER + 5 || packet[QUESTIONS + 1] != 1)
    return 0;
  packet[2] = 0x84;
  packet[3] = known ? 0 : NXDOMAIN;
  memset (packet + ANSWERS, 0, HEADER - ANSWERS);
  if (!known)
    return length;
  if (packet[end - 3] != TYPE_A)
    return end;
  packet[ANSWERS + 1] = 1;
  memcpy (packet + end, record, sizeof record);
  memcpy (packet + end + sizeof record, address, sizeof *address);
  return end + sizeof record + sizeof *address;
}

int
main (int argc, char *argv[])
{
  struct sockaddr_in own = { .sin_family = AF_INET, .sin_port = htons (53) };
  int fd = socket (AF_INET, SOCK_DGRAM, 0);
  unsigned char labels[256], packet[1024];
  struct in_addr address;
  size_t labels_length;

  if (argc != 4 || strlen (argv[2]) > 250
      || inet_pton (AF_INET, argv[1], &own.sin_addr) != 1
      || inet_pton (AF_INET, argv[3], &address) != 1
      || bind (fd, (struct sockaddr *) &own, sizeof own) < 0)
    {
      perror ("nameserver ADDRESS NAME ANSWER");
      return 1;
    }
  labels_length = encode (argv[2], labels);
  puts ("ready");
  fflush (stdout);
  for (;;)
    {
      struct sockaddr_in from;
      socklen_t from_length = sizeof from;
      ssize_t got = recvfrom (fd, packet, sizeof packet - 512, 0,
                              (struct sockaddr *) &from, &from_length);
      size_t length = got < 0 ? 0
                              : answer (packet, (size_t) got, labels,
                                        labels_length, &address);

      if (length > 0)
        sendto (fd, packet, length, 0, (struct sockaddr *) &from, from_length);
    }
}
