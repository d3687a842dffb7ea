/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "isolate_kernel.h"

#include <errno.h>
#include <linux/btf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

enum
{
  LOG_BYTES = 256 * 1024,
  LOG_SHOWN = 600 /* its end says what is wrong */
};

static int
bpf (enum bpf_cmd command, union bpf_attr *attr)
{
  return (int) syscall (SYS_bpf, command, attr, sizeof *attr);
}

static uint64_t
pointer (const void *p)
{
  return (uint64_t) (uintptr_t) p;
}

int
kernel_map (enum bpf_map_type type, uint32_t key, uint32_t value,
            uint32_t entries)
{
  union bpf_attr attr;

  memset (&attr, 0, sizeof attr);
  attr.map_type = type;
  attr.key_size = key;
  attr.value_size = value;
  attr.max_entries = entries;
  return bpf (BPF_MAP_CREATE, &attr);
}

/* The kernel wants to know the types of such a map's key and value: `int` for
 * both. */
static int
load_int_type (void)
{
  static const struct
  {
    struct btf_header header;
    struct btf_type type;
    uint32_t encoding;
    char strings[5];
  } types = {
    { .magic = BTF_MAGIC,
      .version = BTF_VERSION,
      .hdr_len = sizeof (struct btf_header),
      .type_off = 0,
      .type_len = sizeof (struct btf_type) + sizeof (uint32_t),
      .str_off = sizeof (struct btf_type) + sizeof (uint32_t),
      .str_len = 5 },
    { .name_off = 1, .info = BTF_KIND_INT << 24, .size = 4 },
    BTF_INT_SIGNED << 24 | 32,
    "\0int"
  };
  union bpf_attr attr;

  memset (&attr, 0, sizeof attr);
  attr.btf = pointer (&types);
  attr.btf_size = types.header.hdr_len + types.header.str_off
                  + types.header.str_len;
  return bpf (BPF_BTF_LOAD, &attr);
}

int
kernel_socket_map (void)
{
  cleanup_close int types = load_int_type ();
  union bpf_attr attr;

  if (types < 0)
    return -1;
  memset (&attr, 0, sizeof attr);
  attr.map_type = BPF_MAP_TYPE_SK_STORAGE;
  attr.key_size = sizeof (int);
  attr.value_size = sizeof (int);
  attr.map_flags = BPF_F_NO_PREALLOC;
  attr.btf_fd = (uint32_t) types;
  attr.btf_key_type_id = 1;
  attr.btf_value_type_id = 1;
  return bpf (BPF_MAP_CREATE, &attr);
}

int
kernel_map_add (int map, const void *key, const void *value)
{
  union bpf_attr attr;

  memset (&attr, 0, sizeof attr);
  attr.map_fd = (uint32_t) map;
  attr.key = pointer (key);
  attr.value = pointer (value);
  attr.flags = BPF_ANY;
  return bpf (BPF_MAP_UPDATE_ELEM, &attr);
}

/* Its last characters, with `; ` for a new line. */
static char *
end_of_log (const char *log)
{
  char out[2 * LOG_SHOWN + 1];
  size_t length = strlen (log), n = 0;
  const char *from = length > LOG_SHOWN ? log + length - LOG_SHOWN : log;

  for (; *from != '\0'; from++)
    if (*from == '\n' && from[1] != '\0')
      {
        out[n++] = ';';
        out[n++] = ' ';
      }
    else if (*from >= ' ' && *from < 0x7F)
      out[n++] = *from;
  return xstrndup (out, n);
}

/* The log costs time: it is asked for when the kernel has refused. */
int
kernel_program (const char *name, const char *license,
                enum bpf_prog_type type, unsigned attach_type, const struct bpf_insn *list,
                size_t count, char **log)
{
  cleanup_free char *text = NULL;
  union bpf_attr attr;
  int program, failed;

  memset (&attr, 0, sizeof attr);
  attr.prog_type = type;
  attr.expected_attach_type = attach_type;
  attr.insns = pointer (list);
  attr.insn_cnt = (uint32_t) count;
  attr.license = pointer (license);
  snprintf (attr.prog_name, sizeof attr.prog_name, "%s", name);
  *log = NULL;
  program = bpf (BPF_PROG_LOAD, &attr);
  if (program >= 0)
    return program;
  failed = errno;
  text = xcalloc (1, LOG_BYTES);
  attr.log_buf = pointer (text);
  attr.log_size = LOG_BYTES;
  attr.log_level = 1;
  program = bpf (BPF_PROG_LOAD, &attr);
  if (program >= 0)
    return program;
  if (text[0] != '\0')
    *log = end_of_log (text);
  errno = failed;
  return -1;
}

int
kernel_attach (int cgroup, int program, unsigned attach_type)
{
  union bpf_attr attr;

  memset (&attr, 0, sizeof attr);
  attr.target_fd = (uint32_t) cgroup;
  attr.attach_bpf_fd = (uint32_t) program;
  attr.attach_type = attach_type;
  attr.attach_flags = BPF_F_ALLOW_MULTI;
  return bpf (BPF_PROG_ATTACH, &attr);
}

int
kernel_attached (int cgroup, unsigned attach_type, bool effective,
                 uint32_t ids[KERNEL_ATTACHED])
{
  union bpf_attr attr;

  memset (&attr, 0, sizeof attr);
  attr.query.target_fd = (uint32_t) cgroup;
  attr.query.attach_type = attach_type;
  attr.query.query_flags = effective ? BPF_F_QUERY_EFFECTIVE : 0;
  attr.query.prog_ids = pointer (ids);
  attr.query.prog_cnt = KERNEL_ATTACHED;
  if (bpf (BPF_PROG_QUERY, &attr) < 0)
    return -1;
  return (int) attr.query.prog_cnt;
}

int
kernel_program_name (uint32_t id, char name[BPF_OBJ_NAME_LEN])
{
  cleanup_close int program = -1;
  struct bpf_prog_info info;
  union bpf_attr attr;

  memset (&attr, 0, sizeof attr);
  attr.prog_id = id;
  program = bpf (BPF_PROG_GET_FD_BY_ID, &attr);
  if (program < 0)
    return -1;
  memset (&info, 0, sizeof info);
  memset (&attr, 0, sizeof attr);
  attr.info.bpf_fd = (uint32_t) program;
  attr.info.info_len = sizeof info;
  attr.info.info = pointer (&info);
  if (bpf (BPF_OBJ_GET_INFO_BY_FD, &attr) < 0)
    return -1;
  memcpy (name, info.name, BPF_OBJ_NAME_LEN);
  name[BPF_OBJ_NAME_LEN - 1] = '\0';
  return 0;
}
