/* SPDX-License-Identifier: Apache-2.0 */
/*
 * attack all | list | list-int80 | reads | NAME...
 *
 * One line for each attack:
 *   NAME STOPPED ERRNO        refused, or done without a change (ERRNO is then OK)
 *   NAME BREACHED left:...    the host is not as it was, also after the attacker's end
 *   NAME BREACHED while:...   the host was not as it was while the attacker lived
 *   NAME BREACHED outside     the kernel did it; it stays and can be seen from outside
 *   NAME BREACHED done        the kernel did it; there is nothing to be seen afterwards
 *   NAME ABSENT ERRNO         the kernel has no such thing
 *   NAME LACKS SIGNAL         the machine has no int 0x80 for programs of 64 bits, and killed it
 * The other commands are for attacks of two processes: see passing.c.
 */
#include "attack.h"
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define SECONDS 5

enum variant variant;

static const struct attack *const tables[] = {
	ioctl_attacks, link_attacks, rtnetlink_attacks, netfilter_attacks, socket_attacks,
	file_attacks, mount_attacks, escape_attacks, machine_attacks, last_attacks,
};

static const char *const variant_names[] = { "", ":dirty", ":signext", ":int80" };

int refused(long result)
{
	return result < 0 ? errno : 0;
}

static int exists(const struct attack *a, enum variant v)
{
#ifdef __x86_64__
	return v == PLAIN || (a->flags & VARIANTS && !(v == INT80 && a->flags & NATIVE));
#else
	/* registers of 32 bit have no upper half, and every call is int 0x80's */
	return v == PLAIN || (v == INT80 && a->flags & VARIANTS);
#endif
}

/* A program of 32 bits that runs has its int 0x80. */
static int by_int80(const struct attack *a, enum variant v)
{
#ifdef __x86_64__
	return v == INT80 || a->flags & BY_INT80;
#else
	(void)a, (void)v;
	return 0;
#endif
}

/* Runs an attack in a process that stays as it is until it is killed. */
static pid_t launch(const struct attack *a, int *answers)
{
	int ends[2], result;
	pid_t pid;

	fflush(stdout);
	if (pipe(ends) < 0 || (pid = fork()) < 0) {
		perror("attack");
		exit(2);
	}
	if (pid == 0) {
		close(ends[0]);
		/* a group of its own: its children die with it */
		setpgid(0, 0);
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		alarm(SECONDS);
		result = a->run();
		if (write(ends[1], &result, sizeof result) == sizeof result)
			for (;;)
				pause();
		_exit(1);
	}
	setpgid(pid, pid);
	close(ends[1]);
	*answers = ends[0];
	return pid;
}

/* Its result; -1: it said none. */
static int answer(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	int result;

	if (poll(&p, 1, SECONDS * 1000 + 500) <= 0 || read(fd, &result, sizeof result) != sizeof result)
		return -1;
	return result;
}

/* Without a filter these errors come from the kernel itself; locks and profiles use them too. */
static int filtered(void)
{
	char line[128];
	int mode = 1;
	FILE *f = fopen("/proc/self/status", "re");

	while (f && fgets(line, sizeof line, f))
		sscanf(line, "Seccomp: %d", &mode);
	if (f)
		fclose(f);
	return mode != 0;
}

static int is_absent(const struct attack *a, int result)
{
	if ((result == ENOSYS || result == EAFNOSUPPORT) && filtered())
		return 0;
	if (result == ENOSYS)
		return 1;
	for (size_t i = 0; i < COUNT(a->absent) && a->absent[i]; i++)
		if (a->absent[i] == result)
			return 1;
	return 0;
}

static void judge(const struct attack *a, enum variant v)
{
	/* what the one before left is what the next finds */
	static struct snapshot before, during, after;
	static int taken;
	const char *difference, *error;
	int fd, result, status, killed;
	pid_t pid;

	variant = v;
	if (taken)
		before = after;
	else
		snapshot(&before);
	taken = 1;
	pid = launch(a, &fd);
	result = answer(fd);
	snapshot(&during);
	kill(-pid, SIGKILL);
	kill(pid, SIGKILL);
	/* who has died of something else before stays dead of that */
	killed = waitpid(pid, &status, 0) == pid && WIFSIGNALED(status) ? WTERMSIG(status) : 0;
	while (waitpid(-1, NULL, WNOHANG) > 0)
		;
	close(fd);
	snapshot(&after);
	error = result < 0 ? "DIED" : result ? strerrorname_np(result) : "OK";
	printf("%s%s ", a->name, variant_names[v]);
	if ((difference = snapshot_difference(&before, &after)))
		printf("BREACHED left:%s\n", difference);
	else if ((difference = snapshot_difference(&before, &during)))
		printf("BREACHED while:%s\n", difference);
	else if (result == 0 && a->flags & ACK)
		printf("BREACHED %s\n", a->flags & OUTSIDE ? "outside" : "done");
	else if (result > 0 && is_absent(a, result))
		printf("ABSENT %s\n", error);
	else if (result < 0 && by_int80(a, v) && (killed == SIGSEGV || killed == SIGSYS))
		printf("LACKS SIG%s\n", sigabbrev_np(killed));
	else
		printf("STOPPED %s\n", error ? error : "UNKNOWN");
}

/* Calls each() for every attack that is called `name`; NULL: for all. */
static int every(const char *name, void (*each)(const struct attack *a, enum variant v))
{
	char full[64];
	int found = 0;

	for (size_t t = 0; t < COUNT(tables); t++)
		for (const struct attack *a = tables[t]; a->name; a++)
			for (enum variant v = PLAIN; v <= INT80; v++) {
				snprintf(full, sizeof full, "%s%s", a->name, variant_names[v]);
				if (exists(a, v) && (!name || !strcmp(name, full))) {
					each(a, v);
					found++;
				}
			}
	return found;
}

static void show(const struct attack *a, enum variant v)
{
	printf("%s%s\n", a->name, variant_names[v]);
}

static void show_int80(const struct attack *a, enum variant v)
{
	if (by_int80(a, v))
		show(a, v);
}

int in_child(int (*run)(void))
{
	int status, result;
	pid_t pid = fork();

	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		result = run();
		_exit(result > 0 && result < 255 ? result : result ? 255 : 0);
	}
	if (pid < 0 || waitpid(pid, &status, 0) < 0)
		return errno;
	return WIFEXITED(status) ? WEXITSTATUS(status) : EINTR;
}

int main(int argc, char **argv)
{
	int missing = 0;

	signal(SIGPIPE, SIG_IGN);
	setvbuf(stdout, NULL, _IOLBF, 0);
	if (argc == 2 && !strcmp(argv[1], "reads"))
		return reads();
	if (argc == 2 && !strcmp(argv[1], "list"))
		return !every(NULL, show);
	if (argc == 2 && !strcmp(argv[1], "list-int80"))
		return !every(NULL, show_int80);
	if (argc == 2 && !strcmp(argv[1], "all"))
		return !every(NULL, judge);
	if (argc == 2 && !strcmp(argv[1], "victim"))
		return victim();
	if (argc == 2 && !strcmp(argv[1], "hold"))
		return hold_socket();
	if (argc == 3 && !strcmp(argv[1], "take"))
		return take_socket(argv[2]);
	if (argc == 3 && !strcmp(argv[1], "pass"))
		return pass_socket(argv[2]);
	if (argc == 3 && !strcmp(argv[1], "receive"))
		return receive_socket(argv[2]);
	/* what a set-user-id or capable copy of this program is started for */
	if (argc == 3 && !strcmp(argv[1], "address"))
		return add_address(atoi(argv[2]));
	for (int i = 1; i < argc; i++)
		if (!every(argv[i], judge)) {
			fprintf(stderr, "attack: no attack is called %s\n", argv[i]);
			missing = 1;
		}
	if (argc < 2)
		fprintf(stderr, "usage: attack all | list | list-int80 | reads | NAME...\n");
	return argc < 2 ? 2 : missing;
}
