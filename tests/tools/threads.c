/* SPDX-License-Identifier: Apache-2.0 */
/*
 * threads kept    a second thread keeps its capabilities, the first gives all of its up
 * threads orphan  the same, and the first thread ends
 * threads vfork   waits in vfork(2), where nothing can stop it, then prints "resumed"
 *
 * All print "ready" when they are so far.
 */
#define _GNU_SOURCE
#include <linux/capability.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

static void *wait_forever(void *data)
{
	(void)data;
	while (pause() < 0)
		continue;
	return NULL;
}

/* The system calls are those of one thread. */
static int give_up(void)
{
	struct __user_cap_header_struct header = { _LINUX_CAPABILITY_VERSION_3, 0 };
	struct __user_cap_data_struct none[2];

	for (int c = 0; prctl(PR_CAPBSET_READ, c, 0, 0, 0) >= 0; c++)
		if (prctl(PR_CAPBSET_DROP, c, 0, 0, 0))
			return -1;
	memset(none, 0, sizeof none);
	return (int)syscall(SYS_capset, &header, none);
}

int main(int argc, char **argv)
{
	pthread_t thread;

	if (argc == 2 && !strcmp(argv[1], "vfork")) {
		puts("ready");
		fflush(stdout);
		if (vfork() == 0) {
			sleep(6);
			_exit(0);
		}
		puts("resumed");
		fflush(stdout);
		wait_forever(NULL);
	}
	if (argc != 2 || pthread_create(&thread, NULL, wait_forever, NULL) || give_up())
		return 1;
	puts("ready");
	fflush(stdout);
	if (!strcmp(argv[1], "orphan"))
		pthread_exit(NULL);
	wait_forever(NULL);
}
