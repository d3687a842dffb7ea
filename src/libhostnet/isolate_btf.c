/* SPDX-License-Identifier: Apache-2.0 */
/* Reads what little the programs need of the kernel's own types, as
 * Documentation/bpf/btf.rst of the kernel lays them out: one pass over the
 * types, whose ids count from 1. */
#include <config.h>

#include "isolate_kernel.h"

#include <fcntl.h>
#include <linux/btf.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "error.h"

struct btf
{
  const char *all;
  size_t length;
  const char *types, *types_end;
  const char *strings;
  size_t strings_length;
};

/* Files of sysfs can be mapped from 6.16 on (btf_sysfs_vmlinux_mmap()), which
 * takes no time; before, these megabytes are read. */
static void *
btf_text (int fd, size_t length)
{
  void *all = mmap (NULL, length, PROT_READ, MAP_PRIVATE, fd, 0);

  if (all != MAP_FAILED)
    return all;
  all = mmap (NULL, length, PROT_READ | PROT_WRITE,
              MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
  if (all == MAP_FAILED)
    return NULL;
  for (size_t done = 0; done < length;)
    {
      ssize_t n = read (fd, (char *) all + done, length - done);

      if (n <= 0)
        {
          munmap (all, length);
          return NULL;
        }
      done += (size_t) n;
    }
  return all;
}

/* Whether the parts that the header names lie in the file. */
static int
btf_parts (struct btf *btf)
{
  const struct btf_header *header = (const void *) btf->all;

  if (header->magic != BTF_MAGIC || header->hdr_len > btf->length
      || (uint64_t) header->hdr_len + header->type_off + header->type_len
             > btf->length
      || (uint64_t) header->hdr_len + header->str_off + header->str_len
             > btf->length)
    return -1;
  btf->types = btf->all + header->hdr_len + header->type_off;
  btf->types_end = btf->types + header->type_len;
  btf->strings = btf->all + header->hdr_len + header->str_off;
  btf->strings_length = header->str_len;
  return 0;
}

static int
btf_open (struct btf *btf)
{
  cleanup_close int fd
      = open ("/sys/kernel/btf/vmlinux", O_RDONLY | O_CLOEXEC);
  struct stat status;

  if (fd < 0 || fstat (fd, &status) < 0
      || status.st_size < (off_t) sizeof (struct btf_header))
    return -1;
  btf->length = (size_t) status.st_size;
  btf->all = btf_text (fd, btf->length);
  if (btf->all == NULL)
    return -1;
  if (btf_parts (btf) == 0)
    return 0;
  munmap ((void *) btf->all, btf->length);
  return -1;
}

static bool
name_is (const struct btf *btf, uint32_t offset, const char *name)
{
  size_t length = strlen (name) + 1;

  return offset <= btf->strings_length
         && length <= btf->strings_length - offset
         && memcmp (btf->strings + offset, name, length) == 0;
}

/* How many bytes follow a type; SIZE_MAX when the kind is not known. */
static size_t
size_behind (const struct btf_type *type)
{
  size_t count = BTF_INFO_VLEN (type->info);

  switch (BTF_INFO_KIND (type->info))
    {
    case BTF_KIND_INT:
      return sizeof (uint32_t);
    case BTF_KIND_ARRAY:
      return sizeof (struct btf_array);
    case BTF_KIND_STRUCT:
    case BTF_KIND_UNION:
      return count * sizeof (struct btf_member);
    case BTF_KIND_ENUM:
      return count * sizeof (struct btf_enum);
    case BTF_KIND_ENUM64:
      return count * sizeof (struct btf_enum64);
    case BTF_KIND_FUNC_PROTO:
      return count * sizeof (struct btf_param);
    case BTF_KIND_VAR:
      return sizeof (struct btf_var);
    case BTF_KIND_DATASEC:
      return count * sizeof (struct btf_var_secinfo);
    case BTF_KIND_DECL_TAG:
      return sizeof (struct btf_decl_tag);
    case BTF_KIND_PTR:
    case BTF_KIND_FWD:
    case BTF_KIND_TYPEDEF:
    case BTF_KIND_VOLATILE:
    case BTF_KIND_CONST:
    case BTF_KIND_RESTRICT:
    case BTF_KIND_FUNC:
    case BTF_KIND_FLOAT:
    case BTF_KIND_TYPE_TAG:
      return 0;
    default:
      return SIZE_MAX;
    }
}

static void
read_members (const struct btf *btf, const struct btf_type *type,
              struct kernel_types *types)
{
  const struct btf_member *member = (const void *) (type + 1);

  for (uint32_t i = 0; i < BTF_INFO_VLEN (type->info); i++, member++)
    {
      /* without BTF_KFLAG, which stands for bit fields, it is the bit */
      int16_t at = (int16_t) (BTF_MEMBER_BIT_OFFSET (member->offset) / 8);

      if (name_is (btf, member->name_off, "uaddr"))
        types->uaddr = at;
      if (name_is (btf, member->name_off, "uaddrlen"))
        types->uaddrlen = at;
    }
}

static void
read_types (const struct btf *btf, struct kernel_types *types)
{
  const char *at = btf->types;

  for (int32_t id = 1; (size_t) (btf->types_end - at) >= sizeof (struct btf_type);
       id++)
    {
      const struct btf_type *type = (const void *) at;
      size_t behind = size_behind (type);

      at += sizeof *type;
      if (behind > (size_t) (btf->types_end - at))
        return;
      at += behind;
      if (BTF_INFO_KIND (type->info) == BTF_KIND_FUNC
          && name_is (btf, type->name_off, "bpf_cast_to_kern_ctx"))
        types->cast_to_kern_ctx = id;
      else if (BTF_INFO_KIND (type->info) == BTF_KIND_STRUCT
               && name_is (btf, type->name_off, "bpf_sock_addr_kern"))
        read_members (btf, type, types);
    }
}

int
kernel_types_read (struct kernel_types *types)
{
  struct btf btf;

  *types = (struct kernel_types){ 0, -1, -1 };
  if (btf_open (&btf) < 0)
    return -1;
  read_types (&btf, types);
  munmap ((void *) btf.all, btf.length);
  return types->cast_to_kern_ctx > 0 && types->uaddr >= 0
                 && types->uaddrlen >= 0
             ? 0
             : -1;
}
