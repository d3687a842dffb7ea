/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "trail_limit.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "error.h"
#include "store.h"

#define DIRECTORY "/run/oci-hostnet"
#define FILE_NAME "trail"

/* In a window of so many seconds, which the first record opens, at most so
 * many records.  A day meets at most 25 windows of an hour: 60,000 records.
 * oci-hostnet-records(7) gives the numbers. */
enum level_name
{
  LEVEL_SAME,  /* the same again */
  LEVEL_GROUP, /* of one engine and namespace */
  LEVEL_ALL,
  LEVELS
};
static const struct level
{
  uint32_t most, seconds;
  size_t slots; /* how many keys are remembered, the oldest goes */
} levels[LEVELS] = {
  [LEVEL_SAME] = { 5, 600, 192 },
  [LEVEL_GROUP] = { 600, 3600, 61 },
  [LEVEL_ALL] = { 2400, 3600, 1 },
};
enum
{
  SLOTS = 192 + 61 + 1,
  /* Of what all may have, the last is for those who had less than so many: the
   * floods of some do not keep away what is new from others. */
  SHARED = 1800,
  FEW = 20
};

struct slot
{
  uint64_t key;
  uint32_t start; /* of the window, by the clock that stands still for nobody */
  uint32_t count; /* 0: free */
};

/* The file: one page. */
struct table
{
  char magic[8];
  uint64_t seed; /* of the keys: nobody can choose two that are the same */
  uint64_t suppressed;
  uint64_t spare; /* makes it a page, which is written at once */
  struct slot slots[SLOTS];
};
static const char magic[8] = { 'h', 'o', 's', 't', 'n', 'e', 't', '2' };

/* ---- the file ---- */

/* Only root makes names in /run: what is wrong here is a mistake, which must
 * not end the limit for ever. */
static int
open_directory (void)
{
  struct stat status;
  int fd = -1;

  for (int tries = 0; tries < 2 && fd < 0; tries++)
    {
      fd = open (DIRECTORY, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
      if (fd >= 0)
        break;
      if (errno == ENOTDIR || errno == ELOOP)
        unlink (DIRECTORY);
      else if (errno != ENOENT)
        return -1;
      if (mkdir (DIRECTORY, 0700) < 0 && errno != EEXIST)
        return -1;
    }
  if (fd >= 0
      && (fstat (fd, &status) < 0
          || ((status.st_uid != 0 || (status.st_mode & 022) != 0)
              && (fchown (fd, 0, 0) < 0 || fchmod (fd, 0700) < 0))))
    {
      close (fd);
      return -1;
    }
  return fd;
}

/* An empty file that is ours alone in the place of one that is not: who can
 * open that could keep its lock, or wind its counters back. */
static void
replace_file (int directory)
{
  cleanup_free char *temporary = NULL;
  cleanup_close int fd = store_temporary (directory, FILE_NAME, &temporary);

  if (fd >= 0 && renameat (directory, temporary, directory, FILE_NAME) < 0)
    unlinkat (directory, temporary, 0);
}

static int
open_file (int directory)
{
  struct stat status;

  for (int tries = 0; tries < 2; tries++)
    {
      int fd = openat (directory, FILE_NAME,
                       O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY
                           | O_CLOEXEC,
                       0600);

      if (fd < 0 && errno != ELOOP && errno != ENXIO)
        return -1;
      if (fd >= 0 && fstat (fd, &status) == 0 && S_ISREG (status.st_mode)
          && status.st_uid == 0 && status.st_nlink == 1
          && (status.st_mode & 077) == 0)
        return fd;
      if (fd >= 0)
        close (fd);
      if (tries == 0)
        replace_file (directory);
    }
  return -1;
}

/* The descriptor goes after some microseconds, with or without its process. */
static bool
lock_file (int fd)
{
  for (int tries = 0; tries < 10; tries++)
    {
      if (flock (fd, LOCK_EX | LOCK_NB) == 0)
        return true;
      if (errno != EWOULDBLOCK && errno != EINTR)
        return false;
      nanosleep (&(struct timespec){ .tv_nsec = 1000 * 1000 }, NULL);
    }
  return false;
}

/* A file that is empty, or is none of ours, becomes an empty table. */
static bool
read_table (int fd, struct table *table)
{
  char more;
  ssize_t length = pread (fd, table, sizeof *table, 0);

  if (length < 0)
    return false;
  if (length == (ssize_t) sizeof *table
      && memcmp (table->magic, magic, sizeof magic) == 0
      && pread (fd, &more, 1, (off_t) sizeof *table) == 0)
    return true;
  memset (table, 0, sizeof *table);
  memcpy (table->magic, magic, sizeof magic);
  if (getrandom (&table->seed, sizeof table->seed, GRND_NONBLOCK) < 0)
    table->seed = 0xCBF29CE484222325u; /* FNV's own */
  return length == 0 || ftruncate (fd, 0) == 0;
}

/* ---- the keys ---- */

/* FNV-1a of TEXT, its NUL included, as if SKIPPED (or "") stood nowhere in
 * it. */
static uint64_t
mix (uint64_t key, const char *text, const char *skipped)
{
  size_t skip = strlen (skipped);
  const char *end = text + strnlen (text, 4096);

  for (;; text++)
    {
      while (skip > 0 && *text == *skipped && text < end
             && strncmp (text, skipped, skip) == 0)
        text += skip;
      if (text >= end)
        return (key ^ 0xFF) * 0x100000001B3u;
      key = (key ^ (unsigned char) *text) * 0x100000001B3u;
    }
}

/* What stays the same when a container is made again and again: all but its id,
 * wherever that stands.  A sentence that has an id in refusals.tsv may name
 * what does not stay. */
static uint64_t
key_of_same (uint64_t seed, const struct record *record)
{
  const char *container = record->container != NULL ? record->container : "";
  uint64_t key = (seed ^ (uint64_t) record->kind) * 0x100000001B3u;
  bool has_reason = record->reason_id != NULL && record->reason_id[0] != '\0';

  for (size_t f = 0; f < RECORD_FIELDS; f++)
    if (record_fields[f].offset != offsetof (struct record, container)
        && !(f == RECORD_MESSAGE && has_reason))
      key = mix (key, record_get (record, f), container);
  return key;
}

/* A namespace that its author may have made up is none of its own. */
static uint64_t
key_of_group (uint64_t seed, const struct record *record)
{
  bool sure = record->sure != NULL && strcmp (record->sure, "yes") == 0;

  return mix (mix (seed, record->engine != NULL ? record->engine : "", ""),
              sure && record->pod_namespace != NULL ? record->pod_namespace
                                                    : "",
              "");
}

/* ---- counting ---- */

static struct slot *
find_slot (struct slot *slots, const struct level *level, uint64_t key,
           uint32_t now)
{
  struct slot *oldest = slots;

  for (struct slot *slot = slots; slot < slots + level->slots; slot++)
    {
      /* where the clock was ahead, of another time namespace, this wraps */
      if (slot->count == 0 || now - slot->start >= level->seconds)
        *slot = (struct slot){ 0, 0, 0 };
      else if (slot->key == key)
        return slot;
      if (slot->start < oldest->start)
        oldest = slot;
    }
  *oldest = (struct slot){ key, now, 0 };
  return oldest;
}

static bool
count_record (struct table *table, const struct record *record, uint32_t now)
{
  const uint64_t keys[LEVELS] = { key_of_same (table->seed, record),
                                  key_of_group (table->seed, record), 0 };
  struct slot *found[LEVELS] = { NULL }, *slots = table->slots;

  for (size_t i = 0; i < LEVELS; i++)
    {
      found[i] = find_slot (slots, &levels[i], keys[i], now);
      if (found[i]->count >= levels[i].most)
        return false;
      slots += levels[i].slots;
    }
  if (found[LEVEL_ALL]->count >= SHARED && found[LEVEL_GROUP]->count >= FEW)
    return false;
  for (size_t i = 0; i < LEVELS; i++)
    found[i]->count++;
  return true;
}

bool
trail_limit (const struct record *record, uint64_t *suppressed)
{
  cleanup_close int directory = -1, fd = -1;
  struct table table;
  struct timespec now;
  uint64_t before;
  bool passes;

  *suppressed = 0;
  if (geteuid () != 0 || (directory = open_directory ()) < 0
      || (fd = open_file (directory)) < 0 || !lock_file (fd)
      || !read_table (fd, &table))
    return true;
  clock_gettime (CLOCK_BOOTTIME, &now);
  before = table.suppressed;
  passes = count_record (&table, record, (uint32_t) now.tv_sec);
  table.suppressed = passes ? 0 : before + 1;
  /* what could not be counted is written */
  if (pwrite (fd, &table, sizeof table, 0) != (ssize_t) sizeof table)
    return true;
  *suppressed = passes ? before : 0;
  return passes;
}
