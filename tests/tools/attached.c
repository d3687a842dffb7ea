/* SPDX-License-Identifier: Apache-2.0 */
/* attached - how many BPF programs of the lock isolated the kernel has, by their names (hostnet_*) */
#include <linux/bpf.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static int bpf(int command, union bpf_attr *attr)
{
	return (int)syscall(SYS_bpf, command, attr, sizeof *attr);
}

int main(void)
{
	union bpf_attr attr;
	__u32 id = 0;
	int count = 0;

	for (;;) {
		struct bpf_prog_info info;
		int fd;

		memset(&attr, 0, sizeof attr);
		attr.start_id = id;
		if (bpf(BPF_PROG_GET_NEXT_ID, &attr))
			break;
		id = attr.next_id;
		memset(&attr, 0, sizeof attr);
		attr.prog_id = id;
		fd = bpf(BPF_PROG_GET_FD_BY_ID, &attr);
		if (fd < 0)
			continue;
		memset(&info, 0, sizeof info);
		memset(&attr, 0, sizeof attr);
		attr.info.bpf_fd = (__u32)fd;
		attr.info.info_len = sizeof info;
		attr.info.info = (__u64)(unsigned long)&info;
		if (!bpf(BPF_OBJ_GET_INFO_BY_FD, &attr))
			count += !strncmp(info.name, "hostnet_", 8);
		close(fd);
	}
	printf("%d\n", count);
	return 0;
}
