/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "trust.h"

#include "userns.h"

bool
others_can_write (const struct stat *status)
{
  /* unlink(2): who may write a sticky directory takes nobody's file away */
  bool sticky = S_ISDIR (status->st_mode) && (status->st_mode & S_ISVTX) != 0;

  return ((status->st_mode & (S_IWGRP | S_IWOTH)) != 0 && !sticky)
         || (status->st_uid != 0
             && status->st_uid != userns_overflow_owner ());
}
