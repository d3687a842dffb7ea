/* SPDX-License-Identifier: Apache-2.0 */
/* short BYTES COMMAND...: every read and write of COMMAND moves at most BYTES, as the kernel may
 * do it at any time: the third argument is made smaller on entry, so that nothing is lied about.
 * Ends with COMMAND's status, and says on standard error how many calls it shortened. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

static void
shorten (pid_t pid, unsigned long long limit, unsigned *shortened)
{
  struct user_regs_struct registers;

  if (ptrace (PTRACE_GETREGS, pid, NULL, &registers) < 0)
    exit (125);
  if ((registers.orig_rax != SYS_read && registers.orig_rax != SYS_write)
      || registers.rdx <= limit)
    return;
  registers.rdx = limit;
  if (ptrace (PTRACE_SETREGS, pid, NULL, &registers) < 0)
    exit (125);
  ++*shortened;
}

int
main (int argc, char *argv[])
{
  unsigned long long limit = argc > 2 ? strtoull (argv[1], NULL, 10) : 0;
  unsigned shortened = 0;
  int status, entry = 0, ours = 0;
  pid_t pid = limit > 0 ? fork () : -1;

  if (pid < 0)
    return 125;
  if (pid == 0)
    {
      ptrace (PTRACE_TRACEME, 0, NULL, NULL);
      execv (argv[2], argv + 2);
      _exit (125);
    }
  while (waitpid (pid, &status, 0) == pid && WIFSTOPPED (status))
    {
      int signal = WSTOPSIG (status);

      if (!ours)
        {
          /* The stop of execve. */
          ptrace (PTRACE_SETOPTIONS, pid, NULL, (void *) PTRACE_O_TRACESYSGOOD);
          ours = 1;
          signal = 0;
        }
      else if (signal == (SIGTRAP | 0x80))
        {
          entry = !entry;
          /* Not the dynamic loader's: it takes a short library for a broken one. */
          if (entry && ours > 1)
            shorten (pid, limit, &shortened);
          else if (entry && ours == 1)
            {
              struct user_regs_struct registers;

              ptrace (PTRACE_GETREGS, pid, NULL, &registers);
              /* The loader ends by giving back ld.so.cache; a static program has none. */
              if (registers.orig_rax == SYS_getrandom)
                ours = 2;
            }
          signal = 0;
        }
      ptrace (PTRACE_SYSCALL, pid, NULL, (void *) (long) signal);
    }
  fprintf (stderr, "shortened %u\n", shortened);
  return WIFEXITED (status) ? WEXITSTATUS (status) : 128;
}
