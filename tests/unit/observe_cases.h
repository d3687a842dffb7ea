/* SPDX-License-Identifier: Apache-2.0 */
/* What test_observe.c goes through, all with all. */
#ifndef HOSTNET_OBSERVE_CASES_H
#define HOSTNET_OBSERVE_CASES_H

#include "libhostnet/facts.h"

static const struct
{
  const char *what;
  const char *settings; /* members of `default` */
  const char *rules;
} policies[] = {
  { "built in", "", "" },
  { "request refuse", "\"request\":\"refuse\"", "" },
  { "inherit refuse", "\"inherit\":\"refuse\"", "" },
  { "inherit lock", "\"inherit\":\"lock\"", "" },
  { "lock strict", "\"inherit\":\"lock\",\"lock\":\"strict\"", "" },
  { "hostObjects refuse", "\"hostObjects\":\"refuse\"", "" },
  { "privateNetAdmin refuse", "\"privateNetAdmin\":\"refuse\"", "" },
  { "publishedPorts refuse",
    "\"publishedPorts\":\"refuse\",\"inherit\":\"lock\",\"request\":\"allow\"",
    "" },
  { "everything refused",
    "\"request\":\"refuse\",\"inherit\":\"refuse\",\"hostObjects\":\"refuse\","
    "\"privateNetAdmin\":\"refuse\",\"lock\":\"strict\","
    "\"keepCapabilities\":[\"CAP_NET_RAW\"],\"dns\":\"keep\"",
    "" },
  { "a rule that is laxer than default",
    "\"inherit\":\"lock\",\"lock\":\"strict\"",
    "{\"when\":{\"always\":true},\"lock\":\"standard\","
    "\"request\":\"refuse\",\"inherit\":\"refuse\"}" },
  { "rules, one of which is never sure", "\"inherit\":\"report\"",
    "{\"when\":{\"annotations\":{\"io.kubernetes.*\":\"*\"}},"
    "\"request\":\"refuse\",\"inherit\":\"refuse\"},"
    "{\"when\":{\"annotations\":{\"io.container.manager\":\"libpod\"}},"
    "\"request\":\"refuse\",\"privateNetAdmin\":\"refuse\"}" },
  { "a rule for some that is stricter than default", "\"request\":\"refuse\"",
    "{\"when\":{\"annotations\":{\"io.container.manager\":\"libpod\"}},"
    "\"request\":\"allow\",\"inherit\":\"lock\",\"lock\":\"strict\"},"
    "{\"when\":{\"annotations\":{\"*\":\"*\"}},\"request\":\"allow\","
    "\"hostObjects\":\"report\",\"lock\":\"strict\"}" },
  /* of both the stricter value of each member is the built-in one, which has no
   * word */
  { "a lax rule that is never sure, before one that says nothing", "",
    "{\"when\":{\"annotations\":{\"io.kubernetes.*\":\"*\"}},"
    "\"request\":\"allow\",\"inherit\":\"leave\",\"lock\":\"strict\"},"
    "{\"when\":{\"always\":true},\"privateNetAdmin\":\"refuse\"}" },
};

static const struct
{
  const char *name;
  enum caller caller;
} callers[] = { { "create", CALLER_CREATE },
                { "run", CALLER_RUN },
                { "restore", CALLER_RESTORE } };

/* Which engine a directory of captures is of. */
static const struct
{
  const char *directory, *engine;
} engines[] = { { "/crio/", "crio" },
                { "/cri-containerd/", "containerd" },
                { "/containerd/", "containerd" },
                { "/docker/", "docker" },
                { "/podman/", "podman" } };

#endif
