/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "isolate.h"

#include <errno.h>
#include <ifaddrs.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "isolate_kernel.h"
#include "isolate_programs.h"

void
isolate_missing_clear (struct isolate_missing *missing)
{
  for (size_t i = 0; i < missing->count; i++)
    error_clear (&missing->list[i]);
  free (missing->list);
  *missing = (struct isolate_missing) ISOLATE_MISSING_INIT;
}

static struct error *
add_missing (struct isolate_missing *missing)
{
  missing->list = xrealloc (missing->list,
                            (missing->count + 1) * sizeof *missing->list);
  missing->list[missing->count] = (struct error) ERROR_INIT;
  return &missing->list[missing->count++];
}

/* ---- the maps ---- */

/* The key of the map of addresses, or false for other families. */
static bool
address_key (const struct sockaddr *address, unsigned char key[16])
{
  memset (key, 0, 16);
  if (address != NULL && address->sa_family == AF_INET6)
    memcpy (key, &((const struct sockaddr_in6 *) address)->sin6_addr, 16);
  else if (address != NULL && address->sa_family == AF_INET)
    {
      memset (key + 10, 0xFF, 2);
      memcpy (key + 12, &((const struct sockaddr_in *) address)->sin_addr, 4);
    }
  else
    return false;
  return true;
}

static int
make_addresses (void)
{
  struct ifaddrs *all;
  uint32_t count = 1;
  int map;

  if (getifaddrs (&all) < 0)
    return -1;
  for (const struct ifaddrs *at = all; at != NULL; at = at->ifa_next)
    count++;
  map = kernel_map (BPF_MAP_TYPE_HASH, 16, 1, count);
  for (const struct ifaddrs *at = all; at != NULL && map >= 0;
       at = at->ifa_next)
    {
      unsigned char key[16];

      if (address_key (at->ifa_addr, key)
          && kernel_map_add (map, key, "") < 0)
        {
          cleanup_closep (&map);
          map = -1;
        }
    }
  freeifaddrs (all);
  return map;
}

static int
make_maps (struct isolate_parts *parts, struct error *err)
{
  parts->own = kernel_socket_map ();
  if (parts->own < 0)
    return error_system (err, errno, SENTENCE_isolated_map,
                         "the container's own sockets");
  parts->addresses = make_addresses ();
  if (parts->addresses < 0)
    return error_system (err, errno, SENTENCE_isolated_map,
                         "the host's addresses");
  parts->peers = kernel_map (BPF_MAP_TYPE_LRU_HASH,
                             sizeof (struct isolate_peer), 8, ISOLATE_PEERS);
  if (parts->peers < 0)
    return error_system (err, errno, SENTENCE_isolated_map,
                         "who may be answered");
  return 0;
}

/* ---- the programs ---- */

static int
load (const struct isolate_program *program, const struct isolate_parts *parts,
      struct error *err)
{
  cleanup_free char *log = NULL;
  struct assembly *a = xmalloc (sizeof *a);
  int fd, failed;

  if (program->generate == isolate_unix && parts->cast_to_kern_ctx <= 0)
    {
      free (a);
      return error_refuse (err, SENTENCE_isolated_types, program->stops);
    }
  asm_init (a);
  program->generate (a, parts);
  asm_finish (a);
  /* see isolate_unix.c */
  fd = kernel_program (program->name,
                       program->generate == isolate_unix ? "GPL"
                                                         : "Apache-2.0",
                       program->type, program->attach_type, a->list, a->count,
                       &log);
  failed = errno;
  asm_clear (a);
  free (a);
  if (fd < 0)
    return error_refuse (err, SENTENCE_isolated_program, program->stops,
                         program->name, errno_phrase (failed),
                         log != NULL ? log : "the verifier says nothing");
  return fd;
}

/* Whether a program of this name, and of the cgroup's own with OWN, is there. */
static int
is_attached (int cgroup, const struct isolate_program *program, bool own)
{
  uint32_t ids[KERNEL_ATTACHED];
  int count = kernel_attached (cgroup, program->attach_type, !own, ids);

  for (int i = 0; i < count; i++)
    {
      char name[BPF_OBJ_NAME_LEN];

      if (kernel_program_name (ids[i], name) == 0
          && strcmp (name, program->name) == 0)
        return 1;
    }
  return count < 0 ? -1 : 0;
}

static int
put (int cgroup, const struct isolate_program *program,
     const struct isolate_parts *parts, struct error *err)
{
  cleanup_close int fd = load (program, parts, err);

  if (fd < 0)
    return -1;
  if (kernel_attach (cgroup, fd, program->attach_type) < 0)
    return error_system (err, errno, SENTENCE_isolated_attach, program->stops,
                         program->name);
  if (is_attached (cgroup, program, true) <= 0)
    return error_refuse (err, SENTENCE_isolated_attach, program->stops,
                         program->name);
  return 0;
}

int
isolate_apply (int cgroup, const struct isolate_order *order,
               struct isolate_missing *missing, struct error *err)
{
  struct isolate_parts parts = { .listen = &order->listen,
                                 .connect = &order->connect,
                                 .own = -1,
                                 .addresses = -1,
                                 .peers = -1 };
  struct kernel_types types;
  int result = make_maps (&parts, err);

  if (result == 0 && kernel_types_read (&types) == 0)
    {
      parts.cast_to_kern_ctx = types.cast_to_kern_ctx;
      parts.uaddr = types.uaddr;
      parts.uaddrlen = types.uaddrlen;
    }
  for (size_t i = 0; result == 0 && i < ISOLATE_PROGRAMS; i++)
    {
      cleanup_error struct error why = ERROR_INIT;

      if (put (cgroup, &isolate_programs[i], &parts, &why) < 0)
        error_refuse (add_missing (missing), why.id, "%s", why.message);
    }
  cleanup_closep (&parts.own);
  cleanup_closep (&parts.addresses);
  cleanup_closep (&parts.peers);
  return result;
}

int
isolate_count (void)
{
  return ISOLATE_PROGRAMS;
}

int
isolate_look (int cgroup, char **text)
{
  int count = 0;

  *text = NULL;
  for (size_t i = 0; i < ISOLATE_PROGRAMS; i++)
    {
      const struct isolate_program *program = &isolate_programs[i];
      int there = is_attached (cgroup, program, false);
      cleanup_free char *before = *text;

      /* EINVAL: this kernel has no such hook */
      if (there < 0 && errno != EINVAL)
        {
          int failed = errno;

          *text = NULL;
          errno = failed;
          return -1;
        }
      count += there > 0;
      if (there > 0)
        before = NULL;
      else
        *text = xasprintf ("%s%s%s", before ? before : "",
                           before ? ", " : "", program->stops);
    }
  return count;
}
