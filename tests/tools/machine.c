/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What can be done on this machine, in one word: "works", or how it ended (ENOEXEC, SIGSEGV, ...).
 *
 *   machine                       ends with 0; built with -m32, what `runs` is asked about
 *   machine int80                 getpid by int 0x80, from a program of 64 bits
 *   machine runs PATH WORD...     the program ends with 0; what it prints is thrown away
 *
 * Kernels may have no programs of 32 bits (exec fails), no int 0x80 (who tries is killed), or both.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* Whether the 32-bit table knows us; 20 is getpid there. */
static int by_int80(void)
{
	long r = -1;

#if defined(__x86_64__) || defined(__i386__)
	asm volatile("int $0x80" : "=a"(r) : "a"(20)
		     : "memory"
#ifdef __x86_64__
		     , "r8", "r9", "r10", "r11"
#endif
	);
#endif
	return r == getpid() ? 0 : ENOSYS;
}

static int execute(char **words)
{
	int fd = open("/dev/null", O_RDWR | O_CLOEXEC);

	for (int n = 0; n < 3; n++)
		dup2(fd, n);
	/* (execvp would have a shell read what cannot be executed) */
	execve(words[0], words, environ);
	return errno;
}

int main(int argc, char **argv)
{
	int ends[2], status, error = 0;
	pid_t pid;

	if (argc == 1)
		return 0;
	if (pipe2(ends, O_CLOEXEC) < 0 || (pid = fork()) < 0) {
		perror("machine");
		return 2;
	}
	if (pid == 0) {
		error = argc == 2 && !strcmp(argv[1], "int80") ? by_int80()
			: argc > 2 && !strcmp(argv[1], "runs") ? execute(argv + 2) : EINVAL;
		_exit(write(ends[1], &error, sizeof error) != sizeof error);
	}
	close(ends[1]);
	if (read(ends[0], &error, sizeof error) < 0 || waitpid(pid, &status, 0) < 0) {
		perror("machine");
		return 2;
	}
	if (error)
		puts(strerrorname_np(error));
	else if (WIFSIGNALED(status))
		printf("SIG%s\n", sigabbrev_np(WTERMSIG(status)));
	else if (WEXITSTATUS(status))
		printf("status %d\n", WEXITSTATUS(status));
	else
		puts("works");
	return 0;
}
