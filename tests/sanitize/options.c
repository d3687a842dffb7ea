/* SPDX-License-Identifier: Apache-2.0
 * Linked into every program by configure --enable-sanitizers and --enable-coverage, never else.
 * Engines and tests start the programs with an environment of their own, so what a sanitizer
 * needs to know stands here. */
#include "config.h"
#include <dlfcn.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#if defined SANITIZERS

/* A report goes to a file, since tests compare what is printed; make sanitize fails when there is one.
   Leaks: LeakSanitizer cannot work below strace, in a user namespace or before an exec; valgrind.sh
   looks for them. Link order: tests preload libraries of their own. */
# define OPTIONS                                                               \
    "log_path=" SANITIZER_REPORTS "/report:exitcode=86:detect_leaks=0:"        \
    "verify_asan_link_order=0:allocator_may_return_null=1"

const char *__asan_default_options (void);
const char *__ubsan_default_options (void);

const char *
__asan_default_options (void)
{
  return OPTIONS ":detect_stack_use_after_return=1:strict_string_checks=1";
}

const char *
__ubsan_default_options (void)
{
  return OPTIONS ":print_stacktrace=1";
}

/* Beside the address sanitizer the other one has a copy of its own of where reports go, and no option. */
static void __attribute__ ((constructor))
one_place_for_reports (void)
{
  void *library = dlopen ("libubsan.so.1", RTLD_LAZY | RTLD_NOLOAD);
  void (*set_report_path) (const char *)
      = library == NULL ? NULL : (void (*) (const char *)) dlsym (library, "__sanitizer_set_report_path");

  if (set_report_path != NULL)
    set_report_path (SANITIZER_REPORTS "/report");
}

#endif

#if defined COVERAGE

void __gcov_dump (void);
void __real__exit (int status) __attribute__ ((noreturn));
void __wrap__exit (int status) __attribute__ ((noreturn));

/* The linker puts this in the place of _exit (--wrap), which children call: gcov writes its counts at
   exit and exec only. Not from inside a container, where it would make the directory. */
void
__wrap__exit (int status)
{
  struct stat status_of;

  if (stat (COVERAGE_MARK, &status_of) == 0)
    __gcov_dump ();
  __real__exit (status);
}

/* What gcov has to complain about (a file whose writer was killed) goes to a file as well: tests compare
   what is printed, and set an environment of their own. */
char *__real_getenv (const char *name);
char *__wrap_getenv (const char *name);

char *
__wrap_getenv (const char *name)
{
  static char complaints[] = SANITIZER_REPORTS "/gcov";

  return strcmp (name, "GCOV_ERROR_FILE") == 0 ? complaints : __real_getenv (name);
}

/* audit ends its child as soon as it has said everything: then the child still writes its counts. */
int __real_kill (pid_t process, int signal_number);
int __wrap_kill (pid_t process, int signal_number);

int
__wrap_kill (pid_t process, int signal_number)
{
  siginfo_t ended = { .si_pid = 0 };

  for (int i = 0; signal_number == SIGKILL && i < 30; i++)
    {
      if (waitid (P_PID, (id_t) process, &ended, WEXITED | WNOHANG | WNOWAIT) < 0 || ended.si_pid != 0)
        break;
      usleep (10000);
    }
  return __real_kill (process, signal_number);
}

#endif

/* What the linker is told to look for (-u), so that this file comes out of the library. */
int sanitize_options;
