/* SPDX-License-Identifier: Apache-2.0 */
/* Stands in for the low-level runtime: does nothing, linked statically. */
int
main (void)
{
  return 0;
}
