/* SPDX-License-Identifier: Apache-2.0 */
/* strict WHAT... - what a process can reach; one line for each finding.
 *
 *   families   the socket families that pass the filter, by every way into the kernel
 *   calls      the result of each system call that strict denies
 *   ethtool    the result of SIOCETHTOOL, by every way
 *   proc       the files below /proc that can be opened for writing
 *   ordinary   names, interfaces and sockets of ordinary programs
 *
 * Where the machine has no int 0x80, and kills who tries, the finding is its signal.
 *
 * Whether a filter lets a call pass is told apart from what the kernel thinks of it by
 * arguments that the kernel itself always answers with one errno. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <ifaddrs.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

/* ---- ways into the kernel ---- */
static long
call64 (long number, uint64_t a, uint64_t b, uint64_t c)
{
  long result;
  register uint64_t r10 __asm__ ("r10") = 0;
  register uint64_t r8 __asm__ ("r8") = 0;

  if (number == 298)
    r8 = ~UINT64_C (0); /* perf_event_open: flags that do not exist */
  __asm__ volatile ("syscall"
                    : "=a"(result)
                    : "0"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8)
                    : "rcx", "r11", "memory");
  return result;
}

static long
call32 (long number, uint64_t a, uint64_t b, uint64_t c)
{
  long result;

  __asm__ volatile ("int $0x80"
                    : "=a"(result)
                    : "0"(number), "b"(a), "c"(b), "d"(c), "S"(0UL),
                      "D"(UINT64_C (0xFFFFFFFF)) /* perf_event_open again */
                    : "r8", "r9", "r10", "r11", "memory");
  return (int) result;
}

enum { X32 = 0x40000000 };

static long
call_x32 (long number, uint64_t a, uint64_t b, uint64_t c)
{
  return call64 (number | X32, a, b, c);
}

/* Below 4 GB, since the program is not position independent. */
static uint32_t socket_words[3];

static long
call_socketcall (long number, uint64_t a, uint64_t b, uint64_t c)
{
  socket_words[0] = (uint32_t) a;
  socket_words[1] = (uint32_t) b;
  socket_words[2] = (uint32_t) c;
  return call32 (102, (uint64_t) number, (uint64_t) (uintptr_t) socket_words, 0);
}

static const struct way
{
  const char *name;
  long (*call) (long, uint64_t, uint64_t, uint64_t);
  long socket, pair, ioctl;
} ways[] = {
  { "syscall", call64, 41, 53, 16 },
  { "int80", call32, 359, 360, 54 },
  { "x32", call_x32, 41, 53, 514 },
  { "socketcall", call_socketcall, 1, 8, 0 }, /* socketcall(2): SYS_SOCKET, SYS_SOCKETPAIR */
};

#define COUNT(array) (sizeof (array) / sizeof *(array))

/* The signal that a child gets for calling that way: 0 but where the machine
 * has no such way. */
static int
killed_by (const struct way *way, long number)
{
  int status;
  pid_t pid = way->call == call32 || way->call == call_socketcall ? fork () : -1;

  if (pid == 0)
    {
      way->call (number, 0, 0x10, 0);
      _exit (0);
    }
  return pid > 0 && waitpid (pid, &status, 0) == pid && WIFSIGNALED (status)
             ? WTERMSIG (status)
             : 0;
}

static const uint64_t uppers[]
    = { 0, UINT64_C (1) << 32, UINT64_C (0xFFFFFFFF) << 32,
        UINT64_C (0x5A5A1234) << 32 };

static const char *
result_name (long result)
{
  return result >= 0 ? "OK" : strerrorname_np ((int) -result);
}

/* The result of a call, or of not having its way. */
static void
print_call (const struct way *way, long number, uint64_t a, uint64_t b)
{
  int signal = killed_by (way, number);

  if (signal != 0)
    printf (" SIG%s\n", sigabbrev_np (signal));
  else
    printf (" %s\n", result_name (way->call (number, a, b, 0)));
}

/* A flag of the type that does not exist is EINVAL for every family, before
 * the kernel looks at it; without x32 in the kernel it is ENOSYS. */
static bool
passes (const struct way *way, long number, uint64_t family)
{
  long result = way->call (number, family, 0x10, 0);

  if (result >= 0)
    close ((int) result);
  return result >= 0 || result == -EINVAL
         || (way->call == call_x32 && result == -ENOSYS);
}

static void
try_family (const struct way *way, long number, uint32_t family, bool *any)
{
  for (size_t u = 0; u < COUNT (uppers); u++)
    if (passes (way, number, uppers[u] | family))
      {
        printf (" %u", family);
        *any = true;
        return;
      }
}

static void
try_families (const char *what, const struct way *way, long number)
{
  bool any = false;
  int signal = killed_by (way, number);

  printf ("%s %s:", what, way->name);
  if (signal != 0)
    {
      printf (" SIG%s\n", sigabbrev_np (signal));
      return;
    }
  for (uint32_t family = 0; family < 300; family++)
    try_family (way, number, family, &any);
  for (unsigned bit = 9; bit < 32; bit++)
    for (uint32_t low = 0; low < 32; low++)
      try_family (way, number, UINT32_C (1) << bit | low, &any);
  puts (any ? "" : " none");
}

static void
families (void)
{
  for (size_t w = 0; w < COUNT (ways); w++)
    try_families ("families", &ways[w], ways[w].socket);
  for (size_t w = 0; w < COUNT (ways); w++)
    try_families ("pairs", &ways[w], ways[w].pair);
}

static void
calls (void)
{
  static const struct
  {
    const char *name;
    long native, i386;
  } list[] = {
    { "io_uring_setup", 425, 425 },
    { "io_uring_enter", 426, 426 },
    { "io_uring_register", 427, 427 },
    { "bpf", 321, 357 },
    { "perf_event_open", 298, 336 },
  };

  for (size_t i = 0; i < COUNT (list); i++)
    {
      /* no descriptor, no such command */
      uint64_t first = i == 0 ? 1 : UINT64_C (0x7FFFFFFF);

      printf ("call %s syscall", list[i].name);
      print_call (&ways[0], list[i].native, first, 0);
      printf ("call %s int80", list[i].name);
      print_call (&ways[1], list[i].i386, first, 0);
    }
}

/* Nowhere to read from: EFAULT when it passes. */
static void
ethtool (void)
{
  int fd = socket (AF_INET, SOCK_DGRAM, 0);

  for (size_t w = 0; w < COUNT (ways); w++)
    for (size_t u = 0; u < COUNT (uppers) && ways[w].ioctl != 0; u++)
      {
        printf ("ethtool %s", ways[w].name);
        print_call (&ways[w], ways[w].ioctl, (uint64_t) fd,
                    uppers[u] | 0x8946);
      }
}

static unsigned looked_at;

static int
look (const char *path, const struct stat *status, int type,
      struct FTW *position)
{
  int fd;

  (void) position;
  if (type != FTW_F || !S_ISREG (status->st_mode))
    return 0;
  looked_at++;
  fd = open (path, O_WRONLY | O_NONBLOCK | O_CLOEXEC);
  if (fd < 0)
    return 0;
  printf ("writable %s\n", path);
  close (fd);
  return 0;
}

static void
proc (void)
{
  nftw ("/proc/", look, 16, FTW_PHYS);
  nftw ("/proc/thread-self/net/", look, 16, FTW_PHYS);
  printf ("proc looked at %s files\n", looked_at > 500 ? "many" : "few");
}

static bool
talk (int family, const struct sockaddr *address, socklen_t length)
{
  int server = socket (family, SOCK_STREAM, 0);
  int client = socket (family, SOCK_STREAM, 0), peer;
  struct sockaddr_storage bound;
  socklen_t size = sizeof bound;
  char byte = 0;

  return bind (server, address, length) == 0 && listen (server, 1) == 0
         && getsockname (server, (struct sockaddr *) &bound, &size) == 0
         && connect (client, (struct sockaddr *) &bound, size) == 0
         && (peer = accept (server, NULL, NULL)) >= 0
         && write (client, "x", 1) == 1 && read (peer, &byte, 1) == 1
         && byte == 'x';
}

static void
ordinary (void)
{
  struct sockaddr_in v4 = { .sin_family = AF_INET,
                            .sin_addr = { htonl (INADDR_LOOPBACK) } };
  struct sockaddr_in6 v6
      = { .sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT };
  struct sockaddr_un local
      = { .sun_family = AF_UNIX, .sun_path = "/tmp/strict.socket" };
  struct addrinfo *found;
  struct ifaddrs *interfaces;

  if (getaddrinfo ("inside.test", "80", NULL, &found) == 0)
    puts ("ordinary getaddrinfo");
  if (getifaddrs (&interfaces) == 0)
    for (; interfaces != NULL; interfaces = interfaces->ifa_next)
      if (strcmp (interfaces->ifa_name, "host0") == 0
          && interfaces->ifa_addr->sa_family == AF_INET)
        puts ("ordinary getifaddrs");
  if (talk (AF_INET, (struct sockaddr *) &v4, sizeof v4))
    puts ("ordinary tcp4");
  if (talk (AF_INET6, (struct sockaddr *) &v6, sizeof v6))
    puts ("ordinary tcp6");
  unlink (local.sun_path);
  if (talk (AF_UNIX, (struct sockaddr *) &local, sizeof local))
    puts ("ordinary unix");
}

int
main (int argc, char *argv[])
{
  static const struct
  {
    const char *name;
    void (*run) (void);
  } commands[] = {
    { "families", families }, { "calls", calls },
    { "ethtool", ethtool },   { "proc", proc },
    { "ordinary", ordinary },
  };

  for (int i = 1; i < argc; i++)
    for (size_t c = 0; c < COUNT (commands); c++)
      if (strcmp (commands[c].name, argv[i]) == 0)
        commands[c].run ();
  puts ("end");
  return 0;
}
